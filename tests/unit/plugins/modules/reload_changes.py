# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of a live pair of keepalived processes, and what one reload makes of each: measured with make versions."""

from __future__ import annotations

import ipaddress
from typing import Any, NamedTuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render

#: The hosts' own addresses, on eth0 and eth1.
OWN = {f"198.18.{number}.{last}" for number in range(2) for last in ("11", "12")} | {
    str(ipaddress.ip_address(f"fd00:{number}::{last}")) for number in range(2) for last in ("11", "12")}
#: In a subnet of the hosts, and in one in which they have no address.
A100, A101, A102 = (f"198.18.0.{last}/24" for last in (100, 101, 102))
F100, F101, F102 = (f"198.19.0.{last}/24" for last in (100, 101, 102))
S100, S101, S102 = (f"fd00::{last}/64" for last in (100, 101, 102))
T100, T101 = (f"fd00:9::{last}/64" for last in (100, 101))


#: Seconds; long enough for a host that does not get the processor for a while.
ADVERT_INT = 0.5


class Change(NamedTuple):
    """A change of both hosts.

    :ivar before: the data of the file without what is the same for all.
    :ivar lost: the addresses that one reload loses; those of IPv6 for a while, because their instance is given up.
    :ivar reloads: how many keep all addresses; 0 where it is rejected.
    :ivar promoting: whether the kernel promotes secondary addresses.
    """

    before: dict[str, Any]
    after: dict[str, Any]
    lost: tuple[str, ...] = ()
    reloads: int = 1
    promoting: bool = False

    @property
    def held(self) -> list[str]:
        return placed(self.before)

    @property
    def wanted(self) -> list[str]:
        """What the first host has afterwards."""
        return placed(self.after if self.reloads else self.before)


def instance(name: str, number: int, *addresses: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "state": "BACKUP", "interface": "eth0", "virtual_router_id": number, "advert_int": ADVERT_INT,
            "virtual_ipaddress": list(addresses), **more}


def a(*addresses: str, **more: Any) -> dict[str, Any]:
    return instance("A", 51, *addresses, **more)


def b(*addresses: str, **more: Any) -> dict[str, Any]:
    return instance("B", 52, *addresses, **more)


def conf(*instances: dict[str, Any]) -> dict[str, Any]:
    return {"global_defs": {"router_id": "lb", "vrrp_version": 3}, "vrrp_instance": list(instances)}


def texts_of(data: dict[str, Any]) -> list[str]:
    """Return the texts of the file of the first host and of the second one."""
    return [render(dict(data, vrrp_instance=[dict(each, priority=priority) for each in data["vrrp_instance"]]))
            for priority in (200, 100)]


def placed(data: dict[str, Any]) -> list[str]:
    """Return the addresses of a host that is MASTER, C(address/prefix interface) each."""
    found = {}
    for each in data["vrrp_instance"]:
        made = each.get("use_vmac")
        own = (made if isinstance(made, str) else f"vrrp.{each['virtual_router_id']}") if made else each["interface"]
        for line in [*each["virtual_ipaddress"], *each.get("virtual_ipaddress_excluded", [])]:
            address, *words = line.split()
            device = words[words.index("dev") + 1] if "dev" in words else own
            bare, _slash, prefix = address.partition("/")
            whole = prefix or ("128" if ":" in bare else "32")
            found[f"{bare}/{whole} {own if device == each['interface'] else device}"] = None
    return sorted(found)


VMAC = {"use_vmac": True}
PROMOTE = {"promote_secondaries": True}

