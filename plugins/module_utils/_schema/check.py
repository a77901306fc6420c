# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The check of data against the table: keys, types, ranges, names, versions.

What several keywords mean together is not checked here.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any, Dict, List, Optional, Sequence, Set, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._conf.lexer import is_include
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse

from . import layout, table, values
from .dated import NEWEST, Dated
from .finding import ERROR, INFO, WARNING, BadValueError, Finding
from .layout import RAW, REMEMBERED
from .line import first_word, is_literal
from .row import BLOCK, BODY, HEAD, Row, Version, version_text

# The identifiers of findings.
UNKNOWN = "unknown-key"
VALUE = "bad-value"
MISSING = "missing-key"
DUPLICATE = "duplicate-name"
VERSION = "unknown-to-version"
DEPRECATED = "deprecated-key"
RENAMED = "renamed-key"

# The object of findings about the top level.
ROOT = "configuration"

_RANK = attrgetter("rank")


def check(data: Any, version: Optional[Sequence[int]] = None) -> List[Finding]:
    """What is wrong with the data for a version of keepalived such as (2, 2, 7); None is the newest."""
    return normalise(data, version)[1]


def normalise(data: Any, version: Optional[Sequence[int]] = None) -> Tuple[Dict[str, Any], List[Finding]]:
    """The canonical form of the data, and what is wrong with it; what is wrong is left out of the form.

    Canonical data has keywords by their newest names, values in the types of the table, and no None, no
    false flag and no empty list or dictionary.
    """
    checker = _Checker(tuple(version) if version else None)
    return checker.section("", {} if data is None else data, ROOT, 0), checker.findings


class _Label:
    """The name of a block in messages. It is put together for a message only, since few blocks of a file have one.

    ``outer`` is the label of the block around it, ``number`` its place in a list, None for a block that is no list.
    """

    __slots__ = ("item", "number", "outer", "row")

    def __init__(self, outer: object, row: Row, item: Any = None, number: Optional[int] = None) -> None:
        self.outer = outer
        self.row = row
        self.item = item
        self.number = number

    def __str__(self) -> str:
        name = self.row.keyword if self.outer == ROOT else "%s %s" % (self.outer, self.row.keyword)
        return name if self.number is None else item_name(self.row, name, self.item, self.number)


