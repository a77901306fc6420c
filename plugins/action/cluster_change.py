# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.advertised import change
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.holders import entries
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.together import (
    Host,
    Offset,
    Reload,
    answered,
    disputed,
    spread,
    way,
)
from ansible_collections.openvip.cluster.plugins.plugin_utils._members import INSPECTION, names_of, plain

REFUSED = "The change is refused and nothing was changed:"
NO_RESULT = "cluster_change: %s of %s is not a result of %s. Give what that module returned for this host."
NO_HOST = "cluster_change: %s has no result of %s. Give the result of every host of the play by its name."
NO_ANSWER = "cluster_change: before has no answer from any host. Give what keepalived_info returned before the change."
CONFIG, INFO, RELOAD = "keepalived_config", "keepalived_info", "keepalived_reload"
# The states that a host with the change reports
TAKEN = ("changed", "confirmed")
ARGUMENTS = {
    "group": {"type": "str", "required": True},
    "plan": {"type": "dict"},
    "reloads": {"type": "dict"},
    "before": {"type": "dict"},
    "now": {"type": "dict"},
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
        place = "ansible_play_batch" if options["reloads"] is None and options["now"] is None \
            else "ansible_play_hosts_all"
        here = [str(name) for name in task_vars[place] if name in names]
        result["changed"] = False
        if options["now"] is not None:
            result["disputed"] = _disputed(here, options)
        else:
            result.update(self._way(task_vars, here, [name for name in names if name not in here], options))
        return result

    def _way(self, task_vars, here, left_out, options):
        """Return how the change reaches the hosts, or how it has."""
        plans = _results(options, "plan", here, CONFIG)
        hosts = [_host(name, plans[name]) for name in here]
        if left_out:
            hosts = [_by_file(host, task_vars["hostvars"][host.name], plans[host.name]) for host in hosts]
        found = way(hosts, left_out, task_vars.get("ansible_forks"))
        result = {"together": found.together, "window": found.window, "uncertainty": found.uncertainty,
                  "advertised": {host.name: list(host.advertised) for host in hosts if host.advertised}}
        if options["reloads"] is not None:
            result.update(_measured(_results(options, "reloads", found.together, RELOAD), hosts))
        elif found.refused:
            result.update(failed=True, msg="\n".join([REFUSED] + ["- " + sentence for sentence in found.refused]))
        return result


def _results(options, option, here, module):
    """Return the results of some hosts in an option, by the names of the hosts.

    :param module: the module that returned them, for the message.
    :raises AnsibleActionFail: a result is missing or invalid.
    """
    given = plain(options[option])
    missing = [name for name in here if name not in given]
    if missing:
        raise AnsibleActionFail(NO_HOST % (option, ", ".join(missing)))
    for name in here:
        if not isinstance(given[name], dict):
            raise AnsibleActionFail(NO_RESULT % (option, name, module))
    return {name: given[name] for name in here}


def _reports(options, option, here):
    """Return the results of keepalived_info in an option. A result is empty where the host was not inspected.

    :raises AnsibleActionFail: a result is neither an answer nor a failure, or no host answered before the change.
    """
    reports = _results(options, option, here, INFO)
    for name, report in reports.items():
        listed = [entry for instance in report.get("vrrp_instance") or [] for entry in entries(instance)]
        if report and not (all("held_on" in entry for entry in listed) if answered(report) else "msg" in report):
            raise AnsibleActionFail(NO_RESULT % (option, name, INFO))
    if option == "before" and not any(map(answered, reports.values())):
        raise AnsibleActionFail(NO_ANSWER)
    return reports


def _disputed(here, options):
    """Return the problems after the change, one sentence each."""
    before = _reports(options, "before", here) if options["before"] is not None else None
    return disputed(before, _reports(options, "now", here))


def _measured(results, hosts):
    """Return how far apart the reloads were, and the hosts that do not have the change."""
    offsets = {host.name: host.offset.middle if host.offset else 0.0 for host in hosts}
    apart, lines = spread([Reload(name, each["reloaded_at"] - offsets[name],
                                  (each.get("first_reloaded_at") or each["reloaded_at"]) - offsets[name])
                           for name, each in results.items() if each.get("reloaded_at") is not None])
    behind = ["%s: %s" % (name, each.get("msg") or _missing(each)) for name, each in results.items()
              if each.get("failed") or not _has_change(each)]
    return {"spread": apart, "reloads": lines, "behind": behind}


def _missing(reported):
    """Return why nothing is known of the change of a host: it is armed only, because of another host, or unknown."""
    return "the host has not reported its change." if reported.get("reload_identifier") else "the host was not reached."


def _has_change(reported):
    """Return whether a host has the change. Where keepalived does not run, it was written at once and not armed."""
    return reported.get("state") in TAKEN or ("differs" in reported and not reported.get("reload_identifier"))


def _by_file(host, variables, plan):
    """Return a host with what its peers would see of the change if its keepalived ran, as that of a host may that is
    left out."""
    config = (plain(variables.get(INSPECTION)) or {}).get("config")
    if host.advertised or not host.differs or not config or not plan.get("config"):
        return host
    try:
        found = change(config, plan["config"])
    except ValueError:
        # keepalived_config reports it where keepalived runs.
        return host
    return host._replace(advertised=found.advertised, window=found.window)


def _host(name, plan):
    """Return C(Host) by what keepalived_config said; it was not asked where nothing differs.

    :raises AnsibleActionFail: it is something else.
    """
    if plan.get("skipped"):
        return Host(name, False)
    try:
        clock = plan.get("clock")
        return Host(name, bool(plan["differs"]), plan["advertised"], plan["window"],
                    Offset(float(clock["low"]), float(clock["high"])) if clock else None, bool(plan.get("away")))
    except (KeyError, TypeError, ValueError) as error:
        raise AnsibleActionFail(NO_RESULT % ("plan", name, CONFIG)) from error
