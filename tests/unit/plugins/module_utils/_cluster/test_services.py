# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One definition of a service: what directors write, what real servers carry, where nginx listens."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.derive import derive
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.preparation import listen, preparation
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.services import (
    Member,
    UnderivableError,
    resolve,
    service_addresses,
    without_groups,
)
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import check


def host(name, *interfaces, **options):
    values = {"eth%d" % number: list(found) for number, found in enumerate(interfaces)}
    return Member(name, {"interfaces": values, "default": [interfaces[0][0].partition("/")[0]]}, options)


# eth0: management; eth1: the service; eth2: the back end of NAT
LB1 = host("lb1", ["10.9.0.11/24"], ["198.18.0.11/24", "2001:db8:18::11/64"], ["198.18.1.11/24"])
LB2 = host("lb2", ["10.9.0.12/24"], ["198.18.0.12/24", "2001:db8:18::12/64"], ["198.18.1.12/24"])
WEB1 = host("web1", ["10.9.0.21/24"], ["198.18.0.21/24", "2001:db8:18::21/64"])
WEB2 = host("web2", ["10.9.0.22/24"], ["198.18.0.22/24", "2001:db8:18::22/64"], weight=3)
BACK1 = host("back1", ["10.9.0.31/24"], ["198.18.1.31/24"])
FAR1 = host("far1", ["203.0.113.41/24"])
GROUPS = {"web": [WEB1, WEB2], "back": [BACK1], "far": [FAR1], "mixed": [WEB1, BACK1], "nobody": []}
INSTANCES = [
    {"name": "VI_1", "virtual_router_id": 51, "virtual_ipaddress": ["198.18.0.100/24"]},
    {"name": "VI_2", "virtual_router_id": 52, "virtual_ipaddress": ["198.18.1.1/24"]},
    {"name": "VI_6", "virtual_router_id": 51, "virtual_ipaddress": ["2001:db8:18::100/64"]},
]


def cluster(**keys):
    service = {"ip": "198.18.0.100", "port": 80, "protocol": "TCP", "lb_algo": "rr", "lb_kind": "DR",
               "real_server_group": "web"}
    return {"vrrp_instance": copy.deepcopy(INSTANCES),
            "virtual_server": [{key: value for key, value in dict(service, **keys).items() if value is not None}]}


def servers(config, **options):
    found, findings = resolve(config, LB1, GROUPS, **options)
    assert findings == []
    return found[0].service["real_server"]


def refused(config):
    dummy, findings = resolve(config, LB1, GROUPS)
    assert len(findings) == 1
    return str(findings[0])


def test_every_host_of_the_group_is_a_real_server_on_the_segment_with_its_own_weight_and_a_check():
    check_ = [{"connect_timeout": 2, "retry": 0}]
    assert servers(cluster()) == [
        {"ip": "198.18.0.21", "port": 80, "TCP_CHECK": check_},
        {"ip": "198.18.0.22", "port": 80, "weight": 3, "TCP_CHECK": check_}]


def test_the_service_does_not_wait_a_minute_and_does_not_trust_what_it_has_not_seen():
    service = resolve(cluster(), LB1, GROUPS)[0][0].service
    assert (service["delay_loop"], service["alpha"]) == (3, True)
    service = resolve(cluster(delay_loop=10, alpha=False), LB1, GROUPS)[0][0].service
    assert (service["delay_loop"], service["alpha"]) == (10, False)


def test_options_of_the_definition_are_those_of_every_real_server_and_the_host_has_the_last_word():
    options = {"weight": 2, "PING_CHECK": [{"retry": 1}]}
    found = servers(cluster(real_server_options=options))
    assert [(server["weight"], server["PING_CHECK"], "TCP_CHECK" in server) for server in found] == [
        (2, [{"retry": 1}], False), (3, [{"retry": 1}], False)]


def test_a_real_server_that_is_listed_stays_as_it_is():
    found = servers(cluster(real_server=[{"ip": "198.18.0.21", "port": 80, "weight": 9}]))
    assert [(server["ip"], server.get("weight")) for server in found] == [("198.18.0.21", 9), ("198.18.0.22", 3)]


def test_a_drained_host_has_weight_0():
    assert [server.get("weight") for server in servers(cluster(), drained=["web2"])] == [None, 0]


@pytest.mark.parametrize("drained", ["web1", "198.18.0.21"])
def test_a_drained_real_server_that_is_listed_has_weight_0_by_name_or_address(drained):
    listed = [{"ip": "198.18.0.21", "port": 80, "weight": 9}, {"ip": "198.18.0.29", "port": 80}]
    found = servers(cluster(real_server=listed), drained=[drained])
    assert [(server["ip"], server.get("weight")) for server in found] == [
        ("198.18.0.21", 0), ("198.18.0.29", None), ("198.18.0.22", 3)]
    found = servers(cluster(real_server_group=None, real_server=listed), drained=["198.18.0.21"])
    assert [server.get("weight") for server in found] == [0, None]


