# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Render data as the files of nginx: C(MAIN), one file for each upstream and each server, and nginx.conf.

MAIN includes each file by its name, so that their order is that of the data. The order matters: the first server of an
address serves unknown names. The order within a block is that of the table. nginx.conf includes MAIN, so that a change
of the configuration changes only one directory.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple

from . import table
from .check import Data
from .complete import DIRECTORY, MAIN, OPEN_FILES, Version, certificates, complete
from .row import BARE, BLOCK, BLOCKS, FORMAT, HEAD, Row
from .statements import Read, nothing
from .text import quote, read
from .values import KINDS

HEADER = "# Written by openvip.cluster.nginx_config: the next run of Ansible replaces changes made here.\n"
MODE = 0o644
SECRET_MODE = 0o600
_INDENT = "    "


class File(NamedTuple):
    """The text of a file and its permissions; one that others cannot read holds a secret."""

    text: str
    mode: int = MODE


class Tree(NamedTuple):
    """The rendered files: nginx.conf, and the other files by their path relative to it.

    nginx.conf depends only on the pid file. Scripts read the name of that file there, for example Debian's
    /etc/init.d/nginx, by which logrotate makes nginx reopen its logs.
    """

    main: File
    files: Dict[str, File]


def render(data: Data, version: Version = None, read: Read = nothing, open_files: int = OPEN_FILES) -> Tree:
    """Return the files of canonical, checked data for a version such as (1, 22, 1); None is the newest.

    The other parameters are those of C(complete).
    """
    whole = complete(data, version, read, open_files)
    files = {path: File(text, SECRET_MODE if path.endswith(".key") else MODE)
             for path, text in certificates(data).items()}
    pid = {key: whole.pop(key) for key in ("pid",) if key in whole}
    files[MAIN] = _file(_body("", whole, files))
    return Tree(_file([*_body("", pid, files), _directive("include", MAIN)]), files)


def _file(lines: List[str]) -> File:
    return File(HEADER + "\n".join(lines) + "\n")


def _indented(lines: List[str]) -> List[str]:
    return [_INDENT + line if line else line for line in lines]


def _framed(head: str, lines: List[str]) -> List[str]:
    return [head + " {", *_indented(lines), "}"]


def _directive(*words: str) -> str:
    return " ".join(word for word in words if word) + ";"


def _body(path: str, data: Data, files: Dict[str, File]) -> List[str]:
    """Return the lines of a block's content; blocks that are files of their own are added to I(files)."""
    lines: List[str] = []
    for row in table.SECTIONS[path]:
        write = KINDS[row.kind].write
        if row.key in data and row.kind in (BLOCK, BLOCKS):
            lines += _blocks(path, row, data[row.key], files)
        elif row.key in data and write:
            lines += write(row, data[row.key])
    return lines


def _blocks(path: str, row: Row, value: Any, files: Dict[str, File]) -> List[str]:
    inner = table.section(path, row.key)
    if inner in table.INLINE:
        return [_inline(inner, row.key, block) for block in value]
    if inner in table.FILES:
        return [_include(inner, row.key, block, files) for block in value]
    lines: List[str] = []
    for block in value if row.kind == BLOCKS else [value]:
        lines += ["", *_framed(_head(inner, row.key, block), _body(inner, block, files))]
    return lines


def _head(path: str, key: str, block: Data) -> str:
    words = [quote(block[row.key]) for row in table.SECTIONS[path] if row.kind == HEAD and row.key in block]
    return " ".join([key, *words])


def _include(path: str, key: str, block: Data, files: Dict[str, File]) -> str:
    """Make a file of the block, and return the directive that includes it."""
    name = "%s/%s/%s.conf" % (DIRECTORY, path, block["name"])
    files[name] = _file(_framed(_head(path, key, block), _body(path, block, files)))
    return _directive("include", name)


def _inline(path: str, key: str, block: Data) -> str:
    """Return a block that is one directive: ``server 198.18.0.21 weight=3 backup;``, ``log_format main "...";``."""
    words = [key]
    for row in table.SECTIONS[path]:
        if row.key not in block:
            continue
        value = block[row.key]
        if row.kind == BARE:
            words += [row.key] * bool(value)
        elif row.kind == FORMAT:
            words.append(quote(value))
        elif row.required:
            words.append(quote(read(value)))
        else:
            words.append(quote("%s=%s" % (row.key, value)))
    return _directive(*words)
