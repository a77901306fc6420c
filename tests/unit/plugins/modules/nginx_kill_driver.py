# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ends nginx_config in the middle, on a full disk and beside another one, with a real nginx; see the tests beside it.

    python nginx_kill_driver.py SCENARIO DIRECTORY NGINX [KIB]...    in namespaces of its own, as nginx_driver.py
    python nginx_kill_driver.py bring DIRECTORY NGINX VERSION        one plain run, to be ended from outside
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

from ansible_collections.openvip.cluster.plugins.module_utils._kit import journal, lock, transaction
from ansible_collections.openvip.cluster.plugins.module_utils._nginx.render import HEADER
from ansible_collections.openvip.cluster.tests.unit.plugins.modules.nginx_driver import LB1, Nginx, get

# A file that only root may read, and a file outside of nginx's own directory.
SECRET, PAGE = "snippets/secret.conf", "page"
# Free KiB on a disk; the last values are enough for a change.
FREE = (0, 4, 8, 12, 16, 20, 24, 32, 48, 64, 128)


class Host(Nginx):
    """A host with an nginx, and configurations that differ in the names of their files and need all of them."""

    def __init__(self, directory: str, binary: str, name: str = "front") -> None:
        self.home = Path(directory) / name
        if self.home.exists():
            self.binary, self.path = binary, self.home / "nginx.conf"
            self.pid_file, self.log = self.home / "run.pid", self.home / "error.log"
        else:
            super().__init__(directory, binary, name)
        self.page = self.home.parent / PAGE

    def bring(self, version, **options):
        """One plain run: from whatever there is to this version; returns its result."""
        config = self.config(http={
            "log_format": [{"name": version, "format": "$remote_addr"}], "access_log": ["off"],
            "upstream": [{"name": version, "server": [{"address": f"{LB1}:81"}]}],
            "server": [{"name": version, "listen": ["80"], "access_log": [f"{self.home}/access.log {version}"],
                        "location": [{"uri": "/", "proxy_pass": f"http://{version}"}]},
                       {"name": f"back_{version}", "listen": ["81"], "raw": [f"include openvip.d/{SECRET};"]}]})
        return self.run(config=dict(config, include=[]), file=[
            {"path": SECRET, "content": f'return 200 "{version}";', "mode": "0600"},
            {"path": str(self.page), "content": version}], **options)

    def refused(self):
        """Return why nginx rejects the live files, nothing when it accepts them."""
        done = subprocess.run([self.binary, "-t", "-q", "-c", str(self.path)], capture_output=True, text=True,
                              check=False)
        return "" if done.returncode == 0 else done.stderr

    def version(self):
        """Return which version the directory is, as a whole."""
        secret = self.home / "openvip.d" / SECRET
        version = secret.read_text().split('"')[1]
        names = sorted(str(path.relative_to(secret.parents[1])) for path in secret.parents[1].rglob("*.conf"))
        assert names == sorted([f"http/server/{version}.conf", f"http/server/back_{version}.conf",
                                f"http/upstream/{version}.conf", "nginx.conf", SECRET]), names
        assert oct(secret.stat().st_mode)[-3:] == "600"
        return version

    def leftovers(self):
        """Return what changes left beside the live files and of their journals; backups are none."""
        return [str(path) for top in (self.home.parent, lock.DIRECTORY, journal.DIRECTORY)
                for path in Path(top).rglob("*")
                if path.name.startswith(("~", ".new-", "nginx-config-test-", "nginx.")) and path != self.path
                and not path.name.startswith("nginx.conf")]

    def former_layout(self):
        """Turn the live files into those of version 1.0.0: a main file that names the files of the directory."""
        main = self.home / "openvip.d" / "nginx.conf"
        self.path.write_text(main.read_text().replace(HEADER, f"{HEADER}pid {self.pid_file};\n"))
        main.unlink()


def host_bring(version, directory, binary):
    """One plain run of the module, from whatever there is to this version, C(one) or C(two); returns its result."""
    return Host(directory, binary).bring(version)


