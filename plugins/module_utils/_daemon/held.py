# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which virtual addresses there are, and which of them this host really holds, whatever the daemon says.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
import json
import os

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.addresses import addresses
from ansible_collections.openvip.cluster.plugins.module_utils._daemon import state
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.program import run
from ansible_collections.openvip.cluster.plugins.module_utils._lint.model import ADDRESS_BLOCKS, OWNER_PRIORITY

TIMEOUT = 5.0
IPV4 = "/proc/sys/net/ipv4/conf"
# With these the text dump has another name, and stays where it is with the passwords in it.
OTHER_DUMPS = ("state_dump_file", "data_use_instance")


def see_text_dump(config):
    """See that the daemon's text dump may be asked for.

    :raises StateError: the configuration puts it elsewhere.
    """
    renamed = [keyword for keyword in OTHER_DUMPS if (config.get("global_defs") or {}).get(keyword)]
    if renamed:
        raise state.StateError("keepalived's text dump is not asked for where global_defs has %s." % renamed[0])


def present(found, config):
    """Return the set of addresses of the interfaces as C(ip -json address show) lists them.

    One on loopback answers nobody on the segment: it counts only where the configuration wants it there.
    """
    meant = {(ipaddress.ip_address(entry["address"]), entry["device"]) for entry in addresses(config)}
    listed = [(ipaddress.ip_address(entry["local"]), interface)
              for interface in found for entry in interface.get("addr_info", []) if "local" in entry]
    return {address for address, interface in listed
            if "LOOPBACK" not in interface.get("flags", []) or (address, interface.get("ifname")) in meant}


def virtual(config, instances):
    """Return every virtual address of the file and of the daemon, in that order, once each."""
    found = [ipaddress.ip_address(address["address"]) for address in addresses(config)]
    for instance in instances:
        found.extend(known_addresses(instance))
    return list(dict.fromkeys(found))


def known_addresses(instance):
    """Return the list of the addresses of an instance as the daemon knows it."""
    return [_bare(entry) for section in ADDRESS_BLOCKS for entry in instance[section]]


def _bare(entry):
    """Return the address of an entry of an instance."""
    return ipaddress.ip_interface(entry["address"]).ip


def listed():
    """Return the interfaces as C(ip -json address show) lists them.

    :raises StateError: the kernel cannot be asked.
    """
    try:
        outcome = run(["ip", "-json", "address", "show"], TIMEOUT)
        return json.loads(outcome.output)
    except (OSError, ValueError) as error:
        raise state.StateError(f"The kernel's addresses cannot be read by ip -json address show: {error}. "
                               "Install iproute2.") from error


def promoting():
    """Return the names of the interfaces on which the kernel makes a secondary IPv4 address the primary one when that
    leaves (promote_secondaries, Documentation/networking/ip-sysctl of the kernel: C(all) or the interface's own)."""
    try:
        names = os.listdir(IPV4)
    except OSError:
        return set()
    chosen = {name for name in names if _is_on(name)}
    return set(names) if "all" in chosen else chosen


def _is_on(name):
    try:
        with open(os.path.join(IPV4, name, "promote_secondaries"), encoding="ascii") as stream:
            return stream.read().strip() not in ("", "0")
    except OSError:
        return False


def interfaces_of(entry, found):
    """Return the names of the interfaces that have the address of an entry, loopback only where it is to be there.

    :param entry: of C(virtual_ipaddress) or C(virtual_ipaddress_excluded), see C(state.instances).
    :param found: see C(listed).
    """
    address = str(_bare(entry))
    device = _device(entry)
    return [interface["ifname"] for interface in found
            if ("LOOPBACK" not in interface.get("flags", []) or interface["ifname"] == device)
            and any(each.get("local") == address for each in interface.get("addr_info", []))]


def _device(entry):
    """Return the interface of an entry; one on top of another is written C(vrrp.51@eth0)."""
    return (entry["device"] or "").partition("@")[0]


def disagreements(instances, found):
    """Return where the daemon and the kernel do not agree on who has an address, a sentence each.

    A MASTER has each of its addresses on the interface meant; any other instance has none, but for the owner of the
    addresses (priority 255, RFC 5798 section 6.4.1) and what another instance of this host has.

    :param instances: see C(state.instances).
    :param found: see C(listed).
    """
    masters = [instance for instance in instances if instance["state"] == "MASTER"]
    held = {address for instance in masters for address in known_addresses(instance)}
    sentences = []
    for instance in instances:
        for entry in (each for section in ADDRESS_BLOCKS for each in instance[section]):
            names, device = interfaces_of(entry, found), _device(entry)
            if instance in masters and (device or None) not in [*names, None]:
                sentences.append("vrrp_instance %s is MASTER, but %s is %s." % (
                    instance["name"], _bare(entry),
                    "on %s instead of %s" % (", ".join(names), device) if names else "not on %s" % device))
            elif instance in masters and not names:
                sentences.append("vrrp_instance %s is MASTER, but %s is on no interface." % (
                    instance["name"], _bare(entry)))
            elif names and _bare(entry) not in held and instance["priority"] != OWNER_PRIORITY:
                sentences.append("vrrp_instance %s is %s, but %s is on %s." % (
                    instance["name"], instance["state"], _bare(entry), ", ".join(names)))
    return sentences
