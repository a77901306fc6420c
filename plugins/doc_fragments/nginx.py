# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json

from ansible_collections.openvip.cluster.plugins.module_utils._nginx.spec import options_documentation


class ModuleDocFragment:
    """The option C(config): the data of nginx's files, from the same table as the argument specification."""

    # JSON is YAML too. The annotation keeps ansible-test from looking for a text constant here.
    DOCUMENTATION: str = json.dumps(
        {
            "options": {
                "config": {
                    "description": [
                        "The configuration in nginx's own words: its blocks are dictionaries, and lists of them where "
                        "there may be several.",
                        "Paths may be relative to the directory of O(path).",
                    ],
                    "type": "dict",
                    "required": True,
                    "suboptions": options_documentation(),
                }
            }
        }
    )
