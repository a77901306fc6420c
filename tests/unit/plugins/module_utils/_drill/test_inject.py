# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What puts each fault into a host, and the script that takes it out."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._drill import faults, inject

OPTIONS = {"service": "nginx.service", "keepalived": "keepalived.service", "interface": "eth1",
           "addresses": ["198.18.0.100", "2001:db8::100"]}
NGINX, KEEPALIVED = [(10, 1000), (11, 1100)], [(20, 2000), (21, 2100)]
FOUND = {
    "nft": "/usr/sbin/nft", "tables": {}, "iptables": ["iptables", "ip6tables"], "way_in": ["eth0"], "up": True,
    "active": ["nginx.service", "keepalived.service", "exporter.service"],
    "dependents": {"nginx.service": ["exporter.service", "idle.service"]},
    "main": {"nginx.service": NGINX[0], "keepalived.service": KEEPALIVED[0]},
    "processes": {"nginx.service": NGINX, "keepalived.service": KEEPALIVED},
    "running": {"nginx.service": NGINX, "keepalived.service": KEEPALIVED},
    "addresses": [["198.18.0.11/24"], ["2001:db8::11/64", "nodad"], ["2001:db8::100/64"],
                  ["2001:db8::12 peer 2001:db8::13/128"]],
    "routes": [{"inet6": False, "words": ["default", "dev", "eth1", "via", "198.18.0.1"]},
               {"inet6": True, "words": ["2001:db8:1::/48", "dev", "eth1", "src", "2001:db8::100"]}],
}


def plan(fault, **found):
    return inject.plan(fault, dict(FOUND, **found), OPTIONS)


def undone(made):
    """The commands that undo a fault, each behind the number of its step."""
    return [f"{undo.step} {' '.join(words)}" for undo in made.undo for words in undo.commands]


def revived(step, unit):
    return [f"{step} systemctl reset-failed {unit}", f"{step} systemctl start {unit}"]


def test_every_fault_but_a_reboot_has_steps_and_something_that_undoes_it():
    for fault in faults.FAULTS:
        made = plan(fault.name)
        assert bool(made.steps) == bool(made.undo) != fault.comes_back


def test_each_step_has_something_that_undoes_it_and_that_has_a_step():
    for fault in faults.FAULTS:
        made = plan(fault.name)
        assert {undo.step for undo in made.undo} == set(range(len(made.steps)))
        assert all(undo.check and undo.commands and undo.what for undo in made.undo)


def test_a_service_is_stopped_killed_or_hung_and_started_again():
    made = plan("service_stop")
    assert made.steps == [inject.Step(("systemctl", "stop", "nginx.service"), whole=False)]
    assert undone(made) == [*revived(0, "nginx.service"), *revived(0, "exporter.service")]
    made = plan("service_crash")
    assert made.steps == [inject.Step(number="SIGKILL", processes=[(10, 1000)])]
    assert undone(made) == revived(0, "nginx.service")
    made = plan("service_hang")
    assert made.steps == [inject.Step(number="SIGSTOP", processes=NGINX)]
    assert undone(made) == ["0 wake 10:1000 11:1100", *revived(0, "nginx.service")]
    assert plan("keepalived_kill").steps == [inject.Step(number="SIGKILL", processes=KEEPALIVED)]


def test_what_did_not_run_before_does_not_run_afterwards():
    made = plan("freeze", running={"nginx.service": [], "keepalived.service": KEEPALIVED[1:]},
                active=["keepalived.service"])
    assert [step.processes for step in made.steps] == [KEEPALIVED[1:], (), []]
    assert undone(made)[0] == "0 wake 21:2100"
    assert undone(made)[3:] == revived(0, "keepalived.service")
    assert undone(plan("service_hang", running={"nginx.service": NGINX[1:]}, active=[])) == ["0 wake 11:1100"]


def test_a_frozen_host_is_silent_before_its_service_stops_and_wakes_before_it_is_heard():
    made = plan("freeze")
    assert [step.processes for step in made.steps] == [KEEPALIVED, (), NGINX]
    rules = made.steps[1].data
    assert 'device "eth1"' in rules and "arp daddr ip { 198.18.0.100 } drop" in rules
    assert "ip protocol 112 drop" in rules and "@th,64,128 0x20010db8" in rules
    assert all('comment "openvip drill"' in line for line in rules.splitlines() if " drop" in line)
    assert undone(made)[:4] == ["0 wake 20:2000 21:2100", "1 nft delete table netdev openvip_drill",
                                "1 nft delete table inet openvip_drill", "2 wake 10:1000 11:1100"]


def test_an_interface_comes_back_with_its_routes_and_addresses_but_not_those_of_keepalived():
    made = plan("link_down")
    assert undone(made) == [
        "0 ip link set dev eth1 up", "0 ip -6 address replace 2001:db8::11/64 dev eth1 nodad",
        "0 ip -6 address replace 2001:db8::12 peer 2001:db8::13/128 dev eth1",
        "0 ip -4 route replace default dev eth1 via 198.18.0.1"]
    assert made.undo[2].check == ("address_present", "eth1", "2001:db8::12 peer 2001:db8::13/128")


def test_a_partition_takes_nftables_or_else_iptables():
    assert 'meta l4proto 112 drop comment "openvip drill"' in plan("partition").steps[0].data
    made = plan("partition", nft=None)
    assert [step.words[0] for step in made.steps] == ["iptables", "iptables", "ip6tables", "ip6tables"]
    assert all("--delete" in line for line in undone(made)) and len(made.undo) == 4


@pytest.mark.parametrize("fault", ["freeze", "partition"])
def test_what_an_earlier_drill_has_left_is_replaced_and_the_table_of_somebody_else_is_not(fault):
    left = {("inet", "openvip_drill"): 'table inet openvip_drill { chain c { drop comment "openvip drill" } }'}
    step = next(step for step in plan(fault, tables=left).steps if step.words)
    assert step.data.startswith("delete table inet openvip_drill\ncreate table ")
    with pytest.raises(inject.PlanError, match="table inet openvip_drill of nftables: already exists, and is not"):
        plan(fault, tables={("inet", "openvip_drill"): "table inet openvip_drill { }"})


@pytest.mark.parametrize(("fault", "found", "message"), [
    ("link_down", {"way_in": ["eth1"]}, "Ansible comes in by eth1, and would be cut off. Log in by another interface"),
    ("freeze", {"nft": None}, "Install the package nftables"),
    ("partition", {"nft": None, "iptables": []}, "needs the program nft or iptables"),
    ("service_stop", {"processes": {}}, "no process of nginx.service runs on this host"),
    ("service_crash", {"main": {}}, "has no main process"),
    ("service_stop", {"active": []}, "nginx.service is not active, so nothing would start it again"),
    ("service_hang", {"running": {"nginx.service": []}}, "every process of nginx.service is stopped already"),
    ("link_down", {"up": False}, "eth1 is down already"),
])
def test_what_a_host_cannot_have_is_refused(fault, found, message):
    with pytest.raises(inject.PlanError, match=message):
        plan(fault, **found)


@pytest.mark.parametrize(("name", "message"), [
    ("service_stopped", 'Did you mean "service_stop"?'), ("x", "Choose from service_stop, service_crash")])
def test_an_unknown_fault_names_the_nearest_one(name, message):
    with pytest.raises(ValueError, match=message.replace("?", r"\?")):
        faults.find(name)
