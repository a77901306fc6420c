# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the running keepalived knows of itself: the dump that it writes when it is sent a signal.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import glob
import json
import os
import re
import time
from typing import Any, Dict, List, Optional

from ansible_collections.openvip.cluster.plugins.module_utils._daemon.build import installed
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.tracked import parse_tracked
from ansible_collections.openvip.cluster.plugins.module_utils._kit import proc, trusted
from ansible_collections.openvip.cluster.plugins.module_utils._kit.lock import LockError, locked
from ansible_collections.openvip.cluster.plugins.module_utils._kit.process import run

PID_FILE = "/run/keepalived.pid"
# core/main.c and include/pidfile.h: the files with use_pid_dir, and those of a daemon with an instance name
OTHER_PID_FILES = ("/run/keepalived/keepalived.pid", "/run/keepalived/keepalived_*.pid")
VRRP_PID_FILES = ("/run/vrrp.pid", "/run/keepalived/vrrp.pid", "/run/keepalived/vrrp_*.pid")
# The first version that writes its dumps to TMPDIR (lib/utils.c, set_tmp_dir).
SINCE_TMPDIR = (2, 2, 5)
# All readers share one dump, and each reader removes it.
LOCK_FILE = "/run/openvip/keepalived-state.lock"
PROGRAM = "keepalived"
# include/vrrp.h: VRRP_STATE_*
STATES = {0: "INIT", 1: "BACKUP", 2: "MASTER", 3: "FAULT", 97: "DELETED", 98: "STOP"}
POLL = 0.02
# Seconds by which the timestamps of a file system may be behind: one tick.
COARSE = 0.02


class StateError(Exception):
    """The state of the daemon cannot be read; the message says why and what to do."""


class EndedError(StateError):
    """The daemon has ended meanwhile."""


def pids(pid_file=PID_FILE, binary=PROGRAM):
    """Return the process ids of the keepaliveds that pid files name, once each.

    :param pid_file: see C(proc.from_file). The usual one stands for those of use_pid_dir and of instances, too.
    :param binary: the installed program. An upgrade may have replaced its file or its release, so the name of
        the program counts.
    """
    names = (None, PROGRAM, os.path.basename(binary), os.path.basename(os.path.realpath(binary)))
    patterns = OTHER_PID_FILES if pid_file == PID_FILE else ()
    files = [pid_file, *(name for pattern in patterns for name in sorted(glob.glob(pattern)))]
    found = [process.number for process in map(proc.from_file, files) if process]
    return [number for number in dict.fromkeys(found) if proc.program_name(number) in names]


def _daemon(number):
    """Return the C(Process) of the daemon.

    :raises EndedError: it has ended.
    :raises StateError: the number now belongs to a process of another user.
    """
    process = proc.find(number)
    if process is None:
        raise EndedError("keepalived (process %d) has ended. Look at its log." % number)
    if not proc.may_be_roots(number):
        raise StateError("Process %d is not a keepalived that root has started from a program file that only root can "
                         "change. Start keepalived by systemd." % number)
    return process


def _vrrp_child(number):
    """Return the C(Process) of the daemon's child that speaks VRRP.

    :raises StateError: no pid file names one.
    """
    for pid_file in [name for pattern in VRRP_PID_FILES for name in sorted(glob.glob(pattern))]:
        child = proc.from_file(pid_file)
        if child is not None and proc.parent(child.number) == number:
            return child
    raise StateError("None of %s names the process of keepalived (process %d) that speaks VRRP."
                     % (", ".join(VRRP_PID_FILES), number))


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
    path = "/proc/%d/exe" % number
    own = None if runs(number, binary) or not proc.has_roots_program(number) else installed(path)
    return (own, path) if own else (build, binary)


def _dump_path(number, name, version):
    """Return the path of a dump as seen from outside of the daemon's own /tmp, if it has one.

    :param version: of the daemon, three numbers.
    """
    directory = "/tmp"
    try:
        with open("/proc/%d/environ" % number, "rb") as stream:
            for entry in stream.read().split(b"\0") if version >= SINCE_TMPDIR else ():
                if entry.startswith(b"TMPDIR=/"):
                    directory = os.fsdecode(entry[len(b"TMPDIR="):])
    except OSError:
        pass
    return "/proc/%d/root%s/%s" % (number, directory.rstrip("/"), name)


def _inode(path):
    try:
        return os.lstat(path).st_ino
    except OSError:
        return None


