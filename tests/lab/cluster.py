# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The lab's cluster for tests, demo and bench: who holds the address, and what a fault does to it.

    cluster = Cluster()
    cluster.wait_for_holder("lb1")
    result = cluster.provoke("nginx stopped")
    assert result.away.after == "lb2" and result.back.after == "lb1"

Nothing here sleeps for a fixed time: every wait is for an event of a prober or watcher, with a bound.
"""

from __future__ import annotations

import contextlib
import functools
import signal
import threading
import time
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.openvip.cluster.plugins.module_utils._drill import measure, watch
from ansible_collections.openvip.cluster.plugins.module_utils._outage import Record
from ansible_collections.openvip.cluster.tests.lab import containers, faults, stalls
from ansible_collections.openvip.cluster.tests.lab.containers import Event, LabError, Stream
from ansible_collections.openvip.cluster.tests.lab.faults import Fault, Host

VIP = "198.18.0.100"
INTERVAL, TIMEOUT = 0.005, 0.2
# seconds for things that take long only when something is wrong
PATIENCE = 15.0
# seconds in which a healthy host of higher priority would have taken the address, with adverts of up to half a second
STAYS = 2.0
# bound for a whole observation, so that nothing stays behind in the hosts
LONGEST = 600.0


@dataclass(frozen=True)
class Cluster:
    """The hosts of the lab and the address they share.

    :ivar names: the load balancers, the highest priority first.
    :ivar client: the host from which the address is probed.
    :ivar vip: the address.
    :ivar interface: every host's interface on the service segment.
    :ivar prefix: what a container's name has before the host's.
    :ivar interval: seconds between two probes.
    :ivar path: of the page whose first line names the load balancer that answers.
    """

    names: tuple[str, ...] = ("lb1", "lb2")
    client: str = "client"
    vip: str = VIP
    interface: str = "eth1"
    prefix: str = "openvip-"
    interval: float = INTERVAL
    path: str = "/"

    def container(self, name: str) -> str:
        """Return the name of a host's container."""
        return self.prefix + name

    def host(self, name: str) -> Host:
        """Return a host as the faults want it.

        :raises LabError: no load balancer has that name.
        """
        if name not in self.names:
            raise LabError(f"{name}: no load balancer of this cluster; there are: {', '.join(self.names)}")
        return Host(name, self.container(name), self.interface)

    @functools.cached_property
    def cards(self) -> dict[str, str]:
        """The load balancer of each hardware address."""
        path = f"/sys/class/net/{self.interface}/address"
        return {containers.read(self.container(name), path).strip(): name for name in self.names}

    def stream(self, name: str, *words: str) -> Stream:
        """Start the remote program in a host."""
        return Stream(self.container(name), *words)

    def arp(self, duration: float = LONGEST) -> Stream:
        """Start to ask the segment who has the address."""
        return self.stream(self.client, "arp", self.interface, self.vip, f"--duration={duration}")

    def owners(self, event: Event) -> list[str]:
        """Return the load balancers of an event's cards; a card that is nobody's stays as it is."""
        return sorted(self.cards.get(card, card) for card in event["cards"])

    def holders(self) -> list[str]:
        """Return the hosts that claim the address now, by ARP, for a fifth of a second, as a busy one may be late.

        A host that is frozen or cut off claims nothing.
        """
        stream = self.arp(PATIENCE)
        try:
            steady = stream.find(lambda event: event["event"] in ("steady", "report"), 2 * PATIENCE)
        finally:
            stream.kill()
        seen = [event for event in stream.events if "cards" in event]
        return self.owners(steady if steady and "cards" in steady else seen[-1]) if seen else []

    def answering(self, seconds: float = 3.0) -> set[tuple[str, ...]]:
        """Ask for the address by ARP for so long and return which hosts answered together for a fifth of a second, at
        each time they did; none where nobody did for that long.
        """
        stream = self.arp(seconds)
        try:
            complete = stream.find(lambda event: event["event"] == "report", seconds + PATIENCE)
        finally:
            errors = stream.kill()
        if complete is None:
            raise LabError(f"{self.vip}: the requests did not end. {errors}".rstrip())
        return {tuple(self.owners(event)) for event in stream.events if event["event"] == "steady"}

    def holder(self) -> str | None:
        """Return the host that holds the address, or None when none or several do."""
        holders = self.holders()
        return holders[0] if len(holders) == 1 else None

    def wait_for_holder(self, expected: str | None = None, timeout: float = PATIENCE) -> str:
        """Return the host that has claimed the address for a fifth of a second, and nobody else with it.

        :param expected: which host that must be; any when not given.
        :raises LabError: none did within `timeout` seconds; the message says who did.
        """
        wanted = [[expected]] if expected else [[name] for name in self.names]
        stream = self.arp(timeout + 1)
        try:
            found = stream.find(lambda event: event["event"] == "steady" and self.owners(event) in wanted, timeout)
        finally:
            errors = stream.kill()
        if found is None:
            last = [", ".join(self.owners(event)) for event in stream.events if "cards" in event][-1:]
            raise LabError(f"{self.vip}: {expected or 'one host'} alone did not hold it within {timeout} s; "
                           f"last held by {''.join(last) or 'nobody'}. {errors}".rstrip())
        return self.owners(found)[0]

    def states(self, name: str) -> dict[str, str]:
        """Return the state of each VRRP instance of a host: INIT, BACKUP, MASTER or FAULT; none without keepalived."""
        return containers.remote(self.container(name), "states")["states"]

    def wait_ready(self, name: str, timeout: float = PATIENCE) -> None:
        """Return when keepalived on a host can hold the address: every instance is BACKUP or MASTER.

        :raises LabError: that was not so within `timeout` seconds.
        """
        limit = time.monotonic() + timeout
        while not (states := self.states(name)) or not set(states.values()) <= {"BACKUP", "MASTER"}:
            if time.monotonic() > limit:
                raise LabError(f"{name}: keepalived is not ready after {timeout} s: {states or 'it does not run'}")
            time.sleep(0.1)

    def calibrate(self) -> Event:
        """Return what the prober itself adds, measured on the client's loopback (see _calibrate.py)."""
        return containers.remote(self.container(self.client), "calibrate", f"--interval={self.interval}")

    def observe(self) -> Observation:
        """Return an Observation, to be used as a context manager."""
        return Observation(self)

    def provoke(self, fault: Fault | str, host: str | None = None, preempt: bool = True, timeout: float = PATIENCE,
                say: Callable[[str], None] = lambda text: None) -> measure.Result:
        """Provoke a fault, wait for the move, undo the fault, wait for the end, and return the figures.

        :param fault: a Fault or its name.
        :param host: the host to hurt; the present holder when not given.
        :param preempt: the highest priority takes the address back. Otherwise the new holder keeps it, and for two
            seconds after the hurt host is well again it is watched that it does.
        :param timeout: seconds to wait for the move. None in time is a Result that says so, not an error.
        :param say: called with lines of progress.
        :raises LabError: no single host holds the address to begin with, or it did not come back.
        """
        fault = faults.find(fault) if isinstance(fault, str) else fault
        host = host or self.wait_for_holder()
        target = self.host(host)
        final = self._final(fault, host, preempt)
        with self.observe() as observation:
            observation.wait_answers(host)
            say(f"{fault.name} on {host}")
            try:
                at_ns = fault.inject(target)
                moved = observation.moved(host, at_ns, timeout)
                say(f"{moved} took the address" if moved else f"nobody took the address within {timeout:g} s")
            finally:
                with _uninterrupted():
                    undone_ns = fault.undo(target)
            self.wait_ready(host)
            # a hurt host of equal right could take the address now: where it must not, that is watched
            observation.wait_settled(final if moved else None, stays=STAYS if moved and final != host else 0.0)
        return measure.result(fault, host, observation.recording(), at_ns, undone_ns, final)

    def _final(self, fault: Fault, host: str, preempt: bool) -> str:
        """Return who should hold the address after the fault is undone."""
        if preempt or (fault.remains_master and host == self.names[0]):
            return self.names[0]
        return next(name for name in self.names if name != host)


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ignore Ctrl-C, also in the programs started meanwhile: a fault must not stay in a host."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class Observation:
    """Prober, ARP watcher and address watchers, running together."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._streams: dict[str, Stream] = {}
        self._report: Event = {}

    def __enter__(self) -> Observation:
        cluster = self._cluster
        try:
            for name in cluster.names:
                self._streams[name] = cluster.stream(name, "addresses", cluster.vip, f"--duration={LONGEST}")
            self._streams["arp"] = cluster.arp()
            self._streams["stalls"] = cluster.stream(cluster.client, "stalls", f"--duration={LONGEST}")
            self._streams["probe"] = cluster.stream(
                cluster.client, "probe", f"http://{cluster.vip}{cluster.path}", f"--duration={LONGEST}",
                f"--interval={cluster.interval}", f"--timeout={TIMEOUT}")
        except BaseException:
            self._kill()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: types.TracebackType | None) -> None:
        if kind is not None:
            self._kill()
            return
        # the prober first, so that the watchers have seen all that it has
        self._report = self._streams["probe"].close()
        self._kill()

    def _kill(self) -> None:
        for stream in self._streams.values():
            stream.kill()

    def wait_answers(self, host: str, after_ns: int = 0, timeout: float = PATIENCE) -> int:
        """Return the start of the first lasting good answers of `host` from `after_ns` on.

        :raises LabError: they did not come within `timeout` seconds.
        """
        event = self._streams["probe"].find(
            lambda each: each["event"] == "steady" and each["host"] == host and each["start_ns"] >= after_ns, timeout)
        if event is None:
            raise LabError(f"{self._cluster.vip}: {host} did not answer steadily within {timeout} s")
        return event["start_ns"]

    def moved(self, away_from: str, after_ns: int, timeout: float) -> str | None:
        """Return the host that answers steadily instead of `away_from`, or None when none did in time."""
        event = self._streams["probe"].find(
            lambda each: each["event"] == "steady" and each["host"] != away_from and each["start_ns"] >= after_ns,
            timeout)
        return None if event is None else event["host"]

    def wait_settled(self, final: str | None, stays: float = 0.0, timeout: float = PATIENCE) -> str:
        """Return the one host that claims the address and answers, as soon as both are steady.

        :param final: the host that it must be; None takes anyone.
        :param stays: seconds for which it is watched that nobody else answers then.
        :raises LabError: it was not so in time, or did not stay so.
        """
        probe, arp = self._streams["probe"], self._streams["arp"]

        def settled(unused: list[Event]) -> str | None:
            claims, answers = _last_steady(arp.events), _last_steady(probe.events)
            claimants = self._cluster.owners(claims) if claims else []
            alone = answers is not None and claimants == [answers["host"]] and final in (None, answers["host"])
            return answers["host"] if answers is not None and alone else None

        limit = time.monotonic() + timeout
        host = None
        while host is None and time.monotonic() < limit:
            # either stream may be the last to agree: look again at both after each event of the slower one
            host = arp.wait(settled, 0.1) or probe.wait(settled, 0.1)
        if host is None:
            raise LabError(f"{self._cluster.vip}: {final or 'no single host'} did not hold it and answer within "
                           f"{timeout} s; last seen: {probe.events[-1:]} {arp.events[-1:]}")
        if stays:
            seen = len(probe.events)
            if probe.wait(lambda events: any(event["event"] != "steady" for event in events[seen:]), stays):
                raise LabError(f"{self._cluster.vip}: {host} did not keep it: {probe.events[seen:]}")
        return host

    def recording(self) -> measure.Recording:
        """Return what was seen; only after the observation has ended."""
        records = self._records
        held = {}
        for name in self._cluster.names:
            events = self._streams[name].events
            # the watcher of a host that was restarted has ended with it, and cannot say until when it had the address
            complete = bool(events) and events[-1]["event"] == "report"
            held[name] = watch.held(events, records[-1].start_ns if complete else 0)
        claims = stalls.undisturbed_claims(self._streams["arp"].events, records[-1].start_ns, self._disturbed)
        return measure.Recording(records, claims, held)

    def lost(self, host: str | None = None) -> list[Record]:
        """Return the requests that failed, or that not `host` answered, while the machine did not stand still."""
        return stalls.lost(self._records, self._disturbed, host)

    def longest_stall_ms(self) -> float:
        """Return for how long the machine with the lab stood still at most, as far as that is more than being busy."""
        spans = [event["end_ns"] - event["start_ns"] for event in self._streams["stalls"].events
                 if event["event"] == "stall"]
        return max(spans, default=0) / 1e6

    @functools.cached_property
    def _records(self) -> list[Record]:
        return [Record(*row) for row in self._report["records"]]

    @property
    def _disturbed(self) -> list[watch.Interval]:
        return stalls.disturbed(self._streams["stalls"].events)


def _last_steady(events: Sequence[Event]) -> Event | None:
    """Return the last event when it says that things are steady."""
    return events[-1] if events and events[-1]["event"] == "steady" else None
