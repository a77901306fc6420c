# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for definitions, conditions and includes.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from typing import Dict, Iterator, Set, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, WARNING

from .lines import SCRIPTS
from .model import split
from .text import Node, Remark, Text, text_rule

Remarks = Iterator[Remark]

# "$NAME" or "${NAME}"; group 1 is the brace, 2 the name, 3 what follows.
_REFERENCE = re.compile(r"\$(\{)?([A-Za-z_][A-Za-z0-9_]*)(?:\})?(.?)", re.DOTALL)
# What may follow "$NAME" for it to be replaced (lib/parser.c, replace_param).
_AFTER_NAME = ("", " ", "\t", ",", ")", "\r", "\n")
_QUOTED = re.compile(r'"[^"\n]*"')
_SEQUENCE_NAME = re.compile(r"\(\{?([^(){}]*?)(?:\}|,[^{]|\))")


@text_rule("definition-with-blank", ERROR, "keepalived reads no definition when a blank is before its =.",
           "lib/parser.c:2047")
def definition_with_blank(text: Text) -> Remarks:
    for node in text.others:
        if _is_split(node):
            yield (node, f"{node.statement.keyword} is not defined by this line.",
                   f"Write {node.statement.keyword}= without a blank before the sign.")


def _is_split(node: Node) -> bool:
    """Say whether a statement looks like ``$NAME = value``."""
    return node.statement.keyword.startswith("$") and "".join(node.statement.values[:1]).startswith("=")


@text_rule("definition-not-replaced", ERROR, "keepalived replaces $NAME only before a blank, a comma, a ) or the end.",
           "lib/parser.c:1898, run")
def definition_not_replaced(text: Text) -> Remarks:
    """``10.0.$N.1``, ``"x$P"`` and ``$X/24`` stay as they are, ``${N}`` is replaced everywhere."""
    defined = {name for name, _line in _definitions(text)}
    if not defined:
        return
    for node in text.nodes():
        for brace, name, following in _references(node):
            if not brace and name in defined and following not in _AFTER_NAME:
                yield node, f'"${name}{following}" is not replaced by the definition of {name}.', f"Write ${{{name}}}."


@text_rule("reference-opens-block", ERROR, "keepalived takes the brace of ${NAME} for that of a block, unless NAME is "
           "defined above.", "lib/parser.c:1898, 2780, run")
def reference_opens_block(text: Text) -> Remarks:
    """What stands behind the reference is read as the content of a block, and its } closes the block around it."""
    for node, name, in_block in _undefined(text):
        if in_block:
            yield (node, f"${{{name}}} is not defined above, so its brace opens a block.",
                   f"Write a line ${name}= before, or correct the name.")


@text_rule("definition-missing", WARNING, "keepalived leaves $NAME as it is as long as that is not defined.",
           "lib/parser.c:1898, run")
def definition_missing(text: Text) -> Remarks:
    """A definition holds from its line on, in the files that are included later, too."""
    for node, name, in_block in _undefined(text):
        if not in_block:
            yield (node, f"${name} is not defined above, so it stays as it is.",
                   f"Write a line ${name}= before, or correct the name.")


def _undefined(text: Text) -> Iterator[Tuple[Node, str, bool]]:
    """Iterate over (node, name, whether its brace is that of a block) of references that the daemon leaves."""
    if "$" not in text.source or any(node.statement.kind == "include" for node in text.others):
        return
    lines: Dict[str, int] = {}
    for name, line in _definitions(text):
        lines.setdefault(name, line)
    sequences = {name for node in text.others if node.statement.kind == "sequence" for name in _sequence_names(node)}
    for node in text.nodes():
        if node.statement.kind in ("definition", "sequence") or _is_split(node):
            continue
        is_script = node.row is not None and node.row.type in SCRIPTS
        bare = _QUOTED.sub("", node.statement.head) if is_script or '"' in node.statement.head else ""
        for brace, name, following in _references(node):
            # a lone $NAME in the middle of a word may be meant
            if name.startswith("_") or name in sequences or (not brace and following not in _AFTER_NAME):
                continue
            in_block = bool(brace) and (not bare or f"${{{name}}}" in bare)
            if lines.get(name, node.statement.line + 1) > node.statement.line and (in_block or not is_script):
                yield node, name, in_block


