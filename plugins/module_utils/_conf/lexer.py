# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Characters and lines of keepalived.conf: where comments begin, where words end, what a line begins with.

Source: keepalived lib/parser.c (``decomment``, ``read_line``, ``alloc_strvec_r``) and runs of keepalived 2.2.7.
The grammar is one of lines. Everything here works on one line of the text, given by offsets, and never fails.
"""

from __future__ import annotations

import re
from typing import Iterable, Iterator, Match

# The daemon's separators. No other character separates words: U+00A0 sticks to its neighbours.
WHITE = " \t\f\v\r\n"

# A whole line of ASCII words without quotes, escapes, conditions, definitions, sequences and includes. lastindex tells
# what it is: None = blank or comment, 1 = words, 2 = words and "{", 3 = "}". Anything else goes the careful way.
PLAIN_LINE = re.compile(
    r"[ \t\f\v\r]*"
    r"(?:(?!include|[@$~])([$-\[\]-z|~][\t $-\[\]-z|~]*)(\{)?|(\}))?"
    r"[ \t\f\v\r]*(?:[!#][^\n]*)?(?:\n|\Z)"
)

# From any offset to the comment, the NUL or the end of the line. A backslash protects a quote from being one, also
# inside quotes, but not "#" and "!": the daemon removes that backslash and then finds the comment in a second pass.
_CODE = re.compile(
    r"(?:[^\"\\!#\0\n]+|\\[^!#\0\n]|\"(?:[^\"\\\0\n]+|\\[^\0\n])*(?:\"|\\?))*(?:\\(?![!#]))?"
)

# One word or one brace. Group 1 is set for a quoted word, group 2 when its closing quote is there, group 3 for a brace.
# ${NAME} and ${_RANDOM 1 9} are parts of a word: the daemon expands them before it looks for braces.
_TOKEN = re.compile(
    r"(\"(?:[^\"\\]+|\\.)*(?:(\")|\\?))|([{}])"
    r"|(?:\$\{[A-Za-z_][A-Za-z0-9_]*(?: [ 0-9]*[0-9])?\}|\\[^ \t\f\v\r\n{}]|[^ \t\f\v\r\n\"{}])+",
    re.DOTALL,
)

_WHITE_RUN = re.compile(r"[ \t\f\v\r\n]*")
_BLANK_RUN = re.compile(r"[ \t]*")
_CONDITION = re.compile(r"@(\^?)([^ \t]*)")
_DEFINITION = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*=")
_INCLUDE = re.compile(r"include[rmwba]?[ \t\f\v\r]+(?=[^ \t\f\v\r\n])")
_INCLUDE_WORDS = frozenset("include" + variant for variant in ("", "r", "m", "w", "b", "a"))
_SEQUENCE = re.compile(r"~(?:SEQ|LST)[^()]*\([^)]*(\))?")
_PLAIN_TOKEN = re.compile(r"[^ \t\f\v\r]+")
_ENDING_BACKSLASHES = re.compile(r"\\+\Z")

# Characters that look like a blank, or like nothing, and belong to the word they touch.
MISREAD_SPACE = "[\x85\xa0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u2060\u3000\ufeff]"
_UNICODE_SPACE = re.compile(MISREAD_SPACE)
_LONG_LINE = re.compile(r"^[^\n]{256,}", re.MULTILINE)
_LONE_RETURN = re.compile(r"\r+(?![\r\n]|\Z)")

# MAXBUF of lib/parser.c less the terminating NUL; the newline counts.
MAXIMUM_LINE_BYTES = 1023


def _end(match: Match[str] | None, start: int) -> int:
    return start if match is None else match.end()


def code_end(text: str, start: int = 0, end: int | None = None) -> int:
    """Return the offset where the code of the line at ``start`` ends: its comment, NUL byte, newline or ``end``."""
    return _end(_CODE.match(text, start, len(text) if end is None else end), start)


def skip_white(text: str, start: int, end: int) -> int:
    """Return the offset of the first character that is no separator."""
    return _end(_WHITE_RUN.match(text, start, end), start)


def skip_blank(text: str, start: int, end: int) -> int:
    """Return the offset of the first character that is neither space nor tab."""
    return _end(_BLANK_RUN.match(text, start, end), start)


def condition(text: str, start: int, end: int) -> Match[str] | None:
    """Match ``@id`` or ``@^id`` at ``start``: groups are the negation and the id. None when there is none."""
    return _CONDITION.match(text, start, end)


def definition(text: str, start: int, end: int) -> Match[str] | None:
    """Match ``$NAME=`` at ``start``."""
    return _DEFINITION.match(text, start, end)


def include(text: str, start: int, end: int) -> Match[str] | None:
    """Match an include keyword with the blanks before its path at ``start``."""
    return _INCLUDE.match(text, start, end)


def sequence(text: str, start: int, end: int) -> Match[str] | None:
    """Match ``~SEQ(...)`` or ``~LST(...)`` at ``start``; group 1 is the closing parenthesis or None."""
    return _SEQUENCE.match(text, start, end)


def is_include(word: str) -> bool:
    """Say whether the word is ``include`` or one of its variants."""
    return word in _INCLUDE_WORDS


def tokens(text: str, start: int, end: int) -> Iterator[Match[str]]:
    """Yield a match for each word and brace; see ``is_brace`` and ``is_unterminated``."""
    return _TOKEN.finditer(text, start, end)


def is_brace(token: Match[str]) -> bool:
    """Say whether the token is ``{`` or ``}``."""
    return token.lastindex == 3


def is_quoted(token: Match[str]) -> bool:
    """Say whether the token is a word in double quotes."""
    return token.group(1) is not None


def is_unterminated(token: Match[str]) -> bool:
    """Say whether the token is a word whose closing double quote is missing."""
    return token.group(1) is not None and token.group(2) is None


def word_value(token: Match[str]) -> str:
    """Return what the daemon takes the word for: without its double quotes, a protected quote unprotected."""
    written = token.group()
    if not is_quoted(token):
        return written
    inner = written[1:] if is_unterminated(token) else written[1:-1]
    return inner.replace('\\"', '"') if "\\" in inner else inner


def plain_words(head: str, end: int) -> list[tuple[str, str, int, bool]]:
    """Return (text, value, offset, False) of each word of a head up to ``end``, the end of its PLAIN_LINE's words."""
    return [(match.group(), match.group(), match.start(), False) for match in _PLAIN_TOKEN.finditer(head, 0, end)]


