# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Rules judge the value in force, wherever it comes from, or say nothing."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint, lint_text
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read, read_in_force

HOST = {"interfaces": {"eth0": ["192.0.2.11/24"], "eth1": ["198.18.0.11/24"]}}


def instance(
    *lines: str, name: str = "VI_1", interface: str = "interface eth1", router: str = "virtual_router_id 51"
) -> str:
    body = [interface, router, "priority 100", "virtual_ipaddress {", "198.18.0.100/24", "}", *lines]
    return "\n".join(["vrrp_instance %s {" % name, *(line for line in body if line), "}", ""])


def found(text: str) -> list[tuple[str, int | None]]:
    return [(finding.id, finding.line) for finding in lint_text(text, "a.conf", (2, 2, 7), HOST)
            if finding.severity != "info"]


SILENT = {
    "an interface by its name": "$IF=eth1\n" + instance(interface="interface $IF"),
    "an interface by a part of its name": "$N=1\n" + instance(interface="interface eth${N}"),
    "an interface that is tracked": "$IF=eth0\n" + instance("track_interface {\n$IF weight -10\n}"),
    "an interface of an address": "$IF=eth0\n" + instance("virtual_ipaddress_excluded {\n192.0.2.101/24 dev $IF\n}"),
    "an interface from an include": "include defs.conf\n" + instance(interface="interface $IF"),
    "an interface under a condition": "@lb1 $IF=eth1\n@lb2 $IF=eth7\n" + instance(interface="interface $IF"),
    "a keyword in lines of a definition": "$BASE=virtual_router_id 51 \\\n advert_int 1\n" + instance(
        "$BASE", router=""),
    "a keyword in lines from an include": "include base.conf\n" + instance("$BASE", router=""),
    "a keyword under a condition": instance("@lb1 virtual_router_id 51", "@^lb1 virtual_router_id 52", router=""),
    "a keyword from an include": instance("include id.conf", router=""),
    "names with a definition set again": "$N=1\n" + instance(name="A$N") + "$N=2\n" + instance(
        name="A$N", router="virtual_router_id 52").replace(".100/", ".101/"),
    "blocks of a sequence":
        "$V=vrrp_instance V$N { \\\ninterface eth1 \\\nvirtual_router_id 5$N \\\npriority 100 \\\n"
        "virtual_ipaddress { \\\n198.18.0.10${N}/24 \\\n} \\\n}\n~SEQ(N,1,2) $V\n",
    "a comment in lines of a definition": "$BASE=virtual_router_id 51 \\\n # note \\\n advert_int 1\n" + instance(
        "$BASE", router=""),
}
SAID = {
    "an interface that is not there": (
        "$IF=eth7\n" + instance(interface="interface $IF"), [("interface-not-on-host", 3)]),
    "an interface of a later definition": (
        "$IF=eth1\n" + instance(interface="interface $IF") + "$IF=eth7\n" + instance(
            name="VI_2", interface="interface $IF", router="virtual_router_id 52").replace(".100/", ".101/"),
        [("interface-not-on-host", 12)],
    ),
    "a name twice": (
        "$N=1\n" + instance(name="A$N") + instance(name="A1", router="virtual_router_id 52").replace(".100/", ".101/"),
        [("duplicate-name", 10)]),
    "a value out of range": ("$ID=300\n" + instance(router="virtual_router_id $ID"), [("bad-value", 4)]),
    "a value with a unit": ("$A=1s\n" + instance("advert_int $A"), [("unit-suffix", 9)]),
    "a value out of range in lines of a definition": (
        "$BASE=virtual_router_id 51 \\\n advert_int 1000\n" + instance("$BASE", router=""), [("bad-value", 9)]),
    "a password that is no reference": (
        instance("authentication {\nauth_type PASS\nauth_pass $1$abcdefgh$ijk\n}"), [("bad-value", 10)]),
    "an option that is no reference": (
        instance("track_interface {\neth0 weight 1$2\n}"), [("bad-value", 9)]),
    "a missing keyword": (instance(router=""), [("missing-key", 1)]),
    "a brace of an undefined name": (
        instance("track_interface {\neth0 ${OPTIONS}\n}"), [("reference-opens-block", 9)]),
    "a brace of a name that is defined too late": (
        instance("track_interface {\neth0 ${OPTIONS}\n}") + "$OPTIONS=weight 1\n", [("reference-opens-block", 9)]),
    "an undefined name": (instance("mcast_src_ip $IP"), [("definition-missing", 8)]),
}


@pytest.mark.parametrize("text", SILENT.values(), ids=SILENT)
def test_nothing_is_said_of_what_is_right_or_not_known(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(("text", "expected"), SAID.values(), ids=SAID)
def test_the_value_in_force_is_judged(text: str, expected: list[tuple[str, int]]) -> None:
    assert [each for each in found(text) if each in expected] == expected


def test_the_data_of_variables_is_judged_by_its_values_in_force() -> None:
    for name, others in (("eth1", []), ("eth7", ["interface-not-on-host"])):
        data = read(parse("$IF=%s\n" % name + instance(interface="interface $IF")))
        assert data["vrrp_instance"][0]["interface"] == "$IF"
        assert [finding.id for finding in lint(data, HOST)] == others


def test_the_data_in_force() -> None:
    text = "$P=101\n@lb1 $P=150\n" + instance().replace("priority 100", "priority $P")
    assert read_in_force(text, "lb1")["vrrp_instance"][0]["priority"] == 150
    assert read_in_force(text, "lb2")["vrrp_instance"][0]["priority"] == 101
    assert read_in_force(text)["vrrp_instance"][0]["raw"] == ["priority $P"]
