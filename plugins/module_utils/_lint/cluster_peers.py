# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for whom an advert reaches: unicast peers, multicast groups, segments, firewalls.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import ipaddress
from typing import Dict, List, Optional, Set

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, WARNING
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import IP, to_address

from .cluster import (
    MEMBERS,
    Cluster,
    ClusterSaid,
    Fault,
    Instance,
    cluster_rule,
    deviating,
    differ,
    known,
    names,
    spread,
)
from .model import Block, family

# Numbers of IP protocols: VRRP (RFC 5798 section 5.1.1.4) and AH (RFC 4302), which auth_type AH uses.
VRRP, AH = 112, 51


def _unicast(instance: Instance) -> Dict[str, Block]:
    return {host: block for host, block in known(instance, "unicast_peer").items() if block.has("unicast_peer")}


@cluster_rule("cluster-unicast-and-multicast", ERROR,
              "Hosts that use unicast and multicast do not hear each other.", "run: two hosts")
def unicast_and_multicast(_cluster: Cluster, instance: Instance) -> ClusterSaid:
    """Nothing is logged."""
    found = {host: "unicast" if block.has("unicast_peer") else "multicast"
             for host, block in known(instance, "unicast_peer").items()}
    if differ(found):
        lacking = [host for host, value in found.items() if value == "multicast"]
        yield Fault(f"some hosts use unicast and some multicast: {spread(found)}. All of them would be master.",
                    f"Add unicast_peer on {names(lacking)}, or remove it from the others.", lacking, "unicast_peer")


def own_addresses(cluster: Cluster, host: str, block: Block) -> Optional[Set[IP]]:
    """Return the addresses that a member sends its adverts from and gets those of others at, None if unknown."""
    source = to_address(str(block.get("unicast_src_ip", "")))
    if source is not None:
        return {source}
    found = {value.ip for value in cluster.interface_addresses(host, block)}
    return found or None


def _peers(block: Block) -> Set[IP]:
    parsed = (to_address(words[0]) for words in block.lines("unicast_peer"))
    return {address for address in parsed if address is not None}


@cluster_rule("cluster-peer-missing", ERROR, "A host that is no unicast_peer of the others does not hear them.",
              "run: two hosts")
def peer_missing(cluster: Cluster, instance: Instance) -> ClusterSaid:
    """Nothing is logged. Where only the backups lack a peer, nobody notices before the failover."""
    blocks = _unicast(instance)
    owned = {host: own_addresses(cluster, host, block) for host, block in blocks.items()}
    expected = {address: host for host, own in owned.items() for address in own or ()}
    elsewhere = {value.ip: f"{host}'s {device}" for host in blocks
                 for device, value in cluster.configurations[host].host_addresses()}
    everybody = {host for host, own in owned.items() if own}
    for host, block in blocks.items():
        peers = _peers(block)
        reached = {expected[address] for address in peers if address in expected}
        lacking = [other for other in blocks if other in everybody - reached - {host}]
        if not lacking:
            continue
        strange = sorted(str(address) for address in peers if address not in expected)
        instead = "".join(f" {address} is an address of {elsewhere[ipaddress.ip_address(address)]}."
                          for address in strange if ipaddress.ip_address(address) in elsewhere)
        needed = names([str(min(owned[other] or (), key=int)) for other in lacking])
        yield Fault(f"unicast_peer of {host} has no address of {names(lacking)}, which would not hear {host}.{instead}",
                    f"List {needed} in it"
                    f"{' in place of ' + names(strange) if strange else ''}.", [host], "unicast_peer")


@cluster_rule("cluster-peer-unknown", WARNING,
              "An address in unicast_peer that no member has gets adverts for nothing.", "vrrp/vrrp_data.c:970")
def peer_unknown(cluster: Cluster, instance: Instance) -> ClusterSaid:
    """A host that left the cluster, or one that belongs to another."""
    blocks = _unicast(instance)
    owned = {host: own_addresses(cluster, host, block) for host, block in blocks.items()}
    if cluster.absent or len(blocks) != len(cluster.members) or not all(owned.values()):
        return
    everyone: Set[IP] = set()
    everyone.update(*(own for own in owned.values() if own))
    for host, block in blocks.items():
        peers = _peers(block)
        strange = sorted(str(address) for address in peers - everyone)
        if strange and len(peers & everyone - (owned[host] or set())) >= len(blocks) - 1:
            yield Fault(f"unicast_peer of {host} has {names(strange)}, which no member has.",
                        "Remove it, or add that host to the group.", [host], "unicast_peer")


