# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.simulation import model, page, report
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.verify import cluster, line
from ansible_collections.openvip.cluster.plugins.module_utils._lint.report import NEVER, SEVERITIES, fails
from ansible_collections.openvip.cluster.plugins.plugin_utils._clusters import Clusters
from ansible_collections.openvip.cluster.plugins.plugin_utils._members import plain
from ansible_collections.openvip.cluster.plugins.plugin_utils._scope import Scope

ARGUMENTS = {
    "group": {"type": "list", "elements": "str", "required": True},
    "definition": {"type": "str", "required": True},
    "seen": {"type": "str"},
    "depth": {"type": "str", "choices": [report.SINGLE, report.PAIR], "default": report.PAIR},
    "sequences": {"type": "list", "elements": "list", "default": []},
    "limit": {"type": "int", "default": 20},
    "fail_on": {"type": "str", "choices": [*SEVERITIES, NEVER], "default": NEVER},
    "output": {"type": "str", "choices": ["text", "json", "none"], "default": "text"},
}


class ActionModule(ActionBase):
    """Play faults on the model of a cluster, on the controller."""

    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        options = plain(self.validate_argument_spec(argument_spec=ARGUMENTS)[1])
        clusters = Clusters(Scope(self._task, self._templar, task_vars), task_vars, options, "cluster_simulate")
        reports = [_report(clusters, name, options) for name in dict.fromkeys(options["group"])]
        findings = [finding for each in reports for finding in each.findings]
        result.update(changed=False, html=page.page(reports),
                      clusters=[report.data(each) for each in reports],
                      table=[text for each in reports for text in [*report.lines(each), ""]][:-1])
        if options["output"] != "none":
            # As it is: a callback would show it as a list of quoted strings.
            self._display.display("\n".join(result["table"]) if options["output"] == "text" else
                                  json.dumps(result["clusters"], indent=2))
        if fails(findings, options["fail_on"]):
            found = ["- " + line(each) for each in findings]
            result.update(failed=True, msg="\n".join(["The simulation finds:", *found]))
        return result


def _report(clusters, name, options):
    """Return the report of a group.

    :raises AnsibleActionFail: it cannot be played, or there is no such fault.
    """
    group = clusters.judged(name)
    found = cluster(group)
    if not found.members:
        raise AnsibleActionFail("cluster_simulate: no configuration of %s could be made:\n%s" % (name, "\n".join(
            "- " + line(finding) for host in group.hosts for finding in host.refused)))
    if options["limit"] < 0:
        raise AnsibleActionFail("cluster_simulate: limit %d: must be 0, for all, or more." % options["limit"])
    try:
        sequences = [[str(text) for text in sequence] for sequence in options["sequences"]]
        if not all(sequences):
            raise ValueError("A sequence has no fault. Write at least one, such as [gone lb1].")
        return report.simulate(model.build(found, *clusters.tracked(name)), options["depth"], sequences,
                               options["limit"])
    except ValueError as error:
        raise AnsibleActionFail("cluster_simulate: %s" % error) from error
