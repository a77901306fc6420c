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


def report(state, address="198.18.0.100", running=True, held_on=None, priority=100):
    held_on = held_on if held_on is not None else ["eth1"] if state == "MASTER" else []
    instance = {"name": "VI_1", "state": state, "priority": priority,
                "virtual_ipaddress": [{"address": address + "/24", "device": "eth1", "held_on": held_on}],
                "virtual_ipaddress_excluded": []}
    return {"config": {"vrrp_instance": [{"name": "VI_1"}]}, "vrrp_instance": [instance] if running else [],
            "running": running}


def run(batch=None, hostvars=None, **arguments):
    task = MagicMock(args=dict({"group": "lb"}, **arguments), async_val=0, check_mode=False)
    action = ActionModule(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), MagicMock())
    return action.run(task_vars={
        "groups": {"all": ["lb1", "lb2", "web1"], "lb": ["lb1", "lb2"]}, "ansible_forks": 5,
        "hostvars": hostvars or {"lb1": {}, "lb2": {}},
        "ansible_play_batch": batch or ["lb1", "lb2", "web1"], "ansible_play_hosts_all": ["lb1", "lb2", "web1"]})


def both(one, other):
    return {"lb1": one, "lb2": other, "web1": {}}


def test_the_hosts_that_go_together():
    result = run(plan=both(plan(), plan()))
    assert result["together"] == ["lb1", "lb2"] and result["window"] == 2.0 and not result.get("failed")
    assert result["advertised"] == {"lb1": [SEEN], "lb2": [SEEN]}


def test_a_host_that_was_not_asked_has_no_change():
    skipped = {"skipped": True, "changed": False}
    result = run(plan=both(plan(advertised=[], window=None, clock=None), skipped))
    assert result["together"] == [] and not result.get("failed")


def test_a_refusal_says_that_nothing_was_changed():
    result = run(plan=both(plan(high=5.0), plan()))
    assert result["failed"] and "nothing was changed" in result["msg"] and "within 2.000 s" in result["msg"]
    result = run(plan={"lb1": plan()}, batch=["lb1"])
    assert result["failed"] and "lb2 would be left without it" in result["msg"]


@pytest.mark.parametrize("after, said", [
    ({"virtual_router_id": 52}, "virtual_router_id becomes 52"), ({"priority": 9}, None),
    ({"name": "VI_2", "virtual_router_id": 52}, "virtual_router_id becomes 52"),
    ({"virtual_ipaddress": ["198.18.0.101/24"]}, "virtual_ipaddress gains 198.18.0.101"),
])
def test_where_a_host_is_left_out_a_change_is_judged_though_keepalived_does_not_run_here(after, said):
    """That of the other host may run, and hold the addresses."""
    former = {"name": "VI_1", "interface": "eth1", "virtual_router_id": 51, "virtual_ipaddress": ["198.18.0.100/24"]}
    latter = plan(advertised=[], window=None, config={"vrrp_instance": [{**former, **after}]})
    hostvars = {"lb1": {"__keepalived_inspection": {"config": {"vrrp_instance": [former]}}}, "lb2": {}}
    result = run(plan={"lb1": latter}, batch=["lb1"], hostvars=hostvars)
    if said is None:
        assert not result.get("failed") and result["together"] == []
    else:
        assert said in result["msg"] and "lb2 would be left without it" in result["msg"]
        assert "Run when all of them are reached, and without --limit, or take those" in result["msg"]
    # nobody is left out: it is written where keepalived does not run
    assert not run(plan=both(latter, latter), hostvars=hostvars).get("failed")


@pytest.mark.parametrize("variables", [{}, {"__keepalived_inspection": {"msg": "broken"}},
                                       {"__keepalived_inspection": {"config": {"vrrp_instance": [{"name": "VI_1"}]}}}])
def test_a_host_without_a_former_file_that_is_understood_has_nothing_that_others_have(variables):
    latter = plan(advertised=[], window=None, config={"vrrp_instance": [{"name": "VI_1", "priority": "high"}]})
    assert not run(plan={"lb1": latter}, batch=["lb1"], hostvars={"lb1": variables, "lb2": {}}).get("failed")


def test_the_spread_is_by_one_clock():
    result = run(plan=both(plan(), plan(low=-100.0, high=-99.0)),
                 reloads=both({"state": "changed", "reloaded_at": 1000.125},
                              {"state": "changed", "reloaded_at": 900.5}))
    assert result["spread"] == pytest.approx(0.12) and result["behind"] == []
    assert result["reloads"] == ["lb2 +0.000 s", "lb1 +0.120 s"]


