# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the rules for whole clusters look at, how a function becomes such a rule, and what applies them.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import ipaddress
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Tuple,
    TypeVar,
    Union,
)

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import Finding

from .model import Block, Configuration, addresses, configuration_in_force, family
from .registry import CLUSTER, RULES, Rule, declare

# What a rule of the kind CLUSTER looks at, in place of the sections of the others.
INSTANCE = "vrrp_instance"  # one virtual router on all members: check(cluster, instance)
MEMBERS = "members"  # the members of one cluster: check(cluster)
INVENTORY = "inventory"  # all clusters: check(clusters)

# So many names of hosts are in a message; the finding has them all.
NAMED_HOSTS = 5
# keepalived.conf(5), vrrp_mcast_group4 and vrrp_mcast_group6
MULTICAST_GROUPS = {4: "224.0.0.18", 6: "ff02::12"}

Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]
Value = TypeVar("Value")


class Clock(NamedTuple):
    """The clock of a host, and that of the controller before and after it was read; all in seconds since 1970."""

    at: float
    asked: float
    answered: float

    def deviation(self) -> float:
        """Return by how many seconds the clock is certainly wrong, negative when it is slow."""
        return max(self.at - self.answered, 0.0) or min(self.at - self.asked, 0.0)


class Member(NamedTuple):
    """One host of a cluster.

    ``data``: its complete data; ``facts``: normalised, None when they were not gathered; ``version``: of its
    keepalived, such as (2, 2, 7); ``address``: where the inventory reaches it (ansible_host); ``clock``; ``accepts``:
    the numbers of the IP protocols that its firewall lets in; ``wire``: what it hears, as vrrp_listen returns it. None
    is what nobody has looked at.
    """

    name: str
    data: Dict[str, Any]
    facts: Optional[Dict[str, Any]] = None
    version: Optional[Tuple[int, ...]] = None
    address: Optional[str] = None
    clock: Optional[Clock] = None
    accepts: Optional[Sequence[int]] = None
    wire: Optional[Dict[str, Any]] = None


class Fault(NamedTuple):
    """What is wrong and the remedy, both sentences; the members and the keyword that it is about.

    ``group`` names the cluster where a rule for all of them says it, ``object`` what it is about in there.
    """

    message: str
    remedy: str
    hosts: Sequence[str]
    keyword: str = ""
    object: str = ""
    group: str = ""


ClusterSaid = Iterator[Fault]


class Instance(NamedTuple):
    """One virtual router: its name and its block on every member that has it."""

    name: str
    blocks: Dict[str, Block]


class Cluster:
    """The members of a cluster, and what belongs together on them.

    ``group``: its name; ``configurations``: the Configuration of each member, by its name.
    ``absent``: the members whose data could not be made.
    ``real_servers``: by the name of a real server what has to be done to prepare it, None when nobody has looked.
    ``clock_tolerance``: seconds; ``failover_limit``: seconds that a failover may take, None for any.
    """

    def __init__(
        self, members: Sequence[Member], group: str = "the cluster", absent: Sequence[Member] = (),
        real_servers: Optional[Dict[str, Sequence[str]]] = None, clock_tolerance: float = 2.0,
        failover_limit: Optional[float] = None,
    ) -> None:
        self.members = tuple(members)
        self.group = group
        self.absent = tuple(absent)
        self.real_servers = real_servers
        self.clock_tolerance = clock_tolerance
        self.failover_limit = failover_limit
        self.configurations = {
            member.name: configuration_in_force(member.data, member.facts, member.version) for member in members
        }
        self._instances = _grouped(self.configurations)

    def instances(self) -> List[Instance]:
        """Return the virtual routers: blocks of one name, or, where a member has none of it, of one number."""
        return self._instances

    def segment(self, host: str, block: Block) -> Set[Network]:
        """Return the networks of the instance's interface on a host, of the family of the instance.

        Where the facts do not tell them, those of its virtual addresses; empty when nothing is known.
        """
        version = family(block) or 4
        own = [value for value in self.interface_addresses(host, block) if value.version == version]
        if own:
            return {value.network for value in own}
        written = [address for address in addresses(block, "virtual_ipaddress")
                   if address.prefix is not None and address.prefix < address.ip.max_prefixlen]
        return {ipaddress.ip_network(f"{address.ip}/{address.prefix}", strict=False) for address in written
                if address.ip.version == version and not address.ip.is_link_local}

    def interface_addresses(self, host: str, block: Block) -> List[Any]:
        """Return the addresses of the instance's interface on a host, without those that are link-local."""
        interfaces = self.configurations[host].interfaces or {}
        return [value for value in interfaces.get(block.get("interface", ""), []) if not value.ip.is_link_local]

    def multicast_group(self, host: str, block: Block) -> str:
        """Return the multicast group of an instance, "" when it uses unicast."""
        return multicast_group(self.configurations[host], block)


