# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Keywords of track_file: a file that holds a number (data only)."""

from __future__ import annotations

from .. import entries
from ..row import PATH, WORDS, Row, Section, name

SECTION = Section(
    "track_file",
    (
        name("Name by which the C(track_file) blocks of instances refer to the file."),
        Row("file", PATH, "File that is read whenever it changes.", required=True),
        Row(
            "weight",
            WORDS,
            "Factor of the number in the file; with 0 any other number than 0 means FAULT.",
            entry=entries.WEIGHT_254,
            default="1",
        ),
        Row(
            "init_file",
            WORDS,
            "Number written at the start when there is no file, after it C(overwrite) to write it in any case.",
            entry=entries.INIT_FILE,
            default="0",
            optional=True,
        ),
    ),
)
