# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts of one host in the few words that deriving and checking a cluster need.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
import re

from .._kit.interfaces import DYNAMIC, KEEPALIVED, SECONDARY, TEMPORARY, preferred


def _entries(fact):
    """Return the addresses of one interface fact as C(interfaces) has them, the primary IPv4 address first."""
    listed = [(fact.get("ipv4") or {}, []), *((each, [SECONDARY]) for each in fact.get("ipv4_secondaries") or []),
              *((each, []) for each in fact.get("ipv6") or [])]
    found = []
    for each, marks in listed:
        prefix = each.get("prefix") or each.get("netmask")
        if each.get("address") and prefix:
            value = ipaddress.ip_interface("%s/%s" % (each["address"], prefix))
            found.append({"address": each["address"], "prefix": value.network.prefixlen, "marks": marks})
    return found


def _device(label, devices):
    """Return the interface of a label as Ansible writes it, C(eth0_0) for C(eth0:0), or C(None)."""
    written = re.sub("[-.:]", "_", label)
    owners = [name for name in devices if written.startswith(re.sub("[-.:]", "_", name) + "_")]
    return max(owners, key=len, default=None)


def _facts(inspected, routes, **more):
    """Return the normalised facts of an inspection (see C(interfaces)) and the default routes."""
    known = {name: each for name, each in inspected.items() if not each.get("loopback")}
    entries = {name: preferred(each["addresses"]) for name, each in known.items()}
    return dict(
        more, interfaces={name: ["%s/%s" % (each["address"], each["prefix"]) for each in found]
                          for name, found in entries.items()},
        default=[route["address"] for route in routes], routes=routes,
        down=[name for name, each in known.items() if not each.get("up", True)],
        marks={each["address"]: each["marks"] for found in entries.values() for each in found if each["marks"]})


def from_ansible(ansible_facts):
    """Return the normalised facts of a host.

    :param ansible_facts: the C(ansible_facts) dictionary of a host, without the C(ansible_) prefix.
    :returns: a dictionary, or C(None) when no facts were gathered. C(interfaces) is ``{name: ["address/prefix", ...]}``
        without loopback. An interface without an address has an empty list; the preferred address comes first (see
        C(interfaces.preferred)). C(default) are the addresses of the default routes, C(routes) the same with their
        interfaces, C(down) the names of the interfaces without a link, C(marks) the marks of each address.
    """
    if not ansible_facts or "interfaces" not in ansible_facts:
        return None
    facts = {}
    for name in ansible_facts["interfaces"]:
        keys = (name, name.replace("-", "_"), re.sub(r"[-.:]", "_", name))
        facts[name] = next((ansible_facts[key] for key in keys if key in ansible_facts), None) or {}
    inspected = {name: {"up": fact.get("active", True), "loopback": fact.get("type") == "loopback",
                        "addresses": _entries(fact)} for name, fact in facts.items() if "device" in fact}
    # Ansible lists the label of an address among the interfaces, but a label is not a device.
    for label in facts:
        device = None if label in inspected else _device(label, inspected)
        if device:
            there = {each["address"] for each in inspected[device]["addresses"]}
            inspected[device]["addresses"] += [each for each in _entries(facts[label]) if each["address"] not in there]
    default = (ansible_facts.get(family) or {} for family in ("default_ipv4", "default_ipv6"))
    return _facts(inspected, [{"address": fact["address"], "interface": fact.get("interface")}
                              for fact in default if fact.get("address")])


def from_inspection(network):
    """Return the normalised facts of an inspected host, instead of those that Ansible gathers.

    :param network: the C(network) of M(openvip.cluster.keepalived_info).
    :returns: as C(from_ansible), and: C(promotes) the names of the interfaces whose secondary addresses stay when the
        primary one goes, C(running) whether keepalived runs, C(virtual) the addresses that it knows as virtual ones,
        C(held) those of them that it holds, C(None) when it did not answer.
    """
    return _facts(
        network["interfaces"], network["routes"],
        promotes=[name for name, each in network["interfaces"].items() if each.get("promote_secondaries")],
        running=network["running"], virtual=network["virtual"], held=network["held"])


def without_held(host, addresses):
    """Return I(host) with the addresses that are its own alone, in C(interfaces) and C(default).

    A virtual address is never one of them, because it may move to another host, whatever the present routes are.
    C(stray) has the virtual addresses on the host that its keepalived does not hold: ``{address: {"interface": name,
    "left": whether a killed keepalived has left it behind}}``. It is empty for a host that was not inspected.
    C(routed) are the IP versions (4, 6) of the default routes.

    :param host: normalised facts.
    :param addresses: iterable of the virtual addresses of the definition, without prefix.
    """
    asked = {ipaddress.ip_address(address) for address in addresses}
    virtual = asked.union(map(ipaddress.ip_address, host.get("virtual", ())))
    interfaces = {name: [value for value in values if ipaddress.ip_interface(value).ip not in virtual]
                  for name, values in host["interfaces"].items()}
    routes = host.get("routes") or [{"address": address, "interface": None} for address in host.get("default", ())]
    passing = virtual.union(ipaddress.ip_address(address) for address, marks in host.get("marks", {}).items()
                            if TEMPORARY in marks)
    sources = [_own_source(route, interfaces, passing) for route in routes]
    return dict(host, interfaces=interfaces, stray=_stray(host, asked, interfaces),
                default=[address for address in sources if address],
                routed=sorted({ipaddress.ip_address(route["address"]).version for route in routes}))


def _own_source(route, interfaces, passing):
    """Return the host's own address on the side of a default route, C(None) without one.

    :param passing: addresses that the host has only temporarily.
    """
    address = ipaddress.ip_address(route["address"])
    if address not in passing:
        return route["address"]
    own = own_interface_address({"interfaces": interfaces}, route["interface"], address.version)
    return str(own.ip) if own else None


def _stray(host, asked, interfaces):
    """Return the virtual addresses on a host that its keepalived does not hold, see C(without_held)."""
    if host.get("held") is None:
        return {}
    held, known = (set(map(ipaddress.ip_address, host[key])) for key in ("held", "virtual"))
    found = {}
    for name, values in host["interfaces"].items():
        for address in (ipaddress.ip_interface(value).ip for value in values):
            if address not in asked or address in held:
                continue
            marks = host["marks"].get(str(address), ())
            # An only address, without which the host would lose its network, and a leased one are not keepalived's.
            own = DYNAMIC in marks or own_interface_address({"interfaces": interfaces}, name, address.version) is None
            found[str(address)] = {"interface": name, "left": KEEPALIVED in marks or (
                not host["running"] and address in known and not own)}
    return found


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
