# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names for the kernel, systemd and nft(8), verified before they become a part of any text.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
import os
import re
from typing import Union

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]

# IFNAMSIZ without the final zero byte (linux/if.h)
INTERFACE_LENGTH = 15
NET = "/sys/class/net"
# systemd.unit(5); the escapes with a backslash are not verified
_UNIT = re.compile(r"[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]*\Z")
UNIT_LENGTH = 255
SUFFIXES = (".service", ".scope", ".slice", ".socket", ".target", ".mount", ".timer", ".path", ".swap", ".automount",
            ".device")


def parse_address(text: str) -> Address:
    """Return the address of one host.

    :raises ValueError: it is invalid; the message names it and the remedy.
    """
    if "%" in text:
        # From Python 3.9 on, ipaddress accepts any text behind the percent sign.
        raise ValueError("address %r: must not have a scope. Leave out what begins with %%; the interface is an option "
                         "of its own." % text)
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise ValueError("address %r: is not an IP address. Give it without a prefix length, like 198.18.0.100."
                         % text) from None
    if address.is_unspecified or address.is_multicast or getattr(address, "ipv4_mapped", None):
        raise ValueError("address %r: is not the address of one host. Give one like 198.18.0.100." % text)
    return address


def verify_interface(name: str) -> str:
    """Return a name that is valid for an interface of the kernel (dev_valid_name of net/core/dev.c) and, in double
    quotes, for nft(8): without quote, backslash and asterisk.

    :raises ValueError: it is invalid; the message names it and the remedy.
    """
    wrong = name in ("", ".", "..") or not name.isprintable() or re.search(r'[\s/:"\\*]', name)
    if wrong or len(os.fsencode(name)) > INTERFACE_LENGTH:
        raise ValueError("interface %r: is not the name of an interface. Give one that \"ip link\" shows." % name)
    return name


def verify_present(name: str) -> str:
    """Return the name of an interface that this host has.

    :raises ValueError: it does not exist; the message names it and the remedy.
    """
    if not os.path.exists(os.path.join(NET, verify_interface(name))):
        raise ValueError("interface %s: does not exist on this host. Give one that \"ip link\" shows." % name)
    return name


def parse_unit(name: str) -> str:
    """Return the name of a unit of systemd with its suffix, C(.service) where it has none.

    :raises ValueError: it is invalid; the message names it and the remedy.
    """
    if not _UNIT.match(name):
        # an asterisk would be a pattern (systemctl(1)), a leading hyphen an option
        raise ValueError("unit %r: is not the name of a unit. Give one that \"systemctl list-units\" shows." % name)
    name = name if name.endswith(SUFFIXES) else name + ".service"
    if len(name) > UNIT_LENGTH:
        raise ValueError("unit %r: is longer than %d characters. Give one that \"systemctl list-units\" shows."
                         % (name, UNIT_LENGTH))
    return name
