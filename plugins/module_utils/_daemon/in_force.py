# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the running keepalived has read the current file.

keepalived does not report it. It has read the file if a run of this collection reloaded this very process with this
very text, which is recorded, or if it was started after the file was last changed, and nobody has written to the file
since.

A clock that is set makes a file look older or newer than it is. So a recorded inspection of the file, with the time
since the boot, proves that a process that was started later has read it. The time of the file itself counts only where
systemd knows that nobody has set the clock since the boot. What is not proved is not known, and then a reload is due.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from typing import Any, Dict, List

from .._kit import clock, files, journal, lock, proc

RECORD = "keepalived.in_force"
# The least seconds between a change of the file and a start; the kernel counts starts in ticks of 10 ms.
SLACK = 0.1


def _text(path: str, data: bytes) -> List[object]:
    found = os.stat(path)
    return [path, hashlib.sha256(data).hexdigest(), found.st_mtime_ns, found.st_ino]


def _file(path: str, data: bytes) -> List[object]:
    """Return what changes also when the file is exchanged and restored meanwhile."""
    return [*_text(path, data), os.stat(path).st_ctime_ns]


def _read(path: str, data: bytes, number: int) -> List[object]:
    process = proc.find(number)
    return [*_text(path, data), journal.boot_id(), number, process and process.started]


def _recorded() -> Dict[str, Any]:
    with contextlib.suppress(OSError, ValueError), open(os.path.join(journal.DIRECTORY, RECORD),
                                                        encoding="utf-8") as stream:
        found = json.load(stream)
        return found if isinstance(found, dict) else {}
    return {}


def _record(**values: object) -> None:
    """Record values. If this cannot be written, the next run reloads again."""
    with contextlib.suppress(OSError, lock.LockError):
        journal.make_directory()
        files.write(os.path.join(journal.DIRECTORY, RECORD), json.dumps({**_recorded(), **values}).encode(), 0o600)


def inspected(path: str, data: bytes) -> None:
    """Record that I(path) has I(data) now."""
    if _recorded().get("file") != _file(path, data):
        _record(file=_file(path, data), boot=journal.boot_id(), uptime=time.clock_gettime(time.CLOCK_BOOTTIME))


def remember(path: str, data: bytes, number: int) -> None:
    """Record that a process has read I(data) from I(path)."""
    with contextlib.suppress(OSError):
        _record(read=_read(path, data, number))
        inspected(path, data)


def is_in_force(path: str, data: bytes, number: int) -> bool:
    """Return whether a process has certainly read I(data), the present content of I(path)."""
    with contextlib.suppress(OSError):
        if _recorded().get("read") == _read(path, data, number):
            return True
    return was_started_after(path, data, number)


def was_started_after(path: str, data: bytes, number: int) -> bool:
    """Return whether it is certain that a process was started after I(path) got I(data), its present content."""
    process = proc.find(number)
    if process is None:
        return False
    started = process.started / os.sysconf("SC_CLK_TCK")
    found = _recorded()
    # Both are seconds since the boot by the kernel's clock, also where a container has an uptime of its own.
    if found.get("file") == _file(path, data) and (
            found["boot"] != journal.boot_id() or started > found["uptime"] + SLACK):
        return True
    if clock.was_set():
        return False
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - started
    return time.time() - os.stat(path).st_ctime > age + SLACK
