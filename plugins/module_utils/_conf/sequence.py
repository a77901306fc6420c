# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""``~SEQ(...)`` and ``~LST(...)``: the line that is repeated, and what is defined each time.

Source: ``add_seq`` and ``add_lst`` of keepalived 2.2.7, lib/parser.c:1319-1587.
"""

from __future__ import annotations

import re
from typing import Callable, Iterator, Tuple

Repeated = Tuple[Iterator["dict[str, str]"], str]

_SEQUENCE = re.compile(r"~SEQ(x?)[ \t]*\([ \t]*([^ \t,)]+)[ \t]*[^)][ \t]*([^)]*\))")
# strtol with base 0
_NUMBER = re.compile(r"[ \t\n\v\f\r]*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)")
_NAMES = re.compile(r"~LST[ \t]*\([ \t]*(?:\{[ \t]*([^}]*)\}[ \t]*|([^ \t,}]*)[ \t]*),[ \t]*")
_WORD = re.compile(r"[^ \t,})]*")
_BLANKS = re.compile(r"[ \t]*")
# seq_buf: three numbers
_LONGEST_NUMBERS = 63


class SequenceError(ValueError):
    """The daemon finds no sequence here and drops the line."""


def numbers(text: str, replaced: Callable[[str], str | None]) -> Repeated:
    """Return the values and the line of a ``~SEQ``. Raises SequenceError, and what ``replaced`` raises."""
    found = _SEQUENCE.match(text)
    if not found or len(found.group(3)) > _LONGEST_NUMBERS:
        raise SequenceError(text)
    given = found.group(3)
    given = replaced(given) or given
    values, end = [], ""
    at = 0
    while end != ")":
        value, at = _number(given, at)
        values.append(value)
        end = given[at:at + 1]
        at += 1
        if end not in (",", ")") or len(values) > 3:
            raise SequenceError(text)
    if len(values) == 1:
        last = values[0]
        start, step = (-1 if last < 0 else 1), (-1 if last < 1 else 1)
    elif len(values) == 2:
        start, last = values
        step = 1 if start <= last else -1
    elif len(values) == 3:
        start, step, last = values
        if not step or (start < last and step < 0) or (start > last and step > 0):
            raise SequenceError(text)
    if found.group(1) and (start < 0 or last < 0):
        raise SequenceError(text)
    return _counted(found.group(2), start, step, last, "%x" if found.group(1) else "%d"), \
        text[found.end():].lstrip(" \t")


def _number(text: str, at: int) -> tuple[int, int]:
    """Return the number at a place, 0 where there is none, and the place behind it and its blanks."""
    found = _NUMBER.match(text, at)
    value = 0
    if found:
        digits = found.group(2)
        value = int(digits, 16 if digits[:2] in ("0x", "0X") else 8 if digits[0] == "0" else 10)
        value = -value if found.group(1) == "-" else value
        at = found.end()
    blanks = _BLANKS.match(text, at)
    return value, blanks.end() if blanks else at


def _counted(name: str, start: int, step: int, last: int, form: str) -> Iterator[dict[str, str]]:
    value = start
    while True:
        yield {name: form % value}
        value += step
        if (step > 0 and value > last) or (step < 0 and value < last):
            return


def lists(text: str) -> Repeated:
    """Return the values and the line of a ``~LST``. Raises SequenceError."""
    found = _NAMES.match(text)
    if not found:
        raise SequenceError(text)
    names = [name.strip(" \t") for name in (found.group(1) or found.group(2) or "").split(",")]
    if any(" " in name or "\t" in name for name in names):
        raise SequenceError(text)
    at = found.end()
    sets = []
    while True:
        values, at = _value_set(text, at, len(names))
        sets.append(dict(zip(names, values)))
        if text[at:at + 1] == ")":
            break
        if text[at:at + 1] != ",":
            raise SequenceError(text)
        at = _skip(text, at + 1)
    return iter(sets), text[at + 1:].lstrip(" \t")


def _value_set(text: str, at: int, count: int) -> tuple[list[str], int]:
    """Return one value for each of so many names, and the place behind them."""
    end = ","
    if text[at:at + 1] == "{":
        end = "}"
        at = _skip(text, at + 1)
    values: list[str] = []
    while True:
        word = _WORD.match(text, at)
        values.append(word.group() if word else "")
        at = _skip(text, word.end() if word else at)
        sign = text[at:at + 1]
        if sign == end or (sign == ")" and end == ","):
            break
        if sign != "," or len(values) >= count:
            raise SequenceError(text)
        at = _skip(text, at + 1)
    if end == "}":
        at = _skip(text, at + 1)
    return values + [""] * (count - len(values)), at


def _skip(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at
