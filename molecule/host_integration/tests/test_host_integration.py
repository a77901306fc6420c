# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Behind firewalls that drop what they do not know, one host holds the address; and networkd leaves it alone.

lb1 has nftables, lb2 has ufw, and firewalld beside it. Every test ends as it began.
"""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager

import pytest

from ansible_collections.openvip.cluster.tests.lab import containers
from ansible_collections.openvip.cluster.tests.lab.engine import wait_until
from ansible_collections.openvip.cluster.tests.lab.faults import FAULTS
from ansible_collections.openvip.cluster.tests.lab.site import changes

testinfra_hosts = ["localhost"]
INVENTORY = "inventory/active_passive"
STRANGER = "198.18.0.200"
SECONDS = 3.0
TIMEOUT = 15.0
MARK = 'comment "openvip.cluster: '
NETWORK_DROP_IN = "/etc/systemd/network/10-service.network.d/openvip.conf"


@pytest.fixture(autouse=True)
def healthy(cluster):
    """Every test begins with the first host as the one holder."""
    cluster.wait_for_holder("lb1")


@pytest.fixture
def stranger(cluster):
    """Return a context manager during which the client claims to be the master, by VRRP's multicast."""
    code = (containers.REPOSITORY / "tests/lab/stranger.py").read_bytes()

    @contextmanager
    def claims():
        thread = threading.Thread(target=containers.execute, args=(
            cluster.container(cluster.client), "python3", "-", STRANGER, "51", cluster.vip, str(SECONDS)),
            kwargs={"data": code})
        thread.start()
        try:
            yield
        finally:
            thread.join()

    return claims


def wait_for(condition):
    """Return when a condition is true."""
    assert wait_until(condition, TIMEOUT), "it did not become true in time"


def applied(site, **variables):
    """Run the site with variables; return how many tasks changed something on each host."""
    code, output = site("--extra-vars", json.dumps(variables))
    assert code == 0, output
    return changes(output)


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.slug in ("nginx-stopped", "keepalived-stopped")],
                         ids=lambda fault: fault.slug)
def test_a_fault_moves_the_address_and_its_end_brings_it_back(cluster, fault):
    result = cluster.provoke(fault)
    assert (result.away.before, result.away.after, result.away.holders_at_once) == ("lb1", "lb2", 1)
    assert result.back.after == "lb1"


def test_a_stranger_is_heard_by_no_firewall(cluster, on, stranger):
    with cluster.observe() as observation:
        observation.wait_answers("lb1")
        with stranger():
            pass
        observation.wait_settled("lb1")
    assert observation.recording().records and observation.lost("lb1") == []
    on("lb1", "systemctl stop keepalived")
    try:
        cluster.wait_for_holder("lb2")
        with stranger():
            assert cluster.answering(SECONDS - 0.5) == {("lb2",)}
    finally:
        on("lb1", "systemctl start keepalived")


def test_without_the_rule_of_the_firewall_the_stranger_would_have_been_heard(cluster, on, stranger):
    """What the test before sends is an advert indeed."""
    on("lb1", f"nft insert rule inet filter input ip saddr {STRANGER} meta l4proto 112 accept")
    try:
        with stranger():
            wait_for(lambda: cluster.states("lb1") == {"VI_1": "BACKUP"})
    finally:
        on("lb1", "systemctl reload nftables")


def test_reloading_nftables_keeps_our_rules_once(cluster, on):
    on("lb1", "systemctl reload nftables && systemctl reload nftables")
    assert on("lb1", "nft list chain inet filter input").count(MARK) == 1
    assert cluster.answering() == {("lb1",)}


def test_without_the_rules_both_hold_it_and_the_next_run_ends_that(cluster, site, on):
    try:
        assert all(count > 0 for count in applied(site, keepalived_firewall="none"))
        assert "openvip" not in on("lb1", "nft list ruleset; cat /etc/nftables.conf")
        assert " -p 112 " not in on("lb2", "iptables --list-rules; cat /etc/ufw/before.rules")
        wait_for(lambda: cluster.holders() == ["lb1", "lb2"])
        assert applied(site, keepalived_firewall="none") == [0, 0]
    finally:
        applied(site)
    cluster.wait_for_holder("lb1")
    assert applied(site) == [0, 0]


def test_rules_that_somebody_flushed_come_back(on, cluster, site):
    ours = on("lb1", "nft --handle list chain inet filter input | sed -n '/openvip.cluster/s/.*# handle //p'")
    on("lb1", f"nft delete rule inet filter input handle {ours.strip()}")
    on("lb2", "iptables --delete ufw-before-input 1")
    assert applied(site) == [1, 1]
    assert "vrrp from 198.18.0.12" in on("lb1", "nft list chain inet filter input")
    assert "198.18.0.11" in on("lb2", "iptables --list-rules ufw-before-input")
    assert applied(site) == [0, 0]


def test_a_ruleset_with_another_name_is_loaded_and_the_next_run_names_it(on, site):
    on("lb1", "cp -p /etc/nftables.conf /root/ && sed -i 's/inet filter/inet fw/' /etc/nftables.conf")
    try:
        on("lb1", "systemctl restart nftables")
        code, output = site("--extra-vars", json.dumps({"keepalived_firewall": "auto"}))
        assert code != 0 and "inet fw input" in output and changes(output) == [0, 0], output
    finally:
        on("lb1", "cp -p /root/nftables.conf /etc/ && systemctl restart nftables")
    assert applied(site) == [0, 0]


