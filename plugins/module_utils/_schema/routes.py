# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The grammars of routes and routing rules, as keepalived reads them.

Its words are those of ``ip route`` and ``ip rule``, and differ in places (vrrp/vrrp_iproute.c and vrrp_iprule.c).
Names of tables, realms, protocols and the like stand in files of the host (rttables.c), so any name is taken.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Dict, Optional, Sequence, Tuple

from .dated import Dated, any_word, since
from .finding import BadValueError
from .grammar import Argument, Given, Grammar
from .routing_words import (
    ALL,
    address_family,
    destination,
    duration,
    firewall_mark,
    ip_protocol,
    labels,
    locator,
    number_range,
    preference,
    realms,
    route_type,
)
from .words import (
    INT_MAX,
    UINT_MAX,
    Check,
    address,
    based,
    interface,
    ip,
    named,
    number,
    one_of,
    scope,
    text,
    to_address,
)

Options = Dict[str, Tuple[Argument, ...]]

# Types of routes (rtntypes of lib/rttables.c).
_TYPES = (
    "unicast", "local", "nat", "broadcast", "brd", "anycast", "multicast", "prohibit", "unreachable", "blackhole",
    "xresolve", "throw",
)
# RTPROT_KEEPALIVED (vrrp/vrrp_iproute.h): what keepalived tracks is its own.
_OWN_PROTOCOL = ("18", "0x12", "keepalived")


def _is_read(given: Given) -> None:
    """Refuse a word behind a family, which keepalived does not read (it steps over the family and then once more)."""
    for family in ("inet", "inet6"):
        if len(given.get(family, ())) > 1:
            raise BadValueError(
                '"%s" behind "%s" is not read by keepalived.' % (given[family][1], family),
                "Leave %s out, the family is that of the addresses (default6 is IPv6)." % family,
            )


def _number(name: str, most: int = UINT_MAX) -> Tuple[Argument, ...]:
    return (Argument(name, number(0, most)),)


def _lockable(name: str, check: Optional[Check] = None) -> Tuple[Argument, ...]:
    """An option whose value the kernel may be forbidden to change."""
    return (Argument("the lock", one_of("lock"), True), Argument(name, check or number(0, UINT_MAX)))


def _deprecated(word: str, remedy: str) -> Dict[str, Dated]:
    return {word: Dated(word, any_word, deprecated=remedy)}


# -- what a line says as a whole ---------------------------------------------------------------------------------

class _Families:
    """The family of a line as keepalived finds it out, from one word to the next."""

    def __init__(self, destinations: Sequence[str]) -> None:
        self.family = 0
        self.destinations = destinations

    def add(self, key: str, words: Sequence[str]) -> None:
        """Take over what an option says. Raises BadValueError when it is the other family."""
        word = words[-1].partition("/")[0]
        if word in ALL and key in self.destinations:
            if self.family:
                raise BadValueError(
                    '"%s" stands behind what has a family, and keepalived takes it for the other one.' % word,
                    "Write it before the addresses.",
                )
            return
        found = to_address(word)
        self.use(6 if word == "default6" else found.version if found else 0)

    def use(self, family: int) -> None:
        """Take over a family; 0 is none. Raises BadValueError when it is the other one."""
        if family and self.family and family != self.family:
            raise BadValueError("mixes IPv4 and IPv6.", "Use addresses of one family.")
        self.family = family or self.family


def _route_families(given: Given) -> None:
    families = _Families(("",))
    for key, words in given.items():
        if key in ("", "src", "from"):
            families.add(key, words)
        elif key == "via":
            families.use({"inet": 4, "inet6": 6}.get(words[1], 0))
            families.add(key, words)
        elif key in ("expires", "pref"):
            families.use(6)
        elif key == "realms":
            families.use(4)
        elif key == "nexthop":
            for word, value in zip(words, words[1:]):
                if word in ("via", "inet", "inet6"):
                    families.add("via", [word, value])


def _is_whole_route(given: Given) -> None:
    _is_read(given)
    if "" not in given:
        raise BadValueError("the destination is missing.", "Write default or a network, like 198.18.5.0/24.")
    if "from" in given and ":" not in given["from"][1]:
        raise BadValueError('takes "from" with an IPv6 address only.', "Use a rule with a table of its own.")
    _route_families(given)
    if "nexthop" in given and "or" in given:
        raise BadValueError('has both "or" and "nexthop".', 'Write "nexthop via" for each of them.')
    if "track_group" in given and "dev" not in given:
        raise BadValueError("has a track_group and no interface.", "Add dev and the interface.")
    _keeps_protocol(given)


def _keeps_protocol(given: Given) -> None:
    """keepalived tracks what has its own protocol, and resets another one."""
    protocol = given.get("protocol", _OWN_PROTOCOL)[-1]
    if protocol not in _OWN_PROTOCOL and "no_track" not in given:
        raise BadValueError(
            'is tracked, so keepalived resets the protocol "%s".' % protocol, "Add no_track, or leave the protocol out."
        )


