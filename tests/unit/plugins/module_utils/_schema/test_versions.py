# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Every version gets the words it knows, and an error that names the version for those it does not know."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import DEPRECATED, VERSION, check
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import WARNING, Finding
from ansible_collections.openvip.cluster.plugins.module_utils._schema.layout import spelling
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import OLDEST, Row, version_text
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._schema.samples import (
    data_with,
    good_values,
    leaves,
)

NEWER = [row for row in leaves() if row.since]


@pytest.mark.parametrize("row", NEWER, ids=lambda row: row.path)
def test_unknown_to_the_oldest_version(row: Row) -> None:
    findings = [finding for finding in check(data_with(row, good_values(row)[0]), OLDEST) if finding.id == VERSION]
    if spelling(row, OLDEST) is not None:
        assert not any(finding.message.startswith(row.keyword + " ") for finding in findings)
        return
    message = "%s came with keepalived %s, this is 2.0.10." % (row.keyword, version_text(row.since or ()))
    assert message in [finding.message for finding in findings]


@pytest.mark.parametrize("row", NEWER, ids=lambda row: row.path)
def test_known_from_its_version_on(row: Row) -> None:
    assert spelling(row, row.since) == row.spelled
    assert spelling(row, None) == row.spelled


def lines(data: dict[str, Any], version: tuple[int, ...] | None) -> list[str]:
    return [line.strip() for line in render(data, version).splitlines()]


def global_defs(keyword: str, value: Any) -> dict[str, Any]:
    return {"global_defs": {keyword: value}}


RENAMED = [
    (global_defs("lvs_flush_on_stop", "VS"), (2, 1, 5), "lvs_flush_onstop VS"),
    (global_defs("lvs_flush_on_stop", "VS"), (2, 2, 0), "lvs_flush_on_stop VS"),
    (global_defs("checker_process_name", "checks"), (2, 1, 5), "lvs_process_name checks"),
    (global_defs("checker_process_name", "checks"), (2, 2, 7), "checker_process_name checks"),
    (global_defs("vrrp_rlimit_rttime", 10000), (2, 0, 20), "vrrp_rlimit_rtime 10000"),
    (global_defs("vrrp_garp_extra_if", "all 5"), (2, 2, 2), "vrrp_vmac_garp_intvl all 5"),
    (global_defs("vrrp_garp_extra_if", "all 5"), (2, 3, 3), "vrrp_garp_extra_if all 5"),
    ({"vrrp_instance": [{"name": "V", "virtual_router_id": 1, "garp_extra_if": 5}]}, (2, 2, 2), "vmac_garp_intvl 5"),
    ({"vrrp_instance": [{"name": "V", "virtual_router_id": 1, "garp_extra_if": 5}]}, None, "garp_extra_if 5"),
    (
        {"vrrp_instance": [{"name": "V", "virtual_router_id": 1, "timer_expired_backup": 9}]},
        (2, 2, 8),
        "timer_expired_backup 9",
    ),
    ({"track_file": [{"name": "F", "file": "/f"}]}, (2, 0, 20), "vrrp_track_file F {"),
    ({"bfd_instance": [{"name": "B", "neighbour_ip": "198.18.0.1"}]}, OLDEST, "neighbor_ip 198.18.0.1"),
]


@pytest.mark.parametrize(("data", "version", "expected"), RENAMED)
def test_the_version_decides_the_name(data: dict[str, Any], version: tuple[int, ...], expected: str) -> None:
    assert expected in lines(data, version)


@pytest.mark.parametrize("version", [OLDEST, (2, 2, 7), (2, 3, 3), None])
def test_retry_is_known_to_all(version: tuple[int, ...] | None) -> None:
    text = "virtual_server 198.18.0.1 80 {\nreal_server 198.18.0.2 80 {\n%s {\n%s\n}\n}\n}\n"
    for keyword in ("HTTP_GET", "SSL_GET"):
        found = lines(read(parse(text % (keyword, "nb_get_retry 3\nurl {\npath /\n}"))), version)
        assert "retry 3" in found
        assert "nb_get_retry 3" not in found


def mail(**check: Any) -> dict[str, Any]:
    return {
        "virtual_server": [
            {"ip": "198.18.0.1", "port": 25, "real_server": [{"ip": "198.18.0.2", "port": 25, "SMTP_CHECK": [check]}]}
        ]
    }


def checks(data: dict[str, Any], version: tuple[int, ...] | None) -> Any:
    return read(parse(render(data, version)))["virtual_server"][0]["real_server"][0]["SMTP_CHECK"]


HOSTS = [{"connect_ip": "198.18.0.3"}, {"connect_ip": "198.18.0.4", "retry": 5}]


@pytest.mark.parametrize("version", [OLDEST, (2, 2, 7), (2, 3, 4), None])
def test_hosts_of_a_mail_check_stay(version: tuple[int, ...] | None) -> None:
    assert checks(mail(retry=2, host=HOSTS), version) == [{"retry": 2, "host": HOSTS}]


