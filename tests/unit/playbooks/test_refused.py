# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a role refuses before it changes anything: a mistyped keyword with one line, and a masked unit."""

from __future__ import annotations

import pytest
import yaml

INSTANCE = {"name": "VI_1", "virtual_router_id": 51, "virtual_ipaddress": ["198.18.0.100/24"]}
SERVICE = {"ip": "198.18.0.100", "port": 80, "protocol": "TCP", "lb_kind": "DR"}
SITE = {"name": "www", "listen": ["80"], "server_name": ["www.example.com"]}


@pytest.fixture
def role(play_without_daemon, tmp_path):
    """Run the check of a role with variables on a host."""

    def run(name, variables):
        # the tests may run where there is no systemd
        play = {"hosts": "lb1", "gather_facts": True, "vars": variables, "tasks": [
            {"ansible.builtin.set_fact": {"ansible_service_mgr": "systemd", "cacheable": True}},
            {"ansible.builtin.import_role": {"name": f"openvip.cluster.{name}", "tasks_from": "main"}}]}
        path = tmp_path / "play.yml"
        path.write_text(yaml.safe_dump([play]))
        return play_without_daemon(str(path), "--check")

    return run


@pytest.mark.parametrize("name, variables, said", [
    ("keepalived", {"keepalived_vrrp_instance": [{**INSTANCE, "virtual_ipadress": ["198.18.0.100/24"]}]},
     'unknown key "virtual_ipadress". Did you mean "virtual_ipaddress"?'),
    ("keepalived", {"keepalived_vrrp_instance": [{**INSTANCE, "authentication": {"auth_tipe": "PASS"}}]},
     'unknown key "auth_tipe". Did you mean "auth_type"?'),
    ("keepalived", {"keepalived_vrrp_instance": [INSTANCE],
                    "keepalived_virtual_server": [{**SERVICE, "lvs_sched": "rr", "real_servr": []}]},
     'unknown key "real_servr". Did you mean "real_server"?'),
    ("nginx", {"nginx_server": [{**SITE, "locations": [{"uri": "/"}]}]},
     'unknown key "locations". Did you mean "location"?'),
    ("nginx", {"nginx_server": [{**SITE, "location": [{"uri": "/", "proxy_pas": "http://x"}]}]},
     'unknown key "proxy_pas". Did you mean "proxy_pass"?'),
])
def test_it_gets_one_line(role, name, variables, said):
    done = role(name, variables)
    assert done.returncode != 0 and said in done.stdout, done.stdout
    assert len(done.stdout) < 4000


@pytest.mark.parametrize("name, masked", [("keepalived", True), ("nginx", True), ("nginx", False)])
def test_a_masked_unit_is_refused_before_anything_changes(role, tmp_path, name, masked):
    (tmp_path / "bin" / "systemctl").write_text(
        f"#!/bin/sh\necho Id={name}.service\necho LoadState={'masked' if masked else 'loaded'}\n")
    server = SITE if masked else {**SITE, "locations": []}
    done = role(name, {"keepalived_raw": ["global_defs {\n}"], "nginx_server": [server]})
    said = " ".join(done.stdout.split())
    assert done.returncode != 0 and (f"lb1: {name}.service is masked, so it cannot be started." in said) == masked, said
    assert ('Did you mean "location"' in said) == (not masked)
