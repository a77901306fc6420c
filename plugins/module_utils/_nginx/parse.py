# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Read text in nginx's own words, as its lexer does (ngx_conf_read_token of src/core/ngx_conf_file.c).

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import Iterator, List, NamedTuple, Optional, Tuple

# Quotes and comments begin where a word does, and "}" within a word is part of it.
_TOKEN = re.compile(
    r"""\s+|(?P<comment>\#[^\n]*)|(?P<quoted>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?P<mark>[;{}])"""
    r"""|(?P<word>(?![\"'])(?:\\.|\$\{|[^\s;{\\])+)""", re.DOTALL)
_ESCAPED = re.compile(r"\\([\"'\\trn])")
_CONTROLS = {"t": "\t", "r": "\r", "n": "\n"}
# Blocks of another language (lua-nginx-module)
_OF_LUA = "_by_lua_block"
_LUA = re.compile(r"""[{}]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|--\[\[.*?\]\]|--[^\n]*|\[\[.*?\]\]""", re.DOTALL)

ENDS = (";", "{", "}")


class SyntaxFaultError(ValueError):
    """A text that nginx refuses; its argument is a part of a sentence about the text."""


class Statement(NamedTuple):
    """One directive: its name and arguments without quotes, and for a block what stands in it."""

    words: Tuple[str, ...]
    block: Optional[List[Statement]]


def statements(text: str) -> Iterator[Tuple[List[str], str]]:
    """Yield the words of each directive, and what ends it: C(;), C({) for the beginning of a block, C(}) without words
    for its end. Anything else that ends the words is what nginx complains of, after which the rest is read as well as
    possible.
    """
    words: List[str] = []
    place = 0
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None:
            yield words, "has a quote or a backslash without its end"
            words, place = [], place + 1
            continue
        place = token.end()
        if token["mark"]:
            end = token["mark"]
            if end == "}" and words:
                yield words, f'has "}}" where "{words[0]}" is not ended by ";"'
                yield [], end
            elif not words and end != "}":
                yield [], f'has "{end}" without a directive'
            else:
                yield words, end
            if end == "{" and words and words[0].endswith(_OF_LUA):
                place = _behind(text, place)
                yield [], "}"
            words = []
        elif token["quoted"] or token["word"]:
            words.append(_plain(token[0][1:-1] if token["quoted"] else token[0]))
            if token["quoted"] and not re.match(r"[\s;{)]|\Z", text[place:place + 1]):
                yield words, f'has "{text[place:place + 1]}" directly behind a quote'
                words = []
    if words:
        yield words, f'ends without ";" behind "{words[0]}"'


def _plain(word: str) -> str:
    return _ESCAPED.sub(lambda found: _CONTROLS.get(found[1], found[1]), word)


def _behind(text: str, place: int) -> int:
    """Return where a block of Lua ends, whose braces are in pairs outside of texts and comments."""
    depth = 1
    for found in _LUA.finditer(text, place):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if depth == 0:
            return found.end()
    return len(text)


def parse(text: str) -> List[Statement]:
    """Return the directives of a text.

    :raises SyntaxFaultError: nginx would refuse the text.
    """
    level: List[Statement] = []
    above: List[List[Statement]] = []
    for words, end in statements(text):
        if end == ";":
            level.append(Statement(tuple(words), None))
        elif end == "{":
            inner: List[Statement] = []
            level.append(Statement(tuple(words), inner))
            above.append(level)
            level = inner
        elif end != "}":
            raise SyntaxFaultError(end)
        elif above:
            level = above.pop()
        else:
            raise SyntaxFaultError('has "}" without a block')
    if above:
        raise SyntaxFaultError(f'does not close the block of "{" ".join(above[-1][-1].words)}"')
    return level
