#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: virtual_server
short_description: Add, change or remove one virtual_server of a keepalived.conf
version_added: 1.0.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - Edits the block of one service of IPVS in an existing, perhaps hand-written file, and leaves every other byte alone.
  - The block is found by O(ip) and O(port), by O(fwmark) or by O(group). Services of one address and port that differ
    in O(protocol) or O(ip_family) are different ones.
  - The options are keepalived's own keywords. O(real_server) names all real servers. One that it does not name is
    removed, of the others only the given keywords are changed.
  - The file as it would be is checked and tested with C(keepalived --config-test) before it is replaced. keepalived is
    then reloaded, never restarted. If it does not live on, the former file is put back.
extends_documentation_fragment:
  - openvip.cluster.virtual_server
  - openvip.cluster.file
  - openvip.cluster.file.edit
  - openvip.cluster.attributes
  - openvip.cluster.attributes.actiongroup_cluster
seealso:
  - module: openvip.cluster.vrrp_instance
  - module: openvip.cluster.keepalived_config
  - module: openvip.cluster.keepalived_lint
"""

EXAMPLES = r"""
- name: Add a service
  openvip.cluster.virtual_server:
    ip: 198.18.0.100
    port: 80
    delay_loop: 5
    lb_algo: wlc
    lb_kind: DR
    protocol: TCP
    real_server:
      - ip: 198.18.0.21
        port: 80
        TCP_CHECK:
          - connect_timeout: 2
      - ip: 198.18.0.22
        port: 80
        TCP_CHECK:
          - connect_timeout: 2

- name: Change the scheduler and leave the rest as it is
  openvip.cluster.virtual_server:
    ip: 198.18.0.100
    port: 80
    lb_algo: rr

- name: Take the service out
  openvip.cluster.virtual_server:
    ip: 198.18.0.100
    port: 80
    state: absent
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
before:
  description: The block before, in the shape of O(openvip.cluster.keepalived_config#module:config), passwords masked.
    Nothing when it was not there.
  returned: when the file could be edited
  type: dict
after:
  description: The block afterwards, in the same shape. Nothing when it is not there.
  returned: when the file could be edited
  type: dict
findings:
  description: What is wrong or doubtful in the whole file, in the order of its lines.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: The name of the rule.
      type: str
    severity:
      description: V(error), V(warning) or V(info).
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
    path:
      description: The file.
      type: str
    line:
      description: The line in it, from 1.
      type: int
    column:
      description: The column, from 1.
      type: int
    keyword:
      description: The keyword that the finding is about.
      type: str
    entry:
      description: The item of the keyword's list that the finding is about.
      type: str
missing_users:
  description: The users that are to run scripts since this change and do not exist on the target.
  returned: always
  type: list
  elements: str
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
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.openvip.cluster.plugins.module_utils._edit_module import edit_argument_spec, run_edit
from ansible_collections.openvip.cluster.plugins.module_utils._private import private
from ansible_collections.openvip.cluster.plugins.module_utils._schema.secret import secrets_of


def main():
    run_edit(
        private(AnsibleModule, secrets_of)(
            argument_spec=edit_argument_spec("virtual_server"),
            supports_check_mode=True,
            required_one_of=[("ip", "fwmark", "group")],
            mutually_exclusive=[("ip", "fwmark", "group")],
            required_by={"port": ["ip"]},
        ),
        "virtual_server",
    )


if __name__ == "__main__":
    main()
