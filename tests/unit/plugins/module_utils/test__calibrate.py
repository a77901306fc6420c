# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils._calibrate import Phase, calibrate, errors_ms
from ansible_collections.openvip.cluster.plugins.module_utils._outage import Outage


def outage(start_ms, end_ms):
    end = None if end_ms is None else end_ms * 1000000
    return Outage(start_ms * 1000000, end, 1, 0, "", "", {}, True)


def test_an_error_is_the_difference_to_the_phase_that_it_meets():
    phases = [Phase("refuse", 100000000, 200000000), Phase("ignore", 300000000, 400000000)]
    found = [outage(10, 15), outage(102, 204), outage(301, 398), outage(399, 401), outage(390, None)]
    assert errors_ms(phases, found) == {"refuse": [2.0], "ignore": [-3.0]}


@pytest.mark.long
def test_known_outages_are_found():
    # outages of 2 s: one in which the whole machine stands still cannot be seen
    report = calibrate(repetitions=1, bad=2, timeout=0.05, settle=10)
    assert [report[kind]["seen"] for kind in ("refuse", "ignore")] == [1, 1]
    # a bound that a busy machine keeps, too, less the time in which it stood still; the figures are for the reader
    assert all(report[kind]["maximum_ms"] < 300 + report["largest_gap_ms"] for kind in ("refuse", "ignore"))
    assert report["probes"] > 20
    assert report["late_us"]["median"] < 300000
