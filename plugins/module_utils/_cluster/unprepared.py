# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real servers that are not reached: they serve what they served before, and cannot be prepared for anything else.

Their checks may succeed all the same, so the directors would send them requests that they do not answer. Every function
here is pure.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
from typing import Any, Dict, FrozenSet, List, NamedTuple, Sequence, Set, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.addresses import addresses
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.remembered import normal
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.services import (
    Data,
    Resolved,
    UnderivableError,
    as_sent,
    forwarding,
    label,
    problem,
    service_addresses,
)
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import Finding


class _Sent(NamedTuple):
    """What a director sends to a real server.

    :ivar virtual: the virtual address.
    :ivar nat: port and protocol that the real server has to answer, and the addresses that may be its way back; empty
        for what is not NAT.
    """

    server: str
    virtual: str
    kind: str
    nat: Tuple[Any, FrozenSet[str]]


def _sent(service: Data, server: Data, config: Data) -> Set[_Sent]:
    kind = forwarding(as_sent(service, server)) or ""
    found = set()
    try:
        every = service_addresses(service, config)
    except UnderivableError:
        # C(resolve) reports it.
        every = []
    for virtual in every:
        version = ipaddress.ip_address(virtual).version
        held = frozenset(each["address"] for each in addresses(config)
                         if ipaddress.ip_address(each["address"]).version == version)
        way = ((str(server.get("port")), str(service.get("protocol") or "TCP").upper()), held)
        found.add(_Sent(normal(server.get("ip")) or "", virtual, kind, way if kind == "NAT" else ((), frozenset())))
    return found


def _is_out(server: Data) -> bool:
    """Whether a real server gets no new connections."""
    return str(server.get("weight")) == "0"


def unprepared(resolved: Sequence[Resolved], away: Sequence[str], config: Data, present: Sequence[Data]
               ) -> List[Finding]:
    """Return what the directors would send to real servers that cannot be prepared for it.

    :param resolved: the virtual servers as they will be.
    :param away: the names of the hosts that were not reached.
    :param config: the configuration that they belong to.
    :param present: the configurations that the directors have.
    """
    former: Set[_Sent] = set()
    out: Dict[str, bool] = {}
    for data in present:
        for service in data.get("virtual_server") or []:
            for server in service.get("real_server") or []:
                former |= _sent(service, server, data)
                address = normal(server.get("ip")) or ""
                # What openvip.cluster.drain has drained stays drained in what is new, too.
                out[address] = out.get(address, True) and _is_out(server)
    found = []
    for entry in resolved:
        for server in entry.service.get("real_server") or []:
            name = entry.hosts.get(str(server.get("ip")))
            if name not in away or _is_out(server) or out.get(normal(server["ip"]) or "") \
                    or _sent(entry.service, server, config) <= former:
                continue
            found.append(problem(
                "real-server-not-reached", label(entry.service),
                "%s (%s) was not reached, so it cannot be prepared for what would be new to it" % (name, server["ip"]),
                "Run this again when it is reached, drain it first with openvip.cluster.drain, or take it out of the "
                "group.").finding)
    return found
