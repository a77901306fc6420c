# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""keepalived and nginx from source: up, down and back to the packages; what fails leaves the old ones running."""

from __future__ import annotations

import json
import re

import pytest

from ansible_collections.openvip.cluster.tests.lab import containers
from ansible_collections.openvip.cluster.tests.lab.site import Site, changes

testinfra_hosts = ["localhost"]
INVENTORY = "inventory/source"
# The first is what converge has built.
VERSIONS = {
    "keepalived": {
        "2.2.7": "sha256:c61940d874154a560a54627ecf7ef47adebdf832164368d10bf242a4d9b7d49d",
        "2.3.3": "sha256:2288c5c7609fa452782b7acefa19acce742d0204dc17f54d36da46b10f8b590c",
    },
    "nginx": {
        "1.22.1": "sha256:9ebb333a9e82b952acd3e2b4aeb1d4ff6406f72491bab6cd9fe69f0dea737f31",
        "1.26.3": "sha256:69ee2b237744036e61d24b836668aad3040dda461fe6f570f1787eab570c75aa",
    },
}
ADDRESSES = {"lb1": "198.18.0.11", "lb2": "198.18.0.12"}
# Requests that one planned move may cost.
PLANNED = 2
# Bytes of a page that is downloaded while nginx is upgraded, and how many of them a second each reader takes.
LARGE, RATE, READERS = 4_000_000, 100_000, 5
# Where a build finds no space.
SMALL = "/mnt/small"


def versions(keepalived="2.2.7", nginx="1.22.1", **more):
    """The options that make the site playbook build these versions."""
    return "--extra-vars", json.dumps({
        "keepalived_source_version": keepalived, "keepalived_source_checksum": VERSIONS["keepalived"][keepalived],
        "nginx_source_version": nginx, "nginx_source_checksum": VERSIONS["nginx"][nginx], **more})


@pytest.fixture
def on(cluster):
    """Return a function that runs a shell's words on each load balancer and returns what they printed, by host."""
    return lambda script: {name: containers.execute(cluster.container(name), "sh", "-c", script).strip()
                           for name in cluster.names}


@pytest.fixture
def running(on):
    """Return a function that tells process and program of each host's keepalived and nginx."""
    script = "for name in keepalived nginx; do cat /run/$name.pid && readlink /proc/$(cat /run/$name.pid)/exe; done"
    return lambda: {name: told.split() for name, told in on(script).items()}


def started(on):
    """Return when systemd started keepalived on each host, microseconds of the clock that the hosts share."""
    return {name: int(told) for name, told in on(
        "systemctl show --value --property=ActiveEnterTimestampMonotonic keepalived").items()}


def unchanged(output):
    return changes(output) == [0, 0]


def test_what_runs_is_what_was_built(cluster, running, on):
    assert cluster.wait_for_holder() in cluster.names
    for dummy, keepalived, _dummy, nginx in running().values():
        assert re.fullmatch(r"/opt/keepalived/2\.2\.7-[0-9a-f]{8}/sbin/keepalived", keepalived)
        assert re.fullmatch(r"/opt/nginx/1\.22\.1-[0-9a-f]{8}/sbin/nginx", nginx)
    for told in on("keepalived --version 2>&1; nginx -V 2>&1").values():
        assert "v2.2.7" in told and "nginx version: nginx/1.22.1" in told
        assert "--with-http_stub_status_module" in told and "--with-http_ssl_module" in told
    users = on("stat --format=%U /proc/$(pgrep --newest --full 'nginx: worke[r]')")
    assert set(users.values()) == {"nginx"}


def test_nginx_says_the_name_that_it_was_given(on):
    for told in on("curl --silent --include http://127.0.0.1/; curl --silent http://127.0.0.1/nothing").values():
        assert "Server: TDTWS\r\n" in told and "<center>TDTWS</center>" in told and "nginx" not in told


@pytest.mark.parametrize("version", ["2.3.3", "2.2.7"])
def test_another_keepalived_costs_one_planned_move(cluster, site, running, on, version):
    holder = cluster.wait_for_holder()
    other = next(name for name in cluster.names if name != holder)
    with cluster.observe() as observation:
        observation.wait_answers(holder)
        code, output = site(*versions(keepalived=version))
        assert code == 0, output
        observation.wait_settled(other)
    recording = observation.recording()
    lost = observation.lost()
    assert len(recording.records) > 200 and len(lost) <= PLANNED and recording.holders_at_once == 1
    assert all(f"/{version}-" in keepalived for dummy, keepalived, *_nginx in running().values())
    assert started(on)[other] < started(on)[holder]
    code, output = site(*versions(keepalived=version))
    assert unchanged(output), output


