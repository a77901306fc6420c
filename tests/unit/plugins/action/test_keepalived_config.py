# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of keepalived_config: complete and check on the controller, then hand over."""

from __future__ import annotations

import time
from unittest.mock import MagicMock

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.openvip.cluster.plugins.action.keepalived_config import ActionModule


def facts(address, device="eth1"):
    return {"interfaces": [device], device: {"device": device, "ipv4": {"address": address, "prefix": "24"}}}


HOSTVARS = {"lb1": {"ansible_facts": facts("198.18.0.11")}, "lb2": {"ansible_facts": facts("198.18.0.12", "ens5")}}
CONFIG = {"vrrp_instance": [{"name": "VI_1", "virtual_router_id": 51, "virtual_ipaddress": ["198.18.0.100/24"]}]}


@pytest.fixture
def run(monkeypatch):
    """Run the action for a host; returns its result and what the module was given."""

    def call(host="lb2", hostvars=None, **arguments):
        task = MagicMock(args=dict({"config": CONFIG}, **arguments), async_val=0, check_mode=False)
        loader = MagicMock(get_real_file=str)
        action = ActionModule(task, MagicMock(), MagicMock(), loader, MagicMock(), MagicMock())
        given = {}
        monkeypatch.setattr(action, "_execute_module",
                            lambda module_args, **unused: given.update(module_args) or {"changed": True})
        groups = {"all": ["lb1", "lb2"], "lb": ["lb1", "lb2"]}
        result = action.run(
            task_vars={"inventory_hostname": host, "groups": groups, "hostvars": hostvars or HOSTVARS})
        return result, given

    return call


def test_the_module_gets_the_complete_data_of_its_host(run):
    result, given = run(group="lb", path="/x")
    assert result["changed"] and set(given) == {"config", "path"}
    instance = given["config"]["vrrp_instance"][0]
    assert (instance["interface"], instance["priority"], instance["state"]) == ("ens5", 240, "BACKUP")


def test_an_instance_may_have_an_order_of_its_own(run):
    config = {"vrrp_instance": [dict(CONFIG["vrrp_instance"][0], priority_order=["lb2"])]}
    dummy, given = run(group="lb", config=config)
    instance = given["config"]["vrrp_instance"][0]
    assert (instance["priority"], instance["state"]) == (250, "MASTER") and "priority_order" not in instance
    result, given = run(group="lb", config={"vrrp_instance": [dict(CONFIG["vrrp_instance"][0], priority_order=["lb"])]})
    assert result["failed"] and given == {} and "lb is no member of the group" in result["msg"]


def test_without_a_group_there_is_no_order(run):
    result, given = run(config={"vrrp_instance": [dict(CONFIG["vrrp_instance"][0], priority_order=["lb2"])]})
    assert result["failed"] and given == {} and '"priority_order"' in result["msg"]


def test_without_a_group_the_data_is_taken_as_it_is(run):
    config = {"vrrp_instance": [dict(CONFIG["vrrp_instance"][0], interface="eth7", priority=9, state="BACKUP")]}
    dummy, given = run(config=config)
    assert given["config"] == config


def test_a_misspelt_key_is_refused_with_the_nearest_before_the_host_is_reached(run):
    wrong = {"vrrp_instance": [dict(CONFIG["vrrp_instance"][0], priorty=9)]}
    result, given = run(group="lb", config=wrong)
    assert result["failed"] and given == {}
    assert "vrrp_instance VI_1" in result["msg"] and '"priorty"' in result["msg"] and '"priority"' in result["msg"]


def test_what_cannot_be_derived_is_refused(run):
    wrong = {"vrrp_instance": [dict(CONFIG["vrrp_instance"][0], virtual_ipaddress=["203.0.113.9/24"])]}
    result, given = run(group="lb", config=wrong)
    assert result["failed"] and given == {} and "Set interface" in result["msg"]


def test_a_held_address_is_not_taken_for_an_own_one(run):
    held = facts("198.18.0.12", "ens5")
    held["ens5"]["ipv4_secondaries"] = [{"address": "198.18.0.100", "prefix": "24"}]
    result, dummy = run(group="lb", hostvars=dict(HOSTVARS, lb2={"ansible_facts": held}))
    assert result["changed"]


@pytest.mark.parametrize("arguments", [
    {"config": {"vrrp_instance": {"VI_1": {"virtual_router_id": 51}}}},
    {"config": {"vrrp_instance": [{"name": "VI_1", "virtual_router_id": 51, "virtual_ipaddress": [{"address": "x"}]}]}},
    {"config": dict(CONFIG, global_defs=["router_id"])},
    {"override": {"vrrp_instance": {"VI_1": {"priority": 5}}}},
    {"override": {"vrrp_instance": [{"name": "VI_1", "priority": 500}]}},
])
def test_data_of_the_wrong_shape_is_refused_and_not_a_traceback(run, arguments):
    result, given = run(group="lb", **arguments)
    assert result["failed"] and given == {} and "refused" in result["msg"]


def test_an_unknown_group_is_refused_with_the_known_ones(run):
    with pytest.raises(AnsibleActionFail, match=r'no group "lbs".*there are: lb'):
        run(group="lbs")


def test_a_host_outside_of_the_group_is_refused(run):
    with pytest.raises(AnsibleActionFail, match="lb9 is not in the group"):
        run(host="lb9", group="lb", hostvars=dict(HOSTVARS, lb9={}))


