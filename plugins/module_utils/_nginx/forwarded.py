# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""What an upstream learns of the client: headers that name it, and the name in TLS, from those who may be believed.

nginx's realip module (ngx_http_realip_module.c) puts the address that a believed proxy names into $remote_addr, and
keeps the address of the connection in $realip_remote_addr. A proxy is believed here by the same rule: its address is
one of C(set_real_ip_from), or the module has replaced the address of its connection.

Every function here is pure and returns copies.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Dict, Iterable, List, Optional, Set

from .addresses import parsed
from .check import Data
from .row import RAW
from .statements import Statement, names

FROM, HEADER = "set_real_ip_from", "real_ip_header"
PROXY_PROTOCOL = "proxy_protocol"
# The other headers in which a proxy tells of the request that it got, beside X-Forwarded-For and X-Forwarded-Proto:
# RFC 7239, and those that frameworks believe. A client can send them, too.
TOLD = ("Forwarded", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Scheme",
        "X-Forwarded-Ssl")
HEADERS = {
    "Host": "$host",
    "X-Real-IP": "$remote_addr",
    "X-Forwarded-For": "$proxy_add_x_forwarded_for",
    "X-Forwarded-Proto": "$scheme",
    # an empty value sends none: only the client could have sent it
    **dict.fromkeys(TOLD, ""),
    # with HTTP/1.1 it keeps connections to the upstream open
    "Connection": "",
}
# What a believed proxy is the origin of. $remote_addr is the client's address there: with $proxy_add_x_forwarded_for
# that would be in the header twice.
BY_HTTP = {
    "X-Forwarded-For": "$remote_addr",
    "X-Forwarded-Proto": "$openvip_forwarded_proto",
    **{name: "$openvip_" + name.lower().replace("-", "_").replace("x_", "", 1) for name in TOLD},
}
# A balancer of TCP passes on the client's own headers, but tells the port by the PROXY protocol (since nginx 1.17.6).
BY_PROXY_PROTOCOL = {
    "X-Forwarded-For": "$remote_addr",
    "X-Forwarded-Proto": "$openvip_balanced_proto",
    "X-Forwarded-Port": "$openvip_balanced_port",
}
# $host is the name by which nginx has chosen the server, and never has the port that the client asked for.
_WITH_PORT = "$host$openvip_port"
_USUAL_PORTS = (80, 443)
_PORT = """\
# The port in the Host header of the client, with its colon.
map $http_host $openvip_port {
    default "";
    "~(?<openvip_given_port>:[0-9]+)$" $openvip_given_port;
}"""
_BALANCED = """\
# A balancer that ends TLS itself tells so by the port alone.
map "$openvip_trusted $scheme $proxy_protocol_server_port" $openvip_balanced_proto {
    default $scheme;
    "1 http 443" https;
}
map $openvip_trusted $openvip_balanced_port {
    default "";
    1 $proxy_protocol_server_port;
}"""
_PROTO = """\
map "$openvip_trusted $http_x_forwarded_proto" $openvip_forwarded_proto {
    default $scheme;
    "~^1 ." $http_x_forwarded_proto;
}"""
_TOLD = """\
map $openvip_trusted %s {
    default "";
    1 $http_%s;
}"""
_TRUSTED = """\
# Whether the connection comes from a proxy that is believed.
geo $realip_remote_addr $openvip_peer {
    default 0;
%s}
map "$openvip_peer $realip_remote_addr $remote_addr" $openvip_trusted {
    default 1;
%s    "~^0 (\\S+) \\1$" 0;
}"""


def proxies(http: Data, found: List[Statement]) -> Optional[List[str]]:
    """Return the proxies that are believed everywhere, as nginx reads them; C(None) without any.

    :param http: canonical data.
    :param found: what it has C(beside) its typed directives.
    """
    listed = [*http.get(FROM, []), *(each.words[1] for each in found if not each.blocks and each.words[0] == FROM
                                     and len(each.words) > 1)]
    return list(dict.fromkeys(listed)) or None


def with_real_ip(server: Data, believed: bool, given: Set[str]) -> Data:
    """Return a server that takes the client's address from the PROXY protocol where it listens with that.

    A balancer of TCP is believed, and its client is not: that can send any X-Forwarded-For.

    :param believed: whether there are proxies that are believed.
    :param given: the names of the directives around it, and of what it has beside its typed ones.
    """
    if believed and HEADER not in given and _is_balanced(server):
        return {**server, RAW: [f"{HEADER} {PROXY_PROTOCOL};", *server.get(RAW, [])]}
    return server


def _is_balanced(server: Data) -> bool:
    return any(PROXY_PROTOCOL in listen.split()[1:] for listen in server.get("listen", []))


def headers(server: Data, levels: List[Any], believed: bool) -> Dict[str, str]:
    """Return the headers for the upstreams of a server.

    :param levels: the directives of the server and of what is around it, the outermost last; each of them typed ones as
        a dictionary, or C(Statement)s.
    :param believed: whether there are proxies that are believed.
    """
    own = dict(HEADERS, Host=_WITH_PORT) if _has_other_port(server, levels) else HEADERS
    if not believed:
        return own
    by = BY_PROXY_PROTOCOL if _real_ip_header(levels, server) == PROXY_PROTOCOL else BY_HTTP
    return {**own, **by}


def _has_other_port(server: Data, levels: List[Any]) -> bool:
    """Return whether clients ask a server with a port in the Host header (RFC 9110, 4.2.1 and 4.2.2)."""
    listens = [listen.split() for listen in server.get("listen", [])]
    listens += [each.words[1:] for level in levels for each in level
                if isinstance(each, Statement) and each.words[0] == "listen" and not each.blocks]
    return any(socket.port not in _USUAL_PORTS for words in listens for socket in parsed(words))


