# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for the state of the host's interfaces.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import ipaddress
from typing import Any, Dict, Iterator, List, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, WARNING
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import to_address

from .model import Address, Block, Configuration, addresses, family, split
from .registry import Said, rule

GARP_GROUP = "garp_group"
PAUSES = ("garp_interval", "gna_interval")
# Keywords that make keepalived create an interface of its own for the addresses.
OWN_INTERFACE = ("use_vmac", "use_vmac_addr", "use_ipvlan")


@rule("interface-down", WARNING, "An instance whose interface has no link is in FAULT.",
      "vrrp/vrrp_track.c:693 (IF_FLAGS_UP), run")
def interface_down(configuration: Configuration, instance: Block) -> Said:
    """The same applies to an interface that the instance tracks without a weight."""
    down = configuration.host.get("down") or ()
    own = [("interface", instance.get("interface"))] if instance.lacks("dont_track_primary") else []
    tracked = [(each.keyword, each.name) for each in configuration.trackings(instance)
               if each.keyword == "track_interface" and not each.weight]
    for name, keyword in {name: keyword for keyword, name in tracked + own if name in down}.items():
        yield f"{name} has no link, so the instance does not leave FAULT.", \
              f"Bring up {name} and connect it, or use another interface.", keyword


@rule("interface-without-address", ERROR, "An instance whose interface has no address of its family is in FAULT.",
      "vrrp/vrrp_track.c:823 and vrrp/vrrp.c:4218, RFC 9568 section 5.1.2.1, run")
def interface_without_address(configuration: Configuration, instance: Block) -> Said:
    """Adverts of IPv6 are sent from the link-local address. A virtual address cannot be their source."""
    name, version = instance.get("interface"), family(instance)
    known = (configuration.interfaces or {}).get(name)
    if known is None or name in configuration.made_interfaces() or _gets_address(configuration, name):
        return
    own = [each.ip for each in known] + [ip for ip, there in configuration.strays(False).items() if there == name]
    given = not (instance.lacks("unicast_src_ip") and instance.lacks("mcast_src_ip"))
    if version is None or given or any(
            ip.version == version and (version == 4 or ip.is_link_local) for ip in own):
        return
    # With use_vmac, a keepalived later than 2.2.7 adds one itself. Without a link the kernel has none.
    makes = instance.has("use_vmac") and not (configuration.version and configuration.version <= (2, 2, 7))
    if version == 6 and (makes or name in configuration.host.get("down", ())):
        return
    if version == 4:
        yield (f"{name} has no IPv4 address of its own, so the instance does not leave FAULT.",
               f"Give {name} an address, or use the interface that reaches the other hosts.", "interface")
    else:
        yield (f"{name} has no IPv6 link-local address, so the instance does not leave FAULT.",
               f"Enable one on {name} (sysctl net.ipv6.conf.{name}.disable_ipv6=0 and addr_gen_mode=0), or use the "
               "interface that reaches the other hosts.", "interface")


@rule("vmac-name-twice", ERROR, "Two instances whose VMAC has one name take the interface away from each other.",
      "vrrp/vrrp.c:3430, run: config test")
def vmac_name_twice(configuration: Configuration, instance: Block) -> Said:
    """Each has a MAC address of its own, by its number. The same applies to use_ipvlan."""
    name = _made_name(instance)
    first = configuration.index("made interfaces", "vrrp_instance", _made_names)[name][0] if name else instance
    if first is not instance:
        yield f"{first.label} has an interface {name}, too.", "Give each instance a name of its own, or none.", \
              "use_vmac" if instance.has("use_vmac") else "use_ipvlan"


@rule("garp-group-without-pause", ERROR, "keepalived removes a garp_group without a pause.",
      "vrrp/vrrp_parser.c:2009", GARP_GROUP)
def garp_group_without_pause(_configuration: Configuration, group: Block) -> Said:
    if not _has_pause(group):
        yield "it has no pause and is removed.", "Set garp_interval or gna_interval."


@rule("garp-group-shared-interface", ERROR, "keepalived takes an interface into the first of several garp_groups only.",
      "vrrp/vrrp_parser.c:1940 and 1986, run: config test", GARP_GROUP)
