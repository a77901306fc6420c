# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for what is tracked: whether its failure can move the address at all, by the arithmetic of priorities.

A negative weight counts while the tracked thing fails, a positive one while it is well (keepalived.conf(5)).

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR

from .cluster import Cluster, ClusterSaid, Fault, Instance, cluster_rule, known, names
from .cluster_election import keeps_waiting
from .cluster_peers import own_addresses
from .model import OWNER_PRIORITY, Block, Configuration, Tracking, priority

# What keepalived keeps an effective priority within (vrrp/vrrp_track.c:558), and a weight.
LOWEST, HIGHEST = 1, 254
LARGEST_WEIGHT = 253
# What is the same on every host, and named alike. Interfaces may have another name on each.
SHARED = ("track_script", "track_file", "track_process")


class Standing(NamedTuple):
    """A host in the election: its priority, what it is while all is well and while all of it fails; its weights."""

    host: str
    base: int
    healthy: int
    failing: int
    weights: Tuple[Tracking, ...]
    keeps_waiting: bool


def _clamped(value: int) -> int:
    return min(max(value, LOWEST), HIGHEST)


def tracked(configuration: Configuration, instance: Block) -> Iterator[Tracking]:
    """Iterate over what moves or faults the instance, that of its sync groups included.

    Weights are left out where keepalived ignores them: in a sync group without sync_group_tracking_weight.
    """
    groups = configuration.groups_of(instance)
    ignored = any(group.lacks("sync_group_tracking_weight") for group in groups)
    for block in [instance, *groups]:
        for tracking in configuration.trackings(block):
            if not (ignored and tracking.weight):
                yield tracking


def _standing(configuration: Configuration, host: str, block: Block) -> Optional[Standing]:
    """Return how a host stands, None where its priority or its weights cannot be known."""
    base = priority(block)
    if base is None or any(block.has_raw(keyword) for keyword in ("track_interface", *SHARED, "track_bfd")):
        return None
    if base == OWNER_PRIORITY:
        return Standing(host, base, base, base, (), False)
    # What a file takes is its weight times a number that only the file knows.
    weights = tuple(each for each in tracked(configuration, block) if each.weight and each.keyword != "track_file")
    healthy = base + sum(each.weight for each in weights if each.weight > 0)
    failing = base + sum(each.weight for each in weights if each.weight < 0)
    return Standing(host, base, _clamped(healthy), _clamped(failing), weights, keeps_waiting(block))


def standings(cluster: Cluster, instance: Instance) -> List[Standing]:
    """Return the hosts of an instance with the highest first, empty unless all of them are known."""
    found = [_standing(cluster.configurations[host], host, block) for host, block in instance.blocks.items()]
    if any(each is None for each in found):
        return []
    return sorted((each for each in found if each), key=lambda each: -each.healthy)


def _lower(order: List[Standing]) -> Iterator[Tuple[Standing, List[Standing]]]:
    """Yield every host with weights, and the first host below it that would and the first that would not take over."""
    first: Dict[bool, Standing] = {}
    following: List[List[Standing]] = []
    # Backwards, so that each step knows all that are below; equal ones are another rule's business.
    for number in range(len(order) - 1, -1, -1):
        following.append(sorted((each for each in first.values() if each.healthy < order[number].healthy),
                                key=lambda each: -each.healthy))
        first[order[number].keeps_waiting] = order[number]
    for standing, below in zip(order, reversed(following)):
        if standing.weights and below:
            yield standing, below


def _described(standing: Standing) -> str:
    return names([f"{each.keyword} {each.name} (weight {each.weight})" for each in standing.weights])


def _needed(standing: Standing, heir: Standing) -> Optional[Tuple[int, int, int]]:
    """Return the weight that moves the address to the heir, and the priorities of both then, None if there is none.

    Of several weights it is the one of all together.
    """
    positive = [each for each in standing.weights if each.weight > 0]
    if not positive:
        weight = -(standing.healthy - heir.healthy + 1)
        found = weight, standing.healthy + weight, heir.healthy
    elif len(standing.weights) > 1:
        return None
    else:
        weight = standing.base - heir.base + 1
        if any(each.name == positive[0].name for each in heir.weights):
            found = weight, standing.base, heir.base + weight
        else:
            found = -weight, standing.base - weight, heir.base
        if standing.base + found[0] > HIGHEST:
            found = -weight, standing.base - weight, heir.base
    return found if abs(found[0]) <= LARGEST_WEIGHT and found[1] >= LOWEST else None


