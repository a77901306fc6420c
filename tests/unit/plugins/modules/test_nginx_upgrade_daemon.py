# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""nginx_config lets a running nginx become another version: no request is lost, and what fails changes nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest

from ansible_collections.openvip.cluster.tests.unit.plugins.modules.test_nginx_daemon import SETUP, TESTS, VERSIONS

pytestmark = [pytest.mark.daemon, pytest.mark.slow]


@pytest.fixture(scope="module")
def tell(tmp_path_factory):
    """Run a scenario of the driver beside this file, once; gives its story."""
    built = [subprocess.run([TESTS / "nginx-built", version], check=True, capture_output=True, text=True)
             for version in VERSIONS]
    programs = [done.stdout.strip() for done in built]

    @lru_cache(maxsize=None)
    def story(scenario):
        done = subprocess.run(
            ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", SETUP,
             "setup", sys.executable, str(Path(__file__).with_name("nginx_upgrade_driver.py")), scenario,
             str(tmp_path_factory.mktemp(scenario)), *programs],
            capture_output=True, text=True, check=False, timeout=180,
            env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)))
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return story


def test_up_and_down_without_a_failed_request(tell):
    story = tell("there_and_back")
    assert story["up"]["upgraded"] and story["down"]["upgraded"], story
    assert (story["new"], story["old"]) == (story["programs"]["new"], story["programs"]["old"])
    assert set(story["outcomes"]) == {"ok"} and story["outcomes"]["ok"] > 50
    assert story["workers"] == 2


def test_a_download_that_outlasts_the_upgrade_is_finished(tell):
    story = tell("there_and_back")
    assert story["masters"] == 2 and story["downloaded"]


def test_check_mode_tells_and_changes_nothing(tell):
    story = tell("there_and_back")
    assert story["check"]["changed"] and not story["check"]["upgraded"]
    assert story["still"] == story["check"]["executable"] == story["programs"]["old"]
    assert story["check"]["diff"] == story["up"]["diff"]
    assert story["programs"]["new"] + "\n" in [change["after"] for change in story["check"]["diff"]]


def test_a_second_run_changes_nothing(tell):
    assert not tell("there_and_back")["again"]["changed"]


def test_a_reload_reaches_the_new_one_while_the_former_finishes(tell):
    story = tell("there_and_back")
    assert story["reload"]["reloaded"] and not story["reload"]["upgraded"], story["reload"]


@pytest.mark.parametrize("scenario, words", [("ends", "has ended at once"), ("hangs", "took no connections within")])
def test_a_new_one_that_does_not_work_is_taken_back(tell, scenario, words):
    story = tell(scenario)
    result = story["result"]
    assert result["failed"] and not result["changed"] and "was not upgraded" in result["msg"], result
    assert words in result["msg"] and "The former files are restored." in result["msg"]
    assert story["same"] and story["workers_same"] and story["masters"] == 1 and story["running"] == story["old"]
    assert set(story["outcomes"]) == {"ok"} and story["in_time"]


def test_one_that_was_started_elsewhere_needs_a_restart(tell):
    story = tell("elsewhere")
    assert story["result"]["failed"] and "nginx_restart" in story["result"]["msg"], story["result"]
    assert story["same"] and story["running"] == story["old"]
