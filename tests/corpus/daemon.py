# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""What the installed keepalived understands of a text, without letting it do anything.

Nothing of a text gets out of tests/corpus/sandbox, whatever it holds: no program is executed (tests/corpus/library.c),
no packet leaves, no file of this machine changes, and time, memory and output are bounded.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from ansible_collections.openvip.cluster.plugins.module_utils._daemon.build import installed
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.config_test import judge
from ansible_collections.openvip.cluster.plugins.module_utils._included import included
from ansible_collections.openvip.cluster.plugins.module_utils._kit.process import Outcome, run

HERE = Path(__file__).resolve().parent
NO_IPVS = HERE.parent / "unit/plugins/module_utils/_schema/data/no_ipvs.c"
# Seconds of wall clock for one start of the daemon; it takes 0.1 where it does not hang.
DEADLINE = 15.0
PROCESSES = ("vrrp", "healthcheckers", "bfd")
# Where the corpus is for the daemon.
MOUNTED = "/mnt"
# At most so many interfaces, network namespaces and scripts of a file are made.
MOST = 60

_TIME = re.compile(r"^\w{3} \w{3} [ \d]\d [\d:]{8} \d{4}: ")
_PART = re.compile(r"------< (.*) >------")
# What the process knows of this host, not of the file.
_OF_THE_HOST = ("Interfaces",)
# A list whose order means nothing: every check of a real server has its own timer.
_UNORDERED = "Health checkers"
# An interface as the text names it, and as the daemon misses it.
_INTERFACE = re.compile(r"\b(?:interface|dev|lvs_sync_daemon(?:_interface)?)\s+([^\s{}]+)")
_MISSED = re.compile(r"interface (\S+) .*doesn't exist|unknown interface (\S+) |tracked interface (\S+) doesn't exist")
_NAME = re.compile(r"[\w.:@-]{1,15}")
_NAMESPACE = re.compile(r"\bnet_namespace(?:_ipvs)?\s+\"?([\w.-]{1,64})")
_FILE = re.compile(r"(?<![\w/.*-])(/[\w.+-]+(?:/[\w.+-]+)+)")


class DaemonError(Exception):
    """The daemon cannot be asked on this machine."""


