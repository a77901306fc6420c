# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read and written again means what it meant, and what is wrong is said at its line.

Each case is a kind of error that version 1.0.0 made, or a neighbour of one. The file also runs in a tree of that
version, where every case fails. The evaluation below is a second one, which shares nothing with the collection's.
"""

from __future__ import annotations

import re
from collections import Counter

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint_text
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render

INSTANCE = "vrrp_instance %s {\n    interface eth0\n    virtual_router_id %s\n    priority 100\n%s}\n"
HOST = {"interfaces": {"eth0": ["192.0.2.1/24"], "eth1": ["10.0.0.11/24"]}}


def evaluated(text, identity):
    """Return how often each line stands in which blocks: definitions replaced, conditions decided, from above to below.

    It knows what the cases below have: one statement a line, braces at the ends of lines, definitions of one line.
    """
    values, blocks, found = {}, [], Counter()
    for line in text.splitlines():
        line = line.split("#")[0].strip()
        condition = re.match(r"@(\^?)(\S+)\s+", line)
        if condition:
            if (condition[2] == identity) == bool(condition[1]):
                continue
            line = line[condition.end():]
        definition = re.match(r"\$(\w+)\s*=\s*(.*)", line)
        if definition:
            values[definition[1]] = definition[2]
            continue
        line = re.sub(r"\$\{?(\w+)\}?", lambda match: values.get(match[1], match[0]), line)
        line = " ".join(line.replace('"', " ").split())
        if line == "}":
            blocks.pop()
        elif line:
            found[(*blocks, line.rstrip(" {"))] += 1
            if line.endswith("{"):
                blocks.append(line.rstrip(" {"))
    return found


def address(value):
    return "    virtual_ipaddress {\n        %s\n    }\n" % value


MEANING = {
    "L1 a definition that is set again": (
        "$IP=192.0.2.10\n" + INSTANCE % ("A", 51, address("${IP}/24")) + "$IP=192.0.2.20\n"
        + INSTANCE % ("B", 52, address("${IP}/24"))),
    "L1 three times": "".join(
        "$IP=192.0.2.%d\n" % number + INSTANCE % ("I%d" % number, number, address("${IP}/24")) for number in (1, 2, 3)),
    "L1 before a section that is written first": (
        "$N=1\n" + INSTANCE % ("A", 51, "    advert_int ${N}\n") + "$N=lb1\nglobal_defs {\n    router_id ${N}\n}\n"),
    "L2 a conditional definition": (
        "$PRIO=100\n@lb1 $PRIO=150\nvrrp_instance A {\n    interface eth0\n    virtual_router_id 51\n"
        "    priority $PRIO\n}\n"),
    "L2 another host": (
        "$PRIO=100\n@^lb1 $PRIO=150\nvrrp_instance A {\n    interface eth0\n    virtual_router_id 51\n"
        "    priority $PRIO\n}\n"),
    "L2 in a block": (
        "vrrp_instance A {\n    interface eth0\n    virtual_router_id 51\n    $PRIO=100\n    @lb1 $PRIO=150\n"
        "    priority $PRIO\n}\n"),
    "L2 a conditional definition of a path": (
        "$D=/etc/one\n@lb2 $D=/etc/two\nvrrp_script x {\n    script $D\n}\n"
        + INSTANCE % ("A", 51, "    track_script {\n        x\n    }\n")),
}


@pytest.mark.parametrize("name", MEANING)
def test_the_meaning_is_kept(name):
    text = MEANING[name]
    written = render(read(parse(text)))
    for identity in ("lb1", "lb2"):
        assert evaluated(written, identity) == evaluated(text, identity)


# The text, and what must stand in this order in what is written
ORDER = {
    "L3 an include before what it defines": (
        "include scripts.conf\n" + INSTANCE % ("A", 51, "    track_script {\n        check\n    }\n"),
        "(?s)include scripts.conf.*vrrp_instance A"),
    "L3 an include of definitions": ("include definitions.conf\n" + INSTANCE % ("A", "${ID}", ""),
                                     "(?s)include definitions.conf.*vrrp_instance A"),
    "L3 an include between": (INSTANCE % ("A", 51, "") + "include more.conf\n" + INSTANCE % ("B", 52, ""),
                              "(?s)vrrp_instance A.*include more.conf.*vrrp_instance B"),
    "L3 several kinds of include": (
        "include a.conf\nincluder b.conf\n" + INSTANCE % ("A", 51, ""), "(?s)include a.*includer b.*vrrp_instance A"),
    "L9 blanks around a bar": ("global_defs {\n    umask IWGRP | IWOTH\n}\n", "umask IWGRP ?\\| ?IWOTH"),
    "L10 no_track of a static address": (
        "static_ipaddress {\n    192.0.2.9/24 dev eth0 no_track\n}\n", "192.0.2.9/24 dev eth0 no_track"),
}


@pytest.mark.parametrize("name", ORDER)
def test_what_is_written_stands_in_this_order(name):
    text, pattern = ORDER[name]
    data = read(parse(text))
    assert re.search(pattern, render(data))
    errors = [str(finding) for finding in lint_text(text) if finding.severity == "error"]
    assert errors == []


def said(text, version=(2, 2, 7), host=None):
    return [(finding.id, finding.line) for finding in lint_text(text, "a.conf", version, host)]


GROUP = ("virtual_server_group G {\n    192.0.2.10 80\n}\n"
         "virtual_server group G {\n    lb_algo rr\n    lb_kind DR\n    protocol TCP\n%s}\n")
REAL = "    real_server %s {\n        weight 1\n        TCP_CHECK {\n        }\n%s    }\n"
SERVER = "virtual_server 192.0.2.10 80 {\n    lb_algo rr\n    lb_kind NAT\n    protocol TCP\n%s}\n"
# The text, its version and host, and the id and the line of a finding
SAID = {
    "L12 an unknown word of a route": (
        INSTANCE % ("A", 51, "    virtual_routes {\n        198.51.100.0/24 dev eth0 nonsense 3\n    }\n"), {}, 6),
    "L12 an invalid address of a route": (
        INSTANCE % ("A", 51, "    virtual_routes {\n        198.51.100.300/24 dev eth0\n    }\n"), {}, 6),
    "L12 a rule without a preference": (
        INSTANCE % ("A", 51, "    virtual_rules {\n        from 198.51.100.0/24 table 10\n    }\n"), {}, 6),
    "L12 an invalid address of a rule": (
        INSTANCE % ("A", 51, "    virtual_rules {\n        from 198.51.100.999 table 10 preference 5\n    }\n"), {}, 6),
    "L12 a static route": ("static_routes {\n    198.51.100.300/24 dev eth0\n}\n", {}, 2),
    "L12 a static rule": ("static_rules {\n    from 198.51.100.999 table 10 preference 5\n}\n", {}, 2),
    "L13 a block that is kept as it is": (
        "virtual_server 192.0.2.10 80 dev eth0 {\n    lb_algo rr\n    lb_kind NAT\n    protocol TCP\n    quorum 0\n"
        + REAL % ("192.0.2.20 80", "") + "}\n", {}, 5),
    "L14 a dollar in a password": (
        INSTANCE % (
            "A", 51, "    authentication {\n        auth_type PASS\n        auth_pass $1$abcdefgh$ijk\n    }\n"),
        {}, 7),
    "L15 DR with another port through a group": (GROUP % REAL % ("192.0.2.20 8080", ""), {}, 8),
    "L15 a VMAC twice": (INSTANCE % ("A", 51, "    use_vmac v1\n") + INSTANCE % ("B", 52, "    use_vmac v1\n"), {}, 11),
    "L15 a sorry server that is inhibited": (
        SERVER % ("    sorry_server 192.0.2.20 80\n"
                  + REAL % ("192.0.2.20 80", "        inhibit_on_failure\n")), {}, 5),
}


@pytest.mark.parametrize("name", SAID)
def test_a_finding_has_its_line(name):
    text, options, line = SAID[name]
    assert line in [place for _identifier, place in said(text, **options)], said(text, **options)


# The text, its host, and the id of a finding that is none
SILENT = {
    "L5 an interface by a definition": (
        "$IF=eth0\nvrrp_instance A {\n    interface $IF\n    virtual_router_id 51\n    priority 100\n}\n", HOST,
        "interface-not-on-host"),
    "L5 by a conditional definition": (
        "@lb1 $IF=eth0\n@lb2 $IF=eth1\nvrrp_instance A {\n    interface $IF\n    virtual_router_id 51\n}\n", HOST,
        "interface-not-on-host"),
    "L5 by a part": (
        "$N=0\nvrrp_instance A {\n    interface eth$N\n    virtual_router_id 51\n    priority 100\n}\n", HOST,
        "interface-not-on-host"),
    "L7 lines of a definition": (
        "$BASE= \\\n    interface eth0 \\\n    virtual_router_id 51\n"
        "vrrp_instance A {\n    $BASE\n    priority 100\n}\n", None, "missing"),
    "L8 a name by a definition": (
        "$N=1\n" + INSTANCE % ("A$N", 51, "") + "$N=2\n" + INSTANCE % ("A$N", 52, ""), None, "duplicate-name"),
    "L8 a name by a definition in braces": (
        "$N=1\n" + INSTANCE % ("A${N}", 51, "") + "$N=2\n" + INSTANCE % ("A${N}", 52, ""), None, "duplicate-name"),
}


@pytest.mark.parametrize("name", SILENT)
def test_a_rule_judges_the_value_in_force_or_says_nothing(name):
    text, host, identifier = SILENT[name]
    assert [found for found in said(text, host=host) if identifier in found[0]] == []


def test_l4_an_alias_counts_where_the_version_knows_it():
    data = read_for_2_2_7("global_defs {\n    lvs_id one\n}\n")
    assert "router_id" not in data.get("global_defs", {})


def read_for_2_2_7(text):
    """Return what is read for keepalived 2.2.7; version 1.0.0 reads for none."""
    try:
        return read(parse(text), (2, 2, 7))
    except TypeError:
        return read(parse(text))


@pytest.mark.parametrize("value", ["${NO}", "x${NO}"])
def test_l11_an_undefined_reference_in_braces_is_an_error(value):
    findings = lint_text(INSTANCE % ("A", 51, "    advert_int %s\n" % value))
    assert "error" in [finding.severity for finding in findings if finding.line == 5 and "$" in str(finding)], findings


def test_l6_a_comment_does_not_end_a_definition():
    text = "$BASE= \\\n    interface eth0 \\\n    # note \\\n    virtual_router_id 51\n" + INSTANCE % ("A", 51, "")
    definition = parse(text).statements().__iter__().__next__()
    assert "virtual_router_id 51" in str(definition)


def test_l16_the_real_server_meant_is_named():
    text = SERVER % (REAL % ("192.0.2.10 80", "") + REAL % ("192.0.2.21 80", ""))
    assert ("real-server-is-service", 5) in said(text)
