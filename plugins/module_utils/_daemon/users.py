# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The users that run the scripts of a configuration.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import grp
import pwd


def script_users(data):
    """Return C((user, group or None)) of those that the data gives scripts to, once each, in their order."""
    named = [(data.get("global_defs") or {}).get("script_user")]
    named += [script.get("user") for script in data.get("vrrp_script") or []]
    return list(dict.fromkeys(tuple([*words.split(), None][:2]) for words in named if words))


def missing(data):
    """Return the users and groups of C(script_users) that this host does not know; keepalived drops their scripts."""
    return unknown(script_users(data))


def unknown(users):
    """Return the names among I(users), C((user, group or None)) each, that this host does not know."""
    found = []
    for user, group in users:
        for lookup, name in ((pwd.getpwnam, user), (grp.getgrnam, group)):
            try:
                if name is not None:
                    lookup(name)
            except KeyError:
                found.append(name)
    return found
