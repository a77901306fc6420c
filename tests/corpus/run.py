# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Does a directory of real files survive: read, written again, judged, and understood by the daemon as before?

    python tests/corpus/run.py [DIRECTORY] [--verbose] [--json FILE]

Every file of the directory counts, whatever its name. The exit code is 1 when a file is damaged: not kept byte for
byte, understood differently by the daemon afterwards, an exception, or more than a second of processor time.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import multiprocessing
import os
import re
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / ".collections"))

from ansible_collections.openvip.cluster.tests.corpus.daemon import Daemon, DaemonError
from ansible_collections.openvip.cluster.tests.corpus.judge import SLOW, Report, report_on

FILES = REPOSITORY / "tests" / "corpus" / "files"
# What one file may take: seconds of processor time, bytes of memory; a larger file is none of keepalived's.
SECONDS = 20
MEMORY = 3 << 30
LARGEST = 16 << 20

_FORK = multiprocessing.get_context("fork")


def files_of(directory: Path) -> list[tuple[str, Path]]:
    """The name and the path of every regular file below a directory, or of one file."""
    if directory.is_file():
        return [(directory.name, directory)]
    found = []
    for place, directories, names in os.walk(directory):
        directories[:] = sorted(name for name in directories if not name.startswith("."))
        for name in sorted(names):
            path = Path(place, name)
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= LARGEST:
                found.append((str(path.relative_to(directory)), path))
    return found


def _work(answer: Connection, name: str, path: Path, daemon: Daemon | None) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    answer.send(report_on(name, path, daemon))


def attempt(name: str, path: Path, daemon: Daemon | None) -> Report:
    """The report on one file, by a process of its own that may run out of time or memory."""
    receiver, sender = _FORK.Pipe(duplex=False)
    process = _FORK.Process(target=_work, args=(sender, name, path, daemon), daemon=True)
    process.start()
    sender.close()
    try:
        report = receiver.recv()
    except EOFError:
        report = None
    process.join()
    if report is None:
        report = Report(name, failure=f"the process ended with {process.exitcode}: "
                                      f"more than {SECONDS} s or {MEMORY >> 30} GiB")
    return report


def reports(
    files: Sequence[tuple[str, Path]], program: str, processes: int, progress: Callable[[int], None]
) -> tuple[list[Report], str]:
    """The report on each file, and the version of the daemon; an empty program asks none. Raises DaemonError."""
    with tempfile.TemporaryDirectory(prefix="openvip-corpus-") as scratch:
        daemon = Daemon(program, Path(scratch)) if program else None
        if daemon:
            daemon.try_out()
            for name, path in files:
                daemon.add(name, path.read_bytes())
        found = []
        with ThreadPoolExecutor(processes) as pool:
            for report in pool.map(lambda file: attempt(*file, daemon), files):
                found.append(report)
                progress(len(found))
        return found, ".".join(map(str, daemon.version)) if daemon else ""


def table(found: Sequence[Report], version: str) -> str:
    """The table for people."""
    statements = sum(report.statements for report in found)
    raw = sum(report.raw for report in found)
    rows: list[tuple[str, object, str]] = [
        ("files", len(found), ""),
        ("lossless", sum(report.lossless for report in found), ""),
        ("typed", f"{100 * (statements - raw) / max(statements, 1):.1f} %", f"of {statements} statements"),
        ("rejected", sum(bool(report.rejected) for report in found), ""),
    ]
    reasons = Counter(_reason(report.rejected[0]) for report in found if report.rejected)
    rows += [("", number, reason) for reason, number in reasons.most_common(12)]
    if version:
        dumps = Counter(report.dump for report in found)
        rows += [
            ("dump equal", dumps["equal"], f"keepalived {version}"),
            ("dump different", dumps["different"], "must be 0"),
            ("no dump", dumps["none"], "the daemon ends or hangs before it has one"),
            ("daemon complains, lint silent", sum(bool(report.missed) for report in found), ""),
            ("lint error, daemon content", sum(report.is_contested for report in found), ""),
        ]
    slowest = max(found, key=lambda report: report.seconds, default=Report("-"))
    rows += [
        ("failed", sum(bool(report.failure) for report in found), "must be 0"),
        ("slowest", f"{slowest.seconds:.2f} s", f"{slowest.name}; at most {SLOW:g} s"),
    ]
    return "\n".join(f"{what:<30} {number!s:>8}  {note}".rstrip() for what, number, note in rows)


def _reason(text: str) -> str:
    """What several files are rejected for: the sentence without places, names and numbers."""
    text = re.sub(r"^\S+?:(\d+:\d+:)? ", "", text)
    return re.sub(r"'[^']*'|\"[^\"]*\"|\d[\w.:/]*", "...", text)[:100]


def lists(found: Sequence[Report]) -> Iterator[str]:
    """The exceptions, with their places."""
    for title, chosen in (
        ("not lossless", lambda report: [report.name] * (not report.lossless)),
        ("failed", lambda report: [f"{report.name}: {report.failure}"] * bool(report.failure)),
        ("too slow", lambda report: [f"{report.name}: {report.seconds:.2f} s"] * (report.seconds > SLOW)),
        ("dump different", lambda report: [f"{report.name}: {line}" for line in report.difference]),
        ("no dump", lambda report: [report.name] * (report.dump == "none")),
        ("rejected", lambda report: report.rejected),
        ("daemon complains, lint silent", lambda report: report.missed),
        ("lint error, daemon content", lambda report: [
            f"{report.name}:{line}: {said} [{name}]" for line, severity, name, said in report.findings
            if severity == "error"] if report.is_contested else []),
    ):
        lines = [line for report in found for line in chosen(report)]
        if lines:
            yield f"\n{title}:"
            yield from (f"  {line}" for line in lines)


def _progress(total: int) -> Callable[[int], None]:
    begin = time.monotonic()

    def show(done: int) -> None:
        if sys.stderr.isatty() or done % 100 == 0:
            print(f"corpus: {done} of {total} files, {time.monotonic() - begin:.0f} s", file=sys.stderr,
                  end="\r" if sys.stderr.isatty() and done < total else "\n", flush=True)

    return show


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and run; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("directory", type=Path, nargs="?", default=FILES, help="where the files are, at any depth")
    parser.add_argument("--verbose", action="store_true", help="list the exceptions with file and line")
    parser.add_argument("--json", type=argparse.FileType("w"), help="write everything to a file, - for the output")
    parser.add_argument("--keepalived", default="keepalived", help="the daemon; '' for none")
    parser.add_argument("--processes", type=int, default=2, help="number of processes (2)")
    options = parser.parse_args(arguments)
    files = files_of(options.directory)
    if not files:
        parser.error(f"there is no file in {options.directory}")
    try:
        found, version = reports(files, options.keepalived, options.processes, _progress(len(files)))
    except DaemonError as error:
        parser.error(str(error))
    if options.json:
        json.dump({"version": version, "files": [dataclasses.asdict(report) for report in found]}, options.json,
                  indent=1)
        options.json.write("\n")
    if options.json is not sys.stdout:
        print(table(found, version))
        if options.verbose:
            print("\n".join(lists(found)))
    damaged = [report.name for report in found if report.is_damaged]
    if damaged:
        print(f"corpus: {len(damaged)} of {len(found)} files are damaged: {', '.join(damaged[:10])}", file=sys.stderr)
    return 1 if damaged else 0


def _stop(_signal: int, _frame: object) -> None:
    sys.exit("corpus: stopped")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(main())
