# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a VRRP fail-over takes, by arithmetic alone.

Sources: RFC 3768 section 6.1 (VRRPv2), RFC 5798 section 6.1 (VRRPv3), and keepalived's own form of the same formulas
in include/vrrp.h (VRRP_TIMER_SKEW, VRRP_MS_DOWN_TIMER). All times are seconds. Every function is pure.

The figures say when the backup takes the address over. What a client sees is up to one request longer, and what it
takes until the master notices that its service is gone is only in L(checked) and L(tracked).

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import shlex
from typing import NamedTuple

#: Adverts that may be missing before the master counts as dead; keepalived's C(down_timer_adverts) (1-100).
DOWN_TIMER_ADVERTS = 3


class Range(NamedTuple):
    """The shortest and the longest time, in seconds."""

    low: float
    high: float


class Timers(NamedTuple):
    """What the protocol's timers of one waiting (backup) node depend on.

    :ivar version: 2 or 3.
    :ivar advert_int: seconds between the adverts of the present master: 1-255 in version 2, 0.01-40.95 in version 3,
        where the backup takes it from the master's advert.
    :ivar priority: effective priority of the waiting node, 1-254 (255 is the address owner, who does not wait).
    :ivar down_timer_adverts: adverts that may be missing, 1-100.
    """

    version: int
    advert_int: float
    priority: int
    down_timer_adverts: int = DOWN_TIMER_ADVERTS


def check(timers: Timers) -> Timers:
    """Return I(timers) unchanged.

    :raises ValueError: a value is outside its range; the message names it and the range.
    """
    if timers.version not in (2, 3):
        raise ValueError("version %r: VRRP has the versions 2 and 3" % (timers.version,))
    low, high = (1, 255) if timers.version == 2 else (0.01, 40.95)
    if not low <= timers.advert_int <= high:
        raise ValueError("advert_int %r: version %d allows %s-%s seconds" %
                         (timers.advert_int, timers.version, low, high))
    if not 1 <= timers.priority <= 255:
        raise ValueError("priority %r: must be 1-255" % (timers.priority,))
    if not 1 <= timers.down_timer_adverts <= 100:
        raise ValueError("down_timer_adverts %r: must be 1-100" % (timers.down_timer_adverts,))
    return timers


def skew(timers: Timers) -> float:
    """Return the skew time: what the waiting node adds so that the highest priority is first.

    RFC 3768: C((256 - priority) / 256) seconds, whatever the interval. RFC 5798: the same part of the master's
    advert interval. So only version 3 makes it shrink with C(advert_int).
    """
    check(timers)
    unit = 1.0 if timers.version == 2 else timers.advert_int
    return (256 - timers.priority) / 256.0 * unit


def master_down_interval(timers: Timers) -> float:
    """Return the silence after which the waiting node declares the master dead: adverts x C(advert_int) + skew."""
    return timers.down_timer_adverts * timers.advert_int + skew(timers)


def planned(timers: Timers) -> Range:
    """Return the time of a move that the master announces with an advert of priority 0 (stop, FAULT, SIGTERM).

    RFC 5798 section 6.4.2: on priority 0 the waiting node sets its timer to the skew time.
    """
    return Range(skew(timers), skew(timers))


def crash(timers: Timers) -> Range:
    """Return the time after a silent death (power, freeze, kill -9 of all, cut link).

    The timer started with the last advert, which is between nothing and one C(advert_int) old.
    """
    down = master_down_interval(timers)
    return Range(down - timers.advert_int, down)


def tracked(timers: Timers) -> Range:
    """Return the time after a change that the master learns at once (track_file, track_process, own interface).

    keepalived reads these from inotify, the process connector and netlink, so nothing waits for a poll: weight 0 means
    FAULT, which is announced.
    """
    return planned(timers)


def run_time(command: str, timeout: float) -> float:
    """Return the seconds after which a check script tells of a service that hangs: what curl(1) is told, or I(timeout).

    :param timeout: of the C(vrrp_script), after which keepalived ends it; its C(interval) where it has none.
    """
    try:
        words = shlex.split(command)
        return min(float(words[words.index("--max-time") + 1]), timeout)
    except (ValueError, IndexError):
        # without it, or no command line: the daemon's own time-out ends it
        return timeout


def checked(timers: Timers, interval: float, fall: int = 1, run_time: float = 0.0, weight: int = 0) -> Range:
    """Return the time after the first moment at which a C(vrrp_script) would fail.

    :param interval: seconds between the starts of the script.
    :param fall: failures in a row that count.
    :param run_time: seconds until the script reports failure (its time-out, when the service hangs).
    :param weight: 0 means FAULT, announced at once. A negative weight only lowers the priority: the waiting node
        ignores the lower adverts and waits its timer out. It must be enough to fall below that node, or nothing moves.
    :returns: the best case (the script starts just after the fault) and the worst (it started just before).
    :raises ValueError: a positive weight (it raises the priority of the healthy, see keepalived.conf(5)) or a value
        outside its range.
    """
    if weight > 0:
        raise ValueError("weight %d: only 0 and negative weights lower a failing node" % weight)
    if interval <= 0 or fall < 1 or run_time < 0:
        raise ValueError("interval, fall and run_time must be positive")
    move = planned(timers) if weight == 0 else crash(timers)
    return Range((fall - 1) * interval + run_time + move.low, fall * interval + run_time + move.high)


def asked(timers: Timers, interval: float, fall: int, max_time: float) -> Range:
    """Return the time from the first moment at which keepalived-check would get no answer until the address has moved.

    It asks every C(interval) seconds, waits C(max_time) for an answer, asks again as soon as that has passed, and
    writes a C(track_file) after C(fall) failures.

    :returns: the best case (the question comes just after the fault) and the worst (it came just before).
    :raises ValueError: a value outside its range.
    """
    if interval <= 0 or fall < 1 or max_time <= 0:
        raise ValueError("interval, fall and max_time must be positive")
    move = tracked(timers)
    waiting = fall * max_time
    return Range(waiting + move.low, interval + waiting + move.high)


def preempted(timers: Timers, preempt_delay: float = 0.0) -> Range:
    """Return the time from the start of a returning node of higher priority until it takes the address back.

    It starts as BACKUP and waits its own timer out without heeding the lower adverts (RFC 5798 section 6.4.2),
    measured from its start or, with C(preempt_delay), from the end of that delay.
    """
    down = master_down_interval(timers)
    return Range(preempt_delay + down - timers.advert_int, preempt_delay + down)
