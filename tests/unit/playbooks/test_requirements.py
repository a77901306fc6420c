# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each role that changes a host looks for root and systemd before anything else, in check mode, too."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest
import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
ROLES = ("keepalived", "nginx", "keepalived_metrics", "lvs_director", "lvs_real_server")
FACTS = {"os_family": "Debian", "pkg_mgr": "apt", "distribution": "Debian", "distribution_major_version": "12",
         "kernel": "6.1.0-18-amd64", "selinux": {"status": "disabled"}}
# What the module setup finds: nobody, and root on a host whose first process is no init system.
NOBODY = ("unshare", "--user")
ROOT = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc")


@pytest.fixture
def play(tmp_path):
    """Run a role with gathered facts, inside of a command; gives what the tasks did, by their names."""

    def run(role, gathered, inside, check):
        facts = {**FACTS, **gathered}
        (tmp_path / "play.yml").write_text(yaml.safe_dump([{
            "hosts": "lb1", "gather_facts": False, "tasks": [
                {"name": "Facts", "ansible.builtin.set_fact": {**facts, "cacheable": True}},
                {"name": "Role", "ansible.builtin.include_role": {"name": f"openvip.cluster.{role}"},
                 "vars": {f"{role}_check": True}}]}]))
        (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"lb": {"hosts": {"lb1": {
            "ansible_connection": "local", "ansible_python_interpreter": sys.executable}}}}))
        environment = dict(
            os.environ, LC_ALL="C.UTF-8", HOME=str(tmp_path), ANSIBLE_LOCAL_TEMP=str(tmp_path / "tmp"),
            # nobody's home is none, and who is nobody there would make it here
            ANSIBLE_REMOTE_TEMP=str(tmp_path / "remote"),
            ANSIBLE_STDOUT_CALLBACK="ansible.posix.json", ANSIBLE_COLLECTIONS_PATH=str(REPOSITORY / ".collections"))
        done = subprocess.run(
            [*inside, sys.executable, "-m", "ansible", "playbook", *check, "-i", "hosts.yml", "play.yml"],
            env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
        tasks = json.loads(done.stdout[done.stdout.index("{"):])["plays"][0]["tasks"]
        return {task["task"]["name"].rpartition(" : ")[2]: task["hosts"]["lb1"] for task in tasks if task["hosts"]}

    return run


@pytest.mark.parametrize("role, gathered, inside, check, message", [
    *((role, {"effective_user_id": 0, "service_mgr": "openrc"}, ROOT, ["--check"], "its init system is py")
      for role in ROLES),
    ("nginx", {"effective_user_id": 1000, "service_mgr": "systemd"}, NOBODY, [],
     "tasks run as user 65534. Nothing was changed. Set become: true"),
    ("keepalived_metrics", {}, ROOT, [], "use the modules keepalived_config"),
])
def test_it_is_refused_first(play, role, gathered, inside, check, message):
    tasks = play(role, gathered, inside, check)
    assert list(tasks)[-2:] == ["Gather the user of the tasks and the init system", "Require root and systemd"]
    assert any(message in each.get("msg", "") for each in tasks["Require root and systemd"]["results"])
    assert not any(each.get("changed") for name, each in tasks.items() if name != "Facts")


@pytest.mark.parametrize("inside", [NOBODY, ROOT])
def test_root_on_a_host_with_systemd_goes_on_with_the_facts_of_the_play(play, inside):
    tasks = play("keepalived_metrics", {"effective_user_id": 0, "service_mgr": "systemd"}, inside, ["--check"])
    assert not tasks["Require root and systemd"].get("failed")
    assert tasks["Gather the user of the tasks and the init system"]["skipped"]
    assert list(tasks).index("Require root and systemd") < list(tasks).index("Check the settings")
