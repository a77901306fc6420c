# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what a host needs and what it is to what is written there."""

from __future__ import annotations

import json

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._host import found, paths
from ansible_collections.openvip.cluster.plugins.module_utils._host.firewall import HEADER
from ansible_collections.openvip.cluster.plugins.module_utils._host.found import NOTHING
from ansible_collections.openvip.cluster.plugins.module_utils._host.plan import MARKER, UnusableError, make

CHAIN = "inet filter input"
ALLOW = [{"family": "ipv4", "source": "198.18.0.12", "protocol": "vrrp", "port": None}]
NEED = {"allow": ALLOW, "unknown": [], "interface": ["eth1"], "routes": False, "vmac": False}
CONF = {"/etc/nftables.conf": "flush ruleset\n"}
NFTABLES = NOTHING._replace(active=["nftables"], chains={CHAIN: "input"}, files=CONF)
UFW = NOTHING._replace(active=["nftables", "ufw"], chains={CHAIN: "input"},
                       files={"/etc/ufw/before.rules": "", "/etc/ufw/before6.rules": ""})
BLOCK = MARKER.format(mark="BEGIN") + "\nx\n" + MARKER.format(mark="END") + "\n"


def plan(have, wanted="auto", chain=CHAIN, **need):
    return make(dict(NEED, **need), have, wanted, chain)


def test_a_host_with_none_of_it_gets_nothing():
    made = plan(NOTHING)
    assert made == ("none", [], [], [], "", {})


@pytest.mark.parametrize("active, expected", [
    (["firewalld", "nftables"], "firewalld"), (["nftables", "ufw"], "ufw"), (["nftables"], "nftables"), ([], "none")])
def test_the_firewall_in_force_is_meant(active, expected):
    have = UFW._replace(active=active, files=dict(UFW.files, **CONF))
    assert plan(have).firewall == expected


def test_a_ruleset_that_drops_nothing_is_no_firewall():
    assert plan(NOTHING._replace(active=["nftables"], chains={"ip nat prerouting": "prerouting"})).firewall == "none"


def test_nftables_gets_a_file_its_include_and_the_rules_at_once():
    made = plan(NFTABLES)
    assert [each["path"] for each in made.files] == [paths.NFTABLES]
    assert [(each["path"], each["block"]) for each in made.blocks] == [
        ("/etc/nftables.conf", 'include "/etc/nftables/keepalived.nft"')]
    assert made.nftables == made.files[0]["content"]


def test_rules_that_are_in_force_are_not_loaded_again():
    have = NFTABLES._replace(jumps=[7], rules=["vrrp from 198.18.0.12"])
    assert plan(have).nftables == ""


@pytest.mark.parametrize("jumps, rules", [([7], ["vrrp from 198.18.0.99"]), ([7, 8], ["vrrp from 198.18.0.12"])])
def test_rules_that_are_others_are_replaced_in_one_transaction(jumps, rules):
    commands = plan(NFTABLES._replace(jumps=jumps, rules=rules)).nftables.splitlines()
    assert commands[:len(jumps)] == ["delete rule inet filter input handle %d" % handle for handle in jumps]
    assert commands.count("insert rule inet filter input jump keepalived") == 1


def test_without_a_firewall_all_of_nftables_goes():
    have = NFTABLES._replace(jumps=[7], rules=["vrrp from 198.18.0.12"],
                             files={paths.NFTABLES: HEADER, "/etc/nftables.conf": BLOCK})
    made = plan(have, "none")
    assert [each["path"] for each in made.absent] == [paths.NFTABLES]
    assert [each["block"] for each in made.blocks] == [""]
    assert made.nftables.splitlines() == [
        "delete rule inet filter input handle 7", "flush chain inet filter keepalived",
        "delete chain inet filter keepalived"]


def test_a_missing_chain_is_an_error_with_the_nearest():
    with pytest.raises(UnusableError, match=r'no chain "inet filter INPUT".*"inet filter input"'):
        plan(NFTABLES, chain="inet filter INPUT")


