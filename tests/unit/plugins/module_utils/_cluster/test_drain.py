# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which real servers may be drained, by what the directors report, and when a drain has ended."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.drain import Wish, decide, progress
from ansible_collections.openvip.cluster.plugins.module_utils._status.summary import summarise
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._status.clusters import (
    VIP,
    host,
    instance,
    service,
    unreachable,
)
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._status.clusters import (
    real_server as server,
)

WEB1, WEB2, WEB3 = ("198.18.0.2%d" % number for number in (1, 2, 3))
SORRY = {"ip": "127.0.0.1", "port": 80, "lvs_method": "DR", "weight": 1, "active_connections": 0,
         "inactive_connections": 0}
NOW = "2026-12-01T08:00:00Z"
TWO = (server(1), server(2))
KINDS = {"TCP": {}, "UDP": {"protocol": "UDP"}, "persistent": {"persistence_timeout": 360}, "fwmark": {"fwmark": 7}}


def written(kind, *numbers, **more):
    """A virtual_server of the file with real servers by number."""
    own = {"fwmark": 7} if kind == "fwmark" else {"ip": VIP, "port": 80, "protocol": "UDP" if kind == "UDP" else "TCP"}
    return dict(own, real_server=[{"ip": f"198.18.0.2{number}", "port": 80} for number in numbers], **more)


def table(kind, *servers):
    """A service of the table."""
    found = service(*servers, fwmark=7 if kind == "fwmark" else None)
    return dict(found, protocol="UDP") if kind == "UDP" else found


def pair(kind="TCP", servers=TWO, second=None, drained=(), restored=(), **more):
    """Two directors, of which lb1 balances: these real servers in their tables, and web1 to web3 in their files."""
    config = [written(kind, 1, 2, 3, **more)]
    members = [
        host("lb1", instance("MASTER", 250), virtual_server=config, ipvs=[table(kind, *servers)]),
        host("lb2", instance("BACKUP", 240), virtual_server=config,
             ipvs=[table(kind, *(servers if second is None else second))])]
    for each in members:
        each["keepalived"].update(drained=list(drained), restored=list(restored))
    return members


def entry(name, address, since="2026-11-01T00:00:00Z", remove=False):
    return {"name": name, "addresses": [address], "by": "bob@admin", "since": since, "remove": remove}


def wish(**servers):
    options = {key: servers.pop(key) for key in ("restore", "remove", "force") if key in servers}
    return Wish({name: [address] for name, address in servers.items()}, "anna@admin", NOW, **options)


def decided(reports, asked):
    return decide(reports, summarise(reports), ["lb1", "lb2"], asked)


def ids(findings):
    return [finding.id for finding in findings]


DRAINED2 = [entry("web2", WEB2)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("servers", "drained", "asked", "refused"), [
    # one is left
    ([server(1), server(2)], [], {"web1": WEB1}, []),
    ([server(1), server(2), server(3)], [], {"web1": WEB1, "web2": WEB2}, []),
    # the last one; the sorry server, a drained one and one that fails its check are nobody
    ([server(1)], [], {"web1": WEB1}, ["drain-last"]),
    ([server(1), SORRY], [], {"web1": WEB1}, ["drain-last"]),
    ([server(1), server(2, 0)], DRAINED2, {"web1": WEB1}, ["drain-last"]),
    ([server(1), server(2, 0)], [], {"web1": WEB1}, ["drain-last"]),
    ([server(1), server(2)], [], {"web1": WEB1, "web2": WEB2}, ["drain-last"]),
    # one that was drained before, but has not weight 0 yet: the run was interrupted
    ([server(1), server(2)], DRAINED2, {"web1": WEB1}, ["drain-last"]),
    # drained already, or down: nothing is lost
    ([server(1), server(2, 0)], DRAINED2, {"web2": WEB2}, []),
    ([server(1)], [], {"web2": WEB2}, []),
    ([server(1), server(3), server(2, 0)], DRAINED2, {"web1": WEB1}, []),
    ([server(1), server(2)], [], {"web1": WEB1, "web2": WEB2, "force": True}, []),
])
def test_the_last_usable_real_server_is_refused_and_no_other(kind, servers, drained, asked, refused):
    plan, findings = decided(
        pair(kind, servers, drained=drained, sorry_server="127.0.0.1 80"), wish(**asked))
    assert ids(findings) == refused, findings
    assert {each["name"] for each in plan.drained} == {
        name for name in asked if name != "force"} | {each["name"] for each in drained}


