# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Canonical values for every row of the table, chosen so that keepalived takes each of them."""

from __future__ import annotations

import copy
from typing import Any

from ansible_collections.openvip.cluster.plugins.module_utils._schema import addresses, entries, routes, table, values
from ansible_collections.openvip.cluster.plugins.module_utils._schema.grammar import Grammar
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
    REGEX,
    SCRIPT,
    SCRIPT_USER,
    STRING,
    Row,
    Version,
)

KEY = "0123456789abcdef0123456789abcdef"

# Every grammar by its name.
GRAMMARS = {
    name: value
    for module in (addresses, entries, routes)
    for name, value in vars(module).items()
    if isinstance(value, Grammar) and not name.startswith("_")
}

# By the name of the grammar: what fits it, and what does not with a part of the answer.
ENTRIES: dict[str, tuple[list[Any], list[tuple[Any, str]]]] = {
    "VIRTUAL_ADDRESS": (
        [
            "198.18.0.100",
            "198.18.0.105/24 dev eth0 label eth0:1",
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
        ["198.18.1.1/24 dev eth0 track_group TG", "198.18.1.2/24 dev eth0 no_track"],
        [("198.18.1.1/24 use_vmac", 'unknown word "use_vmac"')],
    ),
    "ROUTE": (["198.18.2.0/24 via 198.18.0.1 dev eth0"], [("198.18.2.0/24 dve eth0", 'Did you mean "dev"?')]),
    "STATIC_ROUTE": (
        ["198.18.3.0/24 via 198.18.0.1 dev eth0 track_group TG"],
        [("dev eth0", "destination is missing")],
    ),
    "RULE": (["from 198.18.2.0/24 table 1 preference 30"], [("from 198.18.2.0/24 table 1", "has no preference")]),
    "STATIC_RULE": (["iif eth0 table 1 preference 31 track_group TG"], [("table 1 preference 5 tos", "is missing")]),
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
            ("198.18.0.12/33", "IPv4 allows 0-32"),
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
    "UMASK": (
        ["0177", 127, "IRGRP|IROTH", "IRGRP | IROTH"],
        [("0888", "must be a whole number"), ("IRGRP|IRALL", 'unknown bit "IRALL"')],
    ),
    "RECEIVE_BUFFER": (["MTU", "ADVERT", 65536], [("mtu", "must be a whole number"), (-1, "must be 0-4294967295")]),
    "INCLUDE_CHECK": (
        ["match", "read +match -wildcard_match", "-match"],
        [
            ("mach", 'Did you mean "match"?'),
            ("read match", "Write +match"),
            ('read ""', "Write +match"),
            ('""', "must be read"),
        ],
    ),
    "MULTICAST": (["224.0.0.19"], [("198.18.0.1", "must be a multicast address"), ("ff0e::1", "link-local")]),
    "MULTICAST_4": (["224.0.0.19"], [("ff02::13", "must be an IPv4 address")]),
    "MULTICAST_6": (["ff02::13"], [("224.0.0.18", "must be an IPv6 address")]),
    "VMAC": (
        ["vrrp.51", "vmac0 02:00:5e:00:01:33", "02:00:5e:00:01 vmac0", "name vmac0 group 5 netlink_notify_msg"],
        [
            ("vmac0 00:00", "must be a MAC address"),
            ("vmac0 00:00:5e:00:01:33", "must be an address of your own"),
            ("vmac0 01:00:5e:00:05:33", "must be an address of your own"),
            ("vmac0 vmac1", 'has both "vmac0" and "vmac1"'),
        ],
    ),
    "IPVLAN": (
        ["ipvl0 198.18.0.11/24 bridge", "bridge 198.18.0.11 name ipvl0 group 5"],
        [("ipvl0 198.18.0.11 brigde", 'Did you mean "bridge"?')],
    ),
    "IPTABLES": (["in", "in out"], [("a b c", 'unknown word "c"')]),
    "IPSETS": (["a b c", "a b c d e f"], [("a b c d e f g", 'unknown word "g"')]),
    "SERVICE": (
        [
            "198.18.0.100 80",
            "198.18.0.110-120 80",
            "198.18.0.130-198.18.0.131 80",
            "198.18.0.144/28 80",
            "198.18.0.200 81",
            "fwmark 5",
            "fwmark 6 inet",
        ],
        [
            ("198.18.0.300 80", "must be an IP address"),
            ("198.18.0.1-300 80", "must be 0-255"),
            ("198.18.0.9-198.18.0.1 80", "Swap the two addresses"),
            ("fd00::1-fffff 80", "up to four hexadecimal digits"),
            ("198.18.0.1/33 80", "IPv4 allows 0-32"),
            ("198.18.0.1 65536", "must be 0-65535"),
            ("fwmark", "the firewall mark is missing"),
            ("fwmark 5 inet4", 'Did you mean "inet"?'),
            ("fwmark 5 80 inet", "must be inet or inet6"),
        ],
    ),
    "SERVER": (["198.18.0.11", "198.18.0.11 80"], [("web", "must be an IP address"), ("198.18.0.11 -1", "0-65535")]),
    "FORWARDING": (
        ["NAT", "DR", "TUN", "TUN type gue port 6080 remcsum", "TUN type gre csum"],
        [
            ("dr", 'Did you mean "DR"?'),
            ("TUN type gru", 'Did you mean "gue"?'),
            ("TUN port 0", "must be 1-65535"),
            ("TUN csumm", 'Did you mean "csum"?'),
        ],
    ),
    "GRANULARITY": (["255.255.255.0", 64], [("255.255.255", "must be an IPv4 address"), (129, "must be 1-128")]),
    "FILE_WEIGHT": ([-2147483647, 5, "5 reverse", "5 noreverse"], [(2**31, "-2147483647 to 2147483647")]),
    "DIGEST": (["640205b7b0fc66c1ea91c463fac6334d"], [("640205b7", "must be 32 hexadecimal digits")]),
    "STATUS_CODES": (
        [200, "200-299", "200 301-302 404"],
        [("2xx", "must be a code or a range"), (99, "like 200"), ("299-200", "must be 299-999"), ("020", "100-999")],
    ),
    "REGEX_OPTIONS": (["caseless", "caseless utf"], [("case_less", 'Did you mean "caseless"?')]),
    "REGEX_STACK": (["1024 65536"], [("1024", "the largest size is missing"), ("1k 2k", "must be a whole number")]),
    "BYTES": (["0a1b", "Ab12f 3 456"], [("0x12", "must be hexadecimal digits")]),
    "BYTE_PATTERN": (["0a1b", "Ab X2 xX"], [("0a-1b", "must be hexadecimal digits and X")]),
    "HMAC_KEY": (
        ["1 " + KEY, "2 file:/key", *("1 hex:" + key for key in ("0f" * 32, "0F" * 64, "0f" * 31 + "a"))],
        [
            ("1 short", "is not of the form"),
            ("0 " + KEY, "form"),
            ("256 " + KEY, "form"),
            ("1 hex:" + "0f" * 15, "form"),
            ("1 hex:" + "0f" * 65, "form"),
            ("1 hex:" + "xy" * 32, "form"),
            ("1 hex:", "form"),
            ("1 file:key", "form"),
            ("1 " + "k" * 65, "form"),
        ],
    ),
}

_BY_USAGE = {GRAMMARS[name].usage: good for name, (good, _bad) in ENTRIES.items()}
_STRINGS = {
    "snmp_socket": "unix:/var/agentx/master",
    "auth_pass": "a#c d!f",
    "virtual_server/real_server/DNS_CHECK/name": "example.org",
    "virtual_server/real_server/BFD_CHECK/name": "bfd",
    "virtual_server/real_server/FILE_CHECK/track_file": "file",
}
_DECIMALS = {"idle_tx": 1500.5, "min_rx": 20, "min_tx": 20.25, "advert_int": 2, "interval": 2}


def good_values(row: Row, version: Version | None = None) -> list[Any]:
    """Canonical values of a row that is no block; lists for the rows whose value is one. Those a version knows."""
    found = _values(row)
    if version is None:
        return found
    if row.is_list:
        return [[item for item in value if _known(row, item, version)] for value in found]
    return [value for value in found if _known(row, value, version)]


def _known(row: Row, value: Any, version: Version) -> bool:
    return all(version >= each.since for each in values.dated(row, value))


def _values(row: Row) -> list[Any]:
    if row.entry is not None:
        found = list(_BY_USAGE[row.entry.usage])
        return [found] if row.is_list else found + [True] * row.optional
    found = {
        INT: lambda: [row.minimum, row.maximum or 1000],
        DECIMAL: lambda: [_DECIMALS.get(row.keyword, row.minimum or 0.25), row.maximum or 1000.5],
        FLAG: lambda: [True],
        BOOL: lambda: [True, False],
        ENUM: lambda: list(row.choices),
        IP: lambda: ["198.18.0.11"],
        INTERFACE: lambda: ["eth0"],
        STRING: lambda: [_STRINGS.get(row.path, _STRINGS.get(row.keyword, "a-name"))],
        PATH: lambda: ["/tmp/a-file"],
        REGEX: lambda: ["up", r"""^it's \"(up|ok)\" [0-9]{2,3}\.$""", r"a\b#c!d"],
        SCRIPT: lambda: ["/usr/bin/true", "/usr/bin/echo 'two words' \"and more\" \\$HOME"],
        SCRIPT_USER: lambda: [
            "/usr/bin/true",
            "/usr/bin/echo one two",
            {"script": "/usr/bin/echo one", "user": "root", "group": "root"},
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

    service = {"lb_algo": "rr", "lb_kind": "NAT"}
    return {
        "global_defs": {"enable_script_security": True, "script_user": "root"},
        "garp_group": [{"garp_interval": 0.5}],
        "track_group": [{"name": "TG", "group": ["VI_1"]}],
        "vrrp_script": [{"name": name, "script": "/usr/bin/true"} for name in ("check", "check2", "check3")],
        "track_file": [{"name": name, "file": "/tmp/no-file"} for name in ("file", "file2")],
        "vrrp_track_process": [{"name": name, "process": "nginx"} for name in ("process", "process2")],
        "bfd_instance": [
            {"name": "bfd", "neighbor_ip": "198.18.0.12", "source_ip": "198.18.0.11"},
            {"name": "bfd2", "neighbor_ip": "198.18.0.13", "source_ip": "198.18.0.11"},
        ],
        "vrrp_sync_group": [{"name": "G", "group": ["VI_1", "VI_2"], "sync_group_tracking_weight": True}],
        "vrrp_instance": [instance(1), instance(2)],
        "virtual_server_group": [{"name": "VSG", "address": ["198.18.0.110 80", "198.18.0.111 80"]}],
        "virtual_server": [
            {
                "ip": "198.18.0.100",
                "port": 80,
                "protocol": "TCP",
                "lb_algo": "wrr",
                "lb_kind": "NAT",
                "real_server": [{"ip": "198.18.0.21", "port": 80}, {"ip": "198.18.0.22", "port": 80}],
            },
            dict(service, ip="fd00::100", port=80, protocol="TCP", real_server=[{"ip": "fd00::21", "port": 80}]),
            dict(service, fwmark=3, real_server=[{"ip": "198.18.0.21"}]),
            dict(service, group="VSG", protocol="TCP", real_server=[{"ip": "198.18.0.21", "port": 80}]),
        ],
    }


_PEERS = {"unicast_peer": ["198.18.0.12"]}
_SIGNED = {"key": ["1 " + KEY], "active_key": 1}
_PAGE = {"url": [{"path": "/"}]}
_CHECK = "virtual_server/real_server/"
_MARK = {"ip": None, "port": None, "fwmark": 9, "protocol": None}
# What the keywords of a block mean nothing without.
_NEEDED: dict[str, dict[str, Any]] = {
    _CHECK + "HTTP_GET": _PAGE,
    _CHECK + "SSL_GET": _PAGE,
    _CHECK + "HTTP_GET/url": {"path": "/"},
    _CHECK + "SSL_GET/url": {"path": "/"},
    _CHECK + "MISC_CHECK": {"misc_path": "/usr/bin/true"},
    _CHECK + "FILE_CHECK": {"track_file": "file"},
    _CHECK + "BFD_CHECK": {"name": "bfd"},
}
# What a keyword means nothing without, in the same block; None takes something away.
_COMPANIONS: dict[str, dict[str, Any]] = {
    "virtual_server/sh_port": {"lb_algo": "sh"},
    "virtual_server/sh_fallback": {"lb_algo": "sh"},
    "virtual_server/hashed": {"lb_algo": "sh"},
    "virtual_server/mh_port": {"lb_algo": "mh"},
    "virtual_server/mh_fallback": {"lb_algo": "mh"},
    "virtual_server/ops": {"protocol": "UDP"},
    "virtual_server/ip_family": {**_MARK, "real_server": [{"ip": "198.18.0.21", "lvs_method": "TUN"}]},
    "virtual_server/persistence_granularity": {"persistence_timeout": 60},
    "virtual_server/sorry_server_inhibit": {"sorry_server": "198.18.0.11 80"},
    "virtual_server/sorry_server_lvs_method": {"sorry_server": "198.18.0.11 80"},
    _CHECK + "UDP_CHECK/min_reply_length": {"max_reply_length": 65535},
    "vrrp_instance/native_ipv6": {"virtual_ipaddress": ["fe80::200/64"]},
    "vrrp_instance/vrf": {
        "interface": None,
        **_PEERS,
        "unicast_src_ip": "198.18.0.11",
        "virtual_ipaddress": ["198.18.0.201/24 dev eth0"],
    },
    "vrrp_instance/timer_expired_backup": {"nopreempt": True},
    "vrrp_instance/owner_ignore_adverts": {"priority": 255},
    "vrrp_instance/vmac_xmit_base": {"use_vmac": True},
    "vrrp_instance/unicast_src_ip": _PEERS,
    "vrrp_instance/unicast_ttl": _PEERS,
    "vrrp_instance/unicast_fault_no_peer": _PEERS,
    "vrrp_instance/check_unicast_src": _PEERS,
    "vrrp_instance/old_unicast_checksum": _PEERS,
    "vrrp_instance/authentication/auth_type": {"auth_pass": "secret"},
    "vrrp_instance/authentication/auth_pass": {"auth_type": "PASS"},
    "vrrp_instance/auth_hmac/key": {"active_key": 1},
    "vrrp_instance/auth_hmac/active_key": _SIGNED,
    "vrrp_instance/auth_hmac/mode": _SIGNED,
    "vrrp_instance/auth_hmac/anti_replay": _SIGNED,
    "vrrp_instance/auth_hmac/time_window": _SIGNED,
}


def data_with(row: Row, value: Any) -> dict[str, Any]:
    """The configuration above with one keyword more, and with what that means nothing without."""
    data = configuration()
    block = data
    path = ""
    for part in row.section.split("/") if row.section else []:
        path = path + "/" + part if path else part
        block = block.setdefault(part, [{}] if table.find_block(path).repeatable else {})
        block = block[0] if isinstance(block, list) else block
        for keyword, needed in copy.deepcopy(_NEEDED.get(path, {})).items():
            block.setdefault(keyword, needed)
    block.update(copy.deepcopy(_COMPANIONS.get(row.path, {})))
    block[row.keyword] = value
    for keyword in [keyword for keyword, present in block.items() if present is None]:
        del block[keyword]
    return data
