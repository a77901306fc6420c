# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for the hosts of a cluster, and for clusters beside each other.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Sequence, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, INFO, WARNING
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import to_address

from .cluster import (
    INVENTORY,
    MEMBERS,
    Cluster,
    ClusterSaid,
    Fault,
    by_value,
    cluster_rule,
    deviating,
    differ,
    known,
    names,
    spread,
)
from .model import OWNER_PRIORITY, addresses, family

# Who has a number or an address: the group and the instance, and the hosts.
Users = Dict[Tuple[str, str], Dict[str, None]]


@cluster_rule("cluster-keepalived-versions-differ", INFO, "The hosts run different versions of keepalived.",
              "run: two hosts (2.2.7 with 2.3.3)", MEMBERS)
def keepalived_versions_differ(cluster: Cluster) -> ClusterSaid:
    """They understand each other. A keyword may mean something else to each of them, so better do not leave it so."""
    found = {member.name: ".".join(map(str, member.version)) for member in cluster.members if member.version}
    if differ(found):
        yield Fault(f"the versions of keepalived differ: {spread(found)}.", "Bring all hosts to the same version.",
                    deviating(found))


@cluster_rule("cluster-clock-differs", WARNING, "The logs of hosts whose clocks differ do not tell what came first.",
              "RFC 5905 section 1", MEMBERS)
def clock_differs(cluster: Cluster) -> ClusterSaid:
    """VRRP does not use clocks. The message has the least difference to the clock of the controller."""
    wrong = {member.name: member.clock.deviation() for member in cluster.members if member.clock}
    wrong = {host: value for host, value in wrong.items() if abs(value) > cluster.clock_tolerance}
    if wrong:
        said = ", ".join(f"{host} is {abs(value):.0f} s {'ahead' if value > 0 else 'behind'}"
                         for host, value in sorted(wrong.items())[:10])
        yield Fault(f"{len(wrong)} of {len(cluster.members)} clocks differ from the controller's: {said}"
                    f"{', ...' if len(wrong) > 10 else ''}.", "Synchronise the clocks, for example with chrony.",
                    list(wrong))


@cluster_rule("cluster-router-id-equal", WARNING,
              "router_id is the same on several hosts: mails do not tell them apart.", "core/global_data.c", MEMBERS)
def router_id_equal(cluster: Cluster) -> ClusterSaid:
    found = {host: str(configuration.globals.get("router_id")) for host, configuration in
             cluster.configurations.items() if configuration.globals.get("router_id")}
    for value, hosts in by_value(found).items():
        if len(hosts) > 1:
            yield Fault(f"router_id is {value} on {names(hosts)}.", "Leave it out: it is the name of the host then.",
                        hosts, "router_id", "global_defs")


@cluster_rule("cluster-address-of-two-hosts", WARNING, "Two hosts have the same address.", "RFC 5227 section 1.1",
              MEMBERS)
def address_of_two_hosts(cluster: Cluster) -> ClusterSaid:
    """Only interfaces of instances are compared: others, such as docker0, may have the same address on each host."""
    holders: Dict[Any, Dict[str, None]] = {}
    for instance in cluster.instances():
        for host, block in instance.blocks.items():
            for value in cluster.interface_addresses(host, block):
                holders.setdefault(value.ip, {})[host] = None
    for address, hosts in holders.items():
        if len(hosts) > 1:
            yield Fault(f"{names(list(hosts))} have the same address {address}.",
                        "Give each host an address of its own.", list(hosts))


@cluster_rule("cluster-address-of-a-host", ERROR, "A virtual address that is a member's own is on two hosts.",
              "RFC 5227 section 1.1", MEMBERS)
