# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Keywords of vrrp_track_process: processes that must run (data only)."""

from __future__ import annotations

from .. import entries
from ..row import DECIMAL, ENUM, FLAG, INT, WORDS, Row, Section, name

# the longest delay of track_process, one hour
_LONGEST = 3600

SECTION = Section(
    "vrrp_track_process",
    (
        name("Name by which C(track_process) refers to the processes."),
        Row(
            "process",
            WORDS,
            "Name of the processes, optionally with their arguments.",
            entry=entries.PROCESS,
            required=True,
        ),
        Row(
            "param_match",
            ENUM,
            "How arguments are compared: the first ones, or the last one only in its beginning; "
            "without arguments there must be none.",
            choices=("initial", "partial"),
            optional=True,
            since=(2, 0, 16),
        ),
        Row("full_command", FLAG, "Compares with the whole command line instead of the process name."),
        Row(
            "weight",
            WORDS,
            "What is added to the priority (subtracted when negative and failing); 0 means FAULT when failing.",
            entry=entries.WEIGHT_254,
            default="0",
        ),
        Row("quorum", INT, "Number of processes that must run.", minimum=1, maximum=65535, default="1"),
        Row(
            "quorum_max",
            INT,
            "Number of processes that may run, 0 when none may.",
            minimum=0,
            maximum=65535,
            default="no limit",
            since=(2, 0, 16),
        ),
        Row(
            "fork_delay",
            DECIMAL,
            "Time to wait after a process came before it counts.",
            unit="seconds",
            minimum=0.000001,
            maximum=_LONGEST,
            default="0",
            since=(2, 0, 16),
        ),
        Row(
            "terminate_delay",
            DECIMAL,
            "Time to wait after a process went before it counts as gone, long enough for its restart.",
            unit="seconds",
            minimum=0.000001,
            maximum=_LONGEST,
            default="0",
            since=(2, 0, 16),
        ),
        Row(
            "delay",
            DECIMAL,
            "Sets both fork_delay and terminate_delay.",
            unit="seconds",
            minimum=0.000001,
            maximum=_LONGEST,
            default="0",
        ),
    ),
)
