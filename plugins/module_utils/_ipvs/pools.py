# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which real servers a virtual server is to have, and which of them are usable now: the sorry server is none of them.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

Data = Dict[str, Any]
Endpoint = Tuple[str, int]


class Pool(NamedTuple):
    """What the file says of a virtual server.

    :ivar weights: the weight of each real server, by address and port.
    :ivar sorry: the address of the sorry server, C(None) where there is none or it is a real server as well.
    """

    weights: Dict[Endpoint, int]
    sorry: Optional[str]


def address(word: Any) -> Optional[str]:
    """Return an address as the kernel writes it; C(None) for what is none, such as a definition."""
    try:
        return str(ipaddress.ip_address(str(word)))
    except ValueError:
        return None


def _entries(config: Data, service: Data) -> Iterator[List[str]]:
    """Iterate over the words of what a virtual server of the file listens on: address and port, or a firewall mark."""
    if service.get("group") is not None:
        for group in config.get("virtual_server_group") or []:
            if group.get("name") == service["group"]:
                yield from (str(line).split() for line in group.get("address") or [])
    elif service.get("fwmark") is not None:
        yield ["fwmark", str(service["fwmark"])]
    else:
        yield [str(service.get("ip")), str(service.get("port") or 0)]


def _covers(word: str, wanted: str) -> bool:
    """Return whether IP, IP-LAST, IP-IP or IP/PREFIX of a virtual_server_group has an address (keepalived.conf(5))."""
    try:
        if "/" in word:
            return ipaddress.ip_address(wanted) in ipaddress.ip_network(word, strict=False)
        begin, dummy, last = word.partition("-")
        first = ipaddress.ip_address(begin)
        base, mask = (16, 0xFFFF) if first.version == 6 else (10, 0xFF)
        whole = "." in last or ":" in last
        end = int(ipaddress.ip_address(last)) if whole else int(first) - (int(first) & mask) + int(last, base) \
            if last else int(first)
        found = ipaddress.ip_address(wanted)
        return found.version == first.version and int(first) <= int(found) <= end
    except ValueError:
        return False


def _is_on(words: List[str], entry: Data) -> bool:
    if words[:1] == ["fwmark"]:
        return entry["fwmark"] is not None and words[1:2] == [str(entry["fwmark"])]
    return (entry["fwmark"] is None and str(entry["port"]) == (words[1] if len(words) > 1 else "0")
            and bool(words) and _covers(words[0], str(entry["ip"])))


def pool(config: Data, entry: Data) -> Optional[Pool]:
    """Return what the file says of a virtual server of the kernel's table; C(None) when it does not say it.

    :param config: the data of keepalived.conf.
    :param entry: the virtual server, as M(openvip.cluster.ipvs_info) returns it.
    """
    for service in config.get("virtual_server") or []:
        protocol = str(service.get("protocol") or "TCP").upper()
        if entry["fwmark"] is None and protocol != entry["protocol"]:
            continue
        if any(_is_on(words, entry) for words in _entries(config, service)):
            weights = {}
            for real in service.get("real_server") or []:
                place = address(real.get("ip"))
                if place is not None:
                    port = real.get("port") or entry["port"] or 0
                    weights[place, int(port)] = int(real.get("weight", service.get("weight", 1)))
            words = str(service.get("sorry_server") or "").split()
            sorry = address(words[0]) if words else None
            return Pool(weights, None if sorry in [place for place, dummy in weights] else sorry)
    return None


def usable(found: Optional[Pool], entry: Data) -> List[Endpoint]:
    """Return the real servers of the kernel's table that get new connections, without the sorry server."""
    return [(real["ip"], real["port"]) for real in entry["real_server"]
            if real["weight"] > 0 and (found is None or real["ip"] != found.sorry)]


def failed(found: Pool, entry: Data) -> List[Endpoint]:
    """Return the real servers that are to have connections by the file, and get none."""
    good = usable(found, entry)
    return [place for place, weight in found.weights.items() if weight > 0 and place not in good]


def is_on_sorry_server(found: Pool, entry: Data) -> bool:
    """Return whether the sorry server answers, because no real server does."""
    return any(real["ip"] == found.sorry and real["weight"] > 0 for real in entry["real_server"])
