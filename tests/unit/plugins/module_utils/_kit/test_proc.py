# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which process a number means, and when a pid file may be believed."""

from __future__ import annotations

import io
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._kit import proc

NEVER = 4194304  # proc(5): the highest process id is one less


@pytest.fixture
def child():
    """A process that waits for its end."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


@pytest.fixture
def roots(monkeypatch):
    """Treat the user of these tests as root: every file and process of this user counts as root's."""
    monkeypatch.setattr(proc, "may_be_roots", lambda number: True)
    monkeypatch.setattr(proc.trusted, "read", lambda path: (pathlib.Path(path).read_bytes(), os.stat(path)))


def test_a_process_is_found_by_its_number_and_its_start(child):
    found = proc.find(child.pid)
    assert found.number == child.pid and proc.is_alive(found)
    assert not proc.is_alive(found._replace(started=found.started - 1))
    assert proc.parent(child.pid) == os.getpid()
    assert proc.find(NEVER) is None and proc.parent(NEVER) == 0 and proc.fields(NEVER) == []


def test_a_zombie_is_not_alive(child):
    found = proc.find(child.pid)
    os.kill(child.pid, signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not proc.is_alive(found) and proc.find(child.pid) is None


def test_the_program_of_a_process_by_path_and_name(child, tmp_path):
    assert proc.executable(child.pid) == os.path.realpath(shutil.which("cat"))
    assert proc.executable(NEVER) is None and proc.program_name(NEVER) is None
    copy = tmp_path / "copy"
    shutil.copy(shutil.which("cat"), copy)
    with subprocess.Popen([copy], stdin=subprocess.PIPE) as replaced:
        copy.unlink()
        assert proc.executable(replaced.pid) == f"{copy} (deleted)" and proc.program_name(replaced.pid) == "copy"
        replaced.kill()


def test_a_signal_reaches_the_process(child):
    proc.send(proc.find(child.pid), signal.SIGTERM)
    assert child.wait(20) == -signal.SIGTERM


@pytest.mark.parametrize("descriptors", [True, False])
def test_no_signal_reaches_another_process_of_the_same_number(child, monkeypatch, descriptors):
    if not descriptors:
        monkeypatch.setattr(proc, "_descriptor", lambda number: None)
    former = proc.find(child.pid)
    former = former._replace(started=former.started - 1)
    with pytest.raises(ProcessLookupError):
        proc.send(former, signal.SIGKILL)
    assert child.poll() is None
    proc.send(proc.find(child.pid), signal.SIGTERM)
    assert child.wait(20) == -signal.SIGTERM


def test_a_pid_file_names_a_process(tmp_path, child, roots):
    path = tmp_path / "pid"
    path.write_text(f"{child.pid}\n")
    assert proc.from_file(str(path)) == proc.find(child.pid)


@pytest.mark.parametrize("text", ["", "nonsense\n", f"{NEVER}\n", "-1\n"])
def test_a_pid_file_without_a_process(tmp_path, roots, text):
    path = tmp_path / "pid"
    path.write_text(text)
    assert proc.from_file(str(path)) is None and proc.from_file(str(tmp_path / "none")) is None


def test_a_process_that_is_younger_than_the_file_has_only_its_number(tmp_path, child, roots):
    path = tmp_path / "pid"
    path.write_text(f"{child.pid}\n")
    past = time.time() - 60
    os.utime(path, (past, past))
    assert proc.from_file(str(path)) is None


def test_a_pid_file_that_others_may_have_written_does_not_count(tmp_path, child, roots, monkeypatch):
    def read(path):
        raise proc.trusted.ForeignError("not root's")

    monkeypatch.setattr(proc.trusted, "read", read)
    assert proc.from_file(str(tmp_path)) is None


@pytest.mark.parametrize("uid, ours", [("0\t0\t0\t0", True), ("1000\t0\t0\t0", False), ("0\t1000\t1000\t1000", False)])
def test_a_setuid_program_is_not_roots(monkeypatch, uid, ours):
    status = io.StringIO(f"Name:\tx\nUid:\t{uid}\nGid:\t0\t0\t0\t0\n")
    monkeypatch.setattr(proc, "open", lambda path, **options: status, raising=False)
    assert proc.runs_as_root(7) == ours


def test_a_program_that_others_may_write_to_is_not_roots(tmp_path, monkeypatch, child):
    own = os.stat(f"/proc/{child.pid}/exe")
    assert proc.has_roots_program(child.pid) == (own.st_uid == 0) and not proc.has_roots_program(NEVER)
    for mode, uid, ours in ((0o100755, 0, True), (0o100775, 0, False), (0o100757, 0, False), (0o100755, 7, False)):
        found = os.stat_result((mode, 0, 0, 1, uid, 0, 0, 0, 0, 0))
        monkeypatch.setattr(proc.os, "stat", lambda path, found=found: found)
        assert proc.has_roots_program(child.pid) == ours