def test_a_chain_of_another_family_is_an_error():
    allow = [{"family": "ipv6", "source": "fe80::12", "protocol": "vrrp", "port": None}]
    with pytest.raises(UnusableError, match="never sees ipv6"):
        plan(NFTABLES._replace(chains={"ip filter input": "input"}), chain="ip filter input", allow=allow)


def test_a_peer_that_is_not_known_is_an_error_only_behind_a_firewall():
    assert plan(NOTHING, allow=[], unknown=["lb9 is not known"]).firewall == "none"
    with pytest.raises(UnusableError, match="lb9"):
        plan(NFTABLES, allow=[], unknown=["lb9 is not known"])


def test_ufw_gets_a_block_and_that_of_the_other_family_goes():
    have = UFW._replace(files={"/etc/ufw/before.rules": "", "/etc/ufw/before6.rules": BLOCK})
    assert [(each["path"], bool(each["block"]), each["notify"]) for each in plan(have).blocks] == [
        ("/etc/ufw/before.rules", True, ["Reload ufw"]), ("/etc/ufw/before6.rules", False, ["Reload ufw"])]


def test_ufw_by_name_where_it_is_not_installed_is_an_error():
    with pytest.raises(UnusableError, match="Install ufw"):
        plan(NOTHING, "ufw")


def test_networkd_gets_a_drop_in_in_etc_also_for_a_file_of_netplan():
    made = plan(NOTHING._replace(networks={"eth1": "/run/systemd/network/10-netplan-eth1.network"}))
    assert [(each["path"], each["notify"]) for each in made.files] == [
        ("/etc/systemd/network/10-netplan-eth1.network.d/openvip.conf", [])]
    assert "KeepConfiguration=static" in made.files[0]["content"]


def test_networkd_leaves_routes_alone_where_there_are_any():
    made = plan(NOTHING._replace(networks={"eth1": "/etc/systemd/network/a.network"}), routes=True)
    assert made.files[1]["path"] == paths.NETWORKD and "ManageForeignRoutes=no" in made.files[1]["content"]


def test_a_drop_in_of_another_interface_goes():
    path = "/etc/systemd/network/old.network.d/openvip.conf"
    made = plan(NOTHING._replace(files={path: HEADER}))
    assert made.absent == [{"path": path, "notify": []}]


def test_with_use_vmac_each_interface_gets_what_it_had_by_the_filter_for_all():
    filters = {"all": 1, "default": 0, "lo": 0, "eth0": 2, "eth1": 0, "eth0.7": 0}
    assert plan(NOTHING._replace(rp_filter=filters), vmac=True).sysctl == {
        "net.ipv4.conf.all.rp_filter": 0, "net.ipv4.conf.default.rp_filter": 1, "net.ipv4.conf.eth1.rp_filter": 1,
        "net/ipv4/conf/eth0.7/rp_filter": 1}


def test_the_settings_of_use_vmac_go_with_it():
    have = NOTHING._replace(files={paths.SYSCTL: "net.ipv4.conf.all.rp_filter=0\n"})
    assert plan(have, vmac=True).absent == []
    assert [each["path"] for each in plan(have).absent] == [paths.SYSCTL]


def test_nftables_is_read_from_its_json():
    rules = [{"rule": {"handle": 4, "expr": [{"accept": None}]}},
             {"rule": {"handle": 9, "expr": [{"jump": {"target": "keepalived"}}]}}]
    text = json.dumps({"nftables": [
        {"metainfo": {}}, {"chain": {"family": "inet", "table": "filter", "name": "input", "hook": "input"}}, *rules]})
    assert found.chains_of(text) == {CHAIN: "input"}
    assert found.jumps_of(found.rules_of(text)) == [9]
    assert found.chains_of("") == {}


@pytest.mark.parametrize("text, path", [
    ("         Network File: /etc/systemd/network/a.network\n", "/etc/systemd/network/a.network"),
    ("         Network File: n/a\n", None), ("", None)])
def test_the_network_file_is_read_from_networkctl(text, path):
    assert found.network_file(text) == path


@pytest.mark.parametrize("text, enabled", [("# x\nENABLED=yes\n", True), ("ENABLED=no\n", False), (None, False)])
def test_ufw_is_on_by_its_file(text, enabled):
    assert found.is_enabled(text) is enabled
