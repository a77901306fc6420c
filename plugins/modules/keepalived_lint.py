#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: keepalived_lint
short_description: Judge a keepalived.conf better than keepalived does
version_added: 1.0.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - Reads a configuration and names what keepalived would refuse, cut or ignore, and what it accepts although it breaks
    the cluster. Every finding has a place in the file, what is wrong and what to do.
  - The rules are listed in C(docs/rules) of the collection, with a wrong and a right text for each of them.
  - Values are judged for the keepalived that is installed on the host, and by what the host is like, such as its
    interfaces and the files of the scripts.
extends_documentation_fragment:
  - openvip.cluster.attributes
  - openvip.cluster.attributes.info_module
  - openvip.cluster.attributes.actiongroup_cluster
options:
  path:
    description: The configuration file. Files that it includes are not judged.
    type: path
    default: /etc/keepalived/keepalived.conf
  content:
    description: The text to judge instead of that of the file. O(path) is then its name in the findings.
    type: str
  fail_on:
    description:
      - The least severity of a finding that makes the task fail.
      - V(never) only reports.
    type: str
    choices:
      - error
      - warning
      - info
      - never
    default: error
  host:
    description:
      - Whether the interfaces, script files and users of the host are looked at.
      - Set it to V(false) for a configuration that is meant for another host.
    type: bool
    default: true
  binary:
    description: The keepalived program, whose version the configuration is judged for when it is installed.
    type: str
    default: keepalived
seealso:
  - module: openvip.cluster.keepalived_info
  - module: openvip.cluster.keepalived_config
"""

EXAMPLES = r"""
- name: Fail when the configuration of a host has an error
  openvip.cluster.keepalived_lint:

- name: Judge a file of the controller for any host
  openvip.cluster.keepalived_lint:
    content: "{{ lookup('ansible.builtin.file', 'keepalived.conf') }}"
    path: keepalived.conf
    host: false
    fail_on: warning
  delegate_to: localhost

- name: Collect what can be said
  openvip.cluster.keepalived_lint:
    fail_on: never
  register: result

- name: Show it
  ansible.builtin.debug:
    msg: "{{ result.report }}"
"""

RETURN = r"""
path:
  description: The configuration file.
  returned: always
  type: str
  sample: /etc/keepalived/keepalived.conf
version:
  description: The version of keepalived that was judged for, or nothing when it is not installed.
  returned: always
  type: str
  sample: 2.2.7
findings:
  description: What is wrong or doubtful, in the order of the lines.
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
      description: The line in it, from 1. Not there when the finding is about something that is missing altogether.
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
counts:
  description: How many findings there are of each severity.
  returned: always
  type: dict
  sample:
    error: 1
    warning: 0
    info: 2
report:
  description: The same for people, a line for each finding.
  returned: always
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.openvip.cluster.plugins.module_utils._lint_module import (
    lint_argument_spec,
    run_lint,
    secrets_among,
)
from ansible_collections.openvip.cluster.plugins.module_utils._private import private


def main():
    run_lint(private(AnsibleModule, secrets_among)(argument_spec=lint_argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
