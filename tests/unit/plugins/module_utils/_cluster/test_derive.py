# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a definition and facts to the data of one host."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._cluster import tracking
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.derive import (
    derive,
    merge,
    priority,
    sync_daemon,
)
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.services import Member
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint

FACTS = {
    "lb1": {"interfaces": {"eth0": ["10.9.0.11/24"], "eth1": ["198.18.0.11/24", "fd00:18::11/64"]}},
    "lb2": {"interfaces": {"eth0": ["10.9.0.12/24"], "ens5": ["198.18.0.12/24", "fd00:18::12/64"]}},
    "lb3": {"interfaces": {"eth1": ["198.18.0.13/24"]}},
}
MEMBERS = [Member(name, FACTS[name]) for name in ("lb1", "lb2", "lb3")]


def cluster(**keys):
    instance = dict({"name": "VI_1", "virtual_router_id": 51, "virtual_ipaddress": ["198.18.0.100/24"]}, **keys)
    return {"vrrp_instance": [instance]}


def instance_of(host, config, **options):
    data, findings = derive(config, host, MEMBERS, **options)
    assert findings == []
    return data["vrrp_instance"][0]


@pytest.mark.parametrize("host, interface, priority_, state", [
    ("lb1", "eth1", 250, "MASTER"), ("lb2", "ens5", 240, "BACKUP"), ("lb3", "eth1", 230, "BACKUP"),
])
def test_each_member_gets_its_own_interface_priority_and_state(host, interface, priority_, state):
    instance = instance_of(host, cluster())
    assert (instance["interface"], instance["priority"], instance["state"]) == (interface, priority_, state)


@pytest.mark.parametrize("key", [{"nopreempt": True}, {"preempt_delay": 10}])
def test_everybody_starts_as_backup_where_master_would_drop_the_option(key):
    assert {instance_of(host, cluster(**key))["state"] for host in FACTS} == {"BACKUP"}


def test_what_the_definition_gives_stays_and_is_not_changed_in_place():
    config = cluster(state="BACKUP", priority=77, interface="bond0")
    before = copy.deepcopy(config)
    instance = instance_of("lb1", config, unicast=False)
    assert (instance["state"], instance["priority"], instance["interface"]) == ("BACKUP", 77, "bond0")
    assert config == before


def test_the_device_of_the_entry_is_the_interface():
    assert instance_of("lb1", cluster(virtual_ipaddress=["203.0.113.9/24 dev eth0"]))["interface"] == "eth0"


def test_a_link_local_address_says_nothing_of_the_interface():
    assert instance_of("lb1", cluster(virtual_ipaddress=["fe80::18:100", "fd00:18::100/64"]))["interface"] == "eth1"


def test_an_address_outside_every_subnet_is_refused_with_the_subnets():
    dummy, findings = derive(cluster(virtual_ipaddress=["203.0.113.9/24"]), "lb1", MEMBERS)
    assert [finding.id for finding in findings] == ["interface-unknown"]
    assert "VI_1" in str(findings[0]) and "203.0.113.9" in str(findings[0]) and "198.18.0.11/24" in str(findings[0])


def test_an_address_in_two_subnets_is_refused():
    twice = Member("lb1", {"interfaces": {"eth0": ["198.18.0.5/24"], "eth1": ["198.18.0.6/16"]}})
    dummy, findings = derive(cluster(), "lb1", [twice])
    assert "several interfaces" in str(findings[0])


def test_unicast_names_the_own_address_and_all_the_others():
    instance = instance_of("lb2", cluster(), unicast=True)
    assert instance["unicast_src_ip"] == "198.18.0.12"
    assert instance["unicast_peer"] == ["198.18.0.11", "198.18.0.13"]


def test_unicast_uses_the_family_of_the_virtual_address():
    data, findings = derive(cluster(virtual_ipaddress=["fd00:18::100/64"]), "lb1", MEMBERS[:2], unicast=True)
    assert findings == []
    assert data["vrrp_instance"][0]["unicast_peer"] == ["fd00:18::12"]


def test_unicast_without_the_facts_of_a_peer_is_refused_and_named():
    members = [MEMBERS[0], Member("lb2", None)]
    dummy, findings = derive(cluster(), "lb1", members, unicast=True)
    assert [finding.id for finding in findings] == ["unicast-peer-unknown"]
    assert "lb2" in str(findings[0]) and "--limit" in str(findings[0])


