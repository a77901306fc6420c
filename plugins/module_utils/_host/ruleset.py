# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ruleset of nftables that is in force: our rules in it, and the commands that change them.

A rule is ours by the mark in its comment, never by the name of a chain. Version 1.0.0 had its own chain C(keepalived)
with a jump to it. Such a chain is ours if version 1.0.0 wrote each rule of it. Every function here is pure.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
import json
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from .allowed import Allowed
from .firewall import MARK, NFTABLES_FAMILY, PROTOCOLS, label, nftables_rule

FORMER_CHAIN = "keepalived"
FAMILIES = {"ip": "ipv4", "ip6": "ipv6", "ipv4": "ipv4", "ipv6": "ipv6"}


class Rule(NamedTuple):
    """A rule in force.

    :ivar chain: C(FAMILY TABLE CHAIN).
    :ivar allowed: what it accepts, if it has a form that we write, else C(None).
    :ivar targets: the chains of its jump and goto statements.
    :ivar bare: whether it consists of a jump only.
    """

    chain: str
    handle: int
    comment: str
    allowed: Optional[Allowed]
    targets: Sequence[str]
    bare: bool


class Ruleset(NamedTuple):
    """The ruleset in force.

    :ivar chains: C({"FAMILY TABLE CHAIN": hook or None}).
    """

    chains: Dict[str, Optional[str]]
    rules: Sequence[Rule]


EMPTY = Ruleset({}, ())


class Former(NamedTuple):
    """A chain of version 1.0.0, what it accepts, and the rules that only jump to it.

    :ivar used: whether other rules also refer to it.
    """

    chain: str
    allowed: List[Allowed]
    jumps: List[Rule]
    used: bool


def parse(text: str) -> Ruleset:
    """Return the ruleset from the output of C(nft --json list ruleset), which may begin with warnings.

    :raises ValueError: the output is not a ruleset.
    """
    chains: Dict[str, Optional[str]] = {}
    rules = []
    for entry in json.loads(text[max(text.find('{"nftables"'), 0):])["nftables"]:
        chain, rule = entry.get("chain"), entry.get("rule")
        if chain:
            chains[f"{chain['family']} {chain['table']} {chain['name']}"] = chain.get("hook")
        if rule:
            expressions = rule.get("expr", [])
            targets = list(_targets(expressions))
            rules.append(Rule(f"{rule['family']} {rule['table']} {rule['chain']}", rule["handle"],
                              rule.get("comment", ""), _allowed(rule["family"], expressions), targets,
                              len(expressions) == 1 and "jump" in expressions[0]))
    return Ruleset(chains, rules)


def _targets(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _targets(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key in ("jump", "goto") and isinstance(each, dict) and "target" in each:
                yield each["target"]
            else:
                yield from _targets(each)


def _allowed(table: str, expressions: Sequence[Dict[str, Any]]) -> Optional[Allowed]:
    """Return what a rule accepts; C(None) for any other kind of rule."""
    if not expressions or "accept" not in expressions[-1]:
        return None
    found: Dict[str, Any] = {"family": FAMILIES.get(table), "source": None, "protocol": None, "port": None}
    for expression in expressions[:-1]:
        match = expression.get("match") or {}
        part = _matched(match.get("left") or {}, match.get("right"))
        if match.get("op") != "==" or part is None:
            return None
        found.update(part)
    if not found["family"] or not found["protocol"]:
        return None
    return Allowed(**found)


def _matched(left: Dict[str, Any], right: Any) -> Optional[Dict[str, Any]]:
    """Return the part of C(Allowed) that a match means."""
    if not isinstance(right, (int, str)):
        return None
    meta, payload = left.get("meta") or {}, left.get("payload") or {}
    word = str(right)
    if meta.get("key") in ("protocol", "nfproto"):
        return {"family": FAMILIES[word]} if word in FAMILIES else None
    if meta.get("key") == "l4proto":
        return {"protocol": PROTOCOLS[word]} if word in PROTOCOLS else None
    if payload.get("field") == "dport" and payload.get("protocol") in ("tcp", "udp") and isinstance(right, int):
        return {"protocol": payload["protocol"], "port": right}
    if payload.get("field") == "saddr" and payload.get("protocol") in FAMILIES and isinstance(right, str):
        return {"family": FAMILIES[payload["protocol"]], "source": right}
    for family, (dummy, offset, length) in NFTABLES_FAMILY.items():
        if (payload.get("base"), payload.get("offset"), payload.get("len")) == ("nh", offset, length):
            number = int(word, 0)
            address = ipaddress.IPv4Address(number) if family == "ipv4" else ipaddress.IPv6Address(number)
            return {"family": family, "source": str(address)}
    return None


def ours(ruleset: Ruleset) -> List[Rule]:
    """Return the rules with our mark."""
    return [rule for rule in ruleset.rules if rule.comment.startswith(MARK)]


def former(ruleset: Ruleset) -> List[Former]:
    """Return the chains of version 1.0.0."""
    found = []
    for chain, hook in ruleset.chains.items():
        family, table, name = chain.split(" ", 2)
        rules = [rule for rule in ruleset.rules if rule.chain == chain]
        allowed = [rule.allowed for rule in rules
                   if rule.allowed is not None and rule.comment == label(rule.allowed)]
        if hook is None and name == FORMER_CHAIN and rules and len(allowed) == len(rules):
            users = [rule for rule in ruleset.rules
                     if name in rule.targets and rule.chain.split(" ")[:2] == [family, table]]
            jumps = [rule for rule in users if rule.bare and not rule.comment]
            found.append(Former(chain, allowed, jumps, len(jumps) < len(users)))
    return found


def in_force(ruleset: Ruleset) -> List[Tuple[str, Optional[Allowed]]]:
    """Return our rules in their order, as pairs of a chain and what it accepts."""
    return [(rule.chain, rule.allowed) for rule in ours(ruleset)]


def commands(ruleset: Ruleset, wanted: Sequence[Tuple[str, Optional[Allowed]]],
             kept: Sequence[Former] = ()) -> str:
    """Return the commands for C(nft --file -) after which exactly these rules of ours are in force.

    A drop is final in nftables, but an accept only ends its own base chain. So our rules come first in the
    administrator's chain.

    :param wanted: see C(in_force).
    :param kept: the chains of version 1.0.0 to restore; all other chains of version 1.0.0 are removed.
    :returns: an empty text without a difference.
    """
    lines = []
    if in_force(ruleset) != list(wanted):
        lines += [f"delete rule {rule.chain} handle {rule.handle}" for rule in ours(ruleset)]
        lines += [f"insert rule {chain} {nftables_rule(allowed)}" for chain, allowed in reversed(wanted) if allowed]
    present = former(ruleset)
    for each in present:
        if each not in kept:
            lines += [f"delete rule {jump.chain} handle {jump.handle}" for jump in each.jumps]
            lines += [f"flush chain {each.chain}", *([] if each.used else [f"delete chain {each.chain}"])]
    for each in kept:
        if each not in present:
            lines += [f"add chain {each.chain}", f"flush chain {each.chain}"]
            lines += [f'add rule {each.chain} {_former_rule(allowed)} accept comment "{label(allowed)}"'
                      for allowed in each.allowed]
            lines += [f"insert rule {jump.chain} jump {FORMER_CHAIN}" for jump in each.jumps]
    return "".join(f"{line}\n" for line in lines)


def _former_rule(allowed: Allowed) -> str:
    """Return the matches of a rule as version 1.0.0 wrote them."""
    return nftables_rule(allowed).partition(" accept ")[0]
