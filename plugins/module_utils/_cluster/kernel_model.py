# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the kernel answers requests to add and remove addresses (Linux, net/ipv4/devinet.c and net/ipv6/addrconf.c).

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple

from .._lint.model import parse_address

#: Scopes by their numbers (rtnetlink(7)); keepalived and ip accept and print either form.
SCOPES = {"0": "global", "200": "site", "253": "link", "254": "host", "255": "nowhere"}


class Address(NamedTuple):
    """An address of keepalived.

    :ivar device: the interface that it is on.
    :ivar base: the interface below I(device) if keepalived has made that, else the same.
    :ivar scope: empty for IPv6, where it cannot be chosen.
    :ivar is_tracked: whether the instance leaves MASTER when the address is removed.
    :ivar is_set: whether keepalived considers it as set.
    :ivar is_made: whether keepalived has chosen the name of the interface.
    """

    ip: Any
    prefix: int
    device: str
    base: str
    scope: str
    label: str
    is_tracked: bool
    is_set: bool = False
    is_made: bool = False

    @classmethod
    def of(cls, words: Sequence[str], interface: str) -> Optional[Address]:
        """Return the address of a line of a configuration, C(None) where it begins with none.

        :param interface: the interface of its instance.
        """
        parsed = parse_address(words)
        if parsed is None:
            return None
        options = dict(zip(words[1:], words[2:]))
        scope = options.get("scope", "global")
        device = parsed.device or interface
        is_v4 = parsed.ip.version == 4
        return cls(parsed.ip, parsed.ip.max_prefixlen if parsed.prefix is None else parsed.prefix, device, device,
                   SCOPES.get(scope, scope) if is_v4 else "", (parsed.label or "") if is_v4 else "",
                   "no_track" not in words[1:])

    @classmethod
    def reported(cls, entry: Dict[str, Any], interface: str) -> Address:
        """Return the address of an entry of C(state.instances); its device may be written C(vrrp.51@eth0)."""
        device, dummy, base = (entry["device"] or interface).partition("@")
        line = [entry["address"], *(["scope", entry["scope"]] if entry.get("scope") else []),
                *(["label", entry["label"]] if entry.get("label") else [])]
        address = cls.of(line, device)
        if address is None:
            raise ValueError(f"keepalived reports no address that can be read: {entry}")
        return address._replace(base=base or device, is_set=entry["set"], is_made=bool(base),
                                is_tracked=not entry.get("no_track", False))

    def same(self, other: Address) -> bool:
        """Return whether keepalived considers the two as equal (vrrp/vrrp_ipaddress.c, compare_ipaddress)."""
        return (self.ip, self.prefix, self.base, self.scope, self.label) == (
            other.ip, other.prefix, other.base, other.scope, other.label)


class Held(NamedTuple):
    """An address on an interface. The first address of an IPv4 subnet is the primary one."""

    ip: Any
    prefix: int
    scope: str

    @property
    def subnet(self) -> Any:
        return ipaddress.ip_network("%s/%d" % (self.ip, self.prefix), strict=False)


class Why(NamedTuple):
    """Why an address is missing, and the remedy; no remedy where the address has to be left out for one reload."""

    reason: str
    remedy: str = ""


class Kernel:
    """The addresses of a host by interface, and their changes since the last call of C(forget).

    :ivar promoting: the interfaces on which a secondary address becomes primary when the primary one is removed.
    """

    def __init__(self, held: Dict[str, List[Held]], promoting: Iterable[str]) -> None:
        self.held = held
        self.promoting: Set[str] = set(promoting)
        self._why: Dict[Tuple[Any, str], Why] = {}

    @classmethod
    def of(cls, listed: Sequence[Dict[str, Any]], promoting: Iterable[str]) -> Kernel:
        """Return the model for a list of C(ip -json address show), which has the primary addresses first."""
        return cls({interface["ifname"]: [
            Held(ipaddress.ip_address(entry["local"]), entry["prefixlen"],
                 SCOPES.get(str(entry["scope"]), entry["scope"]))
            for entry in interface.get("addr_info", []) if "local" in entry]
            for interface in listed if "ifname" in interface}, promoting)

    def copy(self) -> Kernel:
        return Kernel({device: list(held) for device, held in self.held.items()}, self.promoting)

    def forget(self) -> None:
        """Forget the changes; the addresses stay."""
        self._why.clear()

    def set(self, address: Address) -> Address:
        """Add an address that keepalived does not consider as set yet, and return its new state."""
        if address.is_set:
            return address
        return address._replace(is_set=self._add(address))

    def _add(self, address: Address) -> bool:
        """Add an address; return whether keepalived considers it as set, also where it exists already (EEXIST)."""
        held = self.held.setdefault(address.device, [])
        new = Held(address.ip, address.prefix, address.scope)
        if address.ip.version == 6:
            if all(each.ip != new.ip for each in held):
                held.append(new)
            return True
        for each in held:
            if each.ip.version == 4 and each.subnet == new.subnet:
                if each.ip == new.ip:
                    return True
                if each.scope != new.scope:
                    self._why[new.ip, address.device] = Why(
                        "The kernel rejects an address of scope %s in the subnet of %s, which has scope %s."
                        % (new.scope, each.ip, each.scope), "Give all addresses of a subnet the same scope.")
                    return False
        held.append(new)
        return True

    def remove(self, address: Address, owner: str) -> None:
        """Remove an address that is no longer one of the instance I(owner)."""
        held = self.held.get(address.device, [])
        old = next((each for each in held if (each.ip, each.prefix) == (address.ip, address.prefix)), None)
        if old is None:
            return
        is_primary = old.ip.version == 4 and next(each for each in held if _in_subnet(each, old)) is old
        held.remove(old)
        self._why[old.ip, address.device] = Why(
            "keepalived removes it from %s, but still considers it as set." % owner)
        if is_primary and address.device not in self.promoting:
            for each in [each for each in held if _in_subnet(each, old)]:
                held.remove(each)
                self._why[each.ip, address.device] = Why(
                    "The kernel removes it with %s, the first address of its subnet on the interface." % old.ip,
                    "Set promote_secondaries in an instance on the interface %s." % address.base)

    def lacks(self, address: Address) -> Optional[Why]:
        """Return why the address is missing, C(None) when it stays on its interface."""
        why = self._why.get((address.ip, address.device))
        if any(each.ip == address.ip for each in self.held.get(address.device, [])):
            if address.ip.version == 6 and address.is_tracked and why is not None:
                return Why("keepalived treats the removal of an IPv6 address as a loss, and the instance gives up "
                           "all its addresses. %s" % why.reason)
            return None
        if why is not None:
            return why
        elsewhere = [device for device, held in self.held.items()
                     if device != address.device and any(each.ip == address.ip for each in held)]
        if elsewhere:
            return Why("It is on %s, which keepalived treats as the same interface." % ", ".join(elsewhere))
        return Why("It is already missing on every interface, but keepalived considers it as set.")


def _in_subnet(one: Held, other: Held) -> bool:
    return one.ip.version == other.ip.version and one.subnet == other.subnet
