# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The argument specifications of the roles: complete, and of one mind with the defaults."""

from __future__ import annotations

import pathlib
import re

import pytest
import yaml

from ansible_collections.openvip.cluster.docs import generate_roles
from ansible_collections.openvip.cluster.tests.unit.options import flat

ROLES = sorted(path for path in (pathlib.Path(__file__).resolve().parents[3] / "roles").iterdir())
# Dictionaries whose keys a table of keywords judges, which knows every name of a keyword and the nearest one.
FREE = {
    *generate_roles.SECTIONS, *(name for name, keys in generate_roles.KEYS.items() if keys),
    "keepalived_override", "nginx_upstream_server",
}
TYPES = {"bool", "dict", "float", "int", "list", "path", "raw", "str"}


def named(path):
    return path.name


def specs_of(role):
    return yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())["argument_specs"]


def defaults_of(role):
    return yaml.safe_load((role / "defaults" / "main.yml").read_text())


def entries():
    return [pytest.param(entry["options"] or {}, id=f"{role.name}-{name}")
            for role in ROLES for name, entry in specs_of(role).items()]


def is_template(value):
    return "{{" in str(value)


@pytest.mark.parametrize("options", entries())
def test_every_option_is_said_to_the_leaf(options):
    for path, option in flat(options, "options"):
        assert option["type"] in TYPES, path
        assert option["description"], path
        assert ("elements" in option) == (option["type"] == "list"), path
        if "dict" in (option["type"], option.get("elements")):
            assert bool(option.get("options")) != (path in FREE), path


def test_a_dictionary_without_keys_says_where_they_are():
    for role in ROLES:
        for name, option in specs_of(role)["main"]["options"].items():
            if name in FREE and "dict" in (option["type"], option.get("elements")):
                assert re.search(r"[CMOP]\([a-z_.]*(config|server)", str(option["description"])), name


@pytest.mark.parametrize("role", ROLES, ids=named)
def test_defaults_and_specification_agree(role):
    options, defaults = specs_of(role)["main"]["options"], defaults_of(role)
    assert set(defaults) <= set(options)
    for name, option in options.items():
        assert not (option.get("required") and name in defaults), name
        if "default" in option:
            assert name in defaults and defaults[name] == option["default"], name
        elif defaults.get(name):
            # a default that depends on the host or on other variables is told in words
            assert is_template(defaults[name]), name
            said = " ".join([option["description"]] if isinstance(option["description"], str)
                            else option["description"])
            assert re.search(r"default|where it is set", said), name


@pytest.mark.parametrize("role", ROLES, ids=named)
def test_entry_points_say_the_same_of_a_variable(role):
    specs = specs_of(role)
    for entry in specs.values():
        for name, option in (entry["options"] or {}).items():
            main = specs["main"]["options"].get(name, option)
            for key in ("type", "elements", "choices", "default", "required"):
                assert option.get(key) == main.get(key), f"{name}: {key}"


@pytest.mark.parametrize("role", ROLES, ids=named)
def test_the_readme_has_a_row_for_every_variable(role):
    written = (role / "README.md").read_text()
    table = written[written.index(generate_roles.BEGIN):written.index(generate_roles.END)]
    shown = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert shown == list(specs_of(role)["main"]["options"])
    assert not re.search(r"\b[A-Z]{1,2}\([a-z]", table), "markup of Ansible in Markdown"


def test_a_readme_without_a_place_for_the_table_is_named(monkeypatch, tmp_path):
    (tmp_path / "roles" / "lost").mkdir(parents=True)
    (tmp_path / "roles" / "lost" / "README.md").write_text(f"# lost\n\n{generate_roles.BEGIN}\n")
    monkeypatch.setattr(generate_roles, "TOP", tmp_path)
    with pytest.raises(ValueError, match=r"roles/lost/README\.md: .*The end"):
        generate_roles.readme("lost")
