# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The address of a pair with nopreempt: whoever holds it keeps it."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.tests.lab import containers
from ansible_collections.openvip.cluster.tests.lab.faults import FAULTS

testinfra_hosts = ["localhost"]
INVENTORY = "inventory/active_passive_nopreempt"


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.slug for fault in FAULTS])
def test_a_fault_moves_the_address_for_good(cluster, fault):
    holder = cluster.wait_for_holder()
    other = next(name for name in cluster.names if name != holder)
    result = cluster.provoke(fault, preempt=False)
    assert (result.away.before, result.away.after) == (holder, other)
    assert result.away.holders_at_once == 1
    # A host that was frozen wakes as the master that it was, and the higher priority decides.
    assert result.back.after == ("lb1" if fault.remains_master else other)


def test_nginx_listens_on_the_address_also_where_it_is_not_held(cluster):
    for name in cluster.names:
        sockets = containers.execute(cluster.container(name), "ss", "--listening", "--tcp", "--numeric", "--no-header")
        assert "198.18.0.100:80" in sockets
