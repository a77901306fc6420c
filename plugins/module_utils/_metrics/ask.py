# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask the segment who else claims an address that this host holds, in a way that teaches nobody anything wrong.

IPv4: an ARP probe (RFC 5227 section 2.1.1), whose sender address is 0.0.0.0, so that no neighbour takes it for a claim.
IPv6: a neighbour solicitation (RFC 4861 section 7.2.2) from the link-local address of this host, which another holder
answers to this host alone; the answer to one without a sender, as in duplicate address detection, would go to all.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import ipaddress
import select
import socket
import struct
import time
from typing import Any, Dict, Iterator, List, NamedTuple, Set, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils import _arp

# RFC 4861 sections 4.3, 4.4, 4.6.1 and 7.1.2
SOLICITATION, ADVERTISEMENT = 135, 136
NEIGHBOUR = struct.Struct("!BBHI16s")
SOURCE_CARD, TARGET_CARD = 1, 2
HOPS = 255
# netinet/icmp6.h
ICMP6_FILTER = 1
MACVLAN = "macvlan"


class Segment(NamedTuple):
    """One network and what this host holds there.

    :ivar device: the interface by which to ask.
    :ivar card: its hardware address.
    :ivar source: a link-local address of this host that is no virtual one, empty when there is none.
    :ivar addresses: of this host that may be claimed by others.
    """

    device: str
    card: bytes
    source: str
    addresses: Tuple[Any, ...]


def card_text(card: bytes) -> str:
    """Return a hardware address as people write it."""
    return ":".join("%02x" % byte for byte in card)


def _card(interface: Dict[str, Any]) -> bytes:
    try:
        return bytes.fromhex(interface.get("address", "").replace(":", ""))
    except ValueError:
        return b""


def _locals(interface: Dict[str, Any]) -> List[Any]:
    return [ipaddress.ip_address(entry["local"]) for entry in interface.get("addr_info", []) if "local" in entry]


def own_cards(found: List[Dict[str, Any]]) -> Set[bytes]:
    """Return the hardware addresses that are this host's alone. That of use_vmac is every member's (RFC 5798 section
    7.3)."""
    return {_card(interface) for interface in found
            if (interface.get("linkinfo") or {}).get("info_kind") != MACVLAN} - {b""}


def segments(found: List[Dict[str, Any]], virtual: Set[Any]) -> List[Segment]:
    """Return where to ask for which of the virtual addresses.

    :param found: the interfaces, as C(ip -json -details address show) lists them. An address on an interface of
        use_vmac is asked for by the one below, whose answers the switch sends here.
    """
    by_name = {interface["ifname"]: interface for interface in found if "ifname" in interface}
    wanted: Dict[str, List[Any]] = {}
    for interface in by_name.values():
        kind = (interface.get("linkinfo") or {}).get("info_kind")
        below = interface.get("link") if kind == MACVLAN else None
        device = by_name.get(below, interface)
        held = [address for address in _locals(interface) if address in virtual]
        flags = device.get("flags", [])
        if held and len(_card(device)) == 6 and "UP" in flags and "LOOPBACK" not in flags:
            wanted.setdefault(device["ifname"], []).extend(held)
    result = []
    for name, addresses in wanted.items():
        sources = [str(address) for address in _locals(by_name[name])
                   if address.version == 6 and address.is_link_local and address not in virtual]
        result.append(Segment(name, _card(by_name[name]), sources[0] if sources else "", tuple(addresses)))
    return result


def arp_claim(frame: bytes) -> Tuple[Any, bytes]:
    """Return the address that the sender of an ARP packet says to have, C(None) when it says none, and its card."""
    if len(frame) < _arp.HEADER + _arp.BODY.size:
        return None, b""
    *kind, _operation, card, address, _card_asked, _asked = _arp.BODY.unpack_from(frame, _arp.HEADER)
    if kind != [_arp.ETHERNET, _arp.IPV4, _arp.CARD_BYTES, _arp.ADDRESS_BYTES] or address == _arp.NOBODY:
        return None, b""
    return ipaddress.ip_address(address), card


def solicitation(card: bytes, address: Any) -> bytes:
    """Return the ICMPv6 message that asks for an address; the kernel fills in the checksum."""
    return NEIGHBOUR.pack(SOLICITATION, 0, 0, 0, address.packed) + bytes((SOURCE_CARD, 1)) + card


