# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The grammars of keepalived's entry lines and of its options with several words.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import Dict, Tuple

from .finding import BadValueError
from .grammar import Argument, Grammar
from .words import (
    INT_MAX,
    UINT_MAX,
    Check,
    absolute,
    address,
    decimal,
    did_you_mean,
    interface,
    key_bytes,
    label,
    mac,
    multicast,
    number,
    one_of,
    prefix,
    text,
    to_int,
)

Options = Dict[str, Tuple[Argument, ...]]


def _either(word: str, otherwise: Check) -> Check:
    """A check for one fixed word or anything the other check takes."""
    return lambda found: None if found == word else otherwise(found)


def _broadcast(word: str) -> None:
    if word not in ("-", "+"):
        address(word, 4)


def _scope(word: str) -> None:
    """A scope of addresses (rtnetlink(7)) by name or number."""
    if word.isdigit():
        number(0, 255)(word)
    else:
        one_of("global", "site", "link", "host", "nowhere")(word)


def _weight(limit: int, last: Tuple[str, ...] = ("reverse", "noreverse")) -> Tuple[Argument, ...]:
    return (
        Argument("the weight", number(-limit, limit)),
        Argument("the word after the weight", one_of(*last), optional=True),
    )


def _tracked(what: str, limit: int) -> Grammar:
    usage = "%s [weight -%d..%d [reverse|noreverse]]" % (what, limit, limit)
    return Grammar(usage, (Argument(what, text),), {"weight": _weight(limit)})


def _seconds(argument_name: str, minimum: float, maximum: float, optional: bool = False) -> Argument:
    return Argument(argument_name, decimal(minimum, maximum), optional)


def _umask(word: str) -> None:
    bits = tuple("I%s%s" % (permission, who) for who in ("USR", "GRP", "OTH") for permission in "RWX")
    names = [name.strip() for name in word.split("|")]
    if names[0][:1].isdigit():
        base = 16 if word.lower().startswith("0x") else 8 if word.startswith("0") else 10
        try:
            value = int(word, base)
        except ValueError:
            value = -1
        if not 0 <= value <= 0o777:
            raise BadValueError('must be 0 to 0777, got "%s".' % word, "Write it like 0177.")
        return
    for name in names:
        if name not in bits:
            raise BadValueError(
                'has the unknown bit "%s".' % name, did_you_mean(name, bits, "Write it like IRGRP|IROTH.")
            )


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


def _addresses(word: str) -> None:
    """An address, a range up to an address or to its last number, or a network."""
    first, dash, last = word.partition("-")
    if not dash:
        prefix(word)
        return
    low = address(first)
    if not {".", ":"} & set(last):
        number(0, 255)(last) if low.version == 4 else _short(last)
        return
    high = address(last, low.version)
    if int(high) < int(low):
        raise BadValueError('ends before it begins, got "%s".' % word, "Swap the two addresses.")


def _short(word: str) -> None:
    """The last group of an IPv6 address."""
    if not re.match(r"[0-9a-fA-F]{1,4}\Z", word):
        raise BadValueError('must end with up to four hexadecimal digits, got "%s".' % word, "Write it like fd00::1-f.")


def _granularity(word: str) -> None:
    if "." in word:
        address(word, 4)
    else:
        number(1, 128)(word)


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


def _no_address(word: str) -> None:
    """An interface's name that is neither an address nor a mode, which may stand in its place."""
    _no_option(word, ("bridge", "private", "vepa"))
    try:
        prefix(word)
    except BadValueError:
        interface(word)
    else:
        raise BadValueError('must be the name of a network interface, got "%s".' % word)


# -- entries of blocks -------------------------------------------------------------------------------------------

_ADDRESS_OPTIONS: Options = {
    "brd": (Argument("the broadcast address", _broadcast),),
    "broadcast": (Argument("the broadcast address", _broadcast),),
    "dev": (Argument("the interface", interface),),
    "scope": (Argument("the scope", _scope),),
    "label": (Argument("the label", label),),
    "peer": (Argument("the peer", prefix),),
    "home": (),
    "-nodad": (),
    "nodad": (),
    "mngtmpaddr": (),
    "noprefixroute": (),
    "autojoin": (),
    "preferred_lft": (Argument("the lifetime", _either("forever", number(0, UINT_MAX))),),
}
_ADDRESS_USAGE = (
    "IP[/PREFIX] [brd IP|-|+] [dev INTERFACE] [scope SCOPE] [label LABEL] [peer IP[/PREFIX]] [home] [-nodad] "
    "[mngtmpaddr] [noprefixroute] [autojoin] [preferred_lft SECONDS|forever]"
)
_ADDRESS = (Argument("the address", prefix),)

