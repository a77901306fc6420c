# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that asks the tracked service, against real servers."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[3] / "roles" / "keepalived" / "files" / "keepalived_check.py"
# Answers each request by what the path asks for. /later answers its first request only, /ends closes each connection.
SERVER = """
import http.server, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked = 0
    def do_GET(self):
        Handler.asked += 1
        if self.path == "/drips":
            self.wfile.write(b"HTTP/1.1 200 OK\\r\\nX: ")
            for dummy in range(100):
                self.wfile.write(b"x")
                time.sleep(0.02)
            return
        self.send_response(int(self.path[1:]) if self.path[1:].isdigit() else 200)
        body = b"x" * (100000 if self.path == "/long" else 3)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.path == "/ends"
    def log_message(self, *dummy):
        print("asked", self.client_address[1], flush=True)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
"""
# What systemd says of the unit: the number in a file
SYSTEMCTL = '#!/bin/sh\ncat "$NUMBER"\n'


@contextlib.contextmanager
def running(*command, **options):
    """Run a program, and end it."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def server():
    """A server, and its port."""
    with running(sys.executable, "-c", SERVER, stderr=subprocess.DEVNULL) as process:
        process.port = int(process.stdout.readline())
        yield process


@pytest.fixture
def check(tmp_path):
    """A function that starts the program; its lines are what it writes into the file."""
    (tmp_path / "systemctl").write_text(SYSTEMCTL)
    (tmp_path / "systemctl").chmod(0o755)
    (tmp_path / "number").write_text("0\n")
    with contextlib.ExitStack() as stack:
        def start(url, *options):
            process = stack.enter_context(running(
                sys.executable, "-I", str(PROGRAM), "--unit=www.service", f"--file={tmp_path / 'answer'}",
                "--interval=0.05", "--max-time=0.2", *options, url,
                env=dict(os.environ, PATH=f"{tmp_path}:{os.environ['PATH']}", NUMBER=str(tmp_path / "number"))))
            process.answer = tmp_path / "answer"
            return process
        yield start


def value(process):
    """Wait for the next change, and return it as the file has it."""
    line = process.stdout.readline()
    written = process.answer.read_text()
    assert line.startswith(written.strip() + ": "), line
    return written


def test_a_server_that_hangs_and_goes_on(server, check):
    process = check(f"http://127.0.0.1:{server.port}/")
    assert value(process) == "0\n"
    server.send_signal(signal.SIGSTOP)
    assert value(process) == "1\n"
    server.send_signal(signal.SIGCONT)
    assert value(process) == "0\n"


def test_a_connection_is_kept(server, check):
    check(f"http://127.0.0.1:{server.port}/")
    assert len({server.stdout.readline() for dummy in range(5)}) == 1


@pytest.mark.parametrize("path", ["/ends", "/long", "/301", "/204"])
def test_an_answer_is_an_answer(server, check, path):
    process = check(f"http://127.0.0.1:{server.port}{path}", "--fall=1")
    for dummy in range(5):
        server.stdout.readline()
    assert value(process) == "0\n"
    process.terminate()
    assert process.stdout.read() == ""


@pytest.mark.parametrize("path", ["/500", "/404", "/drips"])
def test_another_status_and_an_answer_without_an_end_are_failures(server, check, path):
    assert value(check(f"http://127.0.0.1:{server.port}{path}")) == "1\n"


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_UNIX])
def test_a_port_and_a_socket_that_close(check, tmp_path, family):
    with socket.socket(family) as listening:
        listening.bind(("127.0.0.1", 0) if family == socket.AF_INET else str(tmp_path / "socket"))
        listening.listen(64)
        process = check(f"tcp://127.0.0.1:{listening.getsockname()[1]}" if family == socket.AF_INET
                        else f"unix:{tmp_path / 'socket'}", "--fall=3")
        assert value(process) == "0\n"
    assert value(process) == "1\n"


def test_the_end_of_the_main_process_is_seen_without_a_question(server, check, tmp_path):
    with running("sleep", "60") as main:
        (tmp_path / "number").write_text(f"{main.pid}\n")
        process = check(f"http://127.0.0.1:{server.port}/", "--interval=60", "--rise=1")
        assert value(process) == "0\n"
        (tmp_path / "number").write_text("0\n")
        main.kill()
        assert process.stdout.readline() == "1: the main process of www.service has ended\n"


def test_a_main_process_that_hands_over_to_another_is_no_failure(server, check, tmp_path):
    with running("sleep", "60") as former, running("sleep", "60") as main:
        (tmp_path / "number").write_text(f"{former.pid}\n")
        process = check(f"http://127.0.0.1:{server.port}/", "--rise=1")
        assert value(process) == "0\n"
        (tmp_path / "number").write_text(f"{main.pid}\n")
        former.kill()
        former.wait()
        for dummy in range(5):
            server.stdout.readline()
        assert process.answer.read_text() == "0\n"
        (tmp_path / "number").write_text("0\n")
        main.kill()
        assert process.stdout.readline() == "1: the main process of www.service has ended\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("before", ["0\n", "1\n"])
def test_its_own_end_changes_nothing(check, tmp_path, number, before):
    (tmp_path / "answer").write_text(before)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        process = check(f"http://127.0.0.1:{listening.getsockname()[1]}/", "--max-time=60", "--rise=100")
        listening.accept()
        process.send_signal(number)
        process.wait()
    assert process.answer.read_text() == before


def test_a_host_that_was_bad_has_to_answer_several_times(server, check, tmp_path):
    (tmp_path / "answer").write_text("1\n")
    process = check(f"http://127.0.0.1:{server.port}/", "--rise=4")
    assert value(process) == "0\n"
    assert [server.stdout.readline()[:5] for dummy in range(4)] == ["asked"] * 4


@pytest.mark.parametrize("options", [
    ["ftp://127.0.0.1/"], ["127.0.0.1"], ["tcp://127.0.0.1"], ["unix:relative"], ["http://:80/"],
    ["http://127.0.0.1:99999/"], ["http://127.0.0.1/", "--interval=0"], ["http://127.0.0.1/", "--fall=0"]])
def test_arguments_that_make_no_sense_are_refused(tmp_path, options):
    done = subprocess.run([sys.executable, "-I", str(PROGRAM), "--unit=www.service", f"--file={tmp_path / 'answer'}",
                           *options], capture_output=True, text=True, check=False)
    assert done.returncode == 64 and done.stderr.startswith("keepalived-check: "), done.stderr
    assert not (tmp_path / "answer").exists()