class _Checker:
    """One pass over the data, collecting the findings."""

    def __init__(self, version: Optional[Version]) -> None:
        self.version = version
        # of what is not newer nothing is to be said
        self.knows = version or NEWEST
        self.is_literal = is_literal()
        # whether nothing is to be said of a keyword with a good value, by its row
        self.quiet: Dict[Row, bool] = {}
        self.findings: List[Finding] = []

    def section(self, path: str, data: Any, label: object, level: int) -> Dict[str, Any]:
        """The canonical form of one block; ``label`` names it in messages."""
        if not isinstance(data, dict):
            self._error(VALUE, label, "must be a dictionary.", "Write keys and values below it.")
            return {}
        given = self._by_row(path, data, label)
        found: Dict[str, Any] = {}
        for row in sorted(given, key=_RANK):
            value = self._value(row, given[row], label, level)
            if value is not None:
                found[row.keyword] = value
        raw = self._raw(path, data[RAW], label, level, found) if data.get(RAW) else []
        if raw:
            found[RAW] = raw
        for row in table.required(path):
            if row in given:
                continue
            names = {row.keyword, *(alias.keyword for alias in row.aliases)}
            if not any(_may_hold(layout.raw_text(entry), names) for entry in raw):
                self._error(
                    MISSING, label, "%s is missing." % row.keyword, row.remedy or 'Add "%s".' % row.keyword, row.keyword
                )
        return found

    def _by_row(self, path: str, data: Dict[Any, Any], label: object) -> Dict[Row, Any]:
        """The data by the rows of its keys; unknown keys are reported."""
        given: Dict[Row, Any] = {}
        keys = table.keys(path)
        for key, value in data.items():
            row = keys.get(key)
            if row is None:
                if key != RAW:
                    self._error(
                        UNKNOWN, label, 'unknown key "%s".' % key, _remedy_for_unknown(str(key), path), str(key)
                    )
            elif value is not None:
                if row in given and given[row] != value:
                    message = "%s is given by two names with different values." % row.keyword
                    self._error(DUPLICATE, label, message, "Keep one of them.", row.keyword)
                elif key != row.keyword:
                    message = "%s is another name of %s." % (key, row.keyword)
                    self._report(RENAMED, INFO, label, message, "Write %s." % row.keyword, row.keyword)
                given[row] = value
        return given

    def _value(self, row: Row, value: Any, label: object, level: int) -> Any:
        """The canonical value of one row, None when it is left out or wrong."""
        found = self._block(row, value, label, level) if row.type == BLOCK else self._checked(row, value, label, level)
        if found is None or (isinstance(found, (dict, list)) and not found):
            return None
        quiet = self.quiet.get(row)
        if quiet is None:
            quiet = self.quiet[row] = self._is_quiet(row)
        if quiet:
            return found
        if not self._known(row, label):
            return None
        if row.newest > self.knows and row.type != BLOCK and not self._dated(row, found, label):
            return None
        if row.deprecated:
            self._report(DEPRECATED, WARNING, label, "%s is deprecated." % row.keyword, row.deprecated, row.keyword)
        return found

    def _checked(self, row: Row, value: Any, label: object, level: int) -> Any:
        """The canonical value of a row that is no block; every bad item of a list is reported."""
        try:
            if not row.is_list:
                # only what cannot be changed can be remembered
                if isinstance(value, (str, int, float)):
                    return _scalar(row, value, level, self.is_literal)
                return _checked_and_tried(row, value, level)
            items = values.items(row, value)
        except BadValueError as problem:
            self._bad_value(row, label, problem)
            return None
        good = []
        for item in items:
            try:
                good.append(values.check_item(row, item))
                _try_lines(row, good[-1:], level)
            except BadValueError as problem:
                self._bad_value(row, label, problem, None if row.secret else str(item))
        return good

    def _is_quiet(self, row: Row) -> bool:
        """Whether nothing is to be said of a keyword with a good value: its version is right, and it is not out of use.

        What a block holds is asked about where that is read.
        """
        is_known = self.version is None or layout.spelling(row, self.version) is not None
        return is_known and not row.deprecated and (row.newest <= self.knows or row.type == BLOCK)

    def _known(self, row: Row, label: object) -> bool:
        """Whether the version knows the keyword; reported when not."""
        if self.version is None:
            return True
        if layout.spelling(row, self.version) is None:
            change = "came with" if row.since and self.version < row.since else "ended with"
            when = version_text((row.since if change == "came with" else row.until) or ())
            have = version_text(self.version)
            message = "%s %s keepalived %s, this is %s." % (row.keyword, change, when, have)
            self._error(VERSION, label, message, "Remove it or change the version of keepalived.", row.keyword)
            return False
        return True

    def _dated(self, row: Row, found: Any, label: object) -> bool:
        """Whether the version knows the value, for a block its data; reported when not."""
        known = True
        for item in found if row.is_list and isinstance(found, list) else (found,):
            for each in values.dated(row, item):
                known = self._knows(row, each, label, item) and known
        return known

    def _knows(self, row: Row, dated: Dated, label: object, item: Any) -> bool:
        own = dated in row.dated
        name = "%s %s" % (row.keyword, dated.what) if own else '%s "%s": %s' % (row.keyword, item, dated.what)
        entry = None if own else str(item)
        if dated.deprecated:
            message = "%s is deprecated." % name
            self._report(DEPRECATED, WARNING, label, message, dated.deprecated, row.keyword, entry)
        if self.version is None or self.version >= dated.since:
            return True
        message = "%s came with keepalived %s, this is %s."
        message %= (name, version_text(dated.since), version_text(self.version))
        remedy = dated.remedy or "Leave it out or change the version of keepalived."
        self._error(VERSION, label, message, remedy, row.keyword, entry)
        return False

    def _block(self, row: Row, value: Any, label: object, level: int) -> Any:
        if not row.repeatable:
            return self.section(row.path, value, _Label(label, row), level + 1)
        if not isinstance(value, (list, tuple)):
            remedy = "Write a dash before the first key."
            self._error(VALUE, _Label(label, row), "must be a list of dictionaries.", remedy)
            return None
        found: List[Dict[str, Any]] = []
        seen: Set[Tuple[str, ...]] = set()
        path, may_be_new = row.path, row.newest > self.knows
        for number, item in enumerate(value, 1):
            item_label = _Label(label, row, item, number)
            block = self.section(path, item, item_label, level + 1)
            if may_be_new:
                self._dated(row, block, item_label)
            found.append(block)
            if not row.heads:
                continue
            form = layout.head_form(row, block)
            if form is None:
                if isinstance(item, dict) and layout.head_form(row, item) is None:
                    self._error(MISSING, item_label, *_head_message(row, item))
                continue
            words = layout.form_words(row, form, block)
            try:
                layout.opening(row.spelled, words, level)
            except BadValueError as problem:
                self._bad_value(row, item_label, problem)
                continue
            identity = layout.identity(row, words, block)
            if identity and identity in seen:
                self._error(DUPLICATE, item_label, "is defined twice.", "Rename or remove one of them.")
            seen.add(identity)
        return found

    def _raw(
        self, path: str, value: Any, label: object, level: int, data: Dict[str, Any]
    ) -> List[layout.RawEntry]:
        entries = [value] if isinstance(value, (str, dict)) else value
        if not isinstance(entries, (list, tuple)) or not all(map(_is_raw, entries)):
            self._error(
                VALUE, label, "raw must be a list of text, or of dictionaries of text and before.",
                "Write every line or block after a dash, in quotes.", RAW
            )
            return []
        found: List[Tuple[layout.Place, layout.RawEntry]] = []
        places = layout.Places(path, data)
        for entry in entries:
            tidy = layout.tidy_raw(layout.raw_text(entry))
            wrong = _raw_problem(tidy, level)
            if wrong:
                self._error(VALUE, label, wrong, "", RAW)
            elif tidy:
                before = (entry.get(layout.BEFORE) or "") if isinstance(entry, dict) else ""
                canonical = layout.raw_entry(tidy, " ".join(before.split()))
                try:
                    found.append((places.of(canonical), canonical))
                except BadValueError as problem:
                    self._error(VALUE, label, "raw line: %s" % problem.message, problem.remedy, RAW)
        return [entry for _place, entry in sorted(found, key=itemgetter(0))]

    def _bad_value(self, row: Row, label: object, problem: BadValueError, entry: Optional[str] = None) -> None:
        message = "%s %s" % (row.keyword, problem.message)
        self._error(VALUE, label, message, problem.remedy or row.remedy, row.keyword, entry)

    def _error(
        self,
        identifier: str,
        label: object,
        message: str,
        remedy: str,
        keyword: Optional[str] = None,
        entry: Optional[str] = None,
    ) -> None:
        self._report(identifier, ERROR, label, message, remedy, keyword, entry)

    def _report(
        self,
        identifier: str,
        severity: str,
        label: object,
        message: str,
        remedy: str,
        keyword: Optional[str] = None,
        entry: Optional[str] = None,
    ) -> None:
        self.findings.append(Finding(identifier, severity, str(label), message, remedy, keyword=keyword, entry=entry))


