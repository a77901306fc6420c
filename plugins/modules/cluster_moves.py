#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_moves
short_description: Tell where the addresses go when a host goes out of service or comes back
version_added: 1.0.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - Tells from what M(openvip.cluster.keepalived_info) returned for the hosts of a cluster which addresses move, from
    which host to which, when a host goes into maintenance or its maintenance ends.
  - It fails when a host is to go and nobody can take its addresses.
  - Everything happens on the controller, and nothing changes.
extends_documentation_fragment:
  - openvip.cluster.reports
  - openvip.cluster.attributes
  - openvip.cluster.attributes.info_module
options:
  host:
    description: The host that goes out of service or comes back, one of O(reports).
    type: str
    required: true
  state:
    description:
      - Whether its maintenance begins (V(present)) or ends (V(absent)).
      - V(holder) is for the host that is to have every address, and tells which others have to go for that.
    type: str
    choices: [present, absent, holder]
    default: present
  force:
    description: Whether the host may go when nobody can take its addresses, which are then without a host.
    type: bool
    default: false
seealso:
  - module: openvip.cluster.keepalived_info
  - module: openvip.cluster.vip_handover
"""

EXAMPLES = r"""
- name: Ask keepalived
  openvip.cluster.keepalived_info:
  register: keepalived

- name: See who takes the addresses of this host
  openvip.cluster.cluster_moves:
    host: "{{ inventory_hostname }}"
    reports:
      - name: "{{ inventory_hostname }}"
        keepalived: "{{ keepalived }}"
  register: plan
"""

RETURN = r"""
moves:
  description: The moves, one for each C(vrrp_instance) with addresses.
  returned: success
  type: list
  elements: dict
  contains:
    instance:
      description: The C(vrrp_instance).
      type: str
    giver:
      description: The host that has the addresses.
      type: str
    taker:
      description: The host that takes them.
      type: str
    interfaces:
      description: The interface of the instance on the giver and on the taker.
      type: list
      elements: str
    addresses:
      description: The addresses, without prefix length.
      type: list
      elements: str
  sample:
    - instance: VI_1
      giver: lb1
      taker: lb2
      interfaces: [eth1, eth1]
      addresses: [198.18.0.100]
hosts:
  description: The hosts whose maintenance begins or ends, in the order in which that is to be done.
  returned: success
  type: list
  elements: str
stays:
  description: Whether the addresses stay where they are when the maintenance of O(host) ends, by C(nopreempt).
  returned: success
  type: bool
handover:
  description:
    - What each host has to do so that connections outlive the moves, the givers first. Empty for directors of LVS,
      which copy their connections to each other.
  returned: success
  type: list
  elements: dict
  contains:
    host:
      description: The host.
      type: str
    side:
      description: Its O(openvip.cluster.vip_handover#module:side).
      type: str
    addresses:
      description: Its O(openvip.cluster.vip_handover#module:addresses).
      type: list
      elements: dict
"""
