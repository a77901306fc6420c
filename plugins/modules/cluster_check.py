#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_check
short_description: Judge all hosts of a cluster together, before anything changes on any of them
version_added: 1.0.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - Derives the configuration of every host of a group as M(openvip.cluster.keepalived_config) does, and names what does
    not fit between them. Every finding has the hosts, their values, and what to do.
  - Among it are a virtual router number, VRRP version, interval, password or address that is not the same on all hosts,
    priorities and C(nopreempt) that do not go together, unicast peers that miss a member, and a weight that is too
    small to move the address, with the weight that would.
  - Other clusters of the inventory are held against it, for a number or an address that they use, too.
  - The rules are listed in C(docs/rules) of the collection, with a wrong and a right cluster for each of them.
  - Everything happens on the controller, in one task for the whole group. Run it once, with C(run_once).
notes:
  - The definition of a host that is not in the play is judged as well, because the inventory has it. What needs its
    facts is not, and RV(not_seen) says so.
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
      - The name of a variable that every member has, a dictionary with the options of
        M(openvip.cluster.keepalived_config) from which its configuration is derived. Those are C(config), C(group),
        C(override), C(unicast), C(track), C(drain) and C(sync_daemon).
      - It is looked up in the scope of each host, where the defaults and variables of the role count that the task is
        in.
      - The role P(openvip.cluster.keepalived#role) has C(__keepalived_definition).
    type: str
    required: true
  seen:
    description:
      - The name of a variable with what was seen of a host, a dictionary. Hosts need not have it, and every key may be
        left out.
      - C(version) is the version of its keepalived, for example V(2.3.3).
      - C(clock) is a dictionary of seconds since 1970, where C(at) is what the clock of the host said, C(asked) the
        controller's before it was asked, and C(answered) the controller's afterwards.
      - C(wire) is what M(openvip.cluster.vrrp_listen) returned.
      - C(accepts) is the list of the IP protocols that its firewall lets in, by their numbers (112 is VRRP, 51 is AH).
    type: str
  real_servers:
    description: By the name of each real server a list of what would have to be done to prepare it.
    type: dict
  members:
    description: Whether the rules for a single host are applied to each member, too.
    type: bool
    default: true
  variables:
    description:
      - By the name of each role the names of the variables that it has, for example V(keepalived_track_service). A
        variable of a member, or of another host of the play, that begins with the name of a role and has almost one of
        these names, and none of them, is a warning, because it has no effect. It may be a variable for something else.
      - The role P(openvip.cluster.keepalived#role) has those of all roles in C(__keepalived_variables).
    type: dict
    default: {}
  clock_tolerance:
    description: Seconds that a clock may differ from the controller's.
    type: float
    default: 2.0
  failover_limit:
    description: Seconds that a failover may take in the worst case. Without it, any time will do.
    type: float
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
    default: error
  output:
    description:
      - Whether the findings, and what was not seen, are shown as a table. They are returned in any case.
      - With V(none) a finding that is a warning is one of Ansible's.
    type: str
    choices: [text, none]
    default: none
seealso:
  - module: openvip.cluster.keepalived_config
  - module: openvip.cluster.keepalived_lint
"""

EXAMPLES = r"""
- name: Refuse a cluster that cannot work, with the definition of the role
  ansible.builtin.import_role:
    name: openvip.cluster.keepalived
    tasks_from: cluster

- name: Refuse one of several clusters that are defined without the role
  openvip.cluster.cluster_check:
    group:
      - lb
      - mail
    # my_cluster:
    #   config: {vrrp_instance: [{name: VI_1, virtual_router_id: 51, virtual_ipaddress: [198.18.0.100/24]}]}
    definition: my_cluster
    fail_on: warning
  run_once: true
"""

RETURN = r"""
findings:
  description: What is wrong or doubtful, the errors first.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: The name of the rule.
      type: str
    severity:
      description: V(error), V(warning) or V(info).
      type: str
    object:
      description: What the finding is about, with the name of the group.
      type: str
      sample: vrrp_instance VI_1 of lb
    hosts:
      description: The hosts that it is about.
      type: list
      elements: str
    message:
      description: What is wrong.
      type: str
    remedy:
      description: What to do.
      type: str
    keyword:
      description: The keyword that it is about.
      type: str
    entry:
      description: The item of the keyword's list that it is about.
      type: str
not_seen:
  description: What could not be looked at.
  returned: always
  type: list
  elements: dict
  contains:
    group:
      description: The group of the cluster.
      type: str
    hosts:
      description: The hosts of which it was not seen.
      type: list
      elements: str
    what:
      description: What was not seen.
      type: str
    remedy:
      description: How it can be.
      type: str
counts:
  description: How many findings there are of each severity.
  returned: always
  type: dict
  sample:
    error: 1
    warning: 0
    info: 2
table:
  description: The same for people, as lines.
  returned: always
  type: list
  elements: str
"""