class Daemon:
    """The installed keepalived, with a copy of the corpus whose names it takes for no patterns.

    Raises DaemonError where it, a compiler or the right to make namespaces is missing.
    """

    def __init__(self, program: str, scratch: Path) -> None:
        found = shutil.which(program)
        build = installed(found) if found else None
        if found is None or build is None:
            raise DaemonError(f"{program} is not installed. Install keepalived, or name it with --keepalived.")
        self.program = found
        self.version: tuple[int, ...] = build.version
        self.scratch = scratch
        self.corpus = scratch / "corpus"
        self.corpus.mkdir()
        self.names: dict[str, str] = {}
        self.library = scratch / "library.so"
        try:
            subprocess.run(
                ["gcc", "-shared", "-fPIC", "-o", self.library, HERE / "library.c", NO_IPVS],
                check=True, stderr=subprocess.PIPE, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", "")
            message = f"What is loaded into keepalived cannot be compiled: {error} {said} Install gcc."
            raise DaemonError(message) from None

    def try_out(self) -> None:
        """Raise DaemonError unless the daemon can say on this machine what it understands."""
        self.add("empty", b"")
        if self.dump("empty", "", set(), "id").get("vrrp") is None:
            raise DaemonError(f"{self.program} does not say what it understands of an empty file. "
                              "It must be the program itself, not a script that starts it.")

    def add(self, name: str, content: bytes) -> None:
        """Copy a file of the corpus to where the daemon includes it."""
        # what keepalived takes for a pattern is replaced
        safe = re.sub(r"[^\w./-]", "_", name, flags=re.ASCII)
        path = self.corpus / safe
        while path.exists() or (path.parent.exists() and not path.parent.is_dir()):
            safe = f"{len(self.names)}/{safe}"
            path = self.corpus / safe
        self.names[name] = safe
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def test(self, name: str, text: str, interfaces: set[str], config_id: str) -> list[str]:
        """Why the file must not be used, by the config-test; adds the interfaces that the daemon has missed."""
        options = ["--config-test", "--config-id", config_id]
        for _again in range(3):
            with self._directory(name, text) as run_directory:
                outcome = self._run(Path(run_directory), name, text, interfaces, options)
            missed = {name for found in _MISSED.findall(outcome.output) for name in found if _NAME.fullmatch(name)}
            if missed <= interfaces or len(interfaces) >= MOST:
                break
            interfaces |= missed
        return judge(outcome, name, f"{MOUNTED}/{self.names[name]}").refused

    def dump(self, name: str, text: str, interfaces: set[str], config_id: str) -> dict[str, list[str] | None]:
        """What each process has understood of a text in the place of a file."""
        with self._directory(name, text) as run_directory:
            directory = Path(run_directory)
            dumps = directory / "out" / "dump"
            dumps.mkdir()
            options = ["--dont-fork", "--dont-respawn", "--log-console", "--dump-conf", "--all",
                       "--config-id", config_id]
            for option in ("pid", "vrrp_pid", "checkers_pid", "bfd_pid"):
                options += [f"--{option}", f"/tmp/{option}"]
            self._run(directory, name, text, interfaces, options)
            return {process: understood(dumps / process) for process in PROCESSES if (dumps / process).exists()}

    def _with_included(self, name: str, text: str) -> str:
        """A text and those that it includes."""
        path = str(self.corpus / self.names[name])
        return "\n".join([text, *(each for _path, each in included(text, path))])

    def _directory(self, name: str, text: str) -> tempfile.TemporaryDirectory[str]:
        directory = tempfile.TemporaryDirectory(dir=self.scratch, prefix="run-")
        place = Path(directory.name)
        (place / "out").mkdir()
        shutil.copy(self.library, place / "out" / "library.so")
        (place / "text").write_bytes(text.encode("utf-8", "surrogateescape"))
        (place / "text").chmod(0o644)
        _add_files(place / "extra", self._with_included(name, text))
        return directory

    def _run(
        self, directory: Path, name: str, text: str, interfaces: Iterable[str], options: Sequence[str]
    ) -> Outcome:
        safe = self.names[name]
        namespaces = sorted(set(_NAMESPACE.findall(self._with_included(name, text))))[:MOST]
        command = ["setpriv", "--pdeathsig", "KILL", str(HERE / "sandbox"), str(directory), str(self.corpus), safe,
                   " ".join(sorted(interfaces)[:MOST]), " ".join(namespaces),
                   self.program, *options, "--use-file", f"{MOUNTED}/{safe}"]
        outcome = run(command, DEADLINE)
        if outcome.code == 125 or (outcome.code and re.search(r"^(unshare|mount|chroot): ", outcome.output, re.M)):
            raise DaemonError(f"Namespaces cannot be made here: {outcome.output.strip()} This needs root.")
        return outcome


def interfaces_of(text: str) -> set[str]:
    """The interfaces that a text names; those behind definitions and in included files the daemon will miss."""
    return {name for name in _INTERFACE.findall(text) if _NAME.fullmatch(name) and name != "lo"}


def _add_files(directory: Path, text: str) -> None:
    """Make the programs that the text names, where this machine does not have them; they are never executed."""
    directory.mkdir()
    for name in sorted(set(_FILE.findall(text)))[:MOST]:
        path = PurePosixPath(name)
        parents = [parent for parent in path.parents if parent != PurePosixPath("/")]
        if ".." in path.parts or os.path.lexists(path) or not all(
                os.path.isdir(parent) or not os.path.lexists(parent) for parent in parents):
            continue
        target = directory / path.relative_to("/")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text("#!/bin/true\n")
            target.chmod(0o755)
        except OSError:
            # another name of the text needs a directory where this needs a file
            continue


def understood(path: Path) -> list[str] | None:
    """The lines that say what a process has understood of its file; None when it did not come to their end."""
    with path.open(encoding="utf-8", errors="surrogateescape") as stream:
        lines = [_TIME.sub("", line.rstrip("\n")) for line in stream]
    if "complete" not in lines[-1:]:
        return None
    found: list[str] = []
    checks: list[list[str]] = []
    part = ""
    for line in lines:
        heading = _PART.fullmatch(line)
        if heading:
            part = heading.group(1)
        if part in ("", *_OF_THE_HOST) or not (heading or line.startswith(" ")):
            continue
        if heading or part != _UNORDERED:
            found.append(line)
        elif not line.startswith("  ") or not checks:
            checks.append([line])
        else:
            checks[-1].append(line)
    return found + [line for check in sorted(checks) for line in check]
