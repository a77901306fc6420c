# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The frames of ARP (RFC 826) on Ethernet.

Python 3.8 and the standard library, because this runs inside the hosts.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import struct

# linux/if_ether.h
ETHERTYPE = 0x0806
HEADER = 14
BODY = struct.Struct("!HHBBH6s4s6s4s")
# hardware, protocol, and the lengths of their addresses
ETHERNET, IPV4, CARD_BYTES, ADDRESS_BYTES = 1, 0x0800, 6, 4
REQUEST, REPLY = 1, 2
BROADCAST = b"\xff" * 6
NOBODY = bytes(4)


def probe(card: bytes, address: bytes) -> bytes:
    """Return the frame that asks who has an address and claims none (RFC 5227 section 2.1.1): its sender is 0.0.0.0.

    :param card: from which it comes, 6 bytes.
    :param address: 4 bytes.
    """
    body = BODY.pack(ETHERNET, IPV4, CARD_BYTES, ADDRESS_BYTES, REQUEST, card, NOBODY, bytes(6), address)
    return BROADCAST + card + struct.pack("!H", ETHERTYPE) + body
