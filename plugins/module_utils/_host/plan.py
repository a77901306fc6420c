# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plan the changes of a host, from the needs of keepalived and the inspection of the host.

Every function here is pure.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from . import block, firewall, paths, ruleset
from .allowed import Allowed
from .found import FIREWALLD, NFTABLES, UFW, Found

AUTO, NONE = "auto", "none"
FIREWALLS = (AUTO, FIREWALLD, NFTABLES, UFW, NONE)
# The place of our rules in ufw's files: at the comment for them, else in front of the first rule
REQUIRED = re.compile(r"^# End required lines.*\n", re.MULTILINE)
FIRST_RULE = re.compile(r"^\*filter[ \t\r]*\n(?:[:#\s].*\n|\n)*", re.MULTILINE)
RESTORE = {"ipv4": "iptables-restore", "ipv6": "ip6tables-restore"}

# systemd.network(5): addresses that networkd did not set itself stay when it starts or reconfigures the interface. It
# reads this when it starts, which is early enough. Told to read it now it would take the host's own addresses off for a
# moment, and keepalived would give the virtual ones away.
NETWORK_TEXT = f"# {paths.HEADER}\n[Network]\nKeepConfiguration=static\n"
# networkd.conf(5): the same for routes and rules, which KeepConfiguration= does not keep.
NETWORKD_TEXT = f"# {paths.HEADER}\n[Network]\nManageForeignRoutes=no\nManageForeignRoutingPolicyRules=no\n"


class UnusableError(Exception):
    """The host cannot get what it needs; the only argument is a sentence with the remedy."""


class Change(NamedTuple):
    """The content of a file before and after; C(None) stands for no file."""

    path: str
    before: Optional[bytes]
    after: Optional[bytes]


class Effect(NamedTuple):
    """A difference between what is in force and what is wanted: lines for an administrator."""

    name: str
    before: List[str]
    after: List[str]


class Test(NamedTuple):
    """A program that has to accept a text before it is written to a file.

    :ivar former: the text of the current file.
    """

    path: str
    words: Sequence[str]
    text: str
    former: str


class Plan(NamedTuple):
    """The changes of a host.

    :ivar firewall: the firewall whose rules it gets, C(none) for no firewall.
    :ivar files: in the order in which they may be changed.
    :ivar effects: the differences in force.
    :ivar nftables: commands for C(nft --file -), empty where the rules in force are right.
    :ivar reload: the firewalls that have to read their files again.
    :ivar sysctl: C({interface: value}) of the rp_filter values to set.
    """

    firewall: str
    files: List[Change]
    effects: List[Effect]
    tests: List[Test]
    nftables: str
    reload: List[str]
    sysctl: Dict[str, int]

    def differs(self) -> bool:
        return bool(self.files or self.effects)


def choose(wanted: str, found: Found, chain: str) -> str:
    """Return the firewall that is meant. firewalld and ufw come before nftables, which they may use.

    nftables.service without a chain that sees incoming packets drops none of them: that is no firewall.
    """
    if wanted != AUTO:
        return wanted
    used = next((name for name in (FIREWALLD, UFW, NFTABLES) if name in found.active), NONE)
    if used == NFTABLES and found.ruleset and chain not in found.ruleset.chains \
            and "input" not in found.ruleset.chains.values():
        return NONE
    return used


def _check_chain(chain: str, found: Found, allowed: Sequence[Allowed]) -> None:
    if found.ruleset is None:
        raise UnusableError(f"the rules of nftables in force cannot be read: {found.reason}. Correct that, or set "
                            "keepalived_firewall: none if this host has no firewall.")
    chains = found.ruleset.chains
    if chains.get(chain, "") not in ("input", None):
        inputs = [name for name, hook in chains.items() if hook == "input"]
        nearest = next(iter(difflib.get_close_matches(chain, inputs, 1, 0)), None)
        remedy = "Load the ruleset with a chain for incoming packets first, or set keepalived_firewall: none."
        if nearest:
            remedy = ("Set keepalived_firewall_nftables_chain to the one that decides about incoming packets, such as "
                      f'"{nearest}".')
        problem = f"has the hook {chains[chain]}" if chain in chains else "is not in force"
        raise UnusableError(f'the chain "{chain}" of nftables {problem}. {remedy}')
    unseen = [each for each in allowed if each not in firewall.seen_by(chain, allowed)]
    if unseen:
        families = " and ".join(sorted({each.family for each in unseen}))
        raise UnusableError(f'the chain "{chain}" of nftables gets no {families} packets. Set '
                            "keepalived_firewall_nftables_chain to a chain of a table of the family inet.")


