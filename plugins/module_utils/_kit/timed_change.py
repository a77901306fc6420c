# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A process of its own on the host that makes a change at a set time and rolls it back unless the change is confirmed.

The controller arms it on every host. From then on neither a lost connection nor a controller that ends makes a
difference: without a confirmation all hosts roll back at the same deadline.

The confirmation has two phases. Before it, a host that hears nothing rolls back. A host that was asked to prepare keeps
the change at a new deadline, unless it is rolled back until then. The controller confirms when all hosts are prepared,
and has all of them rolled back otherwise. So a host that is lost before it is prepared rolls back like all others, and
one that is lost afterwards keeps the change like all others. With a single phase the host that is lost first would roll
back beside others that keep the change for good. What no order of messages can exclude is a host that is prepared and
lost before the controller has heard of it.

    DIRECTORY/reload.json        the report of the process, replaced in one step
    DIRECTORY/reload.decision    the decision of the controller

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from typing import Any, Callable, Dict, Optional, Tuple

from . import clock, lock, proc

ARMED, CHANGED, PREPARED, CONFIRMED, ROLLED_BACK = "armed", "changed", "prepared", "confirmed", "rolled back"
ENDS = (CONFIRMED, ROLLED_BACK)
POLL = 0.02


class UnconfirmedError(Exception):
    """The change has to be rolled back; the message has the reason."""


def _path(name: str) -> str:
    return os.path.join(lock.DIRECTORY, "reload." + name)


def _replace(path: str, data: Dict[str, Any]) -> None:
    """Write a file in one step."""
    lock.private_directory(lock.DIRECTORY)
    fresh = path + ".fresh"
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "w",
              encoding="utf-8") as stream:
        json.dump(data, stream)
    os.rename(fresh, path)


def _read(path: str) -> Dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as stream:
            found = json.load(stream)
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


class TimedChange:
    """The times and the report of one change.

    :ivar report: what C(report) returns to the controller: I(identifier), I(state), and the values that C(say) added.
    """

    def __init__(self, name: str, identifier: str, start: Optional[float], within: float) -> None:
        """
        :param name: what is changed, for messages.
        :param identifier: a unique value for this change.
        :param start: the time of the change, in seconds since 1970 by the clock of this host.
        :param within: seconds after I(start) within which it has to be confirmed.
        :raises clock.ClockError: the start is too far ahead.
        """
        self.report: Dict[str, Any] = {"identifier": identifier}
        self._name = name
        self._start = time.monotonic() + clock.ahead(start, time.time())
        self._deadline = self._start + within
        self._within = within
        with contextlib.suppress(FileNotFoundError):
            os.unlink(_path("decision"))

    def say(self, state: str, **more: Any) -> None:
        """Report a state."""
        self.report.update(more, state=state, process=proc.find(os.getpid()))
        _replace(_path("json"), self.report)
        if state not in ENDS:
            self._describe()

    def left(self) -> float:
        """Return the seconds until the deadline."""
        return self._deadline - time.monotonic()

    def _describe(self) -> None:
        """Have a run that waits for the lock of the host say who holds it, until when, and what to do."""
        until = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(time.time() + self.left()))
        end = "keeps the change then" if self.report.get("state") == PREPARED else "rolls back then"
        lock.describe(
            lock.host_path(),
            f"a simultaneous reload of {self._name} (process {os.getpid()}), which waits for its confirmation until "
            f"{until} and {end},",
            "Wait until then, or end it now on all hosts of the cluster with openvip.cluster.keepalived_reload "
            f"(identifier {self.report['identifier']}, state rolled_back or confirmed)")

    def wait_for_start(self) -> None:
        """
        :raises UnconfirmedError: the controller has cancelled the change meanwhile.
        """
        while True:
            left = self._start - time.monotonic()
            if self._decision():
                raise UnconfirmedError("the change was cancelled before it was made.")
            if left <= 0:
                return
            time.sleep(min(left, POLL))

    def wait_for_confirmation(self, keep: Callable[[bool], None]) -> None:
        """
        :param keep: called with C(True) when the change is to be kept from now on even if this process is killed, and
            with C(False) when that does not hold any more.
        :raises UnconfirmedError: the deadline has passed without a confirmation, or the time has come at which the
            controller wants the rollback.
        """
        prepared = False
        while True:
            state, at = self._decision() or ("", None)
            if state == CONFIRMED:
                return
            if state == ROLLED_BACK:
                if prepared:
                    keep(False)
                clock.wait(at)
                raise UnconfirmedError("the controller had it rolled back.")
            if self.left() <= 0 and prepared:
                return
            if self.left() <= 0:
                raise UnconfirmedError(f"nobody confirmed it within {self._within:g} s.")
            if state == PREPARED and not prepared:
                keep(True)
                prepared = True
                self._deadline = time.monotonic() + self._within
                self.say(PREPARED)
            time.sleep(POLL)

    def wait_for_end(self) -> None:
        """Wait until every host has rolled back: until the deadline, or until the controller orders it."""
        while time.monotonic() < self._deadline and not self._decision():
            time.sleep(POLL)
        state, at = self._decision() or ("", None)
        if state == ROLLED_BACK:
            clock.wait(at)

    def _decision(self) -> Optional[Tuple[str, Optional[float]]]:
        found = _read(_path("decision"))
        return (found["state"], found["at"]) if found.get("identifier") == self.report["identifier"] else None


