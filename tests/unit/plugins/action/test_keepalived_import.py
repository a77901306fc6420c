# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of keepalived_import: what it writes, reports and refuses. What ansible-playbook makes of it is tested
with the playbook import."""

from __future__ import annotations

import base64
from unittest.mock import MagicMock

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.openvip.cluster.plugins.action import keepalived_import

TEXT = """\
vrrp_instance VI_1 {
    state BACKUP
    interface eth1
    virtual_router_id 51
    priority %d
    virtual_ipaddress {
        198.18.0.100/24
    }
}
"""
FACTS = {
    "interfaces": ["eth1"],
    "eth1": {"device": "eth1", "ipv4": {"address": "192.0.2.1", "prefix": "24"}},
}


@pytest.fixture
def run(tmp_path):
    """Run the action for two hosts with these texts."""

    def call(*texts, check_mode=False, **options):
        contents = [base64.b64encode(text.encode("utf-8", "surrogateescape")).decode() for text in texts]
        hosts = [dict({"name": "lb%d" % number, "content": content}, **options)
                 for number, content in enumerate(contents, 1)]
        arguments = {"group": "lb", "directory": str(tmp_path / "imported"), "hosts": hosts}
        task = MagicMock(args=arguments, async_val=0, check_mode=check_mode)
        loader = DataLoader()
        action = keepalived_import.ActionModule(task, MagicMock(), MagicMock(), loader, Templar(loader), MagicMock())
        return action.run(task_vars={})

    call.directory = tmp_path / "imported"
    return call


def test_files_report_and_result(run):
    result = run(TEXT % 100, TEXT % 90)
    assert result["changed"] and not run(TEXT % 100, TEXT % 90)["changed"]
    assert [path.replace(str(run.directory), "") for path in result["files"]] == [
        "/group_vars/lb/keepalived.yml", "/host_vars/lb1/keepalived.yml", "/host_vars/lb2/keepalived.yml"]
    assert result["report"][0] == "lb1: /etc/keepalived/keepalived.conf: 0 errors, 0 warnings, 0 remarks."
    assert result["hosts"]["lb2"] == {
        "path": "/etc/keepalived/keepalived.conf", "findings": [], "raw": [], "kept": [], "refused": [],
        "difference": []}


def test_a_host_that_differs_no_more_loses_its_file(run):
    run(TEXT % 100, TEXT % 90)
    result = run(TEXT % 100, TEXT % 100)
    assert result["changed"] and len(result["files"]) == 1
    assert [path.parent.name for path in run.directory.rglob("*.yml")] == ["lb"]


def test_facts_and_version_are_looked_at(run):
    result = run(TEXT % 100 + "global_defs {\n    state_dump_file /run/x\n}\n", version="2.2.7", facts=FACTS)
    assert {finding["id"] for finding in result["hosts"]["lb1"]["findings"]} >= {"unknown-to-version"}
    assert any("198.18.0.100" in finding["message"] for finding in result["hosts"]["lb1"]["findings"])
    assert any("2.3.3" in line for line in result["hosts"]["lb1"]["refused"])


def test_a_difference_stops_before_anything_is_written(run, monkeypatch):
    assert run(TEXT % 100)["changed"]
    monkeypatch.setattr(keepalived_import, "derive", lambda config, *others: (dict(config, vrrp_instance=[]), []))
    result = run(TEXT % 90)
    assert result["failed"] and "changed" not in result
    said = result["msg"].splitlines()
    assert said[0].endswith("the variables would not give the same configuration, and nothing was written:")
    assert "- lb1: vrrp_instance: 1 block became nothing." in said
    assert "priority: 100" in (run.directory / "group_vars/lb/keepalived.yml").read_text()


def test_what_the_role_would_not_derive_is_among_its_refusals(run):
    for text in ("", "global_defs {\n    router_id lb1\n}\n"):
        result = run(text)
        assert result["changed"]
        assert any("the definition has no vrrp_instance" in line for line in result["hosts"]["lb1"]["refused"])


def test_lines_that_are_alike_are_reported_once(run):
    result = run("".join("\u00a0word%d\n" % number for number in range(5)))
    assert sum("U+00A0" in line for line in result["report"]) <= 2
    assert any(line.endswith("(And in 4 more lines.)") for line in result["report"])
    assert "  error: keepalived reads no vrrp_instance and no virtual_server from this file." in result["report"]


def test_a_block_that_is_kept_as_text_is_reported_by_its_first_line(run):
    result = run(TEXT % 100 + "unknown_block {\n    a\n    b\n}\n")
    assert "  kept as raw: configuration: unknown_block { ... (4 lines)" in result["report"]


INSTANCE = TEXT % 100


@pytest.mark.parametrize("text", [
    "$IP=198.18.0.101\n" + INSTANCE.replace("198.18.0.100", "${IP}") + "$IP=198.18.0.102\n" + INSTANCE.replace(
        "198.18.0.100", "${IP}").replace("VI_1", "VI_2").replace("51", "52"),
    "@lb1 $PRIO=150\n@lb2 $PRIO=90\n" + INSTANCE.replace("priority 100", "priority $PRIO"),
    "include /etc/keepalived/defs.conf\n" + INSTANCE,
    INSTANCE + "include /etc/keepalived/more.conf\n",
    INSTANCE.replace("priority 100", "@lb1 priority 150\n    priority 100"),
    INSTANCE.replace("priority 100", "priority 100\n    @lb1 priority 150"),
    INSTANCE.replace("priority 100", "state BACKUP\n    state MASTER\n    state BACKUP"),
])
def test_the_order_of_the_file_is_kept(run, text):
    result = run(text, text)
    assert result["changed"], result["msg"]
    for host in ("lb1", "lb2"):
        assert result["hosts"][host]["difference"] == []


def test_a_line_whose_place_counts_is_reported(run):
    text = "$P=1\n" + INSTANCE.replace("priority 100", "priority 10$P") + "$P=2\n" + INSTANCE.replace(
        "priority 100", "priority 10$P").replace("VI_1", "VI_2").replace("51", "52").replace(".100/", ".101/")
    result = run(text)
    line = text[:text.index("$P=2")].count("\n") + 1
    assert [kept["line"] for kept in result["hosts"]["lb1"]["kept"]] == [line]
    assert any(said.startswith("  line %d is kept as text: " % line) for said in result["report"])


def test_a_keyword_that_the_role_would_write_behind_what_may_set_it_stops_the_import(run):
    text = INSTANCE.replace("    priority 100\n", "").replace("{\n", "{\n    include base.conf\n", 1)
    result = run(text)
    assert result["failed"]
    assert "priority is written behind a line that may set it: include base.conf" in result["msg"]


def test_bytes_that_are_no_utf_8_are_refused_in_values_only(run):
    assert run(TEXT % 100 + "# \udce4\n")["changed"]
    with pytest.raises(AnsibleError, match="no UTF-8"):
        run(TEXT % 100 + "unknown_word \udce4\n")
