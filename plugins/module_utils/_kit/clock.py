# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A time at which several hosts act simultaneously.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import time
from typing import Optional

# Seconds
LONGEST = 120.0


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


def wait(start: Optional[float]) -> None:
    """Return at the time, even if the clock is set meanwhile.

    :raises ClockError: see C(ahead).
    """
    end = time.monotonic() + ahead(start, time.time())
    while time.monotonic() < end:
        time.sleep(max(0.0, end - time.monotonic()))
