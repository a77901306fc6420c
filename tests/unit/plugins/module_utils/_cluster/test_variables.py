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
    (REPOSITORY / "roles" / "keepalived" / "vars" / "main" / "config.yml").read_text())["__keepalived_variables"]


@pytest.mark.parametrize("name, meant", [
    ("keepalived_track_sevice", "keepalived_track_service"), ("keepalived_vrrp_instances", "keepalived_vrrp_instance"),
    ("keepalived_unicst", "keepalived_unicast"), ("keepalived_virtual_servers", "keepalived_virtual_server"),
    ("keepalived_global_def", "keepalived_global_defs"),
])
def test_a_slip_is_named_with_what_was_meant_and_its_hosts(name, meant):
    [found] = misspelt("lb", {"lb2": ["nginx_listen", name], "lb1": [name], "lb3": [meant]}, KNOWN)
    assert str(found).startswith(f"variable {name} of lb: no role of openvip.cluster has a variable of this name")
    assert str(found).endswith(f'Did you mean "{meant}"?')
    assert found.hosts == ["lb1", "lb2"]


@pytest.mark.parametrize("name", [
    *KNOWN, "keepalived_secret_vi_1_auth_pass", "keepalived_password", "keepalived_address", "kepalived_unicast",
    "__keepalived_unicst", "ansible_host"])
def test_what_is_known_or_like_nothing_is_the_users_own(name):
    assert misspelt("lb", {"lb1": [name]}, KNOWN) == []


def test_the_variables_of_the_other_roles_and_of_the_playbooks_are_no_slips():
    names = {"keepalived_preflight_real_servers", "keepalived_rolling_tasks", "keepalived_import_directory"}
    for path in (REPOSITORY / "roles").glob("*/meta/argument_specs.yml"):
        for entry in yaml.safe_load(path.read_text())["argument_specs"].values():
            names.update(entry.get("options") or {})
    assert misspelt("lb", {"lb1": names}, KNOWN) == []


def test_without_known_names_nothing_is_looked_at():
    assert misspelt("lb", {"lb1": ["keepalived_unicst"]}, []) == []
