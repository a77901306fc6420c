# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The files of tests/corpus have every keyword in them, survive the language, and mean the same to the daemon."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import Document, parse
from ansible_collections.openvip.cluster.plugins.module_utils._daemon import config_test
from ansible_collections.openvip.cluster.plugins.module_utils._kit.process import Outcome
from ansible_collections.openvip.cluster.plugins.module_utils._schema import layout, table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import BLOCK, ENUM, Row
from ansible_collections.openvip.cluster.tests.corpus import judge, run
from ansible_collections.openvip.cluster.tests.corpus.daemon import understood
from ansible_collections.openvip.cluster.tests.corpus.judge import Report, report_on

FILES = dict(run.files_of(run.FILES))
# These are tried with the line ends of another system, too.
BOTH_LINE_ENDS = ("text/definitions.conf", "text/quotes.conf", "vrrp_instance/values-1.conf", "checks/HTTP_GET.conf")


def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "surrogateescape")


def rows_in(data: dict[str, Any], path: str = "") -> Iterator[tuple[Row, Any]]:
    """Every row that data has a value for, with each of its values."""
    for keyword, value in data.items():
        row = table.rows(path).get(keyword)
        if row is None:
            continue
        for item in value if isinstance(value, list) else [value]:
            yield row, item
            if row.type == BLOCK:
                yield from rows_in(item, row.path)


@pytest.fixture(scope="module")
def in_files() -> list[tuple[Row, Any]]:
    """What all files have."""
    return [found for path in FILES.values() for found in rows_in(read(parse(text_of(path))))]


def every_row() -> list[Row]:
    return [row for path in table.sections() for row in table.rows(path).values()]


def test_every_keyword_is_in_a_file(in_files: list[tuple[Row, Any]]) -> None:
    there = {row.path for row, _value in in_files}
    assert sorted(row.path for row in every_row() if row.path not in there) == []


def test_every_choice_is_in_a_file(in_files: list[tuple[Row, Any]]) -> None:
    there = {(row.path, value) for row, value in in_files if isinstance(value, str)}
    wanted = {(row.path, choice) for row in every_row() if row.type == ENUM for choice in row.choices}
    assert sorted(wanted - there) == []


def test_every_form_of_a_head_is_in_a_file(in_files: list[tuple[Row, Any]]) -> None:
    there = {(row.path, layout.head_form(row, value)) for row, value in in_files if row.type == BLOCK}
    wanted = {(row.path, form) for row in every_row() if row.type == BLOCK for form in row.heads or ((),)}
    assert sorted(wanted - there) == []


@pytest.mark.parametrize("pattern", [
    r"^\$\w+=", r"^\$\w+=.*\\$", r"^@\w+ ", r"^@\^\w+ ", r"^\s*~SEQ\(", r"^\s*~LST\(\w", r"^\s*~LST\(\{", r"^include ",
    r"^includer ", r"^\s*includew ", r"^includem ", r"^includea ", r"\$\{_INSTANCE\}", r"^\t", r"\S\{", r"\S#",
    r"\S!", r'^"|\s"', r"^\s*\{", r"[^\x00-\x7f]",
])
def test_every_form_of_a_line_is_in_a_file(pattern: str) -> None:
    assert any(re.search(pattern, text_of(path), re.MULTILINE) for path in FILES.values())


@pytest.mark.parametrize("name", FILES)
def test_a_file_survives_the_language(name: str) -> None:
    # by a process of its own, which is ended when it takes too long
    report = run.attempt(name, FILES[name], None)
    assert report.lossless
    assert report.failure == ""
    assert not report.is_damaged


@pytest.fixture
def other_line_ends(tmp_path: Path) -> dict[str, Path]:
    """Copies of some files whose lines end with a carriage return and a newline."""
    for name in BOTH_LINE_ENDS:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(FILES[name].read_bytes().replace(b"\n", b"\r\n"))
    return dict(run.files_of(tmp_path))


def test_line_ends_make_no_difference(other_line_ends: dict[str, Path]) -> None:
    for name, path in other_line_ends.items():
        assert not report_on(name, path, None).is_damaged
        assert read(parse(text_of(path))) == read(parse(text_of(FILES[name])))


