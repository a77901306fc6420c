# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Rules about upstreams and their servers.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import Iterator, List, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, WARNING
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import did_you_mean, to_address

from .model import Block, Configuration, Directive
from .registry import Said, rule
from .sockets import kind_of

HTTP, STREAM = "http/upstream", "stream/upstream"
_UPSTREAM = "nginx.org/en/docs/http/ngx_http_upstream_module.html"
# The forms of a balancing method, for both kinds of upstream; ip_hash is known to HTTP only.
_METHODS = {
    "least_conn": re.compile(r"least_conn\Z"),
    "ip_hash": re.compile(r"ip_hash\Z"),
    "hash": re.compile(r"hash\s+\S+(\s+consistent)?\Z"),
    "random": re.compile(r"random(\s+two(\s+least_conn)?)?\Z"),
}
# Those that refuse the parameter backup (NGX_HTTP_UPSTREAM_BACKUP is missing in their flags).
_WITHOUT_BACKUP = ("ip_hash", "hash", "random")


def _servers(upstream: Block) -> Iterator[Tuple[Directive, str]]:
    """Iterate over the servers with what messages call them."""
    for server in upstream.all("server"):
        yield server, f"{upstream.label}: server {server.arguments[0] if server.arguments else ''}"


@rule("nginx-bad-method", ERROR, "The balancing method of an upstream is invalid.", f"{_UPSTREAM}#hash", HTTP, STREAM)
def bad_method(_configuration: Configuration, upstream: Block) -> Said:
    method = upstream.data.get("method", "")
    http = kind_of(upstream) == "http"
    word = method.split()[0] if method.split() else ""
    known = [each for each in _METHODS if http or each != "ip_hash"]
    if method and (word not in known or not _METHODS[word].match(method)):
        forms = f"least_conn, {'ip_hash, ' if http else ''}hash KEY [consistent], random [two [least_conn]]"
        yield (f'method "{method}" is none of: {forms}.',
               did_you_mean(word, known, "Use one of them.") if word not in known else "Correct its parameters.",
               "method")


@rule("nginx-no-server", ERROR, "An upstream has a server that is no backup.", "run: no servers are inside upstream",
      HTTP, STREAM)
def no_server(_configuration: Configuration, upstream: Block) -> Said:
    servers = upstream.all("server")
    if upstream.unread:
        return
    if not servers:
        yield "it has no server.", "Add some to server or server_group.", "server"
    elif all("backup" in server.arguments for server in servers):
        yield "every server is a backup.", "Leave backup out of one.", "server"


@rule("nginx-backup-without-effect", ERROR, "ip_hash, hash and random know no backup.",
      f'{_UPSTREAM}#server; run: balancing method does not support parameter "backup"', HTTP, STREAM)
def backup_without_effect(_configuration: Configuration, upstream: Block) -> Said:
    method = next((word for word in _WITHOUT_BACKUP if upstream.has(word)), None)
    for server, name in _servers(upstream) if method else []:
        if "backup" in server.arguments:
            yield (f"{method} knows no backup.", "Use least_conn or no method, or leave backup out.", "backup", name)


@rule("nginx-bad-server", ERROR, "An IPv6 address of a server stands in brackets.", "run: invalid port in upstream",
      HTTP, STREAM)
def bad_server(_configuration: Configuration, upstream: Block) -> Said:
    for server, name in _servers(upstream):
        address = server.arguments[0] if server.arguments else ""
        host, dummy, port = address.rpartition(":")
        if address.count(":") > 1 and not address.startswith(("[", "unix:")):
            whole = f"[{address}]:80" if to_address(address) else f"[{host}]:{port}"
            yield "an IPv6 address stands in brackets.", f"Write {whole}.", "address", name


@rule("nginx-no-port", ERROR, "A server of a stream has a port.", "run: no port in upstream", STREAM)
def no_port(_configuration: Configuration, upstream: Block) -> Said:
    for server, name in _servers(upstream):
        address = server.arguments[0] if server.arguments else ""
        is_bare = address.count(":") > 1 and not address.startswith("[")
        if address and not is_bare and not address.startswith("unix:") and not re.search(r":[0-9]+\Z", address):
            yield "the address has no port.", f"Write it like {address}:53.", "address", name


@rule("nginx-method-behind-keepalive", WARNING, "keepalive has no effect before the balancing method.",
      f"{_UPSTREAM}#keepalive; run: load balancing method redefined", HTTP)
def method_behind_keepalive(_configuration: Configuration, upstream: Block) -> Said:
    """Options are written in the right order; a method in raw stands behind keepalive."""
    names = [directive.name for directive in upstream.directives]
    behind: List[str] = names[names.index("keepalive"):] if "keepalive" in names else []
    method = next((name for name in behind if name in _METHODS), None)
    if method:
        yield f"{method} stands behind keepalive, which keeps no connections then.", f"Write method: {method}.", method


@rule("nginx-method-twice", ERROR, "Of several balancing methods the last one counts.",
      "run: load balancing method redefined", HTTP, STREAM)
def method_twice(_configuration: Configuration, upstream: Block) -> Said:
    """nginx only warns of it."""
    methods = [directive.text for directive in upstream.directives if directive.name in _METHODS]
    if len(methods) > 1:
        yield f"it has the balancing methods {' and '.join(methods)}.", "Keep one of them.", "method"


@rule("nginx-keepalive-of-http-1-0", WARNING, "HTTP/1.0 keeps no connections to an upstream.", f"{_UPSTREAM}#keepalive",
      "http/server/location")
def keepalive_of_http_1_0(configuration: Configuration, location: Block) -> Said:
    """keepalive of the upstream needs proxy_http_version 1.1 and no header Connection: close, which are the defaults
    of the option proxy_pass.
    """
    found = re.match(r"https?://([^/:$]+)", location.value("proxy_pass"))
    upstream = next((block for block in configuration.upstreams("http") if found and block.arguments == (found[1],)),
                    None)
    if not upstream or not upstream.has("keepalive"):
        return
    if location.inherited("proxy_http_version") == "1.0":
        yield (f"it speaks HTTP/1.0 to {upstream.label}, so keepalive of that keeps no connections.",
               "Leave proxy_http_version out.", "proxy_http_version")
    level = location.nearest("proxy_set_header")
    for header in level.all("proxy_set_header") if level else []:
        if [word.lower() for word in header.arguments] == ["connection", "close"]:
            yield (f"it sends Connection: close to {upstream.label}, so keepalive of that keeps no connections.",
                   "Leave the header out.", "proxy_set_header")
