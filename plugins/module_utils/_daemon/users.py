# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The users that run the scripts of a configuration.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import pwd


def script_users(data):
    """Return the names of the users that the data gives scripts to, once each, in their order."""
    named = [(data.get("global_defs") or {}).get("script_user")]
    named += [script.get("user") for script in data.get("vrrp_script") or []]
    return list(dict.fromkeys(words.split()[0] for words in named if words))


def missing(data):
    """Return those of C(script_users) that this host does not know; keepalived drops the scripts of such a user."""
    found = []
    for name in script_users(data):
        try:
            pwd.getpwnam(name)
        except KeyError:
            found.append(name)
    return found
