# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Direct routing with real packets: spread, health, failover with connections, reboot and drain."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.tests.lab import containers
from ansible_collections.openvip.cluster.tests.lab.lvs import evenly, longest_outage_ms

testinfra_hosts = ["localhost"]
INVENTORY = "inventory/lvs_dr"
ADDRESSES = ("198.18.0.100", "2001:db8:18::100")
URL, URL6 = "http://198.18.0.100/", "http://[2001:db8:18::100]/"
# of the inventory: connect_timeout and delay_loop; what a look at the table takes on a busy machine comes on top
NOTICED = 1 + 2 + 1.5
DOWNLOADS, RATE, SIZE = 100, 100000, 1500000
# seconds; modules of Ansible can keep a machine of the lab busy for longer than the prober waits otherwise
PATIENT = 2.0
PAGE = "/var/www/html/large"


@pytest.fixture(autouse=True)
def healthy(lvs):
    """Every test begins with the first director as the one holder and all real servers at work."""
    lvs.cluster.wait_for_holder("lb1", 60)
    for name in lvs.cluster.names:
        for ip in ADDRESSES:
            lvs.wait_complete(name, ip=ip)


def test_requests_are_spread_evenly(lvs):
    counts = lvs.ask(URL, 300)
    assert evenly(counts, lvs.web), counts


def test_requests_over_ipv6_are_spread_by_weight(lvs):
    counts = lvs.ask(URL6, 400)
    assert set(counts) == set(lvs.web)
    expected = {"web1": 240, "web2": 80, "web3": 80}
    assert all(abs(counts[name] - expected[name]) <= 20 for name in lvs.web), counts


def test_only_the_director_answers_for_the_address(lvs):
    assert lvs.cluster.answering() == {("lb1",)}


def test_answers_do_not_pass_the_director(lvs):
    before = lvs.counters("lb1")
    assert lvs.ask(URL, 90).total() == 90
    after = lvs.counters("lb1", before["connections"] + 90)
    assert after["connections"] - before["connections"] == 90
    assert after["packets_in"] - before["packets_in"] >= 90 * 4
    assert after["packets_out"] == 0 and after["bytes_out"] == 0


def test_a_real_server_that_stops_leaves_in_time_and_comes_back_by_itself(lvs):
    lvs.execute("web2", "systemctl", "stop", "nginx")
    try:
        assert lvs.wait("web2 leaves", lambda: "198.18.0.22" not in lvs.servers("lb1"), 20) <= NOTICED
        counts = lvs.ask(URL, 200)
        assert evenly(counts, ("web1", "web3")), counts
    finally:
        lvs.execute("web2", "systemctl", "start", "nginx")
    lvs.wait_complete("lb1")
    assert set(lvs.ask(URL, 30)) == set(lvs.web)


def test_with_all_real_servers_gone_the_sorry_server_answers(lvs):
    for name in lvs.web:
        lvs.execute(name, "systemctl", "stop", "nginx")
    try:
        lvs.wait("only the sorry server is left", lambda: set(lvs.servers("lb1")) == {"127.0.0.1"}, 20)
        assert set(lvs.ask(URL, 10)) == {"Sorry: lb1"}
    finally:
        for name in lvs.web:
            lvs.execute(name, "systemctl", "start", "nginx")
    lvs.wait_complete("lb1")
    assert set(lvs.ask(URL, 30)) == set(lvs.web)


@pytest.fixture
def large(lvs):
    """A page of two megabytes on every real server, for its URL."""
    for name in lvs.web:
        lvs.execute(name, "sh", "-c", f"head -c {SIZE} /dev/zero > {PAGE}")
    yield URL + PAGE.rpartition("/")[2]
    for name in lvs.web:
        lvs.execute(name, "rm", PAGE)


def test_a_killed_director_costs_no_connection(lvs, large):
    limit = lvs.longest_crash_ms()
    try:
        with lvs.probing(URL) as records:
            downloads = lvs.downloads(large, DOWNLOADS, RATE, "lb2")
            containers.docker("kill", lvs.cluster.container("lb1"))
            lvs.cluster.wait_for_holder("lb2")
            report = downloads.close(60)
        assert (report["complete"], report["failed"]) == (DOWNLOADS, []), report
        assert 0 < longest_outage_ms(records) <= limit
    finally:
        containers.docker("start", lvs.cluster.container("lb1"))
    lvs.cluster.wait_ready("lb1", 120)
    lvs.cluster.wait_for_holder("lb1", 60)


def test_a_director_that_comes_back_costs_no_connection(lvs, large):
    """It learns the connections that began without it, while it waits for the address."""
    lvs.execute("lb1", "systemctl", "stop", "keepalived")
    try:
        lvs.cluster.wait_for_holder("lb2")
        with lvs.probing(URL) as records:
            # they last until it has the address, however late the machine is
            downloads = lvs.downloads(large, DOWNLOADS, RATE // 3, "lb2")
            lvs.execute("lb1", "systemctl", "start", "keepalived")
            lvs.cluster.wait_for_holder("lb1", 60)
            assert lvs.connections("lb1") >= DOWNLOADS
            report = downloads.close(90)
    finally:
        lvs.execute("lb1", "systemctl", "start", "keepalived")
    assert (report["complete"], report["failed"]) == (DOWNLOADS, []), report
    assert longest_outage_ms(records) <= lvs.longest_crash_ms()


def test_a_real_server_that_is_rebooted_serves_again_untouched(lvs):
    booted = lvs.execute("web1", "cat", "/proc/sys/kernel/random/boot_id")
    containers.docker("restart", "--time=60", lvs.cluster.container("web1"), seconds=120)
    lvs.wait("web1 leaves", lambda: "198.18.0.21" not in lvs.servers("lb1"), 30)
    lvs.wait_complete("lb1", 120)
    assert lvs.execute("web1", "cat", "/proc/sys/kernel/random/boot_id") != booted
    settings = lvs.execute("web1", "sysctl", "-n", "net.ipv4.conf.all.arp_ignore", "net.ipv4.conf.all.arp_announce",
                           "net.ipv4.conf.eth1.arp_ignore", "net.ipv4.conf.eth1.arp_announce").split()
    assert settings == ["1", "2", "1", "2"]
    assert set(lvs.ask(URL, 30)) == set(lvs.web)
    assert lvs.cluster.holders() == ["lb1"]


@pytest.mark.slow
def test_a_real_server_is_drained_under_load_without_a_failed_request(lvs):
    with lvs.probing(URL, timeout=PATIENT) as records:
        code, output = lvs.playbook("playbooks/drain.yml", "--extra-vars", "real_server=web2 drain_interval=1")
        assert code == 0, output
        assert "web2 has 0 connections on lb1" in output, output
        assert lvs.servers("lb1")["198.18.0.22"] == 0 == lvs.servers("lb2")["198.18.0.22"]
        assert set(lvs.ask(URL, 100)) == {"web1", "web3"}
        code, output = lvs.playbook("playbooks/restore.yml")
        assert code == 0, output
        lvs.wait_complete("lb1")
        assert set(lvs.ask(URL, 30)) == set(lvs.web)
    assert len(records) > 500
    failed = [record for record in records if record.outcome != "ok"]
    assert failed == [], (records[0].start_ns, failed)
