# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what keepalived needs of a host and what the host is to what has to be written there.

Every function here is pure.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import difflib
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from ansible_collections.openvip.cluster.plugins.module_utils._host import firewall, paths
from ansible_collections.openvip.cluster.plugins.module_utils._host.found import FIREWALLD, NFTABLES, UFW, Found
from ansible_collections.openvip.cluster.plugins.module_utils._host.needs import Allowed

AUTO, NONE = "auto", "none"
FIREWALLS = (AUTO, FIREWALLD, NFTABLES, UFW, NONE)
MARKER = "# {mark} keepalived, managed by Ansible"
# What a handler of the role is asked to do.
RELOAD_FIREWALLD, RELOAD_UFW = "Reload firewalld", "Reload ufw"

# systemd.network(5): addresses that networkd did not set itself stay when it starts or reconfigures the interface. It
# reads this when it starts, which is early enough. Told to read it now it would take the host's own addresses off for a
# moment, and keepalived would give the virtual ones away.
NETWORK_TEXT = "# %s\n[Network]\nKeepConfiguration=static\n" % firewall.HEADER
# networkd.conf(5): the same for routes and rules, which KeepConfiguration= does not keep.
NETWORKD_TEXT = ("# %s\n[Network]\nManageForeignRoutes=no\nManageForeignRoutingPolicyRules=no\n" % firewall.HEADER)


class UnusableError(Exception):
    """The host cannot get what it needs; the only argument is a sentence with the remedy."""


class Plan(NamedTuple):
    """What has to be on a host.

    :ivar firewall: the firewall whose rules it gets, C(none) for no firewall.
    :ivar files: files that are ours: C({"path", "content", "validate" or None, "notify"}).
    :ivar absent: files of ours that are no longer needed: C({"path", "notify"}).
    :ivar blocks: our lines in others' files, empty to remove: C({"path", "block", "insertafter", "validate",
        "notify"}).
    :ivar nftables: commands for C(nft --file -) that bring the rules in force to what they should be; empty when they
        are.
    :ivar sysctl: C({name: value}) of I(paths.SYSCTL).
    """

    firewall: str
    files: List[Dict[str, Any]]
    absent: List[Dict[str, Any]]
    blocks: List[Dict[str, Any]]
    nftables: str
    sysctl: Dict[str, int]


def choose(wanted: str, found: Found, chain: str) -> str:
    """Return the firewall that is meant. firewalld and ufw come before nftables, which they may use.

    nftables.service without a chain that sees incoming packets drops none of them: that is no firewall.
    """
    if wanted != AUTO:
        return wanted
    used = next((name for name in (FIREWALLD, UFW, NFTABLES) if name in found.active), NONE)
    if used == NFTABLES and chain not in found.chains and "input" not in found.chains.values():
        return NONE
    return used


def _check_chain(chain: str, found: Found, allowed: Sequence[Allowed]) -> None:
    if chain not in found.chains:
        inputs = [name for name, hook in found.chains.items() if hook == "input"]
        nearest = next(iter(difflib.get_close_matches(chain, inputs, 1, 0)), None)
        remedy = "Load the ruleset with a chain for incoming packets first, or set keepalived_firewall: none."
        if nearest:
            remedy = ('Set keepalived_firewall_nftables_chain to the one that decides about incoming packets, such as '
                      '"%s".' % nearest)
        raise UnusableError('nftables has no chain "%s". %s' % (chain, remedy))
    unseen = firewall.unseen(chain, allowed)
    if unseen:
        raise UnusableError(
            'the chain "%s" of nftables never sees %s. Set keepalived_firewall_nftables_chain to a chain of a table of '
            "the family inet." % (chain, " and ".join(sorted({each.family for each in unseen}))))


def nftables_main(found: Found) -> str:
    """Return the file that nftables.service loads.

    :raises UnusableError: there is none.
    """
    path = next((path for path in paths.NFTABLES_CONF if path in found.files), None)
    if path is None:
        raise UnusableError("none of %s is there, which nftables.service loads. Write the ruleset there first, or set "
                            "keepalived_firewall: none." % " and ".join(paths.NFTABLES_CONF))
    return path


def _file(path: str, content: str, notify: Sequence[str] = (), validate: Optional[str] = None) -> Dict[str, Any]:
    return {"path": path, "content": content, "validate": validate, "notify": list(notify)}


def _block(path: str, block: str, validate: str, after: Optional[str], notify: Sequence[str]) -> Dict[str, Any]:
    return {"path": path, "block": block, "validate": validate, "insertafter": after, "notify": list(notify)}


