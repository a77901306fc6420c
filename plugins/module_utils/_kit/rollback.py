# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of a timed change whose process was killed: roll it back, or keep it where the host was prepared for that.

This is also the program that C(rollback_unit) arms.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from typing import Any, Dict, Iterable, Optional

from . import interfaces, journal, proc, rollback_unit, timed_change
from .lock import LockError
from .process import run
from .timed_change import CHANGED, CONFIRMED, ENDS, PREPARED, ROLLED_BACK
from .transaction import Transaction, explained
from .unit import main_pid

# Seconds to wait for the lock of the host; systemd starts the program again.
LOCK_SECONDS = 60.0
TIMEOUT = 20.0
# Seconds that the daemon gets to remove addresses from the kernel.
AWAY = 5.0
POLL = 0.05
# EX_TEMPFAIL of sysexits.h
LATER = 75


def wait_until_away(addresses: Iterable[str]) -> None:
    """Wait until the kernel has none of some addresses, but not for ever."""
    wanted = set(addresses)
    end = time.monotonic() + AWAY
    while wanted and time.monotonic() < end:
        with contextlib.suppress(interfaces.UnreadableError):
            listed = interfaces.listed()
            if not wanted & {each.get("local") for link in listed for each in link.get("addr_info", [])}:
                return
        time.sleep(POLL)


def _say(sentence: str) -> None:
    """Write a line to the journal of systemd."""
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


def _systemctl(word: str, unit: str) -> str:
    """Return a sentence if systemd cannot do that, else an empty text.

    The unit of this program is ordered before that of the daemon, so that a job that obeys the order would wait for it.
    """
    try:
        outcome = run(["systemctl", "--job-mode=ignore-dependencies", word, unit], TIMEOUT)
    except OSError as error:
        return f"systemctl does not run: {error}"
    return f"systemctl {word} {unit} failed: {outcome.output.strip() or 'it did not end'}" if outcome.code else ""


def reload(unit: str, process: Optional[Iterable[int]]) -> str:
    """Have a running daemon read its file; return a sentence if that failed.

    :param process: the daemon, for a host whose systemd does not know the unit.
    """
    number = main_pid(unit)
    try:
        if number:
            return _systemctl("reload", unit)
        if number is None and process:
            proc.send(proc.Process(*process), signal.SIGHUP)
    except ProcessLookupError:
        return ""
    except OSError as error:
        return f"the daemon was not reloaded: {error}"
    return ""


def main(data: Dict[str, Any]) -> int:
    """End the change, report that, and disarm. Return the exit code; after any but 0 systemd starts this again.

    :param data: C(name) of the transaction, C(identifier) of the change, C(boot) in which it was armed, C(unit) and
        C(process) of the daemon, C(path) of its file, C(away): the addresses that it gives up between two reloads, and
        C(deadline) in seconds since the boot.
    """
    same_boot = data["boot"] == journal.boot_id()
    if same_boot:
        if timed_change.is_alive(timed_change.report(data["identifier"], (), 0)):
            # It ends the change itself. For that systemd has to reload the daemon, and waits for the end of this unit.
            return LATER
        left = data["deadline"] - time.clock_gettime(time.CLOCK_BOOTTIME)
        time.sleep(min(max(left, 0.0), rollback_unit.EARLY))
    cause = "the process that made the change was killed." if same_boot else "the host was booted."

    def between() -> None:
        if same_boot:
            reload(data["unit"], data["process"])
            wait_until_away(data["away"])

    try:
        with Transaction(data["name"], LOCK_SECONDS, alone=True, between=between) as transaction:
            found = timed_change.report(data["identifier"], (), 0)
            state = state_of(transaction, found.get("state"))
            problems = list(transaction.notes)
            if same_boot and state == ROLLED_BACK:
                problems.append(_bring_back(data, transaction.owed, bool(found.get("stopped"))))
            if state:
                _report(data, state, cause, " ".join(filter(None, problems)))
            rollback_unit.disarm()
    except LockError as error:
        _say(str(error))
        return LATER
    except OSError as error:
        _say(f"The change of {data['name']} is not rolled back yet: {explained(error)}")
        return 1
    return 0


def state_of(transaction: Transaction, reported: Optional[str]) -> str:
    """Return how the change has ended without a report; empty where it is reported or not known.

    :param reported: what its process has reported last; C(None) after a boot.
    """
    if reported in ENDS:
        return ""
    if transaction.committed:
        return CONFIRMED
    # Another change may have restored the files. Without steps that were begun nothing is owed.
    if transaction.restored or transaction.owed or reported not in (None, CHANGED, PREPARED):
        return ROLLED_BACK
    return CONFIRMED if reported else ""


def _bring_back(data: Dict[str, Any], owed: bool, stopped: bool) -> str:
    """Bring the former file into force in the daemon of this boot; return a sentence if that failed.

    :param owed: whether the daemon may have another file.
    :param stopped: whether the process has stopped the daemon, because it did not take the change.
    """
    if not stopped:
        return reload(data["unit"], data["process"]) if owed else ""
    return _systemctl("start", data["unit"])


def _report(data: Dict[str, Any], state: str, cause: str, problems: str) -> None:
    """Report the end to the controller, if it still asks, and to the next run."""
    done = ("was not confirmed, and this host rolled it back by itself" if state == ROLLED_BACK else
            "was confirmed or to be kept by all hosts, and this host kept it by itself")
    sentence = "A simultaneous reload of %s (identifier %s) %s at %s: %s%s" % (
        data["name"], data["identifier"], done, time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()), cause,
        " " + problems if problems else "")
    _say(sentence)
    with contextlib.suppress(OSError, LockError):
        timed_change.settle(data["identifier"], state, cause)
    with contextlib.suppress(OSError, LockError):
        journal.note(data["name"], sentence)
