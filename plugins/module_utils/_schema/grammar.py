# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The grammar of one line of words: some in a fixed order, then options in any order.

``198.18.0.100/24 dev eth1 label eth1:1`` is one address, then the options ``dev`` and ``label`` with a value each.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .dated import Dated, newest
from .finding import BadValueError
from .words import Check, did_you_mean

# What was given by key: the option's word with the words that follow it, "" for those of no option.
Given = Dict[str, Sequence[str]]


class Argument(NamedTuple):
    """One word at a fixed place. An optional one is passed over when the word is not of its kind.

    ``dated``: what not all versions know of it, asked about the word. ``written``: for the first word of a line, how
    the line is kept when the daemon ignores a part of that word.
    """

    name: str
    check: Check
    optional: bool = False
    dated: Tuple[Dated, ...] = ()
    written: Optional[Callable[[str], str]] = None


class Grammar(NamedTuple):
    """``usage`` is the grammar as text, for documentation and messages.

    ``options`` maps a word to the arguments that follow it; () is an option without a value. ``repeat``: the last
    argument may come any number of times. ``numeric``: a line that is one whole number may be a number in the data.
    ``forms`` maps a first word to the grammar of what follows it, ``inner`` an option to that of as many of the next
    words as fit it, ``rest`` an option to that of all words behind it. ``anywhere``: the arguments of a word that is
    no option, wherever it stands, ``kind`` the key of such a word. ``same`` maps words to a common key, of which one
    may be given once. ``whole`` refuses words that do not go together, with BadValueError. ``later`` says of options,
    ``dated`` of the list of all words what not all versions know. ``strange`` says of words that are none of it
    what to do instead.
    """

    usage: str
    arguments: Tuple[Argument, ...] = ()
    options: Mapping[str, Tuple[Argument, ...]] = {}
    repeat: bool = False
    numeric: bool = False
    forms: Mapping[str, Any] = {}
    inner: Mapping[str, Any] = {}
    rest: Mapping[str, Any] = {}
    anywhere: Tuple[Argument, ...] = ()
    kind: Callable[[str], str] = lambda _word: ""
    same: Mapping[str, str] = {}
    whole: Optional[Callable[[Given], None]] = None
    later: Mapping[str, Dated] = {}
    dated: Tuple[Dated, ...] = ()
    strange: Mapping[str, str] = {}


def check_words(grammar: Grammar, words: Sequence[str]) -> Tuple[Dated, ...]:
    """What of the words not all versions know.

    Raises BadValueError when the words do not fit the grammar; the message names the word at fault.
    """
    found: List[Dated] = []
    _walk(grammar, words, 0, False, found)
    return tuple(found)


def dates(grammar: Grammar) -> Iterator[Dated]:
    """Everything in a grammar that not all versions know."""
    arguments = [*grammar.arguments, *grammar.anywhere]
    for option in grammar.options.values():
        arguments += option
    words = {*grammar.options, *grammar.inner, *grammar.rest}
    yield from (each for word, each in grammar.later.items() if word in words)
    for argument in arguments:
        yield from argument.dated
    yield from grammar.dated
    for within in (*grammar.forms.values(), *grammar.inner.values(), *grammar.rest.values()):
        if within.rest is not grammar.rest or not within.rest:
            yield from dates(within)


def _walk(grammar: Grammar, words: Sequence[str], start: int, partial: bool, found: List[Dated]) -> int:
    """The position behind the words that fit the grammar: all of them, or what ``partial`` can leave to others."""
    if start < len(words) and words[start] in grammar.forms:
        return _walk(grammar.forms[words[start]], words, start + 1, partial, found)
    position, refused = _arguments(grammar, grammar.arguments, words, start, found)
    while grammar.repeat and position < len(words):
        _check(grammar.arguments[-1], words[position], found)
        position += 1
    given: Given = {"": words[start:position]} if position > start else {}
    while position < len(words):
        option = _option(grammar, words, position, found)
        if option is None:
            if partial:
                break
            raise _unknown(grammar, words[position], refused)
        key, end, refused = option
        _once(grammar, given, key, words[position:end])
        given[key] = words[position:end]
        position = end
    if grammar.whole is not None:
        grammar.whole(given)
    if grammar.dated:
        whole = words[start:position]
        found += [each for each in grammar.dated if each.applies(whole)]
    return position


def _option(
    grammar: Grammar, words: Sequence[str], position: int, found: List[Dated]
) -> Optional[Tuple[str, int, Optional[BadValueError]]]:
    """The key of the option at the position, the position behind it, and why its last argument was passed over."""
    word = words[position]
    if word in grammar.later:
        found.append(grammar.later[word])
    key = grammar.same.get(word, word)
    if word in grammar.options:
        return (key, *_arguments(grammar, grammar.options[word], words, position + 1, found, word))
    if word in grammar.inner:
        return key, _walk(grammar.inner[word], words, position + 1, True, found), None
    if word in grammar.rest:
        return key, _walk(grammar.rest[word], words, position + 1, False, found), None
    if grammar.anywhere:
        return (grammar.kind(word), *_anywhere(grammar, words, position, found))
    return None


def _once(grammar: Grammar, given: Given, key: str, words: Sequence[str]) -> None:
    """Refuse what the daemon would take the last of."""
    if key not in given or (given[key] == words and list(words) == [key]):
        return
    first, word = given[key][0], words[0]
    fault = 'has "%s" twice.' % word if first == word else 'has both "%s" and "%s".' % (first, word)
    known = () if word in grammar.options else grammar.options
    raise BadValueError(fault, did_you_mean(word, known, "Keep one of them."))


def _unknown(grammar: Grammar, word: str, refused: Optional[BadValueError] = None) -> BadValueError:
    suggestion = grammar.strange.get(word) or did_you_mean(word, (*grammar.options, *grammar.inner, *grammar.rest))
    if refused and not suggestion:
        return refused
    return BadValueError('unknown word "%s".' % word, suggestion or "The form is: %s." % grammar.usage)


def _anywhere(
    grammar: Grammar, words: Sequence[str], position: int, found: List[Dated]
) -> Tuple[int, Optional[BadValueError]]:
    try:
        return _arguments(grammar, grammar.anywhere, words, position, found)
    except BadValueError:
        if grammar.kind(words[position]) or {".", ":", "/"} & set(words[position]):
            raise
        raise _unknown(grammar, words[position]) from None


def _arguments(
    grammar: Grammar,
    arguments: Sequence[Argument],
    words: Sequence[str],
    position: int,
    found: List[Dated],
    option: str = "",
) -> Tuple[int, Optional[BadValueError]]:
    """The position after the arguments, and why the last optional one was passed over."""
    refused: Optional[BadValueError] = None
    for argument in arguments:
        if position == len(words):
            if argument.optional:
                continue
            after = ' after "%s"' % option if option else ""
            raise BadValueError("%s is missing%s." % (argument.name, after), "The form is: %s." % grammar.usage)
        try:
            _check(argument, words[position], found)
        except BadValueError as problem:
            if not argument.optional:
                raise
            refused = problem
            continue
        refused = None
        position += 1
    return position, refused


def _check(argument: Argument, word: str, found: List[Dated]) -> None:
    try:
        argument.check(word)
    except BadValueError as problem:
        raise BadValueError("%s %s" % (argument.name, problem.message), problem.remedy) from None
    if argument.dated:
        found += [each for each in argument.dated if each.applies(word)]


def newest_of(grammar: Optional[Grammar]) -> Tuple[int, ...]:
    """The version from which on nothing of a grammar is new, or deprecated."""
    return newest(tuple(dates(grammar)) if grammar is not None else ())
