# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Rules about directives of any kind: syntax, and what stands twice at a level.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Dict, List

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR

from ..row import ALLOWED, BLOCKS, HEADERS, LINES, LOGS, NAMES
from ..table import INLINE, SECTIONS, rows
from .model import Block, Configuration, Directive
from .registry import Said, rule
from .sockets import kind_of

_PLACES = tuple(path for path in SECTIONS if path not in (*INLINE, "http/stub_status")
                and not path.endswith("server_group"))
# What may stand several times at a level, although it has one value each time.
_REPEATED = ("ssl_certificate", "ssl_certificate_key", "ssl_session_cache", "proxy_redirect", "return", "zone",
             "server_name", "index", "error_page")
_LISTS = (ALLOWED, BLOCKS, HEADERS, LINES, LOGS, NAMES)
# A list that is written once, as the options above; nginx joins other lists, or takes each line.
_LIST_ONCE = ("try_files",)
# Lists that are joined (ngx_conf_set_bitmask_slot).
_JOINED = ("ssl_protocols", "proxy_ssl_protocols", "proxy_next_upstream")
_OPTIONAL = ("combined",)


@rule("nginx-syntax", ERROR, "A directive ends with a semicolon, and a block with a brace.",
      "ngx_conf_read_token of src/core/ngx_conf_file.c", "")
def syntax(configuration: Configuration, _main: Block) -> Said:
    """What stands in raw and in the snippets of file is read as nginx reads it."""
    for name, fault in configuration.faults:
        yield f"its text {fault}.", "Correct raw, or the snippet.", "raw", name


@rule("nginx-directive-twice", ERROR, "Most directives stand once at a level.", "run: directive is duplicate", *_PLACES)
def directive_twice(_configuration: Configuration, block: Block) -> Said:
    """So raw does not replace an option or its default at the same level; raw of an inner level does."""
    once = [row.key for row in rows(block.section).values() if row.key not in _REPEATED and (
        row.kind not in _LISTS or row.key in _LIST_ONCE)]
    for key in once:
        found = block.all(key)
        if len(found) > 1:
            yield (f"{_written(found)}, and nginx refuses that.", f"Keep one of them: the option {key}, or the line.",
                   key)


def _written(found: List[Directive]) -> str:
    texts = [f"{each.text} ({each.origin})" if each.origin else each.text for each in found]
    return f"{' and '.join(dict.fromkeys(texts))} {'stand' if len(set(texts)) > 1 else 'stands twice'} at one level"


@rule("nginx-lists-joined", ERROR, "Two lists of one directive at a level are joined.",
      "ngx_conf_set_bitmask_slot of src/core/ngx_conf_file.c; run: both versions of TLS answer", *_PLACES)
def lists_joined(_configuration: Configuration, block: Block) -> Said:
    """So "ssl_protocols TLSv1.3" in raw or in a file of conf.d does not end TLS 1.2, which the other line has."""
    for key in _JOINED:
        found = block.all(key)
        if len({frozenset(each.arguments) for each in found}) > 1:
            yield (f"{_written(found)}, and nginx joins them.",
                   f"Keep one of them: set the option {key} to the whole list, and remove the other line.", key)


@rule("nginx-log-format-unknown", ERROR, "A log has a format that is there.", "run: unknown log format", "http",
      "http/server", "http/server/location", "stream", "stream/server")
def log_format_unknown(configuration: Configuration, block: Block) -> Said:
    """It is defined by log_format before it is used; C(combined) is always there in http."""
    kind = kind_of(block) if block.kind not in ("http", "stream") else block.kind
    if not configuration.is_known(kind):
        return
    top = next((level for level in block.levels() if level.kind == kind), block)
    known: Dict[str, int] = {each.arguments[0]: number for number, each in enumerate(top.directives)
                             if each.name == "log_format" and each.arguments}
    for each in block.all("access_log"):
        words = each.arguments[1:2]
        if not words or "=" in words[0] or each.origin or (kind == "http" and words[0] in _OPTIONAL):
            continue
        if words[0] not in known:
            yield f"access_log has the format {words[0]}, which is not there.", "Add it to log_format.", "access_log"
        elif block is top and known[words[0]] > block.directives.index(each):
            yield (f"access_log has the format {words[0]}, which is defined only behind it.",
                   "Write it in the option log_format.", "access_log")
