# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that make it last."""

from __future__ import annotations

import subprocess

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._real_server import files, plan
from ansible_collections.openvip.cluster.plugins.module_utils._real_server.services import DR, NAT, TUN, Service
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._real_server import model

SERVICES = [Service("198.18.0.100", DR), Service("198.18.0.101", TUN),
            Service("203.0.113.10", NAT, model.REAL_IP, 80, "TCP", "198.18.0.1")]


def texts(services=tuple(SERVICES), found=None):
    made = plan.make(list(services), ["eth1"], found or model.host())
    return {change.path: change.after for change in made.files}


def lines(word, text):
    return [line[len(word) + 1:] for line in text.splitlines() if line.startswith(word + "=")]


def test_the_unit_starts_in_the_order_of_the_plan_and_stops_in_the_reverse():
    text = texts()[files.path_of(files.UNIT)]
    assert lines("ExecStart", text) == [
        "-/usr/sbin/modprobe ipip",
        "/usr/sbin/sysctl -w net.ipv4.conf.all.arp_ignore=1",
        "/usr/sbin/sysctl -w net.ipv4.conf.all.arp_announce=2",
        "-/usr/sbin/sysctl -w net.ipv4.conf.eth1.arp_ignore=1",
        "-/usr/sbin/sysctl -w net.ipv4.conf.eth1.arp_announce=2",
        "-/usr/sbin/sysctl -w net.ipv4.conf.tunl0.rp_filter=2",
        "/usr/sbin/ip link set dev tunl0 up",
        "/usr/sbin/ip address replace 198.18.0.100/32 dev lo scope host",
        "/usr/sbin/ip address replace 198.18.0.101/32 dev tunl0 scope host",
        "-/usr/sbin/ip -4 route replace default via 198.18.0.1 dev eth1 table 28000 protocol kernel",
        "-/usr/sbin/ip -4 rule del preference 28000 from 198.18.0.31 ipproto 6 sport 80 lookup main"
        " suppress_prefixlength 0 protocol kernel",
        "/usr/sbin/ip -4 rule add preference 28000 from 198.18.0.31 ipproto 6 sport 80 lookup main"
        " suppress_prefixlength 0 protocol kernel",
        "-/usr/sbin/ip -4 rule del preference 28001 from 198.18.0.31 ipproto 6 sport 80 lookup 28000"
        " protocol kernel",
        "/usr/sbin/ip -4 rule add preference 28001 from 198.18.0.31 ipproto 6 sport 80 lookup 28000"
        " protocol kernel",
    ]
    assert [line.partition("/usr/sbin/")[2] for line in lines("ExecStop", text)] == [
        "ip -4 rule del preference 28001 from 198.18.0.31 ipproto 6 sport 80 lookup 28000 protocol kernel",
        "ip -4 rule del preference 28000 from 198.18.0.31 ipproto 6 sport 80 lookup main suppress_prefixlength 0"
        " protocol kernel",
        "ip -4 route del default via 198.18.0.1 dev eth1 table 28000 protocol kernel",
        "ip address del 198.18.0.101/32 dev tunl0",
        "ip address del 198.18.0.100/32 dev lo",
        "ip link set dev tunl0 down",
        "sysctl -w net.ipv4.conf.tunl0.rp_filter=0",
        "sysctl -w net.ipv4.conf.eth1.arp_announce=0",
        "sysctl -w net.ipv4.conf.eth1.arp_ignore=0",
        "sysctl -w net.ipv4.conf.all.arp_announce=0",
        "sysctl -w net.ipv4.conf.all.arp_ignore=0",
    ]
    assert all(line.startswith("-") for line in lines("ExecStop", text))
    assert lines("Wants", text) == [files.ROUTES_UNIT]


def test_sysctl_reads_the_same_values():
    assert texts()[files.SYSCTL].splitlines()[1:] == [
        "net.ipv4.conf.all.arp_ignore = 1",
        "net.ipv4.conf.all.arp_announce = 2",
        "-net.ipv4.conf.eth1.arp_ignore = 1",
        "-net.ipv4.conf.eth1.arp_announce = 2",
        "-net.ipv4.conf.tunl0.rp_filter = 2",
    ]


def test_the_guard_is_set_at_every_start_or_the_unit_fails():
    written = texts([SERVICES[0]._replace(loop_guard=True)])
    assert lines("ExecStart", written[files.path_of(files.UNIT)])[:2] == [
        "-/usr/sbin/modprobe ip_vs", "/usr/sbin/sysctl -w net.ipv4.vs.backup_only=1"]
    assert "-net.ipv4.vs.backup_only = 1" in written[files.SYSCTL].splitlines()


def test_there_are_only_the_files_that_are_needed():
    assert set(texts(SERVICES[:1])) == {files.SYSCTL, files.path_of(files.UNIT), files.ENABLED, files.STATE}
    routed = {files.path_of(files.UNIT), files.path_of(files.ROUTES_UNIT), files.ENABLED, files.STATE}
    assert set(texts(SERVICES[2:])) == routed
    assert texts([]) == {}


@pytest.mark.parametrize(("word", "line"), [
    ("eth0.5", "eth0.5"), ("a%i", "a%%i"), ("$HOME", "$$HOME"), ('a"b', '"a\\"b"'), ("a\\b", '"a\\\\b"'),
    ("a;b", '"a;b"'), ("{ x; }", '"{ x; }"'),
])
def test_words_reach_the_program_as_they_are(word, line):
    assert files.escaped(word) == line


def test_the_routes_are_set_by_a_script_that_a_shell_understands():
    [line] = lines("ExecStart", texts()[files.path_of(files.ROUTES_UNIT)])
    program, flag, script = line.split(" ", 2)
    assert (program, flag) == ("/usr/sbin/sh", "-c")
    assert "/usr/sbin/ip monitor link address" in script
    route = "/usr/sbin/ip -4 route replace default via 198.18.0.1 dev eth1 table 28000 protocol kernel"
    assert f"do {route}; done" in script
    checked = subprocess.run(["sh", "-n", "-c", script.strip('"')], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
