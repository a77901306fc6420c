# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that ends a timed change whose process was killed: run for real after a kill at each point."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._kit import (
    journal,
    lock,
    proc,
    rollback,
    rollback_unit,
    timed_change,
)
from ansible_collections.openvip.cluster.plugins.module_utils._kit.lock import LockError
from ansible_collections.openvip.cluster.plugins.module_utils._kit.transaction import Transaction

DATA = {"deadline": 0, "name": "keepalived", "identifier": "one", "boot": "b", "unit": "keepalived.service",
        "path": "/etc/keepalived/keepalived.conf", "process": None, "away": []}
# The exposure of the unit by systemd-analyze(1), in tenths.
EXPOSURE = 19


def story(tmp_path, how):
    """Return what the driver prints."""
    done = subprocess.run(
        ["unshare", "--mount", sys.executable, str(Path(__file__).with_name("rollback_driver.py")), str(tmp_path), how],
        capture_output=True, text=True, check=False, env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)))
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["armed"] == {}, "a change that was confirmed has left something"
    return found["points"]


@pytest.mark.parametrize("how", ["plain", "prepared", "unprepared", "twice", "boot"])
def test_a_killed_change_is_rolled_back_once_or_kept_and_nothing_stays(tmp_path, how):
    points = story(tmp_path, how)
    assert len(points) >= 11
    for point in points:
        kept = point["kept"] or point["reported"] == "confirmed"
        assert point["after"] == ("new\n" if kept else "former\n"), point
        if point["armed"]:
            # Its second run would find nothing.
            assert point["codes"] == [0] and set(point["left"]) <= {"keepalived.owed"}, point
        else:
            assert point["killed"] == "former\n"
        reloads = [call.split()[-1] for call in point["calls"] if " reload " in call]
        wanted = {"former\n": [], "between\n": ["former"], "new\n": ["between", "former"][how != "twice":]}
        assert reloads == ([] if kept or how == "boot" else wanted[point["killed"]]), point
    assert {point["after"] for point in points} == {"former\n", "new\n"}


@pytest.mark.parametrize("how, cause", [("plain", "the process that made the change was killed."),
                                        ("boot", "the host was booted.")])
def test_the_next_run_reports_what_the_host_has_done(tmp_path, how, cause):
    told = 0
    for point in story(tmp_path, how):
        notes = " ".join(point["notes"])
        if point["begun"] and point["killed"] == "new\n":
            assert "(identifier one) was not confirmed, and this host rolled it back by itself at" in notes
            assert notes.endswith(cause) and point["state"] == "rolled back"
            told += 1
        elif point["kept"]:
            assert "this host kept it by itself" in notes and point["state"] == "confirmed"
        elif point["reported"] == "confirmed":
            assert notes == "" and point["state"] == (None if how == "boot" else "confirmed")
    assert told >= 3


def test_the_note_is_for_the_run_of_the_same_name_and_for_one_run(tmp_path):
    journal.note("keepalived", "It was rolled back.")
    with Transaction("nginx") as transaction:
        assert transaction.notes == []
    with Transaction("keepalived", check=True) as transaction:
        assert transaction.notes == []
    with Transaction("keepalived") as transaction:
        assert transaction.notes == ["It was rolled back."]
    assert os.listdir(journal.DIRECTORY) == []


def test_the_program_waits_for_a_process_that_has_the_lock(monkeypatch, capsys):
    monkeypatch.setattr(rollback, "LOCK_SECONDS", 0.1)
    with Transaction("keepalived"):
        results = []
        thread = threading.Thread(target=lambda: results.append(rollback.main(DATA)))
        thread.start()
        thread.join()
    assert results == [rollback.LATER] and "a change of keepalived" in capsys.readouterr().out


def test_it_rolls_back_at_the_deadline_like_the_other_hosts(monkeypatch):
    monkeypatch.setattr(journal, "boot_id", lambda: DATA["boot"])
    monkeypatch.setattr(rollback_unit, "disarm", lambda: None)
    deadline = time.clock_gettime(time.CLOCK_BOOTTIME) + 0.2
    assert rollback.main(dict(DATA, deadline=deadline)) == 0
    assert time.clock_gettime(time.CLOCK_BOOTTIME) >= deadline


