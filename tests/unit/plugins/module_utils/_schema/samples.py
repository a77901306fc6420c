# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Canonical values for every row of the table, chosen so that keepalived takes each of them."""

from __future__ import annotations

from typing import Any

from ansible_collections.openvip.cluster.plugins.module_utils._schema import entries, table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import (
    BLOCK,
    BOOL,
    DECIMAL,
    ENUM,
    FLAG,
    HEAD,
    INT,
    INTERFACE,
    IP,
    PATH,
    SCRIPT,
    SCRIPT_USER,
    STRING,
    Row,
)

KEY = "0123456789abcdef0123456789abcdef"

# By the name of the grammar in entries.py: what fits it, and what does not with a part of the answer.
ENTRIES: dict[str, tuple[list[Any], list[tuple[Any, str]]]] = {
    "VIRTUAL_ADDRESS": (
        [
            "198.18.0.100",
            "198.18.0.100/24 dev eth0 label eth0:1",
            "198.18.0.101/24 brd + scope global dev eth1 no_track",
            "198.18.0.102/24 brd 198.18.0.255 preferred_lft forever",
        ],
        [
            ("198.18.0.300", 'the address must be an IP address, got "198.18.0.300"'),
            ("198.18.0.100/33", "IPv4 allows 0-32"),
            ("fd00::1/129", "IPv6 allows 0-128"),
            ("198.18.0.100/255.255.255.0", "Write the length as a number"),
            ("198.18.0.100 198.18.0.101", 'unknown word "198.18.0.101"'),
            ("198.18.0.100 dve eth0", 'Did you mean "dev"?'),
            ("198.18.0.100 dev", 'the interface is missing after "dev"'),
            ("198.18.0.100 label a-label-of-17-byte", "longer than 15 characters"),
            ("198.18.0.100 brd fd00::1", "must be an IPv4 address"),
            ("198.18.0.100 preferred_lft -1", "must be 0-4294967295, got -1"),
            ("198.18.0.100 track_group g", 'unknown word "track_group"'),
        ],
    ),
    "STATIC_ADDRESS": (
        ["198.18.1.1/24 dev eth0 track_group TG"],
        [("198.18.1.1/24 no_track", 'unknown word "no_track"')],
    ),
    "ROUTE": (["198.18.2.0/24 via 198.18.0.1 dev eth0"], []),
    "RULE": (["from 198.18.2.0/24 table 1 preference 30"], []),
    "TRACKED_INTERFACE": (
        ["eth1", "eth2 weight -20", "eth3 weight 20 reverse"],
        [("eth1 weight 254", "-253 to 253"), ("eth1 weigth 2", 'Did you mean "weight"?')],
    ),
    "TRACKED_SCRIPT": (
        ["check", "check2 weight -20", "check3 weight 20 reverse"],
        [
            ("check weight", "the weight is missing"),
            ("check weight 2s", "must be a whole number"),
            ("check weight 2 reversed", 'Did you mean "reverse"?'),
            ("check weight -254", "-253 to 253"),
        ],
    ),
    "TRACKED_FILE": (["file", "file2 weight -254"], [("file weight 255", "-254 to 254")]),
    "TRACKED_PROCESS": (["process", "process2 weight 254"], [("process weight 255", "-254 to 254")]),
    "TRACKED_BFD": (["bfd", "bfd2 weight 10"], [("bfd weight 254", "-253 to 253")]),
    "UNICAST_PEER": (
        ["198.18.0.12", "198.18.0.13 min_ttl 254 max_ttl 255"],
        [
            ("lb2", "must be an IP address"),
            ("198.18.0.12/24", "Leave the prefix length out"),
            ("198.18.0.12 min_ttl 256", "must be 0-255"),
            ("fe80::1%eth0", "must be an IP address"),
        ],
    ),
    "UP_DOWN_DELAYS": (
        ["eth0 0.5", "eth1 1 2.5"],
        [("eth0", "the delay of down is missing"), ("eth0 256", "must be 0-255"), ("eth0 1s", "must be a number")],
    ),
    "LINKBEAT_INTERFACE": (["eth0", "eth1 IOCTL"], [("eth0 mii", 'Did you mean "MII"?')]),
    "INTERFACE_NAME": (["eth0", "eth1"], [("eth0/1", "must be the name of a network interface")]),
    "NAME": (["VI_1", "VI_2"], []),
    "WEIGHT_253": ([-20, 0, "5 reverse"], [(254, "-253 to 253"), ("5 backwards", "must be reverse")]),
    "WEIGHT_254": ([-20, 254, "5 reverse"], [(-255, "-254 to 254")]),
    "GLOBAL_EXTRA_GARP": ([100, "all 100"], [(0, "1-86400"), ("some 100", "must be a whole number")]),
    "EXTRA_GARP": ([100, "all 0"], [(86401, "0-86400")]),
    "INIT_FILE": ([1, "overwrite", "-5 overwrite"], [("5 rewrite", 'Did you mean "overwrite"?')]),
    "USER": (["root", "root root"], [("a b c", 'unknown word "c"')]),
    "PATH_USER": (["/tmp/fifo", "/tmp/fifo root root"], [("fifo", "must be an absolute path")]),
    "PROCESSORS": ([0, "0 0"], [("0 x", "must be a whole number")]),
    "PROCESS": (["nginx", 'nginx "master process" -g'], []),
    "SMTP_SERVER": (["127.0.0.1", "127.0.0.1 25"], [("127.0.0.1 0", "must be 1-65535"), ("127.0.0.1:25 x", "whole")]),
    "SYNC_DAEMON": (
        ["eth0", "eth0 VI_1 id 5 maxlen 1400 port 8848 ttl 10 group 224.0.0.81"],
        [("eth0 inst", 'the vrrp_instance is missing after "inst"'), ("eth0 id 256", "must be 0-255")],
    ),
    "IPVS_TIMEOUTS": (["tcp 900 tcpfin 120 udp 300"], [("tpc 900", 'Did you mean "tcp"?'), ("tcp", "is missing")]),
    "UMASK": (["0177", 127, "IRGRP|IROTH"], [("0888", "must be 0 to 0777"), ("IRGRP|IRALL", 'unknown bit "IRALL"')]),
    "RECEIVE_BUFFER": (["MTU", "ADVERT", 65536], [("mtu", "must be a whole number"), (-1, "must be 0-4294967295")]),
    "INCLUDE_CHECK": (
        ["match", "read +match -wildcard_match", "-match"],
        [("mach", 'Did you mean "match"?'), ("read match", "Write +match")],
    ),
    "MULTICAST": (["224.0.0.19"], [("198.18.0.1", "must be a multicast address"), ("ff0e::1", "link-local")]),
    "MULTICAST_4": (["224.0.0.19"], [("ff02::13", "must be an IPv4 address")]),
    "MULTICAST_6": (["ff02::13"], [("224.0.0.18", "must be an IPv6 address")]),
    "VMAC": (["vrrp.51", "vmac0 02:00:5e:00:01:33"], [("vmac0 00:00", "must be a MAC address")]),
    "IPVLAN": (["ipvl0 198.18.0.11/24 bridge"], [("ipvl0 198.18.0.11 brigde", 'Did you mean "bridge"?')]),
    "IPTABLES": (["in", "in out"], [("a b c", 'unknown word "c"')]),
    "IPSETS": (["a b c"], []),
    "HMAC_KEY": (["1 " + KEY, "2 file:/etc/keepalived/key"], [("1 short", "is not of the form"), ("0 " + KEY, "form")]),
}

