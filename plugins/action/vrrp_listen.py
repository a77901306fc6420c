# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.addresses import instance_addresses
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.words import misshapen
from ansible_collections.openvip.cluster.plugins.plugin_utils._definition import derived_here
from ansible_collections.openvip.cluster.plugins.plugin_utils._members import plain

NAME = "vrrp_listen"


class ActionModule(ActionBase):
    """Derive the interfaces and addresses of this host from the definition of its cluster, and hand them over."""

    _requires_connection = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        arguments = plain(dict(self._task.args))
        definition = arguments.pop("definition", None)
        if definition:
            arguments["instances"] = _instances(definition, task_vars)
        result.update(self._execute_module(module_name="openvip.cluster.vrrp_listen", module_args=arguments,
                                           task_vars=task_vars))
        return result


def _instances(definition, task_vars):
    """Return where to listen; nothing where the definition is wrong, which cluster_check tells better.

    :raises AnsibleActionFail: it is no definition.
    """
    if not isinstance(definition, dict) or not isinstance(definition.get("config"), dict):
        raise AnsibleActionFail("%s: definition must be a dictionary of the options of keepalived_config." % NAME)
    if misshapen(definition["config"], definition.get("override")):
        return []
    data = derived_here(definition["config"], definition, task_vars, NAME).data
    return [{"interface": instance["interface"],
             "addresses": [entry["address"] for entry in instance_addresses(instance)]}
            for instance in data.get("vrrp_instance") or [] if instance.get("interface")]
