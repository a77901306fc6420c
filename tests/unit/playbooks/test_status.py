# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook status, run by ansible-playbook on this machine as a host without a daemon, and on one that is not
reached."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest


@pytest.fixture
def play(play_without_daemon):
    """Run the playbook with more options."""
    return lambda *options: play_without_daemon("status.yml", *options)


def test_a_host_that_is_not_reached_is_a_finding_and_the_screen_is_shown(play):
    done = play()
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert "lb1   keepalived 2.2.7, not running  -" in lines
    assert "lb2   not reached                    -" in lines
    assert "[host-unreachable]" in done.stdout and "[not-running]" in done.stdout


def test_json_and_picture_are_written_and_errors_fail_where_that_is_asked_for(play, tmp_path):
    places = f"status_file={tmp_path}/status.json status_svg={tmp_path}/status.svg"
    done = play("--extra-vars", f"status_output=json {places} status_fail=true")
    assert done.returncode == 2 and "not-running, host-unreachable" in done.stdout, done.stdout + done.stderr
    written = json.loads((tmp_path / "status.json").read_text())
    begin = done.stdout.index('{\n  "time"')
    shown, dummy = json.JSONDecoder().raw_decode(done.stdout[begin:])
    assert shown == written
    assert [(host["name"], host["reached"], host["running"]) for host in written["hosts"]] == [
        ("lb1", True, False), ("lb2", False, False)]
    assert ElementTree.fromstring((tmp_path / "status.svg").read_text()).tag == "{http://www.w3.org/2000/svg}svg"


def test_a_relative_path_is_one_of_the_directory_where_it_was_started(play, tmp_path):
    done = play("--extra-vars", "status_output=none status_file=status.json status_svg=status.svg")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "status.json").exists() and (tmp_path / "status.svg").exists()


def test_a_limit_is_told(play):
    done = play("--limit", "lb2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lb1: was not asked." in done.stdout and "lb2   not reached  -" in done.stdout


def test_check_mode_writes_nothing(play, tmp_path):
    done = play("--check", "--extra-vars", f"status_file={tmp_path}/status.json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (tmp_path / "status.json").exists() and "[not-running]" in done.stdout