def test_a_refusal_names_why_each_other_one_cannot_take_the_requests():
    _plan, (finding,) = decided(
        pair(servers=[server(1), server(2, 0), SORRY], drained=DRAINED2, sorry_server="127.0.0.1 80"),
        wish(web1=WEB1))
    assert finding.object == "virtual_server 198.18.0.100 80 TCP"
    assert "without 198.18.0.21 80" in finding.message and "drain_force=true" in finding.remedy
    for reason in ("web2 is drained by bob@admin since 2026-11-01T00:00:00Z", "127.0.0.1 80 is the sorry server",
                   "198.18.0.23 80 is not in the table, because its check fails"):
        assert reason in finding.message


def test_below_the_quorum_keepalived_takes_all_out_for_the_sorry_server():
    reports = pair(servers=[server(1), server(2)], sorry_server="127.0.0.1 80", quorum=2)
    assert ids(decided(reports, wish(web1=WEB1))[1]) == ["drain-quorum"]
    assert ids(decided(pair(servers=[server(1), server(2)], quorum=2), wish(web1=WEB1))[1]) == []
    assert ids(decided(pair(servers=[server(1), server(2), server(3)], sorry_server="127.0.0.1 80", quorum=2),
                       wish(web1=WEB1))[1]) == []


def test_who_balances_counts_and_not_the_other_director():
    assert ids(decided(pair(servers=[server(1), server(2)], second=[server(1)]), wish(web1=WEB1))[1]) == []
    assert ids(decided(pair(servers=[server(1)], second=[server(1), server(2)]), wish(web1=WEB1))[1]) == ["drain-last"]


def test_a_drain_is_kept_with_who_and_when_and_a_second_one_is_added():
    plan, findings = decided(pair(servers=[server(1), server(2, 0), server(3)], drained=DRAINED2),
                             wish(web1=WEB1, web2=WEB2))
    assert not findings and plan.drained == [DRAINED2[0], {
        "name": "web1", "addresses": [WEB1], "by": "anna@admin", "since": NOW, "remove": False}]
    assert "web2 is drained already, by bob@admin since 2026-11-01T00:00:00Z." in plan.lines


def test_an_address_stands_for_the_name_by_which_it_is_drained():
    reports = pair(servers=[server(1), server(2, 0)], drained=DRAINED2)
    plan, findings = decided(reports, Wish({WEB2: [WEB2]}, "anna@admin", NOW))
    assert not findings and plan.drained == DRAINED2 and plan.names == ["web2"]
    assert decided(reports, Wish({WEB2: [WEB2]}, "anna@admin", NOW, restore=True))[0].drained == []


@pytest.mark.parametrize(("names", "left"), [({"web2": []}, ["web3"]), ({}, []), ({"web1": []}, ["web2", "web3"])])
def test_a_restore_is_by_name_or_of_all_that_is_remembered(names, left):
    plan, findings = decided(pair(drained=[*DRAINED2, entry("web3", WEB3)]),
                             Wish(names, "anna@admin", NOW, restore=True))
    assert not findings and [each["name"] for each in plan.drained] == left and plan.restored == []


