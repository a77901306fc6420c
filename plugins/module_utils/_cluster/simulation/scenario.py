# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults one after the other: what they cost, in the best and the worst case.

Each fault begins when the cluster has settled after the one before. They end in the same order. Every step of every
router is played once: routers of the same shape, such as twelve whose priorities are rotated, share what was played.
Where members differ in nothing but their priority, those without a fault are one: the highest of them.
Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import itertools
from typing import Any, Dict, FrozenSet, Iterable, Iterator, List, NamedTuple, Sequence, Tuple

from ..._lint.model import OWNER_PRIORITY
from .election import Change, Mark, Router, State, down, early, late, play
from .faults import REAL_SERVER, Conditions, Fault, changes, every, lost
from .model import Model

LUCKS = (early, late)
NOTHING: Conditions = frozenset()
NEVER = float("inf")


class Step(NamedTuple):
    """A step of one router: the state that it settles in, seconds without an answer before that, and how it is then.

    ``serving``: how many hosts answer; ``holders``: numbers of those that have the address.
    """

    state: State
    away: float
    serving: int
    holders: Tuple[int, ...]
    marks: Tuple[Mark, ...]
    settled: bool


class Course(NamedTuple):
    """What a sequence of faults does to one router, each pair in the best and in the worst case.

    ``away``: the longest time without an answer that ends by itself. ``lost``: whether nobody answers while faults
    last; ``left``: also after the end of all. ``several``: whether two hosts have the address for as long as a fault
    lasts. ``holders``: by step in the worst case. ``stays``: it is not where it was when all faults are over.
    """

    away: Tuple[float, float]
    lost: Tuple[bool, bool]
    left: bool
    several: bool
    holders: Tuple[Tuple[int, ...], ...]
    stays: bool
    settled: bool


class Outcome(NamedTuple):
    """What a sequence of faults does to a cluster; the tuples are numbers of C(Model.virtuals), of C(services).

    ``most``: the most addresses that one host has.
    """

    faults: Tuple[Fault, ...]
    away: Tuple[float, float]
    lost: Tuple[int, ...]
    perhaps: Tuple[int, ...]
    left: Tuple[int, ...]
    several: Tuple[int, ...]
    stays: Tuple[int, ...]
    services: Tuple[int, ...]
    most: int

    def rank(self) -> Tuple[Any, ...]:
        """Return what sorts the worst first: what is lost, what has two holders, the time away."""
        return (-len(self.left), -len(self.lost), -len(self.services), -len(self.perhaps), -len(self.several),
                -self.away[1], len(self.faults), self.faults[0].name)


