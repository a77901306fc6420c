# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

"""What is like the examples of the rules: other levels, other words, raw instead of options, and what is no fault."""

from __future__ import annotations

import json

import pytest
import yaml

from ansible_collections.openvip.cluster.plugins.module_utils._nginx.check import normalise
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.lint.lint import check
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.lint.model import Host
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.others import Part
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.render import File

ROOT = "root: /srv"


def judged(text, **known):
    data, wrong = normalise(yaml.safe_load(text))
    assert wrong == []
    return check(data, **known)


def found(text, **known):
    """Return the ids of the findings, without their prefix, with their objects."""
    return [(finding.id[len("nginx-"):], finding.object) for finding in judged(text, **known)]


def host(**files):
    """Return a host that has these texts in conf.d."""
    return Host(lambda pattern: [Part(f"/etc/nginx/conf.d/{name}.conf", f"/etc/nginx/conf.d/{name}.conf", text)
                                 for name, text in files.items()] if pattern.startswith("conf.d/") else [])


def server(words, listen='["80"]'):
    return "http: {server: [{name: www, server_name: [a], listen: %s, %s}]}" % (listen, words)


def location(words, uri="/"):
    return server("root: /srv, location: [{uri: %s, %s}]" % (uri, words))


def servers(*each):
    return "http: {server: [%s]}" % ", ".join("{name: s%d, %s}" % pair for pair in enumerate(each, 1))


RETURN = "return-before-access"


@pytest.mark.parametrize("words, expected", [
    ("return: 200 x, allow: [198.18.0.11]", [RETURN]),
    ("return: 301 https://b/, allow: [198.18.0.11]", [RETURN]),
    ("return: https://b/, allow: [198.18.0.11]", [RETURN]),
    ("return: '204', raw: [auth_basic x;, auth_basic_user_file /f;]", [RETURN]),
    ("return: '204', raw: [auth_request /a;]", [RETURN]),
    ("return: '204', raw: [deny 198.18.0.11;]", [RETURN]),
    ("allow: [198.18.0.11], raw: [return 200 x;]", [RETURN]),
    ("allow: [198.18.0.11], raw: ['rewrite ^ https://b/ permanent;']", [RETURN]),
    ("allow: [198.18.0.11], raw: ['rewrite ^/(.*)$ https://b/$1;']", [RETURN]),
    ("allow: [198.18.0.11], raw: ['rewrite ^/old https://b/ permanent;']", []),
    ("allow: [198.18.0.11], raw: ['rewrite ^ /index.html last;']", []),
    ("allow: [198.18.0.11], raw: ['if ($a) { return 200 x; }']", []),
    ("allow: [198.18.0.11], raw: ['# return 200 x;']", []),
    ("return: '404', raw: [deny all;]", []), ("return: '444', allow: [198.18.0.11]", []),
    ("return: '204', allow: [all]", []), ("return: '204', raw: [auth_basic off;]", []),
    ("return: '204', raw: [limit_req zone=a;]", ["return-before-limit"]),
    ("return: '403', raw: [limit_conn a 1;]", []),
])
@pytest.mark.parametrize("level", [server, location], ids=["server", "location"])
def test_what_return_lets_in(level, words, expected):
    assert [each for each, dummy in found(level(words))] == expected


@pytest.mark.parametrize("above, inner, expected", [
    ("allow: [198.18.0.11]", "return: 200 x", ["return-past-access"]),
    ("raw: [auth_basic x;, auth_basic_user_file /f;]", "return: '204'", ["return-past-access"]),
    ("allow: [198.18.0.11]", "return: 200 x, allow: [all]", []),
    ("allow: [198.18.0.11]", "return: 301 https://b/", []), ("allow: [198.18.0.11]", "return: '403'", []),
    ("allow: [all]", "return: 200 x", []), ("raw: [auth_basic off;]", "return: '204'", []),
    ("raw: [auth_basic x;, auth_basic_user_file /f;]", "return: '204', auth_basic: 'off'", []),
])
def test_what_a_return_within_a_closed_server_lets_in(above, inner, expected):
    assert [each for each, dummy in found(server(f"{above}, location: [{{uri: /x, {inner}}}]"))] == expected


