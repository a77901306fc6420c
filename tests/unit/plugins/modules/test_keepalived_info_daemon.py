# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""keepalived_info with real keepaliveds: what an instance tracks, and the age of its state, by either kind of dump."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.daemon


@pytest.fixture(scope="module", params=["JSON", "text"])
def story(request, keepalived, play):
    """What the driver beside this file saw, step by step."""
    return play("tracked", str(keepalived.path), request.param)


def seen(story, step):
    """Return state, priorities, and what is tracked with its weight, status and whether it is good."""
    instance = story[step]["vrrp_instance"][0]
    return (instance["state"], instance["priority"], instance["effective_priority"], [
        (each["track"], each["name"], each["weight"], each["status"], each["good"]) for each in instance["tracked"]])


def test_what_is_tracked_is_told_with_its_state(story):
    interface = ("track_interface", "eth0", 0, "UP, RUNNING", True)
    assert seen(story, "good") == ("MASTER", 250, 250, [
        ("track_script", "chk_well", -20, "GOOD", True), ("track_file", "number", 0, "0", True), interface])
    assert seen(story, "script") == ("MASTER", 250, 230, [
        ("track_script", "chk_well", -20, "BAD", False), ("track_file", "number", 0, "0", True), interface])
    assert seen(story, "file") == ("FAULT", 250, 230, [
        ("track_script", "chk_well", -20, "BAD", False), ("track_file", "number", 0, "1", False), interface])


def test_the_age_counts_from_the_last_change_of_state(story):
    ages = [story[step]["vrrp_instance"][0]["age"] for step in ("good", "script", "file")]
    assert 0 <= ages[0] < ages[1] < 60 and 0 <= ages[2] < ages[1], ages


def test_no_dump_stays_behind_and_no_password_is_told(story):
    assert story["dumps"] == []
    assert "Xq7secre" not in json.dumps(story)
