# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host is like before a run: its devices, addresses, rules, routes, kernel settings and our files.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
import json
import re
from typing import Any, Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._real_server.settings import (
    MAIN_TABLE,
    PREFERENCE_GATEWAY,
    PREFERENCE_NETWORKS,
    PROTOCOL_NUMBERS,
    Address,
    Link,
    Route,
    Rule,
    virtual_address,
)

# What ip says with -N: numbers of the kernel (linux/rtnetlink.h, linux/in.h).
_MAIN = "254"
_KERNEL = "2"
_PROTOCOLS = {number: name for name, number in PROTOCOL_NUMBERS.items()}


class RememberedError(ValueError):
    """The file of what an earlier run changed cannot be understood; the message says why and what to do."""


class Device(NamedTuple):
    """A network device.

    :ivar networks: the networks of its addresses with more than one address, as C(ipaddress) has them.
    """

    name: str
    up: bool = True
    loopback: bool = False
    addresses: Tuple[Address, ...] = ()
    networks: Tuple[Any, ...] = ()


class Remembered(NamedTuple):
    """What earlier runs changed, so that it can be taken back.

    :ivar sysctl: the values before, by name.
    :ivar addresses: the addresses that were set.
    :ivar links: the devices that were not up.
    :ivar tables: C((IP version, number)) of the tables.
    """

    sysctl: Dict[str, str]
    addresses: Tuple[Address, ...]
    links: Tuple[Link, ...]
    tables: Tuple[Tuple[int, int], ...]

    def text(self) -> str:
        """The text of the file; C(remembered) reads it."""
        return json.dumps({
            "sysctl": self.sysctl,
            "address": [entry._asdict() for entry in self.addresses],
            "link": [entry.device for entry in self.links],
            "table": [list(entry) for entry in self.tables],
        }, indent=2, sort_keys=True) + "\n"

    def joined(self, other: Remembered) -> Remembered:
        """What either of the two has to take back; the values before are those of this one."""
        return Remembered({**other.sysctl, **self.sysctl}, _each(self.addresses, other.addresses),
                          _each(self.links, other.links), _each(self.tables, other.tables))


NOTHING = Remembered({}, (), (), ())


class Found(NamedTuple):
    """The host as it was found.

    :ivar devices: by name.
    :ivar sysctl: the values of the settings that matter, by name.
    :ivar rules: those of our preferences, in our form.
    :ivar other_rules: the rules at our preferences or to our tables that have another form, as text.
    :ivar routes: the default routes of our tables, and of the tables that the services need.
    :ivar default_devices: where the IPv4 default routes leave.
    :ivar loadable: the modules for tunnels and IPVS that the kernel has.
    :ivar kernel: the first two numbers of its version.
    :ivar ipv6_devices: the devices on which IPv6 is on.
    :ivar programs: the paths of the programs that were found, by name.
    :ivar files: the texts of our files that exist, by path.
    :ivar booted: whether systemd runs.
    :ivar enabled: whether our unit is started with the system.
    :ivar active: which of our units are active.
    """

    devices: Dict[str, Device]
    sysctl: Dict[str, str]
    rules: Tuple[Rule, ...]
    other_rules: Tuple[str, ...]
    routes: Tuple[Route, ...]
    default_devices: FrozenSet[str]
    loadable: FrozenSet[str]
    kernel: Tuple[int, ...]
    ipv6_devices: FrozenSet[str]
    programs: Dict[str, str]
    files: Dict[str, str]
    booted: bool
    enabled: bool
    active: FrozenSet[str]
    remembered: Remembered

    def ipv6(self, device: str) -> bool:
        """Whether a device can have IPv6 addresses."""
        return device in self.ipv6_devices

    def facing(self, gateway: str) -> Optional[str]:
        """The device on whose segment a gateway is (the smallest network decides), C(None) when it is on none."""
        address = ipaddress.ip_address(gateway)
        fitting = [(network.prefixlen, device.name) for device in self.devices.values()
                   if device.up and not device.loopback for network in device.networks if address in network]
        return max(fitting)[1] if fitting else None

    def segments(self, family: int) -> List[str]:
        """The networks of this host, for a message."""
        return sorted({str(network) for device in self.devices.values() if device.up and not device.loopback
                       for network in device.networks if network.version == family and not network.is_link_local})


def _each(first: Iterable[Any], second: Iterable[Any]) -> Tuple[Any, ...]:
    return tuple(dict.fromkeys([*first, *second]))


