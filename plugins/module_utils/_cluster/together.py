# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a change reaches the hosts of a live cluster: host by host, or all of them at one moment, or not at all.

What peers see of a change (see C(advertised)) has to reach all hosts before a backup gives the master up. Every
function here is pure.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._cluster import holders
from ansible_collections.openvip.cluster.plugins.module_utils._lint.cluster import names

#: Seconds between the moment that was agreed on and the first advert of the new kind: a process that is late to be
#: woken, the exchange of the file, and the reload itself. Measured: 4 to 50 ms.
MARGIN = 0.05
#: Seconds between the two reloads of a host that has to give addresses up in between. Measured: 0.1 to 0.5 s.
PAUSE = 0.5
#: States of a vrrp_instance that can hold its addresses.
WELL = ("BACKUP", "MASTER")
MOVED = "Remove the addresses that move from one vrrp_instance to another in a run of its own first. Or: "
REMEDIES = (
    "Do one of these: connect faster (pipelining, ControlPersist, fewer forks on a busy controller); make advert_int "
    "longer first, in a run of its own with version 3; or stop keepalived on all hosts but the holder, and run again."
)


class Reading(NamedTuple):
    """One look at the clock of a host: it said C(at) between C(asked) and C(answered) of the controller's clock."""

    asked: float
    at: float
    answered: float


