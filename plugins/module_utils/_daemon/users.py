# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The users that run the scripts of a configuration.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import grp
import pwd

from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import normalise
from ansible_collections.openvip.cluster.plugins.module_utils._schema.users import all_accounts


def missing(data):
    """Return the users and groups in the data that this host does not have, once each; keepalived drops the scripts."""
    found = []
    for account in all_accounts(normalise(data)[0]):
        for lookup, name in ((pwd.getpwnam, account.user), (grp.getgrnam, account.group)):
            try:
                if name is not None:
                    lookup(name)
            except KeyError:
                found.append(name)
    return list(dict.fromkeys(found))
