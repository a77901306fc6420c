# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What keepalived_host_info tells of this machine."""

from __future__ import annotations

import json

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.openvip.cluster.plugins.modules import keepalived_host_info


@pytest.fixture
def told(capsys):
    """Run the module and return its result."""

    def run(**options):
        with patch_module_args(options), pytest.raises(SystemExit):
            keepalived_host_info.main()
        return json.loads(capsys.readouterr().out)

    return run


def test_names_in_directories_and_none_for_what_is_no_directory(told, tmp_path):
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / ".hidden").touch()
    (tmp_path / "scripts" / "mail").touch()
    wanted = [str(tmp_path / name) for name in ("scripts", "missing", "scripts/mail")]
    found = told(firewall="none", directory=wanted)
    assert found["directory"] == dict(zip(wanted, ([".hidden", "mail"], None, None)))
    assert not found["changed"]


def test_a_chain_without_family_and_table_is_an_error(told):
    assert "must be a family, a table and a chain" in told(nftables_chain="input")["msg"]


def test_options_for_the_controller_need_its_action(told):
    assert told(group="lb")["msg"].startswith("group: the action plugin of the same name")


def test_what_is_derived_is_handed_on_and_a_host_without_a_firewall_needs_nothing(told):
    found = told(firewall="none", interface=["eth9"], routes=True)
    assert (found["interface"], found["routes"], found["vmac"], found["changes"], found["needed"]) == (
        ["eth9"], True, False, [], False)
