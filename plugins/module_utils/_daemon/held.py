# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which virtual addresses there are, and which of them this host really holds, whatever the daemon says.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
import os

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.addresses import addresses
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.holders import known_addresses
from ansible_collections.openvip.cluster.plugins.module_utils._daemon import state
from ansible_collections.openvip.cluster.plugins.module_utils._kit import interfaces

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


def listed():
    """Return the interfaces as C(ip -json address show) lists them.

    :raises StateError: they cannot be read.
    """
    try:
        return interfaces.listed()
    except interfaces.UnreadableError as error:
        raise state.StateError("The kernel's addresses cannot be read: %s" % error) from error


def promoting():
    """Return the names of the interfaces on which a secondary IPv4 address becomes primary when the primary one is
    removed (promote_secondaries, Documentation/networking/ip-sysctl of the kernel: C(all) or the interface's own)."""
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
