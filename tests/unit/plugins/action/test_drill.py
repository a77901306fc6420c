# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions of drill_plan and drill_report."""

from __future__ import annotations

from unittest.mock import MagicMock

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.openvip.cluster.plugins.action import drill_plan, drill_report
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._drill import drills

PLAN = {"faults": ["keepalived_stop"], "reports": drills.pair(), "members": ["lb1", "lb2"], "prober": "client",
        "group": "lb"}


def run(module, **options):
    """Run an action."""
    loader = DataLoader()
    task = MagicMock(args=options, async_val=0, check_mode=False)
    return module.ActionModule(task, MagicMock(), MagicMock(), loader, Templar(loader), MagicMock()).run(task_vars={})


def test_a_plan_per_fault():
    result = run(drill_plan, **{**PLAN, "faults": ["keepalived_stop", "freeze"]})
    assert not result["changed"] and [plan["fault"] for plan in result["plans"]] == ["keepalived_stop", "freeze"]


@pytest.mark.parametrize(("options", "message"), [
    ({"production": ["lb1"]}, "failover_drill_confirm=lb"),
    ({"prober": "lb1"}, "is a member of the cluster"),
    ({"reports": drills.pair()[:1]}, "The cluster is not healthy"),
    ({"faults": ["keepalived_stopped"]}, "Did you mean"),
])
def test_what_must_not_begin_fails(options, message):
    with pytest.raises(AnsibleError, match=message):
        run(drill_plan, **dict(PLAN, **options))


def test_results_are_added_to_those_before():
    options = {"reports": drills.pair(), "prober": "client", "url": drills.URL}
    lost = drills.recorded("A" * 40 + "x" * 60 + "A" * 40, {"lb1": [(0, 9000)], "lb2": []}, back=100)
    result = run(drill_report, results=[drills.moved(), lost], **options)
    assert [each["host"] for each in result["report"]["results"]] == ["lb1", "lb1"]
    assert result["problems"][0].startswith("keepalived_stop: 198.18.0.100 did not move away")
    assert result["html"].startswith("<!DOCTYPE html>") and "<testsuite " in result["junit"]
    assert run(drill_report, **options)["problems"] == []
