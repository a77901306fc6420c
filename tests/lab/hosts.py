# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Brings the lab's hosts up on their networks: the commands as pure functions, and what runs them.

    tests/lab/python -m ansible_collections.openvip.cluster.tests.lab.hosts <LAB.json

The document is what molecule/shared/create.yml makes of the inventory: {"label", "networks", "hosts"}, with the fields
of Network and Host. A host is a container with systemd, or a machine: a container that runs user-mode Linux.
"""

from __future__ import annotations

import concurrent.futures
import ipaddress
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ansible_collections.openvip.cluster.tests.lab import containers
from ansible_collections.openvip.cluster.tests.lab.containers import LabError

# what molecule/inventory calls every host's shell
SHELL = "/usr/local/bin/lab-sh"
SYSTEM = "bookworm"
# what has the image of hosts with a system, and prints its name: a program below the repository, and its words
IMAGES = {
    SYSTEM: ("tests/lab/image", "bookworm"),
    "trixie": ("tests/lab/image", "trixie"),
    "dnf": ("tests/lab/dnf/image",),
}
MACHINE_IMAGE = ("tests/lab/machine/image",)
BOOT_SECONDS = 120
# of the console of a host that has not booted
LAST_LINES = 40
# is-system-running fails as long as there is no bus to ask
BOOTED = """\
until systemctl is-system-running --wait 2>&1 | grep -q -E 'running|degraded'; do sleep 0.1; done
systemctl is-system-running && exit
systemctl --no-pager list-jobs
systemctl --no-pager --failed"""


@dataclass(frozen=True)
class Network:
    """One network of the lab.

    :ivar name: of the engine's network. The engine numbers a host's interfaces by these names (eth0, eth1, ...), so
        they sort as the networks are listed.
    :ivar subnets: IPv4 and IPv6, CIDR.
    :ivar masquerade: hosts reach the rest of the world by it.
    """

    name: str
    subnets: tuple[str, ...]
    masquerade: bool = False

    def holds(self, address: str) -> bool:
        """Return whether an address belongs to it."""
        return any(ipaddress.ip_address(address) in ipaddress.ip_network(subnet) for subnet in self.subnets)


@dataclass(frozen=True)
class Host:
    """One host of the lab.

    :ivar name: its own and the inventory's name for it.
    :ivar container: the engine's name for it.
    :ivar machine: it has a kernel of its own.
    :ivar addresses: IPv4 and IPv6, at most one of each in a network. On the first network, which is the management
        network and everybody's, the engine chooses.
    :ivar megabytes: memory of a machine.
    :ivar system: what runs on it, one of IMAGES. A machine's is always SYSTEM.
    """

    name: str
    container: str
    machine: bool = False
    addresses: tuple[str, ...] = ()
    megabytes: int = 224
    system: str = SYSTEM


def is_ipv6(subnet: str) -> bool:
    return ":" in subnet


def needed(networks: Sequence[Network], hosts: Sequence[Host]) -> list[Network]:
    """Return the networks and of them the subnets that hold an address of a host, the management network always.

    That one has an IPv6 subnet when another has: the engine gives eth0 to networks with both families first.

    :raises LabError: an address belongs to no network.
    """
    for host in hosts:
        for address in host.addresses:
            if not any(network.holds(address) for network in networks[1:]):
                subnets = ", ".join(subnet for network in networks[1:] for subnet in network.subnets)
                raise LabError(f"host {host.name}: the address {address} is in no network of the lab. "
                               f"Choose one of {subnets}, or add its network to lab_networks")
    used = []
    for network in networks[1:]:
        subnets = tuple(subnet for subnet in network.subnets
                        if any(replace(network, subnets=(subnet,)).holds(address)
                               for host in hosts for address in host.addresses))
        if subnets:
            used.append(replace(network, subnets=subnets))
    both = any(is_ipv6(subnet) for network in used for subnet in network.subnets)
    management = networks[0]
    kept = tuple(subnet for subnet in management.subnets if both or not is_ipv6(subnet))
    return [replace(management, subnets=kept), *used]


def network_command(network: Network, label: str) -> list[str]:
    """Return the docker words that make a network.

    The engine gives addresses out of the lower half of a subnet; the upper half is the machines' (machine/boot.py).
    """
    words = ["network", "create", f"--label={label}"]
    for subnet in network.subnets:
        lower_half = next(ipaddress.ip_network(subnet).subnets())
        words += ["--ipv6"] if is_ipv6(subnet) else []
        words += [f"--subnet={subnet}", *([f"--ip-range={lower_half}"] if network.masquerade else [])]
    if not network.masquerade:
        # Not an internal network: its isolation rules drop VRRP's multicast.
        words.append("--opt=com.docker.network.bridge.enable_ip_masquerade=false")
    return [*words, network.name]


def create_command(host: Host, image: str, management: Network, label: str) -> list[str]:
    """Return the docker words that make a host, on the management network only."""
    words = [
        "create", f"--name={host.container}", f"--hostname={host.name}", f"--label={label}",
        f"--network={management.name}", "--restart=no",
        "--security-opt=seccomp=unconfined", "--security-opt=apparmor=unconfined", "--security-opt=label=disable",
        "--cap-add=NET_ADMIN", "--tmpfs=/run",
    ]
    if host.machine:
        # Its memory is a file that it maps to execute.
        words += [f"--label={containers.MACHINE_LABEL}", "--device=/dev/net/tun", "--tmpfs=/tmp:exec",
                  "--stop-timeout=30", image, str(host.megabytes)]
    else:
        # By the docker command, because systempaths=unconfined, which makes /proc/sys writable, is its own: the
        # engine's API has no such word. cgroupns=host with the bind mount serves version 1 and 2 of cgroups. The engine
        # lets containers forward packets, which hosts do not: one that has lost an address would keep requests for it
        # until the next holder answers.
        words += ["--sysctl=net.ipv4.ip_forward=0", "--stop-signal=SIGRTMIN+3", "--cap-add=SYS_ADMIN",
                  "--cap-add=NET_RAW", "--cap-add=NET_BROADCAST",
                  "--security-opt=systempaths=unconfined", "--cgroupns=host",
                  "--volume=/sys/fs/cgroup:/sys/fs/cgroup:rw", "--tmpfs=/run/lock", "--env=container=docker",
                  image, "/sbin/init"]
    return words


def interfaces(host: Host, networks: Sequence[Network]) -> dict[str, tuple[Network, list[str]]]:
    """Return what each interface of a host but the first must be: {"eth1": (network, addresses), ...}."""
    joined = [(network, [address for address in host.addresses if network.holds(address)]) for network in networks[1:]]
    return {f"eth{index}": each for index, each in enumerate((each for each in joined if each[1]), 1)}


def connect_commands(host: Host, networks: Sequence[Network]) -> list[list[str]]:
    """Return the docker words that connect a host to its networks, one command each."""
    return [
        ["network", "connect", *((f"--ip6={address}" if is_ipv6(address) else f"--ip={address}") for address in given),
         network.name, host.container]
        for network, given in interfaces(host, networks).values()]


def image_command(host: Host) -> tuple[str, ...]:
    """Return the program, below the repository, and its words that have a host's image and print its name.

    :raises LabError: the lab has no such system, or no machines with it.
    """
    if host.system not in IMAGES:
        raise LabError(f"host {host.name}: the lab has no system '{host.system}'. "
                       f"Choose one of {', '.join(sorted(IMAGES))} as its lab_system")
    if not host.machine:
        return IMAGES[host.system]
    if host.system != SYSTEM:
        raise LabError(f"host {host.name}: there are no machines with {host.system}, and it needs modules that this "
                       f"kernel has not got. Leave out its lab_system, or its lab_kernel")
    return MACHINE_IMAGE


def image(command: Sequence[str]) -> str:
    """Have an image by its command, and return its name."""
    done = subprocess.run([containers.REPOSITORY / command[0], *command[1:]], stdout=subprocess.PIPE, text=True,
                          check=False)
    if done.returncode:
        raise LabError(f"{command[0]} failed; its messages are above")
    return done.stdout.strip()


def wait(host: Host, networks: Sequence[Network]) -> None:
    """Return when a host has booted.

    :raises LabError: it has not after BOOT_SECONDS, or an interface has not got its addresses.
    """
    try:
        containers.execute(host.container, "timeout", str(BOOT_SECONDS), "sh", "-c", BOOTED, seconds=BOOT_SECONDS + 10)
    except LabError as error:
        raise LabError(f"host {host.name} has not booted: {error}. The last it said:\n"
                       f"{containers.said(host.container, LAST_LINES)}") from error
    links = json.loads(containers.execute(host.container, "ip", "-json", "address"))
    found = {link["ifname"]: {entry["local"] for entry in link["addr_info"]} for link in links}
    for name, (network, given) in interfaces(host, networks).items():
        if not set(given) <= found.get(name, set()):
            raise LabError(f"host {host.name}: {name} should be on {network.name} with {', '.join(given)}, but has "
                           f"{', '.join(sorted(found.get(name, set()))) or 'no address'}; networks must be listed in "
                           "the order of their names")


def up(networks: Sequence[Network], hosts: Sequence[Host], label: str) -> None:
    """Make the networks and the hosts, start them, and return when they have booted."""
    used = needed(networks, hosts)
    commands = {host.name: image_command(host) for host in hosts}
    images = {command: image(command) for command in sorted(set(commands.values()))}
    for network in used:
        containers.docker(*network_command(network, label))
    for host in hosts:
        containers.docker(*create_command(host, images[commands[host.name]], used[0], label))
        for words in connect_commands(host, used):
            containers.docker(*words)
    # the machines first, because they take longer
    for host in sorted(hosts, key=lambda host: not host.machine):
        containers.docker("start", host.container)
        if not host.machine:
            containers.docker("exec", host.container, "ln", "--symbolic", "/bin/sh", SHELL)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda host: wait(host, used), hosts))


def main() -> None:
    lab = json.load(sys.stdin)
    try:
        up([Network(**dict(entry, subnets=tuple(entry["subnets"]))) for entry in lab["networks"]],
           [Host(**dict(entry, addresses=tuple(entry["addresses"]))) for entry in lab["hosts"]], lab["label"])
    except LabError as error:
        sys.exit(f"lab: {error}")


if __name__ == "__main__":
    main()
