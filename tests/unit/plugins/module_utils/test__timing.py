# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.openvip.cluster.plugins.module_utils import _timing
from ansible_collections.openvip.cluster.plugins.module_utils._timing import Range, Timers

# what keepalived 2.2.7 prints as "Master down timer" for priority 100, and what was measured with a stopwatch
SLOW = Timers(version=2, advert_int=1, priority=90)
FAST = Timers(version=3, advert_int=0.1, priority=240)


@pytest.mark.parametrize(("timers", "seconds"), [
    (SLOW, 0.6484375),
    (SLOW._replace(advert_int=3), 0.6484375),
    (Timers(3, 0.1, 90), 0.06484375),
    (Timers(3, 0.01, 90), 0.006484375),
    (Timers(2, 1, 254), 0.0078125),
    (Timers(2, 1, 255), 0.00390625),
])
def test_skew_shrinks_with_the_interval_only_in_version_3(timers, seconds):
    assert _timing.skew(timers) == pytest.approx(seconds)


@pytest.mark.parametrize(("timers", "seconds"), [
    (Timers(2, 1, 100), 3.609375),
    (SLOW, 3.6484375),
    (Timers(2, 5, 90), 15.6484375),
    (FAST, 0.30625),
    (SLOW._replace(down_timer_adverts=1), 1.6484375),
])
def test_master_down_interval(timers, seconds):
    assert _timing.master_down_interval(timers) == pytest.approx(seconds)


def test_a_planned_move_takes_the_skew():
    assert _timing.planned(FAST) == _timing.tracked(FAST) == Range(_timing.skew(FAST), _timing.skew(FAST))


def test_a_crash_is_noticed_up_to_one_advert_earlier_than_the_master_down_interval():
    assert _timing.crash(FAST) == pytest.approx((0.20625, 0.30625))


@pytest.mark.parametrize(("options", "expected"), [
    ({"interval": 1}, (0.0, 1.0)),
    ({"interval": 1, "fall": 3}, (2.0, 3.0)),
    ({"interval": 2, "fall": 2, "run_time": 0.5}, (2.5, 4.5)),
])
def test_a_check_of_weight_0_needs_its_failures_and_the_skew(options, expected):
    skew = _timing.skew(FAST)
    assert _timing.checked(FAST, **options) == pytest.approx((expected[0] + skew, expected[1] + skew))


@pytest.mark.parametrize(("command", "seconds"), [
    ("/usr/bin/curl --silent --max-time 0.5 http://127.0.0.1/", 0.5),
    ("/usr/bin/curl --max-time 5 http://127.0.0.1/", 2),
    ("/usr/bin/curl --silent http://127.0.0.1/", 2),
    ("/usr/bin/pgrep --max-time", 2),
    ("/usr/bin/curl --max-time soon", 2),
    ("/usr/bin/curl --max-time 0.5 'http", 2),
])
def test_a_check_tells_of_what_hangs_when_curl_or_the_daemon_gives_up(command, seconds):
    assert _timing.run_time(command, 2) == seconds


def test_a_check_of_negative_weight_waits_for_the_master_down_interval():
    assert _timing.checked(FAST, interval=1, weight=-20) == pytest.approx((0.20625, 1.30625))


def test_a_returning_node_waits_its_own_timer_out_and_the_delay():
    timers = Timers(3, 0.1, 250)
    assert _timing.preempted(timers).high == pytest.approx(0.30234375)
    assert _timing.preempted(timers, preempt_delay=5).high == pytest.approx(5.30234375)


@pytest.mark.parametrize(("timers", "words"), [
    (FAST._replace(version=4), "versions 2 and 3"),
    (FAST._replace(version=2), "advert_int 0.1: version 2 allows 1-255 seconds"),
    (FAST._replace(advert_int=41), "version 3 allows 0.01-40.95 seconds"),
    (FAST._replace(priority=0), "priority 0: must be 1-255"),
    (FAST._replace(priority=256), "priority 256: must be 1-255"),
    (FAST._replace(down_timer_adverts=0), "down_timer_adverts 0: must be 1-100"),
])
def test_values_out_of_range_are_refused(timers, words):
    with pytest.raises(ValueError, match=words):
        _timing.master_down_interval(timers)


@pytest.mark.parametrize("options", [
    {"interval": 1, "weight": 10}, {"interval": 0}, {"interval": 1, "fall": 0}, {"interval": 1, "run_time": -1}])
def test_a_check_that_cannot_be_is_refused(options):
    with pytest.raises(ValueError, match=r"weight 10|must be positive"):
        _timing.checked(FAST, **options)


def test_a_service_that_is_asked_moves_after_its_failures():
    move = _timing.planned(FAST)
    assert _timing.asked(FAST, 0.2, 2, 0.14) == pytest.approx((0.28 + move.low, 0.48 + move.high))
    assert _timing.asked(FAST, 0.05, 1, 0.1) == pytest.approx((0.1 + move.low, 0.15 + move.high))


@pytest.mark.parametrize("values", [(0, 2, 0.1), (0.2, 0, 0.1), (0.2, 2, 0)])
def test_a_service_that_is_never_asked_has_no_time(values):
    with pytest.raises(ValueError, match="must be positive"):
        _timing.asked(FAST, *values)
