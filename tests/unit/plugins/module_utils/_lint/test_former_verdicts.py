# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""What was accepted and then rejected, ignored or dropped by some keepalived, or refused although it works.

Each case here, and its neighbours, failed with version 1.0.0 of the collection. More of them stand elsewhere:

    signed adverts                                            test_hmac.py, and here
    users of scripts                                          _daemon/test_config_test.py, and here
    words of the config test that are harmless                _daemon/test_config_test.py, and here
    a mistyped keyword of a role, a masked unit               unit/playbooks/test_refused.py
    maintenance and another role in one run                   unit/playbooks/test_cluster_change.py
    commands with their user                                  _schema/test_values.py, and here
    pidof, link-local addresses                               docs/rules/examples, test_neighbours.py, and here
    tracking of an instance with its own                      _cluster/test_derive.py
    unicast across subnets                                    _cluster/test_derive.py
    headers lost by inheritance                               docs/rules/examples/nginx_headers.yml
    words for wrong values, keys as keepalived writes them    _schema/test_values.py, and here
    values, words and forms that came later                   _schema/test_versions.py, and here
    headings of older dumps                                   _daemon/test_tracked.py, and here
    addresses that differ, by version                         test_neighbours.py
    a config test that hangs                                  _daemon/test_config_test.py
    dumps: oldest version, directory, only one process        _daemon/test_state.py
