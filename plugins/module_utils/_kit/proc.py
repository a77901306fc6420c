# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Identify a process by its number, verify that it belongs to root, and send a signal that reaches no other process.

A number alone proves nothing: as soon as its process has ended, any user can fork until a process gets the number. See
proc_pid_stat(5), proc_pid_status(5) and proc_pid_exe(5).

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import os
import signal
import stat
import time
from typing import List, NamedTuple, Optional

from . import trusted

# The suffix of the kernel for a program whose file has been removed or replaced.
DELETED = " (deleted)"
# Seconds by which a process may seem younger than a file that it has written: the kernel counts in ticks, and the clock
# is corrected in small steps.
SLACK = 1.0


class Process(NamedTuple):
    """A process, distinct from any later process with the same number.

    :ivar number: its process id.
    :ivar started: when it was started, in clock ticks since the boot.
    """

    number: int
    started: int


def fields(number: int) -> List[str]:
    """Return the fields of proc_pid_stat(5) of a process from the third one on; empty without such a process."""
    try:
        with open("/proc/%d/stat" % number, encoding="ascii", errors="replace") as stream:
            return stream.read().rpartition(")")[2].split()
    except OSError:
        return []


def find(number: int) -> Optional[Process]:
    """Return the living process with this number, zombies excluded."""
    found = fields(number)
    return Process(number, int(found[19])) if len(found) > 19 and found[0] not in ("Z", "X") else None


def is_alive(process: Process) -> bool:
    """Return whether the process is alive, and its number has not passed to another one."""
    return find(process.number) == process


def parent(number: int) -> int:
    """Return the process id of the parent of a process, 0 when there is no such process."""
    found = fields(number)
    return int(found[1]) if len(found) > 1 else 0


def executable(number: int) -> Optional[str]:
    """Return the path of the program that a process runs, followed by C(DELETED) when the file has been removed or
    replaced. C(None) when it cannot be read."""
    try:
        return os.readlink("/proc/%d/exe" % number)
    except OSError:
        return None


def program_name(number: int) -> Optional[str]:
    """Return the name of the file that a process runs, removed or not; C(None) when it cannot be read."""
    path = executable(number)
    return None if path is None else os.path.basename(path[:-len(DELETED)] if path.endswith(DELETED) else path)


def runs_as_root(number: int) -> bool:
    """Return whether root has started the process: its real user is root, too, not only that of a setuid program."""
    try:
        with open("/proc/%d/status" % number, encoding="utf-8", errors="replace") as stream:
            return any(line.split()[1:3] == ["0", "0"] for line in stream if line.startswith("Uid:"))
    except OSError:
        return False


def has_roots_program(number: int) -> bool:
    """Return whether only root can change the program file of a process."""
    try:
        found = os.stat("/proc/%d/exe" % number)
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_uid == 0 and not found.st_mode & 0o022


def may_be_roots(number: int) -> bool:
    """Return whether root started a process and, as far as this can be read, only root can change its program file.

    Without CAP_SYS_PTRACE, as in a container, root cannot read the program of a process that has changed its user
    (prctl(2), PR_SET_DUMPABLE).
    """
    return runs_as_root(number) and (executable(number) is None or has_roots_program(number))


def from_file(path: str) -> Optional[Process]:
    """Return the process that a pid file names, C(None) when there is none.

    A stale file may have the number of any process. So it counts only if only root can have written it (see
    C(trusted.read)), the process belongs to root (see C(may_be_roots)), and the process is older than the file.
    """
    try:
        text, found = trusted.read(path)
        process = find(int(text))
    except (OSError, ValueError):
        return None
    if process is None or not may_be_roots(process.number):
        return None
    boot = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    started = boot + process.started / os.sysconf("SC_CLK_TCK")
    return process if started <= found.st_mtime + SLACK else None


def _descriptor(number: int) -> Optional[int]:
    """Return a descriptor of a process, which stays valid when the number passes to another one. C(None) where it is
    not available: it needs Python 3.9 and Linux 5.3."""
    try:
        return os.pidfd_open(number)
    except (AttributeError, OSError):
        return None


def send(process: Process, number: int) -> None:
    """Send a signal to the process, and never to a later process with the same number.

    :raises ProcessLookupError: it has ended.
    :raises OSError: the kernel refuses the signal.
    """
    descriptor = _descriptor(process.number)
    try:
        if not is_alive(process):
            raise ProcessLookupError("process %d has ended" % process.number)
        if descriptor is None:
            os.kill(process.number, number)
        else:
            signal.pidfd_send_signal(descriptor, number)
    finally:
        if descriptor is not None:
            os.close(descriptor)
