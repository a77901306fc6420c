# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""nginx_config where no nginx is installed: what is refused, what is written, and what is rolled back."""

from __future__ import annotations

import errno
import itertools
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest
from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args

from ansible_collections.openvip.cluster.plugins.module_utils._kit import journal, lock, place, transaction
from ansible_collections.openvip.cluster.plugins.module_utils._nginx import addresses, control, module, others
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.render import HEADER
from ansible_collections.openvip.cluster.plugins.modules import nginx_config
from ansible_collections.openvip.cluster.tests.unit.plugins.modules.nginx_kill_driver import killed

FORMER = "# by hand\nevents {\n}\n"
CONFIG = {"http": {"server": [{"name": "site", "listen": ["80"], "root": "/srv"}]}}


@pytest.fixture
def nginx(capsys, monkeypatch, tmp_path):
    """Return a function that runs the module on a directory with a file of former times; returns its result."""
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", None, raising=False)
    monkeypatch.setattr(lock, "DIRECTORY", str(tmp_path / "run"))
    monkeypatch.setattr(journal, "DIRECTORY", str(tmp_path / "lib"))
    # whoever listens on this machine
    monkeypatch.setattr(addresses, "held", dict)
    home = tmp_path / "etc" / "nginx"
    home.mkdir(parents=True)
    (home / "nginx.conf").write_text(FORMER)

    def run(check=False, **options):
        arguments = {
            "path": str(home / "nginx.conf"), "binary": str(tmp_path / "nginx"), "config": CONFIG, "config_test": False,
            "unit": "openvip-no-such.service", **options, "_ansible_check_mode": check, "_ansible_diff": True,
            "_ansible_remote_tmp": str(tmp_path)}
        with patch_module_args(arguments), pytest.raises(SystemExit):
            nginx_config.main()
        return json.loads(capsys.readouterr().out)

    run.home = home
    return run


def files(home):
    """Return the texts below a directory by their relative paths, but for the lock of the host."""
    return {str(path.relative_to(home)): path.read_text() for path in home.rglob("*")
            if path.is_file() and path.parent.name not in ("run", "lib")}


@pytest.mark.parametrize(("options", "told"), [
    ({"version": "one"}, 'version: "one" is not a version of nginx. Write three numbers such as 1.26.3.'),
    ({"config": {"http": {"severs": []}}}, "severs"),
    ({"file": [{"path": "a.html", "content": "", "mode": "rw-r--r--"}]},
     'file a.html: mode must be three octal digits such as "0644", got "rw-r--r--".'),
    ({"file": [{"path": "../a.html", "content": ""}]}, "file ../a.html: it is outside of "),
    ({"file": [{"path": "%s/a.conf", "content": ""}]}, "is nginx's own. Write a path relative to openvip.d there."),
    ({"file": [{"path": "http/server/site.conf", "content": ""}]}, "that name is taken by the configuration."),
    ({"file": [{"path": "nginx.conf", "content": ""}]}, "that name is taken by the configuration."),
    ({"file": [{"path": "http/server", "content": ""}]}, "that name is taken by the configuration."),
    ({"file": [{"path": "a", "content": ""}, {"path": "a/b", "content": ""}]}, "file a/b: that name is taken"),
    ({"backup_count": -1}, "backup_count must be at least 0, got -1."),
    ({"config_test": True}, "is not installed, so the configuration cannot be tested and nothing was changed:"),
])
def test_what_is_refused_changes_nothing(nginx, options, told):
    for entry in options.get("file", []):
        entry["path"] = entry["path"].replace("%s", str(nginx.home))
    result = nginx(**options)
    assert result["failed"] and not result.get("changed") and told in result["msg"], result["msg"]
    assert files(nginx.home) == {"nginx.conf": FORMER}


def test_check_mode_on_a_host_without_nginx_tells_the_change_and_makes_none(nginx):
    result = nginx(check=True, config_test=True)
    assert result["changed"] and result["version"] is None and not result["reloaded"]
    assert {each["before_header"] for each in result["diff"]} >= {str(nginx.home / "nginx.conf")}
    assert files(nginx.home) == {"nginx.conf": FORMER}


