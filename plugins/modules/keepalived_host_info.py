#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: keepalived_host_info
short_description: Report what keepalived needs of the firewall and the network of a host
version_added: 1.0.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - Inspects the firewall that is in force on a host, the C(.network) files of systemd-networkd and the sysctl values.
    Reports the changes that let VRRP in and keep virtual addresses. Rules that are written but not in force count as a
    change, too.
  - The module changes nothing. M(openvip.cluster.keepalived_host) makes the reported changes.
  - With O(group), the peers are derived on the controller from the definition of the cluster, the same that
    M(openvip.cluster.keepalived_config) takes, and from the facts of the hosts.
extends_documentation_fragment:
  - openvip.cluster.attributes
  - openvip.cluster.attributes.info_module
  - openvip.cluster.attributes.actiongroup_cluster
  - openvip.cluster.host
options:
  directory:
    description: Directories whose names are wanted.
    type: list
    elements: path
    default: []
  group:
    description:
      - The inventory group of the cluster's members. Gather their facts before.
      - O(allow), O(interface), O(routes) and O(vmac) are derived from it and O(config) then.
    type: str
  config:
    description: The definition of the cluster, as O(openvip.cluster.keepalived_config#module:config). Only with
      O(group).
    type: dict
  override:
    description: As O(openvip.cluster.keepalived_config#module:override). Only with O(group).
    type: dict
  unicast:
    description: As O(openvip.cluster.keepalived_config#module:unicast). Only with O(group).
    type: bool
    default: false
  drain:
    description: As O(openvip.cluster.keepalived_config#module:drain). Only with O(group).
    type: list
    elements: str
    default: []
  sync_daemon:
    description: As O(openvip.cluster.keepalived_config#module:sync_daemon). Only with O(group).
    type: bool
    default: false
  ports:
    description: Ports that everybody may reach, each a number and a protocol, such as V(80/tcp). Only with O(group).
    type: list
    elements: str
    default: []
seealso:
  - module: openvip.cluster.keepalived_host
  - module: openvip.cluster.keepalived_config
"""

EXAMPLES = r"""
- name: Inspect what a host has to accept
  openvip.cluster.keepalived_host_info:
    group: lb
    config:
      vrrp_instance: "{{ keepalived_vrrp_instance }}"
  register: result

- name: Show it
  ansible.builtin.debug:
    msg: "{{ result.firewall }} has to let in {{ result.allow }}"
"""

RETURN = r"""
needed:
  description: Whether M(openvip.cluster.keepalived_host) would change anything.
  returned: success
  type: bool
firewall:
  description: The firewall that gets the rules, or V(none).
  returned: success
  type: str
  sample: nftables
allow:
  description: The packets that the firewall accepts, with the keys of O(allow).
  returned: success
  type: list
  elements: dict
interface:
  description: The interfaces with virtual addresses.
  returned: success
  type: list
  elements: str
directory:
  description: For each O(directory) the names in it, null when there is none.
  returned: success
  type: dict
  sample: {"/usr/libexec/keepalived/openvip": ["log-transition"], "/etc/systemd/system/nginx.service.d": null}
routes:
  description: Whether keepalived sets routes or rules.
  returned: success
  type: bool
vmac:
  description: Whether an IPv4 instance has C(use_vmac).
  returned: success
  type: bool
changes:
  description: The changes of files and of what is in force, as diffs with C(before_header), C(before),
    C(after_header) and C(after).
  returned: success
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.openvip.cluster.plugins.module_utils._host.module import (
    host_info_argument_spec,
    run_host_info,
)


def main():
    run_host_info(AnsibleModule(argument_spec=host_info_argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