def _nftables_files(chain: str, found: Found, allowed: Sequence[Allowed]) -> Tuple[List[Change], List[Test]]:
    """Return the files that nftables.service loads as they should be.

    :param allowed: empty for none of our rules.
    :raises UnusableError: there is no place for the rules.
    """
    conf = found.conf
    if conf is None:
        if allowed:
            raise UnusableError(f"nftables.service loads {' or '.join(paths.NFTABLES_CONF)}, and neither exists. "
                                "Write the ruleset there first, or set keepalived_firewall: none.")
        return [], []
    site = conf.site(chain) if allowed else None
    if allowed and site is None:
        family, table, name = chain.split()
        raise UnusableError(
            f'{conf.main} and the files that it includes have no block "chain {name} {{" in a '
            f'"table {family} {table} {{". Define the chain there in this form, or set '
            "keepalived_firewall_nftables_chain to one that is.")
    edited = conf.edited(site, [firewall.nftables_rule(each) for each in allowed])
    changes = [Change(path, conf.texts[path].encode("latin-1"), text.encode("latin-1"))
               for path, text in edited.items()]
    tests = [Test(", ".join(edited), ["nft", "--check", "--file", "-"], conf.flat(edited), conf.flat({}))]
    return changes, tests if changes else []


def _ufw_files(used: bool, found: Found, allowed: Sequence[Allowed]) -> Tuple[List[Change], List[Test]]:
    changes, tests = [], []
    for family, path in paths.UFW_RULES.items():
        content = found.files.get(path)
        if content is None:
            if used:
                raise UnusableError(f"{path} does not exist. Install ufw, or set keepalived_firewall to auto.")
            continue
        former = content.decode("latin-1")
        there = block.blocks(path, former)
        place = REQUIRED.search(former) or FIRST_RULE.search(former)
        if used and not place:
            raise UnusableError(f'{path} has no table "*filter". Install ufw again, or set keepalived_firewall: none.')
        text = block.edited(former, there, firewall.ufw_rules(family, allowed) if used else [],
                            there[0] if there else None, place.end() if place else None)
        if text != former:
            changes.append(Change(path, content, text.encode("latin-1")))
            tests.append(Test(path, [RESTORE[family], "--test"], text, former))
    return changes, tests


def _whole_files(found: Found, wanted: Dict[str, str]) -> List[Change]:
    """Return the changes of the files that are ours as a whole.

    :raises UnusableError: a file belongs to somebody else.
    """
    changes = []
    for path, text in wanted.items():
        content = found.files.get(path)
        if content is not None and not paths.is_ours(path, content):
            raise UnusableError(f"{path} was not written by this role. Give it another name, or remove it, then run "
                                "this again.")
        if content != text.encode():
            changes.append(Change(path, content, text.encode()))
    for path, content in found.files.items():
        if path not in wanted and path not in paths.UFW_RULES.values() and paths.is_ours(path, content):
            changes.append(Change(path, content, None))
    return changes


def _network(need: Dict[str, Any], found: Found) -> Dict[str, str]:
    wanted = dict.fromkeys(sorted({paths.network_drop_in(each) for each in found.networks.values()}), NETWORK_TEXT)
    if need["routes"] and found.networks:
        wanted[paths.NETWORKD] = NETWORKD_TEXT
    return wanted


def _sysctl(found: Found) -> Dict[str, int]:
    """Return the values of rp_filter that instances with use_vmac need, by interface, over reboots, and over whoever
    applies the host's own settings again.

    keepalived sets the rest itself when it starts. The filter for all interfaces must be off, because the stricter of
    C(all) and the interface's own counts (ip-sysctl) and adverts come in on the VMAC interface by no route of it; so
    each other interface gets for itself the value that it had by C(all). A value in our file stays.
    """
    content = found.files.get(paths.SYSCTL, b"").decode("latin-1")
    matches = [paths.SETTING.fullmatch(line) for line in content.split("\n")]
    wanted = {match.group("name"): int(match.group("value")) for match in matches if match}
    everywhere = found.rp_filter.get("all", 0)
    for name, value in found.rp_filter.items():
        if name != "lo" and (name in wanted or name == "default" or everywhere > value):
            wanted[name] = max(value, everywhere, wanted.get(name, 0))
    return {"all": 0, **{name: value for name, value in sorted(wanted.items()) if name != "all"}}


def _sysctl_text(values: Dict[str, int]) -> str:
    # An interface such as eth0.100 has a dot of its own, which sysctl(8) takes between slashes only.
    return f"# {paths.HEADER}\n" + "".join(
        f"net/ipv4/conf/{name}/rp_filter = {value}\n" if "." in name else f"net.ipv4.conf.{name}.rp_filter = {value}\n"
        for name, value in values.items())


def _normal(each: Dict[str, Any]) -> Allowed:
    try:
        return Allowed(**dict(each, source=str(ipaddress.ip_address(each["source"])) if each["source"] else None))
    except ValueError as error:
        raise UnusableError(f"allow: {error}. Set source to an IP address.") from error


