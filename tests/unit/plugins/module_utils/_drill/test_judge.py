# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The figures and the verdict of a fault."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._drill.journal import pack, unpack
from ansible_collections.openvip.cluster.plugins.module_utils._outage import Record
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._drill import drills


def claims(*spells, asked=None):
    """What the segment said: how many cards claimed the address from which slot on, with a question every two slots,
    or I(asked) of them in each spell."""
    return {"available": True, "events": [
        {"event": "holders", "start_ns": slot * drills.SLOT, "cards": list("ab"[:count]),
         "asked_before": asked or (slot - before) // 2}
        for (before, dummy), (slot, count) in zip([(0, 0), *spells], spells)]}


def test_away_and_back_are_told_apart():
    result = drills.moved()
    assert (result["outage_ms"], result["failed"], result["moved_ms"]) == (15.0, 3, 10.0)
    assert (result["back_outage_ms"], result["back_failed"], result["undone_ms"]) == (10.0, 2, 100.0)
    assert result["as_predicted"] and result["problems"] == []


def test_what_fails_after_the_move_belongs_to_the_fault_until_the_address_goes_back():
    text = "A" * 41 + "B" * 10 + "x" * 8 + "B" * 141 + "x" * 2 + "A" * 40
    result = drills.recorded(text, {"lb1": [(0, 41), (203, 9000)], "lb2": [(42, 202)]}, back=100)
    assert (result["moved_ms"], result["outage_ms"], result["failed"]) == (10.0, 40.0, 8)
    assert (result["back_outage_ms"], result["back_failed"]) == (10.0, 2)


@pytest.mark.parametrize(("back", "outage"), [(61, 100.0), (60, None)])
def test_an_outage_is_over_when_a_probe_was_answered_before_the_undoing(back, outage):
    text, held = "A" * 40 + "x" * 20 + "A" * 60, {"lb1": [(0, 9000)], "lb2": []}
    made = drills.planned("real_server_stop", real_server="web1")
    assert drills.recorded(text, held, made, back=back)["outage_ms"] == outage


def test_a_host_that_was_rebooted_takes_the_address_back_after_the_fault():
    result = drills.recorded("A" * 41 + "B" * 159 + "A" * 100, {"lb1": [(0, 41), (200, 9000)], "lb2": [(42, 214)]},
                             drills.planned("reboot"), back=300, claims=claims((0, 1), (200, 2), (214, 1)))
    assert (result["holders_at_once"], result["overlap_ms"]) == (1, 0.0)
    assert (result["holders_at_once_after"], result["overlap_after_ms"]) == (2, 70.0)
    assert result["claimed_after_ms"] == 60.0 and len(result["problems"]) == 1


def test_the_timeline_counts_from_the_fault_and_has_the_changes_of_state_only():
    timeline = drills.moved()["timeline"]
    assert timeline["held"] == {"lb1": [[-200.0, 5.0], [225.0, 420.0]], "lb2": [[10.0, 220.0]]}
    assert timeline["failed_at_ms"] == [0.0, 5.0, 10.0, 215.0, 220.0]
    assert [(each["host"], each["at_ms"], each["what"]) for each in timeline["transitions"]] == [
        ("lb1", 5.0, "(VI_1) Entering FAULT STATE"), ("lb2", 10.0, "(VI_1) Entering MASTER STATE")]
    assert [run["count"] for run in timeline["answers"]] == [40, 3, 40, 2, 40]


def test_an_outage_may_miss_its_prediction_by_a_fifth_or_fifty_milliseconds():
    made = dict(drills.planned(), predicted={"low_ms": 300.0, "high_ms": 300.0})
    text, held = "A" * 40 + "x" * 48 + "B" * 40, {"lb1": [(0, 41)], "lb2": [(88, 9000)]}
    assert drills.recorded(text, held, made, back=100)["outage_ms"] == 240.0
    assert drills.recorded(text, held, made, back=100)["as_predicted"]
    made["predicted"] = {"low_ms": 180.0, "high_ms": 180.0}
    result = drills.recorded(text, held, made, back=100)
    assert result["problems"] == [
        "The prober saw an outage of 240 ms. Predicted is 180 ms, and 0-230 ms pass."]


@pytest.mark.parametrize(("fault", "problems"), [
    # a host that can be reached may forward requests for an address that it has lost
    ("keepalived_stop", []),
    ("freeze", ["The prober saw an outage of 240 ms. Predicted is 301 ms, and 241-361 ms pass."]),
])
def test_an_outage_may_be_shorter_where_the_host_can_be_reached(fault, problems):
    made = dict(drills.planned(fault), predicted={"low_ms": 301.0, "high_ms": 301.0})
    held = {"lb1": [(0, 41)], "lb2": [(88, 9000)]}
    result = drills.recorded("A" * 40 + "x" * 48 + "B" * 40, held, made, back=100)
    assert result["outage_ms"] == 240.0 and result["problems"] == problems
    assert result["as_predicted"] is (not problems)


def test_an_address_that_does_not_move_is_a_problem():
    result = drills.recorded("A" * 40 + "x" * 60 + "A" * 40, {"lb1": [(0, 9000)], "lb2": []}, back=100)
    assert result["outage_ms"] is None and result["moved_ms"] is None
    assert result["problems"] == [
        "198.18.0.100 did not move away from lb1 before the fault was undone.",
        "The service did not answer steadily again before the fault was undone."]


@pytest.mark.parametrize(("spells", "during", "after"), [
    (((0, 1),), 1, 1), (((0, 1), (44, 2), (58, 1)), 2, 1), (((0, 1), (70, 2), (84, 1)), 1, 2)])
def test_two_holders_by_the_answers_of_the_segment_are_a_problem(spells, during, after):
    result = drills.moved(claims=claims(*spells))
    assert (result["holders_at_once"], result["holders_at_once_after"]) == (during, after)
    assert len(result["problems"]) == (during > 1) + (after > 1)
    for problem in result["problems"]:
        assert "the prober got answers to ARP for 198.18.0.100 from several for at least 60.0 ms" in problem
        assert "by their own word" not in problem


@pytest.mark.parametrize(("spell", "asked"), [((84, 86), 2), ((84, 88), 2), ((84, 87), 1)])
def test_a_return_that_both_hold_for_a_moment_passes_whoever_saw_it(spell, asked):
    begin, end = spell
    held = {"lb1": [(0, 41), (84, 9000)], "lb2": [(42, 86)]}
    text = "A" * 40 + "xxx" + "B" * 40 + "xx" + "A" * 40
    result = drills.recorded(text, held, claims=claims((0, 1), (begin, 2), (end, 1), asked=asked))
    assert (result["overlap_after_ms"], result["holders_at_once_after"]) == (10.0, 1)
    assert result["claimed_after_ms"] <= 20 and result["problems"] == []


def test_two_holders_by_their_own_word_are_a_problem_where_nobody_can_ask():
    text, held = "A" * 40 + "B" * 80, {"lb1": [(0, 55)], "lb2": [(42, 9000)]}
    result = drills.recorded(text, held)
    assert (result["overlap_ms"], result["holders_at_once"]) == (65.0, 2)
    assert result["problems"] == [
        "2 hosts held the address at once: lb1 and lb2 had 198.18.0.100 together for 65.0 ms by their own word. At "
        "most 50 ms pass, so one heard the other too late or not at all: see what keeps their adverts from each other, "
        "a firewall, the switch, or a host that has no time."]


def test_a_host_that_cannot_be_reached_holds_nothing_and_may_wake_as_master():
    text = "A" * 40 + "x" * 20 + "B" * 80 + "A" * 40
    held = {"lb1": [(0, 9000)], "lb2": [(60, 112)]}
    result = drills.recorded(text, held, drills.planned("freeze"), back=100)
    assert (result["overlap_ms"], result["overlap_after_ms"], result["holders_at_once_after"]) == (0.0, 60.0, 2)
    assert not [problem for problem in result["problems"] if "at once" in problem]
    held["lb2"] = [(60, 180)]
    result = drills.recorded(text, held, drills.planned("freeze"), back=100)
    assert any(problem.startswith("2 hosts held the address at once after the fault was undone: lb1 and lb2 had "
                                  "198.18.0.100 together for 395.0 ms by their own word. At most 200 ms pass")
               for problem in result["problems"]), result["problems"]


def test_a_partition_must_make_two_holders():
    made, text = drills.planned("partition"), "A" * 100
    assert drills.recorded(text, {"lb1": [(0, 9000)], "lb2": [(45, 60)]}, made)["problems"] == []
    problems = drills.recorded(text, {"lb1": [(0, 9000)], "lb2": []}, made)["problems"]
    assert "The partition did not make a second holder." in problems


def test_a_cluster_that_is_not_well_again_is_a_problem():
    assert drills.moved(healed=False)["problems"] == ["The cluster was not well again in time."]


@pytest.mark.parametrize(("prober", "said"), [
    ({"rate": 132.4}, "reached only 132 of 200 requests a second"),
    ({"largest_gap_ms": 84.2}, "stood still for 84 ms"),
    ({"calibration": {"refuse": {"maximum_ms": 4.0}, "ignore": {"maximum_ms": 31.2}}},
     "was wrong by 31 ms about outages of known length"),
    ({"rate": 132.4, "largest_gap_ms": 84.2}, "reached only 132 of 200 requests a second and stood still for 84 ms"),
])
def test_a_verdict_on_machines_that_were_short_of_time_says_so(prober, said):
    assert drills.moved(healed=False, **prober)["problems"] == [
        "The cluster was not well again in time.",
        f"The prober {said}: the machines were short of time, and the figures are doubtful."]
    assert drills.moved(**prober)["problems"] == []


@pytest.mark.parametrize("prober", [
    {"rate": 181.0}, {"rate": None}, {"largest_gap_ms": 19.0},
    {"largest_gap_ms": 99.0, "interval_ms": 50.0, "rate": 19.9},
    {"calibration": {"refuse": {"maximum_ms": 6.0}, "ignore": {"maximum_ms": None}}}])
def test_a_prober_that_kept_its_time_is_not_doubted(prober):
    assert drills.moved(healed=False, **prober)["problems"] == ["The cluster was not well again in time."]


def test_records_are_kept_to_the_microsecond():
    records = [Record(1000, 5000, "ok", 900, "lb1"), Record(5001000, 5005000, "timeout", 200000, "")]
    assert unpack(pack(records)) == records
    assert unpack(pack([])) == []
