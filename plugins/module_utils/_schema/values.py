# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The types of the table: what a value may be, how it is written and how it is read.

``check`` takes whatever YAML and Jinja make of a value and gives the canonical one, ``to_words`` the words that stand
after the keyword, ``from_words`` the value those words stand for. For every canonical value
``from_words(row, to_words(row, value)) == value``. Blocks with keywords of their own are not a type here.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Dict, List, Sequence, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._conf.quote import script_words
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import Statement, Word

from . import line
from .dated import Dated
from .finding import BadValueError
from .grammar import check_words
from .kinds import TYPES, shown
from .row import ENUM, LINES, REGEX, SCRIPT, SCRIPT_USER, WORDS, Row

# These types split a line into words in a way of their own.
OWN_WORDS = (REGEX, SCRIPT, SCRIPT_USER)


def check(row: Row, value: Any) -> Any:
    """The canonical value of a keyword, None when it is then left out. Raises BadValueError, a ValueError.

    The message goes on where the keyword ends: "must be 1-255, got 300.".
    """
    if value is None:
        return None
    if row.is_list:
        return [check_item(row, item) for item in items(row, value)] or None
    if row.optional and isinstance(value, bool):
        return value or None
    return check_item(row, value)


def items(row: Row, value: Any) -> Sequence[Any]:
    """The items of a list. Raises BadValueError when it is none."""
    if not isinstance(value, (list, tuple)):
        raise BadValueError("must be a list, got %s." % shown(value, row), "Write every entry after a dash.")
    return value


def check_item(row: Row, value: Any) -> Any:
    """The canonical value of one item of a list, or of a value that is none. Raises BadValueError."""
    found = TYPES[row.type].check(row, value)
    if found is not None:
        to_words(row, found)
    return found


def to_words(row: Row, value: Any) -> List[str]:
    """The words written after the keyword; for a list, of one item of it. Raises BadValueError, a ValueError."""
    if row.optional and value is True:
        return []
    return TYPES[row.type].to_words(row, value)


def from_words(row: Row, given: Sequence[Word]) -> Any:
    """The value of the words after a keyword; for a list, of one line of it.

    Raises BadValueError for words that no value of the row stands for.
    """
    if row.optional and not given:
        return True
    return TYPES[row.type].from_words(row, given)


def dated(row: Row, value: Any) -> Tuple[Dated, ...]:
    """What of a canonical value, for a list of one item of it, not all versions know."""
    own = tuple(each for each in row.dated if each.applies(value))
    return own + (_dated_words(row, str(value)) if row.type in (WORDS, LINES) and value is not True else ())


@lru_cache(maxsize=8192)
def _dated_words(row: Row, value: str) -> Tuple[Dated, ...]:
    given = line.split(value if row.type == LINES else "x " + value)[row.type != LINES :]
    if row.entry is None or any(line.has_reference(word.value) for word in given):
        return ()
    return check_words(row.entry, [word.value for word in given])


def words_of(row: Row, statement: Statement) -> List[Word]:
    """The words after the keyword of a statement, which some types split in their own way. Raises BadValueError."""
    if row.type not in OWN_WORDS:
        return line.words(statement)[1:]
    try:
        parts = script_words(line.arguments(statement))
    except ValueError as error:
        raise BadValueError(str(error)) from None
    return [Word(written, value, statement.line, statement.column, False) for written, value in parts]


def option(row: Row) -> Dict[str, Any]:
    """Type, elements and choices of the Ansible option for a row that is no block."""
    kind = TYPES[row.type].option
    if row.is_list:
        return {"type": "list", "elements": kind}
    if row.optional or (row.entry is not None and row.entry.numeric):
        return {"type": "raw"}
    return {"type": kind, "choices": list(row.choices)} if row.type == ENUM else {"type": kind}
