# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One path that a transaction changes: staged in a private directory beside it, exchanged and restored by rename.

    DIRECTORY/NAME                          what programs read
    DIRECTORY/.openvip/                     0700; no include of keepalived, nginx, systemd, sysctl or nftables reads it
    DIRECTORY/.openvip/~ID-NUMBER           the new object before the exchange, the former one after it
    DIRECTORY/.openvip/NAME.TIMESTAMP       backups

Inode numbers identify the objects, so that the state of an interrupted exchange is always clear.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shlex
import shutil
import stat
import time
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple, Union

from . import files
from .process import run

ROOM = ".openvip"
STAGED = "~"
# The suffix of the former object where the file system cannot exchange two names.
ASIDE = ".former"
# The timestamp in the name of a backup.
BACKUP = re.compile(r"\.\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{9}Z")
DIRECTORY_MODE = 0o755
# The number of backups that stay where a former object cannot be restored, because somebody else has changed its path.
LOST_BACKUPS = 10
# Documentation/filesystems/overlayfs.rst of the kernel, "Renaming directories"
NOT_RENAMED = (
    "the kernel cannot rename it, because it comes from a lower layer of an overlay file system, such as the image of "
    "a container. Make it anew once: cp -a {0} {0}.new && rm -r {0} && mv {0}.new {0}")
SELINUX = "/sys/fs/selinux/enforce"
LABEL = "security.selinux"
RESTORE_TIMEOUT = 30.0


class File(NamedTuple):
    """The wanted state of a regular file.

    :ivar path: as C(files.resolved) returned it.
    :ivar data: its content, C(None) for no file.
    :ivar mode: its permissions.
    :ivar backup: how many former versions are kept after this change, 0 for none.
    """

    path: str
    data: Optional[bytes]
    mode: int = 0o600
    backup: int = 0


class Tree(NamedTuple):
    """The wanted state of a directory with its whole content: C({relative path: (content, mode)}), C(None) for no
    directory. The other fields are those of C(File)."""

    path: str
    content: Optional[Dict[str, Tuple[bytes, int]]]
    backup: int = 0


class Link(NamedTuple):
    """The wanted state of a symbolic link; C(None) for no link."""

    path: str
    target: Optional[str]
    backup: int = 0


Object = Union[File, Tree, Link]


class RestoreError(Exception):
    """A path is neither the former nor the new object; the message names it."""


