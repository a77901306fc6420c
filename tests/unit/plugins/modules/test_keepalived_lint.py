# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""keepalived_lint: judges a file on its host and changes nothing."""

from __future__ import annotations

import json

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils import _info, _lint_module
from ansible_collections.openvip.cluster.plugins.modules import keepalived_lint

GOOD = """vrrp_instance VI_1 {
    interface eth1
    virtual_router_id 51
    virtual_ipaddress {
        198.18.0.100/24
    }
}
"""
LISTED = [
    {"ifname": "lo", "flags": ["LOOPBACK", "UP"], "addr_info": [{"local": "127.0.0.1", "prefixlen": 8}]},
    {},
    {"ifname": "eth1", "flags": ["UP"], "addr_info": [
        {"local": "198.18.0.11", "prefixlen": 24}, {"local": "198.18.0.100", "prefixlen": 24}, {}]},
]


def daemon(monkeypatch, number, held):
    """Let a keepalived of this process id hold these addresses; None is none."""
    monkeypatch.setattr(_lint_module.control, "running", lambda unit: number)
    monkeypatch.setattr(_info.state, "instances", lambda *unused: [{
        "state": "MASTER", "priority": 100, "virtual_ipaddress_excluded": [],
        "virtual_ipaddress": [{"address": f"{address}/24", "set": True} for address in held]}])


@pytest.fixture
def host(module_on_host, monkeypatch):
    """A host with eth1, which holds the virtual address now; calling it runs the module."""
    monkeypatch.setattr(_lint_module, "listed", lambda module: LISTED)
    monkeypatch.setattr(_info, "default_routes", lambda module: [{"address": "198.18.0.11", "interface": "eth1"}])
    monkeypatch.setattr(_lint_module, "DEFAULT_PATH", "/nonexistent/keepalived.conf")
    daemon(monkeypatch, 1, ["198.18.0.100"])
    run = module_on_host(keepalived_lint)
    run.path.write_text(GOOD)
    return run


@pytest.mark.parametrize("check", [False, True])
def test_nothing_to_complain_about(host, check):
    result = host(check=check)
    assert not result["changed"] and result["findings"] == [] and result["version"] == "2.3.3"
    assert result["counts"] == {"error": 0, "warning": 0, "info": 0}
    assert result["report"] == f"{host.path}: nothing to complain about"
    assert host.path.read_text() == GOOD


def test_errors_fail_with_the_report(host):
    host.path.write_text(GOOD.replace("id 51", "id 512"))
    result = host()
    assert result["failed"] and result["msg"] == result["report"]
    (finding,) = result["findings"]
    assert (finding["id"], finding["line"], finding["column"]) == ("bad-value", 3, 5)
    assert finding["object"] == "vrrp_instance VI_1" and finding["keyword"] == "virtual_router_id"


@pytest.mark.parametrize(("fail_on", "fails"), [("error", False), ("warning", True), ("info", True), ("never", False)])
def test_what_fails_is_chosen(host, fail_on, fails):
    result = host(content=GOOD.replace("100/24", "100"), path="mine.conf", fail_on=fail_on)
    assert result.get("failed", False) is fails
    assert result["findings"][0]["path"] == "mine.conf" and result["counts"]["warning"] == 1


def test_the_host_is_looked_at_unless_it_is_not_meant(host):
    content = GOOD.replace("eth1", "eth7")
    assert [finding["id"] for finding in host(content=content)["findings"]] == ["interface-not-on-host"]
    assert host(content=content, host=False)["findings"] == []


def test_the_address_that_the_host_sends_from_is_its_own(host):
    content = GOOD.replace("0.100/24", "0.11/24")
    assert [finding["id"] for finding in host(content=content)["findings"]] == ["address-is-own"]


@pytest.mark.parametrize("number, held, finds", [
    (1, ["198.18.0.100"], []), (1, [], ["address-is-own"]), (None, [], ["address-left-behind"])])
def test_whether_an_address_is_held_is_asked_of_keepalived(host, monkeypatch, number, held, finds):
    daemon(monkeypatch, number, held)
    assert [finding["id"] for finding in host(fail_on="never")["findings"]] == finds


def test_a_keepalived_that_does_not_answer_is_a_warning(host, monkeypatch):
    def silent(*unused):
        raise _info.state.StateError("it wrote no dump in time.")

    monkeypatch.setattr(_info.state, "instances", silent)
    assert host()["findings"] == []
    assert host.warned == ["Which addresses keepalived holds is not known: it wrote no dump in time."]


def test_no_file(host):
    host.path.unlink()
    result = host()
    assert result["failed"] and f"There is no file {host.path}" in result["msg"]


def test_an_older_keepalived_is_judged_for(host):
    content = GOOD.replace("    virtual_ip", "    nopreempt\n    timer_expired_backup\n    virtual_ip", 1)
    assert host(content=content)["findings"] == []
    host.binary.write_text(host.binary.read_text().replace("v2.3.3", "v2.2.7"))
    assert [finding["id"] for finding in host(content=content)["findings"]] == ["unknown-to-version"]


def test_no_password_in_the_result(host):
    content = GOOD.replace("    virtual_ip", "    authentication {\n        auth_type PASS\n"
                           "        auth_pass muchtoolongtobetrue\n    }\n    virtual_ip", 1)
    result = host(content=content, fail_on="never")
    assert "muchtoolong" not in json.dumps({key: result[key] for key in ("findings", "report", "counts")})


def test_an_include_without_a_file_is_named_with_its_line(host):
    (host.path.parent / "there.conf").write_text("")
    host.path.write_text(GOOD + "include there.conf\ninclude away.conf\ninclude there.conf\n")
    (finding,) = host()["findings"]
    assert (finding["id"], finding["line"]) == ("include-matches-nothing", 9) and "away.conf" in finding["message"]


def test_a_user_of_any_script_that_the_host_does_not_have_is_named(host):
    host.path.write_text(GOOD.replace("}\n}", '}\n    notify "/usr/bin/true" no_such_user no_such_group\n}')
                         + "global_defs {\n    enable_script_security\n    script_user root\n}\n")
    found = [finding for finding in host(fail_on="never")["findings"] if finding["id"] == "script-user-unknown"]
    assert [finding["line"] for finding in found] == [7, 7] and "no_such_group" in found[1]["message"]
