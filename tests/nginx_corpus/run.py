# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Does nginx do what the variables of the role nginx say: each file of a directory, and the requests declared for it.

    python tests/nginx_corpus/run.py [DIRECTORY] [--nginx PROGRAM|VERSION]... [--verbose] [--json FILE]

docs/nginx_corpus.md says what a file may declare. The exit code is 1 when anything is not as declared.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
# Where the collection is: beside the link of tests/bootstrap, or installed.
COLLECTIONS = REPOSITORY / ".collections" if (REPOSITORY / ".collections").exists() else REPOSITORY.parents[2]
sys.path.insert(0, str(COLLECTIONS))

from ansible_collections.openvip.cluster.tests.nginx_corpus.judge import SLOW, Report

HERE = Path(__file__).resolve().parent
FILES = HERE / "files"
# What a file may change: the sandbox has these anew, and they are emptied for each file.
CHANGING = ("/etc/nginx", "/var/www", "/var/log", "/var/cache", "/var/lib/nginx", "/var/lib/openvip", "/srv", "/run")
ENDINGS = (".yml", ".yaml")
BESIDE = ".requests.yml"


class SandboxError(Exception):
    """Nothing can be tried on this machine; its text says why."""


def files_of(directory: Path) -> list[str]:
    """Return the names of the files of variables below a directory, or of one file; those of requests are none."""
    if directory.is_file():
        return [directory.name]
    found = []
    for place, directories, names in os.walk(directory):
        directories[:] = sorted(name for name in directories if not name.startswith("."))
        found += [str(Path(place, name).relative_to(directory)) for name in sorted(names)
                  if name.endswith(ENDINGS) and not name.endswith(BESIDE) and not name.startswith(".")]
    return found


def program_of(nginx: str) -> str:
    """Return the path of an nginx, by its name or by its version. Raises SandboxError."""
    if re.fullmatch(r"[0-9.]+", nginx):
        done = subprocess.run([REPOSITORY / "tests" / "nginx-version", nginx], stdout=subprocess.PIPE, text=True,
                              check=False)
        if done.returncode:
            raise SandboxError(f"nginx {nginx} is not to be had. See the message above.")
        return done.stdout.strip()
    path = shutil.which(nginx) or shutil.which(nginx, path="/usr/sbin:/usr/local/sbin")
    if path is None:
        raise SandboxError(f"{nginx} is not installed. Install nginx, or name a version of Debian's by --nginx.")
    return path