def test_a_director_that_is_not_reached_is_named_and_learns_of_a_restore_later():
    three = [server(1), server(2, 0), server(3)]
    reports = [pair(servers=three, drained=DRAINED2)[0], unreachable("lb2")]
    plan, findings = decided(reports, wish(web1=WEB1))
    assert not findings and plan.directors == ["lb1"] and plan.missed == ["lb2"] and "lb2" in plan.lines[-1]
    plan, _findings = decided(reports, Wish({"web2": []}, "anna@admin", NOW, restore=True))
    assert plan.drained == [] and plan.restored == [{"name": "web2", "by": "anna@admin", "since": NOW}]
    # lb2 is back, and still remembers the drain
    reports = pair(drained=DRAINED2)
    reports[0]["keepalived"].update(drained=[], restored=plan.restored)
    plan, _findings = decided(reports, wish(web1=WEB1))
    assert [each["name"] for each in plan.drained] == ["web1"] and plan.restored == []


def test_it_is_refused_while_nobody_who_answers_balances():
    reports = [unreachable("lb1"), pair()[1]]
    assert ids(decided(reports, wish(web1=WEB1))[1]) == ["drain-holder-unknown"]
    assert ids(decided(reports, wish(web1=WEB1, force=True))[1]) == []
    assert ids(decided([unreachable("lb1"), unreachable("lb2")], wish(web1=WEB1))[1]) == ["drain-no-director"]


def test_a_table_that_is_not_known_is_refused():
    reports = pair()
    reports[0]["ipvs"] = {"failed": True, "msg": "Run the task with become: true."}
    (finding,) = decided(reports, wish(web1=WEB1))[1]
    assert finding.id == "drain-table-unknown" and "become" in finding.message


@pytest.mark.parametrize("addresses", [[], ["198.18.0.99"]])
def test_a_name_that_is_no_real_server_is_refused_with_those_that_are(addresses):
    (finding,) = decided(pair(), Wish({"web9": addresses}, "anna@admin", NOW))[1]
    assert finding.id == "drain-unknown" and WEB1 in finding.remedy


def answer(state, waited_for=0, weight=0, others=(WEB2,), held=(VIP,), **kinds):
    place = {"service": {"ip": VIP, "port": 80, "protocol": "TCP", "fwmark": None, "ip_family": "inet"},
             "ip": WEB1, "port": 80, "weight": weight, "others": list(others)}
    connections = dict({"established": 0, "opening": 0, "udp": 0, "closing": 0, "template": 0, "expires": 0}, **kinds)
    return {"state": state, "held": list(held) if state != "idle" else [], "waited_for": waited_for,
            "connections": connections, "real_server": [] if state == "gone" else [place]}


IDLE = answer("idle")
DEAD = {"unreachable": True, "msg": "Connection timed out"}


@pytest.mark.parametrize(("waited", "finished", "said", "wrong"), [
    ({"lb1": answer("drained"), "lb2": IDLE}, True, "web1 has 0 connections on lb1", None),
    ({"lb1": answer("busy", 3, established=1, udp=2, template=4), "lb2": IDLE}, False,
     "web1 has 3 connections on lb1 (1 established, 2 of UDP, 4 persistent clients)", None),
    # the director fails over: nobody has the address for a while, then the other one
    ({"lb1": DEAD, "lb2": IDLE}, False, "Nobody who answers holds 198.18.0.100.", None),
    ({"lb1": DEAD, "lb2": answer("busy", 2, established=2)}, False, "lb1 does not answer: Connection timed out", None),
    ({"lb1": DEAD, "lb2": answer("drained")}, True, "web1 has 0 connections on lb2", None),
    # the real server dies, or the others do
    ({"lb1": answer("gone"), "lb2": IDLE}, True, "", "198.18.0.21 80 has left the table of 198.18.0.100 80 TCP on lb1"),
    ({"lb1": answer("drained", others=()), "lb2": IDLE}, True, "", "has no usable real server left on lb1"),
    # the daemon has not taken the weight yet, or a check sets it
    ({"lb1": answer("busy", weight=30), "lb2": IDLE}, False, "198.18.0.21 has still weight 30 in", None),
])
def test_how_far_a_drain_is(waited, finished, said, wrong):
    plan = decided(pair(), wish(web1=WEB1))[0]._asdict()
    found = progress(plan, waited)
    assert found.finished is finished and said in "\n".join(found.lines)
    assert (wrong in "\n".join(found.wrong)) if wrong else not found.wrong