@pytest.mark.parametrize("facts, said", [
    ({"lb1": {"eth1": ["fd00:18::11/64"]}}, "eth1 of lb1 has no IPv4 address of its own"),
    ({"lb2": {"eth1": ["fd00:18::12/64", "fe80::1/64"]}}, "lb2 has no IPv4 address of its own for vrrp_instance VI_1"),
    ({"lb2": {"eth7": ["10.0.0.1/8"]}}, "lb2 has no IPv4 address of its own for vrrp_instance VI_1"),
])
def test_a_host_that_was_reached_is_not_asked_for_again(facts, said):
    members = [Member(name, {"interfaces": facts.get(name, FACTS["lb3"]["interfaces"])}) for name in ("lb1", "lb2")]
    dummy, (finding,) = derive(cluster(interface="eth1"), "lb1", members, unicast=True)
    assert finding.id == "unicast-address-missing" and said in finding.message
    assert "--limit" not in str(finding) and "unicast_peer" in finding.remedy


@pytest.mark.parametrize("virtual, one, two, peers", [
    # interfaces in networks of their own
    ("203.0.113.5/32", "192.0.2.11/24", "198.18.7.12/24", ["198.18.7.12"]),
    ("203.0.113.5/32", "192.0.2.11/32", "192.0.2.12/32", ["192.0.2.12"]),
    ("2001:db8:9::5/128", "2001:db8:1::11/64", "2001:db8:2::12/64", ["2001:db8:2::12"]),
])
def test_a_peer_on_another_segment_is_reached_on_its_own_interface(virtual, one, two, peers):
    members = [Member(name, {"interfaces": {"eth0": [f"10.{number}.0.1/16"], "eth1": [value, "fe80::1/64"]}})
               for number, (name, value) in enumerate([("lb1", one), ("lb2", two)])]
    data, findings = derive(cluster(virtual_ipaddress=[virtual], interface="eth1"), "lb1", members, unicast=True)
    assert findings == [] and data["vrrp_instance"][0]["unicast_peer"] == peers
    assert data["vrrp_instance"][0]["unicast_src_ip"] == one.partition("/")[0]


@pytest.mark.parametrize("one, two", [
    ("198.18.0.11/32", "198.18.0.12/32"), ("10.1.0.11/24", "10.2.0.12/24"), ("198.18.0.11/32", "10.2.0.12/24"),
])
def test_a_peer_is_reached_on_the_interface_that_its_own_variables_name(one, two):
    facts = {"interfaces": {"eth0": ["10.9.0.12/24"], "eth1": ["10.8.0.12/24"], "wan0": [two]}}
    members = [Member("lb1", {"interfaces": {"eth0": ["10.9.0.11/24"], "eth1": [one]}}),
               Member("lb2", facts, interfaces={"VI_1": "wan0", "VI_2": "eth0"})]
    data, findings = derive(cluster(virtual_ipaddress=["203.0.113.9/32"], interface="eth1"), "lb1", members,
                            unicast=True)
    assert findings == [] and data["vrrp_instance"][0]["unicast_peer"] == [two.partition("/")[0]]


def test_unicast_by_an_interface_that_the_host_has_not_is_left_to_the_rule_for_that():
    data, findings = derive(cluster(interface="eth7"), "lb1", MEMBERS, unicast=True)
    assert findings == [] and "unicast_peer" not in data["vrrp_instance"][0]


def test_unicast_follows_the_given_interface_not_the_virtual_address():
    config = cluster(virtual_ipaddress=["203.0.113.5/32"], interface="eth0")
    data, findings = derive(config, "lb1", MEMBERS[:2], unicast=True)
    assert findings == [] and data["vrrp_instance"][0]["unicast_peer"] == ["10.9.0.12"]


def test_a_group_of_one_has_no_peers():
    data, findings = derive(cluster(), "lb1", MEMBERS[:1], unicast=True)
    assert findings == [] and "unicast_peer" not in data["vrrp_instance"][0]


def test_a_definition_without_any_instance_is_refused():
    dummy, findings = derive({"global_defs": {"router_id": "x"}}, "lb1", MEMBERS)
    assert [finding.id for finding in findings] == ["nothing-to-do"] and "keepalived_vrrp_instance" in str(findings[0])


def test_multicast_needs_no_facts_of_the_peers():
    data, findings = derive(cluster(), "lb1", [MEMBERS[0], Member("lb2", None)])
    assert findings == [] and "unicast_peer" not in data["vrrp_instance"][0]


TRACKED = {"name": "nginx", "file": "/run/keepalived-track/nginx", "script": "/usr/bin/curl -s http://127.0.0.1/",
           "interval": 1, "timeout": 1, "fall": 2, "rise": 2}


def test_the_tracked_service_is_wired_into_every_instance():
    config = {"vrrp_instance": cluster()["vrrp_instance"] + cluster(name="VI_2", virtual_router_id=52)["vrrp_instance"]}
    data, findings = derive(config, "lb1", MEMBERS, tracked=TRACKED)
    assert findings == []
    assert data["track_file"] == [{"name": "nginx", "file": "/run/keepalived-track/nginx", "weight": 0}]
    assert data["vrrp_script"][0]["name"] == "check_nginx"
    assert all(instance["track_file"] == ["nginx"] and instance["track_script"] == ["check_nginx"]
               for instance in data["vrrp_instance"])
    assert data["global_defs"]["enable_script_security"] is True


