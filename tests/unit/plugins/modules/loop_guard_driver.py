# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two hosts that are directors and real servers of one service, with real keepalived and IPVS; see the test beside it.

    python loop_guard_driver.py DIRECTORY     as root in a kernel that tests/lab/user_mode.py has booted

writes story.json into the directory. Hosts are network namespaces, on one segment with the client.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import socket
import socketserver
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

from ansible.module_utils.testing import patch_module_args

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.derive import derive
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.preparation import preparation
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.services import Member
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render
from ansible_collections.openvip.cluster.plugins.modules import lvs_real_server
from ansible_collections.openvip.cluster.tests.unit.plugins.modules import real_server_network as network

VIP, PORT = "198.18.0.100", 80
HOSTS = {"lb1": "198.18.0.11", "lb2": "198.18.0.12"}
CLIENT = "198.18.0.5"
MEMBERS = [Member(name, {"interfaces": {"eth1": [f"{address}/24"]}, "default": []}) for name, address in HOSTS.items()]
CONNECTIONS = 12
# seconds between two looks
POLL = 0.1
BACKUP_ONLY = "net.ipv4.vs.backup_only"
# Each host has files of its own, for as long as one run of the module lasts.
HOST = """
for directory in /etc/systemd/system /etc/sysctl.d /var/lib; do mount -t tmpfs tmpfs "$directory" || exit; done
exec "$@"
"""


def cluster(kind):
    """The definition of both hosts."""
    return {
        "vrrp_instance": [{
            "name": "VI_1", "virtual_router_id": 51, "nopreempt": True, "virtual_ipaddress": [f"{VIP}/24"]}],
        "virtual_server": [{
            "ip": VIP, "port": PORT, "protocol": "TCP", "lb_algo": "rr", "lb_kind": kind, "delay_loop": 1,
            "real_server_group": "web", "loop_guard": True}]}


def shell(command, name=None):
    """Run a command, in the namespace of a host when it is named, and return its standard output."""
    words = ["ip", "netns", "exec", name] if name else []
    return subprocess.run([*words, "sh", "-c", command], capture_output=True, text=True, check=True).stdout


def wait_for(what, condition):
    """Wait until a condition holds."""
    end = time.monotonic() + network.TIMEOUT
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(what)
        # There is one processor, and keepalived wants it, too.
        time.sleep(POLL)


def set_up():
    """Make the segment and the hosts on it."""
    for module in ("bridge", "veth"):
        shell(f"modprobe -d /run {module}")
    os.mkdir("/run/programs")
    Path("/run/programs/modprobe").write_text('#!/bin/sh\nexec /usr/sbin/modprobe -d /run "$@"\n')
    Path("/run/programs/modprobe").chmod(0o755)
    os.environ["PATH"] = f"/run/programs:{os.environ['PATH']}"
    network.ip("link add segment type bridge")
    network.ip("link set segment up")
    for number, (name, address) in enumerate({**HOSTS, "client": CLIENT}.items()):
        network.ip(f"netns add {name}")
        network.ip(f"link add eth1 netns {name} type veth peer name port{number}")
        network.ip(f"link set port{number} master segment up")
        for words in ("link set lo up", f"address add {address}/24 dev eth1", "link set eth1 up"):
            network.ip(f"-n {name} {words}")


class Name(socketserver.BaseRequestHandler):
    """Says which host it is."""

    def handle(self):
        with contextlib.suppress(ConnectionError):
            self.request.sendall(self.server.name.encode())


def serve(name):
    """Answer every connection to any address of a host."""
    server = network.in_namespace(name, lambda: socketserver.ThreadingTCPServer(("", PORT), Name))
    server.name, server.daemon_threads = name, True
    threading.Thread(target=server.serve_forever, daemon=True).start()


def module(options):
    """Run the module in this namespace and print its result."""
    output = io.StringIO()
    with patch_module_args(dict(options, _ansible_remote_tmp="/run")), contextlib.redirect_stdout(output), \
            contextlib.suppress(SystemExit):
        lvs_real_server.main()
    print(output.getvalue().splitlines()[-1])


