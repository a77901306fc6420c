# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Change files and settings of a host as a whole, or not at all.

    lock -> recover -> stage -> journal -> exchange -> take into force and confirm -> commit -> clean up

Even if the process is killed, each path is the complete former or the complete new object. The next transaction of this
host, by any writer, rolls back an interrupted change (see C(Transaction.owed)). A rollback needs no disk space and
removes only what the change has added.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import errno
import secrets
from typing import Any, Callable, Dict, List, Optional, Sequence

from . import files, journal, lock
from .lock import LockError
from .place import STAGED, Place, RestoreError
from .process import uninterrupted
from .steps import Action, Command, CommandError, Step, do, undo

# Longer than a simultaneous reload of the role keepalived waits for its start and its confirmation, by default.
LOCK_SECONDS = 90.0
__all__ = ["Action", "Command", "CommandError", "LockError", "Step", "Transaction", "TransactionError", "explained"]


class TransactionError(Exception):
    """The change was not made.

    :ivar reason: the exception that ended it.
    :ivar begun: whether something had been changed, and was restored.
    :ivar notes: sentences about what could not be restored; empty after a complete rollback.
    """

    def __init__(self, reason: Exception, begun: bool, notes: List[str]) -> None:
        super().__init__(explained(reason))
        self.reason = reason
        self.begun = begun
        self.notes = notes


