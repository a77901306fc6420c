# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays what happened to real daemons on the model, and compares who had which address at every instant."""

from __future__ import annotations

import random
from typing import Any

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.simulation.election import (
    Change,
    down,
    early,
    late,
    play,
)
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.simulation.faults import changes
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.simulation.model import build
from ansible_collections.openvip.cluster.plugins.module_utils._lint.cluster import Cluster, Member

# So many times chance decides what nobody knows, beside the best and the worst case.
TRIES = 60
# Seconds: how often it is compared, and what a daemon needs to begin, to notice and to act.
STEP, TOLERANCE, STARTING = 0.02, 0.15, 0.1


def model_of(case):
    """Return the model of a case; the version of the daemon decides about nothing in it."""
    return build(Cluster([Member(host, data, {"interfaces": {
        "eth1": [f"198.18.0.{11 + number}/24"], "eth2": [f"198.18.1.{11 + number}/24"]}})
        for number, (host, data) in enumerate(case.data.items())]))


def _changes(virtual, happened, tolerance) -> list[Change]:
    """Return what happened as changes of a router; it was somewhere between the begin and the end of an action."""
    found: list[Change] = []
    active: dict[str, frozenset[Any]] = {}
    for at, lasted, host, condition, begins in happened:
        place = virtual.number(host)
        if condition == ["start"]:
            found.append(Change(at, place, "start", spread=STARTING + lasted + tolerance))
            continue
        before = active.get(host, frozenset())
        after = before | {tuple(condition)} if begins else before - {tuple(condition)}
        active[host] = after
        found += [change._replace(at=at + change.at, spread=change.spread + lasted + (tolerance if change.at else 0))
                  for change in changes(virtual.members[place], place, before, after, True)]
    return found


def _at(marks, moments):
    """Return the holders at each moment."""
    found, place = [], 0
    for moment in moments:
        while place + 1 < len(marks) and marks[place + 1].at <= moment:
            place += 1
        found.append(frozenset(marks[place].holders))
    return found


def differences(case, told) -> list[str]:
    """Return the instances and moments at which the daemons did what no run of the model does."""
    tolerance = TOLERANCE + told["stall"]
    model = model_of(case)
    # From the first fault on: how long a daemon needs to begin beside so many others is no matter of VRRP.
    moments = [STEP * each for each in range(int(told["begun"] / STEP), int(told["end"] / STEP))]
    reach = int(tolerance / STEP) + 1
    found = []
    for virtual in model.virtuals:
        happens = _changes(virtual, told["happened"], tolerance)
        chance = random.Random(case.seed)
        runs = [play(virtual.router, down(virtual.router), happens, luck)[1]
                for luck in (early, late, *[chance.random] * TRIES)]
        predicted = [set(each) for each in zip(*(_at(marks, moments) for marks in runs))]
        for address in virtual.addresses:
            real = _real(virtual, told["changes"], address, moments)
            for number, moment in enumerate(moments):
                near = set().union(*predicted[max(number - reach, 0):number + reach + 1])
                if not _among(real[number], near):
                    found.append("%s %s at %.2f s: %s have it, predicted %s" % (
                        virtual.name, address, moment, _names(virtual, real[number]),
                        " or ".join(sorted(_names(virtual, each) for each in near))))
                    break
    return found


def _among(real, near):
    """Say whether holders are among the predicted ones, or on the way from one of those to another."""
    return real in near or (len(near) > 1 and frozenset.intersection(*near) <= real <= frozenset.union(*near))


def _names(virtual, places):
    return "+".join(sorted(virtual.members[place].host for place in places)) or "nobody"


def _real(virtual, told, address, moments):
    marks, held = [], set()
    for at, host, which, has in sorted(told):
        if which == address:
            held = held | {virtual.number(host)} if has else held - {virtual.number(host)}
            marks.append((at, frozenset(held)))
    found, place, now = [], 0, frozenset()
    for moment in moments:
        while place < len(marks) and marks[place][0] <= moment:
            now = marks[place][1]
            place += 1
        found.append(now)
    return found
