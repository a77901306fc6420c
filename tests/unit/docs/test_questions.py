# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of users' questions names only what exists: tests, plugins, playbooks, variables, keywords and rules."""

from __future__ import annotations

import ast
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
    "--limit", ".network", "/proc", "/usr/libexec/keepalived", "3 x advert_int", "::", "KeepConfiguration=static",
    "SIGUSR2", "hidepid", "keepalived --config-test", "netplan apply", "networkctl reconfigure", "nginx -t",
    "nmcli device reapply", "node_exporter", "serial", "timeout 3",
}
PLACES = ("docs/", "inventory/", "molecule/", "playbooks/", "roles/", "tests/")
ROLES = [path.name for path in (REPOSITORY / "roles").iterdir()]
# The questions and complaints that are answered, by a word of their upstream references.
ISSUES = (
    "Oefenweb/ansible-keepalived#59", "#60", "Oefenweb/ansible-keepalived#51", "evrardjp/ansible-keepalived#201",
    "evrardjp/ansible-keepalived#223", "evrardjp/ansible-keepalived#170", "evrardjp/ansible-keepalived#240",
    "evrardjp/ansible-keepalived#88", "evrardjp/ansible-keepalived#200", "tcomerma/ansible-keepalived#4",
    "voxpupuli/puppet-keepalived#345", "voxpupuli/puppet-keepalived#216", "voxpupuli/puppet-keepalived#240",
    "saltstack-formulas/keepalived-formula#12", "DigitaleGesellschaft/DNS-Resolver#72",
    "nginx/ansible-role-nginx-config#39", "0xJacky/nginx-ui#928", "NixOS/nixpkgs#269944", "#2649", "#2224", "#1385",
    "#2159", "#2184", "#2684", "#942", "#2201", "#1852", "#364", "#2667", "#2587", "#1720", "#2444", "#2643", "#1138",
    "#343", "#2358", "#2066", "#1827",
)


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


def names_of_tests(path):
    """Return the names of the test functions of a file."""
    return {node.name for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


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
    if literal.startswith(PLACES):
        path, dummy, test = literal.partition("::")
        return (REPOSITORY / path).exists() and (not test or test in names_of_tests(REPOSITORY / path))
    word = literal.split(":")[0]
    if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", word):
        return (REPOSITORY / "docs" / "rules" / f"{word}.md").is_file()
    if word.startswith(tuple(f"{role}_" for role in ROLES)):
        return word in variables()
    return bool(table.find(word) or table.homes(word)) or word in options()


def test_there_are_literals_of_every_kind():
    found = literals()
    assert len([name for name in found if name.startswith("openvip.cluster.")]) > 10
    assert len([name for name in found if "::" in name]) > 40
    assert {"keepalived_unicast: true", "vrrp_garp_master_refresh: 1", "strict-drops-traffic"} <= set(found)


@pytest.mark.parametrize("literal", literals())
def test_what_the_page_names_is_there(literal):
    assert exists(literal)


@pytest.mark.parametrize("literal", [
    "openvip.cluster.nothing", "molecule/nothing", "molecule/default/tests/test_failover.py::test_nothing",
    "no-such-rule", "keepalived_nothing: true", "nothing"])
def test_what_is_not_there_is_found_out(literal):
    assert not exists(literal)


@pytest.mark.parametrize("issue", ISSUES)
def test_every_question_is_answered(issue):
    assert re.search(re.escape(issue) + r"\b", PAGE.read_text(encoding="utf-8"))


def test_every_question_names_a_test_or_says_that_there_is_none():
    text = PAGE.read_text(encoding="utf-8")
    sections = re.split(r"\n(?=[^\n]+\n\^{3,}\n)", text)[1:]
    assert len(sections) > 30
    for section in sections:
        title = section.splitlines()[0]
        assert "Shown by" in section or "no rule warns" in section, title
