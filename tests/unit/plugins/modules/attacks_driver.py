# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays an unprivileged local user beside root's modules and prints what he could do; see the test beside it.

    python attacks_driver.py DIRECTORY

in a network, mounts and processes of its own, with eth0, 198.18.0.11/24, and a directory for everybody in TMPDIR.
"""

from __future__ import annotations

import contextlib
import io
import json
import multiprocessing
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from ansible.module_utils.testing import patch_module_args

from ansible_collections.openvip.cluster.plugins.module_utils._metrics import exposition, tell
from ansible_collections.openvip.cluster.plugins.module_utils._metrics.split_brain import BEGIN, Event
from ansible_collections.openvip.cluster.plugins.module_utils._nginx import process as nginx
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render
from ansible_collections.openvip.cluster.plugins.modules import keepalived_info

NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
SHARED = pathlib.Path(tempfile.gettempdir())
PID_FILE, DUMP = pathlib.Path("/run/keepalived.pid"), SHARED / "keepalived.json"
# His own Python, which need not be the one of these tests.
PYTHON = shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable
# Seconds for one attack; a longer one has succeeded in making root wait. The module itself waits at most ANSWER.
LIMIT, ANSWER = 15, 3.0
CONFIG = {"global_defs": {"router_id": "lb1"}, "vrrp_instance": [{
    "name": "VI_1", "interface": "eth0", "virtual_router_id": 51, "priority": 250,
    "virtual_ipaddress": ["198.18.0.100/24"]}]}
# A dump in which keepalived reports an address that no host holds.
FORGED = [{"data": {"iname": "FORGED", "state": 2, "ifp_ifname": "eth0", "vrid": 1, "base_priority": 1,
                    "effective_priority": 1, "last_transition": 1.0, "vips": [], "evips": []}}]
# A program that takes itself for keepalived and leaves a note when somebody else runs it.
FALSE = """
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int main(int count, char **words) {
    if (count > 1 && strncmp(words[1], "--", 2) == 0) {
        close(open("%s", O_CREAT | O_WRONLY, 0600));
        if (strcmp(words[1], "--version") == 0) puts("Keepalived v2.2.7 (01/16,2022)\\nConfig options: VRRP JSON");
        else puts("36");
        return 0;
    }
    for (;;) pause();
}
"""
# Puts something of his own in the place of the dump, again and again.
FLOOD = """
import json, os, sys
kind, path, forged = sys.argv[1:]
own = path + ".own"
with open(own, "w") as stream:
    stream.write(forged)
while True:
    try:
        os.unlink(path)
    except OSError:
        pass
    try:
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "link":
            os.symlink(own, path)
        elif kind == "file":
            with open(path, "x") as stream:
                stream.write(forged)
        else:
            os.mkdir(path)
    except OSError:
        pass
"""
# Locks every file below /run that can be opened, and reports it.
LOCK = """
import fcntl, os, time
held = []
for place, dummy, files in os.walk("/run"):
    for name in files:
        try:
            descriptor = os.open(os.path.join(place, name), os.O_RDONLY | os.O_NONBLOCK)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            held.append(name)
        except OSError:
            pass
print(held, flush=True)
time.sleep(100)
"""
# Replaces each new file of a directory by a link to a file of root's.
SWAP = """
import os, sys
place, target = sys.argv[1:]
while True:
    for name in os.listdir(place):
        if name.startswith("."):
            try:
                os.unlink(os.path.join(place, name))
                os.symlink(target, os.path.join(place, name))
            except OSError:
                pass
"""


class Host:
    """A host with keepalived, and a user without privileges.

    :ivar own: a directory of the user's.
    """

    def __init__(self, directory):
        self.path = pathlib.Path(directory) / "keepalived.conf"
        self.path.write_text(render(CONFIG), encoding="utf-8")
        self.own = SHARED / "own"
        self.own.mkdir()
        os.chown(self.own, 65534, 65534)
        self.note = self.own / "note"
        self.false = self.own / "keepalived"
        source = pathlib.Path(directory) / "false.c"
        source.write_text(FALSE % self.note, encoding="utf-8")
        subprocess.run(["cc", "-o", self.false, source], check=True)
        os.chown(self.false, 65534, 65534)

    def info(self):
        """Return what the module says, C(msg) when it fails."""
        arguments = {"path": str(self.path), "timeout": ANSWER, "_ansible_remote_tmp": str(self.path.parent)}
        output = io.StringIO()
        with patch_module_args(arguments), contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
            keepalived_info.main()
        return json.loads(output.getvalue().splitlines()[-1])

    def is_right(self):
        """Return whether the module reports what keepalived reports."""
        return [instance["name"] for instance in self.info().get("vrrp_instance", [])] == ["VI_1"]

    @contextlib.contextmanager
    def daemon(self):
        """A running keepalived that answers."""
        with subprocess.Popen(["keepalived", "--dont-fork", "--use-file", self.path], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            try:
                wait(lambda: self.info().get("addresses") == ["198.18.0.100"])
                yield process
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGCONT)
                process.terminate()

    @contextlib.contextmanager
    def user(self, *words, number=None):
        """A process of the user's, with a certain process id if one is given."""
        if number is not None:
            # He forks until he has it, which takes seconds; here he has it at once.
            pathlib.Path("/proc/sys/kernel/ns_last_pid").write_text(str(number - 1), encoding="ascii")
        with subprocess.Popen([*NOBODY, *map(str, words)], stdout=subprocess.PIPE, text=True) as process:
            assert number in (None, process.pid), (number, process.pid)
            try:
                # until it is his
                wait(lambda: os.stat(f"/proc/{process.pid}").st_uid == 65534)
                yield process
            finally:
                process.kill()

    def stale(self):
        """Return the number in the file of a keepalived that was killed."""
        with self.daemon() as process:
            number = process.pid
            process.kill()
            process.wait(20)
        # its children have noticed
        wait(lambda: subprocess.run(["pidof", "keepalived"], stdout=subprocess.DEVNULL, check=False).returncode != 0)
        if not PID_FILE.exists():
            PID_FILE.write_text(f"{number}\\n", encoding="ascii")
        past = time.time() - 60
        os.utime(PID_FILE, (past, past))
        return number