def garp_group_shared_interface(configuration: Configuration, group: Block) -> Said:
    """It ends where the block interfaces has nothing but such an interface."""
    groups = configuration.index("garp interfaces", GARP_GROUP, lambda each: _grouped(each) if _has_pause(each) else ())
    names = _grouped(group)
    for name in dict.fromkeys(names):
        first = groups.get(name, [group])[0]
        earlier = first.number < group.number
        if not earlier and names.count(name) == 1:
            continue
        # of those that are not there, and of its own, keepalived says something else
        if "$" in name or configuration.lacks_interface(name) or name in configuration.made_interfaces():
            continue
        ends = ", and keepalived ends" if group.lines("interfaces") == [[name]] else ""
        yield f"{name} is in {first.label} already{ends}." if earlier else f"{name} is in it twice.", \
              "Keep it in one place.", "interface" if group.get("interface") == name else "interfaces", name


def _has_pause(group: Block) -> bool:
    return not all(group.lacks(keyword) for keyword in PAUSES)


def _grouped(group: Block) -> List[str]:
    """Return the interfaces that a garp_group is for."""
    return [*split(group.get("interface", "")), *(name for words in group.lines("interfaces") for name in words)]


def _made_name(instance: Block) -> str:
    """Return the name that an instance gives the interface that keepalived makes for it, "" for none."""
    for keyword in ("use_vmac", "use_ipvlan"):
        value = instance.get(keyword)
        words = split(value) if isinstance(value, str) else []
        if "name" in words[:-1]:
            return words[words.index("name") + 1]
        # in place of a name may stand a MAC address, an IP address, the mode of an ipvlan or an option
        if words and ":" not in words[0] and "/" not in words[0] and not to_address(words[0]) \
                and words[0] not in ("bridge", "private", "vepa", "group", "netlink_notify_msg"):
            return words[0]
    return ""


def _made_names(instance: Block) -> List[str]:
    return [_made_name(instance)]


def _gets_address(configuration: Configuration, name: str) -> bool:
    """Return whether keepalived itself may give the interface an address."""
    return any(name in str(line).split() for line in configuration.data.get("static_ipaddress") or ())


@rule("secondary-address-lost", WARNING, "When the first address of a subnet is removed, so are the others.",
      "net/ipv4/devinet.c of Linux (__inet_del_ifa), ip-sysctl (promote_secondaries), run")
def secondary_address_lost(configuration: Configuration, instance: Block) -> Said:
    """Not reported for IPv6, nor where the host has an address of its own in the subnet, which is then the first."""
    having = configuration.index("subnets", "vrrp_instance", _subnets)
    own = _subnets(instance)
    subnets = {instance.number: own}
    for (device, network), found in own.items():
        sharing = having[device, network]
        if sharing[0] is not instance:
            continue
        for other in sharing:
            if other.number not in subnets:
                subnets[other.number] = _subnets(other)
        first = found[0]
        ips = list(dict.fromkeys(
            str(each.ip) for other in sharing for each in subnets[other.number][device, network]))
        if len(ips) < 2 or _keeps(configuration, device, network):
            continue
        mine = device == instance.get("interface")
        yield (f"the host has no address of its own in {network}, so {' and '.join(ips[1:])} are lost on {device} when "
               f"{ips[0]} is removed." if len(ips) > 2 else
               f"the host has no address of its own in {network}, so {ips[1]} is lost on {device} when {ips[0]} is "
               "removed.",
               "Set promote_secondaries in the instance." if mine else
               f"Set the sysctl net.ipv4.conf.{device}.promote_secondaries to 1.", first.keyword, first.line)


def _subnets(instance: Block) -> Dict[Tuple[str, Any], List[Address]]:
    """Return the virtual IPv4 addresses of an instance by their interface and subnet."""
    found: Dict[Tuple[str, Any], List[Address]] = {}
    for address in _on_interfaces(instance):
        device = address.device or instance.get("interface")
        if device and address.prefix is not None and address.ip.version == 4:
            network = ipaddress.ip_network(f"{address.ip}/{address.prefix}", strict=False)
            found.setdefault((device, network), []).append(address)
    return found


def _on_interfaces(instance: Block) -> Iterator[Address]:
    """Yield the addresses on an interface of the host. On its own interfaces keepalived prevents the loss itself."""
    if any(instance.has(keyword) for keyword in OWN_INTERFACE):
        return
    for address in addresses(instance):
        if not any(keyword in address.line.split() for keyword in OWN_INTERFACE):
            yield address


def _keeps(configuration: Configuration, device: str, network: Any) -> bool:
    """Return whether the addresses of a subnet stay, or whether that is unknown."""
    promotes = configuration.host.get("promotes")
    own = (configuration.interfaces or {}).get(device)
    if promotes is None or own is None or device in promotes or any(each.network == network for each in own):
        return True
    return any(instance.get("interface") == device and not instance.lacks("promote_secondaries")
               for instance in configuration.blocks("vrrp_instance"))
