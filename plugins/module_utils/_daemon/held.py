# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which virtual addresses there are, and which of them this host really holds, whatever the daemon says.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.addresses import addresses
from ansible_collections.openvip.cluster.plugins.module_utils._daemon import control, state

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
        found.extend(control.known_addresses(instance))
    return list(dict.fromkeys(found))
