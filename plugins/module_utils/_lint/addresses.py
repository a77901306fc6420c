# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for virtual addresses.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Set, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, INFO, WARNING
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import IP

from .model import (
    OWNER_PRIORITY,
    Address,
    Block,
    Configuration,
    addresses,
    family,
    is_strict,
    priority,
    vrrp_version,
)
from .registry import Said, rule

# An address, and the interface of one that is link-local.
Place = Tuple[IP, str]
# The count of addresses has one byte in an advert (RFC 5798 section 5.2.5).
MOST_ADDRESSES = 255
# A message names so many addresses and counts the others.
MOST_NAMED = 3


def _has_none(instance: Block) -> bool:
    return instance.lacks("virtual_ipaddress") and instance.lacks("no_virtual_ipaddress")


@rule("no-virtual-address", ERROR, "keepalived ends when a version 3 or strict instance has no virtual_ipaddress.",
      "vrrp/vrrp.c:2897")
def no_virtual_address(configuration: Configuration, instance: Block) -> Said:
    if _has_none(instance) and (vrrp_version(configuration, instance) == 3 or is_strict(configuration, instance)):
        yield "virtual_ipaddress is missing and keepalived would not start.", "Add an address to virtual_ipaddress."


@rule("virtual-address-expected", WARNING, "An instance without virtual_ipaddress moves nothing.", "vrrp/vrrp.c:2897")
def virtual_address_expected(configuration: Configuration, instance: Block) -> Said:
    if _has_none(instance) and vrrp_version(configuration, instance) == 2 and not is_strict(configuration, instance):
        yield "virtual_ipaddress is missing: adverts name no address.", "Add an address to virtual_ipaddress."


@rule("mixed-families", ERROR, "keepalived drops addresses of another family than the first.", "vrrp/vrrp_data.c:1131")
def mixed_families(_configuration: Configuration, instance: Block) -> Said:
    own = family(instance)
    for address in addresses(instance, "virtual_ipaddress"):
        if address.ip.version != own:
            yield (f"virtual_ipaddress {address.ip} is IPv{address.ip.version} in an IPv{own} instance "
                   "and is dropped.", "Move it to virtual_ipaddress_excluded or to an instance of its own.",
                   address.keyword, address.line)


@rule("first-not-link-local", INFO, "keepalived warns when the first IPv6 address is not link-local.",
      "RFC 5798 section 5.2.9, run")
def first_not_link_local(_configuration: Configuration, instance: Block) -> Said:
    """Adverts are to be sent from a virtual link-local address; it works with the address of the host as well."""
    found = addresses(instance, "virtual_ipaddress")
    if found and found[0].ip.version == 6 and not found[0].ip.is_link_local:
        yield f"the first address {found[0].ip} is not link-local.", "Begin the list with an address of fe80::/10.", \
              found[0].keyword, found[0].line


@rule("duplicate-address", WARNING, "keepalived ignores an address that it has already, without a word before 2.3.3.",
      "vrrp/vrrp_data.c:1203 of 2.3.3")
def duplicate_address(_configuration: Configuration, instance: Block) -> Said:
    seen: Set[Place] = set()
    for address in addresses(instance):
        if _place(instance, address) in seen:
            yield f"the address {address.ip} is listed twice.", "Remove one of the lines.", address.keyword, \
                  address.line
        seen.add(_place(instance, address))


@rule("address-in-two-instances", WARNING, "Two instances of one host fight for the same address.", "run: config test")
def address_in_two_instances(configuration: Configuration, instance: Block) -> Said:
    """A link-local address is one of each interface: the same on another one is another address."""
    holders = configuration.index("places of addresses", "vrrp_instance", _places)
    for address in addresses(instance):
        first = holders[_place(instance, address)][0]
        if first is not instance:
            yield f"the address {address.ip} is also one of {first.label}.", "Keep it in one of the two.", \
                  address.keyword, address.line


def _place(instance: Block, address: Address) -> Place:
    """Return an address, of a link-local one with its interface (RFC 4007 section 6)."""
    device = address.device or str(instance.get("interface", ""))
    return address.ip, device if address.ip.is_link_local else ""


def _places(instance: Block) -> Set[Place]:
    return {_place(instance, address) for address in addresses(instance)}


@rule("too-many-addresses", WARNING, "keepalived moves addresses beyond 255 to virtual_ipaddress_excluded.",
      "vrrp/vrrp.c:3087, RFC 5798 section 5.2.5")
def too_many_addresses(_configuration: Configuration, instance: Block) -> Said:
    count = len(instance.get("virtual_ipaddress", []))
    if count > MOST_ADDRESSES:
        yield (f"virtual_ipaddress has {count} addresses, an advert names {MOST_ADDRESSES} at most.",
               "Move the others to virtual_ipaddress_excluded.", "virtual_ipaddress")


