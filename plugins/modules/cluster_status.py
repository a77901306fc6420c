#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cluster_status
short_description: Show who holds which address, how the hosts are, and what is wrong
version_added: 1.0.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - Puts together what M(openvip.cluster.keepalived_info) and M(openvip.cluster.ipvs_info) returned for the hosts of a
    cluster, says what is wrong with the cluster as it is now, and shows it as text on one screen.
  - Draws a picture of it, with the hosts, the addresses that they hold, and the real servers.
  - Everything happens on the controller, and nothing changes. A host that was not reached is a finding and no failure.
  - The playbook C(openvip.cluster.status) asks the hosts first.
extends_documentation_fragment:
  - openvip.cluster.reports
  - openvip.cluster.attributes
  - openvip.cluster.attributes.info_module
options:
  members:
    description: The names of all hosts of the cluster. Those without a report are told as not asked.
    type: list
    elements: str
    default: []
  output:
    description: Whether the status is shown as text, as JSON, or not at all. It is returned in any case.
    type: str
    choices: [text, json, none]
    default: text
seealso:
  - module: openvip.cluster.keepalived_info
  - module: openvip.cluster.ipvs_info
"""

EXAMPLES = r"""
- name: Ask keepalived
  openvip.cluster.keepalived_info:
  register: keepalived
  ignore_unreachable: true

- name: Show the status
  openvip.cluster.cluster_status:
    reports:
      - name: "{{ inventory_hostname }}"
        keepalived: "{{ keepalived }}"
  register: result

- name: Stop where something is wrong
  ansible.builtin.assert:
    that: result.status.findings | selectattr('severity', 'eq', 'error') | length == 0
"""

RETURN = r"""
status:
  description: The status of the cluster.
  returned: success
  type: dict
  contains:
    time:
      description: When it was put together, by the clock of the controller.
      type: str
      sample: 2026-01-31 12:00:00 UTC
    hosts:
      description: The hosts that were asked.
      type: list
      elements: dict
      contains:
        name:
          description: The inventory name.
          type: str
        reached:
          description: Whether Ansible reached the host.
          type: bool
        problem:
          description: Why the host does not tell all. Nothing when it does.
          type: str
        told:
          description: Whether it is known what keepalived there does.
          type: bool
        version:
          description: The version of keepalived. Nothing when it is not installed or not known.
          type: str
        running:
          description: Whether keepalived runs.
          type: bool
        addresses:
          description: The virtual addresses that are on an interface of the host.
          type: list
          elements: str
        ipvs:
          description: Whether the kernel has IPVS now.
          type: bool
    not_asked:
      description: The names of the members without a report.
      type: list
      elements: str
    vrrp_instance:
      description: The instances. Those of several hosts are one when they have an address in common, or else the same
        name and virtual_router_id.
      type: list
      elements: dict
      contains:
        name:
          description: The name of the instance.
          type: str
        virtual_router_id:
          description: The virtual router identifier.
          type: int
        vips:
          description: The virtual addresses, each with C(address), C(prefix), C(known), the hosts that have it in their
            instance, and C(holders), the hosts that have it on an interface.
          type: list
          elements: dict
        members:
          description: The instance on each host. C(host) is its name, C(state) is nothing where keepalived does not
            run, C(good) says whether all that is tracked is good, and the rest is as
            M(openvip.cluster.keepalived_info) returns it.
          type: list
          elements: dict
    virtual_server:
      description: The virtual servers of all directors.
      type: list
      elements: dict
      contains:
        name:
          description: Address, port and protocol, or the firewall mark.
          type: str
          sample: 198.18.0.100 80 TCP
        ip:
          description: The address. Nothing for a firewall mark.
          type: str
        port:
          description: The port. Nothing for a firewall mark.
          type: int
        protocol:
          description: The protocol. Nothing for a firewall mark.
          type: str
        fwmark:
          description: The firewall mark. Nothing for an address.
          type: int
        ip_family:
          description: V(inet) or V(inet6).
          type: str
        directors:
          description: The hosts that have it in their tables, each with C(host), C(lb_algo), C(connections) so far and
            C(rate), the new connections per second.
          type: list
          elements: dict
        real_server:
          description: The real servers of all tables and of the configurations, each with C(ip), C(port), C(sorry),
            whether it is the sorry server, and C(directors), which is what each table says of it (C(host),
            C(lvs_method), C(weight), C(active_connections), C(inactive_connections)).
          type: list
          elements: dict
    drained:
      description: The real servers that openvip.cluster.drain has drained, as M(openvip.cluster.keepalived_info)
        returns them, each with C(hosts), the directors that remember it, and C(not_on), those that do not.
      type: list
      elements: dict
    findings:
      description: What is wrong, the worst first.
      type: list
      elements: dict
      contains:
        id:
          description: What kind of finding it is.
          type: str
          sample: several-holders
        severity:
          description: V(error), V(warning) or V(info).
          type: str
        object:
          description: The host, address, instance or server that it is about.
          type: str
        message:
          description: What is wrong.
          type: str
        remedy:
          description: What to do about it.
          type: str
        hosts:
          description: The hosts that it is about.
          type: list
          elements: str
lines:
  description: The same as lines for people.
  returned: success
  type: list
  elements: str
svg:
  description: The same as a picture, the text of an SVG file.
  returned: success
  type: str
"""
