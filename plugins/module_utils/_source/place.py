# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The directory with the releases of one program, of which a link names the current one. Only this file writes there.

    PREFIX/2.3.3-0a1b2c3d/    a release; it is complete when it has this name, and is never changed again
    PREFIX/current            a link to one of them
    PREFIX/.build/            what is being built, and what is being removed
    PREFIX/.aside/            a release that is being replaced, where the file system cannot exchange two names

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import os
import shutil
import signal
import stat
import time
from typing import Callable, Dict, Iterator, List, Optional, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._kit import files, lock
from ansible_collections.openvip.cluster.plugins.module_utils._kit.place import Link
from ansible_collections.openvip.cluster.plugins.module_utils._kit.transaction import Step
from ansible_collections.openvip.cluster.plugins.module_utils._source.release import (
    Release,
    from_record,
    to_record,
)
from ansible_collections.openvip.cluster.plugins.module_utils._source.trust import untrusted

RECORD = "source_build.json"
LINK = "current"
BUILD = ".build"
# In that directory: new releases before they get their name, and releases that are being removed.
READY = "ready"
GONE = "gone-"
ASIDE = ".aside"
# In a release, what its C(make install) would have written elsewhere, by its whole path.
LEFT_OUT = "left_out"
# Seconds between two searches for processes of a killed build.
POLL = 0.02
# Seconds within which a killed process ends.
PATIENCE = 10


