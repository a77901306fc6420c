# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Text that is read and written again means to the daemon what it meant."""

from __future__ import annotations

import contextlib
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._conf.evaluate import evaluate, identities
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import check
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import meaning, read, read_and_explain
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render
from ansible_collections.openvip.cluster.tests.fuzz.generate import ordered
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._schema.programs import (
    CHECKERS,
    VRRP,
    Program,
)


def instance(name: str, number: int, *lines: str) -> str:
    return "\n".join([
        "vrrp_instance %s {" % name, "interface eth0", "virtual_router_id %d" % number, *lines, "}", ""])


def address(ip: str) -> str:
    return "virtual_ipaddress {\n%s\n}" % ip


# text -> the lines that are kept with a place of their own: (what it begins with, before)
PLACED: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "a definition set again": (
        "$IP=192.0.2.10\n" + instance("A", 1, address("${IP}/24")) + "$IP=192.0.2.20\n" + instance(
            "B", 2, address("${IP}/24")),
        [("$IP=192.0.2.20", "vrrp_instance B")],
    ),
    "a definition set again behind its last use": (
        "$P=10\n" + instance("A", 1, "track_interface {\neth1 weight $P\n}") + "$P=20\n", [("$P=20", "end")]),
    "a definition used through another": (
        "$A=1\n$IP=192.0.2.${A}\n" + instance("A", 1, address("${IP}")) + "$A=2\n" + instance("B", 2, address("${IP}")),
        [("$A=2", "vrrp_instance B")],
    ),
    "a definition that is defined behind its use": (
        instance("A", 1, "track_interface {\neth1 $P\n}") + "$P=weight\n", [("$P=weight", "end")]),
    "a conditional definition": (
        "$PRIO=100\n@lb1 $PRIO=150\n" + instance("A", 1, "priority $PRIO"), []),
    "a conditional definition set again": (
        "@lb1 $PRIO=150\n@^lb1 $PRIO=100\n" + instance("A", 1, "priority $PRIO") + "@^lb2 $PRIO=50\n" + instance(
            "B", 2, "priority ${PRIO}"),
        [("@^lb2 $PRIO=50", "vrrp_instance B")],
    ),
    "lines of a definition under a condition": (
        instance("A", 1) + "@lb1 $L=advert_int 1 \\\nuse_pid_dir \\\npriority 7\n" + instance("B", 2, "$L"),
        [("@lb1 $L=", "vrrp_instance B")],
    ),
    "a condition before the value for all": (
        instance("A", 1, "@lb1 priority 150", "priority 100"), [("@lb1 priority 150", "priority")]),
    "a condition behind the value for all": (instance("A", 1, "priority 100", "@lb1 priority 150"), []),
    "an include of definitions": (
        "include /etc/keepalived/defs.conf\nglobal_defs {\nrouter_id x\n}\n" + instance("A", 1, address("${IP}/24")),
        [("include", "global_defs")],
    ),
    "an include at the end": (instance("A", 1) + "include /etc/keepalived/conf.d/*.conf\n", []),
    "an include between blocks": (
        instance("A", 1) + "include scripts.conf\n" + instance("B", 2, "track_script {\nchk\n}"),
        [("include", "vrrp_instance B")],
    ),
    "an include in a block": (
        instance("A", 1, "include peers.conf", "priority 100"), [("include", "priority")]),
    "a definition in a block": (
        instance("A", 1, "$N=10", "priority 100", address("192.0.2.${N}"), "$N=20") + instance(
            "B", 2, address("192.0.2.$N")),
        [("$N=20", "end")],
    ),
    "lines of a definition in a block": (
        "$BASE=priority 120 \\\n    advert_int 2\n" + instance("A", 1, "$BASE", "advert_int 3"),
        [("$BASE", "advert_int")],
    ),
    "a sequence in a block": (
        instance("A", 1, "~SEQ(N,1,3) @lb$N priority 10$N", "priority 100", address("192.0.2.$N")),
        [("~SEQ", "priority")]),
    "a sequence of blocks": (
        "$V=vrrp_instance V$N { \\\ninterface eth0 \\\nvirtual_router_id $N \\\n}\nglobal_defs {\nrouter_id x\n}\n"
        "~LST({N,P},{1,100},{2,200}) $V\n" + instance("Z", 9),
        [("~LST", "vrrp_instance Z")],
    ),
    "a tracked name before its definition": (
        instance("A", 1, "track_script {\nchk\n}") + "vrrp_script chk {\nscript /bin/true\n}\n",
        [("vrrp_script", "end")],
    ),
    "a group's tracked name before its definition": (
        "vrrp_sync_group G {\ngroup {\nA\n}\ntrack_file {\nf\n}\n}\ntrack_file f {\nfile /tmp/f\n}\n"
        + instance("A", 1),
        [("track_file", "vrrp_instance A")],
    ),
    "what counts for the blocks behind it": (
        "vrrp_script chk {\nscript /bin/true\n}\nglobal_defs {\nscript_user root\n}\n" + instance(
            "A", 1, "track_script {\nchk\n}"),
        [("global_defs", "vrrp_instance A")],
    ),
    "a static route before its group": (
        "static_routes {\n192.0.2.0/24 dev eth0 track_group G\n}\ntrack_group G {\ngroup {\nA\n}\n}\n"
        + instance("A", 1),
        [("track_group", "vrrp_instance A")],
    ),
    "a word before the one it belongs to": (
        "virtual_server 192.0.2.1 80 {\nsh-port\nlb_algo sh\nlb_kind NAT\nprotocol TCP\n}\n", [("lb_algo", "lb_kind")]),
    "a name before the keyword that names all processes": (
        "global_defs {\nvrrp_process_name one\nprocess_names\nbfd_process_name two\n}\n" + instance("A", 1),
        [("process_names", "bfd_process_name")]),
    "a default before the keyword that overwrites defaults": (
        "global_defs {\nvrrp_garp_master_delay 5\nvrrp_min_garp\n}\n" + instance("A", 1), [("vrrp_min_garp", "end")]),
    "two families": (
        instance("A", 1, address("192.0.2.1"), "unicast_src_ip fd00::1"), [("unicast_src_ip", "end")]),
}
# Nothing of them needs a place.
PLAIN = {
    "a definition in the middle": (
        "global_defs {\nrouter_id x\n}\n$IP=192.0.2.1\n" + instance("A", 1, address("${IP}/24")), ["$IP=192.0.2.1"]),
    "an unknown word": (instance("A", 1, "priorty 100", "priority 100"), []),
    "scripts behind instances that do not track them": (
        instance("A", 1) + "vrrp_script chk {\nscript /bin/true\n}\n" + instance("B", 2, "track_script {\nchk\n}"), []),
    "another value than the one that is overwritten": (
        "global_defs {\nvrrp_garp_master_delay 7\nvrrp_min_garp\n}\n" + instance("A", 1), []),
    "another name of a keyword whose value is not known": ("vrrp_track_file $X {\nfile /x\n}\n" + instance("A", 1), []),
    "global definitions behind blocks": (instance("A", 1) + "global_defs {\nrouter_id x\n}\n", []),
}
STATE = {
    "state MASTER\nstate BACKUP": "MASTER",
    "state BACKUP\nstate MASTER": "MASTER",
    "state BACKUP\nstate BACKUP": "BACKUP",
}
ALL = {**{name: text for name, (text, _raw) in PLACED.items()}, **{name: text for name, (text, _raw) in PLAIN.items()}}


