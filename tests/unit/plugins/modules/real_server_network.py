# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The networks around a real server, and what its neighbours see of it.

    client 203.0.113.5 -- director 198.18.0.1 -- eth1, 198.18.0.31 -- this host -- eth0, 192.0.2.31 -- outside

This host is the network namespace of the process, the others are named ones. A socket belongs to the namespace of the
thread that made it, so everything is seen from one process.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import select
import socket
import struct
import subprocess
import threading
import time

CLONE_NEWNET = 0x40000000
ETH_P_ALL, ETH_P_IP, ETH_P_ARP = 0x0003, 0x0800, 0x0806
SIOCGIFHWADDR = 0x8927
NEIGHBOUR_SOLICITATION, NEIGHBOUR_ADVERTISEMENT = 135, 136
# Where this host is asked about after every other question: when this is answered, the other would have been.
REAL_IP, REAL_IP6 = "198.18.0.31", "fd00:18::31"
TIMEOUT = 20

SETUP = """
netns add director
netns add outside
netns add client
link set lo up
link add eth1 type veth peer name d1 netns director
link add eth0 type veth peer name o0 netns outside
link add eth2 type veth peer name o2 netns outside
-n director link add d0 type veth peer name c0 netns client
address add 198.18.0.31/24 dev eth1
address add fd00:18::31/64 dev eth1 nodad
address add 192.0.2.31/24 dev eth0
link set eth0 addrgenmode none up
link set eth1 addrgenmode none up
link set eth2 addrgenmode none up
route add default via 192.0.2.1
route add 198.51.100.0/24 dev eth2
-n director address add 198.18.0.1/24 dev d1
-n director address add fd00:18::1/64 dev d1 nodad
-n director address add 203.0.113.1/24 dev d0
-n director address add fd00:203::1/64 dev d0 nodad
-n director link set lo up
-n director link set d1 up
-n director link set d0 up
-n outside address add 192.0.2.1/24 dev o0
-n outside link set o0 up
-n outside link set o2 up
-n client address add 203.0.113.5/24 dev c0
-n client address add fd00:203::5/64 dev c0 nodad
-n client link set c0 up
-n client route add default via 203.0.113.1
-n client -6 route add default via fd00:203::1
netns exec director sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
"""


def ip(words):
    """Run ip and return what it says."""
    return subprocess.run(["ip", *words.split()], capture_output=True, text=True, check=True).stdout


def set_up():
    """Make the networks; no filter by reverse path anywhere on this host."""
    subprocess.run(["sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0"], check=True)
    for line in SETUP.strip().splitlines():
        ip(line)
    for namespace, devices in {"": ("eth0", "eth1", "eth2"), "-n director": ("d0", "d1"), "-n client": ("c0",)}.items():
        for device in devices:
            # Only now the device has noticed that its other end is up.
            wait_for("ff00::/8", f"{namespace} -6 route show table local dev {device}")


def wait_for(text, words):
    """Wait until ip says something."""
    end = time.monotonic() + TIMEOUT
    while text not in ip(words):
        if time.monotonic() > end:
            raise TimeoutError(words)
        os.sched_yield()


def in_namespace(name, make):
    """Return what a function returns in a network namespace; C(None) is that of this host."""
    if name is None:
        return make()
    made = []

    def run():
        with open(f"/run/netns/{name}", "rb") as namespace:
            if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
        made.append(make())

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return made[0]


def packets(namespace, device, protocol=ETH_P_ALL):
    """Return a socket that gets the packets of a device, and the device's MAC address."""

    def make():
        made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(protocol))
        made.bind((device, protocol))
        made.settimeout(TIMEOUT)
        request = fcntl.ioctl(made, SIOCGIFHWADDR, struct.pack("256s", device.encode()))
        return made, request[18:24]

    return in_namespace(namespace, make)


def answers_arp(address):
    """Whether this host answers the director's ARP request for the address."""
    with contextlib.closing(packets("director", "d1", ETH_P_ARP)[0]) as raw:
        mac = packets_mac("director", "d1")
        for target in (address, REAL_IP):
            raw.send(b"\xff" * 6 + mac + struct.pack("!HHHBBH", ETH_P_ARP, 1, ETH_P_IP, 6, 4, 1) + mac
                     + socket.inet_aton("198.18.0.1") + bytes(6) + socket.inet_aton(target))
        seen = set()
        while REAL_IP not in seen:
            frame = raw.recv(2048)
            if frame[:6] == mac and frame[20:22] == b"\0\2":
                seen.add(socket.inet_ntoa(frame[28:32]))
        return address in seen


def packets_mac(namespace, device):
    """Return the MAC address of a device."""
    made, mac = packets(namespace, device)
    made.close()
    return mac


