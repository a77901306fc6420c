# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What data may look like, what it becomes, and what is said of data that may not."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._nginx.check import normalise
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.directives import unknown_variables

SITE = {"name": "www", "listen": ["80"]}


def site(**keys):
    return {"http": {"server": [{**SITE, **keys}]}}


def location(**keys):
    return site(location=[{"uri": "/", **keys}])


def findings(data):
    return [str(finding) for finding in normalise(data)[1]]


def test_data_gets_the_types_of_the_table():
    data, wrong = normalise({
        "worker_processes": 4, "user": "www-data", "events": {"worker_connections": "512", "multi_accept": "yes"},
        "http": {"sendfile": "on", "server_tokens": False, "keepalive_timeout": 65, "include": "mime.types",
                 "server": [{"name": "www", "listen": 80, "http2": None, "location": []}]}})
    assert wrong == []
    assert data == {
        "worker_processes": "4", "user": "www-data", "events": {"worker_connections": 512, "multi_accept": True},
        "http": {"sendfile": True, "server_tokens": "off", "keepalive_timeout": "65", "include": ["mime.types"],
                 "server": [{"name": "www", "listen": ["80"]}]}}


def test_canonical_data_stays_as_it_is_and_nothing_given_is_changed():
    given = location(proxy_pass="http://web", proxy_set_header={"Host": "$host", "X-Empty": ""})
    before = copy.deepcopy(given)
    data, wrong = normalise(given)
    assert wrong == [] and given == before and normalise(data) == (data, [])


@pytest.mark.parametrize("data, object_, key, nearest", [
    ({"htpp": {}}, "nginx.conf", "htpp", "http"),
    ({"http": {"servers": []}}, "http", "servers", "server"),
    ({"http": {"upstream": [{"name": "web", "sever": []}]}}, "upstream web", "sever", "server"),
    (site(lisen=["81"]), "server www", "lisen", "listen"),
    (location(proxy_pas="http://web"), "server www: location /", "proxy_pas", "proxy_pass"),
    ({"stream": {"server": [{"name": "dns", "listen": ["53"], "proxy_pass": "dns", "proxy_timout": "1s"}]}},
     "stream server dns", "proxy_timout", "proxy_timeout"),
    ({"http": {"upstream": [{"name": "web", "server": [{"address": "a", "wieght": 1}]}]}},
     "upstream web: server a", "wieght", "weight"),
])
def test_an_unknown_key_is_refused_with_the_nearest(data, object_, key, nearest):
    said = findings(data)
    assert len(said) == 1, said
    assert said[0].startswith(object_ + ":") and 'unknown key "%s"' % key in said[0]
    assert 'Did you mean "%s"?' % nearest in said[0]


@pytest.mark.parametrize("data, words", [
    ({"http": {"server": [{"listen": ["80"]}]}}, ["server number 1", "name is missing"]),
    ({"http": {"server": [{"name": "www"}]}}, ["server www", "listen is missing"]),
    ({"http": {"server": [{"name": "www", "listen": []}]}}, ["server www", "listen is missing"]),
    ({"http": {"server": {"www": {}}}}, ["http", "server must be a list"]),
    ({"http": []}, []),
    ({"http": "text"}, ["http", "must be a dictionary"]),
    ({"http": {"server": ["www"]}}, ["server number 1", "must be a dictionary"]),
    (["http"], ["nginx.conf", "must be a dictionary"]),
    (site(name="../www"), ["name", "letters, digits"]),
    (site(listen=["80; evil on"]), ["server www", "listen", 'has ";" outside of quotes']),
    (site(listen=[{"port": 80}]), ["listen must be a list of texts"]),
    (site(client_max_body_size="10 MB"), ["client_max_body_size", "a size such as 64k", "10 MB"]),
    (location(proxy_read_timeout="10 sec"), ["location /", "proxy_read_timeout", "a time such as 10s"]),
    (location(proxy_http_version="1.2"), ["proxy_http_version must be 1.0, 1.1 or 2"]),
    (location(proxy_set_header=["Host"]), ["proxy_set_header must be a dictionary"]),
    (location(proxy_set_header={"Host": "a\nb"}), ["proxy_set_header", "one line"]),
    (location(proxy_buffering="maybe"), ["proxy_buffering", "true or false", "maybe"]),
    (location(**{"return": ["204"]}), ["return must be text"]),
    ({"events": {"worker_connections": 0}}, ["events", "worker_connections", "at least 1", "0"]),
    ({"events": {"worker_connections": "many"}}, ["worker_connections", "whole number", "many"]),
    ({"http": {"upstream": [{"name": "web", "server": [{"address": "a", "weight": 70000}]}]}},
     ["upstream web: server a", "weight must be 1-65535, got 70000"]),
])
def test_what_is_wrong_is_said_with_its_object(data, words):
    said = findings(data)
    assert len(said) == bool(words), said
    assert [word for word in words if word not in said[0]] == []


def test_every_mistake_is_told_at_once():
    said = findings({"user": "a;b", "http": {"server": [{"name": "www"}], "sendfile": "perhaps"}})
    assert len(said) == 3, said


def test_raw_is_taken_as_it_is():
    raw = ["map $http_upgrade $connection_upgrade {\n    default upgrade;\n}"]
    assert normalise({"http": {"raw": raw}}) == ({"http": {"raw": raw}}, [])


@pytest.mark.parametrize("name, value, remedy", [
    ("nginx_sever", [], 'Did you mean "nginx_server"?'),
    ("nginx_acces_log", "off", 'Did you mean "nginx_access_log"?'),
    ("nginx_gzip", True, 'write nginx_http_raw: ["gzip on;"].'),
    ("nginx_location", [], "It stands in a server of http."),
    ("nginx_proxy_cache_path", "{{ path }}", 'write nginx_http_raw: ["proxy_cache_path {{ path }};"].'),
])
def test_a_variable_that_the_role_does_not_have_is_named(name, value, remedy):
    known = ["nginx_server", "nginx_access_log", "nginx_http_raw"]
    own = {"nginx_server": [], "nginx_exporter_port": 9113, "other_gzip": 1}
    [finding] = unknown_variables({name: value, **own}, known)
    assert str(finding).startswith(f"variable {name}: the role nginx has no variable of this name")
    assert remedy in str(finding) and finding.severity == "warning"
