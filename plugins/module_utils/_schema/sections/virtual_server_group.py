# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Lines of virtual_server_group: addresses and firewall marks that are one virtual server (data only)."""

from __future__ import annotations

from .. import addresses
from ..row import BODY, LINES, Row, Section, name

SECTION = Section(
    "virtual_server_group",
    (
        name("Name by which C(virtual_server) refers to the group."),
        Row(
            "address",
            LINES,
            "Addresses, ranges and networks with their port, and firewall marks.",
            place=BODY,
            entry=addresses.SERVICE,
        ),
    ),
)
