# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays a case with real keepalived processes: a member is a network namespace, a segment is a bridge.

    python real.py KEEPALIVED DIRECTORY    in a network and a mount namespace of its own; a case is on standard input

Prints what happened when, and every change of an address on a member, as JSON. Seconds since the first daemon began.
"""

from __future__ import annotations

import ctypes
import json
import os
import pathlib
import re
import selectors
import signal
import socket
import subprocess
import sys
import time

from ansible_collections.openvip.cluster.plugins.module_utils._drill.watch import (
    RTM_NEWADDR,
    RTMGRP_IPV4_IFADDR,
    _address_messages,
)
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render

NEW_NETWORK = 0x40000000
DEVICES = ("eth1", "eth2")
STEP = 0.01


def run(line, **options):
    subprocess.run(line.split(), check=True, **options)


def build(hosts):
    """Make two segments, and a member on both of them for each host; an own bridge for each that is cut off."""
    for line in ("mount -t tmpfs tmpfs /run", "mkdir /run/netns", "ip link set lo up"):
        run(line)
    for device in DEVICES:
        run(f"ip link add {device} type bridge mcast_snooping 0")
        run(f"ip link set {device} up")
    for number, host in enumerate(hosts):
        run(f"ip netns add {host}")
        for subnet, device in enumerate(DEVICES):
            port = f"{host}{device}"
            run(f"ip link add {port} type veth peer name {device} netns {host}")
            run(f"ip link set {port} master {device} up")
            run(f"ip link add cut{port} type bridge mcast_snooping 0")
            run(f"ip link set cut{port} up")
            run(f"ip -n {host} address add 198.18.{subnet}.{11 + number}/24 dev {device}")
            run(f"ip -n {host} link set {device} up")


def listener(host):
    """Return a socket that hears of the addresses of a member."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net", "rb") as home, open(f"/run/netns/{host}", "rb") as there:
        assert libc.setns(there.fileno(), NEW_NETWORK) == 0, os.strerror(ctypes.get_errno())
        netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        netlink.bind((0, RTMGRP_IPV4_IFADDR))
        netlink.setblocking(False)
        assert libc.setns(home.fileno(), NEW_NETWORK) == 0, os.strerror(ctypes.get_errno())
    return netlink


