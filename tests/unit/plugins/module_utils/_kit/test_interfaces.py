# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Interfaces as ip lists them."""

from __future__ import annotations

import itertools

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._kit.interfaces import (
    UnreadableError,
    inspection,
    preferred,
    read,
)


@pytest.mark.parametrize("text", ["eth0 UP", "{}", "[", '"eth0"'])
def test_what_is_no_list_is_refused_with_the_remedy(text):
    with pytest.raises(UnreadableError, match="Install iproute2"):
        read(text)


def test_nothing_is_no_interface():
    assert inspection(read("")) == inspection(read("[{}]")) == {}


def test_an_address_belongs_to_its_interface_whatever_its_label():
    found = inspection([{"ifname": "eth0", "flags": ["UP", "LOWER_UP"], "addr_info": [
        {"local": "198.18.0.11", "prefixlen": 24, "label": "eth0"},
        {"local": "198.18.0.100", "prefixlen": 24, "label": "eth0:0", "secondary": True},
        {"local": "10.0.0.1", "address": "10.0.0.2", "prefixlen": 32, "protocol": "keepalived"},
        {"local": "2001:db8::1", "prefixlen": 64, "temporary": True, "dynamic": True, "deprecated": True}, {}]}])
    assert found == {"eth0": {"up": True, "loopback": False, "addresses": [
        {"address": "198.18.0.11", "prefix": 24, "marks": []},
        {"address": "198.18.0.100", "prefix": 24, "marks": ["secondary"]},
        {"address": "10.0.0.1", "prefix": 32, "marks": ["keepalived"]},
        {"address": "2001:db8::1", "prefix": 64, "marks": ["temporary", "dynamic", "deprecated"]}]}}


@pytest.mark.parametrize("flags, up", [
    (["BROADCAST", "UP", "LOWER_UP"], True), (["BROADCAST"], False), (["NO-CARRIER", "BROADCAST", "UP"], False)])
def test_an_interface_is_up_with_a_carrier(flags, up):
    assert inspection([{"ifname": "eth0", "flags": flags}])["eth0"]["up"] is up


def entry(address, *marks):
    return {"address": address, "prefix": 64, "marks": list(marks)}


ORDER = [entry("2001:db8::5"), entry("2001:db8::11"), entry("2001:db8::2", "dynamic"),
         entry("2001:db8::1", "dynamic", "temporary"), entry("2001:db8::3", "deprecated"),
         entry("2001:db8::4", "dadfailed")]


@pytest.mark.parametrize("listed", list(itertools.permutations(ORDER, 6))[::37])
def test_the_order_of_ipv6_does_not_follow_that_of_the_kernel(listed):
    assert preferred(listed) == ORDER


def test_the_order_of_ipv4_is_that_of_the_kernel_and_its_addresses_come_first():
    listed = [entry("2001:db8::1"), entry("10.0.0.9"), entry("10.0.0.1", "secondary"), entry("10.0.0.2", "dynamic")]
    assert preferred(listed) == [*listed[1:], listed[0]]
    assert preferred([entry("10.0.0.9", "deprecated"), entry("10.0.0.1")])[0]["address"] == "10.0.0.1"
