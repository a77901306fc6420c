# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""vrrp_listen beside a host that advertises a virtual router and has a virtual address."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.openvip.cluster.plugins.modules import vrrp_listen


@pytest.fixture(scope="module")
def told():
    done = subprocess.run(["unshare", "--net", "--mount", sys.executable,
                           str(Path(__file__).with_name("listen_driver.py"))], capture_output=True, text=True,
                          check=False, timeout=60, env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)))
    assert done.stdout, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.daemon
def test_strangers_of_both_versions_and_families_are_heard_and_the_host_itself_is_not(told):
    assert sorted(told["heard"], key=lambda each: each["version"]) == [
        {"interface": "eth1", "source": "198.18.0.77", "virtual_router_id": 51, "version": 2, "priority": 100},
        {"interface": "eth1", "source": "fe80::77", "virtual_router_id": 52, "version": 3, "priority": 255}]


@pytest.mark.daemon
def test_who_answers_for_an_address_is_told_by_its_card(told):
    assert told["claims"] == [{"interface": "eth1", "address": "198.18.0.100", "card": "02:00:00:00:00:77"}]
    assert told["cards"] == ["02:00:00:00:00:11"] and not told["changed"]


@pytest.mark.parametrize("options, words", [
    ({"instances": [{"interface": "eht1"}]}, "listened on eht1"),
    ({"definition": {"config": {}}}, "definition: the action plugin of the same name"),
])
def test_wrong_options_are_refused(capsys, options, words):
    with patch_module_args(dict(options, seconds=0)), pytest.raises(SystemExit):
        vrrp_listen.main()
    assert words in json.loads(capsys.readouterr().out)["msg"]
