# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

"""Every rule: one text that only it finds fault with, and the same one put right. They are those of docs/rules."""

from __future__ import annotations

import ast
import copy
import importlib.util
from pathlib import Path

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._lint import registry
from ansible_collections.openvip.cluster.plugins.module_utils._lint.cluster import Cluster, Member
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint, rules
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import check
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read

_SPEC = importlib.util.spec_from_file_location(
    "generate_rules", Path(__file__).resolve().parents[5] / "docs" / "generate_rules.py")
generator = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(generator)

EXAMPLES = generator.examples()
CLUSTERS = generator.cluster_examples()
RULES = {rule.id: rule for rule in rules()}
APPLIED = [rule for rule in rules() if rule.about != registry.CLUSTER]
DATA = [rule.id for rule in rules() if rule.about == registry.DATA]
# What is missing altogether has no line.
WITHOUT_PLACE = {"script-security-missing"}


def of_data(identifier):
    """The data of the wrong text and what is said about it."""
    example = EXAMPLES[identifier]
    data = read(parse(generator.expand(example.wrong)))
    return data, lint(data, host=copy.deepcopy(example.host), version=example.version)


def test_every_rule_has_its_examples():
    assert sorted(EXAMPLES) == sorted(rule.id for rule in APPLIED)
    assert sorted(CLUSTERS) == sorted(rule.id for rule in rules() if rule.about == registry.CLUSTER)


def test_there_are_rules_for_everything_one_host_shows():
    assert len(APPLIED) >= 130
    assert {rule.about for rule in rules()} == {registry.DATA, registry.TEXT, registry.SCHEMA, registry.CLUSTER}


@pytest.mark.parametrize("identifier", EXAMPLES)
def test_rule_finds_its_fault_and_nothing_else_does(identifier):
    example = EXAMPLES[identifier]
    findings = generator.judge(example, example.wrong)
    assert {finding.id for finding in findings} == {identifier}, [str(finding) for finding in findings]
    assert {finding.severity for finding in findings} == {RULES[identifier].severity}


@pytest.mark.parametrize("identifier", EXAMPLES)
def test_the_right_text_is_clean(identifier):
    example = EXAMPLES[identifier]
    assert [str(finding) for finding in generator.judge(example, example.right)] == []


@pytest.mark.parametrize("identifier", CLUSTERS)
def test_cluster_rule_finds_its_fault_and_nothing_else_does(identifier):
    findings = generator.judge_cluster(CLUSTERS[identifier].wrong)
    assert {finding.id for finding in findings} == {identifier}, [str(finding) for finding in findings]
    for finding in findings:
        assert finding.severity == RULES[identifier].severity and finding.hosts
        assert finding.message.endswith(".") and finding.remedy.endswith("."), str(finding)
        assert "  " not in str(finding) and any(group in finding.object for group in CLUSTERS[identifier].wrong.groups)


@pytest.mark.parametrize("identifier", CLUSTERS)
def test_the_right_cluster_is_clean(identifier):
    assert [str(finding) for finding in generator.judge_cluster(CLUSTERS[identifier].right)] == []


@pytest.mark.parametrize("identifier", CLUSTERS)
@pytest.mark.parametrize("side", ["wrong", "right"])
def test_each_host_of_a_cluster_example_is_clean_alone(identifier, side):
    for text in getattr(CLUSTERS[identifier], side).texts.values():
        assert [finding.id for finding in lint(read(parse(text))) if finding.severity != "info"] == []


@pytest.mark.parametrize("identifier", EXAMPLES)
def test_findings_name_place_object_and_remedy(identifier):
    example = EXAMPLES[identifier]
    lines = generator.expand(example.wrong).split("\n")
    for finding in generator.judge(example, example.wrong):
        assert finding.path == generator.FILE
        if identifier not in WITHOUT_PLACE:
            assert 1 <= finding.line <= len(lines) and 1 <= finding.column <= len(lines[finding.line - 1]) + 1
            assert str(finding).startswith(f"{generator.FILE}:{finding.line}:{finding.column}: {finding.object}: ")
        assert finding.message.endswith((".", "?")) and finding.remedy.endswith((".", "?")), str(finding)
        assert "  " not in str(finding).replace("\u00a0", "")


@pytest.mark.parametrize("identifier", DATA)
def test_data_of_an_inventory_is_judged_alike(identifier):
    data, findings = of_data(identifier)
    assert {finding.id for finding in findings} == {identifier}
    assert {(finding.path, finding.line, finding.column) for finding in findings} == {(None, None, None)}
    assert [finding for finding in check(data) if finding.severity == "error"] == []


@pytest.mark.parametrize("identifier", DATA)
def test_data_is_not_changed(identifier):
    data, _findings = of_data(identifier)
    assert data == read(parse(generator.expand(EXAMPLES[identifier].wrong)))


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_rule_says_what_it_is_about(rule):
    assert rule.severity in ("error", "warning", "info")
    assert rule.summary.endswith(".")
    assert rule.source


def test_an_id_is_given_once():
    with pytest.raises(ValueError, match="two rules with the id nopreempt-master"):
        registry.declare(RULES["nopreempt-master"])


def test_the_pages_are_up_to_date():
    assert generator.main(["--check"]) == 0


def test_a_cluster_is_its_members_and_their_instances():
    facts = {"hostname": "lb1", "interfaces": {"eth1": ["198.18.0.11/24"]}}
    one = {"vrrp_instance": [{"name": "VI_1", "priority": 250}, {"name": "VI_2"}]}
    cluster = Cluster([Member("lb1", one, facts, (2, 2, 7)), Member("lb2", {"vrrp_instance": [{"name": "VI_1"}]})])
    assert [member.name for member in cluster.members] == ["lb1", "lb2"]
    instances = cluster.instances()
    assert [instance.name for instance in instances] == ["VI_1", "VI_2"]
    assert list(instances[0].blocks) == ["lb1", "lb2"] and instances[0].blocks["lb1"].get("priority") == 250
    assert cluster.configurations["lb1"].lacks_interface("eth7") and not cluster.configurations["lb2"].interfaces


# What makes a finding, with its id first or by name.
MAKERS = ("error", "problem", "Finding", "_finding")


def ids_of_code():
    """Iterate over the ids of the findings that plugins make in any way."""
    for path in sorted((Path(__file__).resolve().parents[5] / "plugins").rglob("*.py")):
        tree = ast.parse(path.read_text())
        constants = {target.id: node.value.value for node in tree.body
                     if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
                     for target in node.targets if isinstance(target, ast.Name)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in MAKERS:
                for each in [*node.args[:1], *(key.value for key in node.keywords if key.arg == "id")]:
                    found = each.value if isinstance(each, ast.Constant) else constants.get(getattr(each, "id", ""))
                    if found is not None:
                        yield found


def test_every_finding_has_a_page():
    described = {identifier for findings in generator.others().values() for identifier in findings}
    made = set(ids_of_code())
    assert len(made) >= 55 and made <= described | set(RULES), made - described - set(RULES)
    assert described <= made, described - made
