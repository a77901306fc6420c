# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planned moves: no request fails, downloads end where they began, and a host stays out of service until it is told."""

from __future__ import annotations

import json
import re
import warnings

import pytest

from ansible_collections.openvip.cluster.tests.lab import containers
from ansible_collections.openvip.cluster.tests.lab.site import Site, changes

testinfra_hosts = ["localhost"]
INVENTORY = "inventory/active_passive"
MOVES = 20
# Half the time that a backup waits: where the machine stands still for longer, a move may have another one in it.
STALL_MS = 150
# Bytes of a page that is downloaded across a move, how many of them a second each reader takes, and their number.
LARGE, RATE, READERS = 2_000_000, 250_000, 5
MAINTENANCE = "/etc/keepalived/maintenance"
NOPREEMPT = json.dumps({"keepalived_override": {"vrrp_instance": [{"name": "VI_1", "nopreempt": True}]}})


@pytest.fixture
def run():
    """Return a function that runs a playbook with variables, and returns its output when it has succeeded."""
    lab = Site(INVENTORY, ())

    def call(playbook, code=0, **variables):
        returned, output = lab.playbook(f"playbooks/{playbook}.yml", "--extra-vars", json.dumps(variables))
        assert returned == code, output
        return output

    return call


@pytest.fixture
def served(run, cluster):
    """The first host holds the address, and nobody is out of service, before and after."""
    cluster.wait_for_holder("lb1")
    yield
    for name in cluster.names:
        run("maintenance", maintenance_host=name, maintenance_state="absent")
    cluster.wait_for_holder("lb1")


def traces(on, name):
    """What a handover leaves on a host while it lasts."""
    return on(name, "ip -4 address show dev lo; nft list tables; ls /run/openvip 2>/dev/null | grep -v lock;"
              " cat /proc/sys/net/ipv4/conf/eth1/arp_ignore; systemctl list-timers --all | grep handover || true")


def test_twenty_planned_moves_cost_no_request_and_no_download(cluster, run, on, served):
    before = {name: traces(on, name) for name in cluster.names}
    for name in cluster.names:
        on(name, f"head --bytes={LARGE} /dev/zero >/var/www/html/large")
    lost, holders, number = [], [], 0
    while len(holders) < MOVES:
        assert number < 3 * MOVES, "this machine stands still too often for twenty moves"
        giver, taker = cluster.names if number % 2 == 0 else cluster.names[::-1]
        with cluster.observe() as observation:
            observation.wait_answers(giver)
            download = cluster.stream(cluster.client, "download", f"http://{cluster.vip}/large", f"--count={READERS}",
                                      f"--rate={RATE}", "--patience=5")
            run("maintenance", maintenance_host="lb1", maintenance_state="absent" if number % 2 else "present")
            observation.wait_settled(taker)
        recording = observation.recording()
        complete = download.close(30)["complete"]
        number += 1
        if observation.longest_stall_ms() > STALL_MS:
            warnings.warn(f"move {number} does not count, because the machine stood still", stacklevel=1)
            continue
        assert len(recording.records) > 200 and recording.holders_at_once == 1
        lost += [(number, record) for record in observation.lost()]
        holders.append(recording.records[-1].host == taker)
        assert complete == READERS
    assert lost == []
    assert all(holders)
    if number % 2:
        run("maintenance", maintenance_host="lb1", maintenance_state="absent")
    assert {name: traces(on, name) for name in cluster.names} == before


def test_a_host_out_of_service_stays_so_over_a_restart_and_status_says_it(cluster, run, on, served):
    run("maintenance", maintenance_host="lb1")
    cluster.wait_for_holder("lb2")
    containers.docker("restart", cluster.container("lb1"))
    cluster.wait_ready("lb1", 60)
    assert cluster.holders() == ["lb2"] and on("lb1", f"cat {MAINTENANCE}") == "1\n"
    output = run("status")
    assert "lb1: is in maintenance" in re.sub(r"\s+", " ", output) and "[maintenance]" in output
    assert "tracked-bad" not in output
    assert changes(run("maintenance", maintenance_host="lb1")) == [0, 0]
    assert changes(run("site")) == [0, 0]
    assert cluster.holders() == ["lb2"]


