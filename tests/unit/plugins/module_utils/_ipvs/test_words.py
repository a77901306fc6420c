# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attributes in keepalived's words; what a running kernel says is in test_ipvs_info.py."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._ipvs import attributes, words
from ansible_collections.openvip.cluster.plugins.module_utils._ipvs.message import MessageError
from ansible_collections.openvip.cluster.plugins.module_utils._schema.sections import real_server, virtual_server

STATS = {row.name: row.number for row in attributes.STATS.table}
SERVICE = {"af": 2, "protocol": 6, "addr": bytes([198, 18, 0, 100]) + bytes(12), "port": 80, "sched_name": "wlc",
           "flags": (0, 0), "timeout": 0, "netmask": b"\xff\xff\xff\xff", "stats": STATS}
DEST = {"addr": bytes([198, 18, 0, 21]) + bytes(12), "port": 80, "fwd_method": 3, "weight": 1, "u_thresh": 0,
        "l_thresh": 0, "active_conns": 5, "inact_conns": 7, "persist_conns": 0, "stats": STATS}
ADDRESS6 = bytes.fromhex("20010db8" + "00" * 11 + "21")


@pytest.mark.parametrize(("section", "told"), [
    (virtual_server.SECTION, words.virtual_server(SERVICE)),
    (real_server.SECTION, words.real_server(DEST, words.INET)),
], ids=["virtual_server", "real_server"])
def test_every_option_that_is_told_bears_the_name_in_the_table(section, told):
    state = {"stats", "rate", "active_connections", "inactive_connections", "persistent_connections"}
    # parts of the option lvs_method
    parts = {"tunnel_type", "tunnel_port", "tunnel_checksum"}
    assert told.keys() - state - parts <= {row.keyword for row in section.rows}


def test_every_scheduler_flag():
    flags = ("sh_fallback", "sh_port", "mh_fallback", "mh_port", "flag_1", "flag_2", "flag_3", "ops")

    def told(bits, scheduler="rr"):
        found = words.virtual_server(dict(SERVICE, flags=(bits, 0xFFFFFFFF), sched_name=scheduler))
        return [name for name in flags if found[name]]

    assert [told(1 << bit) for bit in range(6)] == [[], [], ["ops"], ["flag_1"], ["flag_2"], ["flag_3"]]
    assert told(0x18, "sh") == ["sh_fallback", "sh_port", "flag_1", "flag_2"]
    assert told(0x18, "mh") == ["mh_fallback", "mh_port", "flag_1", "flag_2"]


@pytest.mark.parametrize(("family", "order", "mask", "granularity"), [
    (2, "<", "ffffff00", "255.255.255.0"), (2, ">", "ffffff00", "255.255.255.0"),
    (10, "<", "40000000", "64"), (10, ">", "00000040", "64"),
])
def test_persistence_in_both_byte_orders(family, order, mask, granularity):
    service = dict(SERVICE, af=family, addr=ADDRESS6, flags=(1, 0), timeout=360, netmask=bytes.fromhex(mask))
    found = words.virtual_server(service, order)
    assert (found["persistence_timeout"], found["persistence_granularity"]) == (360, granularity)
    found = words.virtual_server(dict(service, flags=(0, 0)), order)
    assert (found["persistence_timeout"], found["persistence_granularity"]) == (None, None)


def test_the_wide_counters_are_taken_where_there_are_any():
    wide = dict(STATS, conns=2**40)
    assert words.virtual_server(SERVICE)["stats"]["connections"] == 1
    assert words.virtual_server(dict(SERVICE, stats64=wide))["stats"]["connections"] == 2**40
    found = words.real_server(dict(DEST, stats64=wide), 2)
    assert found["stats"] == {"connections": 2**40, "packets_in": 2, "packets_out": 3, "bytes_in": 4, "bytes_out": 5}
    assert found["rate"] == {"connections": 6, "packets_in": 7, "packets_out": 8, "bytes_in": 9, "bytes_out": 10}


@pytest.mark.parametrize(("method", "told"), list(enumerate(["NAT", "LOCAL", "TUN", "DR", "BYPASS", "5"])))
def test_forwarding(method, told):
    # the bits above the mask say other things
    assert words.real_server(dict(DEST, fwd_method=method | 0x100), 2)["lvs_method"] == told


