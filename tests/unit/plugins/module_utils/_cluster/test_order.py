# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of priority that an instance has for itself: what follows from it, and what is refused."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.derive import derive
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.order import ORDER, without_order
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.services import Member

NAMES = ("lb1", "lb2", "lb3")
MEMBERS = [Member(name, {"interfaces": {"eth1": ["198.18.0.1%d/24" % number]}})
           for number, name in enumerate(NAMES, 1)]


def cluster(**keys):
    """Two instances; I(keys) are those of the second."""
    return {"vrrp_instance": [
        {"name": "VI_1", "virtual_router_id": 51, "virtual_ipaddress": ["198.18.0.100/24"]},
        dict({"name": "VI_2", "virtual_router_id": 52, "virtual_ipaddress": ["198.18.0.101/24"]}, **keys)]}


def ranks(config, name="VI_2"):
    """Return the state and priority of each member in an instance."""
    found = {}
    for host in NAMES:
        data, findings = derive(config, host, MEMBERS)
        assert findings == []
        instance = next(instance for instance in data["vrrp_instance"] if instance["name"] == name)
        assert ORDER not in instance
        found[host] = (instance["state"], instance["priority"])
    return found


def refused(config, **options):
    """Return the one finding as text; the same on every host."""
    found = {str(finding) for host in NAMES for finding in derive(config, host, MEMBERS, **options)[1]}
    assert len(found) == 1, found
    return found.pop()


@pytest.mark.parametrize("order, leaders", [
    (["lb2", "lb1", "lb3"], ["lb2", "lb1", "lb3"]),
    (["lb3", "lb2", "lb1"], ["lb3", "lb2", "lb1"]),
    (["lb2"], ["lb2", "lb1", "lb3"]),
    (["lb3"], ["lb3", "lb1", "lb2"]),
])
def test_the_listed_ones_lead_and_the_others_follow_as_in_the_group(order, leaders):
    found = ranks(cluster(priority_order=order))
    assert [found[name] for name in leaders] == [("MASTER", 250), ("BACKUP", 240), ("BACKUP", 230)]


def test_another_instance_keeps_the_order_of_the_group():
    assert ranks(cluster(priority_order=["lb3"]), "VI_1") == ranks(cluster())


def test_everybody_starts_as_backup_with_nopreempt_and_the_order_is_in_the_priorities():
    assert ranks(cluster(priority_order=["lb2"], nopreempt=True)) == {
        "lb1": ("BACKUP", 240), "lb2": ("BACKUP", 250), "lb3": ("BACKUP", 230)}


def test_the_definition_is_not_changed_in_place():
    config = cluster(priority_order=["lb2"])
    before = copy.deepcopy(config)
    derive(config, "lb1", MEMBERS)
    assert config == before


def test_the_priority_of_one_host_can_still_be_overridden():
    override = {"vrrp_instance": [{"name": "VI_2", "priority": 99}]}
    data, findings = derive(cluster(priority_order=["lb2"]), "lb2", MEMBERS, override=override)
    assert findings == [] and data["vrrp_instance"][1]["priority"] == 99


@pytest.mark.parametrize("keys, words", [
    ({"priority_order": ["lb2", "lb22"]}, ["vrrp_instance VI_2", "lb22 is no member", 'Did you mean "lb2"?']),
    ({"priority_order": ["web"]}, ["web is no member", "there are: lb1, lb2, lb3"]),
    ({"priority_order": ["lb2", "lb2"]}, ["has lb2 2 times", "Name it once"]),
    ({"priority_order": "lb2"}, ["must be a list of host names, got 'lb2'"]),
    ({"priority_order": []}, ["must be a list of host names, got []"]),
    ({"priority_order": [2]}, ["must be a list of host names, got [2]"]),
    ({"priority_order": ["lb2"], "priority": 9}, ["priority_order and priority are both set"]),
    ({"priority_order": ["lb2"], "state": "BACKUP"}, ["priority_order and state are both set"]),
])
def test_a_wrong_order_is_refused_on_every_host(keys, words):
    said = refused(cluster(**keys))
    assert [word for word in words if word not in said] == [], said


def test_an_order_for_one_host_alone_is_refused():
    said = refused(cluster(), override={"vrrp_instance": [{"name": "VI_2", "priority_order": ["lb2"]}]})
    assert "override of one host" in said and "Set it in the definition" in said


def test_a_sync_group_has_one_leader():
    group = {"vrrp_sync_group": [{"name": "VG_1", "group": ["VI_1", "VI_2"]}]}
    said = refused(dict(cluster(priority_order=["lb2"]), **group))
    assert "vrrp_sync_group VG_1" in said and "lb1 of VI_1, lb2 of VI_2" in said
    assert ranks(dict(cluster(priority_order=["lb1", "lb3"]), **group))["lb3"] == ("BACKUP", 240)


def test_without_order_leaves_what_it_does_not_know():
    assert without_order(cluster(priority_order=["lb2"])) == cluster()
    assert without_order({"vrrp_instance": "no list"}) == {"vrrp_instance": "no list"}
    assert without_order({"vrrp_instance": ["no block"]}) == {"vrrp_instance": ["no block"]}