def solicited(address: Any) -> str:
    """Return the multicast address on which the holders of an address listen (RFC 4291 section 2.7.1)."""
    return str(ipaddress.IPv6Address(ipaddress.IPv6Address("ff02::1:ff00:0").packed[:13] + address.packed[13:]))


def neighbour_claim(message: bytes) -> Tuple[Any, bytes]:
    """Return the address that a neighbour advertisement is about, C(None) for another message, and the card."""
    if len(message) < NEIGHBOUR.size or message[0] != ADVERTISEMENT:
        return None, b""
    target = ipaddress.ip_address(NEIGHBOUR.unpack_from(message)[4])
    place = NEIGHBOUR.size
    while place + 8 <= len(message) and message[place + 1]:
        if message[place] == TARGET_CARD:
            return target, message[place + 2:place + 8]
        place += 8 * message[place + 1]
    return target, b""


class _Arp:
    """The IPv4 addresses of a segment."""

    def __init__(self, segment: Segment) -> None:
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_arp.ETHERTYPE))
        self._segment = segment

    def ask(self) -> None:
        self.socket.bind((self._segment.device, _arp.ETHERTYPE))
        self.socket.setblocking(False)
        for address in self._segment.addresses:
            if address.version == 4:
                self.socket.send(_arp.probe(self._segment.card, address.packed))

    def claims(self) -> Iterator[Tuple[Any, bytes]]:
        """Yield what has been answered so far: address and card."""
        with contextlib.suppress(BlockingIOError):
            while True:
                yield arp_claim(self.socket.recv(256))


class _Neighbour:
    """The IPv6 addresses of a segment."""

    def __init__(self, segment: Segment) -> None:
        self.socket = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        self._segment = segment

    def ask(self) -> None:
        segment, level = self._segment, socket.IPPROTO_IPV6
        number = socket.if_nametoindex(segment.device)
        # a bit per type that is kept back; all but the answers
        blocked = bytearray(b"\xff" * 32)
        struct.pack_into("=I", blocked, ADVERTISEMENT // 32 * 4, 0xffffffff & ~(1 << ADVERTISEMENT % 32))
        self.socket.setsockopt(socket.IPPROTO_ICMPV6, ICMP6_FILTER, bytes(blocked))
        self.socket.setsockopt(level, socket.IPV6_MULTICAST_IF, number)
        self.socket.setsockopt(level, socket.IPV6_MULTICAST_HOPS, HOPS)
        self.socket.setsockopt(level, socket.IPV6_MULTICAST_LOOP, 0)
        self.socket.setsockopt(level, socket.IPV6_RECVHOPLIMIT, 1)
        self.socket.bind((segment.source, 0, 0, number))
        self.socket.setblocking(False)
        for address in segment.addresses:
            if address.version == 6:
                self.socket.sendto(solicitation(segment.card, address), (solicited(address), 0, 0, number))

    def claims(self) -> Iterator[Tuple[Any, bytes]]:
        """Yield what has been answered so far: address and card. What a router let pass is no neighbour's."""
        with contextlib.suppress(BlockingIOError):
            while True:
                message, ancillary, dummy, dummy = self.socket.recvmsg(1500, socket.CMSG_SPACE(4))
                if [struct.unpack("=i", data)[0] for dummy, dummy, data in ancillary] == [HOPS]:
                    yield neighbour_claim(message)


def _questions(segment: Segment) -> Iterator[Any]:
    versions = {address.version for address in segment.addresses}
    if 4 in versions:
        yield _Arp(segment)
    if 6 in versions and segment.source:
        yield _Neighbour(segment)


def claims(asked: List[Segment], own: Set[bytes], seconds: float) -> Dict[Any, Set[str]]:
    """Ask once and return which other cards claim each address.

    :param own: see C(own_cards).
    :param seconds: how long to wait for answers.
    :raises OSError: an interface is gone or down, or this is not root.
    """
    found: Dict[Any, Set[str]] = {address: set() for segment in asked for address in segment.addresses}
    with contextlib.ExitStack() as opened:
        questions = [question for segment in asked for question in _questions(segment)]
        for question in questions:
            opened.enter_context(question.socket)
        for question in questions:
            question.ask()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            select.select([question.socket for question in questions], [], [], max(0.0, end - time.monotonic()))
            for question in questions:
                for address, card in question.claims():
                    if address in found and card not in own:
                        found[address].add(card_text(card) if card else "unknown")
    return found
