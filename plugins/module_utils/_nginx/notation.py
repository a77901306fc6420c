# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Texts that hold in nginx's own notation what are several keys here: the place of a location, a format, a server.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Match, Optional, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import BadValueError
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import one_of

from .row import Row
from .text import LexError, tokens, unquoted, words

_ESCAPE = re.compile(r"escape=(\S*)\s*(.*)\Z", re.DOTALL)
_MODIFIED = re.compile(r"(=|~\*|~|\^~)[ \t]*")


def _front(modifier: Optional[str], uri: str) -> Optional[Match[str]]:
    """Return the modifier in front of a path; a regular expression may begin with C(=)."""
    found = _MODIFIED.match(uri)
    return None if found and modifier in ("~", "~*") and found.group(0) == "=" else found


def place(modifier: Optional[str], uri: str) -> Tuple[Optional[str], str]:
    """Return the modifier and the path of a location, whose C(uri) may have both in nginx's own notation.

    A path that nginx would take and that no request can have is refused (ngx_http_core_location of
    ngx_http_core_module.c).

    :raises BadValueError: the two contradict each other, or no request is like that.
    """
    own = _front(modifier, uri)
    if own and modifier:
        raise BadValueError('"%s" has a modifier, and modifier is "%s", too.' % (uri, modifier),
                            'Write modifier: "%s" and uri: "%s", or leave modifier out.' % (
                                own.group(1), uri[own.end():]))
    if own:
        modifier, uri = own.group(1), uri[own.end():]
        if not uri:
            raise BadValueError('has the modifier "%s" alone.' % modifier, "Add the path.")
    uri = unquoted(uri)
    if (own and _front(modifier, uri)) or uri[:1] in ("", "'", '"'):
        raise BadValueError('begins with "%s" behind the modifier.' % uri[:1],
                            "Leave it out, or write it as [%s]." % uri[:1])
    if re.search(r"\s\{\Z|(?<!\\);\Z", uri):
        raise BadValueError('"%s" has "%s" at its end.' % (uri, uri[-1]), "Leave it out.")
    if modifier in ("~", "~*"):
        return modifier, uri
    if uri.startswith("@") and modifier:
        raise BadValueError('"%s" is a name, which takes no modifier.' % uri, "Leave modifier out.")
    if not uri.startswith(("/", "@")) or len(uri) == uri.count("@"):
        pattern = re.search(r"[\\^$*+?()|]", uri)
        raise BadValueError('"%s" begins with neither / nor @, so no request is like it.' % uri,
                            'A regular expression needs modifier: "~".' if pattern else "Write /%s." % uri)
    return modifier, uri


def escaped(escape: Optional[str], text: str) -> Tuple[Optional[str], str]:
    """Return how variables in a format are escaped, and the format, whose text may have both in nginx's own notation.

    :raises BadValueError: it is said twice.
    """
    found = _ESCAPE.match(text)
    if not found:
        return escape, text
    one_of("default", "json", "none")(found.group(1))
    if escape or _ESCAPE.match(found.group(2)):
        raise BadValueError("has escape in front of it, and escape is there, too.", "Leave out one of them.")
    rest = found.group(2)
    try:
        parts = list(tokens(rest))
    except LexError:
        parts = []
    quoted = parts and all(token.raw[0] in "\"'" for token in parts)
    return found.group(1), "".join(token.value for token in parts) if quoted else rest


def entry(rows: Dict[str, Row], text: str) -> Dict[str, Any]:
    """Return the block that one directive such as C(198.18.0.21:80 weight=3 backup) is.

    :param rows: those of the block.
    :raises BadValueError: it is none.
    """
    first = next(row for row in rows.values() if row.required)
    try:
        parts = words(text)
    except LexError as problem:
        raise BadValueError('%s: "%s".' % (problem, text), "Write its address and parameters.") from problem
    block: Dict[str, Any] = {first.key: parts[0].raw}
    for part in parts[1:]:
        key, equals, value = part.value.partition("=")
        block[key] = value if equals else True
    return block
