# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two addresses, each host master of one: a fault moves the address of its host alone, and it goes home."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.tests.lab.cluster import Cluster
from ansible_collections.openvip.cluster.tests.lab.faults import FAULTS, THAW_MS

testinfra_hosts = ["localhost"]
INVENTORY = "inventory/active_active"
# A host that wakes tells the neighbours that it has the address, and they believe it until they hear the holder again,
# which says so every second (vrrp_garp_master_refresh of the inventory).
CORRECTED_MS = THAW_MS + 1000.0
# Each address, the host that leads it first
LED = {"lb1": Cluster(("lb1", "lb2"), vip="198.18.0.100"), "lb2": Cluster(("lb2", "lb1"), vip="198.18.0.101")}


@pytest.fixture(autouse=True)
def at_home():
    """Every test begins and ends with each host as the one holder of its address."""
    for host, led in LED.items():
        led.wait_for_holder(host)
    yield
    for host, led in LED.items():
        led.wait_for_holder(host)


def test_each_host_is_the_master_of_its_address():
    assert LED["lb1"].states("lb1") == {"VI_1": "MASTER", "VI_2": "BACKUP"}
    assert LED["lb1"].states("lb2") == {"VI_1": "BACKUP", "VI_2": "MASTER"}


@pytest.mark.parametrize("host", LED)
@pytest.mark.parametrize("fault", FAULTS, ids=[fault.slug for fault in FAULTS])
def test_a_fault_moves_the_address_of_its_host_and_no_other(fault, host):
    other = next(name for name in LED if name != host)
    with LED[other].observe() as undisturbed:
        undisturbed.wait_answers(other)
        result = LED[host].provoke(fault, host)
        undisturbed.wait_settled(other)
    # The other host answers for both, and nobody else does for either.
    assert (result.away.before, result.away.after) == (host, other)
    assert result.away.holders_at_once == 1
    assert result.back.after == host
    recording = undisturbed.recording()
    assert len(recording.records) > 200
    disturbed = [record.start_ns for record in recording.records if (record.outcome, record.host) != ("ok", other)]
    if fault.remains_master:
        # What a host does when it wakes, it does to every address.
        assert not disturbed or disturbed[-1] - disturbed[0] <= CORRECTED_MS * 1e6
    else:
        assert disturbed == []
        assert recording.holders_at_once == 1
