# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The same faults on clusters made by hand after walk-throughs that users come from, as written there, and on ours with
keepalived's own version and interval and with the fast ones, in one run and in turn. `make bench` runs it."""

from __future__ import annotations

import argparse
import os
import pathlib
import platform
import sys
import time
from collections.abc import Callable

from ansible_collections.openvip.cluster.plugins.module_utils._drill.judge import as_predicted, bounds_ms
from ansible_collections.openvip.cluster.plugins.module_utils._drill.measure import Result
from ansible_collections.openvip.cluster.plugins.module_utils._timing import Range
from ansible_collections.openvip.cluster.tests.benchmarks.variants import (
    DEFAULT,
    OURS,
    SYNC_DAEMON,
    TUTORIAL,
    VARIANTS,
    Variant,
    has_ipvs,
)
from ansible_collections.openvip.cluster.tests.lab import containers, faults, predict, prepare, table
from ansible_collections.openvip.cluster.tests.lab.cluster import Cluster

HEADER = ("fault", *(f"({each.letter}) outage ms; failed" for each in VARIANTS),
          *(f"{each.letter}:{OURS.letter}" for each in VARIANTS[:-1]), "holders at once")
PREDICTED = ("fault", *(f"({each.letter}) predicted ms; measured; as predicted" for each in (DEFAULT, OURS)))
Results = dict[tuple[str, str], list[Result]]


def machine(cluster: Cluster) -> list[str]:
    """Return what the figures were measured on."""
    names = [line.partition(":")[2].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")]
    container = cluster.container(cluster.names[0])
    versions = containers.execute(container, "sh", "-c", "keepalived --version 2>&1 | head -n 1; nginx -v 2>&1")
    return [f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}",
            f"Docker {containers.docker('version', '--format', '{{.Server.Version}}').strip()}; "
            + "; ".join(versions.split("\n")).strip("; ")]


def one_round(cluster: Cluster, variant: Variant, results: Results, say: Callable[[str], None]) -> None:
    """Start a cluster and provoke each fault on whoever holds the address."""
    say(f"{variant.name}: starting it")
    variant.start(cluster)
    for fault in faults.ALL:
        result = cluster.provoke(variant.fault(fault), preempt=variant.preempt, timeout=variant.patience)
        results.setdefault((variant.name, fault.name), []).append(result)
        outage = result.away.outage_ms
        say(f"{variant.name}: {fault.name} on {result.host}: "
            + (f"{outage:.0f} ms" if outage is not None else f"not within {variant.patience:g} s")
            + f", {result.away.failed} requests failed, then {result.away.after or 'nobody'}")


def ratio(by_hand: float, ours: float, interval_ms: float) -> str:
    """Return the quotient of two outages; one below the prober's interval counts as that interval."""
    if by_hand == float("inf"):
        return "-" if ours == float("inf") else "never"
    return f"{'>' if ours < interval_ms else ''}{by_hand / max(ours, interval_ms):.0f}"


def predictions(cluster: Cluster) -> dict[str, Range | None]:
    """Return what VRRP's arithmetic says of each fault, from the files that the hosts have now."""
    found = predict.configurations(cluster)
    return {fault.name: predict.predict(fault, *found) for fault in faults.ALL}


def beside(results: Results, predicted: dict[str, dict[str, Range | None]]) -> list[str]:
    """Return the table of what was predicted of ours, and how many of its outages were so within a fifth or 50 ms."""
    rows = []
    for fault in faults.ALL:
        row = [fault.name]
        for variant in (DEFAULT, OURS):
            outages = [result.away.outage_ms for result in results[variant.name, fault.name]]
            expected = predicted[variant.name][fault.name]
            if expected is None:
                row.append(f"never; {table.figure(outages)}")
                continue
            low, high = expected.low * 1000, expected.high * 1000
            within = sum(as_predicted(outage, *bounds_ms(low, high)) for outage in outages)
            row.append(f"{low:.0f}-{high:.0f}; {table.figure(outages)}; {within} of {len(outages)}")
        rows.append(row)
    return table.lines(PREDICTED, rows)


def report(results: Results, interval_ms: float) -> list[str]:
    """Return the table."""
    rows = []
    for fault in faults.ALL:
        found = {each.letter: results[each.name, fault.name] for each in VARIANTS}
        outages = {letter: [result.away.outage_ms for result in each] for letter, each in found.items()}
        figures = [f"{table.figure(outages[letter])}; {table.counts([result.away.failed for result in each])}"
                   for letter, each in found.items()]
        ratios = [ratio(table.middle(outages[each.letter]), table.middle(outages[OURS.letter]), interval_ms)
                  for each in VARIANTS[:-1]]
        holders = ", ".join(str(max(result.away.holders_at_once for result in each)) for each in found.values())
        rows.append([fault.name, *figures, *ratios, holders])
    return table.lines(HEADER, rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/benchmarks/run", description=__doc__)
    parser.add_argument("rounds", type=int, nargs="?", default=5, help="how often each fault is provoked (default 5)")
    parser.add_argument("--running", action="store_true", help="use the hosts that run, as they are")
    options = parser.parse_args()
    begin = time.monotonic()

    def say(text: str) -> None:
        print(f"bench {time.monotonic() - begin:6.1f} s  {text}", flush=True)

    results: Results = {}
    predicted: dict[str, dict[str, Range | None]] = {}
    with prepare.program("bench", "interrupted; the fault is undone."):
        cluster = Cluster() if options.running else prepare.converged(say)
        if not has_ipvs(cluster):
            say(f"this kernel has no ip_vs: the line {SYNC_DAEMON} is left out of (a), with it keepalived would end")
        calibration = prepare.prober_lines(cluster.calibrate())
        try:
            for number in range(1, options.rounds + 1):
                say(f"round {number} of {options.rounds}")
                # in turn who is first, so that what changes with time hits all
                for variant in VARIANTS if number % 2 else VARIANTS[::-1]:
                    one_round(cluster, variant, results, say)
                    if variant in (DEFAULT, OURS) and number == 1:
                        predicted[variant.name] = predictions(cluster)
        finally:
            OURS.start(cluster)
    print("", *report(results, cluster.interval * 1000), "", *beside(results, predicted), "", sep="\n")
    print(f"median (lowest-highest) of {options.rounds} rounds; "
          + ", ".join(f"({each.letter}) {each.name}" for each in VARIANTS)
          + "; all in the same hosts, in turn.", *machine(cluster), *calibration,
          f"never: not within {TUTORIAL.patience:g} s, its failed requests are those of that time. A ratio with an "
          "outage below one interval is a lower bound.", sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
