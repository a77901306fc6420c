# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Keywords of real_server in a virtual_server (data only)."""

from __future__ import annotations

from dataclasses import replace

from .. import entries
from ..dated import choice, over
from ..row import BLOCK, BOOL, HEAD, INT, IP, SCRIPT_USER, STRING, WORDS, Row, Section
from ..words import INT_MAX, UINT_MAX
from .checker import CONNECT_TIMEOUT, DEFAULTS, RETRIES, VIRTUAL_HOST

_INHERITED = "the value of the virtual server"


SECTION = Section(
    "virtual_server/real_server",
    (
        Row("ip", IP, "Address of the server.", place=HEAD),
        Row(
            "port",
            INT,
            "Port of the server, none or 0 for that of the packet.",
            place=HEAD,
            minimum=0,
            maximum=65535,
        ),
        Row(
            "weight",
            INT,
            "Share of the connections, 0 for no new ones.",
            minimum=0,
            maximum=INT_MAX,
            default=_INHERITED,
            dated=(choice(0, (2, 0, 16)), over(65535, (2, 1, 0))),
        ),
        Row(
            "lvs_method",
            WORDS,
            "How packets reach the server.",
            entry=entries.FORWARDING,
            default=_INHERITED,
        ),
        Row(
            "uthreshold",
            INT,
            "Number of connections from which the server gets no more.",
            minimum=0,
            maximum=UINT_MAX,
            default="0, no limit",
        ),
        Row(
            "lthreshold",
            INT,
            "Number of connections below which it gets some again.",
            minimum=0,
            maximum=UINT_MAX,
            default="0",
        ),
        *(replace(row, default=_INHERITED) for row in (*DEFAULTS, RETRIES, CONNECT_TIMEOUT)),
        Row(
            "inhibit_on_failure",
            BOOL,
            "Whether the server gets weight 0 instead of being removed when it fails.",
            default=_INHERITED,
        ),
        Row(
            "alpha",
            BOOL,
            "Whether the server counts as down until its first check has succeeded.",
            default=_INHERITED,
        ),
        replace(VIRTUAL_HOST, default=_INHERITED),
        Row("notify_up", SCRIPT_USER, "Command that runs when the server comes up.", first_wins=True),
        Row("notify_down", SCRIPT_USER, "Command that runs when the server goes down.", first_wins=True),
        Row(
            "smtp_alert",
            BOOL,
            "Whether mails are sent about the server.",
            default="the global value",
        ),
        Row("snmp_name", STRING, "Name of the server in SNMP.", since=(2, 2, 3)),
        # -- all of them must succeed
        Row("TCP_CHECK", BLOCK, "Checks that a TCP connection can be made.", repeatable=True),
        Row("HTTP_GET", BLOCK, "Checks that ask for pages.", repeatable=True),
        Row("SSL_GET", BLOCK, "Checks that ask for pages through TLS.", repeatable=True),
        Row("SMTP_CHECK", BLOCK, "Checks that greet a mail server.", repeatable=True),
        Row("DNS_CHECK", BLOCK, "Checks that ask a name server, by UDP.", repeatable=True),
        Row("MISC_CHECK", BLOCK, "Checks by a command of one's own.", repeatable=True),
        Row(
            "UDP_CHECK",
            BLOCK,
            "Checks that send a datagram and expect no ICMP error.",
            repeatable=True,
            since=(2, 1, 0),
        ),
        Row("PING_CHECK", BLOCK, "Checks by ICMP echo.", repeatable=True, since=(2, 1, 0)),
        Row("FILE_CHECK", BLOCK, "Checks of the number in a file.", repeatable=True, since=(2, 1, 0)),
        Row("BFD_CHECK", BLOCK, "Checks of a session of bidirectional forwarding detection.", repeatable=True),
    ),
)
