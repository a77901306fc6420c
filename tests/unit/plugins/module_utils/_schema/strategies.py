# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Generated configurations: every row of the table with any canonical value."""

from __future__ import annotations

import string
from typing import Any

from hypothesis import strategies as st

from ansible_collections.openvip.cluster.plugins.module_utils._conf.quote import quote_script
from ansible_collections.openvip.cluster.plugins.module_utils._schema import table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.layout import is_key, sorted_raw
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import (
    BLOCK,
    BOOL,
    DECIMAL,
    ENUM,
    FLAG,
    HEAD,
    INT,
    INTERFACE,
    IP,
    NAMES,
    PATH,
    REGEX,
    SCRIPT,
    SCRIPT_USER,
    STRING,
    Row,
)
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._schema.samples import good_values

Data = dict[str, Any]

# what a word may hold: no line end, no double quote, and no "$", which may refer to a definition; it is no lone brace
_CHARACTERS = st.characters(exclude_categories=("Cc", "Cs"), exclude_characters='"$\\')
_EXPRESSION = st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="$")
# also the name of an interface, which cannot be "." or ".."
_NAME = st.text(string.ascii_letters + string.digits + "_-.", min_size=1, max_size=12).filter(
    lambda name: name not in (".", "..")
)


def _is_command(text: str) -> bool:
    try:
        quote_script(text)
    except ValueError:
        return False
    return text == text.strip()


_COMMAND = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="$"), min_size=1, max_size=30
).filter(_is_command)
_USER = st.text(_CHARACTERS, min_size=1, max_size=12).filter(lambda name: name == name.strip(" ") and name not in "{}")
# lines of words; in a block of such lines they are values
_RAW_WORDS = ["unknown_word 1", 'another "quoted word" here']
_RAW = [
    "@lb1 unknown_word 2",
    "$DEFINITION=some words",
    "include other.conf",
    "unknown_block {\n    word 1\n    inner {\n        word 2 # with a comment\n    }\n}",
]


def words(maximum: int = 20) -> st.SearchStrategy[str]:
    """Any word of at most so many bytes."""
    found = st.text(_CHARACTERS, min_size=1, max_size=maximum)
    return found.filter(lambda word: len(word.encode()) <= maximum and word not in ("{", "}"))


def items(row: Row) -> st.SearchStrategy[Any]:
    """A value of a row, or one item of it when its value is a list."""
    low, high = row.minimum, row.maximum
    if row.entry is not None and row.type != NAMES:
        good = good_values(row)
        return st.sampled_from(good[0] if row.is_list else [value for value in good if value is not True])
    return {
        INT: lambda: st.integers(*(None if bound is None else int(bound) for bound in (low, high))),
        DECIMAL: lambda: st.integers(int(low * 1000 + 1), int((high or 10**6) * 1000)).map(_thousandths),
        FLAG: lambda: st.just(True),
        BOOL: st.booleans,
        ENUM: lambda: st.sampled_from(row.choices),
        IP: lambda: st.ip_addresses().map(str),
        INTERFACE: lambda: _NAME,
        STRING: lambda: words(int(high or 20)),
        PATH: lambda: words().map("/{}".format),
        NAMES: lambda: _NAME,
        REGEX: lambda: st.text(_EXPRESSION, min_size=1, max_size=30),
        SCRIPT: lambda: _COMMAND,
        SCRIPT_USER: lambda: (
            _COMMAND | st.fixed_dictionaries({"script": _COMMAND, "user": _USER}, optional={"group": _USER})
        ),
    }[row.type]()


def _thousandths(number: int) -> float:
    return number // 1000 if number % 1000 == 0 else number / 1000


def values(row: Row) -> st.SearchStrategy[Any]:
    """A canonical value of a row that is no block."""
    if row.is_list:
        return st.lists(items(row), min_size=1, max_size=3)
    return items(row) | st.just(True) if row.optional else items(row)


@st.composite
def sections(draw: st.DrawFn, path: str = "") -> Data:
    """The canonical data of one section without its head, with a few of its keywords."""
    data: Data = {}
    rows = table.rows(path)
    chosen = draw(st.sets(st.sampled_from(sorted(rows)), max_size=6))
    for row in rows.values():
        if row.place != HEAD and (row.keyword in chosen or row.required):
            value = draw(blocks(row) if row.type == BLOCK else values(row))
            if value not in ({}, []):
                data[row.keyword] = value
    raw = draw(st.lists(st.sampled_from(_RAW if table.body(path) else _RAW + _RAW_WORDS), max_size=2))
    if raw:
        data["raw"] = sorted_raw(raw, path, data)
    return data


@st.composite
def heads(draw: st.DrawFn, row: Row) -> Data:
    """The values that stand before the brace of a block."""
    form = draw(st.sampled_from(row.heads))
    rows = table.rows(row.path)
    return {part[1:-1]: draw(values(rows[part[1:-1]])) for part in form if is_key(part)}


@st.composite
def blocks(draw: st.DrawFn, row: Row) -> Any:
    """The canonical data of a block, or of the list of blocks of that keyword."""
    least = 1 if row.required else 0
    if not row.repeatable:
        return draw(sections(row.path))
    if not row.heads:
        return draw(st.lists(sections(row.path), min_size=least, max_size=2))
    found = draw(st.lists(heads(row), max_size=2, unique_by=lambda head: tuple(map(str, head.values()))))
    return [{**head, **draw(sections(row.path))} for head in found]