def explained(error: Exception) -> str:
    """Return the text of an error for a message; it names a full disk as such."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        where = f" at {error.filename}" if error.filename else ""
        return f"the disk is full{where} ({error.strerror}). Free some space, then run this again."
    return str(error)


def at(point: str) -> None:
    """Called between any two steps of a transaction; tests end the process here."""


class Transaction:
    """The right to change this host. In a C(with) block it holds the lock, after it has rolled back an interrupted
    change.

    :ivar owed: whether running programs may have another configuration than the files, because a change of the same
        name was interrupted or left that to a later one. Then the files have to be brought into force even where they
        do not differ.
    :ivar restored: whether this transaction has rolled back an interrupted change of the same name, so that the files
        have changed.
    :ivar committed: whether this transaction has ended an interrupted change of the same name that was to be kept.
    :ivar notes: sentences about what could not be restored of an earlier change.
    """

    def __init__(self, name: str, seconds: float = LOCK_SECONDS, check: bool = False, *, keeps: bool = True,
                 alone: bool = False, between: Optional[Callable[[], None]] = None) -> None:
        """
        :param name: the name of the writer, one word such as C(keepalived).
        :param seconds: how long to wait for the lock.
        :param check: whether only to inspect: then the end of another change is awaited, but no lock is held and no
            interrupted change is rolled back.
        :param keeps: whether an interrupted change that was to be kept is committed; else it is rolled back, too.
        :param alone: whether interrupted changes of other names stay for a later transaction.
        :param between: called while an interrupted change of the same name is rolled back, whenever a path that it has
            changed several times has one of the texts between.
        """
        self.name = name
        self.check = check
        self.notes: List[str] = []
        self.owed = False
        self.restored = False
        self.committed = False
        self._keeps = keeps
        self._alone = alone
        self._between = between
        self._run: Optional[_Run] = None
        self._seconds = seconds
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Transaction:
        """
        :raises LockError: another change did not end in time.
        :raises OSError: the lock or a journal cannot be read or written.
        """
        if self.check:
            # What is inspected in the midst of a change is another thing after it.
            lock.wait(lock.host_path(), self._seconds)
            # A committed change only has leftovers to remove, see below.
            begun = self.name in journal.names(journal.BEGUN)
            confirmed = self.name in journal.names(journal.DONE) or (
                begun and journal.read(self.name, journal.BEGUN).kept)
            self.owed = not confirmed and (begun or self.name in journal.names(journal.OWED))
            return self
        self._stack.enter_context(lock.locked(lock.host_path(), self._seconds, f"a change of {self.name}"))
        try:
            for name in self._names(journal.BEGUN):
                recorded = journal.read(name, journal.BEGUN)
                if recorded.kept and not self._keeps and name == self.name:
                    journal.begin(name, len(recorded.entries))
                elif recorded.kept:
                    journal.advance(name, journal.BEGUN, journal.DONE)
                    at("kept")
            for name in self._names(journal.DONE):
                _end(name, owe=not _clean(name, journal.DONE).begun[-1])
                self.committed = self.committed or name == self.name
            for name in self._names(journal.BEGUN):
                changed = self._recover(name)
                self.restored = self.restored or (changed and name == self.name)
            for name in self._names(journal.STAGING):
                _clean(name, journal.STAGING)
                journal.remove(name, journal.STAGING)
            for name in self._names(journal.FRESH):
                journal.remove(name, journal.FRESH)
            self.owed = self.name in journal.names(journal.OWED)
            self.notes += journal.taken_note(self.name)
        except BaseException:
            self._stack.close()
            raise
        return self

    def _names(self, kind: str) -> List[str]:
        return [name for name in journal.names(kind) if name == self.name or not self._alone]

    def __exit__(self, *dummy: object) -> None:
        self._stack.close()

    def carry_out(self, steps: Sequence[Step], force: Optional[Callable[[], None]] = None,
                  force_former: Optional[Callable[[], str]] = None, ready: Optional[Callable[[], None]] = None,
                  owe: bool = False) -> List[str]:
        """Make the change, or roll everything back.

        :param steps: in their order; undone in the reverse order. A path may occur again: the second step changes what
            the first one has put there.
        :param force: takes the change into force and confirms it; what it raises rolls everything back.
        :param force_former: takes what is restored into force, called only where I(force) was; returns a sentence where
            that failed, else an empty one. Without it, I(force) only confirms what the steps have done.
        :param ready: called when all is staged and written down, just before the first step; what it raises ends the
            change.
        :param owe: whether the change stays C(owed), because something else is to take it into force later; without
            I(force).
        :returns: the paths of the backups.
        :raises TransactionError: the change was not made.
        """
        with uninterrupted(), contextlib.ExitStack() as stack:
            run_ = self._run = _Run(self.name, steps, stack)
            try:
                run_.prepare()
                if ready:
                    ready()
                    at("ready")
            except BaseException as error:
                run_.discard()
                if isinstance(error, Exception):
                    raise TransactionError(error, False, []) from error
                raise
            try:
                run_.exchange()
                run_.force(force, owe)
            except BaseException as error:
                notes = run_.roll_back(force_former)
                if isinstance(error, Exception):
                    raise TransactionError(error, True, notes) from error
                raise
            self.owed = owe
            return run_.commit(owe)

    def read(self, path: str) -> Optional[bytes]:
        """Return the content of a file, C(None) without one. In check mode it is what the file will have once an
        interrupted change is rolled back.

        :raises OSError: it cannot be read.
        """
        if self.check and self.owed and self.name in journal.names(journal.BEGUN):
            with contextlib.ExitStack() as stack:
                places = [Place.recorded(entry.record, stack)
                          for entry in journal.read(self.name, journal.BEGUN).entries
                          if entry.what == "place" and entry.record["path"] == path]
                if any(place.is_new() for place in places):
                    return places[0].former()
        return files.read(path)

    def keep(self, kept: bool) -> None:
        """Record, while C(force) waits, whether an interruption from now on keeps the change or rolls it back.

        :raises OSError: this cannot be recorded.
        """
        if self._run is not None:
            self._run.keep(kept)

    def _recover(self, name: str) -> bool:
        """Roll back an interrupted transaction, and return whether it had changed anything."""
        recorded = journal.read(name, journal.BEGUN)
        changed = recorded.begun[-1]
        with contextlib.ExitStack() as stack:
            places = {number: Place.recorded(entry.record, stack)
                      for number, entry in enumerate(recorded.entries) if entry.what == "place"}
            for number in reversed(range(len(recorded.entries))):
                if recorded.begun[number] and self._restore(recorded, number, places.get(number)):
                    changed = True
                    if self._between and name == self.name and _is_between(places, number):
                        self._between()
                at(f"recovered {number}")
            for place in places.values():
                place.clean(restored=True)
            at("recovered")
        if changed:
            journal.advance(name, journal.BEGUN, journal.OWED)
        journal.remove(name, journal.BEGUN)
        return changed

    def _restore(self, recorded: journal.Recorded, number: int, place: Optional[Place]) -> bool:
        """Undo a step of an interrupted transaction, and return whether it may have changed something.

        :param place: C(None) for a command.
        :raises OSError: it cannot be undone now, but once the cause is gone.
        """
        prefix = f"An interrupted change of {recorded.name}"
        try:
            if place is None:
                # A boot has undone what a command did.
                if recorded.boot == journal.boot_id():
                    undo(Command(**recorded.entries[number].record))
            elif place.is_former():
                return False
            else:
                with contextlib.suppress(OSError):  # that the next one knows of it is less than that it is restored
                    journal.begin(recorded.name, len(recorded.entries))
                place.restore()
        except (FileNotFoundError, NotADirectoryError) as error:
            self.notes.append(f"{prefix}: {error.filename} does not exist any more.")
        except (RestoreError, CommandError) as error:
            self.notes.append(f"{prefix}: {error}")
        except OSError as error:
            raise OSError(error.errno, f"{prefix} cannot be rolled back ({error.strerror}). Remove the cause, then run "
                          "this again", place.path if place else error.filename) from error
        return True


class _Run:
    """One change: its places and commands, and its progress."""

    def __init__(self, name: str, steps: Sequence[Step], stack: contextlib.ExitStack) -> None:
        self.name = name
        self.steps = steps
        self.places: Dict[int, Place] = {}
        self.done = -1
        # whether any part may have come into force
        self.touched = False
        # whether the journal says that an interruption keeps the change
        self.kept = False
        self._owed = name in journal.names(journal.OWED)
        self._stack = stack

    def prepare(self) -> None:
        """Stage everything and write the journal."""
        identifier = secrets.token_hex(4)
        self.places = {number: Place(step.path, f"{STAGED}{identifier}-{number}", self._stack)
                       for number, step in enumerate(self.steps) if not isinstance(step, (Command, Action))}
        journal.write(self.name, journal.STAGING, self._entries())
        at("staging")
        last: Dict[str, Place] = {}
        for number, place in self.places.items():
            step: Any = self.steps[number]
            with place.named():
                place.stage(step, last.get(place.path))
            last[place.path] = place
            at(f"staged {number}")
        journal.write(self.name, journal.BEGUN, self._entries())
        at("journal")
        journal.remove(self.name, journal.STAGING)

    def _entries(self) -> List[journal.Entry]:
        return [journal.Entry("place", self.places[number].record()) if number in self.places
                else journal.Entry("command", step._asdict() if isinstance(step, Command) else Command([])._asdict())
                for number, step in enumerate(self.steps)]

    def keep(self, kept: bool) -> None:
        journal.begin(self.name, len(self.steps), kept)
        self.kept = kept
        at("keep")

    def discard(self) -> None:
        """End a change of which nothing was begun. What cannot be removed now, the next one removes."""
        for place in self.places.values():
            with contextlib.suppress(OSError):
                place.clean(restored=True)
        with contextlib.suppress(OSError):
            journal.remove(self.name, journal.BEGUN)
            journal.remove(self.name, journal.STAGING)

    def exchange(self) -> None:
        for number, step in enumerate(self.steps):
            journal.begin(self.name, number)
            self.done = number
            at(f"begun {number}")
            if isinstance(step, Command):
                do(step)
            elif isinstance(step, Action):
                self.touched = True
                step.call()
            else:
                with self.places[number].named():
                    self.places[number].exchange()
            at(f"exchanged {number}")

    def force(self, force: Optional[Callable[[], None]], owe: bool) -> None:
        if owe:
            return
        journal.begin(self.name, len(self.steps))
        if force is None:
            return
        self.touched = True
        at("force")
        force()
        at("forced")

    def roll_back(self, force_former: Optional[Callable[[], str]]) -> List[str]:
        """Restore everything, and return sentences about what could not be restored."""
        notes, stuck = [], set()
        if self.kept:
            with contextlib.suppress(OSError):  # that everything is restored is more than that an interruption is
                self.keep(False)
        for number in reversed(range(self.done + 1)):
            step: Any = self.steps[number]
            try:
                if isinstance(step, Command):
                    undo(step)
                elif number in self.places and step.path not in stuck:
                    with self.places[number].named():
                        self.places[number].restore()
            except (OSError, RestoreError, CommandError) as error:
                notes.append(explained(error))
                if number in self.places and isinstance(error, OSError):
                    stuck.add(step.path)
            at(f"restored {number}")
        try:
            # Where something could not be renamed, the former object and the journal stay for the next change.
            return notes if stuck else notes + self._end_rolled_back(bool(notes), force_former)
        except OSError as error:
            return [*notes, explained(error)]

    def _end_rolled_back(self, owes: bool, force_former: Optional[Callable[[], str]]) -> List[str]:
        """Take what was restored into force, and remove what the change needed; return what failed.

        :param owes: whether something could not be restored.
        """
        for place in self.places.values():
            place.clean(restored=True)
        if self.touched or owes:
            journal.advance(self.name, journal.BEGUN, journal.OWED)
            at("owed")
        note = force_former() if self.touched and force_former else ""
        # What an earlier change owes stays owed, unless it was taken into force just now.
        if not (owes or note or (self._owed and not (self.touched and force_former))):
            journal.remove(self.name, journal.OWED)
        journal.remove(self.name, journal.BEGUN)
        return [note] if note else []

    def commit(self, owe: bool) -> List[str]:
        """Commit the change, and remove its leftovers."""
        journal.advance(self.name, journal.BEGUN, journal.DONE)
        at("done")
        backups = []
        for number, place in self.places.items():
            step: Any = self.steps[number]
            backup = None
            with contextlib.suppress(OSError):  # the change lasts; the next one removes what this one could not
                backup = place.clean(step.backup)
            if backup:
                backups.append(backup)
            at(f"cleaned {number}")
        _end(self.name, owe)
        return backups


def _is_between(places: Dict[int, Place], number: int) -> bool:
    """Return whether a step before this one has changed the same path, so that undoing this one is not the last."""
    return number in places and any(place.path == places[number].path for each, place in places.items()
                                    if each < number)


def _end(name: str, owe: bool) -> None:
    """Close the journal of a committed change."""
    if owe:
        journal.advance(name, journal.DONE, journal.OWED)
        journal.stamp(name)
        return
    journal.remove(name, journal.OWED)
    journal.remove(name, journal.DONE)


def _clean(name: str, kind: str) -> journal.Recorded:
    """Remove the leftovers of a transaction that was committed or had not begun."""
    recorded = journal.read(name, kind)
    with contextlib.ExitStack() as stack:
        for entry in recorded.entries:
            if entry.what == "place":
                Place.recorded(entry.record, stack).clean(restored=kind == journal.STAGING)
    return recorded
