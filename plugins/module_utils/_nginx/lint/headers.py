# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Rules about headers that are written and never sent.

nginx takes add_header, and proxy_set_header, from the level above only where the level itself has none of them
(nginx.org, ngx_http_headers_module and ngx_http_proxy_module).

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import contextlib
from typing import Dict, Iterator, Optional, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import WARNING

from ..parse import SyntaxFaultError, parse
from ..row import RAW
from .model import ROOT, Block, Configuration
from .registry import Said, rule

ADD, SET = "add_header", "proxy_set_header"


def _headers(block: Block, keyword: str) -> Dict[str, str]:
    """Return the headers that are written at a level, by their names in small letters; defaults are left out."""
    found = [directive.arguments[0] for directive in block.all(keyword) if directive.arguments]
    if keyword == SET and "proxy_pass" in block.data:
        found = [*block.data.get(SET, {}), *_of_raw("\n".join(block.data.get(RAW, [])))]
    return {name.lower(): name for name in found}


def _of_raw(text: str) -> Iterator[str]:
    with contextlib.suppress(SyntaxFaultError):
        yield from (each.words[1] for each in parse(text) if each.words[0] == SET and len(each.words) > 1)


def _above(block: Block, keyword: str) -> Tuple[Dict[str, str], str]:
    """Return the headers of the nearest level above that has any, and what that is called."""
    level: Optional[Block] = block.parent.nearest(keyword) if block.parent else None
    if level is None:
        return {}, ""
    return _headers(level, keyword), ROOT if level.kind == "http" else level.label


@rule("nginx-headers-hidden", WARNING, "An add_header hides those of the level above.",
      "nginx.org/en/docs/http/ngx_http_headers_module.html#add_header", "http/server", "http/server/location")
def headers_hidden(_configuration: Configuration, block: Block) -> Said:
    """nginx takes them from above only where a level has none of its own. Since 1.29.3 it merges them where
    add_header_inherit says so.
    """
    own = _headers(block, ADD)
    above, origin = _above(block, ADD)
    missing = [header for key, header in above.items() if key not in own]
    if own and missing and block.inherited("add_header_inherit") != "merge":
        yield (f"its add_header takes the place of those of {origin}, and {' and '.join(missing)} is not sent here.",
               "Repeat them here.", ADD)


@rule("nginx-proxy-headers-hidden", WARNING, "A proxy_set_header hides those of the level above.",
      "nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header", "http/server/location")
def proxy_headers_hidden(_configuration: Configuration, location: Block) -> Said:
    """nginx takes them from above only where a level has none of its own, and a location with the option proxy_pass
    always has some.
    """
    own = _headers(location, SET)
    above, origin = _above(location, SET)
    missing = [header for key, header in above.items() if key not in own]
    if missing and location.has(SET) and location.has("proxy_pass"):
        yield (f"it has headers of its own for the upstream, so proxy_set_header {' and '.join(missing)} of {origin} "
               "has no effect here.", "Write them in proxy_set_header of the location.", SET)
