# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Rules about addresses and ports.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import List, Optional, Set, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, WARNING
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import nearest, to_address

from .model import Block, Configuration
from .registry import Said, rule
from .sockets import Place, Socket, first_overlap, groups, kind_of, shared_words, shown, sockets_of, split

HTTP, STREAM = "http/server", "stream/server"
# Parameters of listen, as in the documentation of ngx_http_core_module and ngx_stream_core_module
_LISTEN_WORDS = (
    "accept_filter", "backlog", "bind", "default", "default_server", "deferred", "fastopen", "http2", "ipv6only",
    "proxy_protocol", "quic", "rcvbuf", "reuseport", "setfib", "sndbuf", "so_keepalive", "ssl", "udp",
)
# Those that belong to the socket, and are given once for it (lsopt.set of ngx_http_core_listen)
_OF_SOCKET = ("accept_filter", "backlog", "bind", "deferred", "fastopen", "ipv6only", "rcvbuf", "reuseport", "setfib",
              "sndbuf", "so_keepalive")
_PROTOCOLS = ("ssl", "proxy_protocol")


@rule("nginx-bad-listen", ERROR, "An address, a port or a parameter of listen is invalid.",
      "nginx.org/en/docs/http/ngx_http_core_module.html#listen", HTTP, STREAM)
def bad_listen(_configuration: Configuration, server: Block) -> Said:
    for directive in server.all("listen"):
        place, *words = directive.arguments or ("",)
        fault = _place(place)
        listen = " ".join(directive.arguments)
        if fault:
            yield f'listen "{listen}": {fault[0]}', fault[1], "listen"
        for word in words:
            # One that is like none of them may be of a newer nginx, which knows.
            meant = nearest(word.split("=")[0], _LISTEN_WORDS)
            if meant and word.split("=")[0] != meant:
                yield f'listen "{listen}": unknown parameter "{word}".', f'Did you mean "{meant}"?', "listen"


def _place(place: str) -> Optional[Tuple[str, str]]:
    """Return what is wrong with the address and port of a listen directive, and the remedy; host names are taken."""
    if place.startswith("unix:"):
        return None
    parts = split(place)
    if parts is None:
        host, dummy, port = place.rpartition(":")
        right = f"[{host}]:{port}" if to_address(host) else f"[{place}]:80"
        return "an IPv6 address stands in brackets.", f"Write {right}."
    host, port = parts[0].strip("[]"), parts[1] or ("" if place.endswith(":") else "80")
    if (place.startswith("[") or re.match(r"[0-9.]+\Z", host)) and not to_address(host):
        return f'"{host}" is no IP address.', "Write it like 198.18.0.100:80, [2001:db8::100]:80 or 80."
    # A range is of nginx 1.15.10 and later.
    ports = port.split("-")
    if len(ports) > 2 or not all(each.isdigit() and 1 <= int(each) <= 65535 for each in ports):
        return f'"{port}" is no port.', "Use a number from 1 to 65535."
    return None


@rule("nginx-http2-in-listen", WARNING, "http2 is a directive of its own since nginx 1.25.1.",
      "nginx.org/en/docs/http/ngx_http_v2_module.html#http2", HTTP)
def http2_in_listen(_configuration: Configuration, server: Block) -> Said:
    """As a parameter of listen it is deprecated since then."""
    if any("http2" in directive.arguments[1:] for directive in server.all("listen")):
        yield ("http2 is no parameter of listen since nginx 1.25.1.", 'Write "http2: true", which suits every version.',
               "listen")


@rule("nginx-listen-twice", ERROR, "A server listens on an address and port only once.",
      "ngx_http_add_server of src/http/ngx_http.c", HTTP, STREAM)
def listen_twice(_configuration: Configuration, server: Block) -> Said:
    """80, *:80 and 0.0.0.0:80 are the same."""
    seen: Set[Place] = set()
    for socket in sockets_of(server):
        again = [place for place in socket.places if place in seen]
        seen.update(socket.places)
        if again:
            yield f"it listens twice on {shown(again[0])}.", "Leave one of them out.", "listen"


