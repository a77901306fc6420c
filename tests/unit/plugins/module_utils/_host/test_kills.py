# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""keepalived_host is killed, or finds the disk full: see tests/kills/keepalived_host.py."""

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.tests.kills.keepalived_host import SCENARIOS, full_disk, kills

pytestmark = pytest.mark.daemon


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_whatever_kills_it_the_next_run_heals(tmp_path, scenario):
    assert kills(tmp_path, scenario, 11) >= 3


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_full_disk_changes_nothing_or_is_no_hindrance(tmp_path, scenario):
    assert full_disk(tmp_path, scenario, [0, 8, 64]) in (1, 2)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_killed_at_every_point_the_next_run_heals(tmp_path, scenario):
    assert kills(tmp_path, scenario, 1) >= 40


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_disk_with_any_space_left_changes_nothing_or_is_no_hindrance(tmp_path, scenario):
    assert full_disk(tmp_path, scenario, range(65)) >= 4
