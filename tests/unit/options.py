# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Options of modules and roles, for tests of what is generated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Options = dict[str, Any]


def flat(options: Options, below: str, path: str = "") -> Iterator[tuple[str, Options]]:
    """Yield the path and the option of all options, those inside of others too.

    :param below: the key of the options inside: C(options) in a specification, C(suboptions) in documentation.
    """
    for key, option in options.items():
        yield path + key, option
        yield from flat(option.get(below, {}), below, path + key + "/")
