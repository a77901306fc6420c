# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""What directives mean together: what nginx refuses late or unclearly, or takes although nobody can mean it.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from typing import Iterator, List, Optional, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import Finding
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import (
    did_you_mean,
    nearest,
    to_address,
)

from .check import Data, error, label
from .headers import lost

STUB_STATUS = "stub_status"
# The forms of a balancing method, for both kinds of upstream; ip_hash is known to HTTP only.
_METHODS = {
    "least_conn": re.compile(r"least_conn\Z"),
    "ip_hash": re.compile(r"ip_hash\Z"),
    "hash": re.compile(r"hash\s+\S+(\s+consistent)?\Z"),
    "random": re.compile(r"random(\s+two(\s+least_conn)?)?\Z"),
}
# Parameters of listen, as in the documentation of ngx_http_core_module and ngx_stream_core_module
_LISTEN_WORDS = (
    "accept_filter", "backlog", "bind", "default", "default_server", "deferred", "fastopen", "http2", "ipv6only",
    "proxy_protocol", "quic", "rcvbuf", "reuseport", "setfib", "sndbuf", "so_keepalive", "ssl", "udp",
)
# Those that refuse the parameter backup (NGX_HTTP_UPSTREAM_BACKUP is missing in their flags).
_WITHOUT_BACKUP = ("ip_hash", "hash", "random")


def check(data: Data) -> List[Finding]:
    """Return what is wrong with canonical data whose inventory groups are resolved, and warnings."""
    found: List[Finding] = []
    for kind in ("http", "stream"):
        section = data.get(kind, {})
        for key in ("upstream", "server"):
            found += _twice(kind, key, section)
        for upstream in section.get("upstream", []):
            found += _upstream(kind, upstream)
        for server in section.get("server", []):
            name = label(kind, "server", server, 1, "")
            found += [*_certificate(name, server), *_listen(name, server)]
            found += _forward(name, server) if kind == "stream" else _locations(name, server)
    return [*found, *lost(data)]


def _twice(kind: str, key: str, section: Data) -> Iterator[Finding]:
    names = [block.get("name") for block in section.get(key, [])]
    if kind == "http" and key == "server" and STUB_STATUS in section:
        names.append(STUB_STATUS)
    for number, block in enumerate(section.get(key, []), 1):
        if names.count(block.get("name")) > 1 and block.get("name"):
            yield error("duplicate-name", label(kind, key, block, number, ""), "the name is given twice.",
                        "Give each %s its own name." % key, "name")
            return


def _upstream(kind: str, upstream: Data) -> Iterator[Finding]:
    name = label(kind, "upstream", upstream, 1, "")
    servers = upstream.get("server", [])
    method = upstream.get("method", "")
    word = method.split()[0] if method.split() else ""
    known = [each for each in _METHODS if kind == "http" or each != "ip_hash"]
    if method and (word not in known or not _METHODS[word].match(method)):
        forms = "least_conn, %shash KEY [consistent], random [two [least_conn]]" % ("ip_hash, " * (kind == "http"))
        yield error("bad-method", name, 'method "%s" is none of: %s.' % (method, forms),
                    did_you_mean(word, known) if word not in known else "Correct its parameters.", "method")
    if "server" not in upstream and "raw" not in upstream:
        yield error("no-server", name, "it has no server.", "Add some to server or server_group.", "server")
    elif servers and all(server.get("backup") for server in servers) and "raw" not in upstream:
        yield error("no-server", name, "every server is a backup.", "Leave backup out of one.", "server")
    for number, server in enumerate(servers, 1):
        each = label(kind + "/upstream", "server", server, number, name)
        if server.get("backup") and word in _WITHOUT_BACKUP:
            yield error("backup-without-effect", each, "%s knows no backup." % word,
                        "Use least_conn or no method, or leave backup out.", "backup")
        address = server.get("address", "")
        if kind == "stream" and address and not address.startswith("unix:") and not re.search(r":[0-9]+\Z", address):
            yield error("no-port", each, "the address has no port.", "Write it like %s:53." % address, "address")


