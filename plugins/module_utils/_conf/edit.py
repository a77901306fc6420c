# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Edits of a tree that leave every other byte of the text alone.

Comments, blank lines, indentation and line ends around an edited statement stay. New text takes the line ends of the
document; its own indentation is written as given. Statements keep the line numbers of the text that was parsed, new
ones count from the first line of the new text; parse ``str(document)`` again for new numbers.

Every function raises ValueError, before it changes anything, for new text that does not stand alone (a brace or a
quote that is not closed, and whatever else parse() reports) and for a statement that is not in the document.
"""

from __future__ import annotations

import re
from typing import Sequence

from . import lexer
from .tree import Document, Statement, Trivia, Word, parse

_LINE_END = re.compile(r"\r?\n")


def replace(document: Document, statement: Statement, new_text: str) -> list[Statement]:
    """Put ``new_text`` in the place of the statement and its block; return the list of the new statements.

    The indentation before it and the comment behind its last word or brace stay.
    """
    items, index = _locate(document, statement)
    core = _checked(document, new_text).strip(lexer.WHITE)
    if not core:
        raise ValueError("new text is empty; use remove() to delete a statement")
    leading = statement.head[:lexer.skip_white(statement.head, 0, len(statement.head))]
    rest = _rest(statement)
    is_last = index == len(items) - 1
    ends_text = is_last and items is document.items
    if "\n" not in rest and not ends_text and _swallows(core, "}" if is_last else "x"):
        rest += _newline(document)
    new_items = parse(leading + core + rest).items
    if isinstance(new_items[0], Statement):
        new_items[0].offset += statement.offset
    items[index:index + 1] = new_items
    return [item for item in new_items if isinstance(item, Statement)]


def remove(document: Document, statement: Statement) -> None:
    """Delete the statement with its block, its indentation, the comment behind it and its line end."""
    items, index = _locate(document, statement)
    text = _last_piece(statement)
    line_end = text[len(text.rstrip("\r\n")):]
    shares_line = statement.offset > 0 and line_end
    items[index:index + 1] = [Trivia(line_end)] if shares_line else []


def insert_after(document: Document, statement: Statement | None, new_text: str) -> list[Statement]:
    """Write ``new_text`` on lines of its own behind the statement, or at the beginning of the document for None."""
    if statement is None:
        items, index, before = document.items, 0, ""
        if items and isinstance(items[0], Trivia) and items[0].text == "\ufeff":
            index = 1
    else:
        items, index = _locate(document, statement)
        index, before = index + 1, _last_piece(statement)
    return _insert(items, index, before, _checked(document, new_text), _newline(document))


def insert_before(document: Document, statement: Statement, new_text: str) -> list[Statement]:
    """Write ``new_text`` on lines of its own before the statement, which then begins a line if it did not."""
    items, index = _locate(document, statement)
    before = "{" if statement.offset else ""
    return _insert(items, index, before, _checked(document, new_text), _newline(document))


def append(parent: Document | Statement, new_text: str) -> list[Statement]:
    """Write ``new_text`` on lines of its own at the end of a Document or of a statement's block."""
    if isinstance(parent, Statement) and not parent.has_block:
        raise ValueError(f"'{parent.keyword}' in line {parent.line} has no block to append to")
    before = parent.head if isinstance(parent, Statement) else ""
    if parent.items:
        last = parent.items[-1]
        before = _last_piece(last) if isinstance(last, Statement) else last.text
    return _insert(parent.items, len(parent.items), before, _checked(parent, new_text), _newline(parent))


def set_value(document: Document, statement: Statement, words: Sequence[str]) -> None:
    """Give the statement other values: ``words`` as they are written, in quotes where they need them.

    Blanks between as many words as there were stay; so do the block and the comment. For ``include`` lines,
    definitions and sequences use replace(). Raises ValueError for text that is not exactly one word.
    """
    _locate(document, statement)
    old = statement.words
    if statement.kind != "statement" or not old:
        raise ValueError(f"line {statement.line} has no plain keyword to set the value of; use replace()")
    for word in words:
        found = parse("keyword " + word)
        if found.problems or [item.text for each in found.statements() for item in each.words[1:]] != [word]:
            raise ValueError(f"{word!r} is not one word of keepalived; write it in double quotes")
    head = statement.head
    spans = [_span(statement, word) for word in old]
    if len(words) == len(old) - 1:
        for (start, end), word in reversed(list(zip(spans[1:], words))):
            head = head[:start] + word + head[end:]
    else:
        start = spans[1][0] if len(spans) > 1 and words else spans[0][1]
        written = " ".join(words)
        head = head[:start] + (" " if words and start == spans[0][1] else "") + written + head[spans[-1][1]:]
    statement.changed(head)


def _span(statement: Statement, word: Word) -> tuple[int, int]:
    start = word.column - 1 - statement.offset
    return start, start + len(word.text)


def _locate(document: Document, statement: Statement) -> tuple[list[Statement | Trivia], int]:
    """Return (list of its siblings, index in it)."""
    stack = [document.items]
    while stack:
        items = stack.pop()
        for index, item in enumerate(items):
            if item is statement:
                return items, index
            if isinstance(item, Statement) and item.items:
                stack.append(item.items)
    raise ValueError(f"{statement!r} is not in {document!r}; it was removed, replaced or comes from another tree")


def _checked(parent: Document | Statement, new_text: str) -> str:
    problems = parse(new_text, "new text").problems
    if problems:
        raise ValueError(str(problems[0]))
    return _LINE_END.sub(_newline(parent), new_text)


def _newline(parent: Document | Statement) -> str:
    """Return the line end that the first line of the text has."""
    pieces = [parent.head, parent.tail] if isinstance(parent, Statement) else []
    for item in parent.items:
        pieces.append(item.head if isinstance(item, Statement) else item.text)
        if "\n" in pieces[-1]:
            break
    for piece in pieces:
        found = _LINE_END.search(piece)
        if found:
            return found.group()
    return "\n"


def _last_piece(statement: Statement) -> str:
    """Return the text that the statement ends with."""
    last: Statement | Trivia = statement
    while isinstance(last, Statement) and last.items and not last.tail:
        last = last.items[-1]
    return (last.tail or last.head) if isinstance(last, Statement) else last.text


def _rest(statement: Statement) -> str:
    """Return the blanks, the comment and the line end behind the last word or brace of the statement."""
    if statement.has_block:
        tail = statement.tail
        start = lexer.skip_white(tail, 0, len(tail))
        condition = lexer.condition(tail, start, len(tail))
        if condition:
            start = lexer.skip_blank(tail, condition.end(), len(tail))
        return tail[start + 1:]
    head = statement.head
    start = head.rstrip("\r\n").rfind("\n") + 1
    code = lexer.code_end(head, start)
    return head[len(head[:code].rstrip(lexer.WHITE)):]


def _swallows(core: str, following: str) -> bool:
    """Say whether ``following`` in the same line behind ``core`` would be taken for a part of it."""
    last = parse(f"{core} {following}").items[-1]
    return not isinstance(last, Statement) or last.keyword != following


def _insert(
    items: list[Statement | Trivia], index: int, before: str, new_text: str, newline: str
) -> list[Statement]:
    core = new_text.rstrip(lexer.WHITE).lstrip("\r\n")
    if not core:
        raise ValueError("new text is empty; there is nothing to insert")
    glue = newline if before and not before.endswith("\n") else ""
    new_items = parse(core + newline).items
    items[index:index] = ([Trivia(glue)] if glue else []) + new_items
    return [item for item in new_items if isinstance(item, Statement)]