@pytest.mark.parametrize("key, section, use, other", [
    ("file", "track_file", "track_file", "vrrp_script"), ("script", "vrrp_script", "track_script", "track_file")])
def test_a_service_that_is_tracked_in_one_way_has_that_way_only(key, section, use, other):
    data = {"vrrp_instance": [{"name": "VI_1"}]}
    tracking.track(data, {"name": "nginx", key: TRACKED[key]})
    assert data[section][0][key] == TRACKED[key] and len(data["vrrp_instance"][0][use]) == 1
    assert other not in data and set(data["vrrp_instance"][0]) == {"name", use}


ANSWER = {"file": "/run/keepalived-track/nginx.answer", "url": "http://127.0.0.1/", "interval": 0.2, "max_time": 0.14,
          "fall": 2, "rise": 2}


def test_whether_the_service_answers_is_a_file_of_its_own():
    tracked = {"name": "nginx", "file": "/run/keepalived-track/nginx", "answer": ANSWER}
    data, findings = derive(cluster(), "lb1", MEMBERS, tracked=tracked)
    assert findings == [] and data["track_file"] == [
        {"name": "nginx", "file": "/run/keepalived-track/nginx", "weight": 0},
        {"name": "nginx_answer", "file": "/run/keepalived-track/nginx.answer", "weight": 0}]
    assert data["vrrp_instance"][0]["track_file"] == ["nginx", "nginx_answer"]
    assert "vrrp_script" not in data and "track_script" not in data["vrrp_instance"][0]


@pytest.mark.parametrize("change, identifier, message", [
    ({"url": "ftp://127.0.0.1/"}, "track-url-invalid", 'the url "ftp://127.0.0.1/" has none of the forms http://'),
    ({"url": "127.0.0.1"}, "track-url-invalid", 'the url "127.0.0.1" has none of the forms '),
    ({"url": "tcp://127.0.0.1"}, "track-url-invalid", "the url "),
    ({"url": "http://127.0.0.1:x/"}, "track-url-invalid", "the url "),
    ({"url": "http://127.0.0.1/a b"}, "track-url-invalid", "the url "),
    ({"url": 'http://127.0.0.1/"'}, "track-url-invalid", "the url "),
    ({"url": "unix:socket"}, "track-url-invalid", "the url "),
    ({"interval": 0.01}, "track-time-invalid", "interval is 0.01 seconds, outside 0.05 to 60"),
    ({"interval": "0.01"}, "track-time-invalid", "interval is 0.01 seconds, outside 0.05 to 60"),
    ({"max_time": 0}, "track-time-invalid", "max_time is 0 seconds, outside 0.01 to 60"),
    ({"max_time": float("nan")}, "track-time-invalid", "max_time is nan seconds, outside 0.01 to 60"),
    ({"fall": 0}, "track-time-invalid", "fall is 0, outside 1 to 255"),
    ({"rise": 256}, "track-time-invalid", "rise is 256, outside 1 to 255"),
])
def test_what_the_check_of_the_service_cannot_do_is_an_error(change, identifier, message):
    tracked = {"name": "nginx", "file": "/run/keepalived-track/nginx", "answer": dict(ANSWER, **change)}
    dummy, (finding,) = derive(cluster(), "lb1", MEMBERS, tracked=tracked)
    assert (finding.id, finding.object) == (identifier, "the tracked service nginx")
    assert finding.message.startswith(message) and "keepalived_track_" in finding.remedy


@pytest.mark.parametrize("url", [
    "http://127.0.0.1", "http://[::1]:8080/health?full=1", "https://www.example.com/", "tcp://127.0.0.1:25",
    "tcp://[::1]:25", "unix:/run/app/socket"])
def test_what_the_check_of_the_service_can_ask(url):
    assert tracking.problems({"name": "nginx", "answer": dict(ANSWER, url=url)}) == []


def test_a_block_that_has_the_name_of_the_tracked_service_stays_as_it_is():
    own = {"name": "nginx", "file": "/run/own", "weight": 5}
    data, findings = derive(dict(cluster(), track_file=[own]), "lb1", MEMBERS, tracked=TRACKED)
    assert findings == [] and data["track_file"] == [own]


