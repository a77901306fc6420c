# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record that a transaction writes before any change, so that the next run knows which steps were begun.

    NAME.staging    staging: the next run removes leftovers
    NAME.journal    steps have begun: the next run restores the former state
    NAME.done       committed: the next run removes leftovers; the change is owed unless C(force) was begun
    NAME.owed       running programs may have another configuration: a change was rolled back, or is brought into force
                    later
    NAME.note       what the next run is to report

A transition from one to the next is a rename, which needs no disk space. One byte per step, overwritten in place,
records whether the step was begun. The last byte also records that the change is to be kept if it is interrupted.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import time
from typing import Any, Dict, List, NamedTuple, Optional

from . import files, lock

# Only root can enter it. It survives a boot, as an interrupted change does.
DIRECTORY = "/var/lib/openvip"
STAGING, BEGUN, DONE, OWED = ".staging", ".journal", ".done", ".owed"
# The suffix of a journal that is being written.
FRESH = ".fresh"
NOTE = ".note"
_WAITS, _BEGUN, _KEPT = b".", b"x", b"k"
# Of what is recorded; a journal with another one is not understood.
VERSION = 1


class Entry(NamedTuple):
    """One recorded step: I(what) is C(place) or C(command), I(record) has the values that undo it."""

    what: str
    record: Dict[str, Any]


class Recorded(NamedTuple):
    """An interrupted transaction.

    :ivar name: the name of the writer.
    :ivar boot: the boot in which it ran.
    :ivar entries: its steps.
    :ivar begun: for each step, and last for what follows the steps, whether it was begun.
    :ivar kept: whether it is in force and confirmed on this host, so that the next run commits it (see C(begin)).
    """

    name: str
    boot: str
    entries: List[Entry]
    begun: List[bool]
    kept: bool = False


def boot_id() -> str:
    """Return the identifier of this boot (random(4))."""
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
    :raises lock.LockError: another user can enter it.
    """
    os.makedirs(os.path.dirname(DIRECTORY), exist_ok=True)
    lock.private_directory(DIRECTORY)


def write(name: str, kind: str, entries: List[Entry]) -> None:
    """Write a journal.

    :raises OSError: it cannot be written; then there is no journal.
    :raises lock.LockError: another user can enter its directory.
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


def begin(name: str, number: int, kept: bool = False) -> None:
    """Record that step I(number) begins, counted from 0. The number of all steps stands for what follows them.

    :param kept: for what follows the steps, whether an interruption commits the change instead of rolling it back. A
        later call without it takes that back.
    """
    descriptor = os.open(path_of(name, BEGUN), os.O_RDWR | os.O_CLOEXEC)
    try:
        text = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
        os.pwrite(descriptor, _KEPT if kept else _BEGUN, text.index(b"\n") + 1 + number)
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
    marks = [progress[number:number + 1] for number in range(len(entries) + 1)]
    return Recorded(name, boot, entries, [mark in (_BEGUN, _KEPT) for mark in marks], marks[-1] == _KEPT)


def advance(name: str, kind: str, to: str) -> None:
    """Rename a journal from one kind to the next."""
    os.rename(path_of(name, kind), path_of(name, to))
    sync()


def remove(name: str, kind: str) -> None:
    """Remove a journal, if there is one."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path_of(name, kind))
        sync()


def stamp(name: str) -> None:
    """Add to what is owed when all its files were written, see C(is_read_since)."""
    # Without it the next run takes the change into force.
    with contextlib.suppress(OSError), open(path_of(name, OWED), "a", encoding="ascii") as stream:
        stream.write("\n" + json.dumps({"boot": boot_id(), "monotonic": time.monotonic()}) + "\n")


def is_read_since(name: str, started: Optional[float]) -> bool:
    """Return whether a daemon was certainly started after everything that is owed to it was written.

    :param started: when it began to start, in seconds of CLOCK_MONOTONIC; C(None) where that is unknown.
    """
    try:
        with open(path_of(name, OWED), encoding="utf-8", errors="replace") as stream:
            stamped = json.loads(stream.read().splitlines()[-1])
        return started is not None and (stamped["boot"] != boot_id() or started > stamped["monotonic"])
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return False


def note(name: str, sentence: str) -> None:
    """Leave a sentence for the next transaction of a name, see C(taken_note).

    :raises OSError: it cannot be written.
    """
    make_directory()
    files.write(path_of(name, NOTE), sentence.encode(), 0o600)


def taken_note(name: str) -> List[str]:
    """Return the sentence that was left for this name, and remove it; an empty list without one."""
    with contextlib.suppress(FileNotFoundError):
        with open(path_of(name, NOTE), encoding="utf-8") as stream:
            found = stream.read()
        os.unlink(path_of(name, NOTE))
        return [found]
    return []


def sync() -> None:
    files.sync(DIRECTORY)
