# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a drill does with a fault, and when it refuses to begin."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._drill import faults, plan
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._drill import drills
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._status import clusters

BEFORE = {"lb1": ["VI_1=MASTER"], "lb2": ["VI_1=BACKUP"]}
OTHER = {"lb1": ["VI_1=BACKUP"], "lb2": ["VI_1=MASTER"]}


def test_the_holder_gets_the_fault_and_the_next_priority_takes_the_address():
    made = drills.planned()
    assert (made["host"], made["successor"], made["address"], made["interface"]) == (
        "lb1", "lb2", "198.18.0.100", "eth1")
    assert made["moves"] and made["final"] == BEFORE
    assert made["predicted"] == {"low_ms": 2.734, "high_ms": 2.734}
    assert drills.planned(url="")["url"] == "http://198.18.0.100/"


@pytest.mark.parametrize(("fault", "high", "wait"), [
    ("service_stop", 2.734, 5), ("service_hang", 2502.734, 5), ("freeze", 302.734, 5)])
def test_the_wait_is_as_long_as_the_prediction_and_ends_before_the_watchdog(fault, high, wait):
    made = drills.planned(fault)
    assert (made["predicted"]["high_ms"], made["wait"]) == (high, wait)
    assert drills.planned(fault, watchdog=15)["wait"] == 5


@pytest.mark.parametrize(("fault", "final"), [
    ("keepalived_stop", OTHER), ("service_hang", OTHER), ("freeze", BEFORE), ("partition", BEFORE)])
def test_without_preemption_the_new_holder_keeps_it_unless_the_old_one_wakes_as_master(fault, final):
    assert drills.planned(fault, drills.pair(nopreempt=True))["final"] == final


def test_a_backup_with_a_fault_changes_nothing():
    made = drills.planned(host="lb2")
    assert (made["host"], made["moves"], made["predicted"], made["final"]) == ("lb2", False, None, BEFORE)


def test_a_real_server_with_a_fault_moves_no_address():
    made = drills.planned("real_server_stop", real_server="web1", service="")
    assert (made["host"], made["moves"], made["final"]) == ("web1", False, BEFORE)


def test_each_fault_has_the_unit_and_the_interface_that_it_is_put_into():
    units = {"service": "nginx", "real_server": "web1", "real_server_service": "apache2"}
    made = [drills.planned(name, **units) for name in ("service_stop", "real_server_stop")]
    assert [each["service"] for each in made] == ["nginx", "apache2"]
    assert drills.planned("freeze")["interface"] == "eth1"
    assert drills.planned("freeze", interface="eth2")["interface"] == "eth2"


def test_every_fault_can_be_planned():
    assert {drills.planned(name, real_server="web1")["fault"] for name in faults.NAMES} == set(faults.NAMES)


@pytest.mark.parametrize(("reports", "message"), [
    (clusters.split(), "held by lb1, lb2"), (clusters.nobody(), "held by nobody"),
    (clusters.one_down(), "lb1: is not reached"), (clusters.pair()[:1], "lb2 was not asked"),
    ([clusters.host("lb1"), clusters.host("lb2")], "No vrrp_instance was found"),
])
def test_a_cluster_that_is_not_healthy_is_refused(reports, message):
    with pytest.raises(plan.PlanError, match=message) as refusal:
        drills.planned(reports=reports)
    assert str(refusal.value).startswith("The cluster is not healthy, and no fault was put into it: ")


@pytest.mark.parametrize(("options", "message"), [
    ({"fault": "service_stopped"}, 'Did you mean "service_stop"'),
    ({"fault": "service_stop", "service": ""}, "Set failover_drill_service"),
    ({"fault": "real_server_stop"}, "Set failover_drill_real_server"),
    ({"watchdog": 14}, "failover_drill_watchdog 14: must be 15 to 45 seconds"),
    ({"fault": "freeze", "reports": drills.pair(version=2, advert_int=7)}, "Set failover_drill_watchdog to 32"),
    ({"fault": "freeze", "reports": drills.pair(version=2, advert_int=20)}, "Use a shorter advert_int"),
    ({"url": "http://198.18.0.7/"}, r"no virtual address of the cluster \(there are: 198.18.0.100\)"),
    ({"host": "lb3"}, r"lb3 is no member of the cluster \(there are: lb1, lb2\)"),
])
def test_what_does_not_fit_the_cluster_is_refused(options, message):
    with pytest.raises(plan.PlanError, match=message):
        drills.planned(**options)


def agree(**options):
    plan.agree(**dict({"members": ["lb1", "lb2"], "production": [], "confirm": "", "group": "lb", "prober": "client"},
                      **options))


def test_production_must_be_confirmed_by_the_name_of_the_group():
    agree()
    agree(production=["lb1"], confirm="lb")
    for confirm in ("", "yes", "LB"):
        with pytest.raises(plan.PlanError, match="--extra-vars failover_drill_confirm=lb"):
            agree(production=["lb1"], confirm=confirm)


def test_a_member_cannot_probe():
    with pytest.raises(plan.PlanError, match="lb2 is a member of the cluster"):
        agree(prober="lb2")
