# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the running keepalived has read the current file.

keepalived does not report it. It has read the file if it was started after the file was last changed, or if a run of
this collection reloaded this very process with this very text, which is remembered, and nobody has written to the file
since.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from typing import List

from .._kit import journal, lock, proc

RECORD = "keepalived.in_force"
# The least seconds between a change of the file and a start; the kernel counts starts in ticks of 10 ms.
SLACK = 0.1


def _record(path: str, data: bytes, number: int) -> List[object]:
    process = proc.find(number)
    return [path, hashlib.sha256(data).hexdigest(), os.stat(path).st_mtime_ns, journal.boot_id(), number,
            process and process.started]


def remember(path: str, data: bytes, number: int) -> None:
    """Record that a process has read I(data) from I(path). If this cannot be written, the next run reloads again."""
    with contextlib.suppress(OSError, lock.LockError):
        journal.make_directory()
        record = os.path.join(journal.DIRECTORY, RECORD)
        fresh = record + ".fresh"
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w",
                  encoding="utf-8") as stream:
            json.dump(_record(path, data, number), stream)
        os.rename(fresh, record)


def is_in_force(path: str, data: bytes, number: int) -> bool:
    """Return whether a process has certainly read I(data), the present content of I(path)."""
    try:
        with open(os.path.join(journal.DIRECTORY, RECORD), encoding="utf-8") as stream:
            if json.load(stream) == _record(path, data, number):
                return True
    except (OSError, ValueError):
        pass
    return was_started_after(path, number)


def was_started_after(path: str, number: int) -> bool:
    """Whether it is certain that a process was started after I(path) was last changed."""
    process = proc.find(number)
    if process is None:
        return False
    # Both times are by the kernel's clock, also where a container has an uptime of its own.
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - process.started / os.sysconf("SC_CLK_TCK")
    return time.time() - os.stat(path).st_ctime > age + SLACK
