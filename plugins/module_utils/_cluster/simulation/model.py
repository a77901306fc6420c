# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the configurations of all members to the model of the cluster: virtual routers, what they track, real servers.

Instances of a sync group are one router, because they are in one state. What the model does not know, it says in
C(unknown). Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, List, NamedTuple, Optional, Sequence, Tuple

from ... import _timing
from ..._lint.cluster import Cluster, Instance
from ..._lint.cluster_adverts import authentication
from ..._lint.cluster_election import keeps_waiting
from ..._lint.cluster_peers import AH, VRRP, own_addresses
from ..._lint.cluster_weights import HIGHEST, LOWEST, tracked
from ..._lint.model import OWNER_PRIORITY, Block, Configuration, addresses, family, interval, priority, vrrp_version
from ..maintenance import NAME as MAINTENANCE
from .election import Node, Router

# From this version on a host obeys adverts with other addresses than its own (vrrp/vrrp.c:1174 of 2.3.3).
OBEYS_OTHER_ADDRESSES = (2, 3, 3)
DEFAULT_PRIORITY = 100


class Tracker(NamedTuple):
    """Something that a member tracks: of what, its weight, and how many seconds it takes to notice.

    ``hang``: seconds until it notices a service that hangs, None for never.
    """

    keyword: str
    name: str
    weight: int
    fails: _timing.Range
    recovers: _timing.Range
    hang: Optional[_timing.Range]
    service: Optional[bool]


class Member(NamedTuple):
    """A member of a virtual router: its interfaces, and its priority by what it tracks."""

    host: str
    base: int
    interfaces: FrozenSet[str]
    trackers: Tuple[Tracker, ...]
    dont_track: bool = False

    def priority(self, failed: FrozenSet[Tuple[str, str]]) -> int:
        """Return the effective priority while these (keyword, name) fail; 0 is FAULT (vrrp/vrrp_track.c)."""
        value = self.base
        for tracker in self.trackers:
            fails = (tracker.keyword, tracker.name) in failed
            if fails and not tracker.weight:
                return 0
            # a file counts its number times the weight, and nothing while it has 0
            if tracker.weight < 0 or tracker.keyword == "track_file":
                value += tracker.weight * fails
            else:
                value += tracker.weight * (not fails)
        return self.base if self.base == OWNER_PRIORITY else min(max(value, LOWEST), HIGHEST)


class Virtual(NamedTuple):
    """A virtual router as the model plays it; C(members) and C(router) with the highest priority first."""

    name: str
    addresses: Tuple[str, ...]
    members: Tuple[Member, ...]
    router: Router

    def number(self, host: str) -> Optional[int]:
        """Return the place of a host among the members."""
        return next((number for number, member in enumerate(self.members) if member.host == host), None)


class Service(NamedTuple):
    """A virtual server: the weight of each real server, the quorum, and whether there is a sorry server."""

    name: str
    weights: Dict[str, int]
    quorum: int
    sorry: bool


class Model(NamedTuple):
    """A cluster.

    ``directors``: the hosts that balance what others serve, and have no service of their own that could fail;
    ``unknown``: what the model does not know, as sentences.
    """

    group: str
    hosts: Tuple[str, ...]
    virtuals: Tuple[Virtual, ...]
    services: Tuple[Service, ...]
    directors: FrozenSet[str]
    unknown: Tuple[str, ...]


def build(cluster: Cluster, tracked_service: str = "", answer: Optional[Dict[str, Any]] = None) -> Model:
    """Return the model of a cluster.

    :param tracked_service: the name of what is tracked of the service on each host, as the role names it.
    :param answer: how keepalived-check asks the service, see C(tracking.track), C(None) where it does not.
    """
    unknown: Dict[str, None] = {}
    virtuals = []
    for instances in _together(cluster):
        virtual = _virtual(cluster, instances, tracked_service, unknown)
        virtuals.append(virtual._replace(members=tuple(
            member._replace(trackers=tuple(_asked(tracker, tracked_service, answer) for tracker in member.trackers))
            for member in virtual.members)))
    services: Dict[str, Service] = {}
    for configuration in cluster.configurations.values():
        for block in configuration.blocks("virtual_server"):
            service = _service(block)
            services.setdefault(service.name, service)
        if configuration.root.is_open:
            unknown["An included file is not seen: what it says of instances and scripts is not in the model."] = None
    for member in cluster.absent:
        unknown["The configuration of %s could not be made: it is taken as absent." % member.name] = None
    directors = frozenset(host for host, configuration in cluster.configurations.items()
                          if configuration.blocks("virtual_server") and not tracked_service)
    return Model(cluster.group, tuple(cluster.configurations), tuple(virtuals), tuple(services.values()), directors,
                 tuple(unknown))


