# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Generated configurations: every row of the table with any canonical value."""

from __future__ import annotations

import string
from typing import Any

from hypothesis import strategies as st

from ansible_collections.openvip.cluster.plugins.module_utils._conf.quote import quote_script
from ansible_collections.openvip.cluster.plugins.module_utils._schema import table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.layout import sorted_raw
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
    SCRIPT,
    SCRIPT_USER,
    STRING,
    Row,
)
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._schema.samples import good_values

Data = dict[str, Any]

# what a word may hold: no line end, no double quote, and no "$", which may refer to a definition
_CHARACTERS = st.characters(exclude_categories=("Cc", "Cs"), exclude_characters='"$\\')
_NAME = st.text(string.ascii_letters + string.digits + "_-.", min_size=1, max_size=12)


def _is_command(text: str) -> bool:
    try:
        quote_script(text)
    except ValueError:
        return False
    return text == text.strip()


_COMMAND = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="$"), min_size=1, max_size=30
).filter(_is_command)
_RAW = st.sampled_from(
    [
        "unknown_word 1",
        'another "quoted word" here',
        "@lb1 unknown_word 2",
        "$DEFINITION=some words",
        "include other.conf",
        "unknown_block {\n    word 1\n    inner {\n        word 2 # with a comment\n    }\n}",
    ]
)


def words(maximum: int = 20) -> st.SearchStrategy[str]:
    """Any word of at most so many bytes."""
    found = st.text(_CHARACTERS, min_size=1, max_size=maximum)
    return found.filter(lambda word: len(word.encode()) <= maximum)


def items(row: Row) -> st.SearchStrategy[Any]:
    """A value of a row, or one item of it when its value is a list."""
    low, high = row.minimum, row.maximum
    if row.entry is not None and row.type != NAMES:
        good = good_values(row)
        return st.sampled_from(good[0] if row.is_list else [value for value in good if value is not True])
    return {
        INT: lambda: st.integers(*(None if bound is None else int(bound) for bound in (low, high))),
        DECIMAL: lambda: st.integers(int(low * 1000 + 1), int(high * 1000)).map(_thousandths),
        FLAG: lambda: st.just(True),
        BOOL: st.booleans,
        ENUM: lambda: st.sampled_from(row.choices),
        IP: lambda: st.ip_addresses().map(str),
        INTERFACE: lambda: _NAME.filter(lambda name: name not in (".", "..")),
        STRING: lambda: words(int(high or 20)),
        PATH: lambda: words().map("/{}".format),
        NAMES: lambda: _NAME,
        SCRIPT: lambda: _COMMAND,
        SCRIPT_USER: lambda: (
            _COMMAND | st.fixed_dictionaries({"script": _COMMAND, "user": _NAME}, optional={"group": _NAME})
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
def sections(draw: st.DrawFn, path: str = "", name: str = "") -> Data:
    """The canonical data of one section, with a few of its keywords."""
    data: Data = {}
    rows = table.rows(path)
    chosen = draw(st.sets(st.sampled_from(sorted(rows)), max_size=6))
    for row in rows.values():
        if row.place == HEAD:
            data[row.keyword] = name
        elif row.keyword in chosen or row.required:
            value = draw(blocks(row) if row.type == BLOCK else values(row))
            if value not in ({}, []):
                data[row.keyword] = value
    raw = draw(st.lists(_RAW, max_size=2))
    if raw:
        data["raw"] = sorted_raw(raw, path)
    return data


@st.composite
def blocks(draw: st.DrawFn, row: Row) -> Any:
    """The canonical data of a block, or of the list of blocks of that keyword."""
    if not row.repeatable:
        return draw(sections(row.path))
    if not row.heads:
        return draw(st.lists(sections(row.path), max_size=2))
    names = draw(st.lists(words(), max_size=2, unique=True))
    return [draw(sections(row.path, name)) for name in names]
