# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the rules for nginx say of it, by a real nginx."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._nginx.lint.lint import rules

pytestmark = pytest.mark.daemon

# Those of Debian 12 and 13
VERSIONS = ("1.22.1", "1.26.3")
TESTS = Path(__file__).resolve().parents[3]
SETUP = """
set -e
for directory in /run /var/lib /var/log; do mount -t tmpfs tmpfs "$directory"; done
mkdir /var/lib/nginx /var/log/nginx
ip link set lo up
for host in 11 21; do ip address add "198.18.0.$host/32" dev lo; done
exec "$@"
"""


@pytest.fixture(scope="module", params=VERSIONS)
def tell(request, tmp_path_factory):
    """Run a scenario of the driver beside this file, once, with an nginx; gives its story."""
    found = subprocess.run([TESTS / "nginx-version", request.param], check=True, capture_output=True, text=True)

    @lru_cache(maxsize=None)
    def story(scenario):
        done = subprocess.run(
            ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", SETUP,
             "setup", sys.executable, str(Path(__file__).with_name("nginx_rules_driver.py")), scenario,
             str(tmp_path_factory.mktemp(scenario)), found.stdout.strip()],
            capture_output=True, text=True, check=False, timeout=90,
            env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)))
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    story.version = request.param
    return story


@pytest.mark.parametrize("path, words", [
    ("return", [" 200 ", "open"]), ("rewrite", [" 302 ", "/elsewhere"]), ("closed", [" 403 "]),
    ("no_file", ["content of page"]), ("no_realm", ["content of page"]), ("no_deny", ["content of page"]),
    ("behind", [" 403 "]), ("any", ["content of page"]), ("unreadable", [" 401 "]),
    ("img../secret", ["content of secret"]), ("expression/a", [" 301 "]), ("join/a", ["content of imagesa"]),
    ("resolver", [" 502 "]), ("headers", ["X-Inner"]), ("named", ["named"]), ("nameless", ["content of page"]),
    ("location", ["server"]), ("a", [" 200 ", "\r\n\r\na"]), ("b", [" 200 ", "\r\n\r\nb"]), ("old", ["both"]),
    ("new", ["both"]),
])
def test_what_a_request_gets(tell, path, words):
    story = tell("answers")
    assert story["start"] == "" and [word for word in words if word not in story[path]] == [], story[path]


def test_a_header_of_the_server_is_not_sent_beside_one_of_the_location(tell):
    story = tell("answers")
    assert "X-Outer" not in story["headers"] and "X-Outer" in story["no_file"]


@pytest.mark.parametrize("identifier, words", [
    ("nginx-syntax", "unexpected end of file"), ("nginx-directive-twice", "directive is duplicate"),
    ("nginx-log-format-unknown", 'unknown log format "main"'), ("nginx-server-name-twice", "conflicting server name"),
    ("nginx-location-twice", 'duplicate location "/"'), ("nginx-listen-twice", "duplicate listen 0.0.0.0:80"),
    ("nginx-default-server-twice", "duplicate default server"),
    ("nginx-listen-options-twice", "duplicate listen options"),
    ("nginx-root-and-alias", "directive is duplicate"), ("nginx-proxy-pass-of-expression", "cannot have URI part"),
    ("nginx-bad-address", "invalid URL prefix"), ("nginx-no-server", "no servers are inside upstream"),
    ("nginx-backup-without-effect", 'does not support parameter "backup"'), ("nginx-no-port", "no port in upstream"),
    ("nginx-bad-server", "invalid port in upstream"),
    ("nginx-method-behind-keepalive", "load balancing method redefined"),
    ("nginx-method-twice", "load balancing method redefined"),
    ("nginx-certificate-incomplete", 'no "ssl_certificate_key" is defined'),
    ("nginx-no-certificate", 'no "ssl_certificate" is defined'),
    ("nginx-certificate-of-another-key", "key values mismatch"),
    ("nginx-certificate-unreadable", "cannot load certificate"),
    ("nginx-port-in-http-and-stream", "test is successful"),
])
def test_what_nginx_says_of_a_fault(tell, identifier, words):
    assert identifier in {rule.id for rule in rules()}
    assert words in tell("verdicts")[identifier]


def test_what_nginx_says_of_two_servers_of_streams_on_one_port(tell):
    expected = "conflicting server name" if tell.version == "1.26.3" else "address and port pair"
    assert expected in tell("verdicts")["nginx-stream-listen-taken"]


@pytest.mark.parametrize("case, starts", [
    ("wildcard and address", False), ("address and wildcard", False), ("both families", False), ("the same", False),
    ("two addresses", True), ("families", True), ("udp", True), ("reuseport", True),
])
def test_whether_nginx_starts_with_a_port_in_http_and_in_stream(tell, case, starts):
    said = tell("starts")[case]
    assert said == "" if starts else "98: Address already in use" in said
