# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The grammars of keepalived's entry lines and of its options with several words.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import Dict, Tuple

from .dated import Dated, Version
from .finding import BadValueError
from .grammar import Argument, Given, Grammar
from .words import (
    INT_MAX,
    UINT_MAX,
    Check,
    absolute,
    address,
    based,
    decimal,
    did_you_mean,
    interface,
    key_bytes,
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
    to_int,
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


def _any(_word: object) -> bool:
    return True


def _since(version: Version, *words: str, remedy: str = "") -> Dict[str, Dated]:
    """The words that came with a version."""
    return {word: Dated(word, _any, version, remedy) for word in words}


_REVERSE = (
    Dated("reverse", lambda word: bool(word == "reverse"), (2, 0, 18), "Turn the sign of the weight."),
    Dated("noreverse", lambda word: bool(word == "noreverse"), (2, 0, 18), "Leave it out."),
)


def _weight(limit: int, last: Tuple[str, ...] = ("reverse", "noreverse")) -> Tuple[Argument, ...]:
    return (
        Argument("the weight", number(-limit, limit)),
        Argument("the word after the weight", one_of(*last), optional=True, dated=_REVERSE),
    )


def _tracked(what: str, limit: int) -> Grammar:
    usage = "%s [weight -%d..%d [reverse|noreverse]]" % (what, limit, limit)
    return Grammar(usage, (Argument(what, text),), {"weight": _weight(limit)})


def _seconds(argument_name: str, minimum: float, maximum: float, optional: bool = False) -> Argument:
    return Argument(argument_name, decimal(minimum, maximum), optional)


def _is_whole_mask(given: Given) -> None:
    """A number of one word, or bits with "|" between them, around which there may be blanks."""
    words = given[""]
    if words[0][:1].isdigit():
        if len(words) > 1:
            raise BadValueError("has a word behind the number.", "Remove it.")
        based(0, 0o777)(words[0])
        return
    bits = tuple("I%s%s" % (permission, who) for who in ("USR", "GRP", "OTH") for permission in "RWX")
    names = "".join(word if word.startswith("|") or not place else " " + word for place, word in enumerate(words))
    for name in names.replace("| ", "|").split("|"):
        if name not in bits:
            known = did_you_mean(name, bits, "Write it like IRGRP|IROTH.")
            raise BadValueError('has the unknown bit "%s".' % name, known)


# what sets a check or takes it back, beside those that are set
_CHANGES = ("+", "-")


def _include_check(word: str) -> None:
    # the man page says "readable", the parser reads "read"
    one_of("read", "match", "wildcard_match", "brace_match")(word[1:] if word.startswith(_CHANGES) else word)


def _include_change(word: str) -> None:
    if not word.startswith(_CHANGES):
        raise BadValueError('must begin with + or -, got "%s".' % word, "Write +%s." % (word or "match"))
    _include_check(word)


def _key(word: str) -> None:
    """A key of 32 to 64 bytes, or ``file:`` and the path of a file that holds it. Never shown in a message."""
    if word.startswith("file:"):
        absolute(word[len("file:") :])
    elif not 32 <= len(key_bytes(word) or b"") <= 64:
        raise BadValueError("must have 32 to 64 bytes.", "Write hex: and what openssl rand -hex 32 gives.")


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


def _short(word: str) -> None:
    """The last group of an IPv6 address."""
    if not re.match(r"[0-9a-fA-F]{1,4}\Z", word):
        raise BadValueError('must end with up to four hexadecimal digits, got "%s".' % word, "Write it like fd00::1-f.")


def _granularity(word: str) -> None:
    if "." in word:
        address(word, 4)
    else:
        number(1, 128)(word)


def _has_gaps(word: str) -> bool:
    """Whether a netmask is not of the form 1...10...0."""
    hosts = int(address(word, 4)) ^ UINT_MAX if "." in word else 0
    return bool(hosts & (hosts + 1))


def _status_codes(word: str) -> None:
    if not re.match(r"[0-9]{3}(-[0-9]{3})?\Z", word):
        raise BadValueError('must be a code or a range of codes, got "%s".' % word, "Write it like 200 or 200-299.")
    first, _dash, last = word.partition("-")
    number(100, 999)(first)
    number(int(first), 999)(last or first)


def _matches(pattern: str, what: str, like: str) -> Check:
    """A check for words of one form."""
    form = re.compile(pattern + r"\Z")

    def check(word: str) -> None:
        if not form.match(word):
            raise BadValueError('must be %s, got "%s".' % (what, word), "Write it like %s." % like)

    return check


def _no_option(word: str, options: Tuple[str, ...]) -> None:
    if word in options:
        raise BadValueError('must be a name, got "%s".' % word)


def _size(word: str) -> None:
    if word not in ("MTU", "ADVERT"):
        number(0, UINT_MAX)(str(to_int(word)))


def _is_mac(word: str) -> bool:
    return ":" in word


def _link_or_mac(word: str) -> None:
    (mac if _is_mac(word) else interface)(word)


def _is_address(word: str) -> bool:
    return to_address(word.partition("/")[0]) is not None


def _link_or_address(word: str) -> None:
    (prefix if _is_address(word) else interface)(word)


# -- entries of blocks -------------------------------------------------------------------------------------------

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
    later={**_since((2, 0, 20), "preferred_lft"), **_since((2, 2, 0), "use_vmac")},
)
STATIC_ADDRESS = VIRTUAL_ADDRESS._replace(
    usage=_ADDRESS_USAGE + " [track_group GROUP]",
    options=dict(_ADDRESS_OPTIONS, track_group=(Argument("the track group", text),)),
)

