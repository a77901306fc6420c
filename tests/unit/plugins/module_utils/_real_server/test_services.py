# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the options of a real server say, and what is refused before anything changes."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._real_server.services import (
    DR,
    NAT,
    TUN,
    Service,
    refusals,
    understood,
)
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._real_server import model
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._real_server.model import REAL_IP

NAT_ENTRY = {"ip": "203.0.113.10", "lb_kind": NAT, "real_ip": REAL_IP, "port": 80, "gateway": "198.18.0.1"}
DR_ENTRY = {"ip": "198.18.0.100", "lb_kind": DR}


def refused(entries, interface=("eth1",), **properties):
    services, errors = understood(entries)
    return errors + refusals(services, list(interface), model.host(**properties))


def test_each_service_is_understood_once_and_in_its_shortest_form():
    services, errors = understood([
        {"ip": "FD00:18:0::100", "lb_kind": DR, "port": None}, {"ip": "fd00:18::100", "lb_kind": DR}, NAT_ENTRY])
    assert errors == []
    assert services == [Service("fd00:18::100", DR),
                        Service("203.0.113.10", NAT, REAL_IP, 80, "TCP", "198.18.0.1")]


@pytest.mark.parametrize("entries", [
    [DR_ENTRY],
    [NAT_ENTRY, {**NAT_ENTRY, "port": 443}, {**NAT_ENTRY, "protocol": "UDP", "gateway": "198.18.0.2"}],
    [{"ip": "198.18.0.100", "lb_kind": TUN}, {"ip": "fd00:18::100", "lb_kind": DR}],
    [{**DR_ENTRY, "loop_guard": True}, {"ip": "fd00:18::100", "lb_kind": TUN, "loop_guard": False}],
    [{**NAT_ENTRY, "loop_guard": False}],
    [{**NAT_ENTRY, "ip": "fd00:203::10", "real_ip": model.REAL_IP6, "gateway": "fd00:18::1"}],
])
def test_nothing_is_refused_without_a_reason(entries):
    assert refused(entries) == []


@pytest.mark.parametrize(("entry", "words"), [
    ({**DR_ENTRY, "ip": "198.18.0.100/32"}, ["198.18.0.100/32", "Leave the prefix length out"]),
    ({**DR_ENTRY, "ip": "198.18.0.300"}, ["198.18.0.300", "must be an IP address", "Write it like"]),
    ({**DR_ENTRY, "ip": "224.0.0.18"}, ["multicast", "Use an address of"]),
    ({**DR_ENTRY, "ip": "ff02::12"}, ["multicast"]),
    ({**DR_ENTRY, "ip": "0.0.0.0"}, ["unspecified"]),
    ({**DR_ENTRY, "ip": "::"}, ["unspecified"]),
    ({**DR_ENTRY, "ip": "127.0.0.2"}, ["loopback"]),
    ({**DR_ENTRY, "ip": "fe80::1"}, ["link-local"]),
    ({**DR_ENTRY, "ip": "255.255.255.255"}, ["broadcast"]),
    ({**DR_ENTRY, "port": 80}, ["lb_kind DR has no port", "lb_kind NAT"]),
    ({**DR_ENTRY, "protocol": "TCP", "gateway": "198.18.0.1"}, ["has no gateway and no protocol"]),
    ({"ip": "203.0.113.10", "lb_kind": NAT}, ["needs real_ip and port and gateway", "Add the keys"]),
    ({**NAT_ENTRY, "port": None}, ["needs port", "Add the key."]),
    ({**NAT_ENTRY, "loop_guard": True}, ["lb_kind NAT has no loop_guard", "Leave it out"]),
    ({**NAT_ENTRY, "port": 0}, ["port must be 1-65535, got 0"]),
    ({**NAT_ENTRY, "port": 65536}, ["port must be 1-65535, got 65536"]),
    ({**NAT_ENTRY, "gateway": "198.18.0.1/24"}, ["gateway", "Leave the prefix length out"]),
    ({**NAT_ENTRY, "gateway": "fe80::1"}, ["gateway is a link-local address"]),
    ({**NAT_ENTRY, "real_ip": "eth1"}, ["real_ip must be an IP address"]),
])
def test_what_an_entry_cannot_mean_is_refused(entry, words):
    [sentence] = understood([entry])[1]
    for word in [f"virtual_server {entry['ip']}: ", *words]:
        assert word in sentence


def test_all_faults_are_told_at_once():
    assert len(understood([{**NAT_ENTRY, "port": 0, "gateway": "x"}, {**DR_ENTRY, "ip": "y"}])[1]) == 3


