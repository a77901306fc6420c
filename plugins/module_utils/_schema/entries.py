# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The grammars of keepalived's entry lines and of its options with several words.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import Dict, Tuple

from .dated import Dated, choice, since
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
    number,
    one_of,
    text,
    to_int,
)

Options = Dict[str, Tuple[Argument, ...]]


def _weight(limit: int, last: Tuple[str, ...] = ("reverse", "noreverse")) -> Tuple[Argument, ...]:
    dated = tuple(choice(word, (2, 0, 18), "Leave it out, and turn the sign if need be.") for word in last)
    return (
        Argument("the weight", number(-limit, limit)),
        Argument("the word after the weight", one_of(*last), optional=True, dated=dated),
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


# -- entries of blocks -------------------------------------------------------------------------------------------

TRACKED_INTERFACE = Grammar(
    "INTERFACE [weight -253..253 [reverse]]",
    (Argument("the interface", interface),),
    {"weight": _weight(253, ("reverse", "noreverse"))},
)
TRACKED_SCRIPT = _tracked("SCRIPT", 253)
TRACKED_FILE = _tracked("FILE", 254)
TRACKED_PROCESS = _tracked("PROCESS", 254)
TRACKED_BFD = _tracked("BFD_INSTANCE", 253)

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
    later=since((2, 1, 0), "inst", remedy="Leave the word out, and write the vrrp_instance behind the interface."),
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
IPTABLES = Grammar("[IN_CHAIN [OUT_CHAIN]]", (Argument("the chain", text), Argument("the chain", text, optional=True)))
IPSETS = Grammar(
    "SET [SET ...], six at most",
    (Argument("the set", text), *[Argument("the set", text, optional=True)] * 5),
    dated=(
        Dated("more than three sets", lambda words: len(words) > 3, (2, 0, 19), "Write three at most."),
        Dated("a sixth set", lambda words: len(words) > 5, (2, 3, 0), "Write five at most."),
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
    later=since((2, 0, 18), "type", "port", "nocsum", "csum", "remcsum"),
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
