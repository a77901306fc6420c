#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_simulate
short_description: Predict what every fault, and every pair of faults, does to a cluster
version_added: 2.0.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - Plays faults on a model of the cluster. The model is made of the configuration of every host of a group, derived as
    M(openvip.cluster.keepalived_config) does, and no host is asked.
  - Says who holds each address, for how long nobody answers at it in the best and in the worst case, whether two hosts
    hold it, how many addresses one host gets, and what does not go back by itself.
  - Each fault begins when the cluster has settled after the one before. They end in the same order.
  - A finding has the remedy, and the time that a fault costs with it.
  - What the model does not know, such as the meaning of a script, it says. It then plays both outcomes.
  - The arithmetic is that of VRRP and is held against real daemons. Hosts that are too busy, switches that learn a new
    port late, and connections that break are not in it. M(openvip.cluster.drill_fault) and the role
    P(openvip.cluster.failover_drill#role) measure a real cluster.
notes:
  - Without the facts of a host its segments and addresses are not known. The model takes the hosts as being on one
    segment then.
  - Run it once, with C(run_once).
extends_documentation_fragment:
  - openvip.cluster.attributes
  - openvip.cluster.attributes.info_module
  - openvip.cluster.attributes.actiongroup_cluster
options:
  group:
    description: The inventory group of the cluster's members, in the order of their priority, or several such groups.
    type: list
    elements: str
    required: true
  definition:
    description:
      - The name of a variable that every member has, as O(openvip.cluster.cluster_check#module:definition) describes
        it.
      - The name in its C(track) tells what notices the service of a host.
    type: str
    required: true
  seen:
    description:
      - The name of a variable with what was seen of a host, as O(openvip.cluster.cluster_check#module:seen) describes
        it. C(version) and C(accepts) are looked at.
    type: str
  depth:
    description: Whether every single fault is played, or every pair of them, too.
    type: str
    choices: [single, pair]
    default: pair
  sequences:
    description:
      - Lists of faults that are played in place of all. Those of one list begin one after the other.
      - A fault is a kind and a host, for example V(gone lb1), or V(link_down lb1 eth1) with the interface. The kinds
        are V(service_stop), V(service_hang), V(keepalived_stop), V(keepalived_kill), V(freeze), V(reboot), V(gone),
        V(maintenance), V(link_down), V(cut), V(segment_down) with the interface alone, and V(real_server) with the
        address and port of a real server.
    type: list
    elements: list
    default: []
  limit:
    description:
      - How many outcomes of single faults are told, and how many of pairs, the worst first. V(0) tells all.
    type: int
    default: 20
  fail_on:
    description:
      - The least severity of a finding that makes the task fail.
      - V(never) only reports.
    type: str
    choices:
      - error
      - warning
      - info
      - never
    default: never
  output:
    description: Whether the result is shown as a table, as JSON, or not at all. It is returned in any case.
    type: str
    choices: [text, json, none]
    default: text
seealso:
  - module: openvip.cluster.cluster_check
  - module: openvip.cluster.cluster_status
"""

EXAMPLES = r"""
- name: Show what every fault and every pair of faults does
  ansible.builtin.import_role:
    name: openvip.cluster.keepalived
    tasks_from: simulate

- name: Show what happens when lb1 dies while lb2 is in maintenance
  openvip.cluster.cluster_simulate:
    group:
      - lb
    # my_cluster:
    #   config: {vrrp_instance: [{name: VI_1, virtual_router_id: 51, virtual_ipaddress: [198.18.0.100/24]}]}
    definition: my_cluster
    sequences:
      - - maintenance lb2
        - gone lb1
  run_once: true
"""

RETURN = r"""
clusters:
  description: What was played, one item per group.
  returned: always
  type: list
  elements: dict
  contains:
    group:
      description: The group.
      type: str
    hosts:
      description: Its members, without those whose configuration could not be made.
      type: list
      elements: str
    instances:
      description: The virtual routers, each with its C(name), C(addresses) and C(hosts), the highest priority first.
      type: list
      elements: dict
    unknown:
      description: What the model does not know, as sentences.
      type: list
      elements: str
    played:
      description: How many sequences of faults were played.
      type: int
    lost:
      description: How many of them certainly take an address or a service away while they last.
      type: int
    findings:
      description: What is wrong, the errors first, in the form that M(openvip.cluster.cluster_check) returns.
      type: list
      elements: dict
    outcomes:
      description: What each sequence does, single faults before pairs, the worst first.
      type: list
      elements: dict
      contains:
        faults:
          description: The faults, in the order in which they begin.
          type: list
          elements: str
        away:
          description: The longest time in seconds, C(low) and C(high), that nobody answers and that ends by itself.
          type: dict
        lost:
          description: The instances at whose addresses nobody answers for as long as a fault lasts.
          type: list
          elements: str
        perhaps_lost:
          description: The same, where what is not known decides.
          type: list
          elements: str
        lost_afterwards:
          description: The instances at whose addresses nobody answers when all faults are over.
          type: list
          elements: str
        several_holders:
          description: The instances whose address two hosts have for as long as a fault lasts.
          type: list
          elements: str
        stays:
          description: The instances that are on another host than before when all faults are over.
          type: list
          elements: str
        services_lost:
          description: The virtual servers that are below their quorum.
          type: list
          elements: str
        most_on_one_host:
          description: The most instances that one host holds while all faults last.
          type: int
        needs_people:
          description: Whether somebody has to end a fault, or to move an address back.
          type: bool
html:
  description: The same as one HTML page that needs nothing beside it, with a timeline of each outcome.
  returned: always
  type: str
table:
  description: The same for people, as lines.
  returned: always
  type: list
  elements: str
"""
