#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: keepalived_import
short_description: Write the variables of a cluster from the keepalived.conf of its hosts
version_added: 1.0.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - Takes the C(keepalived.conf) of every host of a group and writes variables for the role
    P(openvip.cluster.keepalived#role), which give each host the configuration that it has.
  - What all hosts have in common stands once, in the group. What differs stands with the host, in
    C(keepalived_override) where single keys differ and in the variable of the section where more does.
  - Secrets go into files of their own, which only their owner can read.
  - Judges each file by all rules for a single host, and compares what the role makes of the variables with the file.
    Nothing is written when they differ in meaning.
  - Everything happens on the controller. The playbook C(openvip.cluster.import) reads the files first.
notes:
  - What has no form as data is kept as text below C(raw), among it conditions (C(@host)), definitions (C($NAME=)),
    sequences and C(include). Included files are not read.
  - Comments are not kept.
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff
      mode.
    support: none
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation
      indicates no change.
    support: full
options:
  group:
    description: The inventory group that the hosts belong to.
    type: str
    required: true
  directory:
    description:
      - The directory on the controller below which C(group_vars) and C(host_vars) are written. It is made when it does
        not exist.
      - Files of an earlier import are replaced; a file that no import has written makes the task fail.
    type: path
    default: imported-inventory
  hosts:
    description: All hosts of the group, with what was read from them.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The inventory name of the host.
        type: str
        required: true
      content:
        description: The file, in Base64, as M(ansible.builtin.slurp) returns it.
        type: str
        required: true
      path:
        description: The path of the file on the host, for messages.
        type: str
        default: /etc/keepalived/keepalived.conf
      version:
        description: The version of keepalived on the host, such as V(2.2.7). Without it the newest one is assumed.
        type: str
      facts:
        description: The facts of the host, for the rules that look at its interfaces and addresses.
        type: dict
        default: {}
seealso:
  - module: openvip.cluster.keepalived_info
  - module: openvip.cluster.keepalived_config
"""

EXAMPLES = r"""
- name: Read keepalived.conf
  ansible.builtin.slurp:
    src: /etc/keepalived/keepalived.conf
  register: file
  no_log: true

- name: Write the variables of a cluster of one host
  openvip.cluster.keepalived_import:
    group: lb
    directory: imported-inventory
    hosts:
      - name: "{{ inventory_hostname }}"
        content: "{{ file.content }}"
        version: 2.2.7
  register: result

- name: Show what was found
  ansible.builtin.debug:
    var: result.report
"""

RETURN = r"""
files:
  description: The files that hold the variables.
  returned: success
  type: list
  elements: str
  sample:
    - /home/admin/imported-inventory/group_vars/lb/keepalived.yml
report:
  description: What was found and compared, as lines for people.
  returned: always
  type: list
  elements: str
hosts:
  description: The same for each host, by its name.
  returned: always
  type: dict
  contains:
    path:
      description: The path of the file.
      type: str
    findings:
      description: What is wrong with the file.
      type: list
      elements: dict
      contains:
        id:
          description: The rule that says it.
          type: str
        severity:
          description: V(error), V(warning) or V(info).
          type: str
        object:
          description: The block that it is about.
          type: str
        message:
          description: What is wrong.
          type: str
        remedy:
          description: What to do about it.
          type: str
        path:
          description: The path of the file.
          type: str
        line:
          description: The line, from 1.
          type: int
        column:
          description: The column, from 1.
          type: int
    raw:
      description: What is kept as text, each line with the name of its block.
      type: list
      elements: str
    kept:
      description: The lines that are kept as text because keepalived would read them in another way at another place.
      type: list
      elements: dict
      contains:
        line:
          description: The line, from 1.
          type: int
        reason:
          description: Why its place counts.
          type: str
    refused:
      description: Why the role would refuse the configuration. Empty when it would not.
      type: list
      elements: str
    difference:
      description: How the configuration that the role makes of the variables differs from the file in meaning.
      type: list
      elements: str
"""
