# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The table as an Ansible argument specification and as its documentation, so that the two cannot disagree.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any, Dict

from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import range_text

from . import table
from .row import ALLOWED, BARE, BLOCK, BLOCKS, FLAG, GROUPS, HEADERS, INTEGER, LINES, LOGS, NAMES, RAW, SIZE, TIME, Row

Options = Dict[str, Any]

_RAW: Options = {"type": "list", "elements": "str"}
_RAW_DESCRIPTION = "Lines or whole blocks in nginx's own words, for what the other options cannot say."
_LISTS = (ALLOWED, LINES, LOGS, NAMES, GROUPS)
_HINTS = {TIME: "A time such as V(10s).", SIZE: "A size such as V(64k)."}


def argument_spec(path: str = "") -> Options:
    """Return the C(options) of the argument specification for the data of one section; "" is the whole file."""
    options = {}
    for row in table.SECTIONS[path]:
        option = _common(row)
        # Ansible asks about names like ssl_certificate_key whether they are secrets.
        if row.secret or "key" in row.key or "pass" in row.key:
            option["no_log"] = row.secret
        if row.kind in (BLOCK, BLOCKS):
            option["options"] = argument_spec(table.section(path, row.key))
        options[row.key] = option
    if path in table.RAW_SECTIONS:
        options[RAW] = dict(_RAW)
    return options


def options_documentation(path: str = "") -> Options:
    """Return the documentation of the same options: description, type, elements, choices, suboptions."""
    options = {}
    for row in table.SECTIONS[path]:
        limits = range_text(row.minimum, row.maximum)
        details = ["Allowed are %s." % limits] * bool(limits) + [_HINTS[kind] for kind in _HINTS if kind == row.kind]
        option: Options = {"description": [row.description, *details], **_common(row)}
        if row.kind in (BLOCK, BLOCKS):
            option["suboptions"] = options_documentation(table.section(path, row.key))
        options[row.key] = option
    if path in table.RAW_SECTIONS:
        options[RAW] = {"description": _RAW_DESCRIPTION, **_RAW}
    return options


def _common(row: Row) -> Options:
    option: Options = {"type": "str"}
    if row.kind in (FLAG, BARE):
        option = {"type": "bool"}
    elif row.kind == INTEGER:
        option = {"type": "int"}
    elif row.kind in _LISTS:
        option = {"type": "list", "elements": "str"}
    elif row.kind == BLOCKS:
        option = {"type": "list", "elements": "dict"}
    elif row.kind in (BLOCK, HEADERS):
        option = {"type": "dict"}
    if row.choices:
        option["choices"] = list(row.choices)
    if row.required:
        option["required"] = True
    return option
