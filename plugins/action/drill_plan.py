# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.openvip.cluster.plugins.module_utils._drill import plan, report
from ansible_collections.openvip.cluster.plugins.plugin_utils._members import plain
from ansible_collections.openvip.cluster.plugins.plugin_utils._reports import REPORTS

ARGUMENTS = {
    "faults": {"type": "list", "elements": "str", "required": True},
    **REPORTS,
    "members": {"type": "list", "elements": "str", "required": True},
    "prober": {"type": "str", "required": True},
    "group": {"type": "str", "required": True},
    "production": {"type": "list", "elements": "str", "default": []},
    "confirm": {"type": "str", "default": ""},
    "url": {"type": "str", "default": ""},
    "address": {"type": "str", "default": ""},
    "host": {"type": "str", "default": ""},
    "service": {"type": "str", "default": ""},
    "interface": {"type": "str", "default": ""},
    "real_server": {"type": "str", "default": ""},
    "real_server_service": {"type": "str", "default": ""},
    "watchdog": {"type": "int", "default": 30},
}
AGREED = ("members", "production", "confirm", "group", "prober")
PLANNED = ("reports", "members", "url", "address", "host", "service", "interface", "real_server", "real_server_service",
           "watchdog")


class ActionModule(ActionBase):
    """Say what a drill does with each fault, on the controller, or why it must not begin."""

    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        arguments = plain(self.validate_argument_spec(ARGUMENTS)[1])
        options = {name: arguments[name] for name in PLANNED}
        try:
            plan.agree(**{name: arguments[name] for name in AGREED})
            plans = [plan.prepare(fault, **options) for fault in arguments["faults"]]
        except plan.PlanError as error:
            raise AnsibleActionFail(str(error)) from error
        result.update(changed=False, plans=plans, lines=report.outlook(plans))
        return result
