# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From answers to the begin and the end of a split brain."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._metrics.split_brain import SplitBrain

NONE, OTHER = {"198.18.0.100": set()}, {"198.18.0.100": {"02:42:c6:12:00:12"}}


@pytest.fixture
def watch():
    return SplitBrain(3.0)


def events(watch, *rounds, start=100.0):
    """Give it a round a second, and return what it tells with the number of the round."""
    return [(number, event.kind) for number, answers in enumerate(rounds)
            for event in watch.take(start + number, answers)]


def test_a_claim_that_lasts_is_told_once_and_so_is_its_end(watch):
    assert events(watch, NONE, OTHER, OTHER, OTHER, OTHER, OTHER) == [(4, "begin")]
    assert watch.split == {"198.18.0.100"} and watch.count == {"198.18.0.100": 1}
    assert events(watch, NONE, NONE, NONE, NONE, start=106.0) == [(2, "end")]
    assert watch.split == set() and watch.count == {"198.18.0.100": 1}


def test_a_hand_over_is_no_split_brain(watch):
    assert events(watch, OTHER, OTHER, NONE, NONE, NONE, NONE, NONE, NONE) == []


def test_an_answer_that_is_lost_neither_hides_nor_ends_it(watch):
    assert events(watch, OTHER, NONE, OTHER, OTHER, NONE, NONE, OTHER) == [(3, "begin")]


def test_a_host_that_gives_the_address_up_ends_it_at_once(watch):
    assert events(watch, OTHER, OTHER, OTHER, OTHER, {}) == [(3, "begin"), (4, "end")]


def test_each_address_is_one_of_its_own(watch):
    both = dict(OTHER, **{"198.18.0.101": set()})
    assert events(watch, both, both, both, both) == [(3, "begin")]
    assert watch.count == {"198.18.0.100": 1, "198.18.0.101": 0}


def test_the_line_names_the_address_the_cards_and_for_how_long(watch):
    lines = [str(event) for number in range(5) for event in watch.take(number, OTHER if number < 4 else {})]
    assert lines == [
        "split brain: 198.18.0.100 is held here and claimed by 02:42:c6:12:00:12 for 3.0 s already. See that VRRP "
        "passes between the hosts.",
        "split brain of 198.18.0.100 has ended after 3.0 s: this host has given it up."]
