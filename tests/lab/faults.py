# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The faults that the lab can provoke on a host: FAULTS, which demo and tests have in common, and ALL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.openvip.cluster.tests.lab import containers

OUTSIDE = "openvip-outside"
LABEL = "org.openvip.cluster.lab"
# A thawed host takes itself for the master of what it led, and finds the timers expired of what it waited for, until it
# has heard of the other or the other of it: an advert interval, and the time between opening its link and waking it.
THAW_MS = 200.0


@dataclass(frozen=True)
class Host:
    """A host of the lab as the faults see it.

    :ivar name: the inventory name.
    :ivar container: the container that is the host.
    :ivar interface: its interface on the service segment.
    """

    name: str
    container: str
    interface: str = "eth1"


@dataclass(frozen=True)
class Fault:
    """One fault.

    :ivar name: how tables call it.
    :ivar summary: what is done, and what undoes it.
    :ivar inject: does it to a host and returns the CLOCK_MONOTONIC (ns) right before.
    :ivar undo: makes the host well again and returns the same; harmless when there is nothing to undo.
    :ivar kind: what the cluster sees: "tracked" (systemd reports the service), "checked" (only a script can find it),
        "planned" (keepalived says goodbye), "crash" (silence), "killed" (either of the two).
    :ivar remains_master: the host still believes to be the master when it is back, so the higher priority decides,
        whatever `nopreempt` says.
    """

    name: str
    summary: str
    inject: Callable[[Host], int]
    undo: Callable[[Host], int]
    kind: str
    remains_master: bool = False

    @property
    def slug(self) -> str:
        """The name in one word."""
        return self.name.replace(" ", "-")


def _inside(*words: str) -> Callable[[Host], int]:
    """Return a function that runs the remote program in a host and returns the time it read."""
    def act(host: Host) -> int:
        return containers.remote(host.container, *words)["at_ns"]
    return act


def outside(host: Host) -> str:
    """Return a container in the engine's own network, where the bridges are; make it when it is not there.

    It needs no more than the docker command, so it works the same with an engine in a virtual machine.
    """
    names = containers.docker("ps", "--all", "--filter", f"name=^{OUTSIDE}$", "--format", "{{.State}}").split()
    if names != ["running"]:
        if names:
            containers.docker("rm", "--force", OUTSIDE)
        wanted = '{{.Image}} {{index .Config.Labels "%s"}}' % LABEL
        image, label = containers.docker("inspect", "--format", wanted, host.container).split()
        containers.docker(
            "run", "--detach", "--init", "--name", OUTSIDE, "--label", f"{LABEL}={label}",
            "--network", "host", "--cap-add", "NET_ADMIN", "--cgroupns", "host",
            "--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw", "--entrypoint", "sleep", image, "infinity")
    return OUTSIDE


def _port(host: Host, state: str, *words: str) -> int:
    """Set the bridge port of the host's service link to up or down, and return the time right before."""
    if host.container not in _PORTS:
        # a paused host cannot be asked, so what was learned before is kept
        path = f"/sys/class/net/{host.interface}/iflink"
        _PORTS[host.container] = containers.read(host.container, path).strip()
    return containers.remote(outside(host), "port", _PORTS[host.container], state, *words)["at_ns"]


def _paused(host: Host) -> bool:
    return containers.docker("inspect", "--format", "{{.State.Paused}}", host.container).strip() == "true"


def _freeze(host: Host) -> int:
    """Cut the link first: between the cut and the pause the host can do nothing that anybody would see, but the kernel
    of a paused host still answers ARP and opens connections."""
    at_ns = _port(host, "down")
    if not _paused(host):
        containers.docker("pause", host.container)
    return at_ns


def _thaw(host: Host) -> int:
    """Open the link and wake the host in one moment, and tell the engine afterwards.

    With the link open earlier, the kernel of the sleeping host answers ARP; with the link open later, keepalived says
    to a closed door that it is there, and again only an advert later.
    """
    if _paused(host) and host.container not in _PORTS:
        containers.docker("unpause", host.container)
    identity = containers.docker("inspect", "--format", "{{.Id}}", host.container).strip()
    at_ns = _port(host, "up", f"--thaw={identity}")
    if _paused(host):
        # the engine wakes only what is asleep, so that it is for a moment
        containers.remote(outside(host), "freeze", identity)
        containers.docker("unpause", host.container)
    return at_ns


def _link(state: str) -> Callable[[Host], int]:
    """Return a function that sets a host's interface up or down and returns the time right before."""
    def act(host: Host) -> int:
        return _inside("execute", "ip", "link", "set", "dev", host.interface, state)(host)
    return act


_PORTS: dict[str, str] = {}


def of_service(unit: str) -> tuple[Fault, ...]:
    """Return the faults of a tracked service.

    :param unit: its systemd unit, whose processes have the same name.
    """
    revive = _inside("revive", unit)
    return (
        Fault(f"{unit} stopped", f"systemctl stop {unit}; started again",
              _inside("execute", "systemctl", "stop", unit), revive, "tracked"),
        Fault(f"{unit} killed", "SIGKILL to the main process; systemd starts it again",
              _inside("signal-main", unit, "SIGKILL"), revive, "tracked"),
        Fault(f"{unit} hung", "SIGSTOP to all its processes; SIGCONT",
              _inside("signal-all", unit, "SIGSTOP"), _inside("signal-all", unit, "SIGCONT"), "checked"),
    )


FAULTS = (
    *of_service("nginx"),
    Fault("keepalived stopped", "systemctl stop keepalived; started again",
          _inside("execute", "systemctl", "stop", "keepalived"),
          _inside("revive", "keepalived"), "planned"),
    Fault("host frozen", "its port of the service bridge disabled and its container paused; both undone",
          _freeze, _thaw, "crash", remains_master=True),
)
ALL = (
    *FAULTS,
    Fault("keepalived killed", "SIGKILL to all its processes; systemd starts it again",
          _inside("signal-all", "keepalived", "SIGKILL"), _inside("revive", "keepalived"), "killed"),
    Fault("link down", "its interface set down; set up again", _link("down"), _link("up"), "crash"),
)


def find(name: str) -> Fault:
    """Return the fault of that name (blanks or hyphens).

    :raises LabError: there is none; the message names all.
    """
    for fault in ALL:
        if name in (fault.name, fault.slug):
            return fault
    raise containers.LabError(f"{name}: no such fault; there are: {', '.join(fault.name for fault in ALL)}")
