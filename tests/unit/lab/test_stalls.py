# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""That the lab sees when its machine stands still, and leaves out no more than what was seen then."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._outage import Record
from ansible_collections.openvip.cluster.tests.lab import containers, stalls

MS = 1000000
# from 1000 to 1100 ms, so that 800 to 1400 ms are left out
ABSENT = stalls.disturbed([{"event": "stall", "start_ns": 1000 * MS, "end_ns": 1100 * MS}, {"event": "report"}])


def test_a_process_that_is_not_run_says_for_how_long(tmp_path):
    program = tmp_path / "openvip-lab.pyz"
    program.write_bytes(containers.remote_program())
    words = [sys.executable, program, "stalls", "--duration=60"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        tasks = f"/proc/{process.pid}/task"
        limit = time.monotonic() + 30
        while len(os.listdir(tasks)) < 2 and time.monotonic() < limit:
            time.sleep(0.01)
        # a thread that had only begun does not see the first one
        for dummy in range(2):
            process.send_signal(signal.SIGSTOP)
            time.sleep(0.3)
            process.send_signal(signal.SIGCONT)
            time.sleep(0.2)
        said = [json.loads(line) for line in process.communicate(timeout=30)[0].splitlines()]
    assert said.pop() == {"event": "report"} and process.returncode == 0
    assert {event["event"] for event in said} == {"stall"}
    assert max(event["end_ns"] - event["start_ns"] for event in said) >= 290 * MS


def holders(*spells):
    """Events of the ARP watcher: who claimed the address from so many milliseconds on."""
    return [{"event": "holders", "start_ns": start * MS, "cards": list(cards), "asked_before": 5}
            for start, cards in spells]


@pytest.mark.parametrize(("spells", "left"), [
    ([(0, "a"), (1000, "ab"), (1440, "b")], ["a", "b"]),
    ([(0, "a"), (1000, "ab"), (1460, "b")], ["a", "ab", "b"]),
    ([(0, "a"), (740, "ab"), (1300, "b")], ["a", "ab", "b"]),
    ([(0, "a"), (1000, "ab")], ["a", "ab"]),
    ([(0, "a"), (500, "ab"), (510, "b")], ["a", "ab", "b"]),
    ([(0, "a"), (1000, ""), (1300, "b")], ["a", "", "b"]),
])
@pytest.mark.filterwarnings("ignore:.*stood still")
def test_several_holders_count_but_for_the_time_of_a_stall(spells, left):
    steady = {"event": "steady", "start_ns": 0, "cards": ["a"]}
    found = stalls.undisturbed_claims([steady, *holders(*spells)], 9000 * MS, ABSENT)
    assert found[0] == steady and ["".join(event["cards"]) for event in found[1:]] == left


def records(*rows):
    return [Record(start * MS, start * MS, outcome, 900, host) for start, outcome, host in rows]


def test_requests_are_lost_but_for_the_time_of_a_stall_and_what_is_left_out_is_said():
    made = records((700, "timeout", ""), (900, "timeout", ""), (1399, "ok", "lb2"), (1400, "ok", "lb2"),
                   (1500, "ok", "lb1"))
    with pytest.warns(UserWarning, match="^1 requests are left out"):
        assert stalls.lost(made, ABSENT) == made[:1]
    with pytest.warns(UserWarning, match="^2 requests are left out"):
        assert stalls.lost(made, ABSENT, "lb1") == [made[0], made[3]]
    assert stalls.lost(made, []) == made[:2]
