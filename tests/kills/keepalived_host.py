# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kills keepalived_host at each of its points, for each firewall, and fills its disk: each file is the former or the
new one, so are the rules in force, and the next run completes or restores what was begun.

    python tests/kills/keepalived_host.py [STEP]    every STEPth point; as root, with .collections in PYTHONPATH
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from ansible_collections.openvip.cluster.plugins.module_utils._host import paths
from ansible_collections.openvip.cluster.plugins.module_utils._kit import journal
from ansible_collections.openvip.cluster.tests.unit.plugins.module_utils._host.machine import (
    ALLOW,
    FORMER,
    INCLUDE,
    OTHER,
    RULES,
    isolated,
)

FILES = [paths.NFTABLES_CONF[0], *paths.WHOLE, *paths.UFW_RULES.values()]
NEW = {"allow": ALLOW, "vmac": True}


def nftables(machine):
    machine.nftables()
    return {"allow": OTHER}


def former_version(machine):
    """What version 1.0.0 wrote."""
    machine.write(paths.NFTABLES_FORMER, FORMER)
    machine.nftables(RULES + INCLUDE)


def firewalld(machine):
    machine.firewalld()
    return {"allow": OTHER}


def ufw(machine):
    machine.ufw()
    return {"allow": OTHER}


SCENARIOS = [nftables, former_version, firewalld, ufw]


class Matrix:
    """One scenario on one machine: a prepared state, and a run with its options that leads to I(NEW)."""

    def __init__(self, machine, scenario):
        self.machine = machine
        self.scenario = scenario
        self.former_options = self.prepare()
        self.former = self.state()
        self.run(NEW)
        self.new = self.state()
        assert self.former != self.new

    def prepare(self):
        """Restore the former state of the host; returns the options if a run restores it."""
        for path in FILES:
            Path(path).unlink(missing_ok=True)
        self.machine.do("nft", "flush", "ruleset")
        Path(paths.PROC, "all", "rp_filter").write_text("1")
        for name in ("default", "eth1", "eth1p"):
            Path(paths.PROC, name, "rp_filter").write_text("0")
        options = self.scenario(self.machine)
        if options:
            self.run(options)
        return options

    def run(self, options):
        result = self.machine.run(**options)
        assert not result.get("failed"), result
        return result["changed"]

    def state(self):
        """Return all files, and the rules in force."""
        policy = Path("/run/policies/keepalived.xml")
        return ({path: self.machine.read(path) for path in FILES}, self.machine.ruleset(),
                policy.read_bytes() if policy.exists() else None,
                {name: Path(paths.PROC, name, "rp_filter").read_text() for name in ("all", "default", "eth1", "eth1p")})

    def check(self, where):
        """After a kill each file is the former or the new one, and the administrator's ruleset loads."""
        live = self.state()
        for path, content in live[0].items():
            assert content in (self.former[0][path], self.new[0][path]), (where, path, content)
        for kind in (1, 2):
            assert live[kind] in (self.former[kind], self.new[kind]), (where, live[kind])
        if live[0][paths.NFTABLES_CONF[0]] is not None:
            self.machine.do("nft", "--check", "--file", paths.NFTABLES_CONF[0])

    def heal(self, where, new):
        """The next run, with the new or the former variables, leaves exactly their state."""
        options, expected = (NEW, self.new) if new or not self.former_options else (self.former_options, self.former)
        needed = self.machine.needed(**options)["needed"]
        changed = self.run(options)
        # without use_vmac the file goes and the values stay, see the role's page
        kinds = 4 if expected is self.new else 3
        assert self.state()[:kinds] == expected[:kinds], (where, self.state(), expected)
        # leftovers of a change that had not begun have to be removed, but are no change
        assert needed or not changed, where
        assert not self.run(options) and not self.machine.needed(**options)["needed"], where
        assert self.leftovers() == [], (where, self.leftovers())

    def leftovers(self):
        return [str(path) for top in ("/etc", self.machine.top / "lib") for path in Path(top).rglob("*")
                if path.is_file() and (".openvip" in path.parts or "lib" in path.parts)]

    def kills(self, step, first=0):
        """Kill a run at every I(step)th point; return how many kills that were."""
        count, point, begun = 0, first, first
        self.prepare()
        while self.machine.killed(lambda: self.machine.run(**NEW), point):
            where = f"{self.scenario.__name__}, point {point}"
            begun = point if journal.names(journal.BEGUN) else begun
            self.check(where)
            self.heal(where, count % 2)
            self.prepare()
            count, point = count + 1, point + step
        assert self.state() == self.new
        # and the run after a kill at the last point that needs a rollback
        point = first
        while True:
            self.prepare()
            assert self.machine.killed(lambda: self.machine.run(**NEW), begun)
            if not self.machine.killed(lambda: self.machine.run(**NEW), point):
                return count
            where = f"{self.scenario.__name__}, point {begun}, then {point}"
            self.check(where)
            self.heal(where, True)
            count, point = count + 2, point + step

    def full_disk(self, sizes):
        """Run with so many free KiB; return how often they were too few."""
        refused = 0
        filler = self.machine.top / "filler"
        for free in sizes:
            self.prepare()
            left = os.statvfs(self.machine.top)
            filler.write_bytes(bytes(max(left.f_bavail * left.f_bsize - free * 1024, 0)))
            result = self.machine.run(**NEW)
            expected = self.former if result.get("failed") else self.new
            assert not result.get("failed") or "the disk is full" in result["msg"], (free, result)
            refused += expected is self.former
            assert self.state() == expected, (free, result)
            filler.unlink()
            self.heal(f"{free} KiB", True)
        return refused


@isolated
def kills(machine, scenario, step):
    return Matrix(machine, scenario).kills(step)


@isolated
def full_disk(machine, scenario, sizes):
    machine.do("mount", "-o", "remount,size=16m", str(machine.top))
    return Matrix(machine, scenario).full_disk(sizes)


def main(step=1):
    total = 0
    for scenario in SCENARIOS:
        for function, argument in ((kills, step), (full_disk, range(0, 65, step))):
            with tempfile.TemporaryDirectory() as directory:
                count = function(Path(directory), scenario, argument)
            what = "kills" if function is kills else f"of {len(argument)} disks too full"
            print(f"keepalived_host, {scenario.__name__}: {count} {what}", flush=True)
            total += count if function is kills else 0
    print(f"{total} kills")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
