# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Rules about which server and which location gets a request.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Dict, List, Set, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, WARNING

from ..complete import STUB_STATUS
from .model import Block, Configuration
from .registry import Said, rule
from .sockets import Place, groups, shown, sockets_of

# What nobody asks for by name: a request without Host has no name.
_NOBODY = ("", "_")
_CODES_OF_REFUSAL = 400


@rule("nginx-duplicate-name", ERROR, "A name is that of one server or upstream.",
      "the file of the server or upstream has that name", "")
def duplicate_name(configuration: Configuration, _main: Block) -> Said:
    for kind in ("http", "stream"):
        section = configuration.data.get(kind, {})
        for key in ("upstream", "server"):
            names = [block["name"] for block in section.get(key, [])]
            if (kind, key) == ("http", "server") and STUB_STATUS in section:
                names.append(STUB_STATUS)
            twice = next((name for number, name in enumerate(names) if name in names[:number]), None)
            if twice is not None:
                yield ("the name is given twice.", f"Give each {key} its own name.", "name",
                       f"{'stream ' if kind == 'stream' else ''}{key} {twice}")


def names_of(server: Block) -> List[str]:
    """Return the names of a server in small letters, as nginx compares them; one without any has the empty name."""
    names = [name.lower() for directive in server.all("server_name") for name in directive.arguments]
    return names or [""]


def answers_all(server: Block) -> bool:
    """Return whether every request to a server gets the answer of its own C(return)."""
    stops = any(directive.name == "break" or (directive.name == "rewrite" and directive.arguments[-1:] in (
        ("last",), ("break",))) for block in server.below() if block is server or block.kind == "if"
        for directive in block.directives)
    return server.has("return") and not stops and code_of(server) < _CODES_OF_REFUSAL


def code_of(block: Block) -> int:
    """Return the code of C(return); an address alone is a redirect."""
    word = block.value("return").partition(" ")[0]
    return int(word) if word.isdigit() else 302


def _owners(configuration: Configuration, place: Place) -> Dict[str, Block]:
    """Return the first server with each name on a socket."""
    found: Dict[str, Block] = configuration.owners.setdefault(place, {})
    if not found:
        for each in groups(configuration, "http")[place]:
            for name in names_of(each.server):
                found.setdefault(name, each.server)
    return found


def _default(configuration: Configuration, place: Place) -> Block:
    """Return the server that answers for unknown names on a socket."""
    if place not in configuration.defaults:
        shared = groups(configuration, "http")[place]
        configuration.defaults[place] = next((each for each in shared if each.is_default), shared[0]).server
    return configuration.defaults[place]


def _hidden(configuration: Configuration, server: Block) -> Tuple[List[Tuple[Place, Block]], bool]:
    """Return where no request reaches a server, with the one that gets it instead, and whether that is everywhere."""
    found: List[Tuple[Place, Block]] = []
    if server.unread or any(name not in _NOBODY for name in names_of(server)):
        # of a name that another server has nginx-server-name-twice speaks
        return found, False
    reached = len(sockets_of(server)) < len(server.all("listen"))
    for socket in sockets_of(server):
        for place in socket.places:
            default = _default(configuration, place)
            if default is server:
                reached = True
            else:
                found.append((place, default))
        reached = reached or not socket.places
    return found, not reached


_REACHED = "nginx.org/en/docs/http/request_processing.html"


@rule("nginx-server-unreachable", ERROR, "A server that has no name is reached only as the default of an address.",
      _REACHED, "http/server")
def server_unreachable(configuration: Configuration, server: Block) -> Said:
    """The first server of an address and port is its default, if none is called default_server. Requests whose name is
    none of the others' get to it. The start page of the role is such a server.
    """
    hidden, everywhere = _hidden(configuration, server)
    if hidden and everywhere and not hidden[0][1].origin:
        yield (*_said(server, hidden), "listen")


@rule("nginx-server-hidden", WARNING, "A server without a name is not reached where another one is the default.",
      _REACHED, "http/server")
def server_hidden(configuration: Configuration, server: Block) -> Said:
    """It is reached on another address or port, or the other one is of a file that is not ours."""
    hidden, everywhere = _hidden(configuration, server)
    if hidden and (not everywhere or hidden[0][1].origin):
        yield (*_said(server, hidden), "listen")


def _said(server: Block, hidden: List[Tuple[Place, Block]]) -> Tuple[str, str]:
    place, default = hidden[0]
    what = "has no server_name of its own" if server.label != STUB_STATUS else "has no name"
    message = f"no request on {shown(place)} reaches it: it {what}, and {default.label} answers there."
    if server.label == STUB_STATUS:
        return message, "Give it a port of its own, such as 127.0.0.1:8080."
    words = " ".join(next(socket.words for socket in sockets_of(server) if place in socket.places))
    remedy = (f'Give it a server_name, another address or port, or write "{shown(place)} '
              f'{words + " " if words else ""}default_server" in listen.')
    if default.label == "server start_page":
        remedy += " An empty nginx_listen of the role leaves the start page out."
    return message, remedy


@rule("nginx-server-name-twice", ERROR, "A name of an address and port is that of the first server with it.",
      "run: conflicting server name, ignored", "http/server")
def server_name_twice(configuration: Configuration, server: Block) -> Said:
    """nginx only warns of it."""
    seen: Set[str] = set()
    for socket in sockets_of(server):
        for place in socket.places:
            owners = _owners(configuration, place)
            for name in names_of(server):
                if owners[name] is not server and name not in _NOBODY and name not in seen:
                    seen.add(name)
                    yield (f'{owners[name].label} has the server_name "{name}" on {shown(place)}, too, and gets all of '
                           "its requests.", "Leave the name out of one of them.", "server_name")


@rule("nginx-location-twice", ERROR, "A server has a location once.", "ngx_http_add_location: duplicate location",
      "http/server")
def location_twice(_configuration: Configuration, server: Block) -> Said:
    """Of regular expressions the first that matches counts, so the second of the same is never used."""
    seen: Set[Tuple[str, ...]] = set()
    for location in server.blocks:
        if location.kind != "location":
            continue
        # a prefix with ^~ and the same without it are one location
        words = tuple(word for word in location.arguments if word != "^~")
        if words in seen:
            yield "the server has it twice.", "Join both.", "uri", location.label
        seen.add(words)


@rule("nginx-return-hides-locations", ERROR, "The return of a server answers before a location is looked for.",
      "nginx.org/en/docs/http/ngx_http_rewrite_module.html", "http/server")
def return_hides_locations(_configuration: Configuration, server: Block) -> Said:
    """What is allowed or denied in a location is not asked then."""
    hidden = [block for block in server.blocks if block.kind == "location" and block.arguments[:1]
              and not block.arguments[0].startswith("@")]
    if answers_all(server) and hidden:
        yield (f"its return answers every request, so location {' '.join(hidden[0].arguments)} is never used.",
               "Move return to a location of its own, such as uri: /.", "return")
