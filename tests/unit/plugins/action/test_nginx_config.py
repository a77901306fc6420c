# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of nginx_config: groups become addresses and the data is checked on the controller, then handed over."""

from __future__ import annotations

from unittest.mock import MagicMock

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.openvip.cluster.plugins.action.nginx_config import ActionModule


def facts(address):
    return {"interfaces": ["eth1"], "eth1": {"device": "eth1", "ipv4": {"address": address, "prefix": "24"}},
            "default_ipv4": {"address": address}}


HOSTVARS = {
    "lb1": {"ansible_host": "198.18.0.11"},
    "web1": {"ansible_host": "web1.example.com", "ansible_facts": facts("198.18.0.21")},
    "web2": {"ansible_host": "198.18.0.22", "nginx_upstream_server": {"weight": "3"}},
    "other": {},
}
GROUPS = {"all": list(HOSTVARS), "lb": ["lb1"], "web": ["web1", "web2"], "others": ["other"]}


def balancer(group="web", **server):
    return {"http": {"upstream": [{"name": "web", "server_group": [{"group": group, "port": 80}]}],
                     "server": [{"name": "www", "listen": ["80"], "location": [
                         {"uri": "/", "proxy_pass": "http://web"}], **server}]}}


@pytest.fixture
def run(monkeypatch):
    """Run the action; returns its result and what the module was given."""

    def call(hostvars=None, more=None, **arguments):
        task = MagicMock(args=arguments, async_val=0, check_mode=False)
        action = ActionModule(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), MagicMock())
        given = {}
        monkeypatch.setattr(action, "_execute_module",
                            lambda module_args, **unused: given.update(module_args) or {"changed": True})
        variables = {"inventory_hostname": "lb1", "groups": GROUPS, "hostvars": {**HOSTVARS, **(hostvars or {})},
                     **(more or {})}
        monkeypatch.setattr(action, "_display", MagicMock())
        result = action.run(task_vars=variables)
        call.warned = [entry.args[0] for entry in action._display.warning.mock_calls]
        return result, given

    return call


def test_the_module_gets_addresses_for_groups_and_all_other_options(run):
    result, given = run(config=balancer(), path="/x", file=[{"path": "a", "content": "b"}])
    assert result["changed"] and given["path"] == "/x" and given["file"] == [{"path": "a", "content": "b"}]
    assert given["config"]["http"]["upstream"] == [{"name": "web", "server": [
        {"address": "198.18.0.21:80"}, {"address": "198.18.0.22:80", "weight": 3}]}]


def test_what_the_role_leaves_out_is_left_out(run):
    result, given = run(config={
        "user": None, "worker_processes": "auto", "events": {"multi_accept": None}, "stream": {"server": None}})
    assert result["changed"] and given["config"] == {"worker_processes": "auto"}


@pytest.mark.parametrize("config, words", [
    (balancer(lisen=["81"]), ["server www", '"lisen"', 'Did you mean "listen"?']),
    (balancer(group="wbe"), ["upstream web", 'no group "wbe"', 'Did you mean "web"?']),
    (balancer(group="others"), ["no address of other is known", "Gather its facts"]),
    (balancer(listen=["443 ssl"]), ["server www", "no certificate"]),
    (balancer(allow=["198.18.0.11"], location=[{"uri": "/", "return": "200 x", "allow": ["198.18.0.11"]}]),
     ["server www: location /", "return answers everybody"]),
    (balancer(root="/a", location=[{"uri": "/img", "alias": "/a/img/"}]), ["server www: location /img", "above that"]),
    ({**balancer(), "stream": {"server": [{"name": "x", "listen": ["198.18.0.1:80"], "proxy_pass": "a:1"}]}},
     ["stream server x", "server www", "another port"]),
    (balancer(listen=["443 ssl"], ssl_certificate_content="x", ssl_certificate_key_content="y"),
     ["server www", "has no certificate", "-----BEGIN"]),
    ("text", ["must be a dictionary"]),
    (None, ["must be a dictionary"]),
])
def test_a_wrong_configuration_is_refused_before_the_host_is_reached(run, config, words):
    result, given = run(config=config)
    assert result["failed"] and given == {} and "nothing was changed" in result["msg"]
    assert [word for word in words if word not in result["msg"]] == [], result["msg"]


def test_a_file_of_passwords_that_the_workers_cannot_read_is_refused(run):
    config = balancer(location=[{"uri": "/", "proxy_pass": "http://web", "auth_basic": "x",
                                 "auth_basic_user_file": "openvip.d/members"}])
    assert run(config=config, file=[{"path": "members", "content": "x"}])[0].get("failed") is None
    result, given = run(config=config, file=[{"path": "members", "content": "x", "mode": "0600"}])
    assert result["failed"] and given == {} and "cannot read openvip.d/members" in result["msg"]


def test_a_warning_is_shown_and_hinders_nothing(run):
    config = balancer(location=[{"uri": "/", "proxy_pass": "http://web", "add_header": {"X-A": "1"}}],
                      add_header={"X-B": "1"})
    result, _given = run(config=config)
    assert result["changed"] and [text[:40] for text in run.warned] == ["lb1: server www: location /: its add_hea"]


def test_what_a_host_says_of_itself_is_checked_too(run):
    result, given = run(hostvars={"web2": {"ansible_host": "198.18.0.22", "nginx_upstream_server": {"wieght": 3}}},
                        config=balancer())
    assert result["failed"] and given == {}
    assert 'server 198.18.0.22:80: unknown key "wieght"' in result["msg"] and '"weight"' in result["msg"]


def test_what_a_host_says_of_itself_must_have_names(run):
    with pytest.raises(AnsibleActionFail, match="nginx_upstream_server of web2 must be a dictionary"):
        run(hostvars={"web2": {"nginx_upstream_server": 3}}, config=balancer())


@pytest.mark.parametrize("known, expected", [
    (["nginx_server"], ['lb1: variable nginx_sever: the role nginx has no variable of this name, so it has no effect '
                        'of its own. Did you mean "nginx_server"?']),
    # a play of somebody's own, without the role
    (None, []),
])
def test_a_variable_that_is_almost_one_of_the_role_is_named(run, known, expected):
    result, _given = run(config=balancer(), more={"nginx_sever": [], "__nginx_variables": known})
    assert result["changed"] and run.warned == expected


@pytest.mark.parametrize("mode, meant", [(0o644, "0644"), (0o600, "0600"), (644, "0644"), (0o755, "0755")])
def test_permissions_that_yaml_has_read_as_a_number_are_refused(run, mode, meant):
    result, given = run(config=balancer(), file=[{"path": "a.html", "content": "", "mode": mode}])
    assert result["failed"] and given == {}
    assert f"file a.html: mode is the number {mode} for YAML" in result["msg"], result["msg"]
    assert f'Write it in quotes: "{meant}".' in result["msg"]


def test_what_yaml_makes_of_a_configuration_reaches_the_module_as_it_is_meant(run):
    result, given = run(config={"http": {"access_log": False, "server": [{
        "name": "www", "listen": 80, "server_name": "a.example b.example",
        "location": [{"uri": "~ /\\.git", "return": 403}]}]}})
    assert result["changed"] and given["config"]["http"] == {"access_log": ["off"], "server": [{
        "name": "www", "listen": ["80"], "server_name": ["a.example", "b.example"],
        "location": [{"modifier": "~", "uri": "/\\.git", "return": "403"}]}]}