def placed_entries(value: Any) -> list[tuple[str, str]]:
    """(text, before) of everything in raw that has a place of its own."""
    if isinstance(value, list):
        return [found for item in value for found in placed_entries(item)]
    if not isinstance(value, dict):
        return []
    if set(value) == {"text", "before"}:
        return [(value["text"], value["before"])]
    return [found for item in value.values() for found in placed_entries(item)]


@pytest.mark.parametrize(("text", "expected"), PLACED.values(), ids=PLACED)
def test_raw_lines_keep_their_place(text: str, expected: list[tuple[str, str]]) -> None:
    found = placed_entries(read(parse(text)))
    assert [before for _text, before in found] == [before for _text, before in expected]
    assert all(kept.startswith(beginning) for (kept, _before), (beginning, _wanted) in zip(found, expected))


@pytest.mark.parametrize("text", ALL.values(), ids=ALL)
def test_what_is_written_means_the_same(text: str) -> None:
    data = read(parse(text))
    assert not [finding for finding in check(data) if finding.severity == ERROR]
    written = render(data)
    for identity in identities(text):
        assert meaning(written, identity) == meaning(text, identity)
    assert read(parse(written)) == data


@pytest.mark.parametrize(("text", "expected"), PLAIN.values(), ids=PLAIN)
def test_what_needs_no_place_is_plain_text(text: str, expected: list[str]) -> None:
    data = read(parse(text))
    assert placed_entries(data) == []
    assert data.get("raw", []) == expected


