# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

"""What the host says about scripts, and what the rules make of it."""

from __future__ import annotations

import os

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._lint import survey as survey_module
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint
from ansible_collections.openvip.cluster.plugins.module_utils._lint.survey import look, survey


@pytest.fixture
def script(tmp_path):
    """Write a script and return its path."""

    def write(content, mode=0o755):
        path = tmp_path / "check"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        return str(path)

    return write


def data(command, **globals_):
    return {"global_defs": {"enable_script_security": True, "script_user": "root", **globals_},
            "vrrp_script": [{"name": "chk", "script": command}],
            "vrrp_instance": [{"name": "VI_1", "interface": "eth1", "virtual_router_id": 51, "track_script": ["chk"],
                               "virtual_ipaddress": ["198.18.0.100/24"]}]}


@pytest.mark.parametrize("content", ["#!/bin/sh\nexit 0\n", "#! /bin/sh -e\n", b"\x7fELF\x02\x01"])
def test_a_good_program(script, content):
    found = look(script(content))
    assert (found["missing"], found["executable"], found["broken"], found["sleeps"]) == (False, True, None, 0)
    assert not found["stops_keepalived"]


@pytest.mark.parametrize(("content", "why"), [
    ("exit 0\n", "does not begin with #!"),
    ("\n#!/bin/sh\n", "does not begin with #!"),
    (" #!/bin/sh\n", "does not begin with #!"),
    ("\ufeff#!/bin/sh\n", "does not begin with #!"),
    ("", "does not begin with #!"),
    ("#!/bin/sh\r\nexit 0\r\n", "carriage return"),
    ("#!/no/such/shell\n", "/no/such/shell does not exist"),
    ("#!\n", "does not exist"),
])
def test_what_the_kernel_cannot_run(script, content, why):
    assert why in look(script(content))["broken"]


def test_missing_and_not_executable(script, tmp_path):
    assert look(str(tmp_path / "nothing")) == {"missing": True}
    assert look(str(tmp_path)) == {"missing": True}
    assert look("no-such-program-at-all") == {"missing": True}
    assert not look("sh")["missing"]
    assert not look(script("#!/bin/sh\n", 0o644))["executable"]


@pytest.mark.parametrize(("line", "seconds"), [
    ("sleep 2", 2), ("  sleep 0.5", 0.5), ("sleep 2\nsleep 1", 3), ("# sleep 9", 0), ("echo sleep 9", 0),
    ("sleep $N", 0),
])
def test_sleeps(script, line, seconds):
    assert look(script(f"#!/bin/sh\n{line}\n"))["sleeps"] == seconds


@pytest.mark.parametrize(("line", "stops"), [
    ("systemctl stop keepalived", True), ("  /bin/systemctl --no-block stop keepalived.service", True),
    ("service keepalived stop", True), ("killall keepalived", True), ("pkill -9 keepalived", True),
    ("[ -z x ] && systemctl stop keepalived", True), ("# systemctl stop keepalived", False),
    ("systemctl stop nginx", False), ("killall -0 nginx", False), ("systemctl status keepalived", False),
])
def test_scripts_that_stop_keepalived(script, line, stops):
    assert look(script(f"#!/bin/sh\n{line}\n"))["stops_keepalived"] is stops


def test_a_path_that_others_can_write(script):
    path = script("#!/bin/sh\n")
    assert look(path)["writable"] != path
    os.chmod(path, 0o757)
    assert look(path)["writable"] == path


def test_a_path_through_a_link(script, tmp_path):
    path = script("#!/bin/sh\n")
    (tmp_path / "link").symlink_to(tmp_path)
    linked = str(tmp_path / "link" / "check")
    assert look(linked)["real"] == os.path.realpath(path)
    host = {"scripts": {linked: look(linked)}}
    findings = lint(data(linked), host, (2, 3, 3))
    assert f"Write {os.path.realpath(path)}." in [finding.remedy for finding in findings]


def test_a_survey_looks_at_all_scripts_and_users(script, monkeypatch):
    path = script("#!/bin/sh\n")
    given = data(f"{path} -x", script_user="no_such_user")
    given["vrrp_instance"][0]["notify"] = {"script": "/no/such/script", "user": "root"}
    given["virtual_server"] = [{"ip": "198.18.0.100", "port": 80, "quorum_up": "$COMMAND up", "real_server": [
        {"ip": "198.18.0.21", "port": 80, "MISC_CHECK": [{"misc_path": "</dev/tcp/198.18.0.21/80"}]}]}]
    found = survey(given)
    assert sorted(found["scripts"]) == sorted([path, "/no/such/script"])
    assert found["missing_users"] == ["no_such_user"] and found["missing_groups"] == []
    assert isinstance(found["may_change_user"], bool)
    monkeypatch.setattr(survey_module, "_is_user", lambda name: True)
    assert survey(given)["has_default_user"] and survey(given)["missing_users"] == []


def test_nothing_to_survey():
    assert survey({})["scripts"] == {} and survey({})["missing_users"] == []


def test_the_default_user_is_enough_where_it_exists():
    given = data("/usr/bin/true")
    del given["global_defs"]["script_user"]
    assert [finding.id for finding in lint(given)] == ["script-user-missing"]
    assert lint(given, {"has_default_user": True}) == []


def test_scripts_on_the_host_are_judged(script):
    path = script("#!/bin/sh\nsleep 3\nsystemctl stop keepalived\n", 0o644)
    ids = {finding.id for finding in lint(data(path), survey(data(path)))}
    assert {"script-not-executable", "script-sleeps-too-long", "script-stops-keepalived"} <= ids
