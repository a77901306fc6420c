# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The sockets that C(listen) directives open (nginx.org, ngx_http_core_module and ngx_stream_core_module).

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Set, Tuple, Union

from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import IP, to_address

from .model import Block, Configuration, Directive

TCP, UDP = "tcp", "udp"
# Each port of a wider range is a group of its own, which nobody writes beside other servers.
_WIDEST = 1000
_ANY_PORT = -1
_WILDCARDS = ("0.0.0.0", "::")
_IMPLICIT = Directive("listen", ("80",))

# Transport, address or path, and port
Place = Tuple[str, str, int]


class Socket(NamedTuple):
    """One C(listen) directive: ``address`` is an IP address or the path of a socket, ports are ``low`` to ``high``."""

    transport: str
    address: Union[IP, str]
    low: int
    high: int
    words: Tuple[str, ...]
    server: Block

    @property
    def is_wildcard(self) -> bool:
        """Whether it is for every address of its family."""
        return str(self.address) in _WILDCARDS

    @property
    def is_default(self) -> bool:
        """Whether its server is to answer for unknown names."""
        return bool({"default_server", "default"} & set(self.words))

    @property
    def text(self) -> str:
        """Address and port as nginx names them, with the transport where that is not TCP."""
        if isinstance(self.address, str):
            return self.address
        host = f"[{self.address}]" if self.address.version == 6 else str(self.address)
        ports = str(self.low) if self.low == self.high else f"{self.low}-{self.high}"
        return f"{host}:{ports}{'' if self.transport == TCP else ' udp'}"

    @property
    def places(self) -> List[Place]:
        """Transport, address and port of each socket that is opened; none for a range that is too wide."""
        ports = range(self.low, self.high + 1)
        return [(self.transport, str(self.address), port) for port in ports] if len(ports) <= _WIDEST else []

    def overlaps(self, other: Socket) -> bool:
        """Return whether the kernel refuses both, when separate sockets are opened for them.

        A datagram socket of one address may stand beside one for all (SO_REUSEADDR of socket(7)), listening ones of TCP
        may not.
        """
        if self.transport != other.transport or self.low > other.high or other.low > self.high:
            return False
        if self.address == other.address:
            return True
        if isinstance(self.address, str) or isinstance(other.address, str) or self.transport == UDP:
            return False
        if self.address.version == other.address.version:
            return self.is_wildcard or other.is_wildcard
        return any(each.address.version == 6 and each.is_wildcard and "ipv6only=off" in each.words
                   for each in (self, other) if not isinstance(each.address, str))


def split(place: str) -> Optional[Tuple[str, str]]:
    """Return host and port of C(198.18.0.100:80), C([2001:db8::100]:80), C(80) or C(*:80), "" where one is missing."""
    bracketed = re.match(r"(\[[^]]*\])(?::(.*))?\Z", place)
    if bracketed:
        return bracketed[1], bracketed[2] or ""
    if place.count(":") > 1:
        return None
    host, colon, port = place.partition(":")
    return ("", place) if not colon and re.match(r"[0-9]+(-[0-9]+)?\Z", place) else (host, port)


def parse(directive: Directive, server: Block, stream: bool) -> Optional[Socket]:
    """Return the socket of a C(listen) directive; C(None) for the name of a host, and for what nginx refuses."""
    place, *words = directive.arguments or ("",)
    transport = UDP if ("udp" if stream else "quic") in words else TCP
    if place.startswith("unix:"):
        return Socket(transport, place, 0, 0, tuple(words), server)
    parts = split(place)
    if parts is None:
        return None
    host, port = parts
    address = to_address({"": "0.0.0.0", "*": "0.0.0.0"}.get(host, host.strip("[]")))
    ports = re.match(r"([0-9]+)(?:-([0-9]+))?\Z", port or "80")
    if address is None or ports is None:
        return None
    return Socket(transport, address, int(ports[1]), int(ports[2] or ports[1]), tuple(words), server)


def sockets_of(server: Block) -> List[Socket]:
    """Return the sockets of one server; one of HTTP without C(listen) has port 80."""
    if server.sockets is None:
        stream = kind_of(server) == "stream"
        directives = server.all("listen") or [_IMPLICIT] * (not stream and not server.unread)
        server.sockets = [socket for socket in (parse(directive, server, stream) for directive in directives) if socket]
    return server.sockets


def every_socket(configuration: Configuration, kind: str) -> List[Socket]:
    """Return the sockets of all servers of C(http) or C(stream), in their order."""
    return [socket for server in configuration.servers(kind) for socket in sockets_of(server)]


def _filed(configuration: Configuration, kind: str, keys: Callable[[Socket], Iterable[Any]]) -> Dict[Any, List[Socket]]:
    """Return the sockets of one kind by their keys, which is found out once."""
    filed = configuration.groups.setdefault(keys.__name__, {})
    if kind not in filed:
        filed[kind] = {}
        for socket in every_socket(configuration, kind):
            for key in keys(socket):
                filed[kind].setdefault(key, []).append(socket)
    return filed[kind]


def _places(socket: Socket) -> List[Place]:
    return socket.places


def _ports(socket: Socket) -> List[int]:
    # A range that is too wide for groups is filed under none, and overlaps with any.
    return [port for dummy, dummy, port in socket.places] or [_ANY_PORT]


def groups(configuration: Configuration, kind: str) -> Dict[Place, List[Socket]]:
    """Return the sockets of one kind by transport, address and port. Those of a group share what nginx opens."""
    return _filed(configuration, kind, _places)


def first_overlap(configuration: Configuration, kind: str, socket: Socket) -> Optional[Socket]:
    """Return the first socket of C(http) or C(stream) that the kernel refuses beside this one, or C(None)."""
    ports = _ports(socket)
    filed = _filed(configuration, kind, _ports)
    if ports == [_ANY_PORT]:
        candidates = every_socket(configuration, kind)
    else:
        candidates = [each for port in (*ports, _ANY_PORT) for each in filed.get(port, ())]
    return next((each for each in candidates if socket.overlaps(each)), None)


def shown(place: Place) -> str:
    """Return what messages call the sockets of a group."""
    transport, address, port = place
    if address.startswith("unix:"):
        return address
    return f"{f'[{address}]' if ':' in address else address}:{port}{'' if transport == TCP else ' udp'}"


def shared_words(configuration: Configuration, socket: Socket) -> Set[str]:
    """Return the parameters of all C(listen) directives that share what one of them opens: C(ssl) of one is for all."""
    kind = kind_of(socket.server)
    found = {*socket.words}
    for place in socket.places:
        words = configuration.words.get((kind, place))
        if words is None:
            words = {word for each in groups(configuration, kind).get(place, []) for word in each.words}
            configuration.words[kind, place] = words
        found |= words
    return found


def kind_of(server: Block) -> str:
    """Return C(http) or C(stream)."""
    return "stream" if any(block.kind == "stream" for block in server.levels()) else "http"
