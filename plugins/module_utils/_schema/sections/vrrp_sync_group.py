# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Keywords of vrrp_sync_group: instances that change their state together (data only)."""

from __future__ import annotations

from .. import entries
from ..row import BOOL, FLAG, NAMES, Row, Section, name
from .tracking import NOTIFICATION, SMTP_ALERT, TRACKING

SECTION = Section(
    "vrrp_sync_group",
    (
        name("Name of the group."),
        Row("group", NAMES, "Names of the C(vrrp_instance) blocks that belong together.", entry=entries.NAME),
        *TRACKING,
        Row(
            "sync_group_tracking_weight",
            FLAG,
            "Lets weights change the priorities of the members, which are ignored in groups otherwise.",
        ),
        Row(
            "global_tracking",
            FLAG,
            "Applies the tracking of every member to the whole group.",
            deprecated="Track in the group itself, or use sync_group_tracking_weight.",
        ),
        *NOTIFICATION,
        Row(
            "notify_priority_changes",
            BOOL,
            "Whether changes of priority are written to the pipes.",
            default="the global value",
            since=(2, 2, 0),
        ),
        SMTP_ALERT,
    ),
)
