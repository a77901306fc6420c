# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts of Ansible in the few words that deriving needs."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.addresses import addresses
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.facts import (
    from_ansible,
    from_inspection,
    interfaces_holding,
    own_interface_address,
    without_held,
)

ANSIBLE = {
    "hostname": "lb1",
    "interfaces": ["lo", "eth1", "eth1_vip", "br-lan.5"],
    "default_ipv4": {"address": "198.18.0.11", "interface": "eth1"},
    "lo": {"device": "lo", "type": "loopback", "ipv4": {"address": "127.0.0.1", "prefix": "8"}},
    "eth1_vip": {"ipv4": {"address": "198.18.0.100", "prefix": "24"}},
    "eth1": {
        "device": "eth1",
        "ipv4": {"address": "198.18.0.11", "prefix": "24"},
        "ipv4_secondaries": [{"address": "198.18.0.100", "netmask": "255.255.255.0"}],
        "ipv6": [{"address": "fe80::1", "prefix": "64"}, {"address": "fd00::11", "prefix": "64"}],
    },
    "br_lan_5": {"device": "br-lan.5", "ipv4": {"address": "10.0.0.1", "netmask": "255.255.0.0"}},
}


NETWORK = {
    "interfaces": {
        "lo": {"up": True, "loopback": True, "promote_secondaries": False, "addresses": [
            {"address": "127.0.0.1", "prefix": 8, "marks": []}]},
        "eth1": {"up": True, "loopback": False, "promote_secondaries": True, "addresses": [
            {"address": "198.18.0.11", "prefix": 24, "marks": []},
            {"address": "198.18.0.100", "prefix": 24, "marks": ["secondary"]},
            {"address": "fd00::100", "prefix": 64, "marks": []},
            {"address": "fd00::99", "prefix": 64, "marks": ["dynamic", "temporary"]},
            {"address": "fd00::5", "prefix": 64, "marks": ["deprecated", "dynamic"]},
            {"address": "fd00::7", "prefix": 64, "marks": ["dynamic"]},
            {"address": "fd00::11", "prefix": 64, "marks": []},
            {"address": "fe80::1", "prefix": 64, "marks": []}]},
        "eth2": {"up": False, "loopback": False, "promote_secondaries": False, "addresses": []}},
    "routes": [{"address": "198.18.0.11", "interface": "eth1"}, {"address": "fd00::100", "interface": "eth1"}],
    "running": True, "virtual": ["198.18.0.100", "fd00::100"], "held": ["198.18.0.100", "fd00::100"],
}


def test_addresses_are_collected_with_prefix_and_without_loopback():
    facts = from_ansible(ANSIBLE)
    assert facts["interfaces"] == {"eth1": ["198.18.0.11/24", "198.18.0.100/24", "fd00::11/64", "fe80::1/64"],
                                   "br-lan.5": ["10.0.0.1/16"]}
    assert facts["default"] == ["198.18.0.11"] and facts["down"] == []


def test_no_facts_are_none():
    assert from_ansible({}) is None


@pytest.mark.parametrize("label, device", [
    ("eth1_0", "eth1"), ("eth1_vip", "eth1"), ("br_lan_5_a", "br-lan.5"), ("eth10_0", None), ("other", None)])
def test_an_address_with_a_label_is_one_of_its_interface(label, device):
    """Ansible lists eth1:0 as an interface eth1_0 without a device."""
    facts = from_ansible(dict(ANSIBLE, interfaces=["eth1", "br-lan.5", label], **{
        label: {"ipv4": {"address": "10.0.9.9", "prefix": "32"}}}))
    assert [name for name, values in facts["interfaces"].items() if "10.0.9.9/32" in values] == [device] * bool(device)
    assert label not in facts["interfaces"]


def test_a_virtual_address_is_never_the_hosts_own_not_even_on_the_interface_of_the_default_route():
    device = dict(ANSIBLE["eth1"], ipv6=[{"address": "fd00::100", "prefix": "64"}, *ANSIBLE["eth1"]["ipv6"]])
    facts = dict(ANSIBLE, eth1=device, default_ipv6={"address": "fd00::100", "interface": "eth1"})
    host = without_held(from_ansible(facts), ["198.18.0.100", "fd00::100"])
    assert host["interfaces"]["eth1"] == ["198.18.0.11/24", "fd00::11/64", "fe80::1/64"]
    assert host["default"] == ["198.18.0.11", "fd00::11"] and host["routed"] == [4, 6] and host["stray"] == {}


