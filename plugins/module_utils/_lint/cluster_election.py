# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for who of a cluster becomes master, and stays it.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Dict, Iterator, List

from ansible_collections.openvip.cluster.plugins.module_utils import _timing
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, INFO, WARNING

from .cluster import Cluster, ClusterSaid, Fault, Instance, by_value, cluster_rule, names
from .model import OWNER_PRIORITY, Block, Configuration, priority, vrrp_version


def priorities(instance: Instance) -> Dict[str, int]:
    """Return the priority of each host of which it is known."""
    found = {host: priority(block) for host, block in instance.blocks.items()}
    return {host: value for host, value in found.items() if value is not None}


def keeps_waiting(block: Block) -> bool:
    """Say whether nopreempt is in effect: keepalived drops it with state MASTER and with priority 255."""
    return block.has("nopreempt") and block.get("state") != "MASTER" and priority(block) != OWNER_PRIORITY


@cluster_rule("cluster-priority-equal", WARNING, "With equal priorities the highest IP address decides.",
              "vrrp/vrrp.c:2102, RFC 5798 section 6.4.3")
def priority_equal(_cluster: Cluster, instance: Instance) -> ClusterSaid:
    for value, hosts in by_value(priorities(instance)).items():
        if len(hosts) > 1 and value != OWNER_PRIORITY:
            yield Fault(f"{names(hosts)} have the same priority {value}.", "Give each host a priority of its own.",
                        hosts, "priority")


@cluster_rule("cluster-several-owners", ERROR, "Two hosts with priority 255: one of them lowers its own.",
              "run: two hosts, RFC 5798 section 6.1")
def several_owners(_cluster: Cluster, instance: Instance) -> ClusterSaid:
    """keepalived logs a CONFIGURATION ERROR. 255 is for the host whose own address it is, and only one has it."""
    hosts = [host for host, value in priorities(instance).items() if value == OWNER_PRIORITY]
    if len(hosts) > 1:
        yield Fault(f"{names(hosts)} have priority {OWNER_PRIORITY}, which is for the owner of the address.",
                    "Use 254 or less, a different one on each host.", hosts, "priority")


def _masters(instance: Instance) -> List[str]:
    return [host for host, block in instance.blocks.items() if block.get("state") == "MASTER"]


@cluster_rule("cluster-several-masters", INFO, "state MASTER on several hosts has no effect but a message.",
              "run: two hosts")
def several_masters(_cluster: Cluster, instance: Instance) -> ClusterSaid:
    """The one with the highest priority stays master after three intervals."""
    hosts = _masters(instance)
    if len(hosts) > 1:
        yield Fault(f"{names(hosts)} have state MASTER.",
                    "Set BACKUP on all hosts but the one with the highest priority.", hosts, "state")


@cluster_rule("cluster-master-not-highest", WARNING, "The host with state MASTER has not the highest priority.",
              "run: two hosts")
def master_not_highest(_cluster: Cluster, instance: Instance) -> ClusterSaid:
    """The other takes over as soon as it runs: the address moves at every start."""
    masters, found = _masters(instance), priorities(instance)
    if len(masters) != 1 or masters[0] not in found:
        return
    master = masters[0]
    highest = max(found, key=lambda host: found[host])
    if found[highest] > found[master]:
        yield Fault(f"{master} has state MASTER with priority {found[master]}, and {highest} has {found[highest]}.",
                    f"Set state MASTER on {highest}, or a priority above {found[highest]} on {master}.",
                    [master], "state")


def _useless_below(instance: Instance, waits: Dict[str, bool], keyword: str) -> ClusterSaid:
    """Say that a keyword is missing on the host with the highest priority while others have it."""
    found = priorities(instance)
    if len(found) < 2 or len(found) < len(instance.blocks):
        return
    highest = max(found, key=lambda host: found[host])
    if found[highest] == OWNER_PRIORITY or waits[highest]:
        return
    lower = [host for host in found if waits[host] and found[host] < found[highest]]
    if lower:
        yield Fault(f"{keyword} on {names(lower)} has no effect on {highest}, which has priority {found[highest]} and "
                    "takes the address back at once when it returns.",
                    f"Set {keyword} and state BACKUP on {highest}, too, or remove it.", [highest], keyword)


