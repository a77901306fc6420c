# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import getpass
import os
import re
import socket
import time

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.drain import Wish, bare, decide, progress
from ansible_collections.openvip.cluster.plugins.module_utils._module import refusal
from ansible_collections.openvip.cluster.plugins.module_utils._status.summary import summarise
from ansible_collections.openvip.cluster.plugins.plugin_utils._members import REAL_SERVER, options_of, plain
from ansible_collections.openvip.cluster.plugins.plugin_utils._reports import REPORTS

ARGUMENTS = {
    "reports": dict(REPORTS["reports"], required=False),
    "members": {"type": "list", "elements": "str", "default": []},
    "real_server": {"type": "list", "elements": "str", "default": []},
    "facts": {"type": "dict", "default": {}},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "remove": {"type": "bool", "default": False},
    "force": {"type": "bool", "default": False},
    "plan": {"type": "dict"},
    "waited": {"type": "dict"},
    "timeout": {"type": "float", "default": 600},
}
REFUSED = "No real server is drained or restored, and nothing was changed:"
UNNAMED = "real_server is empty. Name the real servers with --extra-vars real_server=web1,web2. Nothing was changed."
LATER = "%s gets no new connections: run the same again to go on waiting, or openvip.cluster.restore to restore it."
# Seconds of a wait: the first, and the part of the time that has passed by which later ones are longer. So a director
# that dies is noticed, the number of waits grows with the logarithm of the timeout alone, and so does what is shown.
FIRST, SHARE = 5, 0.25


class ActionModule(ActionBase):
    """Decide on the controller which real servers are drained, and when that has ended."""

    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        dummy, options = self.validate_argument_spec(
            ARGUMENTS, required_one_of=[["reports", "plan"]], mutually_exclusive=[["reports", "plan"]],
            required_together=[["plan", "waited"]])
        result["changed"] = False
        if options["plan"] is not None:
            result.update(self._progress(options))
        else:
            result.update(self._plan(options, task_vars))
        return result

    def _plan(self, options, task_vars):
        """Return the plan, or why it is refused."""
        if not options["real_server"] and options["state"] == "present":
            return {"failed": True, "msg": UNNAMED}
        reports = plain(options["reports"])
        servers = {name: _addresses(name, reports, plain(options["facts"]).get(name) or {}, task_vars)
                   for name in options["real_server"]}
        wish = Wish(servers, _who(), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                    options["state"] == "absent", options["remove"], options["force"])
        plan, findings = decide(reports, summarise(reports), options["members"], wish)
        refused = refusal(REFUSED, findings)
        if refused:
            return refused
        self._show(plan.lines)
        return {"plan": dict(plan._asdict(), force=options["force"], started=time.monotonic())}

    def _progress(self, options):
        """Return how far the drain is, and how long the next wait is."""
        plan = plain(options["plan"])
        try:
            elapsed = time.monotonic() - plan["started"]
            found = progress(plan, plain(options["waited"]))
        except (KeyError, TypeError) as error:
            raise AnsibleActionFail("cluster_drain: plan or waited lacks %s. Give what cluster_drain and "
                                    "lvs_drain_info returned." % error) from error
        wrong = [] if plan["force"] else found.wrong
        left = options["timeout"] - elapsed
        self._show(found.lines + (found.wrong if plan["force"] else []))
        result = {"finished": found.finished, "elapsed": round(elapsed, 3), "lines": found.lines,
                  "slice": max(0.1, min(left, max(FIRST, elapsed * SHARE)))}
        if wrong:
            result.update(failed=True, msg="\n".join(wrong))
        elif not found.finished and left <= 0:
            result.update(failed=True, msg="\n".join([
                "After %d seconds it is not finished (drain_timeout is %d):" % (elapsed, options["timeout"]),
                *found.lines,
                LATER % " and ".join(plan["names"])]))
        return result

    def _show(self, lines):
        for line in lines:
            self._display.display(line)


def _who():
    """Return who runs this, in one word: C(user@host)."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return re.sub(r"\s", "_", "%s@%s" % (user, socket.gethostname()))


def _addresses(name, reports, facts, task_vars):
    """Return the addresses that a real server may have: it is an address itself, or a host of the inventory.

    :param facts: the network facts of the host, empty where it was not reached.
    """
    if bare(name):
        return [bare(name)]
    found = [value.partition("/")[0] for report in reports if report["name"] == name
             for values in (report["keepalived"].get("interfaces") or {}).values() for value in values]
    if name in task_vars["hostvars"]:
        variables = task_vars["hostvars"][name]
        known = plain(variables.get("ansible_facts") or {})
        found += [options_of(name, REAL_SERVER, "keepalived", task_vars).get("ip"), variables.get("ansible_host")]
        for each, prefix in ((known, ""), (facts, "ansible_")):
            for family in ("all_ipv4_addresses", "all_ipv6_addresses"):
                found += each.get(prefix + family) or []
    return [address for address in dict.fromkeys(map(bare, found)) if address]
