# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for what the interfaces of the host are like, with what a real keepalived 2.2.7 does there."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint

RULES = {"interface-down", "interface-without-address", "secondary-address-lost"}
BOTH = ["198.18.0.11/24", "2001:db8:18::11/64", "fe80::1/64"]
FOUR, SIX = ["198.18.0.100/24"], ["2001:db8:18::100/64"]


def ids(interfaces, instances, version=(2, 2, 7), **facts):
    """Return the ids of the findings of these rules."""
    data = {"vrrp_instance": [
        dict({"name": f"VI_{number}", "interface": "eth1", "virtual_router_id": 50 + number}, **each)
        for number, each in enumerate(instances, 1)]}
    static = facts.pop("static", None)
    if static:
        data["static_ipaddress"] = static
    found = lint(data, dict({"interfaces": interfaces, "promotes": []}, **facts), version)
    assert all(finding.remedy for finding in found)
    return sorted(finding.id for finding in found if finding.id in RULES)


@pytest.mark.parametrize("values, addresses, more, version, finds", [
    (BOTH, FOUR, {}, (2, 2, 7), False),
    (BOTH, SIX, {}, (2, 2, 7), False),
    (BOTH[1:], FOUR, {}, (2, 2, 7), True),
    ([], FOUR, {}, (2, 2, 7), True),
    (BOTH[:2], SIX, {}, (2, 2, 7), True),
    (BOTH[:1], SIX, {}, None, True),
    (BOTH[:2], SIX, {"unicast_peer": ["2001:db8:18::12"]}, (2, 2, 7), True),
    (BOTH[:2], SIX, {"unicast_peer": ["2001:db8:18::12"], "unicast_src_ip": "2001:db8:18::11"}, (2, 2, 7), False),
    ([], FOUR, {"mcast_src_ip": "192.0.2.1"}, (2, 2, 7), False),
    ([], FOUR, {"raw": ["unicast_src_ip 192.0.2.1"]}, (2, 2, 7), False),
    (BOTH[:2], SIX, {"use_vmac": True}, (2, 2, 7), True),
    (BOTH[:2], SIX, {"use_vmac": True}, (2, 3, 3), False),
    (BOTH[1:], FOUR, {"use_vmac": True}, (2, 3, 3), True),
    ([], [], {"no_virtual_ipaddress": True}, (2, 3, 3), False),
])
def test_an_interface_has_an_address_of_the_family(values, addresses, more, version, finds):
    instance = dict({"virtual_ipaddress": addresses}, **more)
    assert ids({"eth1": values}, [instance], version) == ["interface-without-address"] * finds


def test_keepalived_may_give_the_address_itself():
    assert ids({"eth1": []}, [{"virtual_ipaddress": FOUR}], static=["198.18.0.11/24 dev eth1"]) == []


@pytest.mark.parametrize("more, down, finds", [
    ({}, ["eth1"], 1), ({}, ["eth0"], 0), ({"dont_track_primary": True}, ["eth1"], 0),
    ({"track_interface": ["eth0"]}, ["eth0"], 1), ({"track_interface": ["eth0 weight 10"]}, ["eth0"], 0),
    ({"track_interface": ["eth0"]}, ["eth0", "eth1"], 2), ({"track_interface": ["eth1"]}, ["eth1"], 1),
])
def test_an_interface_has_a_link(more, down, finds):
    instance = dict({"virtual_ipaddress": FOUR}, **more)
    assert ids({"eth0": [], "eth1": BOTH}, [instance], down=down) == ["interface-down"] * finds


def test_without_a_link_there_is_no_link_local_address():
    assert ids({"eth1": BOTH[:2]}, [{"virtual_ipaddress": SIX}], down=["eth1"]) == ["interface-down"]


@pytest.mark.parametrize("instances, finds", [
    ([{"virtual_ipaddress": ["198.18.9.1/24", "198.18.9.2/24"]}], True),
    ([{"virtual_ipaddress": ["198.18.9.1/24"], "virtual_ipaddress_excluded": ["198.18.9.2/24"]}], True),
    ([{"virtual_ipaddress": ["198.18.9.1/24"]}, {"virtual_ipaddress": ["198.18.9.2/24"]}], True),
    ([{"virtual_ipaddress": ["198.18.0.1/25", "198.18.0.2/25"]}], True),  # the mask differs from the host's
    ([{"virtual_ipaddress": ["198.18.9.1/24", "198.18.9.2/24"], "promote_secondaries": True}], False),
    ([{"virtual_ipaddress": ["198.18.9.1/24"]}, {"virtual_ipaddress": ["198.18.9.2/24"], "promote_secondaries": True}],
     False),
    ([{"virtual_ipaddress": ["198.18.0.1/24", "198.18.0.2/24"]}], False),
    ([{"virtual_ipaddress": ["198.18.9.1/32", "198.18.9.2/32"]}], False),
    ([{"virtual_ipaddress": ["198.18.9.1", "198.18.9.2"]}], False),
    ([{"virtual_ipaddress": ["198.18.9.1/24", "198.18.8.2/24"]}], False),
    ([{"virtual_ipaddress": ["198.18.9.1/24", "198.18.9.2/24 dev eth2"]}], False),
    ([{"virtual_ipaddress": ["198.18.9.1/24 dev eth2", "198.18.9.2/24 dev eth2"]}], True),
    ([{"virtual_ipaddress": ["198.18.9.1/24", "198.18.9.2/24"], "use_vmac": True}], False),
    ([{"virtual_ipaddress": ["2001:db8:9::1/64", "2001:db8:9::2/64"]}], False),
])
def test_the_kernel_removes_the_others_with_the_first_address_of_a_subnet(instances, finds):
    interfaces = {"eth1": BOTH, "eth2": ["192.0.2.11/24"]}
    assert ids(interfaces, instances) == ["secondary-address-lost"] * finds
    assert ids(interfaces, instances, promotes=["eth1", "eth2"]) == []
    assert ids(interfaces, instances, promotes=None) == []


def test_the_remedy_is_the_keyword_or_where_that_does_not_reach_the_sysctl():
    said = {}
    for device in ("", " dev eth2"):
        data = {"vrrp_instance": [{"name": "VI_1", "interface": "eth1", "virtual_router_id": 51, "virtual_ipaddress": [
            f"198.18.9.{number}/24{device}" for number in (1, 2, 3)]}]}
        host = {"interfaces": {"eth1": BOTH, "eth2": []}, "promotes": []}
        said[device] = next(str(each) for each in lint(data, host) if each.id == "secondary-address-lost")
    assert "198.18.9.2 and 198.18.9.3 are lost on eth1 when 198.18.9.1 is removed" in said[""]
    assert "Set promote_secondaries in the instance" in said[""]
    assert "net.ipv4.conf.eth2.promote_secondaries to 1" in said[" dev eth2"]
