# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ip lists, and the file that remembers, become what a host is like."""

from __future__ import annotations

import json

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._real_server import facts, found
from ansible_collections.openvip.cluster.plugins.module_utils._real_server.settings import (
    Address,
    Link,
    Route,
    Rule,
)
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._real_server import model

# as iproute2 6.1 lists them
ADDRESSES = [
    {},
    {"ifname": "lo", "flags": ["LOOPBACK", "UP", "LOWER_UP"], "addr_info": [
        {"family": "inet", "local": "127.0.0.1", "prefixlen": 8, "scope": "host", "label": "lo"},
        {"family": "inet", "local": "198.18.0.101", "prefixlen": 32, "scope": "global", "label": "lo:0"},
        {"family": "inet6", "local": "fd00:18::100", "prefixlen": 128, "scope": "global", "nodad": True,
         "deprecated": True, "preferred_life_time": 0}]},
    {"ifname": "eth1", "flags": ["BROADCAST", "MULTICAST"], "addr_info": [
        {"family": "inet", "local": "198.18.0.31", "prefixlen": 24, "scope": "global", "label": "eth1"}, {}]},
]
FIRST = {"priority": 28000, "src": "198.18.0.31", "ipproto": "ipproto-6", "sport": 80, "table": "254",
         "suppress_prefixlen": 0, "protocol": "2"}
SECOND = {"priority": 28001, "src": "198.18.0.31", "ipproto": "ipproto-17", "sport": 80, "table": "28000",
          "protocol": "0"}


def test_devices():
    devices = found.devices(ADDRESSES)
    assert devices["lo"].addresses == (
        Address("lo", "127.0.0.1", 8, "host"), Address("lo", "198.18.0.101", 32, "global", label="lo:0"),
        Address("lo", "fd00:18::100", 128, deprecated=True))
    assert [(name, device.up, device.loopback, [str(network) for network in device.networks])
            for name, device in devices.items()] == [
        ("lo", True, True, ["127.0.0.0/8"]), ("eth1", False, False, ["198.18.0.0/24"])]


def test_rules_of_our_form():
    assert found.rules([{"priority": 0, "src": "all", "table": "255"}, FIRST, SECOND]) == ([
        Rule(28000, "198.18.0.31", "TCP", 80, "main"), Rule(28001, "198.18.0.31", "UDP", 80, "28000", kept=False)], [])


@pytest.mark.parametrize("change", [
    {"dst": "192.0.2.0"}, {"sport": None, "sport_start": 80, "sport_end": 81}, {"ipproto": "ipproto-1"},
    {"table": "100"}, {"suppress_prefixlen": 8}, {"not": None, "iif": "eth0"}, {"ipproto": None},
])
def test_rules_of_another_form_at_our_preferences(change):
    entry = {key: value for key, value in {**FIRST, **change}.items() if value is not None}
    ours, others = found.rules([entry])
    assert ours == [] and len(others) == 1 and others[0].startswith("priority 28000 src 198.18.0.31")


def test_routes():
    assert found.routes([
        {"dst": "default", "gateway": "198.18.0.1", "dev": "eth1", "protocol": "2", "flags": []},
        {"dst": "198.18.0.0/24", "dev": "eth1", "flags": []}], 4, 28000) == [
        Route(4, 28000, "198.18.0.1", "eth1")]


def test_the_smallest_network_decides_where_a_gateway_is():
    host = model.host()
    devices = {**host.devices, "eth2": model.device("eth2", "198.18.0.129/25")}
    host = host._replace(devices=devices)
    assert (host.facing("198.18.0.1"), host.facing("198.18.0.254"), host.facing("203.0.113.1")) == (
        "eth1", "eth2", None)


def test_what_is_remembered_is_read_as_it_was_written():
    memory = found.Remembered({"net.ipv4.conf.all.arp_ignore": "0"}, (Address("lo", "198.18.0.100", 32, "host"),),
                              (Link("tunl0"),), ((4, 28000),))
    assert found.remembered(memory.text(), "/state") == memory
    assert found.remembered(None, "/state") == found.NOTHING


def test_the_older_of_two_memories_knows_the_values_before():
    older = found.Remembered({"a": "0"}, (), (Link("tunl0"),), ((4, 28000),))
    newer = found.Remembered({"a": "1", "b": "2"}, (), (Link("tunl0"),), ((4, 28001),))
    assert older.joined(newer) == found.Remembered(
        {"a": "0", "b": "2"}, (), (Link("tunl0"),), ((4, 28000), (4, 28001)))


@pytest.mark.parametrize("text", [
    "", "{", "[]", "{}", '{"sysctl": {}, "address": [{"x": 1}], "link": [], "table": []}',
])
def test_a_damaged_memory_is_refused(text):
    with pytest.raises(found.RememberedError, match=r"^/state: .*Remove it and run this again"):
        found.remembered(text, "/state")


def test_without_ip_nothing_can_be_read():
    with pytest.raises(facts.FactsError, match="Install iproute2"):
        facts.Reader(None, {}).read()


def test_an_ip_that_cannot_do_it_is_told():
    def run_command(words):
        return 255, "", 'Option "-json" is unknown'

    with pytest.raises(facts.FactsError, match=r"ip address show failed.*iproute2 5\.0"):
        facts.Reader(run_command, {"ip": "/sbin/ip"}).read()


def test_the_memory_is_text_that_people_can_read():
    assert json.loads(found.NOTHING.text()) == {"sysctl": {}, "address": [], "link": [], "table": []}


@pytest.mark.parametrize("words", ["true", "sysctl -w x", "ip address del x", "ip -4 route del",
                                   "ip address del x dev y z"])
def test_a_unit_that_was_changed_by_hand_is_not_read(words):
    assert found.of_unit(f"[Service]\nExecStop=-/bin/{words}\n") == found.NOTHING
