#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vrrp_instance
short_description: Add, change or remove one vrrp_instance of a keepalived.conf
version_added: 1.0.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - Edits the block of one virtual router in an existing, perhaps hand-written file, and leaves every other byte alone.
  - The options are keepalived's own keywords. Only its C(state) has another name here, O(initial_state), because
    O(state) says whether the block is to be there.
  - The file as it would be is checked and tested with C(keepalived --config-test) before it is replaced. keepalived is
    then reloaded, never restarted, and asked whether it knows the instance. If it does not, the former file is put
    back.
extends_documentation_fragment:
  - openvip.cluster.vrrp_instance
  - openvip.cluster.file
  - openvip.cluster.file.edit
  - openvip.cluster.attributes
  - openvip.cluster.attributes.actiongroup_cluster
seealso:
  - module: openvip.cluster.virtual_server
  - module: openvip.cluster.keepalived_config
  - module: openvip.cluster.keepalived_lint
"""

EXAMPLES = r"""
- name: Add a second address to a running cluster
  openvip.cluster.vrrp_instance:
    name: VI_2
    initial_state: BACKUP
    interface: eth1
    virtual_router_id: 52
    priority: 100
    virtual_ipaddress:
      - 198.18.0.101/24

- name: Change one value and leave the rest as it is
  openvip.cluster.vrrp_instance:
    name: VI_2
    priority: 150

- name: Let the instance preempt again, and stop tracking
  openvip.cluster.vrrp_instance:
    name: VI_2
    nopreempt: false
    track_script: []

- name: Take the instance out
  openvip.cluster.vrrp_instance:
    name: VI_2
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
        private(AnsibleModule, secrets_of)(argument_spec=edit_argument_spec("vrrp_instance"), supports_check_mode=True),
        "vrrp_instance",
    )


if __name__ == "__main__":
    main()
