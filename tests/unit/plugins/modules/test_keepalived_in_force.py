# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a daemon that was restarted, or reloaded by hand, has the file; with a process that does nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._daemon import control, in_force
from ansible_collections.openvip.cluster.plugins.module_utils._kit import clock, journal, proc, transaction
from ansible_collections.openvip.cluster.plugins.modules import keepalived_config

CONFIG = {"global_defs": {"router_id": "lb1"}}


class Daemon:
    """A daemon that is asked to read its file again, and is never told from one that does."""

    def __init__(self):
        self.process = None
        self.asked = []

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def start(self):
        self.stop()
        self.process = subprocess.Popen(["sleep", "600"])

    def start_after(self, path):
        """Start it when it is certain that the file is older."""
        end = time.monotonic() + 10
        self.start()
        while not in_force.was_started_after(str(path), path.read_bytes(), self.process.pid):
            assert time.monotonic() < end
            self.start()


@pytest.fixture
def daemon(monkeypatch):
    found = Daemon()
    monkeypatch.setattr(control, "running", lambda *dummy, **more: found.process and found.process.pid)
    monkeypatch.setattr(control, "reload", lambda unit, number: found.asked.append(number))
    monkeypatch.setattr(control, "confirm", lambda *dummy: "")
    # As systemd reports it on a host whose clock nobody has set.
    monkeypatch.setattr(clock, "was_set", lambda: False)
    yield found
    found.stop()


@pytest.fixture
def write(module_on_host, daemon):
    return module_on_host(keepalived_config, config=CONFIG)


def test_a_daemon_that_was_restarted_has_what_was_left_to_be_reloaded(write, daemon):
    daemon.start()
    assert write(reload=False)["changed"] and write(check=True)["changed"]
    daemon.start_after(write.path)
    assert not write(check=True)["changed"] and not write()["changed"] and daemon.asked == []
    daemon.start()
    assert write(config=dict(CONFIG, raw=["# more"]), reload=False)["changed"]
    assert write(config=dict(CONFIG, raw=["# more"]))["reloaded"]


def test_a_daemon_that_was_restarted_with_an_interrupted_change_has_another_file(write, daemon, monkeypatch):
    daemon.start()
    assert write()["changed"]
    more = {"config": dict(CONFIG, raw=["# more"])}
    former = write.path.read_text()
    with monkeypatch.context() as patch:
        patch.setattr(transaction, "at", lambda point: point == "exchanged 0" and os.kill(os.getpid(), signal.SIGKILL))
        child = os.fork()
        if child == 0:
            try:
                write(**more)
            finally:
                os._exit(1)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL and write.path.read_text() != former
    daemon.start_after(write.path)
    assert write(check=True, **more)["changed"]
    assert write()["reloaded"] and write.path.read_text() == former and not write()["changed"]


def test_a_file_that_was_written_to_since_may_have_been_read_as_it_was_between(write, daemon):
    daemon.start()
    assert write()["changed"] and not write()["changed"]
    text = write.path.read_text()
    write.path.write_text(text + "# by hand\n")
    write.path.write_text(text)
    assert write()["reloaded"] and not write()["changed"]
    os.chmod(write.path, 0o640)
    os.chmod(write.path, 0o600)
    assert not write()["changed"]


@pytest.fixture
def set_clock(monkeypatch):
    """Set the clock by so many seconds, as this process sees it."""
    real = time.time

    def set_it(seconds):
        monkeypatch.setattr(time, "time", lambda: real() + seconds)
        monkeypatch.setattr(clock, "was_set", lambda: True)

    return set_it


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_a_clock_that_was_set_makes_no_file_look_read(write, daemon, set_clock, seconds):
    daemon.start()
    assert write(reload=False)["changed"]
    set_clock(seconds)
    assert write(check=True)["changed"] and write()["reloaded"] and not write()["changed"]
    write.path.write_text(write.path.read_text() + "# by hand\n")
    assert write()["reloaded"] and not write()["changed"]


@pytest.mark.parametrize("seconds", [3600, -3600])
@pytest.mark.parametrize("booted", [False, True])
def test_a_restart_after_an_inspection_counts_whatever_the_clock_says(write, daemon, set_clock, seconds, booted,
                                                                      monkeypatch):
    daemon.start()
    assert write(reload=False)["changed"]
    if not booted:
        set_clock(seconds)
    daemon.start_after(write.path)
    set_clock(seconds)
    if booted:
        monkeypatch.setattr(journal, "boot_id", lambda: "another boot")
        monkeypatch.setattr(in_force, "SLACK", float("inf"))
    assert not write(check=True)["changed"] and not write()["changed"] and daemon.asked == []


def test_a_file_that_was_exchanged_and_restored_may_have_been_read_between(write, daemon, set_clock):
    daemon.start()
    assert write(reload=False)["changed"]
    aside = write.path.with_name("aside")
    os.rename(write.path, aside)
    write.path.write_text("another\n")
    daemon.start()
    os.rename(aside, write.path)
    set_clock(0)
    assert write()["reloaded"]


@pytest.mark.parametrize("said, was_set", [
    ("UserspaceTimestamp=@{booted:.0f}\nUserspaceTimestampMonotonic={uptime}\n", False),
    ("UserspaceTimestamp=@{wrong:.0f}\nUserspaceTimestampMonotonic={uptime}\n", True),
    ("UserspaceTimestamp=Mon 2026-11-30 21:00:00 UTC\nUserspaceTimestampMonotonic=1\n", True),
    ("", True),
])
def test_the_clock_was_set_unless_systemd_knows_better(monkeypatch, tmp_path, said, was_set):
    uptime = 5
    booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + uptime
    (tmp_path / "said").write_text(said.format(booted=booted, wrong=booted - 60, uptime=uptime * 10 ** 6))
    (tmp_path / "systemctl").write_text(f"#!/bin/sh\ncat {tmp_path}/said\n")
    (tmp_path / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert clock.was_set() is was_set


def test_another_process_that_has_the_number_of_the_daemon_is_not_asked(write, daemon, monkeypatch):
    daemon.start()
    monkeypatch.setattr(transaction, "at", lambda point: point == "begun 0" and daemon.stop())
    real = proc.find
    monkeypatch.setattr(proc, "find", lambda number: real(number) or proc.Process(number, 1))
    failed = write()
    assert "has ended" in failed["msg"] and daemon.asked == [] and not write.path.exists()
