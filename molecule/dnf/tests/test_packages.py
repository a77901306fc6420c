# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What dnf installed from where, and that the daemons run with the Red Hat family's paths."""

from __future__ import annotations

import json

import pytest

from ansible_collections.openvip.cluster.tests.lab import containers

testinfra_hosts = ["localhost"]
INVENTORY = "inventory/active_passive"
EPEL = {"lb1": True, "lb2": False}


@pytest.fixture(scope="module")
def run(cluster):
    """Return a function that runs a program on a host and returns what it printed."""
    return lambda name, *words: containers.execute(cluster.container(name), *words)


def repositories(run, name):
    """Return the repository that each installed package came from."""
    printed = run(name, "dnf", "--quiet", "repoquery", "--installed", "--queryformat", "%{name} %{from_repo}")
    return dict(line.split(" ", 1) for line in printed.splitlines())


def test_epel_is_installed_and_used_where_it_is_asked_for_and_nowhere_else(run):
    found = {name: repositories(run, name) for name in EPEL}
    assert {name: packages["nginx"] for name, packages in found.items()} == {"lb1": "epel", "lb2": "nginx-stable"}
    assert {name: "epel-release" in packages for name, packages in found.items()} == EPEL
    assert {packages["keepalived"] for packages in found.values()} == {"appstream"}


@pytest.mark.parametrize("name", EPEL)
def test_no_daemon_is_debians(run, name):
    listed = run(name, "sh", "-c", "dpkg --list keepalived nginx 2>&1 | grep ^ii || echo none")
    assert listed.strip() == "none"
    query = ("rpm", "--query", "--queryformat", "%{name}\\n", "--file")
    owners = run(name, *query, "/usr/sbin/keepalived", "/usr/sbin/nginx")
    assert owners.split() == ["keepalived", "nginx"]


@pytest.mark.parametrize("name", EPEL)
def test_the_daemons_run_as_their_packages_have_it(run, name):
    arguments = run(name, "sh", "-c", "tr '\\0' ' ' </proc/$(cat /run/keepalived.pid)/cmdline").split()
    # from /etc/sysconfig/keepalived
    assert arguments == ["/usr/sbin/keepalived", "--dont-fork", "-D"]
    assert set(run(name, "ps", "-C", "nginx", "-o", "user=").split()) == {"root", "nginx"}
    assert run(name, "cat", "/usr/share/nginx/html/index.html").strip() == name


def test_a_stream_server_brings_its_module_from_the_same_repository(run, site):
    servers = [{"name": "relay", "listen": ["8080"], "proxy_pass": "127.0.0.1:80"}]
    # This inventory does not ask for EPEL, which lb1 has by now.
    code, output = site("--extra-vars", json.dumps({"nginx_stream_server": servers}))
    try:
        assert code == 0, output
        for name, repository in (("lb1", "epel"), ("lb2", "nginx-stable")):
            assert repositories(run, name)["nginx-mod-stream"] == repository
        for address, name in (("198.18.0.11", "lb1"), ("198.18.0.12", "lb2")):
            assert run("client", "curl", "--silent", f"http://{address}:8080/").strip() == name
    finally:
        assert site()[0] == 0
