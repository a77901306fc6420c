# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long it takes to play all single faults and pairs of faults of a cluster, and how much memory.

    python tests/benchmarks/simulation.py

It fails over the limits: 2 s of processor time for 12 members with 12 addresses, 20 s for 200 members in 50 clusters,
300 MB. Each cluster is a shape of its own, so that none profits from what was played for another.
"""

from __future__ import annotations

import resource
import time

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.simulation import model, report
from ansible_collections.openvip.cluster.plugins.module_utils._lint.cluster import Cluster, Member

SCRIPT = {"name": "check_web", "script": "/usr/bin/curl --max-time 2 http://localhost/", "interval": 1, "fall": 2,
          "rise": 2, "timeout": 1}
# seconds, megabytes
TOGETHER, APART, MEMORY = 2.0, 20.0, 300


def cluster(members: int, instances: int, number: int = 0) -> Cluster:
    """Return a cluster in which every member is the first of one instance after the other."""
    found = []
    for place in range(members):
        routers = [{
            "name": f"VI_{each}", "state": "BACKUP", "interface": "eth1", "virtual_router_id": 51 + each, "version": 3,
            "advert_int": 0.5, "priority": 250 - number - 10 * ((place - each) % members),
            "virtual_ipaddress": [f"198.18.0.{100 + each}/24"], "track_script": ["check_web"], "track_file": ["web"]}
            for each in range(instances)]
        found.append(Member(f"lb{place}", {
            "vrrp_instance": routers, "vrrp_script": [SCRIPT],
            "track_file": [{"name": "web", "file": "/run/web", "weight": 0}]},
            {"interfaces": {"eth1": [f"198.18.0.{10 + place}/24"]}}))
    return Cluster(found, f"lb{number}")


def seconds(clusters: list[Cluster]) -> tuple[float, int]:
    """Return the processor time for all of them, and how many sequences of faults were played."""
    begin, played = time.process_time(), 0
    for each in clusters:
        played += report.simulate(model.build(each, "web")).played
    return time.process_time() - begin, played


def main() -> None:
    over = False
    for title, clusters, limit in (
            ("12 members, 12 addresses", [cluster(12, 12)], TOGETHER),
            ("200 members in 50 clusters", [cluster(4, 2, number) for number in range(50)], APART)):
        taken, played = seconds(clusters)
        over = over or taken > limit
        print(f"{title}: {played} sequences of faults in {taken:.2f} s (limit {limit} s)")
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"memory: {used} MB (limit {MEMORY} MB)")
    if over or used > MEMORY:
        raise SystemExit("over the limit")


if __name__ == "__main__":
    main()
