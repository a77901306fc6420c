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
    checks,
    garp_group,
    global_defs,
    real_server,
    root,
    ssl,
    track_file,
    track_group,
    virtual_server,
    virtual_server_group,
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
    ssl.SECTION,
    virtual_server_group.SECTION,
    virtual_server.SECTION,
    real_server.SECTION,
    *checks.SECTIONS,
)


class Table:
    """The rows of all sections, arranged for every question that is asked about them."""

    def __init__(self, every: Sequence[Section]) -> None:
        self.rows: Dict[str, Dict[str, Row]] = {
            part.path: {row.keyword: replace(row, section=part.path, rank=rank) for rank, row in enumerate(part.rows)}
            for part in every
        }
        # by every name a keyword is read by, aliases included
        self.names: Dict[str, Dict[str, Row]] = {
            path: {
                name: row
                for row in found.values()
                for name in (row.keyword, row.spelled, *(alias.keyword for alias in row.aliases))
            }
            for path, found in self.rows.items()
        }
        # by the words of the file: without the names of options that it spells in another way
        self.words: Dict[str, Dict[str, Row]] = {
            path: {word: row for word, row in found.items() if not row.written or word != row.keyword}
            for path, found in self.names.items()
        }
        self.placed: Dict[Tuple[str, str], List[Row]] = {}
        self.required: Dict[str, List[Row]] = {}
        self.body: Dict[str, Row] = {}
        self.spread: Dict[str, Row] = {}
        for path, found in self.rows.items():
            self.required[path] = [row for row in found.values() if row.required]
            for row in found.values():
                self.placed.setdefault((path, row.place), []).append(row)
                if row.place == BODY:
                    self.body[path] = row
                if row.spread:
                    self.spread[path] = row


_TABLE = Table(_ALL)

# The keywords of the top level in the order they are written, definitions before their use.
SECTIONS: Tuple[str, ...] = tuple(_TABLE.rows[""])


def rows(section: str = "") -> Dict[str, Row]:
    """The rows of a section by keyword, in the order they are written; "" is the top level.

    Raises KeyError when there is no such section.
    """
    return _TABLE.rows[section]


def sections() -> Tuple[str, ...]:
    """The paths of all sections, the top level first."""
    return tuple(_TABLE.rows)


def find(word: str, section: str = "") -> Optional[Row]:
    """The row of a key of data: a keyword or one of its aliases, or None."""
    return _TABLE.names[section].get(word)


def find_word(word: str, section: str = "") -> Optional[Row]:
    """The row of a word of the file: a keyword as it is spelled there or one of its aliases, or None."""
    return _TABLE.words[section].get(word)


def keys(section: str) -> Dict[str, Row]:
    """The rows of a section by every key of data: keywords and their aliases."""
    return _TABLE.names[section]


def words(section: str) -> Dict[str, Row]:
    """The rows of a section by every word of the file: keywords as they are spelled there, and their aliases."""
    return _TABLE.words[section]


def find_block(path: str) -> Row:
    """The row of the block that a section belongs to. Raises KeyError when there is none."""
    section, _slash, keyword = path.rpartition("/")
    return _TABLE.rows[section][keyword]


def placed(section: str, place: str) -> List[Row]:
    """The rows of a section that stand at one place: KEYWORD, HEAD or BODY."""
    return _TABLE.placed.get((section, place), [])


def required(section: str) -> List[Row]:
    """The rows of a section that must not be missing."""
    return _TABLE.required[section]


def spread(section: str) -> Optional[Row]:
    """The row of a section that some versions get as blocks beside it, or None."""
    return _TABLE.spread.get(section)


def body(section: str) -> Optional[Row]:
    """The row of the lines of a block without keywords, or None."""
    return _TABLE.body.get(section)


def nearest(word: str, section: str = "") -> Optional[str]:
    """The keyword of a section that was most likely meant, or None."""
    for row in rows(section).values():
        if word.lower() in row.former + row.ended:
            return row.keyword
    names = _TABLE.names[section]
    found = nearest_word(word, names)
    if not found:
        return None
    return found if found == names[found].spelled else names[found].keyword


def homes(word: str) -> List[str]:
    """The paths of the sections that know a keyword."""
    return [path for path, names in _TABLE.names.items() if word in names and names[word].place != HEAD]
