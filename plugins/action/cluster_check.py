# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.services import groups_of
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.variables import misspelt
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.verify import (
    Group,
    Host,
    Unseen,
    line,
    table,
    verify,
)
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.words import misshapen
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.build import numbers
from ansible_collections.openvip.cluster.plugins.module_utils._lint.cluster import Clock, Member
from ansible_collections.openvip.cluster.plugins.module_utils._lint.report import NEVER, SEVERITIES, counts, fails
from ansible_collections.openvip.cluster.plugins.plugin_utils._definition import derived
from ansible_collections.openvip.cluster.plugins.plugin_utils._members import Members, names_of, plain
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


def _wire(seen):
    """Return what vrrp_listen has heard, with what the rules read; raises KeyError where something is missing."""
    return {
        "cards": [str(card) for card in seen["cards"]],
        "heard": [{key: each[key] for key in ("interface", "source", "virtual_router_id", "version", "priority")}
                  for each in seen["heard"]],
        "claims": [{key: each[key] for key in ("interface", "address", "card")} for each in seen["claims"]],
    }


class Clusters:
    """The clusters of the inventory.

    :ivar not_seen: the ones that could not be made out.
    """

    def __init__(self, scope, task_vars, options):
        self._scope = scope
        self._options = options
        self._task_vars = dict(task_vars, hostvars=scope)
        self._members = Members(self._task_vars)
        self.not_seen = []

    def judged(self, name):
        """Return the C(Group) of an inventory group.

        :raises AnsibleActionFail: there is no such group, it has no host, or a host has no definition.
        """
        hosts = names_of(name, self._task_vars, "cluster_check")
        if not hosts:
            raise AnsibleActionFail('cluster_check: the group "%s" has no host.' % name)
        members = [self._host(host, hosts) for host in hosts]
        return Group(name, members, self._options["real_servers"], self._unreached(members))

    def _unreached(self, members):
        """Return the names of the members and of their real servers that were not reached."""
        if not self._members.unreached:
            return []
        names = [each.member.name for each in members]
        named = {group for each in members if not each.refused
                 for group in groups_of(self._definition(each.member.name)["config"])}
        names += [str(host) for group in sorted(named) for host in self._task_vars["groups"].get(group, [])]
        return [name for name in dict.fromkeys(names) if name in self._members.unreached]

    def others(self):
        """Return the C(Group) of every other cluster: groups whose hosts have a definition that names them."""
        found = []
        for name, hosts in self._task_vars["groups"].items():
            if name in self._options["group"] or name in ("all", "ungrouped") or not hosts:
                continue
            hosts = [str(host) for host in hosts]
            try:
                if self._names(hosts[0], name):
                    found.append(Group(str(name), [self._host(host, hosts) for host in hosts]))
            except AnsibleError as error:
                self.not_seen.append(Unseen(str(name), hosts, "the cluster", str(error)))
        return found

    def misspelt(self):
        """Return what is said of variables that have almost the name of a known one.

        The hosts are the members and those of the play, which other roles have variables of, such as web servers.
        """
        known = self._options["variables"]
        hosts = [host for name in self._options["group"] for host in names_of(name, self._task_vars, "cluster_check")]
        hosts += map(str, self._task_vars.get("ansible_play_hosts_all", []))
        return misspelt({host: self._scope[host] for host in hosts}, known) if known else []

    def _names(self, host, group):
        """Return whether the definition of a host says that it is a member of the group."""
        definition = self._definition(host)
        return definition is not None and definition.get("group") == group

    def _definition(self, host):
        """Return the definition as it is on a host, C(None) where there is none.

        :raises AnsibleActionFail: it cannot be templated, or is no dictionary.
        """
        name = self._options["definition"]
        try:
            definition = plain(self._scope[host].get(name))
        except AnsibleError as error:
            raise AnsibleActionFail("cluster_check: %s of %s: %s" % (name, host, error)) from error
        if definition is not None and not isinstance(definition, dict):
            raise AnsibleActionFail("cluster_check: %s of %s must be a dictionary of the options of keepalived_config."
                                    % (name, host))
        return definition

    def _host(self, host, names):
        definition = self._definition(host)
        if definition is None or not isinstance(definition.get("config"), dict):
            raise AnsibleActionFail(
                "cluster_check: %s has no %s with config in it. Name a variable that every host of the group has."
                % (host, self._options["definition"]))
        config = definition["config"]
        refused = misshapen(config, definition.get("override"))
        data, facts = {}, None
        if not refused:
            data, facts, refused = derived(host, names, config, definition, self._members)
        return Host(self._member(host, data, facts), refused)

    def _member(self, host, data, facts):
        variables = self._scope[host]
        seen = plain(variables.get(self._options["seen"]) or {}) if self._options["seen"] else {}
        clock = seen.get("clock")
        address = plain(variables.get("ansible_host"))
        try:
            return Member(
                host, data, facts, numbers(seen["version"]) if seen.get("version") else None, address,
                Clock(*(float(clock[key]) for key in Clock._fields)) if clock else None,
                None if seen.get("accepts") is None else [int(number) for number in seen["accepts"]],
                _wire(seen["wire"]) if seen.get("wire") else None)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise AnsibleActionFail(
                "cluster_check: %s of %s is not of the form that the documentation of seen describes (%s)."
                % (self._options["seen"], host, error)) from error