def test_the_family_of_the_service_is_that_of_its_real_servers():
    found = servers(cluster(ip="2001:db8:18::100"))
    assert [server["ip"] for server in found] == ["2001:db8:18::21", "2001:db8:18::22"]


def test_an_address_that_the_host_sets_counts_for_its_family_only():
    groups = {"web": [host("web1", ["198.18.0.21/24"], ["2001:db8:18::21/64"], ip="198.18.0.99")]}
    for ip, expected in (("198.18.0.100", "198.18.0.99"), ("2001:db8:18::100", "2001:db8:18::21")):
        assert resolve(cluster(ip=ip), LB1, groups)[0][0].service["real_server"][0]["ip"] == expected


def test_nat_takes_the_segment_of_another_virtual_address():
    both = {"both": [host("both", ["198.18.0.31/24"], ["198.18.1.31/24"])]}
    found, findings = resolve(cluster(lb_kind="NAT", real_server_group="both"), LB1, both)
    assert findings == [] and found[0].service["real_server"][0]["ip"] == "198.18.1.31"


def test_a_tunnel_reaches_a_host_on_no_segment_of_the_director():
    assert [server["ip"] for server in servers(cluster(lb_kind="TUN", real_server_group="far"))] == ["203.0.113.41"]


def test_dr_takes_every_network_of_the_interface_for_one_segment():
    director = host("lb1", ["198.18.0.11/24", "10.7.0.11/24"])
    groups = {"web": [host("web1", ["10.7.0.21/24"])]}
    found, findings = resolve(cluster(), director, groups)
    assert findings == [] and found[0].service["real_server"][0]["ip"] == "10.7.0.21"


def test_dr_over_a_router_is_refused_also_for_listed_real_servers():
    said = refused(cluster(real_server_group="mixed"))
    assert all(word in said for word in ("virtual_server 198.18.0.100 80", "back1", "198.18.0.0/24", "TUN or NAT"))
    said = refused(cluster(real_server_group=None, real_server=[{"ip": "198.18.1.31", "port": 80}]))
    assert "real_server 198.18.1.31" in said and "198.18.0.0/24" in said


@pytest.mark.parametrize("keys, words", [
    ({"real_server_group": "wed"}, ["198.18.0.100 80", '"wed"', '"web"']),
    ({"real_server_group": "nobody"}, ["198.18.0.100 80", '"nobody"', "Add the real servers"]),
    ({"lb_kind": "NAT", "real_server_group": "far"}, ["far1", "203.0.113.41/24", "keepalived_real_server"]),
])
def test_what_cannot_be_resolved_is_refused(keys, words):
    said = refused(cluster(**keys))
    assert all(word in said for word in words), said


def test_a_host_without_facts_is_named():
    found, findings = resolve(cluster(), LB1, {"web": [Member("web1", None)]})
    assert found == [] and "web1" in str(findings[0]) and "--limit" in str(findings[0])


def test_derive_writes_the_complete_service_and_the_definition_stays():
    config = cluster()
    before = copy.deepcopy(config)
    data, findings = derive(config, "lb2", [LB1, LB2], groups=GROUPS, synced=True)
    assert findings == [] and config == before and check(data) == []
    assert data["virtual_server"][0]["real_server"][1]["weight"] == 3
    assert data["global_defs"]["lvs_sync_daemon"] == "eth1 id 51"
    assert {(instance["preempt_delay"], instance["state"]) for instance in data["vrrp_instance"]} == {(10, "BACKUP")}


def test_the_sync_daemon_is_as_the_definition_says_and_none_of_a_director_alone():
    config = dict(cluster(), global_defs={"lvs_sync_daemon": "eth2 VI_1"})
    assert derive(config, "lb1", [LB1, LB2], groups=GROUPS, synced=True)[0]["global_defs"]["lvs_sync_daemon"] == \
        "eth2 VI_1"
    for members, synced in (([LB1], True), ([LB1, LB2], False)):
        data = derive(cluster(), "lb1", members, groups=GROUPS, synced=synced)[0]
        assert "lvs_sync_daemon" not in data["global_defs"] and "preempt_delay" not in data["vrrp_instance"][0]


@pytest.mark.parametrize("keys", [{"nopreempt": True}, {"state": "MASTER"}, {"preempt_delay": 3}])
def test_a_director_waits_for_the_connections_unless_the_definition_says_otherwise(keys):
    config = cluster()
    config["vrrp_instance"] = [dict(INSTANCES[0], **keys)]
    data, findings = derive(config, "lb1", [LB1, LB2], groups=GROUPS, synced=True)
    assert findings == [] and data["vrrp_instance"][0].get("preempt_delay") == keys.get("preempt_delay")


