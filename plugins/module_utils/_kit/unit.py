# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of a unit, as systemd reports it, and its reload.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import signal
import sys
from typing import Optional

from . import proc
from .process import run

TIMEOUT = 10


class ReloadError(Exception):
    """A daemon did not take its configuration; the message says what was seen."""


def started(unit: str) -> Optional[float]:
    """Return when systemd last began to start a unit that is active, in seconds of CLOCK_MONOTONIC; else C(None)."""
    try:
        outcome = run(["systemctl", "show", "--property=ActiveState,InactiveExitTimestampMonotonic", unit], TIMEOUT)
    except OSError:
        return None
    values = dict(line.partition("=")[::2] for line in outcome.output.splitlines())
    since = values.get("InactiveExitTimestampMonotonic", "")
    return int(since) / 1e6 if values.get("ActiveState") == "active" and since.isdigit() and int(since) else None


def is_masked(unit: str) -> bool:
    """Return whether systemd starts the unit for nobody; C(False) where there is no systemd or no such unit."""
    try:
        outcome = run(["systemctl", "show", "--property=LoadState", unit], TIMEOUT)
    except OSError:
        return False
    return "LoadState=masked" in outcome.output.splitlines()


def open_files(unit: str) -> Optional[int]:
    """Return how many files a process of the unit may have open when it is started, C(None) where there is no systemd.

    For a unit that is not installed yet it is the default of systemd.
    """
    try:
        outcome = run(["systemctl", "show", "--property=LimitNOFILESoft", unit], TIMEOUT)
    except OSError:
        return None
    number = outcome.output.strip().partition("LimitNOFILESoft=")[2]
    if number == "infinity":
        return sys.maxsize
    return int(number) if number.isdigit() else None


def main_pid(unit: str) -> Optional[int]:
    """Return the process id of a unit's main process, 0 when it does not run.

    C(None) where systemd is not installed, is not the init system of this host, or does not know the unit.
    """
    try:
        outcome = run(["systemctl", "show", "--property=LoadState", "--property=MainPID", unit], TIMEOUT)
    except OSError:
        return None
    values = dict(line.partition("=")[::2] for line in outcome.output.splitlines())
    number = values.get("MainPID", "")
    if outcome.code != 0 or not number.isdigit():
        return None
    # a unit may still run after it was masked
    return int(number) if int(number) or values.get("LoadState") == "loaded" else None


def reload(unit: str, number: int) -> None:
    """Ask a daemon to read its configuration again; never restart it, because that moves the address.

    :param unit: used when it is active, otherwise the process gets SIGHUP.
    :param number: the daemon's process id.
    :raises ReloadError: systemd refused, or the process is gone.
    """
    try:
        is_active = run(["systemctl", "is-active", "--quiet", unit], TIMEOUT).code == 0
    except OSError:
        is_active = False
    if not is_active:
        hang_up(number)
        return
    outcome = run(["systemctl", "reload", unit], TIMEOUT)
    if outcome.code != 0:
        raise ReloadError("systemctl reload %s failed: %s" % (unit, outcome.output.strip()))


def hang_up(number: int) -> None:
    """Send a daemon the signal that the reload of its unit sends, without the way through systemd.

    :raises ReloadError: the process is gone.
    """
    process = proc.find(number)
    try:
        if process is None:
            raise ProcessLookupError
        proc.send(process, signal.SIGHUP)
    except ProcessLookupError as error:
        raise ReloadError("the daemon (process %d) has ended" % number) from error