def _is_raw(entry: Any) -> bool:
    """Whether an entry of raw is a text, or a dictionary of a text and of what it is written before."""
    if isinstance(entry, dict):
        return isinstance(entry.get(layout.TEXT), str) and set(entry) <= {layout.TEXT, layout.BEFORE} and \
            isinstance(entry.get(layout.BEFORE), (str, type(None)))
    return isinstance(entry, str)


def _may_hold(text: str, names: Set[str]) -> bool:
    """Whether a raw text has a line of one of the keywords, or one of which nobody knows what it is."""
    return first_word(text) in names or may_be_anything(text)


def may_be_anything(text: str) -> bool:
    """Whether nobody knows what a raw text is to the daemon: an include, a sequence, a definition used as a line."""
    word = first_word(text)
    return (word[:1] in ("$", "~") and "=" not in word) or is_include(word)


def _checked_and_tried(row: Row, value: Any, level: int) -> Any:
    """The canonical value of a row that is no list, None when it is left out. Raises BadValueError."""
    found = values.check(row, value)
    if found is not None:
        _try_lines(row, found, level)
    return found


@lru_cache(maxsize=REMEMBERED)
def _raw_problem(text: str, level: int) -> str:
    """What is wrong with a raw text as it is written at a level; the newline counts for the length of a line."""
    problems = parse("\n".join([*layout.raw_lines(text, level), ""])).problems
    return "raw line %d: %s." % (problems[0].line, problems[0].message) if problems else ""


@lru_cache(maxsize=REMEMBERED, typed=True)
def _scalar(row: Row, value: Any, level: int, _is_literal: bool) -> Any:
    return _checked_and_tried(row, value, level)


def _try_lines(row: Row, value: Any, level: int) -> None:
    """Write the value to see whether it can be written."""
    if row.place == BODY:
        layout.body_lines(row, value, level)
    elif row.place != HEAD:
        layout.keyword_lines(row, value, row.spelled, level)


def item_name(row: Row, name: str, item: Any, number: int) -> str:
    """The name of one block in messages: its head as it was given, else its place in the list."""
    if not isinstance(item, dict):
        return "%s (number %d)" % (name, number)
    form = layout.head_form(row, item) or ["<%s>" % key for key in layout.head_keys(row, item)]
    if not form:
        return "%s (number %d)" % (name, number)
    return " ".join([name, *(str(item[part[1:-1]]) if layout.is_key(part) else part for part in form)])


def _head_message(row: Row, item: Dict[str, Any]) -> Tuple[str, str]:
    """What is wrong with the keys of a block's head, and the remedy."""
    forms = [[part[1:-1] for part in form if layout.is_key(part)] for form in row.heads]
    if len(forms) > 1:
        either = ", or ".join(" and ".join(form) for form in forms)
        return "must have %s, and nothing of the others." % either, "Choose one of them."
    missing = [key for key in forms[0] if item.get(key) is None]
    return "%s is missing." % " and ".join(missing), "Add %s." % " and ".join('"%s"' % key for key in missing)


def _remedy_for_unknown(key: str, path: str) -> str:
    homes = table.homes(key)
    if homes:
        return "It belongs in %s." % " or ".join(home.replace("/", " ") or "the top level" for home in homes)
    match = table.nearest(key, path)
    if match:
        return 'Did you mean "%s"?' % match
    return "Remove it, or write the line below raw when your keepalived knows it."
