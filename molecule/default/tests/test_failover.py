# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The address of a preempting pair: one holder, moved by every fault, and given back."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.tests.lab import containers
from ansible_collections.openvip.cluster.tests.lab.faults import FAULTS
from ansible_collections.openvip.cluster.tests.lab.site import changes, recap

testinfra_hosts = ["localhost"]
INVENTORY = "inventory/active_passive"
CHANGE = '{"keepalived_global_defs": {"vrrp_garp_master_refresh": 60}}'


@pytest.fixture(autouse=True)
def healthy(cluster):
    """Every test begins with the first host as the one holder."""
    cluster.wait_for_holder("lb1")


def test_the_first_host_holds_the_address_alone_and_answers(cluster):
    assert cluster.holders() == ["lb1"]
    assert cluster.states("lb1") == {"VI_1": "MASTER"} and cluster.states("lb2") == {"VI_1": "BACKUP"}
    assert containers.execute(cluster.container("client"), "curl", "--silent", "http://198.18.0.100/").strip() == "lb1"


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.slug for fault in FAULTS])
def test_a_fault_moves_the_address_and_its_end_brings_it_back(cluster, fault):
    result = cluster.provoke(fault)
    assert (result.away.before, result.away.after) == ("lb1", "lb2")
    assert result.away.holders_at_once == 1
    assert result.back.after == "lb1"


def test_a_change_is_taken_without_moving_the_address_or_losing_a_request(cluster, site):
    pids = {name: containers.read(cluster.container(name), "/run/keepalived.pid") for name in cluster.names}
    with cluster.observe() as observation:
        observation.wait_answers("lb1")
        code, output = site("--extra-vars", CHANGE)
        assert code == 0, output
        observation.wait_settled("lb1")
    assert changes(output) == [1, 1], output
    assert len(observation.recording().records) > 200 and observation.lost("lb1") == []
    for name, pid in pids.items():
        assert "vrrp_garp_master_refresh 60" in containers.read(
            cluster.container(name), "/etc/keepalived/keepalived.conf")
        assert containers.read(cluster.container(name), "/run/keepalived.pid") == pid
    assert site()[0] == 0


def test_a_host_that_restarts_comes_back_by_itself(cluster):
    with cluster.observe() as observation:
        observation.wait_answers("lb1")
        containers.docker("restart", cluster.container("lb1"))
        observation.wait_settled("lb1", timeout=60)
    cluster.wait_ready("lb1")
    assert cluster.holders() == ["lb1"]


def test_keepalived_that_dies_leaves_no_address_behind_and_is_started_again(cluster):
    with cluster.observe() as observation:
        observation.wait_answers("lb1")
        containers.execute(cluster.container("lb1"), "systemctl", "kill", "--signal=SIGKILL", "keepalived")
        moved = observation.moved("lb1", 0, 15)
        observation.wait_settled("lb1")
    assert moved == "lb2"
    assert observation.recording().holders_at_once == 1


def test_systemd_starts_a_killed_nginx_again_and_the_address_comes_back(cluster):
    with cluster.observe() as observation:
        observation.wait_answers("lb1")
        containers.execute(
            cluster.container("lb1"), "systemctl", "kill", "--signal=SIGKILL", "--kill-who=main", "nginx")
        moved = observation.moved("lb1", 0, 15)
        observation.wait_settled("lb1")
    assert moved == "lb2"


def test_an_unchanged_run_changes_nothing_and_takes_at_most_seventeen_tasks(site):
    code, output = site()
    assert code == 0, output
    tasks = recap(output)
    # The play gathers the facts before keepalived and nginx begin; four tasks tell the kind and who is reached.
    assert len(tasks) == 2 and all(well - 1 <= 17 and changed == 0 for well, changed in tasks.values()), output


def test_check_mode_shows_the_difference_and_changes_nothing(files, site):
    before = files()
    code, output = site("--check", "--diff", "--extra-vars", CHANGE)
    assert code == 0, output
    assert output.count("+    vrrp_garp_master_refresh 60") == 2 and "changed=1" in output
    assert files() == before
