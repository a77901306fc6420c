# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The grammars of addresses, of servers, and of the interfaces that keepalived makes for virtual addresses.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import Dict, Tuple

from .dated import Dated, any_word, since
from .finding import BadValueError
from .grammar import Argument, Given, Grammar
from .words import (
    INT_MAX,
    UINT_MAX,
    Check,
    address,
    interface,
    label,
    mac,
    multicast,
    named,
    number,
    one_of,
    prefix,
    scope,
    text,
    to_address,
)

Options = Dict[str, Tuple[Argument, ...]]

# An address that keepalived reads up to the "/" only (inet_stosockaddr of lib/utils.c).
_PREFIX = re.compile(r"(?<=[0-9a-fA-F:])/[0-9]+")


def without_prefix(text_: str) -> str:
    """The text without the prefix length of the address that it begins with."""
    return _PREFIX.sub("", text_, count=1)


def _either(word: str, otherwise: Check) -> Check:
    """A check for one fixed word or anything the other check takes."""
    return lambda found: None if found == word else otherwise(found)


def _is_whole_address(given: Given) -> None:
    """What keepalived ignores, with the whole address or without it (alloc_ipaddress of vrrp/vrrp_ipaddress.c)."""
    host, slash, length = given[""][0].partition("/")
    own = address(host)
    if own.version == 6:
        for word in ("brd", "label"):
            if word in given:
                raise BadValueError('has "%s", which is for IPv4 only.' % given[word][0], "Remove it.")
        if given.get("scope", ("0",))[-1] not in ("0", "global"):
            raise BadValueError("has a scope, which is for IPv4 only.", "Remove it.")
    if "peer" in given:
        if address(given["peer"][1]).version != own.version:
            raise BadValueError("mixes IPv4 and IPv6.", "Use addresses of one family.")
        if slash and int(length) != own.max_prefixlen:
            raise BadValueError("has a peer and a prefix length, which is ignored.", "Leave the prefix length out.")
        if "brd" in given:
            raise BadValueError("has a peer and a broadcast address, which is ignored.", "Leave one of them out.")
    if given.get("brd", ("",))[-1] in ("-", "+") and int(length or own.max_prefixlen) > 30:
        raise BadValueError("has a prefix length without room for a broadcast address.", "Remove brd.")


def _broadcast(word: str) -> None:
    if word not in ("-", "+"):
        address(word, 4)


def _is_whole_peer(given: Given) -> None:
    low, high = given.get("min_ttl", ("", "0"))[1], given.get("max_ttl", ("", "255"))[1]
    if int(low) > int(high):
        raise BadValueError("has a min_ttl above its max_ttl, so every packet is dropped.", "Swap the two numbers.")


def _addresses(word: str) -> None:
    """An address, a range up to an address or to its last number, or a network."""
    first, dash, last = word.partition("-")
    if not dash:
        _network(word)
        return
    low = address(first)
    if {".", ":"} & set(last):
        if int(address(last, low.version)) < int(low):
            raise BadValueError('ends before it begins, got "%s".' % word, "Swap the two addresses.")
        return
    number(0, 255)(last) if low.version == 4 else _short(last)
    start, end = (low.packed[-1], int(last)) if low.version == 4 else (int(low) & 0xFFFF, int(last, 16))
    if end <= start:
        raise BadValueError('does not end behind its first address, got "%s".' % word, "Use a larger last number.")


def _network(word: str) -> None:
    """A network by its first address: with another one keepalived leaves the line out."""
    prefix(word)
    host, slash, length = word.partition("/")
    if slash:
        first, bits = address(host), address(host).max_prefixlen - int(length)
        if not int(length):
            raise BadValueError("has the prefix length 0.", "Use a firewall mark for all addresses.")
        if int(first) & ((1 << bits) - 1):
            network = type(first)(int(first) >> bits << bits)
            raise BadValueError('is not the first address of its network, got "%s".' % word,
                                "Write %s/%s." % (network, length))


def _is_one(word: str) -> bool:
    """Whether a network is a single address."""
    host, _slash, length = word.partition("/")
    return int(length) == address(host).max_prefixlen


def _short(word: str) -> None:
    """The last group of an IPv6 address."""
    if not re.match(r"[0-9a-fA-F]{1,4}\Z", word):
        raise BadValueError('must end with up to four hexadecimal digits, got "%s".' % word, "Write it like fd00::1-f.")


def _is_mac(word: str) -> bool:
    return ":" in word


def _link_or_mac(word: str) -> None:
    (mac if _is_mac(word) else interface)(word)


def _is_address(word: str) -> bool:
    return to_address(word.partition("/")[0]) is not None


def _link_or_address(word: str) -> None:
    (prefix if _is_address(word) else interface)(word)


