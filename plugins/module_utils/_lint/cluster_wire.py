# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for what was heard on the segments of a cluster from hosts that are none of its members.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import ipaddress
from typing import Any, Dict, Set

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR

from .cluster import MEMBERS, Cluster, ClusterSaid, Fault, cluster_rule
from .model import addresses


def _complete(cluster: Cluster) -> bool:
    """Whether it is known of every member which addresses and cards are its own: who else is heard is a stranger."""
    return not cluster.absent and all(member.wire is not None and member.facts for member in cluster.members)


def _own(cluster: Cluster) -> Set[Any]:
    own = {ipaddress.ip_interface(value).ip for member in cluster.members
           for values in (member.facts or {"interfaces": {}})["interfaces"].values() for value in values}
    return own | {each.ip for instance in cluster.instances() for block in instance.blocks.values()
                  for each in addresses(block)}


@cluster_rule("cluster-foreign-speaker", ERROR, "Somebody else on the segment advertises the virtual_router_id.",
              "RFC 5798 section 5.2.3", MEMBERS)
def foreign_speaker(cluster: Cluster) -> ClusterSaid:
    """Heard by openvip.cluster.vrrp_listen. One of both obeys the other, or refuses it and both are master. Compared
    are instances that use multicast."""
    own = _own(cluster)
    for instance in cluster.instances() if _complete(cluster) else ():
        by_source: Dict[Any, Dict[str, None]] = {}
        for member in cluster.members:
            block = instance.blocks.get(member.name)
            for each in (member.wire or {}).get("heard", []):
                if block is not None and cluster.multicast_group(member.name, block) \
                        and each["interface"] == block.get("interface") \
                        and each["virtual_router_id"] == block.get("virtual_router_id") \
                        and ipaddress.ip_address(each["source"]) not in own:
                    by_source.setdefault((each["source"], each["virtual_router_id"], each["version"], each["priority"]),
                                         {})[member.name] = None
        for (source, number, version, priority), hosts in by_source.items():
            yield Fault(f"{source}, which is no member, advertises virtual_router_id {number} "
                        f"(version {version}, priority {priority}).",
                        "Use another number, unicast, or another multicast group; or stop keepalived there.",
                        list(hosts), "virtual_router_id", f"vrrp_instance {instance.name}")


@cluster_rule("cluster-foreign-owner", ERROR, "Somebody else on the segment answers for the virtual address.",
              "RFC 5227 section 1.1", MEMBERS)
def foreign_owner(cluster: Cluster) -> ClusterSaid:
    """openvip.cluster.vrrp_listen asks by ARP. Clients would reach one or the other."""
    cards = {card for member in cluster.members for card in (member.wire or {}).get("cards", [])}
    owners: Dict[Any, Dict[str, None]] = {}
    for member in cluster.members if _complete(cluster) else ():
        for each in (member.wire or {}).get("claims", []):
            if each["card"] not in cards:
                owners.setdefault((each["address"], each["card"]), {})[member.name] = None
    for (address, card), hosts in owners.items():
        yield Fault(f"MAC address {card}, which belongs to no member, answers ARP for the virtual address {address}.",
                    "Find that host (ip neighbour, the tables of the switch) and take the address away from it, or use "
                    "another address.", list(hosts), "virtual_ipaddress", f"virtual address {address}")
