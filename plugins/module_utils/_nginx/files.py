# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""The files on the host: reading them, their differences from the wanted ones, and the steps of the change.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import contextlib
import glob
import os
import re
import shutil
import stat
import tempfile
import time
from typing import Dict, Iterable, List, Optional

from .._kit import files, place
from .complete import DIRECTORY, MAIN
from .others import Part
from .render import File

_MASK = "********\n"
# Leftovers of interrupted runs of version 1.0.0: staged files, and the directories of its tests.
_STAGED = re.compile(r"\.(openvip\.d\.|new-)[a-z0-9_]{8}\Z")
# Its backups, beside nginx.conf: openvip.d.2026-12-01@08:30:00.abcdefgh~, page.html.4711.2026-12-01@08:30:00~
_FORMER_BACKUP = re.compile(r".+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d(\.[a-z0-9_]{8})?~\Z")
_TEST = "nginx-config-test-*"
_KEY_NAME = re.compile(r"\.key(\.\d[^/]*)?\Z")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
# Seconds after which no such test can still run.
_TEST_ENDED = 3600
# The line as C(render) writes it. nginx.conf has it now, and nginx accepts it only once.
_PID = re.compile(r"^pid .*\n", re.MULTILINE)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _data(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def read(path: str) -> Optional[File]:
    """Return a file with its permissions, C(None) without a file.

    :param path: without links.
    :raises OSError: it cannot be read, or is not a regular file.
    """
    data = files.read(path)
    return None if data is None else File(_text(data), stat.S_IMODE(os.lstat(path).st_mode))


def read_tree(directory: str) -> Dict[str, File]:
    """Return everything in our directory by its path relative to that of nginx.conf.

    An object that is not a file never equals a wanted one: its mode shows its kind.

    :param directory: without links.
    :raises OSError: something cannot be read.
    """
    found = {}
    for above, directories, names in os.walk(directory):
        for name in [*names, *directories]:
            path = os.path.join(above, name)
            mode = os.lstat(path).st_mode
            file = read(path) if stat.S_ISREG(mode) else None if stat.S_ISDIR(mode) else File("", mode)
            if file is not None:
                found[os.path.join(DIRECTORY, os.path.relpath(path, directory))] = file
    return found


def matching(pattern: str) -> List[Part]:
    """Return the files of an absolute pattern, in the order in which nginx reads them, which follows any link.

    :raises OSError: one cannot be read.
    """
    paths = ((path, os.path.realpath(path)) for path in sorted(glob.glob(pattern)) if os.path.isfile(path))
    parts = ((path, real, files.read(real)) for path, real in paths)
    return [Part(path, real, _text(data)) for path, real, data in parts if data is not None]


def _is_key(path: str, file: File) -> bool:
    """Return whether a file, or a backup of it, is a private key by its name or by its content (RFC 7468)."""
    return bool(_KEY_NAME.search(path) or _PRIVATE_KEY.search(file.text))


def remove_secrets(home: str, paths: Iterable[str]) -> None:
    """Remove private keys from the backups of these paths, also from those of earlier versions.

    From backups of our directory everything goes that not everybody can read, which the variables have. Elsewhere a
    backup may be the only copy of what somebody else has written. A transaction that is under way or was interrupted
    keeps the former files under other names.

    :param home: the directory of nginx.conf, in which version 1.0.0 kept all of them.
    :param paths: absolute, without links.
    :raises OSError: a backup cannot be read or changed.
    """
    for path in paths:
        above, base = os.path.split(path)
        for directory in (os.path.join(above, place.ROOM), home):
            for name in os.listdir(directory) if os.path.isdir(directory) else []:
                if name.startswith(base) and (
                        _FORMER_BACKUP.match(name) if directory == home else place.BACKUP.fullmatch(name[len(base):])):
                    _remove_secrets(os.path.join(directory, name))


def _remove_secrets(path: str) -> None:
    ours = os.path.isdir(path)
    found = [path] if not ours else [
        os.path.join(above, name) for above, dummy, names in os.walk(path) for name in names]
    for each in found:
        file = read(each) if stat.S_ISREG(os.lstat(each).st_mode) else None
        if file is not None and (_is_key(each, file) or (ours and not file.mode & stat.S_IROTH)):
            os.unlink(each)


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
            texts = [f"mode: {file.mode:04o}\n{text}" for file, text in zip((before, after), texts)]
    headers = [f"{path}{'' if file else ' (no file)'}" for file in (before, after)]
    return {"before_header": headers[0], "after_header": headers[1], "before": texts[0], "after": texts[1]}


def step(path: str, file: File, backup: int) -> place.File:
    """Return the step of a transaction that writes one file."""
    return place.File(path, _data(file.text), file.mode, backup)


def tree_step(directory: str, tree: Dict[str, File], backup: int) -> place.Tree:
    """Return the step that writes our directory; its files have paths as C(read_tree) returns them."""
    return place.Tree(directory, {os.path.relpath(path, DIRECTORY): (_data(file.text), file.mode)
                                  for path, file in tree.items()}, backup)


def between(main: Optional[File], before: Dict[str, File]) -> Optional[Dict[str, File]]:
    """Return a directory that is valid both with the former nginx.conf and with the one that includes C(MAIN).

    The nginx.conf of version 1.0.0 names the files of the directory. So neither nginx.conf is valid with the directory
    of the other.

    :param main: the former nginx.conf.
    :param before: the former directory.
    :returns: C(None) where none is needed.
    """
    if main is None or not before or MAIN in before:
        return None
    return {**{path: file for path, file in before.items() if stat.S_IMODE(file.mode) == file.mode},
            MAIN: File(_PID.sub("", main.text), main.mode)}


def remove_leftovers(directories: Iterable[str]) -> None:
    """Remove the leftovers of version 1.0.0 in these directories and in that for temporary files; backups stay."""
    for directory in directories:
        for name in os.listdir(directory) if os.path.isdir(directory) else []:
            if _STAGED.match(name):
                _remove(os.path.join(directory, name), time.time())
    for path in glob.glob(os.path.join(tempfile.gettempdir(), _TEST)):
        _remove(path, time.time() - _TEST_ENDED)


def _remove(path: str, before: float) -> None:
    """Remove an object if it exists, and this user made it before a time."""
    with contextlib.suppress(OSError):
        found = os.lstat(path)
        if found.st_uid != os.geteuid() or found.st_mtime > before:
            return
        if stat.S_ISDIR(found.st_mode):
            shutil.rmtree(path)
        elif stat.S_ISREG(found.st_mode):
            os.unlink(path)
