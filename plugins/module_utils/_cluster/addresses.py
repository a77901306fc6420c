# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The virtual addresses that a configuration asks for.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress

SECTIONS = ("virtual_ipaddress", "virtual_ipaddress_excluded")


def parse_entry(entry):
    """Return ``(address, prefix length, device or None)`` of one line of ``virtual_ipaddress``.

    :raises ValueError: the first word is not an IP address with an optional prefix length.
    """
    words = entry.split()
    parsed = ipaddress.ip_interface(words[0] if words else "")
    device = None
    for keyword, value in zip(words[1:], words[2:]):
        if keyword == "dev":
            device = value
    return str(parsed.ip), parsed.network.prefixlen, device


def instance_addresses(instance):
    """Return ``[{"address": str, "prefix": int, "device": str or None}]`` for one vrrp_instance.

    Entries that are no addresses are passed over: the checks name them.
    """
    found = []
    for section in SECTIONS:
        for entry in instance.get(section) or []:
            try:
                address, prefix, device = parse_entry(entry)
            except ValueError:
                continue
            found.append({"address": address, "prefix": prefix, "device": device or instance.get("interface")})
    return found


def addresses(data):
    """Return the virtual addresses of every vrrp_instance of a configuration, in its order."""
    return [address for instance in data.get("vrrp_instance") or [] for address in instance_addresses(instance)]
