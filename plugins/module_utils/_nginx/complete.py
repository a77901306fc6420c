# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""From canonical data to data in nothing but the words of one version of nginx: what is left out gets today's defaults.

Every function here is pure and returns copies.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from .check import Data

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
HEADERS = {
    "Host": "$host",
    "X-Real-IP": "$remote_addr",
    "X-Forwarded-For": "$proxy_add_x_forwarded_for",
    "X-Forwarded-Proto": "$scheme",
    # with HTTP/1.1 it keeps connections to the upstream open
    "Connection": "",
}
# The key of the numbers of connections, and the name of the server that gives them.
STUB_STATUS = "stub_status"
LOOPBACK = ["127.0.0.1", "::1"]
# A server takes less than 1 KB of the zone on 64 bits, and an empty zone 8 KB (ngx_slab_init).
_ZONE_SERVERS = 32
_ZONE_KILOBYTES = 64


def complete(data: Data, version: Version = None) -> Data:
    """Return the data as it is written for a version such as (1, 22, 1); None is the newest."""
    found = dict(data)
    found.setdefault("events", {})
    if "http" in found:
        found["http"] = _http(found["http"], version)
    if "stream" in found:
        found["stream"] = _stream(found["stream"])
    return found


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


def _http(data: Data, version: Version) -> Data:
    found = dict(data)
    if "set_real_ip_from" in found:
        found = {**REAL_IP, **found}
    servers = [_server(server, version) for server in data.get("server", [])]
    found = _with_tls(found, servers, "")
    if STUB_STATUS in found:
        servers.append(_stub_status(found.pop(STUB_STATUS)))
    return dict(found, upstream=_upstreams(data, ""), server=servers)


def _stream(data: Data) -> Data:
    servers = [_with_files(server, "stream/ssl") for server in data.get("server", [])]
    return dict(_with_tls(data, servers, _STREAM), upstream=_upstreams(data, _STREAM), server=servers)


def _with_tls(data: Data, servers: List[Data], prefix: str) -> Data:
    if not any("ssl_certificate" in server for server in servers):
        return data
    return {**TLS, "ssl_session_cache": _CACHE % prefix, **data}


def _upstreams(data: Data, prefix: str) -> List[Data]:
    """Return the upstreams with a zone of shared memory each."""
    found = []
    for upstream in data.get("upstream", []):
        size = (len(upstream.get("server", [])) // _ZONE_SERVERS + 1) * _ZONE_KILOBYTES
        found.append(dict({"zone": "%s%s %dk" % (prefix, upstream["name"], size)}, **upstream))
    return found


def _server(server: Data, version: Version) -> Data:
    found = _with_files(server, "ssl")
    if found.get("http2") and version is not None and version < _HTTP2_DIRECTIVE:
        found["listen"] = [listen + " http2" if "ssl" in listen.split()[1:] else listen
                           for listen in found["listen"]]
    if version is not None and version < _HTTP2_DIRECTIVE:
        found.pop("http2", None)
    if "location" in found:
        found["location"] = [_location(location) for location in found["location"]]
    return found


def _location(location: Data) -> Data:
    if "proxy_pass" not in location:
        return location
    # Names of headers are the same in any case.
    given = location.get("proxy_set_header", {})
    named = {name.lower() for name in given}
    headers = {name: value for name, value in HEADERS.items() if name.lower() not in named}
    return {"proxy_http_version": "1.1", **location, "proxy_set_header": {**headers, **given}}


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