def _fresh_dump(process, build, binary, kind, name, complete, timeout, child=None):
    """Make the daemon write a dump and return what I(complete) makes of it.

    keepalived renames the new file into place before it writes to it (lib/utils.c), so a new inode alone is not enough:
    I(complete) returns C(None) as long as the text is not the whole dump.

    :param process: the C(Process) of the daemon.
    :param build: the C(Build) that it runs, and I(binary) its program.
    :param child: the C(Process) of the one child that gets the signal; the daemon, and so every child, when not given.
    """
    outcome = run([binary, "--signum=%s" % kind], timeout)
    if outcome.code != 0 or not outcome.output.strip().isdigit():
        raise StateError("%s does not know the signal %s. Is it keepalived?" % (binary, kind))
    end = time.monotonic() + timeout
    path = _dump_path(process.number, name, build.version)
    try:
        with locked(LOCK_FILE, timeout, "an inspection of keepalived"):
            return _answer(process, child or process, int(outcome.output), path, complete, end)
    except (LockError, OSError) as error:
        raise StateError("keepalived (process %d) cannot be inspected: %s" % (process.number, error)) from error


def _answer(process, receiver, signal_number, path, complete, end):
    """Signal the receiver, the daemon or a child of it, and return what I(complete) makes of the dump that it writes
    before the time I(end)."""
    before, asked, foreign = _inode(path), time.time(), None
    try:
        proc.send(receiver, signal_number)
        while time.monotonic() < end:
            text = None
            try:
                text = _dump(path, before, asked)
            except OSError as error:  # keepalived replaces whatever others have put there, except a directory
                foreign = error
            # If the daemon is still alive, the path was that of its own directory until here.
            if not proc.is_alive(process):
                break
            result = None if text is None else complete(text)
            if result is not None:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)  # it holds the passwords in clear
                return result
            time.sleep(POLL)
        else:
            raise StateError("keepalived (process %d) wrote no %s in time. %s" % (
                process.number, path, "Look at its log." if foreign is None else "Remove what is there: %s" % foreign))
    except ProcessLookupError:
        pass
    raise EndedError("keepalived (process %d) has ended. Look at its log." % process.number)


def _dump(path, before, asked):
    """Return the text of a dump that is younger than I(asked), and not the one with the inode I(before); C(None) when
    there is none.

    :raises OSError: something else is at the path; the message names it.
    """
    try:
        content, found = trusted.read(path)
    except FileNotFoundError:
        return None
    old = found.st_ino == before or found.st_mtime < asked - COARSE
    return None if old else content.decode("utf-8", "surrogateescape")


def _entries(lines):
    """Return a dictionary for each address line of either dump (vrrp/vrrp_ipaddress.c, format_ipaddress)."""
    found = []
    for line in lines:
        words = line.split()
        if words:
            options = dict(zip(words[1:], words[2:]))
            found.append({"address": words[0], "device": options.get("dev"), "scope": options.get("scope"),
                          "label": options.get("label"), "no_track": "no_track" in words, "set": words[-1] == "set"})
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
        virtual_ipaddress and virtual_ipaddress_excluded (lists of address, device, scope, label, no_track, set), stats
        (the counters since the start of the daemon by keepalived's names for them, vrrp/vrrp_json.c; empty from the
        text dump, which has none).
    :raises StateError: the daemon does not answer in time.
    """
    process = _daemon(number)
    build, binary = _own(number, build, binary)
    if "JSON" in build.options:
        return _fresh_dump(process, build, binary, "JSON", "keepalived.json", parse_json, timeout)
    # The daemon and its other children would write dumps of their own that nobody removes.
    child = None
    with contextlib.suppress(StateError):
        child = _vrrp_child(number)
    return _fresh_dump(process, build, binary, "DATA", "keepalived.data", _stable(parse_text), timeout, child)


def tracked(build, binary, number, timeout=5):
    """Return what each instance of the running daemon tracks, and how that is (see C(tracked.parse_tracked)).

    Only the child that speaks VRRP is asked: its siblings would write dumps of their own that nobody reads. It must
    have answered C(instances) before, since a child that just starts would be ended by the signal.

    :raises StateError: the daemon does not answer in time.
    """
    process = _daemon(number)
    build, binary = _own(number, build, binary)
    # By the daemon's entry in /proc: that of a child which has run a script as another user is closed to a root without
    # CAP_SYS_PTRACE (prctl(2), PR_SET_DUMPABLE), as in a container.
    return _fresh_dump(process, build, binary, "DATA", "keepalived.data", _stable(parse_tracked), timeout,
                       _vrrp_child(number))
