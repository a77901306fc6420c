#!/usr/bin/python
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: keepalived_reload
short_description: Confirm or roll back a simultaneous reload of keepalived
version_added: 1.1.0
author:
  - openvip.cluster contributors (@openvip)
description:
  - M(openvip.cluster.keepalived_config) with O(openvip.cluster.keepalived_config#module:reload_at) only arms a change.
    A process on the host writes the file and reloads keepalived at that time.
  - This module waits for the reload, confirms the change, or has it rolled back.
  - Without a confirmation the process rolls the change back by itself at the deadline, even if the connection or the
    controller is lost. If the process is killed or the host is booted meanwhile, the unit C(openvip-rollback.service)
    of systemd does it, at the deadline or before keepalived starts. It exists only from the arming to the end of the
    change. The next task that writes the file reports what it did, as a warning.
  - Where several hosts change simultaneously, first have all of them prepared, then confirm. A host that is lost before
    it is prepared rolls back, and one that is lost afterwards keeps the change. So have all hosts rolled back unless
    all of them are prepared.
extends_documentation_fragment:
  - openvip.cluster.attributes
  - openvip.cluster.attributes.actiongroup_cluster
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  identifier:
    description: The RV(openvip.cluster.keepalived_config#module:reload_identifier) of the task that armed the change.
    type: str
    required: true
  state:
    description:
      - V(reloaded) waits until keepalived has the new configuration and has confirmed it on this host.
      - V(prepared) has the host keep the change by itself from now on, after as many seconds again as
        O(openvip.cluster.keepalived_config#module:confirm_within), unless it is rolled back until then.
      - V(confirmed) keeps the change for good.
      - V(rolled_back) restores the former configuration, also if the process was killed or the host was rebooted.
    type: str
    choices: [reloaded, prepared, confirmed, rolled_back]
    default: reloaded
  at:
    description:
      - The time of the rollback with O(state=rolled_back), in seconds since 1970 by the clock of the host, at most two
        minutes ahead. Without it the rollback is immediate.
    type: float
  timeout:
    description: Seconds to wait for O(state), counted from O(at) if that is given.
    type: float
    default: 30.0
seealso:
  - module: openvip.cluster.keepalived_config
"""

EXAMPLES = r"""
- name: Arm the change on every host
  openvip.cluster.keepalived_config:
    config: "{{ keepalived }}"
    reload_at: "{{ start }}"
  register: armed

- name: Wait until every host has reloaded
  openvip.cluster.keepalived_reload:
    identifier: "{{ armed.reload_identifier }}"

- name: Have every host keep the change unless it is rolled back
  openvip.cluster.keepalived_reload:
    identifier: "{{ armed.reload_identifier }}"
    state: prepared

- name: Keep the change
  openvip.cluster.keepalived_reload:
    identifier: "{{ armed.reload_identifier }}"
    state: confirmed
"""

RETURN = r"""
state:
  description:
    - The state of the change, V(armed), V(changed), V(failed), V(prepared), V(confirmed) or V(rolled back).
    - V(failed) means that keepalived did not take the new configuration. The process then waits until the other hosts
      have the former configuration again.
    - Null in check mode, or if this host has no such change.
  returned: always
  type: str
  sample: confirmed
reloaded_at:
  description: When keepalived got the signal, in seconds since 1970 by the clock of the host.
  returned: always
  type: float
  sample: 1790000000.25
first_reloaded_at:
  description:
    - The same for the first of two reloads, where keepalived has to give up addresses between them, else the value of
      RV(reloaded_at).
  returned: always
  type: float
  sample: 1790000000.25
reason:
  description: Why the change failed or was rolled back.
  returned: always
  type: str
  sample: nobody confirmed it within 60 s.
stopped:
  description:
    - Whether keepalived was stopped because it did not take the configuration that its peers may have taken.
    - It is started again when the peers have the former configuration.
  returned: always
  type: bool
backup_file:
  description: The path of the former file, if one was kept.
  returned: always
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.openvip.cluster.plugins.module_utils._timed_reload import reload_argument_spec, run_reload


def main():
    run_reload(AnsibleModule(argument_spec=reload_argument_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
