# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Texts that once lost their meaning, or were judged wrongly, because of what stands between their lines.

Each of them, and its neighbours, failed with version 1.0.0 of the collection. More of them stand elsewhere:

    definitions, conditions and includes keep their place     test_order.py, and here
    lvs_id below the version that knows it                    test_order.py
    values behind definitions                                 _lint/test_in_force.py, and here
    comments inside definitions                               _conf/test_tree.py, and here
    umask, static addresses, routes, rules                    test_written_lines.py, and here
    a reference with a brace                                  test_order.py, _lint/test_in_force.py, and here
    content of blocks in raw, lines with a dollar sign        here
    ports of a group, use_vmac, sorry servers                 _lint/test_neighbours.py, and here
    an include that matches no file                           modules/test_keepalived_lint.py
    the line of a finding                                     _lint/test_neighbours.py, and here
"""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint_text
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render

HOST = {"interfaces": {"eth0": ["198.18.0.11/24"], "eth1": ["198.18.1.11/24"]}}
VIP = "virtual_ipaddress {\n198.18.0.100/24 dev eth0\n}"
PASSWORD = "authentication {\nauth_type PASS\nauth_pass %s\n}"


def instance(*lines: str, name: str = "A", router: str = "virtual_router_id 51", vip: str = VIP) -> str:
    return "\n".join(["vrrp_instance %s {" % name, "interface eth0", router, vip, *lines, "}", ""])


def other(*lines: str, name: str = "B") -> str:
    return instance(*lines, name=name, router="virtual_router_id 52", vip=VIP.replace("100/", "101/"))


def block(keyword: str, line: str) -> str:
    return "%s {\n%s\n}" % (keyword, line)


def service(server: str, *lines: str, kind: str = "DR", port: int = 80) -> str:
    return "\n".join(["virtual_server %s {" % server, "lb_algo rr", "lb_kind %s" % kind, "protocol TCP", *lines,
                      "real_server 198.18.0.21 %d {" % port, "TCP_CHECK {", "}", "}", "}", ""])


# What stands between blocks and lines: a text, and the words that follow each other in what is written.
ORDER = {
    "a definition set again between blocks": (
        "$IP=198.18.0.10\n" + instance(vip=block("virtual_ipaddress", "${IP}/24"))
        + "$IP=198.18.0.20\n" + other().replace("198.18.0.101/24", "${IP}/24"),
        ["$IP=198.18.0.10", "vrrp_instance A", "$IP=198.18.0.20", "vrrp_instance B"]),
    "a definition set again behind its last use": (
        "$P=10\n" + instance("priority $P") + "$P=20\n", ["$P=10", "vrrp_instance A", "$P=20"]),
    "a definition set again inside a block": (
        instance("$N=10", "priority $N", "$N=20", block("track_interface", "eth1 weight $N")),
        ["$N=10", "priority", "$N=20", "weight"]),
    "a conditional definition before its use": (
        "@lb1 $PRIO=150\n@lb2 $PRIO=100\n" + instance("priority $PRIO"),
        ["@lb1 $PRIO=150", "@lb2 $PRIO=100", "priority"]),
    "a negated condition before its use": (
        "@^lb1 $PRIO=150\n" + instance("priority $PRIO"), ["@^lb1 $PRIO=150", "priority"]),
    "a conditional line before the one for all": (
        instance("@lb1 priority 150", "priority 100"), ["@lb1 priority 150", "priority 100"]),
    "an include of definitions before their use": (
        "include defs.conf\n" + instance("priority $PRIO"), ["include defs.conf", "vrrp_instance A"]),
    "an include of scripts between blocks": (
        instance() + "include scripts.conf\n" + other("track_script {\nchk\n}"),
        ["vrrp_instance A", "include scripts.conf", "vrrp_instance B"]),
    "an include that must be there": (
        "includer defs.conf\n" + instance("priority $PRIO"), ["includer defs.conf", "vrrp_instance A"]),
    "an include before a value that it may hold": (
        instance("include more.conf", "priority 100"), ["include more.conf", "priority 100"]),
}


@pytest.mark.parametrize(("text", "words"), ORDER.values(), ids=ORDER)
def test_what_is_written_keeps_the_order_that_means_something(text: str, words: list[str]) -> None:
    written = render(read(parse(text)))
    places = [written.find(word) for word in words]
    assert -1 not in places and places == sorted(places), written


# Texts of which nothing is to be said.
RIGHT = {
    "an interface by its name": "$IF=eth0\n" + instance().replace("interface eth0", "interface $IF"),
    "an interface by its name in braces": "$IF=eth0\n" + instance().replace("interface eth0", "interface ${IF}"),
    "a comment with a backslash in a definition": "$B=virtual_router_id 51 \\\n# note \\\npriority 100\n" + instance(
        "$B", router=""),
    "a keyword of a definition": "$BASE=virtual_router_id 51\n" + instance("$BASE", router=""),
    "two keywords of a definition": "$BASE=virtual_router_id 51 \\\npriority 100\n" + instance("$BASE", router=""),
    "names with a definition set again": "$N=1\n" + instance(name="A$N") + "$N=2\n" + other(name="A$N"),
    "names with a definition in braces": "$N=1\n" + instance(name="A${N}") + "$N=2\n" + other(name="A${N}"),
    "bits with blanks": "global_defs {\numask IWGRP | IWOTH\n}\n",
    "bits with one blank": "global_defs {\numask IWGRP |IWOTH\n}\n",
    "a static address that is not tracked": block("static_ipaddress", "198.18.0.1/24 dev eth0 no_track") + "\n",
    "a static address of IPv6 that is not tracked": block(
        "static_ipaddress", "2001:db8::1/64 dev eth0 no_track") + "\n",
}


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT)
def test_nothing_is_said_of_what_is_right(text: str) -> None:
    found = lint_text(text, "keepalived.conf", (2, 2, 7), HOST)
    assert [str(finding) for finding in found if finding.severity != "info"] == []


# What keepalived refuses, drops, cuts or takes for something else: a text, and the id and line of what is said.
WRONG: dict[str, tuple[str, tuple[str, int]]] = {
    "a reference with a brace to nothing": (
        instance(block("track_interface", "eth0 ${X}")), ("reference-opens-block", 8)),
    "an unknown word of a route": (
        instance(block("virtual_routes", "198.18.5.0/24 dve eth0")), ("bad-value", 8)),
    "an invalid address of a route": (
        instance(block("virtual_routes", "198.18.5.300/24 dev eth0")), ("bad-value", 8)),
    "a route that is not tracked": (
        instance(block("virtual_routes", "198.18.5.0/24 via 198.18.0.1")), ("route-untracked", 8)),
    "an invalid gateway of a static route": (
        block("static_routes", "198.18.5.0/24 via 198.18.0.1000 dev eth0") + "\n", ("bad-value", 2)),
    "a rule without preference": (
        instance(block("virtual_rules", "from 198.18.5.0/24 table 9")), ("bad-value", 8)),
    "an unknown word of a rule": (
        instance(block("virtual_rules", "from 198.18.5.0/24 tabel 9 priority 10")), ("bad-value", 8)),
    "an invalid prefix of a static rule": (
        block("static_rules", "from 198.18.5.0/240 table 9 priority 1") + "\n", ("bad-value", 2)),
    "a value in a block with a surplus name": (service("198.18.0.100 80 dev eth0", "quorum 0"), ("bad-value", 5)),
    "a scheduler in a block with a surplus name": (
        service("198.18.0.100 80 dev eth0").replace("algo rr", "algo rrr"), ("bad-value", 2)),
    "a password with dollar signs": (instance(PASSWORD % "$1$abcdefgh$ijk"), ("bad-value", 9)),
    "a password with one dollar sign": (instance(PASSWORD % "abcdefgh$ijk"), ("bad-value", 9)),
    "a port that DR cannot change behind a group": (
        block("virtual_server_group G", "198.18.0.100 80") + "\n" + service("group G", port=8080),
        ("port-not-changed", 8)),
    "a name for two devices": (
        instance("use_vmac vrrp.1") + other("use_vmac vrrp.1"), ("vmac-name-twice", 15)),
    "a sorry server that is a real server": (
        service("198.18.0.100 80", "sorry_server 198.18.0.21 80").replace(
            "TCP_CHECK", "inhibit_on_failure\nTCP_CHECK"), ("sorry-server-is-real-server", 5)),
    "the first real server that is the service": (
        service("198.18.0.100 80", "real_server 198.18.0.100 80 {\nTCP_CHECK {\n}\n}"), ("real-server-is-service", 5)),
}


@pytest.mark.parametrize(("text", "expected"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named_with_its_line(text: str, expected: tuple[str, int]) -> None:
    found = [(finding.id, finding.line) for finding in lint_text(text, "keepalived.conf", (2, 2, 7), HOST)]
    assert expected in found and [name for name, _line in found].count(expected[0]) == 1, found
