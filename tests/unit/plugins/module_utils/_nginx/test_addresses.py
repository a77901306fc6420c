# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a configuration listens on, and who holds that already."""

from __future__ import annotations

import os
import socket

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._nginx import addresses
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.addresses import (
    Socket,
    Wanted,
    explain,
    held,
    parsed,
    twice,
    wanted,
)
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.others import Part

ALL, ONE = Socket("tcp", "0.0.0.0", 80), Socket("tcp", "198.18.0.11", 80)
NGINX, OTHER = frozenset({1000000}), frozenset({2000000})
BIND = "bind() to 198.18.0.11:80 failed (98: Address already in use)"


@pytest.mark.parametrize("listen, sockets", [
    ("80", [("tcp", "0.0.0.0", 80)]), ("*:81", [("tcp", "0.0.0.0", 81)]),
    ("198.18.0.11", [("tcp", "198.18.0.11", 80)]), ("[2001:DB8::0]", [("tcp", "2001:db8::", 80)]),
    ("198.18.0.11:443 ssl", [("tcp", "198.18.0.11", 443)]), ("443 quic reuseport", [("udp", "0.0.0.0", 443)]),
    ("53 udp", [("udp", "0.0.0.0", 53)]), ("[::]:80", [("tcp", "::", 80)]),
    ("[::]:80 ipv6only=off", [("tcp", "::", 80), ("tcp", "0.0.0.0", 80)]),
    ("8000-8002", [("tcp", "0.0.0.0", port) for port in (8000, 8001, 8002)]),
    ("127.0.0.1:8000-8001", [("tcp", "127.0.0.1", 8000), ("tcp", "127.0.0.1", 8001)]),
    ("localhost:80", []), ("unix:/run/x", []), ("1.2.3:80", []), ("", []),
])
def test_the_sockets_of_a_listen(listen, sockets):
    assert list(parsed(listen.split())) == sockets


@pytest.mark.parametrize("one, other, overlap", [
    (ALL, ALL, True), (ALL, ONE, True), (ONE, ALL, True), (ONE, ALL._replace(kind="udp"), False),
    (ONE, ALL._replace(port=81), False), (ALL, Socket("tcp", "::", 80), False),
    (ONE, ONE._replace(host="198.18.0.12"), False),
    (Socket("tcp", "::", 80), Socket("tcp", "2001:db8::1", 80), True),
])
def test_which_sockets_the_kernel_gives_once(one, other, overlap):
    assert one.overlaps(other) is overlap


def test_all_that_a_configuration_listens_on():
    shop = "server { listen 82; location / { return 204; } }"
    data = {"http": {"include": ["conf.d/*"], "raw": ["server {", "listen 83;", "}"],
                     "stub_status": {"listen": ["84"]}, "server": [
                         {"name": "www", "listen": ["80"], "raw": ["listen 81;", "location /x { return 204; }"]}]},
            "stream": {"server": [{"name": "dns", "listen": ["53 udp"]}]}}
    found = wanted(data, lambda pattern: [Part("/etc/nginx/" + pattern, pattern, shop)])
    assert {(each.socket.port, each.section, each.label) for each in found} == {
        (80, "http", "server www"), (81, "http", "server www"), (82, "http", "a server in /etc/nginx/conf.d/*"),
        (83, "http", "a server in raw of http"), (84, "http", "server stub_status"),
        (53, "stream", "stream server dns")}


@pytest.mark.parametrize("http, stream, told", [
    ("80", "80", True), ("80", "198.18.0.11:80", True), ("198.18.0.11:80", "80", True),
    ("[::]:80", "[2001:db8::1]:80", True),
    ("80", "81", False), ("80", "80 udp", False), ("443 quic", "443 udp", True), ("80", "[::]:80", False),
    ("198.18.0.11:80", "198.18.0.12:80", False),
])
def test_http_and_a_stream_on_one_address(http, stream, told):
    found = twice([Wanted(each, section, section) for section, listen in (("http", http), ("stream", stream))
                   for each in parsed(listen.split())])
    assert len(found) == told and (not told or "HTTP and a stream cannot share an address" in found[0])


