# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The table as an Ansible argument specification and as its documentation, so that the two cannot disagree.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import range_text

from . import table
from .row import BLOCK, BLOCKS, SECONDS, SIZE, TIME
from .values import Options, option

_HINTS = {TIME: "A time such as V(10s).", SECONDS: "A time such as V(10s).", SIZE: "A size such as V(64k)."}


def argument_spec(path: str = "") -> Options:
    """Return the C(options) of the argument specification for the data of one section; "" is the whole file."""
    options = {}
    for row in table.SECTIONS[path]:
        found = option(row)
        # Ansible asks about names like ssl_certificate_key whether they are secrets.
        if row.secret or "key" in row.key or "pass" in row.key:
            found["no_log"] = row.secret
        if row.kind in (BLOCK, BLOCKS):
            found["options"] = argument_spec(table.section(path, row.key))
        options[row.key] = found
    return options


def options_documentation(path: str = "") -> Options:
    """Return the documentation of the same options: description, type, elements, choices, suboptions."""
    options = {}
    for row in table.SECTIONS[path]:
        limits = range_text(row.minimum, row.maximum)
        details = ["Allowed are %s." % limits] * bool(limits) + [_HINTS[kind] for kind in _HINTS if kind == row.kind]
        found: Options = {"description": [row.description, *details], **option(row)}
        if row.kind in (BLOCK, BLOCKS):
            found["suboptions"] = options_documentation(table.section(path, row.key))
        options[row.key] = found
    return options
