# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Which nginx runs, and what its processes are about.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import os
import re
from typing import FrozenSet, NamedTuple, Optional

from .._kit import proc
from .._kit.proc import parent
from .._kit.unit import main_pid

__all__ = ["Running", "family", "is_master", "parent", "read_pid", "running", "takes_connections", "title", "workers"]

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
    """Return the process id of the nginx that a pid file names, C(None) without one (see C(proc.from_file)).

    A process counts as nginx if its title is that of a master, or its program has the name. An argument with that word
    does not count.
    """
    process = proc.from_file(pid_file)
    if process and (is_master(process.number) or (proc.program_name(process.number) or "").startswith("nginx")):
        return process.number
    return None


def running(unit: str, pid_file: str) -> Optional[Running]:
    """Return the nginx that takes connections, None when none runs.

    It is the main process of the unit, or its successor. After an upgrade systemd keeps the former master as the main
    process until that ends, and the successor is a child of it. The pid file counts only where systemd does not know
    the unit.
    """
    main, filed = main_pid(unit), read_pid(pid_file)
    pid = filed if main is None or (filed and parent(filed) == main) else main
    executable = proc.executable(pid) if pid else None
    if not pid or executable is None:
        return None
    master = _MASTER.match(title(pid))
    return Running(pid, executable, master.group(1) if master else "")


def workers(master: int) -> FrozenSet[int]:
    """Return the process ids of the children of a process."""
    return frozenset(int(name) for name in os.listdir("/proc") if name.isdigit() and parent(int(name)) == master)


def family(master: int) -> FrozenSet[int]:
    """Return the processes that share the sockets of a master: its workers, and its kin of an upgrade with theirs."""
    found = frozenset({master}) | ({parent(master)} if is_master(parent(master)) else frozenset())
    found |= frozenset(each for pid in found for each in workers(pid))
    return found | frozenset(each for pid in found if is_master(pid) for each in workers(pid))


def is_master(pid: int) -> bool:
    """Whether a process is a master of nginx."""
    return bool(_MASTER.match(title(pid)))


def takes_connections(worker: int) -> bool:
    """Whether a worker is not merely ending what it has begun (its title says so, ngx_worker_process_cycle)."""
    found = title(worker)
    return found != "" and "shutting down" not in found
