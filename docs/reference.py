# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keyword table as a page for people, and what it covers of a list of keepalived's keywords."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.openvip.cluster.plugins.module_utils._schema import table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.layout import is_key
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import (
    BLOCK,
    BODY,
    BOOL,
    DECIMAL,
    ENUM,
    FLAG,
    HEAD,
    INT,
    INTERFACE,
    IP,
    KEYWORD,
    LINES,
    NAMES,
    OLDEST,
    PATH,
    REGEX,
    SCRIPT,
    SCRIPT_USER,
    STRING,
    WORDS,
    Row,
    Version,
    version_text,
)
from ansible_collections.openvip.cluster.plugins.module_utils._schema.spec import dated_notes
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import INTERFACE_LENGTH, range_text

HEADER = """<!--
SPDX-License-Identifier: GPL-3.0-or-later
Copyright: (c) 2026, openvip.cluster contributors
Written by docs/generate.py from the keyword table: change that.
-->

# Keywords

Every keyword of `keepalived.conf` that keepalived %s or newer knows, in the order in which the collection writes
them. The same table checks the data, writes the file, reads it, and is the argument specification of the modules and
judges the variables of the roles.

- *Since* is the version of keepalived that the keyword came with; without one, all supported versions know it. For an
  older version the collection writes the former name, or says that the keyword is not known.
  Values, words and forms that came later than their keyword are in the note.
- *Range* is what the collection takes. keepalived itself takes more in places, and then does something else than was
  written.
- A *flag* is `true` in the data and a word without a value in the file. A *switch* may be `false` too, written `off`.
  *Words* are one text in the given form. A *list* has one text per entry, a *block* is a dictionary, and *blocks* are a
  list of them.
- A keyword with a hyphen is a key with an underscore in the data, since Ansible takes no other names for options.
  Variables of the roles may have the hyphen.
- Each block may have `raw`, a list of lines or whole blocks in keepalived's own words. An entry that is a dictionary of
  `text` and `before` is written right before the keyword or block that `before` names, or last with `before: end`.
"""
TYPES = {
    BLOCK: "block",
    BOOL: "switch",
    DECIMAL: "number",
    ENUM: "word",
    FLAG: "flag",
    INT: "whole number",
    INTERFACE: "interface",
    IP: "address",
    LINES: "list",
    NAMES: "list",
    PATH: "path",
    REGEX: "regular expression",
    SCRIPT: "command",
    SCRIPT_USER: "command",
    STRING: "text",
    WORDS: "words",
}
COLUMNS = ("Keyword", "Type", "Unit", "Range", "Default", "Since", "Note")
# keepalived installs them in one of the two blocks only, which a list made from its sources does not show
NOT_ACCEPTED = frozenset(
    "virtual_server/real_server/HTTP_GET/" + keyword for keyword in ("sni_name", "tls_compliant", "url/tls_compliant")
)

_MARKUP = re.compile(r"\b(?:[CVOMP]|RV)\(([^()#]*(?:\([^()]*\))?[^()#]*)(?:#[a-z]+)?\)")


def page() -> str:
    """Return the reference page: one table per section."""
    return HEADER % version_text(OLDEST) + "".join(_section(path) for path in table.sections())


def _section(path: str) -> str:
    rows = table.rows(path).values()
    lines = ["", "## " + (path.replace("/", " / ") or "Top level"), ""]
    if path:
        lines += ["`%s`" % line for line in _heads(table.find_block(path))[:1]]
        lines += ["or `%s`" % line for line in _heads(table.find_block(path))[1:]]
        lines.append("")
    lines += [_line(COLUMNS), _line(["---"] * len(COLUMNS))]
    lines += [_line(_cells(row)) for row in rows]
    return "\n".join(lines) + "\n"


def _heads(row: Row) -> list[str]:
    """The first line of a block in each of its forms."""
    forms = row.heads or ((),)
    words = [[part[1:-1].upper() if is_key(part) else part for part in form] for form in forms]
    return [" ".join([row.keyword, *form, "{"]) for form in words]


