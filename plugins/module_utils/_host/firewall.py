# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accepted packets as rules of each firewall, and back from the listing of the rules in force.

Every function here is pure. Protocols are numbers, because a host may lack /etc/protocols.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
import re
import shlex
from typing import Iterable, List, Optional, Sequence, Set

from .allowed import AH, VRRP, Allowed
from .paths import HEADER

# The name of our firewalld policy
NAME = "keepalived"
# The mark of our rules
MARK = "openvip.cluster: "
# https://www.iana.org/assignments/protocol-numbers
NUMBERS = {VRRP: 112, AH: 51}
# The names in a listing, see /etc/protocols
PROTOCOLS = {"vrrp": VRRP, "112": VRRP, "ah": AH, "51": AH}
# For each family the name in nftables, and offset and length of the source in the header, in bits (RFC 791, RFC 8200)
NFTABLES_FAMILY = {"ipv4": ("ip", 96, 32), "ipv6": ("ip6", 64, 128)}
# The families of nftables tables that get packets of a family
NFTABLES_FAMILIES = {"ipv4": ("inet", "ip"), "ipv6": ("inet", "ip6")}
UFW_CHAINS = {"ipv4": "ufw-before-input", "ipv6": "ufw6-before-input"}


def label(allowed: Allowed) -> str:
    """Return the description of a rule for an administrator."""
    port = "" if allowed.port is None else f" port {allowed.port}"
    return f"{allowed.protocol}{port} from {allowed.source or f'any {allowed.family}'}"


def nftables_rule(allowed: Allowed) -> str:
    """Return the rule of nftables.

    It has to be valid in a table of any family, so that the ruleset still loads when the family of the table changes.
    C(ip saddr) is an error in a table of the family ip6, and C(meta nfproto) in all but inet. So the source is matched
    by its offset.
    """
    name, offset, length = NFTABLES_FAMILY[allowed.family]
    match = f"meta protocol {name}"
    if allowed.source:
        match += f" @nh,{offset},{length} 0x{int(ipaddress.ip_address(allowed.source)):0{length // 4}x}"
    if allowed.port is None:
        match += f" meta l4proto {NUMBERS[allowed.protocol]}"
    else:
        match += f" {allowed.protocol} dport {allowed.port}"
    return f'{match} accept comment "{MARK}{label(allowed)}"'


def seen_by(chain: str, allowed: Iterable[Allowed]) -> List[Allowed]:
    """Return the part of which a chain of nftables (C(FAMILY TABLE CHAIN)) gets packets."""
    return [each for each in allowed if chain.split()[0] in NFTABLES_FAMILIES[each.family]]


def ufw_rules(family: str, allowed: Sequence[Allowed]) -> List[str]:
    """Return the lines for C(before.rules) or C(before6.rules), in the words of iptables-restore."""
    lines = []
    for each in allowed:
        if each.family != family:
            continue
        words = ["-A", UFW_CHAINS[family], *(["-s", each.source] if each.source else [])]
        if each.port is None:
            words += ["-p", str(NUMBERS[each.protocol])]
        else:
            words += ["-p", each.protocol, "--dport", str(each.port)]
        lines.append(" ".join([*words, "-m comment --comment", f'"{MARK}{label(each)}"', "-j ACCEPT"]))
    return lines


def ufw_in_force(family: str, listed: str) -> List[Optional[Allowed]]:
    """Return what our rules in a listing accept, C(None) for a rule that has been changed.

    :param listed: the output of C(iptables --list-rules CHAIN).
    """
    found = []
    for line in listed.split("\n"):
        if f'--comment "{MARK}' not in line:
            continue
        # Each known option has one value; any other option makes it a different rule.
        words = shlex.split(line)
        options = dict(zip(words[::2], words[1::2]))
        text = options.get("--comment", "")
        source = options.get("-s", "").rpartition("/")[0] or None
        protocol = options.get("-p", "")
        port = options.get("--dport")
        each = Allowed(family, source, PROTOCOLS.get(protocol, protocol), int(port) if port else None)
        known = {"-A", "-s", "-p", "-m", "--dport", "--comment", "-j"}
        exact = set(options) <= known and options.get("-j") == "ACCEPT" and text == MARK + label(each)
        found.append(each if exact else None)
    return found


def _firewalld_rule(allowed: Allowed) -> List[str]:
    source = [f'    <source address="{allowed.source}"/>'] if allowed.source else []
    what = (f'<port port="{allowed.port}" protocol="{allowed.protocol}"/>' if allowed.port is not None
            else f'<protocol value="{allowed.protocol}"/>')
    return [f'  <rule family="{allowed.family}">', *source, "    " + what, "    <accept/>", "  </rule>"]


def firewalld_text(allowed: Sequence[Allowed]) -> str:
    """Return the policy for everything that comes to the host, whatever its zone; it comes before the zones' rules
    (firewalld.policies(5): priorities below 0)."""
    lines = ['<?xml version="1.0" encoding="utf-8"?>', '<policy target="CONTINUE" priority="-1">',
             f"  <short>{NAME}</short>", f"  <description>{HEADER}</description>",
             '  <ingress-zone name="ANY"/>', '  <egress-zone name="HOST"/>']
    for each in allowed:
        lines += _firewalld_rule(each)
    return "\n".join([*lines, "</policy>", ""])


def firewalld_lines(allowed: Sequence[Allowed]) -> Set[str]:
    """Return the lines by which firewalld lists this policy in force, see C(firewalld_in_force)."""
    lines = {"priority: -1", "target: CONTINUE", "ingress-zones: ANY", "egress-zones: HOST"}
    for each in allowed:
        source = f' source address="{each.source}"' if each.source else ""
        what = (f'port port="{each.port}" protocol="{each.protocol}"' if each.port is not None
                else f'protocol value="{each.protocol}"')
        lines.add(f'rule family="{each.family}"{source} {what} accept')
    return lines


def firewalld_allowed(lines: Iterable[str]) -> List[Allowed]:
    """Return what lines of this policy accept, see C(firewalld_lines)."""
    found = []
    for line in sorted(lines):
        words = dict(re.findall(r'(\w+)="([^"]*)"', line))
        if words.get("family"):
            port = words.get("port")
            found.append(Allowed(words["family"], words.get("address"), words.get("protocol") or words.get("value", ""),
                                 int(port) if port else None))
    return found


def firewalld_in_force(info: str) -> Set[str]:
    """Return the settings of a policy that are not empty, from the output of C(firewall-cmd --info-policy)."""
    lines = [line.strip() for line in info.split("\n")[1:]]
    return {line for line in lines if line and not re.search(r":( no)?$", line)}
