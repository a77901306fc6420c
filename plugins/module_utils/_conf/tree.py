# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The lossless tree of a keepalived.conf: ``str(parse(text)) == text`` for every text.

The tree knows no keyword of keepalived. It knows lines, words, quotes, comments, braces, ``@id`` conditions,
``$NAME=`` definitions, ``~SEQ``/``~LST`` sequences and ``include`` lines, as keepalived 2.2.7 reads them
(lib/parser.c). What cannot be understood is a node and a Problem, never an exception.
"""

from __future__ import annotations

from typing import Match, Tuple

from . import lexer
from .garbage import uncollected
from .node import Document, Problem, Statement, Trivia, Word

__all__ = ["Document", "Problem", "Statement", "Trivia", "Word", "parse"]


# Where to read on, where the code of that line ends, where the line ends.
_Place = Tuple[int, int, int]
_Condition = Tuple[bool, str]

# From so many characters on it is worth the while to send the garbage collector away.
_LARGE = 10_000


def _may_own_block(statement: Statement) -> bool:
    return statement.kind == "statement" and not statement.has_block and statement.keyword not in ("", "}")


class _Parser:
    """One pass over the text, line by line, with the open blocks on a stack of its own."""

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self.root: list[Statement | Trivia] = []
        self.items = self.root
        self.open: list[Statement] = []
        # The conditions, and "~" for a sequence, that the rest of the line depends on, and those of each open block.
        self.held: tuple[_Condition | str, ...] = ()
        self.depends: list[tuple[_Condition | str, ...]] = []
        self.line = 1
        self.line_start = 0
        self.last: Statement | None = None
        self.found: list[tuple[int, int, str]] = []

    def run(self) -> Document:
        """Return the Document."""
        text = self.text
        size = len(text)
        match = lexer.PLAIN_LINE.match
        at = 0
        if text.startswith("\ufeff"):
            self.items.append(Trivia(text[:1]))
            at = self._slow_line(1)
        while at < size:
            plain = match(text, at)
            if plain is None:
                self.line_start = at
                at = self._slow_line(at)
                continue
            end = plain.end()
            kind = plain.lastindex
            if kind == 1:
                self.items.append(Statement(text[at:end], self.line, plain_end=plain.end(1) - at))
            elif kind == 2:
                self._push(Statement(text[at:end], self.line, plain_end=plain.end(1) - at))
            elif kind is None:
                self.items.append(Trivia(text[at:end]))
            else:
                self.line_start = at
                self._close(at, end)
            at = end
            self.line += 1
        for statement in self.open:
            self.found.append((
                statement.line, statement.column,
                "block of '{}' is not closed; add the missing '}}'".format(statement.keyword or "{"),
            ))
        self._text_problems()
        return Document(self.path, self.root, [
            Problem(message, self.path, line, column) for line, column, message in sorted(self.found)
        ])

    def _problem(self, offset: int, message: str) -> None:
        self.found.append((self.line, offset - self.line_start + 1, message))

    def _text_problems(self) -> None:
        line, counted = 1, 0
        for offset, message in sorted(lexer.text_problems(self.text)):
            line += self.text.count("\n", counted, offset)
            counted = offset
            self.found.append((line, offset - self.text.rfind("\n", 0, offset), message))

    def _push(self, statement: Statement) -> None:
        statement.items = []
        statement.has_block = True
        self.items.append(statement)
        self.open.append(statement)
        self.depends.append(self.held)
        self.items = statement.items

    def _compare(self, block: Statement, depends: tuple[_Condition | str, ...]) -> None:
        """Report a block of which keepalived may read only one brace, or one several times."""
        if depends == self.held or block.kind == "sequence":
            return
        if self.held[len(depends):] == ("~",):
            message = (f"sequence repeats the rest of its line, and with it the '}}' of the block of "
                       f"'{block.keyword}'; give it a line of its own")
        else:
            message = (f"block of '{block.keyword}' does not begin and end under the same condition, and keepalived "
                       "may drop only one of its braces; begin both lines with the same @id")
        self.found.append((block.line, block.column, message))

    def _close(self, start: int, end: int) -> None:
        """Close the innermost block with the text from ``start`` to ``end``; without one make a node of it."""
        if self.open:
            block = self.last = self.open.pop()
            block.tail = self.text[start:end]
            self._compare(block, self.depends.pop())
            self.items = self.open[-1].items if self.open else self.root
            return
        self._problem(lexer.skip_white(self.text, start, end), "'}' closes no block; remove it or add the missing '{'")
        self.last = Statement(self.text[start:end], self.line, start - self.line_start)
        self.items.append(self.last)

    def _slow_line(self, at: int) -> int:
        """Read one line of any form from ``at``; return where the next one begins."""
        text = self.text
        end = text.find("\n", at) + 1 or len(text)
        code = lexer.code_end(text, at, end)
        self.last = None
        while True:
            start = lexer.skip_white(text, at, code)
            if start >= code:
                break
            at, code, end = self._statement(at, start, code, end)
        self.held = ()
        self._rest_of_line(text[at:end])
        if self.open and self.open[-1].kind == "sequence" and self.open[-1].line == self.line:
            self._problem(
                self.line_start + self.open[-1].column - 1,
                "sequence repeats its own line only; close the block in that line or put it into a $NAME= definition",
            )
        self.line += text.count("\n", self.line_start, end) or 1
        return end

    def _rest_of_line(self, rest: str) -> None:
        """Give blanks, comment and line end to what the line ends with."""
        if self.last is None:
            if rest:
                self.items.append(Trivia(rest))
        elif self.last.tail:
            self.last.tail += rest
        else:
            self.last.head += rest

    def _statement(self, at: int, start: int, code: int, end: int) -> _Place:
        """Read what begins at ``start``; return the new place, the end of its line's code and of its line."""
        text = self.text
        condition = None
        first = scan = start
        kind = "statement"
        # Only here, at the beginning of a line or behind a brace, the daemon looks for more than words.
        if not text[at:start].strip(" \t"):
            first, condition = self._condition(start, code)
            self.held += (condition,) if condition else ()
            taken = self._whole_line(at, first, code, end, condition)
            if taken is not None:
                return taken
            scan = first
            if text.startswith(("~SEQ", "~LST"), first):
                kind = "sequence"
                self.held += ("~",)
                scan = self._sequence_end(first, code)
        stop = scan
        for token in lexer.tokens(text, scan, code):
            if lexer.is_brace(token):
                if token.group() == "{":
                    self._open(at, first, token.end(), kind, condition)
                elif token.start() == first:
                    self._close(at, token.end())
                else:
                    self._leaf(at, stop, kind, condition)
                    return stop, code, end
                return token.end(), code, end
            stop = token.end()
            self._check_word(token)
        self._leaf(at, code, kind, condition)
        if lexer.is_include(text[first:stop]):
            self._problem(first, f"'{text[first:stop]}' names no file; add the path")
        return code, code, end

    def _condition(self, start: int, code: int) -> tuple[int, _Condition | None]:
        """Return the place behind the condition at ``start`` and the condition, None when there is none."""
        found = lexer.condition(self.text, start, code)
        if found is None:
            return start, None
        return lexer.skip_blank(self.text, found.end(), code), (bool(found.group(1)), found.group(2))

    def _whole_line(self, at: int, first: int, code: int, end: int, condition: _Condition | None) -> _Place | None:
        """Read what takes the rest of its line whatever that holds; return None when there is no such thing."""
        kind = "statement"
        if first >= code:
            # A condition without a blank behind it: the daemon drops the line.
            pass
        elif lexer.definition(self.text, first, code):
            kind = "definition"
            code, end = self._definition_end(first, code, end)
        elif lexer.include(self.text, first, code):
            kind = "include"
        else:
            return None
        self._leaf(at, code, kind, condition)
        return code, code, end

    def _check_word(self, token: Match[str]) -> None:
        if not lexer.is_quoted(token):
            return
        if lexer.is_unterminated(token):
            self._problem(token.start(), "double quote is not closed in this line; add the closing one")
        elif "\\" in token.group() and lexer.has_split_brace(token.group()):
            self._problem(
                token.start(),
                "keepalived finds a brace after \\\" inside these quotes; use single quotes inside the double ones",
            )

    def _leaf(self, at: int, stop: int, kind: str, condition: _Condition | None) -> None:
        self.last = Statement(self.text[at:stop], self.line, at - self.line_start, kind, condition)
        self.items.append(self.last)

    def _open(self, at: int, first: int, stop: int, kind: str, condition: _Condition | None) -> None:
        """Open a block at a ``{``: of the words before it, of the statement before it, or of nothing."""
        text = self.text
        if first < stop - 1:
            self.last = Statement(text[at:stop], self.line, at - self.line_start, kind, condition)
            self._push(self.last)
            return
        gap = []
        while self.items and isinstance(self.items[-1], Trivia):
            gap.append(str(self.items.pop()))
        gap.reverse()
        owner = self.items[-1] if self.items else None
        if isinstance(owner, Statement) and _may_own_block(owner):
            owner.changed("".join([owner.head, *gap, text[at:stop]]))
            self.items.pop()
            self.last = owner
            if owner.line != self.line:
                self._compare(owner, (owner.condition,) if owner.condition else ())
        else:
            self.items.extend(Trivia(line) for line in gap)
            self._problem(stop - 1, "'{' follows no keyword; write the keyword before it or remove the block")
            self.last = Statement(text[at:stop], self.line, at - self.line_start, kind, condition)
        self._push(self.last)

    def _sequence_end(self, first: int, code: int) -> int:
        found = lexer.sequence(self.text, first, code)
        if found and found.group(1):
            return found.end()
        self._problem(first, "sequence has no closing parenthesis; write ~SEQ(NAME,first,last) or ~LST(NAME,value,...)")
        return code

    def _definition_end(self, first: int, code: int, end: int) -> tuple[int, int]:
        """Return the end of the code and of the line where a definition ends that may go on for many lines."""
        text = self.text
        start = self.line_start
        while lexer.continues(text, start, end):
            start = end
            end = text.find("\n", start) + 1 or len(text)
            code = lexer.code_end(text, start, end)
            if start == end:
                self._problem(first, "definition goes on after the last line; remove the backslash at its end")
                break
            if lexer.skip_white(text, start, code) >= code and not lexer.continues(text, start, end):
                # A blank line or a comment without a closing backslash ends it, and belongs to what follows.
                return start, start
        return code, end


def parse(text: str, path: str = "<string>") -> Document:
    """Return the Document of any ``str``; bytes that are no UTF-8 may be there as surrogate escapes.

    Never raises and does not recurse. What the daemon would not read as it looks is in ``Document.problems``.
    """
    parser = _Parser(text, path)
    if len(text) < _LARGE:
        return parser.run()
    with uncollected():
        return parser.run()