@pytest.mark.parametrize(("method", "kind", "told"), [
    (2, {}, (None, None, None)),
    (3, {"tun_type": 0, "tun_port": 0, "tun_flags": 0}, (None, None, None)),
    (2, {"tun_type": 0, "tun_port": 0, "tun_flags": 0}, ("ipip", None, None)),
    (2, {"tun_type": 1, "tun_port": 6080, "tun_flags": 0}, ("gue", 6080, "nocsum")),
    (2, {"tun_type": 1, "tun_port": 6080, "tun_flags": 2}, ("gue", 6080, "remcsum")),
    (2, {"tun_type": 2, "tun_port": 0, "tun_flags": 1}, ("gre", None, "csum")),
    (2, {"tun_type": 9}, ("9", None, None)),
])
def test_tunnels_also_of_kernels_that_do_not_tell(method, kind, told):
    found = words.real_server(dict(DEST, fwd_method=method, **kind), 2)
    assert (found["tunnel_type"], found["tunnel_port"], found["tunnel_checksum"]) == told


def test_the_family_of_a_real_server_is_that_of_its_service_where_the_kernel_does_not_tell():
    assert words.real_server(DEST, 2)["ip"] == "198.18.0.21"
    assert words.real_server(dict(DEST, addr=ADDRESS6), 10)["ip"] == "2001:db8::21"
    assert words.real_server(dict(DEST, addr=ADDRESS6, addr_family=10), 2)["ip"] == "2001:db8::21"
    with pytest.raises(MessageError, match="the address family 7 is neither"):
        words.real_server(DEST, 7)


def test_a_firewall_mark_has_no_address():
    rest = {name: value for name, value in SERVICE.items() if name not in ("protocol", "addr", "port")}
    found = words.virtual_server({**rest, "fwmark": 7, "af": 10})
    assert [found[name] for name in ("ip", "port", "protocol", "fwmark", "ip_family")] == [None, None, None, 7, "inet6"]
    with pytest.raises(MessageError, match="the attribute addr is missing"):
        words.identity({"af": 2, "protocol": 6, "port": 80})


def test_services_and_servers_are_listed_as_ipvsadm_does():
    first, second = SERVICE, dict(SERVICE, protocol=17)
    third, fourth = dict(SERVICE, af=10, addr=ADDRESS6), {"af": 2, "fwmark": 1}
    assert sorted([fourth, third, second, first], key=words.virtual_server_order) == [first, second, third, fourth]
    low, high = (dict(DEST, port=port, addr_family=2) for port in (80, 443))
    other = dict(DEST, addr=ADDRESS6, addr_family=10)
    assert sorted([other, high, low], key=words.real_server_order) == [low, high, other]


def test_a_sync_daemon_of_an_old_kernel_and_one_with_ipv6():
    old = words.sync_daemon({"state": 1, "mcast_ifn": "eth0", "sync_id": 51})
    assert old == {"state": "master", "interface": "eth0", "id": 51, "maxlen": None, "port": None, "ttl": None,
                   "group": None}
    new = words.sync_daemon({"state": 2, "mcast_ifn": "eth0", "sync_id": 0, "mcast_group6": ADDRESS6})
    assert (new["state"], new["group"]) == ("backup", "2001:db8::21")


def test_version_and_timeouts():
    assert words.version(0x010201) == "1.2.1"
    assert words.timeouts({"timeout_udp": 300}) == {"tcp": None, "tcpfin": None, "udp": 300}


def listed(*servers):
    names = ("ip", "port", "weight", "active_connections", "inactive_connections")
    return {"real_server": [dict(zip(names, server)) for server in servers]}


SERVICES = [
    listed(("198.18.0.21", 80, 1, 5, 7), ("198.18.0.22", 80, 1, 100, 100)),
    listed(("198.18.0.21", 443, 0, 2, 1)),
    listed(),
    listed(("2001:db8::21", 80, 3, 4, 0)),
]


@pytest.mark.parametrize(("ip", "port", "found"), [
    ("198.18.0.21", None, {"active": 7, "inactive": 8, "weight": [1, 0]}),
    ("198.18.0.21", 443, {"active": 2, "inactive": 1, "weight": [0]}),
    ("2001:DB8:0::21", 80, {"active": 4, "inactive": 0, "weight": [3]}),
    ("198.18.0.21", 81, {"active": 0, "inactive": 0, "weight": []}),
])
def test_connections_of_one_real_server_in_all_services(ip, port, found):
    assert words.connections(SERVICES, ip, port) == found


def test_connections_of_what_is_no_address():
    with pytest.raises(ValueError, match=r"198\.18\.0\.256"):
        words.connections(SERVICES, "198.18.0.256")
