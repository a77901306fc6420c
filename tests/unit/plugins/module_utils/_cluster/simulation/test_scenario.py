# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils import _timing
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.maintenance import maintain
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.simulation import faults, scenario
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.simulation.model import build
from ansible_collections.openvip.cluster.plugins.module_utils._lint.cluster import Cluster, Member

SCRIPT = {"name": "check_web", "script": "/usr/bin/curl --max-time 1 http://localhost/", "interval": 2, "fall": 2,
          "rise": 2, "timeout": 2}
FILE = {"name": "web", "file": "/run/web", "weight": 0}


def cluster(size=2, instances=1, own=None, seen=None, **settings):
    """Return a cluster of so many members; C(own) are settings of the instance by the number of the member."""
    members = []
    for number in range(size):
        data = {
            "vrrp_instance": [dict({
                "name": f"VI_{each + 1}", "state": "BACKUP", "interface": "eth1", "virtual_router_id": 51 + each,
                "version": 3, "advert_int": 0.5, "priority": 250 - 10 * ((number - each) % size),
                "virtual_ipaddress": [f"198.18.0.{100 + each}/24"]}, **settings, **(own or {}).get(number, {}))
                for each in range(instances)],
            "vrrp_script": [SCRIPT], "track_file": [FILE]}
        members.append(Member(f"lb{number + 1}", data, {"interfaces": {"eth1": [f"198.18.0.{11 + number}/24"]}},
                              **(seen or {}).get(number, {})))
    return Cluster(members, "lb")


def outcomes(text, service="web", **arguments):
    """Return what the faults of a text, separated by commas, do to a cluster."""
    model = build(cluster(**arguments), service)
    return scenario.Simulation(model).outcome(tuple(faults.find(model, each) for each in text.split(",")))


TRACKED = {"track_file": ["web"], "track_script": ["check_web"]}
TIMERS = _timing.Timers(3, 0.5, 240)


@pytest.mark.parametrize(("text", "expected"), [
    ("keepalived_stop lb1", _timing.planned(TIMERS)),
    ("service_stop lb1", _timing.tracked(TIMERS)),
    ("gone lb1", _timing.crash(TIMERS)),
    ("freeze lb1", _timing.crash(TIMERS)),
    ("cut lb1 eth1", _timing.crash(TIMERS)),
    ("service_hang lb1", _timing.checked(TIMERS, 2, 2, 1)),
    ("gone lb2", _timing.Range(0, 0)),
])
def test_a_single_fault_costs_what_the_arithmetic_says(text, expected):
    found = outcomes(text, **TRACKED)
    assert found.away == pytest.approx(expected)
    assert not found.lost and not found.perhaps and not found.left and not found.stays


@pytest.mark.parametrize("text", ["gone lb1,gone lb2", "service_stop lb2,keepalived_stop lb1"])
def test_the_last_member_takes_the_address_with_it(text):
    found = outcomes(text, **TRACKED)
    assert found.lost == (0,) and not found.left


@pytest.mark.parametrize(("nopreempt", "lost"), [(False, ()), (True, (0,))])
def test_a_member_in_maintenance_is_the_last_resort_where_it_is_no_fault(nopreempt, lost):
    found = cluster(nopreempt=nopreempt)
    for member in found.members:
        maintain(member.data, "/etc/keepalived/maintenance")
    model = build(Cluster(found.members, "lb"))
    sequence = tuple(faults.find(model, text) for text in ("maintenance lb2", "gone lb1"))
    assert scenario.Simulation(model).outcome(sequence).lost == lost


def test_three_members_stand_two_faults():
    assert not outcomes("gone lb1,gone lb2", size=3, **TRACKED).lost
    assert outcomes("gone lb1,gone lb2,gone lb3", size=3, **TRACKED).lost == (0,)


def test_an_address_stays_with_nopreempt_until_somebody_moves_it():
    assert outcomes("gone lb1", nopreempt=True).stays == (0,)
    assert outcomes("gone lb2", nopreempt=True).stays == ()


@pytest.mark.parametrize(("settings", "lost"), [
    ({"track_script": ["check_web weight -5"]}, True),
    ({"track_script": ["check_web weight -10"]}, True),
    ({"track_script": ["check_web weight -11"]}, False),
    ({"track_script": ["check_web weight 5"]}, True),
    ({"track_script": ["check_web weight 11"]}, False),
    ({"track_script": ["check_web"]}, False),
    ({"track_script": ["check_web weight -20"], "nopreempt": True}, True),
    ({}, True),
])
def test_a_dead_service_moves_the_address_where_the_weights_say_so(settings, lost):
    assert bool(outcomes("service_stop lb1", **settings).lost) == lost


