# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time

from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.addresses import addresses
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.notify import Notify, Script, wire
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.together import Reading, offset
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.words import misshapen
from ansible_collections.openvip.cluster.plugins.module_utils._module import (
    REFUSED,
    config_argument_spec,
    judge,
    refusal,
    refusals,
)
from ansible_collections.openvip.cluster.plugins.plugin_utils._definition import OPTIONS, derived_here
from ansible_collections.openvip.cluster.plugins.plugin_utils._members import inspect, plain

CONTROLLER_OPTIONS = (*OPTIONS, "notify")
# Looks at a clock: each may narrow down what it says (see together.offset).
READINGS = 7


class ActionModule(ActionBase):
    """Complete the definition of the cluster for this host, check it, and hand it to the module."""

    _requires_connection = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        arguments = plain(dict(self._task.args))
        config = arguments.get("config")
        if not isinstance(config, dict):
            raise AnsibleActionFail("keepalived_config: config must be a dictionary of keepalived's sections.")
        options = {option: arguments.pop(option, None) for option in CONTROLLER_OPTIONS}
        host, findings = None, misshapen(config, options["override"])
        if options["group"] and not findings:
            config, host, findings = self._derive(config, options, task_vars, inspect(self, arguments, task_vars))
        if not refusals(findings):
            findings = findings + judge(config, host=host)
        refused = refusal(REFUSED, findings)
        if refused:
            result.update(refused)
            return result
        arguments["config"] = config
        result.update(self._execute_module(module_name="openvip.cluster.keepalived_config", module_args=arguments,
                                           task_vars=task_vars))
        if result.get("advertised") and self._task.check_mode:
            result["clock"] = self._clock()
        if "addresses" in result:
            # As they are: a password may be part of one, and Ansible masks it in what a module returns.
            result["addresses"] = addresses(config)
        for finding in findings:
            if finding.severity == "warning":
                self._display.warning("%s: %s" % (task_vars["inventory_hostname"], finding))
        return result

    def _clock(self):
        """Return by how much the clock of the host is ahead of the controller's (see C(Offset)), C(None): unknown."""
        readings = []
        for dummy in range(READINGS):
            asked = time.time()
            said = self._low_level_execute_command("date +%s.%N", sudoable=False)
            answered = time.time()
            try:
                readings.append(Reading(asked, float(said["stdout"].strip()), answered))
            except ValueError:
                return None
        found = offset(readings)
        return dict(found._asdict(), middle=found.middle)

    def _derive(self, config, options, task_vars, inspected):
        """Return C(Derived) for this host, with what runs at its changes of state."""
        found = derived_here(config, options, task_vars, "keepalived_config", inspected)
        if options["notify"] and not refusals(found.findings):
            found = found._replace(findings=found.findings + wire(found.data, self._notify(options["notify"])))
        return found

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
