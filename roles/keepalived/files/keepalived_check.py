# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask a service again and again whether it answers, and write 0 (it does) or 1 into a file that keepalived watches.

The unit keepalived-check-SERVICE.service runs it as long as systemd runs the service. It asks a URL over a kept
connection, or connects to a TCP port or a Unix socket. It also waits for the end of the service's main process, by
pidfd_open(2), which Linux has since 5.3 and Python since 3.9; without it the questions alone decide.

When it ends itself, in whatever way, the file stays as it is: its own fault moves no address.
"""

from __future__ import annotations

import argparse
import http.client
import os
import select
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.parse
from typing import Any, Optional

FORMS = "http://HOST[:PORT]/PATH, https://HOST[:PORT]/PATH, tcp://HOST:PORT or unix:/PATH"
# A longer page is not read to its end, which costs a new connection.
LONGEST_PAGE = 65536
GOOD, FAILED = "0", "1"


class LateError(Exception):
    """The time limit of a question has passed."""


class Http:
    """Request a URL. A status from 200 to 399 is an answer; a redirect is not followed."""

    def __init__(self, url: urllib.parse.SplitResult) -> None:
        self.path = urllib.parse.urlunsplit(("", "", url.path or "/", url.query, ""))
        if url.scheme == "https":
            self.connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                url.hostname or "", url.port, context=ssl.create_default_context())
        else:
            self.connection = http.client.HTTPConnection(url.hostname or "", url.port)

    def ask(self) -> None:
        """Return when the service has answered.

        :raises OSError, http.client.HTTPException: it has not.
        """
        kept = self.connection.sock is not None
        try:
            self._request()
        except (OSError, http.client.HTTPException):
            self.close()
            # A server ends kept connections as it likes, for example when it is reloaded.
            if not kept:
                raise
            self._request()

    def close(self) -> None:
        """Let the next question have a connection of its own."""
        self.connection.close()

    def _request(self) -> None:
        self.connection.request("GET", self.path, headers={"User-Agent": "keepalived-check"})
        response = self.connection.getresponse()
        response.read(LONGEST_PAGE)
        if not response.isclosed():
            self.close()
        if not 200 <= response.status < 400:
            raise http.client.HTTPException("status %d" % response.status)


class Port:
    """Connect to a TCP port or a Unix socket, and close the connection."""

    def __init__(self, url: urllib.parse.SplitResult) -> None:
        self.url = url

    def ask(self) -> None:
        """Return when the service has accepted the connection.

        :raises OSError: it has not.
        """
        if self.url.scheme == "tcp":
            socket.create_connection((self.url.hostname or "", self.url.port or 0)).close()
            return
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.url.path)

    def close(self) -> None:
        """Do nothing: no connection is kept."""


def question(url: str) -> Any:
    """Return what asks I(url).

    :raises ValueError: it has none of the four forms.
    """
    parts = urllib.parse.urlsplit(url)
    if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
        return Http(parts)
    if parts.scheme == "tcp" and parts.hostname and parts.port and not parts.path:
        return Port(parts)
    if parts.scheme == "unix" and not parts.netloc and parts.path.startswith("/"):
        return Port(parts)
    raise ValueError("%s is none of %s" % (url, FORMS))


def _late(number: int, frame: Any) -> None:
    raise LateError("no answer in time")


def failure(asked: Any, limit: float) -> Optional[str]:
    """Return why there was no answer within I(limit) seconds, or C(None) where there was one."""
    try:
        signal.setitimer(signal.ITIMER_REAL, limit)
        try:
            asked.ask()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except (LateError, OSError, ValueError, http.client.HTTPException) as error:
        asked.close()
        return str(error) or type(error).__name__
    return None


class Process:
    """The main process of a unit."""

    def __init__(self, unit: str) -> None:
        self.unit = unit
        self.descriptor = -1
        self.follow()

    def follow(self) -> bool:
        """Watch the process that systemd names now, and return whether there is one."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
        shown = subprocess.run(["systemctl", "show", "--property=MainPID", "--value", "--", self.unit],
                               stdout=subprocess.PIPE, check=False, timeout=5).stdout.strip()
        number = int(shown) if shown.isdigit() else 0
        if number and hasattr(os, "pidfd_open"):
            try:
                self.descriptor = os.pidfd_open(number)
            except OSError:
                return False
        return bool(number)

    def ends(self, seconds: float) -> bool:
        """Wait for that long, and return whether the process has ended before."""
        if self.descriptor < 0:
            time.sleep(seconds)
            return False
        waiting = select.poll()
        waiting.register(self.descriptor, select.POLLIN)
        return bool(waiting.poll(seconds * 1000))


