# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Keywords of vrrp_script: a command that is run again and again (data only)."""

from __future__ import annotations

from .. import entries
from ..dated import decimals
from ..row import DECIMAL, FLAG, INT, SCRIPT, WORDS, Row, Section, name
from ..words import INT_MAX, TIMER_MAX

SECTION = Section(
    "vrrp_script",
    (
        name("Name by which C(track_script) refers to the script."),
        Row(
            "script",
            SCRIPT,
            "Command line that succeeds with exit code 0; there is no shell, and the program needs its full path.",
            required=True,
        ),
        Row(
            "interval",
            DECIMAL,
            "Time between two runs.",
            unit="seconds",
            # whole numbers start at 1; what a version allows below that is not said anywhere
            minimum=0.001,
            maximum=TIMER_MAX,
            default="1",
            dated=(decimals((2, 3, 2)),),
            decimals=3,
        ),
        Row(
            "timeout",
            DECIMAL,
            "Time after which the command is killed and counts as failed.",
            unit="seconds",
            minimum=0.001,
            maximum=TIMER_MAX,
            default="the interval",
            dated=(decimals((2, 3, 2)),),
            decimals=3,
        ),
        Row(
            "weight",
            WORDS,
            "What is added to the priority (subtracted when negative and failing); 0 means FAULT when failing.",
            entry=entries.WEIGHT_253,
            default="0",
        ),
        Row("rise", INT, "Number of successes in a row that make it good.", minimum=1, maximum=INT_MAX, default="1"),
        Row("fall", INT, "Number of failures in a row that make it bad.", minimum=1, maximum=INT_MAX, default="1"),
        Row(
            "user",
            WORDS,
            "User and optionally group that run the command.",
            entry=entries.USER,
            default="C(script_user)",
        ),
        Row("init_fail", FLAG, "Counts as failed until the first run has succeeded."),
    ),
)
