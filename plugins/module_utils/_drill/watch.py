# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who holds an address: two watchers that run inside the hosts, and what their records mean.

C(arp) is the honest one for "holders at once": it asks the whole segment every 10 ms, as a client without a cached
answer would, and counts the network cards that claim the address. A host that is frozen or cut off claims nothing.
C(addresses) is exact in time but says less: the kernel of one host has the address or not, whether or not anybody can
reach that host. It is used for the length of an overlap that is too short for a question every 10 ms.

Python 3.8 and the standard library, because this runs inside the hosts.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import collections
import os
import select
import socket
import struct
import time
from typing import Any, Callable, Deque, Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Set, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils import _arp

SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC = 263, 1, 1
# requests that may be under way, each with a sender of its own so that a late reply is not taken for the next one's
SENDERS = 16
# equal answers in a row that count as steady: a fifth of a second
STEADY = 20

NETLINK_HEADER = struct.Struct("=IHHII")
ADDRESS_HEADER = struct.Struct("=BBBBI")
ATTRIBUTE_HEADER = struct.Struct("=HH")
NLMSG_DONE, RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR = 3, 20, 21, 22
DUMP_REQUEST = 0x301
RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR = 0x10, 0x100
# the attribute that has the address of the host itself, by family (linux/if_addr.h)
LOCAL = {socket.AF_INET: 2, socket.AF_INET6: 1}
#: Milliseconds of an overlap, whoever saw it, that is no more than a hand-over: with preemption both hosts have the
#: address until the old holder has read the first advert of the new one, for which it needs a processor. It is half of
#: an C(advert_int) of 0.1 s, so that an advert that was lost shows.
HAND_OVER_MS = 50.0
# how often it is looked whether a file is still there, in seconds
LOOK = 0.1


class Interval(NamedTuple):
    """A stretch of CLOCK_MONOTONIC, nanoseconds."""

    start_ns: int
    end_ns: int


class Stop:
    """Ends a watcher after a time, at the end of file of a descriptor, or when a file has been removed."""

    def __init__(self, duration: float, descriptor: Optional[int] = None, path: Optional[str] = None) -> None:
        self.until = time.monotonic() + duration
        self._descriptor = descriptor
        self._path = path

    def wait(self, other: socket.socket, seconds: float) -> bool:
        """Wait for something on I(other), at most I(seconds); return whether the watcher may go on."""
        watched: List[Any] = [other] if self._descriptor is None else [other, self._descriptor]
        if self._path is not None:
            if not os.path.exists(self._path):
                return False
            seconds = min(seconds, LOOK)
        ready = select.select(watched, [], [], max(0.0, min(seconds, self.until - time.monotonic())))[0]
        if self._descriptor in ready and self._descriptor is not None and not os.read(self._descriptor, 4096):
            return False
        return time.monotonic() < self.until


class _Arp:
    """Questions on one interface. They leave no trace in any neighbour table: their sender address is 0.0.0.0 (an ARP
    probe, RFC 5227), and their sender card is an invented one, so the kernel of this host ignores the replies, which
    would otherwise teach it faster than a client learns."""

    def __init__(self, interface: str, address: str) -> None:
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_arp.ETHERTYPE))
        self.socket.bind((interface, _arp.ETHERTYPE))
        membership = struct.pack("=IHH8s", socket.if_nametoindex(interface), PACKET_MR_PROMISC, 0, b"")
        self.socket.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership)
        self.socket.setblocking(False)
        self._address = socket.inet_aton(address)
        self._card = b"\x02" + os.urandom(4)

    def ask(self, number: int) -> None:
        sender = self._card + bytes([number % SENDERS])
        self.socket.send(_arp.probe(sender, self._address))

    def replies(self) -> Iterator[Tuple[int, str]]:
        """Yield the number (modulo SENDERS) of the answered request and the card that claims the address."""
        while True:
            try:
                frame = self.socket.recv(256)
            except BlockingIOError:
                return
            if len(frame) < _arp.HEADER + _arp.BODY.size:
                continue
            fields = _arp.BODY.unpack_from(frame, _arp.HEADER)
            operation, claimant, address, asker = fields[4], fields[5], fields[6], fields[7]
            if operation == _arp.REPLY and address == self._address and asker[:5] == self._card:
                yield asker[5], ":".join("%02x" % byte for byte in claimant)