@pytest.mark.parametrize(("lines", "expected"), STATE.items())
def test_the_state_that_counts(lines: str, expected: str) -> None:
    assert read(parse("vrrp_instance A {\n%s\n}\n" % lines))["vrrp_instance"][0]["state"] == expected


@pytest.mark.parametrize(
    ("text", "version", "expected"),
    [
        ("lvs_id X", None, {"raw": ["lvs_id X"]}),
        ("lvs_id X", (2, 2, 7), {"raw": ["lvs_id X"]}),
        ("router_id X", (2, 2, 7), {"router_id": "X"}),
        ("vrrp_garp_extra_if 5", (2, 2, 0), {"raw": ["vrrp_garp_extra_if 5"]}),
        ("vrrp_garp_extra_if 5", (2, 2, 7), {"vrrp_garp_extra_if": 5}),
        ("vrrp_garp_extra_if 5", None, {"vrrp_garp_extra_if": 5}),
        ("vrrp_vmac_garp_intvl 5", (2, 2, 0), {"vrrp_garp_extra_if": 5}),
    ],
)
def test_a_name_counts_where_the_version_knows_it(text: str, version: Any, expected: dict[str, Any]) -> None:
    assert read(parse("global_defs {\n%s\n}\n" % text), version) == {"global_defs": expected}


@pytest.mark.parametrize("text", [
    "global_defs {\nrouter_id ${NAME}\n}\n",
    instance("A", 1, address("${IP}/24"), "priority 100"),
    instance("${NAME}", 1, "priority 100"),
    instance("A", 1, "track_interface {\neth1 ${OPTIONS}\n}"),
    instance("A", 1, "notify /bin/${NAME}"),
    instance("A", 1, "priority 100") + "vrrp_script chk {\nscript ${CHECK}\n}\n",
])
def test_a_brace_that_opens_a_block_never_comes_back_in_quotes(text: str) -> None:
    written = render(read(parse(text)))
    assert meaning(written, "other") == meaning(text, "other")
    assert [word for word in written.split() if "${" in word] == [word for word in text.split() if "${" in word]


def test_many_lines_that_may_be_anything_take_no_time_to_compare() -> None:
    includes = "".join("include %d.conf\n$A=%d\n" % (number, number) for number in range(300))
    text = "global_defs {\nrouter_id x$A\n}\n" + includes + instance("A", 1, address("${IP}/24"))
    data = read(parse(text))
    assert len(data["raw"]) == 600
    assert render(data).index("router_id") < render(data).index("include 0.conf") < render(data).index("$A=299")


