# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""cluster_simulate on clusters that are wrong in one way each, and on right ones."""

from __future__ import annotations

import json
from unittest.mock import MagicMock

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.openvip.cluster.plugins.action import cluster_simulate
from ansible_collections.openvip.cluster.tests.unit.plugins.action.clusters import WRONG, inventory

TRACK = {"track": {"name": "web", "file": "/run/web", "script": "/usr/bin/curl --max-time 1 http://localhost/",
                   "interval": 2, "timeout": 2, "fall": 2, "rise": 2}}
# Wrong clusters whose fault is one of behaviour, and what the simulation says of each.
HOLDERS = ("virtual router number differs through an override", "version 3 on one host", "interval differs",
           "password differs in case", "authentication forgotten on one host", "second address forgotten on one host",
           "address mistyped on one host", "unicast on one host alone", "peer mistyped",
           "multicast group differs", "interface of one host is in another network", "firewall stops VRRP")
UNNOTICED = ("weight smaller than the gap", "weight as large as the gap", "weight of the script smaller than the gap",
             "positive weight smaller than the gap")


@pytest.fixture
def run(monkeypatch):
    """Run the action; the scope of each host is what is given for it."""

    def call(case, **arguments):
        groups, variables = inventory(case)
        monkeypatch.setattr(cluster_simulate, "Scope", lambda *dummy: variables)
        arguments = {"group": ["lb"], "definition": "definition", "seen": "seen", "output": "none", **arguments}
        task = MagicMock(args=arguments, async_val=0, check_mode=True)
        action = cluster_simulate.ActionModule(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), MagicMock())
        result = action.run(task_vars={"groups": dict(groups, all=list(variables)), "hostvars": {}})
        assert not result["changed"] and json.dumps(result["clusters"])
        return result

    return call


def ids(result):
    return {finding["id"] for finding in result["clusters"][0]["findings"]}


def only(result):
    (outcome,) = result["clusters"][0]["outcomes"]
    return outcome


@pytest.mark.parametrize("name", HOLDERS)
def test_members_that_do_not_hear_each_other_have_two_holders(run, name):
    result = run(WRONG[name], depth="single")
    assert "simulate-several-holders" in ids(result) or len(result["clusters"][0]["instances"]) == 2, result["table"]


@pytest.mark.parametrize("name", UNNOTICED)
def test_a_weight_that_moves_nothing_leaves_a_dead_service_with_its_address(run, name):
    result = run(WRONG[name], depth="single")
    assert "simulate-service-unnoticed" in ids(result)
    assert "Use weight 0" in "\n".join(result["table"]) and "costs" in "\n".join(result["table"])


def test_a_right_cluster_is_left_without_a_spare_and_nothing_worse(run):
    result = run({"all": TRACK})
    assert ids(result) == {"simulate-no-spare"}
    assert ids(run({"all": TRACK, "lb3": {}})) == set()


def test_what_if_lb1_dies_while_lb2_is_gone(run):
    assert only(run({"all": TRACK, "lb3": {}}, sequences=[["gone lb2", "gone lb1"]]))["lost"] == []
    assert only(run({"all": TRACK}, sequences=[["gone lb2", "gone lb1"]]))["lost"] == ["VI_1"]


def test_the_worst_is_first_and_what_was_asked_for_is_told(run):
    outcomes = run({"all": TRACK}, limit=0)["clusters"][0]["outcomes"]
    pairs = [outcome for outcome in outcomes if len(outcome["faults"]) == 2]
    assert pairs[0]["lost"] and not pairs[-1]["lost"]
    assert len(run({"all": TRACK}, limit=3)["clusters"][0]["outcomes"]) == 6
    assert len(run({"all": TRACK}, limit=3, depth="single")["clusters"][0]["outcomes"]) == 3


def test_it_fails_where_it_is_asked_to(run):
    assert run({}, fail_on="error")["failed"]
    assert not run({"all": TRACK}, fail_on="warning").get("failed")


@pytest.mark.parametrize(("arguments", "message"), [
    ({"sequences": [["gone lb9"]]}, 'There is no fault "gone lb9" in lb'),
    ({"sequences": [[]]}, "A sequence has no fault"),
    ({"limit": -1}, "limit -1"),
    ({"definition": "other"}, "lb1 has no other with config in it"),
])
def test_what_cannot_be_played_is_refused(run, arguments, message):
    with pytest.raises(AnsibleActionFail, match=message):
        run({}, **arguments)


def test_what_is_not_known_is_said(run):
    result = run(WRONG["weight as large as the gap"], depth="single")
    assert any("check" in sentence for sentence in result["clusters"][0]["unknown"])
