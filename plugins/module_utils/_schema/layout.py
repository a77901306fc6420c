# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""How one keyword or one block stands in the file: its spelling, its words, its lines.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

from . import table, values
from .finding import BadValueError
from .line import INDENT, WHITE, first_word, written
from .row import BLOCK, HEAD, LINES, NAMES, OLDEST, Row, Version
from .words import did_you_mean

# What indents a line.
BLANKS = " \t"

# The key of the lines that are written as they are, and the keys of one that is written before something.
RAW = "raw"
TEXT, BEFORE = "text", "before"
# What a line is before that is written last.
END = "end"

RawEntry = Union[str, Dict[str, str]]
# Where something stands in its block: the rank of its row, its number among the blocks of that row.
Place = Tuple[float, float]
LAST, BEFORE_FIRST = math.inf, -0.5

_DEFINITION = re.compile(r"(?:@[^ \t]+[ \t]+)?\$[A-Za-z_][A-Za-z0-9_]*=")

# Of large configurations most lines are the same, so what was worked out for one is remembered.
REMEMBERED = 8192


@lru_cache(maxsize=REMEMBERED)
def spelling(row: Row, version: Optional[Version]) -> Optional[str]:
    """The name by which a version of keepalived knows the keyword, or None; no version is the newest."""
    if version is None:
        return row.spelled
    if row.until is not None and version > row.until:
        return None
    if version >= (row.since or OLDEST) or row.since is None:
        return row.spelled
    known = [alias.keyword for alias in row.aliases if alias.since is None or version >= alias.since]
    return known[0] if known else None


def keyword_lines(row: Row, value: Any, keyword: str, level: int) -> List[str]:
    """The lines of one keyword that is no block with keywords. Raises BadValueError for what cannot be written."""
    if row.type in (NAMES, LINES):
        lines = [written(values.to_words(row, item), level + 1) for item in value]
        return framed(written([keyword, "{"], level), lines, level)
    items = value if row.repeatable else [value]
    return [
        (
            _keyword_line(row, item, keyword, level)
            if isinstance(item, (str, int, float))
            else written([keyword, *values.to_words(row, item)], level)
        )
        for item in items
    ]


@lru_cache(maxsize=REMEMBERED, typed=True)
def _keyword_line(row: Row, item: Any, keyword: str, level: int) -> str:
    return written([keyword, *values.to_words(row, item)], level)


def body_lines(row: Row, value: Any, level: int) -> List[str]:
    """The lines of a block without keywords. Raises BadValueError for what cannot be written."""
    return [written(values.to_words(row, item), level) for item in value]


def framed(first: str, lines: List[str], level: int) -> List[str]:
    """The lines of a block, in its braces."""
    return [first, *lines, INDENT * level + "}"]


def spread(row: Row, blocks: Sequence[Dict[str, Any]], version: Optional[Version]) -> Sequence[Dict[str, Any]]:
    """The blocks as a version of keepalived can read them: what one must not hold becomes a block beside it."""
    inner = table.spread(row.path)
    if inner is None or inner.spread is None or version is None:
        return blocks
    if not inner.spread.first <= version <= inner.spread.last:
        return blocks
    found: List[Dict[str, Any]] = []
    for block in blocks:
        outer = {key: value for key, value in block.items() if key != inner.keyword}
        if inner.keyword not in block or any(key in outer for key in inner.spread.own):
            found.append(outer)
        for within in block.get(inner.keyword, []):
            merged = {**outer, **within}
            raw = sorted_raw([*outer.get(RAW, []), *within.get(RAW, [])], row.path, merged)
            in_order = {key: merged[key] for key in table.rows(row.path) if key in merged}
            found.append({**in_order, RAW: raw} if raw else in_order)
    return found


def head_form(row: Row, data: Dict[str, Any]) -> Optional[Tuple[str, ...]]:
    """The form of a block's head that uses exactly the head keys in the data, or None; () for a block without."""
    return _form(row, *head_keys(row, data))


def head_keys(row: Row, data: Dict[str, Any]) -> List[str]:
    """The keys of a block's head that are in the data."""
    if not row.heads:
        return []
    return [head.keyword for head in table.placed(row.path, HEAD) if data.get(head.keyword) is not None]


@lru_cache(maxsize=REMEMBERED)
def _form(row: Row, *given: str) -> Optional[Tuple[str, ...]]:
    for form in row.heads or ((),):
        if set(given) == {part[1:-1] for part in form if is_key(part)}:
            return form
    return None


def identity(row: Row, words: Sequence[str], data: Dict[str, Any]) -> Tuple[str, ...]:
    """What makes a block another one than those beside it; () for blocks that may be the same.

    ``words`` are those of its head.
    """
    return (*words, *(str(data.get(key)) for key in row.distinct)) if words else ()


def opening(keyword: str, words: Sequence[str], level: int) -> str:
    """The line with which a block begins; ``words`` are those of its head. Raises BadValueError when it is too long."""
    return written([keyword, *words, "{"], level)


def head_words(row: Row, data: Dict[str, Any]) -> List[str]:
    """The written words between a block's keyword and its brace, of canonical data."""
    return form_words(row, head_form(row, data) or (), data)


def form_words(row: Row, form: Tuple[str, ...], data: Dict[str, Any]) -> List[str]:
    """The same for a form of the head that is known already."""
    found: List[str] = []
    for word, key in _parts(row, form):
        found += [word] if key is None else values.to_words(key, data[key.keyword])
    return found


