# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The check of data against the table: keys, types, ranges, words.

What several directives mean together is in rules.py.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, BadValueError, Finding

from . import table
from .directives import unknown
from .notation import entry, escaped, place
from .row import BLOCK, BLOCKS, HEAD, Row
from .values import KINDS

Data = Dict[str, Any]

# The blocks that may be a text in nginx's own notation.
_TEXTS = ("http/upstream/server", "stream/upstream/server")
# The object of findings about the whole file.
ROOT = "nginx.conf"
# By section, a key, and another one whose text may have it in front, as nginx has it.
_SPLIT = {"http/server/location": ("modifier", "uri", place), "http/log_format": ("escape", "format", escaped),
          "stream/log_format": ("escape", "format", escaped)}


def error(identifier: str, label: str, message: str, remedy: str, keyword: str) -> Finding:
    """Return one thing that is wrong with the block I(label)."""
    return Finding(identifier, ERROR, label, message, remedy, keyword=keyword)


def errors(findings: List[Finding]) -> List[str]:
    """Return the sentences of those that are no mere warnings."""
    return [str(finding) for finding in findings if finding.severity == ERROR]


def normalise(data: Any) -> Tuple[Data, List[Finding]]:
    """Return the canonical form of the data, and what is wrong with it, which is left out of the form.

    Canonical data has the types of the table, and no None and no empty list or dictionary. A server of an upstream is a
    dictionary, and the modifier of a location stands in C(modifier) alone. It is its own canonical form.
    """
    findings: List[Finding] = []
    return _section("", data, ROOT, findings), findings


def stated(data: Any) -> Any:
    """Return the data without the keys that are null, as which Ansible's modules have every key that is not given."""
    if isinstance(data, dict):
        return {key: stated(value) for key, value in data.items() if value is not None}
    return [stated(entry) for entry in data] if isinstance(data, list) else data


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


def _section(path: str, data: Any, name: str, findings: List[Finding]) -> Data:
    if not isinstance(data, dict):
        findings.append(error("bad-value", name, "must be a dictionary.", "Write keys and values below it.", ""))
        return {}
    known = table.rows(path)
    for key in data:
        if str(key) not in known:
            findings.append(error("unknown-key", name, 'unknown key "%s".' % key, unknown(path, str(key), data[key]),
                                  str(key)))
    found: Data = {}
    for row in table.SECTIONS[path]:
        given = data.get(row.key)
        if given is None or given in ([], {}):
            findings += _missing(row, row.key in data, given, name)
            continue
        try:
            value = (_blocks(path, row, given, name, findings) if row.kind in (BLOCK, BLOCKS) else
                     KINDS[row.kind].parse(row, given))
        except BadValueError as problem:
            findings.append(_bad(name, row.key, problem))
            continue
        if value not in ([], {}):
            found[row.key] = value
    if path in _SPLIT and _SPLIT[path][1] in found:
        _split(path, found, name, findings)
    return found


def _split(path: str, block: Data, name: str, findings: List[Finding]) -> None:
    """Let what may stand in front of a text stand in its own key alone."""
    own, key, split = _SPLIT[path]
    try:
        front, block[key] = split(block.get(own), block[key])
    except BadValueError as problem:
        findings.append(_bad(name, key, problem))
    else:
        block.update({own: front} if front else {})


def _bad(name: str, key: str, problem: BadValueError) -> Finding:
    return error("bad-value", name, "%s %s" % (key, problem.message), problem.remedy, key)


def _missing(row: Row, is_there: bool, given: Any, name: str) -> List[Finding]:
    """Return what is wrong with a key without a value, which is one that is not set, if that opens nothing."""
    if row.kind == HEAD and is_there and given is None:
        problem = BadValueError("is null, which YAML makes of ~ without quotes.",
                                'Write "~" in quotes%s.' % ("" if row.required else ", or leave the key out"))
    elif row.closes and is_there:
        problem = BadValueError("is %s, so it would have no effect." % ("null" if given is None else "empty"),
                                "Write a value, or leave the key out.")
    elif row.required:
        problem = BadValueError("is missing.", 'Add "%s".' % row.key)
        return [error("missing-key", name, "%s %s" % (row.key, problem.message), problem.remedy, row.key)]
    else:
        return []
    return [_bad(name, row.key, problem)]


def _as_list(path: str, given: Any) -> str:
    """Return how what is no list becomes one; a dictionary may have the names of the blocks as its keys."""
    rows = table.rows(path)
    head = next(row.key for row in rows.values() if row.required)
    if isinstance(given, dict) and not any(key in rows for key in given):
        return 'Begin each entry with -, such as "- %s: %s".' % (head, next(iter(given)))
    return "Begin each entry with -."


def _blocks(path: str, row: Row, given: Any, name: str, findings: List[Finding]) -> Any:
    inner = table.section(path, row.key)
    if row.kind == BLOCK:
        return _section(inner, given, row.key, findings)
    if inner in _TEXTS and isinstance(given, str):
        given = [given]
    if not isinstance(given, list):
        findings.append(error("bad-value", name, "%s must be a list." % row.key, _as_list(inner, given), row.key))
        return []
    blocks = [entry(table.rows(inner), block) if inner in _TEXTS and isinstance(block, str) else block
              for block in given]
    return [_section(inner, block, label(path, row.key, block, number, name), findings)
            for number, block in enumerate(blocks, 1)]
