# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

"""What keepalived itself says and does about the examples of rules that no other test shows it for."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._schema.programs import VRRP, Program

pytestmark = pytest.mark.daemon

_TOP = Path(__file__).resolve().parents[5]
_SPEC = importlib.util.spec_from_file_location("generate_rules", _TOP / "docs" / "generate_rules.py")
generator = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(generator)

EXAMPLES = generator.examples()


@pytest.mark.parametrize(("identifier", "message", "kept"), [
    ("timer-expired-backup-preempt", "(VI_1) expired_timer_backup requires nopreempt - resetting",
     "Highest other priority = 254"),
    ("owner-ignore-adverts-alone", "(VI_1) ignoring owner_ignore_adverts since priority is not 255",
     "Address owner ignores received adverts = true"),
    ("owner-ignore-adverts-off", "(VI_1) strict_mode with priority 255 requires owner_ignore_adverts",
     "Address owner ignores received adverts = false"),
])
def test_keepalived_2_3_3_does_what_the_rule_says(tmp_path, identifier, message, kept):
    keepalived = Program.fetch("2.3.3")
    example = EXAMPLES[identifier]
    assert keepalived.test({"wrong": example.wrong, "right": example.right}, tmp_path) == {
        "wrong": [message], "right": []}
    found = [kept in "\n".join(keepalived.dump(text, tmp_path, VRRP)) for text in (example.wrong, example.right)]
    assert found == [False, True]


def test_keepalived_drops_flags_of_another_scheduler(tmp_path, keepalived):
    right = EXAMPLES["scheduler-flag-ignored"].right
    texts = {flag: right.replace("lb_algo sh", "lb_algo wlc").replace("sh-port", flag)
             for flag in ("sh-port", "mh-fallback", "hashed", "flag-1")}
    said = keepalived.test({"right": right, **texts}, tmp_path)
    dropped = {flag: [f"{flag} only applies to sh scheduler - ignoring"] for flag in texts}
    # what reaches the kernel is not looked at
    assert said == {"right": [], **dropped, "flag-1": []}


@pytest.mark.parametrize(("identifier", "messages"), [
    ("garp-group-shared-interface", ["garp_group already specified for eth2 - ignoring"]),
    ("garp-group-without-pause", ["garp group 0 does not have any delay set - removing"]),
    ("bfd-max-hops", ["BFD instance gateway: max_hops exceeds ttl/hoplimit - setting to ttl/hoplimit"]),
    ("bfd-session-twice", ["Configuration error: BFD instance router has duplicate neighbor address 198.18.0.1, "
                           "ignoring instance"]),
    # it names the same address twice
    ("bfd-family", ["Configuration error: BFD instance gateway source address fd00:1::11 and neighbor address "
                    "fd00:1::11 are not of the same family, disabling instance"]),
    ("track-process-quorum", ["quorum_max is less than quorum - ignoring"]),
    ("sorry-server-family", ["Address family of virtual server and sorry server fd00:1::31 don't match - "
                             "skipping sorry server."]),
    ("real-server-family", ["Address family of virtual server and real server fd00:1::21 don't match - "
                            "skipping real server."]),
])
def test_keepalived_complains_of_what_the_rule_finds(tmp_path, keepalived, identifier, messages):
    example = EXAMPLES[identifier]
    said = keepalived.test({"wrong": example.wrong, "right": example.right}, tmp_path)
    assert said["right"] == [] and [each for each in messages if each not in said["wrong"]] == [], said


def test_keepalived_ends_by_a_garp_group_of_one_interface_that_another_has(tmp_path, keepalived):
    wrong = EXAMPLES["garp-group-shared-interface"].wrong.replace("        eth2\n", "")
    said = keepalived.test({"wrong": wrong}, tmp_path)
    assert any("is missing a parameter after keyword" in each for each in said["wrong"]), said
