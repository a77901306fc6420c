# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

"""A registered result stays for the rest of the run, above the variables of all roles: it needs a name of its own."""

from __future__ import annotations

import pathlib

import pytest
import yaml

TOP = pathlib.Path(__file__).resolve().parents[3]
ROLES = sorted((TOP / "roles").iterdir())


def documents(*patterns):
    return {path: yaml.safe_load(path.read_text()) for pattern in patterns for path in sorted(TOP.glob(pattern))}


def set_by(value):
    """Yield the names of the results and facts that tasks set, however deep the tasks stand in blocks."""
    if isinstance(value, list):
        for each in value:
            yield from set_by(each)
    elif isinstance(value, dict):
        if isinstance(value.get("register"), str):
            yield value["register"]
        yield from value.get("ansible.builtin.set_fact", {})
        for key in ("block", "rescue", "always", "tasks", "pre_tasks", "post_tasks", "handlers"):
            yield from set_by(value.get(key))


def test_a_name_is_set_by_tasks_or_is_a_variable_of_a_role():
    variables = {name: path for path, content in documents("roles/*/vars/**/*.yml", "roles/*/defaults/**/*.yml").items()
                 for name in content}
    tasks = documents("roles/*/tasks/**/*.yml", "roles/*/handlers/**/*.yml", "playbooks/*.yml", "playbooks/tasks/*.yml")
    found = {name: path for path, content in tasks.items() for name in set_by(content)}
    assert len(variables) > 100 and len(found) > 40
    assert {name: (found[name], variables[name]) for name in set(found) & set(variables)} == {}


@pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)
def test_what_a_role_sets_bears_its_name(role):
    for path, content in documents(f"roles/{role.name}/tasks/**/*.yml").items():
        for name in set_by(content):
            assert name.startswith((role.name, f"__{role.name}")), path
