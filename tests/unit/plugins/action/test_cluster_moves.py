# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of cluster_moves: what it returns, and what it refuses."""

from __future__ import annotations

from unittest.mock import MagicMock

import pytest
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.openvip.cluster.plugins.action.cluster_moves import ActionModule
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._status.clusters import (
    VIP,
    host,
    instance,
    unreachable,
    written,
)

FREE = {"track": "track_file", "name": "maintenance", "weight": -253, "reverse": False, "status": "0", "good": True}
OUT = dict(FREE, status="1", good=False)


def pair(away=False, **config):
    """lb1, which holds the address unless it is out of service, and lb2."""
    first, second = ("BACKUP", "MASTER") if away else ("MASTER", "BACKUP")
    members = [host("lb1", instance(first, 250, tracked=[OUT if away else FREE]), config=[written(250)]),
               host("lb2", instance(second, 240, tracked=[FREE]), config=[written(240)])]
    members[0]["keepalived"]["interfaces"] = {"eth1": ["198.18.0.11/24"]}
    members[1]["keepalived"]["interfaces"] = {"eth1": ["198.18.0.12/24"]}
    for each in members:
        each["keepalived"]["config"].update(config)
    return members


@pytest.fixture
def run():
    def call(reports, **options):
        task = MagicMock(args=dict({"reports": reports, "host": "lb1"}, **options), async_val=0, check_mode=False)
        loader = DataLoader()
        return ActionModule(task, MagicMock(), MagicMock(), loader, Templar(loader), MagicMock()).run(task_vars={})

    return call


def test_a_host_that_goes_gives_its_address_and_its_connections(run):
    result = run(pair())
    assert not result["changed"] and not result.get("failed") and not result["stays"] and result["hosts"] == ["lb1"]
    assert result["moves"] == [{"instance": "VI_1", "giver": "lb1", "taker": "lb2", "interfaces": ("eth1", "eth1"),
                                "addresses": [VIP]}]
    assert [(each["host"], each["side"], each["addresses"][0]["giver"]) for each in result["handover"]] == [
        ("lb1", "giver", None), ("lb2", "taker", "198.18.0.11")]


def test_a_host_that_returns_takes_its_address_back(run):
    result = run(pair(True), state="absent")
    assert [(each["giver"], each["taker"]) for each in result["moves"]] == [("lb2", "lb1")]


def test_with_nopreempt_the_address_stays(run):
    result = run(pair(True, vrrp_instance=[dict(written(250), nopreempt=True)]), state="absent")
    assert result["moves"] == [] and result["stays"]


def test_for_a_host_to_have_all_the_others_go(run):
    assert run(pair(), host="lb2", state="holder")["hosts"] == ["lb1"]


def test_directors_copy_their_connections_instead(run):
    result = run(pair(virtual_server=[{"ip": VIP, "port": 80}]))
    assert result["moves"] and result["handover"] == []


def test_a_host_that_is_not_reached_cannot_take_an_address(run):
    reports = [pair()[0], unreachable("lb2")]
    result = run(reports)
    assert result["failed"] and "no other host can take the addresses of lb1 (there is none)" in result["msg"]
    assert not run(reports, force=True).get("failed")


def test_wrong_options_are_refused(run):
    with pytest.raises(AnsibleActionFail, match="there is no report of lb9, only of: lb1, lb2"):
        run(pair(), host="lb9")
    with pytest.raises(AnsibleError, match="value of state must be one of"):
        run(pair(), state="gone")
