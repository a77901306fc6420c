# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Checks of single words: numbers, addresses, interface names.

Every check takes the word as text, returns nothing that matters, and raises BadValueError with a message that
starts with the word's fault ("must be 1-255, got 300.") and a remedy.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, Callable, Iterable, Optional, Union

from .finding import BadValueError

Check = Callable[[str], Any]
Number = Union[int, float]
IP = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]

# IFNAMSIZ without the final zero byte (linux/if.h).
INTERFACE_LENGTH = 15
UINT_MAX = 2**32 - 1
INT_MAX = 2**31 - 1
# The daemon keeps timers in microseconds in 32 bits (TIMER_MAX of lib/timer.h).
TIMER_MAX = UINT_MAX // 10**6

_INTEGER = re.compile(r"[+-]?[0-9]+\Z")
_BASED = re.compile(r"(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)\Z")
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)\Z")
_WITH_UNIT = re.compile(r"([+-]?[0-9.]+)\s*(us|ms|s|sec|seconds?|m|min|h)\Z")
_MAC = re.compile(r"[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2}){4,5}\Z")
_UNITS = {"s": "seconds", "sec": "seconds", "second": "seconds", "seconds": "seconds", "ms": "milliseconds"}
_UNITS["us"] = "microseconds"


def nearest(word: str, known: Iterable[str], likeness: float = 0.6) -> Optional[str]:
    """The known word that was most likely meant, or None; likeness (0-1) is difflib's, 1 for the same word."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    match = get_close_matches(word.lower(), list(by_lower), n=1, cutoff=likeness)
    return by_lower[match[0]] if match else None


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """A remedy that names the nearest known word."""
    match = nearest(word, known)
    return 'Did you mean "%s"?' % match if match else otherwise


def number_text(value: Number) -> str:
    """The number as the daemon reads it: no exponent, at most six decimals, none when it is whole."""
    if isinstance(value, int) or value == int(value):
        return str(int(value))
    return ("%.6f" % value).rstrip("0")


def range_text(minimum: Optional[Number], maximum: Optional[Number]) -> str:
    """``1-255``, ``2 or 3``, ``-20 to 19``, ``at least 1`` or "" for no bounds."""
    if minimum is None and maximum is None:
        return ""
    if maximum is None:
        return "at least " + number_text(minimum or 0)
    if minimum is None:
        return "at most " + number_text(maximum)
    low, high = number_text(minimum), number_text(maximum)
    if isinstance(minimum, int) and maximum == minimum + 1:
        return low + " or " + high
    return low + (" to " if minimum < 0 else "-") + high


def to_int(word: str, unit: str = "") -> int:
    """The whole number a word stands for; ``unit`` ("seconds") is named when the word has one and must not."""
    if not _INTEGER.match(word):
        raise BadValueError('must be a whole number, got "%s".' % word, _number_remedy(word, unit))
    return int(word)


def to_decimal(word: str, unit: str = "") -> Number:
    """The number a word stands for, in the daemon's resolution of six decimals."""
    if not _DECIMAL.match(word):
        raise BadValueError('must be a number, got "%s".' % word, _number_remedy(word, unit))
    value = round(float(word), 6)
    return int(value) if value == int(value) else value


def in_range(value: Number, minimum: Optional[Number], maximum: Optional[Number], remedy: str = "") -> None:
    """Refuse a number outside its bounds; both bounds belong to the range, None is no bound."""
    if (minimum is not None and value < minimum) or (maximum is not None and value > maximum):
        limits = range_text(minimum, maximum)
        raise BadValueError(
            "must be %s, got %s." % (limits, number_text(value)), remedy or "Use a number in that range."
        )


def number(minimum: Optional[int], maximum: Optional[int]) -> Check:
    """A check for whole numbers within the bounds."""
    return lambda word: in_range(to_int(word), minimum, maximum)


def decimal(minimum: Optional[Number], maximum: Optional[Number]) -> Check:
    """A check for decimal numbers within the bounds."""
    return lambda word: in_range(to_decimal(word), minimum, maximum)


def one_of(*choices: str) -> Check:
    """A check for one of the words, which are case-sensitive."""

    def check(word: str) -> None:
        if word not in choices:
            either = " or ".join([", ".join(choices[:-1]), choices[-1]]) if len(choices) > 1 else choices[0]
            remedy = did_you_mean(word, choices, "Use one of them." if len(choices) > 1 else "Write %s." % either)
            raise BadValueError('must be %s, got "%s".' % (either, word), remedy)

    return check


def based(minimum: int, maximum: int) -> Check:
    """A check for whole numbers that may also be written like 0x10 or 010 (strtoul with base 0)."""

    def check(word: str) -> None:
        if not _BASED.match(word):
            raise BadValueError('must be a whole number, got "%s".' % word, "Write it like 16 or 0x10.")
        in_range(_based(word), minimum, maximum)

    return check


def named(maximum: int, minimum: int = 0) -> Check:
    """A check for numbers, and for names that a file of the host gives to them: any (find_entry of lib/rttables.c)."""

    def check(word: str) -> None:
        text(word)
        if _BASED.match(word):
            in_range(_based(word), minimum, maximum)
        elif _INTEGER.match(word):
            raise BadValueError('must be a number or a name, got "%s".' % word, "Write the number without a sign.")

    return check


def scope(word: str) -> None:
    """A scope (rtnetlink(7)) by number or name; the host may have further names (rt_scopes)."""
    known = ("global", "site", "link", "host", "nowhere")
    if word not in known and not word[:1].isdigit():
        suggestion = did_you_mean(word, known)
        if suggestion:
            raise BadValueError('has the unknown name "%s".' % word, suggestion)
    named(255)(word)


