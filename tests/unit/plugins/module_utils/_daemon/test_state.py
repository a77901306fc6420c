# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The daemon's own dumps of its state."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._daemon import build, state
from ansible_collections.openvip.cluster.plugins.module_utils._kit import proc

VERSION = """Keepalived v2.2.7 (01/16,2022)

Config options:  NFTABLES LVS VRRP JSON BFD

System options:  VSYSLOG
"""

JSON = [{"data": {
    "iname": "VI_1", "state": 2, "ifp_ifname": "eth1", "vrid": 51, "base_priority": 250, "effective_priority": 250,
    "last_transition": 1795216404.02, "auth_data": "secret",
    "vips": ["198.18.0.100/24 dev eth1 scope global set"], "evips": ["fd00::1/64 dev eth1 scope global"]}, "stats": {}}]

TEXT = """------< VRRP Topology >------
 VRRP Instance = VI_1
   VRRP Version = 3
   State = MASTER
   Wantstate = MASTER
   Last transition = 1795216404.020000 (Fri Nov 20 23:13:24.020323 2026)
   Interface = eth1
   Virtual Router ID = 51
   Priority = 250
   Effective priority = 250
   Virtual IP (1):
     198.18.0.100/24 dev eth1 scope global set
   Virtual IP Excluded :
     fd00::1/64 dev eth1 scope global
   fd_in 15, fd_out 16
   Tracked scripts :
     chk weight 0
------< VRRP Sockpool >------
 fd_in 15 fd_out = 16
   Interface = eth9
"""

EXPECTED = [{
    "name": "VI_1", "state": "MASTER", "interface": "eth1", "virtual_router_id": 51, "priority": 250,
    "effective_priority": 250, "last_transition": 1795216404.02,
    "virtual_ipaddress": [{"address": "198.18.0.100/24", "device": "eth1", "scope": "global", "label": None,
                           "no_track": False, "set": True}],
    "virtual_ipaddress_excluded": [{"address": "fd00::1/64", "device": "eth1", "scope": "global", "label": None,
                                    "no_track": False, "set": False}],
    "stats": {}}]


def test_the_json_dump_is_read_without_the_password():
    assert state.parse_json(json.dumps(JSON)) == EXPECTED


def test_a_half_written_json_dump_is_not_complete():
    assert state.parse_json(json.dumps(JSON)[:-5]) is None


def test_the_text_dump_says_the_same():
    assert state.parse_text(TEXT) == EXPECTED


def test_version_and_build_options():
    found = build.parse(VERSION)
    assert found.version == (2, 2, 7) and "JSON" in found.options and "VSYSLOG" not in found.options


@pytest.mark.parametrize("version, old", [
    (None, False), ((2, 0, 10), True), ((2, 0, 19), True), ((2, 1, 4), True), ((2, 1, 5), False), ((2, 4, 3), False)])
def test_a_version_that_is_too_old_is_named_with_the_oldest_one(version, old):
    sentence = build.too_old(version)
    assert bool(sentence) == old
    assert not old or ("%d.%d.%d is older than 2.1.5" % version in sentence and "Upgrade" in sentence)


def test_a_program_that_is_not_there_or_no_keepalived_is_not_installed():
    assert build.installed("/nonexistent/keepalived") is None
    assert build.installed("/bin/true") is None


def test_a_stale_pid_file_means_not_running(tmp_path):
    stale = tmp_path / "pid"
    stale.write_text("999999999\n")
    assert state.pids(str(stale)) == state.pids(str(tmp_path / "none")) == []


def test_a_pid_file_counts_for_a_process_of_the_name_of_the_program(tmp_path, monkeypatch):
    monkeypatch.setattr(proc, "from_file", lambda path: proc.Process(7, 100))
    monkeypatch.setattr(proc, "program_name", {7: "keepalived"}.get)
    monkeypatch.setattr(state, "OTHER_PID_FILES", ())
    assert state.pids() == state.pids(binary="/opt/keepalived/current/sbin/vrrpd") == [7]
    monkeypatch.setattr(proc, "program_name", {7: "vrrpd"}.get)
    assert state.pids() == [] and state.pids(binary="/opt/keepalived/current/sbin/vrrpd") == [7]
    # closed to a root without CAP_SYS_PTRACE
    monkeypatch.setattr(proc, "program_name", {}.get)
    assert state.pids() == [7]


