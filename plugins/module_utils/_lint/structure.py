# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for keywords and blocks: what is not known, stands at the wrong place, twice or too early.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import Word, parse
from ansible_collections.openvip.cluster.plugins.module_utils._schema import layout, table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, INFO, WARNING
from ansible_collections.openvip.cluster.plugins.module_utils._schema.order import FOLLOWERS, TRACKED

from .model import Block, Configuration
from .registry import Said, rule
from .text import Node, Remark, Text, text_rule

Remarks = Iterator[Remark]

# A message names so many blocks that know a keyword.
MOST_HOMES = 3


def _homes(node: Node) -> List[str]:
    """Return the names of the blocks that know the keyword of a node; none for one that once was known here."""
    word = node.statement.keyword
    if any(word in row.former for row in table.rows(node.section).values()):
        return []
    return [home.replace("/", " ") or "the top level" for home in table.homes(word)
            if table.find_word(word, home)]


def _meant(node: Node) -> str:
    row = table.find(table.nearest(node.statement.keyword, node.section) or "", node.section)
    return f'Did you mean "{row.spelled}"?' if row else "Remove it."


@text_rule("unknown-key", ERROR, "keepalived ignores the line of an unknown keyword.", "lib/parser.c:3098")
def unknown_key(text: Text) -> Remarks:
    """What the line was meant to set keeps its default. The daemon says so in its log and runs."""
    for node in text.unknown:
        if not node.statement.has_block and not _homes(node):
            yield node, f'unknown keyword "{node.statement.keyword}": the line is ignored.', _meant(node)


@text_rule("unknown-block", ERROR, "keepalived reads the lines of an unknown block as lines of the block around it.",
           "lib/parser.c:3036")
def unknown_block(text: Text) -> Remarks:
    """Its closing brace then closes the block around it: the rest of that is lost or read at the wrong level."""
    for node in text.unknown:
        if node.statement.has_block and not _homes(node):
            around = node.home if node.parent else "the file"
            yield (node, f'unknown block "{node.statement.keyword}": its lines count for {around}, and its "}}" ends '
                   "that.", _meant(node))


@text_rule("wrong-level", ERROR, "keepalived does not know a keyword outside of its own block.", "lib/parser.c:3098")
def wrong_level(text: Text) -> Remarks:
    """To the daemon it is an unknown keyword. Mostly a brace is missing or at the wrong place."""
    for node in text.unknown:
        homes = _homes(node)
        if homes:
            here = node.home if node.parent else "the top level"
            yield (node, f"{node.statement.keyword} is unknown in {here} and ignored.",
                   f"Move it to {' or '.join(homes[:MOST_HOMES])}, and look at the braces before it.")


@text_rule("missing-brace", ERROR, "keepalived does not read a block that has no {.", "run: config test")
def missing_brace(text: Text) -> Remarks:
    """What follows is read at the level of the keyword, or is taken for a part of the next block."""
    for node in text.blocks:
        if not node.statement.has_block:
            yield (node, f"{node.statement.keyword} has no block.",
                   "Write { behind it, and } behind the last line of it.")


@text_rule("needless-brace", ERROR, "keepalived ignores a { behind a keyword that has no block.", "lib/parser.c:3036")
def needless_brace(text: Text) -> Remarks:
    """The } then closes the block around it."""
    for node in [*text.lines, *text.entries]:
        if node.statement.has_block:
            yield node, f"{node.statement.keyword} takes no block.", "Remove the braces, or put { in double quotes."


@text_rule("last-one-wins", WARNING, "Of a keyword that stands twice keepalived takes the last line, without a word.",
           "run: dump of the configuration")
def last_one_wins(text: Text) -> Remarks:
    for first, again in text.repeated:
        if again.row and not again.row.first_wins and again.row.keyword != "state":
            yield (again, f"{again.statement.keyword} is also in line {first.statement.line}, which has no effect.",
                   "Remove one of the two.")


@text_rule("first-one-wins", WARNING, "Of scripts and some other keywords that stand twice keepalived takes the first.",
           "vrrp/vrrp_parser.c:1113")
def first_one_wins(text: Text) -> Remarks:
    for first, again in text.repeated:
        if again.row and again.row.first_wins:
            yield (again, f"{again.statement.keyword} is already in line {first.statement.line}: this one is ignored.",
                   "Remove one of the two.")


@text_rule("state-twice", WARNING, "keepalived does not take back a state MASTER.", "vrrp/vrrp_parser.c:796")
def state_twice(text: Text) -> Remarks:
    """``state BACKUP`` behind ``state MASTER`` is ignored with a message, the other way round MASTER counts."""
    for first, again in text.repeated:
        if again.row and again.row.keyword == "state":
            yield (again, f"state is also in line {first.statement.line}: of the two MASTER counts.",
                   "Remove one of the two.")


@text_rule("used-before-definition", ERROR, "keepalived does not know yet what is defined further down.",
           "vrrp/vrrp_track.c:214")