class Place:
    """One prefix.

    :ivar prefix: its path.
    :ivar build: where releases are built.
    :ivar aside: the directory of a release that is being replaced.
    """

    def __init__(self, prefix: str):
        self.prefix = os.path.normpath(prefix)
        self.build = self.path(BUILD)
        self.aside = self.path(ASIDE)

    def path(self, *names: str) -> str:
        return os.path.join(self.prefix, *names)

    def current(self) -> Optional[str]:
        """Return the name of the directory of the current release, C(None) when there is none."""
        try:
            return os.path.basename(os.readlink(self.path(LINK)))
        except OSError:
            return None

    def release(self, directory: Optional[str]) -> Optional[Release]:
        """Return what a directory was built from, C(None) when it is no release."""
        try:
            with open(self.path(directory or "", RECORD), encoding="utf-8") as stream:
                return from_record(stream.read()) if directory else None
        except (OSError, ValueError):
            return None

    def releases(self) -> Dict[str, Release]:
        """Return all releases by the names of their directories, the one that was current last first."""
        try:
            names = [name for name in os.listdir(self.prefix) if name not in (LINK, BUILD, ASIDE)]
        except OSError:
            return {}
        found = {name: release for name, release in ((name, self.release(name)) for name in names) if release}
        return dict(sorted(found.items(), key=lambda each: os.stat(self.path(each[0], RECORD)).st_mtime_ns,
                           reverse=True))

    def surplus(self, wanted: str, keep: int) -> List[str]:
        """Return the directories of the releases that are too many when I(wanted) is the current one.

        :param keep: how many others stay: those that were current last.
        """
        return [name for name in self.releases() if name != wanted][keep:]

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Make the prefix and let nobody else change it.

        :raises lock.LockError: another process builds there; the message names it.
        :raises OSError: it cannot be made, or somebody else could replace the files in it.
        """
        digest = hashlib.sha256(os.path.realpath(self.prefix).encode()).hexdigest()[:16]
        with lock.locked(os.path.join(lock.DIRECTORY, "source_build-" + digest), 0, "a build in " + self.prefix):
            os.makedirs(self.prefix, mode=0o755, exist_ok=True)
            fault = untrusted(self.prefix)
            if fault:
                raise OSError(errno.EPERM, fault)
            yield

    def prepare(self, owner: Tuple[int, int]) -> Dict[str, str]:
        """Make an empty place to build in, which a build that was killed may have left full.

        :param owner: user and group id.
        :returns: the paths of its directories by name.
        """
        self.clear()
        os.mkdir(self.build, 0o700)
        paths = {name: os.path.join(self.build, name) for name in ("source", "stage", "tmp")}
        for path in paths.values():
            os.mkdir(path, 0o755)
            os.chown(path, *owner)
        os.chown(self.build, *owner)
        return paths

    def clear(self) -> None:
        """Remove the leftovers of an interrupted build or removal, and end its processes."""
        for name in os.listdir(self.aside) if os.path.isdir(self.aside) else []:
            if not os.path.lexists(self.path(name)):
                os.rename(os.path.join(self.aside, name), self.path(name))
        if os.path.isdir(self.build):
            _end_all_in(os.path.realpath(self.build))
        for path in (self.aside, self.build):
            if os.path.isdir(path):
                shutil.rmtree(path)

    def left(self) -> bool:
        """Return whether C(clear) has anything to remove."""
        return os.path.isdir(self.build) or os.path.isdir(self.aside)

    def take(self, stage: str, release: Release, context: Callable[[str], None]) -> List[str]:
        """Make a release of what C(make install) has put below I(stage).

        It belongs to the user who runs this, nobody else can write to it, and no file of it is setuid or setgid. It is
        on the disk before it gets its name.

        :param context: called with the path of everything that has been put there, to give it its SELinux context.
        :returns: the paths that would have been installed outside of the release; they are kept in its C(LEFT_OUT).
        """
        target = self.path(release.directory)
        staged = stage + target
        os.chown(self.build, os.geteuid(), os.getegid())
        left_out = [name[len(stage):] for name in _files(stage) if not name.startswith(staged + "/")]
        os.makedirs(staged, exist_ok=True)
        for name in left_out:
            kept = os.path.join(staged, LEFT_OUT) + name
            os.makedirs(os.path.dirname(kept), exist_ok=True)
            os.rename(stage + name, kept)
        for path in [staged, *_all(staged)]:
            os.chown(path, os.geteuid(), os.getegid(), follow_symlinks=False)
            if not os.path.islink(path):
                os.chmod(path, stat.S_IMODE(os.lstat(path).st_mode) & ~0o7022)
        with open(os.path.join(staged, RECORD), "w", encoding="utf-8") as stream:
            stream.write(to_record(release))
        os.rename(staged, os.path.join(self.build, READY))
        self.settle()
        self._exchange(release.directory)
        for path in [target, *_all(target)]:
            context(path)
        self.settle()
        return left_out

    def _exchange(self, directory: str) -> None:
        """Give a complete release its name. A former release with that name is exchanged with it, or moved aside."""
        ready, target = os.path.join(self.build, READY), self.path(directory)
        if os.path.isdir(target):
            with files.opened(files.resolved(self.build)) as build, files.opened(files.resolved(self.prefix)) as prefix:
                if files.exchange(READY, build, directory, prefix):
                    return
            os.makedirs(self.aside, exist_ok=True)
            os.rename(target, os.path.join(self.aside, directory))
        os.rename(ready, target)

    def undo_take(self, directory: str) -> None:
        """Undo C(take)."""
        ready, aside = os.path.join(self.build, READY), os.path.join(self.aside, directory)
        if os.path.isdir(ready):
            self._exchange(directory)
            return
        os.rename(self.path(directory), ready)
        if os.path.isdir(aside):
            os.rename(aside, self.path(directory))

    def link(self, directory: Optional[str]) -> List[Step]:
        """Return the steps of a transaction that switch the link to a release, or remove it; empty without a
        difference."""
        if self.current() == directory:
            return []
        return [Link(os.path.join(files.resolved(self.prefix), LINK), directory)]

    def mark(self, directory: str) -> None:
        """Record that a release is the current one, before the link is switched."""
        os.utime(self.path(directory, RECORD))
        self.settle()

    def settle(self) -> None:
        """Sync everything that was written in the prefix to the disk (syncfs(2)).

        :raises OSError: it cannot be written.
        """
        descriptor = os.open(self.prefix, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            if ctypes.CDLL(None, use_errno=True).syncfs(descriptor) != 0:
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number), self.prefix)
        finally:
            os.close(descriptor)

    def remove(self, directory: str) -> None:
        """Remove one release. It loses its name before its first file is removed."""
        os.makedirs(self.build, 0o700, exist_ok=True)
        os.rename(self.path(directory), os.path.join(self.build, GONE + directory))

    def remove_all(self) -> None:
        """Remove the releases and, when nothing else is in it, the prefix. The link has to be removed before."""
        self.clear()
        for directory in self.releases():
            self.remove(directory)
        self.clear()
        with contextlib.suppress(OSError):
            os.rmdir(self.prefix)


def _end_all_in(directory: str) -> None:
    """End the processes of a killed build, which would go on writing there. Only the user who builds can be there.
    """
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = []
        for number in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):  # it has ended
                where = os.readlink("/proc/%s/cwd" % number)
                if (where + "/").startswith(directory + "/") and os.stat("/proc/" + number).st_uid != os.geteuid():
                    found.append(int(number))
        if not found:
            return
        for process in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(POLL)


def _all(top: str) -> Iterator[str]:
    """Yield the path of everything below a directory, without following links."""
    for directory, directories, names in os.walk(top):
        for name in directories + names:
            yield os.path.join(directory, name)


def _files(top: str) -> List[str]:
    return sorted(path for path in _all(top) if os.path.islink(path) or not os.path.isdir(path))
