# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the rules for a whole cluster look at, and the list of those rules. They are not applied yet.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import normalise
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, INFO, WARNING

from .model import Block, Configuration
from .registry import CLUSTER, Rule, declare


class Member(NamedTuple):
    """One host of a cluster: its name, its data, its normalised facts and its version of keepalived."""

    name: str
    data: Dict[str, Any]
    facts: Optional[Dict[str, Any]] = None
    version: Optional[Tuple[int, ...]] = None


class Cluster:
    """The members of a cluster, and what belongs together on them.

    ``configurations``: the Configuration of each member, by its name.
    """

    def __init__(self, members: Sequence[Member]) -> None:
        self.members = tuple(members)
        self.configurations = {
            member.name: Configuration(
                normalise(member.data, member.version)[0], member.data, member.facts, member.version)
            for member in members
        }

    def instances(self) -> Dict[str, Dict[str, Block]]:
        """Return the vrrp_instances by their name, and each by the name of the member."""
        found: Dict[str, Dict[str, Block]] = {}
        for name, configuration in self.configurations.items():
            for block in configuration.blocks("vrrp_instance"):
                found.setdefault(block.name, {})[name] = block
        return found


def _declared(identifier: str, severity: str, summary: str, source: str = "run: two hosts") -> None:
    def nothing() -> None:
        """Take the place of the function of a rule."""

    nothing.__doc__ = ""
    declare(Rule(identifier, severity, summary, source, CLUSTER, (), nothing))


_declared("cluster-auth-pass-differs", ERROR, "Hosts with different passwords are all master.")
_declared("cluster-auth-missing", ERROR, "Hosts with and without authentication are all master.")
_declared("cluster-auth-type-differs", ERROR, "Hosts with different auth_type are all master, without a word.")
_declared("cluster-advert-int-differs", ERROR, "With version 2, hosts with different advert_int are all master.")
_declared("cluster-advert-int-adopted", WARNING, "With version 3, a backup takes over the advert_int of the master.")
_declared("cluster-version-differs", ERROR, "Hosts with different VRRP versions are all master.")
_declared("cluster-virtual-router-id-differs", ERROR, "Hosts with different virtual_router_id are all master.")
_declared("cluster-address-count-differs", ERROR, "A different number of virtual addresses makes all hosts master.")
_declared("cluster-addresses-differ", ERROR, "Hosts with different virtual addresses each hold their own.")
_declared("cluster-prefix-differs", INFO, "The virtual address has another prefix length on each host.")
_declared("cluster-unicast-and-multicast", ERROR, "Hosts that use unicast and multicast do not hear each other.")
_declared("cluster-peer-missing", ERROR, "A host that is no unicast_peer of the others does not hear them.")
_declared("cluster-multicast-group-differs", ERROR, "Hosts in different multicast groups do not hear each other.")
_declared("cluster-priority-equal", WARNING, "With equal priorities the highest IP address decides.",
          "vrrp/vrrp.c:2102")
_declared("cluster-several-masters", INFO, "state MASTER on several hosts has no effect but a message.")
_declared("cluster-master-not-highest", WARNING, "The host with state MASTER has not the highest priority.")
_declared("cluster-several-owners", ERROR, "Two hosts with priority 255: one of them lowers its own.")
_declared("cluster-keepalived-versions-differ", INFO, "The hosts run different versions of keepalived.")
_declared("cluster-weight-too-small", ERROR, "A weight that is smaller than the gap of priorities moves nothing.")
_declared("cluster-weight-with-nopreempt", ERROR, "A lowered priority moves nothing when the other has nopreempt.")
_declared("cluster-nopreempt-on-the-lower", WARNING, "nopreempt on the host of the lower priority has no effect.")
_declared("cluster-foreign-virtual-router", ERROR, "Another cluster on the segment uses the virtual_router_id.")
_declared("cluster-real-server-unprepared", ERROR, "Real servers of DR and TUN need the address on lo and no ARP.",
          "ipvsadm(8)")
_declared("cluster-firewall", ERROR, "A firewall that stops protocol 112 (51 with AH) makes all hosts master.",
          "RFC 5798 section 5.1.1.4")
_declared("cluster-failover-too-slow", WARNING, "The worst case of a failover is longer than was wanted.",
          "RFC 5798 section 6.1")
_declared("cluster-scripts-differ", ERROR, "A host that lacks the check script never fails.", "vrrp/vrrp.c:195")
_declared("cluster-address-of-two-hosts", WARNING, "Two hosts have the same address.")
_declared("cluster-router-id-equal", WARNING, "router_id is the same on several hosts: mails do not tell them apart.",
          "core/global_data.c")
