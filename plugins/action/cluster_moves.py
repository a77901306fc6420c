# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.maintenance import (
    giving,
    leaving,
    returning,
    sides,
)
from ansible_collections.openvip.cluster.plugins.module_utils._module import refusal
from ansible_collections.openvip.cluster.plugins.module_utils._status.summary import summarise
from ansible_collections.openvip.cluster.plugins.plugin_utils._members import plain
from ansible_collections.openvip.cluster.plugins.plugin_utils._reports import REPORTS

ARGUMENTS = {
    **REPORTS,
    "host": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent", "holder"], "default": "present"},
    "force": {"type": "bool", "default": False},
}
REFUSED = "The addresses stay where they are and nothing was changed:"


class ActionModule(ActionBase):
    """Tell which addresses move at the beginning or end of a host's maintenance."""

    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        dummy, arguments = self.validate_argument_spec(ARGUMENTS)
        reports, host = plain(arguments["reports"]), arguments["host"]
        report = next((each for each in reports if each["name"] == host), None)
        if report is None:
            raise AnsibleActionFail("cluster_moves: there is no report of %s, only of: %s."
                                    % (host, ", ".join(each["name"] for each in reports) or "none"))
        config = report["keepalived"].get("config") or {}
        standing = [each["name"] for each in config.get("vrrp_instance") or [] if each.get("nopreempt")]
        status, moves, hosts, findings = summarise(reports), [], [host], []
        if arguments["state"] == "present":
            moves, findings = leaving(status, host)
        elif arguments["state"] == "absent":
            moves = returning(status, host, standing)
        else:
            hosts, findings = giving(status, host)
        if not arguments["force"]:
            result.update(refusal(REFUSED, findings) or {})
        interfaces = {each["name"]: each["keepalived"].get("interfaces") or {} for each in reports}
        result.update(changed=False, moves=[move._asdict() for move in moves], hosts=hosts,
                      stays=len(standing) == len(config.get("vrrp_instance") or []),
                      handover=[] if config.get("virtual_server") else sides(moves, interfaces))
        return result
