# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The check of data against the table: keys, types, ranges, words.

What several directives mean together is in rules.py.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, List, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, BadValueError, Finding
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import (
    did_you_mean,
    in_range,
    one_of,
    to_int,
)

from . import table
from .row import (
    ALLOWED,
    BARE,
    BLOCK,
    BLOCKS,
    CONTENT,
    FLAG,
    GROUPS,
    HEADERS,
    INTEGER,
    LINES,
    LOGS,
    NAMES,
    RAW,
    SIZE,
    TIME,
    WORDS,
    Row,
)
from .text import fault

Data = Dict[str, Any]

# The object of findings about the whole file.
ROOT = "nginx.conf"
# A name is part of the name of a file, and of a zone of shared memory.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\Z")
# ngx_parse_time and ngx_parse_size of src/core/ngx_parse.c
_TIME = re.compile(r"([0-9]+(ms|[yMwdhms])?\s*)+\Z")
_SIZE = re.compile(r"[0-9]+[kKmMgG]?\Z")
_RAW_ROW = Row(RAW, RAW, "")
_TRUTH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def error(identifier: str, label: str, message: str, remedy: str, keyword: str) -> Finding:
    """Return one thing that is wrong with the block I(label)."""
    return Finding(identifier, ERROR, label, message, remedy, keyword=keyword)


def errors(findings: List[Finding]) -> List[str]:
    """Return the sentences of those that are no mere warnings."""
    return [str(finding) for finding in findings if finding.severity == ERROR]


def normalise(data: Any) -> Tuple[Data, List[Finding]]:
    """Return the canonical form of the data, and what is wrong with it, which is left out of the form.

    Canonical data has the types of the table, and no None and no empty list or dictionary.
    """
    findings: List[Finding] = []
    return _section("", data, ROOT, findings), findings


def label(path: str, key: str, block: Any, number: int, parent: str) -> str:
    """Return what messages call a block: ``upstream web``, ``server www: location /``, ``stream server dns``.

    :param path: the section that it stands in.
    :param number: its place among its kin, from 1, for one without a name.
    """
    heads = ("name", "modifier", "uri", "address", "group")
    named = [str(block[head]) for head in heads if isinstance(block, dict) and block.get(head)]
    own = " ".join([key, *(named or ["number %d" % number])])
    if path in ("", "http"):
        return own
    return "stream " + own if path == "stream" else "%s: %s" % (parent, own)


def _unknown(name: str, key: str, known: List[str]) -> Finding:
    remedy = did_you_mean(key, known, "Known are: %s." % ", ".join(known))
    if RAW in known:
        remedy += " Other directives of nginx are written in raw."
    return error("unknown-key", name, 'unknown key "%s".' % key, remedy, key)


def _section(path: str, data: Any, name: str, findings: List[Finding]) -> Data:
    if not isinstance(data, dict):
        findings.append(error("bad-value", name, "must be a dictionary.", "Write keys and values below it.", ""))
        return {}
    known = [row.key for row in table.SECTIONS[path]] + [RAW] * (path in table.RAW_SECTIONS)
    findings += [_unknown(name, str(key), known) for key in data if key not in known]
    found: Data = {}
    every = table.SECTIONS[path] + (_RAW_ROW,) * (RAW in known)
    for row in every:
        given = data.get(row.key)
        if given is None or given in ([], {}):
            if row.required:
                findings.append(error("missing-key", name, "%s is missing." % row.key, 'Add "%s".' % row.key, row.key))
        elif row.kind in (BLOCK, BLOCKS):
            block = _blocks(path, row, given, name, findings)
            if block:
                found[row.key] = block
        else:
            try:
                found[row.key] = _value(row, given)
            except BadValueError as problem:
                message = "%s %s" % (row.key, problem.message)
                findings.append(error("bad-value", name, message, problem.remedy, row.key))
    return found


def _blocks(path: str, row: Row, given: Any, name: str, findings: List[Finding]) -> Any:
    inner = table.section(path, row.key)
    if row.kind == BLOCK:
        return _section(inner, given, name if path else row.key, findings)
    if not isinstance(given, list):
        findings.append(error("bad-value", name, "%s must be a list." % row.key, "Begin each entry with -.", row.key))
        return []
    return [_section(inner, block, label(path, row.key, block, number, name), findings)
            for number, block in enumerate(given, 1)]


def _texts(given: Any, convert: Callable[[str], str]) -> List[str]:
    """Return the entries of a list; one text alone is a list, too, as Ansible has it."""
    entries = given if isinstance(given, list) else [given]
    for entry in entries:
        if isinstance(entry, (dict, list)) or entry is None:
            raise BadValueError("must be a list of texts.", "Begin each entry with -.")
    return [convert(str(entry)) for entry in entries]


def _words(text: str) -> str:
    problem = fault(text)
    if problem:
        raise BadValueError('%s: "%s".' % (problem, text), "Write the parameters of one directive, or use raw.")
    return text.strip()


def _one_line(text: str) -> str:
    if not text or "\n" in text or "\r" in text:
        raise BadValueError("must be one line of text.", "Remove line breaks.")
    return text


def _truth(given: Any) -> bool:
    if isinstance(given, bool):
        return given
    if str(given).lower() not in _TRUTH:
        raise BadValueError('must be true or false, got "%s".' % given)
    return _TRUTH[str(given).lower()]


def _integer(row: Row, given: Any) -> int:
    number = to_int(str(given))
    in_range(number, row.minimum, row.maximum)
    return number


def _headers(given: Any) -> Dict[str, str]:
    if not isinstance(given, dict):
        raise BadValueError("must be a dictionary of headers.", "Write name and value of each.")
    return {_words(str(name)): "" if value in ("", None) else _one_line(str(value)) for name, value in given.items()}


def _matching(pattern: Any, given: str, like: str) -> str:
    if not pattern.match(given):
        raise BadValueError('must be %s, got "%s".' % (like, given))
    return given


def _value(row: Row, given: Any) -> Any:
    """Return the canonical value. Raises BadValueError."""
    if row.kind in (FLAG, BARE):
        return _truth(given)
    if row.kind == INTEGER:
        return _integer(row, given)
    if row.kind == HEADERS:
        return _headers(given)
    if row.kind in (ALLOWED, LINES, LOGS):
        return _texts(given, _words)
    if row.kind == RAW:
        return _texts(given, str)
    if row.kind in (NAMES, GROUPS):
        return _texts(given, _one_line)
    # YAML makes a boolean of on and off
    text = {True: "on", False: "off"}.get(given, given) if isinstance(given, bool) else given
    if isinstance(text, (dict, list)):
        raise BadValueError("must be text.", "Write it on one line.")
    return _text(row, str(text))


def _text(row: Row, text: str) -> str:
    if row.kind == CONTENT:
        return text
    if row.choices:
        one_of(*row.choices)(text)
    if row.key == "name":
        return _matching(_NAME, text, "letters, digits, _, - and .")
    if row.kind == TIME:
        return _matching(_TIME, text, "a time such as 10s")
    if row.kind == SIZE:
        return _matching(_SIZE, text, "a size such as 64k")
    return _words(text) if row.kind == WORDS else _one_line(text)
