# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connections of a director to real servers that are drained, by kind, and the wait for their end.

A service of UDP, a persistent client and a connection that is only being opened are entries of the kernel's table as
well, but IPVS counts none of them as active (ip_vs_proto_udp.c, ip_vs_conn.c): the table itself says which is which.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
import time
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Sequence

from ansible_collections.openvip.cluster.plugins.module_utils._kit.interfaces import Inspection

TABLE = "/proc/net/ip_vs_conn"
#: The kinds of entries. Only the first three are waited for: a closing connection has had its last request, and a
#: template binds a client no longer that is sent elsewhere (net.ipv4.vs.expire_quiescent_template).
ESTABLISHED, OPENING, UDP, CLOSING, TEMPLATE = KINDS = ("established", "opening", "udp", "closing", "template")
WAITED_FOR = (ESTABLISHED, OPENING, UDP)
# The states before the first data (ip_vs_proto_tcp.c, ip_vs_proto_sctp.c)
_OPENING = ("SYN_SENT", "SYN_RECV", "SYNACK", "NONE", "INIT1", "INIT", "COOKIE_SENT", "COOKIE_REPLIED", "COOKIE_WAIT",
            "COOKIE", "COOKIE_ECHOED")
# Reading a table of a million entries takes seconds: at most this share of the time is spent on it.
SHARE = 0.1

Data = Dict[str, Any]


class Entry(NamedTuple):
    """One entry: address of the service and of the real server, kind, and seconds until it is forgotten."""

    service: str
    server: str
    kind: str
    expires: int


def _address(word: str) -> str:
    """Return an address of the table, which is hexadecimal for IPv4 and in brackets for IPv6 (ip_vs_conn.c).

    :raises ValueError: it is none.
    """
    if ":" in word:
        return str(ipaddress.IPv6Address(word.strip("[]")))
    return str(ipaddress.IPv4Address(int(word, 16)))


def _kind(protocol: str, client_port: str, state: str) -> str:
    if int(client_port, 16) == 0 and state in ("NONE", "ASSURED"):
        return TEMPLATE
    if protocol == "UDP":
        return UDP
    if state == "ESTABLISHED":
        return ESTABLISHED
    return OPENING if state in _OPENING else CLOSING


def entries(lines: Iterable[str]) -> Iterator[Entry]:
    """Yield the entries of the lines of C(/proc/net/ip_vs_conn); the header and what is no entry is passed over."""
    for line in lines:
        words = line.split()
        try:
            protocol, _client, client_port, service, _port, server, _server_port, state, expires = words[:9]
            yield Entry(_address(service), _address(server), _kind(protocol, client_port, state), int(expires))
        except ValueError:
            continue


def table() -> List[str]:
    """Return the lines of the kernel's table of connections; none without IPVS."""
    try:
        with open(TABLE, encoding="ascii", errors="replace") as stream:
            return list(stream)
    except FileNotFoundError:
        return []


def counted(found: Iterable[Entry], servers: Sequence[str], counts: Callable[[str], bool]) -> Data:
    """Return the connections to some real servers by kind.

    :param counts: whether the connections of a service with this address count.
    :returns: a number per kind, and C(expires): the seconds until the last entry that is waited for is forgotten, if
        nothing more is sent.
    """
    result: Data = dict.fromkeys(KINDS, 0)
    last = 0
    for entry in found:
        if entry.server in servers and counts(entry.service):
            result[entry.kind] += 1
            if entry.kind in WAITED_FOR:
                last = max(last, entry.expires)
    return dict(result, expires=last)


def waited_for(connections: Data) -> int:
    """Return how many connections have to end."""
    return sum(connections[kind] for kind in WAITED_FOR)


def held(inspection: Inspection, addresses: Sequence[str]) -> List[str]:
    """Return those addresses that an interface other than loopback has: real servers have them on loopback."""
    here = {str(ipaddress.ip_address(entry["address"])) for each in inspection.values() if not each["loopback"]
            for entry in each["addresses"]}
    return [address for address in addresses if address in here]


def places(services: Sequence[Data], servers: Sequence[str]) -> List[Data]:
    """Return where the real servers stand in the tables of the services, and who else gets connections there.

    :param services: as M(openvip.cluster.ipvs_info) returns them.
    """
    return [{"service": {key: service[key] for key in ("ip", "port", "protocol", "fwmark", "ip_family")},
             "ip": server["ip"], "port": server["port"], "weight": server["weight"],
             "others": [other["ip"] for other in service["real_server"]
                        if other["ip"] not in servers and other["weight"] > 0]}
            for service in services for server in service["real_server"] if server["ip"] in servers]


class Host(NamedTuple):
    """How the host is asked: its interfaces, the services of IPVS, the table of connections, the clock in seconds."""

    interfaces: Callable[[], Inspection]
    services: Callable[[], List[Data]]
    table: Callable[[], Iterable[str]] = table
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def wait(host: Host, servers: Sequence[str], addresses: Sequence[str], timeout: float, interval: float) -> Data:
    """Wait until a director has no connection to the real servers, or holds none of the addresses, or time is up.

    :param servers: addresses of the real servers.
    :param addresses: virtual addresses that move between directors. The connections of a service count where its
        address is held; those of other services where any is held, and everywhere if there is no such address.
    :param timeout: seconds, 0 or more, by a clock that nobody sets.
    :param interval: seconds between two inspections.
    :returns: as RETURN of M(openvip.cluster.lvs_drain_info) describes it.
    """
    servers, addresses = ([str(ipaddress.ip_address(each)) for each in listed] for listed in (servers, addresses))
    begin = host.clock()
    known = None
    while True:
        asked = host.clock()
        mine = held(host.interfaces(), addresses)
        working = bool(mine) or not addresses

        def counts(service: str, mine: Sequence[str] = mine, working: bool = working) -> bool:
            return working and (service in mine or service not in addresses)

        now = places(host.services(), servers)
        connections = counted(entries(host.table()), servers, counts)
        present = {(str(place["service"]), place["ip"], place["port"]) for place in now}
        known = present if known is None else known
        state = ("idle" if not working else "gone" if known - present
                 else "busy" if waited_for(connections) or any(place["weight"] > 0 for place in now) else "drained")
        answered = host.clock()
        elapsed = answered - begin
        if state != "busy" or elapsed >= timeout:
            return {"state": state, "held": mine, "elapsed": round(elapsed, 3), "connections": connections,
                    "waited_for": waited_for(connections), "real_server": now}
        pause = max(interval, (answered - asked) * (1 / SHARE - 1))
        host.sleep(max(0.0, min(pause, timeout - elapsed)))
