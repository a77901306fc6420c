# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The prober: asks a service for a page every few milliseconds and tells when it did not answer.

Each probe is a new TCP connection, with one HTTP/1.0 GET or with nothing more, and a time-out of its own. Probes start
on a fixed grid of time, whether or not earlier ones have answered, so a service that hangs does not slow the
measurement down. Python 3.8 and its standard library are enough: this runs on the client's host.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import collections
import errno
import gc
import os
import selectors
import socket
import time
from typing import Callable, Deque, Dict, List, Optional, Sequence, Tuple
from urllib.parse import urlsplit

from ansible_collections.openvip.cluster.plugins.module_utils._outage import OK, Record

NANOSECONDS = 1000000000
# select() handles 1024 descriptors; epoll handles more, but Python rounds its time-outs up to whole milliseconds
MOST_IN_FLIGHT = 500
# the first bytes of an answer are kept to find the host name, the rest is only counted
HEAD_BYTES = 65536
# a process that is only late is late by less
STALL_NS = 50000000
# about 300 bytes each in memory
MOST_RECORDS = 200000
LONGEST_RUN = 3600.0

_OUTCOMES = {
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "reset",
    errno.EPIPE: "reset",
    errno.ETIMEDOUT: "timeout",
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETUNREACH: "unreachable",
    errno.ENETDOWN: "unreachable",
}


class _Request:
    """One probe under way."""

    __slots__ = ("connection", "head", "length", "start_ns", "until_ns", "wall_ns")

    def __init__(self, start_ns: int, wall_ns: int, until_ns: int) -> None:
        self.start_ns = start_ns
        self.until_ns = until_ns
        self.wall_ns = wall_ns
        self.connection: Optional[socket.socket] = None
        self.head = b""
        self.length = 0


def judge(head: bytes, length: int) -> Tuple[str, str]:
    """Return the outcome and the host name of a whole answer.

    :param head: its first bytes.
    :param length: the number of bytes that came.
    """
    top, end, body = head.partition(b"\r\n\r\n")
    lines = top.split(b"\r\n")
    words = lines[0].split()
    if not end or len(words) < 2 or not words[0].startswith(b"HTTP/"):
        return "invalid", ""
    if words[1] != b"200":
        return "status", ""
    for line in lines[1:]:
        name, _colon, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip() != b"%d" % (length - len(top) - 4):
            return "invalid", ""
    return OK, body.partition(b"\n")[0].strip()[:255].decode("utf-8", "replace")


def _usable(source: str, family: int) -> str:
    """Return I(source) unchanged when probes can come from it.

    :raises ValueError: they cannot.
    """
    try:
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.bind((source, 0))
    except OSError as error:
        raise ValueError("source %s: no probe can come from it (%s); give an address of this host, of the same family "
                         "as the one that is probed" % (source, error.strerror or error)) from error
    return source


