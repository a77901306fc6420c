# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Address translation with real packets: spread, another port, persistence, UDP, and the way back."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from ansible_collections.openvip.cluster.tests.lab.lvs import evenly, longest_outage_ms

testinfra_hosts = ["localhost"]
INVENTORY = "inventory/lvs_nat"
URL = "http://198.18.0.100/"
GATEWAY = "198.18.1.100"
REAL_IPS = {"web1": "198.18.1.21", "web2": "198.18.1.22", "web3": "198.18.1.23"}


@pytest.fixture(autouse=True)
def healthy(lvs):
    """Every test begins with the first director as the one holder and all real servers at work."""
    lvs.cluster.wait_for_holder("lb1", 60)
    lvs.wait_complete("lb1")


def test_requests_are_spread_evenly_over_another_port(lvs):
    counts = lvs.ask(URL, 300)
    assert evenly(counts, lvs.web), counts


def test_a_client_keeps_its_real_server_where_the_service_is_persistent(lvs):
    counts = lvs.ask("http://198.18.0.100:81/", 60)
    assert len(counts) == 1 and "" not in counts, counts


def test_datagrams_are_spread(lvs):
    with ExitStack() as services:
        for name, address in REAL_IPS.items():
            services.callback(lvs.cluster.stream(name, "answer-udp", address, "7", "--duration=60").kill)
        lvs.wait("every real server answers", lambda: set(lvs.ask_udp("198.18.0.100", 7, 3)) == set(lvs.web))
        counts = lvs.ask_udp("198.18.0.100", 7, 60)
        assert evenly(counts, lvs.web), counts


def test_answers_pass_the_director_and_nothing_else_of_the_host_does(lvs):
    before = lvs.counters("lb1")
    assert lvs.ask(URL, 90).total() == 90
    after = lvs.counters("lb1", before["connections"] + 90)
    assert after["connections"] - before["connections"] == 90
    assert after["packets_out"] - before["packets_out"] >= 90 * 3
    for name, address in REAL_IPS.items():
        assert GATEWAY not in lvs.execute(name, "ip", "route", "get", "192.0.2.1")
        answer = ("ip", "route", "get", "198.18.0.200", "from", address, "ipproto", "6", "sport", "8080")
        assert GATEWAY in lvs.execute(name, *answer)


def test_both_addresses_move_together(lvs):
    limit = lvs.longest_crash_ms()
    with lvs.probing(URL) as records:
        lvs.execute("lb1", "systemctl", "stop", "keepalived")
        lvs.cluster.wait_for_holder("lb2")
        assert set(lvs.ask(URL, 30)) == set(lvs.web)
        held = lvs.execute("lb2", "ip", "-brief", "-4", "address")
        assert "198.18.0.100/24" in held and "198.18.1.100/24" in held
        lvs.execute("lb1", "systemctl", "start", "keepalived")
        lvs.cluster.wait_for_holder("lb1", 60)
    assert longest_outage_ms(records) <= limit