def test_what_is_written_is_there_once_and_what_is_no_longer_wanted_goes(nginx, tmp_path):
    page = tmp_path / "page.html"
    more = [{"path": "snippet.inc", "content": "# one"}, {"path": str(page), "content": "page\n", "mode": "0600"}]
    first = nginx(file=more)
    assert first["changed"] and not first["reloaded"] and page.read_text() == "page\n"
    assert page.stat().st_mode & 0o777 == 0o600
    written = files(nginx.home)
    assert written["openvip.d/snippet.inc"] == "# one\n" and "/srv" in "".join(written.values())
    again = nginx(file=more)
    assert not again["changed"] and files(nginx.home) == written
    assert nginx()["changed"]
    # what is elsewhere stays
    assert "openvip.d/snippet.inc" not in files(nginx.home) and page.exists()


@pytest.mark.parametrize("error, told", [
    (control.ReloadError("[emerg] no such thing"), "[emerg] no such thing"),
    (control.ConflictError("bind() failed"), "set restart (nginx_restart of the role) to true once."),
    (OSError("the log cannot be read"), "the log cannot be read"),
])
def test_what_nginx_does_not_take_is_rolled_back(nginx, monkeypatch, error, told):
    taken = []

    def take(unit, pid_file, log):
        taken.append(files(nginx.home))
        if len(taken) == 1:
            raise error
        return True

    monkeypatch.setattr(control, "take", take)
    result = nginx()
    assert result["failed"] and not result["changed"] and not result["reloaded"]
    assert told in result["msg"] and "The former files are restored." in result["msg"], result["msg"]
    new, former = taken
    assert new["nginx.conf"] != FORMER and former == files(nginx.home) == {"nginx.conf": FORMER}


def test_a_second_refusal_is_told_too(nginx, monkeypatch):
    def take(unit, pid_file, log):
        raise control.ReloadError("the daemon is dead")

    monkeypatch.setattr(control, "take", take)
    result = nginx()
    assert "- nginx did not take the former files either: the daemon is dead" in result["msg"] and not result["changed"]


def test_a_restart_that_cannot_help_is_not_made(nginx, monkeypatch):
    """Another program holds an address of the new configuration."""
    restarted = []

    def take(unit, pid_file, log):
        if not restarted:
            restarted.append("former")
            raise control.ConflictError("bind() to 0.0.0.0:80 failed (98: Address already in use)")
        return True

    monkeypatch.setattr(control, "take", take)
    monkeypatch.setattr(control, "restart", lambda unit: restarted.append("restart"))
    monkeypatch.setattr(addresses, "held", lambda: {addresses.Socket("tcp", "0.0.0.0", 80): frozenset({os.getpid()})})
    result = nginx(restart=True)
    assert result["failed"] and not result["restarted"] and restarted == ["former"]
    assert "server site: 0.0.0.0:80 cannot be bound, because python3" in result["msg"].replace("python3.", "python3")
    assert "A restart of nginx does not help." in result["msg"] and "to true once" not in result["msg"]
    assert files(nginx.home) == {"nginx.conf": FORMER}


@pytest.mark.parametrize("holder, told", [({addresses.Socket("tcp", "127.0.0.1", 80): frozenset()}, True), ({}, False)])
def test_who_holds_an_address_is_named_where_nginx_does_not_tell(nginx, monkeypatch, holder, told):
    def take(unit, pid_file, log):
        raise control.ReloadError("nginx started no new workers within 10 s")

    monkeypatch.setattr(control, "take", take)
    monkeypatch.setattr(addresses, "held", lambda: holder)
    assert ("holds 127.0.0.1:80. End that program" in nginx()["msg"]) is told


