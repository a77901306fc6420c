# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The kinds of values: what is accepted of each, what it becomes in the file, and its type for Ansible.

YAML reads some words as something else: C(off) and C(no) as a boolean, C(~) as null, C(22:22) and C(0644) as other
numbers, C(1.10) as 1.1. Where one word alone can be meant, it is taken. Everything else is refused with the advice to
quote it.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import BadValueError
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import in_range, one_of, to_int

from . import forms
from .row import (
    ALLOWED,
    BARE,
    BLOCK,
    BLOCKS,
    CONTENT,
    DIRECTIVE,
    FLAG,
    FORMAT,
    GROUPS,
    HEAD,
    HEADERS,
    INTEGER,
    LABEL,
    LINES,
    LITERAL,
    LOGS,
    NAMES,
    PATH,
    SECONDS,
    SIZE,
    TEXT,
    TIME,
    WORDS,
    Row,
)
from .text import BLANK, LexError, kept, lines, names, open_end, quote, read, tokens, unquoted, words

Options = Dict[str, Any]

# As Ansible reads a boolean, and nginx
_TRUTH = {**dict.fromkeys(("true", "yes", "on", "y", "t", "1"), True),
          **dict.fromkeys(("false", "no", "off", "n", "f", "0"), False)}
# What is left of such a word, or of null, where it became text on its way
_LOST = ("true", "false", "yes", "no", "on", "off", "none", "null", "~")
# A name is part of the name of a file, and of a zone of shared memory.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\Z")
# token of RFC 9110, 5.6.2
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")


class Kind(NamedTuple):
    """How values of a kind are read and written, and how Ansible calls them.

    ``parse`` returns the canonical value, which it returns unchanged, and raises BadValueError. ``write`` returns
    lines; without it nothing is written, or by the block that the value belongs to.
    """

    parse: Callable[[Row, Any], Any]
    write: Optional[Callable[[Row, Any], List[str]]]
    option: Options


def _type(given: Any) -> str:
    kinds = ((dict, "a dictionary"), (list, "a list"), (float, "a number"))
    return next((name for kind, name in kinds if isinstance(given, kind)), "a date")


def _example(row: Row, given: Any) -> str:
    """Return the remedy for what is a dictionary or a list and not a text."""
    if isinstance(given, dict) and len(given) == 1:
        [(key, value)] = given.items()
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            return "A colon followed by a blank makes one. Write it on one line, in quotes: \"%s %s\"." % (key, value)
    if isinstance(given, list) and given and all(isinstance(each, (str, int)) for each in given):
        return 'Write %s: "%s".' % (row.key, " ".join(map(str, given)))
    return "Write it on one line, in quotes."


def _refuse_lost(row: Row, word: str) -> None:
    """Refuse a word such as C(no) or C(False) in the place of C(off)."""
    if row.switch and word.lower() in _LOST and word not in row.switch + row.choices:
        raise BadValueError('has "%s", which is no word of nginx here.' % word, "Write %s." % " or ".join(row.switch))


def scalar(row: Row, given: Any) -> str:
    """Return the text that a value of YAML was written as.

    :raises BadValueError: several texts may be meant, or it is none.
    """
    known = row.switch + row.choices
    if isinstance(given, bool):
        word = "on" if given else "off"
        if word in known:
            return word
        raise BadValueError("is %s, which YAML makes of %s." % (
            str(given).lower(), "on, yes and true" if given else "off, no and false"),
            ("Write %s, or put" % " or ".join(row.switch) if row.switch else "Put") + " the word in quotes.")
    if given is None:
        raise BadValueError("is null, which YAML makes of ~ and of nothing.", "Put the word in quotes.")
    if isinstance(given, float) and str(given) not in known:
        raise BadValueError("is the number %s for YAML, which drops zeros and reads 1:30 as 90." % given,
                            "Put it in quotes as it is meant.")
    if not isinstance(given, (str, int, float)):
        raise BadValueError("must be text, got %s." % _type(given), _example(row, given))
    text = str(given)
    if row.kind != NAMES:
        _refuse_lost(row, text.strip(BLANK))
    return text


