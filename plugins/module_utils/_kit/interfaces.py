# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The interfaces of a host and their addresses, from what C(ip -json address show) of iproute2 prints.

An inspection is plain data: ``{name: {"up": bool, "loopback": bool, "addresses": [entry, ...]}}``, with the interfaces
and their addresses in the order of the kernel. An entry is ``{"address": str, "prefix": int, "marks": [str, ...]}``;
the marks are those of MARKS that it has (rtnetlink(7), IFA_F_*), and KEEPALIVED.

Every function here is pure.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
import json
from typing import Any, Dict, Iterable, List, Tuple

from .process import run

Entry = Dict[str, Any]
Inspection = Dict[str, Dict[str, Any]]

# In this order: an IPv4 address behind another one of its subnet, a privacy address (RFC 8981), one with a lifetime
# (DHCP, SLAAC), one that new connections do not use (RFC 4862 section 5.5.4), and one that another host also has.
SECONDARY, TEMPORARY, DYNAMIC, DEPRECATED, DUPLICATE = "secondary", "temporary", "dynamic", "deprecated", "dadfailed"
MARKS = (SECONDARY, TEMPORARY, DYNAMIC, DEPRECATED, DUPLICATE)
# Set by keepalived 2.3.3 or later on Linux 5.18 or later (IFA_PROTO, set_addrproto of vrrp/vrrp_ipaddress.c).
KEEPALIVED = "keepalived"


# Seconds
TIMEOUT = 10.0


class UnreadableError(ValueError):
    """The interfaces cannot be read; the message names the fault and the remedy."""


def listed() -> List[Dict[str, Any]]:
    """Return the interfaces of this host as C(ip -json address show) lists them.

    :raises UnreadableError: they cannot be read.
    """
    try:
        outcome = run(["ip", "-json", "address", "show"], TIMEOUT)
    except OSError as error:
        raise UnreadableError("ip -json address show does not run: %s. Install iproute2." % error) from error
    if outcome.code != 0:
        raise UnreadableError("ip -json address show failed: %s" % outcome.output.strip())
    return read(outcome.output)


def read(text: str) -> List[Dict[str, Any]]:
    """Return the list that C(ip -json address show) printed.

    :raises UnreadableError: the output is not such a list.
    """
    try:
        listed = json.loads(text or "[]")
    except ValueError as error:
        raise UnreadableError("ip -json address show printed no JSON (%s). Install iproute2 4.18 or later."
                              % error) from error
    if not isinstance(listed, list):
        raise UnreadableError("ip -json address show printed no list. Install iproute2 4.18 or later.")
    return listed


def _entry(listed: Dict[str, Any]) -> Entry:
    marks = [mark for mark in MARKS if listed.get(mark)]
    if listed.get("protocol") == KEEPALIVED:
        marks.append(KEEPALIVED)
    return {"address": listed["local"], "prefix": listed["prefixlen"], "marks": marks}


def inspection(listed: Iterable[Dict[str, Any]]) -> Inspection:
    """Return the inspection of the interfaces that C(ip -json address show) listed.

    An address with a label belongs to its interface, not to the label. An interface counts as up when it can send: it
    is up and has a carrier (netdevice(7), IFF_UP and IFF_RUNNING).
    """
    found: Inspection = {}
    for interface in listed:
        flags = interface.get("flags", [])
        if "ifname" in interface:
            found[interface["ifname"]] = {
                "up": "UP" in flags and "NO-CARRIER" not in flags, "loopback": "LOOPBACK" in flags,
                "addresses": [_entry(each) for each in interface.get("addr_info", []) if "local" in each]}
    return found


def _rank(entry: Entry) -> Tuple[bool, bool, bool, int]:
    marks = entry["marks"]
    unusable = DEPRECATED in marks or DUPLICATE in marks
    address = ipaddress.ip_address(entry["address"])
    if address.version == 4:
        return unusable, False, False, 0
    return unusable, TEMPORARY in marks, DYNAMIC in marks, int(address)


def preferred(entries: Iterable[Entry]) -> List[Entry]:
    """Return the entries, IPv4 first, and in each family the preferred address of the host first.

    The kernel lists the newest IPv6 address first, so any new address would change its order. Here the order of IPv6
    depends on the addresses alone: permanent before dynamic, temporary and deprecated ones last, then by number. The
    kernel's order of IPv4 is stable, and daemons send from its first address.
    """
    every = list(entries)
    by_family = [[each for each in every if (":" in each["address"]) is six] for six in (False, True)]
    return [each for family in by_family for each in sorted(family, key=_rank)]
