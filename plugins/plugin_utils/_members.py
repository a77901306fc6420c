# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of the inventory as the derivation of a cluster takes them: names, facts, and what they set themselves.

Note that this plugin util is PRIVATE to the collection.
"""

from __future__ import annotations

from ansible.errors import AnsibleActionFail

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.addresses import addresses
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.facts import from_ansible, without_held
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.services import Member, groups_of

# The variable of a host with what it sets about itself as a real server.
REAL_SERVER = "keepalived_real_server"


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


class Members:
    """The C(Member)s of hosts of the inventory. Whoever asks for many hosts keeps one: each host is read once."""

    def __init__(self, task_vars):
        self._task_vars = task_vars
        self._facts = {}
        self._found = {}

    def of(self, names, config):
        """Return the C(Member)s; the virtual addresses of the definition that they hold are not among their own."""
        held = tuple(address["address"] for address in addresses(config))
        asked = (tuple(names), held)
        if asked not in self._found:
            self._found[asked] = [self._member(name, held) for name in names]
        return self._found[asked]

    def groups(self, config):
        """Return those of the inventory groups that the virtual servers name, and every other group's name."""
        wanted = groups_of(config)
        return {str(name): self.of([str(host) for host in hosts], config) if name in wanted else []
                for name, hosts in self._task_vars["groups"].items()}

    def _member(self, name, held):
        if name not in self._facts:
            self._facts[name] = plain(from_ansible(self._task_vars["hostvars"][name].get("ansible_facts")))
        facts = self._facts[name]
        return Member(name, facts and without_held(facts, held),
                      options_of(name, REAL_SERVER, "keepalived", self._task_vars))
