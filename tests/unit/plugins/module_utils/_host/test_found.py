# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of a host: its firewalls, our files and rules, and the networks of systemd-networkd."""

from __future__ import annotations

import json

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._host import found, paths, ruleset
from ansible_collections.openvip.cluster.plugins.module_utils._host.allowed import Allowed
from ansible_collections.openvip.cluster.plugins.module_utils._kit.process import Outcome

NFT = ("nft", "--json", "--terse", "list", "ruleset")
NETWORKCTL = """\
* 3: eth1
                     Link File: n/a
                  Network File: /etc/systemd/network/a.network
"""


def nft(*entries):
    """Return what nft prints of entries, with a warning before it."""
    return "# Warning: x\n" + json.dumps({"nftables": [{"metainfo": {"version": "1.0.6"}}, *entries]})


def rule(*expressions, comment="", chain="input"):
    return {"rule": {"family": "inet", "table": "filter", "chain": chain, "handle": 7, "comment": comment,
                     "expr": list(expressions)}}


def match(left, right, operation="=="):
    return {"match": {"op": operation, "left": left, "right": right}}


def payload(protocol, field):
    return {"payload": {"protocol": protocol, "field": field}}


def header(offset, length):
    return {"payload": {"base": "nh", "offset": offset, "len": length}}


ACCEPT = {"accept": None}
IP, L4 = match({"meta": {"key": "protocol"}}, "ip"), {"meta": {"key": "l4proto"}}


@pytest.fixture
def host(monkeypatch):
    """Return a function that reads a host with these units, answers of programs, and files."""

    def read(states, answers=(), files=()):
        answers, files = dict(answers), dict(files)
        monkeypatch.setattr(found, "load", files.get)
        monkeypatch.setattr(found.glob, "glob", lambda pattern: [path for path in files if ".network.d/" in path])
        monkeypatch.setattr(found.os, "listdir", lambda path: ["all", "eth1", "gone", "vrrp.51"])
        monkeypatch.setattr(found.os.path, "isdir", lambda path: path == paths.PROC)
        monkeypatch.setattr(found.os.path, "exists", files.__contains__)

        def program(words, data=""):
            if tuple(words[:2]) == ("systemctl", "is-active"):
                return Outcome(3, "\n".join(states) + "\n", False) if states else None
            answer = answers.get(tuple(words), Outcome(1, "half of a line", False))
            return Outcome(0, answer, False) if isinstance(answer, str) else answer

        monkeypatch.setattr(found, "program", program)
        return found.read(["eth1", "eth2"])

    return read


@pytest.mark.parametrize("states", [["inactive"] * 3, []])
def test_a_host_without_all_of_it(host, states):
    seen = host(states)
    assert not any(seen._replace(reason="")) and seen.reason == "half of a line"


def test_why_nft_does_not_say_what_is_in_force(host):
    assert host([], {NFT: None}).reason == "nft is not installed"
    assert host([], {NFT: Outcome(-9, "", True)}).reason == "nft --json --terse list ruleset did not end within 60 s"
    assert "cannot be read" in host([], {NFT: "half of a line"}).reason
    assert "exit code 1" in host([], {NFT: Outcome(1, "", False)}).reason


def test_nftables_is_read_from_its_json(host):
    chain = {"chain": {"family": "inet", "table": "filter", "name": "input", "hook": "input"}}
    seen = host(["inactive", "active", "inactive"], {NFT: nft(chain, rule(ACCEPT, comment="x"))})
    assert seen.active == [found.NFTABLES] and seen.ruleset.chains == {"inet filter input": "input"}
    assert seen.ruleset.rules == [ruleset.Rule("inet filter input", 7, "x", None, [], False)]


