# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

from __future__ import annotations

import os
import socket
import time

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._drill import watch
from ansible_collections.openvip.cluster.plugins.module_utils._drill.watch import Interval


def fold(*answers):
    """The events of a watcher whose questions, one every 10 ms, were answered by these cards."""
    events = []
    spells = watch.Spells(events.append)
    for number, cards in enumerate(answers):
        spells.add(number * 10000000, set(cards))
    return events


def window(start_ms, end_ms):
    return Interval(start_ms * 1000000, end_ms * 1000000)


def test_a_new_spell_begins_when_the_answer_changes():
    events = fold("a", "a", "", "b")
    assert [(event["cards"], event["start_ns"], event["asked_before"]) for event in events] == [
        (["a"], 0, 0), ([], 20000000, 2), (["b"], 30000000, 1)]


def test_equal_answers_become_steady_once():
    events = fold(*["a"] * (2 * watch.STEADY))
    assert [event["event"] for event in events] == ["holders", "steady"]


@pytest.mark.parametrize(("questions", "holders"), [(1, 1), (6, 1), (7, 2)])
def test_two_claims_that_last_no_longer_than_fifty_milliseconds_are_a_hand_over(questions, holders):
    events = fold("a", "a", *["ab"] * questions, "b", "b")
    assert watch.at_once(events, window(0, 1000)) == holders
    assert watch.at_once(events, window(40, 1000)) == 1
    assert watch.at_once(events, window(20 + 10 * questions, 1000)) == 1


def test_two_claims_now_and_again_are_counted_together():
    assert watch.at_once(fold(*["a", "ab", "ab", "ab"] * 2), window(0, 80)) == 1
    assert watch.at_once(fold(*["a", "ab", "ab", "ab"] * 3), window(0, 120)) == 2


def test_three_claims_are_three_holders():
    assert watch.at_once(fold("a", *["abc"] * 10), window(0, 120)) == 3


def test_two_claims_that_last_to_the_end_count():
    assert watch.at_once(fold("a", "ab"), window(0, 70)) == 2
    assert watch.at_once(fold("a", "ab"), window(0, 60)) == 1


def test_nobody_claims():
    assert watch.at_once(fold("", ""), window(0, 10)) == 0
    assert watch.at_once([], window(0, 10)) == 0


@pytest.fixture
def asked(monkeypatch):
    """When questions were asked on a segment on which nobody answers, with one that takes as long as five."""
    times, ours = [], socket.socketpair()

    class Asking:
        """The segment."""

        socket = ours[0]
        replies = staticmethod(list)

        def __init__(self, *dummy):
            pass

        def ask(self, number):
            times.append(time.monotonic())
            if number == 2:
                time.sleep(0.05)

    monkeypatch.setattr(watch, "_Arp", Asking)
    yield times
    for end in ours:
        end.close()


def test_questions_that_were_late_are_not_made_up_for_at_once(asked):
    events = []
    watch.arp("eth1", "198.18.0.100", watch.Stop(30), events.append, questions=20)
    assert min(later - earlier for earlier, later in zip(asked, asked[1:])) >= 0.01
    assert len(asked) == 20 and events[-1] == {"event": "report", "requests": 20}
    assert [event["cards"] for event in events[:-1]] == [[]]


def test_the_intervals_of_a_host_that_has_the_address_now_and_then():
    events = [{"event": "address", "start_ns": 0, "held": False}, {"event": "address", "start_ns": 3, "held": True},
              {"event": "address", "start_ns": 5, "held": False}, {"event": "address", "start_ns": 8, "held": True},
              {"event": "report"}]
    assert watch.held(events, 10) == [(3, 5), (8, 10)]
    assert watch.held(events, 0) == [(3, 5)]


def test_what_is_cut_out_of_intervals():
    assert watch.without([Interval(0, 10), Interval(20, 30)], [Interval(4, 6), Interval(8, 25)]) == [
        (0, 4), (6, 8), (25, 30)]
    assert watch.without([Interval(0, 10)], []) == [(0, 10)]


@pytest.mark.parametrize(("asked", "begin", "end", "milliseconds"), [
    (4, 0, 100, 30.0), (4, 25, 100, 25.0), (4, 0, 30, 10.0), (4, 70, 100, 0.0), (1, 0, 100, 0.0), (2, 0, 100, 20.0)])
def test_several_claim_an_address_from_the_first_question_to_the_last(asked, begin, end, milliseconds):
    events = [{"event": "holders", "start_ns": start * 1000000, "cards": cards, "asked_before": before}
              for start, cards, before in ((0, ["a"], 0), (20, ["a", "b"], 2), (60, ["b"], asked))]
    assert watch.claimed_ms(events, window(begin, end)) == milliseconds
    assert watch.claimed_ms(events[:2], window(0, 50)) == 30.0
    assert watch.claimed_ms(events[:1], window(0, 50)) == 0.0


def test_the_overlap_inside_a_window():
    one, other = [window(0, 10)], [window(7, 20)]
    assert watch.overlap_ms(one, other, window(0, 100)) == 3.0
    assert watch.overlap_ms(one, other, window(8, 9)) == 1.0
    assert watch.overlap_ms(one, other, window(11, 20)) == 0.0


def test_addresses_of_this_host_are_read_from_the_kernel():
    reading, writing = os.pipe()
    events = []

    def report(event):
        events.append(event)
        os.close(writing)

    watch.addresses(["127.0.0.1"], watch.Stop(10, reading), lambda event: report(event) if not events else None)
    os.close(reading)
    assert events[0]["event"] == "address" and events[0]["held"] is True


def test_the_end_of_a_descriptor_stops_a_watcher():
    reading, writing = os.pipe()
    one, other = socket.socketpair()
    stop = watch.Stop(10, reading)
    os.write(writing, b"more")
    with one, other:
        assert stop.wait(one, 5)
        os.close(writing)
        assert not stop.wait(one, 5)
    os.close(reading)
