# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of a host: its firewalls, our files and rules, and the networks of systemd-networkd."""

from __future__ import annotations

import json

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils import _io
from ansible_collections.openvip.cluster.plugins.module_utils._host import found, paths
from ansible_collections.openvip.cluster.plugins.module_utils._host.firewall import HEADER, NAME

CHAIN = "inet filter input"
LIST_CHAINS = ("nft", "--json", "list", "chains")
LIST_INPUT = ("nft", "--json", "--handle", "list", "chain", "inet", "filter", "input")
LIST_OURS = ("nft", "--json", "list", "chain", "inet", "filter", NAME)


def nft(kind, *entries):
    """Return what nft prints of entries of a kind."""
    return json.dumps({"nftables": [{"metainfo": {"version": "1.0.6"}}, *({kind: entry} for entry in entries)]})


CHAINS = nft("chain", {"family": "inet", "table": "filter", "name": "input", "hook": "input"},
             {"family": "inet", "table": "filter", "name": NAME})
INPUT = nft("rule", {"handle": 4, "expr": [{"accept": None}]}, {"handle": 7, "expr": [{"jump": {"target": NAME}}]})
OURS = nft("rule", {"comment": "VI_1: VRRP of lb2", "expr": []}, {"expr": []})
NETWORKCTL = """\
* 3: eth1
                     Link File: n/a
                  Network File: /etc/systemd/network/a.network
"""


@pytest.fixture
def host(monkeypatch):
    """Return a function that reads a host with these units, answers of programs, and files."""

    def read(states, answers=(), files=()):
        answers, files = dict(answers), dict(files)
        monkeypatch.setattr(_io, "load", files.get)
        monkeypatch.setattr(found.glob, "glob", lambda pattern: [path for path in files if ".network.d/" in path])
        monkeypatch.setattr(found.os, "listdir", lambda path: ["all", "eth1", "gone"])
        monkeypatch.setattr(found.os.path, "isdir", lambda path: path == found.SYSCTL)

        def run(words):
            if tuple(words[:2]) == ("systemctl", "is-active"):
                return 3, "\n".join(states) + "\n", ""
            return (0, answers[tuple(words)], "") if tuple(words) in answers else (1, "half of a line", "failed")

        return found.Reader(run).read(CHAIN, ["eth1", "eth2"])

    return read


def test_a_host_without_all_of_it(host):
    assert not any(host(["inactive"] * 3))


def test_where_systemd_does_not_answer_nothing_is_active(host):
    assert not any(host([]))


def test_nftables_with_our_chain(host):
    seen = host(["inactive", "active", "inactive"], {LIST_CHAINS: CHAINS, LIST_INPUT: INPUT, LIST_OURS: OURS})
    assert seen.active == [found.NFTABLES] and seen.jumps == [7] and seen.rules == ["VI_1: VRRP of lb2", ""]
    assert seen.chains == {CHAIN: "input", f"inet filter {NAME}": None}


def test_nftables_with_neither_chain(host):
    seen = host(["inactive", "active", "inactive"], {LIST_CHAINS: nft("chain")})
    assert (seen.chains, seen.jumps, seen.rules) == ({}, [], None)


def test_our_file_has_the_chains_read_where_nftables_is_not_in_force(host):
    seen = host(["inactive"] * 3, {LIST_CHAINS: CHAINS, LIST_INPUT: INPUT, LIST_OURS: OURS},
                {paths.NFTABLES: HEADER + "table"})
    assert seen.active == [] and seen.jumps == [7]


@pytest.mark.parametrize("text, active", [
    ("ENABLED=yes\n", [found.UFW]), ('ENABLED="Yes"', [found.UFW]), ("ENABLED=no\n", []), ("# ENABLED=yes\n", [])])
def test_ufw_is_in_force_where_its_file_says_so(host, text, active):
    assert host(["inactive"] * 3, files={paths.UFW_CONF: text}).active == active


def test_only_our_own_files_are_ours_and_those_with_a_block_are_read_in_any_case(host):
    drop_in = paths.network_drop_in("/run/systemd/network/10-netplan-eth1.network")
    others = paths.network_drop_in("/etc/systemd/network/b.network")
    ours = {paths.FIREWALLD: HEADER + "<policy/>", paths.SYSCTL: "net.ipv4.conf.all.rp_filter = 0\n", drop_in: HEADER,
            paths.NFTABLES_CONF[0]: "flush ruleset\n"}
    assert host(["active", "inactive", "inactive"], files={
        **ours, paths.NETWORKD: "[Network]\n", others: "[Network]\n"}).files == ours


def test_the_network_files_of_the_interfaces_that_networkd_manages(host):
    answers = {("networkctl", "--no-pager", "--full", "status", "eth1"): NETWORKCTL,
               ("networkctl", "--no-pager", "--full", "status", "eth2"): "  Network File: n/a\n"}
    assert host(["inactive", "inactive", "active"], answers).networks == {"eth1": "/etc/systemd/network/a.network"}
    assert host(["inactive", "inactive", "inactive"], answers).networks == {}


def test_the_filter_of_the_reverse_path_of_the_interfaces_that_are_still_there(host):
    files = {f"{found.SYSCTL}/all/rp_filter": "0\n", f"{found.SYSCTL}/eth1/rp_filter": "2\n"}
    assert host(["inactive"] * 3, files=files).rp_filter == {"all": 0, "eth1": 2}