@pytest.mark.parametrize("above, inner, expected", [
    ("[198.18.0.0/24]", "[203.0.113.7]", ["allow-replaced"]), ("[198.18.0.0/24]", "[198.18.0.5]", []),
    ("[198.18.0.0/24]", "[198.18.0.0/16]", []), ("[198.18.0.0/24]", "[all]", []), ("[all]", "[198.18.0.5]", []),
    ("[198.18.0.1]", "['2001:db8::1']", ["allow-replaced"]), ("['2001:db8::1']", "['2001:db8::/32', 198.18.0.1]", []),
    ("['unix:']", "[198.18.0.1]", []),
])
def test_a_list_that_takes_the_place_of_another(above, inner, expected):
    text = server(f"root: /srv, allow: {above}, location: [{{uri: /x, root: /srv, allow: {inner}}}]")
    assert [each for each, dummy in found(text)] == expected


@pytest.mark.parametrize("words, expected", [
    ("raw: [allow 198.18.0.1;]", ["allow-without-deny"]), ("raw: [allow 198.18.0.1;, deny all;]", []),
    ("raw: [allow all;]", []), ("raw: [deny 198.18.0.1;]", []),
    ("raw: [allow 198.18.0.1;, include acl.conf;]", []),
    ("raw: [satisfy any;, allow 198.18.0.1;, auth_basic x;, auth_basic_user_file /f;]", []),
    ("raw: [deny all;, allow 198.18.0.1;]", ["access-order"]),
    ("raw: [allow 198.18.0.0/16;, deny 198.18.66.0/24;, deny all;]", ["access-order"]),
    ("raw: [allow 198.18.0.0/16;, deny 198.18.66.5;, deny all;]", ["access-order"]),
    ("raw: [deny 198.18.0.0/16;, allow 198.18.66.5;]", ["access-order"]),
    ("raw: [allow all;, deny 198.18.66.5;]", ["access-order"]), ("raw: [allow all;, deny all;]", []),
    ("raw: ['allow 2001:db8::/32;', 'deny 2001:db8::5;']", ["access-order"]),
    ("raw: [deny 198.18.0.2;, allow 198.18.0.0/24;, deny all;]", []),
    ("raw: [allow 198.18.0.5;, deny 198.18.0.0/24;, allow all;]", []),
    ("raw: ['allow unix:;', deny 198.18.0.0/24;]", []),
    ("raw: [auth_basic x;]", ["auth-without-file"]), ("raw: [auth_basic off;]", []),
    ("raw: [auth_basic x;, include auth.conf;]", []), ("raw: [auth_basic_user_file /f;]", ["file-without-auth"]),
    ("raw: [auth_basic_user_file /f;, include auth.conf;]", []),
    ("raw: [satisfy any;, allow all;, auth_basic x;, auth_basic_user_file /f;]", ["satisfy-any-of-all"]),
    ("raw: [allow all;, auth_basic x;, auth_basic_user_file /f;]", []),
])
@pytest.mark.parametrize("level", [server, location], ids=["server", "location"])
def test_what_keeps_nobody_out(level, words, expected):
    assert [each for each, dummy in found(level(f"{ROOT}, {words}"))] == expected


@pytest.mark.parametrize("kind", ["auth_basic_user_file /f;", "auth_basic_user_file off.txt;"])
def test_a_file_of_a_level_above_is_enough(kind):
    text = f"http: {{raw: [{kind}], server: [{{name: www, listen: ['80'], raw: [auth_basic x;], {ROOT}}}]}}"
    assert found(text) == []


def test_what_a_file_of_the_host_may_say_is_for_the_host_to_judge():
    text = "http: {include: [conf.d/*.conf], server: [{name: www, listen: ['80'], root: /s, raw: [auth_basic x;]}]}"
    assert found(text) == []
    assert found(text, host=host()) == [("auth-without-file", "server www")]
    assert found(text, host=host(auth="auth_basic_user_file /f;")) == []
    assert found(text, host=host(broken="auth_basic_user_file /f")) == []