VIRTUAL_ADDRESS = Grammar(
    _ADDRESS_USAGE + " [no_track] [use_vmac]", _ADDRESS, dict(_ADDRESS_OPTIONS, no_track=(), use_vmac=())
)
STATIC_ADDRESS = Grammar(
    _ADDRESS_USAGE + " [track_group GROUP]",
    _ADDRESS,
    dict(_ADDRESS_OPTIONS, track_group=(Argument("the track group", text),)),
)
ROUTE = Grammar('as in "ip route add"', anything=True)
RULE = Grammar('as in "ip rule add"', anything=True)

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
    (Argument("the address", address),),
    {"min_ttl": (Argument("min_ttl", number(0, 255)),), "max_ttl": (Argument("max_ttl", number(0, 255)),)},
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
SERVICE = Grammar(
    "IP[-LAST|/PREFIX] [PORT] or fwmark NUMBER [inet|inet6]",
    (Argument("the address", _addresses), _PORT),
    forms={
        "fwmark": Grammar(
            "fwmark NUMBER [inet|inet6]",
            (
                Argument("the firewall mark", number(0, UINT_MAX)),
                Argument("the family", one_of("inet", "inet6"), optional=True),
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
)
# the kernel's limit, 31 days (ip_vs_ctl.c)
_IPVS_TIMEOUT = (Argument("the time-out", number(0, 31 * 86400)),)
IPVS_TIMEOUTS = Grammar(
    "[tcp SECONDS] [tcpfin SECONDS] [udp SECONDS]", (), dict.fromkeys(("tcp", "tcpfin", "udp"), _IPVS_TIMEOUT)
)
UMASK = Grammar("0..0777 or BIT[|BIT...]", (Argument("the mask", _umask),), numeric=True)
RECEIVE_BUFFER = Grammar("MTU|ADVERT|BYTES", (Argument("the size", _size),), numeric=True)
INCLUDE_CHECK = Grammar(
    "[+|-]read|match|wildcard_match|brace_match [+|-CHECK ...]",
    (Argument("the check", _include_check), Argument("a further check", _include_change, optional=True)),
    repeat=True,
)
MULTICAST = Grammar("MULTICAST_IP", (Argument("the group", multicast()),))
MULTICAST_4 = Grammar("IPV4_MULTICAST_IP", (Argument("the group", multicast(4)),))
MULTICAST_6 = Grammar("IPV6_MULTICAST_IP", (Argument("the group", multicast(6)),))
VMAC = Grammar(
    "[INTERFACE] [MAC]",
    (Argument("the interface", interface, optional=True), Argument("the MAC address", mac, optional=True)),
)
IPVLAN = Grammar(
    "[INTERFACE] [IP] [bridge|private|vepa]",
    (
        Argument("the interface", _no_address, optional=True),
        Argument("the address", prefix, optional=True),
        Argument("the mode", one_of("bridge", "private", "vepa"), optional=True),
    ),
)
IPTABLES = Grammar("[IN_CHAIN [OUT_CHAIN]]", (Argument("the chain", text), Argument("the chain", text, optional=True)))
IPSETS = Grammar("SET [SET ...]", (Argument("the set", text),), repeat=True)
SERVER = Grammar("IP [PORT]", (Argument("the address", address), _PORT))
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
)
GRANULARITY = Grammar("NETMASK or 1..128", (Argument("the mask", _granularity),), numeric=True)
FILE_WEIGHT = Grammar("-%d..%d [reverse|noreverse]" % (INT_MAX, INT_MAX), _weight(INT_MAX), numeric=True)
DIGEST = Grammar(
    "32 hexadecimal digits",
    (Argument("the digest", _matches("[0-9a-fA-F]{32}", "32 hexadecimal digits", "9b3a0c85a887a256d6939da88aabd8cd")),),
)
STATUS_CODES = Grammar(
    "CODE[-CODE] [CODE[-CODE] ...]", (Argument("the status code", _status_codes),), repeat=True, numeric=True
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
