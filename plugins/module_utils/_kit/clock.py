# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A time at which several hosts act simultaneously.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import time
from typing import Optional

from .process import run

# Seconds
LONGEST = 120.0
TIMEOUT = 10.0
# systemd reports whole seconds.
SLACK = 1.5


class ClockError(Exception):
    """The time is too far ahead; the message names the limit and the remedy."""


def ahead(start: Optional[float], now: float) -> float:
    """Return the seconds to wait, 0 when the time has passed.

    :param start: seconds since 1970 by the clock of this host, or C(None).
    :param now: the present time by the same clock.
    :raises ClockError: it is too far ahead.
    """
    seconds = 0.0 if start is None else start - now
    if seconds > LONGEST:
        raise ClockError(f"reload_at is {seconds:.0f} seconds ahead of the clock of this host, more than "
                         f"{LONGEST:.0f}. Give a time by that clock.")
    return max(seconds, 0.0)


def was_set() -> bool:
    """Return whether somebody may have set the clock since the boot, by what systemd recorded then.

    The clock of the time since the boot is corrected at the same rate, so the two differ only where one was set.
    """
    try:
        said = run(["systemctl", "show", "--timestamp=unix", "--property=UserspaceTimestamp",
                    "--property=UserspaceTimestampMonotonic"], TIMEOUT).output
        values = dict(line.partition("=")[::2] for line in said.splitlines())
        booted = float(values["UserspaceTimestamp"].lstrip("@")) - int(values["UserspaceTimestampMonotonic"]) / 1e6
    except (OSError, KeyError, ValueError):
        return True
    return abs(time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) - booted) > SLACK


def wait(start: Optional[float]) -> None:
    """Return at the time, even if the clock is set meanwhile.

    :raises ClockError: see C(ahead).
    """
    end = time.monotonic() + ahead(start, time.time())
    while time.monotonic() < end:
        time.sleep(max(0.0, end - time.monotonic()))
