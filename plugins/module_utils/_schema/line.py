# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Lines as keepalived splits them: from text to words, and the other way.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import Iterator, List, Sequence

from ansible_collections.openvip.cluster.plugins.module_utils._conf.lexer import WHITE
from ansible_collections.openvip.cluster.plugins.module_utils._conf.quote import script_words
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import Statement, Word, parse

from .finding import BadValueError

__all__ = [
    "INDENT", "WHITE", "arguments", "first_word", "has_reference", "is_literal", "literal", "may_refer",
    "script_and_account", "split", "words", "written",
]

INDENT = "    "

# The daemon reads 1023 bytes at once, the newline among them (MAXBUF of lib/parser.h); the rest is a new line to it.
LONGEST_LINE = 1022

_REFERENCE = re.compile(r"\$(\{|[A-Za-z_][A-Za-z0-9_]*([\s,)]|\Z))")
_WHITE = re.compile(r"[ \t\f\v]+")
# A user or group by name (useradd(8)) or number.
_ACCOUNT = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\$?\Z|[0-9]+\Z")
_FIRST_WORD = re.compile(r"(?:@[^ \t]+[ \t]+)?\"?([^ \t\f\v\r\n\"{}]+)")


class _Mode:
    """Whether a ``$`` is a character as any other."""

    is_literal = False


@contextmanager
def literal() -> Iterator[None]:
    """Within it no word has a reference: for the lines in force, where those that the daemon replaces are replaced."""
    before, _Mode.is_literal = _Mode.is_literal, True
    try:
        yield
    finally:
        _Mode.is_literal = before


def is_literal() -> bool:
    """Whether no word has a reference; what is remembered of words depends on it."""
    return _Mode.is_literal


def has_reference(word: str) -> bool:
    """Whether the daemon may replace a part of the word by the value of a definition (``$NAME``, ``${NAME}``)."""
    return not _Mode.is_literal and may_refer(word)


def may_refer(word: str) -> bool:
    """Whether a part of the word looks like a reference, whatever is defined."""
    return "$" in word and _REFERENCE.search(word) is not None


def first_word(text: str) -> str:
    """The first word of a line, without the condition (``@id``) before it."""
    found = _FIRST_WORD.match(text)
    return found.group(1) if found else ""


def split(text: str) -> List[Word]:
    """The words of one line. Raises BadValueError when it is not exactly one line of plain words."""
    if any(character in text for character in "\n\r\0"):
        raise BadValueError("must be one line.", "Write one entry per line.")
    document = parse(text)
    if document.problems:
        raise BadValueError("cannot be written: %s." % document.problems[0].message)
    statements = list(document.statements())
    if not statements:
        raise BadValueError("is empty.", "Remove it.")
    statement = statements[0]
    if len(statements) > 1 or statement.has_block:
        raise BadValueError("has a brace.", "Put the word with it in double quotes.")
    if statement.kind != "statement" or statement.condition is not None:
        raise BadValueError(
            'must be plain words, got "%s".' % text.strip(), "Write it below raw, where anything is allowed."
        )
    if _squeezed(text) != _squeezed("".join(word.text for word in statement.words)):
        raise BadValueError("has a comment.", "Put a word with # or ! in double quotes.")
    return statement.words


def script_and_account(text: str) -> List[str]:
    """Command, user and group of a text that names them as the file does, none for a command line alone.

    That is a command in double quotes, alone or with user and group behind it, and any command with root behind it.
    Other words behind a command without quotes are rather its arguments, as in ``notify.sh master``.
    """
    try:
        parts = script_words(text)
    except ValueError:
        return []
    names = [word for _written, word in parts[1:]]
    quoted = bool(parts) and parts[0][0].startswith('"')
    if len(names) > 2 or not (quoted or names[:1] == ["root"]) or not all(_ACCOUNT.match(name) for name in names):
        return []
    return [parts[0][1], *names]


def written(words: Sequence[str], level: int = 0) -> str:
    """The line of these written words. Raises BadValueError when the daemon would not read it as one line."""
    text = INDENT * level + " ".join(words)
    # no character has more than four bytes
    length = len(text.encode("utf-8", "surrogateescape")) if len(text) * 4 > LONGEST_LINE else 0
    if length > LONGEST_LINE:
        remedy = "Shorten it, or move the command into a script." if words else ""
        raise BadValueError("makes a line of %d bytes, keepalived reads %d at most." % (length, LONGEST_LINE), remedy)
    return text


def words(statement: Statement) -> List[Word]:
    """The words of a statement; without quotes among them, which is much faster, their columns are not known."""
    if '"' in statement.head:
        return list(statement.words)
    return [Word(word, word, statement.line, 0, False) for word in (statement.keyword, *statement.values)]


def arguments(statement: Statement) -> str:
    """What stands after the keyword, as written; for values with a grammar of their own."""
    text: str = statement.arguments
    return text


def _squeezed(text: str) -> str:
    return _WHITE.sub("", text)
