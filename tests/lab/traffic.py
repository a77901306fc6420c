# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Requests of a client, and who answered them.

Python 3.8 and the standard library, because this runs inside the hosts.
"""

from __future__ import annotations

import os
import select
import socket
import time
from typing import Any, Callable, Dict, List
from urllib.parse import urlsplit

from ansible_collections.openvip.cluster.plugins.module_utils._drill import watch
from ansible_collections.openvip.cluster.plugins.module_utils._probe import judge

Say = Callable[[Dict[str, Any]], None]
RECEIVE_BYTES = 65536
# Small, so that a slow reader is slow for the server too, and does not have all of it in its own buffers.
SLOW_BUFFER = 16384
SLOW_INTERVAL = 0.1


def _connect(url: str, timeout: float, buffer: int = 0) -> socket.socket:
    """Open a connection and send the request."""
    parts = urlsplit(url)
    family, kind, protocol, _name, address = socket.getaddrinfo(
        parts.hostname, parts.port or 80, type=socket.SOCK_STREAM)[0]
    connection = socket.socket(family, kind, protocol)
    try:
        connection.settimeout(timeout)
        if buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        connection.connect(address)
        request = "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n" % (parts.path or "/", parts.netloc)
        connection.sendall(request.encode())
    except OSError:
        connection.close()
        raise
    return connection


def ask(url: str, count: int, timeout: float, say: Say) -> None:
    """Make I(count) requests one after the other, each with a connection of its own.

    Says C({"event": "report", "hosts": [...]}): the first line of each answer, an empty text for one that failed.
    """
    hosts: List[str] = []
    for _number in range(count):
        answer = b""
        try:
            with _connect(url, timeout) as connection:
                while True:
                    data = connection.recv(RECEIVE_BYTES)
                    if not data:
                        break
                    answer += data
            hosts.append(judge(answer, len(answer))[1])
        except OSError:
            hosts.append("")
    say({"event": "report", "hosts": hosts})


def ask_udp(address: str, port: int, count: int, timeout: float, first: int, say: Say) -> None:
    """Send I(count) datagrams one after the other, from ports from I(first) on; says the answers as C(ask) does.

    A port that was used before may belong to a connection of IPVS still, which goes to the same real server.
    """
    family, kind, protocol, _name, target = socket.getaddrinfo(address, port, type=socket.SOCK_DGRAM)[0]
    hosts: List[str] = []
    for source in range(first, first + count):
        with socket.socket(family, kind, protocol) as connection:
            connection.settimeout(timeout)
            try:
                connection.bind(("", source))
                connection.connect(target)
                connection.send(b"?")
                hosts.append(connection.recv(RECEIVE_BYTES).decode())
            except OSError:
                hosts.append("")
    say({"event": "report", "hosts": hosts})


def answer_udp(address: str, port: int, duration: float) -> None:
    """Answer every datagram that comes to an address of this host with the host's name, from that address."""
    name = socket.gethostname().encode()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as service:
        service.bind((address, port))
        limit = time.monotonic() + duration
        while time.monotonic() < limit:
            service.settimeout(max(0.01, limit - time.monotonic()))
            try:
                _question, client = service.recvfrom(RECEIVE_BYTES)
            except socket.timeout:
                return
            service.sendto(name, client)


class _Download:
    """One slow reader."""

    def __init__(self, url: str, timeout: float) -> None:
        self.connection = _connect(url, timeout, SLOW_BUFFER)
        self.head = b""
        self.received = 0
        self.error = ""
        self.open = True

    @property
    def expected(self) -> int:
        """The length of the whole answer, 0 while it is not known."""
        top, end, _body = self.head.partition(b"\r\n\r\n")
        for line in top.split(b"\r\n"):
            name, _colon, value = line.partition(b":")
            if end and name.strip().lower() == b"content-length":
                return len(top) + 4 + int(value)
        return 0

    def read(self, size: int) -> None:
        """Read at most I(size) bytes of what is there."""
        try:
            data = self.connection.recv(size)
        except OSError as error:
            data, self.error = b"", os.strerror(error.errno) if error.errno else str(error)
        self.received += len(data)
        if len(self.head) < SLOW_BUFFER:
            self.head += data[:SLOW_BUFFER]
        if not data:
            self.open = False
            self.connection.close()

    @property
    def complete(self) -> bool:
        """Whether all of it came."""
        return not self.error and 0 < self.expected == self.received


def download(url: str, count: int, rate: int, patience: float, say: Say) -> None:
    """Download the same page I(count) times at once, each with I(rate) bytes per second.

    Says C({"event": "started"}) when each has its first bytes, and at the end C({"event": "report", "complete": n,
    "failed": [...], "seconds": s}). One that hears nothing for I(patience) seconds has failed.
    """
    begin = time.monotonic()
    downloads = [_Download(url, patience) for _number in range(count)]
    heard = {each.connection: time.monotonic() for each in downloads}
    started = False
    portion = max(1, int(rate * SLOW_INTERVAL))
    while any(each.open for each in downloads):
        turn = time.monotonic()
        waiting = {each.connection: each for each in downloads if each.open}
        ready = select.select(list(waiting), [], [], SLOW_INTERVAL)[0]
        for connection in ready:
            waiting[connection].read(portion)
            heard[connection] = time.monotonic()
        for connection, each in waiting.items():
            if each.open and time.monotonic() - heard[connection] > patience:
                each.error, each.open = "heard nothing for %g s" % patience, False
                connection.close()
        if not started and all(each.received for each in downloads):
            started = True
            say({"event": "started", "seconds": round(time.monotonic() - begin, 3)})
        time.sleep(max(0.0, SLOW_INTERVAL - (time.monotonic() - turn)))
    say({"event": "report", "complete": sum(each.complete for each in downloads),
         "failed": sorted({each.error or "cut off" for each in downloads if not each.complete}),
         "seconds": round(time.monotonic() - begin, 3)})


def advertise(address: str, number: int, stop: watch.Stop, say: Say) -> None:
    """Advertise a virtual router of version 2 every fifth of a second, as somebody who is no member of the cluster.

    :param address: of this host, by whose interface it is sent.
    :param number: the virtual_router_id.
    """
    sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, 112)
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
    # RFC 3768 section 5.1: type 1, priority 1, one address, no authentication
    body = bytes([0x21, number, 1, 1, 0, 1, 0, 0]) + socket.inet_aton(address) + bytes(8)
    sent = 0
    while True:
        sender.sendto(body, ("224.0.0.18", 0))
        sent += 1
        # Nothing is read from it, so it is never ready.
        if not stop.wait(sender, 0.2):
            break
    say({"event": "report", "sent": sent})
