# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible.plugins.action import ActionBase

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.verify import line, table, verify
from ansible_collections.openvip.cluster.plugins.module_utils._lint.report import NEVER, SEVERITIES, counts, fails
from ansible_collections.openvip.cluster.plugins.plugin_utils._clusters import Clusters
from ansible_collections.openvip.cluster.plugins.plugin_utils._members import plain
from ansible_collections.openvip.cluster.plugins.plugin_utils._scope import Scope

REFUSED = "The cluster is refused and nothing was changed:"
ARGUMENTS = {
    "group": {"type": "list", "elements": "str", "required": True},
    "definition": {"type": "str", "required": True},
    "seen": {"type": "str"},
    "real_servers": {"type": "dict"},
    "members": {"type": "bool", "default": True},
    "variables": {"type": "dict", "default": {}},
    "clock_tolerance": {"type": "float", "default": 2.0},
    "failover_limit": {"type": "float"},
    "fail_on": {"type": "str", "choices": [*SEVERITIES, NEVER], "default": "error"},
    "output": {"type": "str", "choices": ["text", "none"], "default": "none"},
}


class ActionModule(ActionBase):
    """Derive the data of all members of the clusters, and judge it together."""

    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        dummy, options = self.validate_argument_spec(argument_spec=ARGUMENTS)
        options = plain(options)
        clusters = Clusters(Scope(self._task, self._templar, task_vars), task_vars, options)
        judged = [clusters.judged(name) for name in dict.fromkeys(options["group"])]
        verdict = verify(judged + clusters.others(), options["group"], options["members"], options["clock_tolerance"],
                         options["failover_limit"])
        verdict = verdict.joined(clusters.misspelt())
        not_seen = [dict(each._asdict()) for each in verdict.not_seen + clusters.not_seen]
        result.update(
            changed=False, findings=[finding.as_dict() for finding in verdict.findings], not_seen=not_seen,
            counts=counts(verdict.findings),
            table=table(verdict._replace(not_seen=verdict.not_seen + clusters.not_seen), options["group"]))
        if options["output"] == "text":
            # As it is: a callback would show it as a list of quoted strings.
            self._display.display("\n".join(result["table"]))
        if fails(verdict.findings, options["fail_on"]):
            result.update(failed=True, msg="\n".join([REFUSED] + ["- " + line(each) for each in verdict.findings]))
        elif options["output"] == "none":
            for finding in verdict.findings:
                if finding.severity == "warning":
                    self._display.warning(str(finding))
        return result
