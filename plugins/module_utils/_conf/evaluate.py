# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the daemon makes of a text before it looks at a keyword: the lines in force, one after the other.

``$NAME=`` definitions hold from their line on, references are replaced, ``@id`` lines are taken or dropped, ``~SEQ``
and ``~LST`` lines are repeated. This follows ``read_line``, ``check_definition`` and ``decomment`` of keepalived 2.2.7,
lib/parser.c:2047-2800. 2.0.10 to 2.3.4 differ in nothing that counts here; 2.4.0 does not look again at what a
definition has put at the beginning of a line.

Nothing is read but the text. What an included file holds is not known, so that every definition may have another value
behind it; nor are ``${_PWD}``, ``${_RANDOM}``, and without an identity ``${_INSTANCE}`` and what depends on ``@id``.
A line with something unknown stays as it is written and is marked.
"""

from __future__ import annotations

import re
from typing import Iterator, NamedTuple

from . import lexer
from .definitions import Definition, Definitions, UnknownError
from .sequence import SequenceError, lists, numbers
from .tree import Document, parse

# What needs more than a look: everything else the daemon takes as it is written.
_SIGNS = ("$", "@", "~", "include")
_SENSITIVE = re.compile(r"[$@~]|include")
_COMMENT_SIGNS = re.compile(r'[!#"\\]')
_DEFINITION = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)=[ \t]*")
_INCLUDE = re.compile(r"include[rmwba]?[ \t\n\v\f\r]")
_BRACES = re.compile(r'[{}"]')
# Conditions as the daemon finds them at the beginning of a line, and what may be one somewhere in a text.
_CONDITION = re.compile(r"@(\^?)([^ \t]*)[ \t]+")
_IDENTITY = re.compile(r"(?:^|(?<=[ \t{}\n]))@\^?([^ \t\n]+)")
# A definition that stands for itself makes the daemon replace it for ever, a sequence may have a million lines.
_MOST_ATTEMPTS = 1000
_MOST_LINES = 20000


class Line(NamedTuple):
    """One line in force: its text, the line of the source (from 1) that it comes from, whether the daemon reads exactly
    this text, and whether it differs from what is written there."""

    text: str
    number: int
    is_known: bool
    is_changed: bool


class Evaluation:
    """The lines in force of a text.

    ``lines``       in the order in which the daemon reads them; none where there is nothing to evaluate
    ``is_changed``  whether any line differs from what is written
    """

    def __init__(self, source: str, lines: list[Line], is_changed: bool) -> None:
        self.source = source
        self.lines = lines
        self.is_changed = is_changed

    @property
    def text(self) -> str:
        """The lines in force as one text; the source itself where nothing is changed."""
        return "".join(line.text + "\n" for line in self.lines) if self.is_changed else self.source

    def document(self, path: str = "<string>") -> Document:
        """Return the tree of the lines in force; its statements have the lines of the source."""
        document = parse(self.text, path)
        if self.is_changed:
            for statement, _ancestors in document.walk():
                statement.line = self.lines[statement.line - 1].number
            document.problems = [
                problem._replace(line=self.lines[min(problem.line, len(self.lines)) - 1].number)
                for problem in document.problems
            ]
        return document

    def unknown(self) -> set[int]:
        """Return the lines of the source that hold something unknown."""
        return {line.number for line in self.lines if not line.is_known}

    def changed(self) -> set[int]:
        """Return the lines of the source that the daemon reads as something else than what is written."""
        return {line.number for line in self.lines if line.is_changed}


def evaluate(text: str, identity: str | None = None, marks_state: bool = False) -> Evaluation:
    """Return the lines in force of a text.

    ``identity``: what ``@id`` is compared with (the option -i, or the name of the host up to its first dot); None when
    it is not known: then lines with a condition stay as they are. ``marks_state``: write behind each include what is
    defined there, because the file may use it. Never raises.
    """
    if not any(sign in text for sign in _SIGNS):
        return Evaluation(text, [], False)
    return _Evaluator(text, identity, marks_state).run()


def identities(text: str) -> list[str]:
    """Return the identities between which the conditions of a text tell: those named, and one that is not."""
    named = sorted(set(_IDENTITY.findall(text))) if "@" in text else []
    other = "other"
    while other in named:
        other += "s"
    return [*named, other]


class _Evaluator:
    """One pass over the text, with the state that the daemon keeps between two lines."""

    def __init__(self, text: str, identity: str | None, marks_state: bool) -> None:
        self.source = text
        self.identity = identity
        self.marks_state = marks_state
        self.definitions = Definitions(identity)
        self.lines: list[Line] = []
        # the definition that the next lines belong to
        self.pending: Definition | None = None
        # what stands behind a brace
        self.residue: str | None = None
        self.sequences: list[tuple[Iterator[dict[str, str]], str]] = []
        self.number = 0
        self.written = ""
        self.is_line_changed = False
        self.is_changed = False

    def run(self) -> Evaluation:
        """Return the Evaluation."""
        for number, written in enumerate(self.source.split("\n"), 1):
            if self.pending is None and not _SENSITIVE.search(written):
                self.lines.append(Line(written, number, True, False))
                continue
            for part in _parts(written):
                self._physical(number, written, part)
        return Evaluation(self.source, self.lines, self.is_changed)

    def _physical(self, number: int, written: str, part: str) -> None:
        """Read one line of the file, and everything that it makes the daemon read before the next one."""
        self.number, self.written = number, written
        self.is_line_changed = self.pending is not None
        first = len(self.lines)
        once = _decomment(part.split("\0", 1)[0].rstrip("\r\n"))
        if not once:
            # the copy of the file that the processes read has an empty line here
            self._end_definition()
            self.lines.append(Line(written, number, True, False))
            return
        self._take(_decomment(once))
        for _number in range(_MOST_LINES):
            following = self._following()
            if following is None:
                break
            self._take(following)
        else:
            self.residue, self.sequences = None, []
            self.definitions.stop()
            self.definitions.forget()
            self._add(self.written, False)
        found = self.lines[first:]
        is_known = all(line.is_known for line in found)
        # to the daemon the brace of a reference that it does not replace is one as any other
        if self.is_line_changed or (is_known and "${" in written and len(found) > 1):
            self.is_changed = True
        else:
            self.lines[first:] = [Line(written, number, is_known, False)]

    def _following(self) -> str | None:
        """Return what the daemon reads before the next line of the file, None when there is nothing."""
        if self.residue is not None:
            found, self.residue = self.residue, None
            return found
        while len(self.sequences) > self.definitions.depth:
            values, text = self.sequences[-1]
            following = next(values, None)
            if following is None:
                self.sequences.pop()
                continue
            for name, value in following.items():
                self.definitions.set(name, value)
            return text
        return self.definitions.next_line()

    def _take(self, text: str) -> None:
        """Take one line of whatever source."""
        if self.pending is not None:
            self._continue_definition(text)
            return
        original = text
        try:
            for _attempt in range(_MOST_ATTEMPTS):
                if not text or self._is_directive(text):
                    return
                if text[0] == "@":
                    text = self._condition(text)
                    continue
                replaced = self.definitions.replaced(text, len(self.sequences)) if text[0] != "~" else None
                if replaced is not None:
                    self.is_line_changed = True
                    text = _decomment(replaced)
                if replaced is None or not (text.startswith("@") or "$" in text):
                    self._emit(text)
                    return
        except UnknownError:
            pass
        self._add(original, False)

    def _is_directive(self, text: str) -> bool:
        """Take a definition, a sequence, or a line of which nobody knows whether its condition holds."""
        if text[0] == "@" and self.identity is None:
            self._unknown_condition(text)
            return True
        definition = _DEFINITION.match(text)
        if definition:
            self._define(definition.group(1), text[definition.end():])
        elif text[:4] in ("~SEQ", "~LST"):
            self._sequence(text)
        else:
            return False
        return True

    def _condition(self, text: str) -> str:
        """Return what stands behind a condition that holds, else an empty text."""
        self.is_line_changed = True
        found = _CONDITION.match(text)
        if found is None or (found.group(2) == self.identity) == bool(found.group(1)):
            return ""
        return text[found.end():]

    def _unknown_condition(self, text: str) -> None:
        found = _CONDITION.match(text)
        inner = text[found.end():] if found else ""
        definition = _DEFINITION.match(inner)
        if definition:
            self._define(definition.group(1), inner[definition.end():])
            self.definitions.by_name[definition.group(1)].value = None
            return
        if _INCLUDE.match(inner) or inner[:4] in ("~SEQ", "~LST"):
            self.definitions.forget()
        self._add(text, False)

    def _define(self, name: str, value: str) -> None:
        self.is_line_changed = True
        if not value.endswith("\\"):
            self.definitions.by_name[name] = Definition(value)
            return
        first = value[:-1].rstrip(" \t")
        self.pending = Definition(first + "\n" if first else "", True)
        self.definitions.by_name[name] = self.pending

    def _continue_definition(self, text: str) -> None:
        goes_on = text.endswith("\\")
        piece = text[:-1].rstrip(" \t") if goes_on else text
        if piece and self.pending is not None and self.pending.value is not None:
            self.pending.value += piece + "\n" * goes_on
        if not goes_on:
            self._end_definition()

    def _end_definition(self) -> None:
        if self.pending is not None:
            self.pending.is_multiline = self.pending.value != ""
            self.pending = None

    def _sequence(self, text: str) -> None:
        self.is_line_changed = True
        try:
            if text.startswith("~SEQ"):
                self.sequences.append(numbers(text, self._replaced_number))
            else:
                self.sequences.append(lists(text))
        except SequenceError:
            # the daemon drops it with a message
            return
        except UnknownError:
            self.definitions.forget()
            self.is_line_changed = False
            self._add(text, False)

    def _replaced_number(self, text: str) -> str | None:
        """Return the numbers of a sequence with their references replaced. Raises SequenceError for several lines."""
        known = self.definitions
        before = known.rest, known.depth, list(known.stack)
        found = known.replaced(text, len(self.sequences))
        if (known.rest, known.depth) != before[:2]:
            known.rest, known.depth, known.stack = before
            raise SequenceError(text)
        return found

    def _emit(self, text: str) -> None:
        """Give out one line; what stands behind its first brace is taken again."""
        if _INCLUDE.match(text):
            state = f" {self.definitions.state()}" if self.marks_state else ""
            self.is_line_changed = self.is_line_changed or bool(state)
            self._add(text + state, True)
            self.definitions.forget()
            return
        stop = _brace(text)
        if stop is not None:
            if stop == 0:
                stop = 1 + len(text[1:]) - len(text[1:].lstrip(" \t"))
            self.residue = text[stop:].rstrip(" \t") or None
            text = text[:stop]
        text = text.rstrip(" \t")
        if text:
            self._add(text, True)

    def _add(self, text: str, is_known: bool) -> None:
        indentation = self.written[:len(self.written) - len(self.written.lstrip(" \t"))]
        self.lines.append(Line(indentation + text, self.number, is_known, True))


def _parts(written: str) -> Iterator[str]:
    """Yield what the daemon reads of a line at once (fgets)."""
    if len(written) * 4 <= lexer.MAXIMUM_LINE_BYTES:
        yield written
        return
    data = written.encode("utf-8", "surrogateescape")
    for start in range(0, max(len(data), 1), lexer.MAXIMUM_LINE_BYTES):
        yield data[start:start + lexer.MAXIMUM_LINE_BYTES].decode("utf-8", "surrogateescape")


def _brace(text: str) -> int | None:
    """Return the offset of the first brace outside of double quotes."""
    at = 0
    while True:
        found = _BRACES.search(text, at)
        if found is None:
            return None
        if found.group() != '"':
            return found.start()
        at = text.find('"', found.end()) + 1
        if not at:
            return None


def _decomment(text: str) -> str:
    """Return a line without its comment, the blanks around it and the backslashes before comment signs."""
    text = text.lstrip(" \t")
    is_quoted = goes_on = False
    cut = -1
    found = _COMMENT_SIGNS.search(text)
    while found:
        at, sign = found.start(), found.group()
        if sign == '"':
            is_quoted ^= cut < 0
        elif sign == "\\":
            if at + 1 == len(text):
                text, goes_on = text[:at], True
                break
            if not is_quoted and text[at + 1] in "#!":
                text = text[:at] + text[at + 1:]
            else:
                at += 1
        elif not is_quoted and cut < 0:
            cut = at
        found = _COMMENT_SIGNS.search(text, at + 1)
    if cut >= 0:
        text = text[:cut]
    return text.rstrip(" \t") + "\\" * goes_on