def test_who_keeps_a_stopped_nginx_from_being_started_is_named(nginx, monkeypatch):
    monkeypatch.setattr(addresses, "held", lambda: {addresses.Socket("tcp", "0.0.0.0", 85): frozenset()})
    warnings = []
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda module, warning, **dummy: warnings.append(warning))
    stopped = {"http": {"server": [{"name": "stopped", "listen": ["85"]}]}}
    assert nginx(check=True, config=stopped)["changed"] and warnings == []
    assert nginx(config=stopped)["changed"] and len(warnings) == 1
    assert warnings[0].startswith("server stopped: 0.0.0.0:85 cannot be bound, because a process that is not visible")
    assert not nginx(config=stopped)["changed"] and len(warnings) == 1


def test_an_address_of_http_that_a_stream_has_too_is_refused_before_a_change(nginx):
    (nginx.home / "conf.d").mkdir()
    (nginx.home / "conf.d" / "shop.conf").write_text("server {\n    listen 81;\n}\n")
    stream = {"name": "dns", "listen": ["198.18.0.11:81"], "proxy_pass": "198.18.0.53:53"}
    result = nginx(check=True, config={"http": {"include": ["conf.d/*.conf"]}, "stream": {"server": [stream]}})
    assert result["failed"] and (
        f"stream server dns: it listens on 198.18.0.11:81, and server of {nginx.home}/conf.d/shop.conf on 0.0.0.0:81"
        in result["msg"]), result["msg"]


@pytest.mark.parametrize("works", [True, False])
def test_a_conflict_is_solved_by_a_restart_where_that_is_allowed(nginx, monkeypatch, works):
    restarted = []

    def take(unit, pid_file, log):
        raise control.ConflictError("bind() failed")

    def restart(unit):
        restarted.append(files(nginx.home)["nginx.conf"])
        if not works and len(restarted) == 1:
            raise control.ReloadError("it does not start")

    monkeypatch.setattr(control, "take", take)
    monkeypatch.setattr(control, "restart", restart)
    result = nginx(restart=True)
    if works:
        assert result["restarted"] and result["changed"] and len(restarted) == 1
    else:
        # the restart that failed has ended the running nginx, so that it is started again with the former files
        assert result["failed"] and not result["restarted"] and restarted[1] == FORMER


@pytest.mark.parametrize("stage", [True, False])
def test_files_that_cannot_be_written_leave_everything_as_it_was(nginx, tmp_path, monkeypatch, stage):
    def failing(self, *dummy):
        if stage or self.path.endswith("openvip.d"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self.path)
        exchange(self)

    exchange = place.Place.exchange
    monkeypatch.setattr(place.Place, "stage" if stage else "exchange", failing)
    before = files(tmp_path)
    result = nginx(file=[{"path": str(tmp_path / "page.html"), "content": "page"}])
    assert result["failed"] and not result["changed"] and "the disk is full" in result["msg"]
    assert ("Nothing was changed:" if stage else "The former files are restored.") in result["msg"]
    assert files(tmp_path) == before and os.listdir(tmp_path / "lib") == []


def test_what_cannot_be_restored_is_reported_as_changed(nginx, monkeypatch):
    def take(unit, pid_file, log):
        (nginx.home / "by-hand").write_text("# by hand\n")
        os.rename(nginx.home / "by-hand", nginx.home / "nginx.conf")
        raise control.ReloadError("the daemon is dead")

    monkeypatch.setattr(control, "take", take)
    result = nginx()
    assert result["failed"] and result["changed"] and "files are restored" not in result["msg"]
    assert "nginx.conf was changed by somebody else meanwhile" in result["msg"]


def test_the_end_of_the_module_in_the_middle_rolls_back(nginx, monkeypatch):
    monkeypatch.setattr(control, "take", lambda unit, pid_file, log: sys.exit(1))
    before = files(nginx.home.parent)
    with pytest.raises(json.JSONDecodeError):
        nginx()
    assert files(nginx.home.parent) == before
    monkeypatch.undo()


