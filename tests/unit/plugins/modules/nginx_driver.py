# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs nginx_config against a real nginx and prints what happened; see the tests beside it.

    python nginx_driver.py SCENARIO DIRECTORY NGINX    in namespaces of its own, with the addresses below on loopback
"""

from __future__ import annotations

import contextlib
import copy
import http.client
import io
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import yaml
from ansible.module_utils.testing import patch_module_args

from ansible_collections.openvip.cluster.plugins.module_utils._nginx.check import normalise
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.text import quote
from ansible_collections.openvip.cluster.plugins.module_utils._probe import Prober
from ansible_collections.openvip.cluster.plugins.modules import nginx_config

LB1, CLIENT = "198.18.0.11", "198.18.0.200"
WEB = {"web1": "198.18.0.21", "web2": "198.18.0.22", "web3": "198.18.0.23"}
METHODS = ("", "least_conn", "ip_hash", "hash $request_uri", "hash $request_uri consistent", "random", "random two",
           "random two least_conn")
WORKERS = 2
TIMES = ("10", "10s", "500ms", "1h30m", "1h 30m", "1h 30", "10 ", "1w2d", "1M", "1y6M", "1y", "1m1h", "1m1m", "10 s",
         "s", "-1", "1.5s", "10S", "10sec", "99999999999999999999", "9223372036854775807", "9223372036854775",
         "1ms1s", "1s1ms", "0", "1d1h1m1s")
NOTATIONS = {
    "proxy_read_timeout": TIMES, "ssl_session_timeout": TIMES,
    "expires": (*TIMES, "@15h", "+1d", "-1d", "max", "epoch", "off"),
    "client_max_body_size": ("0", "1k", "1K", "1m", "1g", "1G", "10MB", "1.5m", "-1", "k", "8589934591g", "8589934592g",
                             "1 k"),
    "ssl_session_cache": ("off", "none", "builtin", "shared:TLS:1m", "shared:TLS", "nine", "shared::1m"),
    "return": ("404", "999", "1000", "https://a/", "http://a/", "$scheme://a", "$host", "/x", "x"),
}
# Words with everything that nginx's lexer minds
ODD = ("a;b", "a{b}c", "}", "{", "#x", "a#b", '"', "'", "\"'", "it's \"so\"", "\\", "\\\\", "a\\", "\\.git", "\\d{3}",
       "a b", "\\;", "\\t", "\\n", "a\\ b", "(x)", "=", "\\'", '\\"', "x\\\\\"y")
MEANING = r"""
http:
  include: conf.d/*.conf
  raw: |
    log_format raw_one '$request';
    types { text/html html; }
  log_format: [{name: typed, format: 'typed "$host"'}]
  access_log: %(home)s/raw.log raw_one
  server:
    - name: www
      listen: 80
      server_name: www.example.com example.com ~^n[0-9]{3}\.example$
      root: %(home)s/pages
      access_log: [off]
      index: index.htm index.html
      location:
        - {uri: '~ /\.git', return: 403}
        - {uri: ^~ /img/, expires: off, add_header: {Cache-Control: "max-age=5; x"}}
        - {uri: '~ \.php$', return: 500}
        - {uri: = /exact, return: '200 "exactly; {this}"'}
        - {uri: '~ ^/a{2};b$', return: 200 regex}
        - {uri: '^/(a|b)/b;c$', modifier: "~", return: 200 semicolon}
        - {uri: '~* \.png$', return: 200 picture}
        - {uri: /a b/}
        - {uri: /closed, allow: 198.18.0.200}
        - {uri: /secret, auth_basic: Closed site, auth_basic_user_file: /dev/null}
        - {uri: /missing, try_files: $uri $uri/ =418}
        - {uri: /none, try_files: $uri @spare}
        - {uri: "@spare", return: 200 spare}
    - name: maintenance
      listen: 81
      return: 200 works
      raw: if ($http_x_maintenance) { return 503; }
"""
# systemd's, for one nginx
SYSTEMCTL = """#!/bin/sh
master() {{ cat {home}/run.pid 2>/dev/null || echo 0; }}
case $1 in
    show) master ;;
    is-active) [ -e {home}/run.pid ] ;;
    reload) kill -HUP "$(master)" ;;
    restart)
        echo restart >>{home}/systemctl.log
        if [ -e {home}/run.pid ]; then kill -QUIT "$(master)"; fi
        while [ -e {home}/run.pid ]; do sleep 0.01; done
        exec {binary} -c {home}/nginx.conf ;;
esac
"""


def wait(what, condition):
    """Return what condition() returns as soon as it is true; 10 s at most."""
    end = time.monotonic() + 10
    while not (found := condition()):
        assert time.monotonic() < end, f"in vain for {what}"
        time.sleep(0.01)
    return found


class Nginx:
    """One nginx with its own directory.

    :param name: of the directory.
    """

    def __init__(self, directory: str, binary: str, name: str) -> None:
        self.home = Path(directory) / name
        self.home.mkdir()
        self.binary = binary
        self.path = self.home / "nginx.conf"
        self.pid_file = self.home / "run.pid"
        self.log = self.home / "error.log"
        (self.home / "mime.types").write_text("types { text/html html; }\n")
        (self.home / "modules.conf").write_text(
            f"load_module {Path(binary).parent}/root/usr/lib/nginx/modules/ngx_stream_module.so;\n")

    def config(self, **sections):
        """Return a whole configuration with these sections."""
        return {"user": "root", "worker_processes": str(WORKERS), "pid": str(self.pid_file),
                "error_log": [str(self.log)], "include": ["modules.conf"], "events": {"worker_connections": 512},
                **sections}

    def run(self, check=False, **options):
        """Run the module and return its result."""
        arguments = {"path": str(self.path), "binary": self.binary, "_ansible_check_mode": check, "_ansible_diff": True,
                     "_ansible_remote_tmp": str(self.home.parent), **options}
        output = io.StringIO()
        with patch_module_args(arguments), contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
            nginx_config.main()
        return json.loads(output.getvalue().splitlines()[-1])

    def start(self):
        """Start it and await its workers; it goes to the background when its sockets are open."""
        subprocess.run([self.binary, "-c", str(self.path)], check=True, timeout=20)
        wait("its workers", lambda: len(self.workers()) == WORKERS)

    def workers(self):
        """Return the process ids of the master's children."""
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", self.pid_file.read_text().strip()], capture_output=True,
                                text=True, check=False)
        return sorted(listed.stdout.split())

    def files(self):
        """Return the content and the permissions of every file below the directory, logs left out."""
        return {str(path.relative_to(self.home)): [path.read_text(), oct(path.stat().st_mode)]
                for path in sorted(self.home.rglob("*")) if path.is_file() and path.suffix not in (".log", ".pid")}


def get(address=LB1, port=80, path="/", source=None, **headers):
    """Return code and body of one request."""
    connection = http.client.HTTPConnection(address, port, timeout=5, source_address=source and (source, 0))
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return [answer.status, answer.read().decode().strip()]
    except OSError as error:
        return [0, type(error).__name__]
    finally:
        connection.close()


def web(back, *names, status=200):
    """The configuration of back ends that tell their name, and what they know of the client."""
    return back.config(http={
        "set_real_ip_from": [LB1],
        "log_format": [{"name": "client", "format": '$remote_addr "$http_x_forwarded_for" $http_host'}],
        "access_log": [f"{back.home}/access.log client"],
        "server": [{
            "name": name, "listen": [f"{WEB[name]}:8080"],
            "return": f'{status} "{name} client=$remote_addr real=$http_x_real_ip proto=$http_x_forwarded_proto '
                      f'host=$http_host connection=$http_connection\\n"'} for name in names]})


def balancer(front, upstream, **server):
    """The configuration of a balancer for the upstream."""
    site = {"name": "www", "listen": ["80"], "location": [
        {"uri": "/", "proxy_pass": "http://web", "raw": [f"proxy_bind {LB1};"]}], **server}
    return front.config(http={"upstream": [{"name": "web", **upstream}], "server": [site]})


def servers(**parameters):
    return [{"address": f"{WEB[name]}:8080", **given} for name, given in parameters.items()]


def names(count, **request):
    """Return how often each back end answered."""
    return Counter(get(**request)[1].partition(" ")[0] for _request in range(count))


def balance(directory, binary):
    """Two back ends and a spare one behind a balancer."""
    back, front = Nginx(directory, binary, "back"), Nginx(directory, binary, "front")
    story = {"back": back.run(config=web(back, *WEB))}
    weighted = {"server": servers(web1={"weight": 3}, web2={})}
    story["front"] = front.run(config=balancer(front, weighted))
    for each in (back, front):
        each.start()
    story["weighted"] = names(400)
    story["passed_on"] = get(source=CLIENT, Host="www.example.com", **{"X-Forwarded-For": "203.0.113.7"})
    # each worker writes its lines after it has answered
    story["log"] = wait("the line of the request", lambda: [
        line for line in (back.home / "access.log").read_text().splitlines() if line.endswith("www.example.com")])
    story["keepalive"] = front.run(config=balancer(front, {**weighted, "keepalive": 8}))
    story["kept"] = names(20)
    story["spare"] = front.run(config=balancer(front, {"server": servers(
        web1={"max_fails": 1, "fail_timeout": "1h"}, web2={"max_fails": 1, "fail_timeout": "1h"},
        web3={"backup": True})}))
    story["unused"] = names(20)
    back.run(config=web(back, "web1", "web3"))
    story["one_left"] = names(20)
    back.run(config=web(back, "web3"))
    story["backup_used"] = names(20)
    story["port"] = front.run(config=balancer(front, {"server": servers(web3={})}, listen=["8090"]))
    story["asked"] = [get(port=8090, Host=host)[1]
                      for host in ("www.example.com:8090", "www.example.com", "[::1]:8090")]
    return story


def methods(directory, binary):
    """Every balancing method, in HTTP and in streams."""
    story = {}
    for method in METHODS:
        front = Nginx(directory, binary, "method%d" % METHODS.index(method))
        upstream = {"name": "web", "server": servers(web1={}, web2={"weight": 2, "max_conns": 9}), "keepalive": 4}
        config = balancer(front, {**upstream, **({"method": method} if method else {})})
        if method != "ip_hash":
            del upstream["keepalive"]
            method_of_stream = method.replace("$request_uri", "$remote_addr")
            config["stream"] = {
                "upstream": [{**upstream, **({"method": method_of_stream} if method else {})}],
                "server": [{"name": "forward", "listen": ["9000"], "proxy_pass": "web"}]}
        story[method] = front.run(config=config)
    return story


def failures(directory, binary):
    """What nginx refuses, when it is asked and when it is told."""
    front = Nginx(directory, binary, "front")
    (front.home / "conf.d").mkdir()
    (front.home / "conf.d" / "user.conf").write_text("# of the user\n")
    good = front.config(http={"include": ["conf.d/*.conf"], "server": [
        {"name": "www", "listen": ["80"], "return": '200 "good"'}, {"name": "old", "listen": ["81"], "return": "204"}]})
    story = {"first": front.run(config=good)}
    front.start()

    def attempt(step, config, **options):
        before, workers = front.files(), front.workers()
        story[step] = front.run(config=config, **options)
        story[step + "_same"] = front.files() == before
        story[step + "_workers_same"] = front.workers() == workers
        story[step + "_answer"] = get()

    def changed(**server):
        config = copy.deepcopy(good)
        config["http"]["server"][0].update(server)
        return config

    attempt("snippet", changed(raw=["no_such_word 5;"]))
    attempt("file", changed(raw=["include openvip.d/snippets/x.conf;"]),
            file=[{"path": "snippets/x.conf", "content": "no_such_word 5;"}])
    attempt("certificate", changed(listen=["443 ssl"], ssl_certificate="/no.crt", ssl_certificate_key="/no.key"))
    attempt("log", changed(access_log=["/no/such/directory/access.log"]))
    # two names in files of others, of which nginx only warns
    for name in ("one", "two"):
        (front.home / "conf.d" / f"{name}.conf").write_text("server { listen 82; server_name www; return 204; }\n")
    attempt("conflicting", {**good, "http": {**good["http"], "sendfile": True}})
    for name in ("one", "two"):
        (front.home / "conf.d" / f"{name}.conf").unlink()
    attempt("upstream", balancer(front, {"server": servers(web1={})}, location=[
        {"uri": "/", "proxy_pass": "http://wbe"}]))
    # nginx -t passes over an address that is in use: its own old socket holds it
    attempt("socket", changed(listen=[f"{LB1}:80"]))
    story["check_not_held"] = front.run(check=True, config=changed(listen=["198.18.9.9:80"]))
    attempt("not_held", changed(listen=["198.18.9.9:80"]))
    # before the tasks that bring what is missing
    tls_site = {"listen": ["443 ssl"], "ssl_certificate": "ssl/no.crt", "ssl_certificate_key": "/no.key"}
    later = [f"{front.home}/ssl/no.crt", "/no.key", "libnginx-mod-none"]
    streams = {**good, "include": [], "stream": {"server": [{"name": "x", "listen": ["9"], "proxy_pass": f"{LB1}:9"}]}}
    for name, config, given in (
            ("files", changed(**tls_site), later), ("files_unknown", changed(**tls_site), []),
            ("files_wrong", changed(**tls_site, raw=["no_such_word 5;"]), later[:2]),
            ("package", changed(raw=["no_such_word 5;"]), later), ("streams", streams, later),
            ("streams_unknown", streams, []),
            ("streams_wrong", {**changed(raw=["return 1 2 3;"]), "include": [], "stream": streams["stream"]}, later)):
        story["before_" + name] = front.run(check=True, config=config, config_test_later=given)
    attempt("content", changed(listen=["443 ssl"], ssl_certificate_content="none", ssl_certificate_key_content="none"))
    story["user_file"] = (front.home / "conf.d" / "user.conf").read_text()
    return story


def life(directory, binary):
    """A site comes, changes and goes, and nginx goes on answering."""
    front = Nginx(directory, binary, "front")
    (front.home / "conf.d").mkdir()
    (front.home / "conf.d" / "user.conf").write_text('server { listen 82; return 200 "user"; }\n')

    def config(*sites):
        return front.config(http={"include": ["conf.d/*.conf"], "server": [
            {"name": name, "listen": [str(port)], "return": f'200 "{name}\\n"'} for name, port in sites]})

    both = config(("www", 80), ("shop", 81))
    snippet = {"path": "snippets/x.conf", "content": "# x"}
    page = {"path": f"{directory}/index.html", "content": "lb1"}
    story = {"check": front.run(check=True, config=both, file=[snippet, page]), "nothing": front.files()}
    story["run"] = front.run(config=both, file=[snippet, page])
    story["written"] = front.files()
    story["check_again"] = front.run(check=True, config=both, file=[snippet, page])
    story["run_again"] = front.run(config=both, file=[snippet, page])
    story["written_again"] = front.files() == story["written"]
    front.start()
    story["answers"] = [get(port=port) for port in (80, 81, 82)]
    prober = Prober(f"http://{LB1}/", interval=0.005, timeout=1)
    thread = threading.Thread(target=prober.run, args=(60,))
    thread.start()
    story["changes"] = [front.run(config=config(("www", 80), (f"shop{number}", 81))) for number in range(8)]
    story["removed"] = front.run(config=config(("www", 80)))
    prober.stop()
    thread.join()
    story["outcomes"] = Counter(record.outcome for record in prober.records)
    story["answers_after"] = [get(port=port) for port in (80, 81, 82)]
    story["after"] = front.files()
    story["page"] = Path(page["path"]).read_text()
    # a run that ended between writing and reloading
    story["written_only"] = front.run(config=config(("late", 80)), reload=False)
    story["still"] = get()
    story["owed_check"] = front.run(check=True, config=config(("late", 80)))
    story["owed"] = front.run(config=config(("late", 80)))
    story["late"] = get()
    story["owed_again"] = front.run(config=config(("late", 80)))
    return story


class Clients:
    """Clients that ask without a pause until they are ended, and what became of their requests."""

    def __init__(self, **kinds):
        """Start two clients of each kind.

        :param kinds: the path that a client of that kind asks for, and the length of its page.
        """
        self.counts = {kind: Counter(ok=0, closed=0, failed=0) for kind in kinds}
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(kind, *page))
                        for kind, page in kinds.items() for _client in range(2)]
        for thread in self.threads:
            thread.start()

    def end(self):
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def _run(self, kind, path, size):
        while not self.ended.is_set():
            with contextlib.closing(http.client.HTTPConnection(LB1, timeout=10)) as connection:
                outcome = self._ask(connection, path, size)
                self.counts[kind][outcome] += 1
                while kind == "kept" and outcome == "ok" and connection.sock and not self.ended.is_set():
                    outcome = self._ask(connection, path, size, reused=True)
                    self.counts[kind][outcome] += 1

    @staticmethod
    def _ask(connection, path, size, reused=False):
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            # A server may close an idle connection before it is used again (RFC 9112 section 9.3.1).
            return "closed" if reused and isinstance(error, ConnectionError) else "failed"
        try:
            return "ok" if (answer.status, len(answer.read())) == (200, size) else "failed"
        except (OSError, http.client.HTTPException):
            return "failed"


def load(directory, binary):
    """Twenty reloads under clients with new connections, with kept ones, and with downloads that outlast reloads."""
    front = Nginx(directory, binary, "front")
    pages = front.home / "pages"
    pages.mkdir()
    (pages / "index.html").write_text("page\n")
    (pages / "big").write_bytes(b"x" * 600_000)

    def config(number):
        return front.config(http={"server": [{
            "name": "www", "listen": ["80"], "root": str(pages), "add_header": {"X-Number": str(number)},
            "location": [{"uri": "/"}, {"uri": "= /big", "raw": ["limit_rate 400k;"]}]}]})

    story = {"first": front.run(config=config(0)), "reloads": []}
    front.start()
    clients = Clients(new=("/", 5), kept=("/", 5), slow=("/big", 600_000))
    for number in range(1, 21):
        run = front.run(config=config(number))
        with contextlib.closing(http.client.HTTPConnection(LB1, timeout=10)) as connection:
            connection.request("GET", "/")
            story["reloads"].append([run["reloaded"], connection.getresponse().getheader("X-Number") == str(number)])
    clients.end()
    return dict(story, counts=clients.counts)


def restarts(directory, binary):
    """An address that only a restart can bind, and one that another program holds."""
    front = Nginx(directory, binary, "front")
    programs = Path(directory, "bin")
    programs.mkdir()
    (programs / "systemctl").write_text(SYSTEMCTL.format(home=front.home, binary=binary))
    (programs / "systemctl").chmod(0o755)
    os.environ["PATH"] = f"{programs}:{os.environ['PATH']}"

    def config(listen):
        return front.config(http={"server": [{"name": "www", "listen": [listen], "return": f'200 "{listen}"'}]})

    story = {"every": front.run(config=config("80"), restart=True)}
    front.start()
    story["one"] = front.run(config=config(f"{LB1}:80"), restart=True)
    story["one_answer"] = get()
    before = front.files()
    with socket.create_server((LB1, 81)):
        story["other"] = front.run(config=config(f"{LB1}:81"), restart=True)
    story["stream"] = front.run(restart=True, config=front.config(
        http={"server": [{"name": "www", "listen": [f"{LB1}:80"], "return": "204"}], "raw": ["server { listen 82; }"]},
        stream={"server": [{"name": "dns", "listen": ["82"], "proxy_pass": f"{LB1}:53"}]}))
    story["other_same"] = front.files() == before
    story["restarts"] = (front.home / "systemctl.log").read_text().split()
    story["other_answer"] = get()
    return story


def handshake(version):
    """Return the version and the ALPN protocol that a client of this version of TLS gets, or the error."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    # this client would speak every version
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.set_alpn_protocols(["h2", "http/1.1"])
    context.minimum_version = context.maximum_version = version
    try:
        with socket.create_connection((LB1, 443), timeout=5) as plain, context.wrap_socket(plain) as wrapped:
            return [wrapped.version(), wrapped.selected_alpn_protocol()]
    except ssl.SSLError as error:
        return [error.reason, None]


def tls(directory, binary):
    """Certificates from files and from content."""
    front = Nginx(directory, binary, "front")
    key, certificate = Path(directory, "own.key"), Path(directory, "own.crt")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", key, "-out", certificate, "-subj", "/CN=www.example.com"], check=True,
                   capture_output=True)
    content = {"ssl_certificate_content": certificate.read_text(), "ssl_certificate_key_content": key.read_text()}

    def config(**given):
        return front.config(http={"server": [{"name": "www", "listen": ["443 ssl"], "return": "204", **given}]})

    story = {"content": front.run(config=config(**content, http2=True))}
    story["written"] = front.files()
    front.start()
    story["handshakes"] = {version.name: handshake(version) for version in (
        ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)}
    other = dict(content)
    other["ssl_certificate_key_content"] += "\n# other"
    story["other_key"] = front.run(check=True, config=config(**other))
    story["files"] = front.run(config=config(ssl_certificate=str(certificate), ssl_certificate_key=str(key)))
    story["handshake"] = handshake(ssl.TLSVersion.TLSv1_3)
    story["after"] = front.files()
    return story


def forwarded(directory, binary):
    """Streams, and the numbers of connections for those who may ask."""
    front = Nginx(directory, binary, "front")
    upstreams = [{"name": kind, "server": [{"address": f"{WEB['web1']}:9000"}]} for kind in ("tcp", "udp")]
    story = {"run": front.run(config=front.config(
        http={"stub_status": {"listen": [f"{LB1}:8080"], "allow": [LB1]}},
        stream={"upstream": upstreams, "server": [
            {"name": "tcp", "listen": ["9001"], "proxy_pass": "tcp", "proxy_timeout": "5s"},
            {"name": "udp", "listen": ["9001 udp"], "proxy_pass": "udp", "proxy_responses": 1}]}))}
    front.start()
    with socket.create_server((WEB["web1"], 9000)) as server, \
            socket.create_connection((LB1, 9001), timeout=5) as client:
        client.sendall(b"over tcp")
        connection = server.accept()[0]
        connection.sendall(connection.recv(100).upper())
        story["tcp"] = client.recv(100).decode()
        connection.close()
    with socket.socket(type=socket.SOCK_DGRAM) as server, socket.socket(type=socket.SOCK_DGRAM) as client:
        for each in (server, client):
            each.settimeout(5)
        server.bind((WEB["web1"], 9000))
        client.sendto(b"over udp", (LB1, 9001))
        data, source = server.recvfrom(100)
        server.sendto(data.upper(), source)
        story["udp"] = client.recvfrom(100)[0].decode()
    story["allowed"] = get(port=8080, path="/stub_status", source=LB1)
    story["denied"] = get(port=8080, path="/stub_status", source=CLIENT)
    return story


def meaning(directory, binary):
    """What is written as a person would, what is included, and who answers."""
    front = Nginx(directory, binary, "front")
    pages = front.home / "pages"
    for name in (".git/config", "img/a.php", "exact", "a b/c", "index.html", "closed/page"):
        (pages / name).parent.mkdir(parents=True, exist_ok=True)
        (pages / name).write_text(name)
    (front.home / "conf.d").mkdir()
    (front.home / "conf.d" / "user.conf").write_text(
        f'server {{ listen 80; server_name user; access_log {front.home}/user.log typed; return 200 "user"; }}\n')
    written = yaml.safe_load(MEANING % {"home": front.home})
    config, findings = normalise(written)
    story = {"findings": [str(finding) for finding in findings], "run": front.run(config=front.config(**config))}
    front.start()
    story["answers"] = {path: get(path=path) for path in (
        "/.git/config", "/img/a.php", "/exact", "/exact/more", "/aa;b", "/a/b;c", "/a%20b/c", "/x.PNG", "/closed/page",
        "/missing", "/none.html")}
    story["allowed"] = get(path="/closed/page", source=CLIENT)
    story["names"] = {name: get(Host=name) for name in (
        "www.example.com", "example.com", "n123.example", "user", "other")}
    story["maintenance"] = [get(port=81), get(port=81, **{"X-Maintenance": "1"})]
    story["realm"] = headers(path="/secret")["WWW-Authenticate"]
    story["expires"] = headers(path="/img/a.php")["Cache-Control"]
    story["logs"] = wait("the logs", lambda: {
        name: (front.home / name).read_text().splitlines()[0] for name in ("raw.log", "user.log")
        if (front.home / name).exists() and (front.home / name).read_text()} if (
            front.home / "user.log").exists() and (front.home / "user.log").read_text() else None)
    story["files"] = sorted(path.name for path in front.home.iterdir())
    return story


def notation(directory, binary):
    """Which times, sizes and words nginx itself takes, and what it reads of words that are written for it."""
    front = Nginx(directory, binary, "front")
    story = {"taken": {key: {} for key in NOTATIONS}}
    for key, texts in NOTATIONS.items():
        for text in texts:
            front.path.write_text(f"pid {front.pid_file}; error_log {front.log}; events {{ }} http {{ server {{ "
                                  f"{key} {quote(text)}; }} }}")
            done = subprocess.run([binary, "-t", "-c", front.path], capture_output=True, check=False, timeout=20)
            story["taken"][key][text] = done.returncode == 0
    front.path.unlink()
    story["run"] = front.run(config=front.config(http={"server": [{"name": "www", "listen": ["80"], "location": [
        {"modifier": "=", "uri": f"/{number}", "return": f"200 {quote(word)}"} for number, word in enumerate(ODD)]}]}))
    front.start()
    story["read"] = [get(path=f"/{number}")[1] for number in range(len(ODD))]
    return story


def headers(**request):
    """Return the headers of an answer."""
    connection = http.client.HTTPConnection(LB1, 80, timeout=5)
    connection.request("GET", request["path"])
    return dict(connection.getresponse().headers)


def takeover(directory, binary):
    """What a package and an administrator have set up: refused, and then kept by the remedies of the refusal."""
    front = Nginx(directory, binary, "front")
    shutil.copytree(Path(binary).parent / "root" / "etc" / "nginx", front.home, dirs_exist_ok=True, symlinks=True)
    front.path.write_text(front.path.read_text().replace("/etc/nginx", str(front.home)).replace(
        "http {", "http { log_format main '$host'; "))
    (front.home / "sites-enabled" / "default").symlink_to(front.home / "sites-available" / "default")
    (front.home / "sites-enabled" / "shop").write_text(
        f'server {{ listen 80; server_name shop; access_log {front.home}/shop.log main; return 200 "shop"; }}\n')
    role = {"default_type": "application/octet-stream", "sendfile": True, "server_tokens": "off",
            "access_log": [f"{front.home}/access.log"], "server": [
                {"name": "start_page", "listen": ["80"], "server_name": ["start_page"], "root": directory}]}

    def run(**given):
        return front.run(config=front.config(http={"include": ["mime.types", "conf.d/*.conf"], **role, **given}))

    story = {"refused": run()}
    included = re.search(r"nginx_http_include: (\[[^]]*\])", story["refused"]["msg"])
    included = yaml.safe_load(included.group(1)) if included else []
    story["no_format"] = run(include=included)
    formats = [{"name": "main", "format": "$host"}]
    story["pattern"] = run(include=["mime.types", "conf.d/*.conf", "sites-enabled/*"], log_format=formats)
    story["included"] = run(include=included, log_format=formats)
    front.start()
    story["shop"] = get(Host="shop")
    return story


HEARD = ("x_real_ip", "x_forwarded_for", "x_forwarded_proto", "x_forwarded_host", "x_forwarded_port", "forwarded",
         "x_forwarded_prefix", "x_forwarded_ssl")
FORGED = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example.com",
          "X-Forwarded-Port": "9", "Forwarded": "for=203.0.113.7", "X-Real-IP": "203.0.113.7",
          "X-Forwarded-Prefix": "/x", "X-Forwarded-Ssl": "on"}


def certificate(directory, name):
    """Return the paths of a new certificate and its key."""
    found = [Path(directory, f"{name}.crt"), Path(directory, f"{name}.key")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-out", found[0], "-keyout", found[1], "-subj", f"/CN={name}"], check=True, capture_output=True)
    return {"ssl_certificate": str(found[0]), "ssl_certificate_key": str(found[1])}


def heard(port, address=LB1, tls=False, **headers):
    """Return what the last of the servers was told by the ones before it."""
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(address, port, timeout=5, source_address=(CLIENT, 0), context=context)
    else:
        connection = http.client.HTTPConnection(address, port, timeout=5, source_address=(CLIENT, 0))
    with contextlib.closing(connection):
        connection.request("GET", "/", headers={"Host": "www.example.com", **headers})
        answer = connection.getresponse().read().decode()
    return {key: value for key, dummy, value in (line.partition("=") for line in answer.splitlines()) if value}


def believed(directory, binary):
    """A proxy, and a balancer by the PROXY protocol, in front of a proxy that believes them, in front of a server."""
    back, middle, front = (Nginx(directory, binary, name) for name in ("back", "middle", "front"))
    tls_files = certificate(directory, "www.example.com")
    told = {"X-Forwarded-Host": "$http_host", "X-Forwarded-Port": "$server_port"}
    story = {"back": back.run(config=back.config(http={"server": [{
        "name": "web", "listen": [f"{WEB['web2']}:8080"],
        "return": '200 "' + "".join(f"{name}=$http_{name}\\n" for name in HEARD) + '"'}]}))}
    story["middle"] = middle.run(config=middle.config(http={
        "set_real_ip_from": [LB1], "server": [
            {"name": "www", "listen": [f"{WEB['web1']}:80"], "location": [
                {"uri": "/", "proxy_pass": f"http://{WEB['web2']}:8080"}]},
            {"name": "balanced", "listen": [f"{WEB['web1']}:81 proxy_protocol"], "location": [
                {"uri": "/", "proxy_pass": f"http://{WEB['web2']}:8080"}]}]}))
    story["front"] = front.run(config=front.config(
        http={"server": [{"name": "www", "listen": [f"{LB1}:80", f"{LB1}:8443 ssl"], **tls_files, "location": [{
            "uri": "/", "proxy_pass": f"http://{WEB['web1']}", "raw": [f"proxy_bind {LB1};"],
            "proxy_set_header": told}]}]},
        stream={"server": [
            {"name": name, "listen": [listen], **given, "proxy_pass": f"{WEB['web1']}:81", "proxy_protocol": True,
             "proxy_bind": LB1} for name, listen, given in (
                 ("tls", f"{LB1}:443 ssl", tls_files), ("plain", f"{LB1}:8081", {}))]}))
    for each in (back, middle, front):
        each.start()
    story["http"], story["https"] = heard(80), heard(8443, tls=True)
    story["forged_by_proxy"] = heard(80, **FORGED)
    story["direct"] = heard(80, WEB["web1"], **FORGED)
    story["balanced_tls"], story["balanced"] = heard(443, tls=True, **FORGED), heard(8081, **FORGED)
    return story


def asked(directory, binary):
    """Upstreams of TLS that end a connection without the right name."""
    back, front = Nginx(directory, binary, "back"), Nginx(directory, binary, "front")
    story = {"back": back.run(config=back.config(http={"server": [
        {"name": "reject", "listen": [f"{WEB['web1']}:443 ssl default_server"], "return": "444",
         "raw": ["ssl_reject_handshake on;"]},
        *({"name": name, "listen": [f"{WEB['web1']}:443 ssl"], "server_name": [f"{name}.example.com"],
           **certificate(directory, f"{name}.example.com"), "return": f'200 "{name}"'} for name in ("www", "app"))]}))}
    location = {"proxy_pass": "https://web", "raw": ["proxy_ssl_session_reuse off;"]}
    story["front"] = front.run(config=front.config(
        http={"upstream": [{"name": "web", "server": [{"address": f"{WEB['web1']}:443"}]}], "server": [
            {"name": "www", "listen": ["80"], "location": [
                {"uri": "/", **location},
                {"uri": "/app", **location, "proxy_set_header": {"Host": "app.example.com"}}]}]},
        stream={"upstream": [{"name": "web", "server": [{"address": f"{WEB['web1']}:443"}]}], "server": [
            {"name": "www", "listen": [f"{LB1}:443 ssl"], **certificate(directory, "front"), "proxy_pass": "web",
             "raw": ["proxy_ssl on;"]}]}))
    for each in (back, front):
        each.start()
    story["answers"] = [get(path=path, Host="www.example.com") for path in ("/", "/app")]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((LB1, 443), timeout=5) as plain, \
            context.wrap_socket(plain, server_hostname="app.example.com") as wrapped:
        wrapped.sendall(b"GET / HTTP/1.0\r\nHost: app.example.com\r\n\r\n")
        story["stream"] = wrapped.makefile("rb").read().decode().splitlines()[-1]
    return story


def limits(directory, binary):
    """Files that workers may open, and TLS that others have set up."""
    front = Nginx(directory, binary, "front")
    (front.home / "conf.d").mkdir()
    shop = certificate(directory, "shop")
    (front.home / "conf.d" / "shop.conf").write_text(
        f"server {{ listen {LB1}:443 ssl; ssl_certificate {shop['ssl_certificate']}; "
        f"ssl_certificate_key {shop['ssl_certificate_key']}; }}\n")

    def config(**more):
        return front.config(events={"worker_connections": 8192}, http={"include": ["conf.d/*.conf"], "server": [
            {"name": "www", "listen": ["80"], "return": "204"}], **more})

    story = {"run": front.run(config=config())}
    front.start()
    story["files"] = [Path(f"/proc/{pid}/limits").read_text() for pid in front.workers()]
    versions = ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
    story["ours"] = [handshake(version)[0] for version in versions]
    (front.home / "conf.d" / "tls.conf").write_text("ssl_protocols TLSv1.3;\n")
    story["again"] = front.run(config=config())
    story["theirs"] = [handshake(version)[0] for version in versions]
    story["both"] = front.run(config=config(ssl_protocols=["TLSv1.2"]))
    return story


SCENARIOS = {"asked": asked, "balance": balance, "believed": believed, "failures": failures, "forwarded": forwarded,
             "life": life, "limits": limits, "load": load, "meaning": meaning, "methods": methods, "notation": notation,
             "restarts": restarts, "takeover": takeover, "tls": tls}


def main(scenario, directory, binary):
    # The first process of its namespace: every nginx ends with it.
    print(json.dumps(SCENARIOS[scenario](directory, binary)))


if __name__ == "__main__":
    main(*sys.argv[1:])
