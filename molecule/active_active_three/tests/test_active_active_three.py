# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Three addresses, each host master of one: what fails goes to the next in turn, down to the last host, and home."""

from __future__ import annotations

import time

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._drill import watch
from ansible_collections.openvip.cluster.tests.lab import faults
from ansible_collections.openvip.cluster.tests.lab.cluster import Cluster

testinfra_hosts = ["localhost"]
INVENTORY = "inventory/active_active_three"
NAMES = ("lb1", "lb2", "lb3")
# Each address with the hosts in the order in which they take it
TURNS = {
    "VI_1": Cluster(("lb1", "lb2", "lb3"), vip="198.18.0.100"),
    "VI_2": Cluster(("lb2", "lb3", "lb1"), vip="198.18.0.101"),
    "VI_3": Cluster(("lb3", "lb1", "lb2"), vip="198.18.0.102"),
}


def wait_for_holders(alive):
    """Return when the first of the hosts that are alive holds each address."""
    for address in TURNS.values():
        address.wait_for_holder(next(name for name in address.names if name in alive))


@pytest.fixture(autouse=True)
def at_home():
    """Every test begins and ends with each host as the one holder of its address."""
    wait_for_holders(NAMES)
    yield
    wait_for_holders(NAMES)


def test_each_host_is_the_master_of_one_address():
    for name in NAMES:
        assert TURNS["VI_1"].states(name) == {
            instance: "MASTER" if address.names[0] == name else "BACKUP" for instance, address in TURNS.items()}


@pytest.mark.parametrize("last", NAMES)
@pytest.mark.parametrize("fault", ["keepalived stopped", "nginx stopped"])
def test_the_addresses_of_hosts_that_fail_go_to_the_next_in_turn_down_to_the_last_host(fault, last):
    fault, host = faults.find(fault), TURNS["VI_1"].host
    failing = [name for name in NAMES if name != last]
    start = time.monotonic_ns()
    streams = {instance: address.arp() for instance, address in TURNS.items()}
    alive = list(NAMES)
    try:
        for name in failing:
            fault.inject(host(name))
            alive.remove(name)
            wait_for_holders(alive)
        for name in failing:
            fault.undo(host(name))
            alive.append(name)
            wait_for_holders(alive)
    finally:
        for name in failing:
            fault.undo(host(name))
        for stream in streams.values():
            stream.kill()
    for instance, stream in streams.items():
        assert watch.at_once(stream.events, watch.Interval(start, time.monotonic_ns())) == 1, instance


@pytest.mark.parametrize("name", NAMES)
def test_a_frozen_host_gives_its_address_to_the_next_and_leaves_the_others_where_they_are(name):
    (home,) = [address for address in TURNS.values() if address.names[0] == name]
    result = home.provoke("host frozen", name)
    assert (result.away.before, result.away.after, result.back.after) == (name, home.names[1], name)
    assert result.away.holders_at_once == 1
