#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: drill_fault
short_description: Put one fault into a host of a cluster, and take it out again
version_added: 1.0.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - Puts a fault into a host that is in use. The role P(openvip.cluster.failover_drill#role) does this one fault at a
    time, watches and measures what becomes of the address, and undoes the fault.
  - Before the fault there is a watchdog, a timer of systemd on the host itself, which undoes the fault after O(seconds)
    and needs neither the controller nor Ansible. There is no fault where it cannot be armed. V(reboot) has none.
  - Undoing is repeated for up to 40 seconds, until the host has verified that the fault is undone. For example, the
    service must be active, and nftables must have no rule of the fault.
  - Otherwise the task fails and names what is still in force. The watchdog tries again every 5 seconds until the host
    has verified it.
  - Only what the fault has changed is undone. A service that did not run before is not started. A process that was
    stopped before is not continued.
  - One fault at a time. The next one is refused until the one before has been undone.
extends_documentation_fragment:
  - openvip.cluster.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: partial
    details:
      - A second fault is an error. Undoing is idempotent.
options:
  fault:
    description:
      - The fault. Required with O(state=injected).
      - V(service_stop), V(service_crash) and V(service_hang) stop O(service), kill its main process, or stop every
        process of it with SIGSTOP. V(real_server_stop) and V(real_server_hang) do so on a real server. Units that
        systemd stops together with a unit are started again together with it.
      - V(keepalived_stop) and V(keepalived_kill) stop O(keepalived) or kill all its processes.
      - V(freeze) stops every process of O(keepalived) and of O(service) with SIGSTOP and has nftables drop what comes
        in for O(addresses), with ARP, neighbour solicitations and VRRP. The rest of the host goes on, so Ansible can
        still log in, which is what differs from a host that is frozen.
      - V(link_down) sets O(interface) down. It is refused where Ansible logs in by it.
      - V(partition) has nftables or iptables drop VRRP in both directions.
      - V(reboot) only says when. The host is rebooted afterwards with C(ansible.builtin.reboot), which can wait
        until it is back.
    type: str
  state:
    description: V(undone) undoes what is in the host, if anything.
    type: str
    choices: [injected, undone]
    default: injected
  seconds:
    description: Seconds after which the watchdog undoes the fault, 1 to 45.
    type: int
    default: 30
  service:
    description: The systemd unit of the service behind the address. A name without the suffix of a unit is a
      C(.service).
    type: str
    default: ""
  keepalived:
    description: The systemd unit of keepalived.
    type: str
    default: keepalived.service
  interface:
    description: The interface that has the addresses. For V(freeze) and V(link_down).
    type: str
    default: ""
  addresses:
    description: The virtual addresses, without prefix length and scope. For V(freeze) and V(link_down).
    type: list
    elements: str
    default: []
  files:
    description: Files that the watchdog removes when it undoes the fault, such as the one that ends a
      M(openvip.cluster.vip_watch). Absolute paths.
    type: list
    elements: path
    default: []
seealso:
  - module: openvip.cluster.vip_probe
  - module: openvip.cluster.vip_watch
"""

EXAMPLES = r"""
- name: Stop the service for at most ten seconds
  openvip.cluster.drill_fault:
    fault: service_stop
    service: nginx
    seconds: 10

- name: Start it again
  openvip.cluster.drill_fault:
    state: undone
"""

RETURN = r"""
fault:
  description: The fault that was put in or taken out. Nothing when there was none to undo.
  returned: success
  type: str
  sample: service_stop
at_ns:
  description: CLOCK_MONOTONIC right before.
  returned: success
  type: int
at_wall_ns:
  description: The same by the host's clock, nanoseconds since the epoch.
  returned: success
  type: int
seconds:
  description: When the watchdog undoes the fault. Nothing for V(reboot).
  returned: with O(state=injected)
  type: int
said:
  description: The output of the programs that undid the fault. Steps that are not needed are left out.
  returned: with O(state=undone)
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.openvip.cluster.plugins.module_utils._drill.fault_module import run_fault


def main():
    run_fault(AnsibleModule(
        argument_spec={
            "fault": {"type": "str"},
            "state": {"type": "str", "choices": ["injected", "undone"], "default": "injected"},
            "seconds": {"type": "int", "default": 30},
            "service": {"type": "str", "default": ""},
            "keepalived": {"type": "str", "default": "keepalived.service"},
            "interface": {"type": "str", "default": ""},
            "addresses": {"type": "list", "elements": "str", "default": []},
            "files": {"type": "list", "elements": "path", "default": []},
        },
        required_if=[("state", "injected", ["fault"])],
        supports_check_mode=True,
    ))


if __name__ == "__main__":
    main()