def test_permissions_alone_are_changed_and_the_owner_stays(nginx, tmp_path):
    page = tmp_path / "page.html"
    assert nginx(file=[{"path": str(page), "content": "page"}, {"path": "a.inc", "content": "a"}])["changed"]
    for path in (page, nginx.home / "nginx.conf"):
        os.chown(path, 1234, 1234)
    for path, wrong in ((page, 0o600), (nginx.home / "nginx.conf", 0o666), (nginx.home / "openvip.d" / "a.inc", 0o777)):
        path.chmod(wrong)
        more = [{"path": str(page), "content": "page"}, {"path": "a.inc", "content": "a"}]
        checked, result = nginx(check=True, file=more), nginx(file=more)
        assert checked["diff"] == result["diff"] and f"mode: {wrong:04o}" in result["diff"][0]["before"]
        assert result["changed"] and path.stat().st_mode & 0o777 == 0o644
        assert not nginx(file=more)["changed"]
    assert {path.stat().st_uid for path in (page, nginx.home / "nginx.conf")} == {1234}


def test_so_many_backups_stay(nginx, tmp_path):
    page = str(tmp_path / "page.html")
    for number in range(5):
        result = nginx(backup_count=2, file=[{"path": page, "content": str(number)}], config={
            "http": {"server": [{"name": f"site{number}", "listen": ["80"]}]}})
    assert sorted(os.path.dirname(path) for path in result["backup_files"]) == [
        str(tmp_path / ".openvip"), str(nginx.home / ".openvip")]
    kept = sorted((nginx.home / ".openvip").glob("openvip.d.*"))
    assert [os.listdir(path / "http" / "server") for path in kept] == [["site2.conf"], ["site3.conf"]]
    assert [path.read_text() for path in sorted((tmp_path / ".openvip").iterdir())] == ["2\n", "3\n"]
    # the hand-written one
    assert len(list((nginx.home / ".openvip").glob("nginx.conf.*"))) == 1
    for none in ({"backup": False}, {"backup_count": 0}):
        assert nginx(**none)["backup_files"] == [] and nginx(file=[{"path": "a", "content": "a"}], **none)["changed"]
    assert sorted((nginx.home / ".openvip").glob("openvip.d.*")) == kept


KEY = "-----BEGIN EC PRIVATE KEY-----\nsecret %d\n-----END EC PRIVATE KEY-----\n"


def keys(directory):
    """Return the paths of all files with a key, but for the one that is in use."""
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*")
                  if path.is_file() and "secret" in path.read_text() and "openvip.d/ssl" not in str(path))


def tls(number, tmp_path):
    """Return the options for a site whose key has a number, with more secrets among the other files."""
    site = {"name": "www", "listen": ["443 ssl"], "ssl_certificate_content": f"certificate {number}",
            "ssl_certificate_key_content": KEY % number}
    return {"config": {"http": {"server": [site]}}, "file": [
        {"path": "users", "content": f"secret {number}", "mode": "0640"},
        {"path": str(tmp_path / "other.key"), "content": f"secret {number}", "mode": "0600"},
        # one that should not be readable
        {"path": str(tmp_path / "open.key"), "content": KEY % number, "mode": "0644"}]}


def test_backups_keep_the_configuration_and_no_secret(nginx, tmp_path):
    for number in (1, 2, 3):
        result = nginx(**tls(number, tmp_path))
    kept = pathlib.Path(result["backup_files"][0])
    assert len(result["backup_files"]) == 1 and (kept / "http" / "server" / "www.conf").exists()
    assert (kept / "ssl" / "www.crt").read_text() == "certificate 2\n"
    assert keys(tmp_path) == ["etc/nginx/openvip.d/users", "open.key", "other.key"]


def test_the_copy_of_what_somebody_else_has_written_stays_whatever_its_mode(nginx, tmp_path):
    (nginx.home / "nginx.conf").chmod(0o640)
    (tmp_path / "page.html").write_text("the shop\n")
    (tmp_path / "page.html").chmod(0o600)
    page = [{"path": str(tmp_path / "page.html"), "content": "lb1"}]
    kept = nginx(file=page, takeover=True)["backup_files"]
    nginx(file=page)
    assert {pathlib.Path(path).read_text() for path in kept} == {FORMER, "the shop\n"}


