# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The classes of the types: what a value may be, how it is written and how it is read.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import math
from typing import Any, Callable, Dict, List, Optional, Sequence

from ansible_collections.openvip.cluster.plugins.module_utils._conf.quote import quote, quote_script, quote_user
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import Word

from . import line, words
from .addresses import without_prefix
from .finding import BadValueError
from .grammar import check_words
from .row import (
    BOOL,
    DECIMAL,
    ENUM,
    FLAG,
    INT,
    INTERFACE,
    IP,
    LINES,
    NAMES,
    PATH,
    REGEX,
    SCRIPT,
    SCRIPT_USER,
    STRING,
    WORDS,
    Row,
)

# Words of the daemon (check_true_false of lib/parser.c), and those YAML writers use besides.
TRUE = ("on", "true", "yes")
FALSE = ("off", "false", "no")


class Type:
    """One type of value: the common part, and what a single word is."""

    # the type of the Ansible option
    option = "str"

    def check(self, row: Row, value: Any) -> Any:
        """The canonical value, None when the keyword is then left out. Raises BadValueError."""
        return _text(row, value)

    def to_words(self, row: Row, value: Any) -> List[str]:
        """The written words of a canonical value. Raises BadValueError when no word can hold it."""
        return [self._written(row, quote, value)]

    @staticmethod
    def _written(row: Row, write: Callable[[str], str], value: str) -> str:
        try:
            return write(value)
        except ValueError as error:
            raise BadValueError("cannot be written in keepalived.conf." if row.secret else str(error) + ".") from None

    def from_words(self, row: Row, given: Sequence[Word]) -> Any:
        """The value of the words. One that cannot be is given as text, for check to refuse."""
        return _single(given).value


class Int(Type):
    """A whole number; text with digits is one too, and a number with a fraction of zero."""

    option = "int"

    def check(self, row: Row, value: Any) -> Any:
        found = self.number(value, row.unit)
        words.in_range(found, row.minimum, row.maximum, row.remedy)
        return found

    def number(self, value: Any, unit: str = "") -> words.Number:
        """The number that is meant."""
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise BadValueError("must be a whole number, got %s." % shown(value), "Write digits only.")
        return words.to_int(str(value).strip(line.WHITE), unit)

    def to_words(self, row: Row, value: Any) -> List[str]:
        return [words.number_text(value)]

    def from_words(self, row: Row, given: Sequence[Word]) -> Any:
        word = _single(given).value
        try:
            return self.number(word)
        except BadValueError:
            return word


class Decimal(Int):
    """A number with up to six decimals or as many as the row says, without a unit."""

    option = "float"

    def check(self, row: Row, value: Any) -> Any:
        found = super().check(row, value)
        if round(found, row.decimals) != found:
            fault = "must have at most %d decimals, got %s." % (row.decimals, words.number_text(found))
            raise BadValueError(fault, "Write %s." % words.number_text(round(found, row.decimals)))
        return found

    def number(self, value: Any, unit: str = "") -> words.Number:
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise BadValueError("must be a number, got %s." % shown(value), "Write it like 1 or 0.5.")
        if isinstance(value, float):
            if not math.isfinite(value):
                raise BadValueError("must be a number, got %s." % value, "Write it like 1 or 0.5.")
            return words.to_decimal("%.6f" % value)
        return words.to_decimal(str(value).strip(line.WHITE), unit)


class Flag(Type):
    """Present or not."""

    option = "bool"

    def check(self, row: Row, value: Any) -> Any:
        return _boolean(value) or None

    def to_words(self, row: Row, value: Any) -> List[str]:
        return []

    def from_words(self, row: Row, given: Sequence[Word]) -> Any:
        if not given or (len(given) == 1 and given[0].value in TRUE):
            return True
        # the daemon does not read the word; what was meant by it must not get lost
        raise BadValueError("takes no value.", "Remove the word after it.")


class Bool(Type):
    """On or off; without a word it is on."""

    option = "bool"

    def check(self, row: Row, value: Any) -> Any:
        return _boolean(value)

    def to_words(self, row: Row, value: Any) -> List[str]:
        return [] if value else ["off"]

    def from_words(self, row: Row, given: Sequence[Word]) -> Any:
        if not given:
            return True
        word = _single(given).value
        return True if word in TRUE else False if word in FALSE else word