def accepted(need: Dict[str, Any], found: Found, used: str) -> List[Allowed]:
    """Return what the host accepts. As long as a peer is not known, all stays that it accepts from other hosts now.

    :param used: the firewall.
    :raises UnusableError: a peer is not known, and nothing that is accepted now may be from it.
    """
    allowed = [_normal(each) for each in need["allow"]]
    if used == NONE or not need["unknown"]:
        return allowed
    former = _accepted_now(found, used)
    kept = [each for each in former if each not in allowed and each.source]
    if not kept:
        raise UnusableError(" ".join(need["unknown"]))
    # in the order in which they are in force
    return sorted([*allowed, *kept], key=lambda each: former.index(each) if each in former else len(former))


def _accepted_now(found: Found, used: str) -> List[Allowed]:
    """Return what our rules accept now."""
    if used == FIREWALLD:
        return firewall.firewalld_allowed(found.policy or set())
    if used == UFW:
        return [each for rules in found.ufw.values() for each in rules if each]
    return [each for dummy, each in ruleset.in_force(found.ruleset) if each] if found.ruleset is not None else []


def make(need: Dict[str, Any], found: Found, wanted: str, chain: str) -> Plan:
    """Return the C(Plan).

    :param need: the options I(allow), I(unknown), I(interface), I(routes) and I(vmac) of the module.
    :param wanted: one of I(FIREWALLS).
    :param chain: C(FAMILY TABLE CHAIN) of nftables.
    :raises UnusableError: the firewall that is meant cannot be used.
    :raises BlockError: our markers in a file are damaged.
    """
    used = choose(wanted, found, chain) if need["allow"] or need["unknown"] else NONE
    allowed = accepted(need, found, used)
    if used == NFTABLES:
        _check_chain(chain, found, allowed)
    whole = _network(need, found)
    if used == FIREWALLD:
        whole[paths.FIREWALLD] = firewall.firewalld_text(allowed)
    values = _sysctl(found) if need["vmac"] else {}
    if values:
        whole[paths.SYSCTL] = _sysctl_text(values)
    files, tests = _nftables_files(chain, found, allowed if used == NFTABLES else [])
    ufw_files, ufw_tests = _ufw_files(used == UFW, found, allowed)
    # An include goes before the file that it names.
    files += [*ufw_files, *_whole_files(found, whole)]
    return _with_effects(Plan(used, files, [], tests + ufw_tests, "", [], {}), found, chain, allowed, values)


def _with_effects(plan: Plan, found: Found, chain: str, allowed: Sequence[Allowed], values: Dict[str, int]) -> Plan:
    """Return the plan with the differences in force."""
    effects, reload = [], []
    nftables = ""
    if found.ruleset is not None:
        rules = [(chain, each) for each in allowed] if plan.firewall == NFTABLES else []
        nftables = ruleset.commands(found.ruleset, rules)
        if nftables:
            former = [f"{each.chain}: {firewall.label(one)}" for each in ruleset.former(found.ruleset)
                      for one in each.allowed]
            effects.append(Effect("rules of nftables in force", [*former, *_lines(ruleset.in_force(found.ruleset))],
                                  _lines(rules)))
    changed = {each.path for each in plan.files}
    if FIREWALLD in found.active:
        expected = firewall.firewalld_lines(allowed) if plan.firewall == FIREWALLD else set()
        gone = found.policy_owed or paths.FIREWALLD in changed
        if found.policy != expected if expected else found.policy is not None and gone:
            effects.append(Effect("policy of firewalld in force", sorted(found.policy or ()), sorted(expected)))
            reload.append(FIREWALLD)
        elif paths.FIREWALLD in changed:
            reload.append(FIREWALLD)
    for family, rules_in_force in found.ufw.items():
        expected_rules = [each for each in allowed if each.family == family] if plan.firewall == UFW else []
        if rules_in_force != expected_rules:
            effects.append(Effect(f"rules of ufw in force for {family}", _names(rules_in_force),
                                  _names(expected_rules)))
            reload.append(UFW)
    if UFW in found.active and changed & set(paths.UFW_RULES.values()):
        reload.append(UFW)
    settings = {name: value for name, value in values.items() if found.rp_filter.get(name, value) != value}
    if settings:
        effects.append(Effect("rp_filter in force", [f"{name}: {found.rp_filter[name]}" for name in settings],
                              [f"{name}: {value}" for name, value in settings.items()]))
    return plan._replace(effects=effects, nftables=nftables, reload=sorted(set(reload)), sysctl=settings)


def _names(rules: Sequence[Optional[Allowed]]) -> List[str]:
    return [firewall.label(each) if each else "a rule with our comment that was changed" for each in rules]


def _lines(rules: Sequence[Tuple[str, Optional[Allowed]]]) -> List[str]:
    return [f"{chain}: {name}" for (chain, dummy), name in zip(rules, _names([each for dummy, each in rules]))]