@cluster_rule("cluster-peer-unreachable", ERROR, "A peer without a route to it does not hear the adverts.",
              "RFC 5798 section 6.4.3")
def peer_unreachable(cluster: Cluster, instance: Instance) -> ClusterSaid:
    """Reported for peers that are in no network of the host while the host has no default route of their family."""
    for host, block in _unicast(instance).items():
        configuration = cluster.configurations[host]
        if configuration.interfaces is None or "default" not in configuration.host:
            continue
        networks = [value.network for _device, value in configuration.host_addresses()]
        routed = {ipaddress.ip_address(address).version for address in configuration.host["default"]}
        routed.update(configuration.host.get("routed", ()))
        lost = [address for address in _peers(block) if address.version not in routed
                and not any(address in network for network in networks if network.version == address.version)]
        if lost:
            yield Fault(f"{host} has no route to its unicast_peer {names(sorted(str(address) for address in lost))}.",
                        "Correct the address, or give the host a route to it.", [host], "unicast_peer")


@cluster_rule("cluster-multicast-group-differs", ERROR, "Hosts in different multicast groups do not hear each other.",
              "run: two hosts")
def multicast_group_differs(cluster: Cluster, instance: Instance) -> ClusterSaid:
    """Nothing is logged."""
    found = {host: cluster.multicast_group(host, block) for host, block in known(instance, "mcast_dst_ip").items()}
    groups = {host: group for host, group in found.items() if group}
    if differ(groups):
        yield Fault(f"the multicast group differs: {spread(groups)}. All of them would be master.",
                    "Use the same mcast_dst_ip (or vrrp_mcast_group4, vrrp_mcast_group6) on all hosts, or none.",
                    deviating(groups), "mcast_dst_ip")


@cluster_rule("cluster-segments-differ", ERROR, "Multicast does not leave the segment: hosts on different ones are all "
              "master.", "RFC 5798 section 5.1.1.2")
def segments_differ(cluster: Cluster, instance: Instance) -> ClusterSaid:
    """Compares the networks of the interface on each host. Advertisements have a TTL of 255 and are not routed."""
    networks = {}
    for host, block in known(instance, "interface").items():
        version = family(block) or 4
        own = [value.network for value in cluster.interface_addresses(host, block) if value.version == version]
        if own and cluster.multicast_group(host, block):
            networks[host] = frozenset(own)
    if not differ(networks) or frozenset.intersection(*networks.values()):
        return
    devices = {host: f"{instance.blocks[host].get('interface')} in {' and '.join(sorted(map(str, value)))}"
               for host, value in networks.items()}
    yield Fault(f"the interfaces are in different networks: {spread(devices)}. All hosts would be master.",
                "Set interface to the one that all hosts have in the same network, or use unicast.",
                deviating(networks), "interface")


@cluster_rule("cluster-firewall", ERROR, "A firewall that stops protocol 112 (51 with AH) makes all hosts master.",
              "RFC 5798 section 5.1.1.4", MEMBERS)
def firewall(cluster: Cluster) -> ClusterSaid:
    """The hosts are asked what their firewalls let in."""
    uses_ah = any(each.get("auth_type") == "AH" for instance in cluster.instances()
                  for block in instance.blocks.values() for each in block.children("authentication"))
    needed = [VRRP, AH] if uses_ah else [VRRP]
    closed: Dict[int, List[str]] = {}
    for member in cluster.members:
        for protocol in needed:
            if member.accepts is not None and protocol not in member.accepts:
                closed.setdefault(protocol, []).append(member.name)
    for protocol, hosts in closed.items():
        name = "VRRP" if protocol == VRRP else "AH"
        yield Fault(f"the firewall of {names(hosts)} stops IP protocol {protocol} ({name}), "
                    f"so {'it does' if len(hosts) == 1 else 'they do'} not hear the others.",
                    f"Accept protocol {protocol} from the other members.", hosts)
