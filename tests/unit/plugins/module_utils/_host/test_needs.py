# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the configuration of a member to what its host has to let in and leave alone."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.services import Member
from ansible_collections.openvip.cluster.plugins.module_utils._host.allowed import Allowed
from ansible_collections.openvip.cluster.plugins.module_utils._host.needs import PEER_UNKNOWN, needs

MEMBERS = [
    Member("lb1", {"interfaces": {"eth0": ["10.9.0.11/24"], "eth1": ["198.18.0.11/24", "fe80::11/64"]}}),
    Member("lb2", {"interfaces": {"eth0": ["10.9.0.12/24"], "ens5": ["198.18.0.12/24", "fe80::12/64"]}}),
    Member("lb3", {"interfaces": {"eth1": ["198.18.0.13/24", "198.18.0.14/24"]}}),
]
IPV4, IPV6 = "198.18.0.100/24", "2001:db8:18::100/64"


def data(address=IPV4, **keys):
    return {"vrrp_instance": [dict({"name": "VI_1", "interface": "eth1", "virtual_ipaddress": [address]}, **keys)]}


def allowed(config, members=None, ports=()):
    found, findings = needs(config, "lb1", MEMBERS if members is None else members, ports)
    assert findings == []
    return [tuple(Allowed(**each)) for each in found["allow"]]


def test_multicast_comes_from_every_address_of_the_others_on_the_segment():
    assert allowed(data()) == [("ipv4", "198.18.0.%d" % last, "vrrp", None) for last in (12, 13, 14)]


def test_multicast_of_ipv6_comes_from_link_local_addresses():
    assert allowed(data(IPV6), MEMBERS[:2]) == [("ipv6", "fe80::12", "vrrp", None)]


def test_a_member_cannot_write_rules_through_its_reported_addresses():
    forged = Member("lb2", {"interfaces": {"ens5": ["198.18.0.12/24", "fe80::9%x accept\nflush ruleset/64"]}})
    found, findings = needs(data(IPV6), "lb1", [MEMBERS[0], forged], ())
    assert found["allow"] == [] and [finding.id for finding in findings] == [PEER_UNKNOWN]


def test_unicast_comes_from_the_peers_whatever_the_facts_are():
    config = data(unicast_peer=["203.0.113.7", "203.0.113.8 min_ttl 3"])
    assert [each[1] for each in allowed(config, [Member("lb1", None), Member("lb2", None)])] == [
        "203.0.113.7", "203.0.113.8"]


def test_adverts_in_an_authentication_header_are_of_another_protocol():
    config = data(authentication={"auth_type": "AH", "auth_pass": "x"})
    assert allowed(config, MEMBERS[:2]) == [("ipv4", "198.18.0.12", "ah", None)]


@pytest.mark.parametrize("words, port", [
    ("eth1 VI_1 id 51", 8848), ("eth1", 8848), ("eth1 port 9000", 9000), ("eth1 VI_1 id 51 port 9000", 9000)])
def test_the_sync_daemons_come_from_the_others(words, port):
    config = dict(data(), global_defs={"lvs_sync_daemon": words})
    assert ("ipv4", "198.18.0.12", "udp", port) in allowed(config)


def test_a_port_is_let_in_for_both_families_from_everywhere():
    assert allowed(data(), MEMBERS[:1], ["80/tcp"]) == [("ipv4", None, "tcp", 80), ("ipv6", None, "tcp", 80)]


@pytest.mark.parametrize("port, words", [
    ("80", "80/tcp"), ("0/tcp", "1 to 65535"), ("65536/udp", "1 to 65535"), ("80/tpc", "Use tcp"),
    ("80/dup", "Use udp"),
])
def test_a_port_that_is_none_is_an_error_with_the_remedy(port, words):
    dummy, findings = needs(data(), "lb1", MEMBERS, [port])
    assert port in str(findings[0]) and words in str(findings[0])


def test_a_member_without_facts_is_named():
    dummy, findings = needs(data(), "lb1", [*MEMBERS[:1], Member("lb9", None)])
    assert [finding.id for finding in findings] == [PEER_UNKNOWN] and "lb9" in str(findings[0])


def test_nobody_is_let_in_where_there_is_nobody_else():
    assert allowed(data(), MEMBERS[:1]) == []


def test_the_interfaces_are_those_of_the_addresses():
    config = data(virtual_ipaddress_excluded=["203.0.113.9/24 dev eth2"])
    assert needs(config, "lb1", MEMBERS)[0]["interface"] == ["eth1", "eth2"]


@pytest.mark.parametrize("config, routes", [
    (data(), False), (data(virtual_routes=["10.0.0.0/8 via 198.18.0.1"]), True),
    (dict(data(), static_rules=["from 10.0.0.0/8 table 9"]), True)])
def test_routes_and_rules_are_known(config, routes):
    assert needs(config, "lb1", MEMBERS)[0]["routes"] is routes


@pytest.mark.parametrize("config, vmac", [
    (data(), False), (data(use_vmac=True), True), (data(use_vmac="vrrp.51"), True), (data(use_vmac=False), False),
    (data(IPV4 + " use_vmac"), True), (data(IPV6, use_vmac=True), False)])
def test_interfaces_of_their_own_are_known(config, vmac):
    assert needs(config, "lb1", MEMBERS)[0]["vmac"] is vmac