@pytest.mark.parametrize("listen, expected", [
    (["80", "80"], True), (["80", "*:80"], True), (["80", "0.0.0.0:80"], True), (["80-90", "85"], True),
    (["[::]:80", "[::0]:80"], True), (["198.18.0.1", "198.18.0.1:80"], True), (["unix:/a", "unix:/a"], True),
    (["80", "[::]:80"], False), (["80", "198.18.0.1:80"], False), (["443 ssl", "443 quic"], False),
    (["80", "localhost:80"], False), (["80-90", "91"], False),
])
def test_an_address_that_is_given_twice(listen, expected):
    text = server(f"{ROOT}, ssl_certificate: a, ssl_certificate_key: b" if "443" in listen[0] else ROOT,
                  str(listen).replace("'", '"'))
    assert found(text) == ([("listen-twice", "server www")] if expected else [])


@pytest.mark.parametrize("of_http, of_stream, expected", [
    ("80", "80", True), ("80", "198.18.0.1:80", True), ("198.18.0.1:80", "80", True), ("80", "70-90", True),
    ("198.18.0.1:80", "198.18.0.1:80", True), ("[::]:80 ipv6only=off", "80", True), ("unix:/a", "unix:/a", True),
    ("[::]:80 ipv6only=off", "198.18.0.1:80", True), ("[::]:80", "[2001:db8::1]:80", True),
    ("198.18.0.1:80", "[::]:80 ipv6only=off", True), ("localhost:80", "81", False),
    ("80", "80 udp", False), ("80", "81", False), ("[::]:80", "80", False), ("198.18.0.1:80", "198.18.0.2:80", False),
    ("[2001:db8::1]:80", "198.18.0.1:80", False), ("80 reuseport", "80 reuseport", False),
    ("unix:/a", "unix:/b", False),
    ("443 quic", "443 udp", True), ("443 quic", "198.18.0.1:443 udp", False),
])
def test_a_port_in_http_and_in_stream(of_http, of_stream, expected):
    tls = ", ssl_certificate: a, ssl_certificate_key: b" if "quic" in of_http else ""
    text = (f"{{http: {{server: [{{name: www, listen: ['{of_http}'], {ROOT}{tls}}}]}}, "
            f"stream: {{server: [{{name: x, listen: ['{of_stream}'], proxy_pass: 'a:1'}}]}}}}")
    assert found(text) == ([("port-in-http-and-stream", "stream server x")] if expected else [])


def test_a_port_of_a_file_of_the_host_or_of_raw_counts_too():
    stream = "stream: {server: [{name: x, listen: ['8080'], proxy_pass: 'a:1'}]}"
    text = f"{{http: {{include: [conf.d/*.conf]}}, {stream}}}"
    (finding,) = judged(text, host=host(site="server { listen 8080; server_name a.example.com; return 204; }"))
    assert finding.id == "nginx-port-in-http-and-stream" and "/etc/nginx/conf.d/site.conf" in finding.message
    assert judged(text, host=host(site="server { return 204; }")) == []
    assert found(f"{{http: {{raw: ['server {{ listen *:8080; return 204; }}']}}, {stream}}}") == [
        ("port-in-http-and-stream", "stream server x")]


@pytest.mark.parametrize("first, second, expected", [
    ("53", "53", True), ("53 udp", "53 udp", True), ("198.18.0.1:53", "198.18.0.1:53", True), ("53-60", "55", True),
    ("53", "53 udp", False), ("53", "198.18.0.1:53", False), ("53", "54", False), ("53", "[::]:53", False),
])
def test_two_servers_of_streams_on_one_port(first, second, expected):
    text = "stream: {server: [{name: a, listen: ['%s'], proxy_pass: 'a:1'}, {name: b, listen: ['%s'], %s}]}" % (
        first, second, "proxy_pass: 'a:2'")
    assert found(text) == ([("stream-listen-taken", "stream server b")] if expected else [])


START = "listen: ['80'], server_name: [_], root: /a"


