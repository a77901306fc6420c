# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""What is written is read back: render and read are each other's inverse on canonical data."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import normalise
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import Row
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._schema.samples import (
    configuration,
    data_with,
    good_values,
    leaves,
)
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._schema.strategies import sections


@pytest.mark.parametrize("row", leaves(), ids=lambda row: row.path)
def test_every_row_is_written_and_read_back(row: Row) -> None:
    for value in good_values(row):
        data = data_with(row, value)
        text = render(data)
        assert row.spelled in text
        assert read(parse(text)) == data
        assert render(read(parse(text))) == text


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(sections())
def test_generated_data_is_read_back(data: dict[str, Any]) -> None:
    found, findings = normalise(data)
    assert [str(finding) for finding in findings if finding.severity == ERROR] == []
    assert found == data
    text = render(data)
    document = parse(text)
    assert document.problems == []
    assert read(document) == data
    assert render(read(document)) == text


def test_all_blocks_together() -> None:
    data = configuration()
    assert read(parse(render(data))) == data


@pytest.mark.parametrize("version", [(2, 0, 19), (2, 2, 2), (2, 2, 7), None])
def test_old_names_are_read_as_the_newest(version: tuple[int, ...] | None) -> None:
    data = configuration()
    data["global_defs"]["vrrp_rlimit_rttime"] = 20000
    data["global_defs"]["checker_process_name"] = "checker"
    text = render(data, version)
    assert ("vrrp_track_file" in text) == (version is not None and version < (2, 1, 0))
    assert ("lvs_process_name" in text) == (version is not None and version < (2, 2, 0))
    assert read(parse(text)) == data
