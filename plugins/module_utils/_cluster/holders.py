# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The holders of virtual addresses: the report of the daemon beside the kernel's addresses. Every function is pure.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
from typing import Any, Dict, Iterator, List, Sequence

from .._lint.model import ADDRESS_BLOCKS, OWNER_PRIORITY

Instance = Dict[str, Any]


def entries(instance: Instance) -> Iterator[Dict[str, Any]]:
    """Iterate over the addresses of an instance as the daemon reports them, see C(state.instances)."""
    for keyword in ADDRESS_BLOCKS:
        yield from instance[keyword]


def bare(entry: Dict[str, Any]) -> Any:
    """Return the address of an entry without its prefix length."""
    return ipaddress.ip_interface(entry["address"]).ip


def known_addresses(instance: Instance) -> List[Any]:
    """Return the addresses of an instance that the daemon reports."""
    return [bare(entry) for entry in entries(instance)]


def place(instances: Sequence[Instance], listed: Sequence[Dict[str, Any]]) -> None:
    """Add C(held_on) to each entry of the instances: the interfaces that have its address.

    Loopback answers no host of the segment, so it counts only where it is the interface of the entry.

    :param listed: the interfaces as C(ip -json address show) lists them.
    """
    for entry in (each for instance in instances for each in entries(instance)):
        address = str(bare(entry))
        entry["held_on"] = [
            interface["ifname"] for interface in listed
            if ("LOOPBACK" not in interface.get("flags", []) or interface["ifname"] == _device(entry))
            and any(each.get("local") == address for each in interface.get("addr_info", []))]


def _device(entry: Dict[str, Any]) -> str:
    """Return the interface of an entry. The daemon reports one on top of another as C(vrrp.51@eth0)."""
    device, _at, _base = (entry["device"] or "").partition("@")
    return str(device)


def holds(instance: Instance, entry: Dict[str, Any]) -> bool:
    """Return whether a host holds an address for an instance: the instance is MASTER, or the kernel has the address.

    The owner of the addresses (priority 255, RFC 5798 section 6.4.1) holds them in any state.
    """
    return instance["state"] == "MASTER" or (bool(entry["held_on"]) and instance["priority"] != OWNER_PRIORITY)


def disagreements(instances: Sequence[Instance]) -> List[str]:
    """Return the addresses on which daemon and kernel of a host do not agree, one sentence each.

    A MASTER must have each address on the interface of its entry. Any other instance must have no address, except the
    owner, and except addresses of which another instance of the host is MASTER.

    :param instances: see C(state.instances) and L(place).
    """
    masters = [instance for instance in instances if instance["state"] == "MASTER"]
    held = {address for instance in masters for address in known_addresses(instance)}
    return [sentence for instance in instances for entry in entries(instance)
            for sentence in _disagreement(instance, entry, held)]


def _disagreement(instance: Instance, entry: Dict[str, Any], held: Any) -> Iterator[str]:
    """Yield the disagreements about an address of an instance.

    :param held: the addresses of which the host is MASTER.
    """
    names, device, address = entry["held_on"], _device(entry), bare(entry)
    if instance["state"] != "MASTER":
        if holds(instance, entry) and address not in held:
            yield f"vrrp_instance {instance['name']} is {instance['state']}, but {address} is on {', '.join(names)}."
    elif not names:
        yield f"vrrp_instance {instance['name']} is MASTER, but {address} is on no interface."
    elif device and device not in names:
        yield (f"vrrp_instance {instance['name']} is MASTER, but {address} is on {', '.join(names)} instead of "
               f"{device}.")
