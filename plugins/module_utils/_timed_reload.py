# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simultaneous reload: armed by keepalived_config on each host, confirmed or rolled back by keepalived_reload.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from typing import Any, Dict

from ._daemon import control
from ._kit import clock, journal, proc, rollback, rollback_unit, timed_change
from ._kit.lock import LockError
from ._kit.timed_change import CHANGED, CONFIRMED, ENDS, PREPARED, ROLLED_BACK, TimedChange
from ._kit.transaction import Transaction, TransactionError, explained

FAILED = "failed"
# The states of keepalived_reload, and those of the process on the host.
STATES = {"reloaded": CHANGED, "prepared": PREPARED, "confirmed": CONFIRMED, "rolled_back": ROLLED_BACK}
# In each of the states of keepalived_reload, those of the process in which it is reached.
REACHED = {CHANGED: (CHANGED, PREPARED, CONFIRMED), PREPARED: (PREPARED, CONFIRMED), CONFIRMED: (CONFIRMED,),
           ROLLED_BACK: (ROLLED_BACK,)}
NAME, UNIT = "keepalived", "keepalived.service"
KILLED = "the process that made the change was killed, or the host was rebooted."
NOT_ARMED = (
    "systemd is not the init system of this host, so nothing rolls the change back by itself if the process that makes "
    "it is killed or the host is booted before the confirmation; the next run does."
)


def arm(run, steps, reload):
    """Have a process of its own make the change at O(keepalived_config#module:reload_at).

    :param run: the run of the module, see C(_module.Run).
    :param steps: the steps of the transaction.
    :param reload: see C(Reload).
    """
    unit = run.params["unit"]
    # systemd would take its time
    reload.signal = lambda dummy, number: control.hang_up(number)
    timed = _timed(run, reload)
    change = {"name": NAME, "identifier": timed.report["identifier"], "boot": journal.boot_id(), "unit": unit,
              "path": run.path, "process": reload.process, "away": reload.away}

    def work(answer):
        problems = []

        def ready():
            if rollback_unit.is_available():
                rollback_unit.arm(change, timed.left())
            timed.say(timed_change.ARMED)
            answer({"armed": True})
            timed.wait_for_start()

        def force():
            try:
                reload.ask()
                reload.confirm()
            except control.ReloadError as error:
                problems.append(str(error))
                raise
            timed.say(CHANGED, reloaded_at=reload.asked[-1], first_reloaded_at=reload.asked[0])
            timed.wait_for_confirmation(run.transaction.keep)
            reload.remember()

        def force_former():
            return _apart(timed, unit, reload.process, problems) if problems else reload.force_former()

        try:
            backups = run.transaction.carry_out(steps, force, force_former, ready)
            timed.say(CONFIRMED, backup_file=backups[0] if backups else None)
        except TransactionError as error:
            answer({"error": str(error)})
            timed.say(ROLLED_BACK, reason=str(error), notes=error.notes)
        # While the lock is held. What cannot be removed, the armed program removes, or the next run.
        disarm()

    answer = timed_change.detached(work)
    if not answer.get("armed"):
        run.fail("Nothing was changed:", [answer.get("error", "the process that was to make the change has ended.")])
    run.result["reload_identifier"] = timed.report["identifier"]


def _timed(run, reload):
    """Return the C(TimedChange) of a run, or end the module."""
    try:
        timed = TimedChange(NAME, secrets.token_hex(8), run.params["reload_at"], run.params["confirm_within"])
    except (clock.ClockError, LockError, OSError) as error:
        run.fail("Nothing was changed:", [explained(error)])
    if not rollback_unit.is_available():
        run.module.warn(NOT_ARMED)
    timed.report.update(unit=run.params["unit"], binary=run.binary, daemon=reload.process)
    return timed


def disarm():
    """Remove the rollback that is armed, unless the change cannot be rolled back yet."""
    if rollback_unit.armed() and NAME not in journal.names(journal.BEGUN):
        with contextlib.suppress(OSError):
            rollback_unit.disarm()


def _apart(timed, unit, process, problems):
    """Keep a daemon stopped that did not take what its peers may have taken, until these have the former one again.

    With the former configuration it would be a second master beside peers with the new one.

    :returns: a sentence if it was not started again, else an empty text.
    """
    control.stop(unit, process)
    timed.say(FAILED, reason="; ".join(problems), stopped=True)
    timed.wait_for_end()
    return control.start(unit)


