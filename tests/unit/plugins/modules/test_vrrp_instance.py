# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""vrrp_instance: one block of a hand-written file; with a stand-in for the program keepalived."""

from __future__ import annotations

import json
import stat

import pytest

from ansible_collections.openvip.cluster.plugins.modules import vrrp_instance

HAND = """\
# written by hand, with care
global_defs {
  router_id lb1
}

vrrp_instance VI_1 {
  state BACKUP     # both hosts
  interface eth1
  virtual_router_id 51
  priority 250
  authentication {
    auth_type PASS
    auth_pass Xq7secre
  }
  virtual_ipaddress {
    198.18.0.100/24
  }
}
"""
SECOND = {"name": "VI_2", "interface": "eth1", "virtual_router_id": 52, "priority": 100,
          "virtual_ipaddress": ["198.18.0.101/24"]}


@pytest.fixture
def host(module_on_host):
    """A host with the hand-written file; calling it runs the module."""
    run = module_on_host(vrrp_instance)
    run.path.write_text(HAND)
    run.path.chmod(0o640)
    return run


@pytest.mark.parametrize(("options", "changed"), [
    (SECOND, lambda text: text.startswith(HAND) and "vrrp_instance VI_2 {\n  interface eth1\n" in text),
    ({"name": "VI_1", "priority": 240}, lambda text: text == HAND.replace("priority 250", "priority 240")),
    ({"name": "VI_1", "initial_state": "MASTER"}, lambda text: text == HAND.replace("BACKUP ", "MASTER ")),
    ({"name": "VI_1", "authentication": {}},
     lambda text: text == HAND.replace(HAND[HAND.index("  auth"):HAND.index("  virtual_ip")], "")),
    ({"name": "VI_1", "state": "absent"}, lambda text: text == HAND[:HAND.index("\nvrrp_instance")]),
])
def test_four_runs_check_run_check_run(host, options, changed):
    check = host(check=True, **options)
    assert check["changed"] and host.path.read_text() == HAND
    first = host(**options)
    assert first["changed"] and first["diff"] == check["diff"] and first["after"] == check["after"]
    written = host.path.read_text()
    assert changed(written)
    assert stat.S_IMODE(host.path.stat().st_mode) == 0o640
    again_check = host(check=True, **options)
    again = host(**options)
    assert not again_check["changed"] and not again["changed"] and again["backup_file"] is None
    assert host.path.read_text() == written and again["before"] == again["after"] == first["after"]


def test_before_and_after_have_the_shape_of_the_data_without_secrets(host):
    result = host(name="VI_1", priority=240, authentication={"auth_pass": "Zw9other"})
    assert result["before"]["priority"] == 250 and result["after"]["priority"] == 240
    assert result["after"]["authentication"]["auth_pass"] == "********"
    assert "Zw9other" in host.path.read_text()
    assert "Xq7secre" not in json.dumps(result) and "Zw9other" not in json.dumps(result)
    with open(result["backup_file"]) as stream:
        assert stream.read() == HAND


def test_a_secret_alone_is_a_change_that_is_told(host):
    result = host(name="VI_1", authentication={"auth_pass": "Zw9other"})
    assert result["changed"] and "a masked value differs" in result["diff"]["after"]


def test_without_a_file_there_is_nothing_to_take_out(host):
    host.path.unlink()
    result = host(name="VI_1", state="absent")
    assert not result["changed"] and result["before"] is None and not host.path.exists()


def test_without_a_file_one_is_made(host):
    host.path.unlink()
    assert host(check=True, **SECOND)["changed"] and not host.path.exists()
    assert host(**SECOND)["changed"] and stat.S_IMODE(host.path.stat().st_mode) == 0o600
    assert not host(**SECOND)["changed"]


@pytest.mark.parametrize(("options", "words"), [
    ({"virtual_router_id": 51}, ["vrrp_instance VI_2", "that of vrrp_instance VI_1"]),
    ({"virtual_router_id": None}, ["vrrp_instance VI_2", "virtual_router_id is missing"]),
    ({"track_script": ["chk"]}, ["VI_2", "track_script chk is not defined"]),
    ({"initial_state": "MASTER", "nopreempt": True}, ["VI_2", "nopreempt"]),
])
def test_what_is_wrong_with_the_block_is_refused_with_its_place(host, options, words):
    refused = host(**{**SECOND, **options})
    assert refused["failed"] and not refused["changed"] and host.path.read_text() == HAND
    for word in [*words, f"{host.path}:"]:
        assert word in refused["msg"], refused["msg"]


