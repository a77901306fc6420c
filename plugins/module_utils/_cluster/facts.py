# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts of one host in the few words that deriving and checking a cluster need.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
import re


def _interface_addresses(interface):
    """Return the addresses of one interface fact as ``address/prefix``, the primary IPv4 address first."""
    entries = []
    if interface.get("ipv4"):
        entries.append(interface["ipv4"])
    entries.extend(interface.get("ipv4_secondaries") or [])
    entries.extend(interface.get("ipv6") or [])
    found = []
    for entry in entries:
        address = entry.get("address")
        prefix = entry.get("prefix") or entry.get("netmask")
        if address and prefix:
            found.append("%s/%s" % (address, ipaddress.ip_interface("%s/%s" % (address, prefix)).network.prefixlen))
    return found


def from_ansible(ansible_facts):
    """Return the normalised facts of a host.

    :param ansible_facts: the C(ansible_facts) dictionary of a host, without the C(ansible_) prefix.
    :returns: ``{"interfaces": {name: ["address/prefix", ...]}, "default": [address, ...]}``; loopback is left out,
        interfaces without an address are kept with an empty list, and C(default) are the addresses of the default
        routes. C(None) when no facts were gathered.
    """
    if not ansible_facts or "interfaces" not in ansible_facts:
        return None
    interfaces = {}
    for name in ansible_facts["interfaces"]:
        keys = (name, name.replace("-", "_"), re.sub(r"[-.:]", "_", name))
        fact = next((ansible_facts[key] for key in keys if key in ansible_facts), None) or {}
        # The label of an address is listed among the interfaces, but it is no device.
        if "device" not in fact or fact.get("type") == "loopback":
            continue
        interfaces[name] = _interface_addresses(fact)
    default = (ansible_facts.get(family) or {} for family in ("default_ipv4", "default_ipv6"))
    return {"interfaces": interfaces, "default": [fact["address"] for fact in default if fact.get("address")]}


def without_held(host, addresses):
    """Return I(host) without the virtual addresses that it happens to hold now.

    The addresses of the default routes stay: they are the host's own, and a virtual address equal to one of them is an
    error for the checks to find.

    :param host: normalised facts.
    :param addresses: iterable of addresses without prefix.
    """
    held = {ipaddress.ip_address(address) for address in addresses}
    held -= {ipaddress.ip_address(address) for address in host.get("default", ())}
    return dict(host, interfaces={
        name: [value for value in values if ipaddress.ip_interface(value).ip not in held]
        for name, values in host["interfaces"].items()})


def interfaces_holding(host, address):
    """Return the names of the interfaces of I(host) whose subnet holds I(address), in the order of the facts.

    IPv6 link-local subnets are on every interface and therefore say nothing: they are left out.
    """
    wanted = ipaddress.ip_address(address)
    names = []
    for name, values in host["interfaces"].items():
        networks = [ipaddress.ip_interface(value).network for value in values]
        if any(wanted in network for network in networks
               if network.version == wanted.version and not network.is_link_local):
            names.append(name)
    return names


def own_interface_address(host, interface, version):
    """Return the first address of I(interface) of the IP version (4 or 6) as an C(ipaddress) interface, or C(None)."""
    values = (ipaddress.ip_interface(value) for value in (host or {"interfaces": {}})["interfaces"].get(interface, []))
    return next((value for value in values if value.version == version and not value.ip.is_link_local), None)
