# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Secrets made unreadable in the text of a keepalived.conf, for logs and diffs.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import Any, Iterator, List, Match, Optional, Sequence, Set, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import Document, Statement, parse

from . import table
from .layout import RAW
from .row import WORDS, Row

MASK = "********"
SHORTEST = 3

_SECRETS = [row for path in table.sections() for row in table.rows(path).values() if row.secret]
_REFERENCE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)")
_WORD = r"(?!file:|%s)(?:\"[^\"\n]*\"?|[^\s\"{}]+)" % re.escape(MASK)
# ~LST(NAME,value,...) and ~LST({NAME,NAME},{value,value},...); ~SEQ counts.
_SEQUENCE = re.compile(r"(~(?:LST|SEQx?)\(\s*)(\{[^}\n]*\}|[^,\s()]+)(\s*,)([^)\n]*)")
_LISTED = re.compile(r"(?:\$\{[^}]*\}|[^\s,{}])+")


def mask(text: str) -> str:
    """The text with every secret value replaced by ``********`` and every other byte as it was.

    Secrets are the values of the table's secret keywords, in comments too, and the definitions and lists they refer
    to, also by way of other definitions. The path of a file with a secret is not a secret.
    """
    return _masked(text)[0]


def secrets(text: str) -> Set[str]:
    """Return the texts that C(mask) replaces, as written and without quotes, except mere references."""
    words = {word.strip() for word in _masked(text)[1]}
    words |= {word.strip('"') for word in words}
    return {word for word in words if word not in ("", MASK) and not re.fullmatch(r"\$\w+|\$\{\w+\}", word)}


def secrets_of(data: Any) -> Set[str]:
    """Return the secrets of a configuration as data, or of any part of it, also in raw lines, for data of any shape.

    Texts shorter than C(SHORTEST) are left out, because they are part of too many other texts.
    """
    return {word for word in secrets("\n".join(_lines(data, "", ""))) if len(word) >= SHORTEST}


def _lines(value: Any, key: str, block: str) -> Iterator[str]:
    """Yield the raw lines, and a line for each value of a secret keyword."""
    if isinstance(value, dict):
        for inner, item in value.items():
            yield from _lines(item, str(inner), key)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _lines(item, key, block)
    elif isinstance(value, str):
        row = _secret_row(key, block)
        if RAW in (key, block):
            yield value
        elif row is not None:
            yield 'auth_pass "%s"' % re.sub(r"^[0-9]+\s+" if _skipped(row) else r"\Z", "", value).replace('"', "")


def _masked(text: str) -> Tuple[str, List[str]]:
    """Return the masked text, and the replaced texts."""
    document = parse(text)
    found = _mask_statements(document)
    for definition in _definitions(document):
        found += _mask_inside(definition)
    text = str(document)

    def replaced(match: Match[str]) -> str:
        found.append(match.group("secret"))
        return match.group("before") + MASK

    # what is no statement: comments, and lines inside definitions
    for row in _SECRETS:
        text = re.sub(_anywhere(row), replaced, text)
    document = parse(text)
    _mask_definitions(document, found)
    return _mask_sequences(str(document), found), found


def _anywhere(row: Row) -> str:
    """Return the pattern of a secret outside of statements. A common word is no evidence in the middle of a line."""
    beginning = r"^[ \t]*[!#][!# \t]*" if _is_common(row) and not _skipped(row) else r"(?<![\w$])"
    return r"(?m)(?P<before>%s%s[ \t]+%s)(?P<secret>%s)" % (
        beginning, row.keyword, r"[0-9]+[ \t]+" * _skipped(row), _WORD)


def _names(words: Sequence[str]) -> Set[str]:
    """Return the names of the definitions and lists to which words refer."""
    return {name for word in words for name in _REFERENCE.findall(word)}


def _definitions(document: Document) -> Iterator[Statement]:
    return (statement for statement, _ancestors in document.walk() if statement.kind == "definition")


def _mask_statements(document: Document) -> List[str]:
    """Mask the secrets of all statements; return them."""
    found: List[str] = []
    # the keyword itself may be defined: $WORD=auth_pass
    keywords = {definition.keyword.lstrip("$"): definition.values[0] for definition in _definitions(document)
                if definition.values}
    for statement, ancestors in document.walk():
        name = _REFERENCE.match(statement.keyword) if statement.kind == "statement" else None
        row = _secret_row(keywords.get(name.group(1), "") if name else statement.keyword,
                          ancestors[-1].keyword if ancestors else "")
        if row is not None:
            # without the number before it the first word is the secret
            number = _skipped(row) if statement.values and statement.values[0].isdigit() else 0
            found += _mask_words(statement, 1 + number)
    return found


def _mask_inside(definition: Statement) -> List[str]:
    """Mask the secrets of the statements in a definition; return them."""
    found = _mask_statements(parse("\n".join(definition.values)))
    head = definition.head
    for word in found:
        head = re.sub(r"(?<!\S)%s(?!\S)" % re.escape(word), MASK, head)
    definition.changed(head)
    return found


def _mask_definitions(document: Document, found: List[str]) -> None:
    """Mask the definitions to which secrets refer, directly or indirectly; add their values to I(found)."""
    names = _names(found)
    while True:
        more = [word for definition in _definitions(document)
                if definition.keyword.lstrip("$") in names and definition.values != (MASK,)
                for word in _mask_words(definition, 1)]
        found += more
        # a list may also take its values from definitions
        listed = [match.group(4) for match in _SEQUENCE.finditer(str(document)) if names & set(_named(match))]
        wider = names | _names(more + listed)
        if not more and wider == names:
            return
        names = wider


def _named(match: Match[str]) -> List[str]:
    """Return the names that a sequence defines."""
    return re.findall(r"[A-Za-z_][A-Za-z0-9_]*", match.group(2))


def _mask_sequences(text: str, found: List[str]) -> str:
    """Mask the values of the lists to which secrets refer; add them to I(found)."""
    names = _names(found)

    def replaced(match: Match[str]) -> str:
        if not names & set(_named(match)):
            return match.group()
        found.extend(_LISTED.findall(match.group(4)))
        return "".join(match.groups()[:3]) + _LISTED.sub(MASK, match.group(4))

    return _SEQUENCE.sub(replaced, text)


def _secret_row(keyword: str, parent: str) -> Optional[Row]:
    """The row of a secret keyword; one with a common name counts in its own block only."""
    for row in _SECRETS:
        if keyword == row.keyword and (not _is_common(row) or row.section.rpartition("/")[2] == parent):
            return row
    return None


def _is_common(row: Row) -> bool:
    """Whether the keyword is a common word, which means something else elsewhere."""
    return "_" not in row.keyword


def _skipped(row: Row) -> int:
    """The number of words before the secret one, such as the number of a key."""
    return 1 if row.type == WORDS else 0


def _mask_words(statement: Statement, start: int) -> List[str]:
    """Replace the words of a statement from ``start`` on; return them."""
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
