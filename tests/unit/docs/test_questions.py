# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of users' questions names only what exists: plugins, playbooks, variables, keywords and rules."""

from __future__ import annotations

import functools
import pathlib
import re

import pytest
import yaml

from ansible_collections.openvip.cluster.plugins.module_utils._schema import table

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
PAGE = REPOSITORY / "docs" / "docsite" / "rst" / "guide_questions.rst"
# What is nobody's variable or keyword: words of programs, of paths and of numbers that the text explains.
FOREIGN = {
    ".network", "/proc", "3 x advert_int", "KeepConfiguration=static", "hidepid", "keepalived --config-test",
    "networkctl reconfigure", "nmcli device reapply",
}
ROLES = [path.name for path in (REPOSITORY / "roles").iterdir()]


def literals():
    """Return the literals of the page, once each."""
    found = re.findall(r"``(.+?)``", PAGE.read_text(encoding="utf-8").replace("\n", " "))
    return sorted(set(found) - FOREIGN)


@functools.cache
def variables():
    """Return the variables of all roles."""
    found = set()
    for path in (REPOSITORY / "roles").glob("*/meta/argument_specs.yml"):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"].values():
            found.update(entry.get("options") or {})
    return found


@functools.cache
def options():
    """Return the options of all modules."""
    found = set()
    for path in (*(REPOSITORY / "plugins" / "modules").glob("*.py"),
                 *(REPOSITORY / "plugins" / "doc_fragments").glob("*.py")):
        found.update(re.findall(r"^  ([a-z_]+):$", path.read_text(encoding="utf-8"), re.MULTILINE))
    return found


def exists(literal):
    """Return whether what a literal names is there."""
    if literal.startswith("openvip.cluster."):
        name = literal.split(".", 2)[2]
        return any((REPOSITORY / kind).exists() for kind in (
            f"plugins/modules/{name}.py", f"playbooks/{name}.yml", f"roles/{name}/meta"))
    word = literal.split(":")[0]
    if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", word):
        return (REPOSITORY / "docs" / "rules" / f"{word}.md").is_file()
    if word.startswith(tuple(f"{role}_" for role in ROLES)):
        return word in variables()
    return bool(table.find(word) or table.homes(word)) or word in options()


def test_there_are_literals_of_every_kind():
    found = literals()
    assert len([name for name in found if name.startswith("openvip.cluster.")]) > 10
    assert {"keepalived_unicast: true", "vrrp_garp_master_refresh: 1", "strict-drops-traffic"} <= set(found)


@pytest.mark.parametrize("literal", literals())
def test_what_the_page_names_is_there(literal):
    assert exists(literal)


@pytest.mark.parametrize("literal", [
    "openvip.cluster.nothing", "no-such-rule", "keepalived_nothing: true", "nothing"])
def test_what_is_not_there_is_found_out(literal):
    assert not exists(literal)
