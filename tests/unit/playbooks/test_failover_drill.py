# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook failover_drill, run by ansible-playbook where it must not begin."""

from __future__ import annotations

import json

import pytest


@pytest.mark.parametrize(("values", "message"), [
    ({"failover_drill_prober": "client"}, "lb2: is not reached"),
    ({"failover_drill_prober": "lb1"}, "failover_drill_prober: lb1 is a member of the cluster"),
    ({"failover_drill_production": True}, "failover_drill_production is true for lb1, lb2."),
    ({"failover_drill_faults": ["service_stopped"]}, "value of failover_drill_faults must be one or more of: service"),
])
def test_it_is_refused_with_the_reason(play_without_daemon, tmp_path, values, message):
    options = dict({"failover_drill_output": str(tmp_path / "reports")}, **values)
    done = play_without_daemon("failover_drill.yml", "--extra-vars", json.dumps(options))
    assert done.returncode != 0 and message in done.stdout, done.stdout + done.stderr
    assert "Put the fault into the host" not in done.stdout and not (tmp_path / "reports").exists()
