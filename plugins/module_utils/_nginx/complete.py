# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""From canonical data to data in nothing but the words of one version of nginx: what is left out gets today's defaults.

Every function here is pure and returns copies.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional, Tuple

from . import forwarded
from .check import Data
from .row import RAW
from .statements import Read, Statement, beside, names, nothing

Version = Optional[Tuple[int, ...]]


# The directory of the files that belong to us alone, beside nginx.conf. Every path in the configuration is relative to
# that of nginx.conf (ngx_conf_full_name), so that the same text is right wherever the tree stands.
DIRECTORY = "openvip.d"
# The main file that nginx.conf includes. It changes together with all files that it includes, by one rename.
MAIN = DIRECTORY + "/nginx.conf"

# http2 is a directive since 1.25.1 and only then; before it is a parameter of listen.
_HTTP2_DIRECTIVE = (1, 25, 1)
# "Intermediate" of wiki.mozilla.org/Security/Server_Side_TLS, without the DHE ciphers: they need ssl_dhparam.
TLS: Dict[str, Any] = {
    "ssl_protocols": ["TLSv1.2", "TLSv1.3"],
    "ssl_ciphers": ":".join((
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305")),
    "ssl_prefer_server_ciphers": False,
    "ssl_session_timeout": "1d",
    "ssl_session_tickets": False,
}
# What each module keeps in shared memory has a name of its own.
_STREAM = "stream-"
_CACHE = "shared:%sTLS:10m"
REAL_IP = {"real_ip_header": "X-Forwarded-For", "real_ip_recursive": True}
# The key of the numbers of connections, and the name of the server that gives them.
STUB_STATUS = "stub_status"
LOOPBACK = ["127.0.0.1", "::1"]
# A server takes less than 1 KB of the zone on 64 bits, and an empty zone 8 KB (ngx_slab_init).
_ZONE_SERVERS = 32
_ZONE_KILOBYTES = 64
# How directives name a zone: limit_req_zone has zone=, proxy_cache_path keys_zone=, and ssl_session_cache shared:
_ZONE_NAME = re.compile(r"(?:(?:\w+_)?zone=|shared:)([^:]+)")
# nginx's default of worker_connections (ngx_event.c), and the soft limit of open files (systemd-system.conf(5))
CONNECTIONS = 512
OPEN_FILES = 1024
# A connection has its socket, and maybe a file that is sent or buffered. Others are logs and listening sockets.
_FILES_PER_CONNECTION = 2
_OTHER_FILES = 256
# No process may have more (fs.nr_open, unless it is raised): nginx would leave the limit as it is.
_MOST_FILES = 1 << 20


def complete(data: Data, version: Version = None, read: Read = nothing, open_files: int = OPEN_FILES) -> Data:
    """Return the data as it is written for a version such as (1, 22, 1); None is the newest.

    :param read: returns the files that are included.
    :param open_files: the limit with which nginx is started.
    """
    found = dict(data)
    found.setdefault("events", {})
    needed = _files(found, read)
    if needed > open_files:
        found.setdefault("worker_rlimit_nofile", needed)
    if "http" in found:
        found["http"] = _http(found["http"], version, read)
    if "stream" in found:
        found["stream"] = _stream(found["stream"], read)
    return found


def _files(data: Data, read: Read) -> int:
    """Return how many files a worker may need at a time, 0 where that is said beside the typed directives.

    Connections to upstreams are among the worker_connections, so a proxied request takes two of them.
    """
    if "worker_rlimit_nofile" in names(beside(data, read)):
        return 0
    said = [each.words[1] for each in beside(data["events"], read) if each.words[0] == "worker_connections"]
    connections = data["events"].get("worker_connections", next((int(each) for each in said if each.isdigit()),
                                                                CONNECTIONS))
    return min(connections * _FILES_PER_CONNECTION + _OTHER_FILES, max(_MOST_FILES, connections))


def certificates(data: Data) -> Dict[str, str]:
    """Return the content of the files that come from C(ssl_certificate_content) and its key, by their paths."""
    found = {}
    for kind, directory in (("http", "ssl"), ("stream", "stream/ssl")):
        for server in data.get(kind, {}).get("server", []):
            for key, path in _paths(server, directory).items():
                found[path] = server[key + "_content"].rstrip("\n") + "\n"
    return found


def _paths(server: Data, directory: str) -> Dict[str, str]:
    ends = {"ssl_certificate": "crt", "ssl_certificate_key": "key"}
    return {key: "%s/%s/%s.%s" % (DIRECTORY, directory, server["name"], end) for key, end in ends.items()
            if key + "_content" in server}


def _with_files(server: Data, directory: str) -> Data:
    return {**server, **_paths(server, directory)}


def _http(data: Data, version: Version, read: Read) -> Data:
    around = beside(data, read)
    found = dict(data)
    if forwarded.FROM in found:
        found = {**{key: value for key, value in REAL_IP.items() if key not in names(around)}, **found}
    servers = [_server(server, version) for server in data.get("server", [])]
    inside = [beside(server, read) for server in servers]
    found = _with_tls(found, servers, "", [around, *inside])
    chosen = {forwarded.HEADER: data[forwarded.HEADER]} if forwarded.HEADER in data else {}
    servers = _passing_on(found, chosen, servers, [around, *inside], read)
    if STUB_STATUS in found:
        servers.append(_stub_status(found.pop(STUB_STATUS)))
    return dict(found, upstream=_upstreams(data, "", [around, *inside]), server=servers)


def _passing_on(http: Data, chosen: Data, servers: List[Data], levels: List[List[Statement]], read: Read
                ) -> List[Data]:
    """Return the servers with what their upstreams are to learn, and add the variables for that to I(http).

    :param chosen: its real_ip_header, unless that is the default.
    :param levels: what is beside the typed directives: of I(http) first, then of each server.
    """
    around, inside = levels[0], levels[1:]
    upstreams = {**_names_of_blocks(around), **{each["name"]: each for each in http.get("upstream", [])}}
    proxies = forwarded.proxies(http, around)
    found, used = [], []
    for server, own in zip(servers, inside):
        believed = bool(proxies) or forwarded.FROM in names(own)
        above = names(around) | names(own)
        full = forwarded.with_real_ip(server, believed, above | set(chosen))
        locations = []
        for each in server.get("location", []):
            inner = beside(each, read)
            sent = forwarded.headers(server, [inner, own, chosen, around],
                                     believed or forwarded.FROM in names(inner))
            locations.append(forwarded.location(each, inner, sent, forwarded.sni(each, inner, above, upstreams)))
            if forwarded.FROM in names(inner):
                proxies = []
        if forwarded.FROM in names(own):
            # these take the place of those around them
            proxies = []
        used += [value for each in locations for value in each.get("proxy_set_header", {}).values()]
        found.append(dict(full, location=locations) if locations else full)
    blocks = forwarded.variables(used, proxies or [])
    if blocks:
        http[RAW] = [*blocks, *http.get(RAW, [])]
    return found


def _names_of_blocks(found: List[Statement]) -> Dict[str, Data]:
    """Return the upstream blocks beside the typed ones, without their servers."""
    return {each.words[1]: {} for each in found if each.opens and each.words[0] == "upstream" and len(each.words) > 1}


def _stream(data: Data, read: Read) -> Data:
    around = beside(data, read)
    upstreams = {**_names_of_blocks(around), **{each["name"]: each for each in data.get("upstream", [])}}
    servers, inside = [], []
    for server in data.get("server", []):
        own = beside(server, read)
        lines = forwarded.stream_sni(server, own, names(around), upstreams)
        full = _with_files(server, "stream/ssl")
        servers.append({**full, RAW: [*lines, *server[RAW]]} if lines and RAW in server else full)
        inside.append(own)
    levels = [around, *inside]
    return dict(_with_tls(data, servers, _STREAM, levels), upstream=_upstreams(data, _STREAM, levels), server=servers)


def _with_tls(data: Data, servers: List[Data], prefix: str, found: List[List[Statement]]) -> Data:
    """Return http or stream with the TLS of today where any server speaks TLS.

    :param found: what is beside the typed directives: of I(data) itself first, then of each server. A directive that
        stands there is not written: nginx joins two lines of ssl_protocols, and refuses two of others.
    """
    listens = [listen.split()[1:] for server in servers for listen in server.get("listen", [])]
    speaks = any("ssl_certificate" in server for server in servers) or any(
        each.words[0] == "ssl_certificate" for level in found for each in level)
    listens += [each.words[2:] for level in found for each in level if each.words[0] == "listen"]
    if not speaks and not any({"ssl", "quic"} & set(words) for words in listens):
        return data
    given = names(found[0])
    ours = {**TLS, "ssl_session_cache": _CACHE % prefix}
    return {**{key: value for key, value in ours.items() if key not in given}, **data}


def _upstreams(data: Data, prefix: str, levels: List[List[Statement]]) -> List[Data]:
    """Return the upstreams with a zone of shared memory each.

    :param levels: what is beside the typed directives, which may have zones of these names for something else.
    """
    words = [word for level in levels for each in level for word in each.words]
    taken = {found[1] for found in map(_ZONE_NAME.match, words) if found}
    taken |= {each.words[1] for level in levels for each in level if each.words[0] == "zone" and len(each.words) > 1}
    found = []
    for upstream in data.get("upstream", []):
        size = (len(upstream.get("server", [])) // _ZONE_SERVERS + 1) * _ZONE_KILOBYTES
        name = prefix + upstream["name"]
        found.append(dict({"zone": "%s%s %dk" % ("upstream-" * (name in taken), name, size)}, **upstream))
    return found


def _server(server: Data, version: Version) -> Data:
    found = _with_files(server, "ssl")
    if found.get("http2") and version is not None and version < _HTTP2_DIRECTIVE:
        found["listen"] = [listen + " http2" if "ssl" in listen.split()[1:] else listen
                           for listen in found["listen"]]
    if version is not None and version < _HTTP2_DIRECTIVE:
        found.pop("http2", None)
    return found


def _stub_status(data: Data) -> Data:
    return {
        "name": STUB_STATUS,
        "listen": data["listen"],
        "access_log": ["off"],
        "location": [{
            "modifier": "=",
            "uri": data.get("uri", "/stub_status"),
            "allow": data.get("allow", LOOPBACK),
            "raw": ["stub_status;"],
        }],
    }