def test_it_leaves_the_change_to_a_process_that_is_alive(monkeypatch):
    """The unit is ordered before the daemon: while it waited, systemd would not reload the daemon for the process."""
    monkeypatch.setattr(journal, "boot_id", lambda: DATA["boot"])
    monkeypatch.setattr(timed_change, "report", lambda *dummy: {"process": proc.find(os.getpid())})
    deadline = time.clock_gettime(time.CLOCK_BOOTTIME) + 60
    assert rollback.main(dict(DATA, deadline=deadline)) == rollback.LATER
    assert time.clock_gettime(time.CLOCK_BOOTTIME) < deadline - 50


def test_another_interrupted_change_stays_for_its_own_run(monkeypatch):
    """The sandbox of the unit has no right to the files of other changes."""
    journal.write("nginx", journal.BEGUN, [])
    monkeypatch.setattr(rollback_unit, "disarm", lambda: None)
    assert rollback.main(DATA) == 0 and journal.names(journal.BEGUN) == ["nginx"]


def test_a_lock_names_its_holder_the_end_and_the_remedy():
    path = os.path.join(lock.DIRECTORY, "change")
    with lock.locked(path, 1, "a change of keepalived"):
        lock.describe(path, "a simultaneous reload, which waits until 10:00 and rolls back then,", "Wait until then")
        with pytest.raises(LockError) as error, lock.locked(path, 0.1, "another change"):
            pass
    assert str(error.value) == (
        "a simultaneous reload, which waits until 10:00 and rolls back then, has not ended within 0.1 s, and holds "
        f"{path}. Wait until then, then run this again.")


def test_the_unit_can_do_little_more_than_it_must(tmp_path):
    path = tmp_path / rollback_unit.SERVICE
    path.write_text(rollback_unit.text(DATA), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--no-pager", f"--threshold={EXPOSURE}", str(path)],
        capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout.splitlines()[-1:] + done.stderr.splitlines()
    page = Path(__file__).resolve().parents[5] / "roles" / "keepalived" / "README.md"
    assert f"`{rollback_unit.SERVICE}` {EXPOSURE / 10}" in page.read_text(encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(path)], capture_output=True, text=True, check=False)
    assert not re.search(r"Unknown|Failed to parse|Invalid|ignoring", done.stderr), done.stderr


@pytest.mark.parametrize("directory, word", [("/etc/keepalived", "/etc/keepalived"), ("/srv/a b", '"/srv/a b"'),
                                             ("/srv/100%n", "/srv/100%%n"), ("/srv/a\\b", '"/srv/a\\\\b"')])
def test_a_directory_is_one_word_of_the_unit(directory, word):
    lines = rollback_unit.text(dict(DATA, path=directory + "/keepalived.conf")).splitlines()
    assert f"ReadWritePaths={word} {rollback_unit.UNITS}" in lines and "Before=keepalived.service" in lines


def test_a_service_may_be_named_without_its_suffix():
    assert rollback_unit.text(dict(DATA, unit="keepalived")) == rollback_unit.text(DATA)


@pytest.mark.parametrize("unit", ["keepalived.", "a.service\nExecStart=/bin/sh", "a b.service", "keepalived.timer"])
def test_another_unit_than_a_service_is_rejected(unit):
    with pytest.raises(OSError, match="is not the name of a service"):
        rollback_unit.text(dict(DATA, unit=unit))


@pytest.mark.parametrize("fails", ["daemon-reload", "systemd-run"])
def test_what_cannot_be_armed_leaves_nothing(tmp_path, monkeypatch, fails):
    units, programs = tmp_path / "units", tmp_path / "bin"
    for directory in (units, programs):
        directory.mkdir()
    for name in ("systemctl", "systemd-run"):
        (programs / name).write_text(f'#!/bin/sh\necho NeedDaemonReload=yes\ncase "$0 $*" in *{fails}*) exit 1; esac\n')
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setattr(rollback_unit, "UNITS", str(units))
    with pytest.raises(OSError, match="systemctl failed" if fails == "daemon-reload" else "systemd-run failed"):
        rollback_unit.arm(DATA, 60)
    assert [path for path in units.rglob("*") if not path.is_dir()] == [] and os.listdir(journal.DIRECTORY) == []