def test_what_a_script_means_is_not_known_and_both_outcomes_are_played():
    model = build(cluster(track_script=["check_web"]))
    assert any("check_web" in sentence for sentence in model.unknown)
    found = outcomes("service_stop lb1", service="", track_script=["check_web"])
    assert (found.lost, found.perhaps) == ((), (0,))


def test_a_file_of_a_service_does_not_notice_that_it_hangs():
    assert outcomes("service_hang lb1", track_file=["web"]).lost == (0,)


@pytest.mark.parametrize("own", [
    {"virtual_router_id": 99}, {"version": 2}, {"authentication": {"auth_type": "PASS", "auth_pass": "k4Vn9wQe"},
                                                "version": 2},
    {"virtual_ipaddress": ["198.18.0.111/24"]}, {"unicast_peer": ["198.18.0.11"]}, {"mcast_dst_ip": "224.0.0.118"},
])
def test_those_who_do_not_hear_each_other_both_hold_the_address(own):
    assert outcomes("keepalived_stop lb2", own={1: own}).several or len(build(cluster(own={1: own})).virtuals) == 2


def test_a_firewall_that_stops_vrrp():
    assert outcomes("service_stop lb2", seen={1: {"accepts": [6]}}, **TRACKED).several == (0,)
    assert outcomes("service_stop lb2", seen={1: {"accepts": [112]}}, **TRACKED).several == ()


def test_one_host_gets_everything():
    assert outcomes("gone lb1,gone lb2", size=3, instances=3).most == 3
    assert outcomes("gone lb1", size=3, instances=3).most == 2


def test_a_sync_group_moves_together():
    found = cluster(2, 2)
    for member in found.members:
        member.data["vrrp_sync_group"] = [{"name": "VG", "group": ["VI_1", "VI_2"]}]
    model = build(Cluster(found.members, "lb"))
    assert [virtual.name for virtual in model.virtuals] == ["VI_1, VI_2"]
    assert model.virtuals[0].addresses == ("198.18.0.100", "198.18.0.101")


@pytest.mark.parametrize(("quorum", "lost"), [(1, ()), (2, (0,))])
def test_real_servers_below_the_quorum(quorum, lost):
    found = cluster()
    for member in found.members:
        member.data["virtual_server"] = [{
            "ip": "198.18.0.100", "port": 80, "quorum": quorum,
            "real_server": [{"ip": f"198.18.0.{number}", "port": 80} for number in (21, 22)]}]
    model = build(Cluster(found.members, "lb"))
    fault = faults.find(model, "real_server 198.18.0.21 80")
    assert scenario.Simulation(model).outcome((fault,)).services == lost


def test_an_unknown_fault_names_the_nearest():
    with pytest.raises(ValueError, match="gone lb1"):
        faults.find(build(cluster()), "gon lb1")


@pytest.mark.parametrize("settings", [{}, TRACKED, {"nopreempt": True}, {"preempt_delay": 3},
                                      {"track_script": ["check_web weight -20"]}])
@pytest.mark.parametrize("size", [2, 3, 4])
def test_what_is_left_out_of_alike_members_changes_nothing(settings, size, monkeypatch):
    model = build(cluster(size, 2, **settings), "web")
    short = scenario.Simulation(model)
    found = [*short.singles(), *short.pairs()]
    monkeypatch.setattr(scenario, "_alike", lambda router: False)
    whole = scenario.Simulation(model)
    for one, other in zip(found, [*whole.singles(), *whole.pairs()], strict=True):
        assert one == other._replace(away=pytest.approx(other.away))


def test_a_service_that_hangs_is_noticed_by_its_questions():
    answer = {"interval": 0.2, "max_time": 0.14, "fall": 2, "rise": 3}
    (virtual,) = build(cluster(track_file=["web", "web_answer"]), "web", answer).virtuals
    system, asked = virtual.members[0].trackers
    assert system.hang is None and (system.service, asked.service) == (True, True)
    assert asked.fails == (0, 0) and asked.hang == pytest.approx((0.28, 0.48))
    assert asked.recovers == pytest.approx((0.4, 0.6))
