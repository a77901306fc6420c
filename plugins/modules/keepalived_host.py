#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: keepalived_host
short_description: Adapt the firewall and the network of a host to keepalived
version_added: 1.1.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - Lets VRRP through the firewall that is in force on a host, keeps systemd-networkd from removing virtual addresses,
    and sets the sysctl values that instances with C(use_vmac) need.
  - Files and rules change as a whole or not at all, even if the run is interrupted. Afterwards the module compares the
    rules in force with the wanted ones. If they differ, it restores everything.
  - Rules that are written but not in force count as a difference. The next run brings them into force.
  - In files of other owners the module changes only the lines between its own markers.
  - M(openvip.cluster.keepalived_host_info) derives the options from the definition of a cluster.
extends_documentation_fragment:
  - openvip.cluster.attributes
  - openvip.cluster.attributes.actiongroup_cluster
  - openvip.cluster.host
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
seealso:
  - module: openvip.cluster.keepalived_host_info
"""

EXAMPLES = r"""
- name: Inspect what a host has to accept
  openvip.cluster.keepalived_host_info:
    group: lb
    config:
      vrrp_instance: "{{ keepalived_vrrp_instance }}"
  register: result

- name: Accept these packets
  openvip.cluster.keepalived_host:
    allow: "{{ result.allow }}"
    interface: "{{ result.interface }}"
    routes: "{{ result.routes }}"
    vmac: "{{ result.vmac }}"

- name: Remove everything again
  openvip.cluster.keepalived_host:
    firewall: none
"""

RETURN = r"""
firewall:
  description: The firewall that has the rules, or V(none).
  returned: success
  type: str
  sample: nftables
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.openvip.cluster.plugins.module_utils._host.module import host_argument_spec, run_host


def main():
    run_host(AnsibleModule(argument_spec=host_argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
