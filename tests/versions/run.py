# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Runs the tests with real keepaliveds with one version after the other, and prints what each did.

    python tests/versions/run.py 2.1.5 2.2.7 ...

The exit code is 1 when a version differs from what the tests expect, or is not to be had.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

TOP = Path(__file__).resolve().parents[2]
CACHE = TOP / ".cache" / "versions"
UNIT = "tests/unit/plugins"
SCHEMA, CONFIG_TEST, INFO, RELOAD, WRITE, EDIT = (f"{UNIT}/{file}" for file in (
    "module_utils/_schema/test_daemon.py", "module_utils/_daemon/test_config_test_daemon.py",
    "modules/test_keepalived_info_daemon.py", "modules/test_reload_daemon.py", "modules/test_keepalived_daemon.py",
    "modules/test_vrrp_instance_daemon.py"))
# A test may record one number, which is shown. What all tests of a column record is what they have in common.
NUMBER = "tried"


class Column(NamedTuple):
    """One column of the table: its tests are those of the file whose names fit."""

    title: str
    file: str
    names: str = ""


COLUMNS = (
    Column("keywords accepted", SCHEMA, "test_accepts_every_keyword"),
    Column("too new, rejected", SCHEMA, "test_rejects_every_keyword"),
    Column("config test cases", CONFIG_TEST),
    Column("pair, one reload", RELOAD, "test_one_reload"),
    Column("pair, planned reloads", RELOAD, "test_every_address"),
    Column("file written, reload confirmed", WRITE),
    Column("block edited", EDIT),
    Column("state by JSON", INFO, r"\[.*JSON"),
    Column("state by text", INFO, r"\[.*text"),
)


class Row(NamedTuple):
    """What one version did: where it is from, and a word for each column. ``good`` is whether nothing differs."""

    version: str
    origin: str
    cells: list[str]
    good: bool


def origin(place: Path) -> str:
    """Where a keepalived is from: the release of Debian, or the git repository."""
    note = place / "origin"
    return note.read_text(encoding="utf-8").strip() if note.exists() else ""


def cell(column: Column, cases: list[ElementTree.Element]) -> tuple[str, bool]:
    """The word for the tests of a column, and whether all of them passed."""
    mine = [case for case in cases if case.get("file") == column.file and re.search(column.names, case.get("name", ""))]
    bad = [case for case in mine if any(case.find(kind) is not None for kind in ("failure", "error", "skipped"))]
    tried = {found.get("value") for case in mine for found in case.iter("property") if found.get("name") == NUMBER}
    if not mine or bad:
        return f"{len(bad)} of {len(mine)} tests FAILED" if mine else "NOT RUN", False
    return tried.pop() or "" if len(tried) == 1 else f"{len(mine)} tests", True


def run(version: str) -> Row:
    """Run the tests with a version."""
    fetched = subprocess.run([TOP / "tests" / "keepalived-version", version], stdout=subprocess.PIPE, text=True,
                             check=False)
    if fetched.returncode:
        return Row(version, "NOT TO BE HAD", ["" for _column in COLUMNS], False)
    place = Path(fetched.stdout.strip()).parent
    report = CACHE / f"{version}.xml"
    report.unlink(missing_ok=True)
    # The tests that take the keepalived of the path get this one.
    environment = dict(os.environ, KEEPALIVED_VERSIONS=version, PATH=f"{place}:{os.environ['PATH']}")
    # Outside of /tmp their files are not in the way of a /tmp of its own for each daemon, where those before 2.2.5
    # write their dumps.
    with tempfile.TemporaryDirectory(prefix="versions-", dir="/var/tmp") as temporary:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "--quiet", "-n", "2", "--dist", "loadfile", f"--basetemp={temporary}/t",
             "-o", "junit_family=xunit1", f"--junitxml={report}", "-m", "daemon",
             *dict.fromkeys(column.file for column in COLUMNS)], cwd=TOP, env=environment, check=False)
    cases = list(ElementTree.parse(report).iter("testcase")) if report.exists() else []
    found = [cell(column, cases) for column in COLUMNS]
    return Row(version, origin(place), [word for word, _good in found],
               done.returncode == 0 and all(good for _word, good in found))


def table(rows: list[Row]) -> str:
    """The table as text: a line for each column, a column for each version."""
    lines = [["keepalived", *(row.version for row in rows)], ["from", *(row.origin for row in rows)]]
    lines += [[column.title, *(row.cells[number] for row in rows)] for number, column in enumerate(COLUMNS)]
    widths = [max(map(len, parts)) for parts in zip(*lines)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def main(versions: list[str]) -> int:
    CACHE.mkdir(parents=True, exist_ok=True)
    rows = []
    for version in versions:
        print(f"\n===== keepalived {version} =====", flush=True)
        start = time.monotonic()
        rows.append(run(version))
        print(f"===== keepalived {version} {'passed' if rows[-1].good else 'DIFFERS'} after "
              f"{time.monotonic() - start:.0f} s =====", flush=True)
    print("\n" + table(rows))
    return 0 if rows and all(row.good for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
