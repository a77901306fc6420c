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
from bisect import bisect, bisect_left
from heapq import heapify, heappop, heappush
from typing import Dict, FrozenSet, Iterable, Iterator, List, Optional, Sequence, Set, Tuple

from .layout import BEFORE_FIRST, END, Place
from .order import NOTHING, Tokens
from .row import Row

# A group of pieces: what they have in common, and its name.
Key = Tuple[str, ...]

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

    def offers(self) -> Iterator[Key]:
        """Yield the groups that it belongs to: it touches what asks for one of them."""
        yield "all", ""
        if self.row is not None:
            yield "row", self.row.keyword
        if self.is_barrier:
            yield "barrier", ""
        if self.is_open:
            yield "open", ""
        if self.defines or self.refers:
            yield "named", ""
        yield from (("defines", name) for name in self.defines)
        yield from (("refers", name) for name in self.refers)
        yield from (("provides", *token) for token in self.provides)
        yield from (("needs", *token) for token in self.needs)

    def asks(self) -> Iterator[Key]:
        """Yield the groups whose pieces it touches."""
        if self.is_barrier:
            yield "all", ""
            return
        yield "barrier", ""
        if self.row is not None:
            yield "row", self.row.keyword
        if self.is_open:
            yield "named", ""
        if self.is_open or self.defines or self.refers:
            yield "open", ""
        for name in self.defines:
            yield "refers", name
        yield from (("defines", name) for name in self.defines | self.refers)
        yield from (("provides", *token) for token in self.needs)
        yield from (("needs", *token) for token in self.provides)

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


def arrange(pieces: Sequence[Piece], is_hasty: bool = False) -> Set[int]:
    """Give each raw piece its place and its ``before``; return the numbers of those that have to become raw first.

    With numbers returned nothing is given: make those raw and arrange again. They are what is in the way of the first
    raw piece without a place, so that few become raw; or, when ``is_hasty``, of all of them.
    """
    turned = _turned(pieces)
    if turned:
        return turned
    found: Set[int] = set()
    highest = _highest(pieces)
    reached: Dict[Key, Place] = {}
    typed = _Typed(pieces)
    for number, piece in enumerate(pieces):
        if piece.is_raw:
            low = max([reached[key] for key in piece.asks() if key in reached], default=_START)
            bad = _give_place(piece, number, low, highest[number], typed)
            if bad is not None:
                found |= _fewest(pieces, _around(pieces, number)) or {bad}
                if not is_hasty:
                    break
        for key in piece.offers():
            if key not in reached or reached[key] < piece.place:
                reached[key] = piece.place
    return found


def _highest(pieces: Sequence[Piece]) -> Dict[int, Tuple[Place, Optional[int]]]:
    """Return the lowest place of the keywords behind each raw piece that it touches, and the number of that keyword."""
    found: Dict[int, Tuple[Place, Optional[int]]] = {}
    lowest: Dict[Key, Tuple[Place, int]] = {}
    for number in range(len(pieces) - 1, -1, -1):
        piece = pieces[number]
        if piece.is_raw:
            found[number] = min([lowest[key] for key in piece.asks() if key in lowest], default=(_NOWHERE, None))
            continue
        for key in piece.offers():
            if key not in lowest or piece.place <= lowest[key][0]:
                lowest[key] = (piece.place, number)
    return found


def _around(pieces: Sequence[Piece], number: int) -> Iterator[Tuple[int, int]]:
    """Yield the pairs of keywords of which one must stay before a raw piece and the other behind it, and cannot."""
    typed = [each for each, piece in enumerate(pieces) if not piece.is_raw and pieces[number].touches(piece)]
    former = [each for each in typed if each < number]
    for after in typed:
        if after > number:
            yield from ((each, after) for each in former if pieces[each].place >= pieces[after].place)


def _turned(pieces: Sequence[Piece]) -> Set[int]:
    """Return the numbers of what is to become raw because keywords that touch each other would change their order."""
    highest: Place = _START
    former: Dict[Key, List[int]] = {}
    reached: Dict[Key, Place] = {}
    pairs: List[Tuple[int, int]] = []
    for number, piece in enumerate(pieces):
        if piece.is_raw or not piece.is_sensitive:
            highest = highest if piece.is_raw else max(highest, piece.place)
            continue
        if piece.place < highest:
            found = {each for key in piece.asks() if reached.get(key, _START) > piece.place for each in former[key]
                     if pieces[each].place > piece.place}
            pairs.extend((each, number) for each in sorted(found))
        highest = max(highest, piece.place)
        for key in piece.offers():
            former.setdefault(key, []).append(number)
            reached[key] = max(reached.get(key, _START), piece.place)
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
    waiting = [(-len(others), pieces[number].place[0], number) for number, others in beside.items()]
    heapify(waiting)
    while waiting:
        count, rank, most = heappop(waiting)
        left = len(beside[most])
        if left and left == -count:
            groups.add(most)
            for other in beside.pop(most):
                beside[other].discard(most)
        elif left:
            heappush(waiting, (-left, rank, most))
    found.update(number for number, piece in enumerate(pieces) if group[number] in groups and not piece.is_raw)
    return found


class _Typed:
    """The keywords before which a raw piece can be put."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._in_file = [(number, piece) for number, piece in enumerate(pieces) if not piece.is_raw and piece.address]
        self._numbers = [number for number, _piece in self._in_file]
        self._in_table = sorted((_before(piece), number) for number, piece in self._in_file)
        self._pieces = pieces

    def following(self, number: int, low: Place, high: Place) -> Optional[Piece]:
        """Return the keyword before which a piece can stand: the next one of the file, else the next in the table."""
        for _each, piece in self._in_file[bisect(self._numbers, number):]:
            if low <= _before(piece) and piece.place <= high:
                return piece
        for place, each in self._in_table[bisect_left(self._in_table, (low, -1)):]:
            if self._pieces[each].place <= high:
                return self._pieces[each]
            if place > high:
                break
        return None


def _before(piece: Piece) -> Place:
    return piece.place[0], piece.place[1] + BEFORE_FIRST


def _give_place(
    piece: Piece, number: int, low: Place, highest: Tuple[Place, Optional[int]], typed: _Typed
) -> Optional[int]:
    """Give a raw piece its place; return the number of the one that leaves none."""
    high, bad = highest
    if low <= piece.place < high:
        return None
    found = typed.following(number, low, high)
    if found is None and high == _NOWHERE:
        piece.before, piece.place = END, (math.inf, -1)
        return None
    if found is None:
        return bad if bad is not None else number
    piece.before = found.address
    piece.place = _before(found)
    return None
