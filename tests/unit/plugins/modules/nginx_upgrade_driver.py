# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets a running nginx become another version by nginx_config, under load; see the tests beside it.

    python nginx_upgrade_driver.py SCENARIO DIRECTORY OLD NEW    in namespaces of its own, as nginx_driver.py
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from ansible_collections.openvip.cluster.plugins.module_utils._probe import Prober
from ansible_collections.openvip.cluster.tests.unit.plugins.modules.nginx_driver import LB1, Nginx, wait

SIZE = 4 << 20
# What the new program does when it is the successor of another: the environment names the sockets.
BROKEN = """#!/bin/sh
if [ -n "$NGINX" ]; then {then}; fi
exec {program} "$@"
"""


class Releases(Nginx):
    """An nginx that is started by a link to one of several programs.

    :ivar link: the link.
    """

    def __init__(self, directory: str, programs: dict[str, str]) -> None:
        self.link = Path(directory) / "current"
        super().__init__(directory, str(self.link / "nginx"), "front")
        self.programs = {}
        for name, program in programs.items():
            place = Path(directory) / name
            place.mkdir()
            shutil.copy(program, place / "nginx")
            self.programs[name] = str(place / "nginx")
        (self.home / "large").write_bytes(bytes(SIZE))
        (self.home / "index.html").write_text("well")

    def config(self, **sections):
        return dict(super().config(**sections), include=[])

    def site(self, name):
        """A configuration with one site; its name makes one differ from another."""
        return self.config(http={"access_log": ["off"], "server": [
            {"name": name, "listen": ["80"], "root": str(self.home)}]})

    def switch(self, name):
        """Point the link to a program."""
        new = self.link.with_name("next")
        new.symlink_to(name)
        new.rename(self.link)

    def become(self, name, site, **options):
        """Switch to a program and run the module with it; returns its result."""
        self.switch(name)
        return self.run(config=self.site(site), binary=self.programs[name], upgrade=True, **options)

    def workers(self):
        # written only after it has gone to the background
        return super().workers() if self.pid_file.exists() else []

    def running(self):
        """Return the program of the master that the pid file names."""
        return os.readlink(f"/proc/{self.pid_file.read_text().strip()}/exe")

    def masters(self):
        """Return how many masters there are."""
        found = 0
        for name in os.listdir("/proc"):
            if name.isdigit():
                try:
                    found += b"nginx: master" in Path("/proc", name, "cmdline").read_bytes()
                except OSError:
                    continue
        return found


class Download(threading.Thread):
    """One client that reads slowly until it is told to go on; it begins at once."""

    def __init__(self) -> None:
        super().__init__()
        self.connection = socket.socket()
        # so that nginx cannot hand all of it to the kernel
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.connection.settimeout(20)
        self.connection.connect((LB1, 80))
        self.connection.sendall(b"GET /large HTTP/1.0\r\n\r\n")
        self.received = self.connection.recv(4096)
        self.go_on = threading.Event()
        self.start()

    def run(self) -> None:
        self.go_on.wait(60)
        while data := self.connection.recv(65536):
            self.received += data

    def finish(self) -> bool:
        """Return whether the whole page came."""
        self.go_on.set()
        self.join(30)
        return len(self.received.partition(b"\r\n\r\n")[2]) == SIZE


class Load:
    """Requests, one every 5 ms."""

    def __enter__(self):
        self.prober = Prober(f"http://{LB1}/index.html", interval=0.005, timeout=2)
        self.thread = threading.Thread(target=self.prober.run, args=(90,))
        self.thread.start()
        return self

    def __exit__(self, *_error):
        self.prober.stop()
        self.thread.join()

    def outcomes(self):
        """Return how many requests had which outcome, after the end."""
        return Counter(record.outcome for record in self.prober.records)


def first(directory, **programs):
    """Start the old program."""
    front = Releases(directory, programs)
    front.switch("old")
    written = front.run(config=front.site("one"), binary=front.programs["old"], upgrade=True)
    assert not written.get("failed"), written
    front.start()
    return front


def there_and_back(directory, old, new):
    """Up and down, with requests all the time and a download that lasts longer than the upgrade."""
    front = first(directory, old=old, new=new)
    story = {"programs": front.programs}
    with Load() as load:
        download = Download()
        front.switch("new")
        story["check"] = front.run(
            check=True, config=front.site("two"), binary=front.programs["new"], upgrade=True)
        story["still"] = front.running()
        story["up"] = front.become("new", "two")
        story["new"] = front.running()
        story["masters"] = front.masters()
        story["again"] = front.become("new", "two")
        # a reload while the former master is still there reaches the new one
        story["reload"] = front.become("new", "three")
        story["downloaded"] = download.finish()
        wait("the end of the former master", lambda: front.masters() == 1)
        story["down"] = front.become("old", "one")
        story["old"] = front.running()
        wait("the end of the new master", lambda: front.masters() == 1)
    story["outcomes"] = load.outcomes()
    story["workers"] = len(front.workers())
    return story


def broken(directory, old, new, then, longest):
    """A new program that does not work as a successor."""
    front = first(directory, old=old, new=new)
    Path(front.programs["new"]).rename(front.home.parent / "program")
    Path(front.programs["new"]).write_text(BROKEN.format(then=then, program=front.home.parent / "program"))
    Path(front.programs["new"]).chmod(0o755)
    before, workers = front.files(), front.workers()
    with Load() as load:
        begin = time.monotonic()
        story = {"result": front.become("new", "two")}
        story["in_time"] = time.monotonic() - begin < longest
    story.update(same=front.files() == before, workers_same=front.workers() == workers, masters=front.masters(),
                 running=front.running(), old=front.programs["old"], outcomes=load.outcomes())
    return story


def ends(directory, old, new):
    return broken(directory, old, new, "exit 1", 10)


def hangs(directory, old, new):
    return broken(directory, old, new, "exec sleep 600", 30)


def elsewhere(directory, old, new):
    """A program that was not started by the link can become no other one."""
    front = Releases(directory, {"old": old, "new": new})
    front.switch("new")
    front.binary = front.programs["old"]
    front.run(config=front.site("one"), binary=front.programs["old"])
    front.start()
    before = front.files()
    return {"result": front.become("new", "two"), "same": front.files() == before, "running": front.running(),
            "old": front.programs["old"]}


SCENARIOS = {"there_and_back": there_and_back, "ends": ends, "hangs": hangs, "elsewhere": elsewhere}


if __name__ == "__main__":
    print(json.dumps(SCENARIOS[sys.argv[1]](*sys.argv[2:])))
