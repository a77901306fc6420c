# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

"""Findings on files: where they are, and what a text shows that data does not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint, lint_document, lint_text
from ansible_collections.openvip.cluster.plugins.module_utils._lint.syntax import PHRASES
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read

BASE = """vrrp_instance VI_1 {
    interface eth1
    virtual_router_id 51
    priority 100
    virtual_ipaddress {
        198.18.0.100/24
    }
}
"""
SERVICE = """virtual_server 198.18.0.100 80 {
    protocol TCP
    lb_algo wlc
    lb_kind DR
    real_server 198.18.0.21 80 {
        TCP_CHECK {
        }
    }
}
"""


def instance(extra):
    return BASE[:-2] + "".join(f"    {line}\n" for line in extra.split("\n")) + "}\n"


def found(text, **options):
    return [(finding.id, finding.line, finding.column) for finding in lint_text(text, "k.conf", **options)]


@pytest.mark.parametrize(("text", "expected"), [
    (BASE.replace("priority 100", "priority 300"), ("bad-value", 4, 5)),
    (BASE.replace("0.100/24", "0.500/24"), ("bad-value", 6, 9)),
    (BASE.replace("        198", "\t  198.18.0.101/24 # first\n\t198").replace("0.100/24", "0.100/24 dev"),
     ("bad-value", 7, 2)),
    (instance("authentication {\n    auth_type PASS\n    auth_pass ninechars\n}"), ("bad-value", 10, 9)),
    (instance("nopreempt") .replace("interface", "state MASTER\n    interface"), ("nopreempt-master", 9, 5)),
    (instance("track_interface {\n    eth0\n    eth1 weight 5\n}"), ("track-own-interface", 10, 9)),
    (instance("track_script {\n    chk\n}"), ("tracked-undefined", 9, 9)),
    (BASE.replace("    virtual_router_id 51\n", ""), ("missing-key", 1, 1)),
    (BASE + BASE.replace("id 51", "id 52").replace("0.100", "0.101"), ("duplicate-name", 9, 1)),
    (SERVICE.replace("TCP_CHECK {\n", "TCP_CHECK {\n            retry x\n"), ("bad-value", 7, 13)),
    (SERVICE.replace("        }\n", "        }\n        TCP_CHECK {\n            foo\n        }\n", 1),
     ("unknown-key", 9, 13)),
    (SERVICE.replace("DR", "DR TUN"), ("bad-value", 4, 5)),
    (SERVICE.replace("198.18.0.100 80 {", "198.18.0.100 80 tcp {"), ("surplus-name", 1, 32)),
    ("virtual_server_group G {\n    198.18.0.1 80\n    198.18.0.300 80\n}\n", ("bad-value", 3, 5)),
    (SERVICE.replace("198.18.0.100 80", "fwmark 1"), ("ignored-with-fwmark", 2, 5)),
    (SERVICE.replace("198.18.0.100 80", "fwmark 1").replace("    protocol TCP\n", ""), ("ignored-with-fwmark", 4, 5)),
])
def test_a_finding_is_placed_where_it_can_be_mended(text, expected):
    assert expected in found(text)


def test_findings_come_in_the_order_of_the_lines():
    text = instance("fall 3\npriority 150").replace("priority 100", "advert_int 0")
    places = [place[1:] for place in found(text)]
    assert places == sorted(places) and len(places) == 2


def test_of_several_lines_the_one_that_counts_is_judged():
    assert found(instance("priority 300")) == [("bad-value", 8, 5), ("last-one-wins", 8, 5)] or \
        found(instance("priority 300")) == [("last-one-wins", 8, 5), ("bad-value", 8, 5)]


def test_findings_of_data_have_no_place():
    text = instance("nopreempt").replace("priority", "state MASTER\n    priority")
    (finding,) = lint(read(parse(text)))
    assert (finding.path, finding.line, finding.column) == (None, None, None)
    assert str(finding).startswith("vrrp_instance VI_1: nopreempt")
    (placed,) = lint_document(parse(text, "a.conf"))
    assert str(placed).startswith("a.conf:9:5: vrrp_instance VI_1: nopreempt")


def test_what_is_missing_altogether_has_a_path_only():
    text = 'vrrp_script chk {\n    script "/usr/bin/true"\n}\n' + instance("track_script {\n    chk\n}")
    (finding,) = lint_text(text, "k.conf")
    assert str(finding).startswith("k.conf: global_defs: scripts run without")


def test_no_break_spaces_are_named_and_the_rest_is_judged_as_it_was_meant():
    text = instance("nopreempt").replace("interface", "state MASTER\n    interface").replace("    ", "\u00a0\u2003  ")
    findings = found(text)
    assert {each[1] for each in findings if each[0] == "unicode-space"} == set(range(2, 10))
    assert ("nopreempt-master", 9, 5) in findings
    assert {each[0] for each in findings} == {"unicode-space", "nopreempt-master"}


def test_a_no_break_space_in_quotes_is_a_character_like_any_other():
    text = instance('authentication {\n    auth_type PASS\n    auth_pass "a\u00a0b"\n}')
    assert found(text) == []


def test_an_unknown_block_is_one_finding_whatever_it_holds():
    text = instance("healthcheck {\n    port 80\n    inner {\n        more\n    }\n}\nnopreempt")
    assert found(text) == [("unknown-block", 8, 5)]
    (finding,) = lint_text(text)
    assert "vrrp_instance VI_1" in finding.message


def test_the_nearest_word_and_the_right_block_are_named():
    (finding,) = lint_text(instance("garp_master_dely 5"))
    assert 'Did you mean "garp_master_delay"?' in str(finding)
    (finding,) = lint_text(BASE + "priority 100\n")
    assert finding.id == "wrong-level" and "vrrp_instance" in finding.remedy


@pytest.mark.parametrize(("line", "said"), [
    ("connection_timeout 10", "connect_timeout"),
    ("nb_get_retry 3", "retry"),
    ("bind_ip 198.18.0.1", "bind"),
])
def test_words_of_old_tutorials_lead_to_the_present_ones(line, said):
    findings = lint_text(SERVICE.replace("TCP_CHECK {\n", f"TCP_CHECK {{\n            {line}\n"))
    assert len(findings) == 1 and said in findings[0].remedy, [str(finding) for finding in findings]


@pytest.mark.parametrize("keyword", ["sh_port", "sh_fallback", "flag_1"])
def test_the_name_of_an_option_is_no_word_of_the_file(keyword):
    """keepalived writes a hyphen where Ansible wants an underscore."""
    word = keyword.replace("_", "-")
    hashing = SERVICE.replace("wlc\n", f"sh\n    {keyword}\n")
    (finding,) = lint_text(hashing)
    assert (finding.id, finding.line, finding.remedy) == ("unknown-key", 4, f'Did you mean "{word}"?')
    assert lint_text(hashing.replace(keyword, word)) == []
    # not even at another place, and it takes no place of the word
    assert [each.id for each in lint_text(instance(keyword))] == ["unknown-key"]
    twice = lint_text(hashing.replace(f"    {keyword}\n", f"    {keyword}\n    {word}\n    {word}\n"))
    assert [(each.id, each.line) for each in twice] == [("unknown-key", 4), ("last-one-wins", 6)]


def test_the_name_of_an_option_is_no_keyword_behind_a_value():
    swallowed = SERVICE.replace("wlc", "sh sh-port")
    assert [each.id for each in lint_text(swallowed)] == ["keyword-swallowed"]
    assert [each.id for each in lint_text(swallowed.replace("sh-port", "sh_port"))] == ["surplus-words"]


def test_persistence_time_of_a_tutorial():
    (finding,) = lint_text(SERVICE.replace("lb_kind", "persistence_time 50\n    lb_kind"))
    assert 'Did you mean "persistence_timeout"?' in str(finding)


def test_old_names_that_a_version_needs_are_no_fault():
    text = "vrrp_track_file nginx {\n    file /run/nginx\n    weight 0\n}\n" + instance("track_file {\n    nginx\n}")
    assert found(text, version=(2, 0, 20)) == []
    assert found(text, version=(2, 2, 7)) == [("renamed-key", 1, 1)]


def test_lines_under_conditions_are_no_repetitions():
    assert found(BASE.replace("    priority 100", "    @lb1 priority 100\n    @lb2 priority 90")) == []


@pytest.mark.parametrize("value", ["60s", "1min", "0.5s", "10ms"])
def test_units(value):
    assert found(instance(f"preempt_delay {value}")) == [("unit-suffix", 8, 5)]


@pytest.mark.parametrize(("line", "expected"), [
    ("auth_pass ab#cd", "comment-in-word"),
    ("auth_pass ab!cd", "comment-in-word"),
    (r"auth_pass ab\#cd", "comment-in-word"),
    ("auth_pass abcd #ef", None),
    ('auth_pass "ab#cd"', None),
    ('auth_pass "ab"#cd', None),
])
def test_comments_in_words(line, expected):
    text = instance(f"authentication {{\n    auth_type PASS\n    {line}\n}}")
    assert [each[0] for each in found(text)] == ([expected] if expected else [])


def test_a_comment_sign_in_an_address_line():
    assert found(BASE.replace("0.100/24", "0.100/24#vip")) == [("comment-in-word", 6, 9)]


@pytest.mark.parametrize(("line", "identifier"), [
    ("notify /usr/bin/logger", None),
    ('notify "/usr/bin/logger a b"', None),
    ("notify /usr/bin/logger root root", None),
    ("notify /usr/bin/logger -t keepalived", "script-arguments-as-user"),
    ("notify /usr/bin/logger a b c", "script-arguments-as-user"),
])
def test_words_behind_a_notify_command(line, identifier):
    text = "global_defs {\n    enable_script_security\n    script_user root\n}\n" + instance(line)
    assert [each[0] for each in found(text)] == ([identifier] if identifier else [])


@pytest.mark.parametrize(("text", "identifiers"), [
    ("$P=100\n" + BASE.replace("priority 100", "priority $P"), []),
    ("$P=100\n" + BASE.replace("priority 100", "priority ${P}"), []),
    (BASE.replace("priority 100", "priority $P") + "$P=100\n", ["definition-missing"]),
    ("$N=198.18.0\n" + BASE.replace("198.18.0.100/24", "${N}.100/24"), []),
    ("$M=24\n" + BASE.replace("/24", "/$M"), []),
    ("include defs.conf\n" + BASE.replace("priority 100", "priority $P"), []),
    (BASE.replace("198.18.0.100/24", "~SEQ(N,1,9) 198.18.0.${N}/24"), []),
    (BASE.replace("198.18.0.100/24", "~LST({A,B},{1,24},{2,24}) 198.18.0.${A}/${B}"), []),
    (BASE.replace("priority 100", "priority ${_RANDOM 1 9}"), []),
])
def test_definitions(text, identifiers):
    assert [each[0] for each in found(text)] == identifiers


@pytest.mark.parametrize(("line", "identifiers"), [
    ("include /etc/keepalived/conf.d/*.conf", []),
    ("include other.conf", []),
    ("include keepalived.conf", ["include-of-itself"]),
    ("include ../keepalived/keepalived.conf", ["include-of-itself"]),
    ("include *.conf", ["include-of-itself"]),
    ("includer ./keepalived.conf", ["include-of-itself"]),
])
def test_includes_of_itself(line, identifiers):
    findings = lint_text(f"{line}\n{BASE}", "/etc/keepalived/keepalived.conf")
    assert [finding.id for finding in findings] == identifiers


def test_no_password_in_a_finding():
    text = instance("authentication {\n    auth_type PASS\n    auth_pass verysecretone more words\n}")
    assert "verysecret" not in "".join(str(finding) + str(finding.as_dict()) for finding in lint_text(text))


def test_every_problem_of_the_tree_is_a_rule():
    texts = ["a {\n", "}\n", "{\n", 'x "y\n', "a\u00a0b\n", "\ufeffa\n", "a\0b\n", "a\rb\n", "a" * 1100, "include\n",
             "~SEQ(N,1\n", "~SEQ(N,1,2) x {\n}\n", "$A= b \\", 'x "a\\"{\\""\n', "@a b {\n@c }\n"]
    seen = set()
    for text in texts:
        for problem in parse(text).problems:
            rules = [rule for rule, phrases in PHRASES.items() if any(phrase in problem.message for phrase in phrases)]
            assert len(rules) == 1, problem
            seen.update(rules)
    assert seen == set(PHRASES)


ALPHABET = st.sampled_from(
    ["vrrp_instance", "VI_1", "{", "}", "\n", " ", "\t", "priority", "100", "60s", "state", "MASTER", '"', "'", "#",
     "!", "$A", "${A}", "$A=1", "@id", "include", "x", "\\", "~SEQ(N,1,2)", "virtual_ipaddress", "198.18.0.1/24",
     "\u00a0", "virtual_server", "real_server", "TCP_CHECK", "script", "notify", "track_script", "vrrp_script",
     "name", "raw"])


@settings(max_examples=300, deadline=None)
@given(st.lists(ALPHABET, max_size=60).map("".join), st.sampled_from([None, (2, 0, 10), (2, 2, 7), (2, 3, 3)]))
def test_no_text_is_too_much(text, version):
    lines = text.split("\n")
    for finding in lint_text(text, "k.conf", version):
        assert finding.path == "k.conf"
        if finding.line is not None:
            assert 1 <= finding.line <= len(lines)
            assert 1 <= finding.column <= len(lines[finding.line - 1]) + 1


@pytest.mark.parametrize(("head", "longer", "line", "wrong", "finding"), [
    ("198.18.0.100 80 {", "198.18.0.100 80 dev eth0 {", "lb_algo wlc", "quorum 0", ("bad-value", 3, 5)),
    ("198.18.0.100 80 {", '198.18.0.100 80 "dev eth0" {', "lb_algo wlc", "lb_algo wcl", ("bad-value", 3, 5)),
    ("0.100 80 {", "0.100 80 tcp {", "        TCP_CHECK {\n        }\n", "", ("real-server-unchecked", 5, 5)),
    ("198.18.0.21 80 {", "198.18.0.21 80 tcp {", "TCP_CHECK {", "weight -1\nTCP_CHECK {", ("bad-value", 6, 9)),
    ("TCP_CHECK {", "TCP_CHECK web {", "web {", "web {\nretry x", ("bad-value", 7, 1)),
    ("80 {", "80 tcp {", "protocol TCP", "protocol TPC", ("bad-value", 2, 5)),
])
def test_the_content_of_a_block_with_ignored_words_is_judged(head, longer, line, wrong, finding):
    text = SERVICE.replace(head, longer)
    assert {each[0] for each in found(text)} == {"surplus-name"}
    assert finding in found(text.replace(line, wrong))


def test_the_content_of_a_block_that_is_left_out_is_not_judged():
    text = BASE.replace("VI_1 {", "VI_1 blue {").replace("priority 100", "priority 300")
    assert [each[0] for each in found(text)] == ["name-of-several-words"]


STRICT = BASE.replace("interface", "state MASTER\n    interface")


@pytest.mark.parametrize(("keyword", "version", "expected"), [
    ("vrrp_strict", (2, 2, 8), {"off-switches-on", "strict-master", "strict-drops-traffic"}),
    ("vrrp_skip_check_adv_addr", (2, 2, 8), {"off-switches-on"}),
    ("vrrp_strict", (2, 3, 0), set()),
    ("vrrp_skip_check_adv_addr", (2, 3, 0), set()),
    ("vrrp_strict", None, set()),
    ("lvs_flush", None, {"off-switches-on"}),
])
def test_off_behind_a_flag_counts_for_the_versions_that_read_it(keyword, version, expected):
    text = f"global_defs {{\n    {keyword} off\n}}\n" + STRICT
    usual = {each[0] for each in found(STRICT, version=version)}
    assert {each[0] for each in found(text, version=version)} - usual == expected


ROUTE = "198.18.5.0/24 via 198.18.0.2"


def routes(*entries):
    return instance("virtual_routes {\n" + "".join(f"    {entry}\n" for entry in entries) + "}")


@pytest.mark.parametrize("entry", [
    ROUTE, "blackhole 198.18.5.0/24", "198.18.5.0/24 nexthop via 198.18.0.2 dev eth1 nexthop via 198.18.0.3 dev eth1",
])
def test_a_route_without_an_interface_is_untracked_in_older_versions(entry):
    assert ("route-untracked", 9, 9) in found(routes(entry), version=(2, 2, 7))
    assert ("route-untracked", 9, 9) in found(routes(entry), version=(2, 3, 1))
    assert found(routes(entry), version=(2, 3, 2)) == found(routes(entry)) == []
    static = f"static_routes {{\n    {entry}\n}}\n"
    assert ("route-untracked", 2, 5) in found(static + BASE, version=(2, 2, 7))


@pytest.mark.parametrize("entry", [
    ROUTE + " dev eth1", ROUTE + " oif eth1", ROUTE + " no_track", "198.18.5.0/24 no_track nexthop via 198.18.0.2",
    "198.18.5.0/24 via $GATEWAY $REST",
])
def test_a_tracked_route_is_none(entry):
    assert "route-untracked" not in {each[0] for each in found(routes(entry), version=(2, 2, 7))}


@pytest.mark.parametrize(("block", "entry"), [
    ("virtual_routes", ROUTE + " dev eth8"), ("virtual_routes", ROUTE + " oif eth8"),
    ("virtual_routes", "198.18.5.0/24 no_track nexthop via 198.18.0.2 dev eth8"),
    ("virtual_rules", "iif eth8 table 5 preference 5"), ("virtual_rules", "oif eth8 table 5 preference 5"),
])
def test_an_interface_of_a_route_that_the_host_has_not(block, entry):
    text = instance(f"{block} {{\n    {entry}\n}}")
    host = {"interfaces": {"eth1": ["198.18.0.11/24"]}}
    assert ("route-interface-not-on-host", 9, 9) in found(text, host=host)
    assert found(text.replace("eth8", "eth1"), host=host) == []
    assert "route-interface-not-on-host" not in {each[0] for each in found(text)}


@pytest.mark.parametrize("words", ["name vmac0", "02:00:5e:00:05:33 vmac0", "vmac0 02:00:5e:00:05:33", "vmac0"])
def test_an_interface_that_keepalived_makes_is_on_the_host(words):
    text = instance(f"use_vmac {words}\ntrack_interface {{\n    vmac0\n}}")
    ids = {each[0] for each in found(text, host={"interfaces": {"eth1": ["198.18.0.11/24"]}})}
    assert "track-interface-not-on-host" not in ids


@pytest.mark.parametrize(("address", "granularity", "is_wrong"), [
    ("198.18.0.100", "24", True), ("198.18.0.100", "255.255.255.0", False), ("fd00::100", "255.255.255.0", True),
    ("fd00::100", "64", False),
])
def test_the_granularity_is_of_the_family_of_the_service(address, granularity, is_wrong):
    text = SERVICE.replace("198.18.0.100", address).replace(
        "    lb_kind", f"    persistence_timeout 60\n    persistence_granularity {granularity}\n    lb_kind")
    assert ("granularity-of-other-family" in {each[0] for each in found(text)}) == is_wrong