def test_the_first_of_two_reloads_counts():
    result = run(plan=both(plan(), plan(away=["198.18.0.100"])),
                 reloads=both({"state": "changed", "reloaded_at": 1000.0, "first_reloaded_at": 1000.0},
                              {"state": "changed", "reloaded_at": 1000.5, "first_reloaded_at": 1000.0}))
    assert result["spread"] == pytest.approx(0.5) and result["uncertainty"] > 0.5


def test_who_did_not_take_it():
    result = run(plan=both(plan(), plan()), reloads=both({"failed": True, "msg": "keepalived did not take it."}, {}),
                 batch=["lb1"])
    assert result["behind"] == ["lb1: keepalived did not take it.", "lb2: the host was not reached."]
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
    result = run(before=both(*map(report, before)),
                 now=both(*(report(state, running=state is not None) for state in now)))
    assert result["disputed"] == said


@pytest.mark.parametrize("now, said", [
    ((report("MASTER", held_on=[]), report("BACKUP")),
     ["lb1: vrrp_instance VI_1 is MASTER, but 198.18.0.100 is on no interface."]),
    ((report("MASTER", held_on=["eth2"]), report("BACKUP")),
     ["lb1: vrrp_instance VI_1 is MASTER, but 198.18.0.100 is on eth2 instead of eth1."]),
    ((report("MASTER"), report("BACKUP", held_on=["eth1"])),
     ["198.18.0.100 has 2 holders: lb1 and lb2.",
      "lb2: vrrp_instance VI_1 is BACKUP, but 198.18.0.100 is on eth1."]),
    ((report("MASTER"), report("BACKUP", held_on=["eth1"], priority=255)), []),
])
def test_the_kernel_counts(now, said):
    assert run(before=both(report("MASTER"), report("BACKUP")), now=both(*now))["disputed"] == said


@pytest.mark.parametrize("silent, reason", [
    ({"failed": True, "msg": "keepalived wrote no dump."}, "keepalived wrote no dump."),
    # with failed_when: false
    ({"failed": False, "msg": "keepalived wrote no dump."}, "keepalived wrote no dump."),
    ({"unreachable": True, "msg": "Failed to connect"}, "Failed to connect."),
    ({}, "there is no result."),
])
def test_silence_is_not_health(silent, reason):
    before = both(report("MASTER"), report("BACKUP"))
    sentence = f"lb1 does not answer, and answered before the change: {reason}"
    assert run(before=before, now=both(silent, report("MASTER")))["disputed"] == [sentence]
    assert run(before=before, now=both(silent, silent))["disputed"] == [sentence, sentence.replace("lb1", "lb2")]
    assert run(now=both(silent, report("MASTER")))["disputed"] == [f"lb1 does not answer: {reason}"]


def test_a_host_that_did_not_answer_before_need_not_answer_now():
    assert run(before=both(report("MASTER"), {}), now=both(report("MASTER"), {}))["disputed"] == []
    failure = {"failed": True, "msg": "no python"}
    assert run(before=both(report("MASTER"), failure), now=both(report("MASTER"), failure))["disputed"] == []


def test_an_address_that_is_no_longer_asked_for_needs_no_holder():
    result = run(before=both(report("MASTER", "198.18.0.101"), report("BACKUP", "198.18.0.101")),
                 now=both(report("MASTER"), report("BACKUP")))
    assert result["disputed"] == []


@pytest.mark.parametrize("wrong", [None, "text", {"differs": True}, {}])
def test_a_plan_that_is_something_else(wrong):
    with pytest.raises(AnsibleActionFail, match="plan of lb1 is not a result of keepalived_config"):
        run(plan=both(wrong, plan()))


@pytest.mark.parametrize("wrong", [
    "text", plan(), {"skipped": True}, {"running": True, "vrrp_instance": [
        {"name": "VI_1", "state": "MASTER", "virtual_ipaddress": [{"address": "198.18.0.100/24"}],
         "virtual_ipaddress_excluded": []}]}])
def test_a_report_that_is_something_else(wrong):
    with pytest.raises(AnsibleActionFail, match="now of lb1 is not a result of keepalived_info"):
        run(now=both(wrong, report("MASTER")))


def test_reports_that_are_not_there():
    with pytest.raises(AnsibleActionFail, match="now has no result of lb2"):
        run(now={"lb1": report("MASTER")})
    with pytest.raises(AnsibleActionFail, match="before has no answer from any host"):
        run(before=both({}, {}), now=both(report("MASTER"), {}))
    with pytest.raises(AnsibleActionFail, match="now"):
        run(now={})
