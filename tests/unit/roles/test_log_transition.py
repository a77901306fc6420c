# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role's own notify script: a line for each change of state, then the script behind it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import jinja2
import pytest

TEMPLATE = Path(__file__).parents[3] / "roles" / "keepalived" / "templates" / "log-transition.j2"


@pytest.fixture
def transition(tmp_path):
    """Return a function that runs the script as keepalived does, and a list of what it has logged."""
    states = tmp_path / "states"
    states.mkdir()
    programs = tmp_path / "bin"
    programs.mkdir()
    logger = '#!/bin/sh\nfor last in "$@"; do :; done\necho "$last" >>"%s"\n'
    (programs / "logger").write_text(logger % (tmp_path / "log"))
    (programs / "logger").chmod(0o755)
    script = tmp_path / "log-transition"
    script.write_text(jinja2.Template(TEMPLATE.read_text(encoding="utf-8")).render(
        ansible_managed="managed", __keepalived_transition_directory=str(states)))

    def run(*arguments):
        done = subprocess.run(["/bin/sh", script, *arguments], check=False, capture_output=True, text=True,
                              env={"PATH": "%s:/usr/bin:/bin" % programs, "former": "of the environment"}, timeout=20)
        log = tmp_path / "log"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return done, lines

    run.states = states
    return run


def test_each_change_names_the_former_state_of_its_instance(transition):
    assert transition("INSTANCE", "VI_1", "BACKUP", "240")[1] == ["INSTANCE VI_1: unknown -> BACKUP, priority 240"]
    assert transition("INSTANCE", "VI_2", "FAULT", "5")[1] == ["INSTANCE VI_2: unknown -> FAULT, priority 5"]
    assert transition("INSTANCE", "VI_1", "MASTER", "250")[1] == ["INSTANCE VI_1: BACKUP -> MASTER, priority 250"]
    assert transition("INSTANCE", "VI_1", "STOP", "250")[1] == ["INSTANCE VI_1: MASTER -> STOP, priority 250"]
    assert transition("GROUP", "VI_1", "MASTER", "0")[1] == ["GROUP VI_1: unknown -> MASTER, priority 0"]


def test_a_state_that_is_told_again_is_no_change(transition):
    transition("INSTANCE", "VI_1", "BACKUP", "240")
    assert transition("INSTANCE", "VI_1", "BACKUP", "250")[1] == []


@pytest.mark.parametrize("name", ["a/b", "..", "two words", "$(x)", "-n", "%s"])
def test_a_name_is_a_name_and_nothing_else(transition, name):
    assert transition("INSTANCE", name, "BACKUP", "240")[1] == ["INSTANCE %s: unknown -> BACKUP, priority 240" % name]
    assert transition("INSTANCE", name, "MASTER", "240")[1] == ["INSTANCE %s: BACKUP -> MASTER, priority 240" % name]
    assert len(list(transition.states.iterdir())) == 1


def test_the_command_behind_it_gets_all_the_arguments_and_its_exit_code_counts(transition):
    command = ("/bin/sh", "-c", 'echo "$0|$*"; exit 7', "own argument")
    done, lines = transition(*command, "INSTANCE", "VI_1", "MASTER", "250")
    assert lines == ["INSTANCE VI_1: unknown -> MASTER, priority 250"]
    assert (done.returncode, done.stdout) == (7, "own argument|INSTANCE VI_1 MASTER 250\n")


def test_where_nothing_can_be_remembered_the_change_is_logged_and_the_command_run_all_the_same(transition):
    transition.states.rmdir()
    done, lines = transition("/bin/echo", "INSTANCE", "VI_1", "MASTER", "250")
    assert lines == ["INSTANCE VI_1: unknown -> MASTER, priority 250"]
    assert done.stdout == "INSTANCE VI_1 MASTER 250\n" and done.returncode == 0


def test_too_few_arguments_are_refused_with_the_usage(transition):
    done, lines = transition("INSTANCE", "VI_1", "MASTER")
    assert done.returncode == 64 and "usage: log-transition" in done.stderr and lines == []
