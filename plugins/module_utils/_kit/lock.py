# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lock of this host that no unprivileged user can take, block or influence.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time
from typing import Iterator

# Only root can enter it. It is empty after a boot, as a directory of locks has to be.
DIRECTORY = "/run/openvip"
POLL = 0.02
# Bytes of a description, see C(describe).
LONGEST = 1000


def host_path() -> str:
    """Return the path of the lock that each change of this host takes."""
    return os.path.join(DIRECTORY, "change")


class LockError(Exception):
    """The lock cannot be taken; the message names it, its holder, and the remedy."""


def private_directory(path: str) -> None:
    """Make a directory that only its owner can enter, or verify that the one at I(path) is such a directory.

    :raises LockError: something else is there, or it belongs to another user or is open to others.
    :raises OSError: it cannot be made.
    """
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, 0o700)
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise LockError(f"{path} is not a directory that only user {os.geteuid()} can enter. Find out who made it, and "
                        "remove it.")


@contextlib.contextmanager
def locked(path: str, seconds: float, purpose: str) -> Iterator[None]:
    """Hold the lock I(path) while the block runs. The kernel releases it when the process ends, however it ends.

    :param path: a file in a directory of our own, see C(private_directory); both are made where they are missing.
    :param seconds: how long to wait for another process that holds it.
    :param purpose: what this process does, for the message of a waiting process.
    :raises LockError: another process holds it until the deadline, or the file is not ours.
    :raises OSError: the file cannot be made.
    """
    private_directory(os.path.dirname(path))
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    try:
        _take(path, descriptor, seconds)
        describe(path, f"{purpose} (process {os.getpid()})")
        yield
    finally:
        os.close(descriptor)


def wait(path: str, seconds: float) -> None:
    """Wait until no other process holds the lock I(path). Nothing is made where it is missing.

    :param seconds: how long to wait.
    :raises LockError: as C(locked).
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        _take(path, descriptor, seconds)
    finally:
        os.close(descriptor)


def _take(path: str, descriptor: int, seconds: float) -> None:
    """Take the lock of an open file.

    :raises LockError: as C(locked).
    """
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
        raise LockError(f"{path} is not a file of user {os.geteuid()}. Find out who made it, and remove it.")
    end = time.monotonic() + seconds
    while not _taken(descriptor):
        if time.monotonic() > end:
            holder, dummy, remedy = os.pread(descriptor, LONGEST, 0).decode("utf-8", "replace").partition("\n")
            raise LockError(f"{holder or 'another process'} has not ended within {seconds:g} s, and holds {path}. "
                            f"{remedy.strip() or 'Wait for its end'}, then run this again.")
        time.sleep(POLL)


def describe(path: str, holder: str, remedy: str = "") -> None:
    """Record who holds a lock, for the message of a process that waits for it. Only its holder may do that.

    :param holder: what it is, and its process; one line.
    :param remedy: what a user can do who needs the lock, an imperative without the full stop.
    """
    with contextlib.suppress(OSError):  # only for messages; a full disk must not fail here
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{holder}\n{remedy}\n".encode(), 0)
        finally:
            os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