def _enough(standing: Standing, heir: Standing) -> str:
    """Return the remedy with the weight that moves the address from one host to the other, and the sum."""
    needed = _needed(standing, heir)
    if needed is None:
        return "Use weight 0, with which a failure is a FAULT, or priorities that are closer together."
    weight, left, reached = needed
    what = f"weight {weight}" if len(standing.weights) == 1 else f"weights of together {weight}"
    return (f"Use {what} or {'more' if weight > 0 else 'less'} ({left} is below {reached}), or weight 0, with which a "
            "failure is a FAULT.")


@cluster_rule("cluster-weight-too-small", ERROR, "A weight that is smaller than the gap of priorities moves nothing.",
              "run: two hosts, vrrp/vrrp_track.c:558")
def weight_too_small(cluster: Cluster, instance: Instance) -> ClusterSaid:
    """What the host tracks is counted together: two weights of -6 move an address across a gap of 10."""
    faults: Dict[str, Tuple[Standing, Standing]] = {}
    for standing, below in _lower(standings(cluster, instance)):
        heir = next((each for each in below if not each.keeps_waiting), None)
        if heir is not None and standing.failing >= heir.healthy:
            faults[standing.host] = (standing, heir)
    if faults:
        standing, heir = max(faults.values(), key=lambda pair: pair[0].healthy - pair[1].healthy)
        verb = "leaves" if len(standing.weights) == 1 else "together leave"
        also = [host for host in faults if host != standing.host]
        yield Fault(f"{_described(standing)} {verb} {standing.host} at {standing.failing} of {standing.healthy}, not "
                    f"below the {heir.healthy} of {heir.host}: a failure would not move the address"
                    f"{', and likewise on ' + names(also) if also else ''}.",
                    _enough(standing, heir), list(faults), standing.weights[0].keyword)


@cluster_rule("cluster-weight-with-nopreempt", ERROR, "A lowered priority moves nothing when the other has nopreempt.",
              "run: two hosts, RFC 5798 section 6.4.2")
def weight_with_nopreempt(cluster: Cluster, instance: Instance) -> ClusterSaid:
    """A backup with nopreempt takes the adverts of any master, however low its priority is."""
    faults: Dict[str, Tuple[Standing, Standing]] = {}
    for standing, below in _lower(standings(cluster, instance)):
        if all(each.keeps_waiting for each in below):
            faults[standing.host] = (standing, below[0])
    if faults:
        (standing, heir), *dummy = faults.values()
        yield Fault(f"{_described(standing)} on {names(list(faults))} does not move the address: {heir.host} has "
                    "nopreempt and waits as long as there is a master, whatever its priority is.",
                    "Use weight 0, with which a failure is a FAULT, or remove nopreempt.", list(faults),
                    standing.weights[0].keyword)


@cluster_rule("cluster-scripts-differ", ERROR, "A host that does not track what the others track never fails.",
              "vrrp/vrrp.c:195")
def scripts_differ(cluster: Cluster, instance: Instance) -> ClusterSaid:
    """It holds the address while the service behind it is dead."""
    for keyword in SHARED:
        found: Dict[str, Set[str]] = {}
        for host, block in known(instance, keyword).items():
            groups = cluster.configurations[host].groups_of(block)
            found[host] = {words[0] for each in [block, *groups] for words in each.lines(keyword)}
        for name in sorted(set().union(*found.values()) if found else ()):
            lacking = [host for host, tracks in found.items() if name not in tracks]
            if lacking:
                having = [host for host in found if host not in lacking]
                yield Fault(f"{keyword} {name} is on {names(having)} and not on {names(lacking)}, which would keep the "
                            "address when that fails.", f"Track it on {names(lacking)}, too.", lacking, keyword)


@cluster_rule("cluster-bfd-between-members", ERROR,
              "Two members that track each other by BFD with weight 0 are both in FAULT after a crash.",
              "keepalived.conf(5), run: two hosts")
def bfd_between_members(cluster: Cluster, instance: Instance) -> ClusterSaid:
    """Nobody holds the address then. Of unicast peers bfd-with-peer says it, from the data of one host."""
    owners = {str(address): host for host, block in instance.blocks.items()
              for address in own_addresses(cluster, host, block) or ()}
    for host, block in instance.blocks.items():
        configuration = cluster.configurations[host]
        sessions = configuration.defined("bfd_instance")
        peers = {words[0] for words in block.lines("unicast_peer")}
        for tracking in configuration.trackings(block):
            if tracking.keyword != "track_bfd" or tracking.weight or tracking.name not in sessions:
                continue
            neighbor = str(sessions[tracking.name].get("neighbor_ip"))
            if owners.get(neighbor, host) != host and neighbor not in peers:
                yield Fault(f"track_bfd {tracking.name} on {host} is the session with {owners[neighbor]} ({neighbor}), "
                            "without a weight: after a crash nobody would hold the address.",
                            "Track a third host, such as the gateway, or give it a weight.", [host], tracking.keyword)
