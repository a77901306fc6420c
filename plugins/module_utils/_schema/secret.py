# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Secrets made unreadable in the text of a keepalived.conf, for logs and diffs.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import List, Optional, Sequence, Set, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import Document, Statement, parse

from . import table
from .row import WORDS, Row

MASK = "********"

_SECRETS = [row for path in table.sections() for row in table.rows(path).values() if row.secret]
_REFERENCE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")
_WORD = r"(?!file:|%s)(?:\"[^\"\n]*\"?|[^\s\"{}]+)" % re.escape(MASK)


def mask(text: str) -> str:
    """The text with every secret value replaced by ``********`` and every other byte as it was.

    Secrets are the values of the table's secret keywords, in comments too, and the definitions they refer to.
    The path of a file that holds a secret is none.
    """
    document = parse(text)
    names = _mask_statements(document)
    for statement, _ancestors in document.walk():
        if statement.kind == "definition" and statement.keyword.lstrip("$") in names:
            _mask_words(statement, 1)
    text = str(document)
    # what is no statement: comments, and lines inside definitions
    for row in _SECRETS:
        # a common word says nothing in the middle of a line
        before = r"(?m)(%s%s[ \t]+%s)" % (
            r"^[ \t]*[!#][!# \t]*" if _is_common(row) and not _skipped(row) else r"(?<![\w$])",
            row.keyword,
            r"[0-9]+[ \t]+" * _skipped(row),
        )
        text = re.sub(before + _WORD, lambda found: found.group(1) + MASK, text)
    return text


def _mask_statements(document: Document) -> Set[str]:
    """Mask the secrets of all statements; the names of the definitions that they are taken from."""
    names: Set[str] = set()
    for statement, ancestors in document.walk():
        row = _secret_row(statement, ancestors)
        if row is not None:
            # without the number before it the first word is the secret
            number = _skipped(row) if statement.values and statement.values[0].isdigit() else 0
            for word in _mask_words(statement, 1 + number):
                names.update(_REFERENCE.findall(word))
    return names


def _secret_row(statement: Statement, ancestors: Sequence[Statement]) -> Optional[Row]:
    """The row of a secret keyword; one with a common name counts in its own block only."""
    parent = ancestors[-1].keyword if ancestors else ""
    for row in _SECRETS:
        if statement.keyword == row.keyword and (not _is_common(row) or row.section.rpartition("/")[2] == parent):
            return row
    return None


def _is_common(row: Row) -> bool:
    """Whether the keyword is a common word, which means something else elsewhere."""
    return "_" not in row.keyword


def _skipped(row: Row) -> int:
    """The number of words before the secret one, such as the number of a key."""
    return 1 if row.type == WORDS else 0


def _mask_words(statement: Statement, start: int) -> List[str]:
    """Replace the words of a statement from ``start`` on; what they were, but for references to definitions."""
    found: List[str] = []
    head = statement.head
    places: List[Tuple[int, str]] = [
        (word.column - 1 - statement.offset, word.text) for word in statement.words[start:]
    ]
    for place, word in reversed(places):
        if not word.startswith("file:"):
            end = place + len(word)
            if head[end : end + 1] in ("#", "!"):
                # the daemon ends the word here, its writer did not mean to
                end = place + len(head[place:].split(None, 1)[0])
            head = head[:place] + MASK + head[end:]
            found.append(word)
    statement.changed(head)
    return found
