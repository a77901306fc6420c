# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was done to a host is undone, verified, and nothing else is, whoever is killed; with the real ip and nft."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.daemon
AGAIN = "This host tries again every 5 seconds (systemctl list-timers openvip-drill-undo.timer)."


@pytest.fixture
def tell():
    """Return a function that runs a scenario of the driver beside this file and gives its story."""

    def run(scenario):
        driver = Path(__file__).with_name("undo_driver.py")
        done = subprocess.run(["unshare", "--net", "--mount", sys.executable, str(driver), scenario],
                              capture_output=True, text=True, check=False, timeout=240,
                              env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)))
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run


@pytest.mark.parametrize("who", ["giver", "taker", "fault"])
def test_whenever_the_module_is_killed_the_timer_leaves_the_host_as_it_was(tell, who):
    story = tell(f"{who} is killed")
    assert story["wrong"] == [] and story["kills"] > 20 and story["in force at last"]


def test_a_run_after_one_that_was_killed_does_all_of_it(tell):
    assert tell("killed, then run again") == []


def test_whenever_the_undoing_is_killed_the_next_call_ends_it(tell):
    story = tell("undoing is killed")
    assert story["wrong"] == [] and story["kills"] > 10


def test_what_fails_once_is_tried_again_until_it_is_verified(tell):
    story = tell("fails once")
    assert story["cut"] and story["undone"]["changed"] and story["undone"]["fault"] == "partition"
    assert story["same"] and story["left"] == [] and not story["timer"]


def test_what_fails_always_is_not_called_undone_and_the_host_goes_on_trying(tell):
    story = tell("fails always")
    assert story["undone"]["failed"] and story["undone"]["msg"] == (
        f"partition is not undone. Not undone: table inet openvip_drill of nftables is in force. {AGAIN}")
    assert story["cut_still"] and story["left"] == ["drill-undo", "drill-undo.begun", "drill-undo.done"]
    assert story["timer"] and story["fired"][0] == 1
    assert story["fired again"][0] == 0 and story["again"]["changed"] is False
    assert story["same"] and story["left_at_last"] == [] and not story["timer_at_last"]


def test_what_cannot_be_asked_is_not_undone(tell):
    story = tell("not answered")
    assert story["undone"]["failed"] and AGAIN in story["undone"]["msg"] and "drill-undo" in story["left"]
    assert story["timer"] and story["again"]["changed"] and story["left_at_last"] == []


@pytest.mark.parametrize("how", ["already", "otherwise"])
def test_an_address_that_was_there_before_stays(tell, how):
    story = tell(f"there {how}")
    assert story["run"] == [True, False] and story["during"] and story["absent"]
    assert story["same"] and story["left"] == []


def test_what_somebody_else_adds_meanwhile_stays_and_the_rest_is_undone(tell):
    story = tell("added meanwhile")
    assert story["result"]["failed"] and story["result"]["msg"].endswith("Everything is undone.")
    assert "198.18.0.100/32" in story["there"] and "fd00:18::100" not in story["there"]
    assert story["settings"] == "0\n" and story["left"] == [] and story["armed"] is None


def test_a_table_of_somebody_else_is_left_alone_and_what_is_left_of_ours_is_replaced(tell):
    for name, story in tell("tables").items():
        assert f"{name} of nftables: already exists, and is not ours" in story["refused"]
        assert story["same"] and story["armed"] is None
        assert story["replaced"] and story["undone"] and story["gone"]


def test_an_interface_has_its_addresses_and_routes_again(tell):
    story = tell("link")
    assert story["injected"]["changed"] and story["down"] and story["undone"].get("changed"), story
    assert story["kept out"] and story["missing"] == story["more"] == []


def test_the_timer_and_a_module_undo_the_same_once(tell):
    story = tell("together")
    assert story["result"]["changed"] and story["codes"] == [0, 0, 0] and story["deleted"] == 1
    assert story["same"] and story["left"] == []


@pytest.mark.parametrize("kind", ["open directory", "link as directory", "foreign directory"])
def test_a_directory_that_is_not_of_root_alone_is_refused(tell, kind):
    story = tell(kind)
    assert all(result["failed"] and "/run/openvip is not a directory that only user 0 can enter" in result["msg"]
               for result in story["results"])
    assert story["same"] and not story["ran"] and story["armed"] is None
