# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The files that a configuration includes.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import glob
import os
import re
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._kit.files import read_text
from ansible_collections.openvip.cluster.plugins.module_utils._schema.layout import RAW, raw_text

_ALTERNATIVES = re.compile(r"\{([^{}]*)\}")


def expanded(pattern: str) -> List[str]:
    """The patterns that one with alternatives, such as ``{a,b}.conf``, stands for."""
    found = _ALTERNATIVES.search(pattern)
    if found is None:
        return [pattern]
    return [
        name
        for part in found.group(1).split(",")
        for name in expanded(pattern[: found.start()] + part + pattern[found.end() :])
    ]


def unmatched(data: Any, path: str) -> List[str]:
    """Return the patterns of the includes in the raw lines of data, and of its blocks, that find no file, each once.

    A pattern with wildcards may find none where its directory exists, unless the keyword asks for a match (include with
    m, w or a, keepalived.conf(5)).

    :param path: of the file; patterns are relative to its directory.
    """
    found: Dict[str, None] = {}
    for statement in _includes(data):
        names = [os.path.join(os.path.dirname(path), name) for name in expanded(statement.values[0])]
        if "$" in statement.values[0] or any(glob.glob(name) for name in names):
            continue
        wild = any(glob.has_magic(name) and os.path.isdir(os.path.dirname(name)) for name in names)
        if not wild or statement.keyword[len("include"):] in ("m", "w", "a"):
            found[statement.values[0]] = None
    return list(found)


def _includes(data: Any) -> Iterator[Any]:
    """Iterate over the includes in raw lines, however deep."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key == RAW:
                lines = value if isinstance(value, list) else [value]
                yield from (statement for line in map(raw_text, lines) if isinstance(line, str)
                            for statement, _ancestors in parse(line).walk() if statement.kind == "include")
            else:
                yield from _includes(value)
    elif isinstance(data, list):
        for each in data:
            yield from _includes(each)


def included(text: str, path: str, seen: Optional[Set[str]] = None) -> Iterator[Tuple[str, str]]:
    """Iterate over (path, text) of the files that a file includes, and of those that they include, each once.

    Patterns are those of the daemon: relative to the directory of the file, with globs and alternatives. Files that
    cannot be read, and executable ones, which the daemon leaves out, are passed over.
    """
    seen = {os.path.realpath(path)} if seen is None else seen
    for statement, _ancestors in parse(text, path).walk():
        if statement.kind != "include":
            continue
        for pattern in expanded(statement.values[0]):
            for name in sorted(glob.glob(os.path.join(os.path.dirname(path), pattern))):
                if os.path.realpath(name) in seen or not os.path.isfile(name) or os.access(name, os.X_OK):
                    continue
                seen.add(os.path.realpath(name))
                try:
                    content = read_text(name)
                except OSError:
                    continue
                if content is None:  # removed meanwhile
                    continue
                yield name, content
                yield from included(content, name, seen)
