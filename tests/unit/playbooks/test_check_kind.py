# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A playbook on a cluster of another kind, which would remove what that kind has."""

from __future__ import annotations

import json

import pytest

LVS = {"keepalived_virtual_server": [{"ip": "198.18.0.100", "port": 80, "lb_kind": "DR", "protocol": "TCP"}]}
HOSTS = {"nginx_web_hosts": "lb", "lvs_real_server_hosts": "lb"}
HAPROXY = {"haproxy_config_file": "/etc/hostname"}
REFUSED = "openvip.cluster.%s is not for this cluster: %s"


@pytest.mark.parametrize(("playbook", "variables", "reason", "right"), [
    ("site", LVS, "keepalived_virtual_server is set", "lvs"),
    ("nginx_balancer", LVS, "keepalived_virtual_server is set", "lvs"),
    ("haproxy", LVS, "keepalived_virtual_server is set", "lvs"),
    ("site", {**LVS, **HAPROXY}, "keepalived_virtual_server is set", "lvs"),
    ("site", HAPROXY, "haproxy_config_file is set", "haproxy"),
    ("nginx_balancer", HAPROXY, "haproxy_config_file is set", "haproxy"),
    ("lvs", {}, "keepalived_virtual_server is not set", "site"),
    ("lvs", {"keepalived_virtual_server": []}, "keepalived_virtual_server is not set", "site"),
    ("lvs", HAPROXY, "haproxy_config_file is set", "haproxy"),
])
def test_it_is_refused_and_the_right_one_is_named(play_without_daemon, playbook, variables, reason, right):
    done = play_without_daemon(f"{playbook}.yml", "--extra-vars", json.dumps({**variables, **HOSTS}))
    output = " ".join(done.stdout.split())
    assert done.returncode != 0 and REFUSED % (playbook, reason) in output, output
    assert f"Run openvip.cluster.{right}, or" in output and "Nothing was changed." in output
    assert "Check the configuration" not in output and "Gathering Facts" not in output


@pytest.mark.parametrize(("playbook", "variables"), [
    ("site", {}), ("lvs", LVS),
    *(pytest.param(*case, marks=pytest.mark.slow) for case in (
        ("nginx_balancer", {}), ("haproxy", {}), ("haproxy", HAPROXY)))])
def test_on_its_own_cluster_it_goes_on(play_without_daemon, playbook, variables):
    done = play_without_daemon(f"{playbook}.yml", "--extra-vars", json.dumps({**variables, **HOSTS}))
    assert "is not for this cluster" not in done.stdout and "Gathering Facts" in done.stdout
