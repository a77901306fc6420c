# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""keepalived_config: plan, show, validate, write; with a stand-in for the program keepalived."""

from __future__ import annotations

import json
import os
import stat
import time

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._daemon import control
from ansible_collections.openvip.cluster.plugins.modules import keepalived_config

CONFIG = {
    "global_defs": {"router_id": "lb1", "enable_script_security": True, "script_user": "root"},
    "vrrp_instance": [{
        "name": "VI_1", "state": "BACKUP", "interface": "eth1", "virtual_router_id": 51, "priority": 250,
        "authentication": {"auth_type": "PASS", "auth_pass": "Xq7secre"},
        "virtual_ipaddress": ["198.18.0.100/24"]}],
}


def config(**keys):
    return dict(CONFIG, vrrp_instance=[dict(CONFIG["vrrp_instance"][0], **keys)])


@pytest.fixture
def host(module_on_host):
    """A host without a keepalived.conf; calling it runs the module."""
    return module_on_host(keepalived_config, config=CONFIG)


def test_four_runs_check_run_check_run(host):
    check = host(check=True)
    assert check["changed"] and check["differs"] and not host.path.exists()
    first = host()
    assert first["changed"] and first["diff"] == check["diff"]
    written = host.path.read_text()
    assert stat.S_IMODE(host.path.stat().st_mode) == 0o600
    assert "virtual_router_id 51" in written and "198.18.0.100/24" in written
    again_check = host(check=True)
    again = host()
    assert not again_check["changed"] and not again["changed"] and not again["differs"]
    assert host.path.read_text() == written and again["backup_file"] is None


def test_a_change_keeps_the_former_file_and_shows_the_difference(host):
    host()
    before = host.path.read_text()
    changed = host(config=config(priority=240))
    assert changed["changed"] and not changed["reloaded"]
    with open(changed["backup_file"]) as stream:
        assert stream.read() == before
    assert stat.S_IMODE(os.stat(changed["backup_file"]).st_mode) == 0o600
    assert "priority 250" in changed["diff"]["before"] and "priority 240" in changed["diff"]["after"]


def test_a_change_of_another_file_than_it_was_planned_for_is_refused(host):
    planned = host(check=True)["former_checksum"]
    assert planned == "" and host(former_checksum=planned)["changed"]
    planned = host(check=True, config=config(priority=240))["former_checksum"]
    host(config=config(virtual_router_id=52))
    written = host.path.read_text()
    for check in (True, False):
        refused = host(check=check, config=config(priority=240), former_checksum=planned)
        assert refused["failed"] and not refused["changed"]
        assert "another run or somebody has changed it" in refused["msg"]
        assert host.path.read_text() == written


def test_no_password_in_any_output(host):
    first = host()
    second = host(config=config(authentication={"auth_type": "PASS", "auth_pass": "Zw9other"}))
    assert "Zw9other" in host.path.read_text()
    assert second["changed"] and "a masked value differs" in second["diff"]["after"]
    for result in (first, second):
        assert "Xq7secre" not in json.dumps(result) and "Zw9other" not in json.dumps(result)


def test_a_mode_that_others_can_read_is_tightened(host):
    host()
    host.path.chmod(0o644)
    check = host(check=True)
    assert check["changed"] and check["differs"] and stat.S_IMODE(host.path.stat().st_mode) == 0o644
    assert host()["changed"] and stat.S_IMODE(host.path.stat().st_mode) == 0o600
    assert not host()["changed"]


@pytest.mark.parametrize("word, expected", [
    ("refuse_me", "keepalived.conf:23: Unknown keyword 'refuse_me'"),
    ("die_me", "signal 11"),
    ("hang_me", "did not end"),
])
def test_what_keepalived_refuses_never_reaches_the_file(host, word, expected):
    host()
    before = host.path.read_text()
    refused = host(config=dict(CONFIG, raw=[word]), config_test_timeout=0.5)
    assert refused["failed"] and not refused["changed"] and expected in refused["msg"]
    assert host.path.read_text() == before
    assert sorted(os.listdir(host.path.parent)) == ["keepalived.conf"]


@pytest.mark.parametrize("keys, words", [
    ({"virtual_router_id": 300}, ["VI_1", "virtual_router_id", "300", "1-255"]),
    ({"virtual_ipaddress": ["198.18.0.500/24"]}, ["VI_1", "198.18.0.500"]),
    ({"authentication": {"auth_type": "PASS", "auth_pass": "ninechars"}}, ["VI_1", "auth_pass", "8"]),
    ({"advert_int": 0.1}, ["VI_1", "advert_int", "version"]),
    ({"nopreempt": True, "state": "MASTER"}, ["VI_1", "nopreempt", "BACKUP"]),
])
def test_wrong_values_are_refused_before_anything_changes(host, keys, words):
    refused = host(config=config(**keys))
    assert refused["failed"] and not host.path.exists()
    for word in words:
        assert word in refused["msg"], refused["msg"]


def test_a_link_stays_a_link_and_its_target_is_written(host):
    target = host.path.with_name("target.conf")
    host()
    host.path.rename(target)
    host.path.symlink_to(target)
    assert not host()["changed"]
    assert host(config=config(priority=240))["changed"]
    assert host.path.is_symlink() and "priority 240" in target.read_text()


def test_without_keepalived_only_check_mode_is_content(host):
    host.binary.unlink()
    assert host(check=True)["changed"]
    refused = host()
    assert refused["failed"] and "Install keepalived first" in refused["msg"] and not host.path.exists()
    assert host(config_test=False)["changed"] and host.path.exists()