class Sandbox:
    """A worker inside of a sandbox; a context manager."""

    def __init__(self, directory: Path, program: str, scratch: Path) -> None:
        for path in (REPOSITORY, Path(sys.executable)):
            if str(path).startswith(tuple(f"{each}/" for each in CHANGING)):
                raise SandboxError(f"{path} is where configurations of nginx write. Move it, to /home for example.")
        root, place = scratch / "root", scratch / "place"
        root.mkdir(parents=True)
        place.mkdir()
        environment = dict(
            os.environ, ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS), ANSIBLE_LOCAL_TEMP=str(place / "tmp"),
            ANSIBLE_HOME=str(place), ANSIBLE_NOCOLOR="1", LC_ALL="C.UTF-8", PYTHONDONTWRITEBYTECODE="1",
            PYTHONPATH=os.pathsep.join([str(COLLECTIONS), os.environ.get("PYTHONPATH", "")]),
            PATH=f"{os.environ['PATH']}:/usr/sbin:/sbin")
        command = [HERE / "sandbox", root, directory.resolve(), REPOSITORY,
                   sys.executable, HERE / "worker.py", program, place]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True)

    def report(self, name: str) -> Report | None:
        """Return the report on a file, C(None) when the worker has ended."""
        try:
            print(name, file=self.process.stdin, flush=True)
            line = self.process.stdout.readline()
        except BrokenPipeError:
            return None
        return Report(**json.loads(line)) if line else None

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_error: object) -> None:
        self.end()
        self.process.communicate()

    def end(self) -> None:
        """End everything inside of the sandbox."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


def reports(directory: Path, names: Sequence[str], program: str, processes: int) -> list[Report]:
    """Return the report on each file. Raises SandboxError."""
    waiting = deque(names)
    sandboxes: list[Sandbox] = []

    def work(number: int) -> list[Report]:
        found: list[Report] = []
        with Sandbox(directory, program, Path(scratch, str(number))) as sandbox:
            sandboxes.append(sandbox)
            while waiting:
                try:
                    name = waiting.popleft()
                except IndexError:
                    break
                report = sandbox.report(name)
                if report is None:
                    raise SandboxError(f"{name}: the sandbox has ended. See the messages above; it needs root, or a "
                                       "kernel that lets users make namespaces.")
                found.append(report)
        return found

    def stop() -> None:
        waiting.clear()
        for sandbox in sandboxes:
            sandbox.end()

    with tempfile.TemporaryDirectory(prefix="openvip-nginx-corpus-", dir="/tmp") as scratch:
        os.chmod(scratch, 0o755)
        processes = max(1, min(processes, len(names)))
        # What stops this stops the sandboxes first, or the threads would wait for them.
        with ThreadPoolExecutor(processes) as pool, contextlib.ExitStack() as stack:
            stack.callback(stop)
            found = [report for part in pool.map(work, range(processes)) for report in part]
    return sorted(found, key=lambda report: names.index(report.name))


def table(found: Sequence[Report], version: str) -> str:
    """Return the table for people."""
    requests = sum(report.requests for report in found)
    refused = [report for report in found if report.refused and not report.as_declared]
    rows: list[tuple[str, object, str]] = [
        ("files", len(found), f"nginx {version}"),
        ("accepted", sum(report.accepted for report in found), ""),
        ("nginx -t good", sum(report.tested for report in found), ""),
        ("requests right", sum(report.right for report in found), f"of {requests}"),
        ("rejected as declared", sum(report.as_declared for report in found), ""),
        ("rejected", len(refused), "must be 0"),
    ]
    reasons = Counter(_reason(report.refused) for report in refused)
    rows += [("", number, reason) for reason, number in reasons.most_common(12)]
    slowest = max(found, key=lambda report: report.seconds, default=Report("-"))
    rows += [
        ("not for this nginx", sum(bool(report.untried) for report in found), ""),
        ("with warnings", sum(bool(report.warnings) for report in found), ""),
        ("failed", sum(bool(report.failure) for report in found), "must be 0"),
        ("slowest", f"{slowest.seconds:.2f} s", f"{slowest.name}; at most {SLOW:g} s"),
    ]
    return "\n".join(f"{what:<22} {number!s:>8}  {note}".rstrip() for what, number, note in rows)


def _reason(text: str) -> str:
    """Return what several files are rejected for: the sentences without the heading and names."""
    lines = [line for line in text.splitlines() if line.startswith("- ")] or text.splitlines()
    return re.sub(r"'[^']*'|\"[^\"]*\"", "...", lines[0].removeprefix("- "))[:100]


def lists(found: Sequence[Report], verbose: bool) -> Iterator[str]:
    """Yield what is wrong, file by file; with I(verbose) what else is said, too."""
    for report in found:
        lines = []
        if report.refused and not report.as_declared:
            lines += ["rejected: " + line for line in report.refused.splitlines()]
        lines += report.wrong + [report.failure] * bool(report.failure)
        if report.seconds > SLOW:
            lines.append(f"it takes {report.seconds:.2f} s")
        if verbose:
            lines += [f"warning: {each}" for each in report.warnings]
            lines += [f"rejected as declared: {line}" for line in report.refused.splitlines() if report.as_declared]
            lines += [report.untried] * bool(report.untried)
        yield from (f"{report.name}: {line}" for line in lines)


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and run; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("directory", type=Path, nargs="?", default=FILES, help="where the files are, at any depth")
    parser.add_argument("--nginx", action="append", help="a program, or a version of Debian's package; may be repeated")
    parser.add_argument("--verbose", action="store_true", help="list the warnings, too")
    parser.add_argument("--json", type=argparse.FileType("w"), help="write everything to a file, - for the output")
    parser.add_argument("--processes", type=int, default=2, help="number of processes (2)")
    options = parser.parse_args(arguments)
    directory = options.directory
    names = files_of(directory)
    if not names:
        parser.error(f"there is no file of variables (*.yml) in {directory}")
    if directory.is_file():
        directory = directory.parent
    wrong = False
    everything = {}
    for nginx in options.nginx or ["nginx"]:
        begin = time.monotonic()
        try:
            program = program_of(nginx)
            version = _version(program)
            found = reports(directory, names, program, options.processes)
        except SandboxError as error:
            parser.error(str(error))
        everything[version] = [dataclasses.asdict(report) for report in found]
        if options.json is not sys.stdout:
            print("\n".join([*lists(found, options.verbose), table(found, version)]), flush=True)
        bad = [report.name for report in found if report.is_wrong]
        if bad:
            wrong = True
            print(f"nginx-corpus: {len(bad)} of {len(found)} files are wrong with nginx {version}: "
                  f"{', '.join(bad[:10])}", file=sys.stderr)
        print(f"nginx-corpus: nginx {version}, {len(found)} files in {time.monotonic() - begin:.0f} s", file=sys.stderr)
    if options.json:
        json.dump(everything, options.json, indent=1)
        options.json.write("\n")
    return 1 if wrong else 0


def _version(program: str) -> str:
    """Return the version of an nginx. Raises SandboxError."""
    said = subprocess.run([program, "-v"], capture_output=True, text=True, check=False)
    found = re.search(r"nginx/([\d.]+)", said.stdout + said.stderr)
    if not found:
        raise SandboxError(f"{program} does not say its version: {(said.stdout + said.stderr).strip()}")
    return found.group(1)


def _stop(_signal: int, _frame: object) -> None:
    sys.exit("nginx-corpus: stopped")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(main())
