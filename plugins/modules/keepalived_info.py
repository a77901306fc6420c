#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: keepalived_info
short_description: Tell what keepalived on a host is, does and holds
version_added: 1.0.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - Returns the version of the installed keepalived, whether it runs, the state of every VRRP instance as the daemon
    itself reports it, the virtual addresses that the host really holds, and the parsed configuration.
  - Reading the state sends the daemon the signal that makes it write its own dump. That changes nothing.
extends_documentation_fragment:
  - openvip.cluster.attributes
  - openvip.cluster.attributes.info_module
  - openvip.cluster.attributes.actiongroup_cluster
options:
  path:
    description: The configuration file to read. Files that it includes are not followed.
    type: path
    default: /etc/keepalived/keepalived.conf
  binary:
    description: The keepalived program.
    type: str
    default: keepalived
  pid_file:
    description:
      - The file with the process id of the daemon, which counts where systemd does not know it.
      - The usual one stands for those in C(/run/keepalived) too, where a daemon with C(use_pid_dir) or C(instance) has
        its own. Of several daemons the one counts that reads O(path).
    type: path
    default: /run/keepalived.pid
  timeout:
    description: Seconds to wait for the daemon's answer.
    type: float
    default: 5.0
seealso:
  - module: openvip.cluster.keepalived_config
  - module: openvip.cluster.keepalived_lint
"""

EXAMPLES = r"""
- name: Ask keepalived
  openvip.cluster.keepalived_info:
  register: result

- name: Show who holds the address
  ansible.builtin.debug:
    msg: "{{ inventory_hostname }} is {{ result.vrrp_instance[0].state }} and holds {{ result.addresses }}"
"""

RETURN = r"""
version:
  description: The version of the installed keepalived, or nothing when it is not installed.
  returned: always
  type: str
  sample: 2.2.7
build_options:
  description: What the program was built with, for example V(JSON) or V(BFD).
  returned: always
  type: list
  elements: str
running:
  description: Whether the daemon runs.
  returned: always
  type: bool
pid:
  description: The process id of the daemon.
  returned: always
  type: int
executable:
  description: The program that the daemon runs, which is not O(binary) as long as a new one waits for a restart. The
    kernel adds C( (deleted)) when the file has been removed or replaced.
  returned: always
  type: str
  sample: /usr/sbin/keepalived
vrrp_instance:
  description: The instances as the running daemon reports them. Empty when it does not run.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The name of the instance.
      type: str
    state:
      description: V(INIT), V(BACKUP), V(MASTER), V(FAULT), V(STOP) or V(DELETED).
      type: str
    interface:
      description: The interface of the instance.
      type: str
    virtual_router_id:
      description: The virtual router identifier.
      type: int
    priority:
      description: The configured priority.
      type: int
    effective_priority:
      description: The priority after the weights of everything that is tracked.
      type: int
    last_transition:
      description: The time of the last change of state, in seconds since 1970.
      type: float
    age:
      description: For how many seconds the instance has been in its state, by the clock of the host.
      type: float
      sample: 86412.125
    tracked:
      description: What the instance tracks, its own interface among it. Nothing when the daemon does not tell, which is
        a warning.
      type: list
      elements: dict
      contains:
        track:
          description: V(track_script), V(track_file), V(track_process), V(track_bfd) or V(track_interface).
          type: str
        name:
          description: The name of what is tracked.
          type: str
          sample: chk_nginx
        weight:
          description: Its weight for this instance.
          type: int
          sample: -20
        reverse:
          description: Whether the weight is used the other way round.
          type: bool
        status:
          description: How it is, in the words of keepalived's text dump; for a file the number in it.
          type: str
          sample: GOOD
        good:
          description: Whether it neither lowers the priority nor keeps the instance in V(FAULT).
          type: bool
    virtual_ipaddress:
      description: The virtual addresses of the instance and whether the daemon has set them.
      type: list
      elements: dict
      contains:
        address:
          description: The address with its prefix length. A host address has none.
          type: str
          sample: 198.18.0.100/24
        device:
          description: The interface that is to have the address. The name of one that keepalived has made ends with
            C(@) and the interface below it.
          type: str
          sample: vrrp.51@eth1
        scope:
          description: Its scope, V(global) for IPv6.
          type: str
        label:
          description: Its label, if it has one.
          type: str
        no_track:
          description: Whether the instance stays MASTER when somebody removes the address.
          type: bool
        set:
          description: Whether the daemon considers the address as set.
          type: bool
        held_on:
          description: The interfaces that have the address in the kernel. Loopback counts only where it is the
            interface that is to have it.
          type: list
          elements: str
          sample: [eth1]
    virtual_ipaddress_excluded:
      description: The virtual addresses that are not in the advertisements, in the same way.
      type: list
      elements: dict
    stats:
      description: What keepalived has counted since it was started, by its own names, such as C(advert_rcvd),
        C(advert_sent), C(become_master) and C(release_master). Empty where it was built without JSON.
      type: dict