@pytest.mark.parametrize("version", [(2, 3, 0), (2, 3, 3)])
def test_hosts_of_a_mail_check_where_they_never_end(version: tuple[int, ...]) -> None:
    spread = [{"connect_ip": "198.18.0.3", "retry": 2}, {"connect_ip": "198.18.0.4", "retry": 5}]
    assert checks(mail(retry=2, host=HOSTS), version) == spread
    # one that says where to connect is a check of its own
    own = mail(connect_timeout=3, host=HOSTS[:1])
    assert checks(own, version) == [{"connect_timeout": 3}, {"connect_timeout": 3, "connect_ip": "198.18.0.3"}]
    assert checks(mail(helo_name="a"), version) == [{"helo_name": "a"}]
    raw = mail(raw=["odd 1"], host=[{"raw": ["odd 2"]}])
    assert checks(raw, version) == [{"raw": ["odd 1", "odd 2"]}]


def test_what_is_read_by_the_newest_name_is_written_by_the_old_one() -> None:
    text = "global_defs {\n    lvs_flush_onstop\n    lvs_process_name checks\n}\n"
    data = read(parse(text))
    assert data == {"global_defs": {"lvs_flush_on_stop": True, "checker_process_name": "checks"}}
    assert render(data, (2, 1, 0)) == text


def server(**options: Any) -> dict[str, Any]:
    return {"virtual_server": [{"fwmark": 1, "real_server": [{"ip": "198.18.0.2", "port": 80, **options}]}]}


def check_of(**options: Any) -> dict[str, Any]:
    return server(HTTP_GET=[{"url": [{"path": "/", **options}]}])


def instance(**options: Any) -> dict[str, Any]:
    return {"vrrp_instance": [{"name": "V", "virtual_router_id": 1, **options}]}


def group(address: str) -> dict[str, Any]:
    return {"virtual_server_group": [{"name": "G", "address": [address]}]}


# What came later than its keyword: the data, the first version, and what is said of it below that.
LATER: list[tuple[dict[str, Any], tuple[int, ...], str]] = [
    (group("198.18.0.144/28 80"), (2, 2, 2), "a network"),
    (group("198.18.0.1-198.18.0.9 80"), (2, 2, 2), "a range up to an address"),
    (group("fd00::1-fd00::9 80"), (2, 2, 2), "a range up to an address"),
    (group("fwmark 1 inet6"), (2, 1, 0), "the family of a firewall mark"),
    (instance(virtual_ipaddress=["198.18.0.1/24 preferred_lft 0"]), (2, 0, 20), "preferred_lft"),
    (instance(virtual_ipaddress_excluded=["198.18.0.1/24 preferred_lft 0"]), (2, 0, 20), "preferred_lft"),
    ({"static_ipaddress": ["198.18.0.1/24 dev eth0 preferred_lft 0"]}, (2, 0, 20), "preferred_lft"),
    (instance(virtual_ipaddress=["198.18.0.1/24 use_vmac"]), (2, 2, 0), "use_vmac"),
    (instance(virtual_routes=["198.18.5.0/24 dev eth0 append"]), (2, 2, 5), "append"),
    ({"static_routes": ["198.18.5.0/24 dev eth0 vrf vrf1"]}, (2, 2, 5), "vrf"),
    (instance(unicast_peer=["198.18.0.12 min_ttl 5"]), (2, 1, 0), "min_ttl"),
    (instance(track_interface=["eth0 weight 5 reverse"]), (2, 0, 18), "reverse"),
    (instance(track_file=["f weight 5 noreverse"]), (2, 0, 18), "noreverse"),
    (instance(use_vmac="vmac0 02:00:5e:00:01:33"), (2, 2, 5), "a MAC address"),
    (instance(use_vmac="name vmac0"), (2, 3, 0), "name"),
    (instance(use_vmac="vmac0 netlink_notify_msg"), (2, 3, 0), "netlink_notify_msg"),
    (instance(use_ipvlan="ipvl0 group 5"), (2, 3, 0), "group"),
    (instance(auth_hmac={"mode": "receive-only"}), (2, 4, 2), "receive-only"),
    ({"vrrp_script": [{"name": "S", "script": "/s", "weight": "5 reverse"}]}, (2, 0, 18), "reverse"),
    ({"vrrp_script": [{"name": "S", "script": "/s", "interval": 0.5}]}, (2, 3, 2), "with decimals"),
    ({"vrrp_script": [{"name": "S", "script": "/s", "timeout": 0.5}]}, (2, 3, 2), "with decimals"),
    ({"bfd_instance": [{"name": "B", "neighbor_ip": "198.18.0.1", "min_tx": 20.5}]}, (2, 2, 0), "with decimals"),
    ({"garp_group": [{"interface": "eth0", "garp_interval": 3000}]}, (2, 3, 2), "over 2147.483647"),
    (global_defs("vrrp_garp_interval", 4294.5), (2, 2, 3), "over 4294"),
    (global_defs("vrrp_ipsets", "a b c d"), (2, 0, 19), "more than three sets"),
    (global_defs("vrrp_ipsets", "a b c d e f"), (2, 3, 0), "a sixth set"),
    (global_defs("lvs_sync_daemon", "eth1 id 51"), (2, 1, 0), "a sync daemon without a vrrp_instance"),
    (global_defs("lvs_sync_daemon", "eth1"), (2, 1, 0), "a sync daemon without a vrrp_instance"),
    (global_defs("lvs_sync_daemon", "eth1 inst VI_1"), (2, 1, 0), "inst"),
    ({"virtual_server": [{"fwmark": 1, "lb_algo": "twos"}]}, (2, 2, 5), "twos"),
    ({"virtual_server": [{"fwmark": 1, "weight": 65536}]}, (2, 1, 0), "over 65535"),
    ({"virtual_server": [{"fwmark": 1, "lb_kind": "TUN type gre"}]}, (2, 0, 18), "type"),
    ({"virtual_server": [{"fwmark": 1, "delay_loop": 0.5}]}, (2, 0, 13), "with decimals"),
    (server(weight=65536), (2, 1, 0), "over 65535"),
    (server(weight=0), (2, 0, 16), "0"),
    (server(port=None), (2, 0, 15), "without a port"),
    (server(port=0), (2, 0, 15), "without a port"),
    (server(delay_before_retry=0.5), (2, 0, 13), "with decimals"),
    (server(TCP_CHECK=[{"connect_timeout": 0.5}]), (2, 0, 13), "with decimals"),
    ({"virtual_server": [{"fwmark": 1, "sorry_server": "198.18.0.9"}]}, (2, 0, 15), "without a port"),
    ({"virtual_server": [{"fwmark": 1, "sorry_server": "198.18.0.9 0"}]}, (2, 0, 15), "without a port"),
    ({"virtual_server": [{"fwmark": 1, "persistence_granularity": "255.0.255.0"}]}, (2, 0, 20), "a netmask with gaps"),
    (server(UDP_CHECK=[{"require_reply": "0aXX"}]), (2, 2, 0), "with bytes"),
    (check_of(status_code="200-299"), (2, 0, 17), "a range or several codes"),
    (check_of(status_code="200 301"), (2, 0, 17), "a range or several codes"),
]


