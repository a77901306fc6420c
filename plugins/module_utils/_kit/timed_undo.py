# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Do something to this host now, and have a timer of systemd undo it unless it was undone earlier.

A plain sh script in a directory that only root can enter undoes the change. Each of its lines has a check of the state
that must hold afterwards. The script repeats a line until its check holds. When all checks hold, it removes itself and
stops the timer. Until then the timer runs it again and again.

The timer is armed, and the script is written, before the first step. Each step is marked as begun before it is taken,
and only marked steps are undone. So if the process is killed at any time, the timer undoes exactly what was done.

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

#: The required programs, and the package of each.
PROGRAMS = {"systemd-run": "systemd", "flock": "util-linux", "timeout": "coreutils"}
#: Seconds between two calls of the script by the timer.
AGAIN = 5
#: Seconds after which one program of systemd is killed.
SYSTEMD = 30
#: Seconds after which one call of the script is killed, see the limits in C(undo_script).
LONGEST = undo_script.LOCK + undo_script.LIMIT + 200


class Undo(NamedTuple):
    """The commands that undo one effect of a step.

    :ivar step: the number of the step with this effect; only a step that was begun is undone.
    :ivar what: the state in which the check fails, for messages, such as C(table inet x is in force).
    :ivar check: a check of C(undo_script.FUNCTIONS) and its arguments.
    :ivar commands: programs or functions of C(undo_script.FUNCTIONS), each with its arguments.
    """

    step: int
    what: str
    check: Sequence[str]
    commands: Sequence[Sequence[str]]


class UndoError(Exception):
    """Nothing was changed; the message has the reason."""


class NotDoneError(Exception):
    """A step has failed, and nothing of it is in force."""


class FailedError(Exception):
    """A step has failed.

    :ivar left: empty when everything is undone, else sentences about what is still in force and who tries again.
    """

    def __init__(self, message: str, left: Optional[str]) -> None:
        super().__init__(message)
        self.left = left


def run(words: Sequence[str], seconds: float, data: str = "") -> Tuple[int, str]:
    """Run a program with root's PATH, and return its exit code and what it printed.

    :raises OSError: the program does not exist.
    :raises TimeoutError: it did not end in time, and was killed.
    """
    outcome = process.run(words, seconds, dict(os.environ, PATH=undo_script.PATH), data=data.encode())
    if outcome.timed_out:
        raise TimeoutError("%s has not ended within %g s, and was killed" % (" ".join(words[:3]), seconds))
    return outcome.code, outcome.output.strip()


class TimedUndo:
    """The script and the timer of one kind of change, which allows one change at a time."""

    def __init__(self, name: str, directory: str = DIRECTORY) -> None:
        self.unit = "openvip-" + name
        self.path = os.path.join(directory, name)

    def armed(self) -> Optional[Dict[str, Any]]:
        """Return the C(name) and the C(token) of the change that is armed to be undone, C(None) without one.

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
        """Return the I(data) of C(carry_out) if all its steps were taken, else C(None)."""
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

        :param name: the name of the change, for C(armed).
        :param steps: raise C(NotDoneError) if they changed nothing, else C(OSError).
        :param undos: in the order in which they are tried.
        :param seconds: after which the timer undoes it, at least 1.
        :param files: files to remove when the timer has called the script.
        :param data: for C(completed), as JSON data.
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
        """Start the timer, then write the script. The timer is harmless without it, and waits for the caller's lock.

        :raises UndoError: a script exists already, or the timer cannot be started.
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
        """Mark a step as begun and take it; remove the mark if the step changed nothing."""
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
        """Run a program of systemd; return an empty text, or the reason of its failure."""
        try:
            code, said = run(words, SYSTEMD)
        except OSError as error:
            return str(error)
        return "%s failed: %s" % (words[0], said or "exit code %d" % code) if code else ""

    def _start_timer(self, seconds: int) -> str:
        """Have systemd call the script after some seconds, and then every AGAIN seconds as long as the script
        exists."""
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
            # a timer without a script may still exist
            self._systemd("systemctl", "stop", timer)
            missing = self._systemd(*words)
        return missing

    def undo(self) -> Tuple[Optional[str], str]:
        """Run the script until everything is undone, at most C(LONGEST) seconds. A lock keeps it apart from the timer.

        :return: C(None), or sentences about what is still in force and who tries again; and the output of the programs.
        :raises UndoError: the script is not ours, and was not run.
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
