# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""One block of a hand-written file brought to wanted values: only the lines of keywords that differ are touched.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple, Union

from ansible_collections.openvip.cluster.plugins.module_utils._conf import edit
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import Document, Statement
from ansible_collections.openvip.cluster.plugins.module_utils._schema import layout, line, render, table, values
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import BadValueError
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import BLOCK, HEAD, LINES, NAMES, Row

Data = Dict[str, Any]
Block = Union[Document, Statement]

_LEVELS = re.compile(r"(?m)^(?: {4})+(?=\S)")


class EditError(ValueError):
    """The file cannot be edited as wanted; each argument is a sentence that names the place and what to do."""


def place(document: Document, statement: Statement) -> str:
    """The place of a statement for messages: path:line:column."""
    return "%s:%d:%d" % (document.path, statement.line, statement.column)


def indentation(statement: Statement) -> Optional[str]:
    """The blanks before a statement that begins its line, None for one that does not."""
    if statement.offset:
        return None
    head = statement.head
    return head[: len(head) - len(head.lstrip(" \t"))]


def unit(document: Document) -> str:
    """The blanks by which the file indents the lines of a block, those of the collection when no line says."""
    for statement, ancestors in document.walk():
        inner = indentation(statement)
        outer = indentation(ancestors[-1]) if ancestors else None
        if inner and outer is not None and inner.startswith(outer) and inner != outer:
            return inner[len(outer) :]
    return line.INDENT


