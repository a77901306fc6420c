# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.preparation import preparation
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.words import given, misshapen, newest
from ansible_collections.openvip.cluster.plugins.module_utils._module import REFUSED, refusal
from ansible_collections.openvip.cluster.plugins.module_utils._real_server.run import CONTROLLER_OPTIONS
from ansible_collections.openvip.cluster.plugins.plugin_utils._members import Members, names_of, plain


class ActionModule(ActionBase):
    """Derive from the definition of the services what this host needs for them, and hand it to the module."""

    _requires_connection = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        arguments = plain(dict(self._task.args))
        derived = {option: arguments.pop(option, None) for option in CONTROLLER_OPTIONS}
        self._check_together(derived, arguments)
        if derived["group"] and arguments.get("state") != "absent":
            options, findings = self._derive(derived, task_vars)
            refused = refusal(REFUSED, findings)
            if refused:
                result.update(refused)
                return result
            arguments["virtual_server"] = options["virtual_server"]
            arguments["interface"] = arguments.get("interface") or options["interface"]
        elif arguments.get("state") == "absent":
            arguments.pop("interface", None)
        result.update(self._execute_module(module_name="openvip.cluster.lvs_real_server", module_args=arguments,
                                           task_vars=task_vars))
        return result

    @staticmethod
    def _check_together(derived, arguments):
        if derived["group"] and arguments.get("virtual_server"):
            raise AnsibleActionFail("lvs_real_server: virtual_server is derived from config where group is given. "
                                    "Leave out one of the two.")
        alone = [option for option in CONTROLLER_OPTIONS if derived[option] and not derived["group"]]
        if alone:
            raise AnsibleActionFail("lvs_real_server: without group there is no use for %s. Give group, the inventory "
                                    "group of the directors." % " and ".join(alone))

    @staticmethod
    def _derive(derived, task_vars):
        """Return the options of the module and what is wrong with the definition."""
        config = derived["config"]
        if not isinstance(config, dict):
            raise AnsibleActionFail("lvs_real_server: config must be a dictionary of keepalived's sections.")
        findings = misshapen(config)
        if findings:
            return None, findings
        config = newest(given(config))
        directors = names_of(derived["group"], task_vars, "lvs_real_server")
        if not directors:
            raise AnsibleActionFail('lvs_real_server: the group "%s" of the directors has no host.' % derived["group"])
        inventory = Members(task_vars)
        director, host = inventory.with_director(directors, derived["host"] or task_vars["inventory_hostname"], config)
        return preparation(config, director, inventory.groups(config), host, directors, derived["gateway"] or None)
