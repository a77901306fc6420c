# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

"""What the host says about scripts, and what the rules make of it."""

from __future__ import annotations

import os

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._lint import survey as survey_module
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint
from ansible_collections.openvip.cluster.plugins.module_utils._lint.scripts import needing_root
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


@pytest.mark.parametrize("place, name, runs", [
    # a link to another name in another directory, as Debian's pidof
    ("bin/pidof", "bin/pidof", "sbin/killall5"),
    # the name is there beside the program, as that of busybox's commands and of a link in the same directory
    ("sbin/pkill", "sbin/pkill", "sbin/pkill"),
    # another directory, and the same name
    ("bin/killall5", "bin/killall5", "sbin/killall5"),
    # the program itself, and a directory that is a link
    ("sbin/killall5", "sbin/killall5", "sbin/killall5"),
    ("lib/killall5", "lib/killall5", "sbin/killall5"),
])
def test_a_link_is_run_by_its_own_name_only_where_the_program_is(tmp_path, place, name, runs):
    for directory in ("bin", "sbin"):
        (tmp_path / directory).mkdir()
    (tmp_path / "lib").symlink_to("sbin")
    program = tmp_path / "sbin" / "killall5"
    program.write_bytes(b"\x7fELF")
    program.chmod(0o755)
    if not (tmp_path / place).exists():
        (tmp_path / place).symlink_to(program)
    path = str(tmp_path / name)
    found = look(path)
    assert found["runs"] == os.path.join(os.path.realpath(tmp_path), runs)
    renamed = os.path.basename(runs) != os.path.basename(name)
    ids = [finding.id for finding in lint(data(path), {"scripts": {path: found}}, (2, 2, 8))]
    assert ("script-by-another-name" in ids) == renamed
    assert "script-by-another-name" not in [
        finding.id for finding in lint(data(path), {"scripts": {path: found}}, (2, 3, 0))]


@pytest.mark.parametrize("text, command", [
    ("systemctl restart nginx", "systemctl restart"),
    ("/usr/bin/systemctl --no-block start nginx", "systemctl --no-block start"),
    ("/usr/sbin/service haproxy reload", "service haproxy reload"),
    ("  if true; then ip -6 route add default via fe80::1; fi", "ip -6 route add"),
    ("/sbin/ip addr del 198.18.0.100/24 dev eth0", "ip addr del"),
    ("iptables -A INPUT -j DROP", "iptables"), ("nft flush ruleset", "nft"),
    ("sysctl -q -w vm.swappiness=1", "sysctl -q -w"),
    ("systemctl is-active nginx", None), ("systemctl status nginx", None), ("ip -4 route show", None),
    ("ip addr show dev eth0", None), ("# systemctl restart nginx", None), ("echo nftables", None),
    ("sudo systemctl restart nginx", None), ("/usr/bin/sudo -n ip addr add 198.18.0.1/24 dev eth0", None),
    ("sysctl -n vm.swappiness", None), ("zip add set", None), ("/opt/my-nft table", None),
])
def test_a_command_that_changes_the_host_needs_root(script, text, command):
    assert needing_root(text.encode()) == command
    path = script(f"#!/bin/sh\n{text}\n")
    assert look(path)["needs_root"] == command
    for user, found in (("me", command is not None), ("root", False)):
        wired = {**data("/usr/bin/true", script_user=user), "vrrp_instance": [
            {"name": "VI_1", "virtual_router_id": 51, "virtual_ipaddress": ["198.18.0.100/24"], "notify": path}]}
        ids = [finding.id for finding in lint(wired, {"scripts": {path: look(path)}}, (2, 2, 7))]
        assert ("script-needs-root" in ids) == found
