# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""What a statement defines, refers to and needs, as the arrangement of raw lines asks for it.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import Dict, FrozenSet, Optional, Set

from ansible_collections.openvip.cluster.plugins.module_utils._conf.definitions import names_in
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import Statement

from . import layout, order, table
from .arrange import Piece
from .row import BLOCK, LINES, NAMES, Row

# Definitions, and the names of sequences, wherever the daemon may find them in a text.
_DEFINITION = re.compile(r"(?m)(?:^|[{}\\]|@\S+)[ \t]*\$([A-Za-z_][A-Za-z0-9_]*)=(.*)")
_SEQUENCE = re.compile(r"~(?:SEQx?|LST)[ \t]*\([ \t]*(\{[^}]*\}|[^ \t,)]*)")
_INCLUDE = re.compile(r"(?m)(?:^|[{}]|@\S+)[ \t]*include[rmwba]?[ \t]")
_IN_BRACES = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)[ 0-9]*\}")
_QUOTED = re.compile(r'"[^"\n]*"')
# The names that the daemon itself defines.
_BUILT_IN = ("_PWD", "_INSTANCE", "_RANDOM", "_HASH", "_BANG")


class Names:
    """The names that a text defines, and to which names each of them refers.

    With ``is_strict`` everything that is kept as text keeps its place, whatever it is.
    """

    def __init__(self, text: str) -> None:
        self.is_strict = False
        self.has_include = _INCLUDE.search(text) is not None
        direct: Dict[str, Set[str]] = {name: set() for name in _BUILT_IN}
        for name, value in _DEFINITION.findall(text) if "$" in text else ():
            direct.setdefault(name, set()).update(names_in(value))
        for name in _sequence_names(text):
            direct.setdefault(name, set())
        # the further lines of a definition may refer to anything
        self.is_multiline = re.search(r"\\[ \t\r]*$", text, re.MULTILINE) is not None
        self.direct = direct
        self.everything = frozenset(direct)

    def closure(self, names: Set[str]) -> FrozenSet[str]:
        """The names with all others that they may stand for."""
        found: Set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting.extend(self.direct.get(name, ()))
        return frozenset(found) | (self.everything if self.is_multiline and found else frozenset())


def _sequence_names(text: str) -> Set[str]:
    if "~" not in text:
        return set()
    return {name.strip(" \t") for found in _SEQUENCE.findall(text) for name in found.strip("{}").split(",")}


def piece_of(section: str, statement: Statement, raw: str, names: Names) -> Piece:
    """The Piece of a statement of a section; ``raw`` is the text that it is kept as, if any."""
    row = table.body(section) or table.find_word(statement.keyword, section)
    place = layout.default_place(raw, section) if raw else (row.rank if row else 0, 0)
    piece = Piece(row if statement.kind == "statement" else None, bool(raw), place)
    text = str(statement)
    if "$" in text or "~" in text or "include" in text:
        defined = {name for name, _value in _DEFINITION.findall(text)} | _sequence_names(text)
        piece.defines = frozenset(defined)
        piece.refers = names.closure(names_in(_DEFINITION.sub(_value_of, text) if defined else text))
        piece.is_open = _INCLUDE.search(text) is not None
        piece.is_barrier = breaks(text, names)
    piece.needs = order.needs(section, statement)
    piece.provides = order.provides(section, statement)
    if raw:
        piece.is_barrier = names.is_strict or piece.is_barrier or may_hold_anything(statement, piece.row)
    return piece


def _value_of(found: re.Match[str]) -> str:
    """What a definition leaves of itself: its value is looked at where it is used."""
    return ""


def breaks(text: str, names: Names) -> bool:
    """Whether a text has a reference that is not replaced, so that its braces are those of a block."""
    if "${" not in text or names.has_include:
        return False
    return any(name not in names.direct for name in _IN_BRACES.findall(_QUOTED.sub("", text)))


def may_hold_anything(statement: Statement, row: Optional[Row]) -> bool:
    """Whether what is kept as text may be, or close, anything at its place; ``row`` is its keyword, if it is known."""
    if statement.kind in ("include", "sequence"):
        return True
    if statement.kind == "definition":
        # where the condition does not hold, only its first line is left out
        return statement.condition is not None and "\n" in statement.head.strip()
    if statement.keyword[:1] in ("$", ""):
        return True
    if not statement.has_block:
        return False
    # the daemon reads what stands in an unknown block as lines of the block around it
    return row is None or statement.condition is not None or row.type not in (BLOCK, NAMES, LINES)
