# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""What tests do with a keepalived program."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

# Those of Debian 12 and 13; make versions sets others.
VERSIONS = tuple(os.environ.get("KEEPALIVED_VERSIONS", "2.2.7 2.3.3").split())
TESTS = Path(__file__).resolve().parents[4]

# Interfaces of the samples and the address they use as their own, in a network namespace of their own.
_NETWORK = """
set -e
ip link set lo up
ip link add eth0 type veth peer name eth0p
ip link add eth1 type veth peer name eth2
ip link add eth3 type veth peer name eth3p
ip link add eth0.1 type veth peer name eth0.1p
for interface in eth0 eth0p eth0.1 eth0.1p eth1 eth2 eth3 eth3p; do ip link set "$interface" up; done
ip address add 198.18.0.11/24 dev eth0
ip address add 192.168.200.5/24 dev eth1
program=$1
cd "$2"
shift 2
"""
# The exit code says little, so the messages are kept too.
_TEST = """
for file in *.conf; do
    name=${file%.conf}
    timeout 20 "$program" --config-test --use-file "$file" > "$name.out" 2>&1 || echo "$?" > "$name.code"
done
"""
# What a process has understood is logged before it does anything else.
_DUMP = """
exec "$program" --dont-fork --log-console --dump-conf --no_bfd --config-id high --pid "$PWD/pid" \
    --vrrp_pid "$PWD/vrrp" --checkers_pid "$PWD/checkers" --use-file keepalived.conf "$@" 2>&1
"""
# The two processes, and what ends the dump of each: what it knows of the host, what it does next.
VRRP = "--vrrp"
CHECKERS = "--check"
_END = {VRRP: "------< Interfaces >------", CHECKERS: "Activating "}
_PART = re.compile(r"------< .* >------")
_TIME = re.compile(r"^\w{3} \w{3} [ \d]\d [\d:]{8} \d{4}: ")
_PREFIX = re.compile(r"^\((?:[^()]*: )?Line \d+\) ")


class Program(NamedTuple):
    """One keepalived: its version and its path."""

    version: str
    path: Path

    @classmethod
    def fetch(cls, version: str) -> Program:
        """One of Debian's packages, or of those that make versions has built."""
        fetched = subprocess.run([TESTS / "keepalived-version", version], check=True, stdout=subprocess.PIPE, text=True)
        return cls(version, Path(fetched.stdout.strip()))

    @property
    def numbers(self) -> tuple[int, ...]:
        """The version as the collection wants it."""
        return tuple(int(part) for part in self.version.split("."))

    @property
    def samples(self) -> Path:
        """The directory of the package's sample configurations."""
        return self.path.parent / "root/usr/share/doc/keepalived/samples"

    def run(self, directory: Path, script: str) -> None:
        """Run shell commands in the directory, where $program is the keepalived and the interfaces are there."""
        command = ["unshare", "--net", "sh", "-c", _NETWORK + script, "sh", str(self.path), str(directory)]
        subprocess.run(command, check=True, timeout=900)

    def test(self, texts: dict[str, str], directory: Path) -> dict[str, list[str]]:
        """What the program says about each text, without the places; the exit code when it says nothing else."""
        for name, text in texts.items():
            (directory / (name + ".conf")).write_text(text)
        self.run(directory, _TEST)
        return {name: self._messages(directory, name) for name in texts}

    def dump(self, text: str, directory: Path, process: str, library: Path | None = None) -> list[str]:
        """What the VRRP or CHECKERS process says it has understood of a text, with a library loaded before its own."""
        # the files of one that has not quite ended would keep the next from starting
        directory = Path(tempfile.mkdtemp(dir=directory))
        (directory / "keepalived.conf").write_text(text)
        command = ["unshare", "--net", "sh", "-c", _NETWORK + _DUMP, "sh", str(self.path), str(directory), process]
        environment = {**os.environ, **({"LD_PRELOAD": str(library)} if library else {})}
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
        ) as daemon:
            # with its children: those of 2.1.5 may outlive it
            watchdog = threading.Timer(20, os.killpg, (daemon.pid, signal.SIGKILL))
            watchdog.start()
            assert daemon.stdout is not None
            found = _understood(daemon.stdout, _END[process])
            os.killpg(daemon.pid, signal.SIGKILL)
            watchdog.cancel()
        return found

    @staticmethod
    def _messages(directory: Path, name: str) -> list[str]:
        code = directory / (name + ".code")
        lines = (directory / (name + ".out")).read_text().splitlines()
        found = sorted({_PREFIX.sub("", line.strip()) for line in lines if line.strip()})
        return found or (["exit code %s" % code.read_text().strip()] if code.exists() else [])


def _understood(lines: Iterable[str], end: str) -> list[str]:
    """The lines of a dump that say what was configured; other lines are not indented."""
    found: list[str] = []
    for line in lines:
        text = _TIME.sub("", line.rstrip("\n"))
        if text.startswith(end):
            break
        if _PART.fullmatch(text) or (found and text.startswith(" ")):
            found.append(text)
    return found
