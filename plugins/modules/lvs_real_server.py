#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lvs_real_server
short_description: Prepare a host as a real server of LVS
version_added: 1.0.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - Gives a host what it needs to answer for virtual addresses that directors forward to it by direct routing (V(DR)),
    through a tunnel (V(TUN)) or with changed addresses (V(NAT)). One call lists all services, and those that are no
    longer listed are removed.
  - The state of the kernel is what counts. An address that was removed is set again, and check mode reports it.
  - A unit of systemd, C(lvs-real-server.service), and a file for sysctl make it last. They need nothing of
    systemd-networkd, NetworkManager or ifupdown and are the same with each of them.
  - A run makes all changes or none. If a step fails, or the host lacks something afterwards, everything is rolled back.
    The next run rolls back a run that was interrupted. Two simultaneous runs change the host one after the other.
  - Settings of others stay. These are an address that was there before in the same form, and a sysctl value that is
    neither ours nor the former one. They are also all rules and routes without C(protocol kernel), the mark of ours.
  - For V(DR) the virtual address is put on C(lo). Before that, C(arp_ignore=1) and C(arp_announce=2) see to it that
    the host neither answers ARP for it nor makes it known. As C(/32) with scope C(host), or C(/128) with
    C(preferred_lft 0), it is never the source of the host's own connections.
  - For V(TUN) the address is put on C(tunl0) or C(ip6tnl0) in the same way. The kernel module C(ipip) or C(ip6_tunnel)
    is loaded, and C(rp_filter=2) lets in what comes out of the tunnel. The module stays loaded when the services go,
    because tunnels that others made would go with it.
  - For V(NAT) the answers have to go back through the director. Rules for just the service's address, protocol and
    port (preferences V(28000) and V(28001)) look first at the networks of table C(main), then at a table with the
    default route to the gateway (V(28000), and the following numbers for further gateways). Everything else keeps the
    default route of the host.
  - Where the filter by reverse path is strict (C(rp_filter=1)) and would drop the requests, it becomes loose on that
    device.
  - A host may be a director of a service and one of its real servers. Two such directors would send a packet of V(DR)
    or V(TUN) to each other until it has used up its hops. O(virtual_server[].loop_guard) keeps them from it, and
    without it such a host is refused.
  - With O(group) the services are taken from the definition of the cluster, the same that
    M(openvip.cluster.keepalived_config) takes, and from the facts of the hosts.
  - The former sysctl values are recorded in C(/var/lib/lvs-real-server.json), and restored when ours are no longer
    needed.
notes:
  - With V(NAT), a client on a network of the real server gets its answers directly, past the director, and drops them.
  - With V(NAT), a service of UDP answers from the address to which it was asked also where it leaves that to the
    kernel, as long as that is the first address of its network. For IPv6, which has no such rule, the service has to
    choose it, as nginx does.
  - It needs iproute2 5.0 or later, procps for IPv4, and for V(NAT) Linux 4.17 or later.
