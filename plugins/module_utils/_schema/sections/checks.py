# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Keywords of the checks of a real server (data only)."""

from __future__ import annotations

from dataclasses import replace
from typing import Tuple

from .. import entries
from ..dated import Dated
from ..row import (
    BLOCK,
    BOOL,
    ENUM,
    FLAG,
    INT,
    REGEX,
    SCRIPT,
    STRING,
    WORDS,
    Alias,
    Row,
    Section,
    Spread,
)
from ..words import TIMER_MAX
from .checker import COMMON, CONNECTION, RETRY, TIMING, VIRTUAL_HOST

_CHECK = "virtual_server/real_server/"

TCP = Section(_CHECK + "TCP_CHECK", COMMON)
PING = Section(_CHECK + "PING_CHECK", COMMON)

SMTP = Section(
    _CHECK + "SMTP_CHECK",
    (
        *COMMON,
        Row(
            "helo_name",
            STRING,
            "Name given in the HELO.",
            default="smtpchecker.keepalived.org",
        ),
        Row(
            "host",
            BLOCK,
            "Further addresses that must answer.",
            repeatable=True,
            deprecated="Write a SMTP_CHECK of its own for each of them.",
            # these versions read such a block without end
            spread=Spread((2, 3, 0), (2, 3, 3), tuple(row.keyword for row in CONNECTION)),
        ),
    ),
)
SMTP_HOST = Section(_CHECK + "SMTP_CHECK/host", COMMON)

DNS = Section(
    _CHECK + "DNS_CHECK",
    (
        *COMMON,
        Row(
            "type",
            ENUM,
            "Type of the records that are asked for.",
            choices=("A", "NS", "CNAME", "SOA", "MX", "TXT", "AAAA", "RRSIG", "DNSKEY"),
            default="SOA",
            any_case=True,
        ),
        Row("name", STRING, "Name that is asked for.", default="the root zone", first_wins=True),
    ),
)

MISC = Section(
    _CHECK + "MISC_CHECK",
    (
        Row(
            "misc_path",
            SCRIPT,
            "Command line that succeeds with exit code 0; there is no shell, and the program needs its full path.",
            required=True,
        ),
        Row(
            "misc_timeout",
            INT,
            "Time after which the command is killed and counts as failed.",
            unit="seconds",
            minimum=0,
            maximum=TIMER_MAX,
            default="C(delay_loop)",
        ),
        Row("misc_dynamic", FLAG, "Takes an exit code from 2 on as success that sets the weight to the code less 2."),
        Row(
            "user",
            WORDS,
            "User and optionally group that run the command.",
            entry=entries.USER,
            default="C(script_user)",
        ),
        RETRY,
        *TIMING,
    ),
)

UDP = Section(
    _CHECK + "UDP_CHECK",
    (
        *COMMON,
        Row(
            "payload",
            WORDS,
            "Bytes that are sent.",
            entry=entries.BYTES,
            default="random ones",
            since=(2, 2, 0),
        ),
        Row(
            "require_reply",
            WORDS,
            "Whether a reply must come, or the bytes it must begin with; V(X) stands for any digit.",
            entry=entries.BYTE_PATTERN,
            optional=True,
            dated=(Dated("with bytes", lambda value: value is not True, (2, 2, 0), "Write true."),),
        ),
        Row(
            "min_reply_length",
            INT,
            "Shortest reply that is good.",
            unit="bytes",
            minimum=0,
            maximum=65535,
            default="0",
            since=(2, 2, 0),
        ),
        Row(
            "max_reply_length",
            INT,
            "Longest reply that is good.",
            unit="bytes",
            minimum=0,
            maximum=65535,
            default="255",
            since=(2, 2, 0),
        ),
    ),
)

FILE = Section(
    _CHECK + "FILE_CHECK",
    (
        Row("track_file", STRING, "Name of the C(track_file).", required=True),
        Row(
            "weight",
            WORDS,
            "Factor of the number in the file, which is added to the weight of the server; with 0 any other number "
            "than 0 means down.",
            entry=entries.FILE_WEIGHT,
            default="that of the C(track_file)",
        ),
    ),
)

BFD = Section(
    _CHECK + "BFD_CHECK",
    (
        Row("name", STRING, "Name of the C(bfd_instance).", maximum=31, required=True),
        Row("alpha", BOOL, "Whether the check counts as failed until the session is up.", default="off"),
    ),
)

_URL = (
    Row("path", STRING, "Path of the page, with what follows it in a URL.", required=True),
    Row("digest", WORDS, "MD5 digest of the page, as genhash prints it.", entry=entries.DIGEST, first_wins=True),
    Row(
        "status_code",
        WORDS,
        "Status codes that are good, single ones and ranges.",
        entry=entries.STATUS_CODES,
        default="200-299",
        joins=True,
    ),
    replace(VIRTUAL_HOST, description="Host name that is asked for.", default="that of the check"),
    Row("regex", REGEX, "Regular expression (PCRE) that must be found in the page."),
    Row("regex_no_match", FLAG, "Fails when the expression is found."),
    Row(
        "regex_options",
        WORDS,
        "Options of the expression.",
        entry=entries.REGEX_OPTIONS,
        joins=True,
    ),
    Row("regex_min_offset", INT, "Where in the page the search begins.", unit="bytes", minimum=0, default="0"),
    Row("regex_max_offset", INT, "Where in the page a match must have begun.", unit="bytes", minimum=0),
    Row(
        "regex_stack",
        WORDS,
        "First and largest stack for a complicated expression.",
        unit="bytes",
        entry=entries.REGEX_STACK,
    ),
)
# keepalived knows it in SSL_GET only
_CLOSE = Row("tls_compliant", BOOL, "Whether the connection is closed as TLS wants it.", default="off", since=(2, 2, 8))


def _pages(keyword: str, rows: Tuple[Row, ...] = (), url: Tuple[Row, ...] = ()) -> Tuple[Section, Section]:
    """The sections of a check that asks for pages, with what it knows besides."""
    return (
        Section(
            _CHECK + keyword,
            (
                *CONNECTION,
                replace(RETRY, former=(), aliases=(Alias("nb_get_retry"),)),
                *TIMING,
                Row(
                    "http_protocol",
                    ENUM,
                    "Version of HTTP, V(1.0C) for 1.0 with the header Connection.",
                    choices=("1.0", "1.1", "1.0C", "1.0c"),
                    default="1.0",
                    since=(2, 0, 17),
                ),
                replace(VIRTUAL_HOST, description="Host name that is asked for.", default="that of the real server"),
                Row("enable_sni", BOOL, "Whether TLS names the host that is asked for.", default="off"),
                Row(
                    "fast_recovery",
                    BOOL,
                    "Whether a server counts as up without a C(delay_loop) between its pages.",
                    default="off",
                    since=(2, 0, 17),
                ),
                *rows,
                Row("url", BLOCK, "Pages that are asked for, one after the other.", repeatable=True, required=True),
            ),
        ),
        Section(_CHECK + keyword + "/url", _URL + url),
    )


HTTP, HTTP_URL = _pages("HTTP_GET")
SSL, SSL_URL = _pages(
    "SSL_GET",
    (
        _CLOSE,
        # in no release yet: merged after 2.4.3
        Row("sni_name", STRING, "Host name that TLS names.", default="C(virtualhost)", since=(2, 4, 4)),
    ),
    (_CLOSE,),
)

SECTIONS = (TCP, HTTP, HTTP_URL, SSL, SSL_URL, SMTP, SMTP_HOST, DNS, MISC, UDP, PING, FILE, BFD)
