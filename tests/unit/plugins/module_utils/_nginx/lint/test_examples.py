# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

"""Every rule for nginx: a configuration that only it finds fault with, and the same one put right, as in docs/rules."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import yaml

from ansible_collections.openvip.cluster.plugins.module_utils._nginx.check import normalise
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.lint import registry
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.lint.lint import rules

_SPEC = importlib.util.spec_from_file_location(
    "generate_rules", Path(__file__).resolve().parents[6] / "docs" / "generate_rules.py")
generator = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(generator)

EXAMPLES = generator.nginx_examples()
RULES = {rule.id: rule for rule in rules()}


def test_every_rule_has_its_examples():
    assert sorted(EXAMPLES) == sorted(RULES)
    assert len(RULES) >= 45


@pytest.mark.parametrize("identifier", EXAMPLES)
def test_a_rule_finds_its_fault_and_nothing_else_does(identifier):
    findings = generator.judge_nginx(EXAMPLES[identifier], EXAMPLES[identifier].wrong)
    assert {finding.id for finding in findings} == {identifier}, [str(finding) for finding in findings]
    for finding in findings:
        assert finding.severity == RULES[identifier].severity and finding.object
        assert finding.message.endswith((".", "?")) and finding.remedy.endswith((".", "?")), str(finding)
        assert "  " not in str(finding) and "nginx_restart" not in str(finding)


@pytest.mark.parametrize("identifier", EXAMPLES)
def test_the_right_configuration_is_clean(identifier):
    found = generator.judge_nginx(EXAMPLES[identifier], EXAMPLES[identifier].right)
    assert [str(finding) for finding in found] == []


@pytest.mark.parametrize("identifier", EXAMPLES)
@pytest.mark.parametrize("side", ["wrong", "right"])
def test_data_is_canonical_and_is_not_changed(identifier, side):
    text = getattr(EXAMPLES[identifier], side)
    data = yaml.safe_load(text)
    generator.judge_nginx(EXAMPLES[identifier], text)
    assert normalise(data)[1] == [] and data == yaml.safe_load(text)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_a_rule_says_what_it_is_about(rule):
    assert rule.id.startswith("nginx-") and rule.severity in ("error", "warning")
    assert rule.summary.endswith(".") and rule.source and rule.sections


def test_an_id_is_given_once():
    with pytest.raises(ValueError, match="two rules with the id nginx-syntax"):
        registry.rule("nginx-syntax", "error", "", "")(lambda configuration, block: iter(()))
