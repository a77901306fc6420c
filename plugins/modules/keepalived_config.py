#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: keepalived_config
short_description: Write keepalived.conf as a whole
version_added: 1.0.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - Renders the whole C(keepalived.conf) of a host from data in keepalived's own words, validates it, writes it and
    makes the running keepalived take it.
  - On the controller the definition of the cluster is completed for each host when O(group) is given. Derived are
    C(router_id), C(priority), C(state), C(interface), and with O(unicast) also C(unicast_src_ip) and C(unicast_peer).
    What O(config) gives is never changed.
  - With O(group), a C(virtual_server) may name an inventory group, C(real_server_group), and its members become its
    real servers, with the options in C(real_server_options) and those that a host sets in the variable
    C(keepalived_real_server), such as its weight. A director may be one of them with C(loop_guard=true), see
    M(openvip.cluster.lvs_real_server), and is refused without it.
  - With O(group), a C(vrrp_instance) may have C(priority_order), a list of members, the highest priority first. The
    others follow in the order of the group. So each of two hosts can be the master of an instance.
  - The configuration is checked before anything is changed. An unknown word is refused with the nearest known one,
    values are checked against keepalived's own ranges, and combinations that keepalived accepts, but silently
    drops, cuts or ignores, are refused as well.
  - On the target the text is tested with C(keepalived --config-test) from a temporary file. Its messages are
    judged, not its exit code, and a test that hangs or is ended by a signal is a refusal. A text that does not change
    is tested, too, when a running keepalived is another program than O(binary), for example before it is restarted.
  - The file is replaced atomically with mode V(0600), keepalived is reloaded, never restarted, and asked whether it
    knows every instance and address. If it does not, the former file is restored and reloaded.
extends_documentation_fragment:
  - openvip.cluster.config
  - openvip.cluster.file
  - openvip.cluster.attributes
  - openvip.cluster.attributes.actiongroup_cluster
attributes:
  check_mode:
    support: full
    details:
      - In check mode the configuration is rendered, checked and tested, but nothing is written or reloaded.
      - As long as keepalived is not installed, C(keepalived --config-test) is left out in check mode.
  diff_mode:
    support: full
    details:
      - Passwords are masked. When nothing but a masked value differs, the last line of the difference says so.
  idempotent:
    support: full