def used_before_definition(text: Text) -> Remarks:
    """Nothing is tracked then: the instance never fails. The daemon says so and runs."""
    lines = _definitions(text)
    for node in text.entries:
        section = TRACKED.get(node.row.keyword, ("", 0))[0] if node.row else ""
        name = node.statement.keyword
        line = lines.get((section, name), 0)
        if line > node.statement.line and node.parent:
            yield (node, f"{node.parent.statement.keyword} {name} stands before {section} {name} (line {line}), so it "
                   "is not watched.", f"Move {section} {name} above {node.home.rpartition(' ')[0]}.")


@text_rule("order-matters", WARNING, "keepalived ignores some keywords before the one that they belong to.",
           "check/check_parser.c:353, 641")
def order_matters(text: Text) -> Remarks:
    for node in text.lines:
        leader = FOLLOWERS.get(node.statement.keyword)
        if leader is None or node.parent is None:
            continue
        for other in node.parent.statement.statements():
            row = table.find_word(other.keyword, node.section)
            if row and row.keyword == leader and other.line > node.statement.line:
                yield (node, f"{node.statement.keyword} stands before {other.keyword} and is ignored.",
                       f"Move it below {other.keyword}.")
                break


def _definitions(text: Text) -> Dict[Tuple[str, str], int]:
    """Return the first line in which each named block of the top level begins, by section and name."""
    lines: Dict[Tuple[str, str], int] = {}
    for node in text.blocks:
        if node.parent is None and node.row and node.statement.values:
            lines.setdefault((node.row.keyword, node.statement.values[0]), node.statement.line)
    return lines


@text_rule("renamed-key", INFO, "keepalived still reads the old name of a keyword, and warns about some.",
           "core/global_parser.c, vrrp/vrrp_parser.c: deprecated names")
def renamed_key(text: Text) -> Remarks:
    for node in [*text.blocks, *text.lines]:
        keyword, newest = node.statement.keyword, node.row.spelled if node.row else None
        if keyword != newest and node.row and layout.spelling(node.row, text.version) == newest:
            yield node, f"{keyword} is another, mostly older name of {newest}.", f"Write {newest}."


@text_rule("smtp-host-hangs", ERROR, "keepalived 2.3.0 to 2.3.3 reads a host block in SMTP_CHECK without end.",
           "check/check_smtp.c, run; mended in 2.3.4")
def smtp_host_hangs(text: Text) -> Remarks:
    """The daemon and its config-test fill the log and never come to the next line."""
    if text.version is None or not (2, 3, 0) <= text.version <= (2, 3, 3):
        return
    for node in text.blocks:
        if node.row and node.row.path.endswith("SMTP_CHECK/host"):
            yield (node, "this version never ends to read a host block.",
                   "Write its lines into SMTP_CHECK itself, one SMTP_CHECK for each host.")


# Blocks that keepalived leaves out when more than a name stands before their brace.
ONE_NAME = ("vrrp_instance", "vrrp_sync_group")


@text_rule("name-of-several-words", ERROR, "keepalived leaves out an instance or sync group with a name of two words.",
           "run: config test")
def name_of_several_words(text: Text) -> Remarks:
    """It says that the block must have a name."""
    for node, words in text.surplus():
        if node.statement.keyword in ONE_NAME:
            yield (node, f'"{_shown(words)}" stands behind the name, so the block is left out.',
                   "Remove it, or put a name with blanks in double quotes.", words[0])


@text_rule("surplus-name", WARNING, "keepalived ignores words before the brace of most blocks, without a word.",
           "run: config test")
def surplus_name(text: Text) -> Remarks:
    for node, words in text.surplus():
        if node.statement.keyword not in ONE_NAME:
            yield (node, f'"{_shown(words)}" before the brace of {node.statement.keyword} is ignored.',
                   "Remove it, or put a name with blanks in double quotes.", words[0])


@rule("include-matches-nothing", WARNING, "keepalived goes on without what an include does not find.",
      "lib/parser.c:2460, run", *table.sections())
def include_matches_nothing(configuration: Configuration, block: Block) -> Said:
    """Before 2.2 it says nothing. A pattern may find none, as long as its directory is there."""
    for statement in block.statements:
        path = statement.values[0] if statement.kind == "include" else None
        if path is not None and path in configuration.host.get("missing_includes", ()):
            yield f"there is no file {path} to include.", \
                  "Write the file before the configuration, or correct the path.", statement.keyword, path


def without_surplus(text: Text) -> Text:
    """Return the text with blanks for the words that surplus-name is about: every place stays the same.

    What stands in such a block keepalived reads, so it is judged as if they were not there.
    """
    surplus = [word for node, words in text.surplus() if node.statement.keyword not in ONE_NAME for word in words]
    if not surplus:
        return text
    lines = text.source.split("\n")
    for word in surplus:
        line, start = lines[word.line - 1], word.column - 1
        lines[word.line - 1] = line[:start] + " " * len(word.text) + line[start + len(word.text):]
    source = "\n".join(lines)
    return Text(parse(source, text.document.path), source, text.version)


def _shown(words: List[Word]) -> str:
    return " ".join(word.value for word in words)
