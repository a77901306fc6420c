# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status of a cluster: who holds what, and what is wrong."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._status.summary import director, summarise
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._status import clusters
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._status.clusters import (
    BAD,
    VIP,
    VIP2,
    host,
    instance,
    real_server,
    service,
)


def found(reports, **options):
    """Return id, severity and hosts of every finding."""
    return [(finding["id"], finding["severity"], *finding["hosts"])
            for finding in summarise(reports, **options)["findings"]]


def test_of_a_healthy_pair_one_holds_and_nothing_is_wrong():
    status = summarise(clusters.pair())
    assert status["findings"] == []
    (group,) = status["vrrp_instance"]
    assert (group["name"], group["virtual_router_id"]) == ("VI_1", 51)
    assert group["vips"] == [{"address": VIP, "prefix": 24, "known": ["lb1", "lb2"], "holders": ["lb1"]}]
    assert [(member["host"], member["state"], member["priority"], member["effective_priority"], member["age"],
             member["good"]) for member in group["members"]] == [
                 ("lb1", "MASTER", 250, 250, 4000.0, True), ("lb2", "BACKUP", 249, 249, 4000.0, True)]


@pytest.mark.parametrize("cluster, expected", [
    (clusters.maintenance, [("maintenance", "info", "lb1")]),
    (clusters.split, [("several-holders", "error", "lb1", "lb2")]),
    (clusters.nobody, [("no-holder", "error", "lb1", "lb2"), ("instance-fault", "error", "lb1"),
                       ("instance-fault", "error", "lb2")]),
    (clusters.one_down, [("host-unreachable", "error", "lb1"), ("recent-transition", "info", "lb2")]),
    (clusters.stopped, [("not-running", "error", "lb1")]),
    (clusters.killed, [("not-running", "error", "lb1"), ("several-holders", "error", "lb1", "lb2"),
                       ("address-left", "error", "lb1")]),
    (clusters.lvs, [("real-server-missing", "warning", "lb2"), ("real-server-missing", "warning", "lb1", "lb2"),
                    ("drained", "info", "lb1", "lb2")]),
    (clusters.three, [("tracked-bad", "warning", "lb3"), ("tracked-bad", "warning", "lb3")]),
], ids=lambda value: getattr(value, "__name__", ""))
def test_what_is_wrong_is_found(cluster, expected):
    assert found(cluster()) == expected


@pytest.mark.parametrize("reports, expected", [
    ([host("lb1", instance("MASTER", 250), addresses=[]), host("lb2", instance("BACKUP", 249))],
     [("no-holder", "error", "lb1", "lb2"), ("master-without-address", "error", "lb1")]),
    ([host("lb1", instance("MASTER", 250)), host("lb2", instance("MASTER", 249), addresses=[])],
     [("several-masters", "error", "lb1", "lb2"), ("master-without-address", "error", "lb2")]),
    ([host("lb1", instance("BACKUP", 250)), host("lb2", instance("MASTER", 249))],
     [("not-preferred", "info", "lb2", "lb1")]),
    ([host("lb1", version=None, running=False), host("lb2", instance("MASTER", 249))],
     [("not-installed", "error", "lb1")]),
    ([host("lb1"), host("lb2", instance("MASTER", 249))], [("no-instance", "warning", "lb1")]),
    ([{"name": "lb1", "keepalived": {"failed": True, "msg": "keepalived wrote no dump"}, "ipvs": {}},
      host("lb2", instance("BACKUP", 249))], [("host-failed", "error", "lb1"), ("holder-unknown", "warning", "lb2")]),
    ([host("lb1", instance("MASTER", 250, tracked=None))], []),
    ([host("lb1", instance("MASTER", 250, 230, tracked=[BAD]))], [("tracked-bad", "warning", "lb1")]),
    ([host("lb1", instance("MASTER", 250), ipvs=[service(real_server(1, 0))]), host("lb2", instance("BACKUP", 249))],
     [("no-real-server", "error", "lb1"), ("virtual-server-missing", "warning", "lb2"), ("drained", "info", "lb1")]),
    ([host("lb1", instance("MASTER", 250), ipvs=[service(real_server(1, 3))]),
      host("lb2", instance("BACKUP", 249), ipvs=[service(real_server(1, 1))])],
     [("weights-differ", "warning", "lb1", "lb2")]),
])
def test_single_faults_are_found(reports, expected):
    assert found(reports) == expected


@pytest.mark.parametrize("remove", [False, True])
def test_who_has_drained_a_real_server_is_told_and_where_that_is_not_known(remove):
    reports = clusters.lvs()
    entry = {"name": "web2", "addresses": ["198.18.0.22"], "by": "anna@admin", "since": "2026-12-01T08:00:00Z",
             "remove": remove}
    for report in reports:
        report["keepalived"]["drained"] = [entry]
    (one,) = [each for each in summarise(reports)["findings"] if each["id"] == "drained"]
    assert one["object"] == "real_server web2 198.18.0.22" and one["hosts"] == ["lb1", "lb2"]
    assert "by anna@admin since 2026-12-01T08:00:00Z" in one["message"] and "real_server=web2" in one["remedy"]
    assert ("UDP" in one["message"]) is remove
    reports[1]["keepalived"]["drained"] = []
    assert ("drain-differs", "warning", "lb2") in found(reports)


