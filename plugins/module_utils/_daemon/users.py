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
    found = [name for account in all_accounts(normalise(data)[0]) for name in absent(account.user, account.group)]
    return list(dict.fromkeys(found))


def absent(user, group=None):
    """Return which of a user and a group this host does not have: their names, once each."""
    found = []
    for lookup, name in ((pwd.getpwnam, user), (grp.getgrnam, group)):
        try:
            if name:
                lookup(name)
        except KeyError:
            found.append(name)
    return list(dict.fromkeys(found))
