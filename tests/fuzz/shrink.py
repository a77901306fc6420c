# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""A shorter text that fails in the same way."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence


def _without_parts(parts: Sequence[str], fails: Callable[[str], bool], deadline: float) -> list[str]:
    """Leave out runs of parts, long ones first, as long as the rest still fails."""
    kept = list(parts)
    size = max(1, len(kept) // 2)
    while size and time.monotonic() < deadline:
        at = 0
        while at < len(kept) and time.monotonic() < deadline:
            candidate = kept[:at] + kept[at + size:]
            if fails("".join(candidate)):
                kept = candidate
            else:
                at += size
        size //= 2
    return kept


def shrink(text: str, fails: Callable[[str], bool], seconds: float = 10.0) -> str:
    """The text without the lines, then without the characters, that the failure does not need."""
    deadline = time.monotonic() + seconds
    lines = _without_parts(text.splitlines(keepends=True), fails, deadline)
    return "".join(_without_parts("".join(lines), fails, deadline))
