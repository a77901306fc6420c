# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""From data to the text of keepalived.conf.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._conf.garbage import uncollected

from . import layout, table
from .check import normalise
from .finding import ERROR
from .layout import RAW, Place
from .row import BLOCK, BODY, HEAD, Row, Version


def render(data: Any, version: Optional[Sequence[int]] = None) -> str:
    """The text of the data for a version of keepalived such as (2, 2, 7); None is the newest.

    The same data gives the same text: sections and keywords stand in the order of the table, definitions before use.
    Raises ValueError, with one line per error, for data that check() refuses.
    """
    with uncollected():
        return _render(data, tuple(version) if version else None)


def _render(data: Any, version: Optional[Version]) -> str:
    found, findings = normalise(data, version)
    errors = [str(finding) for finding in findings if finding.severity == ERROR]
    if errors:
        raise ValueError("\n".join(errors))
    text: List[str] = []
    for chunk in _chunks("", found, version, 0):
        # a blank line around every block
        if text and (len(chunk) > 1 or text[-1] == "}"):
            text.append("")
        text += chunk
    return "\n".join(text) + "\n" if text else ""


def _chunks(path: str, data: Dict[str, Any], version: Optional[Version], level: int) -> List[List[str]]:
    """The lines of a block's content, one list per keyword, block or raw text; the data is in the table's order."""
    rows = table.rows(path)
    written: List[Tuple[Row, List[List[str]]]] = []
    for keyword, value in data.items():
        row = rows.get(keyword)
        if row is not None and row.place != HEAD:
            written.append((row, _row_chunks(row, value, version, level)))
    if RAW not in data:
        return [lines for _row, of_row in written for lines in of_row]
    chunks: List[Tuple[Place, List[str]]] = [
        ((row.rank, number), lines) for row, of_row in written for number, lines in enumerate(of_row)
    ]
    places = layout.Places(path, data)
    chunks += ((places.of(entry), layout.raw_lines(layout.raw_text(entry), level)) for entry in data[RAW])
    chunks.sort(key=lambda chunk: chunk[0])
    return [lines for _place, lines in chunks]


def _row_chunks(row: Row, value: Any, version: Optional[Version], level: int) -> List[List[str]]:
    keyword = layout.spelling(row, version) or row.spelled
    if row.place == BODY:
        return [layout.body_lines(row, value, level)]
    if row.type != BLOCK:
        return [layout.keyword_lines(row, value, keyword, level)]
    return [
        layout.framed(
            layout.opening(keyword, layout.head_words(row, block), level),
            [line for lines in _chunks(row.path, block, version, level + 1) for line in lines],
            level,
        )
        for block in layout.spread(row, value if row.repeatable else [value], version)
    ]


def fragment(row: Row, value: Any, version: Optional[Sequence[int]] = None) -> List[str]:
    """The lines of one keyword with its canonical value, or of one block or all blocks of a list, as render() has them.

    Raises BadValueError for what cannot be written.
    """
    chunks = _row_chunks(row, value, tuple(version) if version else None, 0)
    return [line for lines in chunks for line in lines]
