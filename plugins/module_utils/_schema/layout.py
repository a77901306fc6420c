# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""How one keyword or one block stands in the file: its spelling, its words, its lines.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import textwrap
from typing import Any, Dict, List, Optional, Sequence, Tuple

from . import table, values
from .line import INDENT, first_word, written
from .row import HEAD, LINES, NAMES, OLDEST, Row, Version


def spelling(row: Row, version: Optional[Version]) -> Optional[str]:
    """The name by which a version of keepalived knows the keyword, or None; no version is the newest."""
    if version is None:
        return row.keyword
    if row.until is not None and version > row.until:
        return None
    if version >= (row.since or OLDEST) or row.since is None:
        return row.keyword
    known = [alias.keyword for alias in row.aliases if alias.since is None or version >= alias.since]
    return known[0] if known else None


def keyword_lines(row: Row, value: Any, keyword: str, level: int) -> List[str]:
    """The lines of one keyword that is no block with keywords. Raises BadValueError for what cannot be written."""
    if row.type in (NAMES, LINES):
        return framed([keyword], [written(values.to_words(row, item), level + 1) for item in value], level)
    items = value if row.repeatable else [value]
    return [written([keyword, *values.to_words(row, item)], level) for item in items]


def body_lines(row: Row, value: Any, level: int) -> List[str]:
    """The lines of a block without keywords. Raises BadValueError for what cannot be written."""
    return [written(values.to_words(row, item), level) for item in value]


def framed(words: Sequence[str], lines: List[str], level: int) -> List[str]:
    """The lines of a block, in its braces."""
    return [written([*words, "{"], level), *lines, INDENT * level + "}"]


def head_form(row: Row, data: Dict[str, Any]) -> Optional[Tuple[str, ...]]:
    """The form of a block's head that uses exactly the head keys in the data, or None; () for a block without."""
    given = {head.keyword for head in table.placed(row.path, HEAD) if data.get(head.keyword) is not None}
    for form in row.heads or ((),):
        if given == {part[1:-1] for part in form if is_key(part)}:
            return form
    return None


def head_words(row: Row, data: Dict[str, Any]) -> List[str]:
    """The written words between a block's keyword and its brace, of canonical data."""
    found: List[str] = []
    for part in head_form(row, data) or ():
        key = part[1:-1]
        found += values.to_words(table.rows(row.path)[key], data[key]) if is_key(part) else [part]
    return found


def is_key(part: str) -> bool:
    """Whether a part of a head's form stands for the value of a key, and not for itself."""
    return part.startswith("<")


def raw_rank(text: str, section: str) -> int:
    """Where a raw line stands among the rows of its section: at its keyword's place, else last; definitions first."""
    if text.startswith("$"):
        return -1
    row = table.find(first_word(text), section)
    order = list(table.rows(section))
    return order.index(row.keyword) if row else len(order)


def sorted_raw(texts: Sequence[str], section: str) -> List[str]:
    """Raw lines in the order they are written."""
    return sorted(texts, key=lambda text: raw_rank(text, section))


def tidy_raw(text: str, offset: int = 0) -> str:
    """Raw lines without the indentation they have in common; the first one began at ``offset`` in its line."""
    lines = text.replace("\r\n", "\n")
    if offset:
        first, newline, rest = lines.partition("\n")
        return (first.strip() + newline + textwrap.dedent(rest)).strip()
    return textwrap.dedent(lines).strip()


def raw_lines(text: str, level: int) -> List[str]:
    """Raw lines, indented."""
    return textwrap.indent(text, INDENT * level).split("\n")
