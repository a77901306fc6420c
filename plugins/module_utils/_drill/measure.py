# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what prober and watchers recorded to the figures of one fault. Pure functions.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.openvip.cluster.plugins.module_utils._drill import watch
from ansible_collections.openvip.cluster.plugins.module_utils._outage import OK, SETTLE, Record, largest_gap_ms


@dataclass(frozen=True)
class Leg:
    """One move of the address: away from the host with the fault, or back to it.

    :ivar outage_ms: from the start of the first failed probe to the start of the first lasting good answer; 0 when no
        probe failed, None when good answers never came back.
    :ivar failed: probes that failed.
    :ivar before: who answered before.
    :ivar after: who answers after, an empty string when nobody does.
    :ivar reaction_ms: from the moment of the fault (or of its undoing) to the start of the first lasting good answer
        of the new holder; None when it never moved, or moved before.
    :ivar holders_at_once: the largest number of network cards that claimed the address in two ARP questions in a row,
        10 ms apart.
    :ivar overlap_ms: how long two hosts that could be reached had the address at the same time.
    """

    outage_ms: float | None
    failed: int
    before: str
    after: str
    reaction_ms: float | None
    holders_at_once: int
    overlap_ms: float


@dataclass(frozen=True)
class Result:
    """What one fault did.

    :ivar fault: its name.
    :ivar host: the host that had it.
    :ivar away: the move away from that host.
    :ivar back: what the undoing did; None when that was not watched.
    :ivar resolution_ms: the longest time between two probe starts.
    """

    fault: str
    host: str
    away: Leg
    back: Leg | None
    resolution_ms: float

    @property
    def moved(self) -> bool:
        """Whether another host took the address."""
        return self.away.after not in ("", self.host)


@dataclass(frozen=True)
class Recording:
    """What was seen during one fault.

    :ivar records: of the prober.
    :ivar claims: events of the ARP watcher.
    :ivar held: per host, when it had the address (all on CLOCK_MONOTONIC, which the hosts share).
    """

    records: Sequence[Record]
    claims: list[dict[str, Any]]
    held: dict[str, list[watch.Interval]] = field(default_factory=dict)

    @property
    def end_ns(self) -> int:
        """The start of the last probe."""
        return self.records[-1].start_ns

    @property
    def holders_at_once(self) -> int:
        """As in Leg, for the whole recording."""
        return watch.at_once(self.claims, watch.Interval(self.records[0].start_ns, self.end_ns + 1))


def lasting_run(records: Sequence[Record], wanted: str | None = None, unwanted: str | None = None,
                settle: int = SETTLE) -> int | None:
    """Return the start of the first run of I(settle) good answers in a row from one host, or None.

    :param wanted: only from this host.
    :param unwanted: not from this host.
    """
    run: list[Record] = []
    for record in records:
        if record.outcome != OK or (run and run[0].host != record.host):
            run = []
        if record.outcome == OK and wanted in (None, record.host) and record.host != unwanted:
            run.append(record)
        if len(run) == settle:
            return run[0].start_ns
    return None


def leg(recording: Recording, at_ns: int, window: watch.Interval, before: str, reached_ns: int | None,
        over_by_ns: int) -> Leg:
    """Return the figures of one move.

    :param at_ns: when its cause was set.
    :param window: the time that belongs to it.
    :param before: who answered before.
    :param reached_ns: the start of the lasting answers of the host that holds the address in the end, or None.
    :param over_by_ns: an outage whose first lasting answer starts later is not over.
    """
    inside = [record for record in recording.records if window.start_ns <= record.start_ns < window.end_ns]
    bad = [record for record in inside if record.outcome != OK]
    good = [record for record in inside if record.outcome == OK]
    outage: float | None = 0.0
    if bad:
        recovered = lasting_run([record for record in recording.records if record.start_ns > bad[-1].start_ns])
        outage = None if recovered is None or recovered > over_by_ns else (recovered - bad[0].start_ns) / 1e6
    if reached_ns is not None:
        after = next(record.host for record in recording.records if record.start_ns == reached_ns)
    else:
        after = "" if outage is None or not good else good[-1].host
    return Leg(
        outage_ms=outage, failed=len(bad), before=before, after=after,
        reaction_ms=None if reached_ns is None or reached_ns < at_ns else (reached_ns - at_ns) / 1e6,
        holders_at_once=watch.at_once(recording.claims, window), overlap_ms=watch.overlaps_ms(recording.held, window))


def result(fault: Any, host: str, recording: Recording, at_ns: int, undone_ns: int, final: str | None,
           timeout_ns: int = 200000000) -> Result:
    """Return the figures of one fault.

    :param fault: has its I(name) and its I(kind), see C(predict.seconds).
    :param at_ns: when it was injected.
    :param undone_ns: when it was undone. In between a silent host cannot be reached, so it holds nothing that matters.
    :param final: who should hold the address in the end; None when the return was not waited for.
    :param timeout_ns: the prober's time-out: a probe that started this long before the fault can still fail by it.
    """
    if fault.kind == "crash":
        cut = [watch.Interval(at_ns, undone_ns)]
        held = {name: watch.without(spells, cut) if name == host else spells for name, spells in recording.held.items()}
        recording = dataclasses.replace(recording, held=held)
    later = [record for record in recording.records if record.start_ns >= at_ns]
    moved_ns = lasting_run(later, unwanted=host)
    # a fault may heal by itself, so the way back begins with the first lasting answers of the new holder
    turn_ns = undone_ns if moved_ns is None else moved_ns
    # what starts within a time-out of the undoing may be answered because of it
    over_by_ns = undone_ns - timeout_ns if moved_ns is None else moved_ns
    away = leg(recording, at_ns, watch.Interval(at_ns - timeout_ns, turn_ns), host, moved_ns, over_by_ns)
    back = None
    if final is not None:
        back_ns = lasting_run([record for record in later if record.start_ns >= turn_ns], wanted=final)
        rest = watch.Interval(turn_ns, recording.end_ns + 1)
        back = leg(recording, undone_ns, rest, away.after, back_ns, rest.end_ns)
    return Result(fault.name, host, away, back, round(largest_gap_ms(list(recording.records)), 3))
