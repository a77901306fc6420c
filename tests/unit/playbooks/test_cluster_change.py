# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The task files that inspect the cluster after a change and roll it back: a host that does not answer is
disputed, the role's variables pass the results of all hosts on, and the report names hosts that were not rolled
back."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest
import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
TASKS = REPOSITORY / "roles/keepalived/tasks"
PLAY = {
    "hosts": "lb", "gather_facts": False, "any_errors_fatal": True,
    "vars": {"keepalived_group": "lb", "__keepalived_looked": 15, "keepalived_reload_lead": 0.5},
    "vars_files": [str(REPOSITORY / "roles/keepalived" / name) for name in ("defaults/main.yml", "vars/main/main.yml")],
}
INSPECT = [
    {"ansible.builtin.set_fact": {"__keepalived_running": "{{ before }}"}, "when": "before is defined"},
    {"ansible.builtin.include_tasks": str(REPOSITORY / "roles/keepalived/tasks/look.yml")},
    {"ansible.builtin.debug": {"msg": "wrong: {{ __keepalived_wrong }}"}, "run_once": True},
]
ROLL_BACK = [
    {"ansible.builtin.set_fact": {
        "__keepalived_written": {"failed": False, "reload_identifier": "never armed"},
        "__keepalived_way": {"together": ["lb1", "lb2"]}, "__keepalived_reloads": {"behind": ["lb3: it failed."]}}},
    {"ansible.builtin.include_tasks": str(REPOSITORY / "roles/keepalived/tasks/roll_back_together.yml")},
]
KEEP = [
    {"ansible.builtin.set_fact": {"__keepalived_written": {"reload_identifier": "never armed"}},
     "when": "inventory_hostname == 'lb1'"},
    {"ansible.builtin.set_fact": {"__keepalived_written": {"differs": False}}, "when": "inventory_hostname == 'lb2'"},
    {"ansible.builtin.include_tasks": str(REPOSITORY / "roles/keepalived/tasks/keep_together.yml")},
]
# As in together.yml, from the first phase on
PREPARE = [
    {"ansible.builtin.set_fact": {
        "__keepalived_written": {"failed": False, "reload_identifier": "never armed"}, "__keepalived_holding": {},
        "__keepalived_way": {"together": ["lb1", "lb2"]}, "__keepalived_reloads": {"behind": []}}},
    {"ansible.builtin.set_fact": {"__keepalived_written": {"differs": False}}, "when": "inventory_hostname == 'lb2'"},
    *[dict(task, **{"ansible.builtin.include_tasks": str(TASKS / task["ansible.builtin.include_tasks"])})
      for task in yaml.safe_load((TASKS / "together.yml").read_text())[-3:]],
]

LOST = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
PLAN = {"differs": True, "advertised": ["seen"], "window": 2.0, "clock": {"low": 0.0, "high": 0.01}}
RELOADS = [
    {"ansible.builtin.set_fact": {"__keepalived_plan": PLAN, "__keepalived_tested": PLAN}},
    {"ansible.builtin.set_fact": {"__keepalived_written": dict(PLAN, reload_identifier="0f1e")}},
    {"ansible.builtin.set_fact": {"__keepalived_reloaded": {"state": "changed", "reloaded_at": 1000.5}},
     "when": "inventory_hostname == 'lb2'"},
    {"openvip.cluster.cluster_change": {"group": "lb", "plan": "{{ __keepalived_all_plans }}"},
     "run_once": True, "register": "__keepalived_way"},
    {"openvip.cluster.cluster_change": {"group": "lb", "plan": "{{ __keepalived_all_tested }}",
                                        "reloads": "{{ __keepalived_all_reloaded }}"},
     "run_once": True, "register": "__keepalived_reloads"},
    {"ansible.builtin.debug": {"msg": "{{ __keepalived_way.together }} {{ __keepalived_reloads.behind }}"},
     "run_once": True},
]


def answer(state):
    entry = {"address": "198.18.0.100/24", "device": "eth1", "held_on": ["eth1"] if state == "MASTER" else []}
    return {"running": True, "config": {"vrrp_instance": [{"name": "VI_1"}]}, "vrrp_instance": [
        {"name": "VI_1", "state": state, "priority": 100, "virtual_ipaddress": [entry],
         "virtual_ipaddress_excluded": []}]}