@pytest.mark.parametrize("second, expected", [
    ("listen: ['80'], root: /b", ["server-unreachable"]), ("listen: ['*:80'], root: /b", ["server-unreachable"]),
    ("listen: ['80'], server_name: [_], root: /b", ["server-unreachable"]),
    ("listen: ['80'], raw: ['server_name \"\";'], root: /b", ["server-unreachable"]),
    ("listen: ['80', '81'], root: /b", ["server-hidden"]),
    ("listen: ['80', '[::]:80'], root: /b", ["server-hidden"]),
    ("listen: ['80'], server_name: [b], root: /b", []), ("listen: ['80'], server_name: [_, b], root: /b", []),
    ("listen: ['80'], server_name: ['~.'], root: /b", []), ("listen: ['81'], root: /b", []),
    ("listen: ['198.18.0.1:80'], root: /b", []), ("listen: ['[::]:80'], root: /b", []),
    ("listen: ['80'], root: /b, raw: [server_name b;]", []),
    ("listen: ['80'], root: /b, raw: [include names.conf;]", []), ("listen: ['localhost:80'], root: /b", []),
])
def test_a_server_behind_the_start_page(second, expected):
    assert found(servers(START, second)) == [(each, "server s2") for each in expected]


def test_a_default_server_is_reached_and_the_start_page_is_hidden_then():
    assert found(servers(START, "listen: [80 default_server], root: /b")) == [("server-unreachable", "server s1")]


@pytest.mark.parametrize("listen, expected", [
    ('"80"', ["server-unreachable"]), ('"81"', []), ('"127.0.0.1:80"', []), ('"80", "81"', ["server-hidden"])])
def test_the_numbers_of_connections_behind_the_start_page(listen, expected):
    text = f"http: {{stub_status: {{listen: [{listen}]}}, server: [{{name: s1, {START}}}]}}"
    assert found(text) == [(each, "stub_status") for each in expected]


def test_the_remedy_for_a_server_behind_the_start_page_of_the_role_names_its_variable():
    (finding,) = judged("http: {server: [{name: start_page, %s}, {name: www, listen: ['80'], root: /b}]}" % START)
    assert '"0.0.0.0:80 default_server"' in finding.remedy and "nginx_listen" in finding.remedy


def test_a_site_of_somebody_else_that_is_the_default_is_only_shown():
    text = "http: {include: [conf.d/*.conf], server: [{name: s1, %s}]}" % START
    assert found(text, host=host(default="server { listen 80; server_name localhost; return 204; }")) in (
        [], [("server-hidden", "server s1")])
    assert found(text, host=host(default="server { listen 80 default_server; return 204; }")) == [
        ("server-hidden", "server s1")]


@pytest.mark.parametrize("first, second, expected", [
    ("a", "a", True), ("A", "a", True), ("'*.a'", "'*.a'", True), ("'~x'", "'~x'", True), ("a", "b", False),
    ("_", "_, b", False), ("a", "'*.a'", False),
])
@pytest.mark.parametrize("more", ["", ", y"])
def test_a_name_that_two_servers_have(first, second, more, expected):
    text = servers(START, *(f"listen: ['80'], server_name: [{name}{extra}], root: /b"
                            for name, extra in ((first, ", x"), (second, more))))
    assert found(text) == ([("server-name-twice", "server s3")] if expected else [])
    assert found(text.replace("name: s3, listen: ['80']", "name: s3, listen: ['81']")) == []


@pytest.mark.parametrize("first, second, expected", [
    ("80 default_server", "80 default_server", ["default-server-twice"]),
    ("80 default_server", "'*:80 default_server'", ["default-server-twice"]),
    ("80 default_server", "81 default_server", []), ("80 default_server", "'[::]:80 default_server'", []),
    ("80 reuseport", "80 backlog=5", ["listen-options-twice"]), ("80 reuseport", "'80'", []),
    ("'80 reuseport'", "81 reuseport", []), ("'80'", "80 reuseport", []),
    ("80 proxy_protocol", "'80'", ["listen-protocol-differs"]),
])
def test_two_listen_directives_of_one_address(first, second, expected):
    text = servers(f"listen: [{first}], server_name: [a], root: /a", f"listen: [{second}], server_name: [b], root: /b")
    assert [each for each, dummy in found(text)] == expected


