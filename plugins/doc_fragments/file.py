# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that every module has that writes the file.

Note that this document fragment is PRIVATE to the collection.
"""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  path:
    description: The file to write.
    type: path
    default: /etc/keepalived/keepalived.conf
  backup:
    description: Whether the former file is kept, in the directory C(.openvip) beside it, under a name with a timestamp.
    type: bool
    default: true
  backup_count:
    description: The number of former files that are kept. The oldest are removed.
    type: int
    default: 10
  config_test:
    description:
      - Whether a changed configuration is tested with C(keepalived --config-test) on the target before it is written.
      - It is judged by each message. Where keepalived runs what is written, such as an old name of a keyword, the
        message is a warning with its remedy. All others refuse the configuration.
    type: bool
    default: true
  config_test_timeout:
    description: Seconds after which the test is taken for hung and the configuration is refused.
    type: float
    default: 15.0
  reload:
    description: Whether a running keepalived is reloaded after a change. A stopped one is not started.
    type: bool
    default: true
  binary:
    description: The keepalived program.
    type: str
    default: keepalived
  unit:
    description: The systemd unit that is reloaded when it is active. Otherwise the process gets C(SIGHUP).
    type: str
    default: keepalived.service
"""

    EDIT = r"""
options:
  state:
    description:
      - V(present) brings the block to the given options. Options that are not given leave their keywords as they are.
      - An empty list, an empty dictionary and V(false) remove a keyword.
      - V(absent) removes the block.
    type: str
    choices:
      - present
      - absent
    default: present
attributes:
  check_mode:
    support: full
    details:
      - In check mode the file is edited in memory, checked and tested, but nothing is written or reloaded.
      - As long as keepalived is not installed, C(keepalived --config-test) is left out in check mode.
  diff_mode:
    support: full
    details:
      - Passwords are masked. When nothing but a masked value differs, the last line of the difference says so.
  idempotent:
    support: full
notes:
  - The file may be written by hand. Comments, blanks, the order of lines, unknown words and the permissions of the file
    stay, only the lines of keywords whose value differs are changed.
  - Files that it includes are not edited. When the block is in one of them, the module says in which.
  - The file as it would be is checked like that of M(openvip.cluster.keepalived_config). Errors that concern the block
    or come from the edit are refused, older ones are warnings.
  - With C(raw) lines are only added, they are never removed.
"""
