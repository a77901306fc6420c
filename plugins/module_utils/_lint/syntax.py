# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for what the tree itself finds: characters, quotes, braces.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any, Iterator, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import Problem, Statement
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR

from .text import Node, Remark, Text, text_rule

PARSER = "lib/parser.c, run"


def _remarks(text: Text, phrases: Tuple[str, ...]) -> Iterator[Remark]:
    """Yield the problems of the tree whose message has one of the phrases."""
    for problem in text.document.problems:
        if any(phrase in problem.message for phrase in phrases):
            yield remark(problem)


def remark(problem: Problem) -> Remark:
    """Return what a problem of the tree says, in the form of a rule."""
    message, _semicolon, remedy = problem.message.partition("; ")
    return Node(Statement("", problem.line), "", None, None), message + ".", _sentence(remedy or "Correct it"), problem


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."


def _problem_rule(identifier: str, summary: str, explanation: str, *phrases: str, source: str = PARSER) -> None:
    def check(text: Text) -> Iterator[Any]:
        return _remarks(text, phrases)

    check.__doc__ = explanation
    PHRASES[identifier] = phrases
    text_rule(identifier, ERROR, summary, source)(check)


# By id: what the messages of the tree's problems have in them.
PHRASES: dict[str, Tuple[str, ...]] = {}

_problem_rule(
    "block-not-closed", "keepalived reads on in the block to the end of the file.",
    "Everything behind it, other blocks too, is taken for a part of the block. The daemon says so and runs with what "
    "it made of that.", "is not closed; add the missing '}'")
_problem_rule(
    "brace-closes-nothing", "keepalived takes a surplus } for an unknown keyword.",
    "Mostly a block before it was closed too early, and its last lines were read at the wrong level.",
    "'}' closes no block")
_problem_rule(
    "brace-without-keyword", "keepalived ignores a { without a keyword and reads what follows at the same level.",
    "The } of that block then closes the block around it.", "'{' follows no keyword")
_problem_rule(
    "condition-splits-block", "With another configuration id only one brace of the block is read.",
    "A condition (@id) holds for its own line only, so each line of a block needs it, or none.",
    "does not begin and end under the same condition")
_problem_rule(
    "quote-not-closed", "A double quote that is not closed ends keepalived when it belongs to a script.",
    "Quotes cannot go on in the next line. In the line of a script the config-test ends by signal 11, and the daemon's "
    "VRRP process crashes and is started again for ever.", "double quote is not closed")
_problem_rule(
    "brace-in-quotes", "keepalived finds a brace behind a protected quote although it is inside of quotes.",
    "It pairs the double quotes before it removes the backslashes.", "keepalived finds a brace after")
_problem_rule(
    "unicode-space", "keepalived takes a no-break space and its like for a part of the word.",
    "Texts copied from web pages are full of them. Every line of such a block is an unknown keyword, and the daemon "
    "runs without the instance. The findings on the rest of the file say what holds when they are plain spaces.",
    "is no space for keepalived", source="lib/parser.c, run: a tutorial's file")
_problem_rule(
    "byte-order-mark", "keepalived takes a byte order mark for a part of the first word.",
    "The first keyword is then unknown.", "byte order mark")
_problem_rule(
    "nul-byte", "keepalived ignores the rest of a line behind a NUL byte.", "Nothing is said about it.", "NUL byte")
_problem_rule(
    "carriage-return", "keepalived reads on in the same line behind a lone carriage return.",
    "Lines may end with a newline, or with a carriage return and a newline.", "carriage return inside a line")
_problem_rule(
    "line-too-long", "keepalived reads a line of more than 1023 bytes as two lines.",
    "Inside of quotes the program ends by signal 11 instead.", "line is longer than",
    source="lib/parser.h (MAXBUF), run")
_problem_rule(
    "include-without-file", "keepalived takes include without a path for an unknown keyword.",
    "No file is read.", "names no file")
_problem_rule(
    "sequence-broken", "keepalived cannot repeat a sequence that is not complete in its line.",
    "~SEQ and ~LST repeat the line they stand in. A block has to be closed in that line, or be written as a "
    "definition that the line uses.", "sequence has no closing parenthesis", "sequence repeats its own line only",
    "sequence repeats the rest of its line")
_problem_rule(
    "definition-not-ended", "A definition that ends with a backslash goes on in the next line, and there is none.",
    "The definition is not made.", "definition goes on after the last line")


# What makes it impossible to say where a block begins and ends.
_BREAKING = ("block-not-closed", "brace-closes-nothing", "brace-without-keyword", "condition-splits-block",
             "quote-not-closed", "brace-in-quotes", "definition-not-ended")


def breaks_blocks(problem: Problem) -> bool:
    """Say whether nobody can tell the blocks of a text apart that has this problem."""
    return any(phrase in problem.message for identifier in _BREAKING for phrase in PHRASES[identifier])