@pytest.mark.parametrize("expressions, allowed", [
    ([IP, match(header(96, 32), 0xc612000c), match(L4, "vrrp"), ACCEPT], Allowed("ipv4", "198.18.0.12", "vrrp")),
    ([match(header(64, 128), "0xfe800000000000000000000000000012"), match(L4, 51), ACCEPT],
     Allowed("ipv6", "fe80::12", "ah")),
    ([match(payload("ip6", "saddr"), "fe80::12"), match(L4, 112), ACCEPT], Allowed("ipv6", "fe80::12", "vrrp")),
    ([IP, match(payload("tcp", "dport"), 80), ACCEPT], Allowed("ipv4", None, "tcp", 80)),
    ([match(payload("tcp", "dport"), 80), ACCEPT], None), ([IP, ACCEPT], None), ([], None),
    ([IP, match(payload("tcp", "dport"), 80), {"drop": None}], None),
    ([IP, match(payload("tcp", "dport"), 80, "!="), ACCEPT], None),
    ([IP, match(payload("tcp", "dport"), {"set": [80, 81]}), ACCEPT], None),
    ([IP, {"counter": {}}, match(payload("tcp", "dport"), 80), ACCEPT], None),
    ([IP, match(payload("ip", "daddr"), "198.18.0.12"), match(L4, 112), ACCEPT], None),
    ([IP, match(L4, "esp"), ACCEPT], None), ([match({"meta": {"key": "nfproto"}}, 99), match(L4, 112), ACCEPT], None)])
def test_a_rule_is_what_it_does(expressions, allowed):
    assert ruleset.parse(nft(rule(*expressions))).rules[0].allowed == allowed


def test_whoever_jumps_is_known_however_he_does_it():
    jump = {"jump": {"target": "x"}}
    vmap = {"vmap": {"key": L4, "data": {"set": [[112, {"goto": {"target": "x"}}]]}}}
    rules = ruleset.parse(nft(rule(jump), rule(IP, jump), rule(vmap))).rules
    assert [(each.targets, each.bare) for each in rules] == [(["x"], True), (["x"], False), (["x"], False)]


@pytest.mark.parametrize("text, active", [
    (b"ENABLED=yes\n", [found.UFW]), (b'ENABLED="Yes"', [found.UFW]), (b"ENABLED=no\n", []), (b"# ENABLED=yes\n", [])])
def test_ufw_is_in_force_where_its_file_says_so(host, text, active):
    seen = host(["inactive"] * 3, files={paths.UFW_CONF: text, paths.UFW_DEFAULTS: b"IPV6=no\n"})
    assert seen.active == active and list(seen.ufw) == ["ipv4"] * len(active)


def test_a_policy_that_is_in_force_and_in_no_file(host):
    answers = {("firewall-cmd", "--info-policy=keepalived"): "keepalived\n  priority: -1\n",
               ("firewall-cmd", "--permanent", "--get-policies"): "allow-host-ipv6"}
    seen = host(["active", "inactive", "inactive"], answers)
    assert seen.policy == {"priority: -1"} and seen.policy_owed
    answers["firewall-cmd", "--permanent", "--get-policies"] = "allow-host-ipv6 keepalived"
    assert not host(["active", "inactive", "inactive"], answers).policy_owed


def test_the_network_files_of_the_interfaces_that_networkd_manages(host):
    answers = {("networkctl", "--no-pager", "--full", "status", "eth1"): NETWORKCTL,
               ("networkctl", "--no-pager", "--full", "status", "eth2"): "  Network File: n/a\n"}
    assert host(["inactive", "inactive", "active"], answers).networks == {"eth1": "/etc/systemd/network/a.network"}
    assert host(["inactive", "inactive", "inactive"], answers).networks == {}


def test_the_filter_of_the_reverse_path_of_the_interfaces_that_are_there_and_not_keepaliveds_own(host):
    files = {f"{paths.PROC}/all/rp_filter": b"0\n", f"{paths.PROC}/eth1/rp_filter": b"2\n",
             f"{paths.PROC}/vrrp.51/rp_filter": b"0\n", "/sys/class/net/vrrp.51/address": b"00:00:5e:00:01:33\n"}
    assert host(["inactive"] * 3, files=files).rp_filter == {"all": 0, "eth1": 2}
