# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Every line that keepalived takes without a word is taken, and what it refuses, ignores or cuts is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import check
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, Finding
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._schema.programs import Program
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._schema.written_lines import ACCEPTED, REFUSED

INSTANCE = "vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n%s}\n"
VIP = " virtual_ipaddress {\n 198.18.0.100/24\n }\n"
SERVER = "virtual_server group G {\n protocol TCP\n lb_algo rr\n lb_kind NAT\n real_server 198.18.0.2 80 {\n }\n}\n"
GROUP = "track_group TG {\n group {\n VI_1\n }\n}\n"
# What these versions say of a route that they cannot track is the business of a rule.
UNTRACKED = "not tracking"


def text(keyword: str, line: str) -> str:
    """A configuration with the line at its place."""
    if keyword == "umask":
        return "global_defs {\n umask %s\n}\n" % line
    if keyword == "virtual_server_group":
        return "virtual_server_group G {\n %s\n}\n%s" % (line, SERVER)
    block = "%s {\n %s\n }\n" % (keyword, line)
    if keyword.startswith("static_"):
        return GROUP + block + INSTANCE % VIP
    return INSTANCE % (block if keyword == "virtual_ipaddress" else VIP + block)


def errors(keyword: str, line: str, version: tuple[int, ...] | None = None) -> list[Finding]:
    findings = check(read(parse(text(keyword, line))), version)
    return [finding for finding in findings if finding.severity == ERROR]


@pytest.mark.parametrize(("keyword", "line"), [(keyword, line) for keyword in ACCEPTED for line in ACCEPTED[keyword]])
def test_is_taken(keyword: str, line: str) -> None:
    assert errors(keyword, line) == []


@pytest.mark.parametrize(
    ("keyword", "line", "part"), [(keyword, *case) for keyword in REFUSED for case in REFUSED[keyword]]
)
def test_is_an_error_that_names_the_line(keyword: str, line: str, part: str) -> None:
    (found,) = errors(keyword, line)
    assert part in str(found)
    assert '"%s"' % line in found.message
    assert found.remedy


@pytest.mark.parametrize(
    ("keyword", "line", "remedy"),
    [
        ("virtual_routes", "198.18.5.0/24 dev eth0 track_group TG", "It is for static_routes."),
        ("virtual_routes", "198.18.5.0/24 dve eth0", 'Did you mean "dev"?'),
        ("virtual_routes", "blackhol 198.18.5.0/24", 'Did you mean "blackhole"?'),
        ("virtual_rules", "table 5 preference 5 track_group TG", "It is for static_rules."),
        ("virtual_rules", "table 5 prefrence 5", 'Did you mean "preference"?'),
        ("virtual_ipaddress", "198.18.0.100/24 track_group TG", "It is for static_ipaddress."),
        ("virtual_ipaddress", "fd00::100/64 nodad", 'Did you mean "-nodad"?'),
        ("static_ipaddress", "198.18.0.100/24 use_vmac", "It is for virtual_ipaddress."),
        ("umask", "IWGRP | IWOHT", 'Did you mean "IWOTH"?'),
        ("virtual_server_group", "198.18.0.5/28 80", "Write 198.18.0.0/28."),
    ],
)
def test_names_what_to_write_instead(keyword: str, line: str, remedy: str) -> None:
    (found,) = errors(keyword, line)
    assert found.remedy == remedy


@pytest.mark.daemon
@pytest.mark.parametrize("keyword", sorted(ACCEPTED))
def test_the_daemon_says_the_same(keyword: str, keepalived: Program, tmp_path: Path) -> None:
    lines = [*ACCEPTED[keyword], *(line for line, _part in REFUSED.get(keyword, []))]
    said = keepalived.test({"%03d" % number: text(keyword, line) for number, line in enumerate(lines)}, tmp_path)
    differing = {
        line: messages
        for line, messages in zip(lines, said.values())
        if bool(errors(keyword, line, keepalived.numbers)) != any(UNTRACKED not in message for message in messages)
    }
    assert differing == {}
