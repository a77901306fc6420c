# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The definition of a cluster as keepalived's table of words knows it.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import Any, Dict

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.order import without_order
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.services import without_groups


def keepalived_words(config: Dict[str, Any]) -> Dict[str, Any]:
    """Return the definition in keepalived's words alone: without those from which the derivation goes out."""
    return without_order(without_groups(config))
