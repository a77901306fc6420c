# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The files on the host: what is there, how it differs, and the exchange of all of it at a time.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import glob
import os
import shutil
import stat
import tempfile
import time
from typing import Any, Dict, List, Optional

from ansible_collections.openvip.cluster.plugins.module_utils import _io

from .complete import DIRECTORY
from .others import Part
from .program import put
from .render import MODE, File

# It is there from before a change until nginx has taken it: a run that was interrupted is finished by the next one.
PENDING = ".pending"
_MASK = "********\n"


def read(path: str) -> Optional[File]:
    """Return a file with its permissions, or None when there is none.

    :raises OSError: it cannot be read.
    """
    text = _io.load(path)
    return None if text is None else File(text, stat.S_IMODE(os.stat(path).st_mode))


def read_tree(home: str) -> Dict[str, File]:
    """Return the files of our directory by their paths relative to I(home).

    :raises OSError: one cannot be read.
    """
    found = {}
    for directory, _directories, names in os.walk(os.path.join(home, DIRECTORY)):
        for name in names:
            path = os.path.join(directory, name)
            file = read(path) if name != PENDING else None
            if file is not None:
                found[os.path.relpath(path, home)] = file
    return found


def matching(pattern: str) -> List[Part]:
    """Return the files of an absolute pattern, in the order in which nginx reads them.

    :raises OSError: one cannot be read.
    """
    texts = ((path, _io.load(path)) for path in sorted(glob.glob(pattern)) if os.path.isfile(path))
    return [Part(path, os.path.realpath(path), text) for path, text in texts if text is not None]


def is_pending(home: str) -> bool:
    """Whether an earlier run ended before nginx had taken what it wrote."""
    return os.path.exists(os.path.join(home, DIRECTORY, PENDING))


def _shown(file: Optional[File]) -> str:
    """Return the text for a difference; what others cannot read is masked."""
    if file is None:
        return ""
    return file.text if file.mode & stat.S_IROTH else _MASK


def difference(path: str, before: Optional[File], after: Optional[File]) -> Dict[str, str]:
    """Return Ansible's diff of one file; C(None) stands for no file."""
    texts = [_shown(before), _shown(after)]
    if before is not None and after is not None:
        if texts[0] == texts[1] and before.text != after.text:
            texts[1] += "a masked value differs\n"
        if before.mode != after.mode:
            texts = ["mode: %04o\n%s" % (file.mode, text) for file, text in zip((before, after), texts)]
    headers = ["%s%s" % (path, "" if file else " (no file)") for file in (before, after)]
    return {"before_header": headers[0], "after_header": headers[1], "before": texts[0], "after": texts[1]}


class Exchange:
    """The exchange of our directory and of single files, which can be undone.

    :ivar backups: the former directory and files under names with a time stamp, when they are kept.
    """

    def __init__(self, module: Any, home: str, backup: bool) -> None:
        self.module = module
        self.home = home
        self.backup = backup
        self.backups: List[str] = []
        self._directory = os.path.join(home, DIRECTORY)
        self._former: Optional[str] = None
        self._exchanged = False
        self._pended = False
        self._written: List[Any] = []

    def directory(self, files: Dict[str, File]) -> None:
        """Put a directory with these files in the place of the one that is there.

        :raises OSError: it cannot be written; then the former one is in its place.
        """
        fresh = tempfile.mkdtemp(prefix=".%s." % DIRECTORY, dir=self.home)
        try:
            os.chmod(fresh, 0o755)
            for path, file in files.items():
                put(fresh, os.path.relpath(path, DIRECTORY), file)
            put(fresh, PENDING, File(""))
            if os.path.isdir(self._directory):
                stamp = time.strftime("%s.%%Y-%%m-%%d@%%H:%%M:%%S." % DIRECTORY)
                self._former = tempfile.mkdtemp(prefix=stamp, suffix="~", dir=self.home)
                os.rename(self._directory, self._former)
            os.rename(fresh, self._directory)
        except OSError:
            if self._former and not os.path.isdir(self._directory):
                os.rename(self._former, self._directory)
            elif self._former:
                os.rmdir(self._former)
            self._former = None
            shutil.rmtree(fresh)
            raise
        self._exchanged = True

    def pend(self) -> None:
        """Note in the directory that nginx has yet to take a change.

        :raises OSError: it cannot be written.
        """
        if not os.path.isdir(self._directory):
            self.directory({})
        elif not is_pending(self.home):
            put(self._directory, PENDING, File(""))
            self._pended = True

    def file(self, path: str, before: Optional[File], after: File) -> None:
        """Replace one file.

        Its copy is kept beside the main file: beside a page everybody could fetch it.

        :raises OSError: it cannot be written.
        """
        kept = _io.write(self.module, path, after.text, self.backup, after.mode, self.home)
        self._written.append((path, before))
        if kept:
            self.backups.append(kept)

    def undo(self) -> None:
        """Put everything back.

        :raises OSError: it cannot be written.
        """
        for path, before in reversed(self._written):
            _io.restore(self.module, path, before and before.text, before.mode if before else MODE)
        for kept in self.backups:
            os.unlink(kept)
        if self._exchanged:
            shutil.rmtree(self._directory)
        if self._former:
            os.rename(self._former, self._directory)
        if self._pended:
            os.unlink(os.path.join(self._directory, PENDING))
        self._written, self.backups, self._former, self._exchanged, self._pended = [], [], None, False, False

    def keep(self) -> None:
        """Keep or remove what was there before.

        :raises OSError: it cannot be removed.
        """
        if self._former and self.backup:
            self.backups.append(self._former)
        elif self._former:
            shutil.rmtree(self._former)

    def finish(self) -> None:
        """The same, now that nginx has taken the change.

        :raises OSError: it cannot be removed.
        """
        self.keep()
        pending = os.path.join(self._directory, PENDING)
        if os.path.exists(pending):
            os.unlink(pending)
