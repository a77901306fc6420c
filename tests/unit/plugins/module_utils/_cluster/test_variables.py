# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables that have almost the name of one of the role's."""

from __future__ import annotations

import pathlib

import pytest
import yaml

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.variables import misspelt

REPOSITORY = pathlib.Path(__file__).resolve().parents[5]
KNOWN = yaml.safe_load(
    (REPOSITORY / "roles" / "keepalived" / "vars" / "main" / "variables.yml").read_text())["__keepalived_variables"]
EVERY = [name for names in KNOWN.values() for name in names]


def test_every_role_has_its_variables():
    assert sorted(KNOWN) == sorted(path.name for path in (REPOSITORY / "roles").iterdir())
    assert all(name.startswith(role + "_") for role, names in KNOWN.items() for name in names) and len(EVERY) > 150


@pytest.mark.parametrize("name, meant", [
    ("keepalived_track_sevice", "keepalived_track_service"), ("keepalived_vrrp_instances", "keepalived_vrrp_instance"),
    ("keepalived_unicst", "keepalived_unicast"), ("keepalived_virtual_servers", "keepalived_virtual_server"),
    ("keepalived_global_def", "keepalived_global_defs"), ("nginx_servers", "nginx_server"),
    ("nginx_upstreams", "nginx_upstream"), ("nginx_startpage", "nginx_start_page"),
    ("nginx_stream_servers", "nginx_stream_server"), ("lvs_director_connection_tab_bits", "lvs_director_conn_tab_bits"),
    ("lvs_real_server_interfaces", "lvs_real_server_interface"), ("failover_drill_fault", "failover_drill_faults"),
    ("keepalived_metrics_intervall", "keepalived_metrics_interval"), ("source_build_versions", "source_build_version"),
    ("keepalived_metrcs_interval", "keepalived_metrics_interval"),
])
def test_a_slip_is_named_with_what_was_meant_and_its_hosts(name, meant):
    [found] = misspelt({"lb2": ["nginx_listen", name], "lb1": [name], "lb3": [meant]}, KNOWN)
    assert str(found).startswith(f"variable {name} of lb1 and lb2: no role of openvip.cluster has a variable of this")
    assert str(found).endswith(f'Did you mean "{meant}"?')
    assert found.hosts == ["lb1", "lb2"]


@pytest.mark.parametrize("name", [
    *EVERY, "keepalived_secret_vi_1_auth_pass", "keepalived_password", "keepalived_address", "kepalived_unicast",
    "__keepalived_unicst", "ansible_host", "nginx_vhosts", "nginx_port", "nginx_version", "nginx_ssl", "nginx",
    "lvs_real_servers", "source_url", "failover_time", "nginx_web_hosts", "lvs_real_server_hosts",
    "source_build_result"])
def test_what_is_known_or_like_nothing_is_the_users_own(name):
    assert misspelt({"lb1": [name]}, KNOWN) == []


def test_without_known_names_nothing_is_looked_at():
    assert misspelt({"lb1": ["keepalived_unicst"]}, {}) == []
