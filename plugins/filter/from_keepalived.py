# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter from_keepalived: from the text of a keepalived.conf to data."""

from __future__ import annotations

from typing import Any, Callable, Dict

from ansible.errors import AnsibleFilterError

from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read


def from_keepalived(text: Any) -> Dict[str, Any]:
    """The data of the text. Raises AnsibleFilterError for text that keepalived does not read as it looks."""
    if not isinstance(text, str):
        kind = type(text).__name__
        raise AnsibleFilterError(
            "from_keepalived: must be the text of a keepalived.conf, got %s. Read the file." % kind
        )
    document = parse(text, "keepalived.conf")
    if document.problems:
        raise AnsibleFilterError("from_keepalived: %s" % "\n".join(str(problem) for problem in document.problems))
    return read(document)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> Dict[str, Callable[..., Any]]:
        """The functions by name."""
        return {"from_keepalived": from_keepalived}
