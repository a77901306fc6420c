# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The directory with the releases of one program, of which a link names the current one. Only this file writes there.

    PREFIX/2.3.3-0a1b2c3d/    a release; it is complete when it has this name, and is never changed again
    PREFIX/current            a link to one of them
    PREFIX/.build/            what is being built

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
from typing import Callable, Dict, Iterator, List, Optional, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._source.release import (
    Release,
    from_record,
    to_record,
)

RECORD = "source_build.json"
LINK = "current"
BUILD = ".build"
# In there, a release that is built again because its program did not answer rightly.
REPLACED = "replaced"
# In a release, what its C(make install) would have written elsewhere, by its whole path.
LEFT_OUT = "left_out"


class BusyError(Exception):
    """Another run builds in the same prefix."""


class Place:
    """One prefix.

    :ivar prefix: its path.
    :ivar build: where releases are built.
    """

    def __init__(self, prefix: str):
        self.prefix = os.path.normpath(prefix)
        self.build = self.path(BUILD)

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
            names = [name for name in os.listdir(self.prefix) if name not in (LINK, BUILD)]
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

        :raises BusyError: somebody does.
        :raises OSError: it cannot be made.
        """
        os.makedirs(self.prefix, mode=0o755, exist_ok=True)
        descriptor = os.open(self.prefix, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise BusyError("another build is going on in %s. Wait for its end." % self.prefix) from error
        try:
            yield
        finally:
            os.close(descriptor)

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
        if os.path.isdir(self.build):
            shutil.rmtree(self.build)

    def take(self, stage: str, release: Release, context: Callable[[str], None]) -> List[str]:
        """Make a release of what C(make install) has put below I(stage).

        It belongs to who runs this, nobody else can write to it, and no file of it runs as somebody else.

        :param context: called with the path of everything that has been put there, to give it its SELinux context.
        :returns: the paths that would have been installed outside of the release; they are kept in its C(LEFT_OUT).
        """
        target = self.path(release.directory)
        staged = stage + target
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
        if os.path.isdir(target):
            os.rename(target, os.path.join(self.build, REPLACED))
        os.rename(staged, target)
        for path in [target, *_all(target)]:
            context(path)
        return left_out

    def take_back(self, directory: str) -> None:
        """Undo C(take)."""
        shutil.rmtree(self.path(directory))
        with contextlib.suppress(FileNotFoundError):
            os.rename(os.path.join(self.build, REPLACED), self.path(directory))

    def activate(self, directory: str) -> None:
        """Point the link to a release in one step."""
        new = self.path(".new-" + LINK)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(new)
        os.symlink(directory, new)
        os.rename(new, self.path(LINK))
        os.utime(self.path(directory, RECORD))

    def remove(self, directory: str) -> None:
        """Remove one release."""
        shutil.rmtree(self.path(directory))

    def remove_all(self) -> None:
        """Remove the releases, the link and, when nothing else is in it, the prefix."""
        if self.current():
            os.unlink(self.path(LINK))
        for directory in self.releases():
            self.remove(directory)
        self.clear()
        with contextlib.suppress(OSError):
            os.rmdir(self.prefix)


def _all(top: str) -> Iterator[str]:
    """Yield the path of everything below a directory, without following links."""
    for directory, directories, files in os.walk(top):
        for name in directories + files:
            yield os.path.join(directory, name)


def _files(top: str) -> List[str]:
    return sorted(path for path in _all(top) if os.path.islink(path) or not os.path.isdir(path))
