# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option of the actions that look at a whole cluster as it is; its documentation is the fragment of that name.

Note that this plugin util is PRIVATE to the collection.
"""

from __future__ import annotations

REPORTS = {
    "reports": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "keepalived": {"type": "dict", "required": True},
            "ipvs": {"type": "dict", "default": {}},
        },
    },
}
