#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lvs_drain
short_description: Drain real servers on a director, and restore their weights
version_added: 1.1.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - Gives real servers weight 0 in the keepalived.conf of a director, and reloads keepalived. All other bytes of the
    file stay.
  - The file remembers by name which real servers are drained, by whom and since when, and the lines as they were.
    M(openvip.cluster.keepalived_config) leaves them drained. M(openvip.cluster.keepalived_info) returns what is
    remembered.
  - The options are all that is to be drained. A real server that they do not name gets back the lines that it had.
  - Whether a service has another real server left is not judged here but by M(openvip.cluster.cluster_drain). The
    playbooks C(openvip.cluster.drain) and C(openvip.cluster.restore) use both.
extends_documentation_fragment:
  - openvip.cluster.file
  - openvip.cluster.attributes
  - openvip.cluster.attributes.actiongroup_cluster
options:
  drained:
    description: The real servers that get no new connections.
    type: list
    elements: dict
    required: true
    suboptions:
      name: &name
        description: Its name, which is a host of the inventory or an address. It has no blank.
        type: str
        required: true
      by: &by
        description: Who has drained it, without a blank.
        type: str
        required: true
      since: &since
        description: When that was, in UTC, as in V(2026-12-01T08:00:00Z).
        type: str
        required: true
      addresses:
        description: Its addresses, in every service.
        type: list
        elements: str
        required: true
      remove:
        description:
          - Whether it leaves the table of services with the C(protocol) UDP altogether. A client of UDP that goes on
            sending stays with a real server of weight 0.
        type: bool
        default: false
  restored:
    description:
      - The real servers that are not drained any more, remembered while there is a director that has not been told.
    type: list
    elements: dict
    default: []
    suboptions:
      name: *name
      by:
        description: Who has restored it, without a blank.
        type: str
        required: true
      since: *since
  force:
    description:
      - Whether a service may be left without any weight, which C(keepalived --config-test) refuses. keepalived then
        takes its real servers out for the C(sorry_server), and cuts their connections.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    details:
      - In check mode the file is edited in memory, checked and tested, but nothing is written or reloaded.
  diff_mode:
    support: full
    details:
      - Passwords are masked.
  idempotent:
    support: full
seealso:
  - module: openvip.cluster.cluster_drain
  - module: openvip.cluster.lvs_drain_info
"""

EXAMPLES = r"""
- name: Drain one real server, and restore all others
  openvip.cluster.lvs_drain:
    drained:
      - name: web1
        addresses: [198.18.0.21]
        by: anna@admin
        since: "2026-12-01T08:00:00Z"
"""

RETURN = r"""
path:
  description: The configuration file.
  returned: always
  type: str
  sample: /etc/keepalived/keepalived.conf
drained:
  description: What the file remembers of drained real servers, as M(openvip.cluster.keepalived_info) returns it.
  returned: when the file could be edited
  type: list
  elements: dict
restored:
  description: What the file remembers of restored ones.
  returned: when the file could be edited
  type: list
  elements: dict
findings:
  description: What is wrong or doubtful in the whole file, as M(openvip.cluster.virtual_server) returns it.
  returned: always
  type: list
  elements: dict
config_test:
  description: What C(keepalived --config-test) said.
  returned: always
  type: list
  elements: str
backup_file:
  description: The copy of the former file.
  returned: always
  type: str
reloaded:
  description: Whether a running keepalived was reloaded and took the configuration.
  returned: always
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.openvip.cluster.plugins.module_utils._drain_module import drain_argument_spec, run_drain


def main():
    run_drain(AnsibleModule(argument_spec=drain_argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
