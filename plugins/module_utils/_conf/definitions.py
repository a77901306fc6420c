# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""``$NAME=`` definitions: what a name stands for, and the references to it in a line.

Source: ``find_definition``, ``replace_param``, ``set_std_definitions`` of keepalived 2.2.7, lib/parser.c:1783-2150.
"""

from __future__ import annotations

import re
from typing import Match

from . import lexer

# Behind the name in braces: parameters that end with a digit.
_REFERENCE = re.compile(r"\$(\{)?([A-Za-z_][A-Za-z0-9_]*)(?(1)([ 0-9]*)(?=\})|(?=[ \t,)]|\Z))")
# What looks like a reference, replaced or not.
_NAMES = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")
_UNKNOWN_AT_START = ("_PWD", "_RANDOM", "_INSTANCE")
_WITH_PARAMETERS = ("_RANDOM",)
# A definition that refers to itself keeps the daemon busy for ever.
_MOST_REPLACEMENTS = 1000


class UnknownError(Exception):
    """The line refers to something that is not known, or becomes too long."""


class Definition:
    """What a name stands for; ``value`` is None when that is not known."""

    __slots__ = ("is_multiline", "value")

    def __init__(self, value: str | None, is_multiline: bool = False) -> None:
        self.value = value
        self.is_multiline = is_multiline


def names_in(text: str) -> set[str]:
    """Return the names that a text may refer to."""
    return set(_NAMES.findall(text)) if "$" in text else set()


class Definitions:
    """The definitions at one line, and the further lines of those that have several.

    ``by_name``  name -> Definition
    ``is_open``  whether any other name may be defined, too: an included file is not known
    ``rest``     what is left of the lines of a definition that is being read, else None
    ``depth``    the number of sequences that were there before those lines
    """

    def __init__(self, identity: str | None) -> None:
        self.by_name = {name: Definition(None) for name in _UNKNOWN_AT_START}
        self.by_name.update(_HASH=Definition("#"), _BANG=Definition("!"))
        if identity is not None:
            self.by_name["_INSTANCE"] = Definition(identity)
        self.is_open = False
        self.rest: str | None = None
        self.depth = 0
        self.stack: list[tuple[str, int]] = []

    def set(self, name: str, value: str) -> None:
        """Give a name another value, as a sequence does."""
        known = self.by_name.get(name)
        self.by_name[name] = Definition(value, known is not None and known.is_multiline)

    def forget(self) -> None:
        """Forget what every name stands for."""
        self.is_open = True
        self.by_name = {}

    def state(self) -> str:
        """Return what is defined, as a text that is the same for the same definitions."""
        return repr(sorted((name, definition.value) for name, definition in self.by_name.items()
                           if definition.value is not None))

    def next_line(self) -> str | None:
        """Return the next line of the definition that is being read, None when there is none."""
        if self.rest is None:
            return None
        found, separator, rest = self.rest.partition("\n")
        if separator:
            self.rest = rest
        elif self.stack:
            self.rest, self.depth = self.stack.pop()
        else:
            self.rest, self.depth = None, 0
        return found

    def stop(self) -> None:
        """Leave the lines that are being read."""
        self.rest, self.depth, self.stack = None, 0, []

    def replaced(self, text: str, sequences: int) -> str | None:
        """Return the text with its references replaced, None when there are none.

        ``sequences``: how many sequences are being read. Raises UnknownError.
        """
        at = number = 0
        rest = follows = self.rest
        while True:
            at = text.find("$", at)
            if at < 0 or at + 1 >= len(text):
                break
            found = _REFERENCE.match(text, at)
            definition = self._find(found) if found else None
            if found is None or definition is None:
                at += 1
                continue
            value = definition.value
            number += 1
            if value is None or number > _MOST_REPLACEMENTS:
                raise UnknownError
            follows = rest
            is_sequence = value.lstrip(" \t").startswith("~")
            if definition.is_multiline:
                if rest is not None:
                    self.stack.append((rest, self.depth))
                self.depth = sequences
                value, _separator, rest = value.partition("\n")
                follows = rest
            text = text[:at] + value + text[_end(found):]
            if len(text.encode("utf-8", "replace")) > lexer.MAXIMUM_LINE_BYTES:
                raise UnknownError
            if is_sequence:
                break
        self.rest = follows
        return text if number else None

    def _find(self, found: Match[str]) -> Definition | None:
        """Return the definition of a reference, None when the daemon leaves it as it is."""
        name, within = found.group(2), found.group(3) or ""
        definition = self.by_name.get(name)
        if definition is None:
            return Definition(None) if self.is_open else None
        has_parameters = bool(within.strip(" "))
        if has_parameters and (within.endswith(" ") or name not in _WITH_PARAMETERS or definition.value is not None):
            return None
        if definition.is_multiline and found.end() + bool(found.group(1)) != len(found.string):
            return None
        return definition


def _end(found: Match[str]) -> int:
    """Return where the replaced text ends: without parameters one character behind the name in braces."""
    if (found.group(3) or "").strip(" "):
        return found.end() + 1
    return found.end(2) + bool(found.group(1))