class Enum(Type):
    """One of the row's choices."""

    def check(self, row: Row, value: Any) -> Any:
        # YAML takes a version such as 1.1 for a number
        found = self._choice(row, str(value) if isinstance(value, float) else _text(row, value))
        words.one_of(*row.choices)(found)
        return found

    def from_words(self, row: Row, given: Sequence[Word]) -> Any:
        return self._choice(row, _single(given).value)

    @staticmethod
    def _choice(row: Row, word: str) -> str:
        return word.upper() if row.any_case and word.upper() in row.choices else word


class Ip(Type):
    """An address without prefix length."""

    def check(self, row: Row, value: Any) -> Any:
        found = _text(row, value)
        if row.source:
            words.prefix(found)
            return without_prefix(found)
        words.address(found)
        return found


class Interface(Type):
    """The name of a network interface."""

    def check(self, row: Row, value: Any) -> Any:
        found = _text(row, value)
        words.interface(found)
        return found


class String(Type):
    """One word of any characters, as the row's grammar wants it when there is one."""

    def check(self, row: Row, value: Any) -> Any:
        found = _text(row, value)
        length = len(found.encode("utf-8", "surrogateescape"))
        if row.maximum is not None and length > row.maximum:
            raise BadValueError(
                "must have at most %d bytes, got %d." % (row.maximum, length), row.remedy or "Shorten it."
            )
        if row.entry is not None and not line.has_reference(found):
            check_words(row.entry, [found])
        return found


class Path(Type):
    """An absolute file name."""

    option = "str"

    def check(self, row: Row, value: Any) -> Any:
        found = _text(row, value)
        words.absolute(found)
        return found


class Script(Type):
    """A command line, written as one quoted word."""

    def check(self, row: Row, value: Any) -> Any:
        found = _text(row, value).strip(line.WHITE)
        if not found:
            raise BadValueError("must not be empty.", "Name a program with its full path.")
        return found

    def to_words(self, row: Row, value: Any) -> List[str]:
        return [self._written(row, quote_script, value)]

    def from_words(self, row: Row, given: Sequence[Word]) -> Any:
        return _single(given).value.strip(line.WHITE)


class ScriptUser(Script):
    """A command line alone, or a dictionary of script, user and group.

    A text may also be what stands in the file, see line.script_and_account(). A command line that only looks like that
    is canonical as a dictionary without a user.
    """

    option = "raw"
    _KEYS = ("script", "user", "group")

    def check(self, row: Row, value: Any) -> Any:
        if not isinstance(value, dict):
            written = self._as_written(value)
            return self.check(row, written) if written else super().check(row, value)
        found = {
            key: _text(row, _text(row, item).strip(line.WHITE))
            for key, item in value.items()
            if item is not None and key in self._KEYS
        }
        for key in value:
            if key not in self._KEYS:
                raise BadValueError('has the unknown key "%s".' % key, words.did_you_mean(str(key), self._KEYS))
        if "script" not in found or ("group" in found and "user" not in found):
            missing = "user" if "script" in found else "script"
            raise BadValueError('lacks the key "%s".' % missing, "Give script, then user, then group.")
        found["script"] = super().check(row, found["script"])
        return found if "user" in found or self._as_written(found["script"]) else found["script"]

    def _as_written(self, value: Any) -> Dict[str, str]:
        """The parts of a text that stands like this in the file, none for a command line alone."""
        return dict(zip(self._KEYS, line.script_and_account(value) if isinstance(value, str) else ()))

    def to_words(self, row: Row, value: Any) -> List[str]:
        if not isinstance(value, dict):
            return super().to_words(row, value)
        return super().to_words(row, value["script"]) + [
            self._written(row, quote_user, value[key]) for key in self._KEYS[1:] if key in value
        ]

    def from_words(self, row: Row, given: Sequence[Word]) -> Any:
        if len(given) == 1:
            command = super().from_words(row, given)
            return {"script": command} if self._as_written(command) else command
        if not 1 <= len(given) <= len(self._KEYS):
            raise BadValueError("has %d words." % len(given), "Put the command in double quotes.")
        if any("\\" in word.text for word in given[1:]):
            raise BadValueError("has a backslash in its user or group.", "Remove it.")
        return dict(zip(self._KEYS, (word.value.strip(line.WHITE) for word in given)))


