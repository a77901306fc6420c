# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""What VRRP's arithmetic says about a fault, from the keepalived.conf of the two hosts."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from ansible_collections.openvip.cluster.plugins.module_utils import _timing
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import Statement, parse
from ansible_collections.openvip.cluster.tests.lab import containers
from ansible_collections.openvip.cluster.tests.lab.cluster import Cluster
from ansible_collections.openvip.cluster.tests.lab.faults import Fault

KEEPALIVED_CONF = "/etc/keepalived/keepalived.conf"


@dataclass(frozen=True)
class Check:
    """A vrrp_script that an instance tracks: seconds, failures in a row, seconds until it gives up, weight."""

    interval: float
    fall: int
    run_time: float
    weight: int


@dataclass(frozen=True)
class Configuration:
    """What decides about the time of a move, read from one keepalived.conf with one vrrp_instance."""

    timers: _timing.Timers
    tracks_file: bool
    checks: tuple[Check, ...]


def _value(block: Statement, keyword: str, default: str) -> str:
    return next((each.values[0] for each in block.statements() if each.keyword == keyword and each.values), default)


def _entries(block: Statement, keyword: str) -> list[str]:
    return [entry.keyword for each in block.statements() if each.keyword == keyword for entry in each.statements()]


def _run_time(script: Statement, interval: float) -> float:
    """Return the seconds after which a script reports a service that hangs: curl's own time-out, or the daemon's."""
    words = shlex.split(_value(script, "script", ""))
    if "--max-time" in words[:-1]:
        return float(words[words.index("--max-time") + 1])
    return float(_value(script, "timeout", str(interval)))


def configuration(text: str) -> Configuration:
    """Read a keepalived.conf with one vrrp_instance; what it leaves out has keepalived's default."""
    blocks = list(parse(text).statements())
    instance = next(block for block in blocks if block.keyword == "vrrp_instance")
    scripts = {block.values[0]: block for block in blocks if block.keyword == "vrrp_script"}
    checks = []
    for name in _entries(instance, "track_script"):
        interval = float(_value(scripts[name], "interval", "1"))
        checks.append(Check(interval, int(_value(scripts[name], "fall", "1")), _run_time(scripts[name], interval),
                            int(_value(scripts[name], "weight", "0"))))
    timers = _timing.Timers(
        int(_value(instance, "version", "2")), float(_value(instance, "advert_int", "1")),
        int(_value(instance, "priority", "100")),
        int(_value(instance, "down_timer_adverts", str(_timing.DOWN_TIMER_ADVERTS))))
    return Configuration(timers, bool(_entries(instance, "track_file")), tuple(checks))


def configurations(cluster: Cluster) -> list[Configuration]:
    """Read what the first two load balancers of a cluster have: the one that leads, and the one that waits."""
    return [configuration(containers.read(cluster.container(name), KEEPALIVED_CONF)) for name in cluster.names[:2]]


def crash(_holder: Configuration, waiting: Configuration) -> _timing.Range:
    """Return how long the address is away when its holder falls silent, in seconds."""
    return _timing.crash(waiting.timers)


def predict(fault: Fault, holder: Configuration, waiting: Configuration) -> _timing.Range | None:
    """Return how long the address is away, in seconds; None when nothing moves it.

    :param holder: of the host with the fault.
    :param waiting: of the host that takes over.
    """
    if fault.kind == "crash":
        return crash(holder, waiting)
    if fault.kind == "planned":
        return _timing.planned(waiting.timers)
    if fault.kind == "tracked" and holder.tracks_file:
        return _timing.tracked(waiting.timers)
    moves = [_timing.checked(waiting.timers, check.interval, check.fall, check.run_time, check.weight)
             for check in holder.checks]
    return min(moves, key=lambda move: move.high, default=None)