def test_backups_of_earlier_versions_lose_their_secrets_with_the_next_run(nginx, tmp_path):
    nginx(**tls(1, tmp_path))
    in_use = [*keys(tmp_path), "other.key.mine", "etc/nginx/openvip.d.of-mine"]
    room = nginx.home / ".openvip"
    room.mkdir(mode=0o700, exist_ok=True)
    old = [room / "openvip.d.2026-11-01T08-30-00.123456789Z", nginx.home / "openvip.d.2026-10-01@08:30:00.abcdefgh~"]
    for directory in old:
        (directory / "ssl").mkdir(parents=True)
        (directory / "ssl" / "www.key").write_text(KEY % 0)
        (directory / "nginx.conf").write_text("kept\n")
    (nginx.home / "other.key.4711.2026-10-01@08:30:00~").write_text(KEY % 0)
    for name in in_use[-2:]:
        (tmp_path / name).write_text("secret\n")
    found = keys(tmp_path)
    assert nginx(check=True, **tls(1, tmp_path))["changed"] is False and keys(tmp_path) == found
    assert nginx(**tls(1, tmp_path))["changed"] is False
    assert keys(tmp_path) == sorted(in_use)
    assert not any((directory / "ssl" / "www.key").exists() for directory in old)
    assert all((directory / "nginx.conf").read_text() == "kept\n" for directory in old)


def test_a_change_that_is_rolled_back_restores_the_key(nginx, tmp_path, monkeypatch):
    nginx(**tls(1, tmp_path))
    before = files(tmp_path)

    def take(unit, pid_file, log):
        raise control.ReloadError("the daemon is dead")

    monkeypatch.setattr(control, "take", take)
    assert nginx(**tls(2, tmp_path))["failed"] and files(tmp_path) == before
    assert before["etc/nginx/openvip.d/ssl/www.key"] == KEY % 1


def former_layout(home):
    """Turn the files into those of version 1.0.0: a main file that names the files of the directory."""
    stub = (home / "nginx.conf").read_text().replace("include openvip.d/nginx.conf;\n", "")
    main = stub + (home / "openvip.d" / "nginx.conf").read_text().replace(HEADER, "")
    (home / "openvip.d" / "nginx.conf").unlink()
    (home / "nginx.conf").write_text(main)
    (home / "openvip.d" / ".pending").write_text("")
    (home / ".openvip.d.abcdefgh").mkdir()


def test_the_layout_of_the_first_version_is_changed_in_one_run(nginx, monkeypatch):
    assert nginx()["changed"]
    written = files(nginx.home)
    former_layout(nginx.home)
    old = files(nginx.home)

    def refuse(unit, pid_file, log):
        raise control.ReloadError("no")

    monkeypatch.setattr(control, "take", refuse)
    assert nginx()["failed"] and files(nginx.home) == old
    monkeypatch.setattr(control, "take", lambda unit, pid_file, log: True)
    result = nginx()
    assert result["changed"] and result["reloaded"] and not nginx()["changed"]
    found = {path: text for path, text in files(nginx.home).items() if path[:9] != ".openvip/"}
    assert found == {path: text for path, text in written.items() if path[:9] != ".openvip/"}
    assert not (nginx.home / ".openvip.d.abcdefgh").exists()
    assert sorted(os.path.basename(path)[:9] for path in result["backup_files"]) == ["nginx.con", "openvip.d"]


