# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read a file that only root can have written, at a path where others may put something else.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import Tuple


class ForeignError(OSError):
    """The object at the path is not a file that only root can have written; the message names it."""


def read(path: str) -> Tuple[bytes, os.stat_result]:
    """Return the content of a file and its fstat(2) result. Never blocks on a pipe, a link or a directory.

    :raises ForeignError: it is not a regular file with a single name that only root can write.
    :raises FileNotFoundError: nothing is there.
    :raises OSError: it cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        # a link (open(2)), and a socket
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise _foreign(path, os.lstat(path)) from error
        raise
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != 0 or found.st_mode & 0o022 or found.st_nlink != 1:
            raise _foreign(path, found)
        with os.fdopen(descriptor, "rb", closefd=False) as stream:
            return stream.read(), found
    finally:
        os.close(descriptor)


def _foreign(path: str, found: os.stat_result) -> ForeignError:
    return ForeignError(errno.EPERM, "%s of user %d with %d name%s, not a file that only root may write to" % (
        stat.filemode(found.st_mode), found.st_uid, found.st_nlink, "" if found.st_nlink == 1 else "s"), path)