@pytest.fixture
def inspect(tmp_path):
    """Run the task file on two hosts of this machine, whose keepalived's say nothing; gives the screen."""

    def run(before, tasks=(), **more):
        hosts = {name: {"ansible_connection": "local", "ansible_python_interpreter": sys.executable,
                        **({"before": before[name]} if name in before else {}), **more.get(name, {})}
                 for name in ("lb1", "lb2")}
        (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"lb": {"hosts": hosts}}))
        (tmp_path / "play.yml").write_text(yaml.safe_dump([dict(PLAY, tasks=tasks or INSPECT)]))
        (tmp_path / "bin").mkdir(exist_ok=True)
        for name, text in {"keepalived": "echo 'Keepalived v2.2.7 (01/16,2022)'", "systemctl": "echo 0",
                           "ip": "echo broken >&2; exit 1"}.items():
            (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
            (tmp_path / "bin" / name).chmod(0o755)
        done = subprocess.run(
            [sys.executable, "-m", "ansible", "playbook", "-i", "hosts.yml", "play.yml"], cwd=tmp_path,
            env=dict(os.environ, PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}", LC_ALL="C.UTF-8", HOME=str(tmp_path),
                     ANSIBLE_LOCAL_TEMP=str(tmp_path / "tmp"), ANSIBLE_FORCE_COLOR="0",
                     ANSIBLE_COLLECTIONS_PATH=str(REPOSITORY / ".collections")),
            capture_output=True, text=True, check=False)
        return " ".join((done.stdout + done.stderr).split())

    return run


def test_hosts_that_answered_and_do_not_now_are_disputed(inspect):
    said = inspect({"lb1": answer("MASTER"), "lb2": answer("BACKUP")})
    assert "lb1 does not answer, and answered before the change: ip -json address show failed: broken." in said
    assert "lb2 does not answer, and answered before the change" in said


def test_a_host_that_is_not_reached_is_disputed(inspect):
    said = inspect({"lb1": answer("BACKUP"), "lb2": answer("MASTER")},
                   lb2={"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1})
    assert "lb2 does not answer, and answered before the change: " in said and "Connection refused" in said


def test_a_host_that_is_not_reached_cannot_take_an_address_and_does_not_end_the_play(inspect):
    """In lb1's turn, as the playbooks maintenance and switchover include it."""
    tasks = [{"ansible.builtin.include_tasks": str(TASKS / "moves.yml"), "when": "inventory_hostname == 'lb1'",
              "vars": {"keepalived_maintenance_file": "/etc/keepalived/maintenance",
                       "keepalived_maintenance_state": "present"}},
             {"ansible.builtin.debug": {"msg": "The play goes on."}, "when": "inventory_hostname == 'lb1'"}]
    said = inspect({}, tasks, lb2=LOST)
    assert "TASK [See which addresses move]" in said and "lb2" in said.partition("[See which addresses move]")[2]
    assert "UNREACHABLE" in said


def test_a_result_that_is_not_there_is_an_error(inspect):
    assert "before has no answer from any host" in inspect({})


def test_a_host_that_could_not_be_rolled_back_is_named(inspect):
    said = inspect({}, ROLL_BACK, lb2={"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1})
    assert "The change was rolled back on no host." in said
    assert "lb1 could not be rolled back: This host has no simultaneous reload with that identifier." in said
    assert "lb2 was not reached. It rolls back by itself if the change was armed there. lb3: it failed." in said


@pytest.mark.parametrize("lb1, said", [
    ({}, "lb1: This host has no simultaneous reload"),
    (LOST, "lb1 was not reached. It was prepared, so it has the new configuration like the other hosts, and keeps it "
           "by itself at the latest 70 s after that."),
])
def test_a_host_that_does_not_confirm_is_named_with_what_it_has(inspect, lb1, said):
    text = inspect({}, KEEP, lb1=lb1)
    assert "lb1 did not confirm the change." in text and "Correct the cause and run this again." in text
    assert said in text.partition("did not confirm the change")[2] and text.count("UNREACHABLE") == 2 * bool(lb1)


@pytest.mark.parametrize("lb1, said", [
    ({}, "lb1 was not prepared to keep the change: This host has no simultaneous reload"),
    (LOST, "lb1 was not reached. It rolls back by itself if the change was armed there, but keeps it if only its "
           "answer to being prepared was lost. Run this again as soon as it is reached."),
])
def test_all_hosts_roll_back_unless_all_are_prepared(inspect, lb1, said):
    text = inspect({}, PREPARE, lb1=lb1)
    assert "The change was rolled back on" in text and said in text and "Keep the change" not in text
    # The first phase asks it twice, and the rollback once more.
    assert text.count("UNREACHABLE") == 3 * bool(lb1)


def test_plans_and_reloads_reach_the_task_that_judges_them(inspect):
    assert "['lb1', 'lb2'] ['lb1: the host has not reported its change.']" in inspect({}, RELOADS)
