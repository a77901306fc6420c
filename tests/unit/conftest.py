# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all unit tests share."""

from __future__ import annotations

from hypothesis import settings

# How long one example takes says something about the machine, not about the code: `make bench` measures. The examples
# are the same in every run, so that a change fails for what it changed: `make fuzz` is what looks for new ones.
settings.register_profile("openvip", deadline=None, derandomize=True)
settings.load_profile("openvip")
