# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The addresses of hosts that are not reached, by the configurations that the reached members of the cluster have.

Every function here is pure.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
from typing import Any, Dict, Iterable, List, Optional, Sequence

Data = Dict[str, Any]


def real_servers(service: Data, known: Sequence[str], present: Sequence[Data]) -> List[str]:
    """Return the addresses of the real servers that the directors have for a service.

    A virtual_server of theirs counts when it is the same service, or has one of the same real servers: then it is for
    the same group.

    :param known: addresses of real servers of the service.
    :param present: the configurations of the directors.
    """
    found: List[str] = []
    for former in (each for data in present for each in data.get("virtual_server") or []):
        servers = _normal(server.get("ip") for server in former.get("real_server") or [])
        same = all(str(former.get(key)) == str(service.get(key)) for key in ("ip", "port", "fwmark", "group"))
        if same or set(servers).intersection(known):
            found += servers
    return _normal(found)


def peers(name: str, present: Sequence[Data]) -> List[str]:
    """Return the addresses of the peers of a vrrp_instance.

    :param name: of the instance.
    :param present: the configurations of the members.
    """
    lines = (str(line).split() for data in present for instance in data.get("vrrp_instance") or []
             if instance.get("name") == name for line in instance.get("unicast_peer") or [])
    return _normal(words[0] for words in lines if words)


def assigned(hosts: Dict[str, Optional[str]], left: Sequence[str], networks: Sequence[Any], alike: bool = True
             ) -> Dict[str, str]:
    """Return the addresses of hosts by their names, as far as they can be told.

    :param hosts: by name the address by which Ansible would reach the host, C(None) when that is a name.
    :param left: the addresses that no other host has.
    :param networks: of the segments. A host that Ansible would reach on the segment of such an address has no other.
    :param alike: whether it does not matter which of the hosts has which of the addresses.
    """
    found = {name: address for name, address in hosts.items() if address in left}
    segments = [network for network in networks if any(ipaddress.ip_address(address) in network for address in left)]
    names = [name for name, address in hosts.items() if name not in found and not (
        address and any(ipaddress.ip_address(address) in network for network in segments))]
    rest = [address for address in left if address not in found.values()]
    if len(names) == len(rest) and (alike or len(rest) == 1):
        found.update(zip(names, rest))
    return {name: address for name, address in found.items() if address}


def normal(value: Any) -> Optional[str]:
    """Return an address in its usual form, C(None) when it is none."""
    try:
        return str(ipaddress.ip_address(str(value)))
    except ValueError:
        return None


def _normal(values: Iterable[Any]) -> List[str]:
    return list(dict.fromkeys(filter(None, map(normal, values))))
