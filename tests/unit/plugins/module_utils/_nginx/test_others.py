# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What somebody else serves on a host, and which of it a new configuration would end or replace."""

from __future__ import annotations

import fnmatch

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._nginx.others import (
    Outline,
    Part,
    lost,
    outline,
    reached,
    replaced,
    told,
)
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.render import HEADER

MAIN = "/etc/nginx/nginx.conf"
DEBIAN = "events { }\nhttp {\n  include mime.types;\n  include /etc/nginx/conf.d/*.conf;\n  include sites-enabled/*;\n}"
ENTERPRISE = "events { }\nhttp { include conf.d/*.conf; server { listen 80; include default.d/*.conf; } }\n"
OURS = HEADER + "http { include mime.types; include conf.d/*.conf; include openvip.d/http/server/www.conf; }\n"
SHOP = 'server {\n  listen 80; server_name shop.example.com "www.example.com"; root /srv/shop;\n}\n'
DEFAULT = "server { listen 80 default_server; server_name _; root /var/www/html; location / { } }\n"


def parts(files):
    """Return what reads the files of a pattern from texts by their paths; ``link -> path`` are links."""
    def read(pattern):
        for name in sorted(files):
            path, dummy, real = name.partition(" -> ")
            if fnmatch.fnmatch(path, pattern):
                yield Part(path, real or path, files[name])
    return read


def ended(main, files, new=OURS, untouched=()):
    """Return the paths of what a new main file would end."""
    before, after = (reached(Part(MAIN, MAIN, text), parts(files)) for text in (main, new))
    return [part.path for part in lost(before, {part.real for part in after}, lambda path: path in untouched)]


@pytest.mark.parametrize("text, expected", [
    ("", Outline((), (), (), False)),
    ("# server { }\ninclude a.conf; include b/*.conf;", Outline(("a.conf", "b/*.conf"), (), (), False)),
    (SHOP, Outline((), ("/srv/shop",), ("shop.example.com", "www.example.com"), True)),
    (DEFAULT, Outline((), ("/var/www/html",), (), True)),
    ("upstream web { server 198.18.0.21 weight=2; server 198.18.0.22; }", Outline((), (), (), False)),
    ("stream{server{listen 53 udp;}}", Outline((), (), (), True)),
    ("location /a { return 204; }", Outline((), (), (), True)),
    ("map $a $b { default 'server {'; }\nlog_format x \"${a}; server { }\";", Outline((), (), (), False)),
    ("root /srv/$host/a#b; include 'with blank.conf';", Outline(("with blank.conf",), ("/srv/$host/a#b",), (), False)),
    ("http { server {", Outline((), (), (), True)),
    ("} ; { \"", Outline((), (), (), False)),
])
def test_what_a_text_includes_and_whether_it_serves(text, expected):
    assert outline(text) == expected


def test_files_that_include_each_other_are_read_once():
    files = {"/etc/nginx/a.conf": "include b.conf;", "/etc/nginx/b.conf": "include a.conf; include /srv/*.conf;",
             "/srv/c.conf": "include nginx.conf;", MAIN: "include a.conf;"}
    found = reached(Part(MAIN, MAIN, files[MAIN]), parts(files))
    assert [part.path for part in found] == [MAIN, "/etc/nginx/a.conf", "/etc/nginx/b.conf", "/srv/c.conf"]


def test_sites_that_are_no_longer_included_are_lost():
    files = {"/etc/nginx/sites-enabled/shop -> /etc/nginx/sites-available/shop": SHOP,
             "/etc/nginx/conf.d/blog.conf": SHOP, "/etc/nginx/conf.d/gzip.conf": "gzip on;"}
    assert ended(DEBIAN, files) == ["/etc/nginx/sites-enabled/shop"]
    assert ended(DEBIAN, files, HEADER + "http { }") == ["/etc/nginx/conf.d/blog.conf", "/etc/nginx/sites-enabled/shop"]
    assert ended(DEBIAN, files, OURS.replace("}", "include sites-enabled/*; }")) == []
    # by another name
    assert ended(DEBIAN, files, OURS.replace("}", "include sites-available/*; }")) == [
        "/etc/nginx/sites-enabled/shop"]
    files["/etc/nginx/sites-available/shop"] = SHOP
    assert ended(DEBIAN, files, OURS.replace("}", "include sites-available/*; }")) == []


