# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""When the machine with the lab stood still, because somebody else had its processors.

A host that is not run for 0.3 s is dead for a cluster that advertises every 0.1 s, and two hosts have the address while
the one that is to give it up is not run. That is what VRRP does, and says nothing about what was configured.

Python 3.8 and the standard library, because this runs inside the hosts.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import warnings
from typing import Any, Callable, Dict, List, Optional, Sequence

from ansible_collections.openvip.cluster.plugins.module_utils._drill import watch
from ansible_collections.openvip.cluster.plugins.module_utils._drill.watch import Interval
from ansible_collections.openvip.cluster.plugins.module_utils._outage import OK, Record

BEAT = 0.005
# a processor that is only busy is late by less
LATE_NS = 30000000
# A client's request before it and what the cluster did because of it: the prober's time-out, three adverts.
BEFORE_NS, AFTER_NS = 200000000, 300000000


def beat(processor: int, say: Callable[[Dict[str, Any]], None]) -> None:
    """Say each time in which this processor did not run the thread that calls this, for ever."""
    # of this thread alone
    os.sched_setaffinity(0, {processor})
    before = time.monotonic_ns()
    while True:
        time.sleep(BEAT)
        now = time.monotonic_ns()
        if now - before > BEAT * 1e9 + LATE_NS:
            say({"event": "stall", "start_ns": before, "end_ns": now})
        before = now


def observe(stop: watch.Stop, say: Callable[[Dict[str, Any]], None]) -> None:
    """Say when any of the processors stood still."""
    lock = threading.Lock()

    def say_alone(event: Dict[str, Any]) -> None:
        with lock:
            say(event)

    for processor in sorted(os.sched_getaffinity(0)):
        threading.Thread(target=beat, args=(processor, say_alone), daemon=True).start()
    # nothing comes by these
    silent, other = socket.socketpair()
    with silent, other:
        while stop.wait(silent, 3600):
            continue
    say_alone({"event": "report"})


def disturbed(events: Sequence[Dict[str, Any]]) -> List[Interval]:
    """Return the times in which what was seen may be the machine's doing; they may overlap."""
    return [Interval(event["start_ns"] - BEFORE_NS, event["end_ns"] + AFTER_NS) for event in events
            if event["event"] == "stall"]


def undisturbed_claims(claims: Sequence[Dict[str, Any]], end_ns: int, absent: List[Interval]) -> List[Dict[str, Any]]:
    """Return the events of the ARP watcher without the spells of several holders that lasted no longer than that and a
    hand-over.

    :param end_ns: until when it watched.
    :param absent: of C(disturbed).
    """
    left_out = []
    for spell, following in watch.followed(list(claims)):
        whole = Interval(spell["start_ns"], following["start_ns"] if following else end_ns)
        rest_ns = sum(each.end_ns - each.start_ns for each in watch.without([whole], absent))
        stalled = rest_ns < whole.end_ns - whole.start_ns
        if len(spell["cards"]) > 1 and stalled and rest_ns <= watch.HAND_OVER_MS * 1e6:
            left_out.append(spell)
    _tell(len(left_out), "spells of several holders")
    return [event for event in claims if event not in left_out]


def lost(records: Sequence[Record], absent: List[Interval], host: Optional[str] = None) -> List[Record]:
    """Return the probes that failed and are the cluster's doing.

    :param absent: of C(disturbed).
    :param host: who is to answer; an answer of another host is none. Anybody when not given.
    """
    bad = [record for record in records if record.outcome != OK or host not in (None, record.host)]
    found = [record for record in bad if not any(each.start_ns <= record.start_ns < each.end_ns for each in absent)]
    _tell(len(bad) - len(found), "requests")
    return found


def _tell(count: int, what: str) -> None:
    if count:
        warnings.warn("%d %s are left out, because the machine stood still" % (count, what), stacklevel=3)
