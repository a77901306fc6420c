# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The lab's LVS cluster for tests and demo: what the directors' tables hold, and what a client sees of them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ansible_collections.openvip.cluster.plugins.module_utils import _timing
from ansible_collections.openvip.cluster.plugins.module_utils._drill import judge
from ansible_collections.openvip.cluster.plugins.module_utils._outage import OK, Record
from ansible_collections.openvip.cluster.tests.lab import predict
from ansible_collections.openvip.cluster.tests.lab.cluster import PATIENCE
from ansible_collections.openvip.cluster.tests.lab.containers import LabError, Stream
from ansible_collections.openvip.cluster.tests.lab.site import Site

# requests, of a round robin
MISSED = 10


@dataclass(frozen=True)
class Lvs(Site):
    """Directors, real servers and a client."""

    web: tuple[str, ...] = ("web1", "web2", "web3")

    def downloads(self, url: str, count: int, rate: int, other: str) -> Stream:
        """Begin downloads of `rate` bytes per second each, and return when the other director knows each of them.

        IPVS sends what it knows of a connection within two seconds (IPVS_SYNC_FLUSH_TIME in the kernel's ip_vs_sync.c).

        :raises LabError: they did not begin in time, or the other director was not told.
        """
        stream = self.cluster.stream(
            self.cluster.client, "download", url, f"--count={count}", f"--rate={rate}", f"--patience={PATIENCE}")
        if not stream.find(lambda event: event["event"] == "started", PATIENCE):
            raise LabError(f"{url}: {count} downloads did not begin within {PATIENCE} s: {stream.kill()}")
        self.wait(f"{other} knows {count} connections", lambda: self.connections(other) >= count, 10)
        return stream

    def table(self, name: str) -> str:
        """Return the kernel's table of a director as it is in /proc/net/ip_vs, addresses and ports in hexadecimal."""
        return self.execute(name, "cat", "/proc/net/ip_vs")

    def connections(self, name: str, ip: str = "198.18.0.100", port: int = 80) -> int:
        """Return how many established connections to a service a director's kernel knows, its own and copied ones."""
        expected = _hexadecimal(ip, port).split(":")
        lines = self.execute(name, "cat", "/proc/net/ip_vs_conn").splitlines()[1:]
        return sum(words[3:5] == expected and words[7] == "ESTABLISHED" for words in map(str.split, lines))

    def servers(self, name: str, ip: str = "198.18.0.100", port: int = 80) -> dict[str, int]:
        """Return the real servers of a service and their weights, as a director's kernel has them now."""
        found: dict[str, int] = {}
        inside = False
        for line in self.table(name).splitlines():
            words = line.split()
            if words[0] in ("TCP", "UDP", "FWM"):
                inside = words[1] == _hexadecimal(ip, port)
            elif inside and words[0] == "->":
                found[_address(words[1])] = int(words[3])
        return found

    def wait_complete(self, name: str, seconds: float = 60, ip: str = "198.18.0.100") -> None:
        """Return when every real server is in a director's table and has a weight."""
        self.wait(f"{name} has {len(self.web)} real servers of {ip}", lambda: sum(
            weight > 0 for server, weight in self.servers(name, ip).items() if server != "127.0.0.1") == len(self.web),
            seconds)

    def counters(self, name: str, connections: int = 0, ip: str = "198.18.0.100", port: int = 80) -> dict[str, int]:
        """Return what a director has counted for a service, when it has counted so many connections and no more comes.

        ip_vs_est.c adds up every two seconds, by the director's own clock, which can be slower than ours: two looks
        agree that are further apart.

        :raises LabError: they were not counted in time, or more and more was.
        """
        looks: list[tuple[float, str]] = []
        found: dict[str, int] = {}

        def counted() -> bool:
            # the line of the totals (ip_vs_ctl.c)
            lines = self.execute(name, "cat", "/proc/uptime", "/proc/net/ip_vs_stats").splitlines()
            looks.append((float(lines[0].split()[0]), lines[3]))
            last, totals = looks[-1]
            if not any(earlier == totals and last - at > 2.5 for at, earlier in looks):
                return False
            services = self.module(name, "ipvs_info")["virtual_server"]
            found.update(next(
                service["stats"] for service in services if (service["ip"], service["port"]) == (ip, port)))
            return found["connections"] >= connections

        self.wait(f"{name} has counted {connections} connections, and no more comes", counted, 60)
        return found

    def crash_ms(self) -> float:
        """Return how long new connections wait for the other director when the first dies, by VRRP's timers alone."""
        return _timing.crash(predict.configurations(self.cluster)[1].timers).high * 1000

    def longest_crash_ms(self) -> float:
        """Return the longest time that is as predicted, within the tolerance of the drill."""
        return judge.bounds_ms(0.0, self.crash_ms())[1]


def evenly(counts: Mapping[str, int], names: Iterable[str]) -> bool:
    """Return whether requests were spread evenly over these hosts, and none failed.

    A machine that stands still is late for a check, and misses a few requests until the next one.
    """
    return set(counts) == set(names) and max(counts.values()) - min(counts.values()) <= MISSED


def longest_outage_ms(records: list[Record]) -> float:
    """Return the longest time from the start of a failed request to that of the next good one; 0 if none failed."""
    longest, begin = 0.0, None
    for record in records:
        if record.outcome != OK:
            begin = record.start_ns if begin is None else begin
        elif begin is not None:
            longest, begin = max(longest, (record.start_ns - begin) / 1e6), None
    return float("inf") if begin is not None else longest


def _hexadecimal(ip: str, port: int) -> str:
    """Return an address and a port as the kernel writes them (net/netfilter/ipvs/ip_vs_ctl.c)."""
    address = ipaddress.ip_address(ip)
    if address.version == 6:
        return f"[{address.exploded}]:{port:04X}"
    return f"{int(address):08X}:{port:04X}"


def _address(word: str) -> str:
    host = word.rpartition(":")[0]
    return str(ipaddress.ip_address(host.strip("[]") if "[" in host else int(host, 16)))
