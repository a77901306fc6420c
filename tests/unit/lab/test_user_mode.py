# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A kernel that is a process: what its command says comes out, and nothing of it stays behind."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ansible_collections.openvip.cluster.tests.lab import user_mode

pytestmark = pytest.mark.kernel


def processes_naming(directory):
    """Return the command lines of all processes that name the directory."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes())
        except OSError:  # the process has ended
            continue
    return [line for line in found if str(directory).encode() in line]


def left_behind(directory):
    """Return what of a kernel is still there 5 s later: its processes are killed at once, and end one by one."""
    end = time.monotonic() + 5
    while (found := processes_naming(directory)) and time.monotonic() < end:
        time.sleep(0.01)
    return found


def test_the_command_runs_in_another_kernel(tmp_path):
    said = user_mode.run(["cat", "/proc/sys/kernel/osrelease"], tmp_path)
    assert (Path(user_mode.MODULES) / said.strip()).is_dir()
    assert left_behind(tmp_path) == []


def test_a_command_that_fails_is_an_error_with_what_it_said(tmp_path):
    with pytest.raises(user_mode.UserModeError, match="no such thing"):
        user_mode.run(["sh", "-c", "echo there is no such thing; exit 3"], tmp_path)
    assert left_behind(tmp_path) == []


def test_a_command_that_does_not_end_is_killed(tmp_path):
    with pytest.raises(user_mode.UserModeError, match="did not end within 3 s"):
        user_mode.run(["sleep", "infinity"], tmp_path, seconds=3)
    assert left_behind(tmp_path) == []
