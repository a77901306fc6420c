# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Run a command in a Linux kernel of its own that has IPVS: Debian's user-mode Linux, which is a process.

It boots in about two seconds on this machine's files and has no disk and no network. The command sees and changes the
machine's files with the rights of whoever starts it; only /run is its own. `modprobe -d /run` loads modules, and so
does the kernel where it needs one: /run/asked has what it asked for.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
from pathlib import Path

KERNEL = "linux.uml"
# what the kernel is started with; the text says why
XSTATE = Path(__file__).with_name("machine") / "files/xstate.c"
MODULES = "/usr/lib/uml/modules"
MEMORY = "192M"
SECONDS = 120
INIT = """\
#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mkdir /run/lib
ln -s {modules} /run/lib/modules
cat >/run/modprobe <<'SCRIPT'
#!/bin/sh
echo "$@" >>/run/asked
exec modprobe -d /run "$@"
SCRIPT
chmod 755 /run/modprobe
echo /run/modprobe >/proc/sys/kernel/modprobe
{command} >{log} 2>&1
echo $? >{code}
echo o >/proc/sysrq-trigger
read -r forever </dev/zero
"""


class UserModeError(Exception):
    """The kernel did not boot, or the command in it failed; the text is what they said."""


def run(command: list[str], directory: Path, seconds: float = SECONDS) -> str:
    """Boot the kernel, run the command as its only process, halt the kernel and return what the command printed.

    :param directory: existing directory for this run alone.
    :param seconds: after so long the kernel is killed.
    :raises UserModeError: the command exits with another code than 0, or does not end in time.
    """
    preload = compile_xstate(directory)
    init, log, code = (directory / name for name in ("init", "log", "code"))
    init.write_text(INIT.format(modules=MODULES, command=shlex.join(command), log=log, code=code), encoding="utf-8")
    init.chmod(0o755)
    console = _boot([KERNEL, f"mem={MEMORY}", "rootfstype=hostfs", "rw", f"init={init}", f"uml_dir={directory}/",
                     "umid=kernel", "con=null", "con0=null,fd:1", "quiet"], preload, seconds)
    said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else console
    if not code.exists() or code.read_text(encoding="ascii").strip() != "0":
        raise UserModeError(f"{shlex.join(command)} failed in {KERNEL}:\n{said}\n{console}")
    return said


def compile_xstate(directory: Path) -> Path:
    """Make the library of XSTATE in a directory and return its path.

    :raises UserModeError: there is no gcc, or it fails; the text is what it said.
    """
    library = directory / "xstate.so"
    try:
        done = subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, XSTATE], capture_output=True, text=True,
                              check=False)
    except FileNotFoundError as error:
        raise UserModeError("There is no gcc. Install it: apt-get install gcc libc6-dev") from error
    if done.returncode:
        raise UserModeError(f"gcc cannot compile {XSTATE}:\n{done.stderr}")
    return library


def _boot(command: list[str], preload: Path, seconds: float) -> str:
    """Run the kernel to its end and return what it printed. It is a session, so that no process of it stays behind."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               start_new_session=True, text=True, errors="replace",
                               env=dict(os.environ, LD_PRELOAD=str(preload)))
    try:
        return process.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired as error:
        raise UserModeError(f"{shlex.join(command)} did not end within {seconds} s.") from error
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        # The pipe ends with the last of them, which is not the one that was started.
        process.communicate()