class Track:
    """The file, and how often in a row the service has answered or failed."""

    def __init__(self, path: str, fall: int, rise: int) -> None:
        self.path, self.fall, self.rise = path, fall, rise
        self.good, self.failed = 0, 0
        try:
            with open(path, encoding="ascii") as file:
                self.value = file.read().strip()
        except FileNotFoundError:
            self.value = ""

    def count(self, reason: Optional[str]) -> None:
        """Take one outcome: why the service failed, or C(None) where it has answered."""
        if reason is None:
            self.good, self.failed = self.good + 1, 0
            if self.value != GOOD and (self.good >= self.rise or not self.value):
                self.write(GOOD, "answers")
            return
        self.good, self.failed = 0, self.failed + 1
        if self.value != FAILED and self.failed >= self.fall:
            self.write(FAILED, reason)

    def write(self, value: str, reason: str) -> None:
        """Write a value into the file, and the reason into the journal."""
        with open(self.path, "w", encoding="ascii") as file:
            file.write(value + "\n")
        self.value = value
        print("%s: %s" % (value, reason), flush=True)


def notify(state: str) -> None:
    """Tell systemd, sd_notify(3)."""
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
            connection.sendto(state.encode("ascii"), "\0" + address[1:] if address.startswith("@") else address)


def watch(asked: Any, process: Process, track: Track, interval: float, limit: float) -> None:
    """Ask every I(interval) seconds, and after a failure as soon as I(limit) seconds have passed since the question."""
    notify("READY=1")
    while True:
        start = time.monotonic()
        reason = failure(asked, limit)
        track.count(reason)
        notify("WATCHDOG=1")
        due = start + (interval if reason is None else min(limit, interval))
        if process.ends(max(0.0, due - time.monotonic())) and not process.follow() and track.value != FAILED:
            track.good = 0
            track.write(FAILED, "the main process of %s has ended" % process.unit)


def main(arguments: list[str]) -> int:
    """Run until a signal ends it; return 64 where an argument is invalid (EX_USAGE of sysexits.h)."""
    parser = argparse.ArgumentParser(prog="keepalived-check", description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--unit", required=True, help="the systemd unit of the service")
    parser.add_argument("--file", required=True, help="the file that keepalived watches")
    parser.add_argument("--interval", type=float, default=0.2, help="seconds between two questions")
    parser.add_argument("--max-time", type=float, default=0.14, help="seconds after which a question has failed")
    parser.add_argument("--fall", type=int, default=2, help="failures in a row after which 1 is written")
    parser.add_argument("--rise", type=int, default=2, help="answers in a row after which 0 is written")
    parser.add_argument("url", help=FORMS)
    given = parser.parse_args(arguments)
    try:
        asked = question(given.url)
        if not (given.interval > 0 and given.max_time > 0 and given.fall > 0 and given.rise > 0):
            raise ValueError("--interval, --max-time, --fall and --rise must be more than 0")
    except ValueError as error:
        print("keepalived-check: %s" % error, file=sys.stderr)
        return 64
    signal.signal(signal.SIGALRM, _late)
    watch(asked, Process(given.unit), Track(given.file, given.fall, given.rise), given.interval, given.max_time)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
