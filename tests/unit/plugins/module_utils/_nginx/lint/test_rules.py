# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What directives mean together."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._nginx.check import normalise
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.lint.lint import check

ONE = [{"address": "198.18.0.21:80"}]


def upstream(kind="http", **keys):
    return {kind: {"upstream": [{"name": "web", "server": ONE, **keys}]}}


def server(kind="http", **keys):
    return {kind: {"server": [{"name": "www", "listen": ["443"], **keys}]}}


def said(data):
    canonical, wrong = normalise(data)
    assert wrong == []
    return [str(finding) for finding in check(canonical)]


@pytest.mark.parametrize("data", [
    *(upstream(method=method) for method in (
        "least_conn", "ip_hash", "hash $request_uri", "hash $request_uri consistent", "random", "random two",
        "random two least_conn")),
    upstream("stream", method="hash $remote_addr consistent"),
    {"http": {"upstream": [{"name": "web", "raw": ["server 198.18.0.21;"]}]}},
    upstream(server=[*ONE, {"address": "unix:/run/web.sock", "backup": True}]),
    upstream("stream", server=[{"address": "unix:/run/web.sock"}]),
    server(listen=["443 ssl"], http2=True, ssl_certificate="a.crt", ssl_certificate_key="a.key"),
    server(listen=["443 ssl"], raw=["include tls.conf;"]),
    server(location=[{"uri": "/", "proxy_pass": "http://web"}, {"uri": "/v", "proxy_pass": "$target"}],
           raw=["resolver 127.0.0.53;"]),
    server("stream", proxy_pass="198.18.0.21:443"),
    server(listen=["80", "8000-8010", "*:83", "198.18.0.100", "198.18.0.101:80 default_server", "[::]:80 ipv6only=on",
                   "[2001:db8::100]", "www.example.com:80", "localhost", "unix:/run/nginx.sock",
                   "81 backlog=5 so_keepalive=30m::10 reuseport", "82 something_new"]),
    server("stream", listen=["53 udp"], proxy_pass="198.18.0.21:53"),
])
def test_what_is_right(data):
    assert said(data) == []


@pytest.mark.parametrize("data, words", [
    (upstream(method="least_con"), ["upstream web", 'method "least_con"', 'Did you mean "least_conn"?']),
    (upstream(method="hash"), ["hash KEY [consistent]", "Correct its parameters"]),
    (upstream(method="random three"), ["random [two [least_conn]]"]),
    (upstream("stream", method="ip_hash"), ["stream upstream web", 'method "ip_hash"']),
    ({"http": {"upstream": [{"name": "web"}]}}, ["upstream web", "it has no server"]),
    (upstream(server=[{"address": "a", "backup": True}]), ["every server is a backup"]),
    (upstream(method="ip_hash", server=[*ONE, {"address": "b", "backup": True}]),
     ["upstream web: server b", "ip_hash knows no backup"]),
    (upstream("stream", server=[{"address": "198.18.0.21"}]), ["stream upstream web: server 198.18.0.21", "no port"]),
    (server(listen=["443 ssl"], ssl_certificate="a.crt"), ["server www", "ssl_certificate_key is missing"]),
    (server(listen=["198.18.0.300:80"]), ["server www", '"198.18.0.300" is no IP address', "198.18.0.100:80"]),
    (server(listen=["198.18.0:80"]), ['"198.18.0" is no IP address']),
    (server(listen=["[2001:db8::g]:80"]), ['"2001:db8::g" is no IP address']),
    (server(listen=["2001:db8::100:80"]), ["in brackets", "Write [2001:db8::100]:80."]),
    (server(listen=["::1"]), ["in brackets", "Write [::1]:80."]),
    (server(listen=["80000"]), ['listen "80000": "80000" is no port', "1 to 65535"]),
    (server(listen=["198.18.0.100:http"]), ['"http" is no port']),
    (server(listen=["0"]), ['"0" is no port']),
    (server(listen=["80 defaultserver"]), ['unknown parameter "defaultserver"', 'Did you mean "default_server"?']),
    (server("stream", listen=["53 upd"], proxy_pass="a:53"), ["stream server www", 'Did you mean "udp"?']),
    (server(listen=["443 ssl"]), ["listens with ssl and has no certificate"]),
    (server(listen=["443 quic"]), ["has no certificate"]),
    (server(ssl_certificate="a.crt", ssl_certificate_key="a.key"), ["listens nowhere with ssl", "443 ssl"]),
    (server(listen=["443 ssl http2"], ssl_certificate="a.crt", ssl_certificate_key="a.key"), ["http2: true"]),
    (server("stream", proxy_pass="http://web/"), ["stream server www", "has a scheme", "Write web."]),
    (server(location=[{"uri": "/", "proxy_pass": "web"}]),
     ["server www: location /", 'proxy_pass "web" has no scheme', "http://web"]),
    ({"http": {"server": [{"name": "www", "listen": ["80"]}, {"name": "www", "listen": ["81"]}]}},
     ["server www", "given twice"]),
    ({"http": {"stub_status": {"listen": ["81"]}, "server": [{"name": "stub_status", "listen": ["80"]}]}},
     ["server stub_status", "given twice"]),
])
def test_what_is_wrong_is_said_once_with_its_object_and_a_remedy(data, words):
    found = said(data)
    assert len(found) == 1, found
    assert [word for word in words if word not in found[0]] == []


def test_a_certificate_in_two_ways():
    found = said(server(listen=["443 ssl"], ssl_certificate="a.crt", ssl_certificate_content="A",
                        ssl_certificate_key="a.key"))
    assert len(found) == 1 and "as a file and by its content" in found[0]
