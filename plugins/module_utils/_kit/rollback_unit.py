# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Arm the rollback of a timed change by systemd, for the case that its process is killed or the host is booted.

    DIRECTORY/rollback.pyz          the program: the modules of this directory, and the data of the change
    UNITS/openvip-rollback.service  runs it at a boot before the daemon starts, and again until it succeeds
    UNITS/multi-user.target.wants/openvip-rollback.service
    openvip-rollback-deadline       a transient timer that starts the same unit shortly before the deadline

All of this exists from just before the change until its end. The program leaves the change to its process as long as
that is alive; afterwards the journal says what is left to be done (see C(rollback)).

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
import time
import zipfile
from typing import Any, Dict

from . import files, journal
from .process import run

SERVICE = "openvip-rollback.service"
DEADLINE = "openvip-rollback-deadline"
UNITS = "/etc/systemd/system"
# A directory that exists where systemd is the init system (sd_booted(3)).
BOOTED = "/run/systemd/system"
# Seconds before the deadline at which the program starts, so that it rolls back together with the other hosts: peers
# with different configurations may both hold an address.
EARLY = 2.0
# Seconds for one program of systemd.
TIMEOUT = 20.0
DATA = "change.json"
MAIN = """\
import json, pathlib, sys, zipfile
from _kit.rollback import main
with zipfile.ZipFile(pathlib.Path(__file__).parent) as program:
    sys.exit(main(json.loads(program.read("%s"))))
""" % DATA
_UNIT_NAME = re.compile(r"[A-Za-z0-9:_.\\@-]+\.service")

TEXT = """\
# SPDX-License-Identifier: GPL-3.0-or-later
# Written by openvip.cluster.keepalived_config, which removes it when the change has ended.
[Unit]
Description=Roll back a simultaneous reload that was not confirmed
Before=%(unit)s
RequiresMountsFor=%(program)s %(directory)s
ConditionPathExists=%(program)s
StartLimitIntervalSec=0

[Service]
Type=oneshot
ExecStart=%(python)s -I %(program)s
TimeoutStartSec=300
# Another change may have the lock of the host for longer than this waits.
Restart=on-failure
RestartSec=5
SyslogIdentifier=openvip-rollback
StateDirectory=openvip
StateDirectoryMode=0700
RuntimeDirectory=openvip
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=yes
ReadWritePaths=%(directory)s %(units)s
# All files are root's, and systemd reloads the daemon.
CapabilityBoundingSet=
ProtectSystem=strict
RestrictAddressFamilies=AF_UNIX AF_NETLINK
NoNewPrivileges=yes
# Python may be there.
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectClock=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
IPAddressDeny=any
UMask=0077
"""


def is_available() -> bool:
    """Return whether systemd is the init system of this host."""
    return os.path.isdir(BOOTED)


def program_path() -> str:
    return os.path.join(journal.DIRECTORY, "rollback.pyz")


def _link() -> str:
    return os.path.join(UNITS, "multi-user.target.wants", SERVICE)


def text(data: Dict[str, Any]) -> str:
    """Return the unit.

    :param data: see C(rollback.main).
    :raises OSError: the name of the daemon's unit is invalid.
    """
    unit = data["unit"] if "." in data["unit"] else data["unit"] + ".service"
    if not _UNIT_NAME.fullmatch(unit):
        raise OSError(f"{data['unit']} is not the name of a service of systemd. Give one such as keepalived.service")
    return TEXT % {"unit": unit, "program": _word(program_path()), "python": _word(sys.executable),
                   "directory": _word(os.path.dirname(data["path"])), "units": _word(UNITS)}


def _word(path: str) -> str:
    """Return a path as one word of a unit (systemd.syntax(7), systemd.unit(5) on specifiers)."""
    word = path.replace("%", "%%").replace("$", "$$" if path == sys.executable else "$")
    return '"%s"' % word.replace("\\", "\\\\").replace('"', '\\"') if re.search(r"[\s\"'\\]", word) else word


def program(data: Dict[str, Any]) -> bytes:
    """Return the program, which needs nothing but Python."""
    package = __name__.rpartition(".")[0]
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("__main__.py", MAIN)
        archive.writestr(DATA, json.dumps(data))
        archive.writestr("_kit/__init__.py", "")
        for name, module in sorted(sys.modules.items()):
            if name.rpartition(".")[0] == package:
                loader: Any = vars(module)["__spec__"].loader
                archive.writestr("_kit/%s.py" % name.rpartition(".")[2], loader.get_source(name))
    return found.getvalue()


def arm(data: Dict[str, Any], seconds: float) -> None:
    """Arm the rollback.

    :param data: see C(rollback.main).
    :param seconds: until the deadline.
    :raises OSError: it cannot be armed; then nothing of it stays.
    """
    try:
        journal.make_directory()
        deadline = time.clock_gettime(time.CLOCK_BOOTTIME) + seconds
        files.write(program_path(), program(dict(data, deadline=deadline)), 0o600)
        files.write(os.path.join(UNITS, SERVICE), text(data).encode(), 0o644)
        os.makedirs(os.path.dirname(_link()), exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.symlink(os.path.join("..", SERVICE), _link())
        files.sync(os.path.dirname(_link()))
        # What an earlier boot or change has left in its memory.
        if run(["systemctl", "show", "--property=NeedDaemonReload", SERVICE], TIMEOUT).output.strip().endswith("=yes"):
            _systemd("systemctl", "daemon-reload")
        _stop()
        _systemd("systemd-run", "--quiet", "--collect", "--unit=" + DEADLINE,
                 "--on-active=%.3f" % max(seconds - EARLY, 0.1), "--timer-property=AccuracySec=100ms",
                 "systemctl", "start", "--no-block", SERVICE)
    except OSError:
        with contextlib.suppress(OSError):
            disarm()
        raise


def armed() -> Dict[str, Any]:
    """Return the data of the armed rollback; an empty dictionary without one."""
    try:
        with zipfile.ZipFile(program_path()) as archive:
            return dict(json.loads(archive.read(DATA)))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return {}


def disarm() -> None:
    """Remove all of it. The program goes last, so that a later run removes what an interrupted one has left.

    :raises OSError: a file cannot be removed.
    """
    for path in (_link(), os.path.join(UNITS, SERVICE), os.path.join(UNITS, SERVICE + ".new")):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
    _stop()
    for path in (program_path() + ".new", program_path()):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def _stop() -> None:
    """Stop the timer, if there is one."""
    with contextlib.suppress(OSError):
        run(["systemctl", "stop", DEADLINE + ".timer"], TIMEOUT)


def _systemd(*words: str) -> None:
    """
    :raises OSError: a program of systemd failed.
    """
    outcome = run(words, TIMEOUT)
    if outcome.code:
        raise OSError("%s failed: %s" % (words[0], outcome.output.strip() or "exit code %d" % outcome.code))
