# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Do something to this host now, and have a timer of systemd undo it unless it was undone earlier.

What undoes it is a script of plain sh in a directory of root's alone. Each of its lines has a check, which says whether
the state that must hold afterwards holds. A line is repeated until its check holds; the script removes itself and stops
the timer only when all of them hold. Until then the timer calls it again and again.

The timer is armed, and the script is written, before the first step. A step is marked as begun before it is taken, and
only what is marked is undone. So whenever the process is killed, the timer undoes what was done and nothing else.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from . import process, undo_script
from .lock import DIRECTORY, LockError, locked, private_directory

#: Programs without which nothing is done, and the package of each.
PROGRAMS = {"systemd-run": "systemd", "flock": "util-linux", "timeout": "coreutils"}
#: Seconds between two calls of the script by the timer.
AGAIN = 5
#: Seconds that one program of systemd may take.
SYSTEMD = 30
#: Seconds after which one call of the script is killed, see the limits in C(undo_script).
LONGEST = undo_script.LOCK + undo_script.LIMIT + 200


class Undo(NamedTuple):
    """What undoes one thing.

    :ivar step: the number of the step that does this thing; nothing is undone before that step has begun.
    :ivar what: what is so where the check does not hold, for messages, such as C(table inet x is in force).
    :ivar check: a check of C(undo_script.FUNCTIONS) and its arguments.
    :ivar commands: programs or functions of C(undo_script.FUNCTIONS), each with its arguments.
    """

    step: int
    what: str
    check: Sequence[str]
    commands: Sequence[Sequence[str]]


class UndoError(Exception):
    """Nothing was changed; the message says why."""


class NotDoneError(Exception):
    """A step has failed, and nothing of it is in force."""


class FailedError(Exception):
    """A step has failed.

    :ivar left: nothing when all that was done is undone, else what is still in force and what becomes of it.
    """

    def __init__(self, message: str, left: Optional[str]) -> None:
        super().__init__(message)
        self.left = left


def run(words: Sequence[str], seconds: float, data: str = "") -> Tuple[int, str]:
    """Run a program with root's PATH, and return its exit code and what it printed.

    :raises OSError: there is no such program.
    :raises TimeoutError: it has not ended in time, and was killed.
    """
    outcome = process.run(words, seconds, dict(os.environ, PATH=undo_script.PATH), data=data.encode())
    if outcome.timed_out:
        raise TimeoutError("%s has not ended within %g s, and was killed" % (" ".join(words[:3]), seconds))
    return outcome.code, outcome.output.strip()