"""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._daemon.config_test import judge
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.tracked import parse_tracked
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.users import missing
from ansible_collections.openvip.cluster.plugins.module_utils._lint.cluster import Cluster, Member, lint_clusters
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint, lint_text
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import check
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render

NEW = (2, 4, 3)
KEY = "hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
OTHER = "hex:" + "a7" * 32
TEXT = "thirty-two_bytes,_which_is_right"
INSTANCE = {"name": "VI_1", "interface": "eth1", "virtual_router_id": 51, "priority": 100, "version": 3,
            "virtual_ipaddress": ["198.18.0.100/24"]}
PATH = "/etc/keepalived/keepalived.conf"


def instance(**options: Any) -> dict[str, Any]:
    return {"vrrp_instance": [{**INSTANCE, **options}]}


def group(address: str) -> dict[str, Any]:
    return {"virtual_server_group": [{"name": "G", "address": [address]}]}


def service(**options: Any) -> dict[str, Any]:
    return {"virtual_server": [{"ip": "198.18.0.1", "port": 80, "protocol": "TCP", "lb_kind": "DR", **options}]}


def errors(data: dict[str, Any], version: tuple[int, ...] | None) -> list[str]:
    return [finding.message for finding in [*check(data, version), *lint(data, None, version)]
            if finding.severity == "error"]


@pytest.mark.parametrize(("one", "two"), [
    ({"key": ["1 " + KEY], "active_key": 1}, {"key": ["1 " + OTHER], "active_key": 1}),
    ({"key": ["1 " + KEY], "active_key": 1}, None),
    ({"key": ["1 " + KEY], "active_key": 1}, {"key": ["2 " + KEY], "active_key": 2}),
    ({"key": ["1 " + KEY, "2 " + OTHER], "active_key": 1}, {"key": ["1 " + OTHER, "2 " + KEY], "active_key": 2}),
])
def test_hosts_that_sign_in_other_ways_do_not_hear_each_other(one: Any, two: Any) -> None:
    members = [Member(name, instance(**({"auth_hmac": each} if each else {})), version=NEW)
               for name, each in (("lb1", one), ("lb2", two))]
    assert [finding for finding in lint_clusters([Cluster(members)])
            if "hmac" in finding.id and finding.severity == "error"]


def test_the_key_of_the_manual_is_taken() -> None:
    assert errors(instance(auth_hmac={"key": ["1 " + KEY], "active_key": 1}), NEW) == []


@pytest.mark.parametrize("hmac", [
    {"key": ["1 hex:000102030405060708090a0b0c0d0e"], "active_key": 1},
    {"key": ["1 " + TEXT]},
    {"key": ["1 " + TEXT], "active_key": 2},
])
def test_a_key_that_does_not_sign_is_refused(hmac: dict[str, Any]) -> None:
    assert errors(instance(auth_hmac=hmac), NEW)


@pytest.mark.parametrize("data", [
    instance(notify={"script": "/etc/a.sh", "user": "nosuchuser"}),
    instance(notify_master={"script": "/etc/a.sh", "user": "nosuchuser"}),
    instance(notify_stop={"script": "/etc/a.sh", "user": "nosuchuser"}),
    {"global_defs": {"startup_script": {"script": "/etc/a.sh", "user": "nosuchuser"}}},
    service(real_server=[{"ip": "198.18.0.2", "port": 80, "MISC_CHECK": [
        {"misc_path": "/etc/a.sh", "user": "nosuchuser"}]}]),
    service(quorum_up={"script": "/etc/a.sh", "user": "nosuchuser"}),
])
def test_the_user_of_every_script_is_looked_up(data: dict[str, Any]) -> None:
    assert missing(data) == ["nosuchuser"]


class Outcome:
    """A config test that ended."""

    timed_out = False

    def __init__(self, output: str) -> None:
        self.code = 6
        self.output = output


@pytest.mark.parametrize("message", [
    "(Line 9) Warning - cannot track route 198.51.100.0 with no interface specified, not tracking",
    "(Line 4)          Please use global lvs_sync_daemon",
])
def test_what_keepalived_runs_as_written_is_not_refused(message: str) -> None:
    judged: Any = judge
    assert judged(Outcome(message + "\n"), PATH).refused == []


def test_only_a_known_please_is_harmless() -> None:
    judged: Any = judge
    assert judged(Outcome("Please use something else\n"), PATH).refused


@pytest.mark.parametrize(("written", "line"), [
    ("/etc/keepalived/master.sh root", 'notify_master "/etc/keepalived/master.sh" root'),
    ("/etc/keepalived/master.sh root adm", 'notify_master "/etc/keepalived/master.sh" root adm'),
])
def test_a_command_in_keepaliveds_notation_keeps_its_user(written: str, line: str) -> None:
    text = render(instance(notify_master=written))
    assert line.replace('"', "") in text.replace('"', "") and '"%s"' % written not in text


@pytest.mark.parametrize("command", ["/usr/bin/pidof nginx", "/bin/pidof nginx"])
def test_pidof_is_named(command: str) -> None:
    text = 'vrrp_script c {\n    script "%s"\n}\n' % command
    assert "script-pidof" in [finding.id for finding in lint_text(text, PATH, (2, 2, 7))]


def test_a_link_local_address_belongs_to_its_interface() -> None:
    data = {"vrrp_instance": [{**INSTANCE, "virtual_ipaddress": ["fe80::1/64"]}, {
        **INSTANCE, "name": "VI_2", "interface": "eth2", "virtual_ipaddress": ["fe80::1/64"]}]}
    assert "address-in-two-instances" not in [finding.id for finding in lint(data)]


@pytest.mark.parametrize(("data", "said"), [
    (instance(authentication={"auth_type": "PASS", "auth_pass": 1111}), "got a number"),
    (instance(authentication={"auth_type": "PASS", "auth_pass": 1.5}), "got a number"),
])
def test_a_value_of_another_type_is_called_by_its_type(data: dict[str, Any], said: str) -> None:
    assert any(said in message for message in errors(data, (2, 2, 7)))


@pytest.mark.parametrize(("data", "first", "below"), [
    (group("198.18.0.144/28 80"), (2, 2, 2), (2, 1, 5)),
    ({"global_defs": {"lvs_sync_daemon": "eth1 id 51"}}, (2, 1, 0), (2, 0, 20)),
    (instance(virtual_ipaddress=["198.18.0.1/24 preferred_lft 0"]), (2, 0, 20), (2, 0, 19)),
    (service(lb_algo="twos"), (2, 2, 5), (2, 2, 4)),
    (group("198.18.0.1-198.18.0.9 80"), (2, 2, 2), (2, 2, 1)),
    ({"bfd_instance": [{"name": "B", "neighbor_ip": "198.18.0.1", "min_tx": 20.5}]}, (2, 2, 0), (2, 1, 5)),
    (service(real_server=[{"ip": "198.18.0.2", "port": 80, "weight": 65536}]), (2, 1, 0), (2, 0, 20)),
    (service(real_server=[{"ip": "198.18.0.2", "port": 80, "weight": 0}]), (2, 0, 16), (2, 0, 15)),
    (service(real_server=[{"ip": "198.18.0.2"}]), (2, 0, 15), (2, 0, 14)),
    (service(real_server=[{"ip": "198.18.0.2", "port": 80, "delay_before_retry": 0.5}]), (2, 0, 13), (2, 0, 12)),
    ({"global_defs": {"vrrp_garp_interval": 4294.5}}, (2, 2, 3), (2, 1, 5)),
])
def test_what_came_later_is_refused_for_what_is_older(
    data: dict[str, Any], first: tuple[int, ...], below: tuple[int, ...]
) -> None:
    def said(version: tuple[int, ...]) -> list[str]:
        return [message for message in errors(data, version) if " came with keepalived " in message]

    assert said(below) and said(first) == []


def test_the_heading_of_an_older_dump() -> None:
    text = "------< VRRP Track files >------\n VRRP Track file = number\n   File = /run/number\n   Status = 0\n" \
           "   Weight = 1\n   Tracking instances :\n     VI_1, weight 1\n"
    assert [name for name, found in parse_tracked(text).items() if found] == ["VI_1"]
