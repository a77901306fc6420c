#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: drill_plan
short_description: Say what a failover drill does with each fault, or why it must not begin
version_added: 1.0.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - Looks at a cluster as M(openvip.cluster.keepalived_info) found it, and says for each fault which host gets it, which
    host takes the address, for how long the address is away by VRRP's timers, and how the cluster is to be afterwards.
  - Fails when the cluster is not healthy, when the prober is a member of it, when hosts in production were not
    confirmed, and when there is no such fault.
  - Everything happens on the controller, and nothing changes.
extends_documentation_fragment:
  - openvip.cluster.reports
  - openvip.cluster.attributes
  - openvip.cluster.attributes.info_module
options:
  faults:
    description: The faults, in the words of M(openvip.cluster.drill_fault).
    type: list
    elements: str
    required: true
  members:
    description: The names of all hosts of the cluster.
    type: list
    elements: str
    required: true
  prober:
    description: The host from which the address is probed.
    type: str
    required: true
  group:
    description: The name of the cluster's group, which confirms a drill in production.
    type: str
    required: true
  production:
    description: The members that are in production.
    type: list
    elements: str
    default: []
  confirm:
    description: What was typed to confirm a drill in production.
    type: str
    default: ""
  url:
    description: What is probed. The start page at the first address where it is empty.
    type: str
    default: ""
  address:
    description: The virtual address behind O(url), where its host is a name.
    type: str
    default: ""
  host:
    description: The host that gets the faults. The present holder where it is empty.
    type: str
    default: ""
  service:
    description: The systemd unit of the service behind the address.
    type: str
    default: ""
  interface:
    description: The interface of V(freeze) and V(link_down). The one of the vrrp_instance where it is empty.
    type: str
    default: ""
  real_server:
    description: The real server that gets its faults.
    type: str
    default: ""
  real_server_service:
    description: The systemd unit of the service on it.
    type: str
    default: ""
  watchdog:
    description: Seconds after which a host undoes a fault by itself.
    type: int
    default: 30
seealso:
  - module: openvip.cluster.drill_fault
  - module: openvip.cluster.drill_report
"""

EXAMPLES = r"""
- name: Ask keepalived
  openvip.cluster.keepalived_info:
  register: keepalived

- name: See what a drill would do
  openvip.cluster.drill_plan:
    faults:
      - keepalived_stop
    reports:
      - name: "{{ inventory_hostname }}"
        keepalived: "{{ keepalived }}"
    members: "{{ ansible_play_hosts_all }}"
    prober: client
    group: lb
  register: result
"""

RETURN = r"""
plans:
  description: One for each fault.
  returned: success
  type: list
  elements: dict
  contains:
    fault:
      description: The fault.
      type: str
    summary:
      description: What is done, and what undoes it.
      type: str
    kind:
      description: What the cluster sees, V(tracked), V(checked), V(planned), V(crash) or V(none).
      type: str
    host:
      description: The host that gets it.
      type: str
    holder:
      description: The host that has the address now.
      type: str
    successor:
      description: The host that would take the address. Nothing without another host.
      type: str
    moves:
      description: Whether another host is to take the address.
      type: bool
    url:
      description: What is probed.
      type: str
    address:
      description: The virtual address behind it.
      type: str
    addresses:
      description: All virtual addresses of the cluster.
      type: list
      elements: str
    instance:
      description: The vrrp_instance that has the address.
      type: str
    service:
      description: The systemd unit of the service on the host.
      type: str
    interface:
      description: The interface of the fault on the host.
      type: str
    predicted:
      description: For how long the address is away, C(low_ms) and C(high_ms). Nothing where no timer says it.
      type: dict
    wait:
      description: Seconds to wait for the move at most.
      type: int
    watchdog:
      description: Seconds after which the host undoes the fault by itself.
      type: int
    final:
      description: How each member is to be afterwards, as C(instance=STATE).
      type: dict
    silent:
      description: Whether the host cannot be reached meanwhile.
      type: bool
    several:
      description: Whether two hosts are to hold the address meanwhile.
      type: bool
    remains_master:
      description: Whether the host comes back as the master that it was.
      type: bool
    waking_ms:
      description: For how long two hosts may hold the address then, in milliseconds.
      type: float
    comes_back:
      description: Whether there is nothing to undo.
      type: bool
lines:
  description: A table for people, with each fault, the host that gets it, and the predicted outage in milliseconds.
  returned: success
  type: list
  elements: str
"""
