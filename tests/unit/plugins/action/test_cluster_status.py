# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of cluster_status: what it shows, returns and refuses."""

from __future__ import annotations

import json
from unittest.mock import MagicMock

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.openvip.cluster.plugins.action import cluster_status
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._status import clusters


@pytest.fixture
def run():
    """Run the action for the reports of a cluster; returns its result and what it showed."""

    def call(reports, **options):
        task = MagicMock(args=dict({"reports": reports}, **options), async_val=0, check_mode=False)
        loader = DataLoader()
        action = cluster_status.ActionModule(task, MagicMock(), MagicMock(), loader, Templar(loader), MagicMock())
        action._display = MagicMock()
        result = action.run(task_vars={})
        return result, [call.args[0] for call in action._display.display.call_args_list]

    return call


def test_it_shows_the_screen_and_returns_all_of_it(run):
    result, shown = run(clusters.lvs(), members=["lb1", "lb2", "lb3"])
    assert not result["changed"] and shown == ["\n".join(result["lines"])]
    assert result["status"]["not_asked"] == ["lb3"] and result["svg"].startswith("<svg ")
    assert result["lines"][0] == "Status of lb1, lb2 at " + result["status"]["time"]


def test_it_shows_json_or_nothing(run):
    result, shown = run(clusters.pair(), output="json")
    assert [json.loads(text) for text in shown] == [result["status"]]
    assert run(clusters.pair(), output="none")[1] == []


@pytest.mark.parametrize("options, message", [
    ({"output": "yaml"}, "value of output must be one of: text, json, none, got: yaml"),
    ({"reports": [{"name": "lb1"}]}, "missing required arguments: keepalived found in reports"),
])
def test_wrong_options_are_refused(run, options, message):
    with pytest.raises(AnsibleError, match=message):
        run(**dict({"reports": []}, **options))
