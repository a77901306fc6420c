# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that the role keepalived writes on a host for its firewall and its network, and those it adds to.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import os
import re

HEADER = "Written by Ansible, role openvip.cluster.keepalived: changes here are lost."

# Version 1.0.0 wrote the rules of nftables there.
NFTABLES_FORMER = "/etc/nftables/keepalived.nft"
FIREWALLD = "/etc/firewalld/policies/keepalived.xml"
NETWORKD = "/etc/systemd/networkd.conf.d/openvip.conf"
# Values of sysctl for instances with use_vmac
SYSCTL = "/etc/sysctl.d/90-keepalived-vmac.conf"
# Files that are ours as a whole, with the drop-ins of .network files
WHOLE = (NFTABLES_FORMER, FIREWALLD, NETWORKD, SYSCTL)
NETWORK_DIRECTORY = "/etc/systemd/network"
NETWORK_DROP_IN = "openvip.conf"
NETWORK_DROP_INS = os.path.join(NETWORK_DIRECTORY, "*.network.d", NETWORK_DROP_IN)

# What nftables.service loads: Debian's, and that of Enterprise Linux
NFTABLES_CONF = ("/etc/nftables.conf", "/etc/sysconfig/nftables.conf")
UFW_CONF = "/etc/ufw/ufw.conf"
UFW_DEFAULTS = "/etc/default/ufw"
UFW_RULES = {"ipv4": "/etc/ufw/before.rules", "ipv6": "/etc/ufw/before6.rules"}

PROC = "/proc/sys/net/ipv4/conf"
SETTING = re.compile(r"net[./]ipv4[./]conf[./](?P<name>.+)[./]rp_filter\s*=\s*(?P<value>[0-2])\s*")


def network_drop_in(network_file: str) -> str:
    """Return the drop-in of a .network file; one in C(/run), which netplan writes, has it in C(/etc), too."""
    return os.path.join(NETWORK_DIRECTORY, os.path.basename(network_file) + ".d", NETWORK_DROP_IN)


def is_ours(path: str, content: bytes) -> bool:
    """Return whether a file is ours as a whole: it has our header, or contains only the reverse path filter settings
    that version 1.0.0 wrote."""
    if HEADER.encode() in content:
        return True
    lines = [line for line in content.decode("latin-1").split("\n") if line.strip()]
    matches = [SETTING.fullmatch(line) for line in lines]
    return path == SYSCTL and all(matches) and {"all", "default"} <= {match.group("name") for match in matches if match}
