# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts of Ansible in the few words that deriving needs."""

from __future__ import annotations

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.addresses import addresses
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.facts import (
    from_ansible,
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


def test_addresses_are_collected_with_prefix_and_without_loopback():
    assert from_ansible(ANSIBLE) == {"default": ["198.18.0.11"], "interfaces": {
        "eth1": ["198.18.0.11/24", "198.18.0.100/24", "fe80::1/64", "fd00::11/64"], "br-lan.5": ["10.0.0.1/16"]}}


def test_no_facts_are_none():
    assert from_ansible({}) is None


def test_a_held_virtual_address_is_left_out_but_never_that_of_the_default_route():
    host = without_held(from_ansible(ANSIBLE), ["198.18.0.100", "198.18.0.11"])
    assert host["interfaces"]["eth1"] == ["198.18.0.11/24", "fe80::1/64", "fd00::11/64"]


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
