#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: source_build
short_description: Build a program from its source archive and switch to it
version_added: 1.0.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - Unpacks a verified archive, runs C(./configure), C(make) and C(make install) as an unprivileged user, and puts the
    result into a directory of its own below O(prefix), for example C(2.3.3-0a1b2c3d). Once the release is on the
    disk, the link C(current) beside it is switched to it in one step.
  - The digits stand for the checksum, the options and the substitutions. What has been built once in just this way is
    not built again, so that going back to the former version is a matter of the link.
  - The program is asked for its version, and for the options it was built with when it tells them, at every run. One
    that does not answer rightly is built again.
  - An interrupted run leaves a link to a complete release. The next run rolls back the incomplete change and ends
    processes that the interrupted run left behind.
  - When a step fails, the message names it, with the end of its output and what to do. What was current before stays
    so.
  - Units, samples and other files that C(make install) would write elsewhere are kept in the directory C(left_out) of
    the release, by their whole paths, and named in RV(left_out).
extends_documentation_fragment:
  - openvip.cluster.attributes
attributes:
  check_mode:
    support: full
    details:
      - Nothing is built in check mode. An archive that is there already is verified.
  diff_mode:
    support: full
    details:
      - Shows the current release before and after. With O(activate=false) shows the release that is built.
  idempotent:
    support: full
options:
  name:
    description: The name of the program.
    type: str
    required: true
  prefix:
    description:
      - The directory of the releases of this program. It is no other program's.
      - The prefix is rejected if a user other than root and the one who runs this module could replace it or a
        directory above it.
      - The releases cannot be moved, since programs have their paths built in.
    type: path
    required: true
  state:
    description: V(absent) removes all releases, the link, and O(prefix) itself when nothing else is in it.
    type: str
    choices:
      - present
      - absent
    default: present
  version:
    description: The version that the archive has, as the program tells it.
    type: str
  archive:
    description:
      - The source archive on the target, of any kind that C(tar) unpacks. It has one directory at its top.
      - It is needed only when the release has to be built.
    type: path
  checksum:
    description: The checksum of the archive, as C(sha256:) and the digits. Also C(sha384:) and C(sha512:).
    type: str
  configure_options:
    description: The options for C(./configure) without C(--prefix). One that it does not know is an error.
    type: list
    elements: str
    default: []
  substitutions:
    description: Changes of the unpacked source before it is configured.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The file, relative to the top of the source.
        type: str
        required: true
      regexp:
        description: A regular expression of Python, C(^) and C($) meaning the ends of a line. It is an error when it
          finds nothing.
        type: str
        required: true
      replace:
        description: What replaces every match. C(\1) is the first group.
        type: str
        required: true
  program:
    description: The program that is asked for its version, relative to the release, for example C(sbin/keepalived).
    type: str
  version_argument:
    description: The argument that makes the program tell its version.
    type: str
    default: --version
  user:
    description: The unprivileged user who unpacks, configures and compiles.
    type: str
  activate:
    description: Whether C(current) is switched to the release. V(false) builds it only.
    type: bool
    default: true
  keep:
    description: How many releases stay beside the current one, those that were current last. 0 to 100. Others are
      removed when O(activate=true).
    type: int
    default: 1
  jobs:
    description: How many compilers run at once, 1 to 1024. The default is the number of processors.
    type: int
  nice:
    description: How far the build steps back behind what else runs on the host, 0 to 19.
    type: int
    default: 19
  timeout:
    description: Seconds for the whole build, 1 to 86400.
    type: int
    default: 1800
notes:
  - A build takes its time. With C(async) and C(poll) Ansible shows that it goes on. C(async) must be 0 in check mode.
"""

EXAMPLES = r"""
- name: Fetch the source
  ansible.builtin.get_url:
    url: https://www.keepalived.org/software/keepalived-2.3.3.tar.gz
    dest: /var/tmp/keepalived-2.3.3.tar.gz
    checksum: sha256:2288c5c7609fa452782b7acefa19acce742d0204dc17f54d36da46b10f8b590c
    mode: "0644"

- name: Build keepalived
  openvip.cluster.source_build:
    name: keepalived
    version: 2.3.3
    archive: /var/tmp/keepalived-2.3.3.tar.gz
    checksum: sha256:2288c5c7609fa452782b7acefa19acce742d0204dc17f54d36da46b10f8b590c
    prefix: /opt/keepalived
    program: sbin/keepalived
    configure_options:
      - --enable-json
    user: nobody
  async: "{{ 0 if ansible_check_mode else 1800 }}"
  poll: 10

- name: Remove it
  openvip.cluster.source_build:
    name: keepalived
    prefix: /opt/keepalived
    state: absent
"""

RETURN = r"""
found:
  description: Whether the release was there already and its program answered rightly.
  returned: when O(state=present)
  type: bool
release:
  description: The directory of the release.
  returned: when O(state=present)
  type: str
  sample: /opt/keepalived/2.3.3-0a1b2c3d
program:
  description: The program in that directory.
  returned: when O(state=present)
  type: str
  sample: /opt/keepalived/2.3.3-0a1b2c3d/sbin/keepalived
current:
  description: The link to the current release.
  returned: when O(state=present)
  type: str
  sample: /opt/keepalived/current
former:
  description: The directory of the release that was current before, or nothing.
  returned: when O(state=present)
  type: str
steps:
  description: The steps of the build and how long each took. Empty when nothing was built.
  returned: when O(state=present)
  type: list
  elements: dict
  contains:
    name:
      description: The name of the step.
      type: str
    seconds:
      description: How long it took.
      type: float
left_out:
  description: The paths outside of the release that C(make install) would have written.
  returned: when O(state=present)
  type: list
  elements: str
removed:
  description: What was removed.
  returned: success
  type: list
  elements: str
step:
  description: The step that failed. One of V(verify), V(unpack), V(substitute), V(configure), V(make),
    V(make install), V(write), V(prove) and V(switch).
  returned: failure
  type: str
log:
  description: The last 500 lines of the output of the step that failed.
  returned: failure
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.openvip.cluster.plugins.module_utils._source.module import argument_spec, run_source_build


def main():
    run_source_build(AnsibleModule(
        argument_spec=argument_spec(),
        required_if=[("state", "present", ("version", "archive", "program", "user"))],
        supports_check_mode=True,
    ))


if __name__ == "__main__":
    main()