@pytest.mark.parametrize("uri, modifier, alias, expected", [
    ("/img", "", "/s/", ["alias-traversal"]), ("/img", "^~", "/s/", ["alias-traversal"]),
    ("/img/", "", "/s/", []), ("/img", "", "/s", []), ("/img", "=", "/s/", []),
    ("/img/", "", "/s", ["alias-without-slash"]), ("/img/", "", "/s$host", []),
    ("/img", "~", "/s/", ["alias-of-expression"]), ("/img", "~*", "/s/", ["alias-of-expression"]),
    ("/img/(.*)", "~", "/s/$1", []), ("/a.txt", "~", "/s/a.txt", []),
])
def test_an_alias(uri, modifier, alias, expected):
    heads = f"uri: {uri}" + (f", modifier: '{modifier}'" if modifier else "")
    assert [each for each, dummy in found(server(f"root: /r, location: [{{{heads}, alias: {alias}}}]"))] == expected
    words = " ".join(filter(None, (modifier, uri)))
    assert [each for each, dummy in found(server(
        f"root: /r, raw: ['location {words} {{ alias {alias}; }}']"))] == expected


@pytest.mark.parametrize("words, expected", [
    ("return: '204', location: [{uri: /x, root: /y}]", True), ("return: 301 /y, location: [{uri: /x, root: /y}]", True),
    ("return: '404', location: [{uri: /x, root: /y}]", False),
    ("return: '204', raw: ['location @x { return 204; }']", False),
    ("return: '204', raw: ['if ($a) { break; }'], location: [{uri: /x, root: /y}]", False),
    ("return: '204', raw: ['rewrite ^/x /y last;'], location: [{uri: /x, root: /y}]", False),
    ("raw: ['if ($a) { return 204; }'], location: [{uri: /x, root: /y}]", False),
])
def test_locations_behind_a_return(words, expected):
    assert found(server(words)) == ([("return-hides-locations", "server www")] if expected else [])


MAP = "raw: ['map $a $b { default %s; }'], "
CHAIN = "raw: ['map $a $b { default $c; x 198.18.0.1; } split_clients $a $c { 5%% %s; * 198.18.0.2; }'], "
UPSTREAM = "upstream: [{name: web, server: [{address: 198.18.0.21}]}], "


@pytest.mark.parametrize("http, target, raw, expected", [
    ("", "http://a.example.com$request_uri", "", "resolver-missing"),
    ("", "http://a.example.com/x$is_args$args", "", "resolver-missing"),
    ("", "http://a.example.com:8080/$1", "", "resolver-missing"), ("", "http://localhost$uri", "", "resolver-missing"),
    (MAP % "a.example.com", "http://$b", "", "resolver-missing"),
    ("", "$t", "set $t http://a.example.com;", "resolver-missing"),
    ("", "http://$b", "", "resolver-perhaps-missing"), ("", "http://$b:80", "set $b $c;", "resolver-perhaps-missing"),
    (CHAIN % "web", "http://$b", "", "resolver-missing"), (UPSTREAM + CHAIN % "web", "http://$b", "", ""),
    (UPSTREAM + CHAIN % "$d", "http://$b", "", "resolver-perhaps-missing"),
    (UPSTREAM + CHAIN % "$b", "http://$b", "", "resolver-perhaps-missing"),
    ("", "http://a.example.com/x/", "", ""), ("", "http://198.18.0.1$uri", "", ""), ("", "http://[::1]:80$uri", "", ""),
    (UPSTREAM, "http://web$request_uri", "", ""), (UPSTREAM, "http://web$1", "", ""),
    (UPSTREAM + MAP % "web", "http://$b", "", ""), (MAP % "198.18.0.1", "http://$b:8080/x", "", ""),
    ("resolver: 198.18.0.53, ", "http://$host", "", ""), ("", "http://$b", "resolver 198.18.0.53;", ""),
    ("", "http://$b", "include resolver.conf;", ""), ("", "http://unix:/run/a.sock:$uri", "", ""),
])
def test_a_proxy_pass_with_a_variable(http, target, raw, expected):
    lines = f", raw: ['{raw}']" if raw else ""
    text = (f"http: {{{http}server: [{{name: www, listen: ['80'], "
            f"location: [{{uri: /, proxy_pass: '{target}'{lines}}}]}}]}}")
    assert found(text) == ([(expected, "server www: location /")] if expected else [])


