# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Replace the program of the running nginx without losing a connection.

nginx does it itself (https://nginx.org/en/docs/control.html#upgrade): SIGUSR2 makes the master start the program by the
name it was started by, with all open sockets; SIGWINCH makes the former workers finish what they have begun, and
SIGQUIT makes the former master go when they have. Until then the former one can take everything back.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import os
import re
import signal
import time
from typing import Callable, FrozenSet, List, Optional

from ansible_collections.openvip.cluster.plugins.module_utils._kit.unit import ReloadError

from .._kit import proc
from .control import POLL, TIMEOUT, Log, failure
from .process import Running, is_master, parent, read_pid, takes_connections, title, workers

# Seconds for the former master of an earlier upgrade to go.
PATIENCE = 30.0
# Seconds for a successor that is not wanted any more to end, for each way of telling it.
GRACE = 2.0
_WORK = re.compile(r"nginx: (?:worker process|cache)")


def can_become(found: Running, program: str) -> bool:
    """Whether a running nginx would start this program as its successor."""
    return found.name.startswith("/") and os.path.realpath(found.name) == os.path.realpath(program)


def _wait(seconds: float, condition: Callable[[], bool]) -> bool:
    """Return whether a condition was true within so many seconds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(POLL)
    return True


def _accepting(master: int) -> FrozenSet[int]:
    """Return the workers of a master that take connections."""
    return frozenset(each for each in workers(master)
                     if "nginx: worker process" in title(each) and takes_connections(each))


def _renamed(path: str) -> Optional[int]:
    """Return when a file got its name, nanoseconds, None when there is none."""
    try:
        return os.stat(path).st_ctime_ns
    except OSError:
        return None


def _signal(process: proc.Process, number: signal.Signals) -> None:
    try:
        proc.send(process, number)
    except ProcessLookupError as error:
        raise ReloadError("nginx (process %d) has ended" % process.number) from error


class Upgrade:
    """One upgrade.

    :param found: the nginx that runs.
    :param pid_file: its pid file, which the successor takes over.
    :param error_log: the file of the log of errors, or None when it is not known.
    """

    def __init__(self, found: Running, pid_file: str, error_log: Optional[str]) -> None:
        self.former = found.pid
        # one that has ended meanwhile has no start
        self.process = proc.find(found.pid) or proc.Process(found.pid, 0)
        self.pid_file = pid_file
        self.log = Log(error_log)
        self.renamed: Optional[int] = None
        # whether the former workers have been told to finish
        self.resigned = False

    def carry_out(self) -> None:
        """Start the successor, see that it works, and let the former one finish what it has begun.

        :raises ReloadError: the successor does not work; the former one has taken everything back.
        """
        self._await_quiet()
        # The former one gives its file another name, and takes it back when the new one ends, maybe between two looks.
        self.renamed = _renamed(self.pid_file)
        _signal(self.process, signal.SIGUSR2)
        try:
            successor = self._await_successor()
            first = _accepting(successor)
            _signal(self.process, signal.SIGWINCH)
            self.resigned = True
            if not _wait(TIMEOUT, lambda: not _accepting(self.former)):
                raise ReloadError("the former nginx (process %d) goes on to take connections" % self.former)
            if not first <= _accepting(successor):
                raise ReloadError("the workers of the new nginx (process %d) end again" % successor)
        except ReloadError as error:
            self._take_back()
            raise ReloadError("%s. The former nginx (process %d) goes on" % (error, self.former)) from error
        _signal(self.process, signal.SIGQUIT)

    def _await_quiet(self) -> None:
        """Wait for the end of an earlier upgrade: until then nginx ignores SIGUSR2 (ngx_signal_handler)."""
        earlier = parent(self.former)
        if not _wait(PATIENCE, lambda: not is_master(earlier)):
            raise ReloadError(
                "nginx (process %d) still has connections from before the last upgrade, and until they end it cannot "
                "be upgraded again. Run this again later, or end them by: kill -TERM %d" % (earlier, earlier))

    def _await_successor(self) -> int:
        """Return the process id of the new master as soon as its workers take connections."""
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end:
            error = failure(self.log.failures())
            if error:
                raise error
            # In this order: a file that was renamed before its text was read has been taken back. While there is none,
            # the successor has yet to write its own.
            renamed = _renamed(self.pid_file)
            pid = read_pid(self.pid_file)
            if pid and parent(pid) == self.former and _accepting(pid):
                return pid
            if pid == self.former and renamed not in (None, self.renamed):
                raise ReloadError("the new nginx has ended at once")
            time.sleep(POLL)
        raise ReloadError("the new nginx took no connections within %d s" % TIMEOUT)

    def _others(self) -> List[int]:
        """Return the children of the former master that do none of its work: the successor, whatever became of it."""
        return [each for each in workers(self.former) if not _WORK.search(title(each))]

    def _take_back(self) -> None:
        """Let the former one do everything again, and end the successor, however far that has come.

        Without a successor the former one takes its pid file back, and starts its workers again if it has let them go
        (ngx_reap_children). SIGHUP before that would make it read its configuration, which is not meant for it.
        """
        if self.resigned and self._others():
            _signal(self.process, signal.SIGHUP)
            _wait(TIMEOUT, lambda: bool(_accepting(self.former)))
        for number in (signal.SIGQUIT, signal.SIGTERM, signal.SIGKILL):
            for process in filter(None, map(proc.find, self._others())):
                _signal(process, number)
            if _wait(GRACE, lambda: not self._others() and read_pid(self.pid_file) == self.former):
                return
