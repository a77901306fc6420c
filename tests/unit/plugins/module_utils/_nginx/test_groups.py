# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From inventory groups to addresses."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._nginx.groups import Member, named, resolve


def host(name, *addresses, ansible_host=None, default=None, **options):
    interfaces = {"eth%d" % number: list(each) for number, each in enumerate(addresses)}
    facts = {"interfaces": interfaces, "default": [default or addresses[0][0].partition("/")[0]]} if addresses else None
    return Member(name, ansible_host, facts, options)


WEB1 = host("web1", ["10.9.0.21/24"], ["198.18.0.21/24", "198.18.0.100/24", "2001:db8:18::21/64"])
WEB2 = host("web2", ["10.9.0.22/24"], ["198.18.0.22/24"], weight=3, backup=True)
REACHED = host("reached", ansible_host="198.18.0.31")
NAMED = host("named", ansible_host="named.example.com")
GROUPS = {"web": [WEB1, WEB2], "reached": [REACHED], "named": [NAMED], "empty": []}


def servers(**entry):
    """Resolve an upstream with one group."""
    data = {"http": {"upstream": [{"name": "web", "server_group": [{"port": 80, **entry}]}]}}
    found, findings = resolve(data, GROUPS)
    assert findings == []
    return found["http"]["upstream"][0]["server"]


def test_members_are_servers_in_the_order_of_the_inventory():
    assert servers(group="web") == [
        {"address": "10.9.0.21:80"}, {"address": "10.9.0.22:80", "weight": 3, "backup": True}]


@pytest.mark.parametrize("network, address", [
    ("198.18.0.0/24", "198.18.0.21:80"), ("10.0.0.0/8", "10.9.0.21:80"), ("2001:db8:18::/64", "[2001:db8:18::21]:80")])
def test_the_network_says_which_address(network, address):
    groups = {"web": [WEB1]}
    data = {"stream": {"upstream": [{"name": "web", "server_group": [
        {"group": "web", "port": 80, "network": network}]}]}}
    found, findings = resolve(data, groups)
    assert findings == [] and found["stream"]["upstream"][0]["server"] == [{"address": address}]


def test_the_address_of_the_inventory_serves_without_facts():
    assert servers(group="reached") == [{"address": "198.18.0.31:80"}]


def test_what_a_group_has_in_common_a_host_overrides():
    assert servers(group="web", weight=2, max_fails=1) == [
        {"address": "10.9.0.21:80", "weight": 2, "max_fails": 1},
        {"address": "10.9.0.22:80", "weight": 3, "max_fails": 1, "backup": True}]


@pytest.mark.parametrize("own, address", [
    ("198.18.7.7", "198.18.7.7:80"), ("198.18.7.7:8080", "198.18.7.7:8080"), ("2001:db8::7", "[2001:db8::7]:80"),
    ("[2001:db8::7]:8080", "[2001:db8::7]:8080"), ("web.example.com", "web.example.com:80"),
    ("unix:/run/web.sock", "unix:/run/web.sock"),
])
def test_an_address_that_a_host_gives_itself(own, address):
    data = {"http": {"upstream": [{"name": "web", "server_group": [{"group": "web", "port": 80}]}]}}
    found = resolve(data, {"web": [host("web1", address=own)]})
    assert found[0]["http"]["upstream"][0]["server"] == [{"address": address}] and found[1] == []


def test_servers_that_are_given_come_first():
    data = {"http": {"upstream": [{"name": "web", "server": [{"address": "198.18.0.9:80"}], "server_group": [
        {"group": "reached", "port": 8080}]}]}}
    before = copy.deepcopy(data)
    found, findings = resolve(data, GROUPS)
    assert findings == [] and data == before
    assert found["http"]["upstream"] == [{"name": "web", "server": [
        {"address": "198.18.0.9:80"}, {"address": "198.18.0.31:8080"}]}]


def test_who_may_ask_and_who_is_believed_may_come_from_any_address_of_its_own_but_no_virtual_one():
    data = {"http": {"set_real_ip_from_group": ["web"], "set_real_ip_from": ["192.0.2.1"],
                     "stub_status": {"listen": ["81"], "allow_group": ["web", "reached"]}}}
    found, findings = resolve(data, GROUPS)
    own = ["10.9.0.21", "198.18.0.21", "10.9.0.22", "198.18.0.22"]
    assert findings == []
    assert found["http"] == {"set_real_ip_from": ["192.0.2.1", *own],
                             "stub_status": {"listen": ["81"], "allow": [*own, "198.18.0.31"]}}


@pytest.mark.parametrize("entry, words", [
    ({"group": "wbe"}, ["upstream web", 'no group "wbe"', 'Did you mean "web"?']),
    ({"group": "empty"}, ['the group "empty" has no host']),
    ({"group": "named"}, ["no address of named is known", "Gather its facts", "nginx_upstream_server"]),
    ({"group": "web", "network": "203.0.113.0/24"}, ["no address of web1 in 203.0.113.0/24"]),
    ({"group": "web", "network": "198.18.0.1/24"}, ['network "198.18.0.1/24" is none', "Write it like"]),
])
def test_what_cannot_be_resolved_is_said(entry, words):
    data = {"http": {"upstream": [{"name": "web", "server_group": [{"port": 80, **entry}]}]}}
    findings = [str(finding) for finding in resolve(data, GROUPS)[1]]
    assert len(findings) == 1 and [word for word in words if word not in findings[0]] == [], findings


def test_every_group_is_named_once():
    entry = [{"group": "web", "port": 80}]
    assert named({"http": {"upstream": [{"name": "a", "server_group": entry}], "set_real_ip_from_group": ["lb"],
                           "stub_status": {"listen": ["81"], "allow_group": ["monitor", "lb"]}},
                  "stream": {"upstream": [{"name": "b", "server_group": entry}]}}) == ["web", "lb", "monitor"]
    assert named({}) == []