def _certificate(name: str, server: Data) -> Iterator[Finding]:
    for key in ("ssl_certificate", "ssl_certificate_key"):
        if key in server and key + "_content" in server:
            yield error("certificate-twice", name, "%s is given as a file and by its content." % key,
                        "Keep one of them.", key)
    certificate, private = (any(key + end in server for end in ("", "_content"))
                            for key in ("ssl_certificate", "ssl_certificate_key"))
    if certificate != private:
        missing = "ssl_certificate_key" if certificate else "ssl_certificate"
        yield error("certificate-incomplete", name, "%s is missing." % missing, "Add the other half.", missing)
    if "raw" in server:
        return
    spoken = any({"ssl", "quic"} & set(listen.split()[1:]) for listen in server.get("listen", []))
    if spoken and not certificate:
        yield error("no-certificate", name, "it listens with ssl and has no certificate.",
                    "Add ssl_certificate and ssl_certificate_key.", "ssl_certificate")
    elif certificate and not spoken:
        yield error("certificate-without-effect", name, "it has a certificate and listens nowhere with ssl.",
                    'Write it like "listen: [443 ssl]".', "listen")


def _listen(name: str, server: Data) -> Iterator[Finding]:
    for listen in server.get("listen", []):
        place, *words = listen.split() or [""]
        fault = _place(place)
        if fault:
            yield error("bad-listen", name, 'listen "%s": %s' % (listen, fault[0]), fault[1], "listen")
        for word in words:
            # One that is like none of them may be of a newer nginx, which knows.
            meant = nearest(word.split("=")[0], _LISTEN_WORDS)
            if meant and word.split("=")[0] != meant:
                yield error("bad-listen", name, 'listen "%s": unknown parameter "%s".' % (listen, word),
                            'Did you mean "%s"?' % meant, "listen")
        if "http2" in words:
            yield error("http2-in-listen", name, "http2 is no parameter of listen since nginx 1.25.1.",
                        'Write "http2: true", which suits every version.', "listen")


def _place(place: str) -> Optional[Tuple[str, str]]:
    """Return what is wrong with the address and port of a listen directive, and the remedy; host names are taken."""
    if place.startswith("unix:"):
        return None
    bracketed = re.match(r"\[(?P<address>[^]]*)\](?::(?P<port>.*))?\Z", place)
    if not bracketed and place.count(":") > 1:
        host, dummy, port = place.rpartition(":")
        right = "[%s]:%s" % (host, port) if to_address(host) else "[%s]:80" % place
        return "an IPv6 address stands in brackets.", "Write %s." % right
    if bracketed:
        host, port = bracketed["address"], bracketed["port"] or "80"
    elif ":" in place:
        host, port = place.split(":")
    else:
        host, port = ("", place) if re.match(r"[0-9]+(-[0-9]+)?\Z", place) else (place, "80")
    if (bracketed or re.match(r"[0-9.]+\Z", host)) and not to_address(host):
        return '"%s" is no IP address.' % host, "Write it like 198.18.0.100:80, [2001:db8::100]:80 or 80."
    # A range is of nginx 1.15.10 and later.
    ports = port.split("-")
    if len(ports) > 2 or not all(each.isdigit() and 1 <= int(each) <= 65535 for each in ports):
        return '"%s" is no port.' % port, "Use a number from 1 to 65535."
    return None


def _forward(name: str, server: Data) -> Iterator[Finding]:
    target = server.get("proxy_pass", "")
    if "://" in target:
        yield error("bad-address", name, 'proxy_pass "%s" has a scheme, which streams do not know.' % target,
                    "Write %s." % target.partition("://")[2].rstrip("/"), "proxy_pass")


def _locations(name: str, server: Data) -> Iterator[Finding]:
    for number, location in enumerate(server.get("location", []), 1):
        target = location.get("proxy_pass", "")
        if target and not re.match(r"https?://|\$", target):
            each = label("http/server", "location", location, number, name)
            yield error("bad-address", each, 'proxy_pass "%s" has no scheme.' % target, "Write http://%s." % target,
                        "proxy_pass")