def address_of_a_host(cluster: Cluster) -> ClusterSaid:
    """Own addresses are those of ansible_host: what is on an interface may be there because keepalived has set it."""
    everyone = (*cluster.members, *cluster.absent)
    owners = {to_address(member.address): member.name for member in everyone if member.address}
    owners.pop(None, None)
    for instance in cluster.instances():
        for address in {each.ip: None for block in instance.blocks.values() for each in addresses(block)}:
            block = instance.blocks.get(owners.get(address, ""))
            if address in owners and (block is None or block.get("priority") != OWNER_PRIORITY):
                yield Fault(f"the virtual address {address} is the address of {owners[address]} itself.",
                            "Use an address that no host has.", [owners[address]], "virtual_ipaddress",
                            f"vrrp_instance {instance.name}")


@cluster_rule("cluster-real-server-unprepared", ERROR, "Real servers of DR and TUN need the address on lo and no ARP.",
              "ipvsadm(8), ip-sysctl (arp_ignore, arp_announce)", MEMBERS)
def real_server_unprepared(cluster: Cluster) -> ClusterSaid:
    """A real server without the address drops the packets; one that answers ARP for it takes it from the directors."""
    unprepared = {host: steps for host, steps in (cluster.real_servers or {}).items() if steps}
    for host, steps in unprepared.items():
        yield Fault(f"{host} is a real server and not prepared for it. The role openvip.cluster.lvs_real_server would "
                    f"do: {'; '.join(steps)}.", "Run openvip.cluster.lvs, or that role on the host.", [host])


def _routers(cluster: Cluster) -> Iterator[Tuple[Tuple[Any, ...], str, str]]:
    """Yield each virtual router that uses multicast, by number, family, group and network; its instance and a host."""
    for instance in cluster.instances():
        for host, block in known(instance, "virtual_router_id").items():
            group = cluster.multicast_group(host, block)
            if group and block.get("virtual_router_id"):
                for network in cluster.segment(host, block):
                    key = (block.get("virtual_router_id"), family(block) or 4, group, network)
                    yield key, instance.name, host


def _shared(users: Users) -> Iterator[Tuple[Tuple[str, str], List[str], str]]:
    """Yield every user of what several clusters have, its hosts, and the names of the other clusters."""
    for (group, instance), hosts in users.items():
        others = list(dict.fromkeys(other for other, _name in users if other != group))
        if others:
            yield (group, instance), list(hosts), names(others)


@cluster_rule("cluster-foreign-virtual-router", ERROR, "Another cluster on the segment uses the virtual_router_id.",
              "RFC 5798 section 5.2.3", INVENTORY)
def foreign_virtual_router(clusters: Sequence[Cluster]) -> ClusterSaid:
    """One rejects the advertisements of the other, or obeys them. Only clusters that use multicast are compared."""
    seen: Dict[Tuple[Any, ...], Users] = {}
    for cluster in clusters:
        for router, instance, host in _routers(cluster):
            seen.setdefault(router, {}).setdefault((cluster.group, instance), {})[host] = None
    for (number, _family, _multicast, network), users in seen.items():
        for (group, instance), hosts, others in _shared(users):
            yield Fault(f"virtual_router_id {number} is also that of {others} in {network}.",
                        "Use another number, unicast, or another multicast group.", hosts, "virtual_router_id",
                        f"vrrp_instance {instance}", group)


@cluster_rule("cluster-address-reused", ERROR, "Two clusters with the same virtual address hold it at the same time.",
              "RFC 5227 section 1.1", INVENTORY)
def address_reused(clusters: Sequence[Cluster]) -> ClusterSaid:
    seen: Dict[Any, Users] = {}
    for cluster in clusters:
        for instance in cluster.instances():
            for host, block in instance.blocks.items():
                for address in addresses(block):
                    if not address.ip.is_link_local:
                        seen.setdefault(address.ip, {}).setdefault((cluster.group, instance.name), {})[host] = None
    for address, users in seen.items():
        for (group, name), hosts, others in _shared(users):
            yield Fault(f"{address} is also a virtual address of {others}.", "Give each cluster addresses of its own.",
                        hosts, "virtual_ipaddress", f"vrrp_instance {name}", group)