def test_without_groups_leaves_keepaliveds_words():
    config = without_groups(cluster(real_server_options={"weight": 2}))
    assert set(config["virtual_server"][0]) == {"ip", "port", "protocol", "lb_algo", "lb_kind"}
    assert without_groups({"virtual_server": "no list"}) == {"virtual_server": "no list"}


@pytest.mark.parametrize("service, expected", [
    ({"ip": "198.18.0.100"}, ["198.18.0.100"]),
    ({"ip": "no address"}, []),
    ({"fwmark": 7}, ["198.18.0.100", "198.18.1.1"]),
    ({"fwmark": 7, "ip_family": "inet6"}, ["2001:db8:18::100"]),
    ({"group": "G"}, ["198.18.0.200", "198.18.0.201", "198.18.0.202", "198.18.0.8", "198.18.0.9"]),
    ({"group": "G6"}, ["2001:db8::9", "2001:db8::a", "2001:db8:18::100"]),
    ({"group": "none"}, []),
])
def test_the_addresses_of_a_service(service, expected):
    config = dict(cluster(), virtual_server_group=[
        {"name": "G", "address": ["198.18.0.200-202 80", "198.18.0.8/31 80"]},
        {"name": "G6", "address": ["2001:db8::9-a 80", "fwmark 3 inet6"]}])
    assert service_addresses(service, config) == expected


def test_a_range_of_too_many_addresses_is_refused():
    with pytest.raises(UnderivableError) as caught:
        service_addresses({"group": "G"}, {"virtual_server_group": [{"name": "G", "address": ["10.0.0.0/16 80"]}]})
    assert "65536" in str(caught.value.finding) and "firewall mark" in str(caught.value.finding)


def prepared(config, member, **options):
    found, findings = preparation(config, LB1, GROUPS, member, ["lb1", "lb2"], **options)
    assert findings == []
    return found


def test_a_real_server_of_dr_carries_the_address_once_for_all_ports():
    config = cluster()
    config["virtual_server"].append(dict(config["virtual_server"][0], port=443))
    assert prepared(config, WEB1) == {
        "virtual_server": [{"ip": "198.18.0.100", "lb_kind": "DR"}], "interface": ["eth1"]}


def test_a_real_server_of_nat_answers_through_the_virtual_address_of_its_segment():
    config = cluster(lb_kind="NAT", real_server_group="back", real_server_options={"port": 8080})
    assert prepared(config, BACK1)["virtual_server"] == [
        {"ip": "198.18.0.100", "lb_kind": "NAT", "real_ip": "198.18.1.31", "protocol": "TCP", "port": 8080,
         "gateway": "198.18.1.1"}]
    assert prepared(config, BACK1, gateway="198.18.1.254")["virtual_server"][0]["gateway"] == "198.18.1.254"


def test_nat_without_a_virtual_address_on_the_back_end_is_refused():
    config = cluster(lb_kind="NAT", real_server_group="back")
    config["vrrp_instance"] = config["vrrp_instance"][:1]
    dummy, findings = preparation(config, LB1, GROUPS, BACK1, ["lb1", "lb2"])
    assert "198.18.1.0/24" in str(findings[0]) and "lvs_real_server_gateway" in str(findings[0])


def test_a_host_of_no_service_needs_nothing():
    assert prepared(cluster(), BACK1) == {"virtual_server": [], "interface": []}


def test_a_listed_real_server_is_known_by_its_address_and_its_own_method():
    config = cluster(real_server_group=None, lb_kind="NAT", real_server=[
        {"ip": "198.18.0.21", "port": 80, "lvs_method": "TUN type ipip"}])
    assert prepared(config, WEB1) == {
        "virtual_server": [{"ip": "198.18.0.100", "lb_kind": "TUN"}], "interface": ["eth1"]}
    assert prepared(config, WEB2)["virtual_server"] == []


def test_a_director_as_a_real_server_of_its_own_address_is_refused():
    dummy, findings = preparation(cluster(), LB1, GROUPS, WEB1, ["lb1", "web1"])
    assert [finding.id for finding in findings] == ["real-server-is-director"] and "web1" in str(findings[0])
    dummy, findings = derive(cluster(), "lb1", [LB1, WEB1], groups=GROUPS)
    assert [finding.id for finding in findings] == ["real-server-is-director"] and "web1" in str(findings[0])
    assert derive(cluster(lb_kind="NAT"), "lb1", [LB1, WEB1], groups=GROUPS)[1] == []


