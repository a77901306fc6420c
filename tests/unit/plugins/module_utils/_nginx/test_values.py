# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person writes in YAML, and the line that nginx reads."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.openvip.cluster.plugins.module_utils._nginx import forms, table
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.check import normalise, stated
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.directives import places
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.render import render
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.row import BLOCK, BLOCKS, GROUPS, HEAD, LABEL
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.text import kept, names, quote, read, tokens
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._nginx.test_wrong_inputs import BLOCKS as WHERE

RIGHT = [
    # switches, however YAML has read them
    ("server", "access_log: off", "access_log off;"),
    ("server", "access_log: [off]", "access_log off;"),
    ("server", "access_log: 'off'", "access_log off;"),
    ("http", "access_log: no", "access_log off;"),
    ("http", "access_log: /var/log/a.log main", "access_log /var/log/a.log main;"),
    ("http", "server_tokens: off", "server_tokens off;"),
    ("http", "server_tokens: yes", "server_tokens on;"),
    ("http", "server_tokens: build", "server_tokens build;"),
    ("http", "ssl_session_cache: off", "ssl_session_cache off;"),
    ("http", "ssl_session_cache: none", "ssl_session_cache none;"),
    ("http", "ssl_session_tickets: OFF", "ssl_session_tickets off;"),
    ("http", "sendfile: 'on'", "sendfile on;"),
    ("http", "sendfile: 1", "sendfile on;"),
    ("location", "proxy_redirect: off", "proxy_redirect off;"),
    ("location", "proxy_redirect: default", "proxy_redirect default;"),
    ("location", "proxy_buffering: off", "proxy_buffering off;"),
    ("location", "proxy_next_upstream: off", "proxy_next_upstream off;"),
    ("location", "expires: off", "expires off;"),
    ("location", "expires: epoch", "expires epoch;"),
    ("location", "expires: -1", "expires -1;"),
    ("location", "expires: modified +24h", "expires modified +24h;"),
    ("location", "auth_basic: off", "auth_basic off;"),
    ("stream", "proxy_bind: off", "proxy_bind off;"),
    # numbers
    ("server", "listen: 443 ssl", "listen 443 ssl;"),
    ("location", "proxy_http_version: 1.1", "proxy_http_version 1.1;"),
    ("location", "proxy_http_version: 1.0", "proxy_http_version 1.0;"),
    ("location", "proxy_http_version: 2", "proxy_http_version 2;"),
    ("server", "return: 404", "return 404;"),
    ("server", "client_max_body_size: 0", "client_max_body_size 0;"),
    ("server", "add_header: {X-Frames: 2}", "add_header X-Frames 2 always;"),
    ("server", "add_header: {X-On: 'on'}", "add_header X-On on always;"),
    ("location", "proxy_set_header: {X-A: ~}", 'proxy_set_header X-A "";'),
    ("http", "keepalive_timeout: 65", "keepalive_timeout 65;"),
    ("http", "keepalive_timeout: 65 60s", "keepalive_timeout 65 60s;"),
    ("location", "proxy_read_timeout: 1h 30m", 'proxy_read_timeout "1h 30m";'),
    ("http", "ssl_session_timeout: 1M", "ssl_session_timeout 1M;"),
    ("member", "fail_timeout: 1m 5s", 'server 198.18.0.21:80 "fail_timeout=1m 5s";'),
    # lists of words
    ("server", "server_name: www.example.com example.com", "server_name www.example.com example.com;"),
    ("server", "server_name: [a.example, 'b.example c.example']", "server_name a.example b.example c.example;"),
    ("server", "server_name: ''", 'server_name "";'),
    ("server", r"server_name: '~^w{3}\.x$ y.example'", r'server_name "~^w{3}\\.x$" y.example;'),
    ("server", r"server_name: ['~^(?<a>[a-z]{1,3});x$']", r'server_name "~^(?<a>[a-z]{1,3});x$";'),
    ("server", """server_name: '"~^w{3}$"'""", 'server_name "~^w{3}$";'),
    ("server", "index: index.html index.htm", "index index.html index.htm;"),
    ("location", "try_files: $uri $uri/ =404", "try_files $uri $uri/ =404;"),
    ("location", "try_files: [$uri, $uri/, =404]", "try_files $uri $uri/ =404;"),
    ("server", """index: ['"my index.html"', index.html]""", 'index "my index.html" index.html;'),
    ("location", """try_files: '"/my page.html" =404'""", 'try_files "/my page.html" =404;'),
    ("location", "proxy_next_upstream: error timeout http_502", "proxy_next_upstream error timeout http_502;"),
    ("http", "ssl_protocols: TLSv1.2 TLSv1.3", "ssl_protocols TLSv1.2 TLSv1.3;"),
    # texts with blanks
    ("location", "auth_basic: Closed site", 'auth_basic "Closed site";'),
    ("location", """auth_basic: '"Closed site"'""", 'auth_basic "Closed site";'),
    ("location", "auth_basic: it's closed; go", 'auth_basic "it\'s closed; go";'),
    ("http", "default_type: text/html; charset=utf-8", 'default_type "text/html; charset=utf-8";'),
    ("server", "root: /srv/my site", 'root "/srv/my site";'),
    ("server", """root: "'/srv/my site'" """, 'root "/srv/my site";'),
    ("format", "name: a, format: $host x", 'log_format a "$host x";'),
    ("format", """name: a, format: '"$a" "$b"'""", """log_format a '"$a" "$b"';"""),
    ("format", """name: a, format: 'escape=json {"a":"$b"}'""", """log_format a escape=json '{"a":"$b"}';"""),
    ("format", """name: a, format: "escape=none '$a ' '$b'" """, 'log_format a escape=none "$a $b";'),
    ("format", """name: a, escape: json, format: '{"a":"$b"}'""", """log_format a escape=json '{"a":"$b"}';"""),
    # servers as texts
    ("upstream", "server: ['198.18.0.21:80 weight=3 backup', 'unix:/run/x']", "server 198.18.0.21:80 weight=3 backup;"),
    ("upstream", "server: ['198.18.0.21:80 weight=3 backup', 'unix:/run/x']", "server unix:/run/x;"),
    ("upstream", "server: 198.18.0.21:8080", "server 198.18.0.21:8080;"),
    ("upstream", "server: ['198.18.0.21 \"fail_timeout=1m 5s\"']", 'server 198.18.0.21 "fail_timeout=1m 5s";'),
    ("server", """return: '200 "a; b"'""", 'return 200 "a; b";'),
    # places
    ("uri", r"uri: ~ /\.git", r'location ~ "/\\.git" {'),
    ("uri", r"uri: '~* \.(gif|png)$'", r'location ~* "\\.(gif|png)$" {'),
    ("uri", "uri: = /x", "location = /x {"),
    ("uri", "uri: =/x", "location = /x {"),
    ("uri", "uri: ^~ /img/", "location ^~ /img/ {"),
    ("uri", r"uri: ~\.php$", r'location ~ "\\.php$" {'),
    ("uri", "uri: '@spare'", "location @spare {"),
    ("uri", "uri: /my files/", 'location "/my files/" {'),
    ("uri", r"uri: '^/a{2} b;c$', modifier: '~'", 'location ~ "^/a{2} b;c$" {'),
    ("uri", r"""uri: '~ "^/a{2}\.b$"'""", r'location ~ "^/a{2}\\.b$" {'),
    ("uri", "uri: =a, modifier: '~'", "location ~ =a {"),
]
# What has kinds and is no directive of nginx of that name.
OWN = ("name", "method", "stub_status", "server_group", "set_real_ip_from_group", "ssl_certificate_content",
       "ssl_certificate_key_content")


