# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for the words of one line: missing ones, surplus ones, and what becomes of their characters.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import Iterator, List, Optional

from ansible_collections.openvip.cluster.plugins.module_utils._conf import lexer
from ansible_collections.openvip.cluster.plugins.module_utils._conf.quote import split_script
from ansible_collections.openvip.cluster.plugins.module_utils._schema import table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, INFO, WARNING
from ansible_collections.openvip.cluster.plugins.module_utils._schema.kinds import FALSE
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import (
    BOOL,
    DECIMAL,
    ENUM,
    FLAG,
    INT,
    INTERFACE,
    IP,
    PATH,
    SCRIPT,
    SCRIPT_USER,
    STRING,
    Row,
    Version,
)

from .text import Node, Remark, Text, text_rule

Remarks = Iterator[Remark]

NUMBERS = (INT, DECIMAL)
ONE_VALUE = (INT, DECIMAL, BOOL, ENUM, IP, INTERFACE, STRING, PATH)
SCRIPTS = (SCRIPT, SCRIPT_USER)
# What a comment sign may cut off unseen.
_TEXTS = (STRING, PATH, SCRIPT, SCRIPT_USER)
_UNIT = re.compile(r"[+-]?[0-9.]+(?:[a-zA-Zµ]+)\Z")
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\$?\Z|[0-9]+\Z")


@text_rule("missing-value", ERROR, "keepalived ends when a keyword lacks its value, on a reload too.",
           "lib/parser.c:420")
def missing_value(text: Text) -> Remarks:
    """It exits with status 2 at once, reads nothing of what follows, and leaves the address where it was."""
    for node in text.uneven:
        row = node.row
        if row and row.type not in (FLAG, BOOL) and not row.optional and not node.statement.values:
            yield (node, f"{node.statement.keyword} has no value: keepalived would end.",
                   "Add the value, or remove the line.")


@text_rule("surplus-words", WARNING, "keepalived ignores words behind the value of a keyword, without a word.",
           "run: config test")
def surplus_words(text: Text) -> Remarks:
    for node in text.uneven:
        if _surplus(node) and not _swallowed(node):
            yield (node, f"{node.statement.keyword} takes one value, the words behind it are ignored.",
                   "Remove them, or put a value with blanks in double quotes.", node.statement.words[2])


@text_rule("keyword-swallowed", ERROR, "keepalived reads one keyword per line and ignores the others in it.",
           "run: dump of the configuration")
def keyword_swallowed(text: Text) -> Remarks:
    """That holds behind a brace as well: ``{ state BACKUP interface eth0`` sets the state only."""
    for node in text.uneven:
        word = _swallowed(node)
        if word:
            yield (node, f"{word} stands in the line of {node.statement.keyword} and is ignored.",
                   f"Give {word} a line of its own.")


def _surplus(node: Node) -> bool:
    return node.row is not None and node.row.type in ONE_VALUE and len(node.statement.values) > 1


def _swallowed(node: Node) -> str:
    """Return the first keyword of the same block among the words that are ignored, or ""."""
    row = node.row
    if row is None or row.type not in (*ONE_VALUE, FLAG) or len(node.statement.values) < (1 if row.type == FLAG else 2):
        return ""
    ignored = node.statement.values if row.type == FLAG else node.statement.values[1:]
    return next((word for word in ignored if table.find_word(word, node.section)), "")


@text_rule("off-switches-on", ERROR, 'keepalived does not read the word behind a flag: "off" switches it on.',
           "core/global_parser.c, run")
def off_switches_on(text: Text) -> Remarks:
    """keepalived 2.3.0 and newer read the word behind vrrp_strict and vrrp_skip_check_adv_addr."""
    for node in text.lines:
        row = node.row
        if row is None or row.type != FLAG:
            continue
        keyword, values = node.statement.keyword, node.statement.values
        if values and values[0] in FALSE and not _reads_off(row, text.version):
            yield node, f'"{keyword} {values[0]}" switches {keyword} on.', "Remove the line."


def _reads_off(row: Row, version: Optional[Version]) -> bool:
    """Say whether keepalived reads the word behind a flag; no version is the newest."""
    return row.off_since is not None and (version is None or version >= row.off_since)


@text_rule("unit-suffix", ERROR, "keepalived takes a number with a unit for microseconds, or ignores it.",
           "lib/parser.c:546, run: dump of the configuration")
