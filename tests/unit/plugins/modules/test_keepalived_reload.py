# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simultaneous reload: armed, made by its own process, confirmed or rolled back; with a stand-in for keepalived."""

from __future__ import annotations

import json
import os
import signal
import time

import pytest
from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args

from ansible_collections.openvip.cluster.plugins.module_utils._daemon import control
from ansible_collections.openvip.cluster.plugins.module_utils._kit import journal, lock, rollback_unit, transaction
from ansible_collections.openvip.cluster.plugins.modules import keepalived_config, keepalived_reload

CONFIG = {"global_defs": {"router_id": "lb1", "enable_script_security": True, "script_user": "root"},
          "vrrp_instance": [{"name": "VI_1", "interface": "eth1", "virtual_router_id": 51, "priority": 250,
                             "virtual_ipaddress": ["198.18.0.100/24"]}]}


class Host:
    """A host with a running keepalived whose file was written with priority 250."""

    def __init__(self, write, capsys, monkeypatch, log):
        self._write = write
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        self._log = log
        self.path = write.path
        self.takes = log.parent / "takes"
        self.takes.touch()
        for event in ("hang_up", "stop", "start", "reload"):
            monkeypatch.setattr(control, event, self._event(event))
        monkeypatch.setattr(control, "confirm", self._confirm)
        # Whoever forks has another parent; the daemon is the process that runs the tests.
        number = os.getpid()
        monkeypatch.setattr(control, "running", lambda *dummy, **more: number)

    def _event(self, what):
        def happen(*dummy):
            with open(self._log, "a", encoding="ascii") as stream:
                stream.write(f"{what} {time.time()}\n")
            return ""

        return happen

    def _confirm(self, *dummy):
        if not self.takes.exists():
            raise control.ReloadError("keepalived did not take it")
        return ""

    def events(self):
        """Return what happened to the daemon, with the times."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return [(line.split()[0], float(line.split()[1])) for line in lines]

    def arm(self, **options):
        """Arm a change to priority 200."""
        instance = dict(CONFIG["vrrp_instance"][0], priority=200)
        return self._write(config=dict(CONFIG, vrrp_instance=[instance]), **options)

    def ask(self, armed, check=False, **options):
        """Run keepalived_reload."""
        self._monkeypatch.setattr(basic, "_ANSIBLE_ARGS", None, raising=False)
        with patch_module_args({"identifier": armed["reload_identifier"], "_ansible_check_mode": check, **options}), \
                pytest.raises(SystemExit):
            keepalived_reload.main()
        return json.loads(self._capsys.readouterr().out)

    def priority(self):
        return self.path.read_text().partition("priority ")[2].split()[0]


@pytest.fixture
def host(module_on_host, capsys, monkeypatch, tmp_path):
    write = module_on_host(keepalived_config, config=CONFIG)
    write(reload=False)
    journal.remove("keepalived", journal.OWED)
    return Host(write, capsys, monkeypatch, tmp_path / "events")


def test_it_is_made_at_its_time_and_kept_when_it_is_confirmed(host):
    at = time.time() + 1
    armed = host.arm(reload_at=at)
    assert armed["changed"] and not armed["reloaded"] and time.time() < at
    assert host.priority() == "250" and host.events() == []
    reloaded = host.ask(armed)
    assert [what for what, when in host.events()] == ["hang_up"] and not reloaded["changed"]
    assert at <= host.events()[0][1] <= reloaded["reloaded_at"] < at + 0.5 and host.priority() == "200"
    assert host.ask(armed, check=True, state="confirmed")["changed"]
    confirmed = host.ask(armed, state="confirmed")
    assert confirmed["changed"] and confirmed["state"] == "confirmed"
    with open(confirmed["backup_file"], encoding="utf-8") as stream:
        assert "priority 250" in stream.read()
    assert not host.ask(armed, state="confirmed")["changed"]
    again = host.arm(reload_at=time.time())
    assert not again["changed"] and again["reload_identifier"] is None


def test_without_a_confirmation_it_rolls_back_by_itself(host):
    armed = host.arm(reload_at=time.time(), confirm_within=0.5)
    deadline = time.monotonic() + 10
    while len(host.events()) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    failed = host.ask(armed, state="confirmed")
    assert failed["failed"] and "nobody confirmed it within 0.5 s" in failed["msg"] and not failed["changed"]
    assert [what for what, when in host.events()] == ["hang_up", "reload"] and host.priority() == "250"


def test_it_is_rolled_back_at_the_time_that_the_controller_sets(host):
    armed = host.arm(reload_at=time.time())
    host.ask(armed)
    at = time.time() + 0.5
    rolled_back = host.ask(armed, state="rolled_back", at=at)
    assert rolled_back["changed"] and rolled_back["state"] == "rolled back" and host.priority() == "250"
    assert [what for what, when in host.events()] == ["hang_up", "reload"] and host.events()[1][1] >= at


def test_a_plan_waits_for_the_end_of_an_armed_change(host):
    """With what the host has in the midst of it, a change that peers see would pass for one that they do not see."""
    armed = host.arm(reload_at=time.time(), confirm_within=0.5)
    host.ask(armed)
    assert host.priority() == "200"
    plan = host.arm(check=True)
    assert host.priority() == "250" and plan["changed"] and "priority 250" in plan["diff"]["before"]


def test_a_plan_reads_what_a_killed_change_leaves_to_the_next_run(host, monkeypatch):
    plan = host.arm(check=True)
    monkeypatch.setattr(transaction, "at", lambda point: point == "force" and os.kill(os.getpid(), signal.SIGKILL))
    armed = host.arm(reload_at=time.time())
    assert host.ask(armed, timeout=0.5)["failed"] and host.priority() == "200"
    monkeypatch.setattr(transaction, "at", lambda point: None)
    again = host.arm(check=True)
    assert host.priority() == "200" and again["changed"] and "priority 250" in again["diff"]["before"]
    assert again["former_checksum"] == plan["former_checksum"]
    healed = host.arm(former_checksum=again["former_checksum"])
    assert healed["changed"] and healed["reloaded"] and host.priority() == "200"


def test_it_is_called_off_before_its_time(host):
    armed = host.arm(reload_at=time.time() + 60)
    called_off = host.ask(armed, state="rolled_back")
    assert called_off["state"] == "rolled back" and host.priority() == "250" and host.events() == []


def test_who_does_not_take_it_stays_apart_until_the_others_have_the_former_one(host):
    host.takes.unlink()
    armed = host.arm(reload_at=time.time())
    failed = host.ask(armed)
    assert failed["failed"] and failed["stopped"] and "keepalived did not take it" in failed["msg"]
    assert [what for what, when in host.events()] == ["hang_up", "stop"] and host.priority() == "250"
    assert host.ask(armed, state="rolled_back", at=time.time() + 0.2)["state"] == "rolled back"
    assert [what for what, when in host.events()] == ["hang_up", "stop", "start"]


def test_a_time_by_another_clock_is_rejected(host):
    refused = host.arm(reload_at=time.time() + 3600)
    assert refused["failed"] and "ahead of the clock of this host" in refused["msg"] and not refused["changed"]
    assert host.priority() == "250" and os.listdir(host.path.parent) == ["keepalived.conf"]


def test_a_lost_connection_changes_nothing(host, tmp_path):
    """The process is in a session of its own, and outlives the hang-up of the one that armed it."""
    answer = tmp_path / "answer"
    child = os.fork()
    if child == 0:
        os.setsid()
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        answer.write_text(json.dumps(host.arm(reload_at=time.time() + 0.5)))
        os.killpg(0, signal.SIGHUP)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == signal.SIGHUP
    armed = json.loads(answer.read_text())
    host.ask(armed)
    assert host.ask(armed, state="confirmed")["state"] == "confirmed" and host.priority() == "200"


def test_a_process_that_was_killed_is_healed_by_the_next_run(host, monkeypatch):
    monkeypatch.setattr(transaction, "at", lambda point: point == "force" and os.kill(os.getpid(), signal.SIGKILL))
    armed = host.arm(reload_at=time.time())
    deadline = time.monotonic() + 10
    while host.priority() != "200":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert host.ask(armed, timeout=0.5)["failed"]
    monkeypatch.setattr(transaction, "at", lambda point: None)
    healed = host._write()
    assert healed["changed"] and healed["reloaded"] and host.priority() == "250" and not host._write()["changed"]


@pytest.mark.parametrize("point", ["ready", "force", "owed"])
@pytest.mark.parametrize("rebooted", [False, True])
def test_a_process_that_was_killed_or_a_boot_does_not_keep_the_change(host, monkeypatch, point, rebooted):
    host.takes.unlink()
    pid = os.getpid()

    def kill(here):
        if here == point and os.getpid() != pid:
            os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(transaction, "at", kill)
    armed = host.arm(reload_at=time.time(), confirm_within=60)
    begin = time.monotonic()
    failed = host.ask(armed)
    assert failed["failed"] and time.monotonic() - begin < 10
    if rebooted:
        os.unlink(os.path.join(lock.DIRECTORY, "reload.json"))
    at = time.time() + 0.3
    rolled_back = host.ask(armed, state="rolled_back", at=at)
    assert time.time() >= at or rebooted
    assert host.priority() == "250"
    if rebooted and point == "owed":
        # It was rolled back before the host was rebooted.
        assert "no simultaneous reload" in rolled_back["msg"]
    else:
        assert rolled_back["state"] == "rolled back" and rolled_back["changed"], rolled_back
        assert "was killed" in rolled_back["reason"]
        assert ("reload" in [what for what, when in host.events()]) is (point != "ready")
    host.takes.touch()
    assert host._write()["reloaded"] and not host._write()["changed"]


def test_a_host_that_is_prepared_keeps_the_change_by_itself(host):
    armed = host.arm(reload_at=time.time(), confirm_within=1.5)
    assert host.ask(armed)["state"] == "changed"
    assert host.ask(armed, check=True, state="prepared")["changed"]
    prepared = host.ask(armed, state="prepared")
    assert prepared["state"] == "prepared" and prepared["changed"] and not host.ask(armed, state="prepared")["changed"]
    assert host.ask(armed)["state"] == "prepared"
    assert host.ask(armed, state="confirmed")["state"] == "confirmed" and host.priority() == "200"


def test_a_host_that_hears_nothing_after_it_was_prepared_keeps_the_change(host):
    armed = host.arm(reload_at=time.time(), confirm_within=0.7)
    host.ask(armed)
    host.ask(armed, state="prepared")
    wait_for_end()
    assert host.ask(armed)["state"] == "confirmed" and host.priority() == "200"
    assert [what for what, when in host.events()] == ["hang_up"]


def test_a_host_that_is_prepared_is_rolled_back_if_the_controller_wants_that(host):
    armed = host.arm(reload_at=time.time())
    host.ask(armed)
    host.ask(armed, state="prepared")
    assert host.ask(armed, state="rolled_back")["state"] == "rolled back" and host.priority() == "250"
    failed = host.ask(armed, state="prepared")
    assert failed["failed"] and "not prepared, but rolled back" in failed["msg"]


def wait_for_end():
    """Wait until the process that makes the change has ended."""
    with lock.locked(lock.host_path(), 10, "a test"):
        pass


@pytest.mark.parametrize("prepared", [False, True])
@pytest.mark.parametrize("then", ["confirmed", "rolled_back", None])
def test_what_was_prepared_decides_about_a_process_that_was_killed(host, prepared, then):
    armed = host.arm(reload_at=time.time())
    host.ask(armed)
    if prepared:
        host.ask(armed, state="prepared")
    with open(os.path.join(lock.DIRECTORY, "reload.json"), encoding="utf-8") as stream:
        os.kill(json.load(stream)["process"][0], signal.SIGKILL)
    wait_for_end()
    failed = host.ask(armed, state="prepared")
    assert prepared or (failed["failed"] and "the process that made the change was killed" in failed["msg"])
    answer = host.ask(armed, state=then) if then else None
    kept = prepared and then != "rolled_back"
    if then == "confirmed":
        assert ("failed" not in answer and answer["state"] == "confirmed") is prepared
    elif then:
        assert answer["state"] == "rolled back" and answer["changed"]
    with transaction.Transaction("another"):
        assert host.priority() == ("200" if kept else "250")


@pytest.mark.parametrize("point", ["keep", "done", "cleaned 0"])
@pytest.mark.parametrize("then", ["confirmed", "rolled_back"])
def test_a_change_that_was_committed_by_a_process_that_was_killed_is_reported_as_it_is(host, monkeypatch, point, then):
    pid = os.getpid()

    def kill(here):
        if here == point and os.getpid() != pid:
            os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(transaction, "at", kill)
    armed = host.arm(reload_at=time.time())
    host.ask(armed)
    prepared = host.ask(armed, state="prepared")
    assert (prepared["state"] == "prepared") is (point != "keep")
    if point != "keep":
        host.ask(armed, state="confirmed")
        wait_for_end()
    answer = host.ask(armed, state=then)
    kept = point != "keep" or then == "confirmed"
    assert answer["state"] == ("confirmed" if kept else "rolled back") and host.priority() == ("200" if kept else "250")
    assert answer.get("failed", False) is (kept and then == "rolled_back")


def test_a_run_that_waits_is_told_what_holds_the_host_and_until_when(host, monkeypatch):
    monkeypatch.setattr(transaction.Transaction.__init__, "__defaults__",
                        (0.1, *transaction.Transaction.__init__.__defaults__[1:]))
    armed = host.arm(reload_at=time.time(), confirm_within=60)
    host.ask(armed)
    failed = host._write()
    assert failed["failed"] and not failed["changed"]
    for words in ("a simultaneous reload of keepalived (process ", "waits for its confirmation until 20",
                  " UTC and rolls back then", "Wait until then, or end it now on all hosts of the cluster with "
                  f"openvip.cluster.keepalived_reload (identifier {armed['reload_identifier']}, "):
        assert words in failed["msg"], failed["msg"]
    host.ask(armed, state="prepared")
    assert " UTC and keeps the change then" in host._write()["msg"]
    host.ask(armed, state="confirmed")


@pytest.fixture
def systemd(tmp_path, monkeypatch):
    """A host with systemd: what it was asked, with stand-ins for its programs."""
    units, programs = tmp_path / "units", tmp_path / "bin"
    for directory in (units, programs):
        directory.mkdir()
    calls = tmp_path / "calls"
    for name in ("systemctl", "systemd-run"):
        (programs / name).write_text(
            f'#!/bin/sh\necho "{name} $*" $(grep -o "priority .*" {tmp_path}/etc/keepalived.conf) >>{calls}\n')
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setattr(rollback_unit, "UNITS", str(units))
    monkeypatch.setattr(rollback_unit, "BOOTED", str(units))
    return units, calls


@pytest.mark.parametrize("state", ["confirmed", "rolled_back"])
def test_the_host_is_armed_before_the_change_and_not_after_it(host, systemd, state):
    units, calls = systemd
    at = time.time()
    armed = host.arm(reload_at=at, confirm_within=20)
    link = units / "multi-user.target.wants" / "openvip-rollback.service"
    assert link.read_text() == (units / "openvip-rollback.service").read_text()
    assert rollback_unit.armed()["identifier"] == armed["reload_identifier"]
    (line,) = [line for line in calls.read_text().splitlines() if "--on-active=" in line]
    assert line.endswith("priority 250")
    seconds = float(line.partition("--on-active=")[2].split()[0])
    # it starts early, and waits for the deadline
    assert at + 20 <= time.time() + seconds + rollback_unit.EARLY and seconds <= 20 - rollback_unit.EARLY
    left = rollback_unit.armed()["deadline"] - time.clock_gettime(time.CLOCK_BOOTTIME)
    assert at + 20 - 0.1 <= time.time() + left <= at + 20.5
    host.ask(armed)
    host.ask(armed, state=state)
    wait_for_end()
    assert [path for path in units.rglob("*") if not path.is_dir()] == [] and not rollback_unit.armed()
    last = calls.read_text().splitlines()[-1]
    assert last.startswith("systemctl stop openvip-rollback-deadline.timer")
    assert host._write.warned == []


def test_the_next_run_ends_what_is_armed_for_a_process_that_was_killed(host, systemd, monkeypatch):
    units, dummy = systemd
    monkeypatch.setattr(transaction, "at", lambda point: point == "force" and os.kill(os.getpid(), signal.SIGKILL))
    host.arm(reload_at=time.time())
    wait_for_end()
    monkeypatch.setattr(transaction, "at", lambda point: None)
    assert rollback_unit.armed() and host._write(check=True)["changed"] and rollback_unit.armed()
    assert host._write()["reloaded"] and host.priority() == "250"
    assert not rollback_unit.armed() and [path for path in units.rglob("*") if not path.is_dir()] == []


def test_a_host_that_cannot_be_armed_is_not_changed(host, systemd):
    (systemd[0].parent / "bin" / "systemd-run").write_text("#!/bin/sh\necho no bus; exit 1\n")
    refused = host.arm(reload_at=time.time())
    assert refused["failed"] and "systemd-run failed: no bus" in refused["msg"] and not refused["changed"]
    assert host.priority() == "250" and host.events() == [] and not rollback_unit.armed()


def test_a_host_without_systemd_is_named(host):
    armed = host.arm(reload_at=time.time())
    assert any("systemd is not the init system of this host" in warning for warning in host._write.warned)
    host.ask(armed, state="confirmed")


def test_a_change_that_this_host_does_not_know(host):
    failed = host.ask({"reload_identifier": "never armed"}, timeout=0)
    assert failed["failed"] and "no simultaneous reload with that identifier" in failed["msg"]
