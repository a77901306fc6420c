#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vip_watch
short_description: Watch who has a virtual address, the whole time
version_added: 1.0.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - On a member of the cluster, reports to the microsecond when the host gets and loses an address, by netlink messages
    of the kernel. On another host of the segment, asks by ARP every 10 ms who claims it, as a client without a cached
    answer would.
  - The ARP questions leave no trace in any neighbour table (RFC 5227, ARP probe).
  - Nothing on the host is changed but the file of O(until_removed). In check mode nothing is watched.
extends_documentation_fragment:
  - openvip.cluster.attributes
  - openvip.cluster.attributes.info_module
options:
  addresses:
    description: The addresses, without prefix length and scope. O(method=claimed) watches only the first one, which
      must be IPv4.
    type: list
    elements: str
    required: true
  method:
    description: V(held) for what this host has itself, V(claimed) for who on the segment answers for it.
    type: str
    choices: [held, claimed]
    default: held
  duration:
    description: Seconds to watch, more than 0 and at most 3600.
    type: float
    default: 10.0
  until_removed:
    description:
      - A file that must not exist. It is made when watching begins, gets a line of JSON for each event, and goes when
        watching ends.
      - Whoever removes it ends the watching early.
    type: path
  unit:
    description: A systemd unit whose messages in the journal are returned, for example V(keepalived.service).
    type: str
seealso:
  - module: openvip.cluster.vip_probe
  - module: openvip.cluster.keepalived_info
"""

EXAMPLES = r"""
- name: Watch for ten seconds whether this host has the address
  openvip.cluster.vip_watch:
    addresses:
      - 198.18.0.100
    unit: keepalived.service
  register: result

- name: Show what happened
  ansible.builtin.debug:
    var: result.events
"""

RETURN = r"""
events:
  description:
    - With O(method=held) one for each address at first and for each change, with C(address), C(held), C(start_ns)
      (CLOCK_MONOTONIC) and C(wall_ns).
    - With O(method=claimed) one for each change of the answer (C(holders)), with the C(cards) that claim the address.
  returned: success
  type: list
  elements: dict
until_ns:
  description: CLOCK_MONOTONIC when watching ended.
  returned: success
  type: int
until_wall_ns:
  description: The same by the host's clock, nanoseconds since the epoch.
  returned: success
  type: int
cards:
  description: The hardware addresses of this host.
  returned: success
  type: list
  elements: str
interface:
  description: With O(method=claimed), the interface on which was asked.
  returned: success
  type: str
available:
  description: With O(method=claimed), whether it could be asked at all.
  returned: success
  type: bool
reason:
  description: Why it could not be asked.
  returned: success
  type: str
messages:
  description: What O(unit) wrote to the journal meanwhile.
  returned: success
  type: list
  elements: dict
  contains:
    wall_ns:
      description: When, in nanoseconds since the epoch.
      type: int
    message:
      description: What.
      type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.openvip.cluster.plugins.module_utils._drill.module import run_watch


def main():
    run_watch(AnsibleModule(
        argument_spec={
            "addresses": {"type": "list", "elements": "str", "required": True},
            "method": {"type": "str", "choices": ["held", "claimed"], "default": "held"},
            "duration": {"type": "float", "default": 10.0},
            "until_removed": {"type": "path"},
            "unit": {"type": "str"},
        },
        supports_check_mode=True,
    ))


if __name__ == "__main__":
    main()