class Spells:
    """Folds the answers to single questions into spells of equal answers, and reports each new one."""

    def __init__(self, report: Callable[[Dict[str, Any]], None]) -> None:
        self._report = report
        self._cards: Optional[FrozenSet[str]] = None
        self._run = 0

    def add(self, asked_ns: int, cards: Set[str]) -> None:
        """Take the answer to one question; the event of a new spell says how many questions the one before had."""
        if frozenset(cards) != self._cards:
            self._report({"event": "holders", "start_ns": asked_ns, "cards": sorted(cards), "asked_before": self._run})
            self._cards, self._run = frozenset(cards), 0
        self._run += 1
        if self._run == STEADY:
            self._report({"event": "steady", "start_ns": asked_ns, "cards": sorted(cards)})


def arp(interface: str, address: str, stop: Stop, report: Callable[[Dict[str, Any]], None],
        interval: float = 0.01, questions: Optional[int] = None) -> None:
    """Ask who has I(address) every I(interval) seconds or, on a machine that is late, later, and report each change of
    the answer. A question has its answer when SENDERS - 1 more have been asked.

    :param questions: how many are asked; without an end when not given.
    """
    asking = _Arp(interface, address)
    spells = Spells(report)
    open_requests: Deque[Tuple[int, int, Set[str]]] = collections.deque()
    number = 0
    due = time.monotonic()
    while questions is None or number < questions:
        wait = due - time.monotonic()
        if wait > 0:
            if not stop.wait(asking.socket, wait):
                break
        elif time.monotonic() >= stop.until:
            break
        for sender, card in asking.replies():
            for request in open_requests:
                if request[0] % SENDERS == sender:
                    request[2].add(card)
        if time.monotonic() < due:
            continue
        if len(open_requests) == SENDERS - 1:
            _number, asked_ns, cards = open_requests.popleft()
            spells.add(asked_ns, cards)
        open_requests.append((number, time.monotonic_ns(), set()))
        asking.ask(number)
        number += 1
        # never sooner: two questions at once would both meet a hand-over that takes a moment
        due = max(due, time.monotonic()) + interval
    report({"event": "report", "requests": number})


def _address_messages(data: bytes) -> Iterator[Tuple[int, Optional[bytes]]]:
    """Yield the type of each netlink message and the address it is about."""
    position = 0
    while position + NETLINK_HEADER.size <= len(data):
        length, kind = NETLINK_HEADER.unpack_from(data, position)[:2]
        local = None
        place, end = position + NETLINK_HEADER.size + ADDRESS_HEADER.size, position + length
        if kind in (RTM_NEWADDR, RTM_DELADDR):
            family = ADDRESS_HEADER.unpack_from(data, position + NETLINK_HEADER.size)[0]
            while place + ATTRIBUTE_HEADER.size <= end:
                size, name = ATTRIBUTE_HEADER.unpack_from(data, place)
                if name == LOCAL.get(family):
                    local = data[place + ATTRIBUTE_HEADER.size:place + size]
                place += (size + 3) & ~3
        yield kind, local
        position += (length + 3) & ~3


