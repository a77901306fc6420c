# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The table as an Ansible argument specification and as its documentation, so that the two cannot disagree.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List

from . import table, values
from .layout import RAW
from .row import BLOCK, FLAG, HEAD, INTERFACE, SCRIPT_USER, STRING, Row, version_text
from .words import INTERFACE_LENGTH, range_text

Options = Dict[str, Any]

# Ansible asks about names like these whether they are secrets.
_SOUNDS_SECRET = re.compile(r"pass|key|secret|token")

_RAW_DESCRIPTION = [
    "Lines or whole blocks in keepalived's own words, for what the other options cannot say.",
    "Each is written as it is, at the place of its keyword; definitions come first, unknown words last.",
    "Where another place counts, write a dictionary of C(text) and C(before): the keyword right before which the text "
    "is written, or a block with the words of its head, such as V(vrrp_instance VI_2), or V(end) for the last place.",
]


def argument_spec(section: str = "") -> Options:
    """The C(options) of the argument specification for the data of one section; "" is the whole configuration."""
    options = {row.keyword: _option(row) for row in table.rows(section).values()}
    options[RAW] = {"type": "list", "elements": "raw"}
    return options


def options_documentation(section: str = "") -> Options:
    """The documentation of the same options: description, type, elements, choices, aliases, suboptions."""
    options = {row.keyword: _documentation(row) for row in table.rows(section).values()}
    options[RAW] = {"description": list(_RAW_DESCRIPTION), "type": "list", "elements": "raw"}
    return options


def _option(row: Row) -> Options:
    option = _common(row)
    if row.secret:
        option["no_log"] = True
    elif _SOUNDS_SECRET.search(row.keyword):
        option["no_log"] = False
    if row.type == BLOCK:
        option["options"] = argument_spec(row.path)
    return option


def _documentation(row: Row) -> Options:
    documentation: Options = {"description": [row.description, *_details(row)]}
    documentation.update(_common(row))
    if row.type == BLOCK:
        documentation["suboptions"] = options_documentation(row.path)
    return documentation


def _common(row: Row) -> Options:
    if row.type != BLOCK:
        option = values.option(row)
    else:
        option = {"type": "list", "elements": "dict"} if row.repeatable else {"type": "dict"}
    if row.aliases:
        option["aliases"] = [alias.keyword for alias in row.aliases]
    if row.place == HEAD and len(table.find_block(row.section).heads) == 1:
        option["required"] = True
    return option


def _details(row: Row) -> List[str]:
    """The sentences that follow from the columns of the table."""
    found = ["Written as C(%s)." % row.written] if row.written else []
    found += _form(row) + _limits(row)
    if row.type not in (FLAG, BLOCK) and row.default:
        found.append("Default of keepalived: %s." % row.default)
    found += ["%s." % note for note in dated_notes(row)]
    older = [alias.keyword for alias in row.aliases if row.since and (alias.since or ()) < row.since]
    if older:
        found.append("Written as C(%s) for older versions." % older[0])
    elif row.since:
        found.append("Needs keepalived %s or newer." % version_text(row.since))
    if row.deprecated:
        found.append("Deprecated. %s" % row.deprecated)
    return found


def dated_notes(row: Row) -> List[str]:
    """What not all versions know of a keyword that they know, by version: "Since keepalived 2.2.5: twos"."""
    by_version: Dict[Any, List[str]] = {}
    for each in row.dates:
        since = "Deprecated" if each.deprecated else "Since keepalived %s" % version_text(each.since)
        if each.what not in by_version.setdefault((each.deprecated != "", each.since, since), []):
            by_version[each.deprecated != "", each.since, since].append(each.what)
    return ["%s: %s" % (key[-1], ", ".join(whats)) for key, whats in sorted(by_version.items())]


def _form(row: Row) -> List[str]:
    found = []
    if row.entry is not None:
        found.append("%s C(%s)." % ("Every entry has the form" if row.is_list else "It has the form", row.entry.usage))
    if row.type == SCRIPT_USER:
        found.append("Either the command line, or a dictionary of C(script), C(user) and optionally C(group).")
        found.append('User and group may also stand behind a command in double quotes, such as C("/s a" me), '
                     "and C(root) behind any command.")
    if row.optional:
        choices = " or ".join("V(%s)" % choice for choice in row.choices) or "a value"
        found.append("Either V(true) or %s." % choices)
    return found


def _limits(row: Row) -> List[str]:
    if row.type == INTERFACE:
        return ["At most %d characters." % INTERFACE_LENGTH]
    if row.type == STRING:
        return ["At most %d bytes." % row.maximum] if row.maximum is not None else []
    limits = range_text(row.minimum, row.maximum)
    parts = ["allowed are " + limits] * bool(limits) + ["in " + row.unit] * bool(row.unit)
    return ["%s." % _capital(", ".join(parts))] if parts else []


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
