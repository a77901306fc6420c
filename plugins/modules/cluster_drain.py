#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_drain
short_description: Decide which real servers of a cluster are drained, and whether that has ended
version_added: 1.1.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - With O(reports) it returns a plan for all directors, which M(openvip.cluster.lvs_drain) carries out on each of them.
    It fails when a service would be without a usable real server on a director that balances it. The sorry server is
    none, nor is one that is drained already, or that is not in the table of IPVS because its check fails.
  - What a director remembers is part of the plan. So several real servers are drained one after the other, and each is
    restored by its name. Of directors that differ, the latest change of each real server counts.
  - With O(plan) it tells from the results of M(openvip.cluster.lvs_drain_info) how far the drain is, shows that, and
    fails when O(timeout) has passed, when a real server has left the table, or when nobody else is left meanwhile.
  - Everything happens on the controller, and nothing changes.
extends_documentation_fragment:
  - openvip.cluster.attributes
  - openvip.cluster.attributes.info_module
  - openvip.cluster.attributes.actiongroup_cluster
options:
  reports:
    description: What the directors returned.
    type: list
    elements: dict
    suboptions:
      name:
        description: The inventory name of the host.
        type: str
        required: true
      keepalived:
        description: The result of M(openvip.cluster.keepalived_info), or the failure in its place.
        type: dict
        required: true
      ipvs:
        description: The result of M(openvip.cluster.ipvs_info), or the failure in its place.
        type: dict
        default: {}
  members:
    description: The names of all directors. Those without a configuration among O(reports) are named as not reached.
    type: list
    elements: str
    default: []
  real_server:
    description:
      - The real servers, hosts of the inventory or addresses.
      - Empty with O(state=absent) stands for all that are drained.
    type: list
    elements: str
    default: []
  facts:
    description:
      - The network facts of the hosts in O(real_server), as C(ansible.builtin.setup) returns them. A host without facts
        is known by C(ip) of C(keepalived_real_server), and by C(ansible_host).
    type: dict
    default: {}
  state:
    description: Whether the real servers are drained (V(present)) or get back their weights (V(absent)).
    type: str
    choices: [present, absent]
    default: present
  remove:
    description: Whether they leave the table of services of UDP, see M(openvip.cluster.lvs_drain).
    type: bool
    default: false
  force:
    description: Whether the last usable real server of a service may be drained, and where it is unknown who balances.
    type: bool
    default: false
  plan:
    description: The plan that is carried out. Needs O(waited).
    type: dict
  waited:
    description: What M(openvip.cluster.lvs_drain_info) returned, or the failure in its place, by the name of the host.
    type: dict
  timeout:
    description: Seconds since the plan was made, after which the drain has failed.
    type: float
    default: 600
seealso:
  - module: openvip.cluster.lvs_drain
  - module: openvip.cluster.lvs_drain_info
"""

EXAMPLES = r"""
- name: See who is left without web1
  openvip.cluster.cluster_drain:
    real_server: [web1]
    reports:
      - name: lb1
        keepalived: "{{ keepalived }}"
        ipvs: "{{ ipvs }}"
  register: decision
"""

RETURN = r"""
plan:
  description: The plan.
  returned: with O(reports)
  type: dict
  contains:
    drained:
      description: The O(openvip.cluster.lvs_drain#module:drained) of every director.
      type: list
      elements: dict
    restored:
      description: The O(openvip.cluster.lvs_drain#module:restored) of every director.
      type: list
      elements: dict
    directors:
      description: The directors that were reached.
      type: list
      elements: str
    missed:
      description: The other ones.
      type: list
      elements: str
    names:
      description: The names of the real servers that are asked for.
      type: list
      elements: str
    real_server:
      description: The addresses of those.
      type: list
      elements: str
    address:
      description: The virtual addresses of their services that move between directors.
      type: list
      elements: str
    expected:
      description: Where they stand in the tables of the directors that balance, by C(service) and C(server).
      type: list
      elements: dict
    lines:
      description: Who is left on each service, and what else is to be known.
      type: list
      elements: str
    force:
      description: The value of O(force).
      type: bool
    started:
      description: When the plan was made, by the controller's clock that nobody sets.
      type: float
finished:
  description: Whether no connection is left that is waited for.
  returned: with O(plan)
  type: bool
elapsed:
  description: Seconds since the plan was made.
  returned: with O(plan)
  type: float
slice:
  description: Seconds that the next wait is to last at most.
  returned: with O(plan)
  type: float
lines:
  description: How many connections there are, by kind.
  returned: with O(plan)
  type: list
  elements: str
"""
