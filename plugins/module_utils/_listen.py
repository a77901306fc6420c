# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hear who speaks VRRP on a segment and who answers for an address; send nothing but ARP probes.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ctypes
import ipaddress
import select
import socket
import struct
import time
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._drill import watch

VRRP = 112
IPV4, IPV6 = 0x0800, 0x86DD
ADVERTISEMENT = 1
ETHERNET, IPV4_HEADER, IPV6_HEADER = 14, 20, 40
# linux/if_packet.h, asm-generic/socket.h
ETH_P_ALL, PACKET_OUTGOING = 3, 4
PACKET_MR_ALLMULTI = 2
SO_ATTACH_FILTER = 26
# Classic BPF: frames of IPv4 or IPv6 whose protocol is VRRP (linux/filter.h: code, jt, jf, k).
FILTER = (
    (0x28, 0, 0, 12), (0x15, 0, 2, IPV4), (0x30, 0, 0, 23), (0x15, 3, 4, VRRP), (0x15, 0, 3, IPV6), (0x30, 0, 0, 20),
    (0x15, 0, 1, VRRP), (0x06, 0, 0, 0x40000), (0x06, 0, 0, 0),
)
# ARP probes for an address, of which half have their answer in the end; seconds between two, and for all of them
PROBES, BETWEEN, LONGEST = 2 * watch.SENDERS - 2, 0.02, 30.0


class Advert(NamedTuple):
    """What an advertisement says of its sender (RFC 3768 section 5.1, RFC 5798 section 5.1)."""

    source: str
    virtual_router_id: int
    version: int
    priority: int


def advert(frame: bytes) -> Optional[Advert]:
    """Return the advertisement in an Ethernet frame, C(None) when there is none in it."""
    (kind,) = struct.unpack_from("!H", frame, 12)
    if kind == IPV4:
        start = ETHERNET + (frame[ETHERNET] & 15) * 4
        source = frame[ETHERNET + 12:ETHERNET + 16]
    else:
        start = ETHERNET + IPV6_HEADER
        source = frame[ETHERNET + 8:ETHERNET + 24]
    if len(frame) < start + 8 or frame[start] & 15 != ADVERTISEMENT:
        return None
    return Advert(str(ipaddress.ip_address(source)), frame[start + 1], frame[start] >> 4, frame[start + 2])


def _listener(interface: str) -> socket.socket:
    listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    program = b"".join(struct.pack("=HBBI", *instruction) for instruction in FILTER)
    kept = ctypes.create_string_buffer(program)
    listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                        struct.pack("HP", len(FILTER), ctypes.addressof(kept)))
    listener.bind((interface, ETH_P_ALL))
    membership = struct.pack("=IHH8s", socket.if_nametoindex(interface), PACKET_MR_ALLMULTI, 0, b"")
    listener.setsockopt(watch.SOL_PACKET, watch.PACKET_ADD_MEMBERSHIP, membership)
    listener.setblocking(False)
    return listener


def heard(interfaces: Iterable[str], seconds: float) -> List[Dict[str, Any]]:
    """Return who has advertised on the interfaces, each once, with what it said last; own adverts are left out.

    :param seconds: for how long it is listened. A master with a longer advert_int may be missed.
    :raises OSError: an interface is not there, or the user is not root.
    """
    listeners = {_listener(interface): interface for interface in interfaces}
    found: Dict[Tuple[str, str, int], Advert] = {}
    end = time.monotonic() + seconds
    try:
        while listeners and time.monotonic() < end:
            for listener in select.select(list(listeners), [], [], max(0.0, end - time.monotonic()))[0]:
                try:
                    frame, sender = listener.recvfrom(2048)
                except BlockingIOError:
                    continue
                said = None if sender[2] == PACKET_OUTGOING else advert(frame)
                if said is not None:
                    found[listeners[listener], said.source, said.virtual_router_id] = said
    finally:
        for listener in listeners:
            listener.close()
    return [dict(said._asdict(), interface=interface) for (interface, *_rest), said in found.items()]


def claims(interface: str, address: str) -> List[str]:
    """Return the network cards that answer ARP for an IPv4 address.

    :raises OSError: as C(heard).
    """
    cards: Dict[str, None] = {}

    def report(event: Dict[str, Any]) -> None:
        cards.update(dict.fromkeys(event.get("cards", [])))

    # by their number: a busy machine may not send enough of them in a given time, and hear nobody
    watch.arp(interface, address, watch.Stop(LONGEST), report, BETWEEN, PROBES)
    return list(cards)


def listen(instances: List[Dict[str, Any]], seconds: float) -> Dict[str, List[Dict[str, Any]]]:
    """Return what is heard for instances and who claims their addresses, see RETURN of M(openvip.cluster.vrrp_listen).

    :param instances: list of ``{"interface": str, "addresses": [str]}``, the addresses without prefix length.
    """
    asked = {(each["interface"], address): None for each in instances for address in each["addresses"]
             if ipaddress.ip_address(address).version == 4}
    return {
        "heard": heard(dict.fromkeys(each["interface"] for each in instances), seconds),
        "claims": [{"interface": interface, "address": address, "card": card}
                   for interface, address in asked for card in claims(interface, address)],
    }
