# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""What made a line that nginx complains of, which cites files that are not on the host yet; and what to do about it.

Every function here is pure.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import os
import re
import stat
from typing import Container, Dict, List, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import did_you_mean

from . import table
from .check import Data
from .complete import DIRECTORY, MAIN, STUB_STATUS
from .program import is_not_held
from .render import File
from .statements import blocks_at

# ngx_conf_log_error of src/core/ngx_conf_file.c
_CITED = re.compile(r" in (?P<path>/.+):(?P<line>\d+)\Z")
NO_STREAM = 'unknown directive "stream"'
_NO_UPSTREAM = re.compile(r'host not found in upstream "([^":]+)')
_BLOCK = re.compile(r"(?P<kind>http|stream)/(?P<key>server|upstream)/(?P<name>.+)\.conf\Z")
_CONTENT = re.compile(r"(?P<stream>stream/)?ssl/(?P<name>[^/]+)\.(?P<end>crt|key)\Z")
# The variables of the role that make a server which has no entry in nginx_server
_SERVERS = {"start_page": "nginx_listen, nginx_server_name and nginx_root", STUB_STATUS: "nginx_stub_status"}
_SHARED = ("raw", "include")


def traced(message: str, home: str, files: Dict[str, File], given: Container[str]) -> str:
    """Return a message of nginx with the object and the text of the line instead of a file that is not on the host.

    :param home: the directory of nginx.conf.
    :param files: the new files by their paths relative to I(home).
    :param given: the paths of those of them that are no part of the rendered configuration.
    """
    for path in files:
        found = _CONTENT.match(os.path.relpath(path, DIRECTORY))
        if found and path not in given:
            stream, key = bool(found["stream"]), found["end"] == "key"
            message = message.replace(f'"{os.path.join(home, path)}"', (
                f"ssl_certificate_{'key_' * key}content of {'stream ' * stream}server {found['name']} "
                f"(nginx_{'stream_' * stream}server)"))
    cited = _CITED.search(message)
    path = os.path.relpath(cited["path"], home) if cited else ""
    if not cited or path not in files:
        return message
    file, number = files[path], int(cited["line"])
    lines = file.text.splitlines()
    line = lines[min(number, len(lines)) - 1].strip() if lines else ""
    heads = blocks_at(file.text, number)
    if path in given:
        name = f"file {os.path.relpath(path, DIRECTORY)} (nginx_file)"
    else:
        name, heads = _object(path, heads, line)
    quoted = f' "{line}":' if line and file.mode & stat.S_IROTH else ""
    return f"{': '.join([name, *heads])}:{quoted} {message[:cited.start()]} ({path}:{number}, which is not written)"


def _object(path: str, heads: List[str], line: str) -> Tuple[str, List[str]]:
    """Return what a line of a rendered file belongs to, with the variable of the role, and the blocks within that."""
    block = _BLOCK.match(os.path.relpath(path, DIRECTORY))
    if block:
        stream = block["kind"] == "stream"
        variable = f"nginx_{'stream_' * stream}{block['key']}"
        if block["key"] == "server" and not stream:
            variable = _SERVERS.get(block["name"], variable)
        return f"{'stream ' * stream}{block['key']} {block['name']} ({variable})", heads[1:]
    section = heads[0] if heads and path == MAIN and heads[0] in table.SECTIONS else ""
    inner = heads[1:] if section else heads
    key = (inner or [line.rstrip(";")])[0].partition(" ")[0]
    known = key in {row.key for row in table.SECTIONS[section]}
    key = key if known else "raw"
    prefix = section + "_" if section == "stream" or (section and key in _SHARED) else ""
    return f"{section or 'nginx.conf'} (nginx_{prefix}{key})", inner


def hints(refused: List[str], data: Data) -> List[str]:
    """Return what to do about some of nginx's complaints about a configuration."""
    found = []
    for message in refused:
        missing = _NO_UPSTREAM.search(message)
        if missing:
            names = [upstream["name"] for kind in ("http", "stream")
                     for upstream in data.get(kind, {}).get("upstream", [])]
            found.append(did_you_mean(missing.group(1), names))
        if NO_STREAM in message:
            found.append("Install nginx's module for streams (Debian: libnginx-mod-stream, Enterprise Linux: "
                         "nginx-mod-stream), and include the file that loads it.")
        if "unknown log format" in message:
            found.append("Describe the format in log_format. One of an included file is only known to what stands "
                         "behind it.")
        if is_not_held(message):
            found.append("Set net.ipv4.ip_nonlocal_bind or net.ipv6.ip_nonlocal_bind to 1, or correct listen.")
    return list(dict.fromkeys(hint for hint in found if hint))
