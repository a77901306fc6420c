#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_change
short_description: Tell how a change of keepalived.conf reaches the hosts of a live cluster, or refuse it
version_added: 1.0.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - A backup takes no advert that says something else than its own configuration, and becomes a second master when it
    has taken none for C(3 x advert_int + skew). So what peers see of a change has to reach all hosts within that time,
    and all else goes host by host.
  - From the results of M(openvip.cluster.keepalived_config) in check mode, this module decides which of the two it is.
    It also reports whether the hosts can be reloaded simultaneously, by what is known of their clocks. If they cannot,
    or if a member is left out, the module fails before anything is written, with the reason and the remedy.
  - With O(reloads) it reports how far apart the reloads were.
  - Everything happens on the controller, in one task for the whole group. Run it once, with C(run_once).
extends_documentation_fragment:
  - openvip.cluster.attributes
  - openvip.cluster.attributes.info_module
  - openvip.cluster.attributes.actiongroup_cluster
options:
  group:
    description: The inventory group of the cluster's members.
    type: str
    required: true
  plan:
    description:
      - What M(openvip.cluster.keepalived_config) returned in check mode, by the name of each host of the play.
      - Either this or O(now) is required.
    type: dict
  reloads:
    description:
      - What M(openvip.cluster.keepalived_reload) returned, or M(openvip.cluster.keepalived_config) where keepalived
        does not run, by the name of each host that was to be reloaded.
      - An empty dictionary stands for a host that was not reached.
    type: dict
  now:
    description:
      - What M(openvip.cluster.keepalived_info) returned after the change, by the name of each host of the play. Where
        it failed or the host was not reached, what Ansible registered.
      - With this option the module reports addresses that do not have exactly one holder, by the daemon and the kernel.
    type: dict
  before:
    description:
      - The same from before the change, an empty dictionary for a host that was not inspected.
      - A host that answered before the change must answer after it.
      - An address that had no holder before the change needs none after it. An instance that could not hold its
        addresses before the change need not hold them after it.
      - Without this option every host must answer.
    type: dict
seealso:
  - module: openvip.cluster.keepalived_config
  - module: openvip.cluster.cluster_check
"""

EXAMPLES = r"""
- name: Plan the change
  openvip.cluster.keepalived_config:
    group: lb
    config: "{{ config }}"
  check_mode: true
  register: plan

- name: Decide how the change can reach a live cluster
  openvip.cluster.cluster_change:
    group: lb
    plan: "{{ dict(ansible_play_hosts | zip(ansible_play_hosts | map('extract', hostvars, 'plan'))) }}"
  run_once: true
  register: way
"""

RETURN = r"""
together:
  description: The hosts that are to be reloaded simultaneously. Empty when they are changed one after the other.
  returned: with O(plan)
  type: list
  elements: str
advertised:
  description: What the peers of each host see of its change.
  returned: with O(plan)
  type: dict
  sample:
    lb1: ["vrrp_instance VI_1: virtual_ipaddress gains 198.18.0.101."]
window:
  description:
    - Seconds in which all of them have to be reloaded. It is C(3 x advert_int + skew) without one C(advert_int),
      because the last advert that a backup took may be that old. The smallest of all hosts counts, before and after
      the change.
  returned: with O(plan)
  type: float
uncertainty:
  description: Seconds by which two hosts may miss each other, by what is known of their clocks.
  returned: with O(plan)
  type: float
spread:
  description: Seconds between the first reload and the last one.
  returned: with O(reloads)
  type: float
reloads:
  description: The hosts in the order of their reloads, each with its time after the first.
  returned: with O(reloads)
  type: list
  elements: str
  sample: ["lb2 +0.000 s", "lb1 +0.004 s"]
behind:
  description: The hosts that were to be reloaded and did not take their configuration, a sentence each.
  returned: with O(reloads)
  type: list
  elements: str
disputed:
  description:
    - One sentence for each problem after the change.
    - These are hosts that do not answer, addresses with two holders, and addresses that have lost their holder.
    - Also addresses that a MASTER does not have or that a host has without being MASTER, and instances that can no
      longer hold their addresses.
  returned: with O(now)
  type: list
  elements: str
"""
