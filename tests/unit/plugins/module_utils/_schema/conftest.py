# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""What tests with a keepalived program need beside it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._schema.programs import TESTS


@pytest.fixture(scope="session")
def no_ipvs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with which the checker process starts on a kernel without IPVS."""
    subprocess.run([TESTS / "install", "gcc"], check=True)
    library = tmp_path_factory.mktemp("library") / "no_ipvs.so"
    source = Path(__file__).parent / "data" / "no_ipvs.c"
    subprocess.run(["gcc", "-shared", "-fPIC", "-nostdlib", "-Wall", "-Werror", "-o", library, source], check=True)
    return library