options:
  group:
    description:
      - The inventory group of the cluster's members, in the order of their priority.
      - When it is given, what O(config) leaves out is derived for this host from the definition and from the facts
        of the members. Gather facts before.
      - When it is not given, O(config) is written as it is.
    type: str
  override:
    description:
      - Data in the shape of O(config) that is laid over the result for this host alone. Blocks with a name are
        found by their name, and lists inside a block are replaced.
    type: dict
    default: {}
  unicast:
    description:
      - Whether C(unicast_src_ip) and C(unicast_peer) are derived from the facts of the members.
      - Only together with O(group).
    type: bool
    default: false
  drain:
    description:
      - Real servers that get weight 0, so that they keep their connections and get no new ones.
      - A host of the C(real_server_group) of a virtual server is named, any other real server is given by its address.
      - Those that M(openvip.cluster.lvs_drain) has drained in the file stay drained beside these.
      - Only together with O(group).
    type: list
    elements: str
    default: []
  sync_daemon:
    description:
      - Whether C(lvs_sync_daemon) is derived, by which the directors copy their connections to each other, so that
        these outlive the director that forwarded them. C(preempt_delay) is then 10 where it is not set, because a
        director that comes back has to learn them first.
      - Only together with O(group), and with a kernel that has IPVS.
    type: bool
    default: false
  maintenance:
    description:
      - The file that takes this host out of service while V(1) is in it, for example V(/etc/keepalived/maintenance).
        A C(track_file) named C(maintenance) is added to every instance, and keepalived makes the file when it is
        missing.
      - Its weight takes the priority to 1, so that another host takes the addresses while this one still has them.
        Where nobody would, with C(nopreempt) and in a C(vrrp_sync_group), it is 0, and this host gives them up.
      - Only together with O(group).
    type: path
  version:
    description:
      - The version of keepalived that the file is for, when it is not the one of O(binary), for example V(2.3.3)
        before that is installed.
    type: str
  reload_at:
    description:
      - The time at which a running keepalived gets the file and the signal, in seconds since 1970 by the clock of the
        host, at most two minutes ahead.
      - The module only arms the change and returns before that time. A process on the host makes the change then, and
        rolls it back by itself unless M(openvip.cluster.keepalived_reload) confirms it.
      - If keepalived does not take the configuration, that process stops keepalived until the other hosts have the
        former configuration again. Otherwise it would be a second master beside them.
    type: float
  confirm_within:
    description: Seconds after O(reload_at) within which the change has to be confirmed.
    type: float
    default: 60.0
  put_back:
    description:
      - A copy of a former file on the target, such as RV(backup_file) of an earlier run, that is brought back instead
        of the configuration in O(config). It is not judged again.
    type: path
  former_checksum:
    description:
      - RV(former_checksum) of the run in check mode by which a change of several hosts was planned.
      - If the file is another one now, the change is refused, because peers may see something else of it than planned.
    type: str
    version_added: 1.1.0
  track:
    description:
      - The service whose failure moves the address. A C(track_file) and a C(vrrp_script) of weight 0 are added to
        every instance, beside what it tracks itself. An instance with an empty C(track_file) or C(track_script)
        declines them.
      - Only together with O(group).
    type: dict
    suboptions:
      name:
        description: The name of the C(track_file). The C(vrrp_script) is called C(check_) and this name.
        type: str
        required: true
      file:
        description: The file that holds V(0) as long as the service is well. Without it no C(track_file) is added.
        type: path
      answer:
        description: A second C(track_file), which is called like the first one and C(_answer). A program writes V(0)
          into it as long as the service answers. The module checks what that program is told.
        type: dict
        version_added: 1.1.0
        suboptions:
          file:
            description: The file.
            type: path
            required: true
          url:
            description: What is asked, C(http://HOST[:PORT]/PATH), C(https://HOST[:PORT]/PATH), C(tcp://HOST:PORT) or
              C(unix:/PATH).
            type: str
            required: true
          interval:
            description: Seconds between two questions, from 0.05 to 60.
            type: float
          max_time:
            description: Seconds after which a question has failed, from 0.01 to 60.
            type: float
          fall:
            description: The number of failures in a row after which the file holds V(1).
            type: int
          rise:
            description: The number of answers in a row after which the file holds V(0).
            type: int
      script:
        description: The command of the C(vrrp_script). Without it no script is added.
        type: str
      interval:
        description: Seconds between two runs of the script.
        type: float
      timeout:
        description: Seconds after which a run of the script counts as failed.
        type: float
      fall:
        description: The number of failures in a row that make a fault.
        type: int
      rise:
        description: The number of successes in a row that end a fault.
        type: int
  notify:
    description:
      - What runs at the changes of state of the instances, as their C(notify), C(notify_master) and so on.
      - What an instance sets itself stays. A script that wants the same place is refused.
      - C(enable_script_security) is derived with it.
      - Only together with O(group).
    type: dict
    suboptions:
      directory:
        description: The directory of the scripts on the host. The module does not write them.
        type: path
        required: true
      script:
        description: The scripts.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: The name of the file.
            type: str
            required: true
          keywords:
            description:
              - The keywords of the instances by which the script is run.
              - keepalived itself tells the script of C(notify) the kind V(INSTANCE), the name, the state and the
                priority. Those of the other keywords get the first three.
            type: list
            elements: str
            choices: [notify, notify_master, notify_backup, notify_fault, notify_stop, notify_deleted]
            default: [notify]
          vrrp_instance:
            description: The names of the instances that run it. Without it all do, with an empty list none.
            type: list
            elements: str
          content:
            description: The text of the script. Only its first line is looked at, which has to name an interpreter.
            type: str
          src:
            description: The file with the script on the controller, instead of O(notify.script[].content).
            type: path
      log:
        description:
          - The path of a program on the host that logs each change of state and then becomes the command in its
            arguments. It is put before the command of C(notify), and is the C(notify) where there is none.
          - An instance with a C(notify) of its own is left as it is, with a warning.
        type: path
seealso:
  - module: openvip.cluster.keepalived_info
  - module: openvip.cluster.keepalived_lint
  - module: openvip.cluster.keepalived_reload
  - module: openvip.cluster.vrrp_instance
  - module: openvip.cluster.virtual_server
  - plugin: openvip.cluster.to_keepalived
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Give two hosts one address, everything else is derived
  openvip.cluster.keepalived_config:
    group: lb
    config:
      vrrp_instance:
        - name: VI_1
          virtual_router_id: 51
          version: 3
          advert_int: 0.1
          virtual_ipaddress:
            - 198.18.0.100/24

- name: Balance a service over the hosts of the group web
  openvip.cluster.keepalived_config:
    group: lb
    sync_daemon: true
    config:
      vrrp_instance:
        - name: VI_1
          virtual_router_id: 51
          virtual_ipaddress:
            - 198.18.0.100/24
      virtual_server:
        - ip: 198.18.0.100
          port: 80
          protocol: TCP
          lb_algo: wrr
          lb_kind: DR
          real_server_group: web
          real_server_options:
            HTTP_GET:
              - connect_timeout: 2
                url:
                  - path: /
                    status_code: "200"

- name: Write exactly what is given
  openvip.cluster.keepalived_config:
    config:
      global_defs:
        router_id: lb1
      vrrp_instance:
        - name: VI_1
          state: BACKUP
          nopreempt: true
          interface: eth1
          virtual_router_id: 51
          priority: 250
          virtual_ipaddress:
            - 198.18.0.100/24 dev eth1 label eth1:vip
"""

RETURN = r"""
path:
  description: The configuration file.
  returned: always
  type: str
  sample: /etc/keepalived/keepalived.conf
version:
  description: The version of the installed keepalived, or nothing when it is not installed.
  returned: always
  type: str
  sample: 2.2.7
config:
  description: The complete configuration of this host in the shape of O(config), passwords masked.
  returned: when the configuration was rendered
  type: dict
differs:
  description: Whether the file on the target differed from the configuration.
  returned: always
  type: bool
former_checksum:
  description: The SHA-256 of the file before the change, an empty text without a file.
  returned: when the configuration is good
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
advertised:
  description:
    - What of the change the peers of a running keepalived see on the wire, one sentence each. See
      M(openvip.cluster.cluster_change).
  returned: always
  type: list
  elements: str
  sample: ["vrrp_instance VI_1: virtual_ipaddress gains 198.18.0.101."]
window:
  description:
    - Seconds for which the hosts may differ in it, C(3 x advert_int + skew) without one C(advert_int).
    - Nothing when peers see nothing of the change, or when it cannot be told.
  returned: always
  type: float
clock:
  description: The seconds by which the clock of the host is ahead of the controller's, from C(low) to C(high).
  returned: in check mode, when peers see something of the change
  type: dict
  contains:
    low:
      description: The least.
      type: float
    high:
      description: The most.
      type: float
    middle:
      description: What is between them.
      type: float
unit_masked:
  description: Whether the unit is masked, so that systemd starts it for nobody.
  returned: always
  type: bool
missing_users:
  description: The users and groups that are to run scripts and do not exist on the target. keepalived would drop those
    scripts.
  returned: always
  type: list
  elements: str
addresses:
  description: The virtual addresses of the configuration.
  returned: when the configuration was rendered
  type: list
  elements: dict
  contains:
    address:
      description: The address without prefix length.
      type: str
    prefix:
      description: The prefix length.
      type: int
    device:
      description: The interface that carries the address.
      type: str
findings:
  description: What is wrong or doubtful, the errors first.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: The name of the check.
      type: str
    severity:
      description: V(error), V(warning) or V(info). Errors are refused.
      type: str
    object:
      description: The block that the finding is about.
      type: str
    message:
      description: What is wrong.
      type: str
    remedy:
      description: What to do.
      type: str
    keyword:
      description: The keyword that the finding is about.
      type: str
    entry:
      description: The item of the keyword's list that the finding is about.
      type: str
config_test:
  description: What C(keepalived --config-test) said.
  returned: always
  type: list
  elements: str
backup_file:
  description: The copy of the former file.
  returned: always
  type: str
  sample: /etc/keepalived/.openvip/keepalived.conf.2026-11-20T23-00-00.123456789Z
away:
  description:
    - The virtual addresses that the host gives up between two reloads.
    - In a single reload keepalived would lose them for good, for example because they move to another instance.
  returned: always
  type: list
  elements: str
  sample: [198.18.0.101]
reloaded:
  description: Whether a running keepalived was reloaded and took the configuration.
  returned: always
  type: bool
reload_identifier:
  description:
    - With O(reload_at), the value for O(openvip.cluster.keepalived_reload#module:identifier).
    - Null if no change was armed.
  returned: always
  type: str
  sample: 0f1e2d3c4b5a6978
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.openvip.cluster.plugins.module_utils._module import config_argument_spec, run_config
from ansible_collections.openvip.cluster.plugins.module_utils._private import private
from ansible_collections.openvip.cluster.plugins.module_utils._schema.secret import secrets_of


def main():
    run_config(private(AnsibleModule, secrets_of)(argument_spec=config_argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