def _has_end(given: Given) -> None:
    if "id" not in given and "dst" not in given:
        raise BadValueError("the encapsulation has neither id nor dst.", "Add dst and the other end of the tunnel.")


def _is_whole_rule(given: Given) -> None:
    _is_read(given)
    families = _Families(("from", "to"))
    for key, words in given.items():
        if key in ("from", "to"):
            families.add(key, words)
        elif key == "realms":
            families.use(4)
    if "action" not in given:
        raise BadValueError("says nothing to do.", "Add table and its number, or an action such as blackhole.")
    if "preference" not in given:
        raise BadValueError("has no preference, so keepalived makes one up.",
                            "Add preference and a number up to 32765.")
    action = given["action"]
    if "goto" in action and int(given["preference"][1], 0) >= int(action[-1]):
        raise BadValueError("goes to a rule that is not behind it.", "Use a number above the preference.")
    limited = [key for key in ("realms", "suppress_prefixlength", "suppress_ifgroup") if key in given]
    if limited and action[0] not in ("table", "lookup", "l3mdev"):
        raise BadValueError('has "%s" without a table.' % given[limited[0]][0], "Add table and its number.")
    if "track_group" in given and "dev" not in given:
        raise BadValueError("has a track_group and no interface.", "Add dev and the interface.")
    _keeps_protocol(given)


# -- routes ------------------------------------------------------------------------------------------------------

_DEV = (Argument("the interface", interface),)
_VIA = (Argument("the family", address_family, True), Argument("the gateway", address))
_TOS = (Argument("the TOS", named(255)),)
_FAMILY = (Argument("a word that is not read", text, True),)
_END = {"id": (Argument("the id", number(0, 2**64 - 1)),), "flags": _number("the flags", 65535)}
_IP, _IP6 = (
    {"dst": (Argument("the other end", ip(version)),), "src": (Argument("the own end", ip(version)),)}
    for version in (4, 6)
)
_ENCAPSULATION = Grammar(
    "encap ip|ip6|mpls|ila ...",
    (Argument("the type of encapsulation", one_of("ip", "ip6", "mpls", "ila")),),
    forms={
        "ip": Grammar(
            "encap ip [id NUMBER] [dst IP] [src IP] [tos TOS] [ttl 0..255] [flags 0..65535]",
            options={**_END, **_IP, "tos": _TOS, "ttl": _number("the TTL", 255)},
            whole=_has_end,
        ),
        "ip6": Grammar(
            "encap ip6 [id NUMBER] [dst IP] [src IP] [tc CLASS] [hoplimit 0..255] [flags 0..65535]",
            options={**_END, **_IP6, "tc": _TOS, "hoplimit": _number("the hop limit", 255)},
            whole=_has_end,
        ),
        "mpls": Grammar("encap mpls LABEL[/LABEL]", (Argument("the label", labels),)),
        "ila": Grammar("encap ila LOCATOR", (Argument("the locator", locator),)),
    },
)
_NEXTHOPS: Dict[str, Grammar] = {}
_NEXTHOP = Grammar(
    "nexthop [via IP] [dev INTERFACE] [weight 1..256] [onlink] [encap TYPE ...] [realms REALM] [nexthop ...]",
    options={
        "via": _VIA,
        "dev": _DEV,
        "weight": (Argument("the weight", number(1, 256)),),
        "onlink": (),
        "realms": (Argument("the realm", realms),),
    },
    inner={"encap": _ENCAPSULATION},
    rest=_NEXTHOPS,
)
_NEXTHOPS["nexthop"] = _NEXTHOP