def reload_argument_spec():
    """Return the argument specification of the module keepalived_reload."""
    return {
        "identifier": {"type": "str", "required": True},
        "state": {"type": "str", "choices": list(STATES), "default": "reloaded"},
        "at": {"type": "float"},
        "timeout": {"type": "float", "default": 30.0},
    }


def run_reload(module):
    """Wait for a simultaneous reload on this host, confirm it, or have it rolled back."""
    identifier, state = module.params["identifier"], STATES[module.params["state"]]
    result: Dict[str, Any] = {"changed": False, "state": None, "reloaded_at": None, "first_reloaded_at": None,
                              "reason": None, "stopped": False, "backup_file": None}
    found = timed_change.report(identifier, (), 0)
    if module.check_mode:
        decides = state != CHANGED and found.get("state") not in (None, state, *ENDS)
        module.exit_json(**dict(result, changed=decides))
    seconds = module.params["timeout"]
    try:
        if state != CHANGED and timed_change.is_alive(found) and found["state"] not in (state, *ENDS):
            timed_change.decide(identifier, state, module.params["at"])
            result["changed"] = True
            seconds += clock.ahead(module.params["at"], time.time())
    except (clock.ClockError, LockError, OSError) as error:
        module.fail_json(msg="The simultaneous reload cannot be confirmed or rolled back: %s" % explained(error),
                         **result)
    wanted = {CHANGED: (CHANGED, FAILED, PREPARED), PREPARED: (FAILED, PREPARED)}.get(state, ()) + ENDS
    found = timed_change.report(identifier, wanted, seconds)
    if state in ENDS and found.get("state") not in ENDS and not timed_change.is_alive(found):
        found = _end(identifier, found, state == CONFIRMED, module.params["at"], module.params["timeout"])
        result["changed"] = found.get("state") == state
    result.update({key: found[key] for key in result if key in found})
    if result["state"] not in (None, FAILED, *ENDS) and not timed_change.is_alive(found):
        result["reason"] = KILLED
    reached = result["state"] in REACHED[state]
    notes = found.get("notes") or []
    if reached and not (state == ROLLED_BACK and notes):
        module.exit_json(**result)
    module.fail_json(msg=_failure(module.params["state"], result, notes), **dict(result, changed=False))


def _end(identifier, found, keeps, at, seconds):
    """Do what a process had still to do that does not run any more, and return what it would report.

    The next change, or this host by itself, does it, too. But peers that have the former configuration cannot wait for
    that.

    :param found: what it has reported; nothing after a boot.
    :param keeps: whether the change is kept if the host was prepared for that; else it is rolled back.
    """
    armed = rollback_unit.armed()
    begun = NAME in journal.names(journal.BEGUN)
    if not found and (not begun or armed.get("identifier", identifier) != identifier):
        return found
    if keeps and begun and not journal.read(NAME, journal.BEGUN).kept:
        return dict(found, reason=KILLED) if found else found
    unit = found.get("unit", UNIT)
    process = found.get("daemon") and proc.Process(*found["daemon"])

    def between():
        rollback.reload(unit, process)
        rollback.wait_until_away(armed.get("away", []))

    try:
        clock.wait(at)
        with Transaction(NAME, seconds, keeps=keeps, between=between) as transaction:
            notes = transaction.notes
            number = control.running(unit, binary=found.get("binary", NAME))
            state = rollback.state_of(transaction, found.get("state")) or ROLLED_BACK
            if state == CONFIRMED:
                disarm()
                return dict(found, state=CONFIRMED)
            if found.get("stopped"):
                notes = [*notes, *filter(None, [control.start(unit)])]
            elif transaction.owed and number is not None:
                # It stays owed, so that the next run confirms it.
                control.reload(unit, number)
            disarm()
    except (clock.ClockError, control.ReloadError, LockError, OSError) as error:
        return dict(found, reason="%s It could not be ended: %s" % (KILLED, explained(error)))
    return dict(found, state=ROLLED_BACK, reason=KILLED, notes=notes)


def _failure(state, result, notes):
    """Return why the host is not in the wanted state."""
    if result["state"] is None:
        return "This host has no simultaneous reload with that identifier. The host may have been rebooted since."
    sentences = ["The simultaneous reload is not %s, but %s." % (state.replace("_", " "), result["state"])]
    return " ".join(sentences + ([result["reason"]] if result["reason"] else []) + notes)
