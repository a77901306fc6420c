# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The client's requests: who answered, what failed, and what a slow reader gets."""

from __future__ import annotations

import http.server
import socket
import threading

import pytest

from ansible_collections.openvip.cluster.tests.lab import traffic

pytestmark = pytest.mark.long

PAGE = b"web1\n" + b"x" * 60000


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves PAGE at /, and at /cut half of it."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE[:len(PAGE) // 2] if self.path == "/cut" else PAGE)

    def log_message(self, *words):
        """Say nothing."""


@pytest.fixture
def url():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def closed():
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def report(act, *arguments):
    said = []
    act(*arguments, said.append)
    return said


def test_every_answer_is_told_by_its_host(url):
    assert report(traffic.ask, url + "/", 3, 2.0) == [{"event": "report", "hosts": ["web1"] * 3}]


@pytest.mark.parametrize("path", ["/cut"])
def test_an_answer_that_is_cut_off_is_none(url, path):
    assert report(traffic.ask, url + path, 1, 2.0)[0]["hosts"] == [""]


def test_a_refused_connection_is_no_answer(closed):
    assert report(traffic.ask, f"http://127.0.0.1:{closed}/", 2, 2.0)[0]["hosts"] == ["", ""]


def test_datagrams_are_answered_with_the_name_of_the_host(closed):
    service = threading.Thread(target=traffic.answer_udp, args=("127.0.0.1", closed, 5.0), daemon=True)
    service.start()
    hosts = [""]
    while "" in hosts and service.is_alive():
        hosts = report(traffic.ask_udp, "127.0.0.1", closed, 2, 1.0, 20000)[0]["hosts"]
    assert hosts == [socket.gethostname()] * 2


def test_slow_downloads_begin_and_end(url):
    started, end = report(traffic.download, url + "/", 5, 300000, 2.0)
    assert started["event"] == "started"
    assert (end["complete"], end["failed"]) == (5, []) and end["seconds"] >= 0.1


def test_a_download_that_is_cut_off_has_failed(url):
    end = report(traffic.download, url + "/cut", 2, 300000, 2.0)[-1]
    assert (end["complete"], end["failed"]) == (0, ["cut off"])


def test_a_download_that_hears_nothing_more_has_failed():
    with socket.create_server(("127.0.0.1", 0)) as server:
        end = report(traffic.download, f"http://127.0.0.1:{server.getsockname()[1]}/", 1, 1000, 0.3)[-1]
    assert (end["complete"], end["failed"]) == (0, ["heard nothing for 0.3 s"])
