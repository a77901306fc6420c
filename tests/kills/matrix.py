# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kill a change at each of its steps, or fill the disk before it, and inspect what is left: the same for every writer.

A script beside this file describes one writer and calls `main`. It is run in namespaces of its own, as root, and needs
strace.
"""

from __future__ import annotations

import collections
import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from typing import Iterator

from ansible.module_utils.testing import patch_module_args

from ansible_collections.openvip.cluster.plugins.module_utils._kit import transaction

# System calls that change the host, or precede a program that does.
CALLS = ("rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat", "rmdir", "fsync", "kill",
         "pidfd_send_signal", "vfork", "clone", "clone3")
# The file system of everything that a writer writes: a tmpfs.
DISK = "/tmp"
KILL_AT = "OPENVIP_KILL_AT"
PATIENCE = 60


def run_module(module, **options) -> dict:
    """Run a module in this process and return its result."""
    output = io.StringIO()
    with patch_module_args(dict({"_ansible_remote_tmp": "/tmp"}, **options)), contextlib.redirect_stdout(output), \
            contextlib.suppress(SystemExit):
        module.main()
    return json.loads(output.getvalue().splitlines()[-1])


def wait(what: str, condition) -> None:
    """Wait until a condition holds; ten seconds at most."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, f"in vain for {what}"
        time.sleep(0.01)


class Writer:
    """One module that writes, on a host that it has to itself.

    :ivar name: of the module.
    """

    name = ""

    def reset(self) -> None:
        """Bring the host to the former state, in force."""
        raise NotImplementedError

    def change(self) -> None:
        """Change it to the new state, as a user's run does. This run is killed."""
        raise NotImplementedError

    def interrupted(self) -> None:
        """Assert that each live file is the complete former or new one and valid, and that nothing else was touched."""
        raise NotImplementedError

    def heal(self) -> None:
        """Run once plainly to the new state, assert that it is in force, and that a second run changes nothing."""
        raise NotImplementedError


def _command() -> list[str]:
    return [sys.executable, os.path.abspath(sys.argv[0]), *sys.argv[1:], "change"]


def _run(command: list[str], **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE,
                          env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1", **environment))


def _ended(command: list[str], **environment: str) -> bool:
    """Run a change; returns whether it was killed."""
    done = _run(command, **environment)
    assert done.returncode in (0, -signal.SIGKILL, 128 + signal.SIGKILL), done.stdout + done.stderr
    return done.returncode != 0


def _points() -> Iterator[tuple[str, list[str], dict[str, str]]]:
    """Yield each point of the kill: its name, the command and its environment."""
    trace = "/tmp/calls"
    assert not _ended(["strace", "-o", trace, "-e", "trace=" + ",".join(CALLS), *_command()])
    with open(trace, encoding="utf-8", errors="replace") as stream:
        counts = collections.Counter(re.findall(r"^(\w+)\(", stream.read(), re.MULTILINE))
    os.unlink(trace)
    for call in CALLS:
        for number in range(1, counts[call] + 1):
            yield (f"{call} {number}", ["strace", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                                        f"inject={call}:signal=SIGKILL:when={number}", *_command()], {})


def _killed_at_each(writer: Writer, selection: int) -> tuple[int, int]:
    """Kill at each step of the transaction and at each system call; returns the number of kills."""
    steps = 0
    writer.reset()
    while _ended(_command(), **{KILL_AT: str(steps)}):
        _judge(writer, f"step {steps}")
        steps += selection
    writer.reset()
    calls = 0
    for place, (name, command, environment) in enumerate(list(_points())):
        writer.reset()
        if place % selection == 0 and _ended(command, **environment):
            calls += 1
            _judge(writer, name)
    return steps // selection, calls


def _judge(writer: Writer, point: str) -> None:
    try:
        writer.interrupted()
        writer.heal()
        writer.reset()
    except AssertionError as error:
        raise AssertionError(f"{writer.name}, {point}: {error}") from error


def _full_disk(writer: Writer, selection: int) -> tuple[int, int]:
    """Change with 0 to 64 free KiB; returns how many changes were made and how many rejected."""
    made = rejected = 0
    for free in range(0, 65, selection):
        writer.reset()
        room = os.statvfs(DISK)
        filler = os.path.join(DISK, "filler")
        with open(filler, "wb") as stream:
            stream.write(bytes(max(room.f_bavail * room.f_bsize - free * 1024, 0)))
        done = _run(_command())
        if done.returncode:
            rejected += 1
            assert "No space left" in done.stderr or "disk is full" in done.stderr, done.stderr
        else:
            made += 1
        try:
            writer.interrupted()
        finally:
            os.unlink(filler)
        _judge(writer, f"{free} KiB free")
    return made, rejected


def main(writer: Writer) -> None:
    """Run the matrix, or the one change that it kills (argument C(change)). C(EVERY=5) takes each fifth place."""
    if sys.argv[-1] == "change":
        left = [int(os.environ.get(KILL_AT, "-1"))]

        def at(dummy: str) -> None:
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1

        transaction.at = at
        writer.change()
        return
    selection = int(os.environ.get("EVERY", "1"))
    steps, calls = _killed_at_each(writer, selection)
    assert steps and calls
    print(f"{writer.name}: killed at {steps} steps and {calls} system calls, each healed by the next run", flush=True)
    made, rejected = _full_disk(writer, selection)
    assert rejected
    print(f"{writer.name}: {made + rejected} changes on a full disk: {made} made, {rejected} rejected", flush=True)
