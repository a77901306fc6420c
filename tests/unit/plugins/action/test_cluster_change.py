# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""cluster_change: from what each host said to how the change goes, how it went, and who holds what after it."""

from __future__ import annotations

from unittest.mock import MagicMock

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.openvip.cluster.plugins.action.cluster_change import ActionModule

SEEN = "vrrp_instance VI_1: authentication changes (passwords are not shown)."


def plan(low=0.0, high=0.01, **keys):
    return dict({"differs": True, "advertised": [SEEN], "window": 2.0, "clock": {"low": low, "high": high}}, **keys)


def report(state, address="198.18.0.100", running=True):
    instance = {"name": "VI_1", "state": state, "virtual_ipaddress": [{"address": address + "/24"}],
                "virtual_ipaddress_excluded": []}
    return {"config": {"vrrp_instance": [{"name": "VI_1"}]}, "vrrp_instance": [instance] if running else []}


def run(hostvars, batch=None, **arguments):
    task = MagicMock(args=dict({"group": "lb"}, **arguments), async_val=0, check_mode=False)
    action = ActionModule(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), MagicMock())
    return action.run(task_vars={
        "groups": {"all": ["lb1", "lb2", "web1"], "lb": ["lb1", "lb2"]}, "ansible_forks": 5, "hostvars": hostvars,
        "ansible_play_batch": batch or ["lb1", "lb2", "web1"], "ansible_play_hosts_all": ["lb1", "lb2", "web1"]})


def variables(**names):
    return {host: {name: values[host] for name, values in names.items() if host in values}
            for host in ("lb1", "lb2", "web1")}


def test_the_hosts_that_go_together():
    result = run(variables(plan={"lb1": plan(), "lb2": plan()}), plan="plan")
    assert result["together"] == ["lb1", "lb2"] and result["window"] == 2.0 and not result.get("failed")
    assert result["advertised"] == {"lb1": [SEEN], "lb2": [SEEN]}


def test_a_host_that_was_not_asked_has_no_change():
    skipped = {"skipped": True, "changed": False}
    result = run(variables(plan={"lb1": plan(advertised=[], window=None, clock=None), "lb2": skipped}), plan="plan")
    assert result["together"] == [] and not result.get("failed")


def test_a_refusal_says_that_nothing_was_changed():
    result = run(variables(plan={"lb1": plan(high=5.0), "lb2": plan()}), plan="plan")
    assert result["failed"] and "nothing was changed" in result["msg"] and "within 2.000 s" in result["msg"]
    result = run(variables(plan={"lb1": plan()}), batch=["lb1"], plan="plan")
    assert result["failed"] and "lb2 would be left without it" in result["msg"]


def test_the_spread_is_by_one_clock():
    reloads = {"lb1": plan(reloaded_at=1000.125), "lb2": plan(reloaded_at=900.5)}
    hosts = variables(plan={"lb1": plan(), "lb2": plan(low=-100.0, high=-99.0)}, reloads=reloads)
    result = run(hosts, plan="plan", reloads="reloads")
    assert result["spread"] == pytest.approx(0.12) and result["behind"] == []
    assert result["reloads"] == ["lb2 +0.000 s", "lb1 +0.120 s"]


def test_who_did_not_take_it():
    hosts = variables(plan={"lb1": plan(), "lb2": plan()},
                      reloads={"lb1": {"failed": True, "msg": "keepalived did not take it."}})
    result = run(hosts, batch=["lb1"], plan="plan", reloads="reloads")
    assert result["behind"] == ["lb1: keepalived did not take it.", "lb2: it was not reached."]
    assert not result.get("failed")


@pytest.mark.parametrize("before, now, said", [
    (("MASTER", "BACKUP"), ("MASTER", "BACKUP"), []),
    (("MASTER", "BACKUP"), ("BACKUP", "MASTER"), []),
    (("FAULT", "FAULT"), ("FAULT", "FAULT"), []),
    (("MASTER", "BACKUP"), ("MASTER", "MASTER"), ["198.18.0.100 has 2 holders: lb1 and lb2."]),
    (("MASTER", "BACKUP"), ("BACKUP", "BACKUP"), ["198.18.0.100 had a holder and has none."]),
    (("MASTER", "BACKUP"), ("MASTER", "FAULT"), ["vrrp_instance VI_1 of lb2 was BACKUP and is FAULT."]),
    (("MASTER", "BACKUP"), (None, "MASTER"), ["vrrp_instance VI_1 of lb1 was MASTER and is not there."]),
])
def test_who_holds_what_afterwards(before, now, said):
    hosts = variables(
        before={name: report(state) for name, state in zip(("lb1", "lb2"), before, strict=True)},
        now={name: report(state, running=state is not None) for name, state in zip(("lb1", "lb2"), now, strict=True)})
    assert run(hosts, before="before", now="now")["disputed"] == said


def test_an_address_that_is_no_longer_asked_for_needs_no_holder():
    hosts = variables(before={"lb1": report("MASTER", "198.18.0.101"), "lb2": report("BACKUP", "198.18.0.101")},
                      now={"lb1": report("MASTER"), "lb2": report("BACKUP")})
    assert run(hosts, before="before", now="now")["disputed"] == []


@pytest.mark.parametrize("wrong", [None, "text", {"differs": True}])
def test_a_variable_that_is_something_else(wrong):
    with pytest.raises(AnsibleActionFail, match="plan of lb1 is no result of keepalived_config"):
        run(variables(plan={"lb1": wrong, "lb2": plan()}), plan="plan")
