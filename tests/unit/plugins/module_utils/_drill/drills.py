# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pair as its hosts report it, and what is recorded when the address moves from lb1 to lb2 and back."""

from __future__ import annotations

from ansible_collections.openvip.cluster.plugins.module_utils._drill import judge, plan
from ansible_collections.openvip.cluster.plugins.module_utils._drill.journal import pack
from ansible_collections.openvip.cluster.plugins.module_utils._outage import Record
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._status import clusters

URL = "http://198.18.0.100/"
SLOT = 5000000
# nanoseconds from the prober's monotonic clock to that of the wall
WALL = 1000 * SLOT
ANSWERS = {"A": ("ok", "lb1"), "B": ("ok", "lb2"), "x": ("timeout", "")}


def pair(nopreempt=False, **more):
    """Two hosts with version 3, adverts every 0.1 s, a tracked file and a script."""
    reports = clusters.pair()
    for report, priority in zip(reports, (250, 249)):
        report["keepalived"]["config"] = {
            "track_file": [{"name": "nginx", "file": "/run/nginx"}],
            "vrrp_script": [{"name": "check", "script": "/usr/bin/curl --max-time 0.5 x", "interval": 1, "fall": 2}],
            "vrrp_instance": [dict(clusters.written(priority), **dict(
                {"version": 3, "advert_int": 0.1, "track_script": ["check"], "track_file": ["nginx"],
                 "nopreempt": nopreempt}, **more))]}
    return reports


def planned(fault="keepalived_stop", reports=None, **options):
    """The plan for a fault."""
    return plan.prepare(fault, reports or pair(), ["lb1", "lb2"], **dict({"url": URL, "service": "nginx"}, **options))


def watched(*spells, messages=()):
    """What a member saw that had the address in these spells, in slots."""
    events = [{"event": "address", "address": "198.18.0.100", "start_ns": 0, "wall_ns": WALL, "held": False}]
    for begin, end in spells:
        events.append(dict(events[0], wall_ns=WALL + begin * SLOT, held=True))
        events.append(dict(events[0], wall_ns=WALL + end * SLOT, held=False))
    return {"events": events, "until_wall_ns": WALL + 10000 * SLOT, "messages": [
        {"wall_ns": WALL + slot * SLOT, "message": message} for slot, message in messages]}


def recorded(text, held, made=None, at=40, back=60, claims=None, healed=True, **prober):
    """The result of a fault. A is a probe that lb1 answered, B one of lb2, x one that failed; one every slot.

    :param held: the spells of each host in slots.
    :param at: the slot of the fault.
    :param back: the slot of its undoing.
    :param prober: what else the prober returned, or returned otherwise; C(calibration) is what it was measured to add.
    """
    records = [Record(index * SLOT, WALL + index * SLOT, ANSWERS[letter][0], 900, ANSWERS[letter][1])
               for index, letter in enumerate(text)]
    calibration = prober.pop("calibration", None)
    probe = dict({"records": pack(records), "timeout_ms": 200.0, "rate": 200.0, "interval_ms": 5.0,
                  "largest_gap_ms": 5.1, "probes": len(text)}, **prober)
    said = {"lb1": [(at + 1, "(VI_1) Entering FAULT STATE"), (at + 1, "Sent signal SIGCONT")],
            "lb2": [(at + 2, "(VI_1) Entering MASTER STATE")]}
    return judge.judge(
        made or planned(), {"at_wall_ns": WALL + at * SLOT}, {"at_wall_ns": WALL + back * SLOT}, probe,
        {host: watched(*spells, messages=said[host]) for host, spells in held.items()},
        claims or {"available": False}, healed, calibration)


def moved(**options):
    """The address goes to lb2 for 15 ms of failed requests, and back."""
    return recorded("A" * 40 + "xxx" + "B" * 40 + "xx" + "A" * 40, {"lb1": [(0, 41), (85, 9000)], "lb2": [(42, 84)]},
                    **options)


def report(*results):
    """All of a drill with these results."""
    return {"time": "2026-01-31 12:00:00 UTC", "members": ["lb1", "lb2"], "prober": "client", "url": URL,
            "interval_ms": 5.0, "results": list(results), "configurations": {
                each["name"]: each["keepalived"]["config"] for each in pair()},
            "calibration": {"outage_ms": 100.0, "refuse": {"maximum_ms": 4.9}, "ignore": {"maximum_ms": 5.1}}}
