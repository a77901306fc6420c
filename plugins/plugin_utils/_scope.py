# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of other hosts as a task of a role would see them there.

Note that this plugin util is PRIVATE to the collection.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ansible.template import is_trusted_as_template

# A template that is nothing but another variable. It is followed here, because to compile one takes a millisecond, and
# a definition consists of such templates on each of many hosts.
_REFERENCE = re.compile(r"\{\{\s*(\w+)\s*(\|\s*default\(none\)\s*)?\}\}")
_PLAIN = (int, float, bool, type(None))


class _Variables(Mapping):
    """The variables of one host, templated when they are asked for."""

    def __init__(self, variables, templar):
        self._variables = variables
        self._templar = templar

    def __getitem__(self, name):
        return self._resolved(self._variables[name])

    def _resolved(self, value):
        """Return what Ansible would make of a value, without asking it where nothing has to be evaluated."""
        if isinstance(value, dict):
            return {self._resolved(key): self._resolved(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._resolved(item) for item in value]
        if isinstance(value, _PLAIN) or (isinstance(value, str) and "{" not in value):
            return value
        reference = _REFERENCE.fullmatch(value) if isinstance(value, str) and is_trusted_as_template(value) else None
        if reference and reference[1] in self._variables:
            return self._resolved(self._variables[reference[1]])
        if reference and reference[2]:
            return None
        return self._templar.template(value)

    def __iter__(self):
        return iter(self._variables)

    def __len__(self):
        return len(self._variables)


class Scope(Mapping):
    """The variables of the hosts of the inventory by their names.

    C(hostvars) has those of the inventory and of the facts alone. This has the defaults and variables of the role and
    of the task, too, in Ansible's own order of precedence and in the scope of each host.

    Ansible has no public way to ask for that. C(hostvars) leaves out what the role and the task have, and its values
    cannot be told from those that rank above them; the delegated variables of a task are those of its own host by name;
    a fact that each host sets would miss the hosts that the play leaves out. So the variable manager of the task is
    asked as Ansible does it. Of its inner parts that is the inventory, and two arguments that only save time.
    """

    def __init__(self, task, templar, task_vars):
        self._task = task
        self._templar = templar
        self._manager = task.get_variable_manager()
        self._inventory = task_vars["hostvars"]
        # What is the same for every host, and would be looked up for each of them.
        self._same = {"_hosts": task_vars["ansible_play_hosts"], "_hosts_all": task_vars["ansible_play_hosts_all"]}
        self._found = {}

    def __getitem__(self, name):
        if name not in self._found:
            host = self._manager._inventory.get_host(name)
            if host is None:
                raise KeyError(name)
            variables = self._manager.get_vars(play=self._task.play, host=host, task=self._task, **self._same)
            self._found[name] = _Variables(
                variables, self._templar.copy_with_new_env(available_variables=variables))
        return self._found[name]

    def __iter__(self):
        return iter(self._inventory)

    def __len__(self):
        return len(self._inventory)
