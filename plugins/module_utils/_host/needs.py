# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the complete configuration of a member to what its host has to let in and leave alone.

Every function here is pure.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.addresses import instance_addresses
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.services import Member
from ansible_collections.openvip.cluster.plugins.module_utils._host.allowed import AH, VRRP, Allowed
from ansible_collections.openvip.cluster.plugins.module_utils._lint.model import ADDRESS_BLOCKS, sync_daemon
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import Finding, error

Data = Dict[str, Any]

# The finding that matters only where there is a firewall.
PEER_UNKNOWN = "firewall-peer-unknown"

FAMILIES = {4: "ipv4", 6: "ipv6"}
TRANSPORTS = ("tcp", "udp")
# The sync daemon of IPVS, where lvs_sync_daemon names no other (keepalived.conf(5)).
SYNC_PORT = 8848
# What keepalived sets beside addresses, and networkd takes away as well.
ROUTES = ("virtual_routes", "virtual_rules")
VMACS = ("use_vmac", "use_vmac_addr")
STATIC_ROUTES = ("static_routes", "static_rules")


def _own(member: Member, interface: Optional[str]) -> List[Any]:
    """Return the addresses of an interface of a host as C(ipaddress) interfaces.

    Addresses with a scope behind C(%) are left out. Python accepts any text as a scope, so a text that another host has
    chosen would become a part of the rules of this host.
    """
    values = (member.facts or {"interfaces": {}})["interfaces"].get(interface, [])
    return [ipaddress.ip_interface(value) for value in values if "%" not in value]


def _facing(member: Member, interface: Optional[str], other: Member) -> Optional[str]:
    """Return the interface of another member that is on the segment of an interface of this one."""
    networks = [value.network for value in _own(member, interface) if not value.ip.is_link_local]
    interfaces = (other.facts or {"interfaces": {}})["interfaces"]
    for name in interfaces:
        if any(value.ip in network for value in _own(other, name) for network in networks
               if value.version == network.version):
            return name
    return interface if interface in interfaces else None


def _is_near(member: Member, interface: Optional[str], address: Optional[str]) -> bool:
    """Whether an address is on the segment of an interface of a member."""
    return address is not None and any(ipaddress.ip_address(address) in value.network
                                       for value in _own(member, interface))


def _peers(
    name: str, version: int, interface: Optional[str], member: Member, members: Sequence[Member]
) -> Tuple[List[str], List[Finding]]:
    """Return the addresses from which the other members send multicast on the segment of an interface.

    That of IPv6 comes from the link-local address (RFC 5798 section 5.1.2.2). keepalived takes the first IPv4 address
    of its interface, or mcast_src_ip; any of them may be that.
    """
    sources: List[str] = []
    findings = []
    for other in members:
        if other is member:
            continue
        found = [str(value.ip) for value in _own(other, _facing(member, interface, other))
                 if value.version == version and (version == 4 or value.ip.is_link_local)]
        if version == 4 and other.facts is None and _is_near(member, interface, other.host):
            found = [str(other.host)]
        sources += found
        if not found:
            findings.append(error(
                PEER_UNKNOWN, name,
                "no IPv%d%s address of %s is known on the segment of %s's %s"
                % (version, " link-local" if version == 6 else "", other.name, member.name, interface),
                "Gather the facts of %s first (run without --limit), or set keepalived_firewall: none." % other.name))
    return sources, findings


def _vrrp(data: Data, member: Member, members: Sequence[Member]) -> Tuple[List[Allowed], List[Finding]]:
    allowed, findings = [], []
    for instance in data.get("vrrp_instance") or []:
        name = "vrrp_instance %s" % instance.get("name")
        protocol = AH if (instance.get("authentication") or {}).get("auth_type") == "AH" else VRRP
        virtual = instance_addresses(instance)
        if instance.get("unicast_peer"):
            sources = [str(ipaddress.ip_address(str(line).split()[0])) for line in instance["unicast_peer"]]
        elif virtual:
            version = ipaddress.ip_address(virtual[0]["address"]).version
            sources, found = _peers(name, version, instance.get("interface"), member, members)
            findings += found
        else:
            sources = []
        allowed += [Allowed(FAMILIES[ipaddress.ip_address(source).version], source, protocol) for source in sources]
    return allowed, findings