def _packed(address: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def addresses(wanted: List[str], stop: Stop, report: Callable[[Dict[str, Any]], None]) -> None:
    """Report whether this host has each of these addresses now, and each change, as the kernel's netlink tells it."""
    names = {_packed(address): address for address in wanted}
    held, told = dict.fromkeys(wanted, False), dict.fromkeys(wanted, None)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as netlink:
        netlink.bind((0, RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR))
        body = ADDRESS_HEADER.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
        netlink.send(NETLINK_HEADER.pack(NETLINK_HEADER.size + len(body), RTM_GETADDR, DUMP_REQUEST, 1, 0) + body)
        netlink.setblocking(False)
        listed = False
        while stop.wait(netlink, 3600.0):
            try:
                data = netlink.recv(65536)
            except BlockingIOError:
                continue
            now, wall = time.monotonic_ns(), time.time_ns()
            for kind, local in _address_messages(data):
                if kind == NLMSG_DONE:
                    listed = True
                elif local in names:
                    held[names[local]] = kind == RTM_NEWADDR
                for address in wanted if listed else ():
                    if held[address] != told[address]:
                        told[address] = held[address]
                        report({"event": "address", "address": address, "start_ns": now, "wall_ns": wall,
                                "held": held[address]})
    report({"event": "report"})


def followed(events: List[Dict[str, Any]]) -> List[Tuple[Dict[str, Any], Optional[Dict[str, Any]]]]:
    """Return each spell of equal answers among the events of C(arp) with the next one, the last with C(None)."""
    spells = [event for event in events if event["event"] == "holders"]
    return list(zip(spells, [*spells[1:], None]))


def at_once(events: List[Dict[str, Any]], window: Interval) -> int:
    """Return the largest number of cards that claimed the address inside I(window), for longer than C(HAND_OVER_MS)
    where they are several.

    When a host of higher priority takes the address from one that is well, both have it until its advert has reached
    the other and was read there. L(overlap_ms) measures that moment.
    """
    counts = [len(spell["cards"]) for spell, following in followed(events)
              if spell["start_ns"] < window.end_ns and (following is None or following["start_ns"] > window.start_ns)]
    most = max(counts, default=0)
    return min(most, 1) if claimed_ms(events, window) <= HAND_OVER_MS else most


def claimed_ms(events: List[Dict[str, Any]], window: Interval) -> float:
    """Return for how long, at least, several cards claimed the address inside I(window), in milliseconds.

    A spell counts from its first question to its last one, because questions that stood still say nothing by their
    number.

    :param window: by the clock of the one that asked.
    """
    total = 0.0
    for spell, following in followed(events):
        if len(spell["cards"]) > 1:
            end = following["start_ns"] if following else window.end_ns
            asked = following["asked_before"] if following else 0
            # the questions of a spell are as far from each other as they are from the first one of the next
            last = end - (end - spell["start_ns"]) / asked if asked else end
            total += max(0, min(last, window.end_ns) - max(spell["start_ns"], window.start_ns))
    return total / 1e6


def held(events: List[Dict[str, Any]], end_ns: int, address: Optional[str] = None,
         clock: str = "start_ns") -> List[Interval]:
    """Return the intervals in which a host had an address, from its C(addresses) events.

    :param end_ns: the time up to which it was watched, by the same clock.
    :param address: may be left out when one was watched.
    :param clock: C(start_ns) or C(wall_ns).
    """
    found = []
    since = None
    for event in events:
        if event["event"] != "address" or (address is not None and event["address"] != address):
            continue
        if event["held"] and since is None:
            since = event[clock]
        elif not event["held"] and since is not None:
            found.append(Interval(since, event[clock]))
            since = None
    if since is not None and since < end_ns:
        found.append(Interval(since, end_ns))
    return found


def without(intervals: List[Interval], absent: List[Interval]) -> List[Interval]:
    """Return I(intervals) less the times in I(absent)."""
    for gap in absent:
        left = [Interval(each.start_ns, min(each.end_ns, gap.start_ns)) for each in intervals]
        right = [Interval(max(each.start_ns, gap.end_ns), each.end_ns) for each in intervals]
        intervals = sorted(each for each in left + right if each.end_ns > each.start_ns)
    return intervals


def overlap_ms(one: List[Interval], other: List[Interval], window: Interval) -> float:
    """Return for how long both hosts had the address at the same time inside I(window), in milliseconds."""
    total = 0
    for mine in one:
        for theirs in other:
            total += max(0, min(mine.end_ns, theirs.end_ns, window.end_ns)
                         - max(mine.start_ns, theirs.start_ns, window.start_ns))
    return total / 1e6


def overlaps_ms(spells: Dict[str, List[Interval]], window: Interval) -> float:
    """Return L(overlap_ms) of every two hosts together.

    :param spells: when each host had the address, see L(held).
    """
    hosts = list(spells.values())
    return sum(overlap_ms(one, other, window) for index, one in enumerate(hosts) for other in hosts[index + 1:])


def overlapping(spells: Dict[str, List[Interval]], window: Interval) -> List[str]:
    """Return the hosts that had the address together with another one inside I(window)."""
    return [name for name, own in spells.items()
            if any(overlap_ms(own, other, window) for host, other in spells.items() if host != name)]
