# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.together import (
    Host,
    Offset,
    Reload,
    disputed,
    spread,
    way,
)
from ansible_collections.openvip.cluster.plugins.plugin_utils._members import names_of, plain

REFUSED = "The change is refused and nothing was changed:"
NO_RESULT = "cluster_change: %s of %s is no result of keepalived_config."
ARGUMENTS = {
    "group": {"type": "str", "required": True},
    "plan": {"type": "str"},
    "reloads": {"type": "str"},
    "before": {"type": "str"},
    "now": {"type": "str"},
}


class ActionModule(ActionBase):
    """Put together what each host of the play would change, and say how that reaches them all."""

    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        dummy, options = self.validate_argument_spec(
            argument_spec=ARGUMENTS, required_one_of=[["plan", "now"]], mutually_exclusive=[["plan", "now"]],
            required_by={"reloads": "plan", "before": "now"})
        names = names_of(options["group"], task_vars, "cluster_change")
        # A host that was lost on the way is still one that was to change.
        place = "ansible_play_hosts_all" if options["reloads"] or options["now"] else "ansible_play_batch"
        here = [str(name) for name in task_vars[place] if name in names]
        result["changed"] = False
        if options["now"]:
            result["disputed"] = self._disputed(task_vars, here, options)
        else:
            result.update(self._way(task_vars, here, [name for name in names if name not in here], options))
        return result

    def _way(self, task_vars, here, left_out, options):
        """Return how the change reaches the hosts, or how it has."""
        hosts = [_host(name, self._result(task_vars, name, options["plan"]), options["plan"]) for name in here]
        found = way(hosts, left_out, task_vars.get("ansible_forks"))
        result = {"together": found.together, "window": found.window, "uncertainty": found.uncertainty,
                  "advertised": {host.name: list(host.advertised) for host in hosts if host.advertised}}
        if options["reloads"]:
            result.update(self._measured(task_vars, options["reloads"], found.together, hosts))
        elif found.refused:
            result.update(failed=True, msg="\n".join([REFUSED] + ["- " + sentence for sentence in found.refused]))
        return result

    def _result(self, task_vars, name, variable):
        """Return a result that is kept in a variable of a host; empty when there is none."""
        found = plain(task_vars["hostvars"][name].get(variable) or {})
        if not isinstance(found, dict):
            raise AnsibleActionFail(NO_RESULT % (variable, name))
        return found

    def _disputed(self, task_vars, here, options):
        """Return what is not as it should be after the change."""
        now = {name: self._result(task_vars, name, options["now"]) for name in here}
        before = {name: self._result(task_vars, name, options["before"]) for name in here} if options["before"] else {}
        wanted = {name: {instance.get("name") for instance in (each.get("config") or {}).get("vrrp_instance") or []}
                  for name, each in now.items()}
        return disputed(*({name: each.get("vrrp_instance") or [] for name, each in reports.items()}
                          for reports in (before, now)), wanted)

    def _measured(self, task_vars, variable, together, hosts):
        """Return how far apart the reloads were, and who did not take it."""
        offsets = {host.name: host.offset.middle if host.offset else 0.0 for host in hosts}
        results = {name: self._result(task_vars, name, variable) for name in together}
        apart, lines = spread([Reload(name, each["reloaded_at"] - offsets[name])
                               for name, each in results.items() if each.get("reloaded_at") is not None])
        behind = ["%s: %s" % (name, each.get("msg") or "it was not reached.") for name, each in results.items()
                  if each.get("failed") or "differs" not in each]
        return {"spread": apart, "reloads": lines, "behind": behind}


def _host(name, plan, variable):
    """Return C(Host) by what keepalived_config said; it was not asked where nothing differs.

    :param variable: where that is kept.
    :raises AnsibleActionFail: it is something else.
    """
    if plan.get("skipped"):
        return Host(name, False)
    try:
        clock = plan.get("clock")
        return Host(name, bool(plan["differs"]), plan["advertised"], plan["window"],
                    Offset(float(clock["low"]), float(clock["high"])) if clock else None)
    except (KeyError, TypeError, ValueError) as error:
        raise AnsibleActionFail(NO_RESULT % (variable, name)) from error
