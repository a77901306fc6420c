# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What systemd says of a unit, and when it has no answer."""

from __future__ import annotations

import sys

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._kit import unit
from ansible_collections.openvip.cluster.plugins.module_utils._kit.process import Outcome


@pytest.mark.parametrize("code, output, number", [
    (0, "MainPID=71\nLoadState=loaded\n", 71),
    (0, "LoadState=loaded\nMainPID=0\n", 0),
    (0, "LoadState=masked\nMainPID=71\n", 71),
    (0, "LoadState=masked\nMainPID=0\n", None),
    (0, "LoadState=not-found\nMainPID=0\n", None),
    (1, "System has not been booted with systemd as init system (PID 1). Can't operate.\n", None),
    (-9, "", None),
    (0, "0\n", None),
])
def test_the_main_process_of_a_unit(monkeypatch, code, output, number):
    monkeypatch.setattr(unit, "run", lambda words, timeout: Outcome(code, output, False))
    assert unit.main_pid("keepalived.service") == number


@pytest.mark.parametrize("output, masked", [
    ("LoadState=masked\n", True),
    ("LoadState=loaded\n", False),
    ("LoadState=not-found\n", False),
    ("System has not been booted with systemd as init system (PID 1). Can't operate.\n", False),
])
def test_a_masked_unit(monkeypatch, output, masked):
    monkeypatch.setattr(unit, "run", lambda words, timeout: Outcome(0, output, False))
    assert unit.is_masked("nginx.service") == masked


@pytest.mark.parametrize("output, seconds", [
    ("ActiveState=active\nInactiveExitTimestampMonotonic=2500000\n", 2.5),
    ("ActiveState=inactive\nInactiveExitTimestampMonotonic=2500000\n", None),
    ("ActiveState=active\nInactiveExitTimestampMonotonic=0\n", None),
    ("System has not been booted with systemd as init system (PID 1). Can't operate.\n", None),
])
def test_when_a_unit_was_started(monkeypatch, output, seconds):
    monkeypatch.setattr(unit, "run", lambda words, timeout: Outcome(0, output, False))
    assert unit.started("nginx.service") == seconds


@pytest.mark.parametrize("output, files", [
    ("LimitNOFILESoft=1024\n", 1024),
    ("LimitNOFILESoft=infinity\n", sys.maxsize),
    ("System has not been booted with systemd as init system (PID 1). Can't operate.\n", None),
])
def test_how_many_files_a_unit_may_open(monkeypatch, output, files):
    monkeypatch.setattr(unit, "run", lambda words, timeout: Outcome(0, output, False))
    assert unit.open_files("nginx.service") == files


def test_without_systemctl_systemd_has_no_answer(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    assert unit.started("keepalived.service") is None
    assert unit.main_pid("keepalived.service") is None and unit.open_files("nginx.service") is None
