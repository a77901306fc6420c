# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""cluster_check on clusters that are wrong in one way each, on those of the examples, and on a part of a cluster."""

from __future__ import annotations

from unittest.mock import MagicMock

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.openvip.cluster.plugins.action import cluster_check
from ansible_collections.openvip.cluster.plugins.module_utils._cluster import verify
from ansible_collections.openvip.cluster.tests.unit.plugins.action.clusters import (
    INSTANCE,
    WRONG,
    host,
    inventory,
)


@pytest.fixture
def run(monkeypatch):
    """Run the action; the scope of each host is what is given for it."""

    def call(groups, variables, known=None, unreached=(), **arguments):
        monkeypatch.setattr(cluster_check, "Scope", lambda *dummy: variables)
        arguments = dict(
            {"group": ["lb"], "definition": "definition", "seen": "seen", "variables": known or {}}, **arguments)
        task = MagicMock(args=arguments, async_val=0, check_mode=True)
        action = cluster_check.ActionModule(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), MagicMock())
        return action.run(task_vars={
            "groups": dict(groups, all=list(variables)), "hostvars": {}, "__hosts_unreached": list(unreached),
            "ansible_play_hosts_all": [*groups["lb"], *groups.get("web", [])]})

    return call


def ids(result):
    return sorted({finding["id"] for finding in result["findings"]})


def test_there_are_enough_wrong_clusters():
    assert len(WRONG) >= 60


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_a_wrong_cluster_is_refused_with_what_is_wrong_and_nothing_else(run, case):
    result = run(*inventory(case), fail_on="info", **case.get("task", {}))
    assert ids(result) == sorted(case["finds"]), result["table"]
    assert result["failed"] and not result["changed"]
    for finding in result["findings"]:
        assert finding["hosts"] and finding["remedy"] and finding["object"].endswith("lb")
        assert f"[{finding['id']}]" in result["msg"] and finding["message"] in result["msg"]
    assert "k4Vn9wQe" not in str(result) and "k4vn9wqe" not in str(result)


def test_a_right_cluster_is_not_refused(run):
    result = run(*inventory({"lb3": {}, "mail": {}}), fail_on="info", failover_limit=5, real_servers={"web1": []})
    assert result["findings"] == [] and not result.get("failed") and result["table"][-1] == \
        "lb: nothing to complain about"
    assert result["not_seen"] == []


def test_severity_decides_about_failure(run):
    cluster = inventory(WRONG["priority copied"])
    assert not run(*cluster).get("failed") and run(*cluster, fail_on="warning")["failed"]
    assert not run(*inventory(WRONG["version 3 on one host"]), fail_on="never").get("failed")


def test_the_weight_that_would_move_the_address_is_named(run):
    said = run(*inventory(WRONG["weight as large as the gap"]))["msg"]
    assert "leaves lb1 at 240 of 250, not below the 240 of lb2" in said
    assert "weight -11 or less (239 is below 240)" in said
    said = run(*inventory(WRONG["positive weight smaller than the gap"]))["msg"]
    assert "leaves lb1 at 100 of 105, not below the 95 of lb2" in said
    assert "weight 11 or more (100 is below 101)" in said
    said = run(*inventory(WRONG["two weights that are too small together"]))["msg"]
    assert "together leave lb1 at 241 of 250" in said and "weights of together -11 or less (239 is below 240)" in said


@pytest.mark.parametrize("weights", [{"track_script": ["check weight -11"]}, {"track_script": ["check weight 11"]}, {
    "track_script": ["check weight -5"], "track_interface": ["eth0 weight -6"]}, {"track_script": ["check"]}])
def test_a_weight_that_is_enough_is_taken(run, weights):
    case = {"all": {"instance": weights, "vrrp_script": [{"name": "check", "script": "/usr/bin/pgrep -x nginx"}],
                    "facts": {"eth0": [], "eth1": ["198.18.0.11/24"]}},
            "lb1": {"instance": {"priority": 100}},
            "lb2": {"instance": {"priority": 90}, "facts": {"eth0": [], "eth1": ["198.18.0.12/24"]}}}
    assert ids(run(*inventory(case))) == []