def test_a_host_out_of_service_serves_when_nobody_else_does(cluster, run, on, served):
    run("maintenance", maintenance_host="lb1")
    cluster.wait_for_holder("lb2")
    on("lb2", "systemctl stop nginx")
    try:
        cluster.wait_for_holder("lb1")
    finally:
        on("lb2", "systemctl start nginx")
    cluster.wait_for_holder("lb2")


def test_a_switchover_moves_all_to_a_host_and_says_who_is_out(cluster, run, on, served):
    output = run("switchover", switchover_to="lb2")
    cluster.wait_for_holder("lb2")
    assert "In maintenance now: lb1." in output
    assert "In maintenance now: no host." in run("switchover", switchover_to="lb2")


def test_with_nopreempt_the_address_stays_and_nobody_is_out(cluster, run, site, served):
    code, output = site("--extra-vars", NOPREEMPT)
    assert code == 0, output
    try:
        with cluster.observe() as observation:
            observation.wait_answers("lb1")
            output = run("switchover", switchover_from="lb1", **json.loads(NOPREEMPT))
            observation.wait_settled("lb2", stays=2)
        recording = observation.recording()
        assert "In maintenance now: no host." in output and recording.holders_at_once == 1
        # The host gives the address up before the other takes it: a few milliseconds of skew.
        lost = observation.lost()
        assert len(recording.records) > 200 and len(lost) <= 4
    finally:
        code, output = site()
        assert code == 0, output


REFUSED = {
    "unknown": ("maintenance", {"maintenance_host": "lb9"}, ['maintenance_host is "lb9"', "Name one host of lb1, lb2"]),
    "state": ("maintenance", {"maintenance_host": "lb1", "maintenance_state": "on"}, ["present or absent"]),
    "both": ("switchover", {"switchover_to": "lb1", "switchover_from": "lb2"}, ["Name one host of lb1, lb2"]),
    "none": ("switchover", {}, ["Name one host of lb1, lb2"]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_wrong_input_is_refused(cluster, run, case):
    playbook, variables, words = REFUSED[case]
    output = run(playbook, code=2, **variables)
    assert all(word in re.sub(r"\s+", " ", output) for word in words), output
    assert set(changes(output)) == {0}
    assert cluster.holders() == ["lb1"]


def test_a_host_stays_when_nobody_can_take_the_address(cluster, run, on, served):
    run("maintenance", maintenance_host="lb2")
    output = re.sub(r"\s+", " ", run("maintenance", code=2, maintenance_host="lb1"))
    assert "no other host can take the addresses of lb1 (lb2 is BACKUP and in maintenance)" in output
    assert cluster.holders() == ["lb1"] and on("lb1", f"cat {MAINTENANCE}") == "0\n"


def test_check_mode_changes_nothing(cluster, served, on):
    code, output = Site(INVENTORY, ()).playbook(
        "playbooks/maintenance.yml", "--check", "--diff", "--extra-vars", "maintenance_host=lb1")
    assert code == 0 and "+1" in output, output
    assert cluster.holders() == ["lb1"] and on("lb1", f"cat {MAINTENANCE}") == "0\n"


def test_the_preflight_hears_a_stranger_with_the_number_of_the_cluster(cluster, run):
    stranger = cluster.stream(cluster.client, "advertise", "198.18.0.200", "51")
    try:
        output = re.sub(r"\s+", " ", run("preflight", code=2))
    finally:
        assert stranger.close()["sent"] > 5
    assert "198.18.0.200, which is no member, advertises virtual_router_id 51 (version 2," in output
    assert "nothing to complain about" in run("preflight")


def test_the_preflight_finds_a_stranger_with_the_address_of_the_cluster(cluster, run, on):
    stranger = containers.read(cluster.container("client"), "/sys/class/net/eth1/address").strip()
    on("client", "ip address add 198.18.0.100/32 dev eth1")
    try:
        output = re.sub(r"\s+", " ", run("preflight", code=2))
    finally:
        on("client", "ip address del 198.18.0.100/32 dev eth1")
    assert f"the card {stranger}, which is none of the members', answers for the virtual" in output