class Prober:
    """Starts a probe on every slot of a fixed grid of time.

    :ivar records: the finished probes in the order of their start; at most C(MOST_RECORDS), C(dropped) counts the rest.
    :ivar late_us: by how much each start missed its slot, in microseconds.
    :ivar skipped: slots that passed unused because this process was not run in time.
    :ivar stalled_ns: how long this process was not run at all, counted where it was more than STALL_NS at a time. Where
        a machine stands still nobody can answer either, so that time does not count for the time-out of a probe.
    """

    def __init__(self, url: str, interval: float = 0.005, timeout: float = 0.2,
                 report: Optional[Callable[[Record], None]] = None, sources: Sequence[str] = ()) -> None:
        """
        :param url: C(http://host[:port]/path) or C(tcp://host:port), whose probes are good once they are connected;
            the host is resolved once.
        :param interval: seconds between two starts, at least 0.001.
        :param timeout: seconds until an unanswered probe has failed; at most 500 intervals.
        :param report: called with each finished record, in the order of their start.
        :param sources: addresses of this host from which the probes come in turn; the kernel chooses when empty.
        :raises ValueError: a value is out of its range, the host has no address, or a source is not one of this host's.
        """
        if not url.isprintable() or " " in url:
            # part of a request's first line
            raise ValueError("%r: must not have a blank or a control character. Write them like %%20." % url)
        parts = urlsplit(url)
        tcp = parts.scheme == "tcp"
        if parts.scheme not in ("http", "tcp") or not parts.hostname or (tcp and not parts.port):
            raise ValueError("%s: only http://host[:port]/path and tcp://host:port can be probed" % url)
        if interval < 0.001 or timeout < interval or timeout / interval > MOST_IN_FLIGHT:
            raise ValueError("interval %s s, timeout %s s: the interval is at least 0.001 s and the timeout 1 to %d "
                             "intervals" % (interval, timeout, MOST_IN_FLIGHT))
        try:
            family, kind, protocol, _name, address = socket.getaddrinfo(
                parts.hostname, parts.port or 80, type=socket.SOCK_STREAM)[0]
        except OSError as error:
            raise ValueError("%s: the host %s cannot be resolved: %s" % (url, parts.hostname, error)) from error
        self._socket = (family, kind, protocol)
        self._sources = [_usable(source, family) for source in sources]
        self._address = address
        target = (parts.path or "/") + ("?" + parts.query if parts.query else "")
        self._request = ("GET %s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n" % (target, parts.netloc)).encode()
        if tcp:
            self._request = b""
        self._interval = int(interval * NANOSECONDS)
        self._timeout = int(timeout * NANOSECONDS)
        self._report = report
        self._selector = selectors.SelectSelector()
        self._open: Dict[int, _Request] = {}
        self._finished: Dict[int, Record] = {}
        self._order: Deque[int] = collections.deque()
        self._stopped = False
        self.records: List[Record] = []
        self.late_us: List[float] = []
        self.skipped = 0
        self.stalled_ns = 0
        self.dropped = 0

    def stop(self) -> None:
        """Start no more probes; L(run) returns when those under way have ended."""
        self._stopped = True

    def run(self, duration: float, stop_with: Optional[int] = None) -> List[Record]:
        """Probe and return the records.

        :param duration: seconds after which no probe is started, more than 0 and at most 3600.
        :param stop_with: a file descriptor: its end of file ends the run too.
        :raises ValueError: the duration is out of its range.
        """
        if not 0 < duration <= LONGEST_RUN:
            raise ValueError("duration %s s: must be more than 0 and at most %d s" % (duration, LONGEST_RUN))
        if stop_with is not None:
            self._selector.register(stop_with, selectors.EVENT_READ, None)
        # a collection takes milliseconds, and nothing here makes cycles
        collecting = gc.isenabled()
        gc.disable()
        try:
            self._loop(time.monotonic_ns(), int(duration * NANOSECONDS))
        finally:
            self._selector.close()
            if collecting:
                gc.enable()
        return self.records

    def _loop(self, begin: int, duration: int) -> None:
        slot, awake_by = 0, begin
        slots = -(-duration // self._interval)
        while True:
            now = time.monotonic_ns()
            self._discount(now - awake_by)
            awake_by = now
            due = begin + slot * self._interval
            if slot == slots or self._stopped:
                self._stopped = True
                if not self._open:
                    return
            elif now - begin >= duration:
                self.skipped += slots - slot
                slot = slots
                continue
            elif now >= due:
                self._note_start(now - due, slot)
                self._start(slot)
                following = (now - begin) // self._interval + 1
                self.skipped += following - slot - 1
                slot = following
                continue
            wake = [] if self._stopped else [due]
            if self._open:
                # The oldest runs out first: what is discounted is discounted for all that are open.
                wake.append(next(iter(self._open.values())).until_ns)
            wait = max(0, min(wake) - now)
            ready = self._selector.select(wait / NANOSECONDS)
            awake_by = time.monotonic_ns()
            self._discount(awake_by - now - wait)
            for key, _events in ready:
                self._advance(key.data, key.fd)
            # After the answers: what has arrived is not counted as late only because this process was. And by the time
            # before them, because a stand-still since then is discounted only in the next turn.
            self._expire(awake_by)

    def _discount(self, lost: int) -> None:
        """Give the probes under way the time in which this process was not run."""
        if lost > STALL_NS:
            self.stalled_ns += lost
            for request in self._open.values():
                request.until_ns += lost

    def _note_start(self, late: int, slot: int) -> None:
        if len(self.late_us) < MOST_RECORDS:
            self.late_us.append(late / 1000)
        self._order.append(slot)

    def _start(self, slot: int) -> None:
        start = time.monotonic_ns()
        request = _Request(start, time.time_ns(), start + self._timeout)
        self._open[slot] = request
        try:
            request.connection = socket.socket(*self._socket)
            request.connection.setblocking(False)
            if self._sources:
                request.connection.bind((self._sources[slot % len(self._sources)], 0))
            code = request.connection.connect_ex(self._address)
        except OSError as error:
            code = error.errno or errno.EIO
        if code not in (0, errno.EINPROGRESS) or request.connection is None:
            self._finish(slot, _OUTCOMES.get(code, "error"))
        else:
            self._selector.register(request.connection, selectors.EVENT_WRITE, slot)

    def _advance(self, slot: Optional[int], descriptor: int) -> None:
        """Take the step of a probe that its socket is ready for; without a slot it is the descriptor to stop with."""
        if slot is None:
            if not os.read(descriptor, 4096):
                self._selector.unregister(descriptor)
                self.stop()
            return
        request = self._open[slot]
        connection = request.connection
        if connection is None:
            return
        try:
            if self._selector.get_key(connection).events == selectors.EVENT_WRITE:
                if not self._request:
                    code = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    self._finish(slot, _OUTCOMES.get(code, "error") if code else OK)
                    return
                # raises what connecting met with
                connection.send(self._request)
                self._selector.modify(connection, selectors.EVENT_READ, slot)
                return
            data = connection.recv(HEAD_BYTES)
        except OSError as error:
            self._finish(slot, _OUTCOMES.get(error.errno or 0, "error"))
            return
        request.length += len(data)
        request.head += data[:HEAD_BYTES - len(request.head)]
        if not data:
            self._finish(slot, *judge(request.head, request.length))

    def _expire(self, now: int) -> None:
        old = [slot for slot, request in self._open.items() if request.until_ns <= now]
        for slot in old:
            self._finish(slot, "timeout")

    def _finish(self, slot: int, outcome: str, host: str = "") -> None:
        request = self._open.pop(slot)
        latency = (time.monotonic_ns() - request.start_ns) // 1000
        if request.connection is not None:
            if request.connection in self._selector.get_map():
                self._selector.unregister(request.connection)
            request.connection.close()
        self._finished[slot] = Record(request.start_ns, request.wall_ns, outcome, latency, host)
        while self._order and self._order[0] in self._finished:
            record = self._finished.pop(self._order.popleft())
            if len(self.records) < MOST_RECORDS:
                self.records.append(record)
            else:
                self.dropped += 1
            if self._report is not None:
                self._report(record)
