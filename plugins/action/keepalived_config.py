# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.addresses import addresses
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.derive import derive, given, merge
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.notify import Notify, Script, wire
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.words import keepalived_words
from ansible_collections.openvip.cluster.plugins.module_utils._module import (
    REFUSED,
    config_argument_spec,
    judge,
    refusals,
)
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import check
from ansible_collections.openvip.cluster.plugins.plugin_utils._members import (
    member,
    names_of,
    plain,
    real_server_groups,
)

CONTROLLER_OPTIONS = ("group", "override", "unicast", "track", "drain", "sync_daemon", "notify")


class ActionModule(ActionBase):
    """Complete the definition of the cluster for this host, check it, and hand it to the module."""

    _requires_connection = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        arguments = plain(dict(self._task.args))
        config = arguments.get("config")
        if not isinstance(config, dict):
            raise AnsibleActionFail("keepalived_config: config must be a dictionary of keepalived's sections.")
        derived = {option: arguments.pop(option, None) for option in CONTROLLER_OPTIONS}
        host, findings = None, self._misshapen(config, derived["override"])
        if derived["group"] and not findings:
            config, host, findings = self._derive(config, derived, task_vars)
        if not refusals(findings):
            findings = findings + judge(config, host=host)
        errors = refusals(findings)
        if errors:
            result.update(failed=True, msg="\n".join([REFUSED] + ["- %s" % error for error in errors]),
                          findings=[finding.as_dict() for finding in findings])
            return result
        arguments["config"] = config
        result.update(self._execute_module(module_name="openvip.cluster.keepalived_config", module_args=arguments,
                                           task_vars=task_vars))
        if "addresses" in result:
            # As they are: a password may be part of one, and Ansible masks it in what a module returns.
            result["addresses"] = addresses(config)
        for finding in findings:
            if finding.severity == "warning":
                self._display.warning("%s: %s" % (task_vars["inventory_hostname"], finding))
        return result

    @staticmethod
    def _misshapen(config, override):
        """Return the errors in what is given, before anything is derived from it; what is left out is no error yet."""
        return [finding for data in (config, override or {}) for finding in check(keepalived_words(given(data)))
                if finding.severity == "error" and finding.id != "missing-key"]

    def _derive(self, config, derived, task_vars):
        """Return the data, the normalised facts of this host, and what could not be derived."""
        host = task_vars["inventory_hostname"]
        names = names_of(derived["group"], task_vars, "keepalived_config")
        if host not in names:
            raise AnsibleActionFail('keepalived_config: %s is not in the group "%s" of the cluster\'s members (%s).'
                                    % (host, derived["group"], ", ".join(names)))
        merged, dummy = merge(given(config), given(derived["override"] or {}))
        members = [member(name, merged, task_vars) for name in names]
        data, findings = derive(
            config, host, members, unicast=boolean(derived["unicast"] or False), tracked=derived["track"],
            override=derived["override"], groups=real_server_groups(merged, task_vars),
            drained=derived["drain"] or [], synced=boolean(derived["sync_daemon"] or False))
        if derived["notify"] and not refusals(findings):
            findings = findings + wire(data, self._notify(derived["notify"]))
        return data, next(each.facts for each in members if each.name == host), findings

    def _notify(self, wanted):
        """Return what runs at the changes of state, with the beginnings of the scripts.

        :raises AnsibleActionFail: it is not as the module documents it, or a file is not there.
        """
        checked = ArgumentSpecValidator({"notify": config_argument_spec()["notify"]}).validate({"notify": wanted})
        if checked.error_messages:
            raise AnsibleActionFail("keepalived_config: notify: %s" % "; ".join(checked.error_messages))
        found = checked.validated_parameters["notify"]
        return Notify(found["directory"], tuple(
            Script(script["name"], tuple(script["keywords"]),
                   None if script["vrrp_instance"] is None else tuple(script["vrrp_instance"]),
                   self._beginning(script["src"]) if script["content"] is None else script["content"])
            for script in found["script"]), found["log"])

    def _beginning(self, src):
        """Return the first line of a file on the controller, looked for as M(ansible.builtin.copy) does."""
        path = self._loader.get_real_file(self._find_needle("files", src))
        with open(path, "rb") as stream:
            return stream.readline(256).decode("utf-8", "replace")
