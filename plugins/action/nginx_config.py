# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible.plugins.action import ActionBase

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.facts import from_ansible
from ansible_collections.openvip.cluster.plugins.module_utils._nginx import groups
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.check import errors, normalise
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.directives import unknown_variables
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.lint.lint import check, written
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.module import REFUSED
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.values import mode_fault
from ansible_collections.openvip.cluster.plugins.plugin_utils._certificates import known_certificates
from ansible_collections.openvip.cluster.plugins.plugin_utils._members import options_of, plain


class ActionModule(ActionBase):
    """Put addresses in the place of inventory groups, check the data, and hand it to the module."""

    _requires_connection = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        arguments = plain(dict(self._task.args))
        config, findings = normalise(arguments.get("config"))
        if not findings:
            config, findings = groups.resolve(config, self._groups(groups.named(config), task_vars))
        if not findings:
            # again, for what the hosts say of themselves
            config, findings = normalise(config)
            findings = findings or check(config, certificates=known_certificates(config),
                                         written=written(arguments.get("file")))
        refused = errors(findings) + self._modes(arguments.get("file"))
        if refused:
            result.update(failed=True, msg="\n".join([REFUSED, *("- %s" % sentence for sentence in refused)]))
            return result
        for finding in [*findings, *self._unknown(task_vars)]:
            self._display.warning("%s: %s" % (task_vars["inventory_hostname"], finding))
        arguments["config"] = config
        result.update(self._execute_module(module_name="openvip.cluster.nginx_config", module_args=arguments,
                                           task_vars=task_vars))
        return result

    @staticmethod
    def _modes(files):
        """Return what is wrong with the permissions of files: an int has lost its digits before the module gets it."""
        entries = [entry for entry in files if isinstance(entry, dict)] if isinstance(files, list) else []
        found = [(entry.get("path"), mode_fault(entry.get("mode"))) for entry in entries]
        return ["file %s: %s" % each for each in found if each[1]]

    @staticmethod
    def _unknown(task_vars):
        """Return warnings about variables that somebody has meant for the role, if it is the role that calls."""
        known = task_vars.get("__nginx_variables")
        return unknown_variables(task_vars, plain(known)) if known else []

    def _groups(self, wanted, task_vars):
        """Return the members of the wanted groups, and every other group's name."""
        return {str(name): [self._member(str(host), task_vars) for host in hosts] if name in wanted else []
                for name, hosts in task_vars["groups"].items()}

    @staticmethod
    def _member(name, task_vars):
        variables = task_vars["hostvars"][name]
        options = options_of(name, groups.VARIABLE, "nginx", task_vars)
        host = variables.get("ansible_host")
        return groups.Member(name, host and plain(host), plain(from_ansible(variables.get("ansible_facts"))), options)
