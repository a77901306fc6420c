# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Make the running nginx take a new configuration, and see that it did.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import os
import re
import time
from typing import List, Optional

from ansible_collections.openvip.cluster.plugins.module_utils._kit.process import run
from ansible_collections.openvip.cluster.plugins.module_utils._kit.unit import ReloadError, reload

from .process import running, takes_connections, workers

# Longer than nginx tries to bind an address: 5 times, 500 ms apart (ngx_open_listening_sockets).
TIMEOUT = 10.0
RESTART_TIMEOUT = 60.0
POLL = 0.02
_FAILED = re.compile(r"\[emerg\] \d+#\d+: (?P<message>.*)")
# It tries again after the first, and gives up with the second.
_BIND = re.compile(r"(?:bind|listen)\(\) to .* failed \(98:")
_GIVEN_UP = "still could not bind()"


class ConflictError(ReloadError):
    """nginx cannot bind an address while another socket is open, its own old one or that of another program."""


class Log:
    """What is added to a log of errors from now on.

    :param path: the file, or None when it is not known.
    """

    def __init__(self, path: Optional[str]) -> None:
        self.path = path
        try:
            self.begin = os.stat(path).st_size if path else 0
        except OSError:
            self.begin = 0

    def failures(self) -> List[str]:
        """Return the messages of the level emerg."""
        if not self.path:
            return []
        try:
            with open(self.path, encoding="utf-8", errors="replace") as stream:
                stream.seek(self.begin)
                found = _FAILED.finditer(stream.read())
        except OSError:
            return []
        return list(dict.fromkeys(match.group("message") for match in found))


def failure(messages: List[str]) -> Optional[ReloadError]:
    """Return the error that the messages amount to; a bind that is tried again is none yet."""
    if any(_GIVEN_UP in message for message in messages):
        return ConflictError("; ".join(message for message in messages if _BIND.search(message)) or _GIVEN_UP)
    serious = [message for message in messages if not _BIND.search(message)]
    return ReloadError("; ".join(serious)) if serious else None


def take(unit: str, pid_file: str, error_log: Optional[str]) -> bool:
    """Reload nginx if it runs, and wait until only workers with the new configuration take connections.

    A master that refuses a configuration starts no workers and says why in its log of errors. One that takes it lets
    the old ones go 100 ms after it has started new ones (ngx_master_process_cycle).

    :param unit: the systemd unit; it reloads nginx when it is active, otherwise the master gets SIGHUP.
    :param error_log: the file of that log, or None when it is not known.
    :returns: whether nginx runs.
    :raises ReloadError: it did not take the configuration; C(ConflictError) where only a restart can help.
    """
    found = running(unit, pid_file)
    if found is None:
        return False
    master = found.pid
    end = time.monotonic() + TIMEOUT
    log, before = Log(error_log), workers(master)
    while not before and time.monotonic() < end:
        # it has only just started
        time.sleep(POLL)
        before = workers(master)
    reload(unit, master)
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        problem = failure(log.failures())
        if problem:
            raise problem
        now = workers(master)
        if now - before and not any(takes_connections(each) for each in now & before):
            return True
        if not os.path.isdir("/proc/%d" % master):
            raise ReloadError("nginx (process %d) has ended" % master)
        time.sleep(POLL)
    if workers(master) - before:
        return True
    raise ReloadError("nginx (process %d) started no new workers within %d s" % (master, TIMEOUT))


def restart(unit: str) -> None:
    """Restart nginx by systemd.

    :raises ReloadError: it does not start.
    """
    outcome = run(["systemctl", "restart", unit], RESTART_TIMEOUT)
    if outcome.code != 0:
        raise ReloadError("systemctl restart %s failed: %s" % (unit, outcome.output.strip()))