def test_the_default_route_stays_known_where_only_a_virtual_address_uses_it():
    host = without_held(from_ansible(ANSIBLE), ["198.18.0.11", "198.18.0.100"])
    assert host["default"] == [] and host["routed"] == [4]


def test_the_address_that_stands_for_an_inspected_host_is_the_same_whoever_holds():
    host = without_held(from_inspection(NETWORK), [])
    assert host["interfaces"] == {"eth2": [], "eth1": [
        "198.18.0.11/24", "fd00::11/64", "fe80::1/64", "fd00::7/64", "fd00::99/64", "fd00::5/64"]}
    assert host["default"] == ["198.18.0.11", "fd00::11"]
    assert host["down"] == ["eth2"] and host["promotes"] == ["eth1"]


def with_state(**state):
    return without_held(from_inspection(dict(NETWORK, **state)), ["198.18.0.100"])["stray"]


@pytest.mark.parametrize("state, left", [
    ({"held": ["198.18.0.100"]}, None),  # the holder
    ({"held": None}, None),  # nobody knows
    ({"held": []}, False),  # the daemon runs and does not hold it
    ({"held": [], "virtual": []}, False),  # the daemon has never heard of it
    ({"running": False, "held": []}, True),  # a former one has
    ({"running": False, "held": [], "virtual": []}, False),  # nor has the file
])
def test_a_virtual_address_on_a_host_is_held_left_behind_or_the_hosts_own(state, left):
    assert with_state(**state) == ({} if left is None else {"198.18.0.100": {"interface": "eth1", "left": left}})


@pytest.mark.parametrize("addresses_, left", [
    ([("198.18.0.100", ["dynamic"]), ("198.18.0.11", [])], False),  # a lease
    ([("198.18.0.100", [])], False),  # its only one
    ([("198.18.0.100", ["keepalived"])], True),  # the kernel says who has set it
])
def test_the_only_address_and_a_lease_are_the_hosts_own(addresses_, left):
    interface = dict(NETWORK["interfaces"]["eth1"], addresses=[
        {"address": address, "prefix": 24, "marks": marks} for address, marks in addresses_])
    assert with_state(interfaces={"eth1": interface}, running=False, held=[])["198.18.0.100"]["left"] is left


def test_interface_and_own_address_by_family_without_link_local():
    host = from_ansible(ANSIBLE)
    assert interfaces_holding(host, "198.18.0.200") == ["eth1"]
    assert interfaces_holding(host, "fe80::99") == []
    assert str(own_interface_address(host, "eth1", 6)) == "fd00::11/64"
    assert own_interface_address(host, "br-lan.5", 6) is None and own_interface_address(None, "eth1", 4) is None


def test_a_held_address_may_be_the_only_one_of_its_interface():
    host = without_held({"interfaces": {"eth1": ["2001:db8::100/64"]}, "default": []}, ["2001:db8::100"])
    assert host["interfaces"] == {"eth1": []}


def test_addresses_of_a_configuration_with_their_devices():
    data = {"vrrp_instance": [{"name": "VI_1", "interface": "eth1",
                               "virtual_ipaddress": ["198.18.0.100/24", "198.18.0.101 dev eth2 label x", "nonsense"],
                               "virtual_ipaddress_excluded": ["fd00::1/64"]}]}
    assert addresses(data) == [
        {"address": "198.18.0.100", "prefix": 24, "device": "eth1"},
        {"address": "198.18.0.101", "prefix": 32, "device": "eth2"},
        {"address": "fd00::1", "prefix": 64, "device": "eth1"}]


def test_the_addresses_of_an_owner_are_no_ones_to_release():
    data = {"vrrp_instance": [{"name": "VI_1", "priority": 255, "virtual_ipaddress": ["198.18.0.11/24"]}]}
    assert addresses(data) == []
