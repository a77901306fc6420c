#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vip_handover
short_description: Keep established connections on their host while a virtual address moves
version_added: 1.0.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - A connection ends when its virtual address moves, because the host that takes the address does not know it. With
    this module, on both hosts before a planned move, it does not.
  - On the side V(giver) the address is kept on the loopback interface, where it answers nobody's ARP or neighbour
    solicitation. On the side V(taker) nftables forward what belongs to no connection that began there to the giver,
    which answers the client itself. So at any time one host answers for the address.
  - It is for TCP, and for hosts on one segment. Directors of LVS copy their connections to each other instead
    (C(lvs_sync_daemon)).
  - The handover does not survive a reboot. If nobody undoes it earlier, systemd undoes it after O(expire) seconds. It
    tries again every 5 seconds until the host has verified that the handover is undone.
  - Settings that are already as needed are left alone, also when the handover is undone. An address that the loopback
    interface of the V(giver) already has, with any prefix length, is not removed.
  - The playbooks C(openvip.cluster.switchover) and C(openvip.cluster.maintenance) use it.
extends_documentation_fragment:
  - openvip.cluster.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details:
      - Nothing of it is in a file of the configuration.
  idempotent:
    support: full
options:
  side:
    description: Whether this host gives the addresses or takes them.
    type: str
    choices: [giver, taker]
    required: true
  addresses:
    description: The virtual addresses that move.
    type: list
    elements: dict
    required: true
    suboptions:
      address:
        description: The address, without prefix length and scope.
        type: str
        required: true
      interface:
        description: The interface of this host on the segment of the address.
        type: str
        required: true
      giver:
        description: The giver's own address of the same family on the segment, for O(side=taker).
        type: str
  state:
    description: Whether connections are handed over from now on, or no more.
    type: str
    choices: [present, absent]
    default: present
  wait:
    description:
      - Seconds that established connections get to end before O(state=absent) ends the handover on the O(side=giver).
      - A connection that a client keeps open without asking anything counts, too.
      - At least 0.
    type: int
    default: 30
  expire:
    description: Seconds after which systemd undoes the handover, at least 1.
    type: int
    default: 180
seealso:
  - module: openvip.cluster.cluster_moves
"""

EXAMPLES = r"""
- name: Keep the address on the host that gives it
  openvip.cluster.vip_handover:
    side: giver
    addresses:
      - address: 198.18.0.100
        interface: eth1
  delegate_to: lb1

- name: Forward what belongs to the host that gave it
  openvip.cluster.vip_handover:
    side: taker
    addresses:
      - address: 198.18.0.100
        interface: eth1
        giver: 198.18.0.11
  delegate_to: lb2

- name: Let the connections end after the move
  openvip.cluster.vip_handover:
    side: giver
    addresses:
      - address: 198.18.0.100
        interface: eth1
    state: absent
    wait: 60
  delegate_to: lb1
"""

RETURN = r"""
ready:
  description:
    - Whether connections are handed over. They are not when the O(side=taker) has no nftables, which is a warning.
  returned: with O(state=present)
  type: bool
connections_cut:
  description: The connections that had not ended after O(wait) seconds.
  returned: with O(state=absent)
  type: int
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.openvip.cluster.plugins.module_utils._handover import handover_argument_spec, run_handover


def main():
    run_handover(AnsibleModule(argument_spec=handover_argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
