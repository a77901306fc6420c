# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The addresses that a configuration listens on, and who holds them now, as the kernel reports it.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import sys
from itertools import product
from typing import AbstractSet, Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Tuple

from .._kit import proc
from .check import Data, label
from .row import RAW
from .statements import Read, beside

# The states of listening sockets of TCP and of unconnected ones of UDP (include/net/tcp_states.h of the kernel)
_STATES = {"tcp": "0A", "udp": "07"}
_WILDCARDS = ("0.0.0.0", "::")
_FAILED = re.compile(r"(?:bind|listen)\(\) to (\S+?):(\d+)(?: of the backlog \d+)? failed")
_ENTRY = re.compile(r"(?:\[(?P<six>[^]]*)\]|(?P<four>[0-9.]+|\*))?(?::?(?P<first>\d+)(?:-(?P<last>\d+))?)?\Z")


class Socket(NamedTuple):
    """An address of this host: C(tcp) or C(udp), an IP address or one of all, and a port."""

    kind: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" + "/udp" * (self.kind == "udp")

    def overlaps(self, other: Socket) -> bool:
        """Return whether the kernel gives only one of the two sockets to listen on."""
        return self[::2] == other[::2] and (self.host == other.host or (
            (":" in self.host) == (":" in other.host) and bool({self.host, other.host} & set(_WILDCARDS))))


class Wanted(NamedTuple):
    """A socket that a configuration listens on, whether for C(http) or C(stream), and what has the directive."""

    socket: Socket
    section: str
    label: str


class Conflict(NamedTuple):
    """Why an address cannot be bound: the sentences with their remedies, and whether a restart of nginx is one."""

    helps: bool
    sentences: List[str]


Held = Dict[Socket, FrozenSet[int]]


def parsed(words: List[str]) -> Iterator[Socket]:
    """Yield the sockets of the parameters of one C(listen). Names of hosts and sockets of unix have none."""
    found = _ENTRY.match(words[0]) if words else None
    if not found:
        return
    try:
        host = str(ipaddress.ip_address(found["six"] or (found["four"] or "*").replace("*", "0.0.0.0")))
    except ValueError:
        # a port alone, such as 80, looks like the beginning of an address
        if not words[0].replace("-", "").isdigit():
            return
        host, found = "0.0.0.0", _ENTRY.match(":" + words[0])
    first = int((found and found["first"]) or 80)
    kind = "udp" if {"udp", "quic"} & set(words[1:]) else "tcp"
    hosts = [host, "0.0.0.0"] if host == "::" and "ipv6only=off" in words else [host]
    for each, port in product(hosts, range(first, int((found and found["last"]) or first) + 1)):
        yield Socket(kind, each, port)


def wanted(data: Data, read: Read) -> List[Wanted]:
    """Return what canonical data listens on, with raw and included files."""
    found = []
    for section in ("http", "stream"):
        block = data.get(section, {})
        for server in [*block.get("server", []), *([{"name": "stub_status", **block["stub_status"]}]
                                                   if "stub_status" in block else [])]:
            name = label(section, "server", server, 1, "")
            listens = [listen.split() for listen in server.get("listen", [])]
            listens += [each.words[1:] for each in beside(server, read)
                        if each.words[0] == "listen" and not each.blocks]
            found += [Wanted(socket, section, name) for words in listens for socket in parsed(words)]
        found += [Wanted(socket, section, f"a server in {each.origin or f'{RAW} of {section}'}")
                  for each in beside(block, read) if each.words[0] == "listen" and each.blocks == ("server",)
                  for socket in parsed(each.words[1:])]
    return found


def twice(found: List[Wanted]) -> List[str]:
    """Return sentences about the addresses that http and stream both listen on: nginx does not start with them.

    Within one of the two nginx makes one socket of such addresses.
    """
    pairs = {(one.socket, one.label, other.socket, other.label): None
             for one, other in product(found, found)
             if (one.section, other.section) == ("http", "stream") and one.socket.overlaps(other.socket)}
    return [f"{name}: it listens on {socket}, and {other_name} on {other}. HTTP and a stream cannot share an address. "
            "Give one of them another address or another port."
            for socket, name, other, other_name in pairs]


