# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.words import misshapen
from ansible_collections.openvip.cluster.plugins.module_utils._host.module import CONTROLLER_OPTIONS
from ansible_collections.openvip.cluster.plugins.module_utils._host.needs import PEER_UNKNOWN, needs
from ansible_collections.openvip.cluster.plugins.module_utils._module import judge, refusal
from ansible_collections.openvip.cluster.plugins.plugin_utils._definition import derived_here
from ansible_collections.openvip.cluster.plugins.plugin_utils._members import Members, inspect, names_of, plain

NAME = "keepalived_host_info"


class ActionModule(ActionBase):
    """Derive from the definition of the cluster what this host has to let in, and hand it to the module."""

    _requires_connection = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        arguments = plain(dict(self._task.args))
        given = {option: arguments.pop(option, None) for option in CONTROLLER_OPTIONS}
        if given["group"]:
            if not isinstance(given["config"], dict):
                raise AnsibleActionFail("%s: config must be a dictionary of keepalived's sections." % NAME)
            found, findings = _needs(given, task_vars, inspect(self, arguments, task_vars))
            refused = refusal("Nothing was changed:", findings)
            if refused:
                result.update(refused)
                return result
            arguments.update(found)
        result.update(self._execute_module(module_name="openvip.cluster.keepalived_host_info", module_args=arguments,
                                           task_vars=task_vars))
        return result


def _needs(given, task_vars, inspected):
    """Return the options of the module, and what is wrong with the definition."""
    findings = misshapen(given["config"], given["override"])
    if findings:
        return None, findings
    data, host, findings = derived_here(given["config"], given, task_vars, NAME, inspected)
    findings = findings or [each for each in judge(data, host=host) if each.severity == "error"]
    if findings:
        return None, findings
    members = Members(task_vars, inspected).of(names_of(given["group"], task_vars, NAME), data)
    found, findings = needs(data, task_vars["inventory_hostname"], members, given["ports"] or [])
    unknown = [str(finding) for finding in findings if finding.id == PEER_UNKNOWN]
    return dict(found, unknown=unknown), [finding for finding in findings if finding.id != PEER_UNKNOWN]
