# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role has for Prometheus and Grafana: rules that alert when they must, and only names that are written."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from ansible_collections.openvip.cluster.plugins.module_utils._metrics import families
from ansible_collections.openvip.cluster.plugins.module_utils._metrics.exposition import render
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._metrics import recorded
from ansible_collections.openvip.cluster.tests.unit.roles.test_alert_scenarios import SCENARIOS

REPOSITORY = Path(__file__).resolve().parents[3]
FILES = REPOSITORY / "roles" / "keepalived_metrics" / "files"
RULES = Path(__file__).with_name("data") / "alerts_test.yml"
NAME = re.compile(r"\bopenvip_[a-z_]+")
WRITTEN = {metric.name for metric in families.METRICS}


def dashboard():
    return json.loads((FILES / "dashboard.json").read_text())


def rules():
    return [rule for group in yaml.safe_load((FILES / "alerts.yml").read_text())["groups"] for rule in group["rules"]]


def promtool(*words, **options):
    return subprocess.run([REPOSITORY / "tests" / "promtool", *words], capture_output=True, text=True, check=False,
                          **options)


def test_every_panel_asks_for_metrics_that_are_written():
    panels = dashboard()["panels"]
    assert len(panels) > 10
    for panel in panels:
        for target in panel["targets"]:
            names = set(NAME.findall(target["expr"]))
            assert names and names <= WRITTEN, (panel["title"], names - WRITTEN)


def test_the_panels_have_places_of_their_own_and_numbers():
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = [(x, y) for place in (panel["gridPos"] for panel in panels)
             for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])]
    assert len(taken) == len(set(taken)) and max(x for x, dummy in taken) < 24


def test_the_dashboard_asks_for_its_cluster_and_its_data_source():
    variables = {each["name"]: each for each in dashboard()["templating"]["list"]}
    assert set(NAME.findall(variables["cluster"]["definition"])) <= WRITTEN
    for panel in dashboard()["panels"]:
        for target in panel["targets"]:
            assert target["datasource"]["uid"] == "${datasource}"
            assert target["expr"].count('cluster=~"$cluster"') == len(NAME.findall(target["expr"]))


def test_every_rule_asks_for_metrics_that_are_written_and_says_what_to_do():
    for rule in rules():
        names = set(NAME.findall(rule["expr"]))
        assert names and names <= WRITTEN, (rule["alert"], names - WRITTEN)
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"]["summary"] and rule["annotations"]["description"]


def test_every_rule_has_a_test_that_it_alerts():
    alerted = {case["alertname"] for test in yaml.safe_load(RULES.read_text())["tests"]
               for case in test["alert_rule_test"] if case["exp_alerts"]}
    alerted |= {alert for dummy, expected in SCENARIOS.values() for alert in expected}
    assert alerted == {rule["alert"] for rule in rules()}


@pytest.mark.daemon
def test_the_rules_alert_when_they_must():
    done = promtool("test", "rules", RULES)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCESS" in done.stdout


@pytest.mark.daemon
def test_prometheus_takes_the_rules_the_expressions_of_the_dashboard_and_the_metrics(tmp_path, monkeypatch):
    assert promtool("check", "rules", FILES / "alerts.yml").returncode == 0
    expressions = [target["expr"].replace("$cluster", "lb")
                   for panel in dashboard()["panels"] for target in panel["targets"]]
    rules = [{"record": f"panel:{number}", "expr": expression} for number, expression in enumerate(expressions)]
    groups = [{"name": "panels", "rules": rules}]
    (tmp_path / "panels.yml").write_text(yaml.safe_dump({"groups": groups}))
    done = promtool("check", "rules", tmp_path / "panels.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    report = recorded.report(ipvs=recorded.ipvs(monkeypatch))
    done = promtool("check", "metrics", input=render(families.samples(report, 1000.5, 0.25), {"cluster": "lb"}))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
