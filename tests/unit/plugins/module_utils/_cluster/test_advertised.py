# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a change the peers see on the wire, and for how long they may see it on one host alone."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.advertised import change

INSTANCE = {"name": "VI_1", "interface": "eth1", "virtual_router_id": 51, "priority": 240,
            "virtual_ipaddress": ["198.18.0.100/24"]}


def instance(section=None, **keys):
    block = {key: value for key, value in dict(INSTANCE, **keys).items() if value is not ...}
    return dict(section or {}, vrrp_instance=[block])


def password(word, kind="PASS"):
    return {"auth_type": kind, "auth_pass": word}


UNICAST = {"unicast_src_ip": "198.18.0.11", "unicast_peer": ["198.18.0.12", "198.18.0.13"]}


@pytest.mark.parametrize("before, after", [
    (instance(), instance()),
    (instance(), instance(priority=100, nopreempt=True, state="BACKUP", garp_master_delay=1)),
    (instance(), instance({"global_defs": {"router_id": "lb1"}})),
    (instance(), instance(virtual_ipaddress=["198.18.0.100/32 dev eth2 label eth2:1"])),
    (instance(), instance(virtual_ipaddress_excluded=["198.18.0.101/24"])),
    (instance(), instance(version=2, advert_int=1)),
    (instance(), instance({"global_defs": {"vrrp_version": 2}})),
    (instance(advert_int=1.4), instance(advert_int=1)),
    (instance(version=3, advert_int=0.1), instance(version=3, advert_int=0.5)),
    (instance(version=3, authentication=password("a")), instance(version=3)),
    (instance(), instance(name="VI_A")),
    (instance(mcast_src_ip="198.18.0.11"), instance()),
    (instance(unicast_src_ip="198.18.0.11", unicast_peer=["198.18.0.12"]), instance(**UNICAST)),
    ({}, instance()),
    (instance(), {}),
    (instance(), {"vrrp_instance": [*instance()["vrrp_instance"], dict(INSTANCE, name="VI_2", virtual_router_id=52)]}),
])
def test_what_peers_do_not_see(before, after):
    assert change(before, after) == ([], None)


def test_what_peers_do_not_see_backwards():
    assert change(instance(**UNICAST), instance(name="VI_A", priority=1, **UNICAST)) == ([], None)


@pytest.mark.parametrize("one, other, said, back", [
    ({}, {"virtual_ipaddress": ["198.18.0.100/24", "198.18.0.101/24"]},
     ["virtual_ipaddress gains 198.18.0.101."], ["virtual_ipaddress loses 198.18.0.101."]),
    ({}, {"virtual_ipaddress": ["198.18.0.101/24"]},
     ["virtual_ipaddress gains 198.18.0.101.", "virtual_ipaddress loses 198.18.0.100."],
     ["virtual_ipaddress gains 198.18.0.100.", "virtual_ipaddress loses 198.18.0.101."]),
    ({}, {"advert_int": 2}, ["advert_int becomes 2 instead of 1."], ["advert_int becomes 1 instead of 2."]),
    ({}, {"version": 3, "advert_int": 0.1}, ["version becomes 3 instead of 2."], ["version becomes 2 instead of 3."]),
    ({"authentication": password("geheim")}, {"authentication": password("secret")},
     ["authentication changes (passwords are not shown)."], ["authentication changes (passwords are not shown)."]),
    ({}, {"authentication": password("secret")},
     ["authentication changes (passwords are not shown)."], ["authentication changes (passwords are not shown)."]),
    ({"authentication": password("secret")}, {"authentication": password("secret", "AH")},
     ["authentication changes (passwords are not shown)."], ["authentication changes (passwords are not shown)."]),
    ({"version": 3}, {"version": 3, "v3_checksum_as_v2": True},
     ["the bytes of its adverts change (v3_checksum_as_v2, old_unicast_checksum)."],
     ["the bytes of its adverts change (v3_checksum_as_v2, old_unicast_checksum)."]),
])
def test_what_peers_see(one, other, said, back):
    for former, latter, sentences in ((one, other, said), (other, one, back)):
        assert change(instance(**former), instance(**latter)).advertised == [
            "vrrp_instance VI_1: " + sentence for sentence in sentences]