_DESTINATION = Argument("the destination", destination)
_METRIC = _number("the metric")
_ROUTE: Options = {
    **dict.fromkeys((*_TYPES, "to"), (_DESTINATION,)),
    **dict.fromkeys(("inet", "inet6"), _FAMILY),
    **dict.fromkeys(("metric", "priority", "preference"), _METRIC),
    **dict.fromkeys(("dev", "oif"), _DEV),
    **dict.fromkeys(("via", "gw"), _VIA),
    **dict.fromkeys(("tos", "dsfield"), _TOS),
    **dict.fromkeys(("onlink", "no_track", "add", "append", "prepend"), ()),
    "src": (Argument("the source address", address),),
    "from": (Argument("the source", destination),),
    "table": (Argument("the table", named(UINT_MAX)),),
    "protocol": (Argument("the protocol", named(255)),),
    "scope": (Argument("the scope", scope),),
    "expires": _number("the time"),
    "mtu": _lockable("the MTU"),
    "hoplimit": _number("the hop limit", 255),
    "advmss": _lockable("the segment size"),
    "rtt": _lockable("the time", duration(8)),
    "rttvar": _lockable("the time", duration(4)),
    "rto_min": _lockable("the time", duration(1)),
    "reordering": _lockable("the number"),
    "window": _number("the window"),
    "cwnd": _lockable("the window"),
    "ssthresh": _lockable("the threshold"),
    "realms": (Argument("the realm", realms),),
    "initcwnd": _number("the window"),
    "initrwnd": _number("the window"),
    "features": (Argument("the feature", one_of("ecn")),),
    "quickack": _number("quickack", 1),
    "congctl": _lockable("the algorithm", text),
    "pref": (Argument("the preference", preference),),
    "ttl-propagate": (Argument("ttl-propagate", one_of("enabled", "disabled")),),
    "fastopen_no_cookie": _number("fastopen_no_cookie", 1),
    "or": (Argument("the second gateway", address),),
    "vrf": (Argument("the VRF", interface),),
}
_USAGE = "[TYPE] DESTINATION [via IP] [dev INTERFACE] [src IP] [table TABLE] [metric NUMBER] [no_track] [OPTION ...]"
ROUTE = Grammar(
    _USAGE + " [nexthop ...]",
    options=_ROUTE,
    inner={"encap": _ENCAPSULATION},
    rest=_NEXTHOPS,
    anywhere=(Argument("the type", route_type, True), _DESTINATION),
    same={
        **dict.fromkeys((*_TYPES, "to"), ""),
        **dict.fromkeys(("priority", "preference"), "metric"),
        **dict.fromkeys(("add", "append", "prepend"), "add"),
        "oif": "dev",
        "gw": "via",
        "dsfield": "tos",
    },
    whole=_is_whole_route,
    strange={
        "track_group": "It is for static_routes.",
        "as": "Remove it, keepalived ignores it.",
        "proto": "Write protocol.",
    },
    later={
        **since((2, 2, 5), "add", "append", "prepend", "vrf"),
        **_deprecated("gw", "Write via."),
        **_deprecated("or", 'Write "nexthop via" before each gateway.'),
    },
)
_TRACKED: Options = {"track_group": (Argument("the track group", text),)}
STATIC_ROUTE = ROUTE._replace(usage=_USAGE + " [track_group GROUP] [nexthop ...]", options={**_ROUTE, **_TRACKED})

# -- rules -------------------------------------------------------------------------------------------------------

_ACTIONS: Options = {
    **dict.fromkeys(("blackhole", "unreachable", "prohibit", "nop"), ()),
    "goto": _number("the preference of the other rule"),
}
# RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_PROHIBIT (linux/rtnetlink.h)
_ACTION_NUMBERS = ("6", "7", "8")
_PREFERENCE = (Argument("the preference", based(0, UINT_MAX)),)
_RULE: Options = {
    **_ACTIONS,
    **dict.fromkeys(_ACTION_NUMBERS, ()),
    **dict.fromkeys(("inet", "inet6"), _FAMILY),
    **dict.fromkeys(("preference", "order", "priority"), _PREFERENCE),
    **dict.fromkeys(("table", "lookup"), (Argument("the table", named(UINT_MAX, 1)),)),
    **dict.fromkeys(("tos", "dsfield"), _TOS),
    **dict.fromkeys(("dev", "iif", "oif"), _DEV),
    **dict.fromkeys(("suppress_prefixlength", "sup_pl"), _number("the prefix length", INT_MAX)),
    **dict.fromkeys(("suppress_ifgroup", "sup_group"), (Argument("the group", named(INT_MAX)),)),
    **dict.fromkeys(("sport", "dport"), (Argument("the port range", number_range(65535, "80-80")),)),
    **dict.fromkeys(("not", "l3mdev", "no_track"), ()),
    "from": (Argument("the source", destination),),
    "to": (Argument("the destination", destination),),
    "fwmark": (Argument("the firewall mark", firewall_mark),),
    "realms": (Argument("the realm", realms),),
    "tunnel-id": (Argument("the id", number(0, 2**64 - 1)),),
    "uidrange": (Argument("the users", number_range(UINT_MAX, "1000-1999")),),
    "protocol": _number("the protocol", 255),
    "ipproto": (Argument("the protocol", ip_protocol),),
}
_RULE_USAGE = (
    "[not] [from NETWORK] [to NETWORK] [iif INTERFACE] [fwmark MARK[/MASK]] preference NUMBER table TABLE|ACTION "
    "[OPTION ...]"
)
_TYPE = Grammar(
    "type blackhole|unreachable|prohibit|nop|goto NUMBER",
    (Argument("the action", one_of(*_ACTIONS)),),
    forms={
        word: Grammar("%s NUMBER" % word, arguments) if arguments else Grammar(word)
        for word, arguments in _ACTIONS.items()
    },
)
RULE = Grammar(
    _RULE_USAGE,
    options=_RULE,
    inner={"type": _TYPE},
    same={
        **dict.fromkeys((*_ACTIONS, *_ACTION_NUMBERS, "table", "lookup", "l3mdev", "type"), "action"),
        **dict.fromkeys(("order", "priority"), "preference"),
        "dsfield": "tos",
        "iif": "dev",
        "sup_pl": "suppress_prefixlength",
        "sup_group": "suppress_ifgroup",
    },
    whole=_is_whole_rule,
    strange={"track_group": "It is for static_rules.", "proto": "Write protocol."},
)
STATIC_RULE = RULE._replace(usage=_RULE_USAGE + " [track_group GROUP]", options={**_RULE, **_TRACKED})
