# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of cluster_drain: how real servers are found by their names, and how long it waits."""

from __future__ import annotations

import time
from unittest.mock import MagicMock

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.openvip.cluster.plugins.action.cluster_drain import ActionModule
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._cluster.test_drain import (
    IDLE,
    VIP,
    WEB1,
    answer,
    pair,
)

HOSTVARS = {
    "lb1": {}, "lb2": {}, "web1": {"keepalived_real_server": {"ip": WEB1}}, "web2": {"ansible_host": "198.18.0.22"},
    "web3": {"ansible_facts": {"all_ipv4_addresses": ["192.0.2.3", "198.18.0.23"]}}, "web4": {"ansible_host": "web4"}}


@pytest.fixture
def run():
    def call(**options):
        task = MagicMock(args=options, async_val=0, check_mode=False)
        loader = DataLoader()
        action = ActionModule(task, MagicMock(), MagicMock(), loader, Templar(loader), MagicMock())
        action._display = MagicMock()
        result = action.run(task_vars={"hostvars": HOSTVARS})
        return dict(result, shown=[each.args[0] for each in action._display.display.call_args_list])

    return call


@pytest.mark.parametrize(("name", "facts", "address"), [
    ("web1", {}, WEB1), ("web2", {}, "198.18.0.22"), ("web3", {}, "198.18.0.23"), (WEB1, {}, WEB1),
    ("web4", {"web4": {"ansible_all_ipv4_addresses": ["198.18.0.23"]}}, "198.18.0.23"),
])
def test_a_real_server_is_known_by_what_the_inventory_or_its_facts_say(run, name, facts, address):
    result = run(reports=pair(), members=["lb1", "lb2"], real_server=[name], facts=facts)
    assert result["plan"]["real_server"] == [address] and "@" in result["plan"]["drained"][0]["by"]
    assert result["plan"]["address"] == [VIP] and not result["changed"]


def test_a_director_that_is_a_real_server_is_known_by_its_own_addresses(run):
    reports = pair()
    for report, number in zip(reports, (1, 2)):
        report["keepalived"]["interfaces"] = {"eth1": [f"198.18.0.2{number}/24"]}
    assert run(reports=reports, real_server=["lb2"])["plan"]["real_server"] == ["198.18.0.22"]


@pytest.mark.parametrize("name", ["web4", "web9"])
def test_one_whose_address_is_not_known_is_refused(run, name):
    result = run(reports=pair(), real_server=[name])
    assert result["failed"] and f"- {name}: no director has" in result["msg"] and WEB1 in result["msg"]


def test_without_a_name_nothing_is_drained(run):
    assert "real_server=web1,web2" in run(reports=pair())["msg"]
    assert not run(reports=pair(), state="absent").get("failed")


def waiting(run, started, timeout=600, state="busy", force=False, **kinds):
    plan = dict(run(reports=pair(), real_server=["web1"])["plan"], started=time.monotonic() - started, force=force)
    return run(plan=plan, timeout=timeout,
               waited={"lb1": answer(state, 3 if state == "busy" else 0, **kinds), "lb2": IDLE})


def test_the_next_wait_grows_with_the_time_and_ends_with_the_timeout(run):
    assert waiting(run, 0)["slice"] == pytest.approx(5, abs=0.5)
    assert waiting(run, 400)["slice"] == pytest.approx(100, abs=1)
    assert waiting(run, 590)["slice"] == pytest.approx(10, abs=1)
    elapsed = waits = 0
    while elapsed < 7 * 86400:
        elapsed, waits = elapsed + max(5, elapsed / 4), waits + 1
    assert waits < 60


def test_a_timeout_is_a_failure_with_the_connections_that_are_left(run):
    result = waiting(run, 601, established=1, udp=2)
    assert result["failed"] and "After 601 seconds it is not finished (drain_timeout is 600)" in result["msg"]
    assert "web1 has 3 connections on lb1 (1 established, 2 of UDP)" in result["msg"]
    assert not waiting(run, 599).get("failed")


def test_the_last_look_counts_also_after_the_timeout(run):
    result = waiting(run, 601, state="drained")
    assert result["finished"] and not result.get("failed") and "web1 has 0 connections on lb1" in result["shown"]


def test_a_real_server_that_has_left_the_table_is_a_failure_unless_it_was_forced(run):
    assert "has left the table" in waiting(run, 1, state="gone")["msg"]
    result = waiting(run, 1, state="gone", force=True)
    assert not result.get("failed") and any("has left the table" in line for line in result["shown"])


def test_a_plan_of_something_else_is_refused(run):
    with pytest.raises(AnsibleError, match="lacks 'started'"):
        run(plan={}, waited={})