def answers_solicitation(address):
    """Whether this host answers the director's neighbour solicitation for the IPv6 address."""
    mac = packets_mac("director", "d1")

    def make():
        made = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex("d1"))
        # RFC 4861, 7.1.1: a smaller one has crossed a router
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        made.settimeout(TIMEOUT)
        made.bind(("fd00:18::1", 0))
        return made

    with contextlib.closing(in_namespace("director", make)) as raw:
        for target in (address, REAL_IP6):
            raw.sendto(struct.pack("!BBHI", NEIGHBOUR_SOLICITATION, 0, 0, 0) + socket.inet_pton(socket.AF_INET6, target)
                       + b"\1\1" + mac, ("ff02::1", 0))
        seen = set()
        while REAL_IP6 not in seen:
            message = raw.recv(2048)
            if message[0] == NEIGHBOUR_ADVERTISEMENT:
                seen.add(socket.inet_ntop(socket.AF_INET6, message[8:24]))
        return address in seen


def asks_as(address, target):
    """Return the sender in the ARP request that this host sends when the address talks to a new neighbour."""
    with contextlib.closing(packets("director", "d1", ETH_P_ARP)[0]) as raw, \
            contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sender:
        sender.bind((address, 0))
        sender.sendto(b"x", (target, 9))
        while True:
            frame = raw.recv(2048)
            if frame[20:22] == b"\0\1" and frame[38:42] == socket.inet_aton(target):
                return socket.inet_ntoa(frame[28:32])


@contextlib.contextmanager
def listening(address, port):
    """A service on this host."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, port), family=family) as server:
        yield server


def forwards(address, port):
    """Whether a connection succeeds that the director sends to this host as it is, as direct routing does."""
    mac = ":".join(f"{byte:02x}" for byte in packets_mac(None, "eth1"))
    family = "-6" if ":" in address else "-4"
    ip(f"-n director {family} route replace {address} dev d1")
    ip(f"-n director {family} neighbour replace {address} lladdr {mac} dev d1")
    return connects("director", address, port)


def connects(namespace, address, port, timeout=TIMEOUT):
    """Whether a connection succeeds from a namespace."""
    try:
        in_namespace(namespace, lambda: socket.create_connection((address, port), timeout)).close()
    except OSError:
        return False
    return True


def asks_by_udp(address, port, bound):
    """Return where the answer of a service of UDP goes when the client asks, and the address that it comes from.

    :param bound: the address that the service is bound to.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    outside = packets("outside", "o0")[0]
    with socket.socket(family, socket.SOCK_DGRAM) as service, contextlib.closing(outside), \
            in_namespace("client", lambda: socket.socket(family, socket.SOCK_DGRAM)) as client:
        service.bind((bound, port))
        service.settimeout(TIMEOUT)
        client.sendto(b"question", (address, port))
        service.sendto(b"the answer", service.recvfrom(100)[1])
        while True:
            ready = select.select([client, outside], [], [], TIMEOUT)[0]
            if client in ready:
                return "client", client.recvfrom(100)[1][0]
            if not ready:
                return "nowhere", None
            frame = outside.recv(2048)
            if frame.endswith(b"the answer"):
                return "outside", socket.inet_ntoa(frame[26:30])


def leaves_by(source, port):
    """Return which way the first answer of a service to the client takes: director or outside."""
    ways = {"director": packets("director", "d1", ETH_P_IP)[0], "outside": packets("outside", "o0", ETH_P_IP)[0]}
    family = socket.AF_INET

    def make():
        made = socket.socket(family, socket.SOCK_STREAM)
        made.setblocking(False)
        made.connect_ex((source, port))
        return made

    seen = []
    found = threading.Event()

    def watch(way, raw):
        with contextlib.suppress(OSError):
            while not found.is_set():
                frame = raw.recv(2048)
                if frame[26:30] == socket.inet_aton(source) and frame[34:36] == struct.pack("!H", port):
                    seen.append(way)
                    found.set()

    threads = [threading.Thread(target=watch, args=item, daemon=True) for item in ways.items()]
    for thread in threads:
        thread.start()
    client = in_namespace("client", make)
    found.wait(TIMEOUT)
    client.close()
    for raw in ways.values():
        with contextlib.suppress(OSError):
            raw.shutdown(socket.SHUT_RDWR)
    return seen[0] if seen else None


def source_to(destination):
    """Return the address that this host would send from."""
    [route] = json.loads(ip(f"-json route get {destination}"))
    return route.get("prefsrc")


def state():
    """Return what the kernel of this host has: addresses, rules, routes and the settings that matter."""
    addresses = {entry["ifname"]: sorted(
        [address["local"], address["prefixlen"], address["scope"], bool(address.get("deprecated"))]
        for address in entry["addr_info"] if "local" in address and address["scope"] != "link")
        for entry in json.loads(ip("-json address show"))}
    values = {}
    for name in sorted(os.listdir("/proc/sys/net/ipv4/conf")):
        for key in ("arp_ignore", "arp_announce", "rp_filter"):
            with open(f"/proc/sys/net/ipv4/conf/{name}/{key}") as stream:
                values[f"{name}/{key}"] = stream.read().strip()
    return {"addresses": addresses, "sysctl": values, "rules": ip("rule show") + ip("-6 rule show"),
            "routes": ip("route show table all") + ip("-6 route show table all")}
