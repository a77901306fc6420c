# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the running keepalived knows of itself: the dump that it writes when it is sent a signal.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import time
from typing import Any, Dict, List, Optional

from ansible_collections.openvip.cluster.plugins.module_utils._daemon.build import installed
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.tracked import parse_tracked
from ansible_collections.openvip.cluster.plugins.module_utils._kit.process import run

PID_FILE = "/run/keepalived.pid"
# core/main.c and include/pidfile.h; the second with use_pid_dir
VRRP_PID_FILES = ("/run/vrrp.pid", "/run/keepalived/vrrp.pid")
LOCK_FILE = "/run/openvip-keepalived.lock"
# include/vrrp.h: VRRP_STATE_*
STATES = {0: "INIT", 1: "BACKUP", 2: "MASTER", 3: "FAULT", 97: "DELETED", 98: "STOP"}
POLL = 0.02


class StateError(Exception):
    """The state of the daemon cannot be read; the message says why and what to do."""


class EndedError(StateError):
    """The daemon has ended meanwhile."""


def _stat(number):
    """Return what proc_pid_stat(5) has of a process from the third field on, its state and its parent; else nothing."""
    try:
        with open("/proc/%d/stat" % number, encoding="ascii", errors="replace") as stream:
            return stream.read().rpartition(")")[2].split()
    except OSError:
        return []


def _alive(number):
    """Whether the process is there and not merely unburied."""
    return _stat(number)[:1] not in ([], ["Z"], ["X"])


def pid(pid_file=PID_FILE):
    """Return the process id of the running keepalived, or C(None) when it does not run."""
    try:
        with open(pid_file, encoding="ascii") as stream:
            number = int(stream.read().strip())
    except (OSError, ValueError):
        return None
    return number if _alive(number) else None


def _vrrp_child(number):
    """Return the process id of the daemon's child that speaks VRRP.

    :raises StateError: no pid file names one.
    """
    for pid_file in VRRP_PID_FILES:
        child = pid(pid_file)
        if child is not None and _stat(child)[1:2] == [str(number)]:
            return child
    raise StateError("None of %s names the process of keepalived (process %d) that speaks VRRP."
                     % (", ".join(VRRP_PID_FILES), number))


def executable(number):
    """Return the path of the program that a process runs, as the kernel tells it: with C( (deleted)) behind it when the
    file has been removed or replaced. C(None) when it cannot be told."""
    try:
        return os.readlink("/proc/%d/exe" % number)
    except OSError:
        return None


def runs(number, program):
    """Whether a process runs just the file I(program), and no other one, nor one that has been replaced since."""
    try:
        return os.path.samefile("/proc/%d/exe" % number, program)
    except OSError:
        return False


def _own(number, build, binary):
    """Return the C(Build) and the path of the keepalived that the process runs.

    After an upgrade it is not I(binary) until the daemon is restarted, and a signal that only the new one knows would
    end the old one. What does not answer as keepalived (a loader that was given the program) leaves the arguments.
    """
    if not runs(number, binary):
        path = "/proc/%d/exe" % number
        own = installed(path)
        if own:
            return own, path
    return build, binary


def _dump_path(number, name):
    """Return the path of a dump as seen from outside of the daemon's own /tmp, if it has one."""
    directory = "/tmp"
    try:
        with open("/proc/%d/environ" % number, "rb") as stream:
            for entry in stream.read().split(b"\0"):
                if entry.startswith(b"TMPDIR="):
                    directory = os.fsdecode(entry[len(b"TMPDIR="):])
    except OSError:
        pass
    return "/proc/%d/root%s/%s" % (number, directory.rstrip("/"), name)


def _inode(path):
    try:
        return os.stat(path).st_ino
    except OSError:
        return None


def _fresh_dump(number, binary, kind, name, complete, timeout, child=None):
    """Make the daemon write a dump and return what I(complete) makes of it.

    keepalived renames the new file into place before it writes to it (lib/utils.c), so a new inode alone is not enough:
    I(complete) returns C(None) as long as the text is not the whole dump.

    :param child: the process id of the one child that gets the signal; the daemon, and so every child, when not given.
    """
    outcome = run([binary, "--signum=%s" % kind], timeout)
    if outcome.code != 0 or not outcome.output.strip().isdigit():
        raise StateError("%s does not know the signal %s. Is it keepalived?" % (binary, kind))
    end = time.monotonic() + timeout
    with _alone(end):
        return _answer(number, child or number, int(outcome.output), _dump_path(number, name), complete, end)


@contextlib.contextmanager
def _alone(end):
    """Let one reader at a time have the dump: there is one file for all, and each removes it.

    :raises StateError: the others did not end in time.
    """
    with open(LOCK_FILE, "w", encoding="ascii") as stream:
        while True:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if time.monotonic() > end:
                    raise StateError("another process reads the state of keepalived and does not end.") from error
                time.sleep(POLL)
        yield