def prepare(name, kind):
    """Make a host a real server, as the definition asks for, and return what the module did."""
    member = next(member for member in MEMBERS if member.name == name)
    options, findings = preparation(cluster(kind), MEMBERS[0], {"web": MEMBERS}, member, list(HOSTS))
    assert not findings, findings
    done = subprocess.run(
        ["ip", "netns", "exec", name, "sh", "-c", HOST, "host", sys.executable, __file__, "module",
         json.dumps(options)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def start_keepalived(name, kind):
    """Start keepalived on a host as the definition asks for, and return it."""
    data, findings = derive(cluster(kind), name, MEMBERS, groups={"web": MEMBERS}, synced=True)
    assert not findings, findings
    path = Path(f"/run/{name}.conf")
    path.write_text(render(data))
    pids = [f"--{process}={path}.{process}" for process in ("pid", "vrrp_pid", "checkers_pid")]
    with open(f"/run/{name}.log", "ab") as log:
        return subprocess.Popen(["ip", "netns", "exec", name, "keepalived", "--dont-fork", "--log-console",
                                 f"--use-file={path}", *pids], stdout=log, stderr=log)


def holds(name):
    return VIP in network.ip(f"-n {name} address show dev eth1")


def states():
    """Return the state of the sync daemon of each host, and whether it has the address on its interface."""
    return {name: [shell("ipvsadm -L --daemon", name).split()[0], holds(name)] for name in HOSTS}


def balances(name):
    """Whether a host has both real servers in its table."""
    return all(f"{address}:{PORT} " in shell("ipvsadm -Ln", name) for address in HOSTS.values())


def visit(count=CONNECTIONS):
    """Return the names of the hosts that answered the client, each once."""
    found = set()
    for _time in range(count):
        with network.in_namespace("client", lambda: socket.create_connection((VIP, PORT), network.TIMEOUT)) as made:
            found.add(made.recv(100).decode())
    return sorted(found)


class Seen:
    """The packets of the service that come to a host from a director."""

    def __init__(self, name, other):
        self.raw, _mac = network.packets(name, "eth1", network.ETH_P_IP)
        self.mac = network.packets_mac(other, "eth1")

    def matches(self, frame):
        # in a tunnel, too
        return frame[6:12] == self.mac and socket.inet_aton(VIP) in (frame[30:34], frame[50:54])

    def now(self):
        """How many have come by now."""
        self.raw.setblocking(False)
        count = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                count += self.matches(self.raw.recv(2048))
        return count

    def next(self):
        """Wait for one and return True; there is none within the time-out: False."""
        self.raw.settimeout(network.TIMEOUT)
        with contextlib.suppress(TimeoutError):
            while not self.matches(self.raw.recv(2048)):
                pass
            return True
        return False


def knock():
    """Send the first packets of connections without waiting for an answer."""
    made = [network.in_namespace("client", lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            for _time in range(CONNECTIONS)]
    for connection in made:
        connection.setblocking(False)
        connection.connect_ex((VIP, PORT))
    return made


def leave(connections):
    for connection in connections:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()


def play(kind):
    """What happens with one way of forwarding, in the order of the story; at the end lb2 is master."""
    story = {"commands": {name: prepare(name, kind)["commands"] for name in HOSTS}}
    with contextlib.ExitStack() as stack:
        first = start_keepalived("lb1", kind)
        stack.callback(stop, first)
        wait_for("lb1 as master", lambda: holds("lb1"))
        stack.callback(stop, start_keepalived("lb2", kind))
        wait_for("all real servers", lambda: all(balances(name) for name in HOSTS))
        story["states"] = states()
        story["master_again"] = prepare("lb1", kind)["commands"]
        back = Seen("lb1", "lb2")
        story["guarded"] = {"answered": visit(), "back": back.now()}

        shell(f"sysctl -qw {BACKUP_ONLY}=0", "lb2")
        connections = knock()
        story["unguarded"] = {"back": back.next()}
        leave(connections)
        shell(f"sysctl -qw {BACKUP_ONLY}=1", "lb2")

        stop(first)
        wait_for("lb2 as master", lambda: holds("lb2"))
        stack.callback(stop, start_keepalived("lb1", kind))
        wait_for("all real servers", lambda: all(balances(name) for name in HOSTS))
        story["states_after"] = states()
        back = Seen("lb2", "lb1")
        story["after"] = {"answered": visit(), "back": back.now()}
    return story


def stop(daemon):
    daemon.terminate()
    daemon.wait(network.TIMEOUT)


def main():
    if sys.argv[1] == "module":
        module(json.loads(sys.argv[2]))
        return
    set_up()
    for name in HOSTS:
        serve(name)
    story = {kind: play(kind) for kind in ("DR", "TUN")}
    Path(sys.argv[1], "story.json").write_text(json.dumps(story))


if __name__ == "__main__":
    main()
