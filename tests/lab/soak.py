# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The soak: many faults in a random order, on the host that holds the address and on the one that waits, watched the
whole time for a second holder, and between them for hosts that are stuck or have another configuration. `make soak`
runs it. The first thing that must not be ends it, with the seed that repeats the order."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable

from ansible_collections.openvip.cluster.plugins.module_utils._drill.measure import Result
from ansible_collections.openvip.cluster.plugins.module_utils._outage import OK
from ansible_collections.openvip.cluster.tests.lab import containers, demo, faults, prepare, table
from ansible_collections.openvip.cluster.tests.lab.cluster import STAYS, Cluster
from ansible_collections.openvip.cluster.tests.lab.containers import LabError
from ansible_collections.openvip.cluster.tests.lab.faults import Fault

CONFIGURATION = "/etc/keepalived/keepalived.conf"
# Of ten faults so many are on the host that waits.
WAITING = 0.3


class SoakError(LabError):
    """Something that must not be."""


def settled(cluster: Cluster, files: dict[str, str]) -> None:
    """Return when every host is as it should be between two faults.

    :param files: the configuration of each host.
    :raises SoakError: a host is not.
    """
    master, *others = cluster.names
    cluster.wait_for_holder(master)
    for name in cluster.names:
        cluster.wait_ready(name)
        if containers.read(cluster.container(name), CONFIGURATION) != files[name]:
            raise SoakError(f"{name}: {CONFIGURATION} is another one")
        containers.execute(cluster.container(name), "keepalived", "--config-test")
    wanted = {name: {"MASTER" if name == master else "BACKUP"} for name in cluster.names}
    found = {name: set(cluster.states(name).values()) for name in cluster.names}
    if found != wanted:
        raise SoakError(f"{', '.join(others)} and {master}: the states are {found}")


def hurt_waiting(cluster: Cluster, fault: Fault, host: str) -> None:
    """Provoke a fault on a host that holds nothing: nobody may notice.

    :raises SoakError: a request failed, or somebody else claimed the address.
    """
    master = cluster.names[0]
    target = cluster.host(host)
    with cluster.observe() as observation:
        observation.wait_answers(master)
        try:
            fault.inject(target)
            observation.wait_settled(master, stays=STAYS)
        finally:
            fault.undo(target)
        cluster.wait_ready(host)
        observation.wait_settled(master)
    recording = observation.recording()
    failed = sum(record.outcome != OK for record in recording.records)
    # A host that was frozen while it waited finds its timers expired when it wakes, and answers for a moment.
    alone = recording.holders_at_once == 1 or fault.remains_master
    if (failed and not fault.remains_master) or not alone:
        raise SoakError(f"{fault.name} on {host}, which waited: {failed} requests failed, "
                        f"{recording.holders_at_once} holders at once")


def run(cluster: Cluster, count: int, seed: int, say: Callable[[str], None]) -> dict[str, list[Result]]:
    """Provoke so many faults and return the results of those on the holder.

    :raises LabError: something that must not be; the message has the seed and the number of the fault.
    """
    order = random.Random(seed)
    files = {name: containers.read(cluster.container(name), CONFIGURATION) for name in cluster.names}
    results: dict[str, list[Result]] = {fault.name: [] for fault in faults.ALL}
    master, *waiting = cluster.names
    for number in range(1, count + 1):
        fault = order.choice(faults.ALL)
        host = order.choice(waiting) if order.random() < WAITING else master
        say(f"{number} of {count}: {fault.name} on {host}")
        try:
            if host == master:
                result = cluster.provoke(fault, master)
                results[fault.name].append(result)
                found = demo.problems(fault, result)
                if found:
                    raise SoakError("; ".join(found))
            else:
                hurt_waiting(cluster, fault, host)
            settled(cluster, files)
        except LabError as error:
            raise SoakError(f"fault {number} of seed {seed}, {fault.name} on {host}: {error}") from error
    return results


def main() -> int:
    with prepare.repeated("soak", __doc__, "faults", 200, "interrupted; the fault is undone.") as (
            cluster, count, seed, say):
        results = run(cluster, count, seed, say)
    rows = [demo.row(name, [result.away for result in found], "") for name, found in results.items() if found]
    print("", *table.lines(demo.HEADER[:-1], [row[:-1] for row in rows]), "", sep="\n")
    print(f"{count} faults, seed {seed}, {sum(map(len, results.values()))} of them on the holder: one holder at every "
          "time outside the waking of a frozen host, every host well after each, and its file the same.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