@pytest.mark.parametrize(("entries", "properties", "words"), [
    ([DR_ENTRY, {**NAT_ENTRY, "ip": DR_ENTRY["ip"]}], {}, ["198.18.0.100", "both DR and NAT", "the same lb_kind"]),
    ([DR_ENTRY, {**DR_ENTRY, "lb_kind": TUN}], {}, ["both DR and TUN"]),
    ([NAT_ENTRY, {**NAT_ENTRY, "ip": "203.0.113.11", "gateway": "198.18.0.2"}], {},
     ["203.0.113.11", f"{REAL_IP} TCP port 80", "198.18.0.1 and 198.18.0.2"]),
    ([DR_ENTRY], {"interface": []}, ["198.18.0.100", "lb_kind DR needs interface"]),
    ([{**DR_ENTRY, "lb_kind": TUN}], {"interface": []}, ["lb_kind TUN needs interface"]),
    ([DR_ENTRY], {"interface": ["eht1"]}, ["interface eht1", "does not exist", 'Did you mean "eth1"?']),
    ([DR_ENTRY], {"interface": ["zzzz"]}, ["interface zzzz", "It has eth0, eth1."]),
    ([DR_ENTRY], {"interface": ["lo"]}, ["interface lo", "loopback", "eth0, eth1"]),
    ([{**DR_ENTRY, "ip": REAL_IP}], {}, [REAL_IP, "is an address of eth1", "director", "take the address off eth1"]),
    ([{**NAT_ENTRY, "ip": "192.0.2.31"}], {}, ["192.0.2.31", "is an address of eth0"]),
    ([{"ip": "fd00:18::100", "lb_kind": DR}], {"ipv6_devices": frozenset()}, ["IPv6 is switched off", "disable_ipv6"]),
    ([{**DR_ENTRY, "lb_kind": TUN}], {"loadable": frozenset()}, ["the kernel module ipip", "Install the modules"]),
    ([{"ip": "fd00:18::100", "lb_kind": TUN}], {"loadable": frozenset(), "programs": {
        name: path for name, path in model.PROGRAMS.items() if name != "modprobe"}},
     ["the kernel module ip6_tunnel", "Install kmod"]),
    ([{**DR_ENTRY, "loop_guard": True}], {"loadable": frozenset()}, ["loop_guard needs IPVS", "ip_vs", "Install"]),
    ([{**NAT_ENTRY, "real_ip": "198.18.0.32"}], {}, ["real_ip 198.18.0.32 is no address of this host", REAL_IP]),
    ([{**NAT_ENTRY, "gateway": "fd00:18::1"}], {}, ["gateway fd00:18::1 is of another IP version", "IPv4"]),
    ([{**NAT_ENTRY, "ip": "fd00:203::10"}], {}, ["real_ip 198.18.0.31 and gateway 198.18.0.1 are of another"]),
    ([{**NAT_ENTRY, "gateway": REAL_IP}], {}, [f"gateway {REAL_IP} is an address of this host"]),
    ([{**NAT_ENTRY, "gateway": "203.0.113.1"}], {},
     ["gateway 203.0.113.1 is on no segment", "192.0.2.0/24, 198.18.0.0/24"]),
    ([NAT_ENTRY], {"kernel": (4, 16)}, ["Linux 4.17 or later", "this is 4.16"]),
    ([NAT_ENTRY], {"other_rules": ("priority 28000 src all",)}, ["ip rule priority 28000 src all", "Move the rule"]),
    ([DR_ENTRY], {"programs": dict.fromkeys(("ip", "systemctl"), "")},
     ["sysctl: the program is missing", "Install procps"]),
    ([DR_ENTRY], {"programs": dict.fromkeys(("ip", "sysctl"), "")}, ["systemctl: the program", "systemd"]),
])
def test_what_stands_against_it_on_the_host_is_refused(entries, properties, words):
    [sentence] = refused(entries, **{"interface": ["eth1"], **properties})
    for word in words:
        assert word in sentence


@pytest.mark.parametrize("name", ["lo", "tunl0"])
def test_an_address_that_is_there_from_an_earlier_run_does_not_stand_against_it(name):
    devices = dict(model.host().devices)
    devices[name] = model.device(name, "198.18.0.100/32", loopback=name == "lo")
    assert refused([DR_ENTRY], devices=devices) == []


def test_a_director_that_holds_the_address_may_serve_it_with_the_guard():
    devices = dict(model.host().devices, eth1=model.device("eth1", f"{REAL_IP}/24", "198.18.0.100/24"))
    [sentence] = refused([DR_ENTRY], devices=devices)
    assert "is an address of eth1" in sentence and "set loop_guard" in sentence
    assert refused([{**DR_ENTRY, "loop_guard": True}], devices=devices) == []


def test_a_gateway_behind_a_device_that_is_down_is_on_no_segment():
    devices = dict(model.host().devices)
    devices["eth1"] = devices["eth1"]._replace(up=False)
    [sentence] = refused([NAT_ENTRY], devices=devices)
    assert "gateway 198.18.0.1 is on no segment" in sentence
