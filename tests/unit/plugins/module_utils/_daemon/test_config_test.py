# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the messages of keepalived --config-test are judged."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._daemon import config_test as subject
from ansible_collections.openvip.cluster.plugins.module_utils._kit.process import Outcome, run

PATH = "/etc/keepalived/keepalived.conf"


def judged(output, code=5, timed_out=False):
    return subject.judge(Outcome(code, output, timed_out), PATH, "/etc/keepalived/.config-test-x")


def test_silence_and_code_zero_is_accepted():
    verdict = judged("", 0)
    assert (verdict.refused, verdict.remarks) == ([], [])


def test_messages_are_said_once_with_the_path_and_line_of_the_real_file():
    verdict = judged("(Line 9) Unknown keyword 'prioty'\n"
                     "(/etc/keepalived/.config-test-x: Line 9) Unknown keyword 'prioty'\n")
    assert verdict.refused == ["%s:9: Unknown keyword 'prioty'" % PATH]


def test_a_message_about_an_included_file_keeps_its_name():
    assert judged("(extra.conf: Line 2) Unknown keyword 'x'\n").refused == ["extra.conf:2: Unknown keyword 'x'"]


@pytest.mark.parametrize("message", [
    "SECURITY VIOLATION - scripts are being executed but script_security not enabled.",
    "(VI_1) Ignoring track_interface eth0 since own interface",
    "Sync group G has only 1 virtual router(s) - this probably isn't what you want",
    "(Line 4) Specifying lvs_sync_daemon_interface against a vrrp is deprecated.",
])
def test_a_message_about_something_that_works_as_written_does_not_refuse(message):
    verdict = judged(message + "\n", 6)
    assert verdict.refused == [] and len(verdict.remarks) == 1


@pytest.mark.parametrize("message", [
    "(Line 4) Truncating auth_pass to 8 characters",
    "Non-existent interface specified in configuration",
    "Disabling track script chk since not found/accessible",
])
def test_a_message_about_something_that_differs_from_what_is_written_refuses(message):
    assert len(judged(message + "\n").refused) == 1


def test_one_refused_message_among_harmless_ones_refuses():
    verdict = judged("Please use global lvs_sync_daemon\nUnknown keyword 'x'\n")
    assert verdict.refused == ["Unknown keyword 'x'"]


@pytest.mark.parametrize("code", [-11, 143])
def test_the_end_by_a_signal_refuses(code):
    assert "signal" in judged("", code).refused[0]


def test_a_hang_refuses():
    assert "did not end" in judged("x\n" * 5, -9, True).refused[0]


def test_a_failure_without_a_word_refuses():
    assert "exit code 4" in judged("", 4).refused[0]


def test_a_program_that_hangs_is_ended_with_its_children():
    outcome = run(["/bin/sh", "-c", "sleep 60 & echo started; wait"], 0.3)
    assert outcome.timed_out and outcome.output == "started\n"


def test_scripts_are_given_to_root_for_the_versions_that_end_themselves():
    text = ('global_defs {\n    script_user keepalived_script\n}\nvrrp_script a {\n    user nobody nogroup  # who\n}\n'
            'vrrp_instance VI_1 {\n    notify_master "/a/b x" nobody\n    notify "/c"\n}\n')
    assert subject.as_root(text) == (
        'global_defs {\n    script_user root\n}\nvrrp_script a {\n    user root  # who\n}\n'
        'vrrp_instance VI_1 {\n    notify_master "/a/b x"\n    notify "/c"\n}\n')


@pytest.mark.parametrize("line", [
    'startup_script "/a/b x" nobody', 'vrrp_notify_fifo_script "/a" nobody nogroup', 'quorum_up "/a" nobody'])
def test_the_user_behind_any_kind_of_script_is_left_out(line):
    assert "nobody" not in subject.as_root("global_defs {\n    %s\n}\n" % line)


def test_without_a_script_user_root_is_added_behind_everything_so_that_lines_keep_their_numbers():
    text = "vrrp_script a {\n}\n"
    assert subject.as_root(text).startswith(text) and "script_user root" in subject.as_root(text)


@pytest.mark.parametrize("version, expected", [
    ((2, 2, 4), False), ((2, 2, 5), True), ((2, 2, 7), True), ((2, 2, 8), False), ((2, 3, 3), False)])
def test_the_versions_that_end_themselves(version, expected):
    assert subject.ends_itself(version) is expected
