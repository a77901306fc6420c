# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time

from ansible.plugins.action import ActionBase

from ansible_collections.openvip.cluster.plugins.module_utils._drill import judge, report
from ansible_collections.openvip.cluster.plugins.plugin_utils._members import plain
from ansible_collections.openvip.cluster.plugins.plugin_utils._reports import REPORTS

ARGUMENTS = {
    "results": {"type": "list", "elements": "dict", "default": []},
    "recording": {
        "type": "dict",
        "options": {
            "plan": {"type": "dict", "required": True},
            "injected": {"type": "dict", "required": True},
            "undone": {"type": "dict", "default": {}},
            "probe": {"type": "dict", "required": True},
            "watched": {"type": "dict", "default": {}},
            "claims": {"type": "dict", "default": {}},
            "healed": {"type": "bool", "required": True},
        },
    },
    **REPORTS,
    "calibration": {"type": "dict", "default": {}},
    "prober": {"type": "str", "required": True},
    "url": {"type": "str", "required": True},
    "interval": {"type": "float", "default": 0.005},
}


class ActionModule(ActionBase):
    """Turn what was recorded during faults into figures and reports, on the controller."""

    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        arguments = plain(self.validate_argument_spec(ARGUMENTS)[1])
        results, recording = arguments["results"], arguments["recording"]
        if recording:
            results = [*results, judge.judge(calibration=arguments["calibration"], **recording)]
        told = {
            "time": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
            "members": sorted(each["name"] for each in arguments["reports"]),
            "prober": arguments["prober"], "url": arguments["url"], "interval_ms": arguments["interval"] * 1000,
            "calibration": arguments["calibration"], "results": results,
            "configurations": {each["name"]: each["keepalived"].get("config") or {} for each in arguments["reports"]},
        }
        result.update(changed=False, report=told, lines=report.lines(told), junit=report.junit(told),
                      html=report.page(told), problems=report.problems(told))
        return result
