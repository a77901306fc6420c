# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json

from ansible_collections.openvip.cluster.plugins.module_utils._edit_module import edit_documentation


class ModuleDocFragment:
    """The keywords of a virtual_server as options, from the same table as the argument specification."""

    # JSON is YAML too. The annotation keeps ansible-test from looking for a text constant here.
    DOCUMENTATION: str = json.dumps({"options": edit_documentation("virtual_server")})