_BY_USAGE = {getattr(entries, name).usage: good for name, (good, _bad) in ENTRIES.items()}
_STRINGS = {"snmp_socket": "unix:/var/agentx/master", "auth_pass": "a#c d!f"}
_DECIMALS = {"idle_tx": 1500.5, "min_rx": 20, "min_tx": 20.25, "advert_int": 2, "interval": 2}


def good_values(row: Row) -> list[Any]:
    """Canonical values of a row that is no block; lists for the rows whose value is one."""
    if row.entry is not None:
        found = list(_BY_USAGE[row.entry.usage])
        return [found] if row.is_list else found + [True] * row.optional
    found = {
        INT: lambda: [row.minimum, row.maximum],
        DECIMAL: lambda: [_DECIMALS.get(row.keyword, row.minimum or 0.25), row.maximum],
        FLAG: lambda: [True],
        BOOL: lambda: [True, False],
        ENUM: lambda: list(row.choices),
        IP: lambda: ["198.18.0.11"],
        INTERFACE: lambda: ["eth0"],
        STRING: lambda: [_STRINGS.get(row.keyword, "a-name")],
        PATH: lambda: ["/tmp/a-file"],
        SCRIPT: lambda: ["/bin/true", "/bin/echo 'two words' \"and more\" \\$HOME"],
        SCRIPT_USER: lambda: [
            "/bin/true",
            "/bin/echo one two",
            {"script": "/bin/echo one", "user": "root", "group": "root"},
        ],
    }[row.type]()
    return found + [True] * row.optional


