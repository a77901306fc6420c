# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json

from ansible_collections.openvip.cluster.plugins.module_utils._schema.spec import options_documentation


class ModuleDocFragment:
    """The option C(config): the data of keepalived.conf, from the same table as the argument specification."""

    # JSON is YAML too. The annotation keeps ansible-test from looking for a text constant here.
    DOCUMENTATION: str = json.dumps(
        {
            "options": {
                "config": {
                    "description": [
                        "The configuration in keepalived's own words.",
                        "Named blocks are lists of dictionaries with C(name), blocks of entries are lists of text, one "
                        "entry each, and flags are booleans.",
                        "The same form is returned by M(openvip.cluster.keepalived_info) and "
                        "P(openvip.cluster.from_keepalived#filter).",
                    ],
                    "type": "dict",
                    "required": True,
                    "suboptions": options_documentation(),
                }
            }
        }
    )
