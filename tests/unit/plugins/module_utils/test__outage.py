# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.openvip.cluster.plugins.module_utils._outage import (
    Events,
    Record,
    largest_gap_ms,
    outages,
    spread,
)

SLOT = 5000000
ANSWERS = {"A": ("ok", "lb1"), "B": ("ok", "lb2"), "r": ("refused", ""), "t": ("timeout", "")}


def records(text):
    """One probe every 5 ms: A answered by lb1, B by lb2, r refused, t timed out."""
    return [Record(index * SLOT, 0, ANSWERS[letter][0], 500, ANSWERS[letter][1]) for index, letter in enumerate(text)]


def test_no_failure_is_no_outage():
    assert outages(records("AAAABBBB"), settle=2) == []


def test_an_outage_lasts_from_the_first_failed_start_to_the_first_lasting_good_start():
    outage, = outages(records("AArttBBB"), settle=3)
    assert (outage.start_ns, outage.end_ns, outage.milliseconds) == (2 * SLOT, 5 * SLOT, 15.0)
    assert (outage.failed, outage.answered, outage.before, outage.after) == (3, 0, "lb1", "lb2")
    assert outage.outcomes == {"refused": 1, "timeout": 2}
    assert outage.settled


def test_a_short_good_run_belongs_to_the_outage():
    outage, = outages(records("ArABrBBB"), settle=3)
    assert (outage.milliseconds, outage.failed, outage.answered) == (20.0, 2, 2)


def test_a_lasting_good_run_parts_two_outages():
    first, second = outages(records("ArBBBrAAA"), settle=3)
    assert (first.before, first.after, second.before, second.after) == ("lb1", "lb2", "lb2", "lb1")
    assert (first.milliseconds, second.milliseconds) == (5.0, 5.0)


def test_an_outage_that_does_not_end_has_no_length():
    outage, = outages(records("AAtt"), settle=3)
    assert (outage.end_ns, outage.milliseconds, outage.after, outage.settled) == (None, None, "", False)


def test_an_outage_at_the_end_of_the_records_is_not_settled():
    outage, = outages(records("AtB"), settle=3)
    assert (outage.milliseconds, outage.after, outage.settled) == (5.0, "lb2", False)


def test_an_outage_from_the_first_probe_on_has_nobody_before_it():
    outage, = outages(records("rBB"), settle=2)
    assert (outage.before, outage.after) == ("", "lb2")


@given(st.text(alphabet="ABrt", max_size=60), st.integers(min_value=1, max_value=5))
def test_outages_hold_every_failure_once_and_do_not_overlap(text, settle):
    found = outages(records(text), settle)
    assert sum(outage.failed for outage in found) == sum(text.count(letter) for letter in "rt")
    ends = [0] + [outage.end_ns for outage in found[:-1]]
    assert all(outage.start_ns >= end for outage, end in zip(found, ends))
    assert all(outage.settled for outage in found[:-1])


def test_events_tell_what_changes():
    events = Events(settle=2)
    told = [event for record in records("AAArrBBA") for event in events.add(record)]
    assert [(event["event"], event["start_ns"] // SLOT) for event in told] == [
        ("host", 0), ("steady", 0), ("failed", 3), ("host", 5), ("steady", 5), ("host", 7)]


def test_behind_a_balancer_answers_are_steady_whoever_gives_them():
    events = Events(settle=3, one_host=False)
    told = [event for record in records("ABArABAB") for event in events.add(record)]
    assert [(event["event"], event["start_ns"] // SLOT) for event in told] == [
        ("steady", 0), ("failed", 3), ("steady", 4)]


def test_the_resolution_is_the_largest_gap_between_starts():
    probes = records("AAAA")
    assert largest_gap_ms([probes[0], probes[1], probes[3]]) == 10.0
    assert largest_gap_ms([]) == 0


def test_spread():
    assert spread(range(1, 101)) == {"median": 50.5, "p99": 100, "maximum": 100}
    assert spread([]) == {"median": None, "p99": None, "maximum": None}


@pytest.mark.parametrize("outcome", ["refused", "reset", "timeout", "unreachable", "status", "invalid", "error"])
def test_everything_but_ok_is_a_failure(outcome):
    assert outages([Record(0, 0, outcome, 1, "")])[0].outcomes == {outcome: 1}