def unit_suffix(text: Text) -> Remarks:
    """``preempt_delay 60s`` is reported as an invalid number and then stored as 60 microseconds."""
    for node in text.lines:
        row = node.row
        if row is None or row.type not in NUMBERS:
            continue
        values = node.statement.values
        if values and not values[0].isdigit() and _UNIT.match(values[0]):
            fate = "is stored as microseconds" if row.type == DECIMAL else "is ignored"
            unit = f" of {row.unit}" if row.unit else ""
            yield node, f'{node.statement.keyword} "{values[0]}" has a unit and {fate}.', f"Write a plain number{unit}."


@text_rule("script-arguments-dropped", ERROR, "keepalived drops the arguments of a command that is not in quotes.",
           "lib/notify.c (set_script_params_array), run")
def script_arguments_dropped(text: Text) -> Remarks:
    """Only the first word is taken. Nothing is said about the others."""
    for node in text.uneven:
        if node.row and node.row.type == SCRIPT and len(node.statement.values) > 1 and len(_script_words(node)) > 1:
            yield (node, f"{node.statement.keyword} has arguments outside of its quotes, which are dropped.",
                   "Put the whole command line in double quotes.")


@text_rule("script-arguments-as-user", ERROR, "keepalived takes the words behind a notify command for user and group.",
           "lib/notify.c:1259 of 2.3.0")
def script_arguments_as_user(text: Text) -> Remarks:
    """When there is no such user the command is not run, which only the log says."""
    for node in text.uneven:
        if node.row and node.row.type == SCRIPT_USER and len(node.statement.values) > 1:
            rest = _script_words(node)[1:]
            if len(rest) > 2 or any(not _USER.match(word) for word in rest):
                yield (node, f"{node.statement.keyword} has words behind its command, which are taken for user and "
                       "group.", "Put the command and its arguments in double quotes.")


@text_rule("script-user-ends-test", INFO, "The config-test of 2.2.5 to 2.2.7 ends itself when a script has a user.",
           "lib/notify.c of 2.2.7, fixed in 2.2.8")
def script_user_ends_test(text: Text) -> Remarks:
    """``keepalived --config-test`` sends itself SIGTERM and says nothing. The daemon reads the file all right."""
    if text.version is None or not (2, 2, 5) <= text.version <= (2, 2, 7):
        return
    for node in text.uneven:
        if node.row and node.row.type == SCRIPT_USER and len(node.statement.values) > 1:
            words = _script_words(node)
            if 1 < len(words) < 4 and words[1] != "root" and all(_USER.match(word) for word in words[1:]):
                yield (node, f"{node.statement.keyword} with a user makes this version's config-test end itself.",
                       "Name the user in script_user, or test with a newer keepalived.")


def _script_words(node: Node) -> List[str]:
    try:
        return split_script(node.statement.arguments)
    except ValueError:
        return []


@text_rule("comment-in-word", ERROR, "keepalived begins a comment at every # and ! outside of double quotes.",
           "lib/parser.c:2188, run: dump of the configuration")
def comment_in_word(text: Text) -> Remarks:
    """``auth_pass ab#cd`` is the password ``ab``, and a backslash before the sign does not help."""
    if "#" not in text.source and "!" not in text.source:
        return
    lines = [node for node in text.lines if node.row and node.row.type in _TEXTS]
    for node in [*lines, *text.entries]:
        head = node.statement.head
        if "#" not in head and "!" not in head:
            continue
        end = lexer.code_end(head)
        # a backslash before the sign is dropped with it
        if 0 < end < len(head) and head[end] in "#!\\" and head[end - 1] not in lexer.WHITE + '{}"':
            sign = "!" if "!" in head[end:end + 2] else "#"
            yield (node, f'{node.statement.keyword} is cut off before "{sign}".',
                   "Put the word in double quotes, or a blank before the comment.")


@text_rule("single-quotes", WARNING, "keepalived takes single quotes for a part of the value, except in commands.",
           "lib/parser.c, run")
def single_quotes(text: Text) -> Remarks:
    for node in text.lines if "'" in text.source else ():
        values = node.statement.values
        if "'" in node.statement.head and node.row and node.row.type not in SCRIPTS and values \
                and values[0].startswith("'"):
            yield (node, f"the single quotes are a part of the value of {node.statement.keyword}.",
                   "Use double quotes, or none.")
