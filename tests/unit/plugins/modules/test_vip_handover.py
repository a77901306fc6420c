# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A connection outlives the move of its address, between hosts that are network namespaces of this machine."""

from __future__ import annotations

import ipaddress
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args

from ansible_collections.openvip.cluster.plugins.module_utils import _handover
from ansible_collections.openvip.cluster.plugins.module_utils._handover import rules, waiting
from ansible_collections.openvip.cluster.plugins.modules import vip_handover

VIPS = ["198.18.0.100", "fd00:18::100"]
TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1
   1: 640012C6:0050 C80012C6:D431 01 00000000:00000000 00:00000000 00000000     0        0 2 1
   2: 640012C6:0050 C80012C6:D432 06 00000000:00000000 00:00000000 00000000     0        0 3 1
   3: 0B0012C6:0050 C80012C6:D433 01 00000000:00000000 00:00000000 00000000     0        0 4 1
   4: 0000000000000000FFFF0000640012C6:0050 0000000000000000FFFF0000C80012C6:D434 08 0:0 0:0 0 0 0 5
"""


@pytest.fixture(scope="module", params=VIPS)
def story(request):
    driver = Path(__file__).with_name("handover_driver.py")
    done = subprocess.run(["unshare", "--net", "--mount", sys.executable, str(driver), "move", request.param],
                          capture_output=True, text=True, check=False, timeout=90,
                          env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)))
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.daemon
def test_a_connection_goes_on_where_it_began_and_a_new_one_begins_at_the_taker(story):
    assert story["first"] == "giver a"
    assert story["old connection"] == ["giver b", "giver c"]
    assert story["new connection"] == "taker d" and story["new connection, later"] == "taker f"


@pytest.mark.daemon
def test_afterwards_what_has_not_ended_is_cut_and_nothing_is_left(story):
    assert story["cut"]["giver"]["connections_cut"] == 1 and story["cut"]["giver"]["changed"]
    assert story["old connection, cut"] == "ConnectionResetError"
    assert story["absent again"] == [False, False] and story["same as before"]


@pytest.mark.daemon
def test_a_second_run_changes_nothing_and_check_mode_says_what_the_first_does(story):
    assert [story[f"run {number}"] for number in range(4)] == [[True, True]] * 2 + [[False, False]] * 2


@pytest.mark.daemon
def test_systemd_is_told_to_take_it_back_in_time(story):
    armed = [call for call in story["calls"] if "systemd-run" in call]
    assert [call.partition("openvip-handover-")[2].split()[0] for call in armed] == ["giver", "taker"]
    assert all("--on-active=180s --on-unit-inactive=5s" in call for call in armed)


@pytest.mark.daemon
def test_nothing_is_done_that_systemd_would_not_take_back(story):
    for found in story["no watchdog"].values():
        assert found["failed"] and found["msg"] == "Connections are not handed over: systemd-run failed: no bus"
    assert story["no watchdog, untouched"]


def test_connections_that_a_client_waits_for_are_counted():
    assert waiting(TCP.splitlines(), {ipaddress.ip_address("198.18.0.100")}) == 2


WRONG = [
    {"address": "fe80::9%x accept\nflush ruleset"}, {"address": "fe80::9%lo"}, {"address": "198.18.0.100; flush"},
    {"address": "198.18.0.100\n"}, {"address": "0.0.0.0"}, {"address": "ff02::1"}, {"address": "::ffff:198.18.0.100"},
    {"address": ""}, {"address": "-4"}, {"giver": "198.18.0.11%lo"}, {"giver": "198.18.0.11 accept"},
    {"interface": 'lo" accept'}, {"interface": "lo\n"}, {"interface": "."}, {"interface": ".."}, {"interface": "a/b"},
    {"interface": ""}, {"interface": "all"}, {"interface": "default"}, {"interface": "../lo"}, {"interface": "l*"},
    {"interface": "interface-of-16b"}, {"interface": "lo\u00a0"},
]


@pytest.fixture
def refused(capsys, monkeypatch):
    """Run the module with options that are wrong; what is not there yet is right. Nothing is asked or done."""
    def run(entry, **options):
        arguments = dict({"side": "taker", "addresses": [
            {"address": "198.18.0.100", "interface": "lo", "giver": "198.18.0.11", **entry}]}, **options)
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", None, raising=False)
        for name in ("armed", "carry_out", "undo"):
            monkeypatch.delattr(_handover.TimedUndo, name)
        monkeypatch.delattr(_handover, "run")
        with patch_module_args(arguments), pytest.raises(SystemExit):
            vip_handover.main()
        result = json.loads(capsys.readouterr().out)
        assert result["failed"] and "nothing was changed" in result["msg"]
        return result["msg"]

    return run


@pytest.mark.parametrize("entry, words", [
    ({"address": "198.18.0.100/24"}, "Give it without a prefix length"),
    ({"interface": "eht1"}, "interface eht1"),
    ({"giver": None}, "giver is missing"),
    ({"address": "fd00:18::100", "giver": "198.18.0.11"}, "giver is 198.18.0.11"),
])
def test_wrong_input_is_refused(refused, entry, words):
    assert words in refused(entry)


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("side", ["giver", "taker"])
@pytest.mark.parametrize("entry", WRONG)
def test_no_word_reaches_another_program_that_it_was_not_meant_for(refused, entry, side, state):
    if state == "absent" and entry.get("interface") in ("all", "default"):
        entry = {"interface": "a:b"}
    assert repr(*entry.values()).strip("'\"") in refused(entry, side=side, state=state)


@pytest.mark.parametrize("options, words", [
    ({"expire": 0}, "expire 0: must be at least 1."), ({"wait": -1}, "wait -1: must be at least 0.")])
def test_a_time_that_cannot_be_is_refused(refused, options, words):
    assert words in refused({}, **options)


def test_what_reaches_nft_is_quoted_and_ours():
    entries = [_handover.Entry(ipaddress.ip_address("198.18.0.100"), "eth1.5", ipaddress.ip_address("198.18.0.11"))]
    lines = [line for line in rules(entries).splitlines() if "daddr 198" in line]
    assert len(lines) == 3
    assert all('iifname "eth1.5"' in line and 'comment "openvip handover ' in line for line in lines)
