# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""From the tree of a keepalived.conf to data.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import Any, Dict, Iterable, List, Optional, Set, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import Document, Statement, Word, parse

from . import layout, line, order, table, values
from .arrange import arrange
from .facts import Facts, texts_of
from .finding import BadValueError
from .layout import RAW, REMEMBERED, RawEntry
from .pieces import Names, breaks, piece_of
from .row import BLOCK, KEYWORD, LINES, NAMES, OLDEST, Row, Version

Data = Dict[str, Any]

# What holds from its line on, or may hold anything.
_ORDERED = re.compile(r"(?m)\$[A-Za-z_{]|(?:^|[{}])[ \t]*(?:[@~]|include)")
_SIGNS = ("$", "@", "~", "include")
_LEADERS = frozenset(order.FOLLOWERS.values())
_WITH_BRACES = frozenset((BLOCK, NAMES, LINES))


class Reader:
    """One reading of a document.

    ``version``  of keepalived, such as (2, 2, 7): an alias counts where it is known; None for the newest
    ``names``    what the document defines; None where raw lines need no place of their own
    ``forced``   the statements, by identity, that are kept as text
    ``unknown``  the lines that hold something of which nobody knows what it stands for: that is kept as text, too
    ``is_exact`` whether raw lines tell what stood before them, and references how they are written: for comparisons
    ``is_hasty`` whether everything that is in the way of a raw line is turned at once
    ``is_ordered`` whether something was read whose order may count
    ``turned``   the statements, by identity, that have to be kept as text, or their order would change
    ``kept``     (statement, text) of everything that was kept as text
    """

    def __init__(
        self,
        version: Optional[Version] = None,
        names: Optional[Names] = None,
        forced: Iterable[int] = (),
        is_exact: bool = False,
        unknown: Iterable[int] = (),
        is_hasty: bool = False,
    ) -> None:
        self.version = version
        self.names = names
        self.forced = frozenset(forced)
        self.is_exact = is_exact
        self.unknown = frozenset(unknown)
        self.is_hasty = is_hasty
        self.is_ordered = False
        self.turned: Set[int] = set()
        self.kept: List[Tuple[Statement, str]] = []

    def read(self, document: Document) -> Data:
        """The data of a document."""
        data: Data = {}
        self.fill("", document.statements(), data)
        return data

    def fill(self, path: str, statements: Iterable[Statement], data: Data) -> None:
        """Add the statements of one block to its data."""
        raw: List[RawEntry] = data.pop(RAW, [])
        statements = _by_condition(statements)
        if self.names is not None:
            self._fill_in_order(path, statements, data, raw)
        else:
            body, rows = table.body(path), table.words(path)
            facts = Facts(path, data, raw) if self.is_exact else None
            for statement in statements:
                text = self._try(rows, body, statement, data)
                if text:
                    raw.append(facts.before(statement, text) if facts else text)
        if raw:
            self.is_ordered = True
            data[RAW] = sorted(map(str, raw)) if self.is_exact else layout.sorted_raw(raw, path, data)
        elif path == "virtual_server" and not _LEADERS.isdisjoint(data):
            self.is_ordered = self.is_ordered or _leads_late(data)
        elif path == "global_defs" and not order.SETTERS.keys().isdisjoint(data):
            self.is_ordered = True

    def _try(self, rows: Dict[str, Row], body: Optional[Row], statement: Statement, data: Data) -> str:
        """Add one statement to the data of its block; return the text that it is kept as instead, if any.

        ``rows`` are those of the block by their words, ``body`` is the one of its lines without a keyword.
        """
        try:
            if self.forced and id(statement) in self.forced:
                raise BadValueError("is kept.")
            if body is not None:
                entry = self._entry(body, statement)
                data.setdefault(body.keyword, []).append(entry)
            else:
                self._add(rows.get(statement.keyword), statement, data)
        except BadValueError:
            text = source(statement)
            if text:
                self.kept.append((statement, text))
            return text
        return ""

    def _fill_in_order(self, path: str, statements: List[Statement], data: Data, raw: List[RawEntry]) -> None:
        """Add the statements of one block, its raw lines each with its place."""
        body = table.body(path)
        texts = [self._try(table.words(path), body, statement, data) for statement in statements]
        if not any(texts) and not order.may_count(path, statements):
            return
        given = [(statement, text) for statement, text in _counting(path, statements, texts)
                 if text or _says_something(path, statement)]
        names = self.names or Names("")
        pieces = [piece_of(path, statement, text, names) for statement, text in given]
        mixed = {id(statement) for statement in order.mixed_families(path, statements)}
        counts: Dict[str, List[int]] = {}
        for number, (piece, (statement, _text)) in enumerate(zip(pieces, given)):
            if id(statement) in mixed:
                piece.needs = piece.provides = frozenset((("family", ""),))
            if not piece.is_raw and piece.row is not None and piece.row.type == BLOCK and piece.row.repeatable:
                of_row = counts.setdefault(piece.row.keyword, [])
                piece.place = (piece.row.rank, len(of_row))
                of_row.append(number)
        self._address(pieces, given, counts, data)
        broken = {
            number for number, (piece, (statement, _text)) in enumerate(zip(pieces, given))
            if piece.is_barrier and not piece.is_raw and (
                piece.row is None or piece.row.type != BLOCK or breaks(statement.head, names))
        }
        turned = broken or arrange(pieces, self.is_hasty)
        if turned:
            self.turned.update(id(given[number][0]) for number in turned)
            return
        raw.extend(layout.raw_entry(text, piece.before) for piece, (_statement, text) in zip(pieces, given) if text)

    @staticmethod
    def _address(pieces: List[Any], given: List[Tuple[Statement, str]], counts: Dict[str, List[int]],
                 data: Data) -> None:
        """Give the pieces what a ``before`` calls them: blocks their heads, the first of other keywords its name."""
        seen: Set[str] = set()
        for piece in pieces:
            if piece.is_raw or piece.row is None or piece.row.keyword in counts:
                continue
            keyword = piece.row.keyword
            if keyword not in seen and piece.row.place == KEYWORD and data.get(keyword) not in ([], None):
                piece.address = keyword
            seen.add(keyword)
        for keyword, numbers in counts.items():
            row = pieces[numbers[0]].row
            heads = [layout.head_text(row, block) for block in data[keyword][-len(numbers):]]
            times = Counter(heads)
            for number, head in zip(numbers, heads):
                if times[head] == 1 and head and "$" not in head and '"' not in head:
                    pieces[number].address = "%s %s" % (keyword, head)

    def _add(self, row: Optional[Row], statement: Statement, data: Data) -> None:
        """Add one statement to the data of its block. Raises BadValueError when the table has no form for it."""
        if row is None or statement.kind != "statement" or statement.condition is not None:
            raise BadValueError("is not in the table.")
        if self.version is not None and not _knows(row, statement.keyword, self.version):
            raise BadValueError("is unknown to this version.")
        if statement.has_block != (row.type in _WITH_BRACES):
            raise BadValueError("has a block, or lacks it.")
        if row.type == BLOCK:
            self._add_block(row, statement, data)
        elif statement.has_block:
            found = self._entries(row, statement)
            if found or not self.is_exact:
                data.setdefault(row.keyword, []).extend(found)
            if self.unknown and any(map(self._is_unknown, statement.statements())):
                raise BadValueError("holds something that is not known.")
        else:
            self._add_value(row, statement, data)

    def _add_value(self, row: Row, statement: Statement, data: Data) -> None:
        if "$" in statement.head and self._is_unknown(statement):
            raise BadValueError("is not known.")
        if row.type in values.OWN_WORDS or '"' in statement.head:
            found = _value(row, values.words_of(row, statement))
        else:
            found = _plain_value(row, statement.values, line.is_literal())
        keyword = row.keyword
        if row.repeatable:
            data.setdefault(keyword, []).append(found)
        elif keyword not in data:
            data[keyword] = found
        elif row.joins:
            data[keyword] = "%s %s" % (data[keyword], found)
        elif not row.first_wins and not (data[keyword] == order.LASTING.get(row.path, "") and found in row.choices):
            data[keyword] = found

    def _entries(self, row: Row, statement: Statement) -> List[Any]:
        """The list of a block of words or lines."""
        if statement.values:
            raise BadValueError("has words before its brace.")
        entries: Iterable[Statement] = statement.statements()
        if self.unknown:
            entries = [entry for entry in entries if not self._is_unknown(entry)]
        if row.type == LINES:
            return [self._entry(row, entry) for entry in entries]
        return [
            self._written(word, values.from_words(row, [word]))
            for entry in entries for word in line.words(_plain(entry))
        ]

    def _entry(self, row: Row, statement: Statement) -> Any:
        return values.from_words(row, line.words(_plain(statement)))

    def _is_unknown(self, statement: Statement) -> bool:
        """Whether a line refers to something that is not known."""
        return "$" in statement.head and (self.is_exact or statement.line in self.unknown) and \
            any(map(line.may_refer, texts_of(statement)))

    def _written(self, word: Word, value: Any) -> Any:
        """The value of a word; for a comparison the word itself where it refers to something that is not known."""
        return "\0" + word.text if self.is_exact and line.may_refer(word.text) else value

    def _add_block(self, row: Row, statement: Statement, data: Data) -> None:
        head = _head(row, statement)
        if head is None:
            raise BadValueError("has other words before its brace.")
        if "$" in statement.head and self._is_unknown(statement):
            if not self.is_exact:
                raise BadValueError("is not known.")
            head = {key: " ".join(texts_of(statement)[1:]) for key in head}
        if not row.repeatable:
            self.fill(row.path, statement.statements(), data.setdefault(row.keyword, {}))
            if not data[row.keyword]:
                del data[row.keyword]
            return
        self.fill(row.path, statement.statements(), head)
        data.setdefault(row.keyword, []).append(head)


