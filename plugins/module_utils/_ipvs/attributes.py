# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The attributes of IPVS and of generic netlink's controller as tables: linux/ip_vs.h, linux/genetlink.h.

An attribute bears the last part of its name in the header, in small letters. What the kernel puts into each is in
net/netfilter/ipvs/ip_vs_ctl.c, functions ip_vs_genl_fill_*; C(required) are those that it has sent in every version.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Dict, Optional, Tuple, Union

from ansible_collections.openvip.cluster.plugins.module_utils._ipvs.message import (
    NATIVE,
    NESTED,
    MessageError,
    attributes,
    pack_attribute,
)


@dataclass(frozen=True)
class Numbers:
    """One or several whole numbers: their C(struct) letters, and their order where it is not the kernel's."""

    form: str
    order: Optional[str] = None

    def encode(self, value: Any, order: str) -> bytes:
        return struct.pack((self.order or order) + self.form, *(value if len(self.form) > 1 else (value,)))

    def decode(self, data: bytes, order: str) -> Any:
        values = struct.unpack((self.order or order) + self.form, data)
        return values if len(self.form) > 1 else values[0]


@dataclass(frozen=True)
class Raw:
    """Bytes of a fixed number whose meaning another attribute decides."""

    size: int

    def encode(self, value: bytes, _order: str) -> bytes:
        return struct.pack("%ds" % self.size, value)

    def decode(self, data: bytes, _order: str) -> bytes:
        return struct.unpack("%ds" % self.size, data)[0]


@dataclass(frozen=True)
class Text:
    """A word that ends with a zero byte."""

    def encode(self, value: str, _order: str) -> bytes:
        return value.encode("utf-8", "surrogateescape") + b"\0"

    def decode(self, data: bytes, _order: str) -> str:
        return data.partition(b"\0")[0].decode("utf-8", "surrogateescape")


@dataclass(frozen=True)
class Nested:
    """Attributes in an attribute."""

    table: Tuple[Attribute, ...]

    def encode(self, value: Dict[str, Any], order: str) -> bytes:
        return encode(value, self.table, order)

    def decode(self, data: bytes, order: str) -> Dict[str, Any]:
        return decode(data, self.table, order)


@dataclass(frozen=True)
class Attribute:
    """One row: the number in the header, the name, what the value is."""

    number: int
    name: str
    kind: Union[Numbers, Raw, Text, Nested]
    required: bool = False


Table = Tuple[Attribute, ...]

U8, U16, U32, U64 = (Numbers(letter) for letter in "BHIQ")
PORT = Numbers("H", ">")
ADDRESS = Raw(16)  # union nf_inet_addr: an IPv4 address is in the first four bytes
FLAGS = Numbers("II")  # struct ip_vs_flags: the flags, and which of them count


def _stats(number: Numbers, total: Numbers) -> Nested:
    """C(IPVS_STATS_ATTR_*): counters since the start or the last C(ipvsadm --zero), and rates per second."""
    kinds = {"conns": number, "inpkts": number, "outpkts": number, "inbytes": total, "outbytes": total,
             "cps": number, "inpps": number, "outpps": number, "inbps": number, "outbps": number}
    return Nested(tuple(Attribute(place, name, kind, required=True) for place, (name, kind)
                        in enumerate(kinds.items(), 1)))


STATS = _stats(U32, U64)
STATS64 = _stats(U64, U64)  # since Linux 4.1

SERVICE: Table = (
    Attribute(1, "af", U16, required=True),
    Attribute(2, "protocol", U16),
    Attribute(3, "addr", ADDRESS),
    Attribute(4, "port", PORT),
    Attribute(5, "fwmark", U32),
    Attribute(6, "sched_name", Text(), required=True),
    Attribute(7, "flags", FLAGS, required=True),
    Attribute(8, "timeout", U32, required=True),
    Attribute(9, "netmask", Raw(4), required=True),
    Attribute(10, "stats", STATS, required=True),
    Attribute(11, "pe_name", Text()),
    Attribute(12, "stats64", STATS64),
)
DEST: Table = (
    Attribute(1, "addr", ADDRESS, required=True),
    Attribute(2, "port", PORT, required=True),
    Attribute(3, "fwd_method", U32, required=True),
    Attribute(4, "weight", U32, required=True),
    Attribute(5, "u_thresh", U32, required=True),
    Attribute(6, "l_thresh", U32, required=True),
    Attribute(7, "active_conns", U32, required=True),
    Attribute(8, "inact_conns", U32, required=True),
    Attribute(9, "persist_conns", U32, required=True),
    Attribute(10, "stats", STATS, required=True),
    Attribute(11, "addr_family", U16),  # since Linux 3.18
    Attribute(12, "stats64", STATS64),
    Attribute(13, "tun_type", U8),  # since Linux 5.3
    Attribute(14, "tun_port", PORT),
    Attribute(15, "tun_flags", U16),
)
DAEMON: Table = (
    Attribute(1, "state", U32, required=True),
    Attribute(2, "mcast_ifn", Text(), required=True),
    Attribute(3, "sync_id", U32, required=True),
    Attribute(4, "sync_maxlen", U16),  # this and those below since Linux 4.3
    Attribute(5, "mcast_group", Raw(4)),
    Attribute(6, "mcast_group6", Raw(16)),
    Attribute(7, "mcast_port", U16),
    Attribute(8, "mcast_ttl", U8),
)
COMMAND: Table = (
    Attribute(1, "service", Nested(SERVICE)),
    Attribute(2, "dest", Nested(DEST)),
    Attribute(3, "daemon", Nested(DAEMON)),
    Attribute(4, "timeout_tcp", U32),
    Attribute(5, "timeout_tcp_fin", U32),
    Attribute(6, "timeout_udp", U32),
)
INFO: Table = (
    Attribute(1, "version", U32, required=True),
    Attribute(2, "conn_tab_size", U32, required=True),
)
# CTRL_ATTR_*
FAMILY: Table = (
    Attribute(1, "family_id", U16, required=True),
    Attribute(2, "family_name", Text(), required=True),
)


def encode(values: Dict[str, Any], table: Table, order: str = NATIVE) -> bytes:
    """Return the bytes of the attributes, in the order of the table.

    :raises ValueError: the table does not know a name.
    """
    unknown = values.keys() - {row.name for row in table}
    if unknown:
        raise ValueError("No such attribute: %s." % ", ".join(sorted(unknown)))
    return b"".join(
        pack_attribute(row.number | (NESTED if isinstance(row.kind, Nested) else 0),
                       row.kind.encode(values[row.name], order), order)
        for row in table if row.name in values)


def decode(data: bytes, table: Table, order: str = NATIVE) -> Dict[str, Any]:
    """Return the values by name. Attributes that the table does not know are those of a later kernel and passed over.

    :raises MessageError: the bytes end early, a value has another size than its kind, or a required one is missing.
    """
    rows = {row.number: row for row in table}
    values: Dict[str, Any] = {}
    for number, value in attributes(data, order):
        row = rows.get(number)
        if row is not None:
            try:
                values[row.name] = row.kind.decode(value, order)
            except struct.error as error:
                raise MessageError("the attribute %s has %d bytes" % (row.name, len(value))) from error
    missing = [row.name for row in table if row.required and row.name not in values]
    if missing:
        raise MessageError("the attribute %s is missing" % missing[0])
    return values
