# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The keyword table: the only place that knows keepalived's words.

A new block is one data file in sections/ and one line here.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, List, Optional, Sequence, Tuple

from .row import BODY, HEAD, Row, Section
from .sections import (
    bfd_instance,
    garp_group,
    global_defs,
    root,
    track_file,
    track_group,
    vrrp_instance,
    vrrp_script,
    vrrp_sync_group,
    vrrp_track_process,
)
from .words import nearest as nearest_word

_ALL: Tuple[Section, ...] = (
    root.SECTION,
    global_defs.SECTION,
    garp_group.SECTION,
    track_group.SECTION,
    vrrp_script.SECTION,
    track_file.SECTION,
    vrrp_track_process.SECTION,
    bfd_instance.SECTION,
    vrrp_sync_group.SECTION,
    vrrp_instance.SECTION,
    vrrp_instance.AUTHENTICATION,
    vrrp_instance.AUTH_HMAC,
)

Rows = Dict[str, Dict[str, Row]]


def _by_keyword(every: Sequence[Section]) -> Rows:
    return {part.path: {row.keyword: replace(row, section=part.path) for row in part.rows} for part in every}


def _by_name(keywords: Rows) -> Rows:
    """Every name a keyword is read by, aliases included."""
    return {
        path: {name: row for row in found.values() for name in (row.keyword, *(alias.keyword for alias in row.aliases))}
        for path, found in keywords.items()
    }


_TABLE = _by_keyword(_ALL)
_NAMES = _by_name(_TABLE)

# The keywords of the top level in the order they are written, definitions before their use.
SECTIONS: Tuple[str, ...] = tuple(_TABLE[""])


def rows(section: str = "") -> Dict[str, Row]:
    """The rows of a section by keyword, in the order they are written; "" is the top level.

    Raises KeyError when there is no such section.
    """
    return _TABLE[section]


def sections() -> Tuple[str, ...]:
    """The paths of all sections, the top level first."""
    return tuple(_TABLE)


def find(word: str, section: str = "") -> Optional[Row]:
    """The row of a keyword or of one of its aliases, or None."""
    return _NAMES[section].get(word)


def find_block(path: str) -> Row:
    """The row of the block that a section belongs to. Raises KeyError when there is none."""
    section, _slash, keyword = path.rpartition("/")
    return _TABLE[section][keyword]


def placed(section: str, place: str) -> List[Row]:
    """The rows of a section that stand at one place: KEYWORD, HEAD or BODY."""
    return [row for row in _TABLE[section].values() if row.place == place]


def body(section: str) -> Optional[Row]:
    """The row of the lines of a block without keywords, or None."""
    found = placed(section, BODY)
    return found[0] if found else None


def nearest(word: str, section: str = "") -> Optional[str]:
    """The keyword of a section that was most likely meant, or None."""
    for row in _TABLE[section].values():
        if word.lower() in row.former:
            return row.keyword
    found = nearest_word(word, _NAMES[section])
    return _NAMES[section][found].keyword if found else None


def homes(word: str) -> List[str]:
    """The paths of the sections that know a keyword."""
    return [path for path, names in _NAMES.items() if word in names and names[word].place != HEAD]