TRACKED_INTERFACE = Grammar(
    "INTERFACE [weight -253..253 [reverse]]",
    (Argument("the interface", interface),),
    {"weight": _weight(253, ("reverse", "noreverse"))},
)
TRACKED_SCRIPT = _tracked("SCRIPT", 253)
TRACKED_FILE = _tracked("FILE", 254)
TRACKED_PROCESS = _tracked("PROCESS", 254)
TRACKED_BFD = _tracked("BFD_INSTANCE", 253)

UNICAST_PEER = Grammar(
    "IP [min_ttl 0..255] [max_ttl 0..255]",
    (Argument("the address", prefix, written=without_prefix),),
    {"min_ttl": (Argument("min_ttl", number(0, 255)),), "max_ttl": (Argument("max_ttl", number(0, 255)),)},
    whole=_is_whole_peer,
    later=_since((2, 1, 0), "min_ttl", "max_ttl"),
)
UP_DOWN_DELAYS = Grammar(
    "INTERFACE DOWN_SECONDS [UP_SECONDS]",
    (
        Argument("the interface", interface),
        _seconds("the delay of down", 0, 255),
        _seconds("the delay of up", 0, 255, optional=True),
    ),
)
LINKBEAT_INTERFACE = Grammar(
    "INTERFACE [MII|ETHTOOL|IOCTL]",
    (
        Argument("the interface", interface),
        Argument("the way of polling", one_of("MII", "ETHTOOL", "IOCTL"), optional=True),
    ),
)
INTERFACE_NAME = Grammar("INTERFACE", (Argument("the interface", interface),))
NAME = Grammar("NAME", (Argument("the name", text),))
_PORT = Argument("the port", number(0, 65535), optional=True)
_EACH = "Write a line for each address."
_SERVICE_FORMS = (
    # an older one serves the address before the "/" alone, and says nothing
    Dated("a network", lambda word: "/" in word, (2, 2, 2), _EACH),
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
                    dated=(Dated("the family of a firewall mark", _any, (2, 1, 0), "Leave the family out."),),
                ),
            ),
        )
    },
)

# -- options with several words ----------------------------------------------------------------------------------

