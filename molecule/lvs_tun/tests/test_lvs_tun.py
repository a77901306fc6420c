# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tunnels with real packets: spread, packets inside of packets, and answers that do not come back to the director."""

from __future__ import annotations

import pytest

testinfra_hosts = ["localhost"]
INVENTORY = "inventory/lvs_tun"
URL = "http://198.18.0.100/"


@pytest.fixture(autouse=True)
def healthy(lvs):
    """Every test begins with the first director as the one holder and all real servers at work."""
    lvs.cluster.wait_for_holder("lb1", 60)
    lvs.wait_complete("lb1")


def received(lvs, name):
    return int(lvs.execute(name, "cat", "/sys/class/net/tunl0/statistics/rx_packets"))


def test_every_request_comes_out_of_a_tunnel_and_its_answer_goes_straight_to_the_client(lvs):
    before = {name: received(lvs, name) for name in lvs.web}
    counts = lvs.ask(URL, 90)
    assert set(counts) == set(lvs.web), counts
    for name in lvs.web:
        # of each connection at least SYN, ACK, the request and FIN
        assert received(lvs, name) - before[name] >= 4 * counts[name]
    service = lvs.module("lb1", "ipvs_info")["virtual_server"][0]
    assert {server["lvs_method"] for server in service["real_server"]} == {"TUN"}
    assert service["stats"]["packets_out"] == 0


def test_only_the_director_answers_for_the_address(lvs):
    assert lvs.cluster.answering() == {("lb1",)}


def test_a_real_server_that_stops_leaves_and_comes_back(lvs):
    lvs.execute("web2", "systemctl", "stop", "nginx")
    try:
        lvs.wait("web2 leaves", lambda: "198.18.0.22" not in lvs.servers("lb1"), 20)
        assert set(lvs.ask(URL, 60)) == {"web1", "web3"}
    finally:
        lvs.execute("web2", "systemctl", "start", "nginx")
    lvs.wait_complete("lb1")
    # wlc gives it work until it has as many connections as the others
    counts = lvs.ask(URL, 60)
    assert counts["web2"] > 0 and counts[""] == 0, counts
