# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A second run on a live cluster derives what the first one did, whoever holds the addresses meanwhile."""

from __future__ import annotations

import copy
import itertools
import json
import pathlib
from unittest.mock import MagicMock

import pytest

from ansible_collections.openvip.cluster.plugins.action import cluster_check, keepalived_config
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render

RECORDED = json.loads((pathlib.Path(__file__).parent / "data" / "live_hosts.json").read_text())
# The findings about the definitions themselves.
KNOWN = {"first-not-link-local", "address-off-subnet", "secondary-address-lost"}
MEMBERS = ["lb1", "lb2"]
STATES = ("fresh", "backup", "holder")


def definition(case, unicast):
    config = dict(case["config"], global_defs={"script_user": "keepalived_script"})
    return {"config": config, "group": "lb", "unicast": unicast}


def variables(case, states, unicast, inspected):
    """Return the variables of each host in its state, of those in I(inspected) with what keepalived_info returned."""
    found = {}
    for name, state in zip(MEMBERS, states, strict=True):
        seen = case["hosts"][name][state]
        found[name] = {"ansible_facts": seen["ansible_facts"], "definition": definition(case, unicast)}
        if name in inspected:
            found[name]["__keepalived_inspection"] = {"network": seen["network"]}
    return found


def configure(case, name, state, unicast, hostvars):
    """Return what keepalived_config gives to its module on a host, or what it refuses."""
    task = MagicMock(args=definition(case, unicast), async_val=0, check_mode=True)
    action = keepalived_config.ActionModule(*[task, *[MagicMock() for dummy in range(5)]])
    inspection = {"network": case["hosts"][name][state]["network"]}
    action._execute_module = lambda module_name, module_args, **unused: (
        inspection if module_name.endswith("keepalived_info") else module_args)
    return action.run(task_vars={
        "inventory_hostname": name, "groups": {"all": MEMBERS, "lb": MEMBERS}, "hostvars": hostvars})


def texts(case, states, unicast, inspected=()):
    """Return the text that each host gets."""
    hostvars = variables(case, states, unicast, inspected)
    found = {}
    for name, state in zip(MEMBERS, states, strict=True):
        result = configure(case, name, state, unicast, hostvars)
        assert "config" in result, result.get("msg")
        found[name] = render(result["config"])
    return found


def check(monkeypatch, case, states, unicast, inspected):
    """Return the ids of what cluster_check finds."""
    hostvars = variables(case, states, unicast, inspected)
    monkeypatch.setattr(cluster_check, "Scope", lambda *dummy: hostvars)
    arguments = {"group": ["lb"], "definition": "definition", "fail_on": "never"}
    task = MagicMock(args=arguments, async_val=0, check_mode=True)
    action = cluster_check.ActionModule(*[task, *[MagicMock() for dummy in range(5)]])
    result = action.run(task_vars={"groups": {"all": MEMBERS, "lb": MEMBERS}, "hostvars": {}})
    return {finding["id"] for finding in result["findings"]} - KNOWN


@pytest.fixture(scope="module", params=["recorded", pytest.param("live", marks=pytest.mark.daemon)])
def story(request):
    """Definitions, and what two hosts were like before keepalived ran there, as a backup and as the holder."""
    if request.param == "recorded":
        return RECORDED
    return request.getfixturevalue("play")("some", driver="facts_driver.py")


@pytest.mark.parametrize("unicast", [False, True], ids=["multicast", "unicast"])
@pytest.mark.parametrize("inspected", [(), ("lb1",), ("lb1", "lb2")], ids=["alone", "limit", "role"])
def test_every_run_derives_the_same(story, unicast, inspected):
    for name, case in story.items():
        fresh = texts(case, ("fresh", "fresh"), unicast, MEMBERS)
        for states in itertools.product(STATES, STATES):
            assert texts(case, states, unicast, inspected) == fresh, (name, states)
        if unicast:
            family = "198.18.0" if "IPv4" in name or "both" in name else "2001:db8:18:"
            assert f"unicast_src_ip {family}{'.' if '.' in family else ':'}11\n" in fresh["lb1"]


@pytest.mark.parametrize("unicast", [False, True], ids=["multicast", "unicast"])
@pytest.mark.parametrize("inspected", [(), MEMBERS], ids=["facts", "role"])
def test_nothing_is_wrong_with_a_live_cluster(story, monkeypatch, unicast, inspected):
    for name, case in story.items():
        for states in set(itertools.product(STATES, STATES)) - {("holder", "holder")}:
            assert check(monkeypatch, case, states, unicast, inspected) == set(), (name, states)


@pytest.mark.parametrize("state, known, finds", [
    ("fresh", False, "address-is-own"),  # no keepalived, and none before
    ("fresh", True, "address-left-behind"),  # its file has it
    ("backup", True, "address-is-own"),  # keepalived runs, and another host holds it
    ("holder", True, None),
])
@pytest.mark.parametrize("name", ["IPv4", "IPv6"])
def test_an_address_that_is_on_a_host_without_keepalived_is_found(monkeypatch, name, state, known, finds):
    """As where netplan sets it, or a keepalived was killed."""
    case = copy.deepcopy(RECORDED[name])
    network = case["hosts"]["lb2"][state]["network"]
    address = case["hosts"]["lb2"]["holder"]["network"]["virtual"][0]
    if state != "holder":
        network["interfaces"]["eth0"]["addresses"].insert(1, {
            "address": address, "prefix": 64 if ":" in address else 24, "marks": []})
    network["virtual"] = [address] if known else []
    assert check(monkeypatch, case, ("fresh", state), False, MEMBERS) == {finds} - {None}
    result = configure(case, "lb2", state, False, variables(case, ("fresh", state), False, ()))
    assert bool(result.get("failed")) is (finds == "address-is-own")
    if finds == "address-is-own":
        assert f"the address {address} is the host's own on eth0" in result["msg"]


@pytest.mark.parametrize("unicast", [False, True], ids=["multicast", "unicast"])
@pytest.mark.parametrize("line", ["198.18.0.12/24", "2001:db8:18::12/64"])
def test_the_only_address_of_a_host_is_never_a_virtual_one(unicast, line):
    address = line.partition("/")[0]
    case = copy.deepcopy(RECORDED["IPv4"])
    case["config"]["vrrp_instance"][0]["virtual_ipaddress"] = [line]
    entries = case["hosts"]["lb2"]["fresh"]["network"]["interfaces"]["eth0"]["addresses"]
    entries[:] = [each for each in entries if each["address"] == address or each["address"].startswith("fe80")]
    result = configure(case, "lb2", "fresh", unicast, variables(case, ("fresh", "fresh"), unicast, ()))
    assert result["failed"] and [each["id"] for each in result["findings"] if each["severity"] == "error"] == [
        "address-is-own"], result["msg"]


def test_the_recording_has_what_is_hard():
    holders = {name: case["hosts"]["lb1"]["holder"] for name, case in RECORDED.items()}
    facts = {name: holder["ansible_facts"] for name, holder in holders.items()}
    assert facts["IPv4 as the source of the default route"]["default_ipv4"]["address"] == "198.18.0.100"
    assert facts["IPv6"]["eth0"]["ipv6"][0]["address"] == "2001:db8:18::100"
    assert "eth0_vip" in facts["IPv4 with labels"] and "eth0_vip" not in facts["IPv4"]
    marks = {mark for each in holders["IPv6"]["network"]["interfaces"]["eth0"]["addresses"] for mark in each["marks"]}
    assert {"temporary", "dynamic", "deprecated"} <= marks
    for name, holder in holders.items():
        assert holder["network"]["running"] and holder["network"]["held"], name