def below(version: tuple[int, ...]) -> tuple[int, ...]:
    return (*version[:-1], version[-1] - 1) if version[-1] else (version[0], version[1] - 1, 20)


def of_version(data: dict[str, Any], version: tuple[int, ...] | None) -> list[Finding]:
    return [finding for finding in check(data, version) if finding.id == VERSION]


@pytest.mark.parametrize(("data", "since", "what"), LATER)
def test_what_came_later_than_its_keyword(data: dict[str, Any], since: tuple[int, ...], what: str) -> None:
    found = [finding for finding in of_version(data, below(since)) if version_text(since) in finding.message]
    said = "%s came with keepalived %s, this is %s." % (what, version_text(since), version_text(below(since)))
    assert [finding.message.endswith(said) for finding in found] == [True]
    assert found[0].remedy
    with pytest.raises(ValueError, match="came with keepalived"):
        render(data, below(since))


@pytest.mark.parametrize(("data", "since", "what"), LATER)
def test_what_came_later_is_known_from_then_on(data: dict[str, Any], since: tuple[int, ...], what: str) -> None:
    assert not [finding for finding in of_version(data, since) if "%s came with" % what in finding.message]
    assert of_version(data, (2, 4, 3)) == of_version(data, None) == []


@pytest.mark.parametrize(
    ("data", "version"),
    [
        (group("198.18.0.144-150 80"), OLDEST),
        (group("198.18.0.144/32 80"), OLDEST),
        (group("fd00::1/128 80"), OLDEST),
        (group("fd00::1-9 80"), OLDEST),
        (server(weight=65535), OLDEST),
        (server(weight=1), OLDEST),
        (check_of(status_code=200), OLDEST),
        ({"virtual_server": [{"fwmark": 1, "sorry_server": "198.18.0.9 80"}]}, OLDEST),
        ({"virtual_server": [{"fwmark": 1, "persistence_granularity": "255.255.255.0"}]}, OLDEST),
        ({"virtual_server": [{"fwmark": 1, "persistence_granularity": 64}]}, OLDEST),
        (server(UDP_CHECK=[{"require_reply": True}]), (2, 1, 5)),
        (global_defs("lvs_sync_daemon", "eth1 VI_1 id 51"), OLDEST),
        (global_defs("vrrp_ipsets", "a b c"), OLDEST),
        (global_defs("vrrp_garp_interval", 4294), OLDEST),
        (instance(virtual_ipaddress=["${ADDRESS}/24 preferred_lft 0"]), OLDEST),
        ({"virtual_server": [{"fwmark": 1, "lb_algo": "mh"}]}, OLDEST),
    ],
)
def test_what_every_version_knows(data: dict[str, Any], version: tuple[int, ...]) -> None:
    assert of_version(data, version) == []


def test_a_deprecated_word_is_a_warning_that_names_the_line() -> None:
    (found,) = check(instance(virtual_routes=["default gw 198.18.0.1 dev eth0"]))
    assert (found.id, found.severity, found.remedy) == (DEPRECATED, WARNING, "Write via.")
    assert found.message == 'virtual_routes "default gw 198.18.0.1 dev eth0": gw is deprecated.'
