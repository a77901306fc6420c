# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Text written by hand becomes data, the way the daemon understands it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import check
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render


def block(text: str) -> dict[str, Any]:
    found = read(parse("vrrp_instance a {\n%s\n}\n" % text))["vrrp_instance"]
    assert len(found) == 1
    assert found[0].pop("name") == "a"
    return found[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("priority 100 # comment", {"priority": 100}),
        ('"priority"\t100', {"priority": 100}),
        ("priority 100\npriority 90", {"priority": 90}),
        ("notify_master /a\nnotify_master /b", {"notify_master": "/a"}),
        ("nopreempt yes", {"nopreempt": True}),
        ("smtp_alert", {"smtp_alert": True}),
        ("smtp_alert no", {"smtp_alert": False}),
        ("advert_int 0.10", {"advert_int": 0.1}),
        ('notify "/a b" u g', {"notify": {"script": "/a b", "user": "u", "group": "g"}}),
        ('notify /a "o\'b" " g "', {"notify": {"script": "/a", "user": "o'b", "group": "g"}}),
        # of versions of keepalived one removes the backslash, and another does not
        ("notify /a D\\\\u", {"raw": ["notify /a D\\\\u"]}),
        ('notify /a u "\\x67"', {"raw": ['notify /a u "\\x67"']}),
        ("notify_deleted", {"notify_deleted": True}),
        ("use_vmac\nuse_ipvlan ipvl0", {"use_vmac": True, "use_ipvlan": "ipvl0"}),
        ("virtual_ipaddress { 198.18.0.1 }", {"virtual_ipaddress": ["198.18.0.1"]}),
        (
            "virtual_ipaddress\n{\n198.18.0.1   dev eth0 # comment\n\n# comment\n198.18.0.2\n}",
            {"virtual_ipaddress": ["198.18.0.1 dev eth0", "198.18.0.2"]},
        ),
        ("track_script {\na\n}\ntrack_script {\nb\n}", {"track_script": ["a", "b"]}),
        ("authentication { auth_type PASS\nauth_pass x }", {"authentication": {"auth_type": "PASS", "auth_pass": "x"}}),
        ("authentication {\n}", {}),
        ("vmac_garp_intvl 5", {"garp_extra_if": 5}),
        # of the wrong kind: for check to say so
        ("priority 60s", {"priority": "60s"}),
        ("priority 300", {"priority": 300}),
        ("smtp_alert maybe", {"smtp_alert": "maybe"}),
        ("state master", {"state": "master"}),
        # no form in the table
        ("priorty 100", {"raw": ["priorty 100"]}),
        ("priority", {"raw": ["priority"]}),
        ("priority 100 90", {"raw": ["priority 100 90"]}),
        ("nopreempt off", {"raw": ["nopreempt off"]}),
        ("priority {\n1\n}", {"raw": ["priority {\n1\n}"]}),
        ("virtual_ipaddress 198.18.0.1", {"raw": ["virtual_ipaddress 198.18.0.1"]}),
        ("@lb1 priority 100", {"raw": ["@lb1 priority 100"]}),
        ("priority $PRIORITY", {"raw": ["priority $PRIORITY"]}),
        ("interface $INTERFACE", {"interface": "$INTERFACE"}),
        ("virtual_ipaddress {\n@lb1 198.18.0.1\n}", {"raw": ["virtual_ipaddress {\n@lb1 198.18.0.1\n}"]}),
        ("include a.conf", {"raw": ["include a.conf"]}),
        (
            "~SEQ(N,1,3) virtual_ipaddress { 198.18.0.${N} }",
            {"raw": ["~SEQ(N,1,3) virtual_ipaddress { 198.18.0.${N} }"]},
        ),
        ("    unknown {\n        a\n    }", {"raw": ["unknown {\n    a\n}"]}),
        ("authentication x {\nauth_type PASS\n}", {"raw": ["authentication x {\nauth_type PASS\n}"]}),
    ],
)
def test_lines_of_an_instance(text: str, expected: dict[str, Any]) -> None:
    assert block(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("# only a comment\n", {}),
        (
            "global_defs {\nrouter_id a\n}\nglobal_defs {\nvrrp_strict\n}",
            {"global_defs": {"router_id": "a", "vrrp_strict": True}},
        ),
        ("notification_email {\na b\n}", {"raw": ["notification_email {\na b\n}"]}),
        ("global_defs {\nnotification_email {\na b\nc\n}\n}", {"global_defs": {"notification_email": ["a", "b", "c"]}}),
        ("vrrp_track_file a {\nfile /b\n}", {"track_file": [{"name": "a", "file": "/b"}]}),
        ("vrrp_instance {\npriority 1\n}", {"vrrp_instance": [{"priority": 1}]}),
        ("vrrp_instance a b {\n}", {"raw": ["vrrp_instance a b {\n}"]}),
        ("vrrp_instance a {\n}\nvrrp_instance a {\n}", {"vrrp_instance": [{"name": "a"}, {"name": "a"}]}),
        ("garp_group {\ninterfaces { eth0 eth1 }\n}", {"garp_group": [{"interfaces": ["eth0", "eth1"]}]}),
        (
            "odd_server 198.18.0.1 80 {\r\n  delay_loop 6\r\n}\r\n",
            {"raw": ["odd_server 198.18.0.1 80 {\n  delay_loop 6\n}"]},
        ),
        # the daemon takes the first word only
        ("vrrp_script a {\nscript /a b c\n}", {"vrrp_script": [{"name": "a", "raw": ["script /a b c"]}]}),
        # what only other programs take for a space or a line end
        ("global_defs {\n\x1ea\x85b\n\xa0\n}", {"global_defs": {"raw": ["\x1ea\x85b", "\xa0"]}}),
        ("odd {\n\x0b\n  a\n}", {"raw": ["odd {\n\x0b\n  a\n}"]}),
        ("\r@{\na\n}", {"raw": ["\r@{\na\n}"]}),
        ("child_wait_time 5\xa0", {"child_wait_time": "5\xa0"}),
        # braces that do not match
        ("unknown {\na {\nb", {"raw": ["unknown {\na {\nb\n}\n}"]}),
        ("}\nuse_pid_dir\n", {"use_pid_dir": True}),
        (
            "a { b } c {\n} use_pid_dir",
            {
                "raw": [{"text": "a { b }", "before": "use_pid_dir"}, {"text": "c {\n}", "before": "use_pid_dir"}],
                "use_pid_dir": True,
            },
        ),
    ],
)
def test_text(text: str, expected: dict[str, Any]) -> None:
    assert read(parse(text)) == expected


