# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The keepalived programs that tests run, each of its own version."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._schema.programs import VERSIONS, Program


@pytest.fixture(scope="session", params=VERSIONS)
def keepalived(request: pytest.FixtureRequest) -> Program:
    """One keepalived program after the other."""
    return Program.fetch(request.param)
