# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""From data to the text of keepalived.conf.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Optional, Sequence

from . import layout, table
from .check import RAW, normalise
from .finding import ERROR
from .row import BLOCK, BODY, HEAD, Row, Version


def render(data: Any, version: Optional[Sequence[int]] = None) -> str:
    """The text of the data for a version of keepalived such as (2, 2, 7); None is the newest.

    The same data gives the same text: sections and keywords stand in the order of the table, definitions before use.
    Raises ValueError, with one line per error, for data that check() refuses.
    """
    found, findings = normalise(data, version)
    errors = [str(finding) for finding in findings if finding.severity == ERROR]
    if errors:
        raise ValueError("\n".join(errors))
    text: List[str] = []
    for chunk in _chunks("", found, tuple(version) if version else None, 0):
        # a blank line around every block
        if text and (len(chunk) > 1 or text[-1] == "}"):
            text.append("")
        text += chunk
    return "\n".join(text) + "\n" if text else ""


def _chunks(path: str, data: Dict[str, Any], version: Optional[Version], level: int) -> Iterator[List[str]]:
    """The lines of a block's content, one list per keyword, block or raw text."""
    raw: Dict[int, List[str]] = {}
    for text in data.get(RAW, []):
        raw.setdefault(layout.raw_rank(text, path), []).append(text)
    order = list(table.rows(path).values())
    for rank in range(-1, len(order) + 1):
        if 0 <= rank < len(order) and order[rank].keyword in data and order[rank].place != HEAD:
            yield from _row_chunks(order[rank], data[order[rank].keyword], version, level)
        for text in raw.get(rank, []):
            yield layout.raw_lines(text, level)


def _row_chunks(row: Row, value: Any, version: Optional[Version], level: int) -> Iterator[List[str]]:
    keyword = layout.spelling(row, version) or row.keyword
    if row.place == BODY:
        yield layout.body_lines(row, value, level)
    elif row.type != BLOCK:
        yield layout.keyword_lines(row, value, keyword, level)
    else:
        for block in value if row.repeatable else [value]:
            content = [line for chunk in _chunks(row.path, block, version, level + 1) for line in chunk]
            yield layout.framed([keyword, *layout.head_words(row, block)], content, level)
