# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

"""Signed adverts: which hosts hear each other, and each step of turning them on and of changing a key."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.advertised import change
from ansible_collections.openvip.cluster.plugins.module_utils._lint.cluster import Cluster, Member, lint_clusters
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import check

VERSION = (2, 4, 3)
# that of keepalived.conf(5), and one of as many bytes
KEY = "hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
OTHER = "hex:" + "a7" * 32
TEXT = "thirty-two bytes, which is right".replace(" ", "_")


def signed(*keys, active=1, **more):
    return {"key": [f"{number} {key}" for number, key in enumerate(keys or (KEY,), 1)], "active_key": active, **more}


def data(hmac, **more):
    instance = {"name": "VI_1", "interface": "eth1", "virtual_router_id": 51, "priority": 100,
                "virtual_ipaddress": ["198.18.0.100/24"], **more}
    return {"vrrp_instance": [instance if hmac is None else {**instance, "auth_hmac": hmac}]}


def alone(hmac, **more):
    return [finding.id for finding in [*check(data(hmac, **more), VERSION), *lint(data(hmac, **more), None, VERSION)]]


def together(*hmacs, **more):
    members = [Member(f"lb{number}", data(hmac, **more), version=VERSION) for number, hmac in enumerate(hmacs, 1)]
    return [finding for finding in lint_clusters([Cluster(members)]) if "hmac" in finding.id]


@pytest.mark.parametrize("key", [KEY, "hex:" + KEY[4:].upper(), TEXT, "hex:" + "0f" * 64,
                                 "file:/etc/keepalived/vrrp51"])
@pytest.mark.parametrize("version", [2, 3])
def test_a_key_of_the_manual_is_right(key, version):
    assert alone({"key": [f"1 {key}"], "active_key": 1}, version=version) == []


@pytest.mark.parametrize("key", ["hex:" + "0f" * 15, "hex:" + "0f" * 31, "hex:" + "0f" * 65, "hex:" + "xy" * 32, "hex:",
                                 TEXT[:31], TEXT + TEXT + "x", "file:vrrp51"])
def test_a_key_that_keepalived_rejects_is_refused_and_not_shown(key):
    (finding,) = (each for each in check(data(signed(key)), VERSION) if each.id == "bad-value")
    assert "32 to 64 bytes" in finding.remedy
    assert key not in str(finding) or key == "hex:"


@pytest.mark.parametrize("hmac, found", [
    ({"key": [f"1 {KEY}"]}, ["hmac-without-active-key"]),
    ({"key": [f"2 {KEY}"], "active_key": 1}, ["hmac-without-active-key"]),
    ({"active_key": 1}, ["hmac-without-active-key"]),
    ({"mode": "enforce"}, ["hmac-without-active-key"]),
    ({"key": [f"1 {KEY}", f"1 {OTHER}"], "active_key": 1}, ["hmac-key-twice"]),
    (signed(mode="permissive"), ["hmac-not-enforced"]),
    (signed(mode="receive-only"), ["hmac-not-enforced"]),
    (signed(anti_replay="monotonic", time_window=9), ["hmac-window-ignored"]),
    (signed(anti_replay="time", time_window=9), []),
    (signed(KEY, OTHER, active=2), []),
    # what raw lines and definitions say is not known here
    ({"key": [f"1 {KEY}"], "raw": ["active_key 1"]}, []),
    ({"key": [f"$NUMBER {KEY}"], "active_key": 1}, []),
])
def test_what_is_said_of_one_host(hmac, found):
    assert alone(hmac) == found


@pytest.mark.parametrize("more, found", [
    ({"authentication": {"auth_type": "PASS", "auth_pass": "secret"}}, ["hmac-with-authentication"]),
    ({"authentication": {"auth_type": "PASS", "auth_pass": "secret"}, "version": 3}, ["auth-ignored"]),
    ({"strict_mode": True, "version": 3, "accept": True}, []),
])
def test_signed_adverts_beside_other_keywords(more, found):
    assert alone(signed(), **more) == found


def test_strict_mode_takes_a_step_for_the_last_one():
    more = {"strict_mode": True, "version": 3, "accept": True}
    assert alone(signed(mode="permissive"), **more) == ["hmac-mode-with-strict"]
    assert [each.id for each in together(signed(mode="permissive"), signed(mode="receive-only"), **more)] == []


@pytest.mark.parametrize("hmacs, found", [
    ([signed(), None], ["cluster-hmac-missing"]),
    ([signed(), signed(mode="receive-only")], ["cluster-hmac-unsigned"]),
    ([signed(), signed(mode="receive-only"), signed(mode="permissive")], ["cluster-hmac-unsigned"]),
    ([signed(), signed(OTHER)], ["cluster-hmac-key-differs"]),
    ([signed(KEY, OTHER), signed(KEY, TEXT)], ["cluster-hmac-key-differs"]),
    ([signed(KEY, OTHER, active=2), signed()], ["cluster-hmac-key-unknown"]),
    ([signed(KEY, OTHER, active=2), signed(KEY, OTHER)], ["cluster-hmac-active-key-differs"]),
    ([signed(anti_replay="monotonic"), signed()], ["cluster-hmac-anti-replay-differs"]),
    ([signed(time_window=5), signed(time_window=6)], ["cluster-hmac-anti-replay-differs"]),
    # the window that keepalived derives is the one that is written
    ([signed(time_window=5), signed()], []),
    # the same bytes
    ([signed("hex:" + TEXT.encode().hex()), signed(TEXT)], []),
    # nobody but the host knows what the file holds
    ([signed("file:/etc/keepalived/vrrp51"), signed(KEY)], []),
    # a fault of its own, see above
    ([signed(), {"key": [f"1 {KEY}"]}], []),
    ([signed(), {"raw": [f"key 1 {OTHER}", "active_key 1"]}], []),
])
def test_hosts_that_do_not_hear_each_other(hmacs, found):
    findings = together(*hmacs)
    assert [finding.id for finding in findings] == found
    assert not any(key in str(finding) for finding in findings for key in (KEY, OTHER, TEXT))


STEPS = [None, signed(mode="receive-only"), signed(mode="permissive"), signed(mode="enforce")]
ROTATION = [signed(KEY), signed(KEY, OTHER), signed(KEY, OTHER, active=2), {"key": [f"2 {OTHER}"], "active_key": 2}]


@pytest.mark.parametrize("steps", [STEPS, ROTATION])
def test_each_step_may_reach_one_host_after_the_other(steps):
    for before, after in zip(steps, steps[1:]):
        for hmacs in ([before, after], [after, before], [after, after]):
            assert {each.severity for each in together(*hmacs)} <= {"info"}
        for one, other in ((before, after), (after, before)):
            assert change(data(one), data(other)) == ([], None)


@pytest.mark.parametrize("before, after, found", [
    (STEPS[0], STEPS[2], "cluster-hmac-missing"), (STEPS[0], STEPS[3], "cluster-hmac-missing"),
    (STEPS[1], STEPS[3], "cluster-hmac-unsigned"),
    (ROTATION[0], ROTATION[2], "cluster-hmac-key-unknown"), (ROTATION[0], ROTATION[3], "cluster-hmac-key-unknown"),
    (ROTATION[1], ROTATION[3], "cluster-hmac-key-unknown"), (signed(KEY), signed(OTHER), "cluster-hmac-key-differs"),
])
def test_a_step_that_is_left_out_is_an_error_and_a_change_that_peers_see(before, after, found):
    (finding,) = together(before, after)
    assert (finding.id, finding.severity) == (found, "error")
    seen = change(data(before), data(after))
    assert seen.advertised == ["vrrp_instance VI_1: auth_hmac changes (keys are not shown)."] and seen.window


@pytest.mark.parametrize("hmac, found", [
    (STEPS[1], ["hmac-not-enforced"]), (STEPS[2], ["hmac-not-enforced"]), (STEPS[3], []),
    *((each, []) for each in ROTATION),
])
def test_what_is_said_at_each_step(hmac, found):
    assert alone(hmac) == found and together(hmac, hmac) == []