class Member:
    """A member, whose daemon comes and goes."""

    def __init__(self, host, program, directory, data):
        self.host, self.program, self.directory = host, program, directory / host
        self.directory.mkdir()
        self.process, self.written = None, 0
        self.failing, self.file = self.directory / "failing", self.directory / "file"
        self.file.write_text("0\n")
        for script in data["vrrp_script"]:
            script["script"] = f"/usr/bin/test ! -e {self.failing}"
        for each in data["track_file"]:
            each["file"] = str(self.file)
        (self.directory / "keepalived.conf").write_text(render(dict(
            data, global_defs={"script_user": "root", "vrrp_garp_master_refresh": 0})))

    def start(self):
        with (self.directory / "log").open("a") as log:
            self.written = log.tell()
            self.process = subprocess.Popen(
                ["ip", "netns", "exec", self.host, "unshare", "--mount", "sh", "-c",
                 'mount -t tmpfs tmpfs /run; exec "$@"', "sh", self.program, "--dont-fork", "--log-console",
                 "--log-detail", "--vrrp", "--use-file", str(self.directory / "keepalived.conf")],
                stdout=log, stderr=log)

    def runs(self):
        """Say whether the daemon has read its configuration and begun with all instances."""
        return re.search(r"Entering \w+ STATE", (self.directory / "log").read_text()[self.written:]) is not None

    def pids(self):
        """Return the process of the daemon and its children."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [*map(int, children), self.process.pid]

    def signal(self, number):
        for pid in self.pids():
            os.kill(pid, number)

    def begin(self, kind, what):
        if (kind, what) == ("process", "stop"):
            self.process.terminate()
        elif (kind, what) == ("process", "kill"):
            # stopped before, so that no child says goodbye when it sees that its parent died
            self.signal(signal.SIGSTOP)
            self.signal(signal.SIGKILL)
        elif kind == "process":
            self.signal(signal.SIGSTOP)
        elif kind == "link":
            run(f"ip -n {self.host} link set {what} down")
        elif kind == "side":
            run(f"ip link set {self.host}{what} master cut{self.host}{what}")
        elif what == "track_file":
            self.file.write_text("1\n")
        else:
            self.failing.touch()

    def end(self, kind, what):
        if kind == "process" and what != "freeze":
            self.process.wait()
            self.start()
        elif kind == "process":
            self.signal(signal.SIGCONT)
        elif kind == "link":
            run(f"ip -n {self.host} link set {what} up")
        elif kind == "side":
            run(f"ip link set {self.host}{what} master {what}")
        elif what == "track_file":
            self.file.write_text("0\n")
        else:
            self.failing.unlink()


class Stage:
    """The members of a case, what was done to them, and what their kernels say of addresses."""

    def __init__(self, case, program, directory):
        build(case["data"])
        self.members = {host: Member(host, program, directory, data) for host, data in case["data"].items()}
        self.selector = selectors.DefaultSelector()
        for host in self.members:
            self.selector.register(listener(host), selectors.EVENT_READ, host)
        self.origin = time.monotonic()
        self.happened, self.changes, self.stall = [], [], 0.0

    def now(self):
        return time.monotonic() - self.origin

    def listen(self, seconds):
        """Take what the kernels say for a while, and note the longest time that nobody let us."""
        until = time.monotonic() + seconds
        ready = True
        while ready or time.monotonic() < until:
            begin = time.monotonic()
            ready = self.selector.select(max(min(until - begin, STEP), 0))
            if not ready:
                self.stall = max(self.stall, time.monotonic() - begin - STEP)
            for key, _mask in ready:
                self._take(key.data, key.fileobj.recv(65536))

    def _take(self, host, data):
        for kind, local in _address_messages(data):
            if local is not None:
                self.changes.append([self.now(), host, socket.inet_ntoa(local), kind == RTM_NEWADDR])

    def await_daemons(self, hosts, *told):
        """Wait until the daemons of members run; that is when their timers begin."""
        waiting, before = list(hosts), self.now()
        while waiting:
            self.listen(STEP)
            now = self.now()
            for host in [host for host in waiting if self.members[host].runs()]:
                waiting.remove(host)
                self.happened.append([before, now - before, host, *told])
            before = now

    def change(self, host, condition, begins):
        """Let a condition of a member begin or end."""
        member, before = self.members[host], self.now()
        (member.begin if begins else member.end)(*condition[:2])
        if condition[0] == "process" and condition[1] != "freeze" and not begins:
            self.await_daemons([host], condition, begins)
        else:
            self.happened.append([before, self.now() - before, host, condition, begins])

    def close(self):
        for member in self.members.values():
            if member.process and member.process.poll() is None:
                member.signal(signal.SIGCONT)
                member.signal(signal.SIGKILL)
                member.process.wait()


def play(case, program, directory):
    """Return what happened, from which moment on it counts, and for how long this machine stood still."""
    stage = Stage(case, program, directory)
    try:
        for member in stage.members.values():
            member.start()
        stage.await_daemons(stage.members, ["start"], True)
        stage.listen(case["settle"])
        begun = stage.now()
        for after, host, condition, begins in case["events"]:
            stage.listen(after)
            stage.change(host, condition, begins)
        stage.listen(case["settle"])
        return {"happened": stage.happened, "changes": stage.changes, "stall": stage.stall, "begun": begun,
                "end": stage.now()}
    finally:
        stage.close()


if __name__ == "__main__":
    print(json.dumps(play(json.load(sys.stdin), sys.argv[1], pathlib.Path(sys.argv[2]))))
