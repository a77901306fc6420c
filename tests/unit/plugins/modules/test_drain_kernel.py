# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks drain and restore with real keepalived, IPVS and traffic, while the other director is dead."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from ansible_collections.openvip.cluster.tests.lab import user_mode

pytestmark = [pytest.mark.kernel, pytest.mark.daemon, pytest.mark.slow]

# A run of a playbook takes most of a minute there, and needs more memory than a module.
SECONDS, MEMORY = 1200, "512M"
WEB1, WEB2, WEB3 = ("198.18.0.2%d" % number for number in (1, 2, 3))
TCP, PERSISTENT, UDP, FWMARK = "80", "81", "53", "0"


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """What the driver beside this file saw, step by step."""
    path = tmp_path_factory.mktemp("kernel")
    driver = Path(__file__).with_name("drain_driver.py")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(user_mode, "MEMORY", MEMORY)
        user_mode.run(["env", "PYTHONPATH=" + os.pathsep.join(sys.path), sys.executable, str(driver), str(path)], path,
                      SECONDS)
    return json.loads((path / "story.json").read_text())


def test_a_connection_is_waited_for_until_the_timeout_and_no_new_one_fails(story):
    busy = story["busy"]
    assert busy["code"] != 0 and "it is not finished (drain_timeout is 4)" in busy["output"]
    assert "web1 has 1 connections on lb1 (1 established" in busy["output"]
    assert busy["asked"] == {"names": ["web2", "web3"], "failed": 0}
    assert {port: found[WEB1] for port, found in busy["weights"].items()} == dict.fromkeys(
        (TCP, PERSISTENT, UDP, FWMARK), 0)


def test_the_same_again_goes_on_waiting_and_ends_with_the_last_connection(story):
    resumed = story["resumed"]
    assert resumed["code"] == 0 and "web1 has 0 connections on lb1" in resumed["output"]
    assert "web1 is drained already, by " in resumed["output"] and resumed["file"] == story["busy"]["file"]


def test_a_second_drain_leaves_the_first_one(story):
    second = story["second"]
    assert second["code"] == 0, second["output"]
    assert second["asked"] == {"names": ["web3"], "failed": 0}
    assert second["persistent"] == {"names": ["web3"], "failed": 0}


def test_the_last_one_is_refused_and_goes_on_serving(story):
    last = story["last"]
    assert last["code"] != 0 and "no usable real server is left on lb1 without 198.18.0.23 80" in last["output"]
    assert last["file"] == story["second"]["file"] and last["asked"] == {"names": ["web3"], "failed": 0}


def test_one_is_restored_by_name(story):
    restored = story["restored"]
    assert restored["code"] == 0, restored["output"]
    assert restored["asked"] == {"names": ["web1", "web3"], "failed": 0}
    assert (restored["weights"][TCP][WEB1], restored["weights"][TCP][WEB2]) == (2, 0)


def test_clients_of_udp_are_waited_for_and_leave_only_a_server_that_is_out_of_the_table(story):
    before, while_drained = story["udp_busy"]["answers"]
    assert "web3" in before and while_drained == before
    assert story["udp_busy"]["code"] != 0 and "of UDP" in story["udp_busy"]["output"]
    assert story["udp"]["code"] == 0, story["udp"]["output"]
    assert set(story["udp"]["answers"]) == {"web1"}
    assert WEB3 not in story["udp"]["weights"][UDP] and story["udp"]["weights"][TCP][WEB3] == 0


def test_the_last_one_is_drained_with_force(story):
    forced = story["forced"]
    assert forced["code"] == 0, forced["output"]
    assert set(forced["weights"][TCP].values()) == {0}


def test_a_real_server_that_dies_meanwhile_is_reported_and_no_request_fails(story):
    dies = story["dies"]
    assert dies["code"] != 0 and "has left the table of 198.18.0.100 80 TCP on lb1" in dies["output"]
    assert dies["asked"]["failed"] == 0 and dies["name"] not in dies["asked"]["names"]


def test_a_restore_without_a_name_brings_all_back_as_they_were(story):
    back = story["all"]
    assert back["code"] == 0, back["output"]
    assert back["weights"] == story["before"]["weights"]
    assert back["asked"] == {"names": ["web1", "web2", "web3"], "failed": 0}
    assert back["file"].startswith(story["before"]["file"])
