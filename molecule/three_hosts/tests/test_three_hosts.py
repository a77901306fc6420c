# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Three hosts, an address on each of two segments: both are on the first host that is well, down to the last one."""

from __future__ import annotations

import json
import time

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._drill import watch
from ansible_collections.openvip.cluster.tests.lab import containers, faults
from ansible_collections.openvip.cluster.tests.lab.cluster import PATIENCE, Cluster
from ansible_collections.openvip.cluster.tests.lab.site import Site

testinfra_hosts = ["localhost"]
INVENTORY = "inventory/three_hosts"
NAMES = ("lb1", "lb2", "lb3")
OUTSIDE = Cluster(NAMES)
INSIDE = Cluster(NAMES, vip="198.18.1.100", interface="eth2")
ADDRESSES = (OUTSIDE, INSIDE)


def wait_for_holder(host):
    for address in ADDRESSES:
        address.wait_for_holder(host)


@pytest.fixture(autouse=True)
def at_home():
    """Every test begins and ends with the first host as the one holder of both addresses."""
    wait_for_holder("lb1")
    yield
    wait_for_holder("lb1")


@pytest.fixture
def one_holder():
    """See that no address has two holders meanwhile; return who held each of them, one after the other."""
    start = time.monotonic_ns()
    streams = [address.arp() for address in ADDRESSES]
    for stream in streams:
        stream.find(lambda event: event["event"] == "steady", PATIENCE)
    held = []
    yield held
    for address, stream in zip(ADDRESSES, streams, strict=True):
        stream.kill()
        assert watch.at_once(stream.events, watch.Interval(start, time.monotonic_ns())) == 1
        steady = [address.owners(event) for event in stream.events if event["event"] == "steady"]
        order = [owners for owners, former in zip(steady, [None, *steady], strict=False) if owners and owners != former]
        assert order == [[name] for name in held]


@pytest.mark.parametrize("fault", ["keepalived stopped", "nginx stopped"])
def test_each_holder_that_fails_is_followed_by_the_next_and_the_first_takes_it_back(fault, one_holder):
    fault = faults.find(fault)
    one_holder.append("lb1")
    try:
        for name, following in (("lb1", "lb2"), ("lb2", "lb3")):
            fault.inject(OUTSIDE.host(name))
            wait_for_holder(following)
            one_holder.append(following)
        for name in ("lb2", "lb1"):
            fault.undo(OUTSIDE.host(name))
            wait_for_holder(name)
            one_holder.append(name)
    finally:
        for name in ("lb2", "lb1"):
            fault.undo(OUTSIDE.host(name))


@pytest.mark.parametrize("link", ["eth1", "eth2"])
def test_a_link_that_fails_moves_the_addresses_of_both_segments(link):
    def set_link(state):
        containers.execute(OUTSIDE.container("lb1"), "ip", "link", "set", "dev", link, state)

    set_link("down")
    try:
        wait_for_holder("lb2")
        assert OUTSIDE.states("lb1") == {"VI_OUTSIDE": "FAULT", "VI_INSIDE": "FAULT"}
        assert OUTSIDE.states("lb2") == {"VI_OUTSIDE": "MASTER", "VI_INSIDE": "MASTER"}
        assert OUTSIDE.states("lb3") == {"VI_OUTSIDE": "BACKUP", "VI_INSIDE": "BACKUP"}
    finally:
        set_link("up")


def test_a_host_in_the_middle_that_is_away_is_passed_over():
    stopped = faults.find("keepalived stopped")
    try:
        stopped.inject(OUTSIDE.host("lb2"))
        wait_for_holder("lb1")
        stopped.inject(OUTSIDE.host("lb1"))
        wait_for_holder("lb3")
        stopped.undo(OUTSIDE.host("lb1"))
        wait_for_holder("lb1")
    finally:
        for name in ("lb1", "lb2"):
            stopped.undo(OUTSIDE.host(name))
    OUTSIDE.wait_ready("lb2")


def test_with_nopreempt_a_switchover_ends_at_the_host_that_was_asked_for():
    lab = Site(INVENTORY, ())
    never = {"vrrp_instance": [{"name": name, "nopreempt": True} for name in ("VI_OUTSIDE", "VI_INSIDE")]}
    variables = json.dumps({"keepalived_override": never})

    def run(playbook, *words):
        code, output = lab.playbook(f"playbooks/{playbook}.yml", *words)
        assert code == 0, output
        return output

    run("site", "--extra-vars", variables)
    try:
        for name in ("lb3", "lb2", "lb1"):
            output = run("switchover", "--extra-vars", variables, "--extra-vars", f"switchover_to={name}")
            wait_for_holder(name)
            assert "In maintenance now: no host." in output
    finally:
        run("site")