addresses:
  description:
    - The virtual addresses of the configuration and of the daemon that are on an interface of this host now,
      whatever the daemon says.
  returned: always
  type: list
  elements: str
  sample:
    - 198.18.0.100
interfaces:
  description: The addresses of each interface of this host but loopback, with prefix length.
  returned: always
  type: dict
  sample:
    eth1: [198.18.0.11/24, 198.18.0.100/24]
network:
  description: The interfaces of this host with their addresses, and which of these belong to keepalived. The modules
    that derive a configuration use it instead of the gathered facts.
  returned: always
  type: dict
  contains:
    interfaces:
      description:
        - A dictionary for each interface by its name.
        - C(up) is whether the interface is up and has a carrier. C(loopback) is whether it is a loopback interface.
        - C(promote_secondaries) is whether its secondary IPv4 addresses stay when the primary one is removed.
        - C(addresses) is a list of dictionaries with C(address), C(prefix) and C(marks).
        - The marks are V(secondary), V(temporary), V(dynamic), V(deprecated), V(dadfailed), and V(keepalived) where the
          kernel knows that keepalived has set the address.
      type: dict
    routes:
      description: The source C(address) and the C(interface) of the default route of each IP version.
      type: list
      elements: dict
    running:
      description: Whether the daemon runs.
      type: bool
    virtual:
      description: The virtual addresses of the file and of the daemon, without those that are the host's own
        (priority 255).
      type: list
      elements: str
    held:
      description: The addresses that the daemon itself reports as held. Null when it did not answer.
      type: list
      elements: str
config:
  description: The parsed configuration in the shape of O(openvip.cluster.keepalived_config#module:config),
    passwords masked. Nothing when there is no file.
  returned: always
  type: dict
questions:
  description: How the role keepalived lets the tracked service be asked, from its units C(keepalived-check-SERVICE).
    Each is a dictionary with C(url), the tracked C(file), C(interval) and C(max_time) in seconds, C(fall) and C(rise).
  returned: always
  type: list
  elements: dict
  version_added: 1.1.0
  sample:
    - {url: "http://127.0.0.1/", file: /run/keepalived-track/nginx.answer, interval: 0.2, max_time: 0.14, fall: 2,
       rise: 2}
problems:
  description: What cannot be understood in the file, each with its place.
  returned: always
  type: list
  elements: str
drained:
  description: The real servers that M(openvip.cluster.lvs_drain) has drained in the file.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The host of the inventory, or an address.
      type: str
      sample: web1
    addresses:
      description: Its addresses in the services of the file.
      type: list
      elements: str
      sample: [198.18.0.21]
    by:
      description: Who has drained it.
      type: str
      sample: anna@admin
    since:
      description: When that was, in UTC.
      type: str
      sample: "2026-12-01T08:00:00Z"
    remove:
      description: Whether it has left the table of services with the C(protocol) UDP.
      type: bool
restored:
  description: Those that were restored while a director was not reached, each with C(name), C(by) and C(since).
  returned: always
  type: list
  elements: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.openvip.cluster.plugins.module_utils._info import run_info


def main():
    run_info(AnsibleModule(
        argument_spec={
            "path": {"type": "path", "default": "/etc/keepalived/keepalived.conf"},
            "binary": {"type": "str", "default": "keepalived"},
            "pid_file": {"type": "path", "default": "/run/keepalived.pid"},
            "timeout": {"type": "float", "default": 5.0},
        },
        supports_check_mode=True,
    ))


if __name__ == "__main__":
    main()