def killed(function, number):
    """Run a function in a process that is killed at the point of this number; returns whether it got so far."""
    child = os.fork()
    if child == 0:
        left = [number]

        def at(point):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        transaction.at = at
        result = function()
        os._exit(0 if result["changed"] and not result.get("failed") else 1)
    status = os.waitpid(child, 0)[1]
    assert status in (0, signal.SIGKILL), status
    return status == signal.SIGKILL


def heal(host, wanted):
    """Return the problems after a plain run."""
    result, again = host.bring(wanted), host.bring(wanted)
    found = {"failed": result.get("failed"), "again": again["changed"], "refused": host.refused(),
             "leftovers": host.leftovers(), "version": host.version() != wanted,
             "page": host.page.read_text() != f"{wanted}\n", "answer": get() != [200, wanted]}
    return {key: value for key, value in found.items() if value}


def kills(directory, binary):
    """At each point of a change, and of one from the layout of version 1.0.0."""
    host = Host(directory, binary)
    story = {"first": host.bring("one"), "wrong": [], "points": {}, "versions": []}
    host.start()
    for layout in ("today", "former"):
        points = 0
        while killed(partial(host.bring, "two", config_test=not points), points):
            points += 1
            story["wrong"] += [[layout, points, refused] for refused in [host.refused()] if refused]
            if layout == "today":
                story["versions"].append(host.version())
            wanted = "two" if points % 2 else "one"
            story["wrong"] += [[layout, points, wanted, wrong] for wrong in [heal(host, wanted)] if wrong]
            host.bring("one", config_test=False)
            if layout == "former":
                host.former_layout()
        story["points"][layout] = points
        story["wrong"] += [[layout, "end", wrong] for wrong in [heal(host, "two")] if wrong]
        host.bring("one")
        host.former_layout()
        story["wrong"] += [["former", "begin", refused] for refused in [host.refused()] if refused]
    return story


def full_disk(directory, binary, *sizes):
    """With so many KiB left each time, on a disk that has the files, the lock and the journals."""
    story = {"outcomes": {}, "wrong": []}
    for free in map(int, sizes or FREE):
        top = Path(directory, f"disk{free}")
        top.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(top)], check=True)
        lock.DIRECTORY, journal.DIRECTORY = str(top / "run"), str(top / "lib" / "openvip")
        host = Host(str(top), binary)
        host.bring("one", reload=False)
        host.bring("one")
        before = host.files()
        with open(top / "filler", "wb") as stream:
            left = os.statvfs(top)
            stream.write(bytes(max(left.f_bavail * left.f_bsize - free * 1024, 0)))
        result = host.bring("two", config_test=False)
        same, refused = host.files() == before, host.refused()
        story["wrong"] += [[free, result, refused]] * (
            refused != "" or result["changed"] is same or bool(result.get("failed")) is not same)
        story["outcomes"][free] = [host.version(), result.get("msg", "")]
        os.unlink(top / "filler")
        result, again = host.bring("two"), host.bring("two")
        story["wrong"] += [[free, "after", result, host.leftovers()]] * (
            result["changed"] is not same or again["changed"] or host.version() != "two" or host.leftovers() != [])
    return story


def together(directory, binary):
    """Two runs at once, again and again, each with a version of its own."""
    host = Host(directory, binary)
    host.bring("one")
    host.start()
    story = {"codes": [], "wrong": []}
    for dummy in range(4):
        children = []
        for version in ("one", "two"):
            child = os.fork()
            if child == 0:
                results = [host.bring(version) for dummy in range(3)]
                os._exit(int(any(result.get("failed", False) for result in results)))
            children.append(child)
        story["codes"] += [os.waitpid(child, 0)[1] for child in children]
        live = host.version()
        found = {"refused": host.refused(), "leftovers": host.leftovers(), "answer": get() != [200, live],
                 "page": host.page.read_text() != f"{live}\n", "owed": host.bring(live)["changed"]}
        story["wrong"] += [found] * any(found.values())
    return story


SCENARIOS = {"kills": kills, "full_disk": full_disk, "together": together}


if __name__ == "__main__":
    if sys.argv[1] == "bring":
        print(json.dumps(host_bring(sys.argv[4], *sys.argv[2:4])))
    else:
        print(json.dumps(SCENARIOS[sys.argv[1]](*sys.argv[2:])))