WEIGHT_253 = Grammar("-253..253 [reverse]", _weight(253, ("reverse",)), numeric=True)
WEIGHT_254 = Grammar("-254..254 [reverse]", _weight(254, ("reverse",)), numeric=True)
_ALL = Argument("the first word", one_of("all"), optional=True)
GLOBAL_EXTRA_GARP = Grammar("[all] 1..86400", (_ALL, Argument("the interval", number(1, 86400))), numeric=True)
EXTRA_GARP = Grammar("[all] 0..86400", (_ALL, Argument("the interval", number(0, 86400))), numeric=True)
INIT_FILE = Grammar(
    "[VALUE] [overwrite]",
    (
        Argument("the value", number(-INT_MAX - 1, INT_MAX), optional=True),
        Argument("the last word", one_of("overwrite"), optional=True),
    ),
    numeric=True,
)
USER = Grammar("USER [GROUP]", (Argument("the user", text), Argument("the group", text, optional=True)))
PATH_USER = Grammar(
    "PATH [USER [GROUP]]",
    (Argument("the path", absolute), Argument("the user", text, True), Argument("the group", text, True)),
)
PROCESSORS = Grammar("CPU [CPU ...]", (Argument("the CPU", number(0, 8191)),), repeat=True, numeric=True)
PROCESS = Grammar(
    "PROCESS [ARGUMENT ...]", (Argument("the process", text), Argument("the argument", text, True)), repeat=True
)
SMTP_SERVER = Grammar(
    "ADDRESS [PORT]", (Argument("the server", text), Argument("the port", number(1, 65535), optional=True))
)
SYNC_DAEMON = Grammar(
    "INTERFACE [[inst] VRRP_INSTANCE] [id 0..255] [maxlen 1..65507] [port 1..65535] [ttl 1..255] [group MULTICAST_IP]",
    (
        Argument("the interface", interface),
        Argument(
            "the vrrp_instance", lambda word: _no_option(word, ("inst", "id", "maxlen", "port", "ttl", "group")), True
        ),
    ),
    {
        "inst": (Argument("the vrrp_instance", text),),
        "id": (Argument("id", number(0, 255)),),
        "maxlen": (Argument("maxlen", number(1, 65507)),),
        "port": (Argument("port", number(1, 65535)),),
        "ttl": (Argument("ttl", number(1, 255)),),
        "group": (Argument("group", address),),
    },
    later=_since((2, 1, 0), "inst", remedy="Leave the word out, and write the vrrp_instance behind the interface."),
    # an older one takes the word behind the interface for the instance, whatever it is
    dated=(
        Dated(
            "a sync daemon without a vrrp_instance",
            lambda words: len(words) == 1 or words[1] in ("id", "maxlen", "port", "ttl", "group"),
            (2, 1, 0),
            "Write the name of a vrrp_instance behind the interface.",
        ),
    ),
)
# the kernel's limit, 31 days (ip_vs_ctl.c)
_IPVS_TIMEOUT = (Argument("the time-out", number(0, 31 * 86400)),)
IPVS_TIMEOUTS = Grammar(
    "[tcp SECONDS] [tcpfin SECONDS] [udp SECONDS]", (), dict.fromkeys(("tcp", "tcpfin", "udp"), _IPVS_TIMEOUT)
)
UMASK = Grammar(
    "0..0777 or BIT[|BIT...]", (Argument("the mask", text),), repeat=True, numeric=True, whole=_is_whole_mask
)
RECEIVE_BUFFER = Grammar("MTU|ADVERT|BYTES", (Argument("the size", _size),), numeric=True)
INCLUDE_CHECK = Grammar(
    "[+|-]read|match|wildcard_match|brace_match [+|-CHECK ...]",
    (Argument("the check", _include_check), Argument("a further check", _include_change, optional=True)),
    repeat=True,
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
    later=_since((2, 3, 0), *_LINK, "netlink_notify_msg"),
)
_MODES = ("bridge", "private", "vepa")
IPVLAN = Grammar(
    "[[name] INTERFACE] [IP] [bridge|private|vepa] [group GROUP]",
    options={**_LINK, **dict.fromkeys(_MODES, ())},
    anywhere=(Argument("the interface or address", _link_or_address),),
    kind=lambda word: "address" if _is_address(word) else "name",
    same=dict.fromkeys(_MODES, "mode"),
    later=_since((2, 3, 0), *_LINK),
)
IPTABLES = Grammar("[IN_CHAIN [OUT_CHAIN]]", (Argument("the chain", text), Argument("the chain", text, optional=True)))
IPSETS = Grammar(
    "SET [SET ...], six at most",
    (Argument("the set", text), *[Argument("the set", text, optional=True)] * 5),
    dated=(
        Dated("more than three sets", lambda words: len(words) > 3, (2, 0, 19), "Write three at most."),
        Dated("a sixth set", lambda words: len(words) > 5, (2, 3, 0), "Write five at most."),
    ),
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
FORWARDING = Grammar(
    "NAT|DR|TUN [type ipip|gue|gre] [port 1..65535] [nocsum|csum|remcsum]",
    (Argument("the method", one_of("NAT", "DR", "TUN")),),
    {
        "type": (Argument("the type of tunnel", one_of("ipip", "gue", "gre")),),
        "port": (Argument("the port", number(1, 65535)),),
        "nocsum": (),
        "csum": (),
        "remcsum": (),
    },
    later=_since((2, 0, 18), "type", "port", "nocsum", "csum", "remcsum"),
)
GRANULARITY = Grammar(
    "NETMASK or 1..128",
    (
        Argument(
            "the mask",
            _granularity,
            dated=(Dated("a netmask with gaps", _has_gaps, (2, 0, 20), "Write a netmask without gaps."),),
        ),
    ),
    numeric=True,
)
FILE_WEIGHT = Grammar("-%d..%d [reverse|noreverse]" % (INT_MAX, INT_MAX), _weight(INT_MAX), numeric=True)
DIGEST = Grammar(
    "32 hexadecimal digits",
    (Argument("the digest", _matches("[0-9a-fA-F]{32}", "32 hexadecimal digits", "9b3a0c85a887a256d6939da88aabd8cd")),),
)
STATUS_CODES = Grammar(
    "CODE[-CODE] [CODE[-CODE] ...]",
    (Argument("the status code", _status_codes),),
    repeat=True,
    numeric=True,
    dated=(
        Dated(
            "a range or several codes", lambda words: len(words) > 1 or "-" in words[0], (2, 0, 17), "Write one code."
        ),
    ),
)
_REGEX_OPTIONS = [
    "allow_empty_class",
    "alt_bsux",
    "auto_callout",
    "caseless",
    "dollar_endonly",
    "dotall",
    "dupnames",
    "extended",
    "firstline",
    "match_unset_backref",
    "multiline",
    "never_ucp",
    "never_utf",
    "no_auto_capture",
    "no_auto_possess",
    "no_dotstar_anchor",
    "no_start_optimize",
    "ucp",
    "ungreedy",
    "utf",
    "never_backslash_c",
    "alt_circumflex",
    "alt_verbnames",
    "use_offset_limit",
]
REGEX_OPTIONS = Grammar("OPTION [OPTION ...]", (Argument("the option", one_of(*_REGEX_OPTIONS)),), repeat=True)
REGEX_STACK = Grammar(
    "START MAXIMUM", (Argument("the first size", number(0, None)), Argument("the largest size", number(0, None)))
)
BYTES = Grammar(
    "HEX [HEX ...]",
    (Argument("the text", _matches("[0-9a-fA-F]+", "hexadecimal digits", "0a1b")),),
    repeat=True,
)
BYTE_PATTERN = Grammar(
    "HEX|X [HEX|X ...]",
    (Argument("the text", _matches("[0-9a-fA-FxX]+", "hexadecimal digits and X", "0aXX")),),
    repeat=True,
)
HMAC_KEY = Grammar("ID hex:DIGITS|TEXT|file:PATH", (Argument("the number", number(1, 255)), Argument("the key", _key)))
