# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plays a case with real keepalived processes: a member is a network namespace, a segment is a bridge.

    python real.py KEEPALIVED DIRECTORY    in a network and a mount namespace of its own; a case as JSON on standard input

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


def play(case, program, directory):
    """Return what happened."""
    build(case["data"])
    members = {host: Member(host, program, directory, data) for host, data in case["data"].items()}
    selector = selectors.DefaultSelector()
    for host in members:
        selector.register(listener(host), selectors.EVENT_READ, host)
    origin = time.monotonic()
    happened, changes, stall = [], [], 0.0

    def listen(until):
        """Take what the kernels say until a time has come; return the longest time that nobody let us."""
        longest = 0.0
        while True:
            begin = time.monotonic()
            ready = selector.select(max(min(until - begin, STEP), 0))
            now = time.monotonic()
            if not ready:
                longest = max(longest, now - begin - STEP)
            for key, _mask in ready:
                for kind, local in _address_messages(key.fileobj.recv(65536)):
                    if local is not None:
                        changes.append([now - origin, key.data, socket.inet_ntoa(local), kind == RTM_NEWADDR])
            if now >= until and not ready:
                return longest

    def act(host, action, *told):
        begin = time.monotonic()
        action()
        happened.append([begin - origin, time.monotonic() - begin, host, *told])

    def begun(hosts, *told):
        """Wait until the daemons of members run; that is when their timers begin."""
        waiting, longest, before = list(hosts), 0.0, time.monotonic()
        while waiting:
            longest = max(longest, listen(time.monotonic() + STEP))
            now = time.monotonic()
            for host in [host for host in waiting if members[host].runs()]:
                waiting.remove(host)
                happened.append([before - origin, now - before, host, *told])
            before = now
        return longest

    try:
        for member in members.values():
            member.start()
        stall = max(stall, begun(members, ["start"], True), listen(time.monotonic() + case["settle"]))
        for after, host, condition, begins in case["events"]:
            stall = max(stall, listen(time.monotonic() + after))
            member = members[host]
            change = member.begin if begins else member.end
            if condition[0] == "process" and condition[1] != "freeze" and not begins:
                member.end(*condition)
                stall = max(stall, begun([host], condition, begins))
            else:
                act(host, lambda change=change, words=condition[:2]: change(*words), condition, begins)
        stall = max(stall, listen(time.monotonic() + case["settle"]))
        return {"happened": happened, "changes": changes, "stall": stall, "end": time.monotonic() - origin}
    finally:
        for member in members.values():
            if member.process.poll() is None:
                member.signal(signal.SIGCONT)
                member.signal(signal.SIGKILL)
                member.process.wait()


if __name__ == "__main__":
    print(json.dumps(play(json.load(sys.stdin), sys.argv[1], pathlib.Path(sys.argv[2]))))