@rule("address-without-prefix", WARNING, "An address without prefix length gets /32 or /128: no route to its subnet.",
      "vrrp/vrrp_ipaddress.c, run")
def address_without_prefix(_configuration: Configuration, instance: Block) -> Said:
    found = [address for address in addresses(instance) if address.prefix is None]
    if found:
        names = ", ".join(str(address.ip) for address in found[:MOST_NAMED])
        more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
        length = f"/{found[0].ip.max_prefixlen}"
        yield (f"without a prefix length {names}{more} becomes {length}.",
               f"Write the one of the interface's subnet, or {length} if that is meant.", found[0].keyword,
               found[0].line)


@rule("label-of-another-interface", WARNING, "A label that does not begin with its interface misleads every reader.",
      "run: config test, ip-address(8)")
def label_of_another_interface(_configuration: Configuration, instance: Block) -> Said:
    for address in addresses(instance):
        device = address.device or instance.get("interface")
        if address.label and device and address.label.partition(":")[0] != device:
            yield f"the label {address.label} of {address.ip} does not begin with its interface {device}.", \
                  f"Write {device}:{address.label.partition(':')[2] or '1'}.", address.keyword, address.line


@rule("strict-drops-traffic", ERROR, "In strict mode keepalived drops every packet to the virtual address.",
      "vrrp/vrrp.c:3158, RFC 5798 section 6.1 (Accept_Mode)")
def strict_drops_traffic(configuration: Configuration, instance: Block) -> Said:
    """``accept`` makes it take them, but not with version 2, for which keepalived takes it back with a message."""
    if not is_strict(configuration, instance) or priority(instance) == OWNER_PRIORITY or instance.has("no_accept"):
        return
    if instance.lacks("accept"):
        yield ("vrrp_strict drops all packets to the virtual address, so no service answers there.",
               "Remove vrrp_strict, or set accept and version 3; for a mere router say no_accept.")
    elif vrrp_version(configuration, instance) == 2:
        yield ("vrrp_strict takes accept back with version 2 and drops all packets to the virtual address.",
               "Remove vrrp_strict, or set version to 3; for a mere router say no_accept.", "accept")


@rule("address-off-subnet", WARNING, "An address outside every subnet of its interface cannot be reached directly.",
      "run: config test")
def address_off_subnet(configuration: Configuration, instance: Block) -> Said:
    if configuration.interfaces is None:
        return
    for address in addresses(instance):
        device = address.device or instance.get("interface")
        own = [own for own in configuration.interfaces.get(device or "", []) if own.version == address.ip.version]
        if own and not any(address.ip in one.network for one in own):
            subnets = ", ".join(str(one.network) for one in own)
            yield f"the address {address.ip} is in no subnet of {device} ({subnets}).", \
                  "Correct the address or the interface, or route the address to these hosts.", address.keyword, \
                  address.line


@rule("address-is-own", ERROR, "keepalived removes the host's own address whenever it is not master.",
      "RFC 5798 section 1.6 (IP address owner)")
def address_is_own(configuration: Configuration, instance: Block) -> Said:
    if priority(instance) == OWNER_PRIORITY:
        return
    own = {(address.ip, name if address.ip.is_link_local else ""): name
           for name, address in configuration.host_addresses()}
    own.update({(ip, name if ip.is_link_local else ""): name for ip, name in configuration.strays(False).items()})
    for address in addresses(instance):
        if _place(instance, address) in own:
            there = own[_place(instance, address)]
            yield (f"the address {address.ip} is the host's own on {there}.",
                   f"Choose an address that no host has, or remove it from {there} and from the network "
                   "configuration of the host.", address.keyword, address.line)


@rule("address-left-behind", WARNING, "A keepalived that is killed leaves its addresses on the host.",
      "vrrp/vrrp.c:3942 of 2.2.7 (removed at the start), run")
def address_left_behind(configuration: Configuration, instance: Block) -> Said:
    """Reported for an address that the host has and its file lists, while no keepalived holds it there."""
    left = configuration.strays(True)
    for address in addresses(instance):
        if address.ip in left and priority(instance) != OWNER_PRIORITY:
            yield (f"the address {address.ip} is on {left[address.ip]} and no keepalived holds it. A killed keepalived "
                   "has left it behind, or the network configuration of the host sets it.",
                   "Start keepalived, which removes the address as long as it is not master. If the address returns "
                   "after a restart of the network, remove it from the network configuration.",
                   address.keyword, address.line)


@rule("address-device-not-on-host", ERROR, "keepalived ends when the interface of an address does not exist.",
      "run: config test")
def address_device_not_on_host(configuration: Configuration, instance: Block) -> Said:
    seen: Set[str] = set()
    for address in addresses(instance):
        device = address.device
        if device and device not in seen and configuration.lacks_interface(device):
            seen.add(device)
            yield f"the host has no interface {device}, which an address names with dev.", \
                  configuration.known_interfaces(), address.keyword, address.line
