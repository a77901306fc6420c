# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""lvs_real_server, killed at each step beside what an administrator has set; also across a boot.

    python lvs_real_server.py lvs_real_server|lvs_at_once DIRECTORY
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve()
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1] / "unit" / "plugins" / "modules")]

import matrix
import real_server_driver as driver
import real_server_network as network

from ansible_collections.openvip.cluster.plugins.module_utils._kit import journal
from ansible_collections.openvip.cluster.plugins.module_utils._kit.transaction import Transaction
from ansible_collections.openvip.cluster.plugins.module_utils._real_server import files

DIRECTORIES = ("/etc/systemd/system", "/etc/sysctl.d", "/var/lib")
ACTIVE = Path("/run/active")
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# Settings of an administrator, many of them in the places of ours.
FOREIGN = (
    "address add 198.18.0.55/32 dev lo scope host",
    # in the same form as ours, and one of OTHER
    f"address add {driver.SECOND}/32 dev lo scope host",
    "route add default via 192.0.2.1 dev eth0 table 77",
    "route add default via 192.0.2.1 dev eth0 table 28005",
    "rule add preference 28000 from 10.9.9.9 ipproto tcp sport 22 lookup main suppress_prefixlength 0",
    "rule add preference 28001 from 10.9.9.9 ipproto tcp sport 22 lookup 77",
)
FOREIGN_VALUES = ("net.ipv4.conf.eth0.arp_announce=1", "net.ipv4.conf.eth1.arp_ignore=2",
                  "net.ipv4.conf.eth2.rp_filter=1")
BOTH = driver.BOTH
OTHER = {"interface": ["eth1"], "virtual_server": [
    *({"ip": address, "lb_kind": "DR"} for address in (driver.SECOND, driver.VIP6, "198.18.0.102")),
    {**driver.NAT["virtual_server"][0], "gateway": "198.18.0.2"}, {**driver.NAT["virtual_server"][1], "port": 8081}]}
WAYS = {"add": (driver.ABSENT, BOTH), "replace": (BOTH, OTHER), "remove": (OTHER, driver.ABSENT)}
ROUNDS = 20
PR_SET_CHILD_SUBREAPER = 36


def tree():
    """Return all written files and links of the host, without the private directories of a transaction."""
    found = {}
    for top in DIRECTORIES:
        for directory, directories, names in os.walk(top):
            directories[:] = [name for name in directories if name not in (".openvip", "openvip")]
            for name in names:
                path = os.path.join(directory, name)
                found[path] = os.readlink(path) if os.path.islink(path) else Path(path).read_text()
    return found


def leftovers():
    """Return what a transaction left."""
    rooms = [os.path.join(directory, name) for top in DIRECTORIES for directory, names, dummy in os.walk(top)
             for name in names if name == ".openvip"]
    return [*rooms, *(os.listdir(journal.DIRECTORY) if os.path.isdir(journal.DIRECTORY) else [])]


def host():
    return {"kernel": network.state(), "files": tree(), "active": sorted(os.listdir(ACTIVE))}


def bring(options):
    """One plain run that succeeds, and one more that changes nothing."""
    first = driver.run(**options)
    assert not first.get("failed"), first
    here = host()
    second = driver.run(**options)
    assert not second.get("failed") and not second["changed"] and second["commands"] == [], second
    assert host() == here and leftovers() == [], leftovers()
    return first


def set_up(directory):
    """Make the host: its networks, its systemd, its files in that directory, and the administrator's settings."""
    for place, top in enumerate(DIRECTORIES):
        os.makedirs(os.path.join(directory, str(place)))
        subprocess.run(["mount", "--bind", os.path.join(directory, str(place)), top], check=True)
    network.ip("link del eth0")
    network.set_up()
    os.makedirs("/run/systemd/system")
    ACTIVE.mkdir()
    driver.program("systemctl", driver.SYSTEMCTL)
    for words in FOREIGN:
        network.ip(words)
    subprocess.run(["sysctl", "-qw", *FOREIGN_VALUES], check=True)
    Path("/etc/sysctl.d/50-admin.conf").write_text("net.ipv4.conf.eth1.arp_ignore = 2\n")
    Path("/etc/systemd/system/admin.service").write_text("[Service]\nExecStart=/bin/true\n")
    os.makedirs(os.path.dirname(files.ENABLED))
    os.symlink("/etc/systemd/system/admin.service", os.path.join(os.path.dirname(files.ENABLED), "admin.service"))