CHANGES = {
    "nothing": Change(conf(a(A100, A101)), conf(a(A100, A101))),
    "an address more": Change(conf(a(A100)), conf(a(A100, A101))),
    "an address less": Change(conf(a(A100, A101)), conf(a(A100))),
    "to an instance before": Change(conf(a(A100), b(A102, A101)), conf(a(A100, A101), b(A102)), ("198.18.0.101",), 2),
    "to an instance behind": Change(conf(a(A100, A101), b(A102)), conf(a(A100), b(A102, A101))),
    "to an instance before, by another prefix": Change(
        conf(a(A100), b(A102, A101)), conf(a(A100, "198.18.0.101/32"), b(A102))),
    "to an instance before, from another interface": Change(
        conf(a(A100), b(A102, A101 + " dev eth1")), conf(a(A100, A101), b(A102))),
    "virtual_router_ids swapped": Change(
        conf(a(A100), b(A101)), conf(instance("A", 52, A100), instance("B", 51, A101)), ("198.18.0.101",), 0),
    "virtual_router_ids swapped, and an address each that stays": Change(
        conf(a(A100, A102), b(A101, "198.18.0.103/24")),
        conf(instance("A", 52, A100, "198.18.0.103/24"), instance("B", 51, A101, A102)), ("198.18.0.101",), 2),
    "addresses swapped": Change(conf(a(A100, F101), b(A101, F102)), conf(a(A101, F101), b(A100, F102)),
                                ("198.18.0.101",), 2),
    "interfaces swapped": Change(
        conf(a(A100), b("198.18.1.101/24", interface="eth1")),
        conf(a(A100, interface="eth1"), b("198.18.1.101/24"))),
    "renamed": Change(conf(a(A100, A101)), conf(instance("Z", 51, A100, A101))),
    "renamed and the other way round": Change(
        conf(a(A100), b(A101)), conf(instance("Y", 52, A101), instance("Z", 51, A100))),
    "to virtual_ipaddress_excluded": Change(
        conf(a(A100, A101)), conf(a(A100, virtual_ipaddress_excluded=[A101]))),
    "from virtual_ipaddress_excluded": Change(
        conf(a(A100, virtual_ipaddress_excluded=[A101])), conf(a(A100, A101))),
    "another prefix": Change(conf(a(A100, A101)), conf(a(A100, "198.18.0.101/32"))),
    "another prefix of the first of a subnet": Change(
        conf(a(F100, F101, A100)), conf(a("198.19.0.100/25", F101, A100)), ("198.19.0.101",), 2),
    "another scope": Change(conf(a(A100, A101)), conf(a(A100, A101 + " scope link")), ("198.18.0.101",), 0),
    "a label": Change(conf(a(A100, A101)), conf(a(A100, A101 + " label eth0:1"))),
    "a label of the first of a subnet": Change(
        conf(a(F100, F101, A100)), conf(a(F100 + " label eth0:1", F101, A100)), ("198.19.0.101",), 2),
    "another interface": Change(conf(a(A100, A101)), conf(a(A100, A101 + " dev eth1"))),
    "another order": Change(conf(a(F100, F101, F102)), conf(a(F101, F100, F102))),
    "the first of a subnet leaves": Change(
        conf(a(F100, F101, F102)), conf(a(F101, F102)), ("198.19.0.101", "198.19.0.102"), 2),
    "the second of a subnet leaves": Change(conf(a(F100, F101, F102)), conf(a(F100, F102))),
    "the first of a subnet leaves, and the kernel promotes": Change(
        conf(a(F100, F101, F102)), conf(a(F101, F102)), promoting=True),
    "the first of a subnet leaves with promote_secondaries": Change(
        conf(a(F100, F101, F102)), conf(a(F101, F102, **PROMOTE))),
    "the first of the subnet of another instance leaves": Change(
        conf(a(F100), b(F101, F102)), conf(a(A100), b(F101, F102)), ("198.19.0.101", "198.19.0.102"), 0),
    "an instance leaves with the first of a subnet": Change(
        conf(a(F100), b(A100, F101)), conf(b(A100, F101)), ("198.19.0.101",), 2),
    "an instance leaves and its address goes to one behind": Change(conf(a(A100), b(A101)), conf(b(A101, A100))),
    "an instance leaves and its address goes to one before": Change(conf(a(A100), b(A101)), conf(a(A100, A101))),
    "a new instance behind": Change(conf(a(A100, A101)), conf(a(A100), instance("C", 53, A101))),
    "a new instance before": Change(conf(a(A100, A101)), conf(instance("C", 53, A101), a(A100))),
    "an address of two instances leaves one": Change(
        conf(a(A100, A101), b(A101, A102)), conf(a(A100, A101), b(A102)), ("198.18.0.101",), 2),
    "use_vmac": Change(conf(a(A100, A101)), conf(a(A100, A101, **VMAC))),
    "the first of a subnet leaves a VMAC": Change(conf(a(A100, A101, **VMAC)), conf(a(A101, **VMAC))),
    "to a VMAC before": Change(
        conf(a(A100, **VMAC), b(A102, A101, **VMAC)), conf(a(A100, A101, **VMAC), b(A102, **VMAC))),
    "another name of a VMAC": Change(
        conf(a(A100, use_vmac="vm1")), conf(a(A100, use_vmac="vm2")), ("198.18.0.100",), 0),
    "IPv6 to an instance before": Change(conf(a(S100), b(S102, S101)), conf(a(S100, S101), b(S102)), ("fd00::101",), 2),
    "IPv6 to an instance behind": Change(conf(a(S100, S101), b(S102)), conf(a(S100), b(S102, S101)), ("fd00::101",), 2),
    "IPv6 to virtual_ipaddress_excluded": Change(
        conf(a(S100, S101)), conf(a(S100, virtual_ipaddress_excluded=[S101]))),
    "IPv6 excluded to an instance before": Change(
        conf(a(A100), b(A102, virtual_ipaddress_excluded=[S101])),
        conf(a(A100, virtual_ipaddress_excluded=[S101]), b(A102)), ("fd00::101",), 2),
    "IPv6 another prefix": Change(conf(a(S100, S101)), conf(a(S100, "fd00::101/128")), ("fd00::101",), 2),
    "IPv6 the first of a subnet leaves": Change(conf(a(T100, T101)), conf(a(T101))),
    "IPv4 and IPv6 at once": Change(
        conf(a(A100), instance("A6", 51, S100)), conf(a(A100, A101), instance("A6", 51, S100, S101))),
}


def changes(version: tuple[int, ...]) -> dict[str, Change]:
    """Return the changes with what a version makes of them."""
    if version >= (2, 2, 2):
        return CHANGES
    left, renamed = "an instance leaves and its address goes to one before", "another name of a VMAC"
    return {
        **CHANGES,
        # The instance that leaves takes the address along, which the other one has been given before.
        left: CHANGES[left]._replace(lost=("198.18.0.101",), reloads=2),
        # Nothing happens: the interface keeps its name.
        renamed: CHANGES[renamed]._replace(after=CHANGES[renamed].before, lost=(), reloads=1),
    }
