# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Words of nginx's configuration, as its lexer takes them (ngx_conf_read_token of src/core/ngx_conf_file.c).

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import Iterator, List, NamedTuple

# What ends a word. Other white space, such as a no-break space, is part of it.
BLANK = " \t\r\n"
_PLAIN = re.compile(r"[^\s;{}\"'\\#]+\Z")
_QUOTES = "\"'"
_ESCAPED = re.compile(r"\\([\"'\\trn])")
_CONTROL = {"t": "\t", "r": "\r", "n": "\n"}


class LexError(ValueError):
    """A text that nginx's lexer would not take as it is meant; its argument is the reason, such as C(is empty)."""


class Token(NamedTuple):
    """A word as it is written and as nginx reads it, or a comment or one of ``;``, ``{`` and ``}``, without a value."""

    raw: str
    value: str = ""

    @property
    def is_mark(self) -> bool:
        """Whether it ends a directive, or begins or ends a block."""
        return not self.value and self.raw in (";", "{", "}")

    @property
    def is_comment(self) -> bool:
        """Whether nginx skips it."""
        return not self.value and self.raw.startswith("#")


def quote(word: str) -> str:
    """Return one word as it must be written; variables in it stay variables."""
    if _PLAIN.match(word):
        return word
    mark = "'" if '"' in word and "'" not in word else '"'
    return mark + word.replace("\\", "\\\\").replace(mark, "\\" + mark) + mark


def _decoded(raw: str) -> str:
    return _ESCAPED.sub(lambda found: _CONTROL.get(found.group(1), found.group(1)), raw)


def _quoted(text: str, start: int) -> int:
    """Return the place behind the quote that closes the one at I(start)."""
    place = start + 1
    while place < len(text) and text[place] != text[start]:
        place += 2 if text[place] == "\\" else 1
    if place >= len(text):
        raise LexError("has a quote without its end")
    return place + 1


def _plain(text: str, start: int, verbatim: bool) -> int:
    """Return the place behind an unquoted word."""
    place, variable = start, False
    while place < len(text):
        character = text[place]
        if character == "{" and variable:
            place += 1
            continue
        if character in BLANK or (not verbatim and character in ";{"):
            break
        variable = character == "$"
        place += 2 if character == "\\" else 1
    return min(place, len(text))


def tokens(text: str, verbatim: bool = False) -> Iterator[Token]:
    """Yield the words of a text, the marks between them, and comments.

    :param verbatim: whether a word without quotes ends at a blank alone and is what is written, as a regular expression
        is meant.
    :raises LexError: a quote is not closed, or something follows a closing quote.
    """
    place = 0
    while place < len(text):
        start, character = place, text[place]
        if character in BLANK:
            place += 1
        elif character == "#" and not verbatim:
            place = (text + "\n").index("\n", place)
            yield Token(text[start:place])
        elif character in ";{}" and not verbatim:
            place += 1
            yield Token(character)
        elif character in _QUOTES:
            place = _quoted(text, place)
            if text[place:place + 1] not in ("", *(BLANK if verbatim else BLANK + ";{)")):
                raise LexError('has "%s" right behind a closing quote' % text[place])
            yield Token(text[start:place], _decoded(text[start + 1:place - 1]))
        else:
            place = _plain(text, place, verbatim)
            raw = text[start:place]
            yield Token(raw, raw if verbatim else _decoded(raw))


def words(text: str) -> List[Token]:
    """Return the words of the parameters of one directive.

    :raises LexError: the text is more than that: it is empty, a character would end the directive, open a block or
        begin a comment, or a quote or a backslash would include the text that follows.
    """
    stripped = text.strip(BLANK)
    if not stripped:
        raise LexError("is empty")
    if "\n" in stripped or "\r" in stripped:
        raise LexError("has a line break")
    if re.search(r"(?<!\\)(\\\\)*\\\Z", stripped):
        raise LexError("ends with a backslash, which escapes the end of the directive")
    found = list(tokens(stripped))
    for token in found:
        if token.is_comment:
            raise LexError('has "#", which begins a comment')
        if token.is_mark:
            raise LexError('has "%s" outside of quotes' % token.raw)
    return found


def names(text: str) -> List[str]:
    """Return the words of a text, each as it is meant: a regular expression character by character, and one in quotes
    as nginx reads it.

    :raises LexError: a quote is not closed, or something follows a closing quote.
    """
    return [token.value for token in tokens(text, verbatim=True)]


def unquoted(text: str) -> str:
    """Return what nginx reads of a text that is one word in quotes, and any other text as it is."""
    if text[:1] in ("'", '"') and text[-1] == text[0]:
        try:
            found = names(text)
        except LexError:
            return text
        return found[0] if len(found) == 1 else text
    return text


def lines(text: str) -> List[str]:
    """Return the lines of a text that may be indented; one with line breaks that are part of a word stays as it is."""
    plain = text.strip("\n")
    try:
        whole = "_by_lua" in text or any("\n" in token.raw for token in tokens(plain))
    except LexError:
        whole = True
    return [plain] if whole else plain.split("\n")


def open_end(text: str) -> str:
    """Return why a text would take what follows it for its own, or end the block around it; "" when it does not."""
    if "_by_lua" in text:
        # another language, which has braces and quotes of its own
        return ""
    depth, inside = 0, ""
    try:
        for token in tokens(text):
            if token.is_comment:
                continue
            if token.raw == "}" and token.is_mark and (inside or not depth):
                return 'has "%s" without ";" at its end' % inside if inside else 'has a "}" without its "{"'
            depth += {"{": 1, "}": -1}.get(token.raw, 0) if token.is_mark else 0
            inside = "" if token.is_mark else ("%s %s" % (inside, token.raw)).strip()
    except LexError as error:
        return str(error)
    if inside:
        return 'has "%s" without ";" at its end' % inside
    return 'has a "{" without its "}"' if depth else ""


def read(word: str) -> str:
    """Return what nginx reads of a word that C(kept) has returned."""
    return _decoded(word[1:-1]) if word[:1] in ("'", '"') and len(word) > 1 else word


def kept(word: str, blanks: str = BLANK) -> str:
    """Return a word as canonical data has it: as it is, or in quotes where it would be read as something else."""
    return quote(word) if word[:1] in ("", "'", '"') or any(blank in word for blank in blanks) else word


def fault(text: str) -> str:
    """Return why the text is not the parameters of one directive, or "" when it is."""
    try:
        words(text)
    except LexError as error:
        return str(error)
    return ""
