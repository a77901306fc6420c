# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The fuzzer finds what is broken, and what it found once stays mended."""

from __future__ import annotations

import pathlib
from random import Random

import pytest

from ansible_collections.openvip.cluster.tests.fuzz import checks, generate, run
from ansible_collections.openvip.cluster.tests.fuzz.cases import CASES
from ansible_collections.openvip.cluster.tests.fuzz.shrink import shrink


@pytest.mark.parametrize("name", CASES)
def test_what_was_mended_stays_mended(name: str) -> None:
    for index in range(20):
        assert list(run.failures_of(CASES[name], "cases", index)) == []


def test_some_inputs_of_every_kind() -> None:
    source = generate.Source()
    assert source.corpus
    for index in range(150):
        assert list(run.failures_of(source.draw(Random(f"unit:{index}")), "unit", index)) == []


def test_an_input_can_be_drawn_again() -> None:
    first, second = ([generate.Source().draw(Random(f"1:{index}")) for index in range(50)] for _time in range(2))
    assert first == second
    assert len(set(first)) > 40


def test_a_broken_promise_is_found_kept_and_made_shorter(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def check_planted(text: str, random: Random) -> None:
        checks.require("\n" not in text, f"a line end: of {len(text)} characters")

    monkeypatch.setattr(checks, "CHECKS", (check_planted,))
    assert run.main(["--inputs", "20", "--seed", "x", "--processes", "1", "--failures", str(tmp_path)]) == 1
    (kept,) = tmp_path.glob("planted-x-*.conf")
    assert kept.read_bytes() == b"\n"
    assert "a line end" in kept.with_suffix(".txt").read_text()
    said = capsys.readouterr().out
    assert "of 1 causes" in said and "20 of 20 inputs" in said


def test_a_check_that_hangs_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def check_endless(text: str, random: Random) -> None:
        while True:
            pass

    monkeypatch.setattr(run, "SECONDS_PER_CHECK", 0.05)
    failure = run.failure_of(check_endless, "", "x", 0)
    assert failure is not None and failure.cause == "check_endless: hangs"


def test_an_exception_is_told_by_its_place() -> None:
    def check_division(text: str, random: Random) -> None:
        len(text) / 0

    failure = run.failure_of(check_division, "", "x", 0)
    assert failure is not None and failure.cause.startswith("check_division: ZeroDivisionError in test_fuzz.py:")


def test_shrinking_leaves_what_fails() -> None:
    assert shrink("one\ntwo {\nthree\n}\nfour", lambda text: "{" in text and "}" in text) == "{}"