def _answer(number, receiver, signal_number, path, complete, end):
    """Signal the receiver, the daemon or a child of it, and return what I(complete) makes of the dump that it writes
    before the time I(end)."""
    before = _inode(path)
    os.kill(receiver, signal_number)
    while time.monotonic() < end:
        if _inode(path) not in (None, before):
            try:
                with open(path, encoding="utf-8", errors="surrogateescape") as stream:
                    result = complete(stream.read())
            except OSError:
                result = None
            if result is not None:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)  # it holds the passwords in clear
                return result
        if not _alive(number):
            raise EndedError("keepalived (process %d) has ended. Look at its log." % number)
        time.sleep(POLL)
    raise StateError("keepalived (process %d) wrote no %s in time. Look at its log." % (number, path))


def _entries(lines):
    """Return ``[(address/prefix, device, set)]`` from address lines of either dump."""
    found = []
    for line in lines:
        words = line.split()
        if words:
            device = words[words.index("dev") + 1] if "dev" in words[:-1] else None
            found.append({"address": words[0], "device": device, "set": words[-1] == "set"})
    return found


def parse_json(text):
    """Return the instances in a JSON dump (see C(instances)), or C(None) when the text is not complete yet."""
    try:
        dump = json.loads(text)
    except ValueError:
        return None
    if isinstance(dump, dict):  # json_version 2
        dump = dump.get("vrrp", [])
    found = []
    for entry in dump:
        data = entry["data"]
        found.append({
            "name": data["iname"],
            "state": STATES.get(data["state"], str(data["state"])),
            "interface": data["ifp_ifname"],
            "virtual_router_id": data["vrid"],
            "priority": data["base_priority"],
            "effective_priority": data["effective_priority"],
            "last_transition": data["last_transition"],
            "virtual_ipaddress": _entries(data.get("vips", [])),
            "virtual_ipaddress_excluded": _entries(data.get("evips", [])),
            "stats": entry.get("stats") or {},
        })
    return found


def _first_number(value):
    return float(value.split()[0])


SCALARS = (
    ("State", "state", str),
    ("Interface", "interface", str),
    ("Virtual Router ID", "virtual_router_id", int),
    ("Priority", "priority", int),
    ("Effective priority", "effective_priority", int),
    ("Last transition", "last_transition", _first_number),
)
LISTS = (("Virtual IP Excluded", "virtual_ipaddress_excluded"), ("Virtual IP", "virtual_ipaddress"))


def parse_text(text):
    """Return the instances in the text dump of a build without JSON (see C(instances))."""
    found: List[Dict[str, Any]] = []
    current: Optional[Dict[str, Any]] = None
    addresses = None
    for line in text.splitlines():
        heading = re.match(r" VRRP Instance = (.*)$", line)
        if heading:
            current = {"name": heading.group(1), "virtual_ipaddress": [], "virtual_ipaddress_excluded": [], "stats": {}}
            found.append(current)
        elif line.startswith("------<"):
            current = None
        elif current is not None and line.startswith("     ") and addresses is not None:
            current[addresses].extend(_entries([line]))
        elif current is not None:
            key, dummy, value = line.strip().partition(" = ")
            addresses = next((name for title, name in LISTS if line.strip().startswith(title)), None)
            for title, name, convert in SCALARS:
                if key == title:
                    current.setdefault(name, convert(value))
    return found


def _stable(parse):
    """Return a judge of completeness for the text dump, which has no end mark: twice the same text is complete."""
    last = [None]

    def complete(text):
        same = bool(text) and text == last[0]
        last[0] = text
        return parse(text) if same else None

    return complete


def instances(build, binary, number, timeout=5):
    """Return what the running daemon says of its vrrp_instances.

    :param build: the installed keepalived (see C(build.Build)); of one with the option JSON the JSON dump is read,
        otherwise the text dump.
    :param binary: its path. A daemon that runs another keepalived is asked in that one's way.
    :param number: the daemon's process id.
    :param timeout: seconds to wait for the dump.
    :returns: list of dictionaries: name, state (INIT, BACKUP, MASTER, FAULT, STOP, DELETED), interface,
        virtual_router_id, priority, effective_priority, last_transition (seconds since the epoch),
        virtual_ipaddress and virtual_ipaddress_excluded (lists of address, device, set), stats (the counters since the
        start of the daemon by keepalived's names for them, vrrp/vrrp_json.c; empty from the text dump, which has none).
    :raises StateError: the daemon does not answer in time.
    """
    build, binary = _own(number, build, binary)
    if "JSON" in build.options:
        return _fresh_dump(number, binary, "JSON", "keepalived.json", parse_json, timeout)
    return _fresh_dump(number, binary, "DATA", "keepalived.data", _stable(parse_text), timeout)


def tracked(build, binary, number, timeout=5):
    """Return what each instance of the running daemon tracks, and how that is (see C(tracked.parse_tracked)).

    Only the child that speaks VRRP is asked: its siblings would write dumps of their own that nobody reads. It must
    have answered C(instances) before, since a child that just starts would be ended by the signal.

    :raises StateError: the daemon does not answer in time.
    """
    dummy, binary = _own(number, build, binary)
    # By the daemon's entry in /proc: that of a child which has run a script as another user is closed to a root without
    # CAP_SYS_PTRACE (prctl(2), PR_SET_DUMPABLE), as in a container.
    return _fresh_dump(number, binary, "DATA", "keepalived.data", _stable(parse_tracked), timeout, _vrrp_child(number))