def test_most_is_typed() -> None:
    # below order/ stands what cannot be typed, because its meaning hangs on the order of the lines
    found = [report_on(name, path, None) for name, path in FILES.items() if not name.startswith("order/")]
    assert sum(report.raw for report in found) < 0.02 * sum(report.statements for report in found)


@pytest.fixture
def a_file(tmp_path: Path) -> Path:
    path = tmp_path / "files" / "a file [1].cfg"
    path.parent.mkdir()
    path.write_text(
        "vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    priority 120\n"
        "    notify /nowhere/notify\n    virtual_ipaddress {\n        198.18.0.10/24\n    }\n}\n")
    return path


def _without_priority(document: Document) -> dict[str, Any]:
    data = read(document)
    for instance in data.get("vrrp_instance", []):
        instance.pop("priority", None)
    return data


def _hanging(document: Document) -> dict[str, Any]:
    while True:
        document.items.reverse()


def _recursive(document: Document) -> dict[str, Any]:
    return _recursive(document)


def test_an_exception_is_a_failure(a_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "read", _recursive)
    report = report_on("x", a_file, None)
    assert "RecursionError" in report.failure
    assert report.is_damaged


@pytest.mark.long
def test_what_hangs_is_ended(a_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setattr(judge, "read", _hanging)
    monkeypatch.setattr(run, "SECONDS", 1)
    assert run.main([str(a_file.parent), "--keepalived", "", "--verbose"]) == 1
    assert "the process ended with" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["vrrp_instance $A {\n", '"', "a {\n" * 1000, "\0\udcff}", "include /dev/zero\n" * 9])
