# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""vrrp_instance with a real keepalived: an instance joins a running one, and that one does not notice."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.daemon

BOTH = ["198.18.0.100", "198.18.0.101"]


@pytest.fixture(scope="module")
def story(play):
    """What the driver beside this file saw, step by step."""
    return play("edit")


def test_the_new_instance_holds_its_address(story):
    assert story["added"]["changed"] and story["added"]["reloaded"], story["added"]
    assert story["added_addresses"] == BOTH
    assert [instance["name"] for instance in story["added_info"]] == ["VI_1", "VI_2"]


def test_the_other_instance_does_not_move(story):
    assert story["pid_before"] == story["pid_after"]
    assert not [line for line in story["moves"] if "198.18.0.100/" in line]
    states = [instance["state"] for step in ("added", "again", "changed", "gone") for instance in story[step + "_info"]
              if instance["name"] == "VI_1"]
    assert states == ["MASTER"] * 4


def test_every_byte_that_was_there_stays(story):
    start = story["added_text"].index("\nvrrp_instance VI_2 {\n\tinterface eth0\n")
    end = story["added_text"].index("# nothing below")
    assert story["added_text"][:start] + story["added_text"][end:] == story["hand"]
    block = story["added_text"][start:end]
    assert story["changed_text"] == story["added_text"].replace(block, block.replace("250", "240"))
    assert story["gone_text"].replace("\n\n#", "\n#") == story["hand"]


def test_the_second_run_does_nothing(story):
    assert not story["again"]["changed"] and not story["again"]["reloaded"]
    assert story["again_text"] == story["added_text"]


def test_a_change_is_taken_over(story):
    assert story["changed"]["reloaded"] and story["changed_addresses"] == BOTH
    assert [instance["priority"] for instance in story["changed_info"]] == [250, 240]


def test_the_instance_goes_and_takes_its_address_along(story):
    assert story["gone"]["reloaded"] and story["gone_addresses"] == ["198.18.0.100"]
    assert [instance["name"] for instance in story["gone_info"]] == ["VI_1"]