@pytest.mark.parametrize("own, tracked", [
    (["other"], ["other", "check_nginx"]), (["other weight -5"], ["other weight -5", "check_nginx"]),
    (["check_nginx weight -5"], ["check_nginx weight -5"]), (["check_nginx", "other"], ["check_nginx", "other"]),
    (["check_nginx2"], ["check_nginx2", "check_nginx"]),
])
def test_an_instance_that_lists_its_own_tracking_has_the_tracked_service_beside_it(own, tracked):
    config = cluster(track_script=own)
    config["vrrp_script"] = [{"name": "other", "script": "/usr/bin/true"}]
    instance = instance_of("lb1", config, tracked=TRACKED)
    assert instance["track_script"] == tracked and instance["track_file"] == ["nginx"]
    assert config["vrrp_instance"][0]["track_script"] == own


def test_own_tracking_has_no_finding_about_a_block_of_the_role():
    config = cluster(track_script=["other"], track_file=["file"])
    config.update(vrrp_script=[{"name": "other", "script": "/usr/bin/true"}], track_file=[
        {"name": "file", "file": "/run/file"}])
    data, findings = derive(config, "lb1", MEMBERS, tracked=TRACKED, maintenance="/etc/keepalived/maintenance")
    assert findings == [] and [each.id for each in lint(data) if each.id == "never-tracked"] == []
    assert data["vrrp_instance"][0]["track_file"] == ["file", "nginx", "maintenance"]


def test_tracking_can_be_declined_and_the_derived_check_overridden():
    config = {"vrrp_instance": cluster(track_script=[])["vrrp_instance"] + cluster(name="VI_2")["vrrp_instance"]}
    data, findings = derive(config, "lb1", MEMBERS, tracked=TRACKED,
                            override={"vrrp_script": [{"name": "check_nginx", "fall": 5}]})
    assert findings == [] and data["vrrp_instance"][0]["track_script"] == []
    assert data["vrrp_script"][0]["fall"] == 5 and data["vrrp_instance"][1]["track_script"] == ["check_nginx"]


def test_what_all_instances_decline_is_not_defined():
    data, findings = derive(cluster(track_script=[], track_file=[]), "lb1", MEMBERS, tracked=TRACKED)
    assert findings == [] and not data.get("vrrp_script") and not data.get("track_file")


def test_the_override_comes_last_and_is_found_by_name():
    instance = instance_of("lb1", cluster(), override={"vrrp_instance": [{"name": "VI_1", "priority": 5}]})
    assert instance["priority"] == 5 and instance["virtual_router_id"] == 51


def test_an_override_of_an_unknown_block_is_refused_with_the_known_ones():
    dummy, findings = merge(cluster(), {"vrrp_instance": [{"name": "VI_2", "priority": 5}]})
    assert "VI_2" in str(findings[0]) and "VI_1" in str(findings[0])


def test_an_override_extends_a_block_without_a_name_and_replaces_a_value():
    config = dict(cluster(), global_defs={"router_id": "x", "script_user": "nobody"}, raw=["one"])
    merged, findings = merge(config, {"global_defs": {"router_id": "y"}, "raw": ["two"], "include": "a.conf"})
    assert findings == [] and merged["global_defs"] == {"router_id": "y", "script_user": "nobody"}
    assert merged["raw"] == ["two"] and merged["include"] == "a.conf"
    assert config["global_defs"]["router_id"] == "x"


@pytest.mark.parametrize("instances, guarded, words", [
    ([], True, None), ([{"name": "VI_1", "virtual_router_id": 51}], True, None),
    ([{"name": "VI_1", "interface": "eth1"}], False, "eth1"),
    ([{"name": "VI_1", "interface": "eth1"}], True, "eth1 VI_1"),
    ([{"name": "VI_1", "interface": "eth1", "virtual_router_id": 51}, {"name": "VI_2"}], False, "eth1 id 51"),
    ([{"name": "VI_1", "interface": "eth1", "virtual_router_id": 51}, {"name": "VI_2"}], True, "eth1 VI_1 id 51"),
])
def test_the_sync_daemon_follows_the_first_instance_only_for_the_guard(instances, guarded, words):
    data = {"vrrp_instance": instances}
    sync_daemon(data, guarded)
    assert data.get("global_defs", {}).get("lvs_sync_daemon") == words


def test_router_id_is_the_host_unless_given():
    assert derive(cluster(), "lb1", MEMBERS)[0]["global_defs"]["router_id"] == "lb1"
    given = dict(cluster(), global_defs={"router_id": "x"})
    assert derive(given, "lb1", MEMBERS)[0]["global_defs"]["router_id"] == "x"


@pytest.mark.parametrize("count", [1, 2, 25, 26, 200, 250])
def test_priorities_are_distinct_and_usable(count):
    values = [priority(index, count) for index in range(count)]
    assert values[0] == 250 and len(set(values)) == count and min(values) >= 1


def test_more_members_than_priorities_are_refused():
    dummy, findings = derive(cluster(), "0", [Member(str(number), FACTS["lb1"]) for number in range(251)])
    assert [finding.id for finding in findings] == ["too-many-members"]
