# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The text of one file as the rules look at it: its tree, and what the keyword table knows of every statement.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._conf.evaluate import Evaluation
from ansible_collections.openvip.cluster.plugins.module_utils._conf.lexer import MISREAD_SPACE, is_include
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import Document, Statement, Word, parse
from ansible_collections.openvip.cluster.plugins.module_utils._schema import table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import DUPLICATE, ROOT
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import Finding
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import BLOCK, HEAD, LINES, NAMES, Row, Version

from .model import split
from .registry import TEXT, Check, Rule, declare

BLOCK_TYPES = (BLOCK, NAMES, LINES)

# Quoted words keep every character; elsewhere these look like blanks and are none.
_MISREAD = re.compile(r'"[^"\n]*"|' + MISREAD_SPACE)


class Node:
    """One statement with its row in the table, None for an unknown word, and the node of the block it stands in."""

    __slots__ = ("_label", "number", "parent", "row", "section", "statement")

    def __init__(
        self, statement: Statement, section: str, row: Optional[Row], parent: Optional[Node], number: int = 0
    ) -> None:
        self.statement = statement
        self.section = section
        self.row = row
        self.parent = parent
        self.number = number
        self._label = ""

    @property
    def label(self) -> str:
        """The name of this block in messages, as check() gives it."""
        if not self._label:
            keyword = self.row.keyword if self.row else self.statement.keyword
            name = " ".join([keyword, *self.statement.values])
            if not self.statement.values and self.number:
                name = f"{keyword} (number {self.number})"
            self._label = f"{self.parent.label} {name}" if self.parent else name
        return self._label

    @property
    def home(self) -> str:
        """The name of the block that it stands in."""
        return self.parent.label if self.parent else ROOT


class Repeated(NamedTuple):
    """A keyword that stands twice in a block and counts once."""

    first: Node
    again: Node


class Surplus(NamedTuple):
    """A block and the words before its brace that nothing stands for."""

    block: Node
    words: List[Word]


class Text:
    """The tree of one file, its statements sorted by what they are.

    ``source``   the text itself
    ``lines``    known keywords with values, those of a block excepted
    ``uneven``   those of the lines that have not exactly one value
    ``blocks``   known keywords that have, or should have, a block
    ``entries``  lines of blocks without keywords; their row is that of the block
    ``unknown``  statements whose keyword is not known where they stand
    ``others``   definitions, includes, sequences, conditions without text, uses of definitions
    ``repeated`` keywords that stand twice in one block
    """

    def __init__(self, document: Document, source: str, version: Optional[Sequence[int]] = None) -> None:
        self.document = document
        self.source = source
        self.version: Optional[Version] = tuple(version) if version else None
        self.lines: List[Node] = []
        self.uneven: List[Node] = []
        self.blocks: List[Node] = []
        self.entries: List[Node] = []
        self.unknown: List[Node] = []
        self.others: List[Node] = []
        self.repeated: List[Repeated] = []
        self._index: Optional[Dict[str, List[Node]]] = None
        self._surplus: Optional[List[Surplus]] = None
        self._sort("", document.statements(), None)

    def nodes(self) -> Iterator[Node]:
        """Iterate over all statements, those inside unknown blocks excepted; not in the order of the text."""
        for nodes in (self.others, self.unknown, self.blocks, self.lines, self.entries):
            yield from nodes

    def surplus(self) -> List[Surplus]:
        """Return the blocks with surplus words; several rules ask."""
        if self._surplus is None:
            self._surplus = list(_with_surplus(self.blocks))
        return self._surplus

    def _sort(self, section: str, statements: Iterable[Statement], parent: Optional[Node]) -> None:
        """Sort the statements of one block; blocks of the table nest only as deep as the table does."""
        body, words = table.body(section), table.words(section)
        seen: Dict[str, Node] = {}
        counts: Dict[str, int] = {}
        for statement in statements:
            row = body or words.get(statement.keyword)
            if statement.kind != "statement" or row is None or row is body or row.place == HEAD:
                self._add_other(Node(statement, section, body, parent))
            elif row.type in BLOCK_TYPES:
                counts[row.keyword] = counts.get(row.keyword, 0) + 1
                self._add_block(Node(statement, section, row, parent, counts[row.keyword] if row.repeatable else 0))
            else:
                node = Node(statement, section, row, parent)
                self.lines.append(node)
                if len(statement.values) != 1:
                    self.uneven.append(node)
                if statement.condition is None:
                    first = seen.setdefault(row.keyword, node)
                    if first is not node and not (row.repeatable or row.joins):
                        self.repeated.append(Repeated(first, node))

    def _add_other(self, node: Node) -> None:
        """Add the node of a statement without a known keyword; its row is that of the lines around it, or None."""
        keyword = node.statement.keyword
        if node.statement.kind != "statement" or keyword[:1] in ("", "$") or is_include(keyword):
            node.row = None
            self.others.append(node)
        elif node.row is not None:
            self.entries.append(node)
        elif keyword != "}":
            self.unknown.append(node)

    def _add_block(self, node: Node) -> None:
        self.blocks.append(node)
        row, statements = node.row, node.statement.statements()
        if row is not None and row.type == BLOCK:
            self._sort(row.path, statements, node)
            return
        for statement in statements:
            kind = self.others if statement.kind != "statement" or statement.keyword[:1] in ("", "$") else self.entries
            kind.append(Node(statement, node.section, row, node))

    def place(self, finding: Finding) -> Finding:
        """Return the finding with the place in the text of what it is about, as far as that is there."""
        statement = None if finding.keyword is None else self._of_keyword(finding)
        if statement is None:
            found = self._named(finding.object)
            statement = found[-1 if finding.id == DUPLICATE else 0].statement if found else None
        return self._at(finding, statement)

    def has_keyword(self, finding: Finding) -> bool:
        """Say whether the keyword of the finding stands in its block."""
        return self._of_keyword(finding) is not None

    def _named(self, label: str) -> List[Node]:
        """Return the blocks of that name."""
        if self._index is None:
            self._index = {}
            for node in self.blocks:
                self._index.setdefault(node.label, []).append(node)
        return self._index.get(label, [])

    def _of_keyword(self, finding: Finding) -> Optional[Statement]:
        if finding.object == ROOT:
            return self._statement(finding, self.document.statements(), "")
        for node in self._named(finding.object):
            if finding.entry and node.row and _is_body(node.row, finding.keyword):
                return _entry(node.statement, finding.entry)
            if finding.keyword and node.row and node.row.type == BLOCK:
                statement = self._statement(finding, node.statement.statements(), node.row.path)
                if statement is not None:
                    return statement
        return None

    def _at(self, finding: Finding, statement: Optional[Statement]) -> Finding:
        if statement is None:
            return finding._replace(path=self.document.path)
        return finding._replace(path=self.document.path, line=statement.line, column=statement.column)

    @staticmethod
    def _statement(finding: Finding, statements: Iterable[Statement], section: str) -> Optional[Statement]:
        """Return the statement of the finding's keyword, the one that counts; of its entry when it has one."""
        found = None
        for statement in statements:
            row = table.find_word(statement.keyword, section)
            if (row.keyword if row else statement.keyword) != finding.keyword:
                continue
            entry = _entry(statement, finding.entry) if finding.entry else None
            if entry is not None:
                return entry
            if found is None or row is None or not row.first_wins:
                found = statement
        return found


