# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Boxes with lines of text, in columns, and arrows between them, as SVG.

All text is monospaced, so that how wide a line gets is known without a font. All lengths are in pixels.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Tuple
from xml.sax.saxutils import escape, quoteattr

from ansible_collections.openvip.cluster.plugins.module_utils._table import cells, folded, visible

FONT = 13
# The advance of DejaVu Sans Mono, Menlo and Liberation Mono is 0.602 of the size, that of Consolas is less.
CELL = 8
LINE = 20
PILL_LINE = 28
PADDING = 12
BOX_GAP = 20
COLUMN_GAP = 110
MARGIN = 24
# What a pill leaves of its line above and below it, and what it has beside its text.
PILL_INSET = 3
PILL_PADDING = 10
LEAST_WIDTH = 640
STYLE = """
text { font: %dpx "DejaVu Sans Mono", Menlo, Consolas, "Liberation Mono", monospace; fill: #1f2328; }
.title { font-weight: bold; }
.muted { fill: #59636e; }
.bad { fill: #b3261e; }
.doubtful { fill: #7d4e00; }
.ground { fill: #ffffff; }
.box { fill: #f6f8fa; stroke: #57606a; }
.box.wrong { stroke: #b3261e; stroke-dasharray: 6 4; }
.pill { fill: #ddf4ff; stroke: #0969da; }
.pill.wrong { fill: #ffebe9; stroke: #b3261e; }
.arrow { fill: none; stroke: #57606a; stroke-width: 1.5; }
.arrow.idle { stroke-dasharray: 3 4; }
.head { fill: #57606a; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .muted { fill: #9da7b3; }
  .bad { fill: #ff8b82; }
  .doubtful { fill: #e3b341; }
  .ground { fill: #0d1117; }
  .box { fill: #161b22; stroke: #8b949e; }
  .box.wrong { stroke: #ff8b82; }
  .pill { fill: #0c2d6b; stroke: #58a6ff; }
  .pill.wrong { fill: #5d1a16; stroke: #ff8b82; }
  .arrow { stroke: #8b949e; }
  .head { fill: #8b949e; }
}
""" % FONT


class Line(NamedTuple):
    """A line of a box: its text, its classes (title, muted, doubtful, bad; wrong for a pill), whether it is a pill, and
    the key by which an arrow finds it."""

    text: str
    style: str = ""
    pill: bool = False
    key: Optional[Tuple] = None


class Box(NamedTuple):
    """A box: its lines, whether something is wrong with it, and the key by which an arrow finds it."""

    lines: List[Line]
    wrong: bool = False
    key: Optional[Tuple] = None


class Arrow(NamedTuple):
    """An arrow from the right side of the lines or boxes of one key to the left side of those of another; idle ones are
    dotted."""

    source: Tuple
    target: Tuple
    idle: bool = False


def _width(box):
    return max(_line_width(line) for line in box.lines) + 2 * PADDING


def _line_width(line):
    return cells(visible(line.text)) * CELL + (2 * PILL_PADDING if line.pill else 0)


def _height(box):
    return sum(map(_line_height, box.lines)) + 2 * PADDING


def _line_height(line):
    return PILL_LINE if line.pill else LINE


def _column_height(boxes):
    return sum(_height(box) for box in boxes) + BOX_GAP * (len(boxes) - 1)


