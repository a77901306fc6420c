# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A director with real keepalived and IPVS, three real servers, and the playbooks drain and restore under traffic.

    python drain_driver.py DIRECTORY     as root in a kernel that tests/lab/user_mode.py has booted

writes story.json into the directory; see the test beside it. The director is this machine, and the real servers and
the client are network namespaces on one segment with it. A second director of the inventory is not reached.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import socketserver
import subprocess
import sys
import threading
import time
from pathlib import Path

from ansible_collections.openvip.cluster.plugins.module_utils._ipvs import kernel
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render
from ansible_collections.openvip.cluster.tests.unit.plugins.modules import real_server_network as network

REPOSITORY = Path(__file__).resolve().parents[4]
VIP = "198.18.0.100"
WEB = {f"web{number}": f"198.18.0.2{number}" for number in (1, 2, 3)}
CLIENT = "198.18.0.5"
CONFIG = Path("/etc/keepalived/keepalived.conf")
# What ansible-playbook needs of /dev
DEVICES = """
mount -t tmpfs tmpfs /dev
mkdir /dev/shm /dev/pts
mount -t devpts devpts /dev/pts
for node in 'null 3' 'zero 5' 'random 8' 'urandom 9'; do mknod -m 666 /dev/${node% *} c 1 ${node#* }; done
mknod -m 666 /dev/tty c 5 0
ln -s pts/ptmx /dev/ptmx
ln -s /proc/self/fd /dev/fd
"""
# seconds that a playbook may take here
PLAYBOOK = 180
# seconds between two looks
POLL = 0.1
CHECK = {"TCP_CHECK": [{"connect_timeout": 2, "retry": 0, "connect_port": 80}]}


def service(port, protocol, **more):
    return dict({"ip": VIP, "port": port, "protocol": protocol, "lb_algo": "rr", "lb_kind": "DR", "delay_loop": 1,
                 "real_server": [{"ip": ip, "port": port, **({"weight": 2} if ip == WEB["web1"] else {}), **CHECK}
                                 for ip in WEB.values()]}, **more)


DATA = {
    "global_defs": {"router_id": "lb1"},
    "vrrp_instance": [{"name": "VI_1", "state": "MASTER", "interface": "eth0", "virtual_router_id": 51,
                       "priority": 250, "virtual_ipaddress": [f"{VIP}/24"]}],
    "virtual_server": [service(80, "TCP"), service(81, "TCP", persistence_timeout=60), service(53, "UDP"),
                       {"fwmark": 7, "lb_algo": "rr", "lb_kind": "DR", "delay_loop": 1,
                        "real_server": [{"ip": ip, "port": 0, **CHECK} for ip in WEB.values()]}]}


def shell(command, name=None):
    """Run a command, in the namespace of a host when it is named, and return its standard output."""
    words = ["ip", "netns", "exec", name] if name else []
    return subprocess.run([*words, "sh", "-c", command], capture_output=True, text=True, check=True).stdout


def wait_for(what, condition, seconds=network.TIMEOUT):
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(what)
        # There is one processor, and keepalived wants it, too.
        time.sleep(POLL)


class Stream(socketserver.BaseRequestHandler):
    """Says which host it is, and ends when the client does."""

    def handle(self):
        with contextlib.suppress(ConnectionError):
            self.request.sendall(self.server.name.encode())
            self.request.recv(1)


class Datagram(socketserver.BaseRequestHandler):
    """Answers each packet with the name of the host."""

    def handle(self):
        self.request[1].sendto(self.server.name.encode(), self.client_address)


