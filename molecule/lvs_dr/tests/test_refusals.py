# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A wrong definition stops before any host changes, and says what is wrong and what to do."""

from __future__ import annotations

import json
import re

import pytest

from ansible_collections.openvip.cluster.tests.lab.predict import KEEPALIVED_CONF
from ansible_collections.openvip.cluster.tests.lab.site import changes

pytestmark = pytest.mark.slow

testinfra_hosts = ["localhost"]
INVENTORY = "inventory/lvs_dr"
DR = {"ip": "198.18.0.100", "port": 80, "protocol": "TCP", "lb_algo": "rr", "lb_kind": "DR", "real_server_group": "web"}
WRONG = {
    "words": (
        [dict(DR, lb_algo="wrrr"), dict(DR, port=81, lb_kind="dr")],
        ["virtual_server 198.18.0.100 80: lb_algo", "wrrr", '"wrr"', "virtual_server 198.18.0.100 81: lb_kind"]),
    "hosts": (
        [dict(DR, real_server_group=None, real_server=[{"ip": "203.0.113.9", "port": 80}]),
         dict(DR, port=81, real_server_group="wed")],
        ["real_server 203.0.113.9 is in none of 198.18.0.0/24", "TUN or NAT", 'no group "wed"', '"web"']),
    "director": (
        [dict(DR, real_server_group="lb")],
        ["lb1 is a director of the address and one of its real servers", "loop_guard"]),
    "ports": (
        [dict(DR, real_server_options={"port": 8080})],
        ["virtual_server 198.18.0.100 80 real_server 198.18.0.21 8080", "DR cannot change the port"]),
    "two ways": (
        [DR, dict(DR, port=443, lb_kind="NAT")],
        ["virtual_server 198.18.0.100: lb_kind is both DR and NAT", "Give all services of an address the same"]),
}


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    """What is gathered once for all wrong definitions, none of which changes a host."""
    return tmp_path_factory.mktemp("facts")


@pytest.fixture(autouse=True)
def nothing_changes(lvs):
    """No file, table or address of a director is another one afterwards."""
    def state():
        return [lvs.execute(name, "sh", "-c", f"stat -c %y {KEEPALIVED_CONF}; ip -brief address; cat {KEEPALIVED_CONF}")
                for name in lvs.cluster.names]

    before = state()
    yield
    assert state() == before


@pytest.mark.parametrize("services, expected", WRONG.values(), ids=WRONG)
def test_a_wrong_definition_is_refused(lvs, facts, services, expected):
    services = [{key: value for key, value in service.items() if value is not None} for service in services]
    wrong = json.dumps({"keepalived_virtual_server": services})
    code, output = lvs.playbook("playbooks/lvs.yml", "--extra-vars", wrong, facts=facts)
    assert code != 0
    said = output.replace("\\\"", '"').replace("\\n", "\n")
    assert [words for words in expected if words not in said] == [], output
    assert set(changes(output)) == {0}, output


def test_a_kernel_without_ipvs_is_refused_and_one_with_it_is_not(lvs):
    container = "client"
    has_ipvs = lvs.execute(container, "sh", "-c", "test -e /proc/net/ip_vs && echo yes || echo no").strip() == "yes"
    variables = json.dumps({"keepalived_group": "clients", "keepalived_virtual_server": [DR]})
    code, output = lvs.playbook("playbooks/lvs.yml", "--check", "--extra-vars", variables)
    assert ("its kernel" in output and "has no ip_vs" in output) != has_ipvs, output
    assert (code == 0) == has_ipvs, output


def test_a_real_server_that_is_not_prepared_is_named(lvs):
    lvs.execute("web3", "ip", "address", "delete", "198.18.0.100/32", "dev", "lo")
    try:
        code, output = lvs.playbook("molecule/lvs_dr/real_servers.yml")
        assert code != 0
        assert re.search(r"web3 is a real server and not prepared for it\. .*198\.18\.0\.100/32", output), output
        assert "web2 is a real server and not" not in output
    finally:
        services = [{"ip": ip, "lb_kind": "DR"} for ip in ("198.18.0.100", "2001:db8:18::100")]
        repaired = lvs.module("web3", "lvs_real_server", virtual_server=services, interface=["eth1"])
    assert repaired["changed"]