class Place:
    """One path under change.

    :ivar name: the name of the staged object in the private directory; begins with C(STAGED).
    :ivar old: inode number of the former object, C(None) when there was none.
    :ivar new: inode number of the staged object, C(None) when the path is to be removed.
    :ivar made: the directories above it that were missing before the change, the outermost first.
    """

    def __init__(self, path: str, name: str, stack: contextlib.ExitStack) -> None:
        self.path = path
        self.name = name
        self.old: Optional[int] = None
        self.new: Optional[int] = None
        # when the content of a new file or link was written (st_mtime_ns); one that has changed is somebody else's
        self.written: Optional[int] = None
        self.made: List[str] = []
        directory = os.path.dirname(path)
        while not os.path.lexists(directory):
            self.made.insert(0, directory)
            directory = os.path.dirname(directory)
        self._stack = stack
        self._directory = -1
        self._room = -1
        # Whether the former object cannot be restored to its place.
        self._lost = False

    @classmethod
    def recorded(cls, record: Dict[str, Any], stack: contextlib.ExitStack) -> Place:
        """Return the place of an earlier run from its C(record)."""
        place = cls(record["path"], record["name"], stack)
        place.old, place.new, place.written, place.made = (record[key] for key in ("old", "new", "written", "made"))
        return place

    def record(self) -> Dict[str, Any]:
        return {"path": self.path, "name": self.name, "old": self.old, "new": self.new, "written": self.written,
                "made": self.made}

    @contextlib.contextmanager
    def named(self) -> Iterator[None]:
        """Have an error name the whole path where it names a part of it, or nothing."""
        try:
            yield
        except OSError as error:
            if not os.path.isabs(str(error.filename)):
                error.filename = self.path
            raise

    def stage(self, wanted: Object, before: Optional[Place] = None) -> None:
        """Write the object beside its place, with its final mode and owner, and sync it to the disk.

        :param before: the place of an earlier step of the same change with the same path.
        :raises OSError: it cannot be written.
        """
        for each in self.made:
            with contextlib.suppress(FileExistsError), files.opened(os.path.dirname(each)) as above:
                os.mkdir(os.path.basename(each), DIRECTORY_MODE, dir_fd=above)
                os.chmod(os.path.basename(each), DIRECTORY_MODE, dir_fd=above)
        self._open()
        base = os.path.basename(self.path)
        former = files.status(base, self._directory)
        if former is not None and stat.S_ISDIR(former.st_mode) is not isinstance(wanted, Tree):
            raise OSError(errno.EEXIST, "exists, but is not of the same kind (file or directory). Remove it first",
                          self.path)
        self.old = before.new if before else former.st_ino if former else None
        if isinstance(wanted, File) and wanted.data is not None:
            self._write(self._room, self.name, wanted.data, wanted.mode, former)
        elif isinstance(wanted, Tree) and wanted.content is not None:
            self._write_tree(wanted.content)
        elif isinstance(wanted, Link) and wanted.target is not None:
            os.symlink(wanted.target, self.name, dir_fd=self._room)
        staged = files.status(self.name, self._room)
        self.new = staged.st_ino if staged else None
        self.written = staged.st_mtime_ns if staged and not stat.S_ISDIR(staged.st_mode) else None
        os.fsync(self._room)

    def exchange(self) -> None:
        """Move the staged object to its place in one step; the former one stays in the private directory.

        :raises OSError: the rename failed. Then nothing has changed, or C(restore) restores it.
        """
        base = os.path.basename(self.path)
        try:
            if self.new is None:
                if self.old is not None:
                    os.rename(base, self.name, src_dir_fd=self._directory, dst_dir_fd=self._room)
            else:
                self._swap(self.name, self.old is not None)
        except OSError as error:
            if error.errno == errno.EXDEV:
                # Only by removing it first it could be replaced, and a kill in between would leave nothing.
                raise OSError(errno.EXDEV, NOT_RENAMED.format(shlex.quote(self.path)), self.path) from error
            raise
        self._settle()

    def is_former(self) -> bool:
        """Return whether the former object is in its place.

        :raises OSError: its directory cannot be read, or does not exist any more.
        """
        self._open()
        return self._inode(os.path.basename(self.path), self._directory) == self.old

    def is_new(self) -> bool:
        """Return whether the new object is in its place, as it was written."""
        found = _lstat(self.path)
        return (found.st_ino if found else None) == self.new and (
            found is None or self.written in (None, found.st_mtime_ns))

    def former(self) -> Optional[bytes]:
        """Return the content of the former file while the new object is in its place, C(None) without a former file.

        :raises OSError: it cannot be read, or is not there any more.
        """
        if self.old is None:
            return None
        room = os.path.join(os.path.dirname(self.path), ROOM)
        for path in (os.path.join(room, self.name), os.path.join(room, self.name + ASIDE)):
            found = _lstat(path)
            if found and found.st_ino == self.old:
                return files.read(path)
        raise FileNotFoundError(errno.ENOENT, f"the former {self.path} is not there any more", room)

    def restore(self) -> None:
        """Bring the former object back, wherever the exchange was interrupted. Needs no space.

        :raises RestoreError: somebody else has changed the path since.
        :raises OSError: it cannot be renamed, or its directory does not exist any more.
        """
        if self.is_former():
            return
        base = os.path.basename(self.path)
        found = files.status(base, self._directory)
        live = found.st_ino if found else None
        if found and (live != self.new or self.written not in (None, found.st_mtime_ns)):
            self._lost = True
            raise RestoreError(f"{self.path} was changed by somebody else meanwhile and stays so. The "
                               f"former object is kept in {ROOM} beside it.")
        if self.old is None:
            os.rename(base, self.name, src_dir_fd=self._directory, dst_dir_fd=self._room)
        else:
            kept = [name for name in (self.name, self.name + ASIDE) if self._inode(name, self._room) == self.old]
            if not kept:
                raise RestoreError(f"the former {self.path} is not in {ROOM} beside it any more.")
            self._swap(kept[0], live is not None)
        self._settle()

    def clean(self, backup: int = 0, restored: bool = False) -> Optional[str]:
        """Remove staged and former objects from the private directory, and keep the former one as a backup if wanted.

        :param backup: how many backups of this path stay, including this one; 0 keeps none and removes no earlier one.
        :param restored: whether to remove the directories that were made for the path, too.
        :returns: the path of the backup, C(None) without one.
        :raises OSError: something cannot be removed.
        """
        kept = None
        with contextlib.suppress(OSError):  # a directory that cannot be entered has none of our objects
            self._open()
        if self._lost:
            backup, restored = LOST_BACKUPS, False
        if backup > 0 and self.old is not None and not restored:
            base = os.path.basename(self.path)
            for name in (self.name, self.name + ASIDE):
                if self._inode(name, self._room) == self.old:
                    now = time.time_ns()
                    kept = f"{base}{time.strftime('.%Y-%m-%dT%H-%M-%S', time.gmtime(now // 10**9))}.{now % 10**9:09d}Z"
                    os.rename(name, kept, src_dir_fd=self._room, dst_dir_fd=self._room)
            # The one just made stays, also where a clock that was set back makes it the oldest by its name.
            others = sorted(name for name in os.listdir(self._room)
                            if name != kept and name.startswith(base) and BACKUP.fullmatch(name[len(base):]))
            for name in others[:max(len(others) - backup + bool(kept), 0)]:
                self._remove(name)
        if self._room >= 0:
            ours = self.name.partition("-")[0] + "-"
            for name in os.listdir(self._room):
                # Objects of other places of this change stay; leftovers of other changes are removed.
                if name in (self.name, self.name + ASIDE) or (name.startswith(STAGED) and not name.startswith(ours)):
                    self._remove(name)
            with contextlib.suppress(OSError):
                os.rmdir(ROOM, dir_fd=self._directory)
        for directory in reversed(self.made if restored else []):
            with contextlib.suppress(OSError):
                os.rmdir(directory)
        return os.path.join(os.path.dirname(self.path), ROOM, kept) if kept else None

    def _open(self) -> None:
        """Open the directory and the private directory in it, which is made if it is missing.

        :raises OSError: the directory does not exist, or others can enter the private one.
        """
        if self._room >= 0:
            return
        directory = os.path.dirname(self.path)
        self._directory = self._stack.enter_context(files.opened(directory))
        with contextlib.suppress(FileExistsError):
            os.mkdir(ROOM, 0o700, dir_fd=self._directory)
        path = os.path.join(directory, ROOM)
        try:
            room = os.open(ROOM, files.DIRECTORY, dir_fd=self._directory)
        except OSError as error:
            error.filename = path
            raise
        self._stack.callback(os.close, room)
        found = os.fstat(room)
        if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
            raise OSError(errno.EPERM, f"it is not a directory that only user {os.geteuid()} can enter. Find out who "
                          "made it, and remove it", path)
        self._room = room

    def _write(self, directory: int, name: str, data: bytes, mode: int, former: Optional[os.stat_result]) -> None:
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600,
                             dir_fd=directory)
        with os.fdopen(descriptor, "wb") as stream:
            if former is not None:
                if (former.st_uid, former.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(descriptor, former.st_uid, former.st_gid)
                with contextlib.suppress(OSError):  # not every file system or kernel supports it
                    os.setxattr(descriptor, LABEL, os.getxattr(self.path, LABEL, follow_symlinks=False))
            stream.write(data)
            stream.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)

    def _write_tree(self, content: Dict[str, Tuple[bytes, int]]) -> None:
        top = f"/proc/self/fd/{self._room}/{self.name}"
        os.mkdir(top, 0o700)
        for path, (data, mode) in content.items():
            directory = os.path.join(top, os.path.dirname(path))
            os.makedirs(directory, exist_ok=True)
            descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                self._write(descriptor, os.path.basename(path), data, mode, None)
            finally:
                os.close(descriptor)
        for directory, dummy, dummy in os.walk(top, topdown=False):
            os.chmod(directory, DIRECTORY_MODE)
            files.sync(directory)

    def _swap(self, name: str, exists: bool) -> None:
        """Exchange the object I(name) of the private directory with the object at the path."""
        base = os.path.basename(self.path)
        if exists and files.exchange(name, self._room, base, self._directory):
            return
        aside = self.name + ASIDE if name == self.name else self.name
        if exists and not stat.S_ISDIR(os.stat(base, dir_fd=self._directory, follow_symlinks=False).st_mode):
            with contextlib.suppress(FileExistsError):  # by a restoring that was interrupted
                os.link(base, aside, src_dir_fd=self._directory, dst_dir_fd=self._room, follow_symlinks=False)
        elif exists:
            os.rename(base, aside, src_dir_fd=self._directory, dst_dir_fd=self._room)
        os.rename(name, base, src_dir_fd=self._room, dst_dir_fd=self._directory)

    def _settle(self) -> None:
        os.fsync(self._room)
        os.fsync(self._directory)
        if os.path.exists(SELINUX):
            with contextlib.suppress(OSError):  # a host without the program has no policy either
                run(["restorecon", "-R", self.path], RESTORE_TIMEOUT)

    def _inode(self, name: str, directory: int) -> Optional[int]:
        found = files.status(name, directory)
        return found.st_ino if found else None

    def _remove(self, name: str) -> None:
        found = files.status(name, self._room)
        if found is not None and stat.S_ISDIR(found.st_mode):
            shutil.rmtree(f"/proc/self/fd/{self._room}/{name}")
        elif found is not None:
            os.unlink(name, dir_fd=self._room)


def _lstat(path: str) -> Optional[os.stat_result]:
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