extends_documentation_fragment:
  - openvip.cluster.attributes
  - openvip.cluster.attributes.actiongroup_cluster
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  virtual_server:
    description: All services for which this host is a real server.
    type: list
    elements: dict
    default: []
    suboptions:
      ip:
        description: The virtual address, IPv4 or IPv6, without prefix length.
        type: str
        required: true
      lb_kind:
        description: How the directors forward, in the words of keepalived.
        type: str
        required: true
        choices:
          - DR
          - TUN
          - NAT
      loop_guard:
        description:
          - Set it where this host is a director of the same address, which it holds from time to time.
          - Then C(net.ipv4.vs.backup_only=1) makes IPVS of this host leave every packet alone while its sync daemon is
            a backup. What the other director sends here is delivered, and not balanced again.
          - keepalived starts that daemon by C(lvs_sync_daemon), as a backup unless the instance named there is the
            master. Without it, or without an instance there, there is no guard.
          - Only with V(DR) and V(TUN).
        type: bool
        default: false
      real_ip:
        description: The address of this host on which the service is reached. Only with and required for V(NAT).
        type: str
      port:
        description: The port of this host on which the service is reached, V(1) to V(65535). Only with and required for
          V(NAT).
        type: int
      protocol:
        description: The protocol of the service. Only with V(NAT), and V(TCP) when it is not given.
        type: str
        choices:
          - TCP
          - UDP
          - SCTP
      gateway:
        description: Where the answers go, an address that the director in charge has on a segment of this host. Only
          with and required for V(NAT).
        type: str
  interface:
    description:
      - The devices that face the directors. The settings for ARP are made for them and for C(all).
      - Required when one of the services is V(DR) or V(TUN) and has an IPv4 address.
    type: list
    elements: str
    default: []
  state:
    description: V(absent) takes everything away; the other options are not looked at then.
    type: str
    choices:
      - present
      - absent
    default: present
  group:
    description:
      - The inventory group of the directors. With it, O(virtual_server), and O(interface) where it is not given, are
        derived on the controller from O(config) and the facts of the hosts. Gather them before.
      - Not together with O(virtual_server).
    type: str
  config:
    description:
      - The definition of the cluster, as O(openvip.cluster.keepalived_config#module:config). What counts are
        C(virtual_server), C(virtual_server_group) and C(vrrp_instance).
      - A C(virtual_server) may name the inventory group of its real servers, C(real_server_group), and with
        C(loop_guard) it may be one of a director, too.
      - Only and always together with O(group).
    type: dict
  gateway:
    description:
      - Where answers of V(NAT) go. Derived is the virtual address that is on the segment of the real server.
      - Only together with O(group).
    type: str
  host:
    description:
      - The host for which it is derived, the one of the task where it is not given.
      - Only together with O(group).
    type: str
seealso:
  - module: openvip.cluster.virtual_server
  - module: openvip.cluster.keepalived_config
"""

EXAMPLES = r"""
- name: Answer for two addresses by direct routing
  openvip.cluster.lvs_real_server:
    interface:
      - eth1
    virtual_server:
      - ip: 198.18.0.100
        lb_kind: DR
      - ip: fd00:18::100
        lb_kind: DR

- name: Do what the definition of the cluster asks of this host
  openvip.cluster.lvs_real_server:
    group: lb
    config:
      vrrp_instance: "{{ keepalived_vrrp_instance }}"
      virtual_server: "{{ keepalived_virtual_server }}"

- name: Serve also what this host balances as a director
  openvip.cluster.lvs_real_server:
    interface:
      - eth1
    virtual_server:
      - ip: 198.18.0.100
        lb_kind: DR
        loop_guard: true

- name: Send the answers of a service back through the director
  openvip.cluster.lvs_real_server:
    virtual_server:
      - ip: 203.0.113.10
        lb_kind: NAT
        real_ip: 198.18.0.31
        port: 8080
        gateway: 198.18.0.1

- name: Be no real server any more
  openvip.cluster.lvs_real_server:
    state: absent
"""

RETURN = r"""
virtual_server:
  description: The services, each once, with everything that follows from what was given.
  returned: success
  type: list
  elements: dict
  contains:
    ip:
      description: The virtual address in its shortest form.
      type: str
    lb_kind:
      description: V(DR), V(TUN) or V(NAT).
      type: str
    device:
      description: The device that has the virtual address, with V(NAT) the one that faces the gateway.
      type: str
    loop_guard:
      description: Whether this host is a director of the address, too. Only where it is.
      type: bool
    real_ip:
      description: The address of this host. Only with V(NAT).
      type: str
    port:
      description: The port of this host. Only with V(NAT).
      type: int
    protocol:
      description: The protocol. Only with V(NAT).
      type: str
    gateway:
      description: Where the answers go. Only with V(NAT).
      type: str
    table:
      description: The table with the route to the gateway. Only with V(NAT).
      type: int
addresses:
  description: The virtual addresses that this host has as a real server.
  returned: success
  type: list
  elements: str
  sample:
    - 198.18.0.100
commands:
  description: The commands that were run, or would be in check mode, in their order.
  returned: success
  type: list
  elements: str
  sample:
    - sysctl -w net.ipv4.conf.all.arp_ignore=1
    - ip address replace 198.18.0.100/32 dev lo scope host
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.openvip.cluster.plugins.module_utils._real_server.run import (
    real_server_argument_spec,
    run_real_server,
)


def main():
    run_real_server(AnsibleModule(argument_spec=real_server_argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
