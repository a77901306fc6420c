# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module lvs_real_server does with its options.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import os

from ansible_collections.openvip.cluster.plugins.module_utils import _io
from ansible_collections.openvip.cluster.plugins.module_utils._real_server import apply, facts, plan
from ansible_collections.openvip.cluster.plugins.module_utils._real_server.found import RememberedError
from ansible_collections.openvip.cluster.plugins.module_utils._real_server.services import (
    KINDS,
    NAT,
    PROTOCOLS,
    refusals,
    understood,
)

# None of the files has a secret, and systemd wants to read them as anybody.
MODE = 0o644

REFUSED = "The host is not prepared and nothing was changed:"
FAILED = "The host could not be prepared:"

# What the action plugin takes out of the options before they come here.
CONTROLLER_OPTIONS = ("group", "config", "gateway", "host")
BYPASSED = (
    "%s: the action plugin of the same name resolves this on the controller, and it did not run. Run the module as a "
    "task of its own, named openvip.cluster.lvs_real_server, or give virtual_server and interface instead.")

READ_ERRORS = (facts.FactsError, RememberedError, OSError)


def real_server_argument_spec():
    """Return the argument specification of the module."""
    return {
        "virtual_server": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": {
                "ip": {"type": "str", "required": True},
                "lb_kind": {"type": "str", "required": True, "choices": list(KINDS)},
                "loop_guard": {"type": "bool", "default": False},
                "real_ip": {"type": "str"},
                "port": {"type": "int"},
                "protocol": {"type": "str", "choices": list(PROTOCOLS)},
                "gateway": {"type": "str"},
            },
        },
        "interface": {"type": "list", "elements": "str", "default": []},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "group": {"type": "str"},
        "config": {"type": "dict"},
        "gateway": {"type": "str"},
        "host": {"type": "str"},
    }


def run_real_server(module):
    """Make the host a real server of the services of the options, and of no others."""
    bypassed = [option for option in CONTROLLER_OPTIONS if module.params[option]]
    if bypassed:
        _fail(module, REFUSED, [BYPASSED % " and ".join(bypassed)])
    present = module.params["state"] == "present"
    interface = list(dict.fromkeys(module.params["interface"])) if present else []
    services, errors = understood(module.params["virtual_server"] if present else [])

    def run_command(words):
        # An exception, unlike the end of the module, lets what was done be taken back.
        return module.run_command(list(words), handle_exceptions=False)

    reader = facts.Reader(run_command, _programs(module))
    try:
        found = reader.read()
    except READ_ERRORS as error:
        _fail(module, REFUSED, [str(error)])
    errors.extend(refusals(services, interface, found))
    if errors:
        _fail(module, REFUSED, errors)
    made = plan.make(services, interface, found)
    if made.steps and not module.check_mode:
        _carry_out(module, made, services, interface, reader)
    module.exit_json(
        changed=bool(made.steps),
        commands=apply.shown(made.steps),
        addresses=list(dict.fromkeys(service.ip for service in services if service.lb_kind != NAT)),
        virtual_server=[_as_dict(service, services, found) for service in services],
        diff=[_diff("kernel", made.before, made.after),
              *(_diff(step.path, (step.before or "").splitlines(), (step.text or "").splitlines())
                for step in made.files)],
    )


def _programs(module):
    """Return the paths of the programs that the host has, by name."""
    paths = {name: module.get_bin_path(name) for name in facts.PROGRAMS}
    return {name: path for name, path in paths.items() if path}


def _fail(module, heading, sentences):
    module.fail_json(msg="\n".join([heading, *("- %s" % sentence for sentence in sentences)]), changed=False)


def _carry_out(module, made, services, interface, reader):
    """Carry out the plan and see that it did what it should; otherwise take it back and end the module."""

    def write(path, text):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if text is None:
            _io.restore(module, path, None)
        else:
            _io.write(module, path, text, False, MODE)

    host = apply.Host(reader.run_command, write, reader.programs)
    try:
        host.apply(made.steps)
    except apply.ApplyError as error:
        _fail(module, FAILED, error.args)
    try:
        left = plan.make(services, interface, reader.read())
    except READ_ERRORS as error:
        _fail(module, FAILED, [str(error), *host.undo()])
    if left.steps:
        _fail(module, FAILED, ["not all is as it was set, so something else on this host sets it, too. It lacks: %s."
                               % "; ".join(apply.shown(left.steps) or [step.path for step in left.files]),
                               *host.undo()])


def _as_dict(service, services, found):
    """Return the service with everything that follows from it."""
    known = {key: value for key, value in service._asdict().items() if value is not None}
    if service.lb_kind == NAT:
        return dict(known, device=found.facing(service.gateway), table=plan.tables(services)[service.gateway])
    return dict(known, device=plan.device_of(service))


def _diff(name, before, after):
    texts = ["".join(line + "\n" for line in lines) for lines in (before, after)]
    return {"before_header": name, "after_header": name, "before": texts[0], "after": texts[1]}
