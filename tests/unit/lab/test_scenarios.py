# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The tests of every scenario fit the lab's code, also of those that are not run for every change."""

from __future__ import annotations

import importlib.util
import pathlib

import pytest

SCENARIOS = pathlib.Path(__file__).resolve().parents[3] / "molecule"
FILES = sorted(SCENARIOS.glob("*/tests/test_*.py"))


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(SCENARIOS)) for path in FILES])
def test_a_scenario_finds_what_its_tests_use(path):
    specification = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    assert [name for name in vars(module) if name.startswith("test_")]