class TimedUndo:
    """The script and the timer of one kind of change; one change of a kind at a time."""

    def __init__(self, name: str, directory: str = DIRECTORY) -> None:
        self.unit = "openvip-" + name
        self.path = os.path.join(directory, name)

    def armed(self) -> Optional[Dict[str, Any]]:
        """Return the C(name) and the C(token) of what is to be undone, or nothing.

        :raises UndoError: the script or its directory is not one of ours.
        """
        if not os.path.lexists(os.path.dirname(self.path)):
            return None
        try:
            private_directory(os.path.dirname(self.path))
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(descriptor, encoding="utf-8") as stream:
                return dict(json.loads(stream.read().splitlines()[1].lstrip("# ")))
        except FileNotFoundError:
            return None
        except LockError as error:
            raise UndoError(str(error)) from error
        except (IndexError, OSError, ValueError) as error:
            raise UndoError("%s is not a script of this collection. Find out who wrote it, and remove it."
                            % self.path) from error

    def completed(self) -> Any:
        """Return what C(carry_out) was given to remember, if all its steps were taken; else nothing."""
        try:
            with open(self.path + ".done", encoding="utf-8") as stream:
                token, data = json.load(stream)
        except (OSError, ValueError):
            return None
        armed = self.armed()
        return data if armed and armed["token"] == token else None

    def carry_out(self, name: str, steps: Sequence[Callable[[], None]], undos: Sequence[Undo], seconds: int,
                  files: Sequence[str] = (), data: Any = None) -> None:
        """Arm the timer and take all steps; when one fails, undo those that were taken.

        :param name: what this is, for C(armed).
        :param steps: raise C(NotDoneError), where nothing of the step is in force, or C(OSError).
        :param undos: in the order in which they are tried.
        :param seconds: after which the timer undoes it, at least 1.
        :param files: what is removed when the timer has called the script.
        :param data: for C(completed); of what JSON knows.
        :raises UndoError: nothing was done.
        :raises FailedError: a step failed.
        """
        failure = None
        try:
            with locked(self.path + ".lock", undo_script.LOCK, "a module that does what %s undoes" % self.path):
                token = self._arm(name, undos, seconds, files)
                try:
                    for number, step in enumerate(steps):
                        self._take(number, step)
                    self._write(".done", json.dumps([token, data]))
                except (NotDoneError, OSError) as error:
                    failure = error
        except (LockError, OSError) as error:
            raise UndoError(str(error)) from error
        if failure is not None:
            try:
                left = self.undo()[0]
            except UndoError as error:
                left = str(error)
            raise FailedError(str(failure), left)

    def _arm(self, name: str, undos: Sequence[Undo], seconds: int, files: Sequence[str]) -> str:
        """The timer first, which is harmless without a script; it waits for the lock that the caller holds.

        :raises UndoError: a script is there already, or there is no timer.
        """
        if self.armed():
            raise UndoError("%s exists, so an earlier change is in force. Undo that first (sh %s)." % (
                self.path, self.path))
        for program, package in PROGRAMS.items():
            if not shutil.which(program, path=undo_script.PATH):
                raise UndoError("this host has no %s. Install the package %s." % (program, package))
        missing = self._start_timer(seconds)
        if missing:
            raise UndoError(missing)
        token = os.urandom(8).hex()
        try:
            for suffix in (".done", ".begun"):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self.path + suffix)
            self._write(".begun", "")
            self._write("", undo_script.render(self.path, self.unit, {"name": name, "token": token}, undos, files))
        except OSError:
            self._systemd("systemctl", "stop", self.unit + ".timer")
            raise
        return token

    def _take(self, number: int, step: Callable[[], None]) -> None:
        """Mark a step as begun and take it; without the mark where nothing of it is in force."""
        descriptor = os.open(self.path + ".begun", os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW)
        try:
            os.write(descriptor, b"%d\n" % number)
            try:
                step()
            except NotDoneError:
                os.ftruncate(descriptor, os.fstat(descriptor).st_size - len(b"%d\n" % number))
                raise
        finally:
            os.close(descriptor)

    def _write(self, suffix: str, text: str) -> None:
        """Write a file in one step; a file that a killed process has left half-written is replaced."""
        path, new = self.path + suffix, self.path + ".new"
        private_directory(os.path.dirname(path))
        with contextlib.suppress(FileNotFoundError):
            os.unlink(new)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.rename(new, path)
        directory = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    @staticmethod
    def _systemd(*words: str) -> str:
        """Run a program of systemd; return nothing, or why it failed."""
        try:
            code, said = run(words, SYSTEMD)
        except OSError as error:
            return str(error)
        return "%s failed: %s" % (words[0], said or "exit code %d" % code) if code else ""

    def _start_timer(self, seconds: int) -> str:
        """Have systemd call the script after some seconds, and every AGAIN seconds as long as it is there."""
        script, lock, timer = shlex.quote(self.path), shlex.quote(self.path + ".lock"), self.unit + ".timer"
        # without a dollar sign, which systemd would expand
        command = "PATH=%s; exec 9>>%s; flock -w %d 9 || exit 75; " % (undo_script.PATH, lock, undo_script.LOCK)
        command += "[ ! -e %s ] || exec /bin/sh %s expired; " % (script, script)
        command += "rm -f %s.new %s.begun; exec systemctl stop %s" % (script, script, timer)
        words = ["systemd-run", "--quiet", "--collect", "--unit=" + self.unit, "--on-active=%ds" % seconds,
                 "--on-unit-inactive=%ds" % AGAIN, "--timer-property=AccuracySec=100ms",
                 "--property=RuntimeMaxSec=%d" % LONGEST, "/bin/sh", "-c", command]
        missing = self._systemd(*words)
        if missing:
            # perhaps there is a timer whose script is gone already
            self._systemd("systemctl", "stop", timer)
            missing = self._systemd(*words)
        return missing

    def undo(self) -> Tuple[Optional[str], str]:
        """Run the script until all is undone, at most C(LONGEST) seconds; the timer and this wait for one another.

        :return: nothing, or the sentences that say what is still in force and what becomes of it; and what the programs
            printed.
        :raises UndoError: the script is not one of ours, and was not run.
        """
        armed = self.armed()
        if not armed:
            return None, ""
        try:
            said = run(["/bin/sh", self.path], LONGEST)[1]
        except OSError as error:
            said = str(error)
        if self.armed() != armed:
            return None, said
        lines: List[str] = said.splitlines() or ["%s failed." % self.path]
        without = self._systemd("systemctl", "--quiet", "is-active", self.unit + ".timer") and self._start_timer(AGAIN)
        if without:
            return "%s No timer tries again (%s): run sh %s on this host until it ends without an error." % (
                lines[-1], without, self.path), said
        return "%s This host tries again every %d seconds (systemctl list-timers %s.timer)." % (
            lines[-1], AGAIN, self.unit), said
