# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether another user could replace a build, because of a directory on its path.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
from typing import List, Optional, Set

from ansible_collections.openvip.cluster.plugins.module_utils._kit import files


def untrusted(prefix: str) -> Optional[str]:
    """Return why a directory, which need not exist, is not safe for programs that root runs; C(None) where it is safe.

    Every directory and link of its path, and of the targets of these links, has to belong to root or to the user who
    runs this, and nobody else may write to it. In a directory with the sticky bit nobody can replace files of another
    user (inode(7)).

    :raises OSError: it cannot be inspected, or a link in it belongs to somebody else (C(files.UnsafeError)).
    """
    for path in dict.fromkeys([*_way(prefix), *_way(files.resolved(prefix))]):
        try:
            found = os.lstat(path)
        except FileNotFoundError:
            continue
        fault = _fault(found)
        if fault:
            return "%s %s, who could replace what is built in %s. Choose a directory that only root can change." % (
                path, fault, prefix)
    return None


def _way(path: str) -> List[str]:
    """Return a path and its parents, the outermost first."""
    parts = os.path.abspath(path).split("/")
    return ["/".join(parts[:end]) or "/" for end in range(1, len(parts) + 1)]


def _fault(found: os.stat_result) -> Optional[str]:
    """Return the fault of a directory or a link of the path, as the first part of a sentence."""
    if found.st_uid not in (0, os.geteuid()):
        return "belongs to user %s" % _name(found.st_uid)
    if not stat.S_ISDIR(found.st_mode) or found.st_mode & stat.S_ISVTX:
        return None
    if found.st_mode & stat.S_IWOTH:
        return "can be written to by every user"
    if found.st_mode & stat.S_IWGRP and _members(found.st_gid):
        return "can be written to by the group of %s" % ", ".join(sorted(_members(found.st_gid)))
    return None


def _name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _members(number: int) -> Set[str]:
    """Return the names of the users in a group, without root and the user who runs this."""
    try:
        names = set(grp.getgrgid(number).gr_mem)
    except KeyError:
        names = set()
    users = [user for user in pwd.getpwall() if user.pw_gid == number or user.pw_name in names]
    return {user.pw_name for user in users if user.pw_uid not in (0, os.geteuid())}