def set_up():
    """Make the segment, the director and the hosts on it."""
    for module in ("bridge", "veth", "dummy"):
        shell(f"modprobe -d /run {module}")
    shell(DEVICES)
    for directory in ("/etc/keepalived", "/var/lib/openvip"):
        shell(f"mount -t tmpfs -o mode=700 tmpfs {directory}")
    network.ip("link set lo up")
    network.ip("link add segment type bridge")
    network.ip("link set segment up")
    network.ip("link add eth0 type veth peer name port0")
    network.ip("link set port0 master segment up")
    network.ip("address add 198.18.0.11/24 dev eth0")
    network.ip("link set eth0 up")
    for number, (name, address) in enumerate({**WEB, "client": CLIENT}.items(), 1):
        network.ip(f"netns add {name}")
        network.ip(f"link add eth1 netns {name} type veth peer name port{number}")
        network.ip(f"link set port{number} master segment up")
        for words in ("link set lo up", f"address add {address}/24 dev eth1", "link set eth1 up"):
            network.ip(f"-n {name} {words}")
    for name in WEB:
        shell("sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2", name)
        network.ip(f"-n {name} address add {VIP}/32 dev lo")
        for port, kind, handler in ((80, socketserver.ThreadingTCPServer, Stream),
                                    (81, socketserver.ThreadingTCPServer, Stream),
                                    (53, socketserver.ThreadingUDPServer, Datagram)):
            # of UDP, an answer has to come from the address that was asked
            address = VIP if kind is socketserver.ThreadingUDPServer else ""
            server = network.in_namespace(
                name, lambda kind=kind, at=(address, port), handler=handler: kind(at, handler))
            server.name, server.daemon_threads = name, True
            threading.Thread(target=server.serve_forever, daemon=True).start()


def start_keepalived():
    """Start keepalived, and wait until it balances to all real servers."""
    os.mkdir("/run/dumps", 0o700)
    CONFIG.write_text(render(DATA))
    CONFIG.chmod(0o600)
    with open("/run/keepalived.log", "ab") as log:
        # the dumps in a file system of this kernel, which shows when one is replaced
        subprocess.Popen(["keepalived", "--dont-fork", "--log-console", f"--use-file={CONFIG}"], stdout=log, stderr=log,
                         env=dict(os.environ, TMPDIR="/run/dumps"))
    wait_for("keepalived balances", lambda: all(len(found) == 3 for found in weights().values()) and weights())
    wait_for("keepalived holds the address", lambda: f" {VIP}/" in shell("ip -4 address show dev eth0"))
    shell("sysctl -w net.ipv4.vs.expire_nodest_conn=1 net.ipv4.vs.expire_quiescent_template=1")


def weights():
    """The weight of each real server by the port of the service, 0 for the firewall mark."""
    return {found["port"] or 0: {server["ip"]: server["weight"] for server in found["real_server"]}
            for found in kernel.read()["virtual_server"]}


def connection(port):
    """Open a connection and return it with the name of the host that answers."""
    opened = network.in_namespace("client", lambda: socket.create_connection((VIP, port), timeout=10))
    return opened, opened.recv(10).decode()


def ask(times, port=80):
    """Return the names of the hosts that answer so many requests, and how many failed."""
    names, failed = set(), 0
    for _number in range(times):
        try:
            opened, name = connection(port)
            opened.close()
            names.add(name)
        except OSError:
            failed += 1
    return {"names": sorted(names), "failed": failed}


class Sender:
    """A client of UDP that goes on sending from one port."""

    def __init__(self):
        self.socket = network.in_namespace("client", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.socket.settimeout(2)
        self.socket.connect((VIP, 53))

    def ask(self):
        """Return the name of the host that answers; the first packet after a change may be lost."""
        for _number in range(3):
            with contextlib.suppress(OSError):
                self.socket.send(b"?")
                return self.socket.recv(10).decode()
        return None


def play(name, variables):
    """Run a playbook and return its code and its output."""
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-i", "/run/hosts.json",
         str(REPOSITORY / "playbooks" / f"{name}.yml"), "--extra-vars", json.dumps(variables)],
        capture_output=True, text=True, check=False, cwd="/run", env=dict(
            os.environ, HOME="/run", LC_ALL="C.UTF-8", ANSIBLE_LOCAL_TEMP="/run/tmp", ANSIBLE_REMOTE_TMP="/run/remote",
            ANSIBLE_COLLECTIONS_PATH=str(REPOSITORY / ".collections"), ANSIBLE_PIPELINING="true"))
    print(time.monotonic(), name, variables, done.returncode, done.stdout, done.stderr, flush=True)
    return {"code": done.returncode, "output": done.stdout + done.stderr, "weights": weights(),
            "file": CONFIG.read_text()}


