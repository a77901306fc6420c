# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Where the order of lines and blocks counts for keepalived: what it looks at while it still reads the file.

Source: keepalived 2.2.7, vrrp/vrrp_track.c:159-480, vrrp/vrrp_data.c:943-961, vrrp/vrrp_parser.c, check/check_parser.c.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Dict, FrozenSet, Iterable, Iterator, List, Sequence, Set, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import Statement

from . import table
from .line import first_word

# What may be tracked: keyword in an instance -> (section that defines it, default of its weight).
TRACKED = {
    "track_script": ("vrrp_script", 0),
    "track_file": ("track_file", 1),
    "track_process": ("vrrp_track_process", 0),
    "track_bfd": ("bfd_instance", 0),
}
# The word with which a static address, route or rule names its group, which is the keyword of the group, too.
TRACK_GROUP = "track_group"
STATIC = ("static_ipaddress", "static_routes", "static_rules")

# Keywords of a virtual_server that count behind another one only: keyword -> the one before it.
FOLLOWERS = {
    "sh-port": "lb_algo", "sh-fallback": "lb_algo", "mh-port": "lb_algo", "mh-fallback": "lb_algo",
    "flag-1": "lb_algo", "flag-2": "lb_algo", "flag-3": "lb_algo",
    "sorry_server_inhibit": "sorry_server", "sorry_server_lvs_method": "sorry_server",
}

# Keywords of global_defs that set others, with the value that they overwrite, "" for any; behind them the others count.
# core/global_parser.c:110, 967, 1247
SETTERS: Dict[str, Dict[str, str]] = {
    "process_names": {"vrrp_process_name": "", "checker_process_name": "", "bfd_process_name": ""},
    "nftables_ipvs": {"nftables_ipvs_priority": "", "nftables_ipvs_start_fwmark": ""},
    "vrrp_min_garp": {
        "vrrp_garp_master_delay": "5", "vrrp_garp_master_repeat": "5", "vrrp_garp_master_refresh": "0",
        "vrrp_garp_master_refresh_repeat": "1",
    },
}

# Keywords of global_defs that count for the blocks behind them only.
FOR_WHAT_FOLLOWS = frozenset((
    "default_interface", "dynamic_interfaces", "enable_script_security", "include_check", "lvs_sync_daemon",
    "nftables_ipvs", "random_seed", "script_user", "vrrp_down_timer_adverts", "vrrp_garp_master_delay",
    "vrrp_garp_master_refresh", "vrrp_garp_master_refresh_repeat", "vrrp_garp_master_repeat",
    "vrrp_skip_check_adv_addr",
))
_GLOBAL = "global_defs"

# Of these the first one decides about the family of an instance, and those of the other one are rejected.
FAMILY = ("mcast_dst_ip", "mcast_src_ip", "native_ipv6", "unicast_peer", "unicast_src_ip", "use_ipvlan",
          "virtual_ipaddress")

# A value that the daemon does not take back: of a state MASTER and a state BACKUP behind it MASTER counts.
LASTING = {"vrrp_instance/state": "MASTER"}

Tokens = FrozenSet[Tuple[str, str]]
NOTHING: Tokens = frozenset()


def _keyword(statement: Statement, section: str) -> str:
    row = table.find_word(statement.keyword, section)
    return row.keyword if row else statement.keyword


def provides(section: str, statement: Statement) -> Tokens:
    """What a statement of a section gives to those behind it."""
    keyword = _keyword(statement, section)
    if section == "virtual_server" and keyword in FOLLOWERS.values():
        return frozenset(((keyword, ""),))
    if section == _GLOBAL and keyword in SETTERS:
        return frozenset(((keyword, ""),))
    if section:
        return NOTHING
    if keyword == _GLOBAL:
        given = {_keyword(each, keyword) for each in statement.statements()}
        # of other lines nobody knows what they are
        is_open = any(each.kind != "statement" or each.keyword[:1] == "$" for each in statement.statements())
        return frozenset(((_GLOBAL, ""),)) if is_open or given & FOR_WHAT_FOLLOWS else NOTHING
    if keyword == TRACK_GROUP or keyword in {name for name, _weight in TRACKED.values()}:
        return frozenset((keyword, name) for name in statement.values[:1])
    return NOTHING


def needs(section: str, statement: Statement) -> Tokens:
    """What a statement of a section takes of those before it."""
    word = statement.keyword
    if section == "virtual_server" and word in FOLLOWERS:
        return frozenset(((FOLLOWERS[word], ""),))
    keyword = _keyword(statement, section)
    if section == _GLOBAL:
        return frozenset((setter, "") for setter, values in SETTERS.items()
                         if keyword in values and values[keyword] in ("", *statement.values[:1]))
    if section:
        return NOTHING
    found: Set[Tuple[str, str]] = set()
    rows = table.rows()
    if keyword in rows and _GLOBAL in rows and rows[keyword].rank > rows[_GLOBAL].rank:
        found.add((_GLOBAL, ""))
    if keyword in ("vrrp_instance", "vrrp_sync_group"):
        for block in statement.statements():
            if block.keyword in TRACKED:
                found.update((TRACKED[block.keyword][0], entry.keyword) for entry in block.statements())
    elif keyword in STATIC:
        found.update((TRACK_GROUP, name) for entry in statement.statements()
                     for word, name in zip(entry.values, entry.values[1:]) if word == TRACK_GROUP)
    return frozenset(found)


def mixed_families(section: str, statements: Iterable[Statement]) -> Iterator[Statement]:
    """Yield the statements of an instance that set its family, when they do not all set the same one."""
    if section != "vrrp_instance":
        return
    found: Dict[bool, List[Statement]] = {}
    for statement in statements:
        if statement.keyword in FAMILY:
            words = [entry.keyword for entry in statement.statements()] or list(statement.values)
            families = {":" in word for word in words if ":" in word or "." in word}
            for is_six in families or ({True} if statement.keyword == "native_ipv6" else set()):
                found.setdefault(is_six, []).append(statement)
    if len(found) > 1:
        yield from {id(statement): statement for each in found.values() for statement in each}.values()


def may_count(section: str, statements: Sequence[Statement]) -> bool:
    """Whether the order of some keywords of a section may mean something."""
    if section in ("", _GLOBAL, "virtual_server") or any(mixed_families(section, statements)):
        return True
    return any("$" in text or "~" in text or "include" in text for text in map(str, statements))


def keyword_of(text: str, section: str) -> str:
    """Return the keyword of the first line of a raw text by its newest name, or an empty text."""
    row = table.find_word(first_word(text), section)
    return row.keyword if row else ""
