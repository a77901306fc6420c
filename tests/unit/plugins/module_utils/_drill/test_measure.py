# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

from __future__ import annotations

from ansible_collections.openvip.cluster.plugins.module_utils._drill import measure
from ansible_collections.openvip.cluster.plugins.module_utils._drill.watch import Interval
from ansible_collections.openvip.cluster.plugins.module_utils._outage import Record
from ansible_collections.openvip.cluster.tests.lab import faults

SLOT = 5000000
ANSWERS = {"A": ("ok", "lb1"), "B": ("ok", "lb2"), "x": ("timeout", "")}
STOPPED, FROZEN = faults.find("nginx stopped"), faults.find("host-frozen")


def recorded(text, held=None):
    """A recording with one probe every 5 ms: A answered by lb1, B by lb2, x timed out."""
    records = [Record(index * SLOT, 0, ANSWERS[letter][0], 1, ANSWERS[letter][1]) for index, letter in enumerate(text)]
    return measure.Recording(records, [], held or {})


def test_away_and_back_are_told_apart():
    text = "A" * 40 + "xxx" + "B" * 40 + "xx" + "A" * 40
    result = measure.result(STOPPED, "lb1", recorded(text), 39 * SLOT, 60 * SLOT, "lb1")
    assert (result.away.outage_ms, result.away.failed, result.away.before, result.away.after) == (15.0, 3, "lb1", "lb2")
    assert (result.back.outage_ms, result.back.failed, result.back.before, result.back.after) == (10.0, 2, "lb2", "lb1")
    assert result.away.reaction_ms == 20.0
    assert result.back.reaction_ms == 125.0
    assert result.moved


def test_a_move_without_a_failed_request_has_no_outage():
    result = measure.result(STOPPED, "lb1", recorded("A" * 40 + "B" * 40), 39 * SLOT, 60 * SLOT, "lb2")
    assert (result.away.outage_ms, result.away.failed, result.moved) == (0.0, 0, True)
    assert result.back.after == "lb2"


def test_a_short_answer_of_the_old_holder_does_not_end_an_outage():
    text = "A" * 40 + "xxAAx" + "B" * 40
    result = measure.result(STOPPED, "lb1", recorded(text), 39 * SLOT, 60 * SLOT, None)
    assert (result.away.outage_ms, result.away.failed) == (25.0, 3)
    assert result.back is None


def test_a_fault_that_moves_nothing_has_no_end():
    text = "A" * 40 + "x" * 60 + "A" * 40
    result = measure.result(STOPPED, "lb1", recorded(text), 39 * SLOT, 100 * SLOT, "lb1")
    assert (result.away.outage_ms, result.away.failed, result.away.after, result.moved) == (None, 60, "", False)
    assert result.back.after == "lb1"


def test_a_fault_that_nobody_notices():
    result = measure.result(STOPPED, "lb1", recorded("A" * 100), 39 * SLOT, 60 * SLOT, "lb1")
    assert (result.away.outage_ms, result.away.failed, result.away.after, result.moved) == (0.0, 0, "lb1", False)


def test_a_probe_under_way_at_the_fault_belongs_to_it():
    text = "A" * 40 + "xx" + "B" * 40
    result = measure.result(STOPPED, "lb1", recorded(text), 41 * SLOT, 60 * SLOT, "lb2")
    assert (result.away.outage_ms, result.away.failed) == (10.0, 2)


def test_a_host_that_cannot_be_reached_holds_nothing():
    text = "A" * 40 + "B" * 80 + "A" * 80
    held = {"lb1": [Interval(0, 200 * SLOT)], "lb2": [Interval(40 * SLOT, 102 * SLOT)]}
    result = measure.result(FROZEN, "lb1", recorded(text, held), 38 * SLOT, 100 * SLOT, "lb1")
    assert result.away.overlap_ms == 0.0
    assert result.back.overlap_ms == 10.0
    assert measure.result(STOPPED, "lb1", recorded(text, held), 38 * SLOT, 100 * SLOT, "lb1").back.overlap_ms == 310.0
