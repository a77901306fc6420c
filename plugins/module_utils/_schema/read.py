# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""From the tree of a keepalived.conf to data that means the same to the daemon.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from itertools import count
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._conf.evaluate import Evaluation, evaluate, identities
from ansible_collections.openvip.cluster.plugins.module_utils._conf.garbage import uncollected
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import Document, parse

from . import layout, order, table
from .line import literal
from .pieces import Names
from .reader import Data, Reader, is_ordered
from .render import render
from .row import Version

# How often a reading is tried with little more kept as text, before it keeps all that is in the way at once.
_PATIENCE = 10
_MOST_REREADINGS = 4

AT_ITS_PLACE = "its place counts"
IN_ORDER = "keepalived reads it in this order, and the order of the keywords would change what it means"
AS_WRITTEN = "it would mean something else as a keyword with a value"


class Kept(NamedTuple):
    """A line or block that is kept as text: the line it begins in, its text, and why, where its order is the cause."""

    line: int
    text: str
    reason: str


def read(document: Document, version: Optional[Sequence[int]] = None) -> Data:
    """The data of a document, for which ``read(parse(render(data))) == data`` when data is canonical.

    Keywords go by their newest names; a name counts where the ``version`` knows it. What the table has no form for is
    kept as text in ``raw``, and so is the smallest piece whose meaning would change, because definitions, conditions,
    includes and some keywords hold from their line on. A value of the wrong kind is kept as text in its place, for
    check() to refuse. Of repeated lines the one that the daemon takes is kept; comments are not.
    """
    return read_and_explain(document, version)[0]


def read_part(document: Document) -> Data:
    """The data of a part of a file, whose definitions stand elsewhere; raw lines have the places of their keywords."""
    return Reader().read(document)


def read_and_explain(document: Document, version: Optional[Sequence[int]] = None) -> Tuple[Data, List[Kept]]:
    """The same, and what is kept as text, in the order of the lines."""
    with uncollected():
        return _settled(document, tuple(version) if version else None)


def _settled(document: Document, known: Optional[Version]) -> Tuple[Data, List[Kept]]:
    data, kept, written = _read(document, known)
    # what is kept as text can give way for something else, until nothing changes any more
    for _attempt in range(_MOST_REREADINGS):
        if written is None:
            break
        again, _kept_then, written = _read(parse(written), known)
        if again == data:
            break
        data = again
    return data, kept


def _read(document: Document, version: Optional[Version]) -> Tuple[Data, List[Kept], Optional[str]]:
    """The data of a document, what is kept as text, and the text of the data where its order had to be arranged."""
    text = str(document)
    reader = Reader(version)
    data = reader.read(document)
    if not reader.is_ordered and not is_ordered(text) and not _goes_back(document):
        return data, [], None
    reasons: Dict[int, str] = {}
    names = Names(text)
    steps = _steps(document)
    written: Optional[str] = None
    wanted: Dict[str, Data] = {}
    # it ends: each time something more is kept as text
    for attempt in count():
        reader = Reader(version, names, reasons, is_hasty=attempt >= _PATIENCE)
        data = reader.read(document)
        if reader.turned - set(reasons):
            reasons.update(dict.fromkeys(reader.turned, IN_ORDER))
            continue
        written = _written(data, version)
        # what cannot be written is refused anyway
        if document.problems or written is None or _mean_the_same(text, written, version, wanted):
            break
        more = next(steps, None)
        if more is None and names.is_strict:
            break
        names.is_strict = more is None
        reasons.update(dict.fromkeys((more or set()) - set(reasons), AS_WRITTEN))
    return data, _kept(reader, reasons, data), written if reasons else None


def _written(data: Data, version: Optional[Version]) -> Optional[str]:
    try:
        return render(data, version)
    except ValueError:
        return None


