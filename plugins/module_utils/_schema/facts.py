# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""What stood before the raw lines of a block, for the comparison of two texts.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import hashlib
from typing import Any, Dict, List

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import Statement, parse

from . import line, table
from .layout import RawEntry
from .pieces import may_hold_anything
from .row import Row


class Facts:
    """What has been read of a block so far, as digests that are equal for equal data and raw lines.

    A file may have as many includes as blocks, so each item is looked at once: the lists of the data and ``raw`` only
    grow while a block is read, and their digests grow with them.
    """

    def __init__(self, path: str, data: Dict[str, Any], raw: List[RawEntry]) -> None:
        self.path = path
        self.data = data
        self.raw = raw
        self._counts: Dict[str, int] = {}
        self._lists: Dict[str, Any] = {}
        self._raw_count = 0
        # the order of all raw lines does not count, so the sum of their digests stands for them
        self._raw_sum = 0
        self._alike: Dict[Row, Any] = {}

    def before(self, statement: Statement, text: str) -> str:
        """A raw text with what stood before it: of its keyword, of everything where it may hold anything."""
        row = table.body(self.path) or table.find_word(statement.keyword, self.path)
        if statement.has_block:
            # however its lines are broken
            words = [(len(ancestors), found.condition, texts_of(found)) for found, ancestors in parse(text).walk()]
            text = "%s %r" % (statement.keyword, words)
        if may_hold_anything(statement, row):
            return "%s\0%s" % (text, self._everything())
        line_text = text if statement.has_block else " ".join(texts_of(statement))
        return line_text if row is None else "%s\0%s" % (line_text, self._of_row(row))

    def _everything(self) -> str:
        self._take_raw()
        return _digest(([(key, self._of(key)) for key in sorted(self.data)], self._raw_sum)).hexdigest()

    def _of_row(self, row: Row) -> str:
        self._take_raw()
        alike = self._alike[row].hexdigest() if row in self._alike else ""
        return _digest((self._of(row.keyword), alike)).hexdigest()

    def _of(self, keyword: str) -> str:
        """The value of a keyword so far."""
        value = self.data.get(keyword)
        if not isinstance(value, list):
            return repr(_sorted(value))
        found = self._lists.setdefault(keyword, hashlib.sha256())
        for item in value[self._counts.get(keyword, 0):]:
            found.update(_digest(_sorted(item)).digest())
        self._counts[keyword] = len(value)
        return "list %s" % found.hexdigest()

    def _take_raw(self) -> None:
        """Take the raw lines that have come since the last time."""
        for entry in self.raw[self._raw_count:]:
            digest = _digest(str(entry)).digest()
            self._raw_sum += int.from_bytes(digest, "big")
            row = table.find_word(line.first_word(str(entry)), self.path)
            if row is not None:
                self._alike.setdefault(row, hashlib.sha256()).update(digest)
        self._raw_count = len(self.raw)


def texts_of(statement: Statement) -> List[str]:
    """The words of a statement as they are written."""
    return [word.text for word in statement.words]


def _digest(facts: Any) -> Any:
    return hashlib.sha256(repr(facts).encode("utf-8", "surrogatepass"))


def _sorted(value: Any) -> Any:
    """Data whose text does not depend on the order of its keys."""
    if isinstance(value, dict):
        return [(key, _sorted(value[key])) for key in sorted(value)]
    return [_sorted(item) for item in value] if isinstance(value, list) else value
