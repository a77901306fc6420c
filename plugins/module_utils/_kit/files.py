# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Open, read and exchange files so that no unprivileged user can redirect a path.

A path is resolved once. A link is followed only if root, or the user who runs this, has made it. Afterwards each
directory of the path is opened without following links, and every operation is relative to an open directory
(openat(2)).

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import stat
from typing import Iterator, Optional

# linux/fs.h
RENAME_EXCHANGE = 2
# The limit of the kernel for links in a path (MAXSYMLINKS of include/linux/namei.h).
LINKS = 40
# The flags for a directory: no link is followed, and started programs do not inherit the descriptor.
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# The errors of a file system without RENAME_EXCHANGE (rename(2)).
_NO_EXCHANGE = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)


class UnsafeError(OSError):
    """A path leads through a link of another user; the message names it and the remedy."""


def resolved(path: str) -> str:
    """Return the absolute path without links, also where its end does not exist.

    :raises UnsafeError: a link in it belongs neither to root nor to the user who runs this.
    :raises OSError: it cannot be read.
    """
    rest = [name for name in reversed(os.path.abspath(path).split("/")) if name]
    current = "/"
    links = 0
    while rest:
        name = rest.pop()
        if name == "..":
            current = os.path.dirname(current)
            continue
        step = os.path.join(current, name)
        try:
            found = os.lstat(step)
        except FileNotFoundError:
            found = None
        if found is None or not stat.S_ISLNK(found.st_mode):
            current = step
            continue
        if found.st_uid not in (0, os.geteuid()):
            raise UnsafeError(errno.EPERM, f"a link that user {found.st_uid} made, which root must not follow. Remove "
                              "it, or set the path to its target", step)
        links += 1
        if links > LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
        target = os.readlink(step)
        if target.startswith("/"):
            current = "/"
        rest.extend(part for part in reversed(target.split("/")) if part not in ("", "."))
    return current


@contextlib.contextmanager
def opened(directory: str) -> Iterator[int]:
    """Open a directory of a path that C(resolved) returned; the block gets its descriptor.

    :raises OSError: it does not exist, or a part of it has become a link meanwhile.
    """
    descriptor = os.open("/", DIRECTORY)
    try:
        for name in directory.split("/"):
            if name:
                try:
                    inner = os.open(name, DIRECTORY, dir_fd=descriptor)
                except OSError as error:
                    error.filename = directory
                    raise
                os.close(descriptor)
                descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def read(path: str) -> Optional[bytes]:
    """Return the content of a regular file, C(None) when there is none.

    :param path: as C(resolved) returned it.
    :raises OSError: it cannot be read, or is not a regular file. This never blocks.
    """
    try:
        with opened(os.path.dirname(path)) as directory:
            descriptor = os.open(os.path.basename(path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC,
                                 dir_fd=directory)
    except FileNotFoundError:
        return None
    except OSError as error:
        error.filename = path
        raise
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
        return stream.read()


def write(path: str, data: bytes, mode: int) -> None:
    """Write a file of our own in one step, and sync it to the disk. What a killed process has left is replaced.

    :param path: in a directory that only root can change.
    :raises OSError: it cannot be written; then the former file stays.
    """
    fresh = path + ".new"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(fresh)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        os.rename(fresh, path)
    except OSError:
        os.unlink(fresh)
        raise
    sync(os.path.dirname(path))


def sync(directory: str) -> None:
    """Sync the entries of a directory to the disk.

    :raises OSError: it cannot be opened or synced.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_text(path: str) -> Optional[str]:
    """Return the text of a regular file by any path; C(None) without a file.

    Bytes that are not UTF-8 survive as surrogates.

    :raises OSError: see C(resolved) and C(read).
    """
    data = read(resolved(path))
    return None if data is None else data.decode("utf-8", "surrogateescape")


def status(name: str, directory: int) -> Optional[os.stat_result]:
    """Return the lstat(2) result of a name in an open directory, C(None) when it does not exist."""
    try:
        return os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return None


def exchange(one: str, one_directory: int, other: str, other_directory: int) -> bool:
    """Exchange two names in one step; both must exist.

    :returns: C(False) where the file system does not support that.
    :raises OSError: it failed for another reason.
    """
    library = ctypes.CDLL(None, use_errno=True)
    try:
        call = library.renameat2  # glibc 2.28
    except AttributeError:
        return False
    if call(one_directory, os.fsencode(one), other_directory, os.fsencode(other), RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NO_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number), other)
