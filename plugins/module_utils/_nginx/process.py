# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Which nginx runs, and what its processes are about.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import os
import re
from typing import FrozenSet, NamedTuple, Optional

from ansible_collections.openvip.cluster.plugins.module_utils._daemon.control import running as daemon_running

# The title of a master has the words by which it was started (ngx_master_process_cycle).
_MASTER = re.compile(r"nginx: master process (\S+)")


class Running(NamedTuple):
    """A running nginx.

    :ivar pid: the process id of its master.
    :ivar executable: the program that it runs, without links; it need not be there any more.
    :ivar name: the name by which it was started, and by which it starts a successor; empty when it is not known.
    """

    pid: int
    executable: str
    name: str


def title(pid: int) -> str:
    """Return what a process calls itself, an empty string when there is no such process."""
    try:
        with open("/proc/%d/cmdline" % pid, encoding="utf-8", errors="replace") as stream:
            return stream.read().replace("\0", " ")
    except OSError:
        return ""


def read_pid(pid_file: str) -> Optional[int]:
    """Return the process id in a file, None when there is none."""
    try:
        with open(pid_file, encoding="ascii") as stream:
            return int(stream.read())
    except (OSError, ValueError):
        return None


def running(unit: str, pid_file: str) -> Optional[Running]:
    """Return the nginx that takes connections, None when none runs.

    The pid file goes before what systemd says: after an upgrade systemd stays with the former master until that ends.
    """
    for pid in (read_pid(pid_file), daemon_running(unit, pid_file)):
        # a pid file that stayed behind may have the number of any process
        if pid and "nginx" in title(pid):
            master = _MASTER.search(title(pid))
            try:
                return Running(pid, os.readlink("/proc/%d/exe" % pid), master.group(1) if master else "")
            except OSError:
                continue
    return None


def parent(pid: int) -> int:
    """Return the process id of the parent of a process, 0 when there is no such process."""
    try:
        with open("/proc/%d/stat" % pid, encoding="ascii", errors="replace") as stream:
            return int(stream.read().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def workers(master: int) -> FrozenSet[int]:
    """Return the process ids of the children of a process."""
    return frozenset(int(name) for name in os.listdir("/proc") if name.isdigit() and parent(int(name)) == master)


def is_master(pid: int) -> bool:
    """Whether a process is a master of nginx."""
    return bool(_MASTER.search(title(pid)))


def takes_connections(worker: int) -> bool:
    """Whether a worker is not merely ending what it has begun (its title says so, ngx_worker_process_cycle)."""
    found = title(worker)
    return found != "" and "shutting down" not in found
