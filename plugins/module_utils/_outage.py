# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the prober's records mean: outages, holders, events. Every function here is pure.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import collections
import statistics
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional

#: The outcome of a good probe.
OK = "ok"
#: Good probes in a row that end an outage: a tenth of a second at the usual interval of 5 ms.
SETTLE = 20


class Record(NamedTuple):
    """One probe.

    :ivar start_ns: CLOCK_MONOTONIC just before the connection was begun; containers of one kernel share this clock.
    :ivar wall_ns: CLOCK_REALTIME at the same moment.
    :ivar outcome: C(ok); or C(refused), C(reset), C(timeout) (no whole answer in time), C(unreachable), C(status)
        (an answer other than 200), C(invalid) (cut short or no HTTP), C(error) (another error of the socket).
    :ivar latency_us: microseconds until the outcome was known.
    :ivar host: the first line of the body of a good answer, otherwise empty.
    """

    start_ns: int
    wall_ns: int
    outcome: str
    latency_us: int
    host: str


class Outage(NamedTuple):
    """A stretch of time in which the service could not be relied on.

    It starts with the start of a failed probe. It ends with the start of the first of C(settle) good probes in a row;
    a shorter good run inside belongs to the outage. So the true outage is at most one gap between probe starts longer
    at either end, or shorter; the time-out of a probe is not part of it.

    :ivar start_ns: CLOCK_MONOTONIC of its start.
    :ivar end_ns: of its end; C(None) when no good probe followed the last failure.
    :ivar failed: number of probes in it that failed.
    :ivar answered: number of probes in it that were answered.
    :ivar before: the host that gave the last good answer before it, or an empty string.
    :ivar after: the host that gave the first good answer after it, or an empty string.
    :ivar outcomes: how often each outcome occurred among the failed ones.
    :ivar settled: false when the records ended before C(settle) good probes had followed.
    """

    start_ns: int
    end_ns: Optional[int]
    failed: int
    answered: int
    before: str
    after: str
    outcomes: Dict[str, int]
    settled: bool

    @property
    def milliseconds(self) -> Optional[float]:
        """The length in milliseconds, or None when it did not end."""
        return None if self.end_ns is None else (self.end_ns - self.start_ns) / 1e6


def outages(records: Iterable[Record], settle: int = SETTLE) -> List[Outage]:
    """Return the outages in I(records), which are in the order of their start."""
    found: List[Outage] = []
    inside: List[Record] = []
    good: List[Record] = []
    before = ""
    for record in records:
        if record.outcome != OK:
            inside.extend(good)
            inside.append(record)
            good = []
        elif not inside:
            before = record.host
        else:
            good.append(record)
            if len(good) == settle:
                found.append(_outage(inside, good, before, True))
                before, inside, good = record.host, [], []
    if inside:
        found.append(_outage(inside, good, before, False))
    return found


def _outage(inside: List[Record], good: List[Record], before: str, settled: bool) -> Outage:
    failed = collections.Counter(record.outcome for record in inside if record.outcome != OK)
    return Outage(
        start_ns=inside[0].start_ns, end_ns=good[0].start_ns if good else None,
        failed=sum(failed.values()), answered=len(inside) - sum(failed.values()),
        before=before, after=good[0].host if good else "", outcomes=dict(failed), settled=settled)


def spread(values: Iterable[float]) -> Dict[str, Optional[float]]:
    """Return the median, the 99th percentile and the maximum, each C(None) without values."""
    ordered = sorted(values)
    if not ordered:
        return {"median": None, "p99": None, "maximum": None}
    place = min(len(ordered) - 1, len(ordered) * 99 // 100)
    return {"median": round(statistics.median(ordered), 3), "p99": round(ordered[place], 3),
            "maximum": round(ordered[-1], 3)}


def largest_gap_ms(records: List[Record]) -> float:
    """Return the longest time between two probe starts in milliseconds: the resolution that was really reached."""
    starts = [record.start_ns for record in records]
    return max((later - earlier for earlier, later in zip(starts, starts[1:])), default=0) / 1e6


class Events:
    """Tells what changes in a stream of records: the first failure, another host, the return to steady answers.

    :ivar settle: good probes in a row that count as steady.
    :ivar one_host: whether they must come from one host, and another host is a change. Behind a balancer it is none.
    """

    def __init__(self, settle: int = SETTLE, one_host: bool = True) -> None:
        self.settle = settle
        self.one_host = one_host
        self._host = ""
        self._run = 0
        self._since = 0
        self._failing = False

    def add(self, record: Record) -> Iterator[Dict[str, Any]]:
        """Yield the events that I(record) brings, as C({"event": "failed"|"host"|"steady", ...})."""
        if record.outcome != OK:
            if not self._failing:
                yield {"event": "failed", "start_ns": record.start_ns, "outcome": record.outcome}
            self._failing, self._run = True, 0
            return
        self._failing = False
        if self.one_host and record.host != self._host:
            yield {"event": "host", "start_ns": record.start_ns, "host": record.host, "before": self._host}
            self._host, self._run = record.host, 0
        self._run += 1
        if self._run == 1:
            self._since = record.start_ns
        if self._run == self.settle:
            yield {"event": "steady", "start_ns": self._since, "host": record.host}
