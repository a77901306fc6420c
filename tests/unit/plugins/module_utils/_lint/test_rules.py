# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

"""Every rule: one configuration that only it finds fault with, and the same one put right."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint, rules
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import check

HOST = {"hostname": "lb1", "interfaces": {
    "eth0": ["192.0.2.11/24"], "eth1": ["198.18.0.11/24", "fd00:1::11/64", "fe80::1/64"], "eth2": [],
}}
SECURE = {"enable_script_security": True, "script_user": "keepalived_script"}
CHECK = {"name": "chk", "script": "/usr/bin/true"}
PASSWORD = {"auth_type": "PASS", "auth_pass": "secret"}


def instance(**changes):
    """An instance without a fault; None takes a key away."""
    block = {"name": "VI_1", "interface": "eth1", "virtual_router_id": 51, "priority": 100,
             "virtual_ipaddress": ["198.18.0.100/24"]}
    block.update(changes)
    return {key: value for key, value in block.items() if value is not None}


def second(**changes):
    """Another one beside it."""
    return instance(**{"name": "VI_2", "virtual_router_id": 52, "virtual_ipaddress": ["198.18.0.101/24"], **changes})


def config(*instances, **sections):
    return {**sections, "vrrp_instance": list(instances) or [instance()]}


def one(**changes):
    return config(instance(**changes))


def scripted(script, *instances, globals_=None, **changes):
    return config(
        *(instances or [instance(track_script=["chk"])]), global_defs=SECURE if globals_ is None else globals_,
        vrrp_script=[{**CHECK, **({"script": script} if script else {}), **changes}],
    )


def grouped(*instances, members=("VI_1", "VI_2"), **changes):
    return config(*instances, vrrp_sync_group=[{"name": "G1", "group": list(members), **changes}])


SIX = {"virtual_ipaddress": ["fd00:1::100/64"]}
NOT_A_HOST = {"unicast_src_ip": "198.18.0.11", "unicast_peer": ["198.18.0.12"]}
TRACK_FILE = {"track_file": [{"name": "nginx", "file": "/run/track/nginx", "weight": 0}]}

# id: (what only this rule finds, the same without the fault, a part of the message)
CASES = {
    "nopreempt-master": (
        one(nopreempt=True, state="MASTER"), one(nopreempt=True, state="BACKUP"), "keepalived drops it"),
    "preempt-delay-master": (one(preempt_delay=5, state="MASTER"), one(preempt_delay=5), "preempt_delay has no effect"),
    "preempt-delay-nopreempt": (
        one(preempt_delay=5, nopreempt=True), one(preempt_delay=0, nopreempt=True), "no effect with nopreempt"),
    "nopreempt-owner": (one(nopreempt=True, priority=255), one(nopreempt=True, priority=254), "the owner"),
    "master-without-priority": (one(state="MASTER", priority=None), one(priority=None), "priority 255"),
    "strict-master": (
        config(instance(state="MASTER", accept=True), global_defs={"vrrp_strict": True}),
        config(instance(accept=True), global_defs={"vrrp_strict": True}), "only with priority 255"),
    "interface-missing": (one(interface=None), one(), "interface is missing"),
    "interface-loopback": (one(interface="lo"), one(), "loopback"),
    "interface-not-on-host": (one(interface="eth7"), one(), "no interface eth7"),
    "duplicate-virtual-router": (
        config(instance(), second(virtual_router_id=51)), config(instance(), second()), "that of vrrp_instance VI_1"),
    "advert-int-not-whole": (one(advert_int=0.5), one(advert_int=0.5, version=3), "needs VRRP version 3"),
    "advert-int-step": (one(advert_int=0.015, version=3), one(advert_int=0.29, version=3), "no multiple of 0.01"),
    "advert-int-too-long": (one(advert_int=41, version=3), one(advert_int=41), "40.95"),
    "version-2-with-ipv6": (one(version=2, **SIX), one(version=3, **SIX), "no IPv6"),
    "down-timer-adverts-low": (one(down_timer_adverts=1), one(down_timer_adverts=2), "one lost packet"),
    "auth-type-without-pass": (
        one(authentication={"auth_type": "PASS"}), one(authentication=PASSWORD), "auth_type without auth_pass"),
    "auth-pass-without-type": (
        one(authentication={"auth_pass": "secret"}), one(authentication=PASSWORD), "auth_pass without auth_type"),
    "auth-ignored": (one(authentication=PASSWORD, version=3), one(authentication=PASSWORD), "has no authentication"),
    "auth-ah-master": (
        one(authentication={**PASSWORD, "auth_type": "AH"}, state="MASTER"),
        one(authentication=PASSWORD, state="MASTER"), "starts as BACKUP"),
    "no-virtual-address": (
        one(virtual_ipaddress=None, version=3), one(virtual_ipaddress=None, version=3, no_virtual_ipaddress=True),
        "virtual_ipaddress is missing"),
    "virtual-address-expected": (
        one(virtual_ipaddress=None), one(virtual_ipaddress=None, no_virtual_ipaddress=True), "name no address"),
    "mixed-families": (
        one(virtual_ipaddress=["198.18.0.100/24", "fd00:1::100/64"]),
        one(virtual_ipaddress_excluded=["fd00:1::100/64"]), "fd00:1::100 is IPv6 in an IPv4 instance"),
    "duplicate-address": (
        one(virtual_ipaddress=["198.18.0.100/24", "198.18.0.100/32"]), one(), "198.18.0.100 is listed twice"),
    "address-in-two-instances": (
        config(instance(), second(virtual_ipaddress=["198.18.0.100/24"])), config(instance(), second()),
        "also one of vrrp_instance VI_1"),
    "too-many-addresses": (
        one(virtual_ipaddress=[f"198.18.0.{number}/24" for number in range(256) if number != 11] + ["198.18.0.11/24"],
            priority=255),
        one(virtual_ipaddress=[f"198.18.0.{number}/24" for number in range(255)], priority=255), "has 256 addresses"),
    "address-without-prefix": (
        one(virtual_ipaddress=["198.18.0.100"]), one(virtual_ipaddress=["198.18.0.100/32"]), "becomes /32"),
    "label-of-another-interface": (
        one(virtual_ipaddress=["198.18.0.100/24 label eth0:5"]),
        one(virtual_ipaddress=["198.18.0.100/24 label eth1:5"]), "begin with its interface eth1. Write eth1:5."),
    "strict-drops-traffic": (
        config(global_defs={"vrrp_strict": True}), config(instance(no_accept=True), global_defs={"vrrp_strict": True}),
        "drops all packets"),
    "address-off-subnet": (
        one(virtual_ipaddress=["203.0.113.5/24"]), one(virtual_ipaddress=["203.0.113.5/24 dev eth2"]),
        "no subnet of eth1 (198.18.0.0/24)"),
    "address-is-own": (
        one(virtual_ipaddress=["198.18.0.11/24"]), one(virtual_ipaddress=["198.18.0.11/24"], priority=255),
        "198.18.0.11 is the host's own on eth1"),
    "address-device-not-on-host": (
        one(virtual_ipaddress=["198.18.0.100/24 dev eth8"]), one(virtual_ipaddress=["198.18.0.100/32 dev lo"]),
        "no interface eth8"),
    "unicast-without-peers": (one(unicast_src_ip="198.18.0.11"), one(**NOT_A_HOST), "unicast_src_ip without"),
    "unicast-peer-family": (
        one(unicast_peer=["fd00:1::12"]), one(unicast_peer=["198.18.0.12"]), "Use the IPv4 address"),
    "unicast-peer-is-self": (
        one(unicast_peer=["198.18.0.11", "198.18.0.12"]), one(unicast_peer=["198.18.0.12"]), "this host itself"),
    "source-address-not-on-host": (
        one(unicast_src_ip="198.18.0.13", unicast_peer=["198.18.0.12"]), one(**NOT_A_HOST),
        "Use one of eth1: 198.18.0.11, fd00:1::11, fe80::1."),
    "multicast-with-unicast": (
        one(mcast_dst_ip="224.0.0.19", unicast_peer=["198.18.0.12"]), one(mcast_dst_ip="224.0.0.19"), "mcast_dst_ip"),
    "vmac-with-unicast": (
        one(use_vmac=True, unicast_peer=["198.18.0.12"]),
        one(use_vmac=True, unicast_peer=["198.18.0.12"], vmac_xmit_base=True), "Set vmac_xmit_base"),
    "strict-with-unicast": (
        one(strict_mode=True, accept=True, unicast_peer=["198.18.0.12"]),
        one(strict_mode=False, unicast_peer=["198.18.0.12"]), "against vrrp_strict"),
    "tracked-undefined": (
        one(track_script=["chk"]), scripted(None), "Define it in vrrp_script (defined: none)"),
    "tracked-twice": (
        scripted(None, instance(track_script=["chk", "chk weight 5"])), scripted(None), "chk is listed twice"),
    "never-tracked": (config(**TRACK_FILE), config(instance(track_file=["nginx"]), **TRACK_FILE), "nothing tracks it"),
    "track-own-interface": (one(track_interface=["eth1"]), one(track_interface=["eth0"]), "eth1 is the own interface"),
    "track-interface-not-on-host": (
        one(track_interface=["eth5"]), one(track_interface=["eth2"]), "no interface eth5 to track"),
    "weight-in-sync-group": (
        grouped(instance(track_interface=["eth0 weight -20"]), second()),
        grouped(instance(track_interface=["eth0 weight -20"]), second(), sync_group_tracking_weight=True),
        "track_interface eth0 has weight -20, which is ignored in the vrrp_sync_group G1"),
    "weight-with-owner": (
        one(track_interface=["eth0 weight -20"], priority=255), one(track_interface=["eth0"], priority=255),
        "ignored with priority 255"),
    "weight-out-of-range": (
        one(track_interface=["eth0 weight -60", "eth2 weight -60"]),
        one(track_interface=["eth0 weight -60", "eth2 weight -39"]), "from 100 to -20, which becomes 1"),
    "sync-group-empty": (grouped(members=()), config(), "group is missing"),
    "sync-group-single": (grouped(members=["VI_1"]), grouped(instance(), second()), "only one instance"),
    "sync-group-unknown-member": (
        grouped(instance(), second(), members=["VI_1", "VI_2", "VI_3"]), grouped(instance(), second()),
        "VI_3 is no vrrp_instance. Correct the name (there are: VI_1, VI_2)"),
    "sync-group-shared-member": (
        config(instance(), second(), second(name="VI_3", virtual_router_id=53, virtual_ipaddress=["198.18.0.103/24"]),
               vrrp_sync_group=[{"name": "G1", "group": ["VI_1", "VI_2"]}, {"name": "G2", "group": ["VI_3", "VI_1"]}]),
        grouped(instance(), second()), "VI_1 is also in vrrp_sync_group G1"),
    "sync-group-mixed-owner": (
        grouped(instance(priority=255), second()), grouped(instance(priority=255), second(priority=255)), "only VI_1"),
    "script-security-missing": (
        scripted(None, globals_={}), scripted(None), "without enable_script_security"),
    "script-user-missing": (
        scripted(None, globals_={"enable_script_security": True}),
        scripted(None, globals_={"enable_script_security": True}, user="nobody"), "no script_user"),
    "script-relative-path": (
        scripted("killall -0 nginx"), scripted("/usr/bin/killall -0 nginx"), '"killall" has no full path'),
    "script-shell-syntax": (
        scripted("/usr/bin/ps aux | grep nginx"), scripted("/bin/sh -c 'ps aux | grep nginx'"), 'script has "|"'),
    "script-path-symlinked": (
        scripted("/bin/true"), scripted("/usr/bin/true"), "Write /usr/bin/true."),
    "script-timeout-too-long": (
        scripted(None, interval=2, timeout=3), scripted(None, interval=2, timeout=2), "timeout 3 is longer"),
    "mail-incomplete": (
        config(global_defs={"notification_email": ["a@example.com"]}),
        config(global_defs={"notification_email": ["a@example.com"], "smtp_server": "192.0.2.25"}),
        "notification_email without smtp_server"),
    "smtp-server-name": (
        config(global_defs={"notification_email": ["a@example.com"], "smtp_server": "mail.example.com 25"}),
        config(global_defs={"notification_email": ["a@example.com"], "smtp_server": "192.0.2.25 25"}),
        "mail.example.com is a name"),
}
# Some faults exist in some versions only.
VERSIONS = {"interface-missing": (2, 2, 7), "script-path-symlinked": (2, 3, 3)}


def found(identifier, data):
    assert [finding for finding in check(data) if finding.severity == "error"] == []
    return lint(data, host=copy.deepcopy(HOST), version=VERSIONS.get(identifier))


def test_every_rule_has_its_cases():
    assert sorted(CASES) == sorted(rule.id for rule in rules())


@pytest.mark.parametrize("identifier", CASES)
def test_rule_finds_its_fault_and_nothing_else_does(identifier):
    wrong, _right, message = CASES[identifier]
    findings = found(identifier, wrong)
    assert {finding.id for finding in findings} == {identifier}
    assert message in str(findings[0])
    (rule,) = [rule for rule in rules() if rule.id == identifier]
    assert {finding.severity for finding in findings} == {rule.severity}


@pytest.mark.parametrize("identifier", CASES)
def test_the_right_configuration_is_clean(identifier):
    _wrong, right, _message = CASES[identifier]
    assert [str(finding) for finding in found(identifier, right)] == []


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_rule_says_what_it_is_about(rule):
    assert rule.severity in ("error", "warning", "info")
    assert rule.summary.endswith(".")
    assert rule.source


@pytest.mark.parametrize("identifier", CASES)
def test_findings_name_the_object_and_end_with_the_remedy(identifier):
    for finding in found(identifier, CASES[identifier][0]):
        assert finding.object.split(" ")[0] in (
            "vrrp_instance", "vrrp_script", "track_file", "vrrp_sync_group", "global_defs")
        assert str(finding) == f"{finding.object}: {finding.message} {finding.remedy}"
        assert finding.message.endswith((".", "?", ")."))
        assert finding.remedy.endswith(".")


@pytest.mark.parametrize("identifier", CASES)
def test_data_is_not_changed(identifier):
    wrong = copy.deepcopy(CASES[identifier][0])
    found(identifier, wrong)
    assert wrong == CASES[identifier][0]
