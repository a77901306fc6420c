# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The unit settings of a service that is no longer the tracked one."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest
import yaml

# They run ansible-playbook.
pytestmark = pytest.mark.long
REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
PLAY = [{"name": "Leave the service alone", "hosts": "localhost", "gather_facts": False, "tasks": [{
    "name": "Leave it alone", "when": "__keepalived_untracked_units | length > 0",
    "ansible.builtin.include_tasks": str(REPOSITORY / "roles" / "keepalived" / "tasks" / "untrack.yml")}]}]
SYSTEMCTL = """#!/bin/sh
case $1 in
    show) printf 'Id=%s\\nLoadState=loaded\\nActiveState=active\\n' "$2" ;;
    stop) echo "$2" >>"$STOPPED" ;;
esac
"""
# of the service www; what the administrator has written is left alone
OURS = ["units/keepalived-track-www.service", "units/www.service.d/keepalived.conf", "track/www",
        "units/keepalived-check-www.service", "track/www.answer"]
ASKED = ["units/keepalived-check-nginx.service", "track/nginx.answer"]
TRACKED = ["units/keepalived-track-nginx.service", "units/nginx.service.d/keepalived.conf", "track/nginx"]
OTHERS = ["units/keepalived.service", "units/www.service.d/limits.conf", *TRACKED, *ASKED]
# of every tracked service: two that go with the last one, and those of the service itself
HELPERS = ["keepalived-track", "keepalived-track.conf", "drop-in", "keepalived-track-nginx.service"]
# of every service that is asked: one that goes with the last one, and the unit of the service itself
CHECKERS = ["keepalived-check", "keepalived-check-nginx.service"]


@pytest.fixture
def host(tmp_path):
    """A host whose role has tracked www and then nginx, and a function that runs the tasks on it."""
    for path in (*OURS, *OTHERS):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    (tmp_path / "helpers").mkdir()
    for name in HELPERS + CHECKERS:
        (tmp_path / "helpers" / name).touch()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "systemctl").write_text(SYSTEMCTL)
    (tmp_path / "bin" / "systemctl").chmod(0o755)
    (tmp_path / "play.yml").write_text(yaml.safe_dump(PLAY))
    stopped = tmp_path / "stopped"
    stopped.touch()

    def run(service, *options, url="http://127.0.0.1/"):
        """Return the files and helpers that are left, and the units that were stopped."""
        units = tmp_path / "units"
        variables = {
            "keepalived_track_service": service, "keepalived_track_url": url, "__keepalived_units": str(units),
            "__keepalived_host": {"directory": {str(units): sorted(path.name for path in units.iterdir())}},
            "__keepalived_track_file": f"{tmp_path}/track/{service}",
            "__keepalived_track_files": [{"dest": str(tmp_path / "helpers" / name)} for name in HELPERS],
            "__keepalived_check_files": [{"dest": str(tmp_path / "helpers" / name)} for name in CHECKERS],
            "ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        done = subprocess.run(
            [sys.executable, "-m", "ansible", "playbook", "--inventory=localhost,",
             f"--extra-vars=@{REPOSITORY / 'roles' / 'keepalived' / 'vars' / 'main' / 'main.yml'}",
             "--extra-vars", json.dumps(variables), *options, str(tmp_path / "play.yml")],
            env=dict(os.environ, PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}", LC_ALL="C.UTF-8", HOME=str(tmp_path),
                     ANSIBLE_LOCAL_TEMP=str(tmp_path / "tmp"), STOPPED=str(stopped)),
            cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")}
        helpers = [name for name in HELPERS + CHECKERS if f"helpers/{name}" in left]
        return left & {*OURS, *OTHERS}, helpers, stopped.read_text().split()

    return run


def test_what_was_set_up_for_another_service_goes_and_a_second_run_does_nothing(host):
    for dummy in range(2):
        assert host("nginx") == (set(OTHERS), HELPERS + CHECKERS, [
            "keepalived-check-www.service", "keepalived-track-www.service"])


def test_check_mode_leaves_it(host):
    assert host("nginx", "--check") == ({*OURS, *OTHERS}, HELPERS + CHECKERS, [])


def test_without_a_service_nothing_is_tracked_any_more(host):
    left, helpers, stopped = host("")
    assert helpers == [*HELPERS[2:], *CHECKERS[1:]]
    assert left == {"units/keepalived.service", "units/www.service.d/limits.conf"}
    assert sorted(stopped) == [f"keepalived-{way}-{service}.service"
                               for way in ("check", "track") for service in ("nginx", "www")]


def test_without_a_url_the_service_is_tracked_and_not_asked(host):
    left, helpers, stopped = host("nginx", url="")
    assert left == {*OTHERS} - {*ASKED}
    assert helpers == [*HELPERS, *CHECKERS[1:]]
    assert "keepalived-check-nginx.service" in stopped and "keepalived-track-nginx.service" not in stopped
