# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the watchers find on a segment with another host, and among the host's own addresses. Needs root."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.daemon
STRANGER = "02:00:00:00:00:77"


@pytest.fixture(scope="module")
def told():
    done = subprocess.run(
        ["unshare", "--net", "--mount", sys.executable, str(Path(__file__).with_name("segment_driver.py"))],
        capture_output=True, text=True, check=False, timeout=120,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_another_holder_is_found_by_arp_and_by_neighbour_solicitation(told):
    assert told["claimed"] == {"198.18.0.100": [STRANGER], "198.18.0.101": [],
                               "2001:db8:18::100": [STRANGER], "2001:db8:18::101": []}


def test_a_card_of_this_host_is_no_other_holder(told):
    assert not any(told["claimed by nobody else"].values())


def test_without_a_link_local_address_nobody_is_asked_for_ipv6(told):
    assert told["without a source"] == {"198.18.0.100": [STRANGER], "198.18.0.101": [],
                                        "2001:db8:18::100": [], "2001:db8:18::101": []}


def test_the_watcher_tells_who_has_the_address_and_when_nobody_has(told):
    *spells, report = told["watched"]
    assert [spell["cards"] for spell in spells if spell["event"] == "holders"] == [[STRANGER], []]
    assert [spell["cards"] for spell in spells if spell["event"] == "steady"] == [[STRANGER], []]
    assert report["event"] == "report" and report["requests"] >= 40


def test_the_host_tells_each_change_of_its_addresses(told):
    *changes, report = told["held"]
    assert [(change["address"], change["held"]) for change in changes] == [
        ("198.18.0.100", False), ("2001:db8:18::100", False),
        ("198.18.0.100", True), ("2001:db8:18::100", True), ("198.18.0.100", False)]
    assert [change["start_ns"] for change in changes] == sorted(change["start_ns"] for change in changes)
    assert report == {"event": "report"}
