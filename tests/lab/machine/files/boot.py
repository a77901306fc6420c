# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The first process of a machine's container: gives the container's network to a user-mode Linux, and runs that.

    boot.py [MEGABYTES]     default: 224

Each ethN becomes a port of a bridge whose other port is a TAP of the machine, which takes over the interface's name,
hardware address and addresses. On eth0, the management network, the container stays: there the machine is its
neighbour, with an address of its own, and the container is its name server and the way in, by ssh.
SIGTERM presses the machine's power button. When the machine is off, this ends, and with it the container.
"""

from __future__ import annotations

import ipaddress
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import time
from dataclasses import dataclass

LAB = pathlib.Path("/lab")
# what the machine mounts as its /run/lab
SHARED = pathlib.Path("/run/machine")
UML_DIRECTORY = pathlib.Path("/run/uml")
# linux/arch/um/os-Linux/main.c executes its first word when the machine is rebooted
REBOOTED, REBOOTED_CODE = LAB / "files/rebooted", 64
DISK = pathlib.Path("/var/lib/machine.cow")
MANAGEMENT = "eth0"
# What it dies of now and then at the end of a reboot instead; one that has not run for some seconds has not booted.
ABORTED_CODE, BOOTED_SECONDS = -signal.SIGABRT, 20
# RFC 868's port, for a text with more digits
TIME_PORT = 37
# Sets the machine's clock, which begins with a whole second, by the container's: the best of five answers.
CLOCK = """\
import socket, time
def ask():
    begin = time.time()
    with socket.create_connection(("%s", %d), 10) as connection, connection.makefile() as answer:
        now = float(answer.read())
    end = time.time()
    return end - begin, now - (begin + end) / 2
time.clock_settime(time.CLOCK_REALTIME, time.time() + min(ask() for number in range(5))[1])
"""
# linux/arch/um/include/shared/mconsole.h
MCONSOLE_MAGIC, MCONSOLE_VERSION = 0xCAFEBABE, 2


@dataclass(frozen=True)
class Link:
    """One network interface as the engine made it.

    :ivar name: ethN.
    :ivar mac: its hardware address.
    :ivar mtu: bytes.
    :ivar addresses: with prefix, IPv4 and IPv6.
    :ivar gateways: of default routes.
    """

    name: str
    mac: str
    mtu: int
    addresses: tuple[str, ...]
    gateways: tuple[str, ...]

    @property
    def tap(self) -> str:
        """The machine's end."""
        return f"tap-{self.name}"

    @property
    def bridge(self) -> str:
        """What joins the two."""
        return f"br-{self.name}"

    def neighbour(self) -> Link:
        """Return what the machine has where the container keeps its own: the same place in the subnet's upper half.

        The engine gives addresses of the lower half (see hosts.py). The hardware address is a local one (IEEE 802).
        """
        found = (ipaddress.ip_interface(address) for address in self.addresses)
        return Link(self.name, "0e" + self.mac[2:], self.mtu, tuple(
            f"{each.ip + each.network.num_addresses // 2}/{each.network.prefixlen}" for each in found), self.gateways)


def links(addresses: list[dict], routes: list[dict]) -> list[Link]:
    """Return the container's interfaces in the order of their names, out of `ip -json address` and `ip -json route`."""
    found = []
    for entry in sorted(addresses, key=lambda entry: entry["ifname"]):
        name = entry["ifname"]
        if not name.startswith("eth"):
            continue
        given = [f"{each['local']}/{each['prefixlen']}" for each in entry["addr_info"] if each["scope"] == "global"]
        gateways = [route["gateway"] for route in routes if route["dst"] == "default" and route["dev"] == name]
        found.append(Link(name, entry["address"], entry["mtu"], tuple(given), tuple(gateways)))
    return found


def network_script(inside: list[Link], hostname: str, name_server: str) -> str:
    """Return the shell script that gives the machine its name and the time, and makes its vecN what the links say."""
    lines = ["set -eu"]
    for index, link in enumerate(inside):
        lines.append(f"ip link set vec{index} name {link.name} mtu {link.mtu} up")
        for address in link.addresses:
            lines.append(f"ip address add {address} dev {link.name} " + ("nodad" if ":" in address else "broadcast +"))
        lines += [f"ip route add default via {gateway} dev {link.name}" for gateway in link.gateways]
    lines += [
        f"echo nameserver {name_server} >/etc/resolv.conf",
        f"echo {hostname} | tee /etc/hostname >/proc/sys/kernel/hostname",
        f"printf '127.0.0.1 localhost\\n127.0.1.1 {hostname}\\n::1 localhost\\n' >/etc/hosts",
        "python3 - <<'PYTHON'", CLOCK % (name_server, TIME_PORT) + "PYTHON",
    ]
    return "\n".join(lines) + "\n"


