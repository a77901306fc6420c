# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules vip_probe and vip_watch on this machine."""

from __future__ import annotations

import http.server
import json
import socket
import threading

import pytest
from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args

from ansible_collections.openvip.cluster.plugins.module_utils._drill.journal import unpack
from ansible_collections.openvip.cluster.plugins.modules import vip_probe, vip_watch

pytestmark = pytest.mark.long


class Page(http.server.BaseHTTPRequestHandler):
    """Answers every request with the name of a host."""

    def do_GET(self):  # the name that the server of Python calls
        self.send_response(200)
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"lb1\n")

    def log_message(self, *dummy):
        """Say nothing."""


class Service(http.server.ThreadingHTTPServer):
    """A server that lets no connection wait for a second call because it was not run for a moment."""

    request_queue_size = 500


@pytest.fixture
def port():
    """The port of a service that answers."""
    with Service(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    """Run a module with options; returns its result."""

    def call(module, check=False, **options):
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", None, raising=False)
        arguments = dict(options, _ansible_check_mode=check, _ansible_remote_tmp=str(tmp_path))
        with patch_module_args(arguments), pytest.raises(SystemExit):
            module.main()
        return json.loads(capsys.readouterr().out)

    return call


def test_http_is_probed_two_hundred_times_a_second_and_names_the_host(run, port):
    result = run(vip_probe, url=f"http://127.0.0.1:{port}/", duration=1, timeout=2.5, calibrate=False, records=True)
    assert not result["changed"] and result["failures"] == 0 and result["outages"] == []
    assert result["probes"] + result["left_out"] == 200
    assert set(result["answered"]) == {"lb1"}
    records = unpack(result["records"])
    assert len(records) == result["probes"] and {record.host for record in records} == {"lb1"}
    assert result["calibration"] is None


def test_a_connection_is_enough_for_tcp_and_comes_from_each_source(run):
    with socket.create_server(("127.0.0.1", 0), backlog=200) as listener:
        options = {"url": "tcp://127.0.0.1:%d" % listener.getsockname()[1], "duration": 0.1, "calibrate": False}
        result = run(vip_probe, sources=["127.0.0.2", "127.0.0.3"], **options)
        callers = {listener.accept()[1][0] for dummy in range(result["probes"])}
    assert result["failures"] == 0 and result["answered"] == {"": result["probes"]}
    assert callers == {"127.0.0.2", "127.0.0.3"}
    assert run(vip_probe, **options)["outcomes"].keys() == {"refused"}


def test_the_overhead_is_measured_and_told(run, port):
    result = run(vip_probe, url=f"http://127.0.0.1:{port}/", duration=0.1)
    # of 5 each, less those in which the machine stood still
    assert all(0 < result["calibration"][kind]["seen"] <= 5 for kind in ("refuse", "ignore"))


@pytest.mark.parametrize(("module", "options"), [
    (vip_probe, {"duration": 60, "calibrate": False}), (vip_watch, {"addresses": ["127.0.0.1"], "duration": 60})])
def test_it_ends_when_its_file_is_removed_and_has_told_its_events_there(run, port, tmp_path, module, options):
    path = tmp_path / "drill" / "running"
    if module is vip_probe:
        options = dict(options, url=f"http://127.0.0.1:{port}/")
    seen = []

    def remove():
        while not seen:
            if path.exists() and path.read_text():
                seen.append(json.loads(path.read_text().splitlines()[0]))
                path.unlink()

    thread = threading.Thread(target=remove)
    thread.start()
    result = run(module, until_removed=str(path), **options)
    thread.join()
    assert not path.exists() and ("failures" in result or result["events"][-1]["event"] == "report")
    assert seen[0]["event"] in ("steady", "address")


def test_a_file_that_is_there_is_another_run(run, port, tmp_path):
    path = tmp_path / "running"
    path.touch()
    result = run(vip_probe, url=f"http://127.0.0.1:{port}/", calibrate=False, until_removed=str(path))
    assert result["failed"] and "File exists" in result["msg"] and path.exists()


def test_nothing_is_probed_or_watched_in_check_mode(run):
    assert run(vip_probe, check=True, url="http://127.0.0.1:1/")["skipped"]
    assert run(vip_watch, check=True, addresses=["127.0.0.1"])["skipped"]


@pytest.mark.parametrize(("options", "message"), [
    ({"url": "https://127.0.0.1/"}, "only http://host"),
    ({"url": "tcp://127.0.0.1"}, "tcp://host:port can be probed"),
    ({"url": "http://127.0.0.1/", "interval": 0}, "the interval is at least 0.001 s"),
    ({"url": "http://127.0.0.1/", "duration": 0, "calibrate": False}, "duration 0.0 s"),
    ({"url": "http://127.0.0.1/", "sources": ["198.51.100.1"]}, "give an address of this host"),
    ({"url": "http://127.0.0.1/", "sources": ["::1"]}, "of the same family"),
    ({"url": "http://127.0.0.1/ HTTP/1.0\r\nHost: x"}, "must not have a blank or a control character"),
])
def test_wrong_options_are_refused(run, options, message):
    assert message in run(vip_probe, **options)["msg"]


@pytest.mark.parametrize(("options", "message"), [
    ({"addresses": []}, "addresses: is empty"),
    ({"addresses": ["198.18.0.100", "fe80::9%lo"]}, "address 'fe80::9%lo': must not have a scope"),
    ({"addresses": ["198.18.0.1 dev lo"], "method": "claimed"}, "address '198.18.0.1 dev lo': is not an IP address"),
    ({"addresses": ["198.18.0.1"], "unit": "keepalived\n"}, "is not the name of a unit"),
    ({"addresses": ["198.18.0.1"], "duration": 0}, "duration 0.0 s"),
])
def test_wrong_options_of_the_watcher_are_refused(run, options, message):
    assert message in run(vip_watch, **options)["msg"]


def test_what_this_host_has_is_told_and_what_is_elsewhere_cannot_be_asked_for(run):
    result = run(vip_watch, addresses=["127.0.0.1", "198.51.100.1", "::1"], duration=0.3)
    assert {(event["address"], event["held"]) for event in result["events"] if event["event"] == "address"} >= {
        ("127.0.0.1", True), ("198.51.100.1", False)}
    result = run(vip_watch, addresses=["2001:db8::1"], method="claimed", duration=0.1)
    assert not result["available"] and "IPv6" in result["reason"]