def read_in_force(text: str, identity: Optional[str] = None, version: Optional[Sequence[int]] = None) -> Data:
    """The data that a text stands for: definitions replaced, sequences repeated, conditions decided by the identity.

    What nobody knows, because of an include or of a condition without an identity, is in ``raw`` as it is written.
    """
    evaluation = evaluate(text, identity)
    return of_evaluation(evaluation, evaluation.document(), version)


def of_evaluation(evaluation: Evaluation, document: Document, version: Optional[Sequence[int]] = None) -> Data:
    """The same of an evaluation that is there, and of its document."""
    with literal():
        return Reader(tuple(version) if version else None, unknown=evaluation.unknown()).read(document)


def data_in_force(data: Data, version: Optional[Sequence[int]] = None) -> Data:
    """The data that other data stands for when it is written; the data itself where that makes no difference."""
    if not any(map(_is_ordered_entry, _raw_entries(data))):
        return data
    try:
        return read_in_force(render(data, version))
    except ValueError:
        # it is refused anyway
        return data


def meaning(text: str, identity: str, version: Optional[Version] = None) -> Data:
    """What a text means to the daemon of this identity: equal for texts that mean the same."""
    return Reader(version, is_exact=True).read(evaluate(text, identity, True).document())


def _mean_the_same(text: str, other: str, version: Optional[Version], known: Dict[str, Data]) -> bool:
    """Whether two texts mean the same; ``known``: what the first one means, by identity, filled here."""
    for identity in sorted({*identities(text), *identities(other)}):
        if identity not in known:
            known[identity] = meaning(text, identity, version)
        if meaning(other, identity, version) != known[identity]:
            return False
    return True


def _goes_back(document: Document) -> bool:
    """Whether blocks do not stand in the order of the table, or an instance may set two families."""
    last = -1
    for statement in document.statements():
        row = table.find_word(statement.keyword)
        if row is not None:
            if row.rank < last:
                return True
            last = row.rank
            if row.keyword == "vrrp_instance" and any(order.mixed_families(row.path, statement.statements())):
                return True
    return False


def _steps(document: Document) -> Iterator[Set[int]]:
    """Yield what to keep as text next: lines, then ever larger blocks with something that holds from its line on."""
    levels: Dict[int, Set[int]] = {}
    for statement, ancestors in document.walk():
        if statement.kind == "statement" and is_ordered(str(statement)):
            if not statement.has_block:
                levels.setdefault(-1, set()).add(id(statement))
            else:
                levels.setdefault(len(ancestors), set()).add(id(statement))
    lines = levels.pop(-1, None)
    if lines:
        yield lines
    for depth in sorted(levels, reverse=True):
        yield levels[depth]
    yield {id(statement) for statement in document.statements()}


def _kept(reader: Reader, reasons: Dict[int, str], data: Data) -> List[Kept]:
    placed = {entry[layout.TEXT] for entry in _raw_entries(data) if isinstance(entry, dict)}
    found = []
    for statement, text in reader.kept:
        reason = reasons.get(id(statement), AT_ITS_PLACE if text in placed else "")
        found.append(Kept(statement.line, text, reason))
    return sorted(found)


def _is_ordered_entry(entry: Any) -> bool:
    texts = [entry.get(layout.TEXT)] if isinstance(entry, dict) else [entry]
    return any(isinstance(text, str) and is_ordered(text) for text in texts)


def _raw_entries(value: Any) -> Iterator[Any]:
    """Iterate over the entries of raw in data of any shape."""
    waiting = [value] if isinstance(value, dict) else []
    while waiting:
        block = waiting.pop()
        raw = block.get(layout.RAW)
        if raw:
            yield from [raw] if isinstance(raw, (str, dict)) else raw
        for item in block.values():
            if not isinstance(item, (dict, list)) or not item or item is raw:
                continue
            if isinstance(item, dict):
                waiting.append(item)
            elif isinstance(item[0], dict):
                waiting.extend(each for each in item if isinstance(each, dict))
