# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The questions on the wire, and whom they are put to."""

from __future__ import annotations

import ipaddress
import struct

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils import _arp
from ansible_collections.openvip.cluster.plugins.module_utils._metrics import ask

CARD, OTHER = bytes.fromhex("0242c6120011"), bytes.fromhex("0242c6120012")
VIP, VIP6 = ipaddress.ip_address("198.18.0.100"), ipaddress.ip_address("2001:db8:18::100")


def interface(name, *addresses, card=CARD, **more):
    """Return an interface as ip lists it."""
    return dict({"ifname": name, "flags": ["BROADCAST", "UP"], "address": ask.card_text(card),
                 "addr_info": [{"local": address} for address in addresses]}, **more)


def test_a_probe_claims_nothing():
    frame = _arp.probe(CARD, VIP.packed)
    assert frame[:14] == b"\xff" * 6 + CARD + b"\x08\x06"
    sender, asked = struct.unpack_from("!4s6x4s", frame, 14 + 14)
    assert (sender, asked) == (bytes(4), VIP.packed)
    assert ask.arp_claim(frame) == (None, b"")


@pytest.mark.parametrize("operation", [1, 2], ids=["announcement", "reply"])
def test_whoever_sends_from_an_address_claims_it(operation):
    body = _arp.BODY.pack(1, 0x0800, 6, 4, operation, OTHER, VIP.packed, CARD, bytes(4))
    assert ask.arp_claim(CARD + OTHER + b"\x08\x06" + body) == (VIP, OTHER)


@pytest.mark.parametrize("frame", [b"", bytes(41), CARD + OTHER + b"\x08\x06" + bytes(28)])
def test_what_is_no_arp_of_ethernet_and_ipv4_claims_nothing(frame):
    assert ask.arp_claim(frame) == (None, b"")


def test_a_solicitation_asks_those_who_could_have_the_address():
    message = ask.solicitation(CARD, VIP6)
    assert message[0] == 135 and message[8:24] == VIP6.packed and message[24:] == bytes((1, 1)) + CARD
    assert ask.solicited(VIP6) == "ff02::1:ff00:100"


def test_an_advertisement_names_the_address_and_the_card():
    answer = ask.NEIGHBOUR.pack(136, 0, 0, 0x60000000, VIP6.packed)
    assert ask.neighbour_claim(answer + bytes((2, 1)) + OTHER) == (VIP6, OTHER)
    assert ask.neighbour_claim(answer) == (VIP6, b"")
    assert ask.neighbour_claim(answer + bytes((2, 0)) + OTHER) == (VIP6, b"")
    assert ask.neighbour_claim(b"\x87" + answer[1:]) == (None, b"")
    assert ask.neighbour_claim(answer[:20]) == (None, b"")


def test_an_address_is_asked_for_where_it_is_and_only_when_it_is_held():
    found = [interface("lo", "127.0.0.1", "198.18.0.100", flags=["LOOPBACK", "UP"], card=bytes(6)),
             interface("eth0", "192.0.2.1"),
             interface("eth1", "198.18.0.11", "198.18.0.101", "fe80::11", "2001:db8:18::100")]
    virtual = {VIP, VIP6, ipaddress.ip_address("198.18.0.101"), ipaddress.ip_address("198.18.0.102")}
    assert ask.segments(found, virtual) == [
        ask.Segment("eth1", CARD, "fe80::11", (ipaddress.ip_address("198.18.0.101"), VIP6))]


def test_a_virtual_link_local_address_does_not_ask():
    found = [interface("eth1", "fe80::100", "fe80::11", "2001:db8:18::100")]
    virtual = {VIP6, ipaddress.ip_address("fe80::100")}
    assert [segment.source for segment in ask.segments(found, virtual)] == ["fe80::11"]


@pytest.mark.parametrize("wrong", [{"flags": ["BROADCAST"]}, {"address": ""}, {"address": "198.18.0.1"}])
def test_an_interface_that_is_down_or_no_ethernet_is_not_asked_by(wrong):
    assert ask.segments([interface("eth1", "198.18.0.100", **wrong)], {VIP}) == []


def test_an_address_of_use_vmac_is_asked_for_below_and_its_card_may_be_another_hosts():
    virtual_card = bytes.fromhex("00005e000133")
    found = [interface("eth1", "198.18.0.11"),
             interface("vrrp.51", "198.18.0.100", card=virtual_card, link="eth1", linkinfo={"info_kind": "macvlan"})]
    assert ask.segments(found, {VIP}) == [ask.Segment("eth1", CARD, "", (VIP,))]
    assert ask.own_cards(found) == {CARD}


def test_an_address_on_a_vlan_is_asked_for_in_the_vlan():
    found = [interface("eth1"), interface("eth1.7", "198.18.0.100", link="eth1", linkinfo={"info_kind": "vlan"})]
    assert [segment.device for segment in ask.segments(found, {VIP})] == ["eth1.7"]
