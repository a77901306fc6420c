# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
import time

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils import _probe
from ansible_collections.openvip.cluster.plugins.module_utils._probe import Prober, judge

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlb1\n"


@contextlib.contextmanager
def service(answer):
    """A server that calls answer(connection) for each connection; yields its URL."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=200)

    def serve():
        while True:
            try:
                connection = listener.accept()[0]
            except OSError:
                return
            with connection:
                answer(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield "http://127.0.0.1:%d/page?x=1" % listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def answering(data):
    def answer(connection):
        connection.recv(4096)
        connection.sendall(data)
    return answer


def outcomes(url, **options):
    return {record.outcome for record in Prober(url, **options).run(0.05)}


def test_a_good_answer_names_the_host():
    with service(answering(ANSWER)) as url:
        records = Prober(url).run(0.1)
    assert {(record.outcome, record.host) for record in records} == {("ok", "lb1")}
    assert all(record.latency_us > 0 and record.wall_ns > 0 for record in records)
    starts = [record.start_ns for record in records]
    assert starts == sorted(starts)


def test_each_request_is_a_get_of_its_own():
    seen = []

    def answer(connection):
        seen.append(connection.recv(4096))
        connection.sendall(ANSWER)

    with service(answer) as url:
        records = Prober(url).run(0.05)
    assert len(seen) == len(records)
    assert seen[0].startswith(b"GET /page?x=1 HTTP/1.0\r\nHost: 127.0.0.1:")


@pytest.mark.long
def test_probes_keep_their_grid_while_nobody_answers():
    held = []
    with service(lambda connection: held.append(connection.dup())) as url:
        prober = Prober(url, interval=0.005, timeout=0.1)
        records = prober.run(0.3)
    for connection in held:
        connection.close()
    assert {record.outcome for record in records} == {"timeout"}
    # the grid has 60 slots; a busy machine may make a start late or miss a slot, which is counted
    assert len(records) + prober.skipped == 60
    assert all((record.start_ns - records[0].start_ns) // 5000000 < 60 for record in records)
    assert min(record.latency_us for record in records) >= 100000


def test_a_closed_port_is_refused():
    with service(answering(ANSWER)) as url:
        pass
    assert outcomes(url) == {"refused"}


def test_a_connection_that_is_reset():
    def answer(connection):
        connection.recv(4096)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    with service(answer) as url:
        assert outcomes(url) == {"reset"}


@pytest.mark.parametrize(("answer", "outcome"), [
    (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "status"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nlb1\n", "invalid"),
    (b"SSH-2.0-server\r\n", "invalid"),
    (b"", "invalid"),
])
def test_answers_that_are_not_good(answer, outcome):
    with service(answering(answer)) as url:
        assert outcomes(url) == {outcome}


def test_only_the_first_line_of_the_body_is_the_host():
    assert judge(b"HTTP/1.0 200 OK\r\n\r\n lb2 \nmore\n", 30) == ("ok", "lb2")
    assert judge(b"HTTP/1.0 200 OK\r\n\r\n", 19) == ("ok", "")


def test_a_long_answer_does_not_fill_the_memory():
    body = b"lb1\n" + b"x" * (3 * _probe.HEAD_BYTES)
    with service(answering(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))) as url:
        records = Prober(url, interval=0.02).run(0.05)
    assert {(record.outcome, record.host) for record in records} == {("ok", "lb1")}


def test_the_end_of_a_descriptor_ends_the_run():
    reading, writing = os.pipe()
    with service(answering(ANSWER)) as url:
        prober = Prober(url, report=lambda record: len(prober.records) == 3 and os.close(writing))
        records = prober.run(60, stop_with=reading)
    os.close(reading)
    assert 3 <= len(records) < 1000


def test_records_beyond_the_limit_are_counted(monkeypatch):
    monkeypatch.setattr(_probe, "MOST_RECORDS", 5)
    with service(answering(ANSWER)) as url:
        prober = Prober(url, report=lambda record: prober.dropped == 3 and prober.stop())
        assert len(prober.run(60)) == 5
    assert prober.dropped >= 3


@pytest.mark.parametrize(("url", "options"), [
    ("https://127.0.0.1/", {}), ("127.0.0.1", {}),
    ("http://127.0.0.1/", {"interval": 0.0001}),
    ("http://127.0.0.1/", {"timeout": 0.001}),
    ("http://127.0.0.1/", {"timeout": 10}),
])
def test_what_cannot_be_probed_is_refused(url, options):
    with pytest.raises(ValueError, match=r"can be probed|at least"):
        Prober(url, **options)


@pytest.mark.parametrize("duration", [0, 3601])
def test_a_run_without_bound_is_refused(duration):
    with pytest.raises(ValueError, match="at most 3600"):
        Prober("http://127.0.0.1/").run(duration)


def stop_for_a_while(seconds):
    """Let this whole process stand still, as a machine does whose processors are taken away."""
    script = "kill -STOP $0; sleep $1; kill -CONT $0"
    return subprocess.Popen(["sh", "-c", script, str(os.getpid()), str(seconds)])


def test_slots_after_the_end_are_not_counted_as_left_out():
    def stand_still(record):
        if not prober.skipped:
            time.sleep(0.1)  # what is tested: a process that is not run until after the end

    with service(answering(ANSWER)) as url:
        prober = Prober(url, interval=0.01, report=stand_still)
        records = prober.run(0.05)
    assert len(records) + prober.skipped == 5 and prober.skipped


@pytest.mark.long
def test_time_in_which_nothing_is_run_is_no_time_out():
    stopped = []

    def answer(connection):
        connection.recv(4096)
        if not stopped:
            # Between the request and the answer, with both sides in this process.
            stopped.append(stop_for_a_while(3))
            stopped[0].wait()
        connection.sendall(ANSWER)

    # What the shell takes to begin and to end counts, on a busy machine a good part of a second.
    with service(answer) as url:
        prober = Prober(url, interval=0.02, timeout=2)
        records = prober.run(3.5)
    assert {record.outcome for record in records} == {"ok"} and prober.stalled_ns > 2e9


@pytest.mark.long
def test_standing_still_between_two_steps_of_a_probe_is_no_time_out(monkeypatch):
    advance, stopped = Prober._advance, []

    def stop_once(prober, slot, descriptor):
        advance(prober, slot, descriptor)
        if not stopped:
            stopped.append(stop_for_a_while(0.5))
            stopped[0].wait()

    monkeypatch.setattr(Prober, "_advance", stop_once)
    with service(lambda connection: connection.recv(4096) and connection.sendall(ANSWER)) as url:
        prober = Prober(url, interval=0.02, timeout=0.2)
        records = prober.run(1.5)
    assert {record.outcome for record in records} == {"ok"} and prober.stalled_ns > 0.4e9


@pytest.mark.long
def test_an_answer_that_does_not_come_is_a_time_out_after_a_stand_still_too():
    held = []

    def ignore(connection):
        held.append(connection.dup())
        if len(held) == 1:
            stop_for_a_while(0.3).wait()

    with service(ignore) as url:
        assert {record.outcome for record in Prober(url, interval=0.02, timeout=0.1).run(0.5)} == {"timeout"}
    for connection in held:
        connection.close()
