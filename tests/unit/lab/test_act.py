# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess

import pytest

from ansible_collections.openvip.cluster.tests.lab import act

SYSTEMCTL = """\
#!/bin/sh
echo "$*" >> {log}
case $1 in
    is-active) cat {state} ;;
    start) echo active > {state} ;;
esac
"""


@pytest.fixture
def systemctl(tmp_path, monkeypatch):
    """A systemctl of our own: writes down how it is called, and knows one unit, whose state is in a file."""
    program, log, state = tmp_path / "systemctl", tmp_path / "log", tmp_path / "state"
    program.write_text(SYSTEMCTL.format(log=log, state=state))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return log, state


def test_a_unit_that_runs_is_left_alone(systemctl, capsys):
    log, state = systemctl
    state.write_text("active\n")
    act.revive("nginx")
    assert log.read_text() == "is-active nginx\n"
    assert set(json.loads(capsys.readouterr().out)) == {"at_ns", "wall_ns"}


@pytest.mark.parametrize("before", ["inactive", "failed"])
def test_a_unit_that_has_ended_is_started(systemctl, before):
    log, state = systemctl
    state.write_text(before + "\n")
    act.revive("nginx")
    assert log.read_text().splitlines()[1:3] == ["reset-failed nginx", "start nginx"]


def test_a_unit_that_never_runs_is_an_error(systemctl):
    systemctl[1].write_text("activating\n")
    with pytest.raises(SystemExit, match=r"nginx: not active after 0\.1 seconds"):
        act.revive("nginx", seconds=0.1)


def test_every_process_of_a_name_is_stopped_and_continued(tmp_path):
    program = tmp_path / "lab-sleeper"
    shutil.copy("/bin/bash", program)
    # a child's name changes a moment after its parent goes on, so each says by its output that it is there
    children = [subprocess.Popen([program, "-c", "echo; read forever"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
                for _number in range(2)]
    try:
        assert [child.stdout.readline() for child in children] == [b"\n", b"\n"]
        assert act.processes("lab-sleeper") == sorted(child.pid for child in children)
        act.signal_all("lab-sleeper", signal.SIGSTOP)
        assert all(os.WIFSTOPPED(os.waitpid(child.pid, os.WUNTRACED)[1]) for child in children)
        act.signal_all("lab-sleeper", signal.SIGCONT)
        assert all(os.WIFCONTINUED(os.waitpid(child.pid, os.WCONTINUED)[1]) for child in children)
    finally:
        for child in children:
            child.kill()
            child.communicate()


def test_there_must_be_something_to_stop_but_not_to_continue():
    with pytest.raises(SystemExit, match="no-such-thing: no such process"):
        act.signal_all("no-such-thing", signal.SIGSTOP)
    act.signal_all("no-such-thing", signal.SIGCONT)
