# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""haproxy in nginx's place: any systemd unit is tracked, and the requests go through it to two web servers."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.tests.lab import faults, predict
from ansible_collections.openvip.cluster.tests.lab.cluster import TIMEOUT, Cluster
from ansible_collections.openvip.cluster.tests.lab.site import Site

testinfra_hosts = ["localhost"]
INVENTORY = "inventory/haproxy"
URL = "http://198.18.0.100/"
CLIENT = "198.18.0.200"
BALANCERS = ("198.18.0.11", "198.18.0.12")
LOG = "/var/log/nginx/access.log"
FAULTS = faults.of_service("haproxy")
# seconds that systemd on a busy host takes to see that haproxy has ended with all its processes, and to say so
SYSTEMD = 0.5


@pytest.fixture(scope="module")
def hosts():
    """The hosts of the inventory; its load balancers name themselves at a path of their own."""
    return Site(INVENTORY, ("web1", "web2"), Cluster(path="/balancer"))


@pytest.fixture(autouse=True)
def healthy(hosts):
    """Every test begins with the first load balancer as the one holder."""
    hosts.cluster.wait_for_holder("lb1", 60)


def test_requests_go_through_haproxy_to_both_web_servers_in_turn(hosts):
    assert hosts.ask(URL, 200) == {"web1": 100, "web2": 100}


def test_the_web_servers_log_the_client_and_not_the_balancer(hosts):
    hosts.empty(LOG)
    assert hosts.ask(URL, 20).total() == 20
    # the load balancers themselves make health checks
    assert hosts.logged(LOG, 20, ignored=BALANCERS) == [CLIENT] * 20


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.slug for fault in FAULTS])
def test_a_fault_moves_the_address_as_predicted_and_its_end_brings_it_back(hosts, fault):
    predicted = predict.predict(fault, *predict.configurations(hosts.cluster))
    with hosts.probing(URL) as records:
        result = hosts.cluster.provoke(fault)
    assert (result.away.before, result.away.after) == ("lb1", "lb2")
    assert result.away.holders_at_once == 1
    assert result.away.outage_ms <= (predicted.high + SYSTEMD + TIMEOUT) * 1000
    assert result.back.after == "lb1" and result.back.holders_at_once == 1
    # through both load balancers, before, while and after
    answered = {record.host for record in records if record.outcome == "ok"}
    assert answered == set(hosts.web) and records[-1].outcome == "ok"


def test_a_web_server_that_stops_costs_no_request(hosts):
    with hosts.probing(URL) as records:
        hosts.execute("web1", "systemctl", "stop", "nginx")
        try:
            assert hosts.ask(URL, 20) == {"web2": 20}
        finally:
            hosts.execute("web1", "systemctl", "start", "nginx")
    assert records and [record for record in records if record.outcome != "ok"] == []


@pytest.mark.parametrize("text, words", [
    (None, ["which is no file on the controller", "Set it"]),
    ("frontend www\n    bnd :80\n", ["unknown keyword 'bnd'"]),
], ids=["missing", "refused by haproxy"])
def test_a_wrong_file_changes_nothing(hosts, tmp_path, text, words):
    wrong = tmp_path / "haproxy.cfg"
    if text is not None:
        wrong.write_text(text)
    state = ("sh", "-c", "stat --format='%y %i' /etc/haproxy/haproxy.cfg; pgrep --exact haproxy")
    before = [hosts.execute(name, *state) for name in hosts.cluster.names]
    code, output = hosts.playbook("playbooks/haproxy.yml", "--extra-vars", f"haproxy_config_file={wrong}")
    assert code != 0 and [word for word in words if word not in output] == [], output
    assert "changed=1" not in output, output
    assert [hosts.execute(name, *state) for name in hosts.cluster.names] == before
    assert hosts.ask(URL, 20).total() == 20
