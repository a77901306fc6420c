# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter to_keepalived: from data to the text of keepalived.conf."""

from __future__ import annotations

from typing import Any, Callable, Dict, Optional, Tuple

from ansible.errors import AnsibleFilterError

from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render


def to_keepalived(data: Any, version: Optional[str] = None) -> str:
    """The text of the data. Raises AnsibleFilterError with everything that is wrong with it."""
    try:
        return render(data, _version(version))
    except ValueError as error:
        raise AnsibleFilterError("to_keepalived: %s" % error) from error


def _version(text: Optional[str]) -> Optional[Tuple[int, ...]]:
    if text is None:
        return None
    try:
        return tuple(int(part) for part in str(text).lstrip("v").split("."))
    except ValueError:
        raise ValueError('version must be like 2.2.7, got "%s". Write it in digits and dots.' % text) from None


class FilterModule:
    """The filters of this file."""

    def filters(self) -> Dict[str, Callable[..., Any]]:
        """The functions by name."""
        return {"to_keepalived": to_keepalived}
