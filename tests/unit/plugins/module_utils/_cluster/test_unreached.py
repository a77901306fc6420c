# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts that were not reached: their addresses by what the others have, and nothing new for them."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.derive import derive
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.preparation import listen, preparation
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.services import Member
from ansible_collections.openvip.cluster.plugins.module_utils._host.needs import needs

INSTANCE = {"name": "VI_1", "virtual_router_id": 51, "virtual_ipaddress": ["198.18.0.100/24"]}
INSTANCE_6 = {"name": "VI_6", "virtual_router_id": 56, "virtual_ipaddress": ["2001:db8:18::100/64"]}
SERVICE = {"ip": "198.18.0.100", "port": 80, "protocol": "TCP", "lb_algo": "rr", "lb_kind": "DR",
           "real_server_group": "web"}
SERVICE_6 = {**SERVICE, "ip": "2001:db8:18::100"}


def host(name, number, **options):
    values = [f"198.18.0.{number}/24", f"2001:db8:18::{number}/64", f"fe80::{number}/64"]
    return Member(name, {"interfaces": {"eth1": values}, "default": [], "marks": {}}, options)


def dead(name, address=None, **options):
    return Member(name, None, options, reached=False, host=address)


LB1, LB2, LB3 = (host(f"lb{number}", 10 + number) for number in (1, 2, 3))
WEB = [host(f"web{number}", 20 + number) for number in (1, 2, 3, 4)]


def config(*services, **keys):
    return {"vrrp_instance": [dict(INSTANCE), dict(INSTANCE_6)],
            "virtual_server": [dict(service, **keys) for service in services or (SERVICE,)]}


def made(definition, web, members=(LB1, LB2), **more):
    data, findings = derive(definition, "lb1", list(members), groups={"web": web}, **more)
    return data, [f"{finding.id}: {finding}" for finding in findings]


def addresses(data):
    return [[server["ip"] for server in service["real_server"]] for service in data["virtual_server"]]


@pytest.fixture
def present():
    """Return what the directors have, with all hosts."""
    data, findings = made(config(SERVICE, SERVICE_6), WEB[:3])
    assert findings == []
    return [data, copy.deepcopy(data)]


@pytest.mark.parametrize("away", [
    [dead("web3", "198.18.0.23")], [dead("web3")], [dead("web3", "192.0.2.9")], [dead("web3", weight=5)],
])
def test_a_real_server_keeps_the_addresses_that_the_directors_have(present, away):
    data, findings = made(config(SERVICE, SERVICE_6, delay_loop=9), WEB[:2] + away, present=present)
    assert findings == [] and addresses(data) == addresses(present[0])
    assert [service["real_server"][2].get("weight") for service in data["virtual_server"]] == [
        away[0].options.get("weight")] * 2


def test_all_of_them_may_be_away(present):
    """Which of the addresses is whose does not matter, as long as they are alike."""
    web = [dead(f"web{number}") for number in (1, 2, 3)]
    data, findings = made(config(SERVICE, SERVICE_6), web, present=present)
    assert findings == [] and addresses(data) == addresses(present[0])
    web[1] = dead("web2", weight=3)
    dummy, findings = made(config(), web, present=present)
    assert "web1 was not reached, and its address cannot be told" in findings[0]
    web = [dead(f"web{number}", f"198.18.0.2{number}", weight=number) for number in (1, 2, 3)]
    data, findings = made(config(), web, present=present)
    assert findings == [] and [each["weight"] for each in data["virtual_server"][0]["real_server"]] == [1, 2, 3]


@pytest.mark.parametrize("web, said", [
    # new, and known by the address of Ansible or by what it says itself
    ([*WEB[:3], dead("web4", "198.18.0.24")], "web4 was not reached, and its address cannot be told"),
    ([*WEB[:3], dead("web4", ip="198.18.0.24")], "web4 (198.18.0.24) was not reached, so it cannot be prepared"),
    # another one has been taken out of the group, whose address is none of it
    ([*WEB[:2], dead("web4", "198.18.0.24")], "web4 was not reached, and its address cannot be told"),
    # two left, one wanted
    ([WEB[0], dead("web9")], "web9 was not reached, and its address cannot be told"),
])
def test_a_new_one_is_refused_with_its_name(present, web, said):
    dummy, findings = made(config(), web, present=present)
    assert len(findings) == 1 and findings[0].startswith("real-server-not-reached: ") and said in findings[0]
    assert "take it out of the group" in findings[0]


