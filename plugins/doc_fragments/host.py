# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of the modules that inspect and change the firewall and the network of a host.

Note that this document fragment is PRIVATE to the collection.
"""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  firewall:
    description:
      - The firewall that gets the rules. V(auto) is the first of V(firewalld), V(ufw) and V(nftables) that is in force,
        or none.
      - With V(none) no firewall gets rules, and existing rules are removed.
    type: str
    choices: [auto, firewalld, nftables, ufw, none]
    default: auto
  nftables_chain:
    description: Family, table and name of the nftables chain that decides about incoming packets.
    type: str
    default: inet filter input
  allow:
    description: The packets that the firewall accepts.
    type: list
    elements: dict
    default: []
    suboptions:
      family:
        description: The address family.
        type: str
        required: true
        choices: [ipv4, ipv6]
      source:
        description: The source address. Any address when it is left out.
        type: str
      protocol:
        description: The protocol.
        type: str
        required: true
        choices: [vrrp, ah, tcp, udp]
      port:
        description: The port, V(1) to V(65535), where the protocol has one.
        type: int
  unknown:
    description: Reasons why a part of O(allow) cannot be derived. Any reason is an error where a firewall is in force.
    type: list
    elements: str
    default: []
  interface:
    description: The interfaces with virtual addresses.
    type: list
    elements: str
    default: []
  routes:
    description: Whether keepalived sets routes or rules.
    type: bool
    default: false
  vmac:
    description: Whether an IPv4 instance has C(use_vmac).
    type: bool
    default: false
"""