def difference(one, other):
    """Return what differs in two states, for a message."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: difference(one.get(key), other.get(key)) for key in {**one, **other}
                if one.get(key) != other.get(key)}
    if isinstance(one, str) and isinstance(other, str):
        return sorted({*one.splitlines()} ^ {*other.splitlines()})
    return [one, other]


def same(expected):
    """Assert that the host has exactly this state."""
    assert host() == expected, difference(host(), expected)


class RealServer(matrix.Writer):
    """From one list of services to another.

    :ivar states: the host with the one and with the other.
    """

    def __init__(self, way, start):
        self.name = f"lvs_real_server ({way})"
        self.wishes = WAYS[way]
        self.start = start
        self.states = []
        self.judged = 0

    def reset(self):
        if self.states and host() == self.states[0] and not leftovers():
            return
        bring(self.wishes[0])
        if not self.states:
            self.states.append(host())
            bring(self.wishes[1])
            self.states.append(host())
            bring(self.wishes[0])
        same(self.states[0])

    def change(self):
        before = host()
        result = driver.run(**self.wishes[1])
        if result.get("failed"):
            assert not result["changed"]
            same(before)
            raise AssertionError(result["msg"])

    def interrupted(self):
        # A program of the killed module goes on running.
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-1, 0)
        live = tree()
        pending = live.pop(files.PENDING, None)
        assert pending is None or json.loads(pending)
        for path in {*live, *(path for state in self.states for path in state["files"])}:
            assert live.get(path) in [state["files"].get(path) for state in self.states], path

    def heal(self):
        self.judged += 1
        if self.judged % 3 == 0:
            self._another_writer()
        if self.judged % 5 == 0:
            self._boot()
        if self.judged % 2:
            bring(self.wishes[0])
            same(self.states[0])
        bring(self.wishes[1])
        same(self.states[1])
        if self.judged % 4 == 0:
            bring(driver.ABSENT)
            same(self.start)

    def _another_writer(self):
        """Any other transaction of this host rolls everything back."""
        with Transaction("other") as transaction:
            assert transaction.notes == [], transaction.notes
        now = host()
        now["files"].pop(files.PENDING, None)
        assert now in self.states, [difference(now, state) for state in self.states]

    def _boot(self):
        """Only the administrator's settings, and then the unit's, are made at boot."""
        self._forget()
        assert network.state() == self.start["kernel"]
        for name in os.listdir(ACTIVE):
            os.unlink(ACTIVE / name)
        name = Path("/run/boot_id")
        name.write_text(f"boot {self.judged}\n")
        subprocess.run(["mount", "--bind", name, BOOT_ID], check=True)
        if os.path.exists(files.ENABLED):
            driver.run_lines("ExecStart")
            for unit in files.UNITS:
                if os.path.exists(files.path_of(unit)):
                    (ACTIVE / unit).touch()

    def _forget(self):
        """Remove from the kernel what no administrator has set."""
        for entry in network.state()["addresses"]["lo"]:
            if entry not in self.start["kernel"]["addresses"]["lo"]:
                network.ip(f"address del {entry[0]}/{entry[1]} dev lo")
        for family in ("-4", "-6"):
            for line in network.ip(f"{family} rule show").splitlines():
                if re.match("2800[01]:", line) and "10.9.9.9" not in line:
                    number, dummy, words = line.partition(":\t")
                    words = words.replace("[detached] ", "").replace("proto kernel", "protocol kernel")
                    network.ip(f"{family} rule del preference {number} {words}")
            for table in (28000, 28001):
                with contextlib.suppress(subprocess.CalledProcessError):
                    network.ip(f"{family} route flush table {table}")
        values = [f"net.ipv4.conf.{name.replace('/', '.')}={value}" for name, value in
                  self.start["kernel"]["sysctl"].items()]
        subprocess.run(["sysctl", "-qw", *values], check=True)


def at_once(start):
    """Two processes want different services, again and again; the host is as one of them wants it."""
    writer = RealServer("replace", start)
    writer.reset()
    children = []
    for wish in writer.wishes:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = int(any(driver.run(**wish).get("failed", False) for _time in range(ROUNDS)))
            finally:
                os._exit(status)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    assert host() in writer.states and leftovers() == []
    for wish, state in zip(writer.wishes, writer.states):
        bring(wish)
        same(state)
    print(f"lvs_real_server: {ROUNDS} rounds of two changes at once, each complete", flush=True)


def main(name, directory, *rest):
    """C(rest) is the transition to kill, and optionally C(change) for the process that is killed."""
    os.environ["PATH"] = f"{driver.PROGRAMS}:{os.environ['PATH']}"
    if rest:
        matrix.main(RealServer(rest[0], {}))
        return
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    set_up(directory)
    start = host()
    if name == "lvs_at_once":
        at_once(start)
        return
    for way in WAYS:
        sys.argv[3:] = [way]
        matrix.main(RealServer(way, start))
    bring(driver.ABSENT)
    same(start)


if __name__ == "__main__":
    main(*sys.argv[1:])
