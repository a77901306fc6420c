# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Keywords of garp_group: pauses between gratuitous ARPs on a switch that cannot take them fast (data only)."""

from __future__ import annotations

from .. import entries
from ..dated import over
from ..row import DECIMAL, INTERFACE, NAMES, Row, Section
from ..words import INT_MAX, UINT_MAX

_LONGEST = UINT_MAX / 1000000
_FORMERLY = (over(INT_MAX / 1000000, (2, 3, 2)),)

SECTION = Section(
    "garp_group",
    (
        Row(
            "garp_interval",
            DECIMAL,
            "Pause between two gratuitous ARPs.",
            unit="seconds",
            minimum=0,
            maximum=_LONGEST,
            dated=_FORMERLY,
        ),
        Row(
            "gna_interval",
            DECIMAL,
            "Pause between two unsolicited neighbour advertisements.",
            unit="seconds",
            minimum=0,
            maximum=_LONGEST,
            dated=_FORMERLY,
        ),
        Row("interface", INTERFACE, "Interface to which the pauses apply, alone."),
        Row("interfaces", NAMES, "Interfaces to which the pauses apply together.", entry=entries.INTERFACE_NAME),
    ),
)
