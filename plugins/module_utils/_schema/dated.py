# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Versions of keepalived, and what came with one of them to a keyword that was known before: a value, a word, a form.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, NamedTuple, Tuple

Version = Tuple[int, ...]

# The oldest keepalived whose keywords the table knows; what is without a version is known to it. The rules judge files
# for such a version, too. What the collection runs with is newer: OLDEST_SUPPORTED of _daemon/build.py.
OLDEST: Version = (2, 0, 10)

# Newer than all, and what is said of every version.
NEWEST: Version = (2**31,)
ALWAYS: Version = (2**31, 1)


class Dated(NamedTuple):
    """What an older keepalived does not know of a keyword that it knows, or what a keyword should not have any more.

    ``what`` names it behind the keyword: "twos", "over 65535". ``applies`` says whether a value of the row has it: a
    canonical value, for a block its data, for an argument of a grammar the word, for a grammar the list of its words.
    ``since`` is the first version that knows it. ``remedy`` is what to write for an older one.
    ``deprecated`` is what to write instead of a word that every version still reads, with a message.
    """

    what: str
    applies: Callable[[Any], bool]
    since: Version = OLDEST
    remedy: str = ""
    deprecated: str = ""

    @property
    def newest(self) -> Version:
        """The version from which on nothing is to be said about it."""
        return ALWAYS if self.deprecated else self.since


def version_text(version: Version) -> str:
    """``(2, 2, 7)`` as ``2.2.7``."""
    return ".".join(str(part) for part in version)


def newest(every: Tuple[Dated, ...]) -> Version:
    """The version from which on nothing is to be said about all of them."""
    return max((each.newest for each in every), default=OLDEST)


def any_word(_found: Any) -> bool:
    """What applies to everything."""
    return True


def since(version: Version, *words: str, remedy: str = "") -> Dict[str, Dated]:
    """The words that came with a version, for the options of a grammar."""
    return {word: Dated(word, any_word, version, remedy) for word in words}


def choice(value: Any, since: Version, remedy: str = "") -> Dated:
    """One value that came later than its keyword."""
    return Dated(str(value), lambda found: bool(found == value), since, remedy)


def over(limit: float, since: Version) -> Dated:
    """Numbers that were too large before."""
    return Dated("over %s" % limit, lambda found: _is_number(found) and found > limit, since, "Use %s at most." % limit)


def decimals(since: Version) -> Dated:
    """Numbers with a fraction."""
    return Dated("with decimals", lambda found: isinstance(found, float), since, "Use a whole number.")


def _is_number(found: Any) -> bool:
    return isinstance(found, (int, float)) and not isinstance(found, bool)
