# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages of nginx name the object and its variable instead of a file that is not on the host."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._nginx.check import normalise
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.origin import hints, traced
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.render import File, render

DATA = {
    "raw": ["env TZ;"], "worker_processes": "auto",
    "http": {
        "sendfile": True, "raw": ["map $x $y {", "default 1;", "}"], "include": ["mime.types"],
        "upstream": [{"name": "web", "server": [{"address": "a.example"}]}],
        "server": [{"name": "start_page", "listen": ["80"], "root": "/srv"},
                   {"name": "www", "listen": ["443 ssl"], "ssl_certificate_content": "a",
                    "ssl_certificate_key_content": "b", "raw": ["location /x { return 204; }"],
                    "location": [{"uri": "/", "proxy_pass": "http://wbe"}]}]},
    "stream": {"resolver": "198.18.0.53", "server": [{"name": "dns", "listen": ["53"], "proxy_pass": "dsn"}]},
}
HOME = "/etc/nginx"


@pytest.fixture(scope="module")
def files():
    data, findings = normalise(DATA)
    assert findings == []
    more = {"openvip.d/snippets/x.conf": File("a 1;\nb 2;\n"), "openvip.d/users": File("secret\n", 0o640)}
    return {**render(data).files, **more}


def cited(files, path, text):
    """Return a message that cites the line with a text."""
    lines = files[path].text.splitlines()
    return f"wrong in {HOME}/{path}:{1 + next(number for number, line in enumerate(lines) if text in line)}"


@pytest.mark.parametrize("path, text, told", [
    ("openvip.d/http/server/www.conf", "proxy_pass",
     'server www (nginx_server): location /: "proxy_pass http://wbe;": wrong ('),
    ("openvip.d/http/server/www.conf", "listen", 'server www (nginx_server): "listen 443 ssl;": wrong ('),
    ("openvip.d/http/server/start_page.conf", "root",
     'server start_page (nginx_listen, nginx_server_name and nginx_root): "root /srv;": wrong ('),
    ("openvip.d/http/upstream/web.conf", "a.example", 'upstream web (nginx_upstream): "server a.example;": wrong ('),
    ("openvip.d/stream/server/dns.conf", "dsn", 'stream server dns (nginx_stream_server): "proxy_pass dsn;": wrong ('),
    ("openvip.d/nginx.conf", "env TZ", 'nginx.conf (nginx_raw): "env TZ;": wrong ('),
    ("openvip.d/nginx.conf", "worker_proc", 'nginx.conf (nginx_worker_processes): "worker_processes auto;": wrong ('),
    ("openvip.d/nginx.conf", "sendfile", 'http (nginx_sendfile): "sendfile on;": wrong ('),
    ("openvip.d/nginx.conf", "mime", 'http (nginx_http_include): "include mime.types;": wrong ('),
    ("openvip.d/nginx.conf", "default 1", 'http (nginx_http_raw): map $x $y: "default 1;": wrong ('),
    ("openvip.d/nginx.conf", "resolver", 'stream (nginx_stream_resolver): "resolver 198.18.0.53;": wrong ('),
    ("openvip.d/snippets/x.conf", "b 2", 'file snippets/x.conf (nginx_file): "b 2;": wrong ('),
    # what not everybody can read is not quoted
    ("openvip.d/users", "secret", "file users (nginx_file): wrong ("),
])
def test_a_line_is_traced_to_what_made_it(files, path, text, told):
    found = traced(cited(files, path, text), HOME, files, ("openvip.d/snippets/x.conf", "openvip.d/users"))
    assert found.startswith(told) and found.endswith(", which is not written)"), found


@pytest.mark.parametrize("message, told", [
    ('cannot load certificate "/etc/nginx/openvip.d/ssl/www.crt": no start line',
     "cannot load certificate ssl_certificate_content of server www (nginx_server): no start line"),
    ('cannot load certificate key "/etc/nginx/openvip.d/ssl/www.key": no start line',
     "cannot load certificate key ssl_certificate_key_content of server www (nginx_server): no start line"),
    ("wrong in /etc/nginx/conf.d/shop.conf:3", "wrong in /etc/nginx/conf.d/shop.conf:3"),
    ("bind() to 0.0.0.0:80 failed", "bind() to 0.0.0.0:80 failed"),
])
def test_what_is_on_the_host_is_cited_as_it_is(files, message, told):
    assert traced(message, HOME, files, ()) == told


@pytest.mark.parametrize("message, hint", [
    ('host not found in upstream "wbe"', 'Did you mean "web"?'),
    ('unknown directive "stream"', "Install nginx's module for streams"),
    ('unknown log format "main"', "Describe the format in log_format."),
    ("bind() to 198.18.9.9:80 failed (99: Cannot assign requested address)", "Set net.ipv4.ip_nonlocal_bind"),
    ("invalid number of arguments", ""),
])
def test_what_to_do_about_some_complaints(message, hint):
    found = hints([message], DATA)
    assert len(found) == bool(hint) and "".join(found).startswith(hint), found


def test_the_end_of_a_file_is_its_last_line(files):
    last = traced("unexpected end of file in /etc/nginx/openvip.d/http/server/www.conf:999", HOME, files, ())
    assert last.startswith('server www (nginx_server): "}": unexpected end of file ('), last
