# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of the inventory as the derivation of a cluster takes them: names, facts, and what they set themselves.

Note that this plugin util is PRIVATE to the collection.
"""

from __future__ import annotations

from ansible.errors import AnsibleActionFail, AnsibleError

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.addresses import addresses
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.facts import (
    from_ansible,
    from_inspection,
    without_held,
)
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.remembered import normal
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.services import Member, groups_of
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.words import SERVER, newest

# The variable of a host with what it sets about itself as a real server.
REAL_SERVER = "keepalived_real_server"
# The variables of the role that may differ between the hosts, and name their interfaces.
INSTANCES = "keepalived_vrrp_instance"
OVERRIDE = "keepalived_override"
# The variable in which the role keeps the result of keepalived_info for a host.
INSPECTION = "__keepalived_inspection"
# The variable in which the playbooks keep the names of the hosts that were not reached.
UNREACHED = "__hosts_unreached"


def plain(value):
    """Return a copy of templated data made of nothing but Python's own types."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def names_of(group, task_vars, who):
    """Return the names of the hosts of a group.

    :param who: what asks, for the message.
    :raises AnsibleActionFail: there is no such group.
    """
    groups = task_vars["groups"]
    if group not in groups:
        raise AnsibleActionFail(
            '%s: the inventory has no group "%s". Use the group of the cluster\'s members (there are: %s).'
            % (who, group, ", ".join(sorted(name for name in groups if name not in ("all", "ungrouped")))))
    return [str(name) for name in groups[group]]


def options_of(name, variable, words, task_vars):
    """Return what a host sets about itself in a variable, a dictionary; empty when it sets nothing.

    :param words: whose words the keys are, for the message.
    :raises AnsibleActionFail: it is no dictionary.
    """
    options = plain(task_vars["hostvars"][name].get(variable) or {})
    if not isinstance(options, dict):
        raise AnsibleActionFail(
            "%s of %s must be a dictionary in %s's words, such as {weight: 3}." % (variable, name, words))
    return options


def inspect(action, arguments, task_vars):
    """Return the C(network) of keepalived_info by the name of the host of a task, for C(Members).

    The result is empty where an earlier task has inspected the host, and where the host cannot be inspected. In the
    latter case its facts count.

    :param action: the action plugin of the task.
    :param arguments: of the task; path and program are passed on to keepalived_info.
    """
    host = task_vars["inventory_hostname"]
    if task_vars["hostvars"][host].get(INSPECTION):
        return {}
    result = action._execute_module(
        module_name="openvip.cluster.keepalived_info", task_vars=task_vars,
        module_args={option: arguments[option] for option in ("path", "binary") if arguments.get(option)})
    return {host: result["network"]} if result.get("network") else {}


class Members:
    """The C(Member)s of hosts of the inventory. Use one object for many hosts: it reads each host once.

    :param inspected: by the name of a host the C(network) of M(openvip.cluster.keepalived_info), where it is not a
        variable of the host.
    """

    def __init__(self, task_vars, inspected=None):
        self._task_vars = task_vars
        self._inspected = inspected or {}
        self._facts = {}
        self._found = {}
        self.unreached = [str(name) for name in task_vars.get(UNREACHED) or []]

    def present(self, names):
        """Return the configurations that members have, of those that were inspected in this run."""
        inspections = (self._task_vars["hostvars"][name].get(INSPECTION) or {} for name in names
                       if name not in self.unreached)
        return [newest(plain(each["config"])) for each in inspections if each.get("config")]

    def with_director(self, names, host, config):
        """Return the C(Member) of the director whose networks count for all, the first one of whom facts are known, and
        that of a host.

        :param names: of the directors.
        """
        members = self.of([*names, host], config)
        return next((each for each in members[:-1] if each.facts is not None), members[0]), members[-1]

    def of(self, names, config, interfaces=False):
        """Return the C(Member)s with only their own addresses, whatever they hold now.

        The virtual addresses of the definition are left out, and those that the host's keepalived knows. For a host
        that was not inspected, the virtual addresses count that the keepalived of any other host knows.

        :param interfaces: whether the interfaces are wanted that the variables of each host give its instances.
        """
        wanted = tuple(address["address"] for address in addresses(config))
        asked = (tuple(names), wanted, interfaces)
        if asked not in self._found:
            facts = {name: self._read(name) for name in names}
            former = [address for each in facts.values() for address in (each or {}).get("virtual", ())]
            self._found[asked] = [self._member(name, facts[name], wanted, former) for name in names]
            if interfaces:
                self._found[asked] = [each._replace(interfaces=self._interfaces(each.name))
                                      for each in self._found[asked]]
        return self._found[asked]

    def groups(self, config):
        """Return those of the inventory groups that the virtual servers name, and every other group's name."""
        wanted = groups_of(config)
        return {str(name): self.of([str(host) for host in hosts], config) if name in wanted else []
                for name, hosts in self._task_vars["groups"].items()}

    def _member(self, name, facts, wanted, former):
        if facts is not None:
            facts = without_held(facts if "virtual" in facts else dict(facts, virtual=former), wanted)
        host = self._task_vars["hostvars"][name].get("ansible_host") if name in self.unreached else None
        return Member(name, facts, newest(options_of(name, REAL_SERVER, "keepalived", self._task_vars), SERVER),
                      reached=name not in self.unreached, host=normal(plain(host)))

    def _interfaces(self, name):
        """Return the interface that the variables of a host give each instance, by its name; empty where they cannot
        be templated for that host now."""
        variables = self._task_vars["hostvars"][name]
        try:
            override = plain(variables.get(OVERRIDE))
            instances = [plain(variables.get(INSTANCES)),
                         override.get("vrrp_instance") if isinstance(override, dict) else None]
        except AnsibleError:
            return {}
        return {block["name"]: block["interface"] for blocks in instances if isinstance(blocks, list)
                for block in blocks if isinstance(block, dict) and block.get("name") and block.get("interface")}

    def _read(self, name):
        if name not in self._facts:
            variables = self._task_vars["hostvars"][name]
            network = self._inspected.get(name) or (variables.get(INSPECTION) or {}).get("network") or {}
            # Every host has a loopback interface. Without one in the list, the interfaces could not be read.
            self._facts[name] = plain(from_inspection(network) if network.get("interfaces")
                                      else from_ansible(variables.get("ansible_facts")))
        return self._facts[name]
