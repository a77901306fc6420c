# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The grammar of one line of words: some in a fixed order, then options in any order.

``198.18.0.100/24 dev eth1 label eth1:1`` is one address, then the options ``dev`` and ``label`` with a value each.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Optional, Sequence, Tuple

from .finding import BadValueError
from .words import Check, did_you_mean


class Argument(NamedTuple):
    """One word at a fixed place. An optional one is passed over when the word is not of its kind."""

    name: str
    check: Check
    optional: bool = False


class Grammar(NamedTuple):
    """``usage`` is the grammar as text, for documentation and messages.

    ``options`` maps a word to the arguments that follow it; () is an option without a value. ``repeat``: the last
    argument may come any number of times. ``anything``: words are not looked at. ``numeric``: a line that
    is one whole number may be a number in the data. ``forms`` maps a first word to the grammar of what follows it.
    """

    usage: str
    arguments: Tuple[Argument, ...] = ()
    options: Mapping[str, Tuple[Argument, ...]] = {}
    repeat: bool = False
    anything: bool = False
    numeric: bool = False
    forms: Mapping[str, Any] = {}


def check_words(grammar: Grammar, words: Sequence[str]) -> None:
    """Raise BadValueError when the words do not fit the grammar; the message names the word at fault."""
    if grammar.anything:
        return
    if words and words[0] in grammar.forms:
        check_words(grammar.forms[words[0]], words[1:])
        return
    position, refused = _arguments(grammar.arguments, words, 0, grammar.usage)
    while grammar.repeat and position < len(words):
        _check(grammar.arguments[-1], words[position])
        position += 1
    while position < len(words):
        word = words[position]
        if word not in grammar.options:
            suggestion = did_you_mean(word, grammar.options)
            if refused and not suggestion:
                raise refused
            raise BadValueError('unknown word "%s".' % word, suggestion or "The form is: %s." % grammar.usage)
        position, refused = _arguments(grammar.options[word], words, position + 1, grammar.usage, word)


def _arguments(
    arguments: Sequence[Argument], words: Sequence[str], position: int, usage: str, option: str = ""
) -> Tuple[int, Optional[BadValueError]]:
    """The position after the arguments, and why the last optional one was passed over."""
    refused: Optional[BadValueError] = None
    for argument in arguments:
        if position == len(words):
            if argument.optional:
                continue
            after = ' after "%s"' % option if option else ""
            raise BadValueError("%s is missing%s." % (argument.name, after), "The form is: %s." % usage)
        try:
            _check(argument, words[position])
        except BadValueError as problem:
            if not argument.optional:
                raise
            refused = problem
            continue
        refused = None
        position += 1
    return position, refused


def _check(argument: Argument, word: str) -> None:
    try:
        argument.check(word)
    except BadValueError as problem:
        raise BadValueError("%s %s" % (argument.name, problem.message), problem.remedy) from None