def written(block, text):
    data, wrong = normalise(yaml.safe_load(WHERE[block] % text))
    assert wrong == []
    # the module gets what the action has made of it
    assert normalise(data) == (data, [])
    return [line.strip() for file in render(data).files.values() for line in file.text.splitlines()]


@pytest.mark.parametrize("block, text, line", RIGHT, ids=[f"{block}-{text}" for block, text, _line in RIGHT])
def test_what_is_written_is_what_nginx_is_to_read(block, text, line):
    assert line in written(block, text)


WORD = st.text(st.characters(exclude_characters="\t\r\n", exclude_categories=["Cs"]), min_size=1)


@given(WORD)
def test_nginx_reads_every_word_as_it_is_meant(word):
    [token] = tokens(quote(word))
    assert token.value == word and next(tokens(quote(word) + ";")).value == word


@given(WORD)
def test_a_word_is_kept_as_it_is_read_again(word):
    assert read(kept(word)) == word and names(kept(word)) == [word] and kept(read(kept(word))) == kept(word)


# What means something to YAML, to nginx's lexer, or in front of a value
PARTS = st.sampled_from([*" \t;{}#\\\"'$~=^*@/a1.,:", "~*", "^~", "off", "escape=json ", "http://", "10s", "modified "])
TEXTS = st.one_of(st.lists(PARTS, max_size=6).map("".join), st.booleans(), st.integers(-9, 99999), st.none())
PLACES = [(path, row.key) for path, rows in table.SECTIONS.items() for row in rows if row.kind not in (BLOCK, BLOCKS)]


