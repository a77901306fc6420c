# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a program with a time limit that holds for any behaviour of the program and its descendants.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from typing import Any, Dict, Iterator, List, Optional, Sequence

# Bytes of output that are kept by default.
KEPT = 1 << 20
CHUNK = 1 << 16
# Seconds between two checks whether the program has ended, needed where a descendant keeps its output open.
POLL = 0.02
# Seconds that the kernel gets to end a killed process. A process in an uninterruptible sleep is left behind.
REAP = 2.0
# A connection that is lost, or a controller that is stopped, does not interrupt a change: it takes seconds.
DEFERRED = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE)


class Outcome:
    """How a program ended.

    :ivar code: exit code; negative is the signal that ended it.
    :ivar output: standard output and standard error together, in the order of writing.
    :ivar timed_out: whether it was killed because the time was up.
    """

    def __init__(self, code: int, output: str, timed_out: bool) -> None:
        self.code = code
        self.output = output
        self.timed_out = timed_out


class _Output:
    """The beginning and the end of an output; the bytes between them are counted."""

    def __init__(self, descriptor: int, kept: int) -> None:
        os.set_blocking(descriptor, False)
        self.descriptor = descriptor
        self.open = True
        self.total = 0
        self._half = kept // 2
        self._begin = bytearray()
        self._end = bytearray()

    def read(self) -> None:
        """Read the available output, at most one C(CHUNK)."""
        with contextlib.suppress(BlockingIOError):
            chunk = os.read(self.descriptor, CHUNK)
            self.open = bool(chunk)
            self.total += len(chunk)
            room = self._half - len(self._begin)
            self._begin += chunk[:room]
            self._end += chunk[room:]
            if len(self._end) > 2 * self._half:
                del self._end[:-self._half]

    def wait(self, seconds: float) -> bool:
        """Return whether output, or its end, becomes available within so many seconds."""
        poll = select.poll()
        poll.register(self.descriptor, select.POLLIN)
        return bool(poll.poll(max(seconds, 0) * 1000))

    def text(self) -> str:
        """Return the text, with a line that counts the omitted bytes."""
        del self._end[:-self._half]
        missing = self.total - len(self._begin) - len(self._end)
        note = b"\n[%d bytes of output are left out here]\n" % missing if missing else b""
        return bytes(self._begin + note + self._end).decode("utf-8", "surrogateescape")


def as_user(user: int, group: int) -> List[str]:
    """Return the prefix of a command that runs it as a user with a single group, see setpriv(1)."""
    return ["setpriv", "--reuid=%d" % user, "--regid=%d" % group, "--clear-groups", "--"]


def run(arguments: Sequence[str], timeout: float, environment: Optional[Dict[str, str]] = None,
        directory: Optional[str] = None, kept: int = KEPT, data: Optional[bytes] = None) -> Outcome:
    """Run I(arguments) without a shell and return its C(Outcome).

    The program gets its own session, which is killed when the time is up. This never waits for a descendant that
    keeps the output open or has left the session. Only the output until the end of the program is read.

    :param timeout: seconds.
    :param environment: its variables; those of this process when C(None). C(LC_ALL) is always C(C).
    :param directory: where it starts; the directory of this process when C(None).
    :param kept: bytes of output that are kept, one half from its beginning and the other from its end.
    :param data: its input; empty when C(None).
    :raises OSError: the program cannot be started.
    """
    end = time.monotonic() + timeout
    environment = dict(os.environ if environment is None else environment, LC_ALL="C")
    with contextlib.ExitStack() as stack:
        stdin: Any = subprocess.DEVNULL
        if data is not None:
            # in memory, so that writing never blocks, even if the program does not read
            stdin = stack.enter_context(os.fdopen(os.memfd_create("data"), "w+b"))
            stdin.write(data)
            stdin.seek(0)
        process: Any = subprocess.Popen(list(arguments), stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        start_new_session=True, env=environment, cwd=directory)
    with process.stdout:
        output = _Output(process.stdout.fileno(), kept)
        try:
            timed_out = not _ended(process, output, end)
        except BaseException:
            _kill(process)
            raise
        if timed_out:
            _kill(process)
        _drain(output, kept)
    return Outcome(-signal.SIGKILL if process.returncode is None else process.returncode, output.text(), timed_out)


def _ended(process: subprocess.Popen, output: _Output, end: float) -> bool:
    """Read until the program has ended. Return whether it has, before the time I(end)."""
    while process.poll() is None:
        left = end - time.monotonic()
        if left <= 0:
            return False
        if not output.open:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(left)
        elif output.wait(min(left, POLL)):
            output.read()
    return True


def _kill(process: subprocess.Popen) -> None:
    """Kill the session of a process. It has not been waited for, so no other process has its number."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(REAP)


def _drain(output: _Output, most: int) -> None:
    """Read the rest of the pipe, but at most I(most) bytes, because a descendant may go on writing."""
    last = output.total + most
    while output.open and output.total < last and output.wait(0):
        output.read()


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Let no signal interrupt a change. Handlers, unlike ignored signals, are not inherited by programs."""
    former = {}
    with contextlib.suppress(ValueError):  # not the main thread, which then decides
        for number in DEFERRED:
            former[number] = signal.signal(number, lambda *dummy: None)
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