def kernel_command(inside: list[Link], megabytes: int) -> list[str]:
    """Return the words that run the machine."""
    return [
        str(REBOOTED), f"mem={megabytes}M", "umid=machine", f"uml_dir={UML_DIRECTORY}/", f"hostfs={SHARED}",
        f"ubd0={DISK},{LAB / 'disk'}", "root=/dev/ubda", "rw", "con=null", "con0=null,fd:1", "quiet",
        *(f"vec{index}:transport=tap,ifname={link.tap},depth=128,gro=1,mac={link.mac}"
          for index, link in enumerate(inside)),
    ]


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def ip_json(*words: str) -> list[dict]:
    output = subprocess.run(["ip", "-json", *words], check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output or "[]")


def join(link: Link) -> None:
    """Make a bridge of an interface and a TAP.

    On the management network the bridge becomes the container's interface. Elsewhere the machine takes over the
    hardware address, so this end needs another.
    """
    ip("address", "flush", "dev", link.name)
    ip("link", "set", link.name, "down")
    if link.name != MANAGEMENT:
        ip("link", "set", link.name, "address", "0e" + link.mac[2:])
    ip("link", "add", link.bridge, "address", link.mac if link.name == MANAGEMENT else "06" + link.mac[2:],
       "mtu", str(link.mtu), "type", "bridge", "mcast_snooping", "0")
    ip("tuntap", "add", link.tap, "mode", "tap")
    for port in (link.name, link.tap):
        ip("link", "set", port, "master", link.bridge, "mtu", str(link.mtu), "up")
    ip("link", "set", link.bridge, "up")
    if link.name == MANAGEMENT:
        # IPv4 is enough here, and the engine has switched IPv6 off for what it did not make
        ip("address", "add", link.addresses[0], "dev", link.bridge)
        ip("route", "add", "default", "via", link.gateways[0])


def press_power_button(*unused: object) -> None:
    """Send ctrl-alt-del to the machine's console; its systemd takes that for the power button.

    A machine that has no console yet, or no more, is not waited for.
    """
    command = b"cad"
    request = struct.pack("III512s", MCONSOLE_MAGIC, MCONSOLE_VERSION, len(command), command)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as console:
        # without a name of its own this end could not be answered, which the machine takes for an error
        console.bind("")
        try:
            console.sendto(request, str(UML_DIRECTORY / "machine/mconsole"))
        except OSError as error:
            sys.exit(f"the machine has no console: {error}")


def run(command: list[str]) -> int:
    """Run the machine and return its exit code."""
    environment = dict(os.environ, TMPDIR="/tmp", LD_PRELOAD=str(LAB / "xstate.so"))
    machine = subprocess.Popen(command, executable=LAB / "linux", env=environment, stdin=subprocess.DEVNULL)
    # the first process of a container inherits what others leave behind, and has to see it off
    process, status = os.wait()
    while process != machine.pid:
        process, status = os.wait()
    return os.waitstatus_to_exitcode(status)


def main() -> None:
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 224
    outside = links(ip_json("address"), ip_json("route") + ip_json("-6", "route"))
    inside = [link.neighbour() if link.name == MANAGEMENT else link for link in outside]
    for directory in (SHARED, UML_DIRECTORY):
        directory.mkdir(parents=True, exist_ok=True)
    for link in outside:
        join(link)
    here, there = (found[0].addresses[0].split("/")[0] for found in (outside, inside))
    (SHARED / "network").write_text(network_script(inside, socket.gethostname(), here))

    # the engine answers for names inside the container only
    for kind in ("UDP", "TCP"):
        subprocess.Popen(["socat", f"{kind}4-LISTEN:53,bind={here},fork,reuseaddr", f"{kind}4:127.0.0.11:53"])
    subprocess.Popen(["socat", f"TCP4-LISTEN:{TIME_PORT},bind={here},fork,reuseaddr", "SYSTEM:date +%s.%N"])
    # the way in, with one connection that all commands share, made anew when the machine was booted anew
    pathlib.Path("/run/ssh_config").write_text(f"Include {LAB}/files/ssh_config\nHostName {there}\n")
    subprocess.Popen(["sh", "-c", "while :; do ssh -F /run/ssh_config -o ControlMaster=yes "
                                  "-o ConnectionAttempts=1 -N machine 2>/dev/null; sleep 0.2; done"])
    signal.signal(signal.SIGTERM, press_power_button)
    code, began = REBOOTED_CODE, time.monotonic()
    while code == REBOOTED_CODE or (code == ABORTED_CODE and time.monotonic() - began > BOOTED_SECONDS):
        began = time.monotonic()
        code = run(kernel_command(inside, megabytes))
    sys.exit(code % 256)


if __name__ == "__main__":
    main()
