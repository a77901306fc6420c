#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vrrp_listen
short_description: Hear who speaks VRRP on a segment and who answers for an address
version_added: 1.0.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - Listens for advertisements of VRRP on the interfaces of a host, whether or not keepalived runs there, and asks the
    segment by ARP who has the virtual IPv4 addresses.
  - It sends nothing but ARP probes, which leave no trace in any neighbour table, and changes nothing.
  - With O(definition), the interfaces and addresses are derived on the controller, and M(openvip.cluster.cluster_check)
    tells which of what was heard are strangers. The playbook C(openvip.cluster.preflight) does both.
extends_documentation_fragment:
  - openvip.cluster.attributes
  - openvip.cluster.attributes.info_module
options:
  instances:
    description: Where to listen, and for which addresses to ask. Instead of O(definition).
    type: list
    elements: dict
    default: []
    suboptions:
      interface:
        description: The interface.
        type: str
        required: true
      addresses:
        description: The virtual addresses, without prefix length. Those of IPv6 are not asked for.
        type: list
        elements: str
        default: []
  definition:
    description: The options of M(openvip.cluster.keepalived_config) from which the instances of this host are derived.
    type: dict
  seconds:
    description:
      - For how long it is listened. A master that advertises less often may be missed.
      - With V(0) it only asks for the addresses.
    type: float
    default: 6.0
seealso:
  - module: openvip.cluster.cluster_check
"""

EXAMPLES = r"""
- name: Hear who speaks VRRP on the segment
  openvip.cluster.vrrp_listen:
    instances:
      - interface: eth1
        addresses: [198.18.0.100]
  register: wire

- name: Show the numbers that are taken
  ansible.builtin.debug:
    msg: "{{ wire.heard | map(attribute='virtual_router_id') | unique | sort }}"
"""

RETURN = r"""
heard:
  description: Who has advertised, without this host itself, each with what it said last.
  returned: success
  type: list
  elements: dict
  contains:
    interface:
      description: Where it was heard.
      type: str
    source:
      description: The address that it came from.
      type: str
    virtual_router_id:
      description: Its number.
      type: int
    version:
      description: The version of VRRP, V(2) or V(3).
      type: int
    priority:
      description: Its priority; V(0) when it is giving up its addresses.
      type: int
  sample:
    - interface: eth1
      source: 198.18.0.77
      virtual_router_id: 51
      version: 2
      priority: 100
claims:
  description: Who answers for the addresses.
  returned: success
  type: list
  elements: dict
  contains:
    interface:
      description: Where it was asked.
      type: str
    address:
      description: The address.
      type: str
    card:
      description: The hardware address that claims it.
      type: str
cards:
  description: The hardware addresses of this host.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.openvip.cluster.plugins.module_utils._info import cards, listed
from ansible_collections.openvip.cluster.plugins.module_utils._listen import listen

BYPASSED = (
    "definition: the action plugin of the same name resolves this on the controller, and it did not run. Run the "
    "module as a task of its own, named openvip.cluster.vrrp_listen, or give instances instead.")


def main():
    module = AnsibleModule(
        argument_spec={
            "instances": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "interface": {"type": "str", "required": True},
                    "addresses": {"type": "list", "elements": "str", "default": []},
                },
            },
            "definition": {"type": "dict"},
            "seconds": {"type": "float", "default": 6.0},
        },
        supports_check_mode=True,
    )
    if module.params["definition"]:
        module.fail_json(msg=BYPASSED)
    try:
        heard = listen(module.params["instances"], module.params["seconds"])
        module.exit_json(changed=False, cards=cards(listed(module)), **heard)
    except (OSError, ValueError) as error:
        module.fail_json(msg="It cannot be listened on %s: %s. Name interfaces and addresses of this host, and be root."
                         % (", ".join(each["interface"] for each in module.params["instances"]), error))


if __name__ == "__main__":
    main()