def wait(condition):
    """Wait until a condition is true; 20 s at most."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "in vain"
        time.sleep(0.01)


def run_as_root(host):
    """He has the number of a keepalived that was killed; root is to run his program."""
    number = host.stale()
    with host.user(host.false, number=number):
        host.info()
    return host.note.exists()


def pass_for_keepalived(host):
    """The same; his process is to pass for keepalived."""
    number = host.stale()
    with host.user(host.false, number=number):
        found = host.info()
    return found.get("running") is not False


def kill_a_process(host):
    """The same, with a process of a user who means no harm; root is to kill it."""
    number = host.stale()
    with host.user("sleep", "100", number=number) as victim:
        host.info()
        return victim.poll() is not None


def reload_a_process(host):
    """A pid file of nginx's that was left behind has the number of a process that reads nginx's log."""
    pid_file, log = pathlib.Path("/run/nginx.pid"), SHARED / "nginx-access.log"
    log.touch()
    with host.user("tail", "-f", log) as victim:
        pid_file.write_text(f"{victim.pid}\n", encoding="ascii")
        past = time.time() - 60
        os.utime(pid_file, (past, past))
        return nginx.running("nginx.service", str(pid_file)) is not None


def hold_the_lock(host):
    """He locks whatever he can open; root is to wait."""
    with host.daemon(), host.user(PYTHON, "-c", LOCK) as user:
        assert user.stdout.readline()
        return not host.is_right()


def _flood(host, kind, *, frozen):
    """He puts something in the place of the dump, while keepalived answers or is too slow to.

    :returns: whether root waits, believes it, or is not told what is in the way.
    """
    with host.daemon() as daemon:
        if frozen:
            os.kill(daemon.pid, signal.SIGSTOP)
        with host.user(PYTHON, "-c", FLOOD, kind, DUMP, json.dumps(FORGED)):
            wait(lambda: os.path.lexists(DUMP))
            found = host.info()
        with contextlib.suppress(FileNotFoundError):
            DUMP.rmdir() if not DUMP.is_symlink() and DUMP.is_dir() else DUMP.unlink()
    if frozen:
        return str(DUMP) not in found.get("msg", "")
    return [instance["name"] for instance in found.get("vrrp_instance", [])] != ["VI_1"]


def keep_a_pipe(host):
    """What the watcher starts as this user leaves a process behind that keeps its output open."""
    program = host.own / "notify"
    program.write_text("#!/bin/sh\nsetsid sleep 20 &\nexit 3\n", encoding="utf-8")
    program.chmod(0o755)
    tell.TIMEOUT = 2
    begin = time.monotonic()
    with contextlib.suppress(OSError):
        tell._run(str(program), "nobody", Event(BEGIN, "198.18.0.100", ["02:42:c6:12:00:12"], 3.0, True))
    return time.monotonic() - begin > 10


def open_a_file(host):
    """The directory of the metrics is his; a file of root's is to become readable for him."""
    secret = pathlib.Path("/run/secret")
    secret.touch(0o600)
    place = host.own / "metrics"
    place.mkdir()
    os.chown(place, 65534, 65534)
    with host.user(PYTHON, "-c", SWAP, place, secret):
        end = time.monotonic() + 3
        while time.monotonic() < end and secret.stat().st_mode & 0o077 == 0:
            with contextlib.suppress(OSError):
                exposition.write(str(place), "keepalived.prom", "# nothing\n")
    return secret.stat().st_mode & 0o077 != 0


ATTACKS = {
    "run a program as root": run_as_root,
    "pass for keepalived": pass_for_keepalived,
    "let root kill a process": kill_a_process,
    "let root reload a process": reload_a_process,
    "hold the lock": hold_the_lock,
    "a pipe for a dump": lambda host: _flood(host, "pipe", frozen=False),
    "a pipe while keepalived is slow": lambda host: _flood(host, "pipe", frozen=True),
    "a link while keepalived is slow": lambda host: _flood(host, "link", frozen=True),
    "a file while keepalived is slow": lambda host: _flood(host, "file", frozen=True),
    "a file for a dump": lambda host: _flood(host, "file", frozen=False),
    "keep a pipe": keep_a_pipe,
    "open a file": open_a_file,
}


def _attempt(attack, host, writer):
    os.setsid()
    writer.send("worked" if attack(host) else "failed")


def attempt(host, attack):
    """Return how an attack ended: C(failed), C(worked), C(root waits), or C(error), in a process of its own."""
    context = multiprocessing.get_context("fork")
    reader, writer = context.Pipe(duplex=False)
    child = context.Process(target=_attempt, args=(attack, host, writer))
    child.start()
    child.join(LIMIT)
    if child.is_alive():
        os.killpg(child.pid, signal.SIGKILL)
        child.join()
        told = "root waits"
    else:
        told = reader.recv() if reader.poll() else "error"
    for path in (PID_FILE, host.note):
        path.unlink(missing_ok=True)
    return told


def main(directory):
    host = Host(directory)
    print(json.dumps({name: attempt(host, attack) for name, attack in ATTACKS.items()}))


if __name__ == "__main__":
    main(sys.argv[1])