def draw(title, description, columns, arrows, footer):
    """Return the text of a picture.

    :param title: its title, which is written at its top, too.
    :param description: the same in words, for those who do not see it.
    :param columns: lists of C(Box), from the left to the right, each from the top down; empty ones are left out.
    :param arrows: list of C(Arrow).
    :param footer: lists of C(Line), one below the other; they are folded to the width of the picture.
    """
    columns = [column for column in columns if column]
    widths = [max(_width(box) for box in column) for column in columns]
    inner = max([sum(widths) + COLUMN_GAP * (len(widths) - 1), cells(title) * CELL, LEAST_WIDTH - 2 * MARGIN])
    tallest = max([_column_height(column) for column in columns] or [0])
    top = MARGIN + 2 * LINE
    parts: List[str] = []
    left: Dict[Tuple, List[Any]] = {}
    right: Dict[Tuple, List[Any]] = {}
    x = MARGIN
    for column, width in zip(columns, widths):
        y = top + (tallest - _column_height(column)) // 2
        for box in column:
            parts.append(_draw_box(box, x, y, width, left, right))
            y += _height(box) + BOX_GAP
        x += width + COLUMN_GAP
    lines = [Line(part, line.style) for line in footer for part in folded(line.text, inner // CELL)]
    inner = max([inner, *(cells(line.text) * CELL for line in lines)])
    bottom = top + tallest + LINE
    words = [_text(line, MARGIN, bottom + LINE * (number + 1)) for number, line in enumerate(lines)]
    width, height = inner + 2 * MARGIN, bottom + LINE * len(lines) + MARGIN
    drawn = [_draw_arrow(start, end, arrow.idle) for arrow in arrows
             for start in right.get(arrow.source, []) for end in left.get(arrow.target, [])]
    return "\n".join([
        '<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" '
        'aria-labelledby="title description">' % (width, height, width, height),
        '<title id="title">%s</title>' % escape(visible(title)),
        '<desc id="description">%s</desc>' % escape(visible(description)),
        "<style>%s</style>" % escape(STYLE),
        '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path class="head" d="M0 0 8 4 0 8z"/></marker></defs>',
        '<rect class="ground" width="%d" height="%d"/>' % (width, height),
        _text(Line(title, "title"), MARGIN, MARGIN + FONT), *parts, *drawn, *words, "</svg>", ""])


def _text(line, x, baseline):
    style = " class=%s" % quoteattr(line.style) if line.style else ""
    return '<text%s x="%d" y="%d">%s</text>' % (style, x, baseline, escape(visible(line.text)))


def _draw_box(box, x, y, width, left, right):
    """Return a box, and note in I(left) and I(right) where the arrows to and from its keys end and begin."""
    height = _height(box)
    _note(box.key, x, x + width, y + height // 2, left, right)
    parts = ['<g><rect class="box%s" x="%d" y="%d" width="%d" height="%d" rx="6"/>' % (
        " wrong" if box.wrong else "", x, y, width, height)]
    upper = y + PADDING
    for line in box.lines:
        baseline = upper + (_line_height(line) + FONT) // 2 - 2
        if line.pill:
            wide = _line_width(line)
            parts.append('<g><rect class="pill%s" x="%d" y="%d" width="%d" height="%d" rx="9"/>%s</g>' % (
                " wrong" if "wrong" in line.style else "", x + PADDING, upper + PILL_INSET, wide,
                PILL_LINE - 2 * PILL_INSET,
                _text(Line(line.text), x + PADDING + PILL_PADDING, baseline)))
            if line.key is not None:
                # From the pill, straight to the edge of the box, where no text is.
                right.setdefault(line.key, []).append((x + PADDING + wide, x + width, upper + PILL_LINE // 2))
        else:
            parts.append(_text(line, x + PADDING, baseline))
            _note(line.key, x, x + width, upper + LINE // 2, left, right)
        upper += _line_height(line)
    return "".join([*parts, "</g>"])


def _note(key, start, end, y, left, right):
    if key is not None:
        left.setdefault(key, []).append((start, y))
        right.setdefault(key, []).append((end, end, y))


def _draw_arrow(start, end, idle):
    """Return an arrow from (x, x of the edge of the box, y) to (x, y)."""
    x, edge, y = start
    middle = (edge + end[0]) // 2
    return '<path class="arrow%s" marker-end="url(#head)" d="M%d %dH%dC%d %d %d %d %d %d"/>' % (
        " idle" if idle else "", x, y, edge, middle, y, middle, end[1], *end)
