# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The form of the keyword table: one row per keyword, one section per block.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Optional, Tuple

from .dated import OLDEST, Dated, Version, newest, version_text
from .grammar import Grammar, dates

__all__ = ["OLDEST", "Version", "version_text"]

# Types of values. What each of them takes and how it is written: values.py.
INT = "int"  # whole number
DECIMAL = "decimal"  # number with up to six decimals
FLAG = "flag"  # present or not; keepalived knows no way to write "off"
BOOL = "bool"  # on or off
ENUM = "enum"  # one of the choices
IP = "ip"  # IPv4 or IPv6 address without prefix
INTERFACE = "interface"  # name of a network interface
STRING = "string"  # one word
PATH = "path"  # absolute file name
SCRIPT = "script"  # command line
SCRIPT_USER = "script_user"  # command line, optionally with user and group
REGEX = "regex"  # regular expression
WORDS = "words"  # several words in the row's own grammar
NAMES = "names"  # block with a list of words
LINES = "lines"  # block with a list of lines in the row's own grammar
BLOCK = "block"  # block with keywords of its own: the section of that path

# Where a row stands in its block.
KEYWORD = "keyword"  # a line of its own
HEAD = "head"  # between the block's keyword and its brace, such as a name
BODY = "body"  # the lines between the braces, without a keyword


class Spread(NamedTuple):
    """What to write instead of a block within a block that some versions cannot read: a block beside the outer one.

    ``first`` and ``last`` are those versions. The outer block itself is then left out unless it has one of ``own``.
    """

    first: Version
    last: Version
    own: Tuple[str, ...]


class Alias(NamedTuple):
    """An older or another name of a keyword, and the version from which keepalived knew it."""

    keyword: str
    since: Optional[Version] = None


@dataclass(frozen=True, eq=False)
class Row:
    """One keyword. Rows are compared by identity, which makes them cheap keys of what is remembered of them.

    ``written`` is how the file spells a keyword that cannot be the name of an option.
    ``section`` and ``rank``, its place there, are set by the table.
    ``minimum`` and ``maximum`` bound numbers and, for STRING, the length in bytes. ``default`` is what the
    daemon does without the keyword, as text. ``since`` and ``until`` are the first and the last version that
    know it (None: all from OLDEST on); ``aliases`` are other names it is read by, and written by when the version
    knows only those.
    ``optional``: the keyword may stand without its value, in the data ``true``.
    ``repeatable``: a list in the data, one line or block per item.
    ``first_wins``: of several lines the daemon takes the first instead of the last.
    ``joins``: of several lines the daemon takes the words of all.
    ``any_case``: the choices, which are in capitals, may be written in small letters too.
    ``former``: words that are no keywords and often meant this one.
    ``ended``: names that only versions before OLDEST knew. The others ignore such a line.
    ``dated``: values that not all versions know, those of the grammar excepted; for BLOCK, asked about its data.
    ``decimals``: for DECIMAL, how many digits behind the point the daemon reads without a complaint.
    ``off_since``: for FLAG, the version from which on the daemon reads a word behind it, so that "off" is off.
    ``source``: for IP, an own address, of which the daemon ignores the prefix length.
    ``heads``: for BLOCK, the forms of what stands between keyword and brace, the first that fits is used;
    ``"<name>"`` stands for the row of that keyword, anything else for itself.
    ``distinct``: for BLOCK, keywords that make different blocks of two with the same head.
    ``spread``: for BLOCK, what versions get that cannot read it where it stands.
    """

    keyword: str
    type: str
    description: str
    section: str = ""
    rank: int = 0
    written: str = ""
    place: str = KEYWORD
    unit: str = ""
    minimum: Optional[float] = None
    maximum: Optional[float] = None
    choices: Tuple[str, ...] = ()
    default: str = ""
    since: Optional[Version] = None
    until: Optional[Version] = None
    dated: Tuple[Dated, ...] = ()
    aliases: Tuple[Alias, ...] = ()
    former: Tuple[str, ...] = ()
    ended: Tuple[str, ...] = ()
    optional: bool = False
    required: bool = False
    repeatable: bool = False
    first_wins: bool = False
    joins: bool = False
    any_case: bool = False
    secret: bool = False
    source: bool = False
    off_since: Optional[Version] = None
    decimals: int = 6
    deprecated: str = ""
    remedy: str = ""
    entry: Optional[Grammar] = None
    heads: Tuple[Tuple[str, ...], ...] = ()
    distinct: Tuple[str, ...] = ()
    spread: Optional[Spread] = None

    @cached_property
    def spelled(self) -> str:
        """The keyword as it stands in the file."""
        return self.written or self.keyword

    @cached_property
    def path(self) -> str:
        """The path of the keyword, and of its own section when it is a block: ``vrrp_instance/priority``."""
        return self.section + "/" + self.keyword if self.section else self.keyword

    @cached_property
    def dates(self) -> Tuple[Dated, ...]:
        """Everything of the keyword that not all versions know which know the keyword."""
        return (*self.dated, *(dates(self.entry) if self.entry is not None else ()))

    @cached_property
    def newest(self) -> Version:
        """The version from which on nothing of that is to be said."""
        return newest(self.dates)

    @cached_property
    def is_list(self) -> bool:
        """Whether the value is a list in the data."""
        return self.repeatable or self.type in (NAMES, LINES)


class Section(NamedTuple):
    """The rows of one block; ``path`` is "" for the top level, else the block's keywords joined by "/"."""

    path: str
    rows: Tuple[Row, ...]


NAMED = (("<name>",),)


def name(description: str) -> Row:
    """The row of a block's name."""
    return Row("name", STRING, description, place=HEAD)