class Editor:
    """Edits of one document, for one version of keepalived."""

    def __init__(self, document: Document, version: Optional[Sequence[int]]) -> None:
        self.document = document
        self.version = tuple(version) if version else None
        self.unit = unit(document)

    def written(self, row: Row, value: Any, base: str) -> str:
        """The text of a keyword or block, indented like the file, behind the blanks ``base``."""
        return self.indented(render.fragment(row, value, self.version), base)

    def indented(self, lines: Iterable[str], base: str) -> str:
        """These lines, indented by four blanks a level, in the indentation of the file."""
        text = "\n".join(base + text if text else text for text in _in_unit(lines, self.unit))
        return text + "\n"

    def enforce(self, block: Statement, path: str, current: Data, given: Data, wanted: Data) -> None:
        """Bring a block to the given keywords.

        ``current`` and ``wanted`` are canonical; a keyword that is given and not in ``wanted`` is removed.
        """
        for keyword, row in table.rows(path).items():
            if keyword not in given or row.place == HEAD:
                continue
            have, want = current.get(keyword), wanted.get(keyword)
            if want is None:
                self._remove(block, row)
            elif have != want:
                self._change(block, row, have, given[keyword], want)
        self._add_raw(block, wanted.get(layout.RAW, []))

    def _change(self, block: Statement, row: Row, have: Any, given: Any, want: Any) -> None:
        statements = self._statements(block, row)
        if row.type in (NAMES, LINES):
            self._entries(block, row, statements, want)
        elif row.type != BLOCK:
            self._lines(block, row, statements, want if row.repeatable else [want])
        elif row.repeatable:
            self._blocks(block, row, statements, have or [], given, want)
        elif statements:
            self.enforce(statements[0], row.path, have or {}, given, want)
        else:
            self._insert(block, row, self.written(row, want, self._inside(block)))

    def _statements(self, block: Statement, row: Row) -> List[Statement]:
        """The statements of a keyword in a block. Raises EditError for one that cannot be edited."""
        path = row.section
        found = [each for each in block.statements() if table.find_word(each.keyword, path) is row]
        for statement in found:
            if statement.kind != "statement" or statement.condition is not None:
                raise EditError(
                    "%s: %s stands under a condition that only keepalived can decide. Edit that line by hand."
                    % (place(self.document, statement), statement.keyword))
            if statement.has_block != (row.type in (BLOCK, NAMES, LINES)):
                raise EditError("%s: %s has a brace too many or too few. Correct that by hand."
                                % (place(self.document, statement), statement.keyword))
        return found

    def _remove(self, block: Statement, row: Row) -> None:
        for statement in self._statements(block, row):
            edit.remove(self.document, statement)

    def _lines(self, block: Statement, row: Row, statements: List[Statement], wanted: List[Any]) -> None:
        """Bring the lines of one keyword to the wanted values, one line per value."""
        def change(statement: Statement, value: Any) -> Statement:
            edit.set_value(self.document, statement, values.to_words(row, value))
            return statement

        def insert(after: Optional[Statement], value: Any) -> Statement:
            text = self.written(row, [value] if row.repeatable else value, self._inside(block))
            if after is not None:
                return edit.insert_after(self.document, after, text)[-1]
            return self._insert(block, row, text)

        self._align(statements, [_value_of(row, each) for each in statements], wanted, change, insert)

    def _entries(self, block: Statement, row: Row, statements: List[Statement], wanted: List[Any]) -> None:
        """Bring the lines of a value block to the wanted ones."""
        if not statements:
            self._insert(block, row, self.written(row, wanted, self._inside(block)))
            return
        entries = [entry for statement in statements for entry in statement.statements()]
        for entry in entries:
            if entry.kind != "statement" or entry.condition is not None or entry.has_block:
                raise EditError("%s: only keepalived can tell what this line of %s stands for. Edit it by hand."
                                % (place(self.document, entry), row.keyword))
        if row.type == NAMES and any(entry.values for entry in entries):
            words = [word for item in wanted for word in values.to_words(row, item)]
            edit.replace(self.document, entries[0], " ".join(words))
            for entry in entries[1:]:
                edit.remove(self.document, entry)
            return

        def change(entry: Statement, item: Any) -> Statement:
            return edit.replace(self.document, entry, " ".join(values.to_words(row, item)))[0]

        def insert(after: Optional[Statement], item: Any) -> Statement:
            text = self._inside(statements[0]) + " ".join(values.to_words(row, item))
            if after is not None:
                return edit.insert_after(self.document, after, text)[0]
            rest = list(statements[0].statements())
            if rest:
                return edit.insert_before(self.document, rest[0], text)[0]
            return edit.append(statements[0], text)[0]

        self._align(entries, [_entry_of(row, entry) for entry in entries], wanted, change, insert)

    def _align(
        self,
        statements: List[Statement],
        current: List[Any],
        wanted: List[Any],
        change: Callable[[Statement, Any], Statement],
        insert: Callable[[Optional[Statement], Any], Statement],
    ) -> None:
        """Turn the current values into the wanted ones with as few changed lines as possible."""
        before: Optional[Statement] = None
        matcher = SequenceMatcher(None, [repr(value) for value in current], [repr(value) for value in wanted], False)
        for tag, first, last, new_first, new_last in matcher.get_opcodes():
            old, new = statements[first:last], wanted[new_first:new_last]
            if tag == "equal":
                before = old[-1]
                continue
            for statement, value in zip(old, new):
                before = change(statement, value)
            for value in new[len(old) :]:
                before = insert(before, value)
            for statement in old[len(new) :]:
                edit.remove(self.document, statement)

    def _blocks(
        self, block: Statement, row: Row, statements: List[Statement], have: List[Data], given: Any, want: List[Data]
    ) -> None:
        """Bring the blocks of one keyword to the wanted ones, which are found by what stands before their brace."""
        if len(have) != len(statements):
            raise EditError("%s: not every %s in this block can be read. Correct them first."
                            % (place(self.document, statements[0]), row.keyword))
        present = dict(zip(_keys(row, have), zip(statements, have)))
        before: Optional[Statement] = None
        for key, item, data in zip(_keys(row, want), given, want):
            if key in present:
                before, current = present.pop(key)
                self.enforce(before, row.path, current, item, data)
            else:
                text = self.written(row, [data], self._inside(block))
                if before is None:
                    before = self._insert(block, row, text)
                else:
                    before = edit.insert_after(self.document, before, text)[-1]
        for statement, _data in present.values():
            edit.remove(self.document, statement)

    def _add_raw(self, block: Statement, entries: List[layout.RawEntry]) -> None:
        """Add raw lines that the block does not have, before what they name; those it has stay."""
        have = {" ".join(str(statement).split()) for statement in block.statements()}
        for entry in entries:
            text = layout.raw_text(entry)
            if " ".join(text.split()) in have:
                continue
            written = self.indented(text.split("\n"), self._inside(block))
            following = self._named(block, entry[layout.BEFORE]) if isinstance(entry, dict) else None
            if following is None:
                edit.append(block, written)
            else:
                edit.insert_before(self.document, following, written)

    @staticmethod
    def _named(block: Statement, before: str) -> Optional[Statement]:
        """The first statement of a block with these words, None when it is not there."""
        words = before.split()
        for statement in block.statements():
            found = [statement.keyword, *statement.values]
            if found[: len(words)] == words:
                return statement
        return None

    def _inside(self, block: Statement) -> str:
        """The indentation of the lines of a block."""
        for statement in block.statements():
            found = indentation(statement)
            if found is not None:
                return found
        return (indentation(block) or "") + self.unit

    def _insert(self, block: Statement, row: Row, text: str) -> Statement:
        """Write new lines at their place in the order of the table, the last statement of them is returned."""
        behind: Optional[Statement] = None
        ahead: Optional[Statement] = None
        for statement in block.statements():
            other = table.find_word(statement.keyword, row.section)
            if other is not None and other.rank <= row.rank:
                behind = statement
            elif other is not None and ahead is None:
                ahead = statement
        if behind is not None:
            return edit.insert_after(self.document, behind, text)[-1]
        if ahead is not None:
            return edit.insert_before(self.document, ahead, text)[-1]
        return edit.append(block, text)[-1]


def _in_unit(lines: Iterable[str], indent: str) -> Iterator[str]:
    for text in lines:
        yield _LEVELS.sub(lambda found: indent * (len(found.group()) // len(line.INDENT)), text)


def _value_of(row: Row, statement: Statement) -> Any:
    """The canonical value of a line, the statement itself when it has none."""
    try:
        return values.check_item(row, values.from_words(row, values.words_of(row, statement)))
    except BadValueError:
        return statement


def _entry_of(row: Row, entry: Statement) -> Any:
    try:
        return values.check_item(row, values.from_words(row, entry.words))
    except BadValueError:
        return entry


def _keys(row: Row, blocks: Sequence[Data]) -> List[Tuple[Any, ...]]:
    """What tells the blocks of one keyword apart; those without a head are told apart by their number."""
    return [layout.identity(row, layout.head_words(row, data), data) or (number,) for number, data in enumerate(blocks)]