def is_ordered(text: str) -> bool:
    """Whether a text may hold something that holds from its line on only."""
    return any(sign in text for sign in _SIGNS) and _ORDERED.search(text) is not None


def _counting(path: str, statements: List[Statement], texts: List[str]) -> List[Tuple[Statement, str]]:
    """The statements with the text that they are kept as, without keywords that stand twice and count once."""
    counts: Dict[Row, int] = {}
    rows = [None if text else table.find_word(statement.keyword, path) for statement, text in zip(statements, texts)]
    for number, row in enumerate(rows):
        if row is not None and not (row.is_list or row.joins or row.type == BLOCK):
            counts[row] = counts.get(row, number) if row.first_wins else number
    return [
        given for number, (given, row) in enumerate(zip(zip(statements, texts), rows))
        if row is None or counts.get(row, number) == number
    ]


def _by_condition(statements: Iterable[Statement]) -> List[Statement]:
    """Join what shares the line of a condition: it holds for the line (keepalived lib/parser.c, read_line())."""
    joined: List[Statement] = []
    for statement in statements:
        before = joined[-1] if joined else None
        if before is not None and before.condition is not None and not str(before).endswith("\n"):
            joined[-1] = Statement(str(before) + str(statement), before.line, before.offset, condition=before.condition)
        else:
            joined.append(statement)
    return joined


