# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From data to the files of nginx."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._nginx.check import normalise
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.render import HEADER, render

BALANCER = {
    "user": "www-data", "worker_processes": "auto", "pid": "/run/nginx.pid", "error_log": ["/var/log/nginx/error.log"],
    "include": ["modules-enabled/*.conf"], "raw": ["env TZ;"],
    "events": {"worker_connections": 1024},
    "http": {
        "include": ["mime.types"], "sendfile": True, "raw": ["gzip on;"],
        "log_format": [{"name": "client", "format": '$remote_addr "$http_x_forwarded_for"'}],
        "access_log": ["/var/log/nginx/access.log client"],
        "upstream": [{"name": "web", "method": "least_conn", "keepalive": 16, "server": [
            {"address": "198.18.0.21:80", "weight": 3, "max_fails": 2, "fail_timeout": "5s"},
            {"address": "[2001:db8::22]:80", "backup": True, "down": False}]}],
        "server": [{
            "name": "www", "listen": ["80", "[::]:80"], "server_name": ["www.example.com", "~^w.{3}$"],
            "add_header": {"X-Served-By": "$hostname"}, "allow": ["198.18.0.0/24"],
            "location": [{"uri": "/", "proxy_pass": "http://web", "proxy_set_header": {"X-Real-IP": "$remote_addr"}},
                         {"modifier": "~", "uri": "\\.php$", "return": "404", "raw": ["# nothing", "internal;"]}]}]},
    "stream": {"upstream": [{"name": "dns", "server": [{"address": "198.18.0.21:53"}]}],
               "server": [{"name": "dns", "listen": ["53 udp"], "proxy_pass": "dns", "proxy_responses": 1}]},
}
NGINX_CONF = HEADER + """\
pid /run/nginx.pid;
include openvip.d/nginx.conf;
"""
CONFIGURATION = HEADER + """\
user www-data;
worker_processes auto;
worker_rlimit_nofile 2304;
error_log /var/log/nginx/error.log;
include modules-enabled/*.conf;
env TZ;

events {
    worker_connections 1024;
}

http {
    log_format client '$remote_addr "$http_x_forwarded_for"';
    gzip on;
    sendfile on;
    access_log /var/log/nginx/access.log client;
    include openvip.d/http/upstream/web.conf;
    include openvip.d/http/server/www.conf;
    include mime.types;
}

stream {
    include openvip.d/stream/upstream/dns.conf;
    include openvip.d/stream/server/dns.conf;
}
"""
UPSTREAM = HEADER + """\
upstream web {
    zone web 64k;
    least_conn;
    server 198.18.0.21:80 weight=3 max_fails=2 fail_timeout=5s;
    server [2001:db8::22]:80 backup;
    keepalive 16;
}
"""
SERVER = HEADER + """\
server {
    listen 80;
    listen [::]:80;
    server_name www.example.com "~^w.{3}$";
    add_header X-Served-By $hostname always;
    allow 198.18.0.0/24;
    deny all;

    location / {
        proxy_pass http://web;
        proxy_http_version 1.1;
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_set_header Forwarded "";
        proxy_set_header X-Forwarded-Host "";
        proxy_set_header X-Forwarded-Port "";
        proxy_set_header X-Forwarded-Prefix "";
        proxy_set_header X-Forwarded-Scheme "";
        proxy_set_header X-Forwarded-Ssl "";
        proxy_set_header Connection "";
        proxy_set_header X-Real-IP $remote_addr;
    }

    location ~ "\\\\.php$" {
        # nothing
        internal;
        return 404;
    }
}
"""
STREAM = HEADER + """\
server {
    listen 53 udp;
    proxy_pass dns;
    proxy_responses 1;
}
"""


def rendered(data, version=None):
    canonical, wrong = normalise(data)
    assert wrong == []
    return render(canonical, version)


def test_the_files_of_a_balancer():
    tree = rendered(BALANCER)
    assert tree.main.text == NGINX_CONF
    assert sorted(tree.files) == ["openvip.d/http/server/www.conf", "openvip.d/http/upstream/web.conf",
                                  "openvip.d/nginx.conf",
                                  "openvip.d/stream/server/dns.conf", "openvip.d/stream/upstream/dns.conf"]
    assert tree.files["openvip.d/nginx.conf"].text == CONFIGURATION
    assert tree.files["openvip.d/http/upstream/web.conf"].text == UPSTREAM
    assert tree.files["openvip.d/http/server/www.conf"].text == SERVER
    assert tree.files["openvip.d/stream/server/dns.conf"].text == STREAM
    assert {file.mode for file in (tree.main, *tree.files.values())} == {0o644}


def test_nginx_conf_is_equal_for_every_configuration_but_for_the_pid_file():
    assert rendered({**BALANCER, "http": {"sendfile": False}}).main == rendered(BALANCER).main
    assert rendered({}).main.text == HEADER + "include openvip.d/nginx.conf;\n"


def test_servers_are_included_in_the_order_of_the_data():
    names = ["zeta", "alpha", "mid"]
    tree = rendered({"http": {"server": [{"name": name, "listen": ["80"]} for name in names]}})
    main = tree.files["openvip.d/nginx.conf"].text
    assert [line.split("/")[-1] for line in main.splitlines() if "include" in line] == [
        name + ".conf;" for name in names]


def test_a_key_is_readable_for_its_owner_alone():
    tree = rendered({"http": {"server": [{"name": "www", "listen": ["443 ssl"], "ssl_certificate_content": "A",
                                          "ssl_certificate_key_content": "B"}]}})
    assert {path: file.mode for path, file in tree.files.items() if "/ssl/" in path} == {
        "openvip.d/ssl/www.crt": 0o644, "openvip.d/ssl/www.key": 0o600}
    text = tree.files["openvip.d/http/server/www.conf"].text
    assert "ssl_certificate_key openvip.d/ssl/www.key;" in text and "content" not in text


def test_the_numbers_of_connections_are_a_site_of_their_own():
    text = rendered({"http": {"stub_status": {"listen": ["81"], "allow": ["198.18.0.5"]}}}).files[
        "openvip.d/http/server/stub_status.conf"].text
    assert "location = /stub_status {" in text
    assert "stub_status;\n        allow 198.18.0.5;\n        deny all;\n" in text


@pytest.mark.parametrize("version, expected", [((1, 22, 1), "listen 443 ssl http2;"), ((1, 26, 3), "http2 on;")])
def test_the_words_are_those_of_the_version(version, expected):
    site = {"name": "www", "listen": ["443 ssl"], "http2": True, "ssl_certificate": "/a", "ssl_certificate_key": "/b"}
    assert expected in rendered({"http": {"server": [site]}}, version).files["openvip.d/http/server/www.conf"].text
