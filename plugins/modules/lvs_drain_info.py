#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lvs_drain_info
short_description: Count the connections to real servers that are drained, and wait for their end
version_added: 1.1.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - Returns how many connections a director has to real servers, by kind, and waits until none is left that can still
    carry a request.
  - Established connections of TCP and SCTP are waited for, those that are being opened, and the entries of UDP, which
    IPVS counts as inactive. Connections that are closing and the templates of persistent clients are counted alone.
  - It waits by a clock that nobody sets, and for no longer than O(timeout).
  - It ends as well when the virtual addresses have left the director, and when a real server leaves the table of IPVS.
  - Needs root, and the program C(ip).
extends_documentation_fragment:
  - openvip.cluster.attributes
  - openvip.cluster.attributes.info_module
  - openvip.cluster.attributes.actiongroup_cluster
options:
  real_server:
    description: The addresses of the real servers.
    type: list
    elements: str
    required: true
  address:
    description:
      - The virtual addresses that move between the directors. The connections of a service count on the director that
        has its address on an interface other than loopback. What other directors know of them are copies.
      - The connections of a service by another address, or by a firewall mark, count where any of these is held.
      - Without any, all connections count.
    type: list
    elements: str
    default: []
  timeout:
    description: Seconds to wait. With V(0) it only counts.
    type: float
    default: 0
  interval:
    description: Seconds between two inspections. They are farther apart where the table of connections is long.
    type: float
    default: 1
seealso:
  - module: openvip.cluster.lvs_drain
  - module: openvip.cluster.ipvs_info
"""

EXAMPLES = r"""
- name: Wait for the last connection
  openvip.cluster.lvs_drain_info:
    real_server: [198.18.0.21]
    address: [198.18.0.100]
    timeout: 600
  register: result
  failed_when: result.state in ['busy', 'gone']
"""

RETURN = r"""
state:
  description:
    - V(drained) when there is no connection left that is waited for, and no real server has a weight. V(busy) when the
      time was up before.
    - V(idle) when the director holds none of the addresses, so that another one balances.
    - V(gone) when a real server has left the table of IPVS meanwhile, for example because its check failed.
  returned: success
  type: str
  sample: drained
held:
  description: Those of O(address) that the director holds.
  returned: success
  type: list
  elements: str
elapsed:
  description: Seconds that it took.
  returned: success
  type: float
waited_for:
  description: How many connections have to end, of all kinds that are waited for.
  returned: success
  type: int
connections:
  description: The connections by kind.
  returned: success
  type: dict
  contains:
    established:
      description: Established connections of TCP and SCTP.
      type: int
    opening:
      description: Connections that are being opened (SYN).
      type: int
    udp:
      description: Entries of UDP. Each packet of its client renews it.
      type: int
    closing:
      description: Connections that are closing or closed.
      type: int
    template:
      description: Persistent clients that are bound to the real servers.
      type: int
    expires:
      description: Seconds until the last of those is forgotten that are waited for, if nothing more is sent.
      type: int
real_server:
  description: Where the real servers stand in the table of IPVS.
  returned: success
  type: list
  elements: dict
  contains:
    service:
      description: The service by C(ip), C(port) and C(protocol), or by C(fwmark) and C(ip_family).
      type: dict
    ip:
      description: The address.
      type: str
    port:
      description: The port.
      type: int
    weight:
      description: The weight.
      type: int
    others:
      description: The addresses of the other real servers of the service that get connections.
      type: list
      elements: str
"""

import ipaddress

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.openvip.cluster.plugins.module_utils._ipvs import draining, kernel
from ansible_collections.openvip.cluster.plugins.module_utils._ipvs.message import IpvsError
from ansible_collections.openvip.cluster.plugins.module_utils._kit import interfaces


def main():
    module = AnsibleModule(
        argument_spec={
            "real_server": {"type": "list", "elements": "str", "required": True},
            "address": {"type": "list", "elements": "str", "default": []},
            "timeout": {"type": "float", "default": 0},
            "interval": {"type": "float", "default": 1},
        },
        supports_check_mode=True,
    )
    params = module.params
    host = draining.Host(lambda: interfaces.inspection(interfaces.listed()), lambda: kernel.read()["virtual_server"])
    try:
        for address in params["real_server"] + params["address"]:
            ipaddress.ip_address(address)
        module.exit_json(changed=False, **draining.wait(
            host, params["real_server"], params["address"], max(0.0, params["timeout"]),
            max(0.1, params["interval"])))
    except (IpvsError, ValueError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
