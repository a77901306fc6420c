# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Moves an address from one host to another under a connection, and prints what happened; see the tests beside it.

    python handover_driver.py giver|taker OPTIONS    in the host's network namespace: runs the module
    python handover_driver.py move ADDRESS           in a network and a mount namespace of its own
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args

from ansible_collections.openvip.cluster.plugins.module_utils._kit import undo_script
from ansible_collections.openvip.cluster.plugins.modules import vip_handover

OWN = {"giver": ("198.18.0.11", "fd00:18::11"), "taker": ("198.18.0.12", "fd00:18::12"),
       "client": ("198.18.0.200", "fd00:18::200")}
PORT = 8080
TIMEOUT = 5
# Answers every line with the host's name and the line; says when it listens.
SERVICE = """
import socket, sys, threading
name, family, port = sys.argv[1:]
listener = socket.create_server(("", int(port)), family=int(family))
print("listening", flush=True)

def serve(connection):
    for line in connection.makefile():
        connection.sendall(f"{name} {line}".encode())

while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"""
# Sends what it is told by one connection, and says what comes back.
CLIENT = """
import socket, sys
address, port, timeout = sys.argv[1:]
connection = socket.create_connection((address, int(port)), float(timeout))
answers = connection.makefile()
for line in sys.stdin:
    try:
        connection.sendall(line.encode())
        print(answers.readline().strip(), flush=True)
    except OSError as error:
        print(type(error).__name__, flush=True)
"""
# Programs of systemd that note their call.
STAND_IN = '#!/bin/sh\necho "$0 $*" >>/run/calls\n'
BROKEN = "#!/bin/sh\necho no bus >&2\nexit 1\n"


def sh(script):
    return subprocess.run(["sh", "-ec", script], check=True, capture_output=True, text=True).stdout


def inside(name, script):
    return sh(f"ip netns exec {name} sh -ec '{script}'")


def build():
    """Three hosts on one bridge, and programs that stand in for systemd's."""
    sh("mount -t tmpfs tmpfs /run; mkdir /run/programs /run/netns")
    sh("ip link add segment type bridge; ip link set segment up")
    for name, addresses in OWN.items():
        sh(f"ip netns add {name}; ip link add p-{name} type veth peer name eth1 netns {name};"
           f"ip link set p-{name} master segment up; ip -n {name} link set lo up; ip -n {name} link set eth1 up")
        for address, prefix in zip(addresses, ("24", "64 nodad")):
            sh(f"ip -n {name} address add {address}/{prefix} dev eth1")
    for name in ("systemd-run", "systemctl"):
        program(name, STAND_IN)


def program(name, text):
    path = Path("/run/programs") / name
    path.write_text(text)
    path.chmod(0o755)


def hand(side, vip, check=False, **options):
    """Run the module on a side; return its result."""
    entry = {"address": vip, "interface": "eth1"}
    if side == "taker":
        entry["giver"] = OWN["giver"][":" in vip]
    options = dict({"side": side, "addresses": [entry], "_ansible_check_mode": check}, **options)
    done = subprocess.run(["ip", "netns", "exec", side, sys.executable, __file__, side, json.dumps(options)],
                          check=False, capture_output=True, text=True,
                          env=dict(os.environ, PATH="/run/programs:" + os.environ["PATH"]))
    return json.loads(done.stdout.splitlines()[-1])


def module(options):
    """Run the module here and print its result."""
    undo_script.PATH = os.environ["PATH"]
    output = io.StringIO()
    with patch_module_args(options), contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        vip_handover.main()
    sys.stdout.write(output.getvalue())


class Program:
    """A Python program in the network of a host, by its standard input and output."""

    def __init__(self, name, code, *words):
        self.process = subprocess.Popen(["ip", "netns", "exec", name, sys.executable, "-c", code, *words],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def read(self):
        return self.process.stdout.readline().strip()

    def ask(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return self.read()

    def stop(self):
        self.process.kill()
        self.process.wait()


def traces(name):
    return inside(name, "nft list ruleset; ip address show dev lo; cat /proc/sys/net/ipv4/conf/eth1/arp_ignore"
                        " /proc/sys/net/ipv4/conf/eth1/arp_announce") + sh("ls /run/openvip | grep -v lock || true")


def move(vip):
    """Move the address under a connection; tell the story."""
    family = socket.AF_INET6 if ":" in vip else socket.AF_INET
    length = "64 nodad" if ":" in vip else "24"
    build()
    sides = ("giver", "taker")
    before = {side: traces(side) for side in sides}
    program("systemd-run", BROKEN)
    refused = {side: hand(side, vip) for side in sides}
    untouched = {side: traces(side) for side in sides} == before
    program("systemd-run", STAND_IN)
    services = [Program(side, SERVICE, side, str(int(family)), str(PORT)) for side in sides]
    for service in services:
        service.read()
    sh(f"ip -n giver address add {vip}/{length} dev eth1")
    old = Program("client", CLIENT, vip, str(PORT), str(TIMEOUT))
    story = {"no watchdog": refused, "no watchdog, untouched": untouched, "first": old.ask("a")}
    for number, check in enumerate((True, False, True, False)):
        story[f"run {number}"] = [hand(side, vip, check)["changed"] for side in sides]
    sh(f"ip -n taker address add {vip}/{length} dev eth1; ip -n giver address del {vip}/{length.split()[0]} dev eth1;"
       "ip -n client neigh flush dev eth1")
    story["old connection"] = [old.ask("b"), old.ask("c")]
    new = Program("client", CLIENT, vip, str(PORT), str(TIMEOUT))
    story["new connection"] = new.ask("d")
    story["cut"] = {side: hand(side, vip, state="absent", wait=0) for side in sides}
    story["old connection, cut"] = old.ask("e")
    story["new connection, later"] = new.ask("f")
    story["absent again"] = [hand(side, vip, state="absent", wait=0)["changed"] for side in sides]
    story["same as before"] = {side: traces(side) for side in sides} == before
    story["calls"] = Path("/run/calls").read_text().splitlines()
    for each in (*services, old, new):
        each.stop()
    print(json.dumps(story))


if __name__ == "__main__":
    basic._ANSIBLE_PROFILE = "legacy"
    if sys.argv[1] == "move":
        move(sys.argv[2])
    else:
        module(json.loads(sys.argv[2]))
