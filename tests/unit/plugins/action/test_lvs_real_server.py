# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of lvs_real_server derives on the controller, then hands over; a lookup derives nginx's listen."""

from __future__ import annotations

from unittest.mock import MagicMock

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.openvip.cluster.plugins.action.lvs_real_server import ActionModule
from ansible_collections.openvip.cluster.plugins.lookup.listen import LookupModule


def facts(address):
    return {"ansible_facts": {
        "interfaces": ["lo", "eth1"], "eth1": {"device": "eth1", "ipv4": {"address": address, "prefix": "24"}},
        "lo": {"device": "lo", "type": "loopback", "ipv4": {"address": "127.0.0.1", "prefix": "8"}}}}


HOSTVARS = {"lb1": facts("198.18.0.11"), "lb2": facts("198.18.0.12"), "web1": facts("198.18.0.21"),
            "far1": facts("203.0.113.21")}
GROUPS = {"all": list(HOSTVARS), "lb": ["lb1", "lb2"], "web": ["web1"], "far": ["far1"], "empty": []}
SERVICE = {"ip": "198.18.0.100", "port": 80, "protocol": "TCP", "lb_kind": "DR", "real_server_group": "web"}
INSTANCE = {"name": "VI_1", "virtual_router_id": 51, "virtual_ipaddress": ["198.18.0.100/24"]}


def config(**keys):
    return {"virtual_server": [dict(SERVICE, **keys)], "vrrp_instance": [INSTANCE]}


def variables(host, **more):
    return dict({"inventory_hostname": host, "groups": GROUPS, "hostvars": HOSTVARS}, **more)


@pytest.fixture
def run(monkeypatch):
    """Run the action for a host; returns its result and what the module was given."""

    def call(inventory_hostname="web1", **arguments):
        task = MagicMock(args=arguments, async_val=0, check_mode=False)
        action = ActionModule(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), MagicMock())
        given = {}
        monkeypatch.setattr(action, "_execute_module",
                            lambda module_args, **unused: given.update(module_args) or {"changed": True})
        return action.run(task_vars=variables(inventory_hostname)), given

    return call


def test_the_module_gets_what_the_services_ask_of_the_host(run):
    result, given = run(group="lb", config=config(), interface=[], gateway="", state="present")
    assert result["changed"] and given == {
        "virtual_server": [{"ip": "198.18.0.100", "lb_kind": "DR"}], "interface": ["eth1"], "state": "present"}


def test_a_host_that_looks_at_another_one_asks_for_that(run):
    assert run("lb1", host="web1", group="lb", config=config())[1]["virtual_server"] != []
    assert run("web1", host="far1", group="lb", config=config())[1]["virtual_server"] == []


def test_an_interface_that_is_given_stays(run):
    assert run(group="lb", config=config(), interface=["bond0"])[1]["interface"] == ["bond0"]


def test_without_a_group_and_for_absent_nothing_is_derived(run):
    services = [{"ip": "198.18.0.100", "lb_kind": "DR"}]
    assert run(virtual_server=services, interface=["eth1"])[1] == {"virtual_server": services, "interface": ["eth1"]}
    assert run(group="lb", config=config(), interface=["eth1"], state="absent")[1] == {"state": "absent"}


@pytest.mark.parametrize("keys, words", [
    ({"lb_kind": "dr"}, ["lb_kind"]),
    ({"real_server_group": "far"}, ["far1", "198.18.0.0/24"]),
    ({"protcol": "TCP"}, ['"protcol"', '"protocol"']),
])
def test_a_wrong_definition_is_refused_before_the_host_is_reached(run, keys, words):
    result, given = run(group="lb", config=config(**keys))
    assert result["failed"] and given == {} and [word for word in words if word not in result["msg"]] == []


@pytest.mark.parametrize("arguments, words", [
    ({"group": "lbs", "config": config()}, 'no group "lbs"'),
    ({"group": "empty", "config": config()}, '"empty" of the directors has no host'),
    ({"group": "lb", "config": "text"}, "dictionary"),
    ({"config": config(), "host": "web1"}, "no use for config and host"),
    ({"gateway": "198.18.0.1"}, "no use for gateway"),
    ({"group": "lb", "config": config(), "virtual_server": [{"ip": "198.18.0.100", "lb_kind": "DR"}]},
     "Leave out one of the two"),
])
def test_what_is_no_definition_is_refused(run, arguments, words):
    with pytest.raises(AnsibleActionFail, match=words):
        run(**arguments)


def look_up(host, *terms, **definition):
    templar = MagicMock(template=lambda value: value)
    return LookupModule(templar=templar).run(list(terms), variables(host, **definition))


def test_nginx_listens_on_the_addresses_of_the_services_or_as_ever():
    definition = {"keepalived_virtual_server": [SERVICE], "keepalived_vrrp_instance": [INSTANCE]}
    assert look_up("web1", "80", **definition) == ["198.18.0.100:80", "198.18.0.21:80"]
    assert look_up("lb1", "80", **definition) == ["80"]
    assert look_up("web1", "80") == ["80"]
