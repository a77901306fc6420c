# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Rows that vrrp_instance and vrrp_sync_group share (data only)."""

from __future__ import annotations

from .. import entries
from ..row import BOOL, LINES, SCRIPT_USER, Row

TRACKING = (
    Row(
        "track_interface",
        LINES,
        "Interfaces that must be up, or whose weight changes the priority.",
        entry=entries.TRACKED_INTERFACE,
    ),
    Row(
        "track_script",
        LINES,
        "Names of C(vrrp_script) blocks that must succeed, or whose weight changes the priority.",
        entry=entries.TRACKED_SCRIPT,
    ),
    Row(
        "track_file",
        LINES,
        "Names of C(track_file) blocks whose value is 0 when all is well, or is multiplied by the weight.",
        entry=entries.TRACKED_FILE,
    ),
    Row(
        "track_process",
        LINES,
        "Names of C(vrrp_track_process) blocks that must have their quorum, or whose weight changes the priority.",
        entry=entries.TRACKED_PROCESS,
        since=(2, 0, 11),
    ),
    Row(
        "track_bfd",
        LINES,
        "Names of C(bfd_instance) blocks that must be up, or whose weight changes the priority.",
        entry=entries.TRACKED_BFD,
    ),
)

NOTIFICATION = (
    Row("notify_master", SCRIPT_USER, "Command that runs on the change to MASTER.", first_wins=True),
    Row("notify_backup", SCRIPT_USER, "Command that runs on the change to BACKUP.", first_wins=True),
    Row("notify_fault", SCRIPT_USER, "Command that runs on the change to FAULT.", first_wins=True),
    Row("notify_stop", SCRIPT_USER, "Command that runs when keepalived stops.", first_wins=True),
    Row(
        "notify",
        SCRIPT_USER,
        "Command that runs on every change, with the kind, the name, the state and the priority as last arguments.",
        first_wins=True,
    ),
)

SMTP_ALERT = Row("smtp_alert", BOOL, "Whether mails are sent about changes of state.", default="the global value")
