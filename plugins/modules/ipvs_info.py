#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ipvs_info
short_description: Tell which virtual servers the kernel's IPVS has, and how busy their real servers are
version_added: 1.0.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - Returns the virtual servers that IPVS in the kernel of a host has now, their real servers, the counters of both, the
    daemons that synchronise connections, and the timeouts, whoever set them.
  - Names and values are those of the data that M(openvip.cluster.keepalived_config) takes, so that both compare.
  - Asks the kernel itself and needs no C(ipvsadm). It never loads the kernel's module C(ip_vs).
  - Needs root.
extends_documentation_fragment:
  - openvip.cluster.attributes
  - openvip.cluster.attributes.info_module
  - openvip.cluster.attributes.actiongroup_cluster
options: {}
seealso:
  - module: openvip.cluster.keepalived_info
  - module: openvip.cluster.virtual_server
"""

EXAMPLES = r"""
- name: Wait until no connection to a real server is open
  openvip.cluster.ipvs_info:
  register: result
  vars:
    real_servers: "{{ result.virtual_server | map(attribute='real_server') | flatten }}"
  until: real_servers | selectattr('ip', 'eq', '198.18.0.21') | sum(attribute='active_connections') == 0
  retries: 60
  delay: 5

- name: Show the weights of one virtual server
  ansible.builtin.debug:
    msg: "{{ service.real_server | items2dict(key_name='ip', value_name='weight') }}"
  vars:
    service: "{{ result.virtual_server | selectattr('ip', 'eq', '198.18.0.100') | first }}"
"""

RETURN = r"""
available:
  description: Whether the kernel has IPVS now. Not so while its module is not loaded.
  returned: always
  type: bool
version:
  description: The version of IPVS. Nothing when it is not available.
  returned: always
  type: str
  sample: 1.2.1
connection_table_size:
  description: The size of the table of connections, in rows of any length. Nothing when IPVS is not available.
  returned: always
  type: int
  sample: 4096
lvs_timeouts:
  description: How long connections are kept on which nothing happens. Nothing when IPVS is not available.
  returned: always
  type: dict
  contains:
    tcp:
      description: Seconds for an established connection of TCP. Nothing when the kernel's IPVS is without TCP.
      type: int
      sample: 900
    tcpfin:
      description: Seconds for a connection of TCP after a FIN packet. Nothing when the kernel's IPVS is without TCP.
      type: int
      sample: 120
    udp:
      description: Seconds for UDP. Nothing when the kernel's IPVS is without UDP.
      type: int
      sample: 300
lvs_sync_daemon:
  description: The daemons that send the connections to other directors or take them.
  returned: always
  type: list
  elements: dict
  contains:
    state:
      description: V(master) for the one that sends, V(backup) for the one that takes.
      type: str
      sample: master
    interface:
      description: The interface of the daemon.
      type: str
      sample: eth0
    id:
      description: The identifier that sender and taker share.
      type: int
      sample: 51
    maxlen:
      description: The most bytes of data in a packet. Nothing before Linux 4.3.
      type: int
      sample: 1472
    port:
      description: The port of UDP. Nothing before Linux 4.3.
      type: int
      sample: 8848
    ttl:
      description: The time to live of the packets. Nothing before Linux 4.3.
      type: int
      sample: 1
    group:
      description: The multicast address. Nothing before Linux 4.3.
      type: str
      sample: 224.0.0.81
