# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The one program that is copied into the lab's hosts: prober, watchers and faults.

    python3 openvip-lab.pyz probe http://198.18.0.100/      until its standard input ends
    python3 openvip-lab.pyz arp eth1 198.18.0.100
    python3 openvip-lab.pyz addresses 198.18.0.100
    python3 openvip-lab.pyz calibrate
    python3 openvip-lab.pyz signal-main nginx SIGKILL

It writes JSON lines: events, and {"event": "report", ...} at the end. Python 3.8 and the standard library.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from typing import Any, Dict, List

from ansible_collections.openvip.cluster.plugins.module_utils._calibrate import calibrate
from ansible_collections.openvip.cluster.plugins.module_utils._drill import watch
from ansible_collections.openvip.cluster.plugins.module_utils._outage import (
    SETTLE,
    Events,
    Record,
    largest_gap_ms,
    spread,
)
from ansible_collections.openvip.cluster.plugins.module_utils._probe import Prober
from ansible_collections.openvip.cluster.tests.lab import act, stalls, traffic


def say(event: Dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def probe(options: argparse.Namespace) -> None:
    events = Events(options.settle)

    def report(record: Record) -> None:
        for event in events.add(record):
            say(event)

    prober = Prober(options.url, options.interval, options.timeout, report)
    records = prober.run(options.duration, sys.stdin.fileno())
    say({"event": "report", "records": records, "dropped": prober.dropped, "skipped": prober.skipped,
         "stalled_ms": prober.stalled_ns / 1e6,
         "late_us": spread(prober.late_us), "largest_gap_ms": round(largest_gap_ms(records), 3)})


def main(words: List[str]) -> None:
    parser = argparse.ArgumentParser(prog="openvip-lab")
    commands = parser.add_subparsers(dest="command", required=True)

    watching = argparse.ArgumentParser(add_help=False)
    watching.add_argument("--duration", type=float, default=600.0, help="seconds; the end of the input ends it too")
    timing = argparse.ArgumentParser(add_help=False)
    timing.add_argument("--interval", type=float, default=0.005, help="seconds between two probes")
    timing.add_argument("--timeout", type=float, default=0.2, help="seconds until a probe has failed")
    timing.add_argument("--settle", type=int, default=SETTLE, help="good probes in a row that end an outage")

    command = commands.add_parser("probe", parents=[watching, timing])
    command.add_argument("url")
    command = commands.add_parser("calibrate", parents=[timing])
    command.add_argument("--repetitions", type=int, default=5)
    command = commands.add_parser("arp", parents=[watching])
    command.add_argument("interface")
    command.add_argument("address")
    command = commands.add_parser("addresses", parents=[watching])
    command.add_argument("address")
    command = commands.add_parser("revive")
    command.add_argument("unit")
    command = commands.add_parser("execute")
    command.add_argument("words", nargs="+")
    for name in ("signal-main", "signal-all"):
        command = commands.add_parser(name)
        command.add_argument("name")
        command.add_argument("signal", type=lambda word: signal.Signals[word])
    commands.add_parser("states")
    commands.add_parser("stalls", parents=[watching])
    asking = argparse.ArgumentParser(add_help=False)
    asking.add_argument("--count", type=int, default=100, help="requests")
    asking.add_argument("--patience", type=float, default=2.0, help="seconds until one has failed")
    commands.add_parser("ask", parents=[asking]).add_argument("url")
    command = commands.add_parser("ask-udp", parents=[asking])
    command.add_argument("--first", type=int, required=True, help="the first of the ports to send from")
    command.add_argument("address")
    command.add_argument("port", type=int)
    command = commands.add_parser("answer-udp", parents=[watching])
    command.add_argument("address")
    command.add_argument("port", type=int)
    command = commands.add_parser("download", parents=[asking])
    command.add_argument("url")
    command.add_argument("--rate", type=int, default=100000, help="bytes per second")
    command = commands.add_parser("advertise", parents=[watching])
    command.add_argument("address")
    command.add_argument("number", type=int)
    command = commands.add_parser("port")
    command.add_argument("index", type=int)
    command.add_argument("state", choices=sorted(act.PORT_STATES))
    command.add_argument("--thaw", default="")
    commands.add_parser("freeze").add_argument("container")

    options = parser.parse_args(words)
    actions = {
        "probe": lambda: probe(options),
        "calibrate": lambda: say(dict(calibrate(options.repetitions, interval=options.interval,
                                                timeout=options.timeout, settle=options.settle), event="report")),
        "arp": lambda: watch.arp(options.interface, options.address,
                                 watch.Stop(options.duration, sys.stdin.fileno()), say),
        "addresses": lambda: watch.addresses([options.address], watch.Stop(options.duration, sys.stdin.fileno()), say),
        "revive": lambda: act.revive(options.unit),
        "execute": lambda: act.execute(options.words),
        "signal-main": lambda: act.signal_main(options.name, options.signal),
        "signal-all": lambda: act.signal_all(options.name, options.signal),
        "ask": lambda: traffic.ask(options.url, options.count, options.patience, say),
        "ask-udp": lambda: traffic.ask_udp(
            options.address, options.port, options.count, options.patience, options.first, say),
        "answer-udp": lambda: traffic.answer_udp(options.address, options.port, options.duration),
        "download": lambda: traffic.download(options.url, options.count, options.rate, options.patience, say),
        "advertise": lambda: traffic.advertise(
            options.address, options.number, watch.Stop(options.duration, sys.stdin.fileno()), say),
        "stalls": lambda: stalls.observe(watch.Stop(options.duration, sys.stdin.fileno()), say),
        "states": lambda: say({"event": "report", "states": act.states()}),
        "freeze": lambda: say({"event": "report", "frozen": act.freeze(options.container, True)}),
        "port": lambda: act.port(options.index, options.state, options.thaw),
    }
    actions[options.command]()
