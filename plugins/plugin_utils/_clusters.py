# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clusters of the inventory, as their definitions say, for what judges or plays them on the controller.

Note that this plugin util is PRIVATE to the collection.
"""

from __future__ import annotations

from ansible.errors import AnsibleActionFail, AnsibleError

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.services import groups_of
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.variables import misspelt
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.verify import Group, Host, Unseen
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.words import misshapen
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.build import numbers
from ansible_collections.openvip.cluster.plugins.module_utils._lint.cluster import Clock, Member
from ansible_collections.openvip.cluster.plugins.plugin_utils._definition import derived
from ansible_collections.openvip.cluster.plugins.plugin_utils._members import Members, names_of, plain


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

    def __init__(self, scope, task_vars, options, who="cluster_check"):
        self._scope = scope
        self._who = who
        self._options = options
        self._task_vars = dict(task_vars, hostvars=scope)
        self._members = Members(self._task_vars)
        self.not_seen = []

    def judged(self, name):
        """Return the C(Group) of an inventory group.

        :raises AnsibleActionFail: there is no such group, it has no host, or a host has no definition.
        """
        hosts = names_of(name, self._task_vars, self._who)
        if not hosts:
            raise AnsibleActionFail('%s: the group "%s" has no host.' % (self._who, name))
        members = [self._host(host, hosts) for host in hosts]
        return Group(name, members, self._options.get("real_servers"), self._unreached(members))

    def _unreached(self, members):
        """Return the names of the members and of their real servers that were not reached."""
        if not self._members.unreached:
            return []
        names = [each.member.name for each in members]
        named = {group for each in members if not each.refused
                 for group in groups_of(self._definition(each.member.name)["config"])}
        names += [str(host) for group in sorted(named) for host in self._task_vars["groups"].get(group, [])]
        return [name for name in dict.fromkeys(names) if name in self._members.unreached]

    def tracked(self, name):
        """Return what the members of a group track of their service: its name, and how it is asked.

        :returns: the name, "" where they do not say it, and the C(answer) of C(tracking.track), C(None) without one.
        """
        track = (self._definition(names_of(name, self._task_vars, self._who)[0]) or {}).get("track")
        return (str(track.get("name") or ""), track.get("answer") or None) if isinstance(track, dict) else ("", None)

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
        hosts = [host for name in self._options["group"] for host in names_of(name, self._task_vars, self._who)]
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
            raise AnsibleActionFail("%s: %s of %s: %s" % (self._who, name, host, error)) from error
        if definition is not None and not isinstance(definition, dict):
            raise AnsibleActionFail("%s: %s of %s must be a dictionary of the options of keepalived_config."
                                    % (self._who, name, host))
        return definition

    def _host(self, host, names):
        definition = self._definition(host)
        if definition is None or not isinstance(definition.get("config"), dict):
            raise AnsibleActionFail(
                "%s: %s has no %s with config in it. Name a variable that every host of the group has."
                % (self._who, host, self._options["definition"]))
        config = definition["config"]
        refused = misshapen(config, definition.get("override"))
        data, facts = {}, None
        if not refused:
            data, facts, refused = derived(host, names, config, definition, self._members)
        return Host(self._member(host, data, facts), refused)

    def _member(self, host, data, facts):
        variables = self._scope[host]
        seen = plain(variables.get(self._options["seen"]) or {}) if self._options.get("seen") else {}
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
                "%s: %s of %s is not of the form that the documentation of seen describes (%s)."
                % (self._who, self._options["seen"], host, error)) from error
