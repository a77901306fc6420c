# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import time

from ansible.plugins.action import ActionBase

from ansible_collections.openvip.cluster.plugins.module_utils._status import picture, screen
from ansible_collections.openvip.cluster.plugins.module_utils._status.summary import summarise
from ansible_collections.openvip.cluster.plugins.plugin_utils._members import plain
from ansible_collections.openvip.cluster.plugins.plugin_utils._reports import REPORTS

ARGUMENTS = {
    **REPORTS,
    "members": {"type": "list", "elements": "str", "default": []},
    "output": {"type": "str", "choices": ["text", "json", "none"], "default": "text"},
}


class ActionModule(ActionBase):
    """Put together what the hosts of a cluster report, on the controller, and show it."""

    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        dummy, arguments = self.validate_argument_spec(ARGUMENTS)
        status = dict({"time": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())},
                      **summarise(plain(arguments["reports"]), plain(arguments["members"])))
        lines = screen.lines(status)
        text = {"text": "\n".join(lines), "json": json.dumps(status, indent=2), "none": None}[arguments["output"]]
        if text is not None:
            # As it is: a callback would show it as a list of quoted strings.
            self._display.display(text)
        result.update(changed=False, status=status, lines=lines, svg=picture.svg(status))
        return result
