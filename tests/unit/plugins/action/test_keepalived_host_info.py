# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of keepalived_host_info: derive on the controller what the module is asked for."""

from __future__ import annotations

from unittest.mock import MagicMock

import pytest

from ansible_collections.openvip.cluster.plugins.action.keepalived_host_info import ActionModule


def facts(address, device="eth1"):
    return {"interfaces": [device], device: {"device": device, "ipv4": {"address": address, "prefix": "24"}}}


HOSTVARS = {"lb1": {"ansible_facts": facts("198.18.0.11")}, "lb2": {"ansible_facts": facts("198.18.0.12", "ens5")}}
CONFIG = {"vrrp_instance": [{"name": "VI_1", "virtual_router_id": 51, "virtual_ipaddress": ["198.18.0.100/24"]}]}


@pytest.fixture
def run(monkeypatch):
    """Run the action for lb2; returns its result and what the module was given."""

    def call(hostvars=None, **arguments):
        task = MagicMock(args=dict({"config": CONFIG, "group": "lb"}, **arguments), async_val=0, check_mode=False)
        action = ActionModule(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), MagicMock())
        given = {}
        monkeypatch.setattr(action, "_execute_module",
                            lambda module_args, **unused: given.update(module_args) or {"changed": False})
        result = action.run(task_vars={"inventory_hostname": "lb2", "groups": {"lb": ["lb1", "lb2"]},
                                       "hostvars": hostvars or HOSTVARS})
        return result, given

    return call


@pytest.mark.parametrize("unicast", [False, True])
def test_the_module_gets_the_peers_and_the_interfaces_and_nothing_of_the_controllers(run, unicast):
    dummy, given = run(firewall="ufw", unicast=unicast, ports=["80/tcp"])
    assert given == {
        "firewall": "ufw", "interface": ["ens5"], "routes": False, "vmac": False, "unknown": [],
        "allow": [{"family": "ipv4", "source": None, "protocol": "tcp", "port": 80},
                  {"family": "ipv4", "source": "198.18.0.11", "protocol": "vrrp", "port": None},
                  {"family": "ipv6", "source": None, "protocol": "tcp", "port": 80}]}


def test_a_peer_without_facts_is_for_the_module_to_judge(run):
    dummy, given = run(hostvars=dict(HOSTVARS, lb1={}))
    assert given["allow"] == [] and "lb1" in given["unknown"][0]


def test_a_port_that_is_none_is_refused_before_the_host_is_reached(run):
    result, given = run(ports=["80/tpc"])
    assert result["failed"] and given == {} and "80/tpc" in result["msg"]
