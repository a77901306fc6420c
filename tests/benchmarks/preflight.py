# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""How long it takes to judge all hosts of a cluster together, for more and more hosts. `make bench` runs it.

    python tests/benchmarks/preflight.py [--sizes 25 50 100 200] [--rounds 3]

The hosts are facts in a cache, and the task is the one of the role, openvip.cluster.cluster_check with the definition
of every host, in an ansible-playbook of its own. The sizes take turns in each round. Beside it stands a task of
Ansible's own that reads one variable of every host, in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
from datetime import datetime

import yaml

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SIZES, ROUNDS = (25, 50, 100, 200), 3
# The longest time for so many hosts, and how much more each host may take in the largest cluster than in the smallest
# before growth is no longer called linear.
TARGET_SIZE, TARGET_SECONDS, TARGET_GROWTH = 200, 5.0, 1.5
CHECK, BESIDE = "Check that the hosts of the cluster fit each other", "Read a variable of every host"
PLAYS = [{"name": "Judge", "hosts": "lb", "gather_facts": False, "tasks": [
    {"name": "Judge", "ansible.builtin.import_role": {"name": "openvip.cluster.keepalived", "tasks_from": "cluster"}},
    {"name": BESIDE, "run_once": True, "ansible.builtin.debug": {
        "msg": "{{ groups['lb'] | map('extract', hostvars, 'keepalived_vrrp_instance') | length }}"}}]}]


def cluster(size: int, place: pathlib.Path) -> None:
    """Write the inventory, the facts and the play of a cluster of so many hosts."""
    names = [f"lb{number}" for number in range(size)]
    instance = {"name": "VI_1", "virtual_router_id": 51, "version": 3, "advert_int": 0.1,
                "virtual_ipaddress": ["10.0.255.100/16"]}
    (place / "hosts.yml").write_text(yaml.safe_dump({"lb": {
        "hosts": {name: {} for name in names},
        "vars": {"ansible_connection": "local", "keepalived_vrrp_instance": [instance]}}}))
    (place / "facts").mkdir()
    for number, name in enumerate(names):
        address = f"10.0.{number // 250}.{number % 250 + 1}"
        (place / "facts" / name).write_text(json.dumps({
            "ansible_interfaces": ["eth0"], "ansible_os_family": "Debian",
            "ansible_eth0": {"device": "eth0", "ipv4": {"address": address, "prefix": "16"}}}))
    (place / "play.yml").write_text(yaml.safe_dump(PLAYS))


def seconds(place: pathlib.Path) -> dict[str, float]:
    """Run the play and return how long each task took, by its name."""
    environment = dict(
        os.environ, LC_ALL="C.UTF-8", ANSIBLE_STDOUT_CALLBACK="ansible.posix.json", ANSIBLE_GATHERING="explicit",
        ANSIBLE_CACHE_PLUGIN="ansible.builtin.jsonfile", ANSIBLE_CACHE_PLUGIN_CONNECTION=str(place / "facts"),
        ANSIBLE_COLLECTIONS_PATH=str(REPOSITORY / ".collections"))
    done = subprocess.run([sys.executable, "-m", "ansible", "playbook", "-i", str(place / "hosts.yml"),
                           str(place / "play.yml")], env=environment, cwd=place, capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    tasks = json.loads(done.stdout[done.stdout.index("{"):])["plays"][0]["tasks"]
    times = [(task["task"]["name"].rpartition(" : ")[2], task["task"]["duration"]) for task in tasks]
    return {name: (datetime.fromisoformat(time["end"].rstrip("Z"))
                   - datetime.fromisoformat(time["start"].rstrip("Z"))).total_seconds() for name, time in times}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    found: dict[int, list[dict[str, float]]] = {size: [] for size in options.sizes}
    with tempfile.TemporaryDirectory() as directory:
        for size in options.sizes:
            (pathlib.Path(directory) / str(size)).mkdir()
            cluster(size, pathlib.Path(directory) / str(size))
        for _round in range(options.rounds):
            for size in options.sizes:
                found[size].append(seconds(pathlib.Path(directory) / str(size)))
    print(f"cluster_check, {options.rounds} rounds, {os.cpu_count()} processors, Python {platform.python_version()}; "
          "median (lowest-highest)")
    print(f"{'hosts':>6} {'seconds':>20} {'ms a host':>10} {'ratio to reading a variable of every host':>42}")
    each = {}
    for size, rounds in found.items():
        times = [times[CHECK] for times in rounds]
        each[size] = statistics.median(times) / size
        ratio = statistics.median(times[CHECK] / times[BESIDE] for times in rounds)
        spread = f"({min(times):.2f}-{max(times):.2f})"
        print(f"{size:>6} {statistics.median(times):>8.2f} {spread:<12}{each[size] * 1e3:>10.1f} {ratio:>42.1f}")
    smallest, largest = min(each), max(each)
    growth = each[largest] / each[smallest]
    print(f"a host of {largest} takes {growth:.2f} times as long as one of {smallest} "
          f"(limit {TARGET_GROWTH}); limit for {TARGET_SIZE} hosts: {TARGET_SECONDS} s")
    if growth > TARGET_GROWTH or each.get(TARGET_SIZE, 0.0) * TARGET_SIZE > TARGET_SECONDS:
        raise SystemExit("over the limit")


if __name__ == "__main__":
    main()
