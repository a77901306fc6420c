# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module drill_fault, with stand-ins for the programs of the host: the watchdog, the fault, the undoing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args

from ansible_collections.openvip.cluster.plugins.module_utils._drill import fault_module, inject
from ansible_collections.openvip.cluster.plugins.module_utils._kit import undo_script
from ansible_collections.openvip.cluster.plugins.modules import drill_fault

PROGRAM = '#!/bin/sh\necho "$(basename "$0") $*" >>%s\n%s\n'


@pytest.fixture
def process():
    """A process that can be stopped."""
    with subprocess.Popen(["sleep", "60"]) as started:
        yield started
        started.kill()


@pytest.fixture
def host(tmp_path, monkeypatch, capsys, process):
    """A host on which that process is the service; C(run) runs the module, C(log) is what programs were called."""
    log = tmp_path / "log"
    log.touch()
    directory = tmp_path / "run"
    directory.mkdir(mode=0o700)
    programs = tmp_path / "bin"
    programs.mkdir()

    def program(name, text="exit 0"):
        (programs / name).write_text(PROGRAM % (log, text))
        (programs / name).chmod(0o755)

    for name in ("systemctl", "systemd-run", "nft"):
        program(name)
    program("ip", """echo '[{"ifname": "lo", "flags": ["UP"]}]'""")
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setattr(undo_script, "PATH", os.environ["PATH"])
    monkeypatch.setattr(undo_script, "LIMIT", 1)
    monkeypatch.setattr(fault_module.timed_undo.TimedUndo.__init__, "__defaults__", (str(directory),))
    monkeypatch.setattr(fault_module, "of_unit", lambda unit: [process.pid])

    def run(check=False, **options):
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", None, raising=False)
        arguments = dict(options, _ansible_check_mode=check, _ansible_remote_tmp=str(tmp_path))
        with patch_module_args(arguments), pytest.raises(SystemExit):
            drill_fault.main()
        return json.loads(capsys.readouterr().out)

    run.log = lambda: log.read_text().splitlines()
    run.program = program
    run.left = lambda: sorted(set(os.listdir(directory)) - {"drill-undo.lock"})
    run.script = directory / "drill-undo"
    return run


def state(process):
    """The state of a process in the kernel's letter."""
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as stream:
        return stream.read().rpartition(")")[2].split()[0]


def test_the_watchdog_is_armed_before_the_fault_and_disarmed_after_its_undoing(host, process):
    result = host(fault="service_stop", service="nginx", seconds=7)
    assert result["changed"] and result["seconds"] == 7 and result["at_ns"] > 0
    calls = host.log()
    watchdog = next(number for number, call in enumerate(calls) if call.startswith("systemd-run"))
    assert "--on-active=7s" in calls[watchdog] and f"/bin/sh {host.script} expired" in calls[watchdog]
    assert "--on-unit-inactive=5s" in calls[watchdog]
    assert calls.index("systemctl stop nginx.service") > watchdog and host.script.exists()
    result = host(state="undone")
    assert result["changed"] and result["fault"] == "service_stop" and not host.script.exists()
    assert host.log()[-2:] == ["systemctl --quiet is-active nginx.service", "systemctl stop openvip-drill-undo.timer"]
    assert not host.left()
    assert not host(state="undone")["changed"]


def test_a_process_that_was_stopped_before_stays_so(host, process, monkeypatch):
    with subprocess.Popen(["sleep", "60"]) as stopped:
        try:
            os.kill(stopped.pid, signal.SIGSTOP)
            os.waitpid(stopped.pid, os.WUNTRACED)
            monkeypatch.setattr(fault_module, "of_unit", lambda unit: [process.pid, stopped.pid])
            assert host(fault="service_hang", service="nginx")["changed"]
            os.waitpid(process.pid, os.WUNTRACED)
            assert host(state="undone")["changed"]
            assert state(process) == "S" and state(stopped) == "T"
        finally:
            stopped.kill()


