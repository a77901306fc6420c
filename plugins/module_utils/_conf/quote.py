# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How a value must be written so that keepalived reads exactly that value, and back for script lines.

Source: lib/parser.c of keepalived 2.2.7 (``decomment``, ``alloc_strvec_r``, ``alloc_strvec_quoted_escaped``) and runs.
"""

from __future__ import annotations

import re

from .lexer import skip_white

# "$" stays unquoted: a $NAME= definition of the same file must stay usable in a value.
_PLAIN_WORD = re.compile(r"(?![@~]|\$[A-Za-z0-9_]*=|include[rmwba]?\Z)[^\x00-\x20\x7f\"{}!#\s\u200b\u2060\ufeff]+")
# In quotes "$NAME" would stay as it is, because the quote is behind it.
_PLAIN_COMMAND = re.compile(r"[A-Za-z0-9_./:@%+=,^~$-]+")
_SCRIPT_STOP = {'"': re.compile(r'["\\]'), "'": re.compile(r"['\\]"), "": re.compile(r"[ \t\f\v\r\n'\"\\]")}
_HEXADECIMAL = re.compile(r"x([0-9A-Fa-f]+)")
_OCTAL = re.compile(r"[0-7]{1,3}")
_NAMED_ESCAPES = {"a": "\a", "b": "\b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def quote(value: str) -> str:
    """Return the word to write for ``value`` (str), in double quotes where it needs them.

    For every keyword but the scripts (see quote_script). ``$NAME`` is written as it is: where the file defines that
    name the daemon expands it.
    Raises ValueError for what no word can hold: a newline, carriage return, NUL byte or double quote, a character
    that is no UTF-8, a lone brace, and a value that needs quotes but ends with an odd number of backslashes.
    """
    # most values are plain words
    if value.isascii() and _PLAIN_WORD.fullmatch(value):
        return value
    for character, name in (("\n", "a newline"), ("\r", "a carriage return"), ("\0", "a NUL byte"),
                            ('"', "a double quote")):
        if character in value:
            raise ValueError(f"{value!r} holds {name}, which keepalived cannot read in a value; remove it")
    _check_encodable(value)
    if value in ("{", "}"):
        raise ValueError(f"{value!r} is a brace for keepalived, in quotes too; write another value")
    if _PLAIN_WORD.fullmatch(value):
        return value
    if (len(value) - len(value.rstrip("\\"))) % 2:
        raise ValueError(
            f"{value!r} needs double quotes, and the backslash at its end would hide the closing one; remove it"

        )
    return f'"{value}"'


def quote_script(command: str) -> str:
    """Return the word to write for a whole command line (str) after ``script``, ``notify*``, ``misc_path`` and so on.

    The daemon removes one level of quotes and backslashes from that word and then splits the result in the same way
    into arguments; ``command`` is the text between the two steps, so its own quotes stay what they are.
    Raises ValueError for an empty command, one with an unclosed quote, a NUL byte and a character that is no UTF-8.
    """
    if not command.strip():
        raise ValueError("the command is empty; name a program with its full path")
    if "\0" in command:
        raise ValueError(f"{command!r} holds a NUL byte, which keepalived cannot read; remove it")
    _check_encodable(command)
    split_script(command)
    if _PLAIN_COMMAND.fullmatch(command):
        return command
    # Before it unescapes, the daemon pairs all double quotes and looks for braces outside of the pairs.
    readable = command.count('"') % 2 == 0 and "{" not in command and "}" not in command
    written = command.replace("\\", "\\\\").replace('"', '\\"' if readable else "\\042")
    return '"{}"'.format(written.replace("\n", "\\n").replace("\r", "\\r"))


def quote_user(name: str) -> str:
    """Return the word to write for a user or a group (str) behind the command of a script line.

    Raises ValueError as quote() does, and for a backslash: keepalived 2.2.7 takes it for an escape there, 2.3.3 for
    itself (run of both).
    """
    if "\\" in name:
        raise ValueError(f"{name!r} holds a backslash, which versions of keepalived read in different ways; remove it")
    written = quote(name)
    return f'"{name}"' if "'" in name else written


def split_script(text: str) -> list[str]:
    """Return the words of a script line as the daemon splits it (``Statement.arguments``): command, user, group.

    Double and single quotes and backslash escapes count, and quotes may begin inside a word. Applied again to the
    command it gives the argument vector.
    Raises ValueError when a quote is not closed or the text ends with a lone backslash.
    """
    return [value for _written, value in script_words(text)]


def script_words(text: str) -> list[tuple[str, str]]:
    """Return (word as written, word as split_script() has it) for each word of a script line, and raise as it does."""
    words = []
    at = skip_white(text, 0, len(text))
    while at < len(text):
        start = at
        word, at = _script_word(text, start)
        words.append((text[start:at], word.split("\0", 1)[0]))
        at = skip_white(text, at, len(text))
    return words


def _script_word(text: str, at: int) -> tuple[str, int]:
    pieces = []
    open_quote = ""
    while at < len(text):
        stop = _SCRIPT_STOP[open_quote].search(text, at)
        if stop is None:
            pieces.append(text[at:])
            at = len(text)
            break
        pieces.append(text[at:stop.start()])
        at = stop.end()
        if stop.group() == "\\":
            character, at = _escape(text, at)
            pieces.append(character)
        elif open_quote:
            open_quote = ""
        elif stop.group() in "'\"":
            open_quote = stop.group()
        else:
            at = stop.start()
            break
    if open_quote:
        raise ValueError(f"{text!r} has a {open_quote} that is not closed; add the closing one")
    return _as_text("".join(pieces)), at


def _escape(text: str, at: int) -> tuple[str, int]:
    """Return the character that the escape after the backslash at ``at`` - 1 stands for, and the place after it."""
    if at >= len(text):
        raise ValueError(f"{text!r} ends with a lone backslash; remove it or write two")
    found = _HEXADECIMAL.match(text, at)
    if found:
        return _byte(int(found.group(1), 16)), found.end()
    if text[at] == "c" and at + 1 < len(text):
        return _byte(ord(text[at + 1]) & 0x1F), at + 2
    found = _OCTAL.match(text, at)
    if found:
        return _byte(int(found.group(), 8)), found.end()
    return _NAMED_ESCAPES.get(text[at], text[at]), at + 1


def _byte(number: int) -> str:
    """Return one byte as str, the way files are read: surrogate-escaped where it is not ASCII."""
    number &= 0xFF
    return chr(number) if number < 0x80 else chr(0xDC00 + number)


def _as_text(word: str) -> str:
    """Join escaped bytes that make up UTF-8 together."""
    if word.isascii():
        return word
    return word.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


def _check_encodable(value: str) -> None:
    if not value.isascii():
        try:
            value.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError as error:
            raise ValueError(f"{value!r} holds a character that is no UTF-8; remove it") from error