def _sync(data: Data, member: Member, members: Sequence[Member]) -> Tuple[List[Allowed], List[Finding]]:
    """Return what the sync daemon of C(lvs_sync_daemon) needs."""
    daemon = sync_daemon((data.get("global_defs") or {}).get("lvs_sync_daemon"))
    if daemon is None:
        return [], []
    version = ipaddress.ip_address(daemon.options.get("group", "224.0.0.81")).version
    sources, findings = _peers("lvs_sync_daemon", version, daemon.interface, member, members)
    port = int(daemon.options.get("port", SYNC_PORT))
    return [Allowed(FAMILIES[version], source, "udp", port) for source in sources], findings


def _ports(ports: Sequence[str]) -> Tuple[List[Allowed], List[Finding]]:
    """Return what lets everybody reach ports, each C(NUMBER/PROTOCOL)."""
    allowed, findings = [], []
    for text in ports:
        match = re.match(r"([0-9]{1,5})/([a-z]+)$", text)
        name = "keepalived_firewall_ports %s" % text
        if not match or not 1 <= int(match.group(1)) <= 65535:
            findings.append(error("port-invalid", name, "it is no port and protocol",
                                  "Write a number of 1 to 65535, a slash and a protocol, such as 80/tcp."))
        elif match.group(2) not in TRANSPORTS:
            nearest = difflib.get_close_matches(match.group(2), TRANSPORTS, 1, 0) or [TRANSPORTS[0]]
            findings.append(error("port-invalid", name, 'there is no protocol "%s" to let in' % match.group(2),
                                  "Use %s (there are: %s)." % (nearest[0], ", ".join(TRANSPORTS))))
        else:
            allowed += [Allowed(family, None, match.group(2), int(match.group(1))) for family in FAMILIES.values()]
    return allowed, findings


def _has_vmac(instance: Data) -> bool:
    """Whether the instance, or one of its addresses, is of IPv4 and on an interface of its own."""
    virtual = instance_addresses(instance)
    if not virtual or ":" in virtual[0]["address"]:
        return False
    lines = [line for section in ADDRESS_BLOCKS for line in instance.get(section) or []]
    return any(instance.get(key) not in (None, False) for key in VMACS) or any(
        VMACS[0] in str(line).split() for line in lines)


def _devices(data: Data) -> Iterator[str]:
    for instance in data.get("vrrp_instance") or []:
        if instance.get("interface"):
            yield str(instance["interface"])
        for address in instance_addresses(instance):
            if address["device"]:
                yield str(address["device"])


def needs(
    data: Data, host: str, members: Sequence[Member], ports: Sequence[str] = ()
) -> Tuple[Data, List[Finding]]:
    """Return what the host of a member needs, and what could not be derived.

    :param data: the complete configuration of the member, see C(derive).
    :param host: the member's name.
    :param members: all members with their facts, I(host) among them.
    :param ports: of the service, such as C(80/tcp), for everybody.
    :returns: C({"allow": [fields of Allowed], "interface": [devices with virtual addresses], "routes": whether
        keepalived sets routes or rules, "vmac": whether IPv4 instances have an interface of their own}).
    """
    member = next(each for each in members if each.name == host)
    parts = [_vrrp(data, member, members), _sync(data, member, members), _ports(ports)]
    allowed = sorted({each for part, dummy in parts for each in part},
                     key=lambda each: (each.family, each.protocol, each.port or 0, each.source or ""))
    instances = data.get("vrrp_instance") or []
    return {
        "allow": [each._asdict() for each in allowed],
        "interface": sorted(set(_devices(data))),
        "routes": any(instance.get(key) for instance in instances for key in ROUTES)
        or any(data.get(key) for key in STATIC_ROUTES),
        "vmac": any(_has_vmac(instance) for instance in instances),
    }, [finding for dummy, part in parts for finding in part]