def _entries(row: Row, given: Any) -> List[str]:
    """Return the texts of a list; one text alone is a list, too, as Ansible has it."""
    if isinstance(given, list):
        for entry in given:
            if isinstance(entry, (dict, list)):
                raise BadValueError("must be a list of texts, and an entry is %s." % _type(entry), _example(row, entry))
    return [scalar(row, entry) for entry in (given if isinstance(given, list) else [given])]


def _in_form(row: Row, found: List[str], text: str) -> None:
    """Refuse a wrong number of words, the key itself, and what the form of the row does not take."""
    if found[0] == row.key and len(found) > 1:
        raise BadValueError('repeats its key: "%s".' % text, "Write what follows it.")
    if len(found) < row.least:
        raise BadValueError('needs %d words, got "%s".' % (row.least, text), "Add what is missing.")
    if row.choices:
        for word in found:
            one_of(*row.choices)(word)
    if row.form:
        row.form(found)


def _words(row: Row, text: str) -> str:
    """Return the parameters of one directive."""
    try:
        found = [token.value for token in words(text)]
    except LexError as problem:
        raise BadValueError('%s: "%s".' % (problem, text), "Leave the ; out." if text.strip(BLANK).endswith(";")
                            else "Write the parameters of one directive, or use raw.") from problem
    if row.most and len(found) > row.most:
        remedy = "Put what has blanks in quotes of its own: %s." % " ".join(
            [*found[:row.most - 1], '"%s"' % " ".join(found[row.most - 1:])])
        if row.kind in (LINES, LOGS, ALLOWED):
            remedy = "Write each as an entry: [%s]." % ", ".join(found)
        raise BadValueError("takes %s, got %d: \"%s\"." % (
            "one word" if row.most == 1 else "%d words at most" % row.most, len(found), text), remedy)
    _in_form(row, found, text)
    return text.strip(BLANK)


def _one_line(text: str) -> str:
    if not text or "\n" in text or "\r" in text:
        raise BadValueError("must be one line of text.", "Remove line breaks." if text else "Add it or leave it out.")
    return text


def _names(row: Row, given: Any) -> List[str]:
    """Return the words of all entries, as nginx would split them, but each of them as it is meant."""
    found: List[str] = []
    entries = _entries(row, given)
    for text in entries:
        if not text.strip(BLANK) and (text or row.least):
            raise BadValueError("has an empty entry.", "Remove it.")
        try:
            several = names(_one_line(text)) if text else [text]
        except LexError as problem:
            raise BadValueError('%s: "%s".' % (problem, text), "Close the quotes, or leave them out.") from problem
        if isinstance(given, list) and row.most and len(several) > row.most:
            raise BadValueError('has an entry of %d words: "%s".' % (len(several), text), "Write each as an entry, or "
                                "put a name that has blanks in quotes of its own: '\"%s\"'." % text)
        found += several
    text = " ".join(entries)
    for word in found:
        _refuse_lost(row, word)
        if word.startswith("#") or (re.search(r"(?<!\\);\Z", word) and not word.startswith("~")):
            raise BadValueError('has "%s" outside of quotes: "%s".' % (word[-1] if word[-1] == ";" else "#", text),
                                "Leave it out.")
    _in_form(row, found, text)
    return [kept(word) if word or row.least else word for word in found]


def _single(row: Row, text: str) -> str:
    """Return one word that may have blanks, such as a file name: what is meant, or what stands in nginx's quotes."""
    word = unquoted(_one_line(text))
    if word.endswith(";"):
        raise BadValueError('has ";" at its end: "%s".' % text, "Leave it out.")
    return kept(word, "")