def multicast_group(configuration: Configuration, block: Block) -> str:
    """Return the multicast group of an instance, "" when it uses unicast."""
    if block.has("unicast_peer"):
        return ""
    version = family(block) or 4
    given = block.get("mcast_dst_ip") or configuration.globals.get(f"vrrp_mcast_group{version}")
    return str(ipaddress.ip_address(given or MULTICAST_GROUPS[version]))


def _grouped(configurations: Dict[str, Configuration]) -> List[Instance]:
    found: Dict[str, Dict[str, Block]] = {}
    for host, configuration in configurations.items():
        for block in configuration.blocks("vrrp_instance"):
            found.setdefault(block.name, {})[host] = block
    instances = [Instance(name, blocks) for name, blocks in found.items() if len(blocks) == len(configurations)]
    # The name is for people: the daemons know each other by the number.
    numbered: Dict[Tuple[Any, Any], Instance] = {}
    for name, blocks in found.items():
        if len(blocks) == len(configurations):
            continue
        for host, block in blocks.items():
            key = (block.get("virtual_router_id"), family(block))
            numbered.setdefault(key, Instance(name, {})).blocks[host] = block
    return instances + list(numbered.values())


def cluster_rule(identifier: str, severity: str, summary: str, source: str, looks_at: str = INSTANCE) -> Any:
    """Register the decorated function as a rule on clusters; summary and source as for rule().

    ``looks_at``: INSTANCE, MEMBERS or INVENTORY, which say what the function takes; it yields a Fault for each fault.
    """

    def register(check: Callable[..., ClusterSaid]) -> Callable[..., ClusterSaid]:
        declare(Rule(identifier, severity, summary, source, CLUSTER, (looks_at,), check))
        return check

    return register


def lint_clusters(clusters: Sequence[Cluster], judged: Optional[Iterable[str]] = None) -> List[Finding]:
    """Return what is wrong with clusters, in the order of the rules.

    ``judged``: the groups that findings are wanted of, None for all; the others are there to be held against them.
    Every rule is linear in the number of members. What is not known of a host is not held against it.
    """
    wanted = {cluster.group for cluster in clusters} if judged is None else set(judged)
    chosen = [cluster for cluster in clusters if cluster.group in wanted]
    findings: List[Finding] = []
    for rule in (rule for rule in RULES.values() if rule.about == CLUSTER):
        if INVENTORY in rule.sections:
            findings.extend(_finding(rule, fault, fault.group, fault.object) for fault in rule.check(clusters)
                            if fault.group in wanted)
        for cluster in chosen:
            if MEMBERS in rule.sections:
                findings.extend(_finding(rule, fault, cluster.group, fault.object) for fault in rule.check(cluster))
            elif INSTANCE in rule.sections:
                findings.extend(
                    _finding(rule, fault, cluster.group, f"vrrp_instance {instance.name}")
                    for instance in cluster.instances() for fault in rule.check(cluster, instance))
    return findings


def _finding(rule: Rule, fault: Fault, group: str, what: str) -> Finding:
    return Finding(rule.id, rule.severity, f"{what} of {group}" if what else group, fault.message, fault.remedy,
                   keyword=fault.keyword or None, hosts=sorted(fault.hosts))


def names(hosts: Sequence[str]) -> str:
    """Return the names of hosts as a part of a sentence; of many the first ones and how many others there are."""
    if len(hosts) > NAMED_HOSTS + 1:
        return f"{', '.join(hosts[:NAMED_HOSTS])} and {len(hosts) - NAMED_HOSTS} others"
    return " and ".join([", ".join(hosts[:-1]), hosts[-1]] if len(hosts) > 1 else hosts)


def by_value(values: Dict[str, Value]) -> Dict[Value, List[str]]:
    """Return the hosts of each value, the value of most hosts first."""
    found: Dict[Value, List[str]] = {}
    for host, value in values.items():
        found.setdefault(value, []).append(host)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def spread(values: Dict[str, Any], sign: str = "") -> str:
    """Return which hosts have which value: ``51 on lb1 and lb2, 52 on lb3``."""
    return ", ".join(f"{sign}{value} on {names(hosts)}" for value, hosts in by_value(values).items())


def deviating(values: Dict[str, Any]) -> List[str]:
    """Return the hosts that are not of the most frequent value; all of them where no value has the majority."""
    found = list(by_value(values).values())
    if len(found[0]) * 2 <= len(values):
        return list(values)
    return [host for hosts in found[1:] for host in hosts]


def differ(values: Dict[str, Any]) -> bool:
    """Say whether there are two values among those that are known."""
    return len(set(values.values())) > 1


def known(instance: Instance, keyword: str) -> Dict[str, Block]:
    """Return the blocks of an instance in which no raw line can hold the keyword."""
    return {host: block for host, block in instance.blocks.items() if not block.has_raw(keyword)}
