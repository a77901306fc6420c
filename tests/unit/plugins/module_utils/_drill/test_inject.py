# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What puts each fault into a host, and the script that takes it out."""

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._drill import faults, inject

OPTIONS = {"service": "nginx.service", "keepalived": "keepalived.service", "interface": "eth1",
           "addresses": ["198.18.0.100", "2001:db8::100"]}
FOUND = {
    "nft": "/usr/sbin/nft", "iptables": ["iptables", "ip6tables"], "way_in": ["eth0"],
    "main": {"nginx.service": 10, "keepalived.service": 20},
    "processes": {"nginx.service": [10, 11], "keepalived.service": [20, 21]},
    "addresses": ["198.18.0.11/24", "2001:db8::11/64", "2001:db8::100/64"],
    "routes": [{"inet6": False, "words": ["default", "dev", "eth1", "via", "198.18.0.1"]}],
}


def plan(fault, **found):
    return inject.plan(fault, dict(FOUND, **found), OPTIONS)


def test_every_fault_but_a_reboot_has_steps_and_something_that_undoes_it():
    for fault in faults.FAULTS:
        made = plan(fault.name)
        assert bool(made.steps) == bool(made.undo) != fault.comes_back


def test_a_service_is_stopped_killed_or_hung_and_started_again():
    revived = ["systemctl reset-failed nginx.service", "systemctl start nginx.service"]
    assert plan("service_stop") == ([inject.Step(("systemctl", "stop", "nginx.service"))], revived)
    assert plan("service_crash") == ([inject.Step(number="SIGKILL", processes=[10])], revived)
    assert plan("service_hang") == ([inject.Step(number="SIGSTOP", processes=[10, 11])],
                                    ["systemctl kill --signal=SIGCONT nginx.service", *revived])
    assert plan("keepalived_kill").steps == [inject.Step(number="SIGKILL", processes=[20, 21])]


def test_a_frozen_host_is_silent_before_its_service_stops_and_wakes_before_it_is_heard():
    made = plan("freeze")
    assert [step.processes for step in made.steps] == [[20, 21], (), [10, 11]]
    rules = made.steps[1].data
    assert 'device "eth1"' in rules and "arp daddr ip { 198.18.0.100 } drop" in rules
    assert "ip protocol 112 drop" in rules and "@th,64,128 0x20010db8" in rules
    assert made.undo[:3] == ["kill -CONT 20 21", "nft delete table netdev openvip_drill",
                             "nft delete table inet openvip_drill"]


def test_an_interface_comes_back_with_its_routes_and_addresses_but_not_those_of_keepalived():
    assert plan("link_down").undo == [
        "ip link set dev eth1 up", "ip -6 address replace 2001:db8::11/64 dev eth1",
        "ip -4 route replace default dev eth1 via 198.18.0.1"]


def test_a_partition_takes_nftables_or_else_iptables():
    assert "meta l4proto 112 drop" in plan("partition").steps[0].data
    made = plan("partition", nft=None)
    assert [step.words[0] for step in made.steps] == ["iptables", "iptables", "ip6tables", "ip6tables"]
    assert all("--delete" in line for line in made.undo) and len(made.undo) == 4


@pytest.mark.parametrize(("fault", "found", "message"), [
    ("link_down", {"way_in": ["eth1"]}, "Ansible comes in by eth1, and would be cut off. Log in by another interface"),
    ("freeze", {"nft": None}, "Install the package nftables"),
    ("partition", {"nft": None, "iptables": []}, "needs the program nft or iptables"),
    ("service_stop", {"processes": {}}, "no process of nginx.service runs on this host"),
    ("service_crash", {"main": {"nginx.service": 0}}, "has no main process"),
])
def test_what_a_host_cannot_have_is_refused(fault, found, message):
    with pytest.raises(inject.PlanError, match=message):
        plan(fault, **found)


def test_the_script_tries_every_line_and_only_the_watchdog_ends_what_watches(tmp_path):
    done, watch, itself = tmp_path / "done", tmp_path / "watch", tmp_path / "undo"
    itself.write_text(inject.script("freeze", ["false", f"touch {done}"], str(itself), [str(watch)]))
    text = itself.read_text()
    watch.touch()
    subprocess.run(["sh", str(itself)], check=True)
    assert done.exists() and watch.exists() and not itself.exists()
    itself.write_text(text)
    subprocess.run(["sh", str(itself), "expired"], check=True)
    assert not watch.exists() and not itself.exists()


@pytest.mark.parametrize(("name", "message"), [
    ("service_stopped", 'Did you mean "service_stop"?'), ("x", "Choose from service_stop, service_crash")])
def test_an_unknown_fault_names_the_nearest_one(name, message):
    with pytest.raises(ValueError, match=message.replace("?", r"\?")):
        faults.find(name)