def _text(row: Row, text: str) -> str:
    """Return one word in nginx's notation: as it is where it is that already, else in quotes."""
    _one_line(text)
    try:
        found = words(text)
    except LexError:
        found = []
    return text.strip(BLANK) if len(found) == 1 else quote(text)


def truth(given: Any) -> bool:
    """Return a boolean, however it is written."""
    if isinstance(given, bool):
        return given
    if str(given).lower() not in _TRUTH:
        raise BadValueError('must be true or false, got "%s".' % given, "Write true or false.")
    return _TRUTH[str(given).lower()]


def _integer(row: Row, given: Any) -> int:
    number = to_int(str(given))
    in_range(number, row.minimum, row.maximum)
    return number


def _switched(given: Any) -> Any:
    """Return a boolean as the word for it, for what says itself what it takes."""
    return ("on" if given else "off") if isinstance(given, bool) else given


def _time(row: Row, given: Any) -> str:
    text = scalar(row, _switched(given)).strip()
    forms.time(text, row.kind == SECONDS)
    return text


def _size(row: Row, given: Any) -> str:
    text = scalar(row, _switched(given)).strip()
    forms.size(text)
    return text


def _headers(row: Row, given: Any) -> Dict[str, str]:
    if not isinstance(given, dict):
        raise BadValueError("must be a dictionary of headers.", "Write name and value of each, like \"%s\"." % (
            ": ".join(str(next(iter(given), "")).split(None, 1)) if isinstance(given, list) else "X-Name: value"))
    found: Dict[str, str] = {}
    lower = [str(name).lower() for name in given]
    for name, value in given.items():
        if not _HEADER.match(str(name)):
            raise BadValueError('has "%s", which is no name of a header.' % name, "Write the name alone.")
        if lower.count(str(name).lower()) > 1:
            raise BadValueError('has "%s" twice: names are the same in any case.' % name, "Keep one of them.")
        try:
            text = "" if value is None else scalar(row._replace(key=str(name)), value)
            found[str(name)] = _one_line(text) if text else ""
        except BadValueError as problem:
            raise BadValueError('"%s" %s' % (name, problem.message), problem.remedy) from problem
        if row.suffix and re.search(r"\s%s\Z" % row.suffix, text):
            raise BadValueError('"%s" has %s at its end, which is written by itself.' % (name, row.suffix),
                                "Leave it out.")
    return found


def _label(row: Row, given: Any) -> str:
    text = scalar(row, given)
    if not _NAME.match(text):
        raise BadValueError('must be letters, digits, _, - and ., got "%s".' % text, "Choose another name.")
    return text


def _format(row: Row, given: Any) -> str:
    text = scalar(row, given).rstrip("\n")
    if not re.sub(r"\Aescape=\S*", "", text).strip():
        raise BadValueError("is empty.", "Write what a line has.")
    if "\n" in text:
        raise BadValueError("has a line break, which every line of the log would have.", "Fold it by >- in YAML.")
    try:
        found = [token for token in tokens(text) if not token.raw.startswith("escape=")]
    except LexError:
        return text
    if found and all(token.raw[0] == "'" for token in found) and not text.startswith("escape="):
        raise BadValueError("is in nginx's quotes, which would be part of the lines.",
                            "Write the text alone: %s" % "".join(token.value for token in found))
    return text


def _raw(row: Row, given: Any) -> List[str]:
    texts = _entries(row, given)
    problem = open_end("\n".join(texts))
    if problem:
        raise BadValueError("%s." % problem, "Each directive ends with ;, and each { has a } behind it.")
    return texts


def _head(row: Row, given: Any) -> str:
    text = _one_line(scalar(row, given))
    if row.choices:
        one_of(*row.choices)(text)
    return text.strip(BLANK) or _one_line("")


def _logs(row: Row, given: Any) -> List[str]:
    found = _each(_log)(row, list(map(_switched, given if isinstance(given, list) else [given])))
    if "off" in found and set(found) != {"off"}:
        raise BadValueError("has off beside other logs, and nginx would write none.", "Leave out one or the other.")
    return found


