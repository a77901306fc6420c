# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The faults that the model plays, and what each of them does to the members of a virtual router.

A fault is a set of conditions of hosts for as long as it lasts. A host with several faults has the conditions of all
of them, so that the end of one does not end the others. Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, Iterator, List, NamedTuple, Sequence, Tuple

from ..._schema.words import did_you_mean
from .election import Change
from .model import MAINTENANCE, Member, Model, Tracker

#: The processes of keepalived, from the worst to the best.
PROCESS = ("vanish", "kill", "stop", "freeze", "run")
# So many seconds keepalived takes at most from its start to its first timer.
STARTING = 0.3

Condition = Tuple[Any, ...]
Conditions = FrozenSet[Condition]


class Kind(NamedTuple):
    """A kind of fault.

    :ivar people: whether somebody has to end it.
    :ivar conditions: of its host; the last of a few alternatives is the worse one. ("interface",) stands for it.
    """

    name: str
    summary: str
    people: bool
    conditions: Tuple[Tuple[Condition, ...], ...]
    by_default: bool = True


DEAD = ("answers", False)
KINDS = (
    Kind("service_stop", "the service stops or crashes", True, ((DEAD, ("service", "stop")),)),
    Kind("service_hang", "the service hangs", True, ((DEAD, ("service", "hang")),)),
    Kind("keepalived_stop", "keepalived is stopped", True, ((("process", "stop"),),)),
    # The children may say goodbye before they are killed themselves, see _drill/predict.py.
    Kind("keepalived_kill", "keepalived is killed", True, ((("process", "stop"),), (("process", "kill"),))),
    Kind("freeze", "the host freezes", True, ((DEAD, ("process", "freeze")),)),
    Kind("reboot", "the host reboots", False, ((DEAD, ("process", "stop")),)),
    Kind("gone", "the host loses its power", True, ((DEAD, ("process", "vanish")),)),
    Kind("maintenance", "the host is in maintenance", True, ((("tracker", "track_file", MAINTENANCE),),)),
    Kind("link_down", "the interface has no link", True, ((("link",),),)),
    Kind("cut", "the interface is cut off from the segment and keeps its link", True, ((("side",),),)),
    Kind("segment_down", "every link of the interface's segment is down", True, ((("link",),),), False),
)
NAMES = tuple(kind.name for kind in KINDS)
REAL_SERVER = "real_server"
SERVICE = ("service_stop", "service_hang")


class Fault(NamedTuple):
    """A fault of this cluster: C(better) and C(worse) are the conditions by host in the best and the worst case."""

    name: str
    kind: str
    host: str
    people: bool
    better: Tuple[Tuple[str, Conditions], ...]
    worse: Tuple[Tuple[str, Conditions], ...]


def every(model: Model) -> List[Fault]:
    """Return every single fault that can happen to a cluster by default."""
    return [fault for kind in KINDS if kind.by_default for fault in _of_kind(model, kind)] + [
        real_server(name) for name in sorted({name for service in model.services for name in service.weights})]


def real_server(name: str) -> Fault:
    """Return the fault of a real server, which moves no address."""
    return Fault("%s %s" % (REAL_SERVER, name), REAL_SERVER, name, True, (), ())


def find(model: Model, text: str) -> Fault:
    """Return a fault by its text, such as C(gone lb1) or C(link_down lb1 eth1).

    :raises ValueError: there is none of it in this cluster; the message has the nearest one.
    """
    known = {fault.name: fault for kind in KINDS for fault in _of_kind(model, kind)}
    known.update((fault.name, fault) for fault in every(model) if fault.kind == REAL_SERVER)
    wanted = " ".join(str(text).split())
    if wanted in known:
        return known[wanted]
    raise ValueError('There is no fault "%s" in %s. %s' % (wanted, model.group, did_you_mean(
        wanted, list(known), "A fault is a kind and a host, such as %s." % ", ".join(list(known)[:3]))))


def _of_kind(model: Model, kind: Kind) -> Iterator[Fault]:
    for host in model.hosts:
        members = [member for virtual in model.virtuals for member in virtual.members if member.host == host]
        if not members:
            continue
        if kind.name == "maintenance" and not any(
                (tracker.keyword, tracker.name) == ("track_file", MAINTENANCE)
                for member in members for tracker in member.trackers):
            continue
        if kind.name in SERVICE and host in model.directors:
            continue
        about_links = kind.conditions[0][0][0] in ("link", "side")
        devices = sorted({name for member in members for name in member.interfaces}) if about_links else [""]
        for device in devices:
            hosts = [host]
            if kind.name == "segment_down":
                hosts = list(model.hosts)
                if host != hosts[0]:
                    continue
            alternatives = [frozenset((*each, device) if about_links else each for each in conditions)
                            for conditions in kind.conditions]
            name = " ".join(filter(None, [kind.name, host if len(hosts) == 1 else "", device]))
            yield Fault(name, kind.name, host, kind.people, *(
                tuple((each, conditions) for each in hosts) for conditions in (alternatives[0], alternatives[-1])))