def continues(text: str, start: int, end: int) -> bool:
    """Say whether the line of a definition goes on: it ends with a backslash, before or inside its comment."""
    code = code_end(text, start, end)
    if text[start:code].rstrip(WHITE).endswith("\\"):
        return True
    run = _ENDING_BACKSLASHES.search(text[code:end].rstrip("\r\n"))
    return run is not None and (run.end() - run.start()) % 2 == 1


def has_split_brace(written: str) -> bool:
    """Say whether the daemon finds a brace inside this quoted word: it takes a protected quote for a closing one."""
    return any("{" in part or "}" in part for part in written.split('"')[2::2])


def text_problems(text: str) -> Iterator[tuple[int, str]]:
    """Yield (offset, message) of what no single word shows: long lines, NUL, lone CR, spaces that do not separate."""
    for match in _LONG_LINE.finditer(text):
        if len(match.group().encode("utf-8", "replace")) + text.startswith("\n", match.end()) > MAXIMUM_LINE_BYTES:
            yield match.start(), (
                f"line is longer than {MAXIMUM_LINE_BYTES} bytes and keepalived would read it as two lines; "
                "shorten it or use a $NAME= definition"
            )
    for message, offsets in (
        ("NUL byte: keepalived ignores the rest of the line; delete the byte", _offsets(text, "\0")),
        (
            "carriage return inside a line: keepalived reads on in the same line; end lines with a newline",
            (match.start() for match in _LONE_RETURN.finditer(text)) if "\r" in text else (),
        ),
    ):
        for offset in _first_of_each_line(text, offsets):
            yield offset, message
    if not text.isascii():
        yield from _space_problems(text)


def _offsets(text: str, character: str) -> Iterator[int]:
    offset = text.find(character)
    while offset >= 0:
        yield offset
        offset = text.find(character, offset + 1)


def _first_of_each_line(text: str, offsets: Iterable[int]) -> Iterator[int]:
    line_end = -1
    for offset in offsets:
        if offset >= line_end:
            yield offset
            line_end = text.find("\n", offset)
            if line_end < 0:
                return


def _space_problems(text: str) -> Iterator[tuple[int, str]]:
    start = 1 if text.startswith("\ufeff") else 0
    if start:
        yield 0, "byte order mark: keepalived takes it for a part of the first word; save the file as UTF-8 without it"
    for offset in _first_of_each_line(text, (match.start() for match in _UNICODE_SPACE.finditer(text, start))):
        line_start = max(start, text.rfind("\n", 0, offset) + 1)
        for token in tokens(text, line_start, code_end(text, line_start)):
            found = None if is_quoted(token) else _UNICODE_SPACE.search(token.group())
            if found:
                yield token.start() + found.start(), (
                    f"U+{ord(found.group()):04X} is no space for keepalived, but part of the word; use a plain space"

                )
