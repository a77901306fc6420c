# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The things in the kernel that make a host a real server, and the command that sets or removes each of them.

A command is a tuple of words whose first one names the program: C(ip), C(sysctl) or C(modprobe).

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
from typing import NamedTuple, Tuple, Union

Words = Tuple[str, ...]

LOOPBACK = "lo"
# The kernel module and the device that takes off the outer header of every packet to this host, by IP version
# (net/ipv4/ipip.c, net/ipv6/ip6_tunnel.c: the fallback tunnel, which matches any sender).
TUNNELS = {4: ("ipip", "tunl0"), 6: ("ip6_tunnel", "ip6tnl0")}
TUNNEL_OF_MODULE = dict(TUNNELS.values())
IPVS = "ip_vs"
# Documentation/networking/ipvs-sysctl.rst of the kernel: IPVS leaves every packet alone while its sync daemon is a
# backup. That is what keepalived makes it, unless the instance of lvs_sync_daemon is the master
# (vrrp_state_leave_master of vrrp/vrrp.c). So what another director has sent here is delivered, and not sent on.
BACKUP_ONLY = "net.ipv4.vs.backup_only"

# Between the kernel's own rules, local (0) and main (32766), and clear of what other software takes (ip-rule(8)).
PREFERENCE_NETWORKS = 28000
PREFERENCE_GATEWAY = 28001
FIRST_TABLE = 28000

MAIN_TABLE = "main"

# A packet that has no source yet: the kernel chooses one by the route (udp_sendmsg of net/ipv4/udp.c).
ANY_SOURCE = "0.0.0.0"

# Where sysctl(8) has the settings of IPv4 for a device, and those for every device.
DEVICES = "net.ipv4.conf."
EVERY_DEVICE = DEVICES + "all."

# systemd-networkd removes rules and routes that it did not set, except those whose protocol says that the kernel did
# (manager_drop_routing_policy_rules_internal and link_drop_foreign_routes of systemd's src/network).
KEPT = ("protocol", "kernel")


def version(address: str) -> int:
    """The IP version of an address, 4 or 6."""
    return ipaddress.ip_address(address).version


def ip_command(family: int, *words: str) -> Words:
    """The command ip for one IP version."""
    return ("ip", "-%d" % family, *words)


class KernelModule(NamedTuple):
    """A module of the kernel, loaded when its tunnel device or its setting is there."""

    name: str

    def text(self) -> str:
        return "module %s" % self.name

    def add(self) -> Words:
        return ("modprobe", self.name)


class Sysctl(NamedTuple):
    """A value below /proc/sys.

    :ivar name: as sysctl(8) writes it, a dot in the name of a device as a slash.
    """

    name: str
    value: str

    def text(self) -> str:
        return "%s = %s" % self

    def add(self) -> Words:
        return ("sysctl", "-w", "%s=%s" % self)


def sysctl_name(device: str, key: str) -> str:
    """The name of a setting of IPv4 for a device, for V(all) or for V(default)."""
    return "%s%s.%s" % (DEVICES, device.replace(".", "/"), key)


class Link(NamedTuple):
    """A device that is up."""

    device: str

    def text(self) -> str:
        return "link %s up" % self.device

    def add(self) -> Words:
        return ("ip", "link", "set", "dev", self.device, "up")

    def remove(self) -> Words:
        return ("ip", "link", "set", "dev", self.device, "down")


class Address(NamedTuple):
    """An address on a device.

    :ivar scope: of an IPv4 address; empty for IPv6, whose scope follows from the address.
    :ivar deprecated: whether an IPv6 address is never chosen as the source of a connection (RFC 6724, rule 3).
    :ivar label: of an IPv4 address when it is not the name of the device.
    """

    device: str
    address: str
    prefixlen: int
    scope: str = ""
    deprecated: bool = False
    label: str = ""

    def _words(self) -> Words:
        return ("%s/%d" % (self.address, self.prefixlen), "dev", self.device)

    def _properties(self) -> Words:
        if version(self.address) == 6:
            # Every real server holds the address, so duplicate address detection must not ask for it.
            return ("nodad", *(("preferred_lft", "0") if self.deprecated else ()))
        return ("scope", self.scope, *(("label", self.label) if self.label else ()))

    def text(self) -> str:
        return " ".join(("address", *self._words(), *self._properties()))

    def add(self) -> Words:
        return ("ip", "address", "replace", *self._words(), *self._properties())

    def remove(self) -> Words:
        return ("ip", "address", "del", *self._words())


def virtual_address(device: str, address: str) -> Address:
    """The virtual address as a real server holds it: for itself alone and never the source of its own connections.

    For IPv4 that is the scope host (inet_select_addr of net/ipv4/devinet.c), for IPv6 the end of the preferred time.
    """
    if version(address) == 6:
        return Address(device, address, 128, deprecated=True)
    return Address(device, address, 32, scope="host")


class Route(NamedTuple):
    """The default route of a table.

    :ivar kept: whether the route is marked as C(KEPT).
    """

    family: int
    table: int
    gateway: str
    device: str
    kept: bool = True

    def _words(self) -> Words:
        return ("default", "via", self.gateway, "dev", self.device, "table", str(self.table),
                *(KEPT if self.kept else ()))

    def text(self) -> str:
        return " ".join(("route", *self._words()))

    def add(self) -> Words:
        return ip_command(self.family, "route", "replace", *self._words())

    def remove(self) -> Words:
        return ip_command(self.family, "route", "del", *self._words())


# IANA's numbers: small hosts have no /etc/protocols, without which ip does not know the names.
PROTOCOL_NUMBERS = {"TCP": "6", "UDP": "17", "SCTP": "132"}


class Rule(NamedTuple):
    """A rule for the answers of one service.

    :ivar table: where to look: a number, or main without its default route.
    :ivar kept: whether the rule is marked as C(KEPT).
    """

    preference: int
    source: str
    protocol: str
    port: int
    table: str
    kept: bool = True

    def _words(self) -> Words:
        networks = ("suppress_prefixlength", "0") if self.table == MAIN_TABLE else ()
        return ("preference", str(self.preference), "from", self.source, "ipproto", PROTOCOL_NUMBERS[self.protocol],
                "sport", str(self.port), "lookup", self.table, *networks, *(KEPT if self.kept else ()))

    def text(self) -> str:
        return " ".join(("rule", *self._words()))

    def add(self) -> Words:
        return ip_command(version(self.source), "rule", "add", *self._words())

    def remove(self) -> Words:
        return ip_command(version(self.source), "rule", "del", *self._words())


Setting = Union[KernelModule, Sysctl, Link, Address, Route, Rule]
Removable = Union[Link, Address, Route, Rule]
