# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""From the tree of a keepalived.conf to data.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Dict, Iterable, List, Optional, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import Document, Statement, Word, parse

from . import layout, line, table, values
from .finding import BadValueError
from .layout import RAW, REMEMBERED
from .row import BLOCK, LINES, NAMES, Row

Data = Dict[str, Any]


def read(document: Document) -> Data:
    """The data of a document, for which ``read(parse(render(data))) == data`` when data is canonical.

    Keywords go by their newest names. What the table has no form for is kept as text in ``raw``. A value of the wrong
    kind is kept as text in its place, for check() to refuse. Of repeated lines the one that the daemon takes is kept;
    comments are not.
    """
    data: Data = {}
    _fill("", document.statements(), data)
    return data


def _fill(path: str, statements: Iterable[Statement], data: Data) -> None:
    """Add the statements of one block to its data."""
    raw: List[str] = data.pop(RAW, [])
    body = table.body(path)
    for statement in statements:
        try:
            if body is not None:
                entry = _entry(body, statement)
                data.setdefault(body.keyword, []).append(entry)
            else:
                _add(path, statement, data)
        except BadValueError:
            text = _source(statement)
            if text:
                raw.append(text)
    if raw:
        data[RAW] = layout.sorted_raw(raw, path)


def _add(path: str, statement: Statement, data: Data) -> None:
    """Add one statement to the data of its block. Raises BadValueError when the table has no form for it."""
    row = table.find_word(statement.keyword, path) or table.find_ended(statement.keyword, path)
    if row is None or statement.kind != "statement" or statement.condition is not None:
        raise BadValueError("is not in the table.")
    if statement.has_block != (row.type in (BLOCK, NAMES, LINES)):
        raise BadValueError("has a block, or lacks it.")
    if row.type == BLOCK:
        _add_block(row, statement, data)
    elif row.type in (NAMES, LINES):
        found = _entries(row, statement)
        data.setdefault(row.keyword, []).extend(found)
    else:
        _add_value(row, statement, data)


def _add_value(row: Row, statement: Statement, data: Data) -> None:
    if row.type in values.OWN_WORDS or '"' in statement.head:
        found = _value(row, values.words_of(row, statement))
    else:
        found = _plain_value(row, statement.values)
    if row.repeatable:
        data.setdefault(row.keyword, []).append(found)
    elif row.joins and row.keyword in data:
        data[row.keyword] = "%s %s" % (data[row.keyword], found)
    elif not (row.first_wins and row.keyword in data):
        data[row.keyword] = found


@lru_cache(maxsize=REMEMBERED)
def _plain_value(row: Row, words: Tuple[str, ...]) -> Any:
    """The value of words none of which is in quotes."""
    return _value(row, [Word(word, word, 0, 0, False) for word in words])


def _value(row: Row, given: List[Word]) -> Any:
    found = values.from_words(row, given)
    if any(line.has_reference(word.value) for word in given):
        # only text can hold a reference
        values.check(row, [found] if row.repeatable else found)
    return found


def _entries(row: Row, statement: Statement) -> List[Any]:
    """The list of a block of words or lines."""
    if statement.values:
        raise BadValueError("has words before its brace.")
    if row.type == LINES:
        return [_entry(row, entry) for entry in statement.statements()]
    return [values.from_words(row, [word]) for entry in statement.statements() for word in line.words(_plain(entry))]


def _entry(row: Row, statement: Statement) -> Any:
    return values.from_words(row, line.words(_plain(statement)))


def _plain(statement: Statement) -> Statement:
    if statement.kind != "statement" or statement.condition is not None or statement.has_block:
        raise BadValueError("is no plain line.")
    return statement


def _add_block(row: Row, statement: Statement, data: Data) -> None:
    head = _head(row, statement)
    if head is None:
        raise BadValueError("has other words before its brace.")
    if not row.repeatable:
        _fill(row.path, statement.statements(), data.setdefault(row.keyword, {}))
        if not data[row.keyword]:
            del data[row.keyword]
        return
    _fill(row.path, statement.statements(), head)
    data.setdefault(row.keyword, []).append(head)


def _head(row: Row, statement: Statement) -> Optional[Data]:
    """The values of the words before the brace, after the first form that fits; {} when they are missing."""
    words = line.words(statement)[1:]
    if not words:
        return {}
    for form in row.heads:
        if len(form) == len(words) and all(
            layout.is_key(part) or part == word.value for part, word in zip(form, words)
        ):
            keys = table.rows(row.path)
            return {
                part[1:-1]: _value(keys[part[1:-1]], [word]) for part, word in zip(form, words) if layout.is_key(part)
            }
    return None


def _source(statement: Statement) -> str:
    """The text of a statement; a block whose brace is missing gets it."""
    if statement.keyword == "}":
        # it closes nothing, and would close something elsewhere
        return ""
    text = layout.tidy_raw(str(statement), statement.offset)
    if not any(parse(text).statements()):
        # what stood before it on its line made it a statement; alone it is a comment
        return ""
    return text + "\n}" * sum(1 for found, _ancestors in parse(text).walk() if found.has_block and not found.tail)
