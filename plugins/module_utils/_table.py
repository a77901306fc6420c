# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain tables for the terminal.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import textwrap
import unicodedata
from typing import List

GAP = "  "


def cells(text):
    """Return how many columns of a terminal a text takes: two for wide characters (UAX #11), none for marks."""
    return sum(0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
               for character in text)


def visible(text):
    """Return a text in which what no terminal and no XML should get, such as ESC, is written as C(\\x1b)."""
    return "".join(character if character.isprintable() or character in "\t\n" else
                   character.encode("unicode_escape").decode("ascii") for character in text)


def folded(text, width):
    """Return the lines of a text, folded at spaces to I(width) columns; a longer word stays whole."""
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]


def lines(header, rows, right=None, width=None):
    """Return the lines of a table.

    :param header: the titles of the columns.
    :param rows: one list of texts per row.
    :param right: the numbers of the columns that are right-aligned, from 0; all but the first when not given.
    :param width: the columns of the screen. The last column is folded to fit, never cut; the others are not folded.
    """
    everything = [[visible(cell) for cell in row] for row in [header, *rows]]
    widths = [max(cells(row[column]) for row in everything) for column in range(len(header))]
    aligned = set(range(1, len(header)) if right is None else right)
    before = sum(widths[:-1]) + len(GAP) * (len(widths) - 1)
    if width is not None and before + widths[-1] > width:
        widths[-1] = max(width - before, cells(header[-1]))
    body: List[str] = []
    for row in everything:
        last = folded(row[-1], widths[-1]) if width is not None else [row[-1]]
        body.extend(_line(each, widths, aligned)
                    for each in [[*row[:-1], last[0]], *([*[""] * (len(row) - 1), more] for more in last[1:])])
    widths[-1] = max(cells(line) for line in body) - before
    return [body[0], "-" * (before + widths[-1]), *body[1:]]


def _line(row, widths, aligned):
    padded = []
    for column, (cell, width) in enumerate(zip(row, widths)):
        space = " " * (width - cells(cell))
        padded.append(space + cell if column in aligned else cell + space)
    return GAP.join(padded).rstrip()