virtual_server:
  description: The virtual servers. Empty when IPVS has none or is not available.
  returned: always
  type: list
  elements: dict
  contains:
    ip:
      description: The address. Nothing for a firewall mark.
      type: str
      sample: 198.18.0.100
    port:
      description: The port, V(0) for all ports. Nothing for a firewall mark.
      type: int
      sample: 80
    fwmark:
      description: The firewall mark. Nothing for an address.
      type: int
    ip_family:
      description: V(inet) or V(inet6).
      type: str
      sample: inet
    protocol:
      description: V(TCP), V(UDP) or V(SCTP). Nothing for a firewall mark.
      type: str
      sample: TCP
    lb_algo:
      description: The scheduler.
      type: str
      sample: wlc
    sh_fallback:
      description: Whether the scheduler V(sh) takes another real server when the chosen one has weight 0.
      type: bool
    sh_port:
      description: Whether the scheduler V(sh) hashes the source port too.
      type: bool
    mh_fallback:
      description: Whether the scheduler V(mh) takes another real server when the chosen one has weight 0.
      type: bool
    mh_port:
      description: Whether the scheduler V(mh) hashes the source port too.
      type: bool
    flag_1:
      description: Whether the first flag of the scheduler is set, which V(sh) and V(mh) call fallback.
      type: bool
    flag_2:
      description: Whether the second flag of the scheduler is set, which V(sh) and V(mh) call port.
      type: bool
    flag_3:
      description: Whether the third flag of the scheduler is set.
      type: bool
    ops:
      description: Whether a real server is chosen for every single packet.
      type: bool
    persistence_timeout:
      description: How many seconds a client keeps its real server. Nothing without persistence.
      type: int
      sample: 360
    persistence_granularity:
      description: Which clients count as one, as a netmask for IPv4 and as a prefix length for IPv6. Nothing without
        persistence.
      type: str
      sample: 255.255.255.255
    persistence_engine:
      description: What tells clients apart instead of their address, such as V(sip). Nothing when it is the address.
      type: str
    stats:
      description: What there was since the virtual server was set up or its counters were reset.
      type: dict
      contains: &counters
        connections:
          description: Connections.
          type: int
        packets_in:
          description: Packets from clients.
          type: int
        packets_out:
          description: Packets to clients, as far as they pass this host.
          type: int
        bytes_in:
          description: Bytes from clients.
          type: int
        bytes_out:
          description: Bytes to clients, as far as they pass this host.
          type: int
    rate:
      description: What there is per second, as the kernel estimates it every two seconds.
      type: dict
      contains: *counters
    real_server:
      description: The real servers.
      type: list
      elements: dict
      contains:
        ip:
          description: The address.
          type: str
          sample: 198.18.0.21
        port:
          description: The port, V(0) for that of the packet.
          type: int
          sample: 80
        lvs_method:
          description: How packets reach the real server, V(NAT), V(DR) or V(TUN), or what only other programs
            than keepalived ask for, V(LOCAL) or V(BYPASS).
          type: str
          sample: DR
        tunnel_type:
          description: V(ipip), V(gue) or V(gre). Nothing without a tunnel and before Linux 5.3.
          type: str
        tunnel_port:
          description: The port of a tunnel of type V(gue).
          type: int
        tunnel_checksum:
          description: V(nocsum), V(csum) or V(remcsum) for a tunnel of type V(gue) or V(gre).
          type: str
        weight:
          description: The weight. A real server of weight V(0) gets no new connections.
          type: int
          sample: 1
        uthreshold:
          description: The number of connections from which the real server gets no more, V(0) for no limit.
          type: int
        lthreshold:
          description: The number of connections below which it gets some again.
          type: int
        active_connections:
          description: Connections that are established.
          type: int
          sample: 12
        inactive_connections:
          description: Connections in any other state that are not forgotten yet.
          type: int
          sample: 34
        persistent_connections:
          description: Clients that are bound to the real server.
          type: int
          sample: 0
        stats:
          description: What there was since the real server was set up or the counters were reset.
          type: dict
          contains: *counters
        rate:
          description: What there is per second, as the kernel estimates it every two seconds.
          type: dict
          contains: *counters
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.openvip.cluster.plugins.module_utils._ipvs.kernel import read
from ansible_collections.openvip.cluster.plugins.module_utils._ipvs.message import IpvsError


def main():
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    try:
        module.exit_json(changed=False, **read())
    except IpvsError as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
