# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The places of raw lines among the keywords of a block, so that the order keeps what it means.

Keywords are written in the order of the table. Two statements of a file touch each other when their order means
something: one defines a name to which the other refers, one is an include, both are the same keyword, and so on. A raw
line stands behind everything before it that it touches, and before everything behind it that it touches.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import math
from typing import Dict, FrozenSet, Iterable, Iterator, List, Optional, Sequence, Set, Tuple

from .layout import BEFORE_FIRST, END, Place
from .order import NOTHING, Tokens
from .row import Row

_NO_NAMES: FrozenSet[str] = frozenset()
_START: Place = (-math.inf, 0)
_NOWHERE: Place = (math.inf, 0)


class Piece:
    """One statement of a block.

    ``row``       its keyword, None for one that is not known
    ``is_raw``    whether it is kept as text
    ``place``     where it is written; of raw ones, where it is written without a ``before``
    ``address``   what a ``before`` calls it, an empty text when nothing does
    ``defines``, ``refers``  names of definitions; ``is_open`` for any of them
    ``needs``, ``provides``  what it takes from others, and what others take from it
    ``is_barrier``  whether it may hold anything
    """

    __slots__ = ("address", "before", "defines", "is_barrier", "is_open", "is_raw", "needs", "place", "provides",
                 "refers", "row")

    def __init__(self, row: Optional[Row], is_raw: bool, place: Place) -> None:
        self.row = row
        self.is_raw = is_raw
        self.place = place
        self.address = ""
        self.before = ""
        self.defines = _NO_NAMES
        self.refers = _NO_NAMES
        self.needs: Tokens = NOTHING
        self.provides: Tokens = NOTHING
        self.is_open = False
        self.is_barrier = False

    @property
    def is_sensitive(self) -> bool:
        """Whether it can touch statements of other keywords."""
        return bool(self.is_open or self.defines or self.refers or self.needs or self.provides or self.is_barrier)

    def touches(self, other: Piece) -> bool:
        """Whether the order of the two means something."""
        if self.is_barrier or other.is_barrier or (self.row is not None and self.row is other.row):
            return True
        if (self.is_open and (other.is_open or other.defines or other.refers)) or (
                other.is_open and (self.defines or self.refers)):
            return True
        return not (self.defines.isdisjoint(other.refers) and self.defines.isdisjoint(other.defines)
                    and self.refers.isdisjoint(other.defines)
                    and self.needs.isdisjoint(other.provides) and self.provides.isdisjoint(other.needs))


def arrange(pieces: Sequence[Piece]) -> Set[int]:
    """Give each raw piece its place and its ``before``; return the numbers of those that have to become raw first.

    With numbers returned nothing is given: make those raw and arrange again.
    """
    turned = _turned(pieces)
    if turned:
        return turned
    typed = [(number, piece) for number, piece in enumerate(pieces) if not piece.is_raw]
    sensitive = [number for number, piece in enumerate(pieces) if piece.is_sensitive]
    alike: Dict[Optional[Row], List[int]] = {}
    for number, piece in enumerate(pieces):
        alike.setdefault(piece.row, []).append(number)
    for number, piece in enumerate(pieces):
        if not piece.is_raw:
            continue
        if piece.is_barrier:
            others: Sequence[int] = range(len(pieces))
        elif piece.row is None and not piece.is_sensitive:
            others = [each for each in sensitive if pieces[each].is_barrier]
        else:
            others = sorted({*sensitive, *(alike[piece.row] if piece.row is not None else ())})
        bad = _give_place(pieces, number, others, typed)
        if bad is not None:
            return _fewest(pieces, _around(pieces, number, others)) or {bad}
    return set()


def _around(pieces: Sequence[Piece], number: int, others: Sequence[int]) -> Iterator[Tuple[int, int]]:
    """Yield the pairs of keywords of which one must stay before a raw piece and the other behind it, and cannot."""
    typed = [each for each in others if not pieces[each].is_raw and pieces[number].touches(pieces[each])]
    former = [each for each in typed if each < number]
    for after in typed:
        if after > number:
            yield from ((each, after) for each in former if pieces[each].place >= pieces[after].place)


def _turned(pieces: Sequence[Piece]) -> Set[int]:
    """Return the numbers of what is to become raw because keywords that touch each other would change their order."""
    highest: Place = _START
    former: List[int] = []
    pairs: List[Tuple[int, int]] = []
    for number, piece in enumerate(pieces):
        if piece.is_raw:
            continue
        if piece.place < highest and piece.is_sensitive:
            pairs.extend((each, number) for each in former
                         if pieces[each].place > piece.place and pieces[each].touches(piece))
        highest = max(highest, piece.place)
        if piece.is_sensitive:
            former.append(number)
    return _fewest(pieces, pairs)


def _fewest(pieces: Sequence[Piece], pairs: Iterable[Tuple[int, int]]) -> Set[int]:
    """Return few numbers that have one of each pair: always the one in the most pairs.

    Of as many the one further up in the table is taken: what it defines is used further down.
    """
    beside: Dict[int, Set[int]] = {}
    # what is written as one block is one
    first: Dict[Tuple[Optional[Row], Place], int] = {}
    group = [first.setdefault((piece.row, piece.place), number) for number, piece in enumerate(pieces)]
    found: Set[int] = set()
    for former, latter in pairs:
        one, other = group[former], group[latter]
        if one == other:
            found.add(latter)
            continue
        beside.setdefault(one, set()).add(other)
        beside.setdefault(other, set()).add(one)
    groups: Set[int] = set()
    while beside:
        most = max(beside, key=lambda number: (len(beside[number]), -pieces[number].place[0], -number))
        groups.add(most)
        for other in beside.pop(most):
            beside[other].discard(most)
            if not beside[other]:
                del beside[other]
    found.update(number for number, piece in enumerate(pieces) if group[number] in groups and not piece.is_raw)
    return found


def _give_place(
    pieces: Sequence[Piece], number: int, others: Sequence[int], typed: Sequence[Tuple[int, Piece]]
) -> Optional[int]:
    """Give a raw piece its place; return the number of the one that leaves none."""
    piece = pieces[number]
    low, high, bad = _START, _NOWHERE, None
    for each in others:
        other = pieces[each]
        if each == number or not piece.touches(other):
            continue
        if each < number:
            low = max(low, other.place)
        elif not other.is_raw and other.place < high:
            high, bad = other.place, each
    if low <= piece.place < high:
        return None
    found = _following(number, low, high, typed)
    if found is None and high == _NOWHERE:
        piece.before, piece.place = END, (math.inf, -1)
        return None
    if found is None:
        return bad if bad is not None else number
    piece.before = found.address
    piece.place = (found.place[0], found.place[1] + BEFORE_FIRST)
    return None


def _following(
    number: int, low: Place, high: Place, typed: Sequence[Tuple[int, Piece]]
) -> Optional[Piece]:
    """Return the keyword before which a piece can stand: the next one of the file, else the next one in the table."""
    best: Optional[Piece] = None
    for each, piece in typed:
        if piece.address and low <= (piece.place[0], piece.place[1] + BEFORE_FIRST) and piece.place <= high:
            if each > number:
                return piece
            if best is None or piece.place < best.place:
                best = piece
    return best