@pytest.mark.parametrize("keys, new", [
    ({"delay_loop": 7, "lb_algo": "wlc"}, False), ({"port": 443}, False),
    ({"ip": "198.18.0.101"}, True), ({"lb_kind": "TUN"}, True), ({"lb_kind": "NAT"}, True),
])
def test_nothing_new_goes_to_it_unless_it_gets_no_connections(present, keys, new):
    """Another port is no matter of the preparation for DR."""
    web = [*WEB[:2], dead("web3")]
    dummy, findings = made(config(**keys), web, present=present)
    assert [each.partition(":")[0] for each in findings] == ["real-server-not-reached"] * new
    # drained by the definition, and by the playbook on every director
    assert made(config(**keys), web, present=present, drained=["web3"])[1] == []
    for data in present:
        data["virtual_server"][0]["real_server"][2]["weight"] = 0
        data["virtual_server"][1]["real_server"][2]["weight"] = 0
    assert made(config(**keys), web, present=present)[1] == []
    present[1]["virtual_server"][0]["real_server"][2]["weight"] = 1
    assert len(made(config(**keys), web, present=present[1:])[1]) == new


@pytest.mark.parametrize("keys, new", [({}, False), ({"protocol": "UDP"}, True), ({"port": 81}, True)])
def test_nat_asks_for_the_port_too(keys, new):
    definition = config(lb_kind="NAT")
    present = [made(definition, WEB[:3])[0]]
    dummy, findings = made(config(lb_kind="NAT", **keys), [*WEB[:2], dead("web3")], present=present)
    assert len(findings) == new
    more = config(lb_kind="NAT")
    more["vrrp_instance"][0]["virtual_ipaddress"] = ["198.18.0.99/24", "198.18.0.100/24"]
    # which may become its way back
    assert len(made(more, [*WEB[:2], dead("web3")], present=present)[1]) == 1


def test_a_fresh_director_learns_from_the_others(present):
    data, findings = derive(config(), "lb3", [LB1, LB3], groups={"web": [*WEB[:2], dead("web3")]}, present=present)
    assert findings == [] and addresses(data) == [["198.18.0.21", "198.18.0.22", "198.18.0.23"]]
    dummy, findings = derive(config(), "lb3", [LB1, LB3], groups={"web": [*WEB[:2], dead("web3")]})
    assert [finding.id for finding in findings] == ["real-server-not-reached"]


def test_the_other_real_servers_do_not_need_it():
    options, findings = preparation(config(), LB1, {"web": [*WEB[:2], dead("web3")]}, WEB[1], ["lb1", "lb2"])
    assert findings == [] and [each["ip"] for each in options["virtual_server"]] == ["198.18.0.100"]
    assert listen(config(), LB1, {"web": [*WEB[:2], dead("web3")]}, WEB[1]) == ["198.18.0.100:80", "198.18.0.22:80"]


@pytest.mark.parametrize("members, peers", [
    ([LB1, LB2, LB3], ["198.18.0.12", "198.18.0.13"]),
    ([LB1, LB2, dead("lb3")], ["198.18.0.12", "198.18.0.13"]),
    ([LB1, dead("lb2"), dead("lb3")], ["198.18.0.12", "198.18.0.13"]),
    # new, and on the segment by Ansible's address
    ([LB1, LB2, dead("lb3", "198.18.0.13"), dead("lb4", "198.18.0.14")],
     ["198.18.0.12", "198.18.0.13", "198.18.0.14"]),
    # removed
    ([LB1, LB2], ["198.18.0.12"]),
    ([LB1, dead("lb3", "198.18.0.13")], ["198.18.0.13"]),
])
def test_unicast_keeps_the_peers_that_the_members_have(members, peers):
    definition = {"vrrp_instance": [INSTANCE]}
    present = [derive(definition, name, [LB1, LB2, LB3], unicast=True)[0] for name in ("lb1", "lb2")]
    data, findings = derive(definition, "lb1", members, unicast=True, present=present)
    assert findings == [] and data["vrrp_instance"][0]["unicast_peer"] == peers


def test_a_peer_that_nobody_knows_is_refused():
    dummy, findings = derive({"vrrp_instance": [INSTANCE]}, "lb1", [LB1, dead("lb2", "192.0.2.1")], unicast=True)
    assert [finding.id for finding in findings] == ["unicast-peer-unknown"]


@pytest.mark.parametrize("address, unknown", [("198.18.0.12", 0), ("192.0.2.1", 1), (None, 1)])
def test_the_firewall_goes_on_to_let_it_in(address, unknown):
    data = derive({"vrrp_instance": [INSTANCE]}, "lb1", [LB1, LB2])[0]
    found, findings = needs(data, "lb1", [LB1, dead("lb2", address)])
    assert len(findings) == unknown
    assert [each["source"] for each in found["allow"]] == ["198.18.0.12"] * (not unknown)