class Offset(NamedTuple):
    """By how much the clock of a host is ahead of the controller's, in seconds: certainly from low to high."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2

    @property
    def error(self) -> float:
        """By how much the middle may be wrong."""
        return max(self.high - self.low, 0.0) / 2


class Host(NamedTuple):
    """What is known of a host before anything is written.

    :ivar differs: whether it gets another configuration.
    :ivar advertised: what its peers see of that, sentences.
    :ivar window: seconds for which the hosts may differ in that, C(None) where that cannot be told.
    :ivar offset: of its clock, C(None) when it was not read.
    :ivar pauses: whether it is reloaded twice, so that it has the whole change C(PAUSE) later than others.
    """

    name: str
    differs: bool
    advertised: Sequence[str] = ()
    window: Optional[float] = None
    offset: Optional[Offset] = None
    pauses: bool = False


class Way(NamedTuple):
    """How the change goes.

    :ivar together: the hosts that are reloaded at one moment; empty when they are reloaded in turns.
    :ivar window: seconds in which all of them must be reloaded, C(None) when there is no such.
    :ivar uncertainty: seconds by which they may miss each other.
    :ivar refused: why it cannot go, each with its remedy; empty when it can.
    """

    together: List[str]
    window: Optional[float]
    uncertainty: Optional[float]
    refused: List[str]


def offset(readings: Sequence[Reading]) -> Offset:
    """Return what all looks at a clock together say of it.

    :raises ValueError: there is none.
    """
    return Offset(max(reading.at - reading.answered for reading in readings),
                  min(reading.at - reading.asked for reading in readings))


def uncertainty(offsets: Sequence[Offset]) -> float:
    """Return by how much two hosts may miss each other at worst, in seconds: the two clocks that are known least."""
    return sum(sorted((each.error for each in offsets), reverse=True)[:2])


def way(hosts: Sequence[Host], left_out: Sequence[str] = (), forks: Optional[int] = None) -> Way:
    """Return how a change goes.

    :param hosts: the members of the cluster in the play.
    :param left_out: the members that are not.
    :param forks: with how many hosts Ansible works at once; C(None) for any number.
    """
    seen = [host for host in hosts if host.advertised]
    if not seen:
        return Way([], None, None, [])
    together = [host.name for host in hosts if host.differs]
    what = "; ".join(dict.fromkeys(sentence for host in seen for sentence in host.advertised))
    windows = [host.window for host in seen if host.window is not None]
    window = min(windows) if len(windows) == len(seen) else None
    missed = uncertainty([host.offset for host in seen if host.offset is not None])
    pausing = [host.name for host in hosts if host.differs and host.pauses]
    if len(together) > 1 and pausing:
        missed += PAUSE
    refused = []
    if left_out:
        refused.append("The peers see this change, and %s would be left without it, so that both sides would hold the "
                       "addresses (%s). Run when all of them are reached, and without --limit, or take those that are "
                       "gone for good out of the group." % (names(list(left_out)), what))
    if window is None:
        refused.append("%s: it is not known how long the peers tolerate a different configuration (%s), so a "
                       "simultaneous reload is unsafe. Stop keepalived there, or write the new file there by hand."
                       % (names([host.name for host in seen if host.window is None]), what))
    if len(together) > 1:
        refused += _too_late(seen, together, window, missed, forks, what, pausing)
    return Way(together, window, missed, refused)


def _too_late(seen: Sequence[Host], together: Sequence[str], window: Optional[float], missed: float,
              forks: Optional[int], what: str, pausing: Sequence[str]) -> List[str]:
    """Return why several hosts cannot be reloaded at one moment."""
    found = []
    unread = [host.name for host in seen if host.offset is None]
    if unread:
        found.append("The clock of %s could not be read, so there is no common moment for the change (%s). See that "
                     "the command date is there." % (names(unread), what))
    if forks is not None and forks < len(together):
        found.append("%d hosts must be reloaded at one moment, and Ansible works with %d at once (%s). Run with "
                     "--forks %d." % (len(together), forks, what, len(together)))
    if window is not None and missed + MARGIN > window:
        pause = " and of the %.1f s that %s needs to give addresses up between two reloads" % (
            PAUSE, names(list(pausing))) if pausing else ""
        found.append("%s must be reloaded within %.3f s, and with what is known of their clocks%s they may be %.3f s "
                     "apart (%s). %s%s" % (names(list(together)), window, pause, missed + MARGIN, what, MOVED if pausing
                                           else "", REMEDIES))
    return found


class Reload(NamedTuple):
    """When a host was reloaded: seconds since 1970 by the controller's clock, C(None) when it was not.

    :ivar first: the first of two reloads.
    """

    name: str
    at: Optional[float]
    first: Optional[float] = None


def spread(reloads: Sequence[Reload]) -> Tuple[float, List[str]]:
    """Return how far apart the reloads were, in seconds, and a line for each in their order."""
    found = sorted((each.at, each.name) for each in reloads if each.at is not None)
    if not found:
        return 0.0, []
    first = min([found[0][0], *(each.first for each in reloads if each.first is not None)])
    return found[-1][0] - first, ["%s %+.3f s" % (name, at - first) for at, name in found]


Report = Dict[str, Any]


def answered(report: Report) -> bool:
    """Return whether a host answered, by its result of M(openvip.cluster.keepalived_info) or of Ansible."""
    return "running" in report


def _instances(reports: Dict[str, Report]) -> Iterator[Tuple[str, holders.Instance]]:
    """Yield every vrrp_instance with its host."""
    for host, report in reports.items():
        for instance in report.get("vrrp_instance") or []:
            yield host, instance


def _held(reports: Dict[str, Report]) -> Dict[str, List[str]]:
    """Return the hosts that hold each virtual address: their daemon is MASTER, or their kernel has it."""
    found: Dict[str, List[str]] = {}
    for host, instance in _instances(reports):
        for entry in holders.entries(instance):
            hosts = found.setdefault(str(holders.bare(entry)), [])
            if holders.holds(instance, entry) and host not in hosts:
                hosts.append(host)
    return found


def disputed(before: Optional[Dict[str, Report]], now: Dict[str, Report]) -> List[str]:
    """Return the problems after a change, one sentence each.

    :param before: by host the result of M(openvip.cluster.keepalived_info) before the change, empty without one;
        C(None) where that is unknown, so that every host must answer now.
    :param now: the same after the change, or what Ansible registered where that failed.
    """
    silent = [host for host, report in (now if before is None else before).items()
              if (before is None or answered(report)) and not answered(now.get(host, {}))]
    found = ["%s does not answer%s: %s" % (host, "" if before is None else ", and answered before the change",
                                           _reason(now.get(host, {}))) for host in silent]
    before = before or {}
    held, former = _held(now), _held(before)
    found += ["%s has %d holders: %s." % (address, len(hosts), names(hosts))
              for address, hosts in sorted(held.items()) if len(hosts) > 1]
    # A host that does not answer may still hold it.
    found += ["%s had a holder and has none." % address for address, hosts in sorted(former.items())
              if hosts and not set(hosts) & set(silent) and held.get(address) == []]
    for host, report in now.items():
        found += ["%s: %s" % (host, sentence) for sentence in holders.disagreements(report.get("vrrp_instance") or [])]
    for host, instance in _instances(before):
        report = now.get(host, {})
        wanted = [each.get("name") for each in (report.get("config") or {}).get("vrrp_instance") or []]
        states = {each["name"]: each["state"] for each in report.get("vrrp_instance") or []}
        state = states.get(instance["name"], "not there")
        if instance["name"] in wanted and instance["state"] in WELL and state not in WELL:
            found.append("vrrp_instance %s of %s was %s and is %s." % (
                instance["name"], host, instance["state"], state))
    return found


def _reason(report: Report) -> str:
    """Return why a host did not answer."""
    return str(report.get("msg") or "there is no result").strip().rstrip(".") + "."