@pytest.mark.parametrize("one, other, said", [
    ({}, {"virtual_router_id": 52}, "virtual_router_id becomes 52 instead of 51."),
    ({}, {"interface": "eth2"}, "interface becomes eth2 instead of eth1."),
    ({}, {"mcast_dst_ip": "224.0.0.19"}, "multicast_group becomes 224.0.0.19 instead of 224.0.0.18."),
    ({}, {"use_vmac": "vrrp.51"}, 'device becomes {"use_vmac": "vrrp.51"} instead of nothing.'),
    (UNICAST, dict(UNICAST, unicast_src_ip="198.18.0.14"),
     "unicast_src_ip becomes 198.18.0.14 instead of 198.18.0.11."),
])
def test_what_begins_a_new_virtual_router(one, other, said):
    (sentence,) = change(instance(**one), instance(**other)).advertised
    assert sentence.startswith("vrrp_instance VI_1: " + said)
    assert "nobody has its addresses" in sentence


@pytest.mark.parametrize("keys, former", [
    ({}, {}), ({"virtual_ipaddress": ["198.18.0.102/24"], "virtual_ipaddress_excluded": ["198.18.0.100/24"]}, {}),
    ({}, {"virtual_ipaddress": ["198.18.0.102/24"], "virtual_ipaddress_excluded": ["198.18.0.100/24"]}),
])
def test_an_address_that_goes_to_a_new_virtual_router_with_a_new_name(keys, former):
    """A host without the change would hold it as the former one."""
    after = instance(name="VI_9", virtual_router_id=59, **keys)
    sentence, *dummy = change(instance(**former), after).advertised
    assert sentence.startswith("vrrp_instance VI_9: virtual_router_id becomes 59 instead of 51.")


@pytest.mark.parametrize("keyword", ["virtual_ipaddress_excluded", "virtual_ipaddress"])
def test_an_address_that_no_advert_names_goes_to_another_virtual_router(keyword):
    """Each of them may be held by another host, and both would hold the address while the hosts differ."""
    other = dict(INSTANCE, name="VI_2", virtual_router_id=52, virtual_ipaddress=["198.18.0.102/24"])
    before = {"vrrp_instance": [dict(INSTANCE, **{keyword: ["198.18.0.100/24", "198.18.0.101/24"]}), other]}
    after = {"vrrp_instance": [dict(INSTANCE), dict(other, virtual_ipaddress_excluded=["198.18.0.101/24"])]}
    seen = change(before, after)
    assert seen.window is not None and seen.advertised[-1] == (
        "vrrp_instance VI_2: virtual_ipaddress_excluded takes over 198.18.0.101 from another vrrp_instance.")


def test_a_virtual_router_that_is_split():
    both = {"vrrp_instance": [
        dict(INSTANCE, name=name, virtual_router_id=number, virtual_ipaddress=[address])
        for name, number, address in (("VI_8", 58, "198.18.0.100/24"), ("VI_9", 59, "198.18.0.101/24"))]}
    whole = instance(virtual_ipaddress=["198.18.0.100/24", "198.18.0.101/24"])
    assert {sentence.split(":")[0] for sentence in change(whole, both).advertised} == {
        "vrrp_instance VI_8", "vrrp_instance VI_9"}


def test_a_peer_that_gets_no_adverts_any_more():
    after = instance(**{**UNICAST, "unicast_peer": ["198.18.0.12"]})
    assert change(instance(**UNICAST), after).advertised == [
        "vrrp_instance VI_1: unicast_peer loses 198.18.0.13."]


@pytest.mark.parametrize("one, other, window", [
    # RFC 3768: the skew of version 2 is a part of a second
    ({"advert_int": 2}, {"advert_int": 1}, 2 * 1 + 16 / 256),
    # RFC 5798: that of version 3 a part of the interval, and the shorter interval of the two decides
    ({}, {"version": 3, "advert_int": 0.1}, 2 * 0.1 + 0.1 * 16 / 256),
    ({"down_timer_adverts": 5}, {"down_timer_adverts": 5, "advert_int": 2}, 4 * 1 + 16 / 256),
    ({"priority": ...}, {"priority": ..., "advert_int": 2}, 2 * 1 + 156 / 256),
])
def test_for_how_long_hosts_may_differ(one, other, window):
    assert change(instance(**one), instance(**other)).window == pytest.approx(window)
    assert change(instance(**other), instance(**one)).window == pytest.approx(window)
