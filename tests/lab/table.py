# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Plain tables for the terminal, and figures of repeated measurements as their cells."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from ansible_collections.openvip.cluster.plugins.module_utils._table import lines

__all__ = ["counts", "figure", "lines", "middle"]

Figures = Sequence[float | None]


def figure(values: Figures) -> str:
    """Return the median, with the range where they differ; "never" when that is the median."""
    ordered = sorted(value if value is not None else float("inf") for value in values)
    if not ordered:
        return "-"
    texts = ["never" if value == float("inf") else f"{value:.0f}"
             for value in (middle(values), ordered[0], ordered[-1])]
    return texts[0] if texts[1] == texts[2] else f"{texts[0]} ({texts[1]}-{texts[2]})"


def middle(values: Figures) -> float:
    """Return the median, infinite when that is None (never)."""
    return statistics.median_low([value if value is not None else float("inf") for value in values])


def counts(values: Sequence[int]) -> str:
    """Return the median of whole numbers, with the range when there are several."""
    return figure([float(value) for value in values])