def _line(cells: list[str] | tuple[str, ...]) -> str:
    return "| %s |" % " | ".join(cell.replace("|", "\\|") for cell in cells)


def _cells(row: Row) -> list[str]:
    return [
        "`%s`" % row.keyword,
        TYPES[row.type] + ("s" if row.repeatable and row.type == BLOCK else ", repeated" if row.repeatable else ""),
        row.unit,
        _range(row),
        "" if row.type in (FLAG, BLOCK) else plain(row.default),
        version_text(row.since) if row.since else "",
        " ".join(_notes(row)),
    ]


def _range(row: Row) -> str:
    if row.choices:
        return ", ".join("`%s`" % choice for choice in row.choices)
    if row.entry is not None:
        return "`%s`" % row.entry.usage
    if row.type == INTERFACE:
        return "at most %d characters" % INTERFACE_LENGTH
    if row.type == STRING:
        return "at most %d bytes" % row.maximum if row.maximum is not None else ""
    return range_text(row.minimum, row.maximum)


def _notes(row: Row) -> Iterator[str]:
    description = plain(row.description)
    yield description
    for holds, note in (
        (bool(row.written), "Written as `%s`." % row.written),
        (row.place == HEAD, "Stands before the brace."),
        (row.place == BODY, "Lines without a keyword."),
        (row.required, "Must be there."),
        (row.optional and "`true`" not in description, "May be `true`, without a value."),
        (row.type == SCRIPT_USER, "May be a dictionary of `script`, `user` and `group`."),
        (row.first_wins, "Of several lines the first counts."),
        (row.joins, "Several lines count together."),
    ):
        if holds:
            yield note
    if row.entry is not None and "[OPTION ...]" in row.entry.usage:
        words = {*row.entry.options, *row.entry.inner, *row.entry.rest}
        yield "Options: %s." % ", ".join("`%s`" % word for word in sorted(words) if not word.isdigit())
    for note in dated_notes(row):
        yield note.replace("keepalived ", "") + "."
    for alias in row.aliases:
        known = " (since %s)" % version_text(alias.since) if alias.since else ""
        yield "Also called `%s`%s." % (alias.keyword, known)
    if row.deprecated:
        yield "Deprecated. %s" % plain(row.deprecated)


def plain(text: str) -> str:
    """Return the text with Ansible's markup made Markdown."""
    return _MARKUP.sub(r"`\1`", text)


def claims() -> dict[str, Version]:
    """Return every path the table accepts, aliases included, and the version from which it does."""
    return dict(_claims("", [("", OLDEST)]))


def _claims(section: str, places: list[tuple[str, Version]]) -> Iterator[tuple[str, Version]]:
    for row in table.rows(section).values():
        if row.place != KEYWORD:
            continue
        names = [(row.spelled, row.since), *((alias.keyword, alias.since) for alias in row.aliases)]
        found = [(place + name, max(above, since or OLDEST)) for place, above in places for name, since in names]
        yield from found
        if row.type == BLOCK:
            yield from _claims(row.path, [(path + "/", since) for path, since in found])


def coverage(path: Path) -> str:
    """Return how many of a list's paths the table knows: JSON with ``keywords``, each ``path`` and ``removed_in``."""
    keywords = json.loads(path.read_text(encoding="utf-8"))["keywords"]
    ended = {each["path"] for each in keywords if each["removed_in"] and _version(each["removed_in"]) <= OLDEST}
    listed = {each["path"] for each in keywords} - ended
    wanted = listed - NOT_ACCEPTED
    known = claims()
    missing = sorted(wanted - set(known))
    said = "%d of %d paths, missing: %s (not counted: %d that ended before keepalived %s, %d that it does not accept)"
    return said % (
        len(wanted) - len(missing),
        len(wanted),
        ", ".join(missing) or "none",
        len(ended),
        version_text(OLDEST),
        len(listed & NOT_ACCEPTED),
    )


def _version(tag: str) -> Version:
    return tuple(int(part) for part in tag.lstrip("v").split("."))