def test_a_service_that_does_not_start_is_not_called_undone(host, process):
    host(fault="service_stop", service="nginx")
    host.program("systemctl", 'case "$*" in *timer) ;; *) echo no; exit 1 ;; esac')
    result = host(state="undone")
    assert result["failed"] and result["msg"] == (
        "service_stop is not undone. Not undone: nginx.service is not active. This host tries again every 5 seconds "
        "(systemctl list-timers openvip-drill-undo.timer).")
    assert "drill-undo" in host.left()
    # and where the timer has gone, too, there is one again
    host.program("systemctl", "exit 1")
    assert "This host tries again every 5 seconds" in host(state="undone")["msg"]
    assert "--on-active=5s" in host.log()[-1]
    host.program("systemd-run", "echo no bus; exit 1")
    result = host(state="undone")
    assert f"No timer tries again (systemd-run failed: no bus): run sh {host.script} on this host" in result["msg"]
    host.program("systemctl")
    assert host(state="undone")["changed"] and not host.left()


def test_a_fault_that_fails_and_is_not_undone_is_reported(host):
    host.program("systemctl", """case "$*" in
        *timer) ;;
        'stop nginx.service') touch "$(dirname "$0")/failed"; echo broken; exit 1 ;;
        *) ! [ -e "$(dirname "$0")/failed" ] ;;
    esac""")
    result = host(fault="service_stop", service="nginx")
    assert result["failed"] and result["msg"] == (
        "service_stop could not be injected, and is not undone: systemctl stop nginx.service failed: broken Not "
        "undone: nginx.service is not active. This host tries again every 5 seconds (systemctl list-timers "
        "openvip-drill-undo.timer).")


def test_what_stops_with_a_service_starts_with_it(host):
    host.program("systemctl", "case $2 in --property=RequiredBy) echo exporter.service; echo; echo idle.service; esac;"
                 'case "$*" in *is-active*idle*) exit 3 ;; esac')
    host(fault="service_stop", service="nginx")
    text = host.script.read_text()
    assert "systemctl start exporter.service" in text and "idle" not in text


def test_a_script_of_somebody_else_is_not_run(host, tmp_path):
    host.script.write_text(f"touch {tmp_path}/ran")
    for options in ({"state": "undone"}, {"fault": "service_stop", "service": "nginx"}):
        result = host(**options)
        assert result["failed"] and f"{host.script} is not a script of this collection" in result["msg"]
    assert not (tmp_path / "ran").exists()


def test_a_process_of_another_start_is_left_alone(host, process):
    with pytest.raises(OSError, match="failed"):
        fault_module.take(inject.Step(("false",), whole=False, number="SIGKILL", processes=[(process.pid, 1)]))
    assert process.poll() is None


def test_a_hung_service_really_stops(host, process):
    host(fault="service_hang", service="nginx")
    assert os.WIFSTOPPED(os.waitpid(process.pid, os.WUNTRACED)[1])
    os.kill(process.pid, signal.SIGCONT)


def test_there_is_no_fault_without_a_watchdog(host, process):
    host.program("systemd-run", "echo no bus >&2; exit 1")
    result = host(fault="service_hang", service="nginx")
    assert result["failed"] and "watchdog cannot be armed: systemd-run failed: no bus" in result["msg"]
    assert state(process) != "T" and not host.script.exists()


def test_a_fault_that_fails_is_undone_at_once(host, process):
    host.program("nft", "test $1 = list")
    result = host(fault="freeze", service="nginx", interface="lo", addresses=["198.18.0.100"])
    assert result["failed"] and "freeze could not be injected, and is undone: nft --file - failed" in result["msg"]
    assert state(process) != "T" and not host.script.exists()
    assert "systemctl stop openvip-drill-undo.timer" in host.log()


def test_a_second_fault_is_refused(host):
    host(fault="service_stop", service="nginx")
    result = host(fault="keepalived_stop")
    assert result["failed"] and "The fault service_stop is in force on this host. Undo it" in result["msg"]


def test_check_mode_does_nothing(host):
    assert host(check=True, fault="service_stop", service="nginx")["changed"]
    assert not any(call.startswith(("systemd-run", "systemctl stop")) for call in host.log())
    assert not host.script.exists()