def test_check_mode_says_so_and_changes_nothing(on, site):
    def rules():
        return on("lb1", "nft list ruleset; cat /etc/nftables.conf"), on("lb2", "cat /etc/ufw/before.rules")

    before = rules()
    code, output = site("--check", "--diff", "--extra-vars", json.dumps({"keepalived_firewall_ports": ["8080/tcp"]}))
    assert code == 0, output
    assert "+-A ufw-before-input -p tcp --dport 8080 -m comment" in output and "tcp dport 8080 accept" in output
    assert before == rules()


def test_a_chain_that_is_not_there_is_refused_with_the_one_that_is(site):
    code, output = site("--extra-vars", json.dumps({"keepalived_firewall_nftables_chain": "inet filter INPUT"}))
    assert code != 0
    assert "inet filter input" in output and "keepalived_firewall_nftables_chain" in output
    assert changes(output) == [0, 0], output


def test_from_ufw_to_firewalld_and_back(cluster, site, on, stranger):
    on("lb2", "ufw disable && systemctl start firewalld && firewall-cmd --add-service=http")
    try:
        # what was let in by ufw is not any more
        wait_for(lambda: cluster.holders() == ["lb1", "lb2"])
        assert applied(site)[1] > 0
        cluster.wait_for_holder("lb1")
        assert " -p 112 " not in on("lb2", "cat /etc/ufw/before.rules")
        assert "198.18.0.11" in on("lb2", "firewall-cmd --policy=keepalived --list-rich-rules")
        assert applied(site) == [0, 0]
        on("lb2", "firewall-cmd --add-service=http")
        on("lb1", "systemctl stop keepalived")
        try:
            cluster.wait_for_holder("lb2")
            with stranger():
                assert cluster.answering(SECONDS - 0.5) == {("lb2",)}
        finally:
            on("lb1", "systemctl start keepalived")
    finally:
        on("lb2", "systemctl stop firewalld && ufw --force enable")
        applied(site)
    cluster.wait_for_holder("lb1")
    assert "No such file" in on("lb2", "ls /etc/firewalld/policies/keepalived.xml 2>&1 || true")


def test_a_restart_of_networkd_leaves_the_address_to_keepalived(cluster, on):
    with cluster.observe() as observation:
        observation.wait_answers("lb1")
        on("lb1", "systemctl restart systemd-networkd")
        wait_for(lambda: re.search(r"eth1 .* configured", on("lb1", "networkctl --no-pager")))
        observation.wait_settled("lb1", stays=1.0)
    assert len(observation.recording().held["lb1"]) == 1 and observation.lost("lb1") == []


def test_networkd_takes_foreign_addresses_away_only_without_the_drop_in(on):
    """systemd 252 does so when it reconfigures an interface, and later ones already when they start. It is tried with
    another address than keepalived's, which moves in any case: the host's own one is away for a moment."""

    def stays():
        on("lb2", "networkctl reload && ip address add 198.18.0.101/32 dev eth1 && networkctl reconfigure eth1")
        try:
            wait_for(lambda: re.search(r"eth1 .* configured", on("lb2", "networkctl --no-pager")))
            return "198.18.0.101" in on("lb2", "ip address show dev eth1")
        finally:
            on("lb2", "ip address delete 198.18.0.101/32 dev eth1 2>/dev/null || true")

    assert stays()
    on("lb2", f"mv {NETWORK_DROP_IN} /root/")
    try:
        assert not stays()
    finally:
        on("lb2", f"mv /root/openvip.conf {NETWORK_DROP_IN} && networkctl reload")


def test_use_vmac_answers_and_moves_also_where_the_reverse_path_is_filtered(cluster, site, on):
    """The address answers from the virtual MAC address, also after the host's own sysctl files were applied again."""
    virtual = "00:00:5e:00:01:33"
    instance = {"name": "VI_1", "virtual_router_id": 51, "version": 3, "advert_int": 0.1, "use_vmac": True,
                "virtual_ipaddress": ["198.18.0.100/24"]}

    def ask():
        return on("client", "ip neigh flush dev eth1; curl --silent --max-time 2 http://198.18.0.100/ || true; "
                  "ip neigh show 198.18.0.100")

    for name in cluster.names:
        on(name, "echo net.ipv4.conf.all.rp_filter=1 >/etc/sysctl.d/50-administrator.conf; sysctl --system")
    try:
        applied(site, keepalived_vrrp_instance=[instance])
        assert applied(site, keepalived_vrrp_instance=[instance]) == [0, 0]
        for name in cluster.names:
            on(name, "sysctl --system")
        wait_for(lambda: ask().startswith("lb1"))
        assert virtual in ask()
        assert cluster.states("lb2") == {"VI_1": "BACKUP"}
        on("lb1", "systemctl stop keepalived")
        wait_for(lambda: ask().startswith("lb2"))
        on("lb1", "systemctl start keepalived")
        wait_for(lambda: ask().startswith("lb1"))
        assert on("lb1", "sysctl -n net.ipv4.conf.eth1.rp_filter net.ipv4.conf.all.rp_filter").split() == ["1", "0"]
    finally:
        for name in cluster.names:
            on(name, "rm /etc/sysctl.d/50-administrator.conf")
        applied(site)