def test_a_link_is_followed_where_root_made_it_and_stays(nginx, tmp_path):
    real = tmp_path / "real"
    real.mkdir()
    (nginx.home / "conf.d").mkdir()
    (nginx.home / "conf.d" / "shop.conf").write_text(SHOP)
    for name in ("nginx.conf", "page.html"):
        (real / name).write_text(FORMER)
    (nginx.home / "nginx.conf").unlink()
    (nginx.home / "nginx.conf").symlink_to(real / "nginx.conf")
    (tmp_path / "page.html").symlink_to(real / "page.html")
    (real / "nginx.conf").write_text("events {\n}\nhttp {\n    include conf.d/*.conf;\n}\n")
    page = [{"path": str(tmp_path / "page.html"), "content": "page"}]
    refused = nginx(file=page)
    assert f"{nginx.home}/conf.d/shop.conf (shop.example.com)" in refused["msg"] and "page.html" in refused["msg"]
    (nginx.home / "conf.d" / "shop.conf").unlink()
    assert nginx(file=page, takeover=True)["changed"] and (real / "page.html").read_text() == "page\n"
    assert (nginx.home / "openvip.d" / "nginx.conf").exists() and not (real / "openvip.d").exists()
    assert (nginx.home / "nginx.conf").is_symlink() and "include" in (real / "nginx.conf").read_text()
    assert (tmp_path / "page.html").is_symlink() and not nginx(file=page)["changed"]
    os.chown(tmp_path / "page.html", 65534, 65534, follow_symlinks=False)
    result = nginx(file=[{"path": str(tmp_path / "page.html"), "content": "other"}])
    assert result["failed"] and "a link that user 65534 made" in result["msg"] and not result["changed"]
    assert (real / "page.html").read_text() == "page\n"


def test_a_change_that_was_left_to_a_later_run_stays_owed(nginx, monkeypatch):
    taken = []
    monkeypatch.setattr(control, "take", lambda *dummy: taken.append("") or True)
    assert nginx(reload=False)["changed"] and not nginx(reload=False)["changed"] and taken == []
    # a run that fails before it writes anything still owes the reload
    assert nginx(config_test=True)["failed"]
    assert nginx(check=True)["changed"] and taken == []
    result = nginx()
    assert result["changed"] and result["reloaded"] and result["diff"] == [] and taken == [""]
    assert not nginx()["changed"]


@pytest.mark.parametrize("since, booted, is_owed", [
    # seconds from the write to the restart by hand; C(None) where systemd does not know the unit
    (1, False, False), (-1, False, True), (None, False, True), (-1, True, False), (None, True, True)])
def test_a_restart_by_hand_takes_what_was_left_to_a_later_run(nginx, monkeypatch, since, booted, is_owed):
    taken = []
    monkeypatch.setattr(control, "take", lambda *dummy: taken.append("") or True)
    assert nginx(reload=False)["changed"]
    started = since and time.monotonic() + since
    monkeypatch.setattr(module.unit, "started", lambda name: started)
    if booted:
        monkeypatch.setattr(journal, "boot_id", lambda: "another boot")
    assert nginx(check=True)["changed"] is is_owed
    assert nginx()["reloaded"] is is_owed and not nginx()["changed"] and len(taken) == is_owed
    monkeypatch.setattr(module.unit, "started", lambda name: None)
    assert not nginx()["changed"] and os.listdir(journal.DIRECTORY) == []


def test_an_upgrade_that_fails_leaves_owed_what_was_owed(nginx, monkeypatch):
    taken = []
    monkeypatch.setattr(control, "take", lambda *dummy: taken.append(files(nginx.home)["nginx.conf"]) or True)
    other = module.process.Running(1, "/other/nginx", "nginx")
    monkeypatch.setattr(module.process, "running", lambda *dummy: other)
    # no reload is owed: the former nginx goes on unchanged
    assert nginx(upgrade=True)["failed"] and taken == []
    monkeypatch.setattr(module.process, "running", lambda *dummy: None)
    assert nginx(reload=False)["changed"]
    monkeypatch.setattr(module.process, "running", lambda *dummy: other)
    assert nginx(upgrade=True)["failed"] and len(taken) == 1