def _log(row: Row, text: str) -> str:
    found = _words(row, text)
    if read(found.split(None, 1)[0]).lower() in _LOST and found not in row.switch:
        raise BadValueError('has "%s", and nginx would log to a file of that name.' % text,
                            "Write %s." % (" or ".join(row.switch) or "/dev/null crit"))
    return found


def _directive(*parts: str) -> str:
    return " ".join(part for part in parts if part) + ";"


def mode_fault(mode: Any) -> str:
    """Return what is wrong with the permissions of a file that are no text, or ""."""
    if not isinstance(mode, int):
        return ""
    meant = "%04o" % mode if mode <= 0o777 else "0%d" % mode
    return 'mode is the number %d for YAML, which reads digits behind a 0 as octal. Write it in quotes: "%s".' % (
        mode, meant)


def _each(parse: Callable[[Row, str], str]) -> Callable[[Row, Any], List[str]]:
    return lambda row, given: [parse(row, entry) for entry in _entries(row, given)]


def _from(parse: Callable[[Row, str], str]) -> Callable[[Row, Any], str]:
    return lambda row, given: parse(row, scalar(row, given))


def _as_it_is(row: Row, value: Any) -> List[str]:
    return [_directive(row.key, str(value))]


def _as_one(row: Row, value: Any) -> List[str]:
    return [_directive(row.key, quote(read(value)))]


def _line_each(row: Row, value: Any) -> List[str]:
    return [_directive(row.key, each) for each in value]


_STR: Options = {"type": "str"}
_BOOL: Options = {"type": "bool"}
_LIST: Options = {"type": "list", "elements": "str"}

KINDS: Dict[str, Kind] = {
    FLAG: Kind(lambda row, given: truth(given), lambda row, value: [_directive(row.key, "on" if value else "off")],
               _BOOL),
    BARE: Kind(lambda row, given: truth(given), lambda row, value: [_directive(row.key)] * bool(value), _BOOL),
    INTEGER: Kind(_integer, _as_it_is, {"type": "int"}),
    WORDS: Kind(_from(_words), _as_it_is, _STR),
    TEXT: Kind(_from(_text), _as_it_is, _STR),
    DIRECTIVE: Kind(_from(_words), lambda row, value: [_directive(value)], _STR),
    TIME: Kind(_time, _as_one, _STR),
    SECONDS: Kind(_time, _as_one, _STR),
    SIZE: Kind(_size, _as_it_is, _STR),
    PATH: Kind(_from(_single), _as_one, _STR),
    LINES: Kind(_each(_words), _line_each, _LIST),
    LOGS: Kind(_logs, _line_each, _LIST),
    NAMES: Kind(_names, lambda row, value: [_directive(row.key, *(quote(read(each)) for each in value))], _LIST),
    ALLOWED: Kind(_each(_words), lambda row, value: [*(_directive("allow", each) for each in value), "deny all;"],
                  _LIST),
    HEADERS: Kind(_headers, lambda row, value: [_directive(row.key, name, quote(each), row.suffix)
                                                for name, each in value.items()], {"type": "dict"}),
    HEAD: Kind(_head, None, _STR),
    LABEL: Kind(_label, None, _STR),
    CONTENT: Kind(scalar, None, _STR),
    FORMAT: Kind(_format, None, _STR),
    GROUPS: Kind(_names, None, _LIST),
    LITERAL: Kind(_raw, lambda row, value: [line for text in value for line in lines(text)], _LIST),
    BLOCK: Kind(scalar, None, {"type": "dict"}),
    BLOCKS: Kind(scalar, None, {"type": "list", "elements": "dict"}),
}


def option(row: Row) -> Options:
    """Return what a value is for Ansible."""
    found = dict(KINDS[row.kind].option)
    if row.choices:
        found["choices"] = list(row.choices)
    if row.required:
        found["required"] = True
    return found
