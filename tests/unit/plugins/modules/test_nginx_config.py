# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""nginx_config where no nginx is installed: what is refused, what is written, and what is put back."""

from __future__ import annotations

import json
import os

import pytest
from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args

from ansible_collections.openvip.cluster.plugins.module_utils._nginx import control, module
from ansible_collections.openvip.cluster.plugins.modules import nginx_config

FORMER = "# by hand\nevents {\n}\n"
CONFIG = {"http": {"server": [{"name": "site", "listen": ["80"], "root": "/srv"}]}}


@pytest.fixture
def nginx(capsys, monkeypatch, tmp_path):
    """Return a function that runs the module on a directory with a file of former times; returns its result."""
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", None, raising=False)
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
    """Return the texts below a directory by their relative paths."""
    return {str(path.relative_to(home)): path.read_text() for path in home.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("options", "told"), [
    ({"version": "one"}, 'version: "one" is none of nginx. Write three numbers such as 1.26.3.'),
    ({"config": {"http": {"severs": []}}}, "severs"),
    ({"file": [{"path": "a.html", "content": "", "mode": "rw-r--r--"}]},
     'file a.html: mode must be three octal digits such as "0644", got "rw-r--r--".'),
    ({"file": [{"path": "../a.html", "content": ""}]}, "file ../a.html: it is outside of "),
    ({"file": [{"path": "%s/a.conf", "content": ""}]}, "is nginx's own. Write a path relative to openvip.d there."),
    ({"file": [{"path": "http/server/site.conf", "content": ""}]}, "that name is taken by the configuration."),
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
def test_what_nginx_does_not_take_is_put_back(nginx, monkeypatch, error, told):
    taken = []

    def take(unit, pid_file, log):
        taken.append(files(nginx.home))
        if len(taken) == 1:
            raise error
        return True

    monkeypatch.setattr(control, "take", take)
    result = nginx()
    assert result["failed"] and not result["changed"] and not result["reloaded"]
    assert told in result["msg"] and "The former files are back." in result["msg"], result["msg"]
    new, former = taken
    assert new["nginx.conf"] != FORMER and former == files(nginx.home) == {"nginx.conf": FORMER}


def test_a_second_refusal_is_told_too(nginx, monkeypatch):
    def take(unit, pid_file, log):
        raise control.ReloadError("the daemon is dead")

    monkeypatch.setattr(control, "take", take)
    assert "- nginx did not take these either: the daemon is dead" in nginx()["msg"]


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


def test_files_that_cannot_be_written_leave_everything_as_it_was(nginx, monkeypatch):
    def failing(*dummy):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(module.files.Exchange, "file", failing)
    said = nginx()["msg"]
    assert "The files cannot be written, and everything is as it was:" in said and "No space left" in said
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
    # nobody can fetch the copy, and the site itself stays where it is
    assert os.listdir(tmp_path / "html") == ["index.html"] and files(nginx.home)["sites-enabled/shop"] == SHOP
    [kept] = [path for path in result["backup_files"] if os.path.basename(path).startswith("index.html.")]
    assert os.path.dirname(kept) == str(nginx.home) and os.stat(kept).st_mode & 0o777 == 0o600
    with open(kept, encoding="utf-8") as stream:
        assert stream.read() == "the shop\n"
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
