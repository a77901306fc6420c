# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the addresses go when a host goes out of service, and what tells keepalived so."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.maintenance import (
    giving,
    leaving,
    maintain,
    returning,
    sides,
)
from ansible_collections.openvip.cluster.plugins.module_utils._module import judge, refusals
from ansible_collections.openvip.cluster.plugins.module_utils._status.summary import summarise
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._status.clusters import (
    VIP,
    VIP2,
    host,
    instance,
)

PATH = "/etc/keepalived/maintenance"
FREE = {"track": "track_file", "name": "maintenance", "weight": -253, "reverse": False, "status": "0", "good": True}
OUT = dict(FREE, status="1", good=False)
BAD = dict(FREE, name="nginx", weight=0, status="1", good=False)


def status(*members):
    """A cluster of hosts that are each given as instances."""
    return summarise([host("lb%d" % number, *instances) for number, instances in enumerate(members, 1)])


def vi(state, priority, *tracked, **more):
    return instance(state, priority, tracked=tracked or (FREE,), **more)


def data(**keywords):
    return {"vrrp_instance": [dict({"name": "VI_1", "interface": "eth1", "virtual_router_id": 51, "priority": 250,
                                    "virtual_ipaddress": [VIP + "/24"]}, **keywords)]}


def test_an_instance_looks_at_the_file_with_a_weight_that_leaves_priority_1():
    config = data(track_file=["nginx"])
    config["track_file"] = [{"name": "nginx", "file": "/run/nginx", "weight": 0}]
    maintain(config, PATH)
    assert config["track_file"][1] == {"name": "maintenance", "file": PATH, "weight": -253, "init_file": "0"}
    assert config["vrrp_instance"][0]["track_file"] == ["nginx", "maintenance"]
    assert refusals(judge(config)) == []


@pytest.mark.parametrize("keywords, group", [
    ({"nopreempt": True}, {}),
    ({"priority": 255}, {}),
    ({}, {"vrrp_sync_group": [{"name": "G", "group": ["VI_1"]}]}),
])
def test_where_nobody_takes_the_address_from_a_lower_priority_it_is_a_fault(keywords, group):
    config = dict(data(**keywords), **group)
    maintain(config, PATH)
    assert config["vrrp_instance"][0]["track_file"] == ["maintenance weight 0"]


def test_a_sync_group_that_tracks_with_weights_keeps_them():
    config = dict(data(), vrrp_sync_group=[{"name": "G", "group": ["VI_1"], "sync_group_tracking_weight": True}])
    maintain(config, PATH)
    assert config["vrrp_instance"][0]["track_file"] == ["maintenance"]


def test_a_track_file_of_that_name_is_the_user_s():
    config = dict(data(), track_file=[{"name": "maintenance", "file": "/srv/flag"}])
    maintain(config, PATH)
    assert config == dict(data(), track_file=[{"name": "maintenance", "file": "/srv/flag"}])


def test_the_best_backup_takes_the_address():
    moves, findings = leaving(status([vi("MASTER", 250)], [vi("BACKUP", 230)], [vi("BACKUP", 240)]), "lb1")
    assert findings == []
    assert [(move.giver, move.taker, move.interfaces, move.addresses) for move in moves] \
        == [("lb1", "lb3", ("eth1", "eth1"), [VIP])]


def test_a_host_without_an_address_goes_without_a_move():
    assert leaving(status([vi("MASTER", 250)], [vi("BACKUP", 240)]), "lb2") == ([], [])


@pytest.mark.parametrize("other, reason", [
    ([vi("FAULT", 240, FREE, BAD)], "lb2 is FAULT"),
    ([vi("BACKUP", 240, OUT)], "lb2 is BACKUP and in maintenance"),
    ([], "there is none"),
])
def test_nobody_who_can_take_it_is_an_error(other, reason):
    moves, (finding,) = leaving(status([vi("MASTER", 250)], other), "lb1")
    assert moves == [] and finding.id == "no-taker" and finding.object == "vrrp_instance VI_1"
    assert reason in finding.message


def test_a_keepalived_that_knows_no_maintenance_is_an_error():
    (finding,) = leaving(status([vi("MASTER", 250, BAD)], [vi("BACKUP", 240)]), "lb1")[1]
    assert finding.id == "no-maintenance" and "openvip.cluster.site" in finding.remedy


@pytest.mark.parametrize("mine, other, standing, moves", [
    (vi("BACKUP", 250, OUT, effective=1), vi("MASTER", 240), [], 1),
    (vi("BACKUP", 230, OUT, effective=1), vi("MASTER", 240), [], 0),
    (vi("FAULT", 250, dict(OUT, weight=0)), vi("MASTER", 240), ["VI_1"], 0),
    (vi("FAULT", 250, OUT, BAD), vi("MASTER", 240), [], 0),
    (vi("BACKUP", 250), vi("MASTER", 240), [], 0),
], ids=["preferred", "not preferred", "nopreempt", "not well", "not out"])
def test_a_host_that_returns_takes_what_it_is_preferred_for(mine, other, standing, moves):
    assert len(returning(status([mine], [other]), "lb1", standing)) == moves


def test_all_who_would_keep_it_from_the_host_go_the_holders_last():
    assert giving(status([vi("BACKUP", 250)], [vi("MASTER", 240)], [vi("BACKUP", 230)]), "lb3") == (["lb1", "lb2"], [])
    assert giving(status([vi("MASTER", 250)], [vi("BACKUP", 240)]), "lb1") == ([], [])


@pytest.mark.parametrize("target, words", [
    ([vi("FAULT", 240, BAD)], "lb2 is FAULT"), ([vi("BACKUP", 240, OUT)], "lb2 is in maintenance"),
    ([], "lb2 has no such instance"),
])
def test_a_host_that_cannot_take_an_address_is_an_error(target, words):
    hosts, (finding,) = giving(status([vi("MASTER", 250)], target), "lb2")
    assert hosts == [] and words in finding.message


def test_each_side_knows_its_addresses_and_the_giver_s_own():
    both = [vi("MASTER", 250), vi("MASTER", 250, name="VI_2", vrid=52, vips=[VIP2])]
    moves, dummy = leaving(status(both, [vi("BACKUP", 240)], [vi("BACKUP", 240, name="VI_2", vrid=52, vips=[VIP2])]),
                           "lb1")
    interfaces = {"lb1": {"eth1": [VIP + "/24", VIP2 + "/32", "198.18.0.11/24", "fe80::1/64"]}}
    giver, *takers = sides(moves, interfaces)
    assert (giver["host"], giver["side"]) == ("lb1", "giver")
    assert [each["address"] for each in giver["addresses"]] == [VIP, VIP2]
    assert [(each["host"], each["addresses"]) for each in takers] == [
        ("lb2", [{"address": VIP, "interface": "eth1", "giver": "198.18.0.11"}]),
        ("lb3", [{"address": VIP2, "interface": "eth1", "giver": "198.18.0.11"}])]
    assert sides(moves, {"lb1": {"eth1": ["fe80::1/64"]}}) == []