def test_a_directory_that_is_not_there_is_a_clear_error(host):
    refused = host(path=str(host.path.parent / "missing" / "keepalived.conf"))
    assert refused["failed"] and "missing" in refused["msg"]


def test_a_file_is_judged_for_the_version_that_is_yet_to_be_installed(host):
    newer = dict(CONFIG, global_defs=dict(CONFIG["global_defs"], use_symlink_paths=True))
    assert not host(config=newer, check=True).get("failed")
    refused = host(config=newer, version="2.2.7")
    assert refused["failed"] and "2.3" in refused["msg"] and not host.path.exists()
    host.binary.unlink()
    assert host(config=newer, version="2.3.3", check=True)["changed"]
    wrong = host(version="latest")
    assert wrong["failed"] and "'latest' is no version of keepalived. Give three numbers" in wrong["msg"]


@pytest.mark.parametrize("check", [False, True])
def test_a_keepalived_that_is_too_old_is_refused(host, check):
    host.binary.write_text(host.binary.read_text().replace("v2.3.3", "v2.0.19"))
    refused = host(config=CONFIG, check=check)
    assert refused["failed"] and not host.path.exists()
    assert "keepalived 2.0.19 is older than 2.1.5, the oldest version that is supported" in refused["msg"]
    host.binary.write_text(host.binary.read_text().replace("v2.0.19", "v2.1.5"))
    assert host(config=CONFIG, check=check)["changed"]


def test_what_keepalived_remarks_is_a_warning_with_the_remedy(host):
    host.binary.write_text(host.binary.read_text().replace(
        "--config-test)\n", "--config-test)\n        echo '(VI_1) No VIP specified; at least one is sensible'\n"))
    remark = "(VI_1) No VIP specified; at least one is sensible. Add virtual_ipaddress."
    assert host(config=CONFIG)["config_test"] == [remark]
    assert host.warned == [remark]


def test_a_file_that_stays_is_tested_while_another_keepalived_runs(host, monkeypatch):
    config = dict(CONFIG, raw=["refuse_me"])
    host(config=config, config_test=False)
    assert not host(config=config, reload=False).get("failed")
    monkeypatch.setattr(control, "running", lambda *dummy, **more: os.getpid())
    refused = host(config=config, reload=False)
    assert refused["failed"] and "Unknown keyword 'refuse_me'" in refused["msg"]


class Daemon:
    """Stands for the daemon that the module signals: what happened to it, and when."""

    def __init__(self, monkeypatch, takes=True):
        self.events = []
        monkeypatch.setattr(control, "running", lambda *dummy, **more: os.getpid())
        monkeypatch.setattr(control, "hang_up", lambda number: self._event("hang_up"))
        monkeypatch.setattr(control, "reload", lambda unit, number: self._event("reload"))
        monkeypatch.setattr(control, "stop", lambda unit, number: self._event("stop"))
        monkeypatch.setattr(control, "confirm", lambda *unused: self._confirm(takes))

    def _event(self, what):
        self.events.append((what, time.time()))

    def _confirm(self, takes):
        if not takes:
            raise control.ReloadError("keepalived did not take it")
        return ""


def test_what_peers_see_of_a_change_is_told_only_where_keepalived_runs(host, monkeypatch):
    host()
    changed = config(authentication={"auth_type": "PASS", "auth_pass": "Another1"})
    assert host(check=True, config=changed)["advertised"] == []
    Daemon(monkeypatch)
    told = host(check=True, config=changed)
    assert told["advertised"] == ["vrrp_instance VI_1: authentication changes (passwords are not shown)."]
    assert told["window"] == pytest.approx(2 + 6 / 256)
    assert host(check=True, config=config(priority=200))["advertised"] == []


def test_a_former_file_is_put_back(host, monkeypatch):
    host()
    before = host.path.read_text()
    kept = host(config=config(priority=200))["backup_file"]
    daemon = Daemon(monkeypatch)
    check = host(check=True, config={}, put_back=kept)
    assert check["changed"] and daemon.events == []
    assert host(config={}, put_back=kept)["reloaded"] and host.path.read_text() == before
    assert not host(config={}, put_back=kept)["changed"]
    missing = host(config={}, put_back=kept + ".gone")
    assert missing["failed"] and "does not exist" in missing["msg"]


@pytest.mark.parametrize("key", ["hex:" + "a7" * 32, "hex:" + "a7" * 15, "thirty-two-bytes-that-nobody-see", "short"])
def test_no_key_in_any_output(host, key):
    signed = config(auth_hmac={"key": [f"1 {key}"], "active_key": 1})
    del signed["vrrp_instance"][0]["authentication"]
    for check in (True, False):
        result = host(config=signed, version="2.4.3", check=check)
        assert key not in json.dumps(result)
    written = host.path.read_text() if host.path.exists() else ""
    assert (key in written) == (len(key) >= 32 and key != "hex:" + "a7" * 15)


@pytest.mark.parametrize("keys", [
    {"notify": {"script": "/usr/bin/true", "user": "no_such_user"}},
    {"notify_master": '"/usr/bin/true" no_such_user'},
    {"notify_stop": {"script": "/usr/bin/true", "user": "root", "group": "no_such_user"}},
])
def test_a_script_whose_user_does_not_exist_is_refused(host, keys):
    assert host(config=config(**keys), check=True)["missing_users"] == ["no_such_user"]
    result = host(config=config(**keys))
    assert result["failed"] and "there is no user or group no_such_user" in result["msg"] and not host.path.exists()


def test_an_include_without_a_file_is_a_warning(host):
    with_include = dict(CONFIG, raw=["include away/x.conf"])
    assert [finding["id"] for finding in host(config=with_include)["findings"]] == ["include-matches-nothing"]
