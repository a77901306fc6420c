# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the daemon's text dump says of what its instances track."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._daemon.tracked import parse_tracked

# As keepalived 2.2.7 writes it, shortened; the instance's own section has its weights, too, and no status.
TEXT = """------< VRRP Topology >------
 VRRP Instance = VI_1
   State = MASTER
   Tracked scripts :
     chk weight -20
------< VRRP Scripts >------
 VRRP Script = chk
   Command = '/usr/bin/test -e /run/well'
   Weight = -20
   Status = %(script)s
   VRRP instances :
   Tracking instances :
     VI_1, weight -20%(reverse)s
     VI, 2, weight 0
   State = idle
------< VRRP Track files >------
 Track file = number
   File = /run/number
   Status = %(number)s
   Weight = 1
   Tracking instances :
     VI_1, weight %(weight)s%(reverse)s
------< Vrrp Track Processes >------
 VRRP Track process = nginx
   Process = /usr/sbin/nginx
   Current processes = 0
   Have quorum = false
   Weight = 0
   Fork delay timer not running
   Tracking instances :
     VI_1, weight 0
------< VRRP Track BFDs >------
 VRRP Track BFD = gateway
   Weight = 0
   Bfd is up
   Tracking VRRP instances :
   Tracking instances :
     VI_1, weight 0
------< Interfaces >------
 Name = eth0
   index = 3
   State = UP, not RUNNING
   Tracking VRRP instances :
     VI_1, weight 0 (dynamic)
     VI_1, weight 0
 Name = eth1
   State = UP, RUNNING
   Tracking VRRP instances :
     VI_1, weight 255
"""


def tracked(script="GOOD", number="0", weight="0", reverse=""):
    return parse_tracked(TEXT % {"script": script, "number": number, "weight": weight, "reverse": reverse})


def test_every_kind_is_read_for_every_instance():
    found = tracked()
    assert list(found) == ["VI_1", "VI, 2"]
    assert found["VI_1"][0] == {
        "track": "track_script", "name": "chk", "weight": -20, "reverse": False, "status": "GOOD", "good": True}
    assert [(each["track"], each["name"], each["status"], each["good"]) for each in found["VI_1"]] == [
        ("track_script", "chk", "GOOD", True),
        ("track_file", "number", "0", True),
        ("track_process", "nginx", "false", False),
        ("track_bfd", "gateway", "up", True),
        ("track_interface", "eth0", "UP, not RUNNING", False),
    ]
    assert [each["name"] for each in found["VI, 2"]] == ["chk"]


@pytest.mark.parametrize("script, reverse, good", [
    ("GOOD", "", True), ("BAD", "", False), ("GOOD", " reverse", False), ("BAD", " reverse", True)])
def test_a_script_is_good_unless_its_weight_is_used_the_other_way_round(script, reverse, good):
    assert tracked(script=script, reverse=reverse)["VI_1"][0]["good"] is good


@pytest.mark.parametrize("number, weight, reverse, good", [
    ("0", "0", "", True), ("1", "0", "", False), ("-1", "0", "", False), ("5", "2", "", True), ("-5", "2", "", False),
    ("5", "-2", "", False), ("5", "2", " reverse", False), ("0", "2", "", True)])
def test_a_file_is_good_unless_its_number_lowers_the_priority_or_stops_the_instance(number, weight, reverse, good):
    assert tracked(number=number, weight=weight, reverse=reverse)["VI_1"][1]["good"] is good


def test_a_dump_without_anything_tracked_gives_nothing():
    assert parse_tracked("------< VRRP Topology >------\n VRRP Instance = VI_1\n   State = MASTER\n") == {}


def test_the_heading_of_an_older_version():
    text = (TEXT % {"script": "GOOD", "number": "0", "weight": "0", "reverse": ""}).replace(
        " Track file = ", " VRRP Track file = ")
    assert parse_tracked(text) == tracked()