def test_what_a_part_of_the_cluster_hides_is_said(run):
    """lb3 is outside --limit: its definition is known, its facts are not."""
    groups, variables = inventory({"lb3": {"instance": {"virtual_router_id": 52}}})
    for key in ("ansible_facts", "seen"):
        del variables["lb3"][key]
    result = run(groups, variables, fail_on="info")
    assert ids(result) == ["cluster-virtual-router-id-differs"]
    unseen = {each["what"]: each["hosts"] for each in result["not_seen"]}
    assert unseen["interfaces and addresses"] == unseen["the clock"] == ["lb3"]
    assert any("lb3" in line and "--limit" in line for line in result["table"])


def test_peers_that_are_derived_from_facts_are_no_fault_of_a_part(run):
    groups, variables = inventory({"all": {"unicast": True}})
    del variables["lb2"]["ansible_facts"]
    result = run(groups, variables)
    assert ids(result) == []
    unseen = {each["what"]: each["hosts"] for each in result["not_seen"]}
    assert unseen["interfaces and addresses"] == ["lb2"]
    assert unseen["what follows from the facts of other hosts"] == ["lb1"]


def test_another_cluster_that_cannot_be_made_out_is_named(run):
    groups, variables = inventory({"mail": {}})
    variables["mail1"]["definition"] = "no dictionary"
    assert ["mail", ["mail1", "mail2"]] in [[each["group"], each["hosts"]]
                                            for each in run(groups, variables)["not_seen"]]


@pytest.mark.parametrize("arguments, words", [
    ({"group": ["lbs"]}, "no group \"lbs\".*lb"),
    ({"definition": "other"}, "lb1 has no other with config"),
])
def test_what_is_not_there_is_named(run, arguments, words):
    with pytest.raises(AnsibleActionFail, match=words):
        run(*inventory({}), **arguments)


def test_what_was_seen_has_to_be_of_its_form(run):
    with pytest.raises(AnsibleActionFail, match="seen of lb2 is not of the form"):
        run(*inventory({"lb2": {"seen": {"clock": {"at": 5}}}}))


def test_the_work_grows_linearly(run, monkeypatch):
    """Each host is read and judged once, however many there are."""
    counted = []
    judge = verify.judge
    monkeypatch.setattr(verify, "judge", lambda *given: counted.append(given) or judge(*given))
    for number in (5, 50):
        names = [f"h{index}" for index in range(number)]
        variables = {name: host(f"198.18.0.{index}", INSTANCE, "lb") for index, name in enumerate(names, 101)}
        assert ids(run({"lb": names}, variables)) == []
    assert len(counted) == 55


def test_a_variable_of_almost_a_known_name_is_a_warning(run):
    groups, hosts = inventory({})
    hosts["lb2"]["keepalived_unicst"] = True
    # of a host of the play that is no member
    hosts["web1"]["nginx_servers"] = []
    known = {"keepalived": ["keepalived_unicast"], "nginx": ["nginx_server"]}
    result = run(groups, hosts, known=known)
    assert ids(result) == ["variable-misspelt"] and not result.get("failed")
    assert [(each["hosts"], each["remedy"]) for each in result["findings"]] == [
        (["lb2"], 'Did you mean "keepalived_unicast"?'), (["web1"], 'Did you mean "nginx_server"?')]
    assert run(groups, hosts, known=known, fail_on="warning")["failed"]


def test_what_was_not_reached_is_one_row_and_the_rest_is_judged(run):
    groups, variables = inventory({"all": {"virtual_server": [
        {"ip": "198.18.0.100", "port": 80, "protocol": "TCP", "lb_algo": "rr", "lb_kind": "DR",
         "real_server_group": "web"}]}})
    variables["web1"] = {}
    del variables["lb2"]["ansible_facts"]
    del variables["lb2"]["seen"]
    former = {"virtual_server": [{"ip": "198.18.0.100", "port": 80, "lb_kind": "DR", "real_server": [
        {"ip": "198.18.0.21", "port": 80}]}]}
    variables["lb1"]["__keepalived_inspection"] = {"config": former}
    result = run(groups, variables, unreached=["lb2", "web1"], real_servers={})
    assert not result.get("failed")
    assert [each for each in result["not_seen"] if "lb2" in each["hosts"]] == [
        {"group": "lb", "hosts": ["lb2", "web1"], "what": "everything but its definition",
         "remedy": "it was not reached; run openvip.cluster.preflight again when it is."}]
    # a wrong definition of it is found all the same
    variables["lb2"]["definition"]["config"]["vrrp_instance"][0]["virtual_router_id"] = 52
    result = run(groups, variables, unreached=["lb2", "web1"], real_servers={})
    assert "cluster-virtual-router-id-differs" in ids(result)
