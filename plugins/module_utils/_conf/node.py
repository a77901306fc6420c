# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The nodes of the tree: Document, Statement, Trivia, and the Word and Problem they give out."""

from __future__ import annotations

from typing import Iterable, Iterator, NamedTuple, cast

from . import lexer


class Word(NamedTuple):
    """One word: ``text`` as written, ``value`` as the daemon takes it, ``line`` and ``column`` from 1."""

    text: str
    value: str
    line: int
    column: int
    quoted: bool


class Problem(NamedTuple):
    """Something in the text that the daemon does not read as it looks. Lines and columns count from 1."""

    message: str
    path: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


class Trivia:
    """Text that says nothing to the daemon: one blank line or one whole-line comment, with its line end."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Trivia({self.text!r})"


class Statement:
    """A keyword with its values and, where it has one, its block.

    ``head``  text from the end of what precedes to the last word, or to and with the ``{``; with the rest of the line
              (blanks, comment, newline) when nothing else stands on it
    ``items`` what the block holds, Statement and Trivia; an empty tuple without a block
    ``has_block`` whether there is a ``{``
    ``tail``  text from the end of the last item to and with the ``}`` and the rest of its line; "" without a ``}``
    ``kind``  "statement", "definition" ($NAME=), "sequence" (~SEQ, ~LST) or "include"
    ``condition`` None or (negated, id) of ``@id`` and ``@^id``
    ``line``  line of the first word in the text that was parsed, from 1; edits do not renumber
    ``offset`` characters between the beginning of that line and ``head``
    """

    __slots__ = (
        "_keyword", "_plain_end", "_values", "condition", "has_block", "head", "items", "kind", "line", "offset",
        "tail",
    )

    def __init__(
        self,
        head: str,
        line: int,
        offset: int = 0,
        kind: str = "statement",
        condition: tuple[bool, str] | None = None,
        plain_end: int = 0,
    ) -> None:
        self.head = head
        self.items: list[Statement | Trivia] = _NO_ITEMS
        self.has_block = False
        self.tail = ""
        self.line = line
        self.offset = offset
        self.kind = kind
        self.condition = condition
        # where unquoted ASCII words end, when the head holds nothing else; 0 when the words have to be looked for
        self._plain_end = plain_end
        self._keyword: str | None = None
        self._values: tuple[str, ...] = ()

    @property
    def keyword(self) -> str:
        """First word without quotes; "" when a block or a condition has none. ``}`` for one that closes nothing."""
        return self._read() if self._keyword is None else self._keyword

    @property
    def values(self) -> tuple[str, ...]:
        """Words after the keyword without quotes. A definition has its value, an include its path as the only one."""
        if self._keyword is None:
            self._read()
        return self._values

    @property
    def words(self) -> list[Word]:
        """Every word of the statement with its place, the keyword first; the condition is not among them."""
        return [
            Word(text, value, self.line, self.offset + start + 1, quoted)
            for text, value, start, quoted in self._words()
        ]

    @property
    def column(self) -> int:
        """Column of the first word (without one: of the condition or the brace), from 1."""
        if self.condition is not None:
            for _text, _value, start, _quoted in self._words():
                return self.offset + start + 1
        return self.offset + lexer.skip_white(self.head, 0, len(self.head)) + 1

    @property
    def arguments(self) -> str:
        """What stands after the keyword, as written, without the comment; for values with a grammar of their own."""
        words = self._words()
        if len(words) < 2:
            return ""
        return self.head[words[1][2]:words[-1][2] + len(words[-1][0])]

    def statements(self) -> Iterator[Statement]:
        """Iterate over the statements of the block."""
        return iter([item for item in self.items if isinstance(item, Statement)])

    def changed(self, head: str) -> None:
        """Give the statement another ``head``; the words are read again."""
        self.head = head
        self._plain_end = 0
        self._keyword = None

    def _read(self) -> str:
        """Read the words; return the keyword."""
        end = self._plain_end
        words = self.head[:end].split() if end else [word[1] for word in self._all_words()]
        self._keyword, *values = words or [""]
        self._values = tuple(values)
        return self._keyword

    def _words(self) -> list[tuple[str, str, int, bool]]:
        """Return (text, value, offset in head, quoted) of each word."""
        return lexer.plain_words(self.head, self._plain_end) if self._plain_end else self._all_words()

    def _all_words(self) -> list[tuple[str, str, int, bool]]:
        head = self.head
        end = lexer.code_end(head)
        start = lexer.skip_white(head, 0, end)
        if self.condition is not None:
            condition = lexer.condition(head, start, end)
            start = lexer.skip_blank(head, condition.end() if condition else start, end)
        if self.kind == "definition":
            return _definition_words(head, start, end)
        if self.kind == "include":
            return _include_words(head, start, end)
        words = []
        if self.kind == "sequence":
            found = lexer.sequence(head, start, end)
            stop = found.end() if found and found.group(1) else len(head[:end].rstrip(lexer.WHITE))
            words.append((head[start:stop], head[start:stop], start, False))
            start = stop
        for token in lexer.tokens(head, start, end):
            if lexer.is_brace(token):
                if not words and token.group() == "}":
                    words.append(("}", "}", token.start(), False))
                break
            words.append((token.group(), lexer.word_value(token), token.start(), lexer.is_quoted(token)))
        return words

    def __str__(self) -> str:
        return _joined((self,))

    def __repr__(self) -> str:
        return "Statement({!r}, line={})".format(" ".join((self.keyword, *self.values)), self.line)


_NO_ITEMS = cast("list[Statement | Trivia]", ())


class Document:
    """The tree of one text: ``path`` names it in messages, ``items`` are its Statement and Trivia in order."""

    __slots__ = ("items", "path", "problems")

    def __init__(self, path: str, items: list[Statement | Trivia], problems: list[Problem]) -> None:
        self.path = path
        self.items = items
        self.problems = problems

    def statements(self) -> Iterator[Statement]:
        """Iterate over the statements of the top level."""
        return (item for item in self.items if isinstance(item, Statement))

    def walk(self) -> Iterator[tuple[Statement, tuple[Statement, ...]]]:
        """Iterate over (statement, tuple of its ancestors, outermost first) in the order of the text."""
        ancestors: list[Statement] = []
        stack = [iter(self.items)]
        while stack:
            for item in stack[-1]:
                if not isinstance(item, Statement):
                    continue
                yield item, tuple(ancestors)
                if item.items:
                    ancestors.append(item)
                    stack.append(iter(item.items))
                    break
            else:
                stack.pop()
                if ancestors:
                    ancestors.pop()

    def __str__(self) -> str:
        return _joined(self.items)

    def __repr__(self) -> str:
        return f"Document({self.path!r}, {len(self.items)} items)"


def _joined(items: Iterable[Statement | Trivia]) -> str:
    """Return the source text of the items; a loop, because blocks may nest deeper than Python recurses."""
    pieces = []
    stack = [(iter(items), "")]
    while stack:
        for item in stack[-1][0]:
            if not isinstance(item, Statement):
                pieces.append(item.text)
                continue
            pieces.append(item.head)
            if item.has_block:
                stack.append((iter(item.items), item.tail))
                break
        else:
            pieces.append(stack.pop()[1])
    return "".join(pieces)


def _include_words(head: str, start: int, end: int) -> list[tuple[str, str, int, bool]]:
    found = lexer.include(head, start, end)
    path_start = found.end() if found else end
    return [
        (text.rstrip(lexer.WHITE), text.rstrip(lexer.WHITE), place, False)
        for text, place in ((head[start:path_start], start), (head[path_start:end], path_start))
    ]


def _definition_words(head: str, start: int, end: int) -> list[tuple[str, str, int, bool]]:
    """Return name and value; in the value lines are joined by newlines, without backslashes and comments."""
    found = lexer.definition(head, start, end)
    at = name_end = found.end() if found else end
    lines: list[str] = []
    while at < len(head):
        end = head.find("\n", at) + 1 or len(head)
        line = head[at:lexer.code_end(head, at, end)].strip(lexer.WHITE)
        line = line[:-1].rstrip(lexer.WHITE) if line.endswith("\\") else line
        if line or not lines:
            lines.append(line)
        at = end
    name = head[start:name_end - 1]
    return [(name, name, start, False), (head[name_end:].strip(lexer.WHITE), "\n".join(lines), name_end, False)]