def held() -> Held:
    """Return the sockets on which processes of this host listen, with the ids of the processes that can be seen.

    Source: /proc/net/tcp and its kin (proc_net_tcp(5)) of this network namespace, and the descriptors of processes.
    """
    inodes: Dict[str, Socket] = {}
    for kind, state in _STATES.items():
        for path in (f"/proc/net/{kind}", f"/proc/net/{kind}6"):
            with contextlib.suppress(OSError), open(path, encoding="ascii") as stream:
                for line in list(stream)[1:]:
                    fields = line.split()
                    if fields[3] == state:
                        inodes[f"socket:[{fields[9]}]"] = Socket(kind, *_address(fields[1]))
    found: Dict[Socket, FrozenSet[int]] = {socket: frozenset() for socket in inodes.values()}
    for pid in (int(name) for name in os.listdir("/proc") if name.isdigit()):
        for link in _descriptors(pid):
            if link in inodes:
                found[inodes[link]] |= {pid}
    return found


def _address(text: str) -> Tuple[str, int]:
    """Return host and port of C(0B0012C6:0050): words of 32 bits in the byte order of the host, and the port."""
    host, dummy, port = text.partition(":")
    data = b"".join(int(host[place:place + 8], 16).to_bytes(4, sys.byteorder) for place in range(0, len(host), 8))
    address = ipaddress.ip_address(data)
    return str(getattr(address, "ipv4_mapped", None) or address), int(port, 16)


def _descriptors(pid: int) -> List[str]:
    found = []
    with contextlib.suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                found.append(os.readlink(f"/proc/{pid}/fd/{name}"))
    return found


def blocked(found: List[Wanted], present: Held, own: AbstractSet[int]) -> List[str]:
    """Return sentences about the addresses that other programs hold.

    :param found: what a configuration listens on.
    :param present: what C(held) tells.
    :param own: the processes of the running nginx; an address that they have already, they keep.
    """
    return list(dict.fromkeys(
        f"{each.label}: {each.socket} cannot be bound, because {_named(pids)} holds {socket}. End that program, or "
        "correct listen."
        for each in found if not own & present.get(each.socket, frozenset())
        for socket, pids in present.items() if socket.overlaps(each.socket) and not pids & own))


def explain(message: str, found: List[Wanted], present: Held, own: AbstractSet[int]) -> Conflict:
    """Return why nginx could not bind the addresses that it names, and whether it could after a restart.

    :param message: what nginx said; without an address it is about none.
    :param found: what the new configuration listens on.
    :param present: what C(held) tells.
    :param own: the processes of the running nginx, whose sockets a restart closes.
    """
    lasting = twice(found) + blocked(found, present, own)
    if lasting:
        return Conflict(False, [sentence + " A restart of nginx does not help." for sentence in lasting])
    sentences = []
    once = "set restart (nginx_restart of the role) to true once. It ends open connections."
    for host, port in dict.fromkeys(_FAILED.findall(message)):
        failed = _failed(host, int(port), found)
        holder = next((socket for socket, pids in present.items() if socket.overlaps(failed) and pids & own), None)
        sentences.append(f"{failed} overlaps {holder}, which the running nginx holds until a restart: {once}" if holder
                         else f"{failed} is not held by any process any more. Run this again.")
    helps = not sentences or any(sentence.endswith(once) for sentence in sentences)
    return Conflict(helps, sentences or [f"Only a restart can change that: {once}"])


def _failed(host: str, port: int, found: List[Wanted]) -> Socket:
    """Return the socket that nginx names in a message, which does not tell its kind."""
    kinds = [each.socket.kind for each in found if each.socket[1:] == (host.strip("[]"), port)]
    return Socket((kinds or ["tcp"])[0], host.strip("[]"), port)


def _named(pids: FrozenSet[int]) -> str:
    if not pids:
        return "a process that is not visible from here, maybe of a container,"
    pid = min(pids)
    name: Optional[str] = proc.program_name(pid)
    return f"{name or 'a program'} (process {pid})"