_ADDRESS_OPTIONS: Options = {
    **dict.fromkeys(("brd", "broadcast"), (Argument("the broadcast address", _broadcast),)),
    "dev": (Argument("the interface", interface),),
    "scope": (Argument("the scope", scope),),
    "label": (Argument("the label", label),),
    "peer": (Argument("the peer", address),),
    **dict.fromkeys(("home", "-nodad", "mngtmpaddr", "noprefixroute", "autojoin", "no_track"), ()),
    "preferred_lft": (Argument("the lifetime", _either("forever", number(0, UINT_MAX))),),
}

_ADDRESS_USAGE = (
    "IP[/PREFIX] [brd IP|-|+] [dev INTERFACE] [scope SCOPE] [label LABEL] [peer IP] [home] [-nodad] "
    "[mngtmpaddr] [noprefixroute] [autojoin] [preferred_lft SECONDS|forever] [no_track]"
)

VIRTUAL_ADDRESS = Grammar(
    _ADDRESS_USAGE + " [use_vmac]",
    (Argument("the address", prefix),),
    dict(_ADDRESS_OPTIONS, use_vmac=()),
    same={"broadcast": "brd"},
    whole=_is_whole_address,
    strange={
        "track_group": "It is for static_ipaddress.",
        "use_vmac": "It is for virtual_ipaddress.",
    },
    later={**since((2, 0, 20), "preferred_lft"), **since((2, 2, 0), "use_vmac")},
)

STATIC_ADDRESS = VIRTUAL_ADDRESS._replace(
    usage=_ADDRESS_USAGE + " [track_group GROUP]",
    options=dict(_ADDRESS_OPTIONS, track_group=(Argument("the track group", text),)),
)

UNICAST_PEER = Grammar(
    "IP [min_ttl 0..255] [max_ttl 0..255]",
    (Argument("the address", prefix, written=without_prefix),),
    {"min_ttl": (Argument("min_ttl", number(0, 255)),), "max_ttl": (Argument("max_ttl", number(0, 255)),)},
    whole=_is_whole_peer,
    later=since((2, 1, 0), "min_ttl", "max_ttl"),
)

_PORT = Argument("the port", number(0, 65535), optional=True)

_EACH = "Write a line for each address."

_SERVICE_FORMS = (
    # an older one serves the address before the "/" alone, and says nothing
    Dated("a network", lambda word: "/" in word and not _is_one(word), (2, 2, 2), _EACH),
    Dated("a range up to an address", lambda word: bool({".", ":"} & set(word.partition("-")[2])), (2, 2, 2), _EACH),
)

SERVICE = Grammar(
    "IP[-LAST|/PREFIX] [PORT] or fwmark NUMBER [inet|inet6]",
    (Argument("the address", _addresses, dated=_SERVICE_FORMS), _PORT),
    forms={
        "fwmark": Grammar(
            "fwmark NUMBER [inet|inet6]",
            (
                Argument("the firewall mark", number(0, UINT_MAX)),
                Argument(
                    "the family",
                    one_of("inet", "inet6"),
                    optional=True,
                    dated=(Dated("the family of a firewall mark", any_word, (2, 1, 0), "Leave the family out."),),
                ),
            ),
        )
    },
)

SERVER = Grammar(
    "IP [PORT]",
    (Argument("the address", address), _PORT),
    dated=(
        Dated(
            "without a port",
            lambda words: len(words) == 1 or not int(words[1]),
            (2, 0, 15),
            "Write the port behind the address.",
        ),
    ),
)

MULTICAST = Grammar("MULTICAST_IP", (Argument("the group", multicast()),))

MULTICAST_4 = Grammar("IPV4_MULTICAST_IP", (Argument("the group", multicast(4)),))

MULTICAST_6 = Grammar("IPV6_MULTICAST_IP", (Argument("the group", multicast(6)),))

_LINK: Options = {"name": (Argument("the interface", interface),), "group": (Argument("the group", named(INT_MAX)),)}

_MAC = Dated("a MAC address", _is_mac, (2, 2, 5), "Leave the MAC address out.")

VMAC = Grammar(
    "[[name] INTERFACE] [MAC] [group GROUP] [netlink_notify_msg]",
    options=dict(_LINK, netlink_notify_msg=()),
    anywhere=(Argument("the interface or MAC address", _link_or_mac, dated=(_MAC,)),),
    kind=lambda word: "mac" if _is_mac(word) else "name",
    later=since((2, 3, 0), *_LINK, "netlink_notify_msg"),
)

_MODES = ("bridge", "private", "vepa")

IPVLAN = Grammar(
    "[[name] INTERFACE] [IP] [bridge|private|vepa] [group GROUP]",
    options={**_LINK, **dict.fromkeys(_MODES, ())},
    anywhere=(Argument("the interface or address", _link_or_address),),
    kind=lambda word: "address" if _is_address(word) else "name",
    same=dict.fromkeys(_MODES, "mode"),
    later=since((2, 3, 0), *_LINK),
)
