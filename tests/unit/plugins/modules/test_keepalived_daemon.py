# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""keepalived_config with a real keepalived, in a network and a /run of its own: it is reloaded, asked, and put back."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.daemon


@pytest.fixture(scope="module")
def story(play):
    """What the driver beside this file saw, step by step."""
    return play("whole")


def test_a_stopped_daemon_is_not_started(story):
    assert story["first"]["changed"] and not story["first"]["reloaded"]


def test_a_running_daemon_takes_a_new_address_and_keeps_its_process(story):
    assert story["added"]["reloaded"]
    assert story["added_addresses"] == ["198.18.0.100", "198.18.0.101"]
    assert story["pid_before"] == story["pid_after"]


def test_info_tells_what_the_daemon_does_and_holds(story):
    info = story["info"]
    assert info["running"] and info["addresses"] == ["198.18.0.100", "198.18.0.101"]
    assert info["vrrp_instance"][0]["state"] == "MASTER" and info["vrrp_instance"][0]["virtual_router_id"] == 51
    assert info["config"]["vrrp_instance"][0]["authentication"]["auth_pass"] == "********"
    assert "Xq7secre" not in json.dumps(info)
    assert [(entry["address"], entry["set"], entry["held_on"]) for entry in info["vrrp_instance"][0][
        "virtual_ipaddress"]] == [("198.18.0.100/24", True, ["eth0"]), ("198.18.0.101/24", True, ["eth0"])]


def test_the_file_that_it_reads_is_known(story):
    assert story["reads"][0] == "" and "not /etc/keepalived/other.conf" in story["reads"][1]


def test_no_dump_with_a_password_stays_behind(story):
    assert story["dumps"] == []


def test_a_reload_that_an_earlier_run_still_owes_is_made(story):
    assert story["lost_check"]["changed"] and story["lost_check"]["differs"]
    assert story["lost"]["changed"] and story["lost"]["reloaded"]
    assert story["lost_addresses"] == ["198.18.0.100", "198.18.0.101", "198.18.0.102"]
    assert not story["lost_again"]["changed"]


def test_keepalived_refuses_and_nothing_changes(story):
    assert story["refused"]["failed"] and "Unknown keyword 'no_such_word'" in story["refused"]["msg"]
    assert story["refused_text"] == story["good_text"]


def test_what_the_daemon_does_not_take_is_put_back(story):
    assert story["broken"]["failed"] and not story["broken"]["changed"]
    assert "former configuration is in" in story["broken"]["msg"]
    assert story["broken_text"] == story["good_text"]


@pytest.fixture(scope="module")
def moving(play):
    return play("moved")


def test_an_address_that_moves_to_an_earlier_instance_is_kept_by_two_reloads(moving):
    everything = ["198.18.0.100", "198.18.0.101", "198.18.0.102"]
    assert moving["held"] == everything
    assert moving["check"]["away"] == moving["moved"]["away"] == ["198.18.0.101"]
    assert moving["moved"]["reloaded"] and moving["moved_held"] == everything
    assert not moving["again"]["changed"] and moving["again"]["away"] == []


def test_a_daemon_that_reads_another_file_is_not_taken_for_reloaded(moving):
    assert moving["other"]["failed"] and not moving["other"]["changed"] and moving["other_same"]
    assert ".other" in moving["other"]["msg"]


def test_a_daemon_that_does_not_answer_any_more_is_a_failure_and_rolled_back(moving):
    assert moving["silent"]["failed"] and "It answered before the reload." in moving["silent"]["msg"]
    assert not moving["silent_text"]


@pytest.fixture(scope="module")
def beside(play):
    return play("pid_dir")


def test_a_daemon_with_pid_files_elsewhere_is_found_beside_another_one_and_reloaded(beside):
    assert not beside["usual"] and len(set(beside["pids"])) == 2
    assert str(beside["info"]["pid"]) == beside["pids"][1]
    assert [instance["name"] for instance in beside["info"]["vrrp_instance"]] == ["VI_1"]
    assert beside["added"]["reloaded"] and beside["addresses"] == ["198.18.0.100", "198.18.0.101"]