@pytest.mark.parametrize("name, expected", [
    ("wbe", True), ("webs", True), ("web", False), ("web.example.com", False), ("database", False),
    ("wbe:80", False), ("localhost", False),
])
def test_a_name_that_is_like_one_of_an_upstream(name, expected):
    text = (f"http: {{{UPSTREAM}server: [{{name: www, listen: ['80'], "
            f"location: [{{uri: /, proxy_pass: 'http://{name}'}}]}}]}}")
    assert found(text) == ([("upstream-misspelt", "server www: location /")] if expected else [])


@pytest.mark.parametrize("http, expected", [
    ("ssl_protocols: [TLSv1.2], raw: [ssl_protocols TLSv1.3;]", ["lists-joined"]),
    ("ssl_protocols: [TLSv1.2, TLSv1.3], raw: [ssl_protocols TLSv1.3 TLSv1.2;]", []),
    ("raw: [ssl_protocols TLSv1.3;]", []), ("sendfile: true, raw: [sendfile off;]", ["directive-twice"]),
    ("ssl_ciphers: HIGH, raw: ['ssl_ciphers LOW;']", ["directive-twice"]),
    ("sendfile: true, raw: ['sendfile_max_chunk 1m;']", []), ("access_log: ['off', 'off']", []),
])
def test_what_stands_twice_at_a_level(http, expected):
    text = f"http: {{{http}, server: [{{name: www, listen: ['80'], {ROOT}}}]}}"
    assert [each for each, dummy in found(text)] == expected


def test_lists_that_a_location_and_a_stream_would_join():
    assert found(location("proxy_pass: 'http://a.b', proxy_next_upstream: [error], "
                          "raw: [proxy_next_upstream http_500;]")) == [("lists-joined", "server www: location /")]
    assert found("stream: {ssl_protocols: [TLSv1.2], raw: [ssl_protocols TLSv1.3;]}") == [("lists-joined", "stream")]


@pytest.mark.parametrize("words", ["proxy_read_timeout: 1s", "proxy_buffering: true", "proxy_next_upstream_tries: 2"])
def test_an_option_stands_beside_the_same_line_of_raw(words):
    key = words.partition(":")[0]
    value = {"1s": "2s", "true": "off", "2": "3"}[words.partition(": ")[2]]
    assert found(location(f"proxy_pass: 'http://a.b', {words}, raw: [{key} {value};]")) == [
        ("directive-twice", "server www: location /")]


def quoted(text):
    return json.dumps(text)


@pytest.mark.parametrize("text, words", [
    ("if ($a) { return 204;", "does not close the block"), ("}", 'has "}" without a block'),
    ("return 204", '"return"'), ("return 204 'x;", "quote"), ("return 204 'x'y;", "behind a quote"),
    (";", 'has ";" without a directive'), ("if ($a) { return 204 }", '"return" is not ended'),
])
def test_a_text_that_nginx_cannot_read(text, words):
    (finding,) = judged(server(f"{ROOT}, raw: [include openvip.d/a.conf;]"), written={"openvip.d/a.conf": File(text)})
    assert finding.id == "nginx-syntax" and finding.object == "file openvip.d/a.conf" and words in finding.message


@pytest.mark.parametrize("raw", [
    "content_by_lua_block { if a then b('}') end {} }", "return 204 '}';", "# }\nreturn 204;", "set $a ${b}c;",
    "location ~ '^/a{2}$' { return 204; }"])
def test_a_text_that_nginx_can_read(raw):
    assert found(server(f"{ROOT}, raw: [{quoted(raw)}]")) == []