def changes(member: Member, number: int, before: Conditions, after: Conditions, lucky: bool) -> Tuple[Change, ...]:
    """Return what happens to a member of a virtual router when the conditions of its host change.

    :param number: of the member in the router.
    :param lucky: whether what nobody knows notices the service.
    """
    found: List[Change] = []
    old, new = (_process(conditions) for conditions in (before, after))
    answers = [not any(each[0] == "answers" for each in conditions) and not _partly_cut(member, conditions)
               for conditions in (before, after)]
    if answers[0] != answers[1]:
        found.append(Change(0.0, number, "answers", answers[1]))
    for what, values in (("link", (True, False)), ("side", (0, number + 1))):
        states = [_on(what, member, conditions) for conditions in (before, after)]
        if states[0] != states[1] and not (what == "link" and member.dont_track):
            found.append(Change(0.0, number, what, values[states[1]]))
        elif states[0] != states[1]:
            # without the tracking of the link the host stays master of a segment that nobody shares with it
            found.append(Change(0.0, number, "side", number + 1 if states[1] else 0))
    if old != new:
        if new != "run":
            found.append(Change(0.0, number, new))
        else:
            found.append(Change(0.0, number, "thaw" if old == "freeze" else "start",
                                spread=0.0 if old == "freeze" else STARTING))
    return tuple(found + _priorities(member, number, before, after, lucky))


def _process(conditions: Conditions) -> str:
    found = {each[1] for each in conditions if each[0] == "process"}
    return next(word for word in PROCESS if word in found or word == "run")


def _on(what: str, member: Member, conditions: Conditions) -> bool:
    """Say whether a link is down, or the host cut off. In a sync group nobody takes over while one instance hears."""
    found = {each[1] for each in conditions if each[0] == what} & member.interfaces
    return found == member.interfaces if what == "side" else bool(found)


def _partly_cut(member: Member, conditions: Conditions) -> bool:
    return not _on("side", member, conditions) and any(
        each[0] == "side" and each[1] in member.interfaces for each in conditions)


def _priorities(member: Member, number: int, before: Conditions, after: Conditions, lucky: bool) -> List[Change]:
    """Return the changes of the priority, one after the other as what is tracked notices."""
    failed = {each: _failing(member, each, lucky) for each in (before, after)}
    noticed = []
    for tracker in member.trackers:
        key = (tracker.keyword, tracker.name)
        if (key in failed[before]) != (key in failed[after]):
            seconds = failed[after].get(key, tracker.recovers)
            noticed.append((seconds, key, key in failed[after]))
    found, now = [], set(failed[before])
    for seconds, key, fails in sorted(noticed):
        value = member.priority(frozenset(now))
        now = now | {key} if fails else now - {key}
        if member.priority(frozenset(now)) != value:
            found.append(Change(seconds.low, number, "priority", member.priority(frozenset(now)),
                                seconds.high - seconds.low))
    return found


def _failing(member: Member, conditions: Conditions, lucky: bool) -> Dict[Tuple[str, str], Any]:
    """Return what fails under some conditions, and how long it takes until that is noticed."""
    found: Dict[Tuple[str, str], Any] = {}
    for tracker in member.trackers:
        for each in conditions:
            seconds = _notices(tracker, each, lucky)
            if seconds is not None:
                key = (tracker.keyword, tracker.name)
                found[key] = min(found.get(key, seconds), seconds)
    return found


def _notices(tracker: Tracker, condition: Condition, lucky: bool) -> Any:
    if condition[0] == "tracker":
        return tracker.fails if condition[1:] == (tracker.keyword, tracker.name) else None
    if condition[0] == "link":
        return tracker.fails if (tracker.keyword, tracker.name) == ("track_interface", condition[1]) else None
    if condition[0] == "service" and (tracker.service or (tracker.service is None and lucky)):
        return tracker.hang if condition[1] == "hang" else tracker.fails
    return None


def lost(names: Sequence[str], weights: Dict[str, int], quorum: int) -> bool:
    """Say whether a service has lost its quorum without these real servers."""
    return sum(weight for name, weight in weights.items() if name not in names) < max(quorum, 1)