def leaves() -> list[Row]:
    """All rows that are no blocks and no heads."""
    every = [row for path in table.sections() for row in table.rows(path).values()]
    return [row for row in every if row.type != BLOCK and row.place != HEAD]


def configuration() -> dict[str, Any]:
    """A canonical configuration with a block of every kind that keepalived takes without a word."""

    def instance(number: int) -> dict[str, Any]:
        address = "198.18.0.%d/24" % (200 + number)
        found = {"name": "VI_%d" % number, "interface": "eth0", "virtual_router_id": number, "priority": 100}
        return dict(found, virtual_ipaddress=[address])

    return {
        "global_defs": {"enable_script_security": True, "script_user": "root"},
        "garp_group": [{"garp_interval": 0.5}],
        "track_group": [{"name": "TG", "group": ["VI_1"]}],
        "vrrp_script": [{"name": name, "script": "/bin/true"} for name in ("check", "check2", "check3")],
        "track_file": [{"name": name, "file": "/tmp/no-file"} for name in ("file", "file2")],
        "vrrp_track_process": [{"name": name, "process": "nginx"} for name in ("process", "process2")],
        "bfd_instance": [
            {"name": "bfd", "neighbor_ip": "198.18.0.12", "source_ip": "198.18.0.11"},
            {"name": "bfd2", "neighbor_ip": "198.18.0.13", "source_ip": "198.18.0.11"},
        ],
        "vrrp_sync_group": [{"name": "G", "group": ["VI_1", "VI_2"], "sync_group_tracking_weight": True}],
        "vrrp_instance": [instance(1), instance(2)],
    }


_PEERS = {"unicast_peer": ["198.18.0.12"]}
# What a keyword means nothing without, in the same block; None takes something away.
_COMPANIONS: dict[str, dict[str, Any]] = {
    "vrrp_instance/native_ipv6": {"virtual_ipaddress": ["fe80::200/64"]},
    "vrrp_instance/vrf": {"interface": None, **_PEERS, "unicast_src_ip": "198.18.0.11"},
    "vrrp_instance/vmac_xmit_base": {"use_vmac": True},
    "vrrp_instance/unicast_src_ip": _PEERS,
    "vrrp_instance/unicast_ttl": _PEERS,
    "vrrp_instance/unicast_fault_no_peer": _PEERS,
    "vrrp_instance/check_unicast_src": _PEERS,
    "vrrp_instance/old_unicast_checksum": _PEERS,
    "vrrp_instance/authentication/auth_type": {"auth_pass": "secret"},
    "vrrp_instance/authentication/auth_pass": {"auth_type": "PASS"},
    "vrrp_instance/auth_hmac/active_key": {"key": ["1 " + KEY]},
}


def data_with(row: Row, value: Any) -> dict[str, Any]:
    """The configuration above with one keyword more, and with what that means nothing without."""
    data = configuration()
    block = data
    path = ""
    for part in row.section.split("/") if row.section else []:
        path = path + "/" + part if path else part
        block = block.setdefault(part, {})
        block = block[0] if isinstance(block, list) else block
    block.update(_COMPANIONS.get(row.path, {}))
    block[row.keyword] = value
    for keyword in [keyword for keyword, present in block.items() if present is None]:
        del block[keyword]
    return data
