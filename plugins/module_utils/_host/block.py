# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Our lines in files of other owners, between two markers. No other byte changes.

Texts are bytes decoded as latin-1, one character per byte. Every function here is pure.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import re
from typing import List, NamedTuple, Optional, Sequence

BEGIN = "# BEGIN keepalived, managed by Ansible"
END = "# END keepalived, managed by Ansible"
_MARKER = re.compile(rf"^(?P<indent>[ \t]*)(?P<marker>{BEGIN}|{END})[ \t]*\r?(?:\n|\Z)", re.MULTILINE)


class BlockError(Exception):
    """The markers of a file are not pairs of begin and end; the message names the line."""


class Block(NamedTuple):
    """A block with its markers: I(text[start:end]).

    :ivar indent: the blanks before its first marker.
    """

    start: int
    end: int
    indent: str


def blocks(path: str, text: str) -> List[Block]:
    """Return the blocks of a text.

    :param path: for messages.
    :raises BlockError: a marker has no partner.
    """
    found = []
    opened: Optional[re.Match] = None
    for match in _MARKER.finditer(text):
        if (match.group("marker") == BEGIN) is (opened is not None):
            _refuse(path, text, opened or match)
        if opened is None:
            opened = match
        else:
            found.append(Block(opened.start(), match.end(), opened.group("indent")))
            opened = None
    if opened is not None:
        _refuse(path, text, opened)
    return found


def _refuse(path: str, text: str, match: re.Match) -> None:
    marker = match.group("marker")
    other = END if marker == BEGIN else BEGIN
    raise BlockError(f'{path}, line {text.count(chr(10), 0, match.start()) + 1}: "{marker}" without its "{other}". '
                     'Remove the line, or add the missing one.')


def rendered(lines: Sequence[str], indent: str = "") -> str:
    """Return a block with its markers; an empty text without lines."""
    return "".join(f"{indent}{line}\n" for line in [BEGIN, *lines, END]) if lines else ""


def edited(text: str, found: Sequence[Block], lines: Sequence[str], kept: Optional[Block] = None,
           place: Optional[int] = None) -> str:
    """Return the text with our lines in the kept block, or without one at a place; all other blocks are removed.

    :param found: all blocks of the text.
    :param kept: the block that gets the lines.
    :param place: where a new block begins, on a line of its own; C(None) for no new block.
    """
    changes = {(each.start, each.end): rendered(lines, each.indent) if each is kept else "" for each in found}
    if kept is None and place is not None and lines:
        before = "" if not place or text[place - 1] == "\n" else "\n"
        rest = text[place:]
        indent = "" if before else rest[:len(rest) - len(rest.lstrip(" \t"))]
        changes[(place, place)] = before + rendered(lines, indent)
    for (start, end), new in sorted(changes.items(), reverse=True):
        text = text[:start] + new + text[end:]
    return text
