# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a build to the package: whatever a run was interrupted at, the next one does the rest, and then nothing more."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

ROLES = Path(__file__).resolve().parents[3] / "roles"
BUILD, PACKAGE = "/opt/{}/keepalived-2.3.3/sbin/keepalived", "/usr/sbin/keepalived"


def trusted(data):
    """Return data whose texts are templates."""
    if isinstance(data, dict):
        return {key: trusted(each) for key, each in data.items()}
    if isinstance(data, list):
        return [trusted(each) for each in data]
    return trust_as_template(data) if isinstance(data, str) else data


def read(role, name):
    return yaml.safe_load((ROLES / role / name).read_text(encoding="utf-8"))


def holds(role, task, variables):
    """Return whether the conditions of a task hold."""
    own = {}
    for path in sorted((ROLES / role / "vars" / "main").glob("*.yml")):
        own.update(yaml.safe_load(path.read_text(encoding="utf-8")))
    templar = Templar(DataLoader(), variables=trusted({**read(role, "defaults/main.yml"), **own, **variables}))
    conditions = task.get("when", [])
    return all(templar.template(trust_as_template("{{ (%s) | bool }}" % condition))
               for condition in ([conditions] if isinstance(conditions, str) else conditions))


def included(role, name, variables):
    """Return the names of the tasks of a file that are done, where main.yml includes the file at all."""
    (task,) = [task for task in read(role, "tasks/main.yml") if task.get("ansible.builtin.include_tasks") == name]
    if not holds(role, task, variables):
        return []
    return [task["name"] for task in read(role, "tasks/" + name) if holds(role, task, variables)]


SEE, REMOVE = "See what runs", "Remove the builds"
RESTART = "Restart keepalived, one host after the other, and those that hold an address last"
UNIT = "Remove the unit and the link to the program"


@pytest.mark.parametrize("names, runs, done", [
    # nothing yet; the unit is gone, the package runs; the link is gone, too; nothing is left
    (["current", "keepalived-2.3.3"], BUILD, [SEE, RESTART, UNIT, REMOVE]),
    (["current", "keepalived-2.3.3"], PACKAGE, [SEE, UNIT, REMOVE]),
    (["keepalived-2.3.3"], PACKAGE, [SEE, REMOVE]),
    ([], PACKAGE, []),
    (None, PACKAGE, []),
    # what somebody has built there by himself runs on
    (None, "/opt/keepalived-own/sbin/keepalived", []),
])
def test_keepalived_goes_on_where_it_was_interrupted(names, runs, done):
    variables = {
        "keepalived_install_method": "package", "__keepalived_host": {"directory": {"/opt/keepalived": names}},
        "__keepalived_running": {"executable": runs.format("keepalived")}}
    assert included("keepalived", "leave_source.yml", variables) == done
    assert included("keepalived", "leave_source.yml", dict(variables, keepalived_install_method="source")) == []


@pytest.mark.parametrize("prefix, current, done", [
    (True, True, ["Leave unit and name to the package", REMOVE]), (True, False, [REMOVE]), (False, False, [])])
def test_nginx_goes_on_where_it_was_interrupted(prefix, current, done):
    variables = {"nginx_install_method": "package", "__nginx_build": {
        "results": [{"stat": {"exists": current}}, {"stat": {"exists": prefix}}]}}
    assert included("nginx", "leave_source.yml", variables) == done
    assert included("nginx", "leave_source.yml", dict(variables, nginx_install_method="source")) == []


@pytest.mark.parametrize("executable, early", [("/usr/sbin/nginx", False), (None, True)])
def test_no_unit_names_a_program_that_is_not_switched_to(executable, early):
    """From the package to a build: a host that is booted before its turn starts what ran before."""
    variables = {"nginx_install_method": "source", "__nginx_plan": {"executable": executable},
                 "__nginx_release": {"program": "/opt/nginx/nginx-1.26.3/sbin/nginx"}}
    (task,) = [task for task in read("nginx", "tasks/install_source.yml") if task["name"] == "Put the unit up"]
    assert holds("nginx", task, variables) is early
    names = [task["name"] for task in read("nginx", "tasks/switch.yml")[0]["block"]]
    assert [name for name in names if name in ("Switch to the build", "Put the unit up", "Let systemd take the unit")
            ] == ["Switch to the build", "Put the unit up", "Let systemd take the unit"]


def test_what_ran_before_has_its_unit_again():
    for role in ("keepalived", "nginx"):
        names = [task["name"] for task in read(role, "tasks/put_back.yml")]
        assert "Put the unit of the build up again" in names
