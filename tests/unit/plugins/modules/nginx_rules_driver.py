# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks a real nginx about what the rules say of it, and prints what it did; see the tests beside it.

    python nginx_rules_driver.py SCENARIO DIRECTORY NGINX    in namespaces of its own, with the addresses on loopback
"""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

LB1, LB2 = "198.18.0.11", "198.18.0.21"
LOG = "/var/log/nginx/error.log"
CONFIG = """
user root;
worker_processes 1;
pid /run/nginx.pid;
error_log %s;
load_module %s/root/usr/lib/nginx/modules/ngx_stream_module.so;
events { worker_connections 64; }
%s
"""
# What everybody gets, although it looks closed, and what is closed beside it.
ANSWERS = """
http { access_log off;
server { listen 80; root /var/www;
    location /return { allow 198.18.0.99; deny all; return 200 open; }
    location /rewrite { auth_basic x; auth_basic_user_file /none; rewrite ^ /elsewhere redirect; }
    location /closed { allow 198.18.0.99; deny all; }
    location /no_file { auth_basic x; alias /var/www/page; }
    location /no_realm { auth_basic_user_file /none; alias /var/www/page; }
    location /no_deny { allow 198.18.0.99; alias /var/www/page; }
    location /behind { deny all; allow 198.18.0.11; alias /var/www/page; }
    location /any { satisfy any; allow all; deny all; auth_basic x; auth_basic_user_file /none; alias /var/www/page; }
    location /unreadable { auth_basic x; auth_basic_user_file /none; alias /var/www/page; }
    location /img { alias /var/www/images/; }
    location ~ ^/expression { alias /var/www/images/; }
    location /join/ { alias /var/www/images; }
    location /resolver { proxy_pass http://a.example.com$request_uri; }
    location /headers { add_header X-Inner 1; return 204; }
    add_header X-Outer 1;
}
server { listen 80; server_name named; return 200 named; }
server { listen 80; return 200 unreachable; }
server { listen 81; return 200 server; location /x { return 200 location; } }
server { listen 443 ssl; server_name a; ssl_certificate CERT; ssl_certificate_key KEY; return 200 a; }
server { listen 443; server_name b; return 200 b; }
server { listen 444 ssl; ssl_certificate CERT; ssl_certificate_key KEY; ssl_protocols TLSv1.2; ssl_protocols TLSv1.3;
    return 200 both; }
}
"""
SERVER = "http { access_log off; server { listen 80; %s } }"
TWO = "http { access_log off; server { listen %s; server_name a; } server { listen %s; server_name %s; } }"
UPSTREAM = "http { access_log off; upstream u { %s } server { listen 80; location / { proxy_pass http://u; } } }"
BOTH = "http { access_log off; server { listen %s; } } stream { server { listen %s; return x; } }"
# By the rule, what nginx -t is given.
VERDICTS = {
    "nginx-syntax": SERVER % "if ($a) { return 204;",
    "nginx-directive-twice": SERVER % "client_max_body_size 1m; client_max_body_size 8m;",
    "nginx-log-format-unknown": SERVER % "access_log /var/log/nginx/a.log main;",
    "nginx-server-name-twice": TWO % (80, 80, "a"),
    "nginx-location-twice": SERVER % "location / { return 204; } location ^~ / { return 204; }",
    "nginx-listen-twice": SERVER % "listen *:80;",
    "nginx-default-server-twice": TWO % ("80 default_server", "80 default_server", "b"),
    "nginx-listen-options-twice": TWO % ("80 reuseport", "80 backlog=5", "b"),
    "nginx-stream-listen-taken": "stream { server { listen 53 udp; return a; } server { listen 53 udp; return b; } }",
    "nginx-root-and-alias": SERVER % "location /a/ { root /a; alias /b/; }",
    "nginx-proxy-pass-of-expression": SERVER % "location ~ a { proxy_pass http://127.0.0.1/b; }",
    "nginx-bad-address": SERVER % "location / { proxy_pass 127.0.0.1; }",
    "nginx-no-server": UPSTREAM % "",
    "nginx-backup-without-effect": UPSTREAM % "ip_hash; server 127.0.0.1; server 127.0.0.2 backup;",
    "nginx-bad-server": UPSTREAM % "server 2001:db8::21;",
    "nginx-no-port": "stream { upstream u { server 127.0.0.1; } server { listen 53; proxy_pass u; } }",
    "nginx-method-behind-keepalive": UPSTREAM % "server 127.0.0.1; keepalive 4; least_conn;",
    "nginx-method-twice": UPSTREAM % "least_conn; random; server 127.0.0.1;",
    "nginx-certificate-incomplete": SERVER % "listen 443 ssl; ssl_certificate CERT;",
    "nginx-no-certificate": SERVER % "listen 443 ssl;",
    "nginx-certificate-of-another-key": SERVER % "listen 443 ssl; ssl_certificate CERT; ssl_certificate_key OTHER;",
    "nginx-certificate-unreadable": SERVER % "listen 443 ssl; ssl_certificate KEY; ssl_certificate_key KEY;",
    # what it takes in the test
    "nginx-port-in-http-and-stream": BOTH % (8080, "198.18.0.11:8080"),
}
# Listen directives of http and stream, by whether nginx starts with both.
STARTS = {
    "wildcard and address": ("8080", "198.18.0.11:8080"), "address and wildcard": ("198.18.0.11:8080", "8080"),
    "both families": ("[::]:8080 ipv6only=off", "198.18.0.11:8080"), "the same": ("8080", "8080"),
    "two addresses": ("198.18.0.21:8080", "198.18.0.11:8080"), "families": ("[::]:8080", "8080"),
    "udp": ("8080", "8080 udp"), "reuseport": ("8080 reuseport", "8080 reuseport"),
}


class Nginx:
    """One nginx and the text that it is given.

    :param binary: its program.
    """

    def __init__(self, directory: str, binary: str) -> None:
        self.path, self.binary = Path(directory, "nginx.conf"), binary
        self.pem = {name: Path(directory, name) for name in ("CERT", "KEY", "OTHER")}
        for key, certificate in (("KEY", "CERT"), ("OTHER", "CERT.other")):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                            "-keyout", Path(directory, key), "-out", Path(directory, certificate), "-subj", "/CN=a"],
                           check=True, capture_output=True)

    def _run(self, text, *options):
        for name, path in self.pem.items():
            text = text.replace(f" {name};", f" {path};")
        self.path.write_text(CONFIG % (LOG, Path(self.binary).parent, text))
        return subprocess.run([self.binary, "-c", str(self.path), *options], capture_output=True, text=True,
                              check=False, timeout=20)

    def test(self, text):
        """Return what nginx -t says."""
        return self._run(text, "-t").stderr

    def start(self, text):
        """Return why it does not start, or nothing."""
        done = self._run(text)
        return done.stderr if done.returncode else ""

    def stop(self):
        """Stop it and await its end."""
        self._run("", "-s", "stop")
        end = time.monotonic() + 10
        while Path("/run/nginx.pid").exists():
            assert time.monotonic() < end, "nginx does not stop"
            time.sleep(0.01)


def ask(path, port=80, host="x", wrap=None):
    """Return the answer to one request as it is, without normalising its path."""
    with socket.create_connection((LB1, port), timeout=5) as plain:
        connection = wrap(plain) if wrap else plain
        connection.sendall(f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        found = b""
        while part := connection.recv(65536):
            found += part
    return found.decode()


def tls(name, version=None):
    """Return the answer of a name over TLS, or the error."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if version:
        context.minimum_version = context.maximum_version = version
    try:
        return ask("/", 444 if version else 443, name, lambda plain: context.wrap_socket(plain, server_hostname=name))
    except ssl.SSLError as error:
        return error.reason


def answers(directory, binary):
    """Requests to what looks closed."""
    pages = Path("/var/www")
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/var"], check=True)
    for each in (pages / "images", Path("/var/log/nginx"), Path("/var/lib/nginx")):
        each.mkdir(parents=True)
    for name in ("page", "secret", "imagesa", "images/a"):
        (pages / name).write_text(f"content of {name}")
    nginx = Nginx(directory, binary)
    story = {"start": nginx.start(ANSWERS)}
    for path in ("return", "rewrite", "closed", "no_file", "no_realm", "no_deny", "behind", "any", "unreadable",
                 "img../secret", "expression/a", "join/a", "resolver", "headers"):
        story[path] = ask(f"/{path}")
    story.update(named=ask("/page", host="named"), nameless=ask("/page", host="other"), location=ask("/x", 81),
                 a=tls("a"), b=tls("b"), old=tls("c", ssl.TLSVersion.TLSv1_2), new=tls("c", ssl.TLSVersion.TLSv1_3))
    nginx.stop()
    return story


def verdicts(directory, binary):
    """What nginx -t says of each."""
    nginx = Nginx(directory, binary)
    return {identifier: nginx.test(text) for identifier, text in VERDICTS.items()}


def starts(directory, binary):
    """Whether nginx starts with a port in http and in stream."""
    nginx = Nginx(directory, binary)
    story = {}
    for name, pair in STARTS.items():
        story[name] = nginx.start(BOTH % pair)
        if not story[name]:
            nginx.stop()
    return story


if __name__ == "__main__":
    print(json.dumps({"answers": answers, "verdicts": verdicts, "starts": starts}[sys.argv[1]](*sys.argv[2:])))
