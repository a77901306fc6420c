# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is let in, in the words of each firewall."""

from __future__ import annotations

from xml.etree import ElementTree

from ansible_collections.openvip.cluster.plugins.module_utils._host import firewall
from ansible_collections.openvip.cluster.plugins.module_utils._host.needs import Allowed

CHAIN = "inet filter input"
VRRP = Allowed("ipv4", "198.18.0.12", "vrrp")
VRRP6 = Allowed("ipv6", "fe80::12", "vrrp")
SYNC = Allowed("ipv4", "198.18.0.12", "udp", 8848)
WEB = Allowed("ipv4", None, "tcp", 80)


def test_nftables_has_a_chain_of_ours_and_one_jump_to_it():
    lines = firewall.nftables_text(CHAIN, [VRRP, VRRP6, SYNC, WEB]).splitlines()
    assert lines[1:] == [
        "add chain inet filter keepalived",
        "flush chain inet filter keepalived",
        "add rule inet filter keepalived ip saddr 198.18.0.12 meta l4proto 112 accept "
        'comment "vrrp from 198.18.0.12"',
        'add rule inet filter keepalived ip6 saddr fe80::12 meta l4proto 112 accept comment "vrrp from fe80::12"',
        "add rule inet filter keepalived ip saddr 198.18.0.12 udp dport 8848 accept "
        'comment "udp port 8848 from 198.18.0.12"',
        "add rule inet filter keepalived meta nfproto ipv4 tcp dport 80 accept "
        'comment "tcp port 80 from any ipv4"',
        "insert rule inet filter input jump keepalived",
    ]


def test_a_table_of_one_family_never_sees_the_other():
    assert firewall.unseen("ip filter INPUT", [VRRP, VRRP6]) == [VRRP6]
    assert firewall.unseen(CHAIN, [VRRP, VRRP6]) == []


def test_ufw_has_a_block_for_each_family():
    assert firewall.ufw_block("ipv4", [VRRP, VRRP6, SYNC, WEB]).splitlines() == [
        "-A ufw-before-input -s 198.18.0.12 -p 112 -j ACCEPT",
        "-A ufw-before-input -s 198.18.0.12 -p udp --dport 8848 -j ACCEPT",
        "-A ufw-before-input -p tcp --dport 80 -j ACCEPT",
    ]
    assert firewall.ufw_block("ipv6", [VRRP, VRRP6]) == "-A ufw6-before-input -s fe80::12 -p 112 -j ACCEPT"


def test_firewalld_has_a_policy_from_anywhere_to_the_host():
    policy = ElementTree.fromstring(firewall.firewalld_text([VRRP, SYNC, WEB]))
    assert (policy.get("target"), policy.get("priority")) == ("CONTINUE", "-1")
    assert (policy.find("ingress-zone").get("name"), policy.find("egress-zone").get("name")) == ("ANY", "HOST")
    vrrp, sync, web = policy.findall("rule")
    assert vrrp.find("source").get("address") == "198.18.0.12" and vrrp.find("protocol").get("value") == "vrrp"
    assert sync.find("port").attrib == {"port": "8848", "protocol": "udp"}
    assert web.find("source") is None and web.find("accept") is not None
