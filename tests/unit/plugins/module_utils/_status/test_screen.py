# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The screen: who holds what, in lines that fit."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._status import screen
from ansible_collections.openvip.cluster.plugins.module_utils._status.summary import summarise
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._status import clusters


def lines(cluster, **more):
    return screen.lines(dict(summarise(cluster()), **more))


def test_a_healthy_pair_on_one_screen():
    assert lines(clusters.pair, time="2026-11-21 13:00:00 UTC") == """\
Status of lb1, lb2 at 2026-11-21 13:00:00 UTC

Address       Holder  Instance  VRID
------------------------------------
198.18.0.100  lb1     VI_1        51

Instance  Host  State   Priority        For  Health
---------------------------------------------------
VI_1      lb1   MASTER  250       1 h 6 min  good
VI_1      lb2   BACKUP  249       1 h 6 min  good

Host  Is                Holds
------------------------------------
lb1   keepalived 2.2.7  198.18.0.100
lb2   keepalived 2.2.7  -

Nothing is wrong.""".splitlines()


@pytest.mark.parametrize("cluster, expected", [
    (clusters.split, "198.18.0.100  lb1, lb2  VI_1        51"),
    (clusters.nobody, "VI_1      lb2   FAULT  249       1 h 6 min  track_interface eth1: not UP, not RUNNING"),
    (clusters.nobody, "198.18.0.100  nobody  VI_1        51"),
    (clusters.one_down, "lb1   not reached       -"),
    (clusters.stopped, "VI_1      lb1   not running  250               -  -"),
    (clusters.killed, "lb1   keepalived 2.2.7, not running  198.18.0.100"),
    (clusters.lvs, "198.18.0.100 80 TCP wrr  lb1       198.18.0.21 80  DR            3      12        36"),
    (clusters.lvs, "                                   198.18.0.22 80  DR            0       2         6"),
    (clusters.lvs, "                                   198.18.0.24 80  missing       -       -         -"),
    (clusters.three, "VI_1      lb3   BACKUP  248 -> 228  1 h 6 min  track_script chk_nginx: BAD"),
], ids=lambda value: getattr(value, "__name__", ""))
def test_what_is_to_be_seen_is_seen(cluster, expected):
    assert expected in lines(cluster)


@pytest.mark.parametrize("cluster", clusters.ALL, ids=lambda cluster: cluster.__name__)
def test_it_fits_the_screen_and_tells_every_finding(cluster):
    found = lines(cluster)
    assert max(map(len, found)) <= screen.WIDTH and len(found) <= 40
    text = " ".join(" ".join(found).split())
    for finding in summarise(cluster())["findings"]:
        assert screen.sentence(finding) in text and f"[{finding['id']}]" in text


@pytest.mark.parametrize("seconds, text", [
    (0, "0 s"), (8.9, "8 s"), (-3, "0 s"), (60, "1 min"), (61, "1 min 1 s"), (3600, "1 h"), (3605, "1 h"),
    (90061, "1 d 1 h"), (86400 * 400 + 3600 * 5, "400 d 5 h")])
def test_a_duration_has_its_two_largest_units(seconds, text):
    assert screen.duration(seconds) == text


def test_no_host_at_all():
    assert screen.lines(summarise([]))[0] == "Status of no host"
