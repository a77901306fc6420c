# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Programs inside the lab's containers, by the docker command; the engine is the one that DOCKER_HOST names."""

from __future__ import annotations

import functools
import io
import json
import pathlib
import shlex
import subprocess
import threading
import time
import zipfile
from collections.abc import Callable
from typing import Any

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = "ansible_collections/openvip/cluster"
# marks the container of a machine
MACHINE_LABEL = "org.openvip.cluster.machine=true"
REMOTE_FILES = (
    "plugins/module_utils/_arp.py",
    "plugins/module_utils/_outage.py",
    "plugins/module_utils/_probe.py",
    "plugins/module_utils/_calibrate.py",
    "tests/lab/act.py",
    "plugins/module_utils/_drill/watch.py",
    "tests/lab/remote.py",
    "tests/lab/stalls.py",
    "tests/lab/traffic.py",
)
REMOTE_MAIN = """\
import sys
from ansible_collections.openvip.cluster.tests.lab.remote import main
main(sys.argv[1:])
"""
REMOTE_PATH = "/usr/local/lib/openvip-lab.pyz"
COMMAND_SECONDS = 60

Event = dict[str, Any]


class LabError(Exception):
    """The lab cannot do what was asked; the text names the object, the reason and the remedy."""


def docker(*words: str, data: bytes | None = None, seconds: float = COMMAND_SECONDS) -> str:
    """Run a docker command and return what it printed; its own message is the text of the LabError when it fails."""
    try:
        done = subprocess.run(["docker", *words], input=data or b"", capture_output=True, timeout=seconds, check=False)
    except FileNotFoundError as error:
        raise LabError("no docker command is installed; run: make demo") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"docker {' '.join(words)}: did not end within {seconds} seconds") from error
    if done.returncode != 0:
        message = done.stderr.decode(errors="replace").strip() or done.stdout.decode(errors="replace").strip()
        raise LabError(f"docker {' '.join(words)}: {message}")
    return done.stdout.decode(errors="replace")


@functools.cache
def is_machine(container: str) -> bool:
    """Return whether a container's work is to run a machine with a kernel of its own."""
    name, value = MACHINE_LABEL.split("=")
    return docker("inspect", "--format", '{{index .Config.Labels "%s"}}' % name, container).strip() == value


def inside(container: str, *words: str) -> list[str]:
    """Return the container, and the words that run a program in the host that it is, for `docker exec`."""
    return [container, "lab-sh", "-c", shlex.join(words)] if is_machine(container) else [container, *words]


def execute(container: str, *words: str, data: bytes | None = None, seconds: float = COMMAND_SECONDS) -> str:
    """Run a program inside a host and return what it printed."""
    interactive = ["--interactive"] if data is not None else []
    return docker("exec", *interactive, *inside(container, *words), data=data, seconds=seconds)


def said(container: str, lines: int) -> str:
    """Return the last lines that a container's first process printed, a machine's console among them."""
    done = subprocess.run(["docker", "logs", f"--tail={lines}", container], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=COMMAND_SECONDS, check=False)
    return done.stdout.decode(errors="replace")


def read(container: str, path: str) -> str:
    """Return the text of a file inside a container."""
    return execute(container, "cat", path)


def write(container: str, path: str, content: str | bytes, mode: str = "0644") -> None:
    """Write a file inside a container, and the directories it needs."""
    data = content.encode() if isinstance(content, str) else content
    script = 'mkdir -p "${1%/*}" && cat > "$1" && chmod "$2" "$1"'
    execute(container, "sh", "-c", script, "write", path, mode, data=data)


def remote_program() -> bytes:
    """Return the program of remote.py and what it imports as one archive that Python runs."""
    archive = io.BytesIO()
    files = {f"{PACKAGE}/{name}": (REPOSITORY / name).read_bytes() for name in REMOTE_FILES}
    packages = {str(parent) for name in files for parent in pathlib.PurePath(name).parents} - {"."}
    with zipfile.ZipFile(archive, "w") as members:
        members.writestr("__main__.py", REMOTE_MAIN)
        for name in sorted(packages):
            members.writestr(f"{name}/__init__.py", b"")
        for name, content in files.items():
            members.writestr(name, content)
    return archive.getvalue()


@functools.cache
def _install(container: str) -> None:
    write(container, REMOTE_PATH, remote_program())


def remote_command(container: str, *words: str) -> list[str]:
    """Return the words that run the remote program inside a container; at the first call it is copied there."""
    _install(container)
    return ["exec", "--interactive", *inside(container, "python3", REMOTE_PATH, *words)]


def remote(container: str, *words: str) -> Event:
    """Run the remote program inside a container and return the first line of its JSON."""
    return json.loads(docker(*remote_command(container, *words)).splitlines()[0])


class Stream:
    """The remote program running inside a container, and its events as they come."""

    def __init__(self, container: str, *words: str) -> None:
        self._name = f"{words[0]} in {container}"
        self._process = process = subprocess.Popen(
            ["docker", *remote_command(container, *words)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdin and process.stdout and process.stderr
        self._input, self._output, self._messages = process.stdin, process.stdout, process.stderr
        self._changed = threading.Condition()
        self._ended = False
        self.events: list[Event] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._output:
            with self._changed:
                self.events.append(json.loads(line))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def wait(self, condition: Callable[[list[Event]], Any], seconds: float) -> Any:
        """Return what condition(events) returns as soon as it is true, or its last value when that was not in time.

        It is asked anew after each event. A program that ends without it does not give the rest of the time.
        """
        limit = time.monotonic() + seconds
        with self._changed:
            while True:
                value = condition(self.events)
                left = limit - time.monotonic()
                if value or self._ended or left <= 0:
                    return value
                self._changed.wait(left)

    def find(self, wanted: Callable[[Event], bool], seconds: float) -> Event | None:
        """Return the first event, past or future, for which wanted(event) is true; None when none came in time."""
        return self.wait(lambda events: next((event for event in events if wanted(event)), None), seconds)

    def close(self, seconds: float = 10) -> Event:
        """End the program and return its report."""
        self._input.close()
        report = self.find(lambda event: event["event"] == "report", seconds)
        errors = self.kill()
        if report is None:
            raise LabError(f"{self._name}: gave no report: {errors or f'it did not end within {seconds} seconds'}")
        return report

    def kill(self) -> str:
        """End the program, whatever it does, and return its messages.

        What ends is docker's command here; the part inside the container ends with its input.
        """
        if self._messages.closed:
            return ""
        self._input.close()
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        with self._output, self._messages:
            return self._messages.read().decode(errors="replace").strip()
