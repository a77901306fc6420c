# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Texts in nginx's own words as a row of directives: what stands in raw, and in files that are included.

Every function here is pure: what is read is given.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Set, Tuple

from . import parse
from .row import RAW

# Returns the files (others.Part) of a pattern that may be relative to the directory of nginx.conf, in the right order.
Read = Callable[[str], Iterable[Any]]


class Statement(NamedTuple):
    """One directive.

    :ivar blocks: the names of the blocks around it, the outermost first.
    :ivar words: its name and its parameters, without quotes.
    :ivar opens: whether it is the beginning of a block.
    :ivar origin: the path of the file in which it stands, empty for one of raw.
    """

    blocks: Tuple[str, ...]
    words: List[str]
    opens: bool
    origin: str = ""


def nothing(dummy: str) -> Iterable[Any]:
    """Return no files, for a text whose included files are not known."""
    return ()


def statements(text: str) -> Iterator[Statement]:
    """Yield the directives of a text; one that nginx would refuse yields some, too."""
    blocks: List[str] = []
    for words, end in parse.statements(text):
        if words:
            yield Statement(tuple(blocks), words, end == "{")
        if end == "{":
            blocks.append(words[0] if words else "")
        elif end == "}" and blocks:
            blocks.pop()


def blocks_at(text: str, line: int) -> List[str]:
    """Return the first lines of the blocks around a line, the outermost first, such as C(location /).

    :param line: the number of the line, from 1.
    """
    blocks: List[str] = []
    for words, end in parse.statements("".join(text.splitlines(True)[:line - 1])):
        if end == "{":
            blocks.append(" ".join(words))
        elif end == "}" and blocks:
            blocks.pop()
    return blocks


def expanded(text: str, read: Read) -> Iterator[Statement]:
    """Yield the directives of a text, and those of an included file in the place of the directive that includes it."""
    yield from _expanded(text, read, (), "", set())


def _expanded(text: str, read: Read, above: Tuple[str, ...], origin: str, seen: Set[str]) -> Iterator[Statement]:
    for each in statements(text):
        blocks = above + each.blocks
        if each.words[0] != "include" or each.opens:
            yield each._replace(blocks=blocks, origin=origin)
            continue
        for part in (part for pattern in each.words[1:] for part in read(pattern)):
            # a file that includes itself has no end
            if part.real not in seen:
                yield from _expanded(part.text, read, blocks, part.path, seen | {part.real})


def beside(block: Dict[str, Any], read: Read) -> List[Statement]:
    """Return the directives that a block of canonical data has beside its typed ones: of C(include) and C(raw)."""
    lines = ["include %s;" % each for each in block.get("include", [])]
    return list(expanded("\n".join([*lines, *block.get(RAW, [])]), read))


def names(found: Iterable[Statement]) -> Set[str]:
    """Return the names of the directives that stand in no block."""
    return {each.words[0] for each in found if not each.blocks}
