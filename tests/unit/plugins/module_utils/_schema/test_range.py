# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""A value out of its range is refused, for every keyword that has one."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._schema import table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import VALUE, check
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import (
    BLOCK,
    DECIMAL,
    ENUM,
    INT,
    INTERFACE,
    IP,
    PATH,
    STRING,
    Row,
)
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import range_text
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._schema.samples import (
    ENTRIES,
    GRAMMARS,
    data_with,
)

EVERY = [row for path in table.sections() for row in table.rows(path).values() if row.type != BLOCK]
_BAD_ENTRIES = {GRAMMARS[name].usage: [value for value, _said in bad] for name, (_good, bad) in ENTRIES.items()}


def bad_values(row: Row) -> list[Any]:
    """Values just outside the range of a row, or of the wrong kind."""
    if row.entry is not None:
        return _BAD_ENTRIES[row.entry.usage]
    found: list[Any] = []
    if row.type in (INT, DECIMAL):
        if row.minimum is not None:
            found.append(row.minimum - (1 if row.type == INT else 0.000001))
        if row.maximum is not None:
            found.append(row.maximum + (1 if row.type == INT else 0.001))
        found += ["1s", "one", "0x10", "", [1], {}]
    elif row.type == STRING and row.maximum is not None:
        found.append("x" * int(row.maximum + 1))
    elif row.type == ENUM:
        found.append("no-such-word")
    elif row.type == IP:
        found += ["198.18.0.300", "198.18.0.1/33" if row.source else "198.18.0.1/24", "a-host"]
    elif row.type == INTERFACE:
        found += ["an-interface-of-25-letters", "eth/0"]
    elif row.type == PATH:
        found.append("relative/path")
    return found


LIMITED = [row for row in EVERY if bad_values(row)]


@pytest.mark.parametrize("row", LIMITED, ids=lambda row: row.path)
def test_refused(row: Row) -> None:
    for value in bad_values(row):
        data = data_with(row, [value] if row.is_list else value)
        findings = [finding for finding in check(data) if finding.id == VALUE]
        assert findings, value
        assert any(row.keyword in finding.message for finding in findings)
        with pytest.raises(ValueError, match=row.keyword):
            render(data)


@pytest.mark.parametrize("row", [row for row in LIMITED if row.type in (INT, DECIMAL)], ids=lambda row: row.path)
def test_the_message_says_the_range(row: Row) -> None:
    if row.minimum is not None:
        said = [str(finding) for finding in check(data_with(row, row.minimum - 1))]
        assert any("%s must be %s, got" % (row.keyword, range_text(row.minimum, row.maximum)) in text for text in said)


def test_most_rows_are_limited() -> None:
    assert len(LIMITED) > 280