@pytest.mark.parametrize("arguments, words", [
    ({"unicast": "maybe"}, 'unicast .*keepalived_unicast.* must be true or false, got "maybe"'),
    ({"sync_daemon": "perhaps"}, "keepalived_sync_daemon.* must be true or false"),
    ({"drain": "web1"}, 'keepalived_drain.* must be a list of hosts, got "web1"'),
])
def test_an_option_of_another_type_is_refused_with_its_variable(run, arguments, words):
    with pytest.raises(AnsibleActionFail, match=words):
        run(group="lb", **arguments)


def test_data_that_is_no_dictionary_is_refused(run):
    with pytest.raises(AnsibleActionFail, match="dictionary"):
        run(config="vrrp_instance VI_1 {}")


NOTIFY = {"directory": "/usr/libexec/keepalived/openvip", "log": "/usr/libexec/keepalived/openvip/log-transition"}


def test_scripts_and_the_log_are_wired_and_are_no_business_of_the_module(run):
    script = {"name": "tell", "content": "#!/bin/sh\n", "keywords": ["notify", "notify_stop"],
              "vrrp_instance": ["VI_1"]}
    dummy, given = run(group="lb", notify=dict(NOTIFY, script=[script]))
    instance = given["config"]["vrrp_instance"][0]
    assert set(given) == {"config"} and given["config"]["global_defs"]["enable_script_security"] is True
    assert instance["notify"] == "%s %s/tell" % (NOTIFY["log"], NOTIFY["directory"])
    assert instance["notify_stop"] == "%s/tell INSTANCE VI_1 STOP" % NOTIFY["directory"]


@pytest.mark.parametrize("script, words", [
    ({"name": "tell", "content": "#!/bin/sh\n", "keywords": ["notify_mster"]}, ["value of keywords", "notify_master"]),
    ({"name": "tell"}, ["content", "src"]),
    ({"name": "tell", "content": "#!/bin/sh\n", "src": "tell.sh"}, ["mutually exclusive", "content", "src"]),
    ({"content": "#!/bin/sh\n"}, ["name"]),
    ({"name": "tell", "content": "#!/bin/sh\n", "state": "master"}, ["state", "keywords"]),
])
def test_a_script_of_the_wrong_shape_is_refused_before_the_host_is_reached(run, script, words):
    with pytest.raises(AnsibleActionFail, match="keepalived_config: notify: ") as caught:
        run(group="lb", notify=dict(NOTIFY, script=[script]))
    assert all(word in str(caught.value) for word in words)


def test_notify_that_is_no_dictionary_is_refused(run):
    with pytest.raises(AnsibleActionFail, match=r"notify.*dict"):
        run(group="lb", notify="/usr/bin/tell")


def test_a_script_that_nothing_runs_is_refused(run):
    result, given = run(group="lb", notify=dict(NOTIFY, script=[{"name": "tell", "content": "echo"}]))
    assert result["failed"] and given == {} and "notify_script tell" in result["msg"] and "#!/bin/sh" in result["msg"]


@pytest.mark.parametrize("text, refused", [("#!/bin/sh\n", False), ("echo\n", True)])
def test_a_file_on_the_controller_is_looked_at_as_well(run, monkeypatch, tmp_path, text, refused):
    (tmp_path / "tell.sh").write_text(text)
    monkeypatch.setattr(ActionModule, "_find_needle", lambda self, place, name: str(tmp_path / name))
    result, dummy = run(group="lb", notify=dict(NOTIFY, script=[{"name": "tell", "src": "tell.sh"}]))
    assert bool(result.get("failed")) == refused


def test_a_warning_of_the_derivation_does_not_hide_what_the_rules_find(run):
    own = {"vrrp_instance": [dict(CONFIG["vrrp_instance"][0], notify="/usr/bin/own", nopreempt=True, state="MASTER")]}
    result, given = run(group="lb", config=own, notify=NOTIFY)
    assert result["failed"] and given == {} and "nopreempt" in result["msg"]


def test_the_clock_is_read_when_peers_see_the_change(monkeypatch):
    task = MagicMock(args={"config": CONFIG, "group": "lb"}, async_val=0, check_mode=True)
    action = ActionModule(task, MagicMock(), MagicMock(), MagicMock(get_real_file=str), MagicMock(), MagicMock())
    outcome = {"changed": True, "advertised": ["vrrp_instance VI_1: version becomes 3 instead of 2."]}
    monkeypatch.setattr(action, "_execute_module", lambda **unused: dict(outcome))
    variables = {"inventory_hostname": "lb2", "groups": {"all": ["lb1", "lb2"], "lb": ["lb1", "lb2"]},
                 "hostvars": HOSTVARS}
    monkeypatch.setattr(action, "_low_level_execute_command",
                        lambda *dummy, **unused: {"stdout": f"{time.time() + 3}\n"})
    clock = action.run(task_vars=variables)["clock"]
    assert clock["low"] <= 3 <= clock["high"] and clock["high"] - clock["low"] < 0.5
    monkeypatch.setattr(action, "_low_level_execute_command", lambda *dummy, **unused: {"stdout": "not found"})
    assert action.run(task_vars=variables)["clock"] is None
    outcome["advertised"] = []
    assert "clock" not in action.run(task_vars=variables)
