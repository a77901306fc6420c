# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils import _timing
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.simulation.election import (
    BACKUP,
    FAULT,
    GONE,
    MASTER,
    Change,
    Node,
    down,
    early,
    late,
    play,
)

#: What happens to a node, and what ends it.
ENDS = {"stop": "start", "kill": "start", "vanish": "start", "freeze": "thaw"}
SILENT = ("kill", "vanish", "freeze")
SIZES, TIMERS = (2, 3, 4), ((2, 1.0), (2, 3.0), (3, 0.1), (3, 1.0))


def router(size, **settings):
    return tuple(Node(250 - 10 * number, frozenset(range(size)) - {number}, size - number, **settings)
                 for number in range(size))


def started(nodes, luck=late):
    state, _marks, settled = play(nodes, down(nodes), [Change(0, each, "start") for each in range(len(nodes))], luck)
    assert settled
    return state


def holders(state):
    return [number for number, each in enumerate(state) if each.holds()]


def after(nodes, state, *changes, luck=late):
    state, marks, settled = play(nodes, state, changes, luck)
    assert settled
    return state, marks


def away(marks):
    """Return for how long nobody answered."""
    return sum(after.at - max(before.at, 0.0) for before, after in zip(marks, marks[1:]) if not before.serving)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("version", "advert_int"), TIMERS)
def test_the_highest_begins(size, version, advert_int):
    nodes = router(size, version=version, advert_int=advert_int)
    assert [each.state for each in started(nodes)] == [MASTER] + [BACKUP] * (size - 1)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("version", "advert_int"), TIMERS)
@pytest.mark.parametrize("what", [*ENDS, "fault"])
def test_a_takeover_takes_what_the_arithmetic_says(size, version, advert_int, what):
    nodes = router(size, version=version, advert_int=advert_int)
    change = Change(0, 0, "priority", 0) if what == "fault" else Change(0, 0, what)
    timers = _timing.Timers(version, advert_int, nodes[1].priority)
    predicted = _timing.crash(timers) if what in SILENT else _timing.planned(timers)
    for luck, expected in ((early, predicted.low), (late, predicted.high)):
        state, marks = after(nodes, started(nodes, luck), change, luck=luck)
        assert 1 in holders(state)
        assert next(mark.at for mark in marks if 1 in mark.holders) == pytest.approx(expected)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("nopreempt", [False, True])
@pytest.mark.parametrize("luck", [early, late])
def test_every_order_of_faults_and_ends(size, nopreempt, luck):
    """One settled master in each order of all faults on two nodes, and the right one where everybody preempts."""
    nodes = router(size, nopreempt=nopreempt, advert_int=0.1)
    begun = started(nodes, luck)
    for first, second in itertools.product(ENDS, ENDS):
        for one, other in itertools.permutations(range(size), 2):
            steps = [Change(0, one, first), Change(0, other, second), Change(0, one, ENDS[first]),
                     Change(0, other, ENDS[second])]
            for order in ((0, 1, 2, 3), (0, 1, 3, 2), (0, 2, 1, 3)):
                state, absent = begun, set()
                for number in order:
                    state, _marks = after(nodes, state, steps[number], luck=luck)
                    absent ^= {steps[number].node}
                    running = [each for each in range(size) if each not in absent]
                    found = [each for each in running if state[each].state == MASTER]
                    assert len(found) == bool(running), (steps, order, number)
                    assert nopreempt or found == running[:1]
                assert len(holders(state)) == 1


@pytest.mark.parametrize("number", range(3))
def test_a_lower_priority_moves_the_address_where_it_is_below(number):
    nodes = router(3)
    value = (245, 235, 225)[number]
    state, _marks = after(nodes, started(nodes), Change(0, 0, "priority", value))
    assert holders(state) == [min(number, 1)]
    state, _marks = after(nodes, state, Change(0, 0, "priority", 250))
    assert holders(state) == [0]


def test_a_lower_priority_moves_nothing_to_a_node_with_nopreempt():
    nodes = router(2, nopreempt=True)
    state, _marks = after(nodes, started(nodes), Change(0, 0, "priority", 10))
    assert holders(state) == [0]


def test_a_node_in_fault_comes_back():
    nodes = router(2)
    state, _marks = after(nodes, started(nodes), Change(0, 0, "priority", 0))
    assert (state[0].state, holders(state)) == (FAULT, [1])
    state, marks = after(nodes, state, Change(0, 0, "priority", 250))
    assert (holders(state), away(marks)) == ([0], 0)


@pytest.mark.parametrize("luck", [early, late])
def test_preempt_delay(luck):
    nodes = router(2, preempt_delay=5.0)
    state, _marks = after(nodes, started(nodes, luck), Change(0, 0, "stop"), luck=luck)
    state, marks = after(nodes, state, Change(0, 0, "start"), luck=luck)
    back = next(mark.at for mark in marks if mark.holders == (0,))
    expected = _timing.preempted(_timing.Timers(3, 1.0, 250), 5.0)
    # the delay counts from the first advert that the returning node hears
    assert expected.low <= back <= expected.high + 1.0


def test_a_cut_off_master_has_the_address_until_the_cut_ends():
    nodes = router(3)
    state, _marks = after(nodes, started(nodes), Change(0, 0, "side", 1))
    assert holders(state) == [0, 1]
    state, marks = after(nodes, state, Change(0, 0, "side", 0))
    assert (holders(state), marks[-1].at) == ([0], 1.0)


def test_a_killed_master_leaves_its_addresses_and_takes_them_away_at_its_start():
    nodes = router(2, nopreempt=True)
    state, _marks = after(nodes, started(nodes), Change(0, 0, "kill"))
    assert (state[0].state, holders(state)) == (GONE, [0, 1])
    state, marks = after(nodes, state, Change(0, 0, "start"))
    assert (holders(state), marks[1].at) == ([1], 0.0)


def test_those_who_do_not_take_each_others_adverts_are_all_master():
    nodes = tuple(node._replace(hears=frozenset()) for node in router(3))
    assert holders(started(nodes)) == [0, 1, 2]


def test_an_address_stays_where_a_service_is_dead_and_nobody_looks():
    nodes = router(2)
    _state, marks = after(nodes, started(nodes), Change(0, 0, "answers", False))
    assert [(mark.holders, mark.serving) for mark in marks] == [((0,), 1), ((0,), 0)]


def test_the_owner_begins_at_once_and_ignores_weights():
    nodes = (router(2)[0]._replace(priority=255), router(2)[1])
    _state, marks = after(nodes, down(nodes), *(Change(0, each, "start") for each in range(2)))
    assert [mark.at for mark in marks if mark.holders == (0,)] == [0.0]
    state, _marks = after(nodes, started(nodes), Change(0, 0, "priority", 10))
    assert holders(state) == [0]


def test_of_two_equal_priorities_the_higher_address_wins():
    nodes = tuple(node._replace(priority=100) for node in router(2))
    assert holders(started(nodes)) == [0]


def test_a_link_takes_the_address_away():
    nodes = router(2)
    state, marks = after(nodes, started(nodes), Change(0, 0, "link", False))
    assert (state[0].state, holders(state)) == (FAULT, [1])
    assert away(marks) == pytest.approx(_timing.crash(_timing.Timers(3, 1.0, 240)).high)
    assert holders(after(nodes, state, Change(0, 0, "link", True))[0]) == [0]
