# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Findings in SARIF have the form that OASIS demands, and pages that exist."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint_text, rules
from ansible_collections.openvip.cluster.plugins.module_utils._lint.registry import CLUSTER
from ansible_collections.openvip.cluster.plugins.module_utils._lint.sarif import HOME, as_sarif
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, INFO, WARNING, Finding

DOCS = Path(__file__).resolve().parents[5] / "docs"


def finding(**changed: Any) -> Finding:
    given = Finding("bad-value", ERROR, "vrrp_instance VI_1", "is wrong.", "Mend it.", "conf/k.conf", 3, 5)
    return given._replace(**changed)


def run_of(findings: list[Finding], version: str = "1.2.3") -> dict[str, Any]:
    log = json.loads(json.dumps(as_sarif(findings, version)))
    assert set(log) == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    return run


def test_what_the_standard_requires() -> None:
    text = "route_id x\nvrrp_instance A {\n    priority 300\n    virtual_ipaddress {\n        1.2.3\n    }\n}\n"
    findings = lint_text(text, "k.conf")
    run = run_of(findings)
    driver = run["tool"]["driver"]
    assert driver["name"] == "keepalived-lint"
    assert driver["version"] == "1.2.3"
    assert len(run["results"]) == len(findings) >= 4
    for rule in driver["rules"]:
        assert set(rule) >= {"id", "shortDescription", "helpUri", "defaultConfiguration"}
        assert rule["shortDescription"]["text"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert place["artifactLocation"] == {"uri": "k.conf", "uriBaseId": "%SRCROOT%"}
        assert all(number >= 1 for number in place.get("region", {}).values())


@pytest.mark.parametrize(("severity", "level"), [(ERROR, "error"), (WARNING, "warning"), (INFO, "note")])
def test_levels(severity: str, level: str) -> None:
    assert run_of([finding(severity=severity)])["results"][0]["level"] == level


@pytest.mark.parametrize(("path", "expected"), [
    ("conf/k.conf", {"uri": "conf/k.conf", "uriBaseId": "%SRCROOT%"}),
    ("./conf/k.conf", {"uri": "conf/k.conf", "uriBaseId": "%SRCROOT%"}),
    ("a b#1.conf", {"uri": "a%20b%231.conf", "uriBaseId": "%SRCROOT%"}),
    ("/etc/a b.conf", {"uri": "file:///etc/a%20b.conf"}),
    ("gr\u00fc\udcff.conf", {"uri": "gr%C3%BC%FF.conf", "uriBaseId": "%SRCROOT%"}),
])
def test_places(path: str, expected: dict[str, str]) -> None:
    (result,) = run_of([finding(path=path)])["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": expected, "region": {"startLine": 3, "startColumn": 5}}


def test_what_is_missing_altogether_has_no_region() -> None:
    (result,) = run_of([finding(line=None, column=None)])["results"]
    assert "region" not in result["locations"][0]["physicalLocation"]


def test_nothing_found_is_a_run_without_results() -> None:
    run = run_of([], "")
    assert run["results"] == []
    assert run["tool"]["driver"]["rules"] == []
    assert "version" not in run["tool"]["driver"]


def test_every_rule_has_its_page() -> None:
    named = [rule for rule in rules() if rule.about != CLUSTER]
    run = run_of([finding(id=rule.id, severity=rule.severity) for rule in named])
    assert len(run["tool"]["driver"]["rules"]) == len(named) > 100
    for rule in run["tool"]["driver"]["rules"]:
        page = rule["helpUri"].removeprefix(f"{HOME}/blob/main/docs/")
        assert (DOCS / page).is_file(), page