@lru_cache(maxsize=65536)
def to_address(word: str) -> Optional[IP]:
    """The IPv4 or IPv6 address a word stands for, or None. Remembered, because every rule asks again."""
    try:
        # for the most common form twice as fast as ip_address(), and as strict
        return ipaddress.IPv4Address(socket.inet_pton(socket.AF_INET, word))
    except (OSError, ValueError):
        pass
    try:
        # an interface after "%" is fine for Python 3.9+, but not for keepalived
        return None if "%" in word else ipaddress.ip_address(word)
    except ValueError:
        return None


def address(word: str, version: Optional[int] = None) -> IP:
    """An IPv4 or IPv6 address without prefix length; ``version`` 4 or 6 asks for one of them."""
    found = to_address(word)
    if found is None or (version and found.version != version):
        kind = "an IPv%d address" % version if version else "an IP address"
        like = "fd00::10" if version == 6 else "198.18.0.10"
        remedy = "Leave the prefix length out." if "/" in word else "Write it like %s." % like
        raise BadValueError('must be %s, got "%s".' % (kind, word), remedy)
    return found


def ip(version: int) -> Check:
    """A check for addresses of one family."""
    return lambda word: address(word, version)


def prefix(word: str) -> None:
    """An address, optionally with a prefix length (not a netmask, which the daemon does not read)."""
    host, slash, length = word.partition("/")
    found = address(host)
    if not slash:
        return
    if not re.match(r"[0-9]+\Z", length):
        remedy = "Write the length as a number, like %s/%d." % (host, found.max_prefixlen * 3 // 4)
        raise BadValueError('has the prefix length "%s".' % length, remedy)
    if int(length) > found.max_prefixlen:
        raise BadValueError(
            "has the prefix length %s, IPv%d allows 0-%d." % (length, found.version, found.max_prefixlen),
            "Use the prefix length of the interface's network.",
        )


def multicast(version: Optional[int] = None) -> Check:
    """A check for multicast addresses; IPv6 ones must be link-local (ff02::/16 and its kin)."""

    def check(word: str) -> None:
        found = address(word, version)
        if not found.is_multicast:
            raise BadValueError('must be a multicast address, got "%s".' % word, "Use one like 224.0.0.18 or ff02::12.")
        if found.version == 6 and found.packed[1] & 0x0F != 2:
            raise BadValueError('must be a link-local multicast address, got "%s".' % word, "Use one like ff02::12.")

    return check


def interface(word: str) -> None:
    """A name the kernel takes for a network interface (dev_valid_name of net/core/dev.c)."""
    if word in (".", "..") or re.search(r"[/:\s]", word):
        raise BadValueError('must be the name of a network interface, got "%s".' % word, "Write it like eth0.")
    if len(word.encode("utf-8", "replace")) > INTERFACE_LENGTH:
        raise BadValueError(
            'must be the name of a network interface, "%s" is longer than %d characters.' % (word, INTERFACE_LENGTH),
            'Use the name that "ip link" shows.',
        )


def label(word: str) -> None:
    """The label of an address: an interface name, optionally with ":" and a suffix, 15 bytes together."""
    if len(word.encode("utf-8", "replace")) > INTERFACE_LENGTH:
        # the daemon drops the whole address then
        raise BadValueError("is longer than %d characters." % INTERFACE_LENGTH, "Shorten it, like eth0:1.")


def mac(word: str) -> None:
    """A MAC address of five or six bytes for a VMAC; with five, the virtual_router_id is the last one.

    The addresses of groups and those of VRRP itself (RFC 5798) are not taken (vrrp/vrrp_parser.c).
    """
    like = "Write it like 02:00:5e:00:01:33."
    if not _MAC.match(word):
        raise BadValueError('must be a MAC address, got "%s".' % word, like)
    parts = [int(part, 16) for part in word.split(":")]
    if parts[0] & 1 or (parts[:4] == [0, 0, 0x5E, 0] and parts[4] in (1, 2)):
        raise BadValueError('must be an address of your own, got "%s".' % word, like)


def absolute(word: str) -> None:
    """An absolute file name."""
    if not word.startswith("/"):
        raise BadValueError('must be an absolute path, got "%s".' % word, "Start it with /.")


def key_bytes(word: str) -> Optional[bytes]:
    """The bytes of a key of auth_hmac: those behind ``hex:``, else of the text; None where the digits are none.

    keepalived takes pairs of digits, and a single one at the end (vrrp/vrrp_parser.c:1527 and lib/parser.c:728 of
    2.4.3).
    """
    if not word.startswith("hex:"):
        return word.encode("utf-8", "surrogateescape")
    digits = word[len("hex:"):]
    if not re.match(r"[0-9a-fA-F]+\Z", digits):
        return None
    return bytes(int(digits[place:place + 2], 16) for place in range(0, len(digits), 2))


def text(word: str) -> None:
    """Any word."""
    if not word:
        raise BadValueError("must not be empty.")


def _based(word: str) -> int:
    return int(word, 16 if word[1:2] in ("x", "X") else 8 if word[0] == "0" else 10)


def _number_remedy(word: str, unit: str) -> str:
    found = _WITH_UNIT.match(word)
    if not found:
        return "Write digits only."
    remedy = "Write it in %s without a unit" % unit if unit else "Write it without a unit"
    # another unit needs another number
    return remedy + (": %s." % found.group(1) if not unit or _UNITS.get(found.group(2)) == unit else ".")
