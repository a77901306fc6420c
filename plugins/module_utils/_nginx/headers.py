# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Headers that are written and never sent.

nginx takes add_header, and proxy_set_header, from the level above only where the level itself has none of them
(nginx.org, ngx_http_headers_module and ngx_http_proxy_module).

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import Dict, Iterator, List

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import WARNING, Finding

from .check import ROOT, Data, label

ADD, SET = "add_header", "proxy_set_header"
# Since 1.29.3 a level can ask for those of the level above (ngx_http_headers_module, add_header_inherit).
_MERGES = re.compile(r"(?m)^\s*add_header_inherit\s+merge\s*;")
_DIRECTIVE = re.compile(r"(?m)(?:^|[;{}])\s*(add_header|proxy_set_header)\s+(\"[^\"]*\"|'[^']*'|[^\s;]+)")


def lost(data: Data) -> Iterator[Finding]:
    """Yield a warning for each level whose headers hide those of the level above. What is in a block is not seen.

    :param data: canonical.
    """
    http = data.get("http", {})
    outer = {keyword: _headers(http, keyword) for keyword in (ADD, SET)}
    for number, server in enumerate(http.get("server", []), 1):
        name = label("http", "server", server, number, "")
        own = {keyword: _headers(server, keyword) for keyword in (ADD, SET)}
        yield from _hidden(name, server, own[ADD], outer[ADD], ROOT)
        inherited = {keyword: own[keyword] or outer[keyword] for keyword in (ADD, SET)}
        origin = {keyword: name if own[keyword] else ROOT for keyword in (ADD, SET)}
        for place, location in enumerate(server.get("location", []), 1):
            inner = label("http/server", "location", location, place, name)
            yield from _hidden(inner, location, _headers(location, ADD), inherited[ADD], origin[ADD])
            if "proxy_pass" in location:
                yield from _unset(inner, _headers(location, SET), inherited[SET], origin[SET])


def _headers(block: Data, keyword: str) -> Dict[str, str]:
    """Return the headers of a block as they are written, by their names in small letters."""
    written: List[str] = list(block.get(keyword, {}))
    for text in block.get("raw", []):
        # what stands in a block of its own is of another level
        plain = re.sub(r"(?s)\{.*\}", "", text)
        written += [found.group(2).strip("\"'") for found in _DIRECTIVE.finditer(plain) if found.group(1) == keyword]
    return {name.lower(): name for name in written}


def _hidden(name: str, block: Data, own: Dict[str, str], above: Dict[str, str], origin: str) -> Iterator[Finding]:
    missing = [header for key, header in above.items() if key not in own]
    if own and missing and not any(_MERGES.search(text) for text in block.get("raw", [])):
        yield Finding("headers-hidden", WARNING, name,
                      "its add_header takes the place of those of %s, and %s is not sent here." % (
                          origin, " and ".join(missing)), "Repeat them here.", keyword=ADD)


def _unset(name: str, own: Dict[str, str], above: Dict[str, str], origin: str) -> Iterator[Finding]:
    missing = [header for key, header in above.items() if key not in own]
    if missing:
        yield Finding("headers-hidden", WARNING, name,
                      "it has headers of its own for the upstream, so proxy_set_header %s of %s has no effect here."
                      % (" and ".join(missing), origin), "Write them in proxy_set_header of the location.",
                      keyword=SET)