def test_nothing_is_too_hostile(text: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert not report_on("file", path, None).is_damaged


@pytest.mark.daemon
def test_the_daemon_understands_what_is_written_as_before(other_line_ends: dict[str, Path]) -> None:
    files = list(FILES.items())
    files += [(f"other/{name}", path) for name, path in other_line_ends.items()]
    found, version = run.reports(files, "keepalived", 2, lambda _done: None)
    assert version
    assert [report.name for report in found if report.is_damaged] == []
    assert [report.name for report in found if report.dump == "none"] == []
    assert sum(report.dump == "equal" for report in found) > 60


@pytest.mark.daemon
def test_damage_is_found(a_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    assert run.main([str(a_file.parent)]) == 0
    monkeypatch.setattr(judge, "read", _without_priority)
    target = a_file.parent.parent / "result.json"
    assert run.main([str(a_file.parent), "--verbose", "--json", str(target)]) == 1
    (report,) = json.loads(target.read_text())["files"]
    assert report["dump"] == "different"
    lines = capsys.readouterr().out.splitlines()
    assert "  a file [1].cfg: -   Priority = 120" in lines
    assert "  a file [1].cfg: +   Priority = 100" in lines


@pytest.mark.daemon
def test_nothing_of_a_file_is_done(tmp_path: Path) -> None:
    traces = tmp_path / "traces"
    traces.mkdir()
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch {traces}/$1\n")
    script.chmod(0o755)
    files = tmp_path / "files"
    files.mkdir()
    (files / "keepalived.conf").write_text(
        f"global_defs {{\n    startup_script \"{script} start\"\n    vrrp_notify_fifo {traces}/fifo\n}}\n"
        f"track_file changed {{\n    file {traces}/file\n    init_file 5 overwrite\n}}\n"
        f"vrrp_script check {{\n    script \"{script} check\"\n}}\n"
        "vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    priority 255\n    state MASTER\n"
        f"    notify \"{script} notify\"\n    virtual_ipaddress {{\n        198.18.0.10/24\n    }}\n"
        "    track_script {\n        check\n    }\n    track_file {\n        changed\n    }\n}\n")
    (report,) = run.reports(run.files_of(files), "keepalived", 1, lambda _done: None)[0]
    assert report.dump == "equal"
    assert list(traces.iterdir()) == []


@pytest.mark.daemon
def test_a_file_that_the_daemon_never_finishes_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible_collections.openvip.cluster.tests.corpus.daemon.DEADLINE", 2.0)
    (tmp_path / "loop.conf").write_text("include loop.conf\n" * 40)
    (report,) = run.reports(run.files_of(tmp_path), "keepalived", 1, lambda _done: None)[0]
    assert report.complaints
    assert report.dump == "none"


class _HangingDaemon:
    """A daemon whose config-test never ends."""

    version = (2, 2, 7)

    def test(self, *_arguments: object) -> list[str]:
        return config_test.judge(Outcome(-9, "", True), "x.conf").refused

    def dump(self, *_arguments: object) -> dict[str, list[str]]:
        raise AssertionError("it would take as long again")


def test_a_daemon_that_hangs_is_asked_once(a_file: Path) -> None:
    report = report_on("x.conf", a_file, _HangingDaemon())
    assert (report.dump, report.failure) == ("none", "")
    assert report.complaints[0].startswith(judge.HANGS)


@pytest.mark.parametrize(("complaint", "finding", "is_missed"), [
    ("x.conf:2: bad", None, True),
    ("x.conf:2: bad", (2, "info"), False),
    ("x.conf:4: bad", (2, "error"), False),
    ("x.conf:4: bad", (2, "warning"), True),
    ("x.conf:4: bad", (6, "error"), True),
    ("other.conf:4: bad", None, False),
    ("bad", None, True),
    ("bad", (6, "info"), True),
    ("bad", (6, "warning"), False),
])
def test_what_the_rules_miss(complaint: str, finding: tuple[int, str] | None, is_missed: bool) -> None:
    report = Report("x.conf", complaints=[complaint], findings=[(*finding, "id", "said")] if finding else [])
    document = parse("vrrp_instance A {\n    one\n    two\n}\nvrrp_instance B {\n    three\n}\n")
    assert list(judge.missed(report, document)) == [complaint] * is_missed


def test_what_a_host_lacks_is_not_missed_in_a_text() -> None:
    report = Report("x.conf", complaints=[
        "x.conf:1: Error setting global script uid/gid",
        "x.conf:2: Unable to set default user for vrrp script a - removing",
        "x.conf:7: (B) track script a not found, ignoring...",
        "x.conf:7: (B) track script ab not found, ignoring...",
        "x.conf:7: Config files missing '/etc/keepalived/conf.d/*.conf'.",
    ])
    assert list(judge.missed(report, parse("\n"))) == [report.complaints[3]]


def test_checks_are_compared_in_any_order(tmp_path: Path) -> None:
    one, two = " FWM 1 -> [198.18.0.2]:tcp:80\n   Alpha = no\n", " [198.18.0.1]:tcp:80 -> [198.18.0.2]:tcp:80\n"
    dump = "------< Global >------\n x\n a\n------< Health checkers >------\n%s%scomplete\n"
    found = []
    for number, checks in enumerate(((one, two), (two, one))):
        path = tmp_path / str(number)
        path.write_text(dump % checks)
        found.append(understood(path))
    assert found[0] == found[1] and found[0] is not None
    assert found[0][1:3] == [" x", " a"] and len(found[0]) == 7


def test_the_table_names_what_matters() -> None:
    reports = [
        Report("a", statements=8, raw=2, dump="equal"),
        Report("b", rejected=["b:1:2: x 'y' z"], dump="different", difference=["-"]),
        Report("c", rejected=["c:9:9: x 'z' z"], missed=["c:1: bad"], seconds=0.5),
    ]
    lines = [line.split() for line in run.table(reports, "2.2.7").splitlines()]
    assert ["files", "3"] in lines
    assert ["typed", "75.0", "%", "of", "8", "statements"] in lines
    assert ["2", "x", "...", "z"] in lines
    assert ["dump", "different", "1", "must", "be", "0"] in lines
    assert ["daemon", "complains,", "lint", "silent", "1"] in lines
    assert ["slowest", "0.50", "s", "c;", "at", "most", "1", "s"] in lines
