# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The demo: two hosts, one address, each fault in turn, and what it cost. `make demo` runs it."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence

from ansible_collections.openvip.cluster.plugins.module_utils._drill import watch
from ansible_collections.openvip.cluster.plugins.module_utils._drill.measure import Leg, Result
from ansible_collections.openvip.cluster.tests.lab import faults, predict, prepare, table
from ansible_collections.openvip.cluster.tests.lab.cluster import Cluster
from ansible_collections.openvip.cluster.tests.lab.faults import Fault

HEADER = ("fault", "outage ms", "requests failed", "holder", "holders at once", "overlap ms", "predicted ms")
AROUND = """
Look around:
  eval "$(tests/lab/engine which)"
  docker exec -it openvip-lb1 bash                            a shell on a host; also openvip-lb2, openvip-client
  docker exec openvip-client curl -s http://198.18.0.100/     who answers
  docker exec openvip-lb1 journalctl -u keepalived            what keepalived says
  . .venv/bin/activate
  ansible -i inventory/active_passive -i molecule/inventory/lab.yml lb -m ansible.builtin.command -a 'ip -brief address'
  tests/lab/playbook playbooks/site.yml                       change inventory/active_passive, run it again
Take it down:
  make demo-down
"""


def problems(fault: Fault, result: Result) -> list[str]:
    """Return what must not be, in words."""
    found = []
    if not result.moved:
        found.append(f"{fault.name}: the address did not move away from {result.host}")
    if result.away.holders_at_once > 1:
        found.append(f"{fault.name}: {result.away.holders_at_once} hosts claimed the address at once")
    back = result.back
    if back is not None:
        if back.after != result.host:
            found.append(f"{fault.name}: {back.after or 'nobody'} answered in the end, not {result.host}")
        if back.holders_at_once > 1 and not (fault.remains_master and back.overlap_ms <= faults.THAW_MS):
            found.append(f"{fault.name}, undone: {back.holders_at_once} hosts claimed the address at once")
    return found


def row(name: str, legs: Sequence[Leg], predicted: str) -> list[str]:
    """Return a line of the table under HEADER for several moves by one cause."""
    moves = " / ".join(sorted({f"{leg.before} -> {leg.after or 'nobody'}" for leg in legs}))
    overlap = max(leg.overlap_ms for leg in legs)
    return [name, table.figure([leg.outage_ms for leg in legs]), table.counts([leg.failed for leg in legs]), moves,
            str(max(leg.holders_at_once for leg in legs)), f"{overlap:.1f}", predicted]


def _predicted(cluster: Cluster, fault: Fault) -> str:
    move = predict.predict(fault, *predict.configurations(cluster))
    if move is None:
        return "never"
    low, high = f"{move.low * 1000:.0f}", f"{move.high * 1000:.0f}"
    return low if low == high else f"{low}-{high}"


def report(cluster: Cluster, results: dict[str, list[Result]]) -> list[str]:
    """Return the table: two lines for each fault, there and back."""
    rows = []
    for fault in faults.FAULTS:
        if results.get(fault.name):
            rows.append(row(fault.name, [result.away for result in results[fault.name]], _predicted(cluster, fault)))
            rows.append(row("  undone", [result.back for result in results[fault.name] if result.back], ""))
    return table.lines(HEADER, rows)


def run(cluster: Cluster, rounds: int, say: Callable[[str], None]) -> list[str]:
    """Provoke every fault, print the table, and return what must not be."""
    master = cluster.names[0]
    results: dict[str, list[Result]] = {fault.name: [] for fault in faults.FAULTS}
    found = []
    for number in range(1, rounds + 1):
        for fault in faults.FAULTS:
            say(f"round {number} of {rounds}: {fault.name} ({fault.summary})")
            result = cluster.provoke(fault, master, say=lambda text: say(f"  {text}"))
            results[fault.name].append(result)
            found += problems(fault, result)
    print("", *report(cluster, results), "", sep="\n")
    print("outage: from the start of the first failed request to the start of the first of 20 good ones in a row.\n"
          "holders at once: most network cards that claimed the address by ARP; several count when they did for more\n"
          f"than the {watch.HAND_OVER_MS:.0f} ms that a hand-over may take.\n"
          "overlap: time in which two reachable hosts had the address (most of all rounds). A host that was frozen\n"
          "wakes as the master it was, and the two need a moment to find out.\n"
          "predicted: VRRP's timers alone, from the hosts' keepalived.conf.")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/lab/demo", description=__doc__)
    parser.add_argument("rounds", type=int, nargs="?", default=1, help="how often each fault is provoked (default 1)")
    parser.add_argument("--running", action="store_true", help="use the hosts that run, as they are")
    options = parser.parse_args()
    begin = time.monotonic()

    def say(text: str) -> None:
        print(f"demo {time.monotonic() - begin:6.1f} s  {text}", flush=True)

    with prepare.program("demo", "interrupted; the fault is undone."):
        cluster = Cluster() if options.running else prepare.converged(say)
        say("measuring the prober itself on the client")
        for line in prepare.prober_lines(cluster.calibrate()):
            say(f"  {line}")
        found = run(cluster, options.rounds, say)
    print(AROUND)
    for line in found:
        print(f"demo: {line}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