def test_check_mode_says_what_would_be_refused(host, monkeypatch):
    host(fault="service_stop", service="nginx")
    result = host(check=True, fault="keepalived_stop")
    assert result["failed"] and "The fault service_stop is in force on this host." in result["msg"]
    host(state="undone")
    monkeypatch.setattr(basic.AnsibleModule, "get_bin_path", lambda module, name, *more, **named: (
        None if name in ("nft", "systemd-run") else f"/bin/{name}"))
    ways = ["lo"]
    monkeypatch.setattr(fault_module, "look", lambda module: {
        "nft": None, "tables": {}, "iptables": [], "active": [], "dependents": {}, "main": {}, "processes": {},
        "running": {}, "way_in": ways, "up": True, "addresses": [], "routes": []})
    for fault, message in (("freeze", "freeze needs the program nft"), ("link_down", "Ansible comes in by lo"),
                           ("keepalived_stop", "no process of keepalived.service runs")):
        result = host(check=True, fault=fault, interface="lo", addresses=["198.18.0.100"])
        assert result["failed"] and message in result["msg"]
    ways.clear()
    result = host(check=True, fault="link_down", interface="lo", addresses=["198.18.0.100"])
    assert result["failed"] and "watchdog cannot be armed: this host has no systemd-run" in result["msg"]


@pytest.mark.parametrize(("options", "message"), [
    ({"fault": "service_stopped"}, 'Did you mean "service_stop"?'),
    ({"fault": "service_stop"}, "service_stop needs service."),
    ({"fault": "freeze"}, "freeze needs interface and addresses."),
    ({"fault": "keepalived_stop", "seconds": 46}, "seconds 46: must be 1 to 45."),
    ({"fault": "freeze", "interface": "lo", "addresses": ["fe80::9%x accept\nflush ruleset"]}, "must not have a scope"),
    ({"fault": "freeze", "interface": "lo", "addresses": ["::/0"]}, "address '::/0': is not an IP address"),
    ({"fault": "freeze", "interface": 'lo" priority 0', "addresses": ["::2"]}, "is not the name of an interface"),
    ({"fault": "link_down", "interface": "eht1", "addresses": ["::2"]}, "interface eht1: does not exist on this host"),
    ({"fault": "service_stop", "service": "-Hevil"}, "unit '-Hevil': is not the name of a unit"),
    ({"fault": "service_stop", "service": "ngin*"}, "unit 'ngin*': is not the name of a unit"),
    ({"fault": "service_stop", "service": "nginx\nmariadb"}, "is not the name of a unit"),
    ({"fault": "service_stop", "service": "n" * 250}, "is longer than 255 characters"),
    ({"fault": "keepalived_stop", "keepalived": ""}, "unit '': is not the name of a unit"),
    ({"fault": "partition", "files": ["/a\nb"]}, "files: '/a\\nb' is not an absolute path"),
    ({}, "state is injected but all of the following are missing: fault"),
])
def test_wrong_options_are_refused(host, options, message):
    result = host(**options)
    assert result["failed"] and message in result["msg"] and not host.script.exists()


def test_the_way_in_is_found_among_the_ancestors():
    code = ("import os; from ansible_collections.openvip.cluster.plugins.module_utils._drill import fault_module;"
            "print(fault_module.server_address(os.getpid()))")
    command = f"exec env --unset=SSH_CONNECTION {sys.executable} -c '{code}'"
    done = subprocess.run(["sh", "-c", f"({command}); exit $?"], check=True, capture_output=True, text=True,
                          env=dict(os.environ, SSH_CONNECTION="198.51.100.9 5000 198.18.0.11 22",
                                   PYTHONPATH=os.pathsep.join(sys.path)))
    assert done.stdout == "198.18.0.11\n"
    listed = [{"ifname": "eth1", "addr_info": [{"local": "198.18.0.11"}]}, {"ifname": "eth0", "addr_info": []}]
    assert fault_module.having(listed, "198.18.0.11") == ["eth1"]
