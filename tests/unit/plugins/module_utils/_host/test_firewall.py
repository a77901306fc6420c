# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accepted packets as rules of each firewall, and back."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._host import firewall
from ansible_collections.openvip.cluster.plugins.module_utils._host.allowed import Allowed

CHAIN = "inet filter input"
VRRP = Allowed("ipv4", "198.18.0.12", "vrrp")
VRRP6 = Allowed("ipv6", "fe80::12", "vrrp")
SYNC = Allowed("ipv4", "198.18.0.12", "udp", 8848)
WEB = Allowed("ipv4", None, "tcp", 80)


def test_a_rule_of_nftables_is_one_in_a_table_of_any_family():
    assert [firewall.nftables_rule(each) for each in (VRRP, VRRP6, SYNC, WEB)] == [
        "meta protocol ip @nh,96,32 0xc612000c meta l4proto 112 accept "
        'comment "openvip.cluster: vrrp from 198.18.0.12"',
        "meta protocol ip6 @nh,64,128 0xfe800000000000000000000000000012 meta l4proto 112 accept "
        'comment "openvip.cluster: vrrp from fe80::12"',
        "meta protocol ip @nh,96,32 0xc612000c udp dport 8848 accept "
        'comment "openvip.cluster: udp port 8848 from 198.18.0.12"',
        'meta protocol ip tcp dport 80 accept comment "openvip.cluster: tcp port 80 from any ipv4"']


def test_a_table_of_one_family_never_sees_the_other():
    assert firewall.seen_by("ip filter INPUT", [VRRP, VRRP6]) == [VRRP]
    assert firewall.seen_by(CHAIN, [VRRP, VRRP6]) == [VRRP, VRRP6]


def test_ufw_has_rules_for_each_family():
    assert firewall.ufw_rules("ipv4", [VRRP, VRRP6, SYNC, WEB]) == [
        '-A ufw-before-input -s 198.18.0.12 -p 112 -m comment --comment "openvip.cluster: vrrp from 198.18.0.12" '
        "-j ACCEPT",
        "-A ufw-before-input -s 198.18.0.12 -p udp --dport 8848 -m comment "
        '--comment "openvip.cluster: udp port 8848 from 198.18.0.12" -j ACCEPT',
        '-A ufw-before-input -p tcp --dport 80 -m comment --comment "openvip.cluster: tcp port 80 from any ipv4" '
        "-j ACCEPT"]


LISTED = ('-A ufw-before-input -s 198.18.0.12/32 -p vrrp -m comment --comment "openvip.cluster: vrrp from 198.18.0.12" '
          "-j ACCEPT")


@pytest.mark.parametrize("listed, found", [
    (LISTED, [VRRP]), (LISTED.replace("-p vrrp", "-p 112"), [VRRP]), (LISTED.replace("ACCEPT", "DROP"), [None]),
    (LISTED.replace("-s 198.18.0.12/32", "-s 198.18.0.9/32"), [None]), (LISTED.replace("-j", "-i eth0 -j"), [None]),
    ("-N ufw-before-input\n-A ufw-before-input -i lo -j ACCEPT", []), ("", [])])
def test_ufw_is_read_back(listed, found):
    assert firewall.ufw_in_force("ipv4", listed) == found


def test_firewalld_has_a_policy_from_anywhere_to_the_host():
    policy = ElementTree.fromstring(firewall.firewalld_text([VRRP, SYNC, WEB]))
    assert (policy.get("target"), policy.get("priority")) == ("CONTINUE", "-1")
    assert (policy.find("ingress-zone").get("name"), policy.find("egress-zone").get("name")) == ("ANY", "HOST")
    vrrp, sync, web = policy.findall("rule")
    assert vrrp.find("source").get("address") == "198.18.0.12" and vrrp.find("protocol").get("value") == "vrrp"
    assert sync.find("port").attrib == {"port": "8848", "protocol": "udp"}
    assert web.find("source") is None and web.find("accept") is not None


def test_firewalld_is_read_back():
    info = """keepalived (active)
  priority: -1
  target: CONTINUE
  ingress-zones: ANY
  egress-zones: HOST
  services:
  masquerade: no
  rich rules:
\trule family="ipv4" source address="198.18.0.12" protocol value="vrrp" accept
\trule family="ipv4" port port="80" protocol="tcp" accept
"""
    expected = firewall.firewalld_lines([VRRP, WEB])
    assert firewall.firewalld_in_force(info) == expected
    assert firewall.firewalld_in_force(info.replace("services:", "services: ssh")) != expected