@cluster_rule("cluster-nopreempt-on-the-lower", WARNING, "nopreempt on the host of the lower priority has no effect.",
              "run: two hosts, RFC 5798 section 6.1 (Preempt_Mode)")
def nopreempt_on_the_lower(_cluster: Cluster, instance: Instance) -> ClusterSaid:
    """It says of a host that it does not take over from a lower one. On the highest alone it is enough."""
    waits = {host: keeps_waiting(block) for host, block in instance.blocks.items()}
    yield from _useless_below(instance, waits, "nopreempt")


@cluster_rule("cluster-preempt-delay-on-the-lower", WARNING,
              "preempt_delay on the host of the lower priority has no effect.", "keepalived.conf(5), preempt_delay")
def preempt_delay_on_the_lower(_cluster: Cluster, instance: Instance) -> ClusterSaid:
    """It says how long a host that returns waits before it takes over from a lower one."""
    waits = {host: bool(block.get("preempt_delay")) or keeps_waiting(block) for host, block in instance.blocks.items()}
    if any(block.get("preempt_delay") for block in instance.blocks.values()):
        yield from _useless_below(instance, waits, "preempt_delay")


def worst_cases(configuration: Configuration, block: Block, waiting: _timing.Timers) -> Iterator[float]:
    """Yield the longest time in seconds of each way in which a host can lose the address to one that waits."""
    yield _timing.crash(waiting).high
    scripts = configuration.defined("vrrp_script")
    for tracking in configuration.trackings(block):
        script = scripts.get(tracking.name) if tracking.keyword == "track_script" else None
        if script is not None and tracking.weight <= 0:
            interval = script.get("interval", 1)
            seconds = _timing.run_time(str(script.get("script", "")), script.get("timeout", interval))
            yield _timing.checked(waiting, interval, script.get("fall", 1), seconds, tracking.weight).high


@cluster_rule("cluster-failover-too-slow", WARNING, "The worst case of a failover is longer than was wanted.",
              "RFC 5798 section 6.1")
def failover_too_slow(cluster: Cluster, instance: Instance) -> ClusterSaid:
    """A silent death costs three intervals and the skew; a hanging check its time-out and fall times its interval."""
    found = {host: value for host, value in priorities(instance).items() if value != OWNER_PRIORITY}
    order = sorted(found, key=lambda host: -found[host])
    if cluster.failover_limit is None or len(instance.blocks) < 2 or not order:
        return
    # Whoever holds the address, the next in the order takes over; the first is next to all others.
    slow: Dict[str, float] = {}
    for host, block in instance.blocks.items():
        heir = next((other for other in order if other != host), None)
        if heir is None:
            continue
        other = instance.blocks[heir]
        try:
            timers = _timing.check(_timing.Timers(
                vrrp_version(cluster.configurations[heir], other), other.get("advert_int", 1), found[heir],
                other.get("down_timer_adverts", _timing.DOWN_TIMER_ADVERTS)))
        except ValueError:
            return  # other rules say what is wrong with the interval
        longest = max(worst_cases(cluster.configurations[host], block, timers))
        if longest > cluster.failover_limit:
            slow[host] = longest
    if slow:
        longest_of = max(slow, key=lambda host: slow[host])
        yield Fault(f"the worst-case failover from {longest_of} takes {slow[longest_of]:.2f} s; "
                    f"the limit is {cluster.failover_limit:g} s.",
                    "Lower advert_int (version 3 allows fractions), or interval, timeout and fall of what is tracked.",
                    sorted(slow), "advert_int")
