# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Rows that virtual_server, real_server and their checks share (data only)."""

from __future__ import annotations

from dataclasses import replace

from ..dated import decimals
from ..row import BOOL, DECIMAL, INT, INTERFACE, IP, STRING, Row
from ..words import UINT_MAX

_INHERITED = "the value of the real server"
# six decimals
_SHORTEST = 0.000001
_DECIMALS = (decimals((2, 0, 13)),)

DEFAULTS = (
    Row(
        "delay_loop",
        DECIMAL,
        "Time between two checks.",
        unit="seconds",
        minimum=_SHORTEST,
        default="60",
        dated=_DECIMALS,
    ),
    Row(
        "warmup",
        DECIMAL,
        "Longest time before the first check; how long is left to chance.",
        unit="seconds",
        minimum=0,
        default="C(delay_loop)",
        dated=_DECIMALS,
    ),
    Row(
        "delay_before_retry",
        DECIMAL,
        "Time between a failure and the next try.",
        unit="seconds",
        minimum=0,
        default="1, for HTTP_GET and SSL_GET 3, for DNS_CHECK C(delay_loop)",
        dated=_DECIMALS,
    ),
)
RETRIES = Row(
    "retry",
    INT,
    "Number of further tries before a server counts as down.",
    minimum=1,
    maximum=UINT_MAX,
    default="1, for DNS_CHECK 3, for MISC_CHECK 0",
)
CONNECT_TIMEOUT = Row(
    "connect_timeout",
    DECIMAL,
    "Time in which a check must be connected.",
    unit="seconds",
    minimum=_SHORTEST,
    maximum=4294.967295,
    default="5",
    dated=_DECIMALS,
    since=(2, 0, 13),
)
VIRTUAL_HOST = Row("virtualhost", STRING, "Host name that HTTP_GET and SSL_GET ask for.")

# An address must stand before its port.
CONNECTION = (
    Row("connect_ip", IP, "Address to connect to.", default="that of the real server"),
    Row("connect_port", INT, "Port to connect to.", minimum=1, maximum=65535, default="that of the real server"),
    Row("bindto", IP, "Address to connect from."),
    Row("bind_port", INT, "Port to connect from.", minimum=1, maximum=65535),
    Row("bind_if", INTERFACE, "Interface to connect from, needed with a link-local address."),
    Row("fwmark", INT, "Firewall mark of the packets.", minimum=0, maximum=UINT_MAX, default="0"),
    replace(CONNECT_TIMEOUT, default=_INHERITED, since=None, former=("connection_timeout",)),
)
# What some checks know too, and never the same for all of them.
RETRY = replace(RETRIES, minimum=0, default=_INHERITED, former=("nb_get_retry",))
TIMING = (
    *(replace(row, default=_INHERITED) for row in DEFAULTS),
    Row("alpha", BOOL, "Whether the check counts as failed until it has succeeded first.", default=_INHERITED),
    Row(
        "log_all_failures",
        BOOL,
        "Whether every failure is logged, not only the last.",
        default="C(checker_log_all_failures)",
        since=(2, 0, 11),
    ),
)
# The keywords of every check that makes a connection.
COMMON = (*CONNECTION, RETRY, *TIMING)
