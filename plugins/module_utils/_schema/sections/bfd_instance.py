# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Keywords of bfd_instance: a session of bidirectional forwarding detection, RFC 5880 (data only)."""

from __future__ import annotations

from .. import entries
from ..dated import decimals
from ..row import BOOL, DECIMAL, FLAG, INT, IP, WORDS, Alias, Row, Section, name

# the longest interval in milliseconds
_LONGEST = 4294967
_DECIMALS = (decimals((2, 2, 0)),)

SECTION = Section(
    "bfd_instance",
    (
        name("Name by which C(track_bfd) refers to the session."),
        Row("neighbor_ip", IP, "Address of the other end.", required=True, aliases=(Alias("neighbour_ip"),)),
        Row("source_ip", IP, "Own address."),
        Row(
            "min_rx",
            DECIMAL,
            "Shortest interval in which packets are received.",
            unit="milliseconds",
            minimum=1,
            maximum=_LONGEST,
            dated=_DECIMALS,
            decimals=3,
            default="10",
        ),
        Row(
            "min_tx",
            DECIMAL,
            "Shortest interval in which packets are sent.",
            unit="milliseconds",
            minimum=1,
            maximum=_LONGEST,
            dated=_DECIMALS,
            decimals=3,
            default="10",
        ),
        Row(
            "idle_tx",
            DECIMAL,
            "Interval of packets while the session is down.",
            unit="milliseconds",
            minimum=1000,
            maximum=_LONGEST,
            dated=_DECIMALS,
            decimals=3,
            default="1000",
        ),
        Row(
            "multiplier",
            INT,
            "Number of missed packets after which the session is down.",
            minimum=1,
            maximum=255,
            default="5",
        ),
        Row("passive", FLAG, "Waits until the other end begins."),
        Row(
            "ttl",
            INT,
            "TTL (IPv4) or hop limit (IPv6) of the packets.",
            minimum=1,
            maximum=255,
            default="255 for IPv4, 64 for IPv6",
            aliases=(Alias("hoplimit"),),
        ),
        Row(
            "max_hops",
            INT,
            "Number of routers that may lie between, 255 for any, -1 for no check at all.",
            minimum=-1,
            maximum=255,
            default="0",
        ),
        Row("multihop", BOOL, "Whether the session is a multi-hop one, RFC 5883.", since=(2, 2, 8)),
        Row(
            "weight",
            WORDS,
            "What is added to the priority (subtracted when negative and down); 0 means FAULT when down.",
            entry=entries.WEIGHT_253,
            default="0",
        ),
        Row("vrrp", FLAG, "Tells the VRRP process only about the session."),
        Row("checker", FLAG, "Tells the checker process only about the session."),
    ),
)
