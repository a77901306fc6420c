# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The place that a location is for: modifier and path, also in nginx's own notation.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import Optional, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import BadValueError

from .text import unquoted

_MODIFIED = re.compile(r"(=|~\*|~|\^~)[ \t]*")


def place(modifier: Optional[str], uri: str) -> Tuple[Optional[str], str]:
    """Return the modifier and the path of a location, whose C(uri) may have both in nginx's own notation.

    A path that nginx would take and that no request can have is refused (ngx_http_core_location of
    ngx_http_core_module.c).

    :raises BadValueError: the two contradict each other, or no request is like that.
    """
    own = _MODIFIED.match(uri)
    if own and not (modifier in ("~", "~*") and own.group(0) == "="):
        if modifier:
            raise BadValueError('"%s" has a modifier, and modifier is "%s", too.' % (uri, modifier),
                                'Write modifier: "%s" and uri: "%s", or leave modifier out.' % (
                                    own.group(1), uri[own.end():]))
        modifier, uri = own.group(1), uri[own.end():]
        if not uri:
            raise BadValueError('has the modifier "%s" alone.' % modifier, "Add the path.")
    uri = unquoted(uri)
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
