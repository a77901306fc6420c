# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes of a live pair of which the controller is killed at a random time: the peers see every second one. A run
afterwards heals, and at no time are there two holders, or none for longer than a failover takes. `make interrupts` runs
it. The first thing that must not be ends it, with the seed that repeats the order."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable

from ansible_collections.openvip.cluster.plugins.module_utils._outage import outages
from ansible_collections.openvip.cluster.tests.lab import containers, prepare
from ansible_collections.openvip.cluster.tests.lab.cluster import Cluster
from ansible_collections.openvip.cluster.tests.lab.containers import LabError
from ansible_collections.openvip.cluster.tests.lab.site import Site, changes

FILE = "/etc/keepalived/keepalived.conf"
INSTANCE = {"name": "VI_1", "virtual_router_id": 51, "version": 3, "advert_int": 0.1}
# Two changes that the peers see, and one that they do not see
SEEN = ({"virtual_ipaddress": ["198.18.0.100/24", "198.18.0.101/24"]}, {"virtual_ipaddress": ["198.18.0.100/24"]})
UNSEEN = ({"garp_master_delay": 2}, {"garp_master_delay": 3})
# Seconds after the reload until a change that nobody confirms is rolled back
CONFIRM_WITHIN = 5
# 3 x advert_int + skew (RFC 9568, 6.1), and a fifth more, in ms
LONGEST_MS = 306 * 1.2


class InterruptError(LabError):
    """A state that must never occur."""


def definition(number: int) -> list[str]:
    """Return the options of the change with this number: peers see even ones, and do not see odd ones."""
    instance = {**INSTANCE, **SEEN[number // 2 % 2], **UNSEEN[(number + 1) // 2 % 2]}
    return ["--extra-vars", json.dumps({"keepalived_vrrp_instance": [instance], "keepalived_reload_lead": 3,
                                        "keepalived_confirm_within": CONFIRM_WITHIN})]


def descendants(number: int) -> list[int]:
    """Return the processes that a process has started, and theirs: Ansible's workers have sessions of their own."""
    done = subprocess.run(["ps", "-o", "pid=", "--ppid", str(number)], capture_output=True, text=True, check=False)
    children = [int(word) for word in done.stdout.split()]
    return children + [each for child in children for each in descendants(child)]


def kill(process: subprocess.Popen) -> None:
    """Kill a playbook with its local processes."""
    for number in [process.pid, *descendants(process.pid)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)


def killed(site: Site, options: list[str], seconds: float) -> bool:
    """Run the playbook and kill it with its local processes after so many seconds; returns whether it was still
    running."""
    command = [str(containers.REPOSITORY / "tests/lab/playbook"), "playbooks/site.yml", site.inventory, *options]
    with subprocess.Popen(command, cwd=containers.REPOSITORY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          start_new_session=True) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            kill(process)
            return True
    return False


def addresses(cluster: Cluster, name: str) -> set[str]:
    """Return the addresses that the kernel of a host has on the interface of the service."""
    links = json.loads(containers.execute(cluster.container(name), "ip", "-json", "address", "show", cluster.interface))
    return {entry["local"] for entry in links[0]["addr_info"] if entry["local"].startswith("198.18.0.10")}


def healed(site: Site, number: int, again: bool) -> None:
    """Run once plainly and assert that everything is as wanted and in force.

    :param again: whether to run a second time, which changes nothing.
    :raises InterruptError: something is not.
    """
    cluster = site.cluster
    options = definition(number)
    code, output = site.playbook("playbooks/site.yml", *options)
    if code:
        raise InterruptError(f"the run afterwards failed:\n{output[-3000:]}")
    if again:
        code, output = site.playbook("playbooks/site.yml", *options)
        if code or any(changes(output)):
            raise InterruptError(f"the second run afterwards changed something:\n{output[-3000:]}")
    instance = json.loads(options[1])["keepalived_vrrp_instance"][0]
    wanted = {line.partition("/")[0] for line in instance["virtual_ipaddress"]}
    found = {name: addresses(cluster, name) for name in cluster.names}
    master, *others = cluster.names
    if found != {master: wanted, **{name: set() for name in others}}:
        raise InterruptError(f"the addresses are {found}, wanted on {master} alone: {wanted}")
    for name in cluster.names:
        text = containers.read(cluster.container(name), FILE)
        if f"garp_master_delay {instance['garp_master_delay']}" not in text:
            raise InterruptError(f"{name}: {FILE} is not as wanted")
        left = containers.execute(cluster.container(name), "find", "/var/lib/openvip", "/etc/keepalived/.openvip",
                                  "-name", "~*", "-o", "-name", "*.journal", "-o", "-name", "*.owed", "-o", "-name",
                                  "*.staging", "-o", "-name", "*.done")
        if left.strip():
            raise InterruptError(f"{name}: left over: {left}")


def run(site: Site, count: int, seed: int, say: Callable[[str], None]) -> dict[str, int]:
    """Interrupt so many changes; returns how many the peers could see, and how many they could not.

    :raises LabError: something that must not be; the message has the seed and the number of the change.
    """
    cluster = site.cluster
    order = random.Random(seed)
    begin = time.monotonic()
    healed(site, 0, True)
    lengths = []
    for number in (1, 2):
        begin = time.monotonic()
        healed(site, number, False)
        lengths.append(time.monotonic() - begin)
    counts = {"seen": 0, "not seen": 0}
    number = 2
    for place in range(1, count + 1):
        number += 1
        kind = "not seen" if number % 2 else "seen"
        seconds = order.uniform(0, lengths[0 if number % 2 else 1])
        say(f"{place} of {count}: a change that is {kind} by the peers, killed after {seconds:.1f} s")
        try:
            with cluster.observe() as observation:
                observation.wait_answers(cluster.names[0])
                was = killed(site, definition(number), seconds)
                healed(site, number, place % 10 == 0)
                observation.wait_settled(cluster.names[0], stays=1)
            recording = observation.recording()
            longest = max((outage.milliseconds for outage in outages(recording.records)), default=0)
            if recording.holders_at_once != 1 or longest > LONGEST_MS:
                raise InterruptError(f"{recording.holders_at_once} holders at once, an outage of {longest:.0f} ms")
        except LabError as error:
            raise InterruptError(f"change {place} of seed {seed}, killed after {seconds:.1f} s: {error}") from error
        counts[kind] += was
    return counts


def main() -> int:
    with prepare.repeated("interrupt", __doc__, "runs", 40) as (cluster, count, seed, say):
        counts = run(Site(prepare.INVENTORY, (), cluster), count, seed, say)
    print(f"{count} changes, seed {seed}: killed in {counts['seen']} that the peers see and {counts['not seen']} that "
          "they do not; each healed by the next run, one holder at every time.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