def _together(cluster: Cluster) -> List[List[Instance]]:
    """Return the instances, those of one sync group together."""
    found: Dict[Any, List[Instance]] = {}
    for instance in cluster.instances():
        groups = {group.name for host, block in instance.blocks.items()
                  for group in cluster.configurations[host].groups_of(block)}
        key = ("group", min(groups)) if groups else ("instance", instance.name, min(instance.blocks))
        found.setdefault(key, []).append(instance)
    return list(found.values())


def _virtual(cluster: Cluster, instances: List[Instance], service: str, unknown: Dict[str, None]) -> Virtual:
    first = instances[0]
    members = {}
    for host in first.blocks:
        blocks = [each.blocks[host] for each in instances if host in each.blocks]
        members[host] = _member(cluster.configurations[host], host, blocks, service, unknown)
        if len({(priority(each), each.get("advert_int")) for each in blocks}) > 1:
            unknown["The instances of the sync group of %s differ on %s in priority or interval: the first counts."
                    % (first.name, host)] = None
    hosts = sorted(members, key=lambda host: -members[host].priority(frozenset()))
    # Only of equal priorities the address decides, so routers are of one shape where there can be none.
    weighted = any(tracker.weight for member in members.values() for tracker in member.trackers)
    equal = len({members[host].base for host in hosts}) < len(hosts)
    ranks = _ranks(cluster, first, hosts) if weighted or equal else dict.fromkeys(hosts, 0)
    ears = {host: _ear(cluster, first, host) for host in hosts}
    nodes = []
    for host in hosts:
        block, configuration = first.blocks[host], cluster.configurations[host]
        version = vrrp_version(configuration, block)
        adverts = block.get("down_timer_adverts") or configuration.globals.get("vrrp_down_timer_adverts")
        waits = keeps_waiting(block)
        delay = 0.0 if waits or block.get("state") == "MASTER" else float(block.get("preempt_delay") or 0)
        nodes.append(Node(
            members[host].priority(frozenset()),
            frozenset(number for number, other in enumerate(hosts)
                      if host != other and _hears(ears[host], ears[other])),
            ranks[host], version, interval(block, version), int(adverts or _timing.DOWN_TIMER_ADVERTS), waits, delay))
    listed = [str(address.ip) for each in instances for block in list(each.blocks.values())[:1]
              for address in addresses(block)]
    return Virtual(", ".join(each.name for each in instances), tuple(listed),
                   tuple(members[host] for host in hosts), tuple(nodes))


def _ranks(cluster: Cluster, instance: Instance, hosts: Sequence[str]) -> Dict[str, int]:
    """Return the place of each host by its address, which decides between equal priorities."""
    def address(host: str) -> int:
        owned = own_addresses(cluster, host, instance.blocks[host]) or ()
        return min((int(each) for each in owned), default=0)
    ordered = sorted(hosts, key=lambda host: (address(host), -list(hosts).index(host)))
    return {host: number for number, host in enumerate(ordered)}


def _member(configuration: Configuration, host: str, blocks: List[Block], service: str,
            unknown: Dict[str, None]) -> Member:
    base = priority(blocks[0])
    if base is None:
        unknown["The priority of %s on %s stands in raw lines: %d is taken." % (
            blocks[0].name, host, DEFAULT_PRIORITY)] = None
        base = DEFAULT_PRIORITY
    if any(block.is_open or block.has_raw("track_script") for block in blocks):
        unknown["Raw lines of %s on %s may track more than the model knows." % (blocks[0].name, host)] = None
    found: Dict[Tuple[str, str], Tracker] = {}
    for block in blocks:
        for tracking in tracked(configuration, block):
            found.setdefault((tracking.keyword, tracking.name), _tracker(
                configuration, tracking.keyword, tracking.name, tracking.weight, service))
    for tracker in found.values():
        if tracker.service is None and tracker.keyword in ("track_script", "track_process", "track_file"):
            unknown["What %s %s means is not known: the service is played both as noticed by it and as not."
                    % (tracker.keyword, tracker.name)] = None
        elif tracker.keyword == "track_bfd":
            unknown["track_bfd %s is taken as always up." % tracker.name] = None
    return Member(host, base, frozenset(str(block.get("interface") or "") for block in blocks), tuple(found.values()),
                  any(block.has("dont_track_primary") for block in blocks))


