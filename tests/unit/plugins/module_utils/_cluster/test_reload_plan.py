# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a reload is foreseen to lose: the changes that the test of the daemon does with a real one, and some more."""

from __future__ import annotations

import re

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.reload_plan import plan
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read
from ansible_collections.openvip.cluster.tests.unit.plugins.modules.reload_changes import (
    A100,
    A101,
    A102,
    CHANGES,
    F100,
    F101,
    F102,
    PROMOTE,
    a,
    b,
    changes,
    conf,
    instance,
    placed,
    texts_of,
)

MOVED = CHANGES["to an instance before"]


def entry(line, own):
    words = line.split()
    options = dict(zip(words[1:], words[2:], strict=False))
    return {"address": words[0], "device": options.get("dev", own), "scope": options.get("scope", "global"),
            "label": options.get("label"), "no_track": "no_track" in words, "set": True}


def dumped(data, state="MASTER"):
    """Return what a daemon that has read the data says of its instances."""
    found = []
    for each in data["vrrp_instance"]:
        made = each.get("use_vmac")
        name = made if isinstance(made, str) else f"vrrp.{each['virtual_router_id']}"
        own = f"{name}@{each['interface']}" if made else each["interface"]
        found.append({"name": each["name"], "state": state, "interface": own.partition("@")[0],
                      "virtual_router_id": each["virtual_router_id"],
                      **{keyword: [entry(line, own) for line in each.get(keyword, [])]
                         for keyword in ("virtual_ipaddress", "virtual_ipaddress_excluded")}})
    return found


def listed(places):
    """Return what ip lists of the hosts' own addresses and of others, C(address/prefix interface) each."""
    found = {f"eth{number}": [(f"198.18.{number}.11", 24), (f"fd00:{number}::11", 64)] for number in range(2)}
    for place in places:
        address, _slash, rest = place.partition("/")
        prefix, device = rest.split()
        found.setdefault(device, []).append((address, int(prefix)))
    return [{"ifname": device, "addr_info": [{"local": address, "prefixlen": prefix, "scope": "global"}
                                             for address, prefix in held]} for device, held in found.items()]


def planned(before, after, promoting=(), places=None, version=None, **more):
    """Return the plan of the first host for a change from one data to another."""
    return plan(dumped(before, **more), texts_of(before)[0], texts_of(after)[0],
                listed(placed(before) if places is None else places), {"vrrp.51", "vrrp.52", *promoting}, version)


def lost(found):
    return [re.search(r"would lose (\S+) on", sentence).group(1) for sentence in found.reasons + found.rejected]


@pytest.mark.parametrize("version", [(2, 1, 5), (2, 2, 1), (2, 2, 2), (2, 3, 3), None])
@pytest.mark.parametrize("name", CHANGES)
def test_what_is_foreseen(name, version):
    change = changes(version or (9,))[name]
    found = planned(change.before, change.after, ("eth0", "eth1") if change.promoting else (), version=version)
    assert lost(found) == list(change.lost)
    assert len(found.texts) == change.reloads
    assert bool(found.rejected) == (change.reloads == 0)
    assert found.away == (list(change.lost) if change.reloads == 2 else [])


def test_the_two_steps_differ_by_the_lines_of_the_addresses():
    before, after = texts_of(MOVED.before)[0], texts_of(MOVED.after)[0]
    found = plan(dumped(MOVED.before), before, "# a comment\n" + after, listed(placed(MOVED.before)))
    between, last = found.texts
    assert last == "# a comment\n" + after
    assert [line for line in last.splitlines() if line not in between.splitlines()] == ["        198.18.0.101/24"]
    assert found.away == ["198.18.0.101"]
    assert found.reasons == ["vrrp_instance A: a reload would lose 198.18.0.101 on eth0. keepalived removes it from "
                             "vrrp_instance B, but still considers it as set."]


@pytest.mark.parametrize("name, remedy, steps", [
    ("virtual_router_ids swapped", "first without vrrp_instance B, then", [conf(instance("A", 52, A100))]),
    ("the first of the subnet of another instance leaves", "promote_secondaries in an instance on the interface eth0",
     [conf(a(A100, **PROMOTE), b(F101, F102))]),
    ("another name of a VMAC", "first without vrrp_instance A, then", [
        conf(b(A101)), conf(a(A100, use_vmac="vm2"), b(A101))]),
])
def test_the_remedy_helps(name, remedy, steps):
    change = CHANGES[name]
    assert all(remedy in sentence for sentence in planned(change.before, change.after).rejected)
    for before, after in zip([change.before, *steps], [*steps, change.after], strict=False):
        assert planned(before, after).rejected == []


def test_no_step_helps_where_the_kernel_rejects_the_address():
    change = CHANGES["another scope"]
    assert "Give all addresses of a subnet the same scope." in planned(change.before, change.after).rejected[0]


def test_a_host_that_has_no_address_loses_none():
    assert planned(MOVED.before, MOVED.after, places=[], state="BACKUP").texts == [texts_of(MOVED.after)[0]]