def _blocks(used: str, found: Found, allowed: Sequence[Allowed]) -> List[Dict[str, Any]]:
    blocks = []
    include = {nftables_main(found): 'include "%s"' % paths.NFTABLES} if used == NFTABLES else {}
    for path in paths.NFTABLES_CONF:
        blocks.append(_block(path, include.get(path, ""), "nft --check --file %s", None, []))
    for family, path in paths.UFW_RULES.items():
        if used == UFW and path not in found.files:
            raise UnusableError("%s is not there. Install ufw, or set keepalived_firewall to auto." % path)
        tables = {"ipv4": "iptables-restore", "ipv6": "ip6tables-restore"}[family]
        blocks.append(_block(path, firewall.ufw_block(family, allowed) if used == UFW else "", tables + " --test %s",
                             "^# End required lines", [RELOAD_UFW] if UFW in found.active else []))
    begin = MARKER.format(mark="BEGIN")
    return [each for each in blocks if each["block"] or begin in found.files.get(each["path"], "").splitlines()]


def _nftables(chain: str, found: Found, used: bool, allowed: Sequence[Allowed]) -> str:
    """Return the commands that make the ruleset in force what it should be, in one transaction."""
    removal = firewall.nftables_removal(chain, found.jumps)
    if used:
        expected = [firewall.label(each) for each in allowed]
        loaded = found.rules is not None and list(found.rules) == expected and len(found.jumps) == 1
        return "" if loaded else removal + firewall.nftables_text(chain, allowed)
    if found.rules is None:
        return removal
    family, table, dummy = chain.split()
    ours = "%s %s %s" % (family, table, firewall.NAME)
    return removal + "flush chain %s\ndelete chain %s\n" % (ours, ours)


def _network(need: Dict[str, Any], found: Found) -> List[Dict[str, Any]]:
    drop_ins = sorted({paths.network_drop_in(path) for path in found.networks.values()})
    files = [_file(path, NETWORK_TEXT) for path in drop_ins]
    if need["routes"] and found.networks:
        files.append(_file(paths.NETWORKD, NETWORKD_TEXT))
    return files


def _sysctl(found: Found) -> Dict[str, int]:
    """Return what instances with use_vmac need over reboots, and over whoever applies the host's own settings again.

    keepalived sets the rest itself when it starts. The filter for all interfaces must be off, because the stricter of
    C(all) and the interface's own counts (ip-sysctl) and adverts come in on the VMAC interface by no route of it; so
    each other interface gets for itself what it had by C(all).
    """
    everywhere = found.rp_filter.get("all", 0)
    kept = {name: max(value, everywhere) for name, value in found.rp_filter.items() if name not in ("all", "lo")}
    found_values = {"all": 0, "default": kept.get("default", 0)}
    found_values.update({name: value for name, value in sorted(kept.items())
                         if value > found.rp_filter[name]})
    # An interface such as eth0.100 has a dot of its own, which sysctl(8) takes between slashes only.
    return {("net/ipv4/conf/%s/rp_filter" if "." in name else "net.ipv4.conf.%s.rp_filter") % name: value
            for name, value in found_values.items()}


def make(need: Dict[str, Any], found: Found, wanted: str, chain: str) -> Plan:
    """Return the C(Plan).

    :param need: the options I(allow), I(unknown), I(interface), I(routes) and I(vmac) of the module.
    :param wanted: one of I(FIREWALLS).
    :param chain: C(FAMILY TABLE CHAIN) of nftables.
    :raises UnusableError: the firewall that is meant cannot be used.
    """
    allowed = [Allowed(**each) for each in need["allow"]]
    used = choose(wanted, found, chain) if allowed or need["unknown"] else NONE
    if used != NONE and need["unknown"]:
        raise UnusableError(" ".join(need["unknown"]))
    files = []
    if used == NFTABLES:
        _check_chain(chain, found, allowed)
        files.append(_file(paths.NFTABLES, firewall.nftables_text(chain, allowed), (), "nft --check --file %s"))
    elif used == FIREWALLD:
        files.append(_file(paths.FIREWALLD, firewall.firewalld_text(allowed),
                           [RELOAD_FIREWALLD] if FIREWALLD in found.active else []))
    files += _network(need, found)
    kept = [each["path"] for each in files] + ([paths.SYSCTL] if need["vmac"] else [])
    notify = {paths.FIREWALLD: [RELOAD_FIREWALLD] if FIREWALLD in found.active else []}
    absent = [{"path": path, "notify": notify.get(path, [])}
              for path in found.files if path not in kept and path not in paths.SHARED]
    blocks = _blocks(used, found, allowed)
    return Plan(used, files, absent, blocks, _nftables(chain, found, used == NFTABLES, allowed),
                _sysctl(found) if need["vmac"] else {})