def _tracker(configuration: Configuration, keyword: str, name: str, weight: int, service: str) -> Tracker:
    at_once = _timing.Range(0.0, 0.0)
    ours = {"track_file": (service, "%s_answer" % service), "track_process": (service,),
            "track_script": ("check_%s" % service,)}
    if keyword in ("track_interface", "track_bfd") or (keyword, name) == ("track_file", MAINTENANCE):
        return Tracker(keyword, name, weight, at_once, at_once, None, False)
    means = True if service and name in ours[keyword] else None
    if keyword != "track_script":
        return Tracker(keyword, name, weight, at_once, at_once, None, means)
    block = configuration.defined("vrrp_script").get(name)
    every = float(block.get("interval", 1)) if block else 1.0
    fall, rise = ((int(block.get(each, 1)) if block else 1) for each in ("fall", "rise"))
    takes = _timing.run_time(str(block.get("script", "")), float(block.get("timeout", every))) if block else every
    return Tracker(keyword, name, weight, _timing.Range((fall - 1) * every, fall * every),
                   _timing.Range((rise - 1) * every, rise * every),
                   _timing.Range((fall - 1) * every + takes, fall * every + takes), means)


def _asked(tracker: Tracker, service: str, answer: Optional[Dict[str, Any]]) -> Tracker:
    """Return a tracker as what keepalived-check finds out, where it is that: it notices the end of the process at once,
    and the end of the answers after its questions (C(_timing.asked))."""
    if not answer or (tracker.keyword, tracker.name) != ("track_file", "%s_answer" % service):
        return tracker
    every, limit = (float(answer.get(key) or default) for key, default in (("interval", 0.2), ("max_time", 0.14)))
    fall, rise = (int(answer.get(key) or 2) for key in ("fall", "rise"))
    return tracker._replace(recovers=_timing.Range((rise - 1) * every, rise * every),
                            hang=_timing.Range(fall * limit, every + fall * limit))


class _Ear(NamedTuple):
    """What decides about the adverts that a host takes, and about who takes its own.

    ``form``: what two hosts must have in common; ``own``: its addresses, None where they are not known.
    """

    form: Tuple[Any, ...]
    deaf: bool
    addresses: Optional[FrozenSet[Any]]
    listed: FrozenSet[Any]
    wires: FrozenSet[Any]
    own: Optional[FrozenSet[str]]
    peers: FrozenSet[str]


def _ear(cluster: Cluster, instance: Instance, host: str) -> _Ear:
    block, configuration = instance.blocks[host], cluster.configurations[host]
    version, signed = vrrp_version(configuration, block), authentication(configuration, block)
    accepts = next((member.accepts for member in cluster.members if member.name == host), None)
    listed = frozenset(address.ip for address in addresses(block, "virtual_ipaddress"))
    obeys = configuration.at_least(*OBEYS_OTHER_ADDRESSES) or block.has("skip_check_adv_addr")
    own = own_addresses(cluster, host, block)
    return _Ear(
        (block.get("virtual_router_id"), family(block), version, interval(block, 2) if version == 2 else None, signed,
         cluster.multicast_group(host, block)),
        accepts is not None and (AH if signed and signed[0] == "AH" else VRRP) not in accepts,
        None if obeys else listed, listed, frozenset(cluster.segment(host, block)),
        None if own is None else frozenset(map(str, own)),
        frozenset(words[0] for words in block.lines("unicast_peer")))


def _hears(listener: _Ear, speaker: _Ear) -> bool:
    """Say whether a host takes the adverts of another one, as far as the configurations tell."""
    if listener.deaf or listener.form != speaker.form or listener.addresses not in (None, speaker.listed):
        return False
    if not speaker.peers:
        return not (listener.wires and speaker.wires) or bool(listener.wires & speaker.wires)
    return listener.own is None or bool(listener.own & speaker.peers)


def _service(block: Block) -> Service:
    weights = {}
    for server in block.children("real_server"):
        weights[" ".join(str(server.get(key, "")) for key in ("ip", "port") if server.get(key))
                or server.name] = int(server.get("weight", 1))
    name = " ".join(str(block.get(key)) for key in ("ip", "port", "fwmark", "group") if block.get(key)) or block.label
    return Service(name, weights, int(block.get("quorum", 1)), block.has("sorry_server"))
