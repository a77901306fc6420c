# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Keywords of track_group: instances that watch static addresses and routes (data only)."""

from __future__ import annotations

from .. import entries
from ..row import NAMES, Row, Section, name

SECTION = Section(
    "track_group",
    (
        name("Name by which static addresses, routes and rules refer to the group."),
        Row("group", NAMES, "Names of the C(vrrp_instance) blocks that go to FAULT with them.", entry=entries.NAME),
    ),
)