def test_says_why_a_piece_is_kept() -> None:
    text = "$IP=1\n" + instance("A", 1, address("192.0.2.$IP")) + "$IP=2\n" + instance("B", 2, address("192.0.2.$IP"))
    _data, kept = read_and_explain(parse(text))
    assert [(each.line, each.text) for each in kept] == [(1, "$IP=1"), (9, "$IP=2")]
    assert kept[0].reason == ""
    assert kept[1].reason


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("vrrp_instanc", 'before names "vrrp_instanc", which is no keyword here. Did you mean "vrrp_instance"?'),
        (
            "vrrp_instance VI_2",
            'before names "vrrp_instance VI_2", which is not there. Did you mean "vrrp_instance VI_1"?',
        ),
        ("name", 'before names "name", which is no keyword here'),
        (1, "raw must be a list of text, or of dictionaries of text and before."),
    ],
)
def test_an_unknown_before_is_refused(before: Any, expected: str) -> None:
    data = {"raw": [{"text": "$A=1", "before": before}], "vrrp_instance": [{"name": "VI_1", "virtual_router_id": 1}]}
    assert any(expected in str(finding) for finding in check(data)), check(data)
    with pytest.raises(ValueError, match="raw"):
        render(data)


def test_a_keyword_that_is_not_set_has_a_place_too() -> None:
    data = {"global_defs": {"router_id": "x"}, "use_pid_dir": True, "raw": [{"text": "$A=1", "before": "vrrp_script"}]}
    assert render(data).split() == ["use_pid_dir", "global_defs", "{", "router_id", "x", "}", "$A=1"]


def generated(count: int) -> list[str]:
    """Texts of the fuzz test that can be written again and make a daemon start."""
    found: list[str] = []
    number = 0
    while len(found) < count:
        text = ordered(Random("daemon:%d" % number))
        number += 1
        # without an instance there is no dump, and an address of the other family ends the daemon
        if "include" in text or "unicast" in text or "\nvrrp_instance" not in text:
            continue
        with contextlib.suppress(ValueError):
            if render(read(parse(text))):
                found.append(text)
    return found


@pytest.mark.daemon
@pytest.mark.parametrize("text", [*ALL.values(), *generated(16)], ids=[*ALL, *map(str, range(16))])
def test_the_daemon_reads_the_same(keepalived: Program, no_ipvs: Path, tmp_path: Path, text: str) -> None:
    process, library = (CHECKERS, no_ipvs) if "virtual_server" in text else (VRRP, None)
    written = render(read(parse(text)))
    said = keepalived.dump(text, tmp_path, process, library)
    assert said
    assert keepalived.dump(written, tmp_path, process, library) == said
    assert keepalived.dump(evaluate(written, "high").text, tmp_path, process, library) == said


# Blocks and lines of which many cannot stand in the order of the table.
MIXED = {
    "includes": [
        "include {0}.conf", "include {0}.conf", "vrrp_script s{0} {{\nscript /bin/{0}\n}}",
        "vrrp_instance V{0} {{\ninterface eth0\nvirtual_router_id 1\n}}", "virtual_server 10.0.0.1 {0} {{\n}}"],
    "definitions": [
        "$X={0}", "vrrp_script s{0} {{\nscript $X\n}}",
        "vrrp_instance V{0} {{\ninterface eth0\nvirtual_router_id 1\npriority $X\n}}"],
}


@pytest.mark.parametrize("number", [20, 150, 200])
@pytest.mark.parametrize("kinds", MIXED.values(), ids=MIXED)
def test_nothing_is_lost_however_many_pieces_have_a_place(kinds: list[str], number: int) -> None:
    random = Random(number + 3)
    text = "".join(random.choice(kinds).format(each) + "\n" for each in range(number))
    written = render(read(parse(text)))
    assert sorted(written.split()) == sorted(text.split())
    assert meaning(written, "lb1") == meaning(text, "lb1")
