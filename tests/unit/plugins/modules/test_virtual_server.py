# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""virtual_server: one service of a hand-written file; with a stand-in for the program keepalived."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.modules import virtual_server

HAND = """\
virtual_server 198.18.0.100 80 {
\tlb_algo rr\t# in turn
\tlb_kind DR
\tprotocol TCP
\treal_server 198.18.0.21 80 {
\t\tTCP_CHECK { # with defaults
\t\t}
\t}
}
"""
SERVICE = {"ip": "198.18.0.100", "port": 80}
OTHER = {"ip": "198.18.0.100", "port": 443, "lb_algo": "wlc", "lb_kind": "DR", "protocol": "TCP",
         "real_server": [{"ip": "198.18.0.21", "port": 443, "TCP_CHECK": [{"connect_timeout": 2}]}]}


@pytest.fixture
def host(module_on_host):
    """A host with the hand-written file; calling it runs the module."""
    run = module_on_host(virtual_server)
    run.path.write_text(HAND)
    return run


@pytest.mark.parametrize(("options", "changed"), [
    (OTHER, lambda text: text.startswith(HAND + "\nvirtual_server 198.18.0.100 443 {\n\tprotocol TCP\n")),
    ({**SERVICE, "lb_algo": "wrr"}, lambda text: text == HAND.replace("rr\t#", "wrr\t#")),
    ({**SERVICE, "real_server": [{"ip": "198.18.0.21", "port": 80, "weight": 3},
                                 {"ip": "198.18.0.22", "port": 80, "TCP_CHECK": [{}]}]},
     lambda text: text == HAND.replace("21 80 {\n", "21 80 {\n\t\tweight 3\n").replace(
         "\t}\n}", "\t}\n\treal_server 198.18.0.22 80 {\n\t\tTCP_CHECK {\n\t\t}\n\t}\n}")),
    ({**SERVICE, "state": "absent"}, lambda text: text == ""),
])
def test_four_runs_check_run_check_run(host, options, changed):
    check = host(check=True, **options)
    assert check["changed"] and host.path.read_text() == HAND
    first = host(**options)
    assert first["changed"] and first["diff"] == check["diff"]
    written = host.path.read_text()
    assert changed(written)
    assert not host(check=True, **options)["changed"] and not host(**options)["changed"]
    assert host.path.read_text() == written


@pytest.mark.parametrize(("options", "words"), [
    ({}, "one of the following is required: ip, fwmark, group"),
    ({"ip": "198.18.0.1", "fwmark": 1}, "mutually exclusive"),
    ({"port": 80, "fwmark": 1}, "port"),
    ({**OTHER, "real_server": [{"ip": "198.18.0.21", "port": 8443, "TCP_CHECK": [{}]}]}, "DR cannot change the port"),
    ({**OTHER, "real_server": []}, "it has no real_server"),
])
def test_what_is_wrong_with_the_service_is_refused(host, options, words):
    refused = host(**options)
    assert refused["failed"] and words in refused["msg"], refused["msg"]
    assert host.path.read_text() == HAND