def remembered(text: Optional[str], path: str) -> Remembered:
    """Return what C(Remembered.text) wrote; nothing when there is no file (C(None)).

    :raises RememberedError: the text is not what was written.
    """
    if text is None:
        return NOTHING
    try:
        data = json.loads(text)
        return Remembered(
            {str(name): str(value) for name, value in data["sysctl"].items()},
            tuple(Address(**entry) for entry in data["address"]),
            tuple(Link(device) for device in data["link"]),
            tuple((int(family), int(table)) for family, table in data["table"]))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RememberedError("%s: is damaged (%s). Remove it and run this again. The former values are then read from "
                              "the unit." % (path, error)) from error


def of_unit(text: str) -> Remembered:
    """Return the settings that the unit of an earlier run reverses, for use when the state file is lost.

    :returns: empty for a text that we did not write.
    """
    stops = [line.split()[1:] for line in text.splitlines() if line.startswith("ExecStop=-")]
    try:
        return Remembered(
            dict(words[1].split("=", 1) for words in stops if words[0] == "-w"),
            tuple(virtual_address(words[4], words[2].partition("/")[0]) for words in stops if words[0] == "address"),
            tuple(Link(words[3]) for words in stops if words[0] == "link"),
            tuple((int(words[0][1:]), int(words[words.index("table") + 1])) for words in stops if words[1] == "route"))
    except (IndexError, ValueError):
        return NOTHING


def devices(listed: Iterable[Dict[str, Any]]) -> Dict[str, Device]:
    """Return the devices of C(ip -json address show)."""
    found = {}
    for entry in listed:
        # an empty object stands for what a filter of ip left out
        if "ifname" not in entry:
            continue
        name = entry["ifname"]
        addresses = [address for address in entry.get("addr_info", []) if "local" in address]
        networks = [ipaddress.ip_network("%s/%d" % (address["local"], address["prefixlen"]), strict=False)
                    for address in addresses]
        found[name] = Device(
            name, "UP" in entry["flags"], "LOOPBACK" in entry["flags"],
            tuple(_address(name, address) for address in addresses),
            tuple(network for network in networks if network.num_addresses > 1))
    return found


def _address(device: str, entry: Dict[str, Any]) -> Address:
    if entry["family"] == "inet6":
        return Address(device, entry["local"], entry["prefixlen"], deprecated=bool(entry.get("deprecated")))
    label = entry.get("label", device)
    return Address(device, entry["local"], entry["prefixlen"], entry["scope"], label="" if label == device else label)


def rules(listed: Iterable[Dict[str, Any]]) -> Tuple[List[Rule], List[str]]:
    """Return the rules at our preferences in our form, and those in another form as text.

    :param listed: C(ip -details -json -N rule show) of one IP version.
    """
    ours, others = [], []
    for entry in listed:
        if entry.get("priority") not in (PREFERENCE_NETWORKS, PREFERENCE_GATEWAY):
            continue
        rule = _rule(entry)
        if rule:
            ours.append(rule)
        else:
            others.append(" ".join("%s %s" % item for item in entry.items()))
    return ours, others


def _rule(entry: Dict[str, Any]) -> Optional[Rule]:
    """The rule, C(None) when it has another form than ours."""
    expected = {"priority", "src", "ipproto", "sport", "table", "protocol"}
    if entry["priority"] == PREFERENCE_NETWORKS:
        expected.add("suppress_prefixlen")
    if set(entry) != expected or entry.get("suppress_prefixlen", 0) != 0:
        return None
    number = re.sub("^ipproto-", "", str(entry["ipproto"]))
    table = MAIN_TABLE if str(entry["table"]) == _MAIN else str(entry["table"])
    if number not in _PROTOCOLS or (table == MAIN_TABLE) != (entry["priority"] == PREFERENCE_NETWORKS):
        return None
    return Rule(entry["priority"], entry["src"], _PROTOCOLS[number], entry["sport"], table,
                str(entry["protocol"]) == _KERNEL)


def routes(listed: Iterable[Dict[str, Any]], family: int, table: int) -> List[Route]:
    """Return the default routes of C(ip -json -N route show table) of one IP version and table."""
    return [Route(family, table, entry["gateway"], entry["dev"], str(entry.get("protocol")) == _KERNEL)
            for entry in listed if entry["dst"] == "default" and "gateway" in entry]
