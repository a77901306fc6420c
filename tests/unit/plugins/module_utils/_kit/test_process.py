# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A program with a time limit: it holds whatever the program and its descendants do, and so does that of the output."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._kit import process

# Far more than any of these tests takes, and far less than the descendants live.
PROMPT = 20.0
# A descendant that ignores what ends its parent, in a session of its own, and keeps the pipe; its number comes first.
DESCENDANT = """
import os, signal, sys, time
ready, told = os.pipe()
if os.fork() == 0:
    %s
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.write(told, b"1")
    %s
    os._exit(0)
os.read(ready, 1)
print("parent", flush=True)
%s
"""


@pytest.fixture
def family(tmp_path):
    """Run a program with a descendant that keeps its output for a hundred seconds; returns the Outcome."""
    place = tmp_path / "number"

    def run(timeout, *, session="os.setsid()", does="time.sleep(100)", parent="", **options):
        note = f'open({str(place)!r}, "w").write(str(os.getpid())); {session}'
        return process.run([sys.executable, "-c", DESCENDANT % (note, does, parent)], timeout, **options)

    yield run
    with contextlib.suppress(ProcessLookupError, FileNotFoundError):
        os.kill(int(place.read_text()), signal.SIGKILL)


@pytest.fixture(autouse=True)
def prompt():
    """See that none of these waits for a descendant."""
    begin = time.monotonic()
    yield
    assert time.monotonic() - begin < PROMPT


def test_code_and_output_in_the_order_of_writing():
    outcome = process.run(["sh", "-c", "echo one; echo two >&2; echo three; exit 3"], 30)
    assert (outcome.code, outcome.output, outcome.timed_out) == (3, "one\ntwo\nthree\n", False)


def test_what_a_program_wrote_last_is_not_lost():
    outcome = process.run([sys.executable, "-c", "print('x' * 50000)"], 30)
    assert outcome.output == "x" * 50000 + "\n"


def test_a_program_that_closes_its_output_is_waited_for():
    outcome = process.run(["sh", "-c", "exec >&- 2>&-; sleep 0.1; exit 4"], 30)
    assert (outcome.code, outcome.timed_out) == (4, False)
    assert process.run(["sh", "-c", "exec >&- 2>&-; exec sleep 100"], 0.2).timed_out


def test_the_signal_that_ended_it():
    assert process.run(["sh", "-c", "kill -SEGV $$"], 30).code == -signal.SIGSEGV


@pytest.mark.parametrize("session", ["pass", "os.setsid()"])
def test_a_descendant_that_keeps_the_output_is_not_waited_for(family, session):
    outcome = family(60, session=session)
    assert (outcome.code, outcome.output, outcome.timed_out) == (0, "parent\n", False)


@pytest.mark.parametrize("session", ["pass", "os.setsid()"])
def test_the_time_limit_holds_against_a_descendant_that_keeps_the_output(family, session):
    outcome = family(1, session=session, parent="time.sleep(100)")
    assert (outcome.code, outcome.output, outcome.timed_out) == (-signal.SIGKILL, "parent\n", True)


@pytest.mark.parametrize("parent, timed_out", [("", False), ("time.sleep(100)", True)])
def test_a_descendant_that_never_stops_writing_is_not_read_for_ever(family, parent, timed_out):
    outcome = family(1, does="while True: os.write(1, b'y' * 4096)", parent=parent)
    assert outcome.timed_out == timed_out and len(outcome.output) < 2 * process.KEPT


def test_the_session_is_killed_when_the_time_is_up(tmp_path):
    held = tmp_path / "held"
    os.mkfifo(held)
    # the end of the file comes when the last of those that hold it has ended
    reader = os.open(held, os.O_RDONLY | os.O_NONBLOCK)
    assert process.run(["sh", "-c", 'exec 9>"$0"; sleep 100 & sleep 100', str(held)], 0.5).timed_out
    os.set_blocking(reader, True)
    assert os.read(reader, 1) == b""
    os.close(reader)


def test_beginning_and_end_of_a_long_output_are_kept_and_the_gap_is_counted():
    outcome = process.run([sys.executable, "-c", "print('a' * 5000 + 'b' * 90000 + 'c' * 5000)"], 30, kept=4000)
    begin, note, end = outcome.output.split("\n", 2)
    assert (begin, end) == ("a" * 2000, "c" * 1999 + "\n")
    assert note == "[96001 bytes of output are left out here]"


def test_an_output_that_just_fits_is_kept_whole():
    assert process.run(["printf", "x" * 4000], 30, kept=4000).output == "x" * 4000


def test_environment_and_directory(tmp_path):
    environment = {"GIVEN": "this", "LC_ALL": "de_DE"}
    outcome = process.run(["sh", "-c", "echo $GIVEN $LC_ALL; pwd"], 30, environment, str(tmp_path))
    assert outcome.output == f"this C\n{tmp_path}\n"


def test_a_program_that_is_not_there():
    with pytest.raises(FileNotFoundError):
        process.run(["/nonexistent/program"], 30)


def test_another_user_with_one_group_and_no_other():
    user, group = (65534, 65534) if os.geteuid() == 0 else (os.getuid(), os.getgid())
    words = [word for word in process.as_user(user, group) if os.geteuid() == 0 or word != "--clear-groups"]
    assert process.run([*words, "sh", "-c", "id -u; id -g"], 30).output == f"{user}\n{group}\n"
