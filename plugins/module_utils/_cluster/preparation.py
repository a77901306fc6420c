# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the definition of the services to what a real server needs for them, and where its nginx listens.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.addresses import addresses
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.loop_guard import of_director
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.services import (
    GUARD,
    Data,
    Member,
    Resolved,
    UnderivableError,
    as_sent,
    forwarding,
    label,
    problem,
    resolve,
    service_addresses,
)
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import Finding


def _own(member: Member) -> List[Tuple[str, ipaddress._BaseAddress, ipaddress._BaseNetwork]]:
    """Return device, address and network of every address of a host that is known."""
    interfaces = (member.facts or {"interfaces": {}})["interfaces"]
    values = ((device, ipaddress.ip_interface(value)) for device, found in interfaces.items() for value in found)
    return [(device, value.ip, value.network) for device, value in values]


def _is(member: Member, server: Data, hosts: Dict[str, str]) -> bool:
    """Whether a real server is this host."""
    address = str(server.get("ip"))
    if address in hosts:
        return hosts[address] == member.name
    return any(str(ip) == address for dummy, ip, network in _own(member))


class _Served(NamedTuple):
    """The virtual server of a host as its packets come, the real server that the host is, and whether it may be a
    director, too."""

    service: Data
    server: Data
    guarded: bool


def _served(member: Member, resolved: Sequence[Resolved]) -> List[_Served]:
    """Return every service of a host."""
    return [_Served(as_sent(entry.service, server), server, entry.guarded)
            for entry in resolved for server in entry.service.get("real_server") or []
            if _is(member, server, entry.hosts)]


def _gateway(service: Data, real_ip: str, config: Data, member: Member) -> str:
    """Return the virtual address on the segment of a real server of NAT: its way back to the director.

    :raises UnderivableError: there is none.
    """
    network = next((network for dummy, ip, network in _own(member) if str(ip) == real_ip), None)
    virtual = service_addresses(service, config)
    held = sorted((address["address"] for address in addresses(config)), key=lambda value: value in virtual)
    found = next((value for value in held if network and ipaddress.ip_address(value) in network), None)
    if found is None:
        raise problem(
            "gateway-missing", label(service),
            "no virtual address is on the segment of %s (%s), so the answers of NAT have no way back"
            % (member.name, network or real_ip),
            "Give a vrrp_instance an address there, or set lvs_real_server_gateway.")
    return found


def _entries(
    service: Data, server: Data, config: Data, member: Member, gateway: Optional[str]
) -> List[Data]:
    kind = forwarding(service)
    if kind is None:
        raise problem("forwarding-missing", label(service), "lb_kind is missing", "Set it to DR, TUN or NAT.")
    found = []
    for virtual in service_addresses(service, config):
        entry = {"ip": virtual, "lb_kind": kind}
        if kind == "NAT":
            real_ip = str(server["ip"])
            entry.update(real_ip=real_ip, protocol=str(service.get("protocol") or "TCP").upper(),
                         gateway=gateway or _gateway(service, real_ip, config, member))
            if server.get("port"):
                entry["port"] = server["port"]
        found.append(entry)
    return found


def preparation(
    config: Data, director: Member, groups: Dict[str, List[Member]], member: Member, directors: Sequence[str],
    gateway: Optional[str] = None
) -> Tuple[Data, List[Finding]]:
    """Return the options of M(openvip.cluster.lvs_real_server) for a host, and what is wrong with the definition.

    :param config: the definition of the cluster, its virtual servers and instances.
    :param director: whose networks say which address of a real server is meant.
    :param groups: as for C(resolve).
    :param member: the host, a real server of none, one or several services.
    :param directors: the names of the hosts that hold the addresses.
    :param gateway: the way back of NAT, derived when it is None.
    """
    resolved, findings = resolve(config, director, groups, reached_only=True)
    wanted: List[Data] = []
    served = _served(member, resolved)
    for service, server, guarded in served:
        conflict = of_director(service, member.name, directors, guarded)
        if conflict:
            findings.append(conflict)
            continue
        try:
            entries = _entries(service, server, config, member, gateway)
            if member.name in directors:
                entries = [dict(entry, **{GUARD: True}) if entry["lb_kind"] != "NAT" else entry for entry in entries]
        except UnderivableError as error:
            findings.append(error.finding)
            continue
        wanted += [entry for entry in entries if entry not in wanted]
    reached = [str(entry.server["ip"]) for entry in served]
    devices = dict.fromkeys(device for device, ip, network in _own(member) if str(ip) in reached)
    return {"virtual_server": wanted, "interface": list(devices)}, findings


def listen(config: Data, director: Member, groups: Dict[str, List[Member]], member: Member) -> List[str]:
    """Return where a host's nginx listens for the TCP services that it is a real server of: C(ADDRESS:PORT).

    DR and TUN deliver packets for the virtual address itself; the checks, and NAT, ask for the host's own.

    :raises UnderivableError: a service's real servers cannot be told, and so this host may be one of them.
    """
    found: List[str] = []
    resolved, findings = resolve(config, director, groups, reached_only=True)
    if findings:
        raise UnderivableError(findings[0])
    for service, server, dummy in _served(member, resolved):
        port = server.get("port") or service.get("port")
        if str(service.get("protocol", "")).upper() != "TCP" or not port:
            continue
        own = [str(server["ip"])]
        for value in own if forwarding(service) == "NAT" else service_addresses(service, config) + own:
            found.append("%s:%s" % ("[%s]" % value if ":" in value else value, port))
    return list(dict.fromkeys(found))
