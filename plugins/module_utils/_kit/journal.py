# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a transaction writes down before it changes anything, so that the next run knows what was begun.

    NAME.staging    what is being staged: leftovers are to be removed
    NAME.journal    begun: the former state is to be restored
    NAME.done       lasting: only leftovers are to be removed; owed, unless what follows the steps was begun
    NAME.owed       what runs on the host may have another configuration: a change was restored, or is to be taken into
                    force later

The step from one to the next is a rename, which needs no space. What was begun is one byte per step, overwritten in
place.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
from typing import Any, Dict, List, NamedTuple

from . import lock

# Root's alone; it outlives a boot, as an interrupted change does.
DIRECTORY = "/var/lib/openvip"
STAGING, BEGUN, DONE, OWED = ".staging", ".journal", ".done", ".owed"
# One that is being written.
FRESH = ".fresh"
_WAITS, _BEGUN = b".", b"x"
# Of what is recorded; a journal with another one is not understood.
VERSION = 1


class Entry(NamedTuple):
    """One recorded step: I(what) is C(place) or C(command), I(record) what undoes it."""

    what: str
    record: Dict[str, Any]


class Recorded(NamedTuple):
    """An interrupted transaction.

    :ivar name: of the writer.
    :ivar boot: the boot in which it ran.
    :ivar entries: its steps.
    :ivar begun: per step, and for what follows them, whether it was begun.
    """

    name: str
    boot: str
    entries: List[Entry]
    begun: List[bool]


def boot_id() -> str:
    """Return what tells this boot from any other (random(4))."""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as stream:
        return stream.read().strip()


def path_of(name: str, kind: str) -> str:
    return os.path.join(DIRECTORY, name + kind)


def names(kind: str) -> List[str]:
    """Return the writers that have a journal of this kind."""
    with contextlib.suppress(FileNotFoundError):
        return sorted(each[:-len(kind)] for each in os.listdir(DIRECTORY) if each.endswith(kind))
    return []


def make_directory() -> None:
    """Make the directory of the journals.

    :raises OSError: it cannot be made.
    :raises lock.LockError: it is not ours.
    """
    os.makedirs(os.path.dirname(DIRECTORY), exist_ok=True)
    lock.private_directory(DIRECTORY)


def write(name: str, kind: str, entries: List[Entry]) -> None:
    """Write a journal.

    :raises OSError: it cannot be written; then there is none.
    :raises lock.LockError: its directory is not ours.
    """
    make_directory()
    text = json.dumps({"version": VERSION, "boot": boot_id(), "entries": entries}) + "\n"
    fresh = path_of(name, FRESH)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(fresh)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(text.encode() + _WAITS * (len(entries) + 1))
            stream.flush()
            os.fsync(descriptor)
        os.rename(fresh, path_of(name, kind))
    except OSError:
        os.unlink(fresh)
        raise
    sync()


def begin(name: str, number: int) -> None:
    """Write down that step I(number) begins, counted from 0; the number of steps stands for what follows them."""
    descriptor = os.open(path_of(name, BEGUN), os.O_RDWR | os.O_CLOEXEC)
    try:
        text = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
        os.pwrite(descriptor, _BEGUN, text.index(b"\n") + 1 + number)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(name: str, kind: str) -> Recorded:
    """Return a journal.

    :raises OSError: it cannot be read.
    """
    path = path_of(name, kind)
    try:
        with open(path, encoding="utf-8") as stream:
            found = json.loads(stream.readline())
            progress = stream.read().encode()
        entries = [Entry(what, record) for what, record in found["entries"]]
        boot, version = found["boot"], found["version"]
        if version != VERSION:
            raise ValueError(version)
    except (ValueError, KeyError, TypeError) as error:
        raise OSError(errno.EINVAL, "not a complete journal of this version of the collection. Run the version that "
                      "wrote it, or compare the files that it names with what they should be and remove it, then run "
                      "this again", path) from error
    return Recorded(name, boot, entries, [progress[number:number + 1] == _BEGUN
                                          for number in range(len(entries) + 1)])


def advance(name: str, kind: str, to: str) -> None:
    """Rename a journal from one kind to the next."""
    os.rename(path_of(name, kind), path_of(name, to))
    sync()


def remove(name: str, kind: str) -> None:
    """Remove a journal, if there is one."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path_of(name, kind))
        sync()


def sync() -> None:
    descriptor = os.open(DIRECTORY, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