def test_a_director_that_is_listed_by_its_address_is_refused_too():
    config = cluster(real_server_group=None, real_server=[{"ip": "198.18.0.12", "port": 80}])
    dummy, findings = derive(config, "lb1", [LB1, LB2], groups=GROUPS)
    assert [finding.id for finding in findings] == ["real-server-is-director"] and "lb2" in str(findings[0])
    config["virtual_server"][0]["real_server"][0]["lvs_method"] = "NAT"
    assert derive(config, "lb1", [LB1, LB2], groups=GROUPS)[1] == []


BOTH = {"both": [LB1, LB2]}


def guarded(**keys):
    return cluster(real_server_group="both", loop_guard=True, **keys)


def derived(config, members=(LB1, LB2), synced=True):
    return derive(config, "lb1", list(members), groups=BOTH, synced=synced)


@pytest.mark.parametrize("kind", ["DR", "TUN"])
def test_directors_serve_with_the_guard(kind):
    data, findings = derived(guarded(lb_kind=kind))
    assert findings == [] and check(data) == []
    assert [server["ip"] for server in data["virtual_server"][0]["real_server"]] == ["198.18.0.11", "198.18.0.12"]
    for member in (LB1, LB2):
        wanted, findings = preparation(guarded(lb_kind=kind), LB1, BOTH, member, ["lb1", "lb2"])
        assert findings == [] and wanted == {
            "virtual_server": [{"ip": "198.18.0.100", "lb_kind": kind, "loop_guard": True}], "interface": ["eth1"]}


def test_the_guard_is_only_for_directors():
    wanted, findings = preparation(cluster(loop_guard=True), LB1, GROUPS, WEB1, ["lb1", "lb2"])
    assert findings == [] and wanted["virtual_server"] == [{"ip": "198.18.0.100", "lb_kind": "DR"}]
    assert derived(cluster(loop_guard=True, real_server_group=None, real_server=[{"ip": "198.18.0.21", "port": 80}]),
                   synced=False)[1] == []


def test_the_guard_needs_the_sync_daemon_where_there_are_two_directors():
    [finding] = derived(guarded(), synced=False)[1]
    assert finding.id == "loop-guard-without-sync-daemon" and "lvs_director_sync_daemon" in str(finding)
    assert derived(guarded(), members=[LB1], synced=False)[1] == []
    [finding] = derived(dict(guarded(), global_defs={"lvs_sync_daemon": "eth1 id 51"}))[1]
    assert finding.id == "loop-guard-without-sync-daemon" and "name the vrrp_instance" in str(finding)
    assert derived(guarded())[0]["global_defs"]["lvs_sync_daemon"] == "eth1 VI_1 id 51"
    for more in ({"global_defs": {"lvs_sync_daemon": "eth1 VI_1 id 51"}},
                 {"global_defs": {"lvs_sync_daemon": "eth1 inst VI_1"}},
                 {"vrrp_instance": [dict(INSTANCES[0], lvs_sync_daemon_interface="eth1")]}):
        assert derived(dict(guarded(), **more), synced=False)[1] == []


def test_all_services_are_where_the_sync_daemon_is_or_in_a_sync_group_with_it():
    config = guarded()
    other = cluster(ip="2001:db8:18::0100", real_server_group="both", lb_kind="NAT")
    config["virtual_server"] += other["virtual_server"]
    [finding] = derived(config)[1]
    assert finding.id == "loop-guard-elsewhere"
    assert all(word in str(finding) for word in ("2001:db8:18::0100", "VI_6", "while VI_1 is master", "sync_group"))
    config["vrrp_sync_group"] = [{"name": "VG_1", "group": ["VI_1", "VI_6"]}]
    assert derived(config)[1] == []


def test_a_guard_is_on_or_off():
    [finding] = derived(cluster(loop_guard="maybe"))[1]
    assert finding.id == "loop-guard-unclear" and '"maybe"' in str(finding)


@pytest.mark.parametrize("keys, member, expected", [
    ({}, WEB1, ["198.18.0.100:80", "198.18.0.21:80"]),
    ({"ip": "2001:db8:18::100"}, WEB1, ["[2001:db8:18::100]:80", "[2001:db8:18::21]:80"]),
    ({"lb_kind": "NAT", "real_server_group": "back", "real_server_options": {"port": 8080}}, BACK1,
     ["198.18.1.31:8080"]),
    ({"protocol": "UDP"}, WEB1, []),
    ({}, BACK1, []),
])
def test_nginx_listens_on_the_addresses_of_its_services(keys, member, expected):
    assert listen(cluster(**keys), LB1, GROUPS, member) == expected


def test_nginx_listens_nowhere_as_long_as_it_cannot_be_told():
    with pytest.raises(UnderivableError) as error:
        listen(cluster(real_server_group="wed"), LB1, GROUPS, WEB1)
    assert 'no group "wed"' in str(error.value.finding)
