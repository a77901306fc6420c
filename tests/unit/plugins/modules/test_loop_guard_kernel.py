# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two directors that are real servers of their own service, as one definition makes them, with keepalived and IPVS."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from ansible_collections.openvip.cluster.tests.lab import user_mode

pytestmark = [pytest.mark.kernel, pytest.mark.daemon, pytest.mark.slow]

BOTH = ["lb1", "lb2"]
# A failover of keepalived takes some seconds, and there are two.
SECONDS = 300


@pytest.fixture(scope="module")
def stories(tmp_path_factory):
    """What the driver beside this file saw, by lb_kind."""
    path = tmp_path_factory.mktemp("kernel")
    driver = Path(__file__).with_name("loop_guard_driver.py")
    user_mode.run(["env", "PYTHONPATH=" + os.pathsep.join(sys.path), sys.executable, str(driver), str(path)], path,
                  SECONDS)
    return json.loads((path / "story.json").read_text())


@pytest.fixture(params=["DR", "TUN"])
def story(request, stories):
    return stories[request.param]


def test_the_module_sets_the_guard_before_the_address(stories):
    commands = stories["DR"]["commands"]["lb1"]
    assert commands[:2] == ["modprobe ip_vs", "sysctl -w net.ipv4.vs.backup_only=1"]
    assert any("198.18.0.100/32 dev lo" in command for command in commands[2:])


def test_the_master_holds_the_address_and_keepalived_switches_the_sync_daemon_with_it(story):
    assert story["states"] == {"lb1": ["master", True], "lb2": ["backup", False]}
    assert story["states_after"] == {"lb1": ["backup", False], "lb2": ["master", True]}


def test_the_module_finds_nothing_to_do_in_the_kernel_of_the_master(story):
    assert story["master_again"] == []


def test_both_answer_and_no_packet_comes_back_to_the_master(story):
    assert story["guarded"] == {"answered": BOTH, "back": 0}
    assert story["after"] == {"answered": BOTH, "back": 0}


def test_without_the_guard_packets_come_back(story):
    assert story["unguarded"] == {"back": True}