@pytest.mark.parametrize("instances", [None, []])
def test_a_daemon_that_does_not_answer(instances):
    assert plan(instances, None, texts_of(MOVED.after)[0], listed([])).texts == [texts_of(MOVED.after)[0]]


def test_a_file_that_the_daemon_has_not_read_does_not_count():
    after = texts_of(MOVED.after)[0]
    for before in (None, after, texts_of(conf(a(A102)))[0]):
        assert lost(plan(dumped(MOVED.before), before, after, listed(placed(MOVED.before)))) == ["198.18.0.101"]


def test_an_address_that_was_lost_comes_back_by_the_same_text():
    found = planned(MOVED.after, MOVED.after, places=["198.18.0.100/24 eth0", "198.18.0.102/24 eth0"])
    assert found.away == ["198.18.0.101"] and len(found.texts) == 2
    assert "is already missing on every interface" in found.reasons[0]


@pytest.mark.parametrize("text", ["", "include other.conf\n", "@lb1 $V=198.18.0.101/24\n", "$V=${_PWD}\n"])
def test_what_only_the_daemon_understands_is_left_to_it(text):
    after = text + texts_of(MOVED.after)[0].replace("198.18.0.101/24", "$V")
    assert plan(dumped(MOVED.before), None, after, listed(placed(MOVED.before))).texts == [after]


@pytest.mark.parametrize("definition, line", [
    ("$V=198.18.0.101/24", "$V"),
    ("$N=101", "198.18.0.${N}/24"),
    ("$N=101\n$V=198.18.0.${N}", "${V}/24"),
    ("$V=198.18.0.99\n$V=198.18.0.101", "${V}/24"),
])
def test_addresses_by_a_definition_are_foreseen(definition, line):
    before, after = (definition + "\n" + texts_of(data)[0].replace("198.18.0.101/24", line)
                     for data in (MOVED.before, MOVED.after))
    found = plan(dumped(MOVED.before), before, after, listed(placed(MOVED.before)))
    assert found.away == ["198.18.0.101"]
    between, last = found.texts
    assert last == after
    assert "        %s\n" % line not in between and "198.18.0.100/24" in between


def test_addresses_of_a_sequence_are_foreseen():
    after = texts_of(MOVED.after)[0].replace("198.18.0.101/24", "~SEQ(N,101,101) 198.18.0.${N}/24")
    found = plan(dumped(MOVED.before), None, after, listed(placed(MOVED.before)))
    assert found.away == ["198.18.0.101"]
    # the line of the address is that of another one, too: the address leaves by the former text
    many = after.replace("~SEQ(N,101,101)", "~SEQ(N,101,2,103)")
    found = plan(dumped(MOVED.before), texts_of(MOVED.before)[0], many, listed(placed(MOVED.before)))
    assert found.away == ["198.18.0.101"]
    assert "~SEQ" not in found.texts[0] and found.texts[1] == many


def test_version_2_may_be_without_an_address_for_a_reload():
    change = CHANGES["virtual_router_ids swapped"]
    second = {"router_id": "lb", "vrrp_version": 2}
    before, after = (
        dict(data, global_defs=second, vrrp_instance=[dict(each, advert_int=1) for each in data["vrrp_instance"]])
        for data in (change.before, change.after))
    found = planned(before, after)
    assert len(found.texts) == 2
    assert sorted(len(each.get("virtual_ipaddress", [])) for each in read(parse(found.texts[0]))["vrrp_instance"]) == [
        0, 1]


def test_static_addresses_count():
    static = {"static_ipaddress": [F100 + " dev eth0"]}
    places = ["198.19.0.100/24 eth0", "198.19.0.101/24 eth0"]
    found = planned(dict(conf(a(F101, A100)), **static), conf(a(F101, A100)), places=[*places, "198.18.0.100/24 eth0"])
    assert lost(found) == ["198.19.0.101"] and len(found.texts) == 2
    found = planned(dict(conf(a(A100)), **static), conf(a(A100, F100)), places=["198.19.0.100/24 eth0", *placed(
        conf(a(A100)))])
    assert len(found.texts) == 1


def test_unicast_instances_are_known_by_their_source_address():
    def peers(source="198.18.0.11"):
        return {"unicast_peer": ["198.18.0.12"], "unicast_src_ip": source}

    change = (conf(a(A100, **peers()), b(A102, A101, **peers())), conf(a(A100, A101, **peers()), b(A102, **peers())))
    assert lost(planned(*change)) == ["198.18.0.101"]
    other = conf(a(A100, A101, **peers()), b(A102, **peers("198.18.0.13")))
    assert len(planned(change[0], other).texts) == 1


def test_more_than_one_address_at_once():
    found = planned(conf(a(A100), b(A102, A101, F100)), conf(a(A100, A101, F100), b(A102)))
    assert found.away == ["198.18.0.101", "198.19.0.100"]
    found = planned(conf(a(F100, A100), b(A102, F101, F102)), conf(a(A100), b(A102, F101, F102)))
    assert found.away == ["198.19.0.101", "198.19.0.102"]