def test_a_change_that_was_interrupted_is_reloaded_though_nothing_differs(nginx, monkeypatch):
    """Killed after the files were exchanged; the next run wants what there was before."""
    taken = []
    one = {"config": CONFIG}
    two = {"config": {"http": {"server": [{"name": "two", "listen": ["80"]}]}}}
    monkeypatch.setattr(control, "take", lambda *dummy: taken.append(files(nginx.home)) or True)
    nginx(**one)
    before = files(nginx.home)

    def interrupt():
        child = os.fork()
        if child == 0:
            monkeypatch.setattr(control, "take", lambda *dummy: os.kill(os.getpid(), signal.SIGKILL))
            nginx(**two)
            os._exit(1)
        assert os.waitpid(child, 0)[1] == signal.SIGKILL and files(nginx.home) != before

    interrupt()
    assert nginx(check=True, **one)["changed"]
    # it is rejected: the rollback is a change, and is reported
    result = nginx(version="one")
    assert result["failed"] and not result["changed"]
    result = nginx(config_test=True, **two)
    assert result["failed"] and result["changed"] and "was interrupted" not in result["msg"]
    assert "had been interrupted and was rolled back first" in result["msg"] and files(nginx.home) == before
    for reload in (False, True):
        interrupt()
        result = nginx(reload=reload, **one)
        assert result["changed"] and result["reloaded"] is reload and result["diff"] == []
        assert files(nginx.home) == before
    assert taken[-1] == before
    assert not nginx(**one)["changed"]


@pytest.mark.long
def test_killed_at_any_point_the_files_fit_together_and_the_next_run_heals(nginx, tmp_path, monkeypatch):
    """A change, and one from the layout of the first version; a file of one is never beside one of the other."""
    taken = []
    monkeypatch.setattr(control, "take", lambda *dummy: taken.append("") or True)

    def bring(name):
        return nginx(config={"pid": "/run/x.pid", "http": {"server": [
            {"name": f"{name}{number}", "listen": [str(number)]} for number in (1, 2)]}})

    def fits():
        main = others.Part(str(nginx.home / "nginx.conf"), str(nginx.home / "nginx.conf"),
                           (nginx.home / "nginx.conf").read_text())
        found = others.reached(main, module.files.matching)
        named = [name for part in found for name in others.outline(part.text).includes]
        assert len(found) == len(named) + 1, "each include leads to a file"
        assert "".join(part.text for part in found).count("pid /run/x.pid;") == 1
        return {os.path.basename(name)[:3] for name in named if "server" in name}

    points = {}
    for layout in ("today", "former"):
        for point in itertools.count():
            bring("one")
            if layout == "former":
                former_layout(nginx.home)
            reached = killed(lambda: bring("two"), point)
            assert fits() in ({"one"}, {"two"})
            if not reached:
                break
            bring("two")
            assert fits() == {"two"} and not bring("two")["changed"] and os.listdir(tmp_path / "lib") == []
            assert not list(tmp_path.rglob("~*"))
        points[layout] = point
    assert points["today"] >= 9 and points["former"] >= 14


def test_a_full_disk_changes_nothing_or_is_no_hindrance(tmp_path):
    """With a stand-in for nginx, in a mount namespace of its own."""
    binary = tmp_path / "nginx"
    binary.write_text("#!/bin/sh\necho nginx/1.26.3\n")
    binary.chmod(0o755)
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", "mount -t tmpfs tmpfs /run && exec \"$@\"", "setup", sys.executable,
         str(pathlib.Path(__file__).with_name("nginx_kill_driver.py")), "full_disk", str(tmp_path), str(binary),
         "0", "8", "20", "64"],
        capture_output=True, text=True, check=False, env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)))
    assert done.returncode == 0, done.stdout + done.stderr
    story = json.loads(done.stdout.splitlines()[-1])
    assert story["wrong"] == [] and story["outcomes"]["64"] == ["two", ""] and story["outcomes"]["0"][0] == "one"
    assert "the disk is full" in story["outcomes"]["0"][1]