def test_what_holds_from_its_line_on_keeps_its_place() -> None:
    text = "include a.conf\nvrrp_instance $X b {\n}\nvrrp_script c d {\n}\n$X=1\n"
    data = read(parse(text))
    assert data["raw"] == [
        "include a.conf",
        {"text": "vrrp_instance $X b {\n}", "before": "end"},
        {"text": "vrrp_script c d {\n}", "before": "end"},
        {"text": "$X=1", "before": "end"},
    ]
    assert read(parse(render(data))) == data


@pytest.mark.parametrize("text", ['@"a ${}#', '@"a ${} #\n# b', '@a ${}#'])
def test_a_block_keeps_its_place_before_what_is_left_of_a_comment(text: str) -> None:
    kept = read(parse(text))["raw"]
    assert [line.rstrip("# ") for line in kept] == [text.partition("#")[0].rstrip()]


@pytest.mark.parametrize("line", ["@a x {} y", "@^a x{}y {}", "@ x{}y z", "@a x { y\n@a } z"])
def test_a_condition_keeps_its_whole_line(line: str) -> None:
    assert read(parse(f"{line}\nnext\n"))["raw"] == [line, "next"]
    inside = read(parse(f"vrrp_instance b {{\n{line}\npriority 100\n}}\n"))["vrrp_instance"][0]
    assert inside == {"name": "b", "priority": 100, "raw": [line]}


def test_what_was_read_can_be_checked_and_written() -> None:
    text = "vrrp_instance a {\nvirtual_router_id 1\nnopreempt off\n  odd {\n    x\n  }\n}\n"
    data = read(parse(text))
    assert check(data) == []
    assert read(parse(render(data))) == data
