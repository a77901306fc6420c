# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module lvs_real_server does with its options.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import os

from ansible_collections.openvip.cluster.plugins.module_utils._kit.transaction import (
    LockError,
    Transaction,
    TransactionError,
    explained,
)
from ansible_collections.openvip.cluster.plugins.module_utils._real_server import facts, files, plan
from ansible_collections.openvip.cluster.plugins.module_utils._real_server.found import RememberedError
from ansible_collections.openvip.cluster.plugins.module_utils._real_server.services import (
    KINDS,
    NAT,
    PROTOCOLS,
    refusals,
    understood,
    version_of,
)

# The name of the journal.
NAME = "lvs_real_server"

REFUSED = "The host is not prepared and nothing was changed:"
FAILED = "The host could not be prepared:"

# What the action plugin takes out of the options before they come here.
CONTROLLER_OPTIONS = ("group", "config", "gateway", "host")
BYPASSED = (
    "%s: the action plugin of the same name resolves this on the controller, and it did not run. Run the module as a "
    "task of its own, named openvip.cluster.lvs_real_server, or give virtual_server and interface instead.")

ROLLED_BACK = "Everything is rolled back."

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
        # An exception rolls the change back; the end of the module would not.
        return module.run_command(list(words), handle_exceptions=False)

    reader = facts.Reader(run_command, _programs(module))
    try:
        with Transaction(NAME, check=module.check_mode) as transaction:
            for note in transaction.notes:
                module.warn(note)
            found = reader.read(_tables(services, errors))
            errors.extend([*refusals(services, interface, found), *plan.taken(services, found)])
            if errors:
                _fail(module, REFUSED, errors)
            made = plan.make(services, interface, found, transaction.owed)
            # The rollback of an interrupted change is a change of this run, too.
            changed = bool(made.steps) or transaction.owed
            if changed and not module.check_mode:
                _carry_out(module, transaction, made, services, interface, reader, found)
    except (*READ_ERRORS, LockError) as error:
        _fail(module, REFUSED, [explained(error)])
    module.exit_json(
        changed=changed,
        commands=plan.commands(made.steps),
        addresses=list(dict.fromkeys(service.ip for service in services if service.lb_kind != NAT)),
        virtual_server=[_as_dict(service, services, found) for service in services],
        diff=[_diff("kernel", made.before, made.after),
              *(_diff(change.path, (change.before or "").splitlines(), (change.after or "").splitlines())
                for change in made.files)],
    )


def _programs(module):
    """Return the paths of the programs that the host has, by name."""
    paths = {name: module.get_bin_path(name) for name in facts.PROGRAMS}
    return {name: path for name, path in paths.items() if path}


def _tables(services, errors):
    """Return the tables that the services need."""
    return [] if errors else [(version_of(gateway), number) for gateway, number in plan.tables(services).items()]


def _fail(module, heading, sentences, changed=False):
    module.fail_json(msg="\n".join([heading, *("- %s" % sentence for sentence in sentences)]), changed=changed)


class LacksError(Exception):
    """The host differs from the plan after the change."""


def _carry_out(module, transaction, made, services, interface, reader, found):
    """Carry out the plan and verify the result; otherwise roll back and end the module with a failure."""
    tables = _tables(services, ())
    pending = facts.real_path(files.PENDING)

    def confirm():
        left = plan.make(services, interface, reader.read(tables))
        if left.steps:
            raise LacksError("some settings differ right after the change, so another program sets them, too. Find "
                             "that program, then run this again. The host lacks: %s."
                             % "; ".join(plan.commands(left.steps) or [change.path for change in left.files]))

    steps = [
        step._replace(path=facts.real_path(step.path)) if isinstance(step, (plan.File, plan.SymbolicLink)) else step
        for step in plan.executable(made.steps, reader.programs)]
    try:
        if made.pending:
            transaction.carry_out([plan.File(pending, made.pending.encode(), plan.MODE)], lambda: None)
        transaction.carry_out(steps, confirm)
    except TransactionError as error:
        left = [*error.notes, *(_left(found, tables, reader) if error.begun else [])]
        if not left and files.PENDING not in found.files and os.path.lexists(pending):
            os.unlink(pending)
        reason = str(error).rstrip(".") + "."
        if error.begun:
            _fail(module, FAILED, [reason, *(left or [ROLLED_BACK])], bool(left))
        _fail(module, REFUSED, [reason])


def _left(found, tables, reader):
    """Return sentences about the differences from the former host, C(found)."""
    try:
        now = plan.state(reader.read(tables))
    except READ_ERRORS as error:
        return ["the rollback cannot be verified: %s" % explained(error)]
    before = plan.state(found)
    # An active unit and an idle tunnel do no harm. A value that differs is reported once, as missing.
    more = sorted(line for line in now - before if " = " not in line and not line.endswith(" is active"))
    return [sentence % "; ".join(lines) for sentence, lines in (
        ("not everything could be rolled back. The host lacks: %s. Run this again.", sorted(before - now)),
        ("not everything could be rolled back. The host still has: %s. Run this again.", more)) if lines]


def _as_dict(service, services, found):
    """Return the service with everything that follows from it."""
    known = {key: value for key, value in service._asdict().items() if value is not None}
    if service.lb_kind == NAT:
        return dict(known, device=found.facing(service.gateway), table=plan.tables(services)[service.gateway])
    return dict(known, device=plan.device_of(service))


def _diff(name, before, after):
    texts = ["".join(line + "\n" for line in lines) for lines in (before, after)]
    return {"before_header": name, "after_header": name, "before": texts[0], "after": texts[1]}
