# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Sends adverts of VRRP version 3 (RFC 5798 section 5) to the multicast group, as a host that is no member.

    python3 - ADDRESS_OF_THIS_HOST VIRTUAL_ROUTER_ID VIRTUAL_ADDRESS SECONDS <stranger.py

Every 50 ms one of priority 254, which a member that hears it yields to.

Python 3.8 and the standard library, because this runs inside the hosts.
"""

from __future__ import annotations

import socket
import struct
import sys
import time

GROUP, PROTOCOL = "224.0.0.18", 112
VERSION_AND_TYPE, PRIORITY, HUNDREDTHS = 0x31, 254, 10


def checksum(data: bytes) -> int:
    """Return the Internet checksum of an even number of bytes (RFC 1071)."""
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def advert(source: str, virtual_router_id: int, address: str) -> bytes:
    """Return an advert; its checksum is over a pseudo-header, too (RFC 5798 section 5.2.8)."""
    head = struct.pack("!BBBBH", VERSION_AND_TYPE, virtual_router_id, PRIORITY, 1, HUNDREDTHS)
    virtual = socket.inet_aton(address)
    length = len(head) + 2 + len(virtual)
    pseudo = socket.inet_aton(source) + socket.inet_aton(GROUP) + struct.pack("!BBH", 0, PROTOCOL, length)
    return head + struct.pack("!H", checksum(pseudo + head + bytes(2) + virtual)) + virtual


def main() -> None:
    source, virtual_router_id, address, seconds = sys.argv[1:]
    packet = advert(source, int(virtual_router_id), address)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, PROTOCOL) as sender:
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(source))
        end = time.monotonic() + float(seconds)
        while time.monotonic() < end:
            sender.sendto(packet, (GROUP, 0))
            time.sleep(0.05)


if __name__ == "__main__":
    main()