@pytest.mark.parametrize("version", ["1.26.3", "1.22.1"])
def test_another_nginx_costs_no_request(cluster, site, running, on, version):
    on(f"head --bytes={LARGE} /dev/zero >/var/www/html/large")
    holder, lab = cluster.wait_for_holder(), Site(INVENTORY, ())
    downloads = [cluster.stream(cluster.client, "download", f"http://{address}/large", f"--count={READERS}",
                                f"--rate={RATE}", "--patience=30") for address in ADDRESSES.values()]
    with lab.probing(f"http://{ADDRESSES['lb1']}/") as one, lab.probing(f"http://{ADDRESSES['lb2']}/") as two:
        code, output = site(*versions(nginx=version))
        assert code == 0, output
    for records in (one, two):
        assert len(records) > 200 and [record for record in records if record.outcome != "ok"] == []
    for download in downloads:
        assert download.close(120)["complete"] == READERS
    assert cluster.holder() == holder
    assert all(f"/{version}-" in nginx for *_keepalived, nginx in running().values())
    assert all(f"nginx/{version}" in told for told in on("nginx -v 2>&1").values())
    assert all("Server: TDTWS" in told for told in on("curl --silent --head http://127.0.0.1/").values())
    code, output = site(*versions(nginx=version))
    assert unchanged(output), output


WRONG = {
    "keepalived-checksum": ({"keepalived_source_checksum": "sha256:" + "0" * 64},
                            ["verify: the archive", "Compare the checksum"]),
    "keepalived-no-checksum": ({"keepalived_source_checksum": ""}, ["checksum is missing"]),
    "keepalived-unreachable": (
        {"keepalived_source_url": "http://198.18.0.99/x.tar.gz", "keepalived_source_version": "2.3.2"},
        ["The archive http://198.18.0.99/x.tar.gz cannot be had", "let the host reach it"]),
    "keepalived-configure": ({"keepalived_source_configure_options": ["--with-init=systemd", "--enable-jsn"]},
                             ["configure: it does not know --enable-jsn.", 'Did you mean "--enable-json"?']),
    "nginx-checksum": ({"nginx_source_checksum": "sha256:" + "0" * 64},
                       ["verify: the archive", "Compare the checksum"]),
    "nginx-no-checksum": ({"nginx_source_checksum": ""}, ["checksum is missing"]),
    "nginx-unreachable": ({"nginx_source_url": "http://198.18.0.99/x.tar.gz", "nginx_source_version": "1.26.2"},
                          ["The archive http://198.18.0.99/x.tar.gz cannot be had", "let the host reach it"]),
    "nginx-configure": ({"nginx_source_configure_options": ["--with-http_ssl_modul"]},
                        ["configure: it does not know", 'Did you mean "--with-http_ssl_module"?']),
    # configure's own programs do not have that name, nginx has.
    "nginx-make": ({"nginx_source_configure_options": ["--with-cc-opt=-Dngx_cycle=1"]},
                   ["make: ", "Correct what the output names"]),
    "nginx-full-disk": ({"nginx_source_prefix": SMALL, "nginx_source_version": "1.26.3",
                         "nginx_source_checksum": VERSIONS["nginx"]["1.26.3"]},
                        ["No space left on device", "Free space there"]),
    "nginx-name": ({"nginx_source_server_header": 'T"S'}, ["nginx_source_server_header", "nothing was changed"]),
}


@pytest.fixture
def small(on):
    """A file system that is full before nginx is unpacked."""
    on(f"mkdir --parents {SMALL} && mount -t tmpfs -o size=4m,mode=755 tmpfs {SMALL}")
    yield
    on(f"umount {SMALL} && rmdir {SMALL}")


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("wrong", WRONG)
def test_a_build_that_fails_leaves_the_old_one_running(files, site, running, on, wrong):
    options, told = WRONG[wrong]
    before = (running(), files(), on("cat /etc/nginx/openvip.d/nginx.conf"))
    code, output = site(*versions(**options))
    assert code != 0
    for text in told:
        assert text in output.replace("\\n", "\n").replace('\\"', '"'), output
    assert (running(), files(), on("cat /etc/nginx/openvip.d/nginx.conf")) == before
    assert set(on("curl --silent http://127.0.0.1/").values()) == {"lb1", "lb2"}


def test_the_packages_take_over_and_nothing_of_the_builds_stays(cluster, site, running, on):
    packages = ("--extra-vars", json.dumps({f"{name}_install_method": "package" for name in VERSIONS}))
    code, output = site(*packages)
    assert code == 0, output
    for dummy, keepalived, _dummy, nginx in running().values():
        assert (keepalived, nginx) == ("/usr/sbin/keepalived", "/usr/sbin/nginx")
    stays = on("ls -d /opt/keepalived /opt/nginx /usr/local/sbin/keepalived /usr/local/sbin/nginx "
               "/etc/systemd/system/keepalived.service /etc/systemd/system/nginx.service 2>&- | cat")
    assert set(stays.values()) == {""}
    assert cluster.wait_for_holder() in cluster.names
    assert set(on("curl --silent http://127.0.0.1/").values()) == {"lb1", "lb2"}
    code, output = site(*packages)
    assert unchanged(output), output
