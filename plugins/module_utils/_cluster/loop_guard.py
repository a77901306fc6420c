# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Directors that are real servers of their own services.

With DR and TUN a packet keeps its address. A director that gets one from another director, to serve it, would balance
it again, and maybe send it back. The guard against that is the kernel's C(backup_only): IPVS leaves every packet alone
while its sync daemon is a backup (Documentation/networking/ipvs-sysctl.rst). M(openvip.cluster.lvs_real_server) sets
it; here is what it needs of the definition. Every function is pure.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
from typing import Iterator, List, Optional, Sequence, Set

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.addresses import instance_addresses
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.services import (
    Data,
    Member,
    Resolved,
    as_sent,
    forwarding,
    label,
    problem,
    service_addresses,
)
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lvs import ADDRESS_ON_REAL_SERVERS, ip_of
from ansible_collections.openvip.cluster.plugins.module_utils._lint.model import sync_daemon
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import Finding


def of_director(service: Data, host: str, directors: Sequence[str], guarded: bool) -> Optional[Finding]:
    """Return what is wrong with a real server that is a director of the same address, or None.

    :param service: as its packets are sent to this real server.
    """
    if guarded or host not in directors or forwarding(service) not in ADDRESS_ON_REAL_SERVERS:
        return None
    return problem(
        "real-server-is-director", label(service), "%s is a director of the address and one of its real servers" % host,
        "Take it out of one of the two groups, use lb_kind NAT, or set loop_guard.").finding


def _own(entry: Resolved, directors: Sequence[Member]) -> Iterator[Finding]:
    """Yield what C(of_director) says without a guard of each real server of a service that is a director."""
    addresses = {str(ipaddress.ip_interface(value).ip): member.name for member in directors if member.facts
                 for values in member.facts["interfaces"].values() for value in values}
    names = [member.name for member in directors]
    for server in entry.service.get("real_server") or []:
        host = entry.hosts.get(str(server.get("ip"))) or addresses.get(str(ip_of(server.get("ip"))))
        conflict = of_director(as_sent(entry.service, server), host, names, False) if host else None
        if conflict:
            yield conflict


def _followed(data: Data) -> Optional[str]:
    """Return the name of the vrrp_instance whose state the sync daemon has, None when it has none or is none."""
    daemon = sync_daemon((data.get("global_defs") or {}).get("lvs_sync_daemon"))
    if daemon:
        return daemon.instance
    return next((str(instance["name"]) for instance in data.get("vrrp_instance") or []
                 if instance.get("lvs_sync_daemon_interface")), None)


def _together(name: str, data: Data) -> Set[str]:
    """Return the names of the instances that are always in the state of one of them."""
    groups = [set(group.get("group") or []) for group in data.get("vrrp_sync_group") or []]
    return {name}.union(*(group for group in groups if name in group))


def refusals(data: Data, resolved: Sequence[Resolved], directors: Sequence[Member]) -> List[Finding]:
    """Return what stands against directors as real servers of their own services, and against the guard.

    While the sync daemon is a backup, no service of the host is balanced. So all of them have to be where it is master.

    :param data: the complete configuration of a director.
    :param resolved: its virtual servers.
    :param directors: all members of the cluster.
    """
    own = {number: list(_own(entry, directors)) for number, entry in enumerate(resolved)}
    findings = [finding for number, found in own.items() if not resolved[number].guarded for finding in found]
    guarded = [entry for number, entry in enumerate(resolved) if entry.guarded and own[number]]
    if not guarded or len(directors) < 2:
        return findings
    name = _followed(data)
    if name is None:
        return findings + [problem(
            "loop-guard-without-sync-daemon", label(entry.service), "loop_guard needs an lvs_sync_daemon with the "
            "state of a vrrp_instance, by which the kernel knows which director balances",
            "Set sync_daemon (the role's lvs_director_sync_daemon), or name the vrrp_instance in lvs_sync_daemon of "
            "global_defs.").finding
            for entry in guarded]
    together = _together(name, data)
    for entry in resolved:
        virtual = {str(ip_of(address)) for address in service_addresses(entry.service, data)}
        findings += [problem(
            "loop-guard-elsewhere", label(entry.service), "its address is in vrrp_instance %s, and loop_guard lets a "
            "director balance only while %s is master" % (instance.get("name"), name),
            "Put both into one vrrp_sync_group, or all addresses of services into one vrrp_instance.").finding
            for instance in data.get("vrrp_instance") or [] if str(instance.get("name")) not in together
            and virtual.intersection(held["address"] for held in instance_addresses(instance))]
    return findings