def test_what_the_main_file_serves_itself_is_lost():
    files = {"/etc/nginx/default.d/php.conf": "location ~ [.]php$ { }", "/etc/nginx/default.d/x.conf": "gzip on;"}
    assert ended(ENTERPRISE, files) == [MAIN, "/etc/nginx/default.d/php.conf"]
    assert ended("mail { server { listen 25; } }", {}) == [MAIN]


def test_what_a_package_has_put_there_may_go():
    default = "/etc/nginx/sites-available/default"
    files = {f"/etc/nginx/sites-enabled/default -> {default}": DEFAULT}
    assert ended(DEBIAN, files, untouched=[default]) == []
    # somebody has made a site of it
    assert ended(DEBIAN, files) == ["/etc/nginx/sites-enabled/default"]
    assert ended(ENTERPRISE, {}, untouched=[MAIN]) == []
    # settings alone serve nothing
    assert ended(DEBIAN, {}) == []


def test_what_is_ours_may_change_in_every_way():
    files = {"/etc/nginx/sites-enabled/shop": SHOP, "/etc/nginx/conf.d/blog.conf": SHOP,
             "/etc/nginx/openvip.d/http/server/www.conf": HEADER + SHOP}
    assert ended(OURS, files, HEADER + "http { }") == []
    assert ended("http { include openvip.d/http/server/*.conf; }", files, HEADER + "http { }") == []


@pytest.mark.parametrize("ours, before, after, expected", [
    # the first run on a host
    (False, set(), {"/var/www/html"}, ["/var/www/html/index.html", "/etc/ssl/dhparam.pem"]),
    # a later one
    (True, {"/var/www/html"}, {"/var/www/html"}, []),
    # the start page gets another directory, in which somebody else has a page
    (True, {"/srv"}, {"/var/www/html/"}, ["/var/www/html/index.html"]),
    (True, {"/var/www/htm"}, {"/var/www"}, ["/var/www/html/index.html"]),
    # somebody has put the package's nginx.conf in the place of ours
    (False, {"/var/www/html", "/etc/ssl"}, {"/var/www/html"}, []),
])
def test_pages_of_somebody_else(ours, before, after, expected):
    paths = ["/var/www/html/index.html", "/etc/ssl/dhparam.pem"]
    assert replaced(paths, ours, before, after, lambda path: False) == expected
    assert replaced(paths, ours, before, after, lambda path: True) == []


def test_the_refusal_names_the_files_what_would_happen_and_what_to_do():
    sites = [Part(MAIN, MAIN, DEFAULT), Part("/etc/nginx/sites-enabled/shop", "/etc/nginx/sites-available/shop", SHOP)]
    said = told(sites, ["/var/www/html/index.html"], MAIN)
    assert said[:3] == [
        f"{MAIN}: it would no longer be served, because {MAIN} is replaced by one that does not have it.",
        "/etc/nginx/sites-enabled/shop (shop.example.com, www.example.com): it would no longer be served, because "
        f"{MAIN} is replaced by one that does not include it.",
        "/var/www/html/index.html: it would be replaced by another page."]
    remedies = "\n".join(said[3:])
    for word in ("nginx_server", "nginx_http_include: [mime.types, conf.d/*.conf, sites-enabled/shop]",
                 "nginx_start_page", "keepalived alone", "nginx_takeover to true",
                 "kept in the directory .openvip beside each."):
        assert word in remedies
    assert "nginx_server" not in "\n".join(told([], ["/a"], MAIN)) and "start_page" not in "\n".join(
        told(sites, [], MAIN))


@pytest.mark.parametrize("text, path, remedy", [
    (SHOP, "conf.d/shop.conf", "nginx_http_include: [mime.types, conf.d/*.conf]."),
    (SHOP, "/srv/shop.conf", "nginx_http_include: [mime.types, conf.d/*.conf, /srv/shop.conf]."),
    (SHOP + "server { access_log /l main buffer=4k; access_log /m combined; access_log /n gzip; access_log off; }",
     "sites-enabled/shop", f"needs the log_format main of {MAIN}: describe it in nginx_log_format."),
    ("log_format main a; server { access_log /l main; }", "a",
     "nginx_http_include: [mime.types, conf.d/*.conf, a]. A file for stream stands in nginx_stream_include.\nFor"),
    # the site that includes it has to be included
    ("location ~ [.]php$ { }", "default.d/php.conf", "Describe these sites in nginx_server.\nFor an nginx"),
])
def test_the_remedy_names_the_files_to_include_and_what_they_need(text, path, remedy):
    place = path if path.startswith("/") else f"/etc/nginx/{path}"
    assert remedy in "\n".join(told([Part(place, place, text)], [], MAIN))