@pytest.mark.parametrize(("options", "words"), [
    ({"virtual_router_id": 300}, ["vrrp_instance VI_2", "virtual_router_id", "1-255", "300"]),
    ({"virtual_ipaddress": ["198.18.0.5/24", "198.18.0.500/24"]}, ["vrrp_instance VI_2", "198.18.0.500"]),
    ({"authentication": {"auth_pass": "ninechars"}}, ["vrrp_instance VI_2 authentication", "auth_pass", "8"]),
    ({"priority": 0, "advert_int": 0}, ["priority", "advert_int"]),
])
@pytest.mark.parametrize("name", ["VI_1", "VI_2"])
def test_wrong_values_are_refused(host, options, words, name):
    refused = host(**{**SECOND, **options, "name": name})
    assert refused["failed"] and not refused["changed"] and host.path.read_text() == HAND
    for word in words:
        assert word.replace("VI_2", name) in refused["msg"], refused["msg"]
    assert "ninechars" not in json.dumps(refused)


def test_what_the_edit_breaks_elsewhere_is_refused(host):
    host.path.write_text(HAND + "vrrp_sync_group G {\n  group {\n    VI_1\n    VI_1\n  }\n}\n")
    refused = host(name="VI_1", state="absent")
    assert refused["failed"] and "vrrp_sync_group G: the member VI_1 is no vrrp_instance" in refused["msg"]


def test_older_faults_are_warnings_with_their_place(host):
    text = HAND.replace("  router_id lb1", "  route_id lb1\n  smtp_connect_timeout x")
    host.path.write_text(text)
    result = host(name="VI_1", priority=240)
    assert result["changed"] and host.path.read_text() == text.replace("250", "240")
    said = " ".join(host.warned)
    assert f'{host.path}:3:3: global_defs: unknown keyword "route_id"' in said and f"{host.path}:4:3: " in said


@pytest.mark.parametrize(("text", "message"), [
    (HAND + "}\n", ":19:1: '}' closes no block"),
    (HAND[:-2], ":6:1: block of 'vrrp_instance' is not closed"),
    (HAND.replace("  priority", "\u00a0 priority"), ":10:1: U+00A0"),
])
def test_a_broken_file_is_refused_with_the_place(host, text, message):
    host.path.write_text(text)
    refused = host(name="VI_1", priority=240)
    assert refused["failed"] and f"{host.path}{message}" in refused["msg"] and host.path.read_text() == text


def test_a_block_in_an_included_file_is_named(host):
    (host.path.parent / "conf.d").mkdir()
    (host.path.parent / "conf.d" / "two.conf").write_text("\nvrrp_instance VI_2 {\n}\n")
    text = HAND + "include conf.d/{one,two}.conf\n"
    host.path.write_text(text)
    for state in ("present", "absent"):
        refused = host(**{**SECOND, "state": state})
        assert refused["failed"] and f"is in {host.path.parent}/conf.d/two.conf:2" in refused["msg"]
    assert host.path.read_text() == text


@pytest.mark.parametrize(("word", "expected"), [
    ("refuse_me", "Unknown keyword 'refuse_me'"), ("die_me", "signal 11"), ("hang_me", "did not end"),
])
def test_what_keepalived_refuses_never_reaches_the_file(host, word, expected):
    refused = host(name="VI_1", priority=240, raw=[f"smtp_alert # {word}"], config_test_timeout=0.5)
    assert refused["failed"] and expected in refused["msg"] and host.path.read_text() == HAND


def test_what_keepalived_refused_before_is_no_fault_of_the_edit(host):
    host.path.write_text("# refuse_me\n" + HAND)
    result = host(**SECOND)
    assert result["changed"] and "Unknown keyword 'refuse_me'" in result["config_test"][0]


def test_an_unknown_option_is_refused(host):
    refused = host(name="VI_1", priorty=3)
    assert refused["failed"] and "priorty" in refused["msg"] and "priority" in refused["msg"]