def _says_something(path: str, statement: Statement) -> bool:
    """Whether something is written of a statement that is no raw text."""
    row = table.find_word(statement.keyword, path)
    if row is None or not statement.has_block or any(statement.statements()):
        return statement.keyword not in ("", "}")
    return row.type == BLOCK and row.repeatable


def _leads_late(data: Data) -> bool:
    """Whether a keyword was read before the one behind which it counts; the data has the order of the file."""
    keys = list(data)
    for word, leader in order.FOLLOWERS.items():
        row = table.find_word(word, "virtual_server")
        if row and row.keyword in data and leader in data and keys.index(row.keyword) < keys.index(leader):
            return True
    return False


@lru_cache(maxsize=REMEMBERED)
def _knows(row: Row, word: str, version: Version) -> bool:
    """Whether a version reads a keyword by this name, or by none: then it is the keyword that it does not know."""
    since = {alias.keyword: alias.since for alias in row.aliases}.get(word, row.since)
    return (since or OLDEST) <= version or layout.spelling(row, version) is None


@lru_cache(maxsize=REMEMBERED)
def _plain_value(row: Row, words: Tuple[str, ...], _is_literal: bool) -> Any:
    """The value of words none of which is in quotes."""
    return _value(row, [Word(word, word, 0, 0, False) for word in words])


def _value(row: Row, given: List[Word]) -> Any:
    found = values.from_words(row, given)
    if any(line.has_reference(word.value) for word in given):
        # only text can hold a reference
        values.check(row, [found] if row.repeatable else found)
    return found


def _plain(statement: Statement) -> Statement:
    if statement.kind != "statement" or statement.condition is not None or statement.has_block:
        raise BadValueError("is no plain line.")
    return statement


def _head(row: Row, statement: Statement) -> Optional[Data]:
    """The values of the words before the brace, after the first form that fits; {} when they are missing."""
    if not statement.values:
        return {}
    words = line.words(statement)[1:]
    for form in layout.forms(row):
        if len(form) == len(words) and all(key or part == word.value for (part, key), word in zip(form, words)):
            return {key.keyword: _value(key, [word]) for (_part, key), word in zip(form, words) if key}
    return None


def source(statement: Statement) -> str:
    """The text of a statement; a block whose brace is missing gets it."""
    if statement.keyword == "}":
        # it closes nothing, and would close something elsewhere
        return ""
    return _alone(layout.tidy_raw(str(statement), statement.offset))


@lru_cache(maxsize=REMEMBERED)
def _alone(text: str) -> str:
    """The text of a statement that stands alone; nothing for a comment, which the line before made a statement."""
    document = parse(text)
    if not any(document.statements()):
        return ""
    return text + "\n}" * sum(1 for found, _ancestors in document.walk() if found.has_block and not found.tail)
