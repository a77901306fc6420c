# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Netlink messages and attributes as bytes: RFC 3549, netlink(7), linux/netlink.h and linux/genetlink.h.

I(order) is the byte order of the kernel as C(struct) writes it, C(<) or C(>).

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import struct
import sys
from typing import Iterator, NamedTuple, Tuple

NATIVE = "<" if sys.byteorder == "little" else ">"
# Messages and attributes begin at multiples of this (NLMSG_ALIGNTO, NLA_ALIGNTO).
ALIGNMENT = 4
MESSAGE_HEADER = "IHHII"
GENERIC_HEADER = "BBH"
ATTRIBUTE_HEADER = "HH"
# NLA_TYPE_MASK: the two highest bits of an attribute's number are flags.
NUMBER_MASK = 0x3FFF
NESTED = 0x8000

# Kinds of messages that are no answer in themselves, and the flags used here.
ERROR = 2
DONE = 3
REQUEST = 0x1
DUMP = 0x300


class IpvsError(Exception):
    """The table of IPVS cannot be read; the message says why and what to do."""


class MessageError(IpvsError):
    """Bytes that are no netlink message, or not the one that IPVS sends."""

    def __init__(self, what: str) -> None:
        super().__init__("The kernel's answer cannot be understood: %s. Report it with the kernel's version." % what)


class Message(NamedTuple):
    """One netlink message; C(payload) is what follows its header."""

    kind: int
    flags: int
    sequence: int
    payload: bytes


def padded(size: int) -> int:
    """Return the size with what fills it up to the next boundary."""
    return -(-size // ALIGNMENT) * ALIGNMENT


def pack_message(message: Message, order: str = NATIVE) -> bytes:
    """Return the bytes of one message from this process to the kernel."""
    size = struct.calcsize("<" + MESSAGE_HEADER) + len(message.payload)
    head = struct.pack(order + MESSAGE_HEADER, size, message.kind, message.flags, message.sequence, 0)
    return (head + message.payload).ljust(padded(size), b"\0")


def messages(data: bytes, order: str = NATIVE) -> Iterator[Message]:
    """Yield the messages of one datagram.

    :raises MessageError: the datagram ends within a message.
    """
    form = struct.Struct(order + MESSAGE_HEADER)
    place = 0
    while place < len(data):
        if len(data) - place < form.size:
            raise MessageError("%d bytes are too few for the head of a message" % (len(data) - place))
        size, kind, flags, sequence, _port = form.unpack_from(data, place)
        if not form.size <= size <= len(data) - place:
            raise MessageError("a message says it has %d bytes, where %d are left" % (size, len(data) - place))
        yield Message(kind, flags, sequence, data[place + form.size:place + size])
        place += padded(size)


def pack_generic(command: int, version: int, attributes: bytes, order: str = NATIVE) -> bytes:
    """Return the payload of a message of generic netlink."""
    return struct.pack(order + GENERIC_HEADER, command, version, 0) + attributes


def unpack_generic(payload: bytes) -> bytes:
    """Return the attributes in the payload of a message of generic netlink.

    :raises MessageError: the payload ends within its head.
    """
    size = struct.calcsize("<" + GENERIC_HEADER)
    if len(payload) < size:
        raise MessageError("%d bytes are too few for the head of a generic message" % len(payload))
    return payload[size:]


def pack_attribute(number: int, value: bytes, order: str = NATIVE) -> bytes:
    """Return the bytes of one attribute; I(number) includes its flags."""
    size = struct.calcsize("<" + ATTRIBUTE_HEADER) + len(value)
    return (struct.pack(order + ATTRIBUTE_HEADER, size, number) + value).ljust(padded(size), b"\0")


def attributes(data: bytes, order: str = NATIVE) -> Iterator[Tuple[int, bytes]]:
    """Yield number (without flags) and value of each attribute.

    :raises MessageError: the bytes end within an attribute.
    """
    form = struct.Struct(order + ATTRIBUTE_HEADER)
    place = 0
    while place < len(data):
        if len(data) - place < form.size:
            raise MessageError("%d bytes are too few for the head of an attribute" % (len(data) - place))
        size, number = form.unpack_from(data, place)
        if not form.size <= size <= len(data) - place:
            raise MessageError("attribute %d says it has %d bytes, where %d are left"
                               % (number & NUMBER_MASK, size, len(data) - place))
        yield number & NUMBER_MASK, data[place + form.size:place + size]
        place += padded(size)


def unpack_code(payload: bytes, order: str = NATIVE) -> int:
    """Return the errno (0 for none) in the payload of a message of kind ERROR or DONE.

    :raises MessageError: there is none.
    """
    if len(payload) < 4:
        raise MessageError("an error without its code")
    return -struct.unpack_from(order + "i", payload)[0]
