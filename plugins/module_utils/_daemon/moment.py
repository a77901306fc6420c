# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The moment at which several hosts do the same.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import time

#: Seconds that a moment may be ahead: longer would be another clock than the one that it was told by.
LONGEST = 120.0


class MomentError(Exception):
    """The moment cannot be waited for; the message says why and what to do."""


def check(moment, now):
    """Return for how many seconds there is to wait, 0 when the moment has passed.

    :param moment: C(None), or seconds since 1970 by the clock of this host.
    :raises MomentError: it is too far ahead.
    """
    ahead = 0.0 if moment is None else moment - now
    if ahead > LONGEST:
        raise MomentError("reload_at is %.0f seconds ahead of the clock of this host, more than %.0f. "
                          "Give a time by that clock." % (ahead, LONGEST))
    return max(ahead, 0.0)


def wait(moment):
    """Return as soon as the moment has come; a clock that is set meanwhile makes no difference.

    :raises MomentError: see L(check).
    """
    end = time.monotonic() + check(moment, time.time())
    while time.monotonic() < end:
        time.sleep(max(0.0, end - time.monotonic()))