def die_while_drained(name):
    """Wait until a real server is drained, and take it from the network."""
    wait_for(f"{name} is drained", lambda: weights()[80].get(WEB[name]) == 0, PLAYBOOK)
    network.ip(f"-n {name} link set eth1 down")


def inventory():
    away = {"ansible_host": "127.0.0.1", "ansible_port": 1}
    Path("/run/hosts.json").write_text(json.dumps({
        "lb": {"hosts": {"lb1": {"ansible_connection": "local", "ansible_python_interpreter": sys.executable},
                         "lb2": away}},
        "web": {"hosts": {"web1": {**away, "keepalived_real_server": {"ip": WEB["web1"]}}, "web2": away,
                          "web3": {**away, "keepalived_real_server": {"ip": WEB["web3"]}}}},
        "all": {"vars": {"ansible_become": False}}}))


def main():
    directory = Path(sys.argv[1])
    set_up()
    start_keepalived()
    inventory()
    story = {"before": {"file": CONFIG.read_text(), "weights": weights(), "asked": ask(12)}}

    kept, name = connection(80)
    while name != "web1":
        kept.close()
        kept, name = connection(80)
    bound, _name = connection(81)
    bound.close()
    story["busy"] = play("drain", {"real_server": "web1", "drain_timeout": 4, "drain_interval": 1})
    story["busy"]["asked"] = ask(12)
    kept.close()
    story["resumed"] = play("drain", {"real_server": "web1", "drain_timeout": 60, "drain_interval": 1})
    story["second"] = play("drain", {"real_server": WEB["web2"], "drain_timeout": 60, "drain_interval": 1})
    story["second"]["asked"] = ask(12)
    story["second"]["persistent"] = ask(4, 81)
    story["last"] = play("drain", {"real_server": "web3"})
    story["last"]["asked"] = ask(6)
    story["restored"] = play("restore", {"real_server": "web1"})
    story["restored"]["asked"] = ask(12)

    senders = [Sender() for _number in range(3)]
    before = [sender.ask() for sender in senders]
    story["udp_busy"] = play("drain", {"real_server": "web3", "drain_timeout": 3, "drain_interval": 1})
    story["udp_busy"]["answers"] = [before, [sender.ask() for sender in senders]]
    story["udp"] = play("drain", {"real_server": "web3", "drain_timeout": 60, "drain_interval": 1,
                                  "drain_remove": True})
    story["udp"]["answers"] = [sender.ask() for sender in senders]
    # the entries of the clients of UDP would stay for minutes
    story["forced"] = play("drain", {"real_server": "web1", "drain_force": True, "drain_remove": True,
                                     "drain_timeout": 60})
    story["all"] = play("restore", {})
    wait_for("all real servers are back", lambda: weights() == story["before"]["weights"])
    story["all"].update(asked=ask(12), weights=weights())

    kept, name = connection(80)
    thread = threading.Thread(target=die_while_drained, args=(name,))
    thread.start()
    story["dies"] = play("drain", {"real_server": WEB[name], "drain_timeout": 90, "drain_interval": 1})
    story["dies"].update(asked=ask(12), name=name)
    thread.join()
    kept.close()
    story["log"] = Path("/run/keepalived.log").read_text(errors="replace")
    (directory / "story.json").write_text(json.dumps(story, indent=1))


if __name__ == "__main__":
    main()
