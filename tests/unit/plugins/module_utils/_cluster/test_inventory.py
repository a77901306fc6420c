# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the text of several keepalived.conf to the variables of the role."""

from __future__ import annotations

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.inventory import (
    Reference,
    Secret,
    marked,
    raw_lines,
    variables,
)

TEXT = """\
$PASS=hidden
vrrp_script check { script "/bin/check -x" }
vrrp_instance VI_1 {
    virtual_router_id 51
    authentication { auth_type PASS
        auth_pass opensesa
    }
    unknown_word 1 # note
}
vrrp_instance VI_2 {
    virtual_router_id 52
    authentication { auth_type PASS
        auth_pass $PASS
    }
}
"""
NAME = "keepalived_secret_vrrp_instance_vi_%d_authentication_auth_pass"


def test_secrets_are_marked_where_they_stand():
    data = marked(TEXT)
    first, second = data["vrrp_instance"]
    assert isinstance(first["authentication"]["auth_pass"], Secret)
    assert isinstance(second["authentication"]["auth_pass"], Secret)
    assert data["raw"] == ["$PASS=hidden"] and isinstance(data["raw"][0], Secret)
    assert not isinstance(first["raw"][0], Secret) and not isinstance(first["authentication"]["auth_type"], Secret)


def test_raw_lines_are_listed_with_their_blocks_and_without_secrets():
    assert list(raw_lines(marked(TEXT))) == [("vrrp_instance VI_1", "unknown_word 1 # note"),
                                             ("configuration", "********")]


def test_what_the_role_would_add_is_said_not_to_be_there():
    found = variables({"lb1": marked(TEXT)}, "directors")
    assert found.common["keepalived_group"] == "directors"
    assert found.common["keepalived_track_service"] == ""
    assert found.common["keepalived_log_transitions"] is False and found.common["keepalived_maintenance_file"] == ""
    assert found.common["keepalived_global_defs"] == {"script_user": None, "enable_script_security": False}
    assert [(block["state"], block["priority"]) for block in found.common["keepalived_vrrp_instance"]] \
        == [("BACKUP", 100)] * 2
    assert found.own == {"lb1": {}} and found.own_secrets == {"lb1": {}}


def test_secrets_stand_in_variables_of_their_own():
    found = variables({"lb1": marked(TEXT), "lb2": marked(TEXT)}, "lb")
    block = found.common["keepalived_vrrp_instance"][0]["authentication"]
    assert block == {"auth_type": "PASS", "auth_pass": "{{ %s }}" % (NAME % 1)}
    assert isinstance(block["auth_pass"], Reference)
    assert found.common_secrets == {NAME % 1: "opensesa", NAME % 2: "$PASS", "keepalived_secret_raw": "$PASS=hidden"}
    assert "opensesa" not in str(found.common)


def test_a_secret_of_a_host_does_not_hide_one_of_the_group():
    hosts = {"lb1": marked(TEXT), "lb2": marked(TEXT.replace("opensesa", "another"))}
    found = variables(hosts, "lb")
    assert set(found.common_secrets) == {NAME % 2, "keepalived_secret_raw"}
    for host, secret in (("lb1", "opensesa"), ("lb2", "another")):
        assert found.own_secrets[host] == {NAME % 1: secret}
        assert found.own[host]["keepalived_override"]["vrrp_instance"] == [
            {"name": "VI_1", "authentication": {"auth_type": "PASS", "auth_pass": "{{ %s }}" % (NAME % 1)}}]


def test_secrets_in_the_same_place_get_names_of_their_own():
    text = "$A=1\n$B=2\nvrrp_instance x {\nauthentication {\nauth_pass ${A}${B}\n}\n}\n"
    found = variables({"lb1": marked(text)}, "lb")
    assert found.common["keepalived_raw"] == ["{{ keepalived_secret_raw }}", "{{ keepalived_secret_raw_2 }}"]


def test_sections_that_differ_as_a_whole_are_variables_of_the_host():
    found = variables({"lb1": marked("vrrp_instance a {\n}\n"), "lb2": marked("vrrp_instance b {\n}\n")}, "lb")
    assert "keepalived_vrrp_instance" not in found.common
    assert [found.own[host]["keepalived_vrrp_instance"][0]["name"] for host in found.own] == ["a", "b"]