def test_a_snippet_is_read_where_it_is_included():
    text = server(f"{ROOT}, raw: [include openvip.d/snippets/closed.conf;]")
    wrong = {"openvip.d/snippets/closed.conf": File("allow 198.18.0.1;\n")}
    assert found(text, written=wrong) == [("allow-without-deny", "server www")]
    broken = {"openvip.d/snippets/closed.conf": File("allow 198.18.0.1\n")}
    assert found(text, written=broken) == [("syntax", "file openvip.d/snippets/closed.conf")]
    assert found(text) == []


@pytest.mark.parametrize("user, mode, path, expected", [
    ("www-data", 0o600, "openvip.d/members", True), ("www-data", 0o640, "/etc/nginx/openvip.d/members", True),
    ("www-data nginx", 0o600, "openvip.d/members", True), ("www-data", 0o644, "openvip.d/members", False),
    ("root", 0o600, "openvip.d/members", False), ("www-data", 0o600, "/etc/nginx/members", False),
])
def test_a_file_of_passwords(user, mode, path, expected):
    text = f"{{user: {user}, {location(f'root: /srv, auth_basic: x, auth_basic_user_file: {path}')}}}"
    known = {"openvip.d/members": File("", mode)}
    assert found(text, written=known) == ([("login-file-unreadable", "server www: location /")] if expected else [])
    answers = Host(lambda pattern: [], readable=lambda path, user: False)
    unreadable = [("login-file-unreadable", "server www: location /")]
    assert found(text, host=answers) == ([] if user == "root" else unreadable)


@pytest.mark.parametrize("text, expected", [
    ("{worker_rlimit_nofile: 1000, events: {worker_connections: 2048}}", True),
    ("{raw: [worker_rlimit_nofile 1000;], events: {worker_connections: 2048}}", True),
    ("{worker_rlimit_nofile: 100}", True), ("{worker_rlimit_nofile: 512}", False),
    ("{worker_rlimit_nofile: 2048, events: {worker_connections: 2048}}", False),
    ("{raw: [worker_rlimit_nofile 4096;], events: {worker_connections: 2048}}", False),
    ("{events: {worker_connections: 2048}}", False),
])
def test_connections_and_files(text, expected):
    assert found(text) == ([("connections-beyond-files", "nginx.conf")] if expected else [])


@pytest.mark.parametrize("access_log, http, expected", [
    ("/a main", "", True), ("/a combined", "", False), ("/a buffer=4k", "", False), ("'off'", "", False),
    ("/a main", "log_format: [{name: main, format: x}], ", False), ("/a main", "raw: [log_format main x;], ", False),
    ("/a main", "include: [formats.conf], ", False),
])
def test_the_format_of_a_log(access_log, http, expected):
    text = f"http: {{{http}server: [{{name: www, listen: ['80'], {ROOT}, access_log: [{access_log}]}}]}}"
    assert found(text) == ([("log-format-unknown", "server www")] if expected else [])


@pytest.mark.parametrize("address, remedy", [
    ("2001:db8::21", "Write [2001:db8::21]:80."), ("2001:db8:1:2:3:4:5:6:53", "Write [2001:db8:1:2:3:4:5:6]:53."),
    ("[2001:db8::21]:53", None), ("198.18.0.21:53", None), ("unix:/a:b:c", None),
])
@pytest.mark.parametrize("kind", ["http", "stream"])
def test_a_server_with_an_ipv6_address(kind, address, remedy):
    text = f"{kind}: {{upstream: [{{name: web, server: [{{address: '{address}'}}]}}]}}"
    assert [(finding.id, finding.remedy) for finding in judged(text)] == (
        [("nginx-bad-server", remedy)] if remedy else [])


