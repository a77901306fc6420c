# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""nginx in front of two web servers: requests in turn, the client's address, health, and changes under load."""

from __future__ import annotations

import json
import re

import pytest

from ansible_collections.openvip.cluster.tests.lab.site import Site

testinfra_hosts = ["localhost"]
INVENTORY = "inventory/nginx_balancer"
URL = "http://198.18.0.100/"
CLIENT = "198.18.0.200"
LOG = "/var/log/nginx/access.log"
SERVER = {"name": "www", "listen": ["80"], "location": [{"uri": "/", "proxy_pass": "http://web"}]}


@pytest.fixture(scope="module")
def hosts():
    """The hosts of the inventory."""
    return Site(INVENTORY, ("web1", "web2"))


@pytest.fixture(autouse=True)
def healthy(hosts):
    """Every test begins with the first load balancer as the one holder."""
    hosts.cluster.wait_for_holder("lb1", 60)


def change(hosts, servers):
    """Run the playbook with other sites on the load balancers; return its exit code and what it printed."""
    return hosts.playbook("playbooks/nginx_balancer.yml", "--extra-vars", json.dumps({
        "servers": servers, "nginx_server": "{{ servers if inventory_hostname in groups['lb'] else [] }}"}))


def test_requests_are_answered_in_turn(hosts):
    assert hosts.ask(URL, 200) == {"web1": 100, "web2": 100}


def test_the_web_servers_log_the_client_and_not_the_balancer(hosts):
    hosts.empty(LOG)
    assert hosts.ask(URL, 20).total() == 20
    assert hosts.logged(LOG, 20) == [CLIENT] * 20


def test_who_is_no_balancer_is_not_believed(hosts):
    hosts.execute("web1", "truncate", "--size=0", LOG)
    hosts.execute("client", "curl", "--silent", "--fail", "--header", "X-Forwarded-For: 192.0.2.1",
                  "http://198.18.0.21/")
    assert hosts.execute("web1", "cat", LOG).split()[0] == CLIENT


def test_a_web_server_that_stops_costs_no_request(hosts):
    with hosts.probing(URL) as records:
        hosts.execute("web1", "systemctl", "stop", "nginx")
        try:
            assert hosts.ask(URL, 20) == {"web2": 20}
        finally:
            hosts.execute("web1", "systemctl", "start", "nginx")
    assert records and [record for record in records if record.outcome != "ok"] == []


def test_the_other_balancer_takes_over_and_balances_alike(hosts):
    hosts.execute("lb1", "systemctl", "stop", "nginx")
    try:
        hosts.cluster.wait_for_holder("lb2")
        assert set(hosts.ask(URL, 20)) == set(hosts.web)
    finally:
        hosts.execute("lb1", "systemctl", "start", "nginx")


def status(hosts):
    """Return the exit code of the playbook status, the holder that its screen names, and the screen."""
    code, output = hosts.playbook("playbooks/status.yml", "--extra-vars", "status_fail=true")
    holder = re.search(r"^198\.18\.0\.100 +(.*?) +VI_1 +55$", output, re.MULTILINE)
    assert holder, output
    return code, holder.group(1), output


def test_the_status_names_the_holder_and_after_a_failover_the_other_one(hosts):
    code, holder, output = status(hosts)
    assert (code, holder) == (0, "lb1"), output
    hosts.execute("lb1", "systemctl", "stop", "nginx")
    try:
        hosts.cluster.wait_for_holder("lb2")
        code, holder, output = status(hosts)
        assert (code, holder) == (2, "lb2"), output
        assert re.search(r"^VI_1 +lb1 +FAULT +\d+ +\d+ s +.*track_file nginx: \d+$", output, re.MULTILINE), output
        assert "[instance-fault]" in output
    finally:
        hosts.execute("lb1", "systemctl", "start", "nginx")


def test_a_site_comes_and_goes_without_a_lost_request(hosts):
    more = {"name": "more", "listen": ["8080"], "location": [{"uri": "/", "return": "200 more"}]}
    with hosts.probing(URL) as records:
        code, output = change(hosts, [SERVER, more])
        assert code == 0, output
        assert hosts.execute("client", "curl", "--silent", "http://198.18.0.100:8080/") == "more"
        code, output = hosts.playbook("playbooks/nginx_balancer.yml")
        assert code == 0, output
        assert hosts.ask("http://198.18.0.100:8080/", 1) == {"": 1}
    assert len(records) > 500 and [record for record in records if record.outcome != "ok"] == []


def test_a_broken_snippet_stops_before_anything_changes(hosts):
    state = "cd /etc/nginx && find . -type f -exec stat --format='%n %a %y %i' {} + | sort"
    before = [hosts.execute(name, "sh", "-c", state) for name in hosts.cluster.names]
    code, output = change(hosts, [dict(SERVER, raw=["no_such_directive on;"])])
    assert code != 0 and "no_such_directive" in output, output
    assert [hosts.execute(name, "sh", "-c", state) for name in hosts.cluster.names] == before
    assert hosts.ask(URL, 20).total() == 20
