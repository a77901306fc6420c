# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The users and groups that a configuration names, as the table knows the keywords that take them.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Dict, Iterator, NamedTuple, Optional, Tuple

from . import entries, table
from .row import BLOCK, SCRIPT_USER, Row


class Account(NamedTuple):
    """A user and optionally a group, and the keyword that names them."""

    keyword: str
    user: str
    group: Optional[str]


@lru_cache(maxsize=None)
def _rows(section: str) -> Tuple[Row, ...]:
    """The rows of a section whose values may name a user."""
    return tuple(row for row in table.rows(section).values()
                 if row.type == SCRIPT_USER or row.entry in (entries.USER, entries.PATH_USER))


def accounts(section: str, block: Dict[str, Any]) -> Iterator[Account]:
    """Iterate over the users that one block names. A name that a definition stands for is passed over."""
    for row in _rows(section):
        value = block.get(row.keyword)
        if isinstance(value, dict):
            words = [str(value[key]) for key in ("user", "group") if value.get(key)]
        elif row.type == SCRIPT_USER or not isinstance(value, str):
            continue
        else:
            words = value.split()[1 if row.entry is entries.PATH_USER else 0:]
        if words and not any("$" in word for word in words):
            yield Account(row.keyword, words[0], words[1] if len(words) > 1 else None)


def all_accounts(data: Any, section: str = "") -> Iterator[Account]:
    """Iterate over the users that the data of a section names, in the order of the table; what is no block is none."""
    if not isinstance(data, dict):
        return
    yield from accounts(section, data)
    for row in table.rows(section).values():
        value = data.get(row.keyword) if row.type == BLOCK else None
        for block in value if isinstance(value, list) else [value]:
            yield from all_accounts(block, row.path)
