# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What this host says about the scripts of a configuration: their files and their users.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
import shutil
import stat
from typing import Any, Dict, Iterator, Optional

from ansible_collections.openvip.cluster.plugins.module_utils._schema.users import all_accounts

from .model import configuration_in_force
from .scripts import all_scripts, arguments, needing_root

# So much of a file is looked at.
_SIZE = 65536
_SLEEP = re.compile(rb"(?m)^[ \t]*sleep[ \t]+([0-9]+(?:\.[0-9]+)?)\b")
_STOPS = re.compile(
    rb"(?m)^[^#\n]*\b(?:systemctl[ \t]+(?:--\S+[ \t]+)*stop[ \t]+keepalived"
    rb"|service[ \t]+keepalived[ \t]+stop|(?:p?kill|killall)\b[^#\n]*\bkeepalived)")
# capabilities(7)
_CAP_SETUID = 7
# The user that runs scripts when none is named.
DEFAULT_USER = "keepalived_script"


def survey(data: Dict[str, Any]) -> Dict[str, Any]:
    """Return what the rules for scripts ask of the host.

    ``scripts``: by the path that the configuration has, see look(). ``missing_users`` and ``missing_groups``: those
    that are named and do not exist. ``has_default_user``: whether keepalived_script exists. ``may_change_user``:
    whether a process of this one's kind can become another user.
    """
    configuration = configuration_in_force(data)
    found = all_scripts(configuration)
    programs = {words[0] for script in found for words in [arguments(script.command)] if words}
    named = list(all_accounts(configuration.data))
    return {
        "scripts": {path: look(path) for path in sorted(programs) if path[:1] != "<" and "$" not in path},
        "missing_users": sorted({each.user for each in named if not _is_user(each.user)}),
        "missing_groups": sorted({each.group for each in named if each.group and not _is_group(each.group)}),
        "has_default_user": _is_user(DEFAULT_USER),
        "may_change_user": _may_change_user(),
    }


def look(program: str) -> Dict[str, Any]:
    """Return what there is to say about a program.

    ``missing`` when it does not exist, is searched on PATH without one; otherwise ``executable``, ``real`` (the path
    without symbolic links in its directories), ``runs`` (what keepalived runs in its place), ``writable`` (what of the
    path others than root can write, or None), ``broken`` (why the kernel cannot run it, or None), ``sleeps`` (seconds),
    ``stops_keepalived`` and ``needs_root`` (a command in it that does, or None).
    """
    path = program if "/" in program else shutil.which(program)
    if not path or not os.path.isfile(path):
        return {"missing": True}
    with open(path, "rb") as stream:
        content = stream.read(_SIZE)
    sleeps = [float(number) for number in _SLEEP.findall(content)]
    return {
        "missing": False,
        "executable": bool(os.stat(path).st_mode & 0o111),
        "real": os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path)),
        "runs": _runs(path),
        "writable": next(_writable(path), None),
        "broken": _broken(content),
        "sleeps": sum(sleeps),
        "stops_keepalived": _STOPS.search(content) is not None,
        "needs_root": None if content.startswith(b"\x7fELF") else needing_root(content),
    }


def _runs(path: str) -> str:
    """Return the path that keepalived runs for one (lib/notify.c:801 of 2.2.7).

    Links are resolved. The name of the file stays as long as it exists where the program itself is.
    """
    real = os.path.realpath(path)
    named = os.path.join(os.path.dirname(real), os.path.basename(path))
    return named if os.path.exists(named) and os.path.samefile(named, real) else real


def _broken(content: bytes) -> Optional[str]:
    """Return why the kernel cannot execute a file that begins like this (execve(2)), or None."""
    if content.startswith(b"\x7fELF"):
        return None
    line = content.split(b"\n", 1)[0]
    if not line.startswith(b"#!"):
        return "it does not begin with #!"
    if line.endswith(b"\r"):
        return "its first line ends with a carriage return"
    interpreter = os.fsdecode((line[2:].split() or [b""])[0])
    return None if os.path.isfile(interpreter) else f"its interpreter {interpreter} does not exist"


def _writable(path: str) -> Iterator[str]:
    """Iterate over the parts of a path, the file first, that others than root can write."""
    part = os.path.realpath(path)
    while True:
        status = os.stat(part)
        sticky = stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX
        by_group = status.st_mode & 0o020 and status.st_gid != 0
        if (status.st_uid != 0 and status.st_mode & 0o200) or ((by_group or status.st_mode & 0o002) and not sticky):
            yield part
        if part == os.path.dirname(part):
            return
        part = os.path.dirname(part)


def _is_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _is_group(name: str) -> bool:
    try:
        grp.getgrnam(name)
    except KeyError:
        return False
    return True


def _may_change_user() -> bool:
    """Say whether CAP_SETUID is in the bounding set, which containers may be without."""
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as stream:
            sets = [line.split()[1] for line in stream if line.startswith("CapBnd:")]
    except OSError:
        return True
    return not sets or bool(int(sets[0], 16) >> _CAP_SETUID & 1)
