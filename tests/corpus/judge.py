# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""One file through parse, read, render and lint, and what the daemon says of it before and afterwards."""

from __future__ import annotations

import difflib
import re
import time
import traceback
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import Document, parse
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint_text
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, INFO
from ansible_collections.openvip.cluster.plugins.module_utils._schema.layout import RAW
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render
from ansible_collections.openvip.cluster.tests.corpus.daemon import Daemon, interfaces_of

# Seconds of processor time for one file.
SLOW = 1.0
# At most so many ids of conditions are tried, and so many lines of a difference are kept.
IDS = 3
LINES = 20

_CONDITION = re.compile(r"^[ \t]*@\^?([\w.-]+)", re.M)
# What config_test.judge() says where the daemon was given up; it would take as long again, four times.
HANGS = "keepalived --config-test did not end"
_PLACE = re.compile(r"(.+?):(\d+): ")
# What a host has: the rules look at it where they know the host, not in a text alone. A script that is dropped for it
# is missed where it is tracked.
_OF_THE_HOST = re.compile(
    r"Error setting global script uid/gid|Unable to set default user|Config files missing|iptables not supported"
    r"|Disabling track script \S+ since not found")
_DROPPED = re.compile(r"Unable to set default user for vrrp script (\S+) - removing")
# No condition is about it.
NOBODY = "no-such-id"


@dataclass
class Report:
    """What one file shows. ``name`` is its path below the corpus.

    ``raw`` of its ``statements`` did not become typed data. ``rejected`` is why nothing is written instead of it;
    ``failure`` an exception or a limit. ``findings`` are (line, severity, id, message). ``complaints`` are those of
    the daemon, ``missed`` those on which the rules are silent, see missed(). ``dump`` is "equal", "different", "none"
    where the daemon ends or hangs before it has one, or "" where it was not asked.
    """

    name: str
    lossless: bool = True
    statements: int = 0
    raw: int = 0
    rejected: list[str] = field(default_factory=list)
    failure: str = ""
    seconds: float = 0.0
    findings: list[tuple[int, str, str, str]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    dump: str = ""
    difference: list[str] = field(default_factory=list)

    @property
    def is_damaged(self) -> bool:
        """Whether a promise is broken."""
        return not self.lossless or bool(self.failure) or self.dump == "different" or self.seconds > SLOW

    @property
    def is_contested(self) -> bool:
        """Whether the rules have an error for a file that the daemon takes without a word."""
        asked = self.dump == "equal" and not self.complaints
        return asked and any(severity == ERROR for _line, severity, _id, _said in self.findings)


class Attempt:
    """Keeps what its block raises, whatever that is, as text."""

    failure = ""

    def __enter__(self) -> Attempt:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if isinstance(error, Exception):
            lines = "".join(traceback.format_exception(error)).strip().split("\n")
            self.failure = " / ".join(line.strip() for line in lines[-3:])
        return bool(self.failure)


def report_on(name: str, path: Path, daemon: Daemon | None) -> Report:
    """Everything about one file; never raises for what is in it."""
    report = Report(name)
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    version = daemon.version if daemon else None
    written = None
    begin = time.process_time()
    with Attempt() as attempt:
        written = _language(report, text, version)
    report.seconds = time.process_time() - begin
    report.failure = attempt.failure
    if daemon is not None:
        _ask(report, daemon, text, written)
    return report


def _language(report: Report, text: str, version: tuple[int, ...] | None) -> str | None:
    """Fill in what the language itself says; return what is written instead of the text, None when that is refused."""
    document = parse(text, report.name)
    report.lossless = str(document) == text
    report.statements = sum(1 for _found in document.walk())
    report.findings = [
        (finding.line or 0, finding.severity, finding.id, f"{finding.message} {finding.remedy}")
        for finding in lint_text(text, report.name, version)
    ]
    data = read(document)
    report.raw = sum(1 for raw in raw_texts(data) for _found in parse(raw).walk())
    if document.problems:
        report.rejected = [str(problem) for problem in document.problems]
        return None
    try:
        return render(data, version)
    except ValueError as error:
        report.rejected = [f"{report.name}: {line}" for line in str(error).split("\n")]
        return None


def _ask(report: Report, daemon: Daemon, text: str, written: str | None) -> None:
    """Fill in what the daemon says of the text, and of what is written instead."""
    interfaces = interfaces_of(text)
    ids = [NOBODY, *sorted(set(_CONDITION.findall(text)))[:IDS]]
    # a host that no condition names may lack anything
    complaints = [said for config_id in ids[1:] or ids
                  for said in daemon.test(report.name, text, interfaces, config_id)]
    report.complaints = list(dict.fromkeys(complaints))
    report.missed = list(missed(report, parse(text)))
    if written is None:
        return
    if any(said.startswith(HANGS) for said in complaints):
        report.dump = "none"
        return
    answers = set()
    for config_id in ids:
        before = daemon.dump(report.name, text, interfaces, config_id)
        after = daemon.dump(report.name, written, interfaces, config_id)
        for process, lines in before.items():
            answers.add(lines is not None)
            report.difference += _differences(lines, after.get(process), f"{process} with id {config_id}")
    report.dump = "different" if report.difference else "equal" if answers == {True} else "none"
    del report.difference[LINES:]


def missed(report: Report, document: Document) -> Iterator[str]:
    """The complaints without a finding on their line, or an error in the same block of the top level.

    The daemon names the end of a block for what is wrong with all of it. Lines of included files are not counted here:
    they are files of the corpus, too.
    """
    begins = [statement.line for statement in document.statements()]

    def block(line: int) -> int:
        return bisect(begins, line)

    lines = {line for line, _severity, _id, _said in report.findings}
    errors = {block(line) for line, severity, _id, _said in report.findings if severity == ERROR}
    is_silent = all(severity == INFO for _line, severity, _id, _said in report.findings)
    dropped = {name for complaint in report.complaints for name in _DROPPED.findall(complaint)}
    for complaint in report.complaints:
        if _OF_THE_HOST.search(complaint) or any(f" track script {name} not found" in complaint for name in dropped):
            continue
        place = _PLACE.match(complaint)
        if place is None:
            if is_silent:
                yield complaint
        elif place.group(1) == report.name:
            line = int(place.group(2))
            if line not in lines and block(line) not in errors:
                yield complaint


def _differences(before: list[str] | None, after: list[str] | None, what: str) -> Iterator[str]:
    """What is understood differently; nothing can be said where the daemon did not come to say what it understands."""
    if before is None or before == after:
        return
    if after is None:
        yield f"{what}: the daemon ends or hangs with what is written"
    for line in difflib.unified_diff(before, after or before, what, "written", "", "", 0, ""):
        if not line.startswith(("@@", "+++")):
            yield line


def raw_texts(data: Any) -> Iterator[str]:
    """Every text below ``raw``, at any depth; an entry may be a dictionary that says where its text stands."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key == RAW:
                yield from (entry["text"] if isinstance(entry, dict) else entry for entry in value)
            else:
                yield from raw_texts(value)
    elif isinstance(data, list):
        for item in data:
            yield from raw_texts(item)
