# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""keepalived from source: up, down and back to the package, host by host; what fails leaves the old one running."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from ansible_collections.openvip.cluster.tests.lab import containers

testinfra_hosts = ["localhost"]
INVENTORY = "inventory/active_passive"
CHECKSUMS = {
    "2.2.7": "sha256:c61940d874154a560a54627ecf7ef47adebdf832164368d10bf242a4d9b7d49d",
    "2.3.3": "sha256:2288c5c7609fa452782b7acefa19acce742d0204dc17f54d36da46b10f8b590c",
}
# Requests that two planned moves may cost: to the other host and back.
PLANNED = 4


def source(version, **more):
    """The options that make the site playbook build a version."""
    archive = subprocess.run([containers.REPOSITORY / "tests/source-archive", "keepalived", version],
                             capture_output=True, text=True, check=True).stdout.strip()
    return "--extra-vars", json.dumps({
        "keepalived_install_method": "source", "keepalived_source_version": version,
        "keepalived_source_checksum": CHECKSUMS[version], "keepalived_source_url": archive, **more})


@pytest.fixture
def running(cluster):
    """Return a function that tells process and program of each host's keepalived."""
    script = "pid=$(cat /run/keepalived.pid) && echo $pid && readlink /proc/$pid/exe"
    return lambda: {name: containers.execute(cluster.container(name), "sh", "-c", script).split()
                    for name in cluster.names}


def started(cluster, name):
    """Return when systemd started keepalived, microseconds of the clock that the hosts share."""
    return int(containers.execute(cluster.container(name), "systemctl", "show", "--value",
                                  "--property=ActiveEnterTimestampMonotonic", "keepalived"))


def test_what_runs_is_what_was_built(cluster, running):
    cluster.wait_for_holder("lb1")
    for name, (dummy, program) in running().items():
        assert re.fullmatch(r"/opt/keepalived/2\.2\.7-[0-9a-f]{8}/sbin/keepalived", program)
        assert "v2.2.7" in containers.execute(cluster.container(name), "sh", "-c", "keepalived --version 2>&1")


@pytest.mark.parametrize("version", ["2.3.3", "2.2.7"])
def test_another_version_costs_two_planned_moves(cluster, site, running, version):
    cluster.wait_for_holder("lb1")
    with cluster.observe() as observation:
        observation.wait_answers("lb1")
        code, output = site(*source(version))
        assert code == 0, output
        observation.wait_settled("lb1")
    recording = observation.recording()
    lost = [record for record in recording.records if record.outcome != "ok"]
    assert len(recording.records) > 200 and len(lost) <= PLANNED and recording.holders_at_once == 1
    assert all(f"/{version}-" in program for dummy, program in running().values())
    assert started(cluster, "lb2") < started(cluster, "lb1")
    code, output = site(*source(version))
    assert re.findall(r"changed=(\d+)", output) == ["0", "0"], output


WRONG = {
    "checksum": ({"keepalived_source_checksum": "sha256:" + "0" * 64}, ["verify: the archive", "Compare the checksum"]),
    "no-checksum": ({"keepalived_source_checksum": ""}, ["checksum is missing"]),
    "unreachable": ({"keepalived_source_url": "http://198.18.0.99/x.tar.gz", "keepalived_source_version": "2.3.2"},
                    ["The archive http://198.18.0.99/x.tar.gz cannot be had", "let the host reach it"]),
    "configure": ({"keepalived_source_configure_options": ["--with-init=systemd", "--enable-jsn"]},
                  ["configure: it does not know --enable-jsn.", 'Did you mean "--enable-json"?']),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_build_that_fails_leaves_the_old_one_running(files, site, running, wrong):
    options, told = WRONG[wrong]
    before = (running(), files())
    code, output = site(*source("2.3.3", **options))
    assert code != 0
    for text in told:
        assert text in output.replace("\\n", "\n").replace('\\"', '"'), output
    assert (running(), files()) == before


def test_the_package_takes_over_and_nothing_of_the_build_stays(cluster, site, running):
    code, output = site()
    assert code == 0, output
    cluster.wait_for_holder("lb1")
    assert {program for dummy, program in running().values()} == {"/usr/sbin/keepalived"}
    for name in cluster.names:
        assert containers.execute(
            cluster.container(name), "sh", "-c",
            "ls -d /opt/keepalived /usr/local/sbin/keepalived /etc/systemd/system/keepalived.service 2>&- | cat") == ""
    assert started(cluster, "lb2") < started(cluster, "lb1")
    code, output = site()
    assert re.findall(r"changed=(\d+)", output) == ["0", "0"], output