@pytest.mark.parametrize(("words", "expected"), [
    ("location: [{uri: /a, try_files: '$uri @b'}]", ["named-location-missing"]),
    ("error_page: ['404 = @b'], location: [{uri: /}]", ["named-location-missing"]),
    ("location: [{uri: /a, try_files: '$uri @b'}, {uri: '@b', return: 403}]", []),
    ("location: [{uri: /a, try_files: '$uri @b'}], raw: 'location @b { return 403; }'", []),
    ("location: [{uri: /a, try_files: '$uri @b'}], raw: 'include b.conf;'", []),
    ("location: [{uri: /a, try_files: '$uri @$host'}]", []),
    ("location: [{uri: /a, raw: 'error_page 404 = @b;'}]", ["named-location-missing"]),
    ("location: [{uri: '/a?b=c', return: 403}]", ["location-unmatched"]),
    ("location: [{uri: '/%7Eb', return: 403}]", ["location-unmatched"]),
    ("location: [{uri: '/a//b', return: 403}]", ["location-unmatched"]),
    ("location: [{uri: '= /a/../b', return: 403}]", ["location-unmatched"]),
    ("location: [{uri: '~ /a//?b', return: 403}]", []),
    ("location: [{uri: /a..b/, return: 403}]", []),
    ("location: [{uri: '/100%', return: 403}]", []),
    ("location: [{uri: '= /a.*', return: 403}]", ["location-like-expression"]),
    ("location: [{uri: '/a[0-9]', return: 403}]", ["location-like-expression"]),
    ("location: [{uri: '/a(b)', return: 403}]", []),
    ("location: [{uri: /a.b, return: 403}]", []),
    ("location: [{uri: '~ /a.*', return: 403}]", []),
    ("location: [{uri: /a, proxy_pass: 'http://198.18.0.1'}]", []),
    ("location: [{uri: /a/, proxy_pass: 'http://198.18.0.1/b/'}]", []),
    ("location: [{uri: /a, proxy_pass: 'http://198.18.0.1/b'}]", []),
    ("location: [{uri: /a/, proxy_pass: 'http://198.18.0.1/b'}]", ["proxy-pass-slash"]),
    ("location: [{uri: ^~ /a, proxy_pass: 'http://198.18.0.1/'}]", ["proxy-pass-slash"]),
    ("location: [{uri: = /a, proxy_pass: 'http://198.18.0.1/'}]", []),
    ("location: [{uri: /a/, proxy_pass: 'http://198.18.0.1$uri'}]", []),
    ("location: [{uri: /a/, proxy_pass: 'http://unix:/run/a:/b'}]", ["proxy-pass-slash"]),
    ("location: [{uri: /a/, proxy_pass: 'http://unix:/run/a'}]", []),
    ("location: [{uri: /a, return: 403, root: /x}]", ["return-hides-content"]),
    ("location: [{uri: /a, raw: 'return 403;', alias: /x}]", ["return-hides-content"]),
    ("location: [{uri: /a, raw: 'if ($arg_b) { return 403; }', alias: /x}]", []),
    ("location: [{uri: /a, try_files: '$uri =404', proxy_pass: 'http://198.18.0.1'}]", ["try-files-of-proxy"]),
])
def test_what_a_location_does_with_a_path(words, expected):
    assert [identifier for identifier, _object in found(server("root: /srv, %s" % words))] == expected


@pytest.mark.parametrize(("listen", "words", "expected"), [
    ("443", "proxy_pass: $to", ["preread-missing"]),
    ("443", "ssl_preread: false, proxy_pass: $to", ["preread-missing"]),
    ("443", "ssl_preread: true, proxy_pass: $to", []),
    ("443", "raw: 'ssl_preread on;', proxy_pass: $to", []),
    ("443", "raw: 'include preread.conf;', proxy_pass: $to", []),
    ("443 ssl", "ssl_certificate: /c, ssl_certificate_key: /k, ssl_preread: true, proxy_pass: $to",
     ["preread-missing"]),
    ("443", "proxy_pass: '198.18.0.1:443'", []),
])
def test_what_a_stream_reads_before_it_passes_on(listen, words, expected):
    text = ("stream: {raw: 'map $ssl_preread_server_name $to { default 198.18.0.1:443; }', "
            f"server: [{{name: tls, listen: ['{listen}'], {words}}}]}}")
    assert [identifier for identifier, _object in found(text)] == expected
