# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Words of nginx's configuration, as its lexer takes them (ngx_conf_read_token of src/core/ngx_conf_file.c).

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re

_PLAIN = re.compile(r"[^\s;{}\"'\\#]+\Z")
_QUOTES = "\"'"
_ESCAPED = re.compile(r"\\.")


def quote(word: str) -> str:
    """Return one word as it must be written; variables in it stay variables."""
    if _PLAIN.match(word):
        return word
    mark = "'" if '"' in word and "'" not in word else '"'
    return mark + word.replace("\\", "\\\\").replace(mark, "\\" + mark) + mark


def fault(text: str) -> str:
    """Return why the text is not the parameters of one directive, or "" when it is.

    Faults are a character that would end the directive or open a block, a comment, and a quote or a backslash that
    would include the text that follows.
    """
    if not text.strip():
        return "is empty"
    if "\n" in text or "\r" in text:
        return "has a line break"
    plain = _ESCAPED.sub("_", text.strip())
    if "\\" in plain:
        return "ends with a backslash, which escapes the end of the directive"
    inside, start, before = "", True, ""
    for character in plain:
        if inside:
            inside = "" if character == inside else inside
        elif character in _QUOTES and start:
            inside = character
        elif character == ";" or (character == "{" and before != "$") or (character == "}" and start):
            return 'has "%s" outside of quotes' % character
        elif character == "#" and start:
            return 'has "#", which begins a comment'
        start = not inside and character.isspace()
        before = character
    return "has a quote without its end" if inside else ""