@lru_cache(maxsize=REMEMBERED)
def _parts(row: Row, form: Tuple[str, ...]) -> Tuple[Tuple[str, Optional[Row]], ...]:
    """The parts of the form of a block's head, each with the row of the key that it stands for, if any."""
    keys = table.rows(row.path)
    return tuple((part, keys[part[1:-1]] if is_key(part) else None) for part in form)


@lru_cache(maxsize=None)
def forms(row: Row) -> Tuple[Tuple[Tuple[str, Optional[Row]], ...], ...]:
    """The forms of a block's head: for each part the part itself and the row of the key that it stands for, if any."""
    return tuple(_parts(row, form) for form in row.heads)


def head_text(row: Row, data: Dict[str, Any]) -> str:
    """What names a block in a ``before``; an empty text for data that is not right."""
    try:
        return " ".join(head_words(row, data))
    except (TypeError, ValueError):
        return ""


def is_key(part: str) -> bool:
    """Whether a part of a head's form stands for the value of a key, and not for itself."""
    return part.startswith("<")


def raw_text(entry: RawEntry) -> str:
    """The text of an entry of raw."""
    return entry[TEXT] if isinstance(entry, dict) else entry


def raw_entry(text: str, before: str) -> RawEntry:
    """The canonical entry of raw for a text, and what it is written before; an empty text for its own place."""
    return {TEXT: text, BEFORE: before} if before else text


class Places:
    """Where the entries of raw stand in one section of the data."""

    def __init__(self, section: str, data: Dict[str, Any]) -> None:
        self.section = section
        self.data = data
        # the first block with each head, by keyword: there may be as many entries as blocks
        self._heads: Dict[str, Dict[str, int]] = {}

    def of(self, entry: RawEntry) -> Place:
        """The place of an entry: before what it names, else behind its own keyword, else last; definitions come first.

        Raises BadValueError for a name of nothing that is there.
        """
        if isinstance(entry, dict) and entry.get(BEFORE):
            return self._before(entry[BEFORE])
        return default_place(raw_text(entry), self.section)

    def _before(self, before: str) -> Place:
        """The place right before a keyword, or a block with the words of its head."""
        section = self.section
        if before == END:
            return (len(table.rows(section)) + 1, 0)
        keyword, _blank, words = before.partition(" ")
        row = table.find(keyword, section)
        if row is None or row.place == HEAD:
            known = [row.keyword for row in table.rows(section).values() if row.place != HEAD]
            raise BadValueError(
                'before names "%s", which is no keyword here.' % keyword,
                did_you_mean(keyword, [*known, END], "Name a keyword of this block, or %s." % END))
        if not words:
            return (row.rank, BEFORE_FIRST)
        heads = self._of_row(row)
        if words not in heads:
            near = did_you_mean(before, ["%s %s" % (row.keyword, head) for head in heads],
                                "Name a block that is there, or %s alone." % row.keyword)
            raise BadValueError('before names "%s", which is not there.' % before, near)
        return (row.rank, heads[words] + BEFORE_FIRST)

    def _of_row(self, row: Row) -> Dict[str, int]:
        """The heads of the blocks of a keyword, each with the number of the first block that has it."""
        found = self._heads.get(row.keyword)
        if found is None:
            found = self._heads[row.keyword] = {}
            for number, block in enumerate(self.data.get(row.keyword, []) if row.type == BLOCK else []):
                found.setdefault(head_text(row, block), number)
        return found


def default_place(text: str, section: str) -> Place:
    """Where a raw text stands that does not name what it is before."""
    if _DEFINITION.match(text):
        return (-1, LAST)
    row = table.find_word(first_word(text), section)
    return (row.rank, LAST) if row else (len(table.rows(section)), 0)


def sorted_raw(entries: Sequence[RawEntry], section: str, data: Dict[str, Any]) -> List[RawEntry]:
    """Entries of raw in the order they are written. Raises BadValueError as Places.of() does."""
    return sorted(entries, key=Places(section, data).of)


def tidy_raw(text: str, offset: int = 0) -> str:
    """Raw lines without the indentation they have in common; the first one began at ``offset`` in its line."""
    lines = text.replace("\r\n", "\n").split("\n")
    first = [lines.pop(0).lstrip(BLANKS)] if offset else []
    # behind other white space than blanks an "@" or "$" is no condition or definition
    return "\n".join(first + _dedented(lines)).lstrip(BLANKS + "\n").rstrip(WHITE)


def raw_lines(text: str, level: int) -> List[str]:
    """Raw lines, indented."""
    return [INDENT * level + line if line.strip(BLANKS) else line for line in text.split("\n")]


def _dedented(lines: Sequence[str]) -> List[str]:
    """Lines without the blanks they have in common; textwrap takes more characters for blanks than keepalived."""
    blank = [line.strip(BLANKS) == "" for line in lines]
    margins = [line[: len(line) - len(line.lstrip(BLANKS))] for line, is_blank in zip(lines, blank) if not is_blank]
    low, high = min(margins, default=""), max(margins, default="")
    common = next((place for place, (one, other) in enumerate(zip(low, high)) if one != other), len(low))
    return ["" if is_blank else line[common:] for line, is_blank in zip(lines, blank)]
