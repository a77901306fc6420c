# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""From nothing to a converged lab, as the demo and the bench need it."""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ansible_collections.openvip.cluster.tests.lab.cluster import Cluster
from ansible_collections.openvip.cluster.tests.lab.containers import REPOSITORY, Event, LabError

INVENTORY = "inventory/active_passive"


@contextmanager
def program(name: str, interrupted: str = "interrupted.") -> Iterator[None]:
    """End the program with what went wrong on standard error, and with 1, or with 130 when it is interrupted.

    :param name: of the program, for the messages.
    :param interrupted: what is said of an interruption.
    """
    try:
        yield
    except LabError as error:
        print(f"{name}: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print(f"{name}: {interrupted} Take the lab down: make demo-down", file=sys.stderr)
        sys.exit(130)


@contextmanager
def repeated(name: str, description: str | None, option: str, default: int, interrupted: str = "interrupted."
             ) -> Iterator[tuple[Cluster, int, int, Callable[[str], None]]]:
    """Have a cluster for a program that does something random many times.

    :param description: of the program, for its help.
    :param option: the name of the option that says how often, with its I(default).
    :param interrupted: see C(program).
    :returns: the cluster, how often, the seed of the order, and what says a line of progress.
    """
    parser = argparse.ArgumentParser(prog=f"tests/lab/{name}", description=description)
    parser.add_argument(f"--{option}", type=int, default=default, help=f"how many (default {default})")
    parser.add_argument("--seed", type=int, default=None, help="repeats an order (default: another one each time)")
    parser.add_argument("--running", action="store_true", help="use the hosts that run, as they are")
    options = parser.parse_args()
    begin = time.monotonic()
    seed = random.SystemRandom().randrange(1_000_000) if options.seed is None else options.seed

    def say(text: str) -> None:
        print(f"{name} {time.monotonic() - begin:7.1f} s  {text}", flush=True)

    with program(name, interrupted):
        cluster = Cluster() if options.running else converged(say)
        say(f"seed {seed}")
        yield cluster, vars(options)[option], seed, say


def _run(say: Callable[[str], None], what: str, *command: str) -> None:
    say(what)
    begin = time.monotonic()
    done = subprocess.run(command, cwd=REPOSITORY, check=False)
    if done.returncode:
        raise LabError(f"{' '.join(command)} failed with {done.returncode}; its messages are above")
    say(f"done after {time.monotonic() - begin:.1f} s")


def converged(say: Callable[[str], None], inventory: str = INVENTORY, playbook: str = "playbooks/site.yml") -> Cluster:
    """Bring fresh hosts up, run the playbook on them, and return the cluster when its first host holds the address."""
    _run(say, "bringing the hosts up", "tests/lab/up", inventory)
    _run(say, f"running {playbook}", "tests/lab/playbook", playbook, inventory)
    cluster = Cluster()
    cluster.wait_for_holder(cluster.names[0], 60)
    say(f"{cluster.names[0]} holds {cluster.vip}")
    return cluster


def prober_lines(report: Event) -> list[str]:
    """Return what the prober's calibration says, in words."""
    late, interval = report["late_us"], report["interval_ms"]
    return [
        f"the prober starts a request every {interval:g} ms; {report['probes']} of them were late by "
        f"{late['median'] / 1000:.2f} ms (median), {late['p99'] / 1000:.2f} ms (99 %), "
        f"{late['maximum'] / 1000:.2f} ms (most)",
        *(f"of {report['repetitions']} known outages of about {report['outage_ms']:g} ms by a service that {verb}, "
          f"it found {report[kind]['seen']}, wrong by {report[kind]['median_ms']:+.1f} ms (median), "
          f"{report[kind]['maximum_ms']:.1f} ms (most)"
          for kind, verb in (("refuse", "refuses"), ("ignore", "does not answer"))),
        f"so a figure below is good to about one interval ({interval:g} ms) at either end",
    ]