class Regex(Type):
    """A regular expression, written as one quoted word in which backslashes escape."""

    def to_words(self, row: Row, value: Any) -> List[str]:
        # in double quotes an escaped one of them would make the daemon look for braces behind it
        word = super().to_words(row, value.replace("\\", "\\\\").replace('"', "\\042"))[0]
        return [word if word.startswith('"') else '"%s"' % word]


class Words(Type):
    """Several words in the row's grammar, as one text; one number may be a number."""

    option = "str"

    def check(self, row: Row, value: Any) -> Any:
        if row.entry is not None and row.entry.numeric and isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        found = _text(row, value)
        given = line.split("x " + found)[1:] if found.strip(line.WHITE) else line.split(found)
        self._check_grammar(row, found, given)
        return self.from_words(row, given)

    def to_words(self, row: Row, value: Any) -> List[str]:
        return [word.text for word in line.split("x %s" % value)[1:]]

    def from_words(self, row: Row, given: Sequence[Word]) -> Any:
        if not given:
            raise BadValueError("lacks its value.", "Add it.")
        text = " ".join(word.text for word in given)
        numeric = row.entry is not None and row.entry.numeric
        return int(text) if numeric and text == _whole(text) else text

    @staticmethod
    def _check_grammar(row: Row, text: str, given: Sequence[Word]) -> None:
        if row.entry is None or any(line.has_reference(word.value) for word in given):
            return
        try:
            check_words(row.entry, [word.value for word in given])
        except BadValueError as problem:
            if row.secret:
                raise BadValueError("is not of the form %s." % row.entry.usage, row.remedy) from None
            raise BadValueError('"%s": %s' % (text, problem.message), problem.remedy) from None


class Lines(Words):
    """One line of a block, in the row's grammar."""

    def check(self, row: Row, value: Any) -> Any:
        found = _text(row, value)
        given = line.split(found)
        self._check_grammar(row, found, given)
        text = self.from_words(row, given)
        written = row.entry.arguments[0].written if row.entry is not None and row.entry.arguments else None
        return written(text) if written is not None else text

    def to_words(self, row: Row, value: Any) -> List[str]:
        return [word.text for word in line.split(value)]


TYPES: Dict[str, Type] = {
    INT: Int(),
    DECIMAL: Decimal(),
    FLAG: Flag(),
    BOOL: Bool(),
    ENUM: Enum(),
    IP: Ip(),
    INTERFACE: Interface(),
    STRING: String(),
    PATH: Path(),
    SCRIPT: Script(),
    SCRIPT_USER: ScriptUser(),
    REGEX: Regex(),
    WORDS: Words(),
    NAMES: String(),
    LINES: Lines(),
}


def _text(row: Row, value: Any) -> str:
    # YAML may have changed a password or a version number that looks like a number
    is_number = isinstance(value, int) and not isinstance(value, bool) and not row.secret
    if not is_number and not isinstance(value, str):
        form = "" if row.entry is None or row.secret else ": " + row.entry.usage
        remedy = "Write it as one text%s." % form if isinstance(value, (dict, list, tuple)) else "Put it in quotes."
        raise BadValueError("must be text, got %s." % shown(value, row), remedy)
    found = str(value)
    if not found:
        raise BadValueError("must not be empty.", "Give a value or remove the key.")
    return found


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).lower() if isinstance(value, (str, int)) else ""
    if word not in TRUE + FALSE:
        raise BadValueError("must be true or false, got %s." % shown(value), "Write true or false.")
    return word in TRUE


def _single(given: Sequence[Word]) -> Word:
    if len(given) != 1:
        raise BadValueError("must have one value, got %d." % len(given))
    return given[0]


def _whole(text: str) -> Optional[str]:
    try:
        return str(words.to_int(text))
    except BadValueError:
        return None


def shown(value: Any, row: Optional[Row] = None) -> str:
    """How a value of the wrong kind is named in a message."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a dictionary"
    if isinstance(value, (list, tuple)):
        return "a list"
    if value is None:
        return "nothing"
    if row is not None and row.secret:
        return "a number" if isinstance(value, (int, float)) else "something else"
    return '"%s"' % value if isinstance(value, str) else str(value)