class Simulation:
    """A cluster that is played. It remembers every step, so that many sequences cost little."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._steps: Dict[Any, Step] = {}
        self._courses: Dict[Any, Course] = {}
        self._changes: Dict[Any, int] = {(): 0}
        self._by_number: List[Tuple[Change, ...]] = [()]
        self._alone: Dict[Tuple[int, str], Tuple[Tuple[int, int], ...]] = {}
        # The same settings are the same whoever has them.
        numbers: Dict[Any, int] = {}
        self._settings = [[numbers.setdefault(member._replace(host=""), len(numbers)) for member in virtual.members]
                          for virtual in model.virtuals]
        self._places = [{member.host: place for place, member in enumerate(virtual.members)}
                        for virtual in model.virtuals]
        self._shapes: Dict[Router, int] = {}
        self._number_of_shape = [self._shapes.setdefault(virtual.router, len(self._shapes))
                                 for virtual in model.virtuals]
        self._alike = [_alike(router) for router in self._shapes]
        self._starts: Dict[Router, Tuple[State, State]] = {}

    def singles(self) -> List[Outcome]:
        """Return what every single fault does."""
        return [self.outcome((fault,)) for fault in every(self.model)]

    def pairs(self) -> Iterator[Outcome]:
        """Iterate over what every pair of faults does."""
        return map(self.outcome, itertools.combinations(every(self.model), 2))

    def holders(self, number: int) -> List[int]:
        """Return the members of a router that have its address while all is well."""
        start = self._start(self.model.virtuals[number].router)[1]
        return [place for place, each in enumerate(start) if each.holds()]

    # One sequence

    def outcome(self, faults: Tuple[Fault, ...]) -> Outcome:
        """Return what a sequence of faults does."""
        courses = [self.course(number, faults) for number in range(len(self.model.virtuals))]
        numbers = range(len(courses))
        away = (max((course.away[0] for course in courses), default=0.0),
                max((course.away[1] for course in courses), default=0.0))
        servers = [fault.host for fault in faults if fault.kind == REAL_SERVER]
        return Outcome(
            faults, away, tuple(each for each in numbers if courses[each].lost[0]),
            tuple(each for each in numbers if courses[each].lost[1] and not courses[each].lost[0]),
            tuple(each for each in numbers if courses[each].left),
            tuple(each for each in numbers if courses[each].several),
            tuple(each for each in numbers if courses[each].stays),
            tuple(number for number, service in enumerate(self.model.services)
                  if lost(servers, service.weights, service.quorum)) if servers else (),
            self._most(courses, len(faults)))

    def _most(self, courses: Sequence[Course], count: int) -> int:
        held: Dict[str, int] = {}
        for virtual, course in zip(self.model.virtuals, courses):
            for number in course.holders[count - 1]:
                host = virtual.members[number].host
                held[host] = held.get(host, 0) + 1
        return max(held.values(), default=0)

    def course(self, number: int, faults: Tuple[Fault, ...]) -> Course:
        """Return what a sequence of faults does to a router."""
        key = (self._number_of_shape[number], self._sequence(number, faults))
        found = self._courses.get(key)
        if found is None:
            found = self._courses[key] = self._course(number, faults, key)
        return found

    def _course(self, number: int, faults: Tuple[Fault, ...], key: Any) -> Course:
        shape, sequence = key
        virtual = self.model.virtuals[number]
        places = self._places[number]
        hit = sorted({places[host] for fault in faults for host, _conditions in fault.worse if host in places})
        if self._alike[shape] and len(hit) == len(faults) == 2 and 0 not in hit:
            # The highest stays master whatever happens to the others, so that they have nothing to do with each other.
            return _apart([self.course(number, (fault,)) for fault in faults])
        return self._play(virtual.router, self._relevant(shape, virtual.router, hit), sequence, len(faults))

    def _relevant(self, shape: int, router: Router, hit: List[int]) -> List[int]:
        """Return the members that take part: all of them, or those with faults and the highest of the others."""
        others = [place for place in range(len(router)) if place not in hit]
        return sorted(hit + others[:1]) if self._alike[shape] else list(range(len(router)))

    def steps(self, number: int, faults: Tuple[Fault, ...]) -> Tuple[List[Step], List[Step]]:
        """Return the steps of a router in the best and in the worst case."""
        sequence, router = self._sequence(number, faults), self.model.virtuals[number].router
        changes_by_luck = [[self._by_number[pair[luck]] for pair in sequence] for luck in (0, 1)]
        return self._run(router, changes_by_luck[0], 0), self._run(router, changes_by_luck[1], 1)

    def _run(self, router: Router, sequence: Sequence[Tuple[Change, ...]], luck: int) -> List[Step]:
        state, found = self._start(router)[luck], []
        for happens in sequence:
            key = (router, state, happens, luck)
            step = self._steps.get(key)
            if step is None:
                step = self._steps[key] = _step(router, state, happens, luck)
            found.append(step)
            state = step.state
        return found

    def _start(self, router: Router) -> Tuple[State, State]:
        found = self._starts.get(router)
        if found is None:
            starts = [Change(0.0, number, "start") for number in range(len(router))]
            found = self._starts[router] = (play(router, down(router), starts, early)[0],
                                            play(router, down(router), starts, late)[0])
        return found

    def _play(self, router: Router, places: List[int], sequence: Sequence[Tuple[int, int]], count: int) -> Course:
        part = _part(router, places)
        runs = [self._run(part, [_moved(self._by_number[pair[luck]], places) for pair in sequence], luck)
                for luck in (0, 1)]
        away = [max(step.away if step.serving else 0.0 for step in run) for run in runs]
        lasting = [run[:2 * count - 1] for run in runs]
        gone = [any(not step.serving for step in run) for run in lasting]
        starts = [tuple(number for number, each in enumerate(state) if each.holds()) for state in self._start(part)]
        return Course(
            (min(away), max(away)), (all(gone), any(gone)), any(not run[-1].serving for run in runs),
            any(len(step.holders) > 1 for run in runs for step in run),
            tuple(tuple(places[each] for each in step.holders) for step in runs[1]),
            any(run[-1].holders != start for run, start in zip(runs, starts)),
            all(step.settled for run in runs for step in run))

    # From faults to changes of a router

    def _sequence(self, number: int, faults: Tuple[Fault, ...]) -> Tuple[Tuple[int, int], ...]:
        """Return the changes of each step, better and worse, by their numbers."""
        alone = [self._of_one(number, fault) for fault in faults]
        if len(faults) == 1:
            return alone[0]
        if len(faults) == 2 and faults[0].host != faults[1].host and \
                len(faults[0].worse) <= 1 and len(faults[1].worse) <= 1:
            return tuple(each[0] for each in alone) + tuple(each[1] for each in alone)
        return self._overlapping(number, faults)

    def _of_one(self, number: int, fault: Fault) -> Tuple[Tuple[int, int], ...]:
        found = self._alone.get((number, fault.name))
        if found is None:
            found = self._alone[number, fault.name] = self._overlapping(number, (fault,))
        return found

    def _overlapping(self, number: int, faults: Tuple[Fault, ...]) -> Tuple[Tuple[int, int], ...]:
        better, worse = (self._numbers(number, [getattr(fault, case) for fault in faults], lucky)
                         for case, lucky in (("better", True), ("worse", False)))
        return tuple(zip(better, worse))

    def _numbers(self, number: int, faults: List[Tuple[Tuple[str, Conditions], ...]], lucky: bool) -> Iterator[int]:
        active: List[Tuple[Tuple[str, Conditions], ...]] = []
        for fault in [*faults, *faults]:
            before = list(active)
            if fault in active:
                active.remove(fault)
            else:
                active.append(fault)
            yield self._numbered(number, [host for host, _conditions in fault], before, active, lucky)

    def _numbered(self, number: int, hosts: Iterable[str], before: Any, after: Any, lucky: bool) -> int:
        places = self._places[number]
        parts = [(self._settings[number][places[host]], places[host], _of(host, before), _of(host, after), lucky)
                 for host in hosts if host in places]
        key = tuple(parts)
        found = self._changes.get(key)
        if found is None:
            members = self.model.virtuals[number].members
            happens = tuple(change for _settings, place, old, new, _lucky in parts
                            for change in changes(members[place], place, old, new, lucky))
            found = self._changes[key] = self._changes.setdefault(happens, len(self._by_number))
            if found == len(self._by_number):
                self._by_number.append(happens)
        return found


def _of(host: str, faults: Any) -> Conditions:
    """Return the conditions of a host under several faults."""
    found: FrozenSet[Any] = NOTHING
    for fault in faults:
        for name, conditions in fault:
            if name == host:
                found = found | conditions
    return found


def _alike(router: Router) -> bool:
    """Say whether the members differ in nothing but their priority, and all hear each other."""
    one = router[0]
    return all(
        node._replace(priority=one.priority, hears=one.hears, rank=one.rank) == one
        and len(node.hears) == len(router) - 1 and node.priority < OWNER_PRIORITY for node in router
    ) and all(before.priority > after.priority for before, after in zip(router, router[1:]))


def _part(router: Router, places: List[int]) -> Router:
    """Return the router of some of its members."""
    if len(places) == len(router):
        return router
    return tuple(router[place]._replace(
        hears=frozenset(places.index(other) for other in router[place].hears if other in places)) for place in places)


def _moved(happens: Tuple[Change, ...], places: List[int]) -> Tuple[Change, ...]:
    """Return the changes with the numbers that the members have among some of them."""
    return tuple(change._replace(node=places.index(change.node)) for change in happens)


def _apart(courses: Sequence[Course]) -> Course:
    """Return what several faults do that have nothing to do with each other."""
    first, *others = courses
    # begin, begin, end, end: the first one lasts while the second begins
    holders = [first.holders[0], first.holders[0], first.holders[1], first.holders[1]]
    for other in others:
        holders = [tuple(sorted({*one, *two})) for one, two in zip(holders, (
            other.holders[1], other.holders[0], other.holders[0], other.holders[1]))]
    return Course(
        (max(each.away[0] for each in courses), max(each.away[1] for each in courses)),
        (any(each.lost[0] for each in courses), any(each.lost[1] for each in courses)),
        any(each.left for each in courses), any(each.several for each in courses), tuple(holders),
        any(each.stays for each in courses), all(each.settled for each in courses))


def _step(router: Router, state: State, happens: Sequence[Change], luck: int) -> Step:
    found, marks, settled = play(router, state, happens, LUCKS[luck])
    away = sum(after.at - max(before.at, 0.0) for before, after in zip(marks, marks[1:])
               if not before.serving and after.at > 0)
    return Step(found, away, marks[-1].serving, marks[-1].holders, tuple(marks), settled)
