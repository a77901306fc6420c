# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Checks of the single words of routes and routing rules.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re

from .finding import BadValueError
from .words import UINT_MAX, Check, based, in_range, named, number, one_of, prefix, to_decimal

# Destinations that are no addresses (parse_route of vrrp/vrrp_ipaddress.c).
ALL = ("default", "any", "all")
# In milliseconds (vrrp/vrrp_ip_rule_route_parser.c).
_RTT_LEAST, _RTT_MOST = 200, 120000
_TIME = re.compile(r"([0-9.]+)(m?s(?:ecs?)?)?\Z", re.IGNORECASE)
_RANGE = re.compile(r"([0-9]+)-([0-9]+)\Z")


def destination(word: str) -> None:
    """A network or address, or a word for all of them."""
    if word not in ALL and word != "default6":
        prefix(word)


def route_type(word: str) -> None:
    """A type of routes by its number."""
    based(0, 255)(word)


def address_family(word: str) -> None:
    """A family before an address."""
    one_of("inet", "inet6")(word)


def duration(unit: int) -> Check:
    """A check for times: with a unit (s, ms), or in so many parts of a millisecond; 200 ms to 120 s."""

    def check(word: str) -> None:
        found = _TIME.match(word)
        kind = (found.group(2) or "").lower() if found else ""
        if not found or ("." in word and not kind.startswith("s")):
            raise BadValueError('must be like 300ms or 1.5s, got "%s".' % word, "Write it with its unit.")
        milliseconds = to_decimal(found.group(1)) * 1000 if kind.startswith("s") else int(found.group(1))
        if not _RTT_LEAST <= (milliseconds if kind else milliseconds / unit) <= _RTT_MOST:
            raise BadValueError('must be 200ms to 120s, got "%s".' % word, "Write it with its unit, like 300ms.")

    return check


def realms(word: str) -> None:
    """One or two realms by number or name."""
    parts = word.split("/")
    if len(parts) > 2 or "" in parts:
        raise BadValueError('must be one or two realms, got "%s".' % word, "Write it like 1 or 1/2.")
    for part in parts:
        named(255)(part)


def labels(word: str) -> None:
    """MPLS labels of 20 bits; keepalived takes two (MAX_MPLS_LABELS)."""
    parts = word.split("/")
    if len(parts) > 2:
        raise BadValueError('must be one or two labels, got "%s".' % word, "Write it like 100 or 100/200.")
    for part in parts:
        based(0, 2**20 - 1)(part)


def locator(word: str) -> None:
    """A locator of 64 bits (get_addr64 of vrrp/vrrp_ip_rule_route_parser.c)."""
    if not re.match(r"[0-9a-fA-F]{1,4}(:[0-9a-fA-F]{1,4}){3}\Z", word):
        raise BadValueError('must be four groups of hexadecimal digits, got "%s".' % word, "Write it like 1:2:3:4.")


def number_range(most: int, like: str) -> Check:
    """A check for ranges of numbers; one number alone is none."""

    def check(word: str) -> None:
        found = _RANGE.match(word)
        if not found:
            raise BadValueError('must be a range, got "%s".' % word, "Write it like %s." % like)
        low, high = int(found.group(1)), int(found.group(2))
        in_range(high, 0, most)
        if high < low:
            raise BadValueError('ends before it begins, got "%s".' % word, "Swap the two numbers.")

    return check


def firewall_mark(word: str) -> None:
    """A mark, optionally with a mask."""
    mark, slash, mask = word.partition("/")
    based(0, UINT_MAX)(mark)
    if slash and mask:
        based(0, UINT_MAX)(mask)


def preference(word: str) -> None:
    """A preference of RFC 4191 by name or number."""
    if word not in ("low", "medium", "high"):
        number(0, 255)(word)


def ip_protocol(word: str) -> None:
    """A protocol by number, or by a name of the host."""
    if word.isdigit():
        number(0, 255)(word)
