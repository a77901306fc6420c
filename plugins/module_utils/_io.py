# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one place that writes a configuration file and takes it back.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time

MODE = 0o600


def find_program(module, name):
    """Return the path of a program, looked for where root's programs are, too; the name itself when it is not found."""
    return module.get_bin_path(name) or name


def load(path):
    """Return the text of the file, or C(None) when there is none.

    Bytes that are not UTF-8 survive as surrogates and are written back unchanged.

    :raises OSError: the file exists and cannot be read.
    """
    try:
        with open(path, "rb") as stream:
            return stream.read().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None


def stage(module, path, text):
    """Write I(text) beside the file, for nobody else to read, and return the path of that."""
    descriptor, name = tempfile.mkstemp(prefix=".new-", dir=os.path.dirname(path) or ".")
    module.add_cleanup_file(name)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(text.encode("utf-8", "surrogateescape"))
        stream.flush()
        os.fsync(stream.fileno())
    os.chmod(name, MODE)
    return name


def place(module, name, path, mode):
    """Put what is staged in the place of the file in one step; nobody can read it before it has its mode."""
    module.atomic_move(name, path)
    os.chmod(path, mode)


def mode_of(path):
    """Return the permissions of the file; of one that is not there, those it gets."""
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except OSError:
        return MODE


def keep(module, path, directory=None):
    """Copy an existing file under a name with a time stamp, and return that path; else C(None).

    :param directory: where the copy goes; beside the file when C(None).
    """
    if not os.path.exists(path):
        return None
    if directory is None or directory == os.path.dirname(path):
        kept = module.backup_local(path)
    else:
        prefix = os.path.basename(path) + time.strftime(".%Y-%m-%d@%H:%M:%S.")
        descriptor, kept = tempfile.mkstemp(prefix=prefix, suffix="~", dir=directory)
        with os.fdopen(descriptor, "wb") as target, open(path, "rb") as source:
            shutil.copyfileobj(source, target)
    os.chmod(kept, MODE)
    return kept


def write(module, path, text, backup, mode=MODE, kept_in=None):
    """Replace the file atomically and return the path of the backup, or C(None).

    :param backup: whether an existing file is kept.
    :param mode: the permissions of the new file.
    :param kept_in: the directory of the backup; beside the file when C(None).
    :raises OSError: the directory cannot be written to.
    """
    kept = keep(module, path, kept_in) if backup else None
    place(module, stage(module, path, text), path, mode)
    return kept


def restore(module, path, text, mode=MODE):
    """Put back what the file was before: I(text), or no file when it is C(None)."""
    if text is None:
        os.unlink(path)
    else:
        place(module, stage(module, path, text), path, mode)


def tighten(path, check_mode):
    """Return whether the file has (or had) another mode than 0600; set it unless in check mode."""
    different = mode_of(path) != MODE
    if different and not check_mode:
        os.chmod(path, MODE)
    return different
