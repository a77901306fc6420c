# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The keepalived programs that tests run, each of its own version."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._schema.programs import VERSIONS, Program

_TESTS = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="session", params=VERSIONS)
def keepalived(request: pytest.FixtureRequest) -> Program:
    """One keepalived program after the other."""
    fetched = subprocess.run(
        [_TESTS / "keepalived-version", request.param], check=True, stdout=subprocess.PIPE, text=True
    )
    return Program(request.param, Path(fetched.stdout.strip()))


@pytest.fixture(scope="session")
def no_ipvs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with which the checker process starts on a kernel without IPVS."""
    subprocess.run([_TESTS / "install", "gcc"], check=True)
    library = tmp_path_factory.mktemp("library") / "no_ipvs.so"
    source = Path(__file__).parent / "data" / "no_ipvs.c"
    subprocess.run(["gcc", "-shared", "-fPIC", "-nostdlib", "-Wall", "-Werror", "-o", library, source], check=True)
    return library