def _with_surplus(blocks: Iterable[Node]) -> Iterator[Surplus]:
    for node in blocks:
        row, statement = node.row, node.statement
        if row is not None and statement.values and statement.has_block:
            longest = _longest_head(row)
            if len(statement.values) > longest:
                yield Surplus(node, statement.words[longest + 1:])


@lru_cache(maxsize=None)
def _longest_head(row: Row) -> int:
    """Return how many words may stand before the brace of a block."""
    return max([len(form) for form in row.heads] or [0]) if row.type == BLOCK else 0


def _is_body(row: Row, keyword: Optional[str]) -> bool:
    """Say whether the keyword is the one that stands in the data for the lines of a block without keywords."""
    body = table.body(row.path) if row.type == BLOCK else None
    return body is not None and body.keyword == keyword


def _entry(block: Statement, text: str) -> Optional[Statement]:
    """Return the line of a block with this text, or else the first one that begins or has a word like it."""
    wanted = split(text)
    if not wanted:
        return None
    if text in block.values:
        return block
    for statement in block.statements():
        if [statement.keyword, *statement.values] == wanted:
            return statement
    for statement in block.statements():
        if wanted[0] in (statement.keyword, *statement.values):
            return statement
    return None


def repaired(text: str) -> str:
    """Return the text with blanks where its writer saw some: every place stays the same.

    keepalived takes those characters for parts of words. What else is wrong can be said only of what was meant.
    """
    return text if text.isascii() else _MISREAD.sub(_blank, text)


def _blank(found: Any) -> str:
    written: str = found.group()
    return written if written.startswith('"') else " "


def read_text(text: str, path: str, version: Optional[Sequence[int]] = None) -> Text:
    """Return the Text of what stands in a file, its problems included."""
    document = parse(text, path)
    meant = repaired(text)
    if meant == text:
        return Text(document, text, version)
    better = parse(meant, path)
    better.problems = document.problems
    return Text(better, meant, version)


def in_force(text: Text, evaluation: Evaluation) -> Text:
    """Return the Text of the lines in force, with the lines and problems of what is written."""
    if not evaluation.is_changed and not evaluation.unknown():
        return text
    document = evaluation.document(text.document.path)
    document.problems = text.document.problems
    return Text(document, evaluation.text, text.version)


# What a rule says: where, what is wrong, the remedy, and the word when it is not about the whole statement.
Remark = Tuple[Any, ...]


def text_rule(identifier: str, severity: str, summary: str, source: str) -> Any:
    """Register the decorated function as a rule for the text of a file.

    It takes the Text and yields (node, message, remedy) or (node, message, remedy, word).
    """

    def register(check: Check) -> Check:
        declare(Rule(identifier, severity, summary, source, TEXT, (), check))
        return check

    return register


def findings_of(rule: Rule, text: Text) -> Iterator[Finding]:
    """Yield the findings of a TEXT rule."""
    for node, message, remedy, *words in rule.check(text):
        place: Any = words[0] if words else node.statement
        yield Finding(rule.id, rule.severity, node.home, message, remedy, text.document.path, place.line, place.column,
                      keyword=node.statement.keyword)
