# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is let in, in the words of each firewall.

Every function here is pure. Protocols are numbers, because a host may lack /etc/protocols.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import Iterable, List, Sequence

from ansible_collections.openvip.cluster.plugins.module_utils._host.needs import AH, VRRP, Allowed

HEADER = "Written by Ansible, role openvip.cluster.keepalived: changes here are lost."
# the name of our chain and of our policy
NAME = "keepalived"
# https://www.iana.org/assignments/protocol-numbers
NUMBERS = {VRRP: 112, AH: 51}
NFTABLES_SADDR = {"ipv4": "ip saddr", "ipv6": "ip6 saddr"}
# the families of nftables' tables that see packets of a family
NFTABLES_FAMILIES = {"ipv4": ("inet", "ip"), "ipv6": ("inet", "ip6")}


def label(allowed: Allowed) -> str:
    """Return what an administrator reads beside a rule, which is also what tells it from any other."""
    port = "" if allowed.port is None else " port %d" % allowed.port
    return "%s%s from %s" % (allowed.protocol, port, allowed.source or "any %s" % allowed.family)


def nftables_rule(allowed: Allowed) -> str:
    """Return the rule of nftables."""
    if allowed.source:
        match = "%s %s" % (NFTABLES_SADDR[allowed.family], allowed.source)
    else:
        match = "meta nfproto %s" % allowed.family
    if allowed.port is None:
        match += " meta l4proto %d" % NUMBERS[allowed.protocol]
    else:
        match += " %s dport %d" % (allowed.protocol, allowed.port)
    return '%s accept comment "%s"' % (match, label(allowed))


def seen_by(family: str, allowed: Iterable[Allowed]) -> List[Allowed]:
    """Return what a table of nftables of a family (C(inet), C(ip), C(ip6)) has packets of."""
    return [each for each in allowed if family in NFTABLES_FAMILIES[each.family]]


def nftables_text(chain: str, allowed: Sequence[Allowed]) -> str:
    """Return the file that adds a chain of ours with the rules, and the jump to it as the first rule of I(chain).

    A drop is final in nftables, an accept only ends its own base chain, so it has to be there.

    :param chain: C(FAMILY TABLE CHAIN).
    """
    family, table, dummy = chain.split()
    ours = "%s %s %s" % (family, table, NAME)
    lines = ["# " + HEADER, "add chain %s" % ours, "flush chain %s" % ours]
    lines += ["add rule %s %s" % (ours, nftables_rule(each)) for each in seen_by(family, allowed)]
    return "\n".join([*lines, "insert rule %s jump %s" % (chain, NAME), ""])


def nftables_removal(chain: str, handles: Sequence[int]) -> str:
    """Return the commands that take away the jumps to our chain.

    :param handles: of the jumps in I(chain).
    """
    return "".join("delete rule %s handle %d\n" % (chain, handle) for handle in handles)


def ufw_block(family: str, allowed: Sequence[Allowed]) -> str:
    """Return the lines for C(before.rules) or C(before6.rules), in the words of iptables-restore."""
    chain = {"ipv4": "ufw-before-input", "ipv6": "ufw6-before-input"}[family]
    lines = []
    for each in allowed:
        if each.family != family:
            continue
        words = ["-A", chain, *(["-s", each.source] if each.source else [])]
        if each.port is None:
            words += ["-p", str(NUMBERS[each.protocol])]
        else:
            words += ["-p", each.protocol, "--dport", str(each.port)]
        lines.append(" ".join([*words, "-j", "ACCEPT"]))
    return "\n".join(lines)


def _firewalld_rule(allowed: Allowed) -> List[str]:
    source = ['    <source address="%s"/>' % allowed.source] if allowed.source else []
    what = ('<port port="%d" protocol="%s"/>' % (allowed.port, allowed.protocol) if allowed.port is not None
            else '<protocol value="%s"/>' % allowed.protocol)
    return ['  <rule family="%s">' % allowed.family, *source, "    " + what, "    <accept/>", "  </rule>"]


def firewalld_text(allowed: Sequence[Allowed]) -> str:
    """Return the policy for everything that comes to the host, whatever its zone; it comes before the zones' rules
    (firewalld.policies(5): priorities below 0)."""
    lines = ['<?xml version="1.0" encoding="utf-8"?>', '<policy target="CONTINUE" priority="-1">',
             "  <short>%s</short>" % NAME, "  <description>%s</description>" % HEADER,
             '  <ingress-zone name="ANY"/>', '  <egress-zone name="HOST"/>']
    for each in allowed:
        lines += _firewalld_rule(each)
    return "\n".join([*lines, "</policy>", ""])


def unseen(chain: str, allowed: Sequence[Allowed]) -> List[Allowed]:
    """Return what a chain of nftables never gets to see."""
    return [each for each in allowed if chain.split()[0] not in NFTABLES_FAMILIES[each.family]]