def test_two_servers_of_http_share_an_address():
    assert twice([Wanted(ALL, "http", "one"), Wanted(ONE, "http", "two")]) == []


@pytest.mark.parametrize("family, kind, host, name", [
    (socket.AF_INET, socket.SOCK_STREAM, "127.0.0.1", "tcp"), (socket.AF_INET, socket.SOCK_DGRAM, "127.0.0.1", "udp"),
    (socket.AF_INET6, socket.SOCK_STREAM, "::", "tcp"), (socket.AF_INET6, socket.SOCK_DGRAM, "::", "udp")])
def test_the_kernel_names_who_listens(family, kind, host, name):
    with socket.socket(family, kind) as each:
        each.bind((host, 0))
        port = each.getsockname()[1]
        assert kind == socket.SOCK_DGRAM or Socket(name, host, port) not in held()
        if kind == socket.SOCK_STREAM:
            each.listen()
        assert held()[Socket(name, host, port)] == {os.getpid()}


@pytest.mark.parametrize("new, present, helps, told", [
    # from all addresses to one
    ([ONE], {ALL: NGINX}, True, "198.18.0.11:80 overlaps 0.0.0.0:80, which the running nginx holds until a restart"),
    ([ONE], {ALL: OTHER}, False,
     "http: 198.18.0.11:80 cannot be bound, because a program (process 2000000) holds 0.0.0.0:80"),
    ([ONE], {ALL: frozenset()}, False,
     "because a process that is not visible from here, maybe of a container, holds"),
    # both of them: nginx could not start either
    ([ONE, Socket("tcp", "::", 81)], {ALL: NGINX, Socket("tcp", "::", 81): OTHER}, False,
     "http: [::]:81 cannot be bound"),
    # what it has already, it keeps
    ([ONE, Socket("tcp", "0.0.0.0", 81)], {ALL: NGINX, Socket("tcp", "0.0.0.0", 81): NGINX | OTHER}, True,
     "to true once"),
    ([ONE], {}, False, "198.18.0.11:80 is not held by any process any more. Run this again."),
])
def test_a_restart_is_advised_only_where_it_helps(new, present, helps, told):
    found = explain(BIND, [Wanted(each, "http", "http") for each in new], present, NGINX)
    assert found.helps is helps and told in found.sentences[0], found
    assert any("to true once" in sentence for sentence in found.sentences) is helps


def test_the_same_address_for_a_stream_is_no_matter_of_a_restart():
    found = explain(BIND, [Wanted(ONE, "http", "server www"), Wanted(ONE, "stream", "stream server www")], {ONE: NGINX},
                    NGINX)
    assert not found.helps and found.sentences == [
        "server www: it listens on 198.18.0.11:80, and stream server www on 198.18.0.11:80. HTTP and a stream cannot "
        "share an address. Give one of them another address or another port. A restart of nginx does not help."]


def test_without_an_address_in_the_message_a_restart_is_what_is_left():
    found = explain("it cannot become another program", [Wanted(ONE, "http", "www")], {ALL: NGINX}, NGINX)
    assert found.helps and found.sentences[0].startswith("Only a restart can change that: set restart")
    assert not explain("", [Wanted(ONE, "http", "www")], {ALL: OTHER}, NGINX).helps


def test_a_socket_of_udp_is_named_as_such():
    found = explain("bind() to 0.0.0.0:53 failed (98: ...)", [Wanted(Socket("udp", "0.0.0.0", 53), "stream", "dns")],
                    {Socket("udp", "198.18.0.11", 53): NGINX}, NGINX)
    assert found.sentences[0].startswith("0.0.0.0:53/udp overlaps 198.18.0.11:53/udp")


def test_what_cannot_be_read_is_no_reason_to_fail(monkeypatch):
    def refuse(path):
        raise PermissionError(path)

    monkeypatch.setattr(addresses.os, "readlink", refuse)
    assert all(pids == frozenset() for pids in held().values())
