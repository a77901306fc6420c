# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The virtual addresses that a configuration asks for.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from ansible_collections.openvip.cluster.plugins.module_utils._lint.model import ADDRESS_BLOCKS, parse_address


def instance_addresses(instance):
    """Return ``[{"address": str, "prefix": int, "device": str or None}]`` for one vrrp_instance.

    Without a prefix length the daemon takes that of a host (vrrp/vrrp_ipaddress.c). Lines that do not begin with an
    address are passed over: the checks name them.
    """
    lines = (line for section in ADDRESS_BLOCKS for line in instance.get(section) or [] if line.split())
    parsed = (parse_address(line.split()) for line in lines)
    return [{"address": str(entry.ip),
             "prefix": entry.ip.max_prefixlen if entry.prefix is None else entry.prefix,
             "device": entry.device or instance.get("interface")} for entry in parsed if entry is not None]


def addresses(data):
    """Return the virtual addresses of every vrrp_instance of a configuration, in its order.

    Those of an instance with priority 255 are left out: they are the host's own (RFC 5798 section 6.4.1).
    """
    return [address for instance in data.get("vrrp_instance") or [] if str(instance.get("priority")) != "255"
            for address in instance_addresses(instance)]
