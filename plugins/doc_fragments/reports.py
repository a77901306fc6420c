# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules on the controller take that look at a whole cluster as it is.

Note that this document fragment is PRIVATE to the collection.
"""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  reports:
    description: What the hosts returned.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The inventory name of the host.
        type: str
        required: true
      keepalived:
        description: The result of M(openvip.cluster.keepalived_info), or the failure in its place.
        type: dict
        required: true
      ipvs:
        description: The result of M(openvip.cluster.ipvs_info), or the failure in its place.
        type: dict
        default: {}
"""
