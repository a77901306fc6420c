# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the prober itself adds to an outage, found out with a service whose outages are known.

A second process serves on the loopback and in turn refuses connections (its socket is closed) and ignores them (they
are accepted and never answered), and notes when. The prober's figure minus the true one is its error.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import multiprocessing
import os
import selectors
import socket
import statistics
import time
from typing import Any, Dict, List, NamedTuple, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._outage import (
    SETTLE,
    Outage,
    largest_gap_ms,
    outages,
    spread,
)
from ansible_collections.openvip.cluster.plugins.module_utils._probe import LONGEST_RUN, NANOSECONDS, Prober

KINDS = ("refuse", "ignore")
# multiples of the golden ratio, without their whole part, fill the unit interval evenly
GOLDEN = 0.6180339887498949
ANSWER = b"HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nloopback\n"


class Phase(NamedTuple):
    """One known outage: its kind, and the CLOCK_MONOTONIC of its start and end in nanoseconds."""

    kind: str
    start_ns: int
    end_ns: int


class _Server:
    """A service on the loopback that fails for known times."""

    def __init__(self) -> None:
        self._selector = selectors.SelectSelector()
        self._listener = self._listen(0)
        self.port: int = self._listener.getsockname()[1]
        self._ignored: List[socket.socket] = []

    def _listen(self, port: int) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setblocking(False)
        listener.bind(("127.0.0.1", port))
        listener.listen(1024)
        self._selector.register(listener, selectors.EVENT_READ)
        return listener

    def _serve(self, until_ns: int, ignore: bool = False) -> None:
        """Handle what comes until CLOCK_MONOTONIC is I(until_ns)."""
        while True:
            left = until_ns - time.monotonic_ns()
            if left <= 0:
                return
            for key, _events in self._selector.select(left / NANOSECONDS):
                connection = key.fileobj
                if not isinstance(connection, socket.socket):
                    continue
                if connection is self._listener:
                    self._selector.register(connection.accept()[0], selectors.EVENT_READ)
                    continue
                self._selector.unregister(connection)
                if ignore:
                    # kept: closing it would be an answer of a kind
                    self._ignored.append(connection)
                    continue
                with connection:
                    connection.recv(4096)
                    connection.sendall(ANSWER)

    def phase(self, kind: str, good: float, bad: float) -> Phase:
        """Serve I(good) seconds, then fail in the way of I(kind) for I(bad) seconds."""
        self._serve(time.monotonic_ns() + int(good * NANOSECONDS))
        if kind == "refuse":
            self._selector.unregister(self._listener)
            self._listener.close()
        start = time.monotonic_ns()
        self._serve(start + int(bad * NANOSECONDS), ignore=kind == "ignore")
        if kind == "refuse":
            self._listener = self._listen(self.port)
        return Phase(kind, start, time.monotonic_ns())


def _serve_phases(pipe: Any, plan: List[Tuple[str, float]], good: float, end: int) -> None:
    server = _Server()
    pipe.send(server.port)
    pipe.recv()
    pipe.send([server.phase(kind, good, bad) for kind, bad in plan])
    server.phase("none", good, 0)
    os.close(end)
    # until the probes under way have their answers
    while not pipe.poll():
        server.phase("none", good, 0)


def errors_ms(phases: List[Phase], found: List[Outage]) -> Dict[str, List[float]]:
    """Return per kind the prober's figure minus the true one in milliseconds, for each outage that it saw.

    An outage belongs to a phase when they overlap; a second one in the same phase counts for nothing.
    """
    errors: Dict[str, List[float]] = {kind: [] for kind in KINDS}
    for phase in phases:
        for outage in found:
            if outage.end_ns is not None and outage.start_ns < phase.end_ns and outage.end_ns > phase.start_ns:
                error = outage.end_ns - outage.start_ns - (phase.end_ns - phase.start_ns)
                errors[phase.kind].append(error / 1e6)
                break
    return errors


def calibrate(repetitions: int = 5, bad: float = 0.1, interval: float = 0.005, timeout: float = 0.2,
              settle: int = SETTLE) -> Dict[str, Any]:
    """Measure known outages and return what the prober made of them.

    :param repetitions: outages of each kind.
    :param bad: seconds that each lasts, and up to one interval longer: were all of them whole intervals, the grid of
        the probes would fit them by accident.
    :param interval: seconds between two probe starts; it is also the most that the start and the end of an outage can
        each be off, so errors up to one interval in either direction are expected.
    :param timeout: seconds until an unanswered probe has failed.
    :param settle: good probes in a row that end an outage.
    :returns: C(refuse) and C(ignore), each with C(seen) (outages found), C(median_ms) (of the signed errors) and
        C(maximum_ms) (the largest, without its sign); C(late_us) (how late probes started: median, p99, maximum),
        C(largest_gap_ms) between two starts, C(skipped) slots, C(probes), and the parameters.
    """
    plan = [(KINDS[index % len(KINDS)], bad + interval * (index * GOLDEN % 1))
            for index in range(len(KINDS) * repetitions)]
    good = settle * interval + timeout
    fork = multiprocessing.get_context("fork")
    pipe, other_end = fork.Pipe()
    # The server closes this at its end: after a given time the last outage might not be over on a machine that is late.
    reading, writing = os.pipe()
    server = fork.Process(target=_serve_phases, args=(other_end, plan, good, writing), daemon=True)
    server.start()
    os.close(writing)
    try:
        prober = Prober("http://127.0.0.1:%d/" % pipe.recv(), interval, timeout)
        pipe.send("begin")
        records = prober.run(LONGEST_RUN, reading)
        phases = [Phase(*phase) for phase in pipe.recv()]
        pipe.send("end")
    finally:
        os.close(reading)
        server.join(2 * good)
        server.terminate()
    report: Dict[str, Any] = {
        "repetitions": repetitions, "outage_ms": bad * 1000, "interval_ms": interval * 1000,
        "timeout_ms": timeout * 1000, "probes": len(records), "skipped": prober.skipped,
        "late_us": spread(prober.late_us), "largest_gap_ms": round(largest_gap_ms(records), 3)}
    for kind, errors in errors_ms(phases, outages(records, settle)).items():
        report[kind] = {
            "seen": len(errors),
            "median_ms": round(statistics.median(errors), 3) if errors else None,
            "maximum_ms": round(max(abs(error) for error in errors), 3) if errors else None}
    return report