def decide(identifier: str, state: str, at: Optional[float] = None) -> None:
    """Pass the decision of the controller to the process.

    :param state: C(PREPARED), C(CONFIRMED) or C(ROLLED_BACK).
    :param at: the time of the rollback, in seconds since 1970 by the clock of this host; at once when C(None).
    :raises clock.ClockError: the time is too far ahead.
    """
    clock.ahead(at, time.time())
    _replace(_path("decision"), {"identifier": identifier, "state": state, "at": at})


def settle(identifier: str, state: str, reason: str) -> None:
    """Report the end of a change whose process was killed, unless another change is reported meanwhile.

    :raises OSError: it cannot be written.
    """
    found = _read(_path("json"))
    if found.get("identifier", identifier) == identifier and found.get("state") not in ENDS:
        _replace(_path("json"), dict(found, identifier=identifier, state=state, reason=reason,
                                     process=proc.find(os.getpid())))


def report(identifier: str, states: Tuple[str, ...], seconds: float) -> Dict[str, Any]:
    """Return what the process reports as soon as it is in one of I(states) or has ended, or what it reports after so
    many seconds.

    :returns: an empty dictionary where this host has no such change.
    """
    end = time.monotonic() + seconds
    while True:
        # Asked first: what it reports last may be written just before it ends.
        last = time.monotonic() >= end or not is_alive(_reported(identifier))
        found = _reported(identifier)
        if last or found.get("state") in states:
            return found
        time.sleep(POLL)


def is_alive(reported: Dict[str, Any]) -> bool:
    """Return whether the process that reported this still runs."""
    return bool(reported) and proc.is_alive(proc.Process(*reported["process"]))


def _reported(identifier: str) -> Dict[str, Any]:
    found = _read(_path("json"))
    return found if found.get("identifier") == identifier else {}


def detached(work: Callable[[Callable[[Dict[str, Any]], None]], None]) -> Dict[str, Any]:
    """Run I(work) in a process that outlives this one and its connection, and return its first answer.

    :param work: called in that process with a function that sends the answer; only the first call of it counts.
    :returns: the answer; an empty dictionary when the process ended without one.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(reader)
            _leave(writer)
            _answer_once(work, writer)
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with open(reader, encoding="utf-8") as stream:
        answer = stream.readline()
    os.waitpid(child, 0)
    return json.loads(answer) if answer else {}


def _leave(keep: int) -> None:
    """Leave the session, the terminal and the parent; go on in a grandchild."""
    os.setsid()
    if os.fork():
        os._exit(0)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        if descriptor != keep:
            os.dup2(nothing, descriptor)
    os.chdir("/")


def _answer_once(work: Callable[[Callable[[Dict[str, Any]], None]], None], writer: int) -> None:
    left = [writer]

    def answer(found: Dict[str, Any]) -> None:
        if left:
            descriptor = left.pop()
            with contextlib.suppress(BrokenPipeError):
                os.write(descriptor, json.dumps(found).encode() + b"\n")
            os.close(descriptor)

    work(answer)