def _real_ip_header(levels: List[Any], server: Data) -> str:
    for level in levels:
        if isinstance(level, dict) and HEADER in level:
            return str(level[HEADER])
        given = [each.words[1] for each in level if isinstance(each, Statement) and not each.blocks
                 and each.words[0] == HEADER and len(each.words) > 1]
        if given:
            return given[0]
    return PROXY_PROTOCOL if _is_balanced(server) else ""


def variables(used: Iterable[str], believed: Iterable[str]) -> List[str]:
    """Return the blocks of http that define the variables among these values of headers.

    :param believed: the proxies, as C(proxies) returns them.
    """
    values = set(used)
    port = [_PORT] * (_WITH_PORT in values)
    found = []
    if values & set(BY_HTTP.values()) - {"$remote_addr"}:
        found = [_PROTO, *(_TOLD % (BY_HTTP[name], name.lower().replace("-", "_")) for name in TOLD)]
    if values & set(BY_PROXY_PROTOCOL.values()) - {"$remote_addr"}:
        found.append(_BALANCED)
    if not found:
        return port
    # The peer of a socket has no address.
    socket = '    "~^0 unix: " 1;\n' if "unix:" in believed else ""
    networks = dict.fromkeys(filter(None, map(_network, believed)))
    return [_TRUSTED % ("".join(f"    {each} 1;\n" for each in networks), socket), *found, *port]


def _network(word: str) -> Optional[str]:
    """Return an address or a network in the form for geo, C(None) for a name or a socket."""
    try:
        return str(ipaddress.ip_network(word.strip("[]"), strict=False))
    except ValueError:
        return None


def location(data: Data, inner: List[Statement], sent: Dict[str, str], server_name: List[str]) -> Data:
    """Return a location with what its upstream is to learn, where it has one.

    :param data: canonical data of the location.
    :param inner: what it has C(beside) its typed directives.
    :param sent: the C(headers).
    :param server_name: the directives for the name in TLS, see C(sni).
    """
    if "proxy_pass" not in data:
        return data
    # Names of headers are the same in any case.
    given = data.get("proxy_set_header", {})
    own = [each.words for each in inner if not each.blocks]
    named = {name.lower() for name in [*given, *(words[1] for words in own if words[0] == "proxy_set_header"
                                                 and len(words) > 1)]}
    found = {**data, "proxy_set_header": {
        **{name: value for name, value in sent.items() if name.lower() not in named}, **given}}
    if "proxy_http_version" not in names(inner):
        found = {"proxy_http_version": "1.1", **found}
    return {**found, RAW: [*server_name, *data.get(RAW, [])]} if server_name else found


def sni(data: Data, inner: List[Statement], above: Set[str], upstreams: Dict[str, Data]) -> List[str]:
    """Return the directives by which a location names the server that it wants by TLS.

    Without them a server that holds several names has to guess, or ends the connection. nginx itself sends the name of
    the address in proxy_pass (ngx_http_upstream_ssl_name), and for an upstream block that is the name of the block.

    :param inner: what the location has C(beside) its typed directives.
    :param above: the names of the directives around it, which stay in force.
    :param upstreams: the blocks by their names; without data where they are not typed.
    """
    target = data.get("proxy_pass", "")
    if not target.startswith(("https://", "$")):
        return []
    host = next((value for name, value in data.get("proxy_set_header", {}).items() if name.lower() == "host"), None)
    host = next((each.words[2] for each in inner if each.words[0] == "proxy_set_header" and len(each.words) > 2
                 and each.words[1].lower() == "host" and not each.blocks), host)
    name = None
    block = re.split(r"[/:?$]", target.partition("://")[2])[0]
    if block in upstreams and host != "$proxy_host":
        name = host if host and "$" not in host else _name(block, upstreams[block]) or "$host"
    return _directives(name if name != block else None, above | names(inner))


def stream_sni(server: Data, found: List[Statement], above: Set[str], upstreams: Dict[str, Data]) -> List[str]:
    """Return the same for a server of streams, where its raw has C(proxy_ssl on).

    Its upstream block has no name of TLS but that which the client asks for, and none where the client speaks no TLS.

    :param found: what it has C(beside) its typed directives.
    """
    if not any(each.words == ["proxy_ssl", "on"] and not each.blocks for each in found):
        return []
    target = server.get("proxy_pass", "")
    name = None
    if target in upstreams:
        asked = "$ssl_preread_server_name" if server.get("ssl_preread") else "$ssl_server_name"
        is_asked = server.get("ssl_preread") or "ssl_certificate" in {*server, *names(found)}
        name = _name(target, upstreams[target]) or (asked if is_asked else None)
        if name is None:
            return []
    return _directives(name if name != target else None, above | names(found))


def _name(block: str, upstream: Data) -> Optional[str]:
    """Return the name that all servers of an upstream block have, or else the block itself where it is one."""
    servers = [re.sub(r":[0-9]+\Z", "", each["address"]) for each in upstream.get("server", [])]
    if len(set(servers)) == 1 and _is_name(servers[0]):
        return servers[0]
    return block if "." in block and _is_name(block) else None


def _is_name(word: str) -> bool:
    return _network(word) is None and not word.startswith("unix:")


def _directives(name: Optional[str], given: Set[str]) -> List[str]:
    wanted = {"proxy_ssl_server_name": "on", "proxy_ssl_name": name}
    return [f"{key} {value};" for key, value in wanted.items() if value and key not in given]