def test_hosts_that_were_not_asked_are_told_and_may_hold_the_address():
    assert found([host("lb2", instance("BACKUP", 249))], members=["lb1", "lb2"]) == [
        ("holder-unknown", "warning", "lb2"), ("not-asked", "info", "lb1")]


def test_every_finding_is_a_sentence_with_a_remedy():
    for cluster in clusters.ALL:
        for finding in summarise(cluster())["findings"]:
            assert finding["object"] and finding["message"][-1] in ".:)t" and finding["hosts"], finding
            assert finding["remedy"].endswith(".") or finding["id"] == "recent-transition", finding


def test_two_instances_are_told_apart_and_ipv6_has_its_own_address():
    groups = summarise(clusters.three())["vrrp_instance"]
    assert [(group["name"], [(vip["address"], vip["holders"]) for vip in group["vips"]]) for group in groups] == [
        ("VI_1", [(VIP, ["lb1"])]), ("VI_2", [(VIP2, ["lb2"]), ("2001:db8:18::101", ["lb2"])])]


def test_the_same_service_under_two_names_is_one_instance():
    (group,) = summarise([host("lb1", instance("MASTER", 250)),
                          host("lb2", instance("BACKUP", 249, name="VI_WEB"))])["vrrp_instance"]
    assert [member["host"] for member in group["members"]] == ["lb1", "lb2"]


def test_the_same_router_id_with_other_addresses_is_another_instance():
    groups = summarise([host("lb1", instance("MASTER", 250, name="A"), instance("MASTER", 250, name="B", vips=(VIP2,))),
                        host("lb2", instance("BACKUP", 249, name="B", vips=(VIP2,)))])["vrrp_instance"]
    assert [(group["name"], len(group["members"])) for group in groups] == [("A", 1), ("B", 2)]


def test_the_director_of_a_service_is_the_host_that_holds_its_address():
    reports = [host("lb1", instance("BACKUP", 250), ipvs=[service(), service(fwmark=7)]),
               host("lb2", instance("MASTER", 249), ipvs=[service(), service(fwmark=7)])]
    status = summarise(reports)
    assert [(each["name"], director(status, each)) for each in status["virtual_server"]] == [
        ("198.18.0.100 80 TCP", "lb2"), ("fwmark 7", "lb2")]


@pytest.mark.parametrize("written, known", [
    ({"ip": VIP, "port": 80}, ["198.18.0.29"]),
    ({"ip": VIP, "port": "80", "protocol": "TCP"}, ["198.18.0.29"]),
    ({"ip": VIP, "port": 80, "protocol": "UDP"}, []),
    ({"ip": VIP, "port": 443}, []),
    ({"ip": "$VIP", "port": 80}, []),
    ({"group": "web"}, []),
    ({"fwmark": 7}, []),
])
def test_real_servers_of_the_file_are_known_where_the_file_means_the_same_service(written, known):
    config = [dict(written, real_server=[{"ip": "198.18.0.29", "port": 80}, {"ip": "$WEB", "port": 80}])]
    (found,) = summarise([host("lb1", instance("MASTER", 250), virtual_server=config,
                               ipvs=[service(real_server(1))])])["virtual_server"]
    assert [real["ip"] for real in found["real_server"]] == ["198.18.0.21", *known]


def test_a_report_is_not_changed():
    reports = clusters.lvs()
    summarise(reports)
    assert reports == clusters.lvs()


def on_sorry_server(*real_servers):
    """A director whose service has two real servers and a sorry server."""
    config = [{"ip": VIP, "port": 80, "protocol": "TCP", "sorry_server": "198.18.0.29 80", "real_server": [
        {"ip": "198.18.0.21", "port": 80}, {"ip": "198.18.0.22", "port": 80}]}]
    return [host("lb1", instance("MASTER", 250), virtual_server=config, ipvs=[service(*real_servers)])]


@pytest.mark.parametrize("real_servers, expected", [
    ([real_server(9)], ["on-sorry-server", "real-server-missing", "real-server-missing"]),
    ([real_server(1, 0), real_server(9)], ["on-sorry-server", "real-server-missing", "drained"]),
    ([real_server(1)], ["real-server-missing"]),
    ([], ["no-real-server", "real-server-missing", "real-server-missing"]),
    ([real_server(1), real_server(2)], []),
])
def test_a_sorry_server_is_no_real_server(real_servers, expected):
    status = summarise(on_sorry_server(*real_servers))
    assert [finding["id"] for finding in status["findings"]] == expected
    assert [real["ip"] for each in status["virtual_server"] for real in each["real_server"] if real["sorry"]] == [
        each["ip"] for each in real_servers if each["ip"] == "198.18.0.29"]
