# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a change goes host by host, at one moment, or not at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.together import (
    MARGIN,
    PAUSE,
    Host,
    Offset,
    Reading,
    Reload,
    offset,
    spread,
    uncertainty,
    way,
)

SEEN = ["vrrp_instance VI_1: advert_int becomes 2 instead of 1."]
EXACT = Offset(0.0, 0.0)


def member(name="lb1", **keys):
    return Host(**dict({"name": name, "differs": True, "advertised": SEEN, "window": 0.2, "offset": EXACT}, **keys))


def test_what_peers_do_not_see_goes_in_turns():
    hosts = [member(advertised=[], window=None, offset=None), member("lb2", differs=False, advertised=[])]
    assert way(hosts, left_out=["lb3"], forks=1) == ([], None, None, [])


def test_what_peers_see_goes_at_one_moment_with_all_that_differ():
    hosts = [member(window=0.3), member("lb2"), member("lb3", advertised=[], window=None, offset=None),
             member("lb4", differs=False, advertised=[], window=None, offset=None)]
    assert way(hosts) == (["lb1", "lb2", "lb3"], 0.2, 0.0, [])


@pytest.mark.parametrize("width, refused", [(0.15 - 0.001, 0), (0.15 + 0.001, 1)])
def test_a_window_that_is_too_small(width, refused):
    found = way([member(offset=Offset(5, 5 + width)), member("lb2", offset=Offset(-3, -3 + width))])
    assert found.uncertainty == pytest.approx(width)
    assert len(found.refused) == refused
    assert all("lb1 and lb2 must be reloaded within 0.200 s" in sentence and "may be 0.201 s apart" in sentence
               and "advert_int longer" in sentence for sentence in found.refused)


@pytest.mark.parametrize("pauses", [(True, False), (False, True), (True, True)])
@pytest.mark.parametrize("window, refused", [(PAUSE + 0.04, 1), (PAUSE + 0.06, 0)])
def test_the_pause_between_two_reloads_of_a_host_counts(pauses, window, refused):
    found = way([member(window=window, pauses=pauses[0]), member("lb2", window=window, pauses=pauses[1])])
    assert found.uncertainty == PAUSE and len(found.refused) == refused
    assert all("that lb" in sentence and "needs to give addresses up between two reloads they may be 0.550 s apart"
               in sentence and "in a run of its own first" in sentence for sentence in found.refused)


def test_the_pause_of_a_host_that_is_alone_does_not_count():
    assert way([member(pauses=True), member("lb2", differs=False, advertised=[])]).uncertainty == 0


def test_one_host_alone_has_nobody_to_wait_for():
    assert way([member(offset=None), member("lb2", differs=False, advertised=[])], forks=1).refused == []


def test_a_member_that_is_left_out():
    (refused,) = way([member()], left_out=["lb2", "lb3"]).refused
    assert "lb2 and lb3 would be left without it" in refused and "without --limit" in refused and SEEN[0] in refused


def test_fewer_forks_than_hosts():
    (refused,) = way([member(), member("lb2"), member("lb3")], forks=2).refused
    assert "--forks 3" in refused


def test_a_clock_that_could_not_be_read():
    (refused,) = way([member(), member("lb2", offset=None)]).refused
    assert "The clock of lb2 could not be read" in refused


def test_a_file_that_nobody_understands():
    (refused,) = way([member(), member("lb2", window=None)]).refused
    assert "lb2: it is not known how long" in refused


@given(some.floats(-1e6, 1e6), some.lists(some.tuples(some.floats(0, 2), some.floats(0, 2)), min_size=1))
def test_the_true_offset_is_within_what_the_readings_say(true, ways):
    readings = [Reading(100 * number, 100 * number + there + true, 100 * number + there + back)
                for number, (there, back) in enumerate(ways)]
    found = offset(readings)
    assert found.low - 1e-6 <= true <= found.high + 1e-6
    assert found.error <= min(there + back for there, back in ways) / 2 + 1e-6
    assert abs(found.middle - true) <= found.error + 1e-6


def test_the_two_worst_clocks_decide():
    assert uncertainty([Offset(0, 0.2), Offset(0, 0.02), Offset(1, 1.1)]) == pytest.approx(0.15)
    assert uncertainty([]) == 0.0


def test_the_spread_is_told_in_the_order_of_the_reloads():
    assert spread([Reload("lb1", 10.25), Reload("lb3", None), Reload("lb2", 10.0)]) == (
        pytest.approx(0.25), ["lb2 +0.000 s", "lb1 +0.250 s"])
    assert spread([Reload("lb1", None)]) == (0.0, [])
    assert spread([Reload("lb1", 10.25, 9.75), Reload("lb2", 10.0, 10.0)]) == (
        pytest.approx(0.5), ["lb2 +0.250 s", "lb1 +0.500 s"])
    assert MARGIN < 0.1