def around(path, block):
    """Return whole data with a block of a section, or with several of it in a list."""
    for depth in range(path.count("/") + 1 if path else 0, 0, -1):
        parent, _slash, key = "/".join(path.split("/")[:depth]).rpartition("/")
        block = {key: [block] if table.rows(parent)[key].kind == BLOCKS else block}
    return block


@settings(max_examples=1500)
@given(st.sampled_from(PLACES), st.one_of(TEXTS, st.lists(TEXTS, max_size=3)))
def test_what_is_taken_is_taken_again_as_it_is(place, value):
    path, key = place
    once, wrong = normalise(around(path, {key: value}))
    again, wrong_again = normalise(once)
    if {finding.id for finding in wrong} <= {"missing-key"}:
        assert again == once and {finding.id for finding in wrong_again} <= {"missing-key"}


@pytest.mark.parametrize("text, is_seconds, expected", [
    ("10", False, 10000), ("10s", False, 10000), ("500ms", False, 500), ("1h30m", False, 5400000),
    ("1w", False, 604800000), ("1h 30", False, 3630000), ("10 ", False, 10000), ("1M", True, 2592000000),
    ("1m", True, 60000),
    ("1y6M", True, 47088000000), ("1y", False, None), ("1M", False, None), ("1ms", True, None), ("1m1h", False, None),
    ("1m1m", False, None), ("10 20", False, None), ("10 s", False, None), ("", False, None), ("s", False, None),
    ("-1", False, None), ("1.5s", False, None), ("99999999999999999999", False, None), ("10S", False, None),
])
def test_times_are_those_of_nginx(text, is_seconds, expected):
    assert forms.to_milliseconds(text, is_seconds) == expected


def test_what_ansible_fills_in_is_no_null_of_a_person():
    assert stated({"a": None, "b": [{"c": None, "d": 1}], "e": {"f": None}}) == {"b": [{"d": 1}], "e": {}}


@pytest.mark.parametrize("path", [path for path in table.SECTIONS if path in table.FILES or path.count("/") < 1])
def test_what_the_table_knows_nginx_takes_there(path):
    wrong = [row.key for row in table.SECTIONS[path] if row.key not in OWN and row.key != "raw"
             and row.kind not in (HEAD, LABEL, GROUPS, BLOCK, BLOCKS) and path not in places(row.key)]
    assert wrong == []


@pytest.mark.parametrize("raw, expected", [
    ("a 1;\nb {\n  c 2;\n}\n", "    a 1;\n    b {\n      c 2;\n    }\n"),
    ("log_format a 'x\ny';\nb 1;", "    log_format a 'x\ny';\nb 1;\n"),
    ("a 'x\u2028y\x0bz';", "    a 'x\u2028y\x0bz';\n"),
    ("content_by_lua_block {\nx = [[ } ]]\n}", "    content_by_lua_block {\nx = [[ } ]]\n}\n"),
])
def test_raw_lines_are_indented_but_not_what_stands_in_quotes(raw, expected):
    data, wrong = normalise({"http": {"raw": raw}})
    assert wrong == [] and f"http {{\n{expected}}}" in render(data).files["openvip.d/nginx.conf"].text


def test_sections_are_written_in_the_order_of_nginx_people():
    lines = written("http", "include: [conf.d/*.conf], access_log: [/a main], raw: ['map $a $b { default 1; }'], "
                    "log_format: [{name: main, format: a}], server: [{name: www, listen: [80], return: 204, "
                    "allow: [198.18.0.1], raw: ['if ($a) { return 503; }'], location: [{uri: /}]}], "
                    "upstream: [{name: web, keepalive: 3, raw: ['hash $uri;'], server: [{address: a}]}]")
    for former, later in (
            ("log_format main a;", "map $a $b { default 1; }"), ("map $a $b { default 1; }", "access_log /a main;"),
            ("access_log /a main;", "include openvip.d/http/upstream/web.conf;"),
            ("include openvip.d/http/server/www.conf;", "include conf.d/*.conf;"),
            ("if ($a) { return 503; }", "allow 198.18.0.1;"), ("deny all;", "return 204;"),
            ("return 204;", "location / {"), ("hash $uri;", "keepalive 3;")):
        assert lines.index(former) < lines.index(later), lines