@pytest.mark.parametrize("given, found", [
    ("/run/keepalived.pid", [1, 2, 3]), ("/run/other.pid", [4])])
def test_the_directory_of_pid_files_counts_where_the_file_is_the_usual_one(tmp_path, monkeypatch, given, found):
    numbers = {"keepalived.pid": 2, "keepalived_lb1.pid": 3, "vrrp.pid": 9}
    for name in numbers:
        (tmp_path / name).touch()
    known = {"/run/keepalived.pid": 1, "/run/other.pid": 4, **{str(tmp_path / name): numbers[name] for name in numbers}}
    monkeypatch.setattr(state, "OTHER_PID_FILES", [
        pattern.replace("/run/keepalived", str(tmp_path), 1) for pattern in state.OTHER_PID_FILES])
    monkeypatch.setattr(proc, "from_file", lambda path: proc.Process(known[path], 100))
    monkeypatch.setattr(proc, "program_name", lambda number: "keepalived")
    assert state.pids(given) == found


@pytest.mark.parametrize("version, environment, directory", [
    ((2, 1, 5), "/var/tmp", "/tmp"), ((2, 2, 4), "/var/tmp", "/tmp"), ((2, 2, 5), "/var/tmp", "/var/tmp"),
    ((2, 3, 3), "/var/tmp/", "/var/tmp"), ((2, 3, 3), "tmp", "/tmp"), ((2, 3, 3), None, "/tmp")])
def test_the_directory_of_the_dumps(version, environment, directory):
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          env={"TMPDIR": environment} if environment else {}) as process:
        process.stdin.write(b"is there\n")
        process.stdin.flush()
        process.stdout.readline()
        path = state._dump_path(process.pid, "keepalived.json", version)
        process.stdin.close()
    assert path == f"/proc/{process.pid}/root{directory}/keepalived.json"


@pytest.mark.parametrize("child", [8, None])
def test_only_the_child_that_speaks_vrrp_is_asked_for_the_text(monkeypatch, child):
    """The parent and the other children would leave their own dumps behind."""
    asked = []

    def find_child(number):
        if child is None:
            raise state.StateError("no pid file")
        return child

    monkeypatch.setattr(state, "_daemon", lambda number: None)
    monkeypatch.setattr(state, "_own", lambda number, *given: given)
    monkeypatch.setattr(state, "_vrrp_child", find_child)
    monkeypatch.setattr(state, "_fresh_dump", lambda *words: asked.append((words[3], words[-1])))
    state.instances(build.parse(VERSION.replace(" JSON", "")), "/usr/sbin/keepalived", 7)
    assert asked == [("DATA", child)]


def test_a_process_runs_its_own_program_only(tmp_path):
    program, copy = shutil.which("sleep"), tmp_path / "sleep"
    shutil.copy(program, copy)
    with subprocess.Popen([program, "60"]) as process:
        assert state.runs(process.pid, program)
        assert not state.runs(process.pid, str(copy)) and not state.runs(process.pid, "/nonexistent")
        process.kill()


@pytest.mark.parametrize("output, asked", [
    ("Keepalived v2.2.7 (01/16,2022)\nConfig options:  VRRP\n", "own"),
    ("not the program, but its loader", "given"),
])
def test_a_daemon_that_waits_for_its_restart_is_asked_in_its_own_way(monkeypatch, output, asked):
    """A signal for JSON would end a keepalived that was built without it."""
    dumps = []
    own = f"/proc/{os.getpid()}/exe"
    monkeypatch.setattr(state, "installed", {own: build.parse(output)}.__getitem__)
    monkeypatch.setattr(state, "_daemon", lambda number: None)
    monkeypatch.setattr(proc, "has_roots_program", lambda number: True)
    monkeypatch.setattr(state, "_fresh_dump", lambda process, build, binary, kind, *rest: dumps.append((binary, kind)))
    state.instances(build.parse(VERSION), "/opt/new/sbin/keepalived", os.getpid())
    assert dumps == [{"own": (own, "DATA"), "given": ("/opt/new/sbin/keepalived", "JSON")}[asked]]