def test_another_change_that_does_not_end_is_named(nginx, monkeypatch):
    monkeypatch.setattr(transaction.Transaction.__init__, "__defaults__", (0.1, False))
    with transaction.Transaction("keepalived"):
        for result in nginx(check=True), nginx():
            assert result["failed"] and not result["changed"] and "Nothing was changed:" in result["msg"]
            assert "a change of keepalived (process" in result["msg"]
    assert files(nginx.home) == {"nginx.conf": FORMER}


SHOP = "server {\n    listen 80;\n    server_name shop.example.com;\n}\n"


@pytest.fixture
def shop(nginx, tmp_path):
    """Return the arguments for a host on which somebody else has a site and a page."""
    (nginx.home / "sites-enabled").mkdir()
    (nginx.home / "sites-enabled" / "shop").write_text(SHOP)
    (nginx.home / "nginx.conf").write_text("events {\n}\nhttp {\n    include sites-enabled/*;\n}\n")
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "index.html").write_text("the shop\n")
    page = {"path": str(tmp_path / "html" / "index.html"), "content": "lb1"}
    server = {"name": "start_page", "listen": ["80"], "root": str(tmp_path / "html")}
    return {"config": {"http": {"server": [server]}}, "file": [page]}


@pytest.mark.parametrize("check", [True, False])
def test_what_somebody_else_has_set_up_is_not_replaced(nginx, shop, tmp_path, check):
    before = files(tmp_path)
    result = nginx(check=check, **shop)
    assert result["failed"] and not result["changed"], result
    assert f"- {nginx.home}/sites-enabled/shop (shop.example.com): it would no longer be served" in result["msg"]
    assert f"- {tmp_path}/html/index.html: it would be replaced" in result["msg"]
    assert "nginx_takeover to true" in result["msg"] and files(tmp_path) == before


def test_a_site_that_goes_on_to_be_included_and_a_page_that_stays_are_no_reason(nginx, shop):
    shop["config"]["http"]["include"] = ["sites-enabled/*"]
    assert "index.html" in nginx(**shop)["msg"] and "shop.example.com" not in nginx(**shop)["msg"]
    del shop["file"]
    assert nginx(**shop)["changed"] and files(nginx.home)["sites-enabled/shop"] == SHOP


def test_it_is_replaced_where_that_is_allowed_and_then_it_is_ours(nginx, shop, tmp_path):
    assert nginx(check=True, takeover=True, **shop)["changed"]
    result = nginx(takeover=True, **shop)
    assert result["changed"] and (tmp_path / "html" / "index.html").read_text() == "lb1\n"
    assert files(nginx.home)["sites-enabled/shop"] == SHOP
    kept, main = sorted(map(pathlib.Path, result["backup_files"]), key=lambda path: path.name)
    assert kept.read_text() == "the shop\n" and main.read_text().startswith("events")
    # nobody but root can fetch the copy, and the site itself stays where it is
    assert (kept.parent, main.parent) == (tmp_path / "html" / ".openvip", nginx.home / ".openvip")
    assert {path.parent.stat().st_mode & 0o777 for path in (kept, main)} == {0o700}
    assert not nginx(check=True, **shop)["changed"] and not nginx(**shop)["changed"]
    # another text, and another site
    shop["file"][0]["content"] = "lb2"
    shop["config"]["http"]["server"].append({"name": "www", "listen": ["81"], "return": "204"})
    assert nginx(**shop)["changed"] and (tmp_path / "html" / "index.html").read_text() == "lb2\n"


def test_what_could_not_be_taken_leaves_no_copy(nginx, shop, tmp_path, monkeypatch):
    def take(unit, pid_file, log):
        raise control.ReloadError("the daemon is dead")

    before = files(tmp_path)
    monkeypatch.setattr(control, "take", take)
    assert nginx(takeover=True, **shop)["failed"] and files(tmp_path) == before


def test_what_a_package_has_installed_is_replaced(nginx, shop, monkeypatch):
    asked = []
    monkeypatch.setattr(module.packages, "untouched", lambda path: not asked.append(path))
    assert nginx(**shop)["changed"]
    assert [os.path.basename(path) for path in asked] == ["shop", "index.html"]