@rule("nginx-stream-listen-taken", ERROR, "Two servers of streams cannot listen on one address and port.",
      "ngx_stream_core_listen of src/stream/ngx_stream_core_module.c", STREAM)
def stream_listen_taken(configuration: Configuration, server: Block) -> Said:
    """Since nginx 1.25.5 they may when each has a server_name of its own. TCP and UDP have ports of their own."""
    if server.has("server_name"):
        return
    for place in dict.fromkeys(place for socket in sockets_of(server) for place in socket.places):
        sharing = [each.server for each in groups(configuration, "stream")[place]]
        before = [each for each in sharing[:sharing.index(server)] if not each.has("server_name")]
        if before:
            yield (f"{before[-1].label} listens on {shown(place)}, too.",
                   "Give one of them another address or port.", "listen")
            return


@rule("nginx-port-in-http-and-stream", ERROR, "A port belongs to http or to stream, not to both.",
      "run: nginx -t succeeds, and at the start bind() fails (98: Address already in use)", STREAM)
def port_in_http_and_stream(configuration: Configuration, server: Block) -> Said:
    """An address of its own overlaps with the wildcard, and [::] with IPv4 when ipv6only=off; TCP does not with UDP.
    nginx -t does not notice, neither a reload nor a restart helps, and a stopped nginx does not start.
    """
    for socket in sockets_of(server):
        other = first_overlap(configuration, "http", socket)
        if other and not {"reuseport"} <= {*socket.words} & {*other.words}:
            yield (f"it listens on {socket.text}, and {other.server.label} on {other.text}: only one of them can have "
                   "the port, so nginx would not start.",
                   "Give one of them another port, or give each an address of its own.", "listen")
            return


@rule("nginx-default-server-twice", ERROR, "An address and port has one default server.",
      "ngx_http_add_addresses of src/http/ngx_http.c", HTTP)
def default_server_twice(configuration: Configuration, server: Block) -> Said:
    for socket in sockets_of(server):
        for place in socket.places if socket.is_default else []:
            defaults = [each.server for each in groups(configuration, kind_of(server))[place] if each.is_default]
            first = next((each for each in defaults if each is not server), None)
            if first is not None and (first.origin or defaults[0] is not server):
                yield (f"{first.label} is the default server of {shown(place)}, too.",
                       "Leave default_server out of one of them.", "listen")
                return


@rule("nginx-listen-options-twice", ERROR, "Options of a socket are given once for an address and port.",
      "ngx_http_add_addresses of src/http/ngx_http.c", HTTP)
def listen_options_twice(configuration: Configuration, server: Block) -> Said:
    """That is backlog, reuseport, ipv6only and their kin."""
    for socket in sockets_of(server):
        for place in socket.places if _options(socket) else []:
            given = [each for each in groups(configuration, "http")[place] if _options(each)]
            if given[0].server is not server:
                yield (f"{given[0].server.label} sets options of {shown(place)}, too ({' '.join(_options(given[0]))}).",
                       f"Leave {' '.join(_options(socket))} out here.", "listen")
                return


def _options(socket: Socket) -> List[str]:
    return [word for word in socket.words if word.split("=")[0] in _OF_SOCKET]


@rule("nginx-listen-protocol-differs", WARNING, "All servers of an address and port speak the same protocol.",
      "run: a client of the server without ssl gets TLS, as the others", HTTP)
def listen_protocol_differs(configuration: Configuration, server: Block) -> Said:
    """ssl and proxy_protocol of one listen directive are for all servers on that address and port."""
    for socket in sockets_of(server):
        missing = [word for word in _PROTOCOLS if word in shared_words(configuration, socket) - {*socket.words}]
        if missing:
            others = [each.server.label for place in socket.places for each in groups(configuration, "http")[place]
                      if missing[0] in each.words]
            yield (f"it listens on {socket.text} without {missing[0]}, and gets it from {others[0]}, which has the "
                   "same address and port.", f"Write {missing[0]} here, too, or use another port.", "listen")
            return
