# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which process a number means, whether it is root's, and a signal that reaches no other one.

A number alone proves nothing: as soon as its process has ended, any user can fork until he has it. See
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

# What the kernel adds to the path of a program whose file has been removed or replaced.
DELETED = " (deleted)"
# Seconds by which a process may seem younger than the file that it has written: the kernel counts in ticks, and the
# clock is corrected in small steps.
SLACK = 1.0


class Process(NamedTuple):
    """A process, and no other one that gets its number later.

    :ivar number: its process id.
    :ivar started: when it was started, in clock ticks since the boot.
    """

    number: int
    started: int


def fields(number: int) -> List[str]:
    """Return what proc_pid_stat(5) has of a process from the third field on, nothing when there is none."""
    try:
        with open("/proc/%d/stat" % number, encoding="ascii", errors="replace") as stream:
            return stream.read().rpartition(")")[2].split()
    except OSError:
        return []


def find(number: int) -> Optional[Process]:
    """Return the living process that has the number, zombies excluded."""
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
    """Return the path of the program that a process runs, with C(DELETED) behind it when the file has been removed or
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
    """Return whether the file that a process runs is root's and nobody else may write to it."""
    try:
        found = os.stat("/proc/%d/exe" % number)
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_uid == 0 and not found.st_mode & 0o022


def may_be_roots(number: int) -> bool:
    """Return whether a process is root's and, as far as that can be read, runs a program of root's.

    The program of a process that has changed its user is closed to a root without CAP_SYS_PTRACE, as in a container
    (prctl(2), PR_SET_DUMPABLE).
    """
    return runs_as_root(number) and (executable(number) is None or has_roots_program(number))


def from_file(path: str) -> Optional[Process]:
    """Return the process that a pid file names, C(None) when there is none.

    A file that stayed behind may have the number of any process. It counts only when only root can have written it (see
    C(trusted.read)), the process is root's (see C(may_be_roots)), and the process is older than the file.
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
    """Return a descriptor that stays with a process whatever becomes of its number, C(None) where there is none: it
    needs Python 3.9 and Linux 5.3."""
    try:
        return os.pidfd_open(number)
    except (AttributeError, OSError):
        return None


def send(process: Process, number: int) -> None:
    """Send a signal to the process, and to no other one that has its number by now.

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