@text_rule("definition-of-itself", ERROR, "keepalived never ends replacing a definition that leads back to itself.",
           "lib/parser.c:1898, run")
def definition_of_itself(text: Text) -> Remarks:
    """It is replaced where it is used, by the value in force there: ``$A=${A}0`` does not add to the former value."""
    values: Dict[str, Set[str]] = {}
    for node in text.others:
        if node.statement.kind == "definition":
            own = node.statement.keyword[1:]
            values[own] = {name for brace, name, following in _references(node) if brace or following in _AFTER_NAME}
            if own in _leads_to(own, values):
                yield (node, f"${own} leads back to itself, and keepalived hangs where it is used, or misreads braces.",
                       "Write the value, or another name.")


def _leads_to(name: str, values: Dict[str, Set[str]]) -> Set[str]:
    """Return the names that come up while a definition is replaced."""
    found: Set[str] = set()
    waiting = [name]
    while waiting:
        new = values.get(waiting.pop(), set()) - found
        found |= new
        waiting.extend(new)
    return found


def _definitions(text: Text) -> Iterator[Tuple[str, int]]:
    """Iterate over (name, line) of the definitions."""
    for node in text.others:
        if node.statement.kind == "definition":
            yield node.statement.keyword[1:], node.statement.line


def _references(node: Node) -> Iterator[Tuple[str, str, str]]:
    """Iterate over (brace, name, the character behind) of what looks like the use of a definition."""
    head = node.statement.head
    if "$" in head:
        start = head.find("=") if node.statement.kind == "definition" else 0
        for found in _REFERENCE.finditer(head, start):
            yield found.group(1) or "", found.group(2), found.group(3)


def _sequence_names(node: Node) -> Set[str]:
    found = _SEQUENCE_NAME.search(node.statement.keyword)
    return {name.strip() for name in found.group(1).split(",")} if found else set()


@text_rule("condition-alone", WARNING, "A condition holds for the text behind it in its line, not for a block.",
           "lib/parser.c, run")
def condition_alone(text: Text) -> Remarks:
    for node in text.others:
        condition = node.statement.condition
        if condition is not None and not node.statement.keyword:
            sign = "@^" if condition[0] else "@"
            yield (node, f"{sign}{condition[1]} has nothing behind it in its line.",
                   "Write it before every line it is for.")


@text_rule("condition-of-one-line", ERROR, "A condition holds for the first line of a definition of several lines.",
           "lib/parser.c, run")
def condition_of_one_line(text: Text) -> Remarks:
    """On the other hosts the further lines are read where they stand."""
    for node in text.others:
        statement = node.statement
        if statement.condition is not None and statement.kind == "definition" and "\n" in statement.head.strip():
            yield (node, f"other hosts than those of the condition read the further lines of {statement.keyword}.",
                   "Write the definition without a condition, and the condition before each line that uses it.")


@text_rule("include-quoted", ERROR, "keepalived takes the quotes around the path of an include for a part of it.",
           "lib/parser.c:2460, run")
def include_quoted(text: Text) -> Remarks:
    for node in text.others:
        if node.statement.kind == "include" and '"' in node.statement.values[0]:
            yield node, "the quotes are a part of the path, so no file is found.", "Write the path without quotes."


@text_rule("include-several", ERROR, "keepalived takes several paths behind include for one with blanks in it.",
           "lib/parser.c:2460, run")
def include_several(text: Text) -> Remarks:
    for node in text.others:
        if node.statement.kind == "include" and '"' not in node.statement.values[0] and \
                len(split(node.statement.values[0])) > 1:
            yield node, "include takes one path, with the blanks it finds.", "Write one include for each file."


@text_rule("include-of-itself", ERROR, "keepalived includes a file into itself until it has no more file handles.",
           "lib/parser.c:2331, run")
def include_of_itself(text: Text) -> Remarks:
    """Paths are relative to the directory of the file that includes."""
    own = posixpath.normpath(text.document.path)
    for node in text.others:
        if node.statement.kind == "include":
            path = posixpath.normpath(posixpath.join(posixpath.dirname(own), node.statement.values[0]))
            if posixpath.dirname(path) == posixpath.dirname(own) and fnmatch.fnmatchcase(own, path):
                yield node, f"{node.statement.values[0]} is this file itself.", "Move what is to be included elsewhere."
