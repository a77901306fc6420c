# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fills the IPVS of a kernel, asks ipvs_info and ipvsadm, and writes down what both said; see the test beside it.

    python ipvs_driver.py DIRECTORY     as root in a kernel that tests/lab/user_mode.py has booted

writes story.json and conversation.txt into the directory. data/ipvs/conversation.txt is such a file.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import socket
import socketserver
import subprocess
import sys
import threading
import time
from pathlib import Path

from ansible.module_utils.testing import patch_module_args

from ansible_collections.openvip.cluster.plugins.module_utils._ipvs import attributes, kernel, message
from ansible_collections.openvip.cluster.plugins.modules import ipvs_info
from ansible_collections.openvip.cluster.tests.unit.plugins.modules import ipvs_recording

RULES = Path(__file__).with_name("data") / "ipvs" / "rules.txt"
NOBODY = 65534
ASKED = Path("/run/asked")
SYNC_DAEMONS = (
    "master --mcast-interface dummy0 --syncid 7",
    "backup --mcast-interface dummy0 --syncid 9 --sync-maxlen 1400 --mcast-port 9000 --mcast-ttl 3"
    " --mcast-group 224.0.0.82",
)
MANY = 1000
# linux/ip_vs.h, linux/netlink.h
NEW_DEST = 5
ACKNOWLEDGE = 4


def shell(command, text=None):
    """Run a command and return its standard output."""
    return subprocess.run(command, shell=True, input=text, capture_output=True, text=True, check=True).stdout


def info(check=False):
    """Run the module and return its result."""
    output = io.StringIO()
    arguments = {"_ansible_remote_tmp": "/run", "_ansible_check_mode": check}
    with patch_module_args(arguments), contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        ipvs_info.main()
    result = json.loads(output.getvalue().splitlines()[-1])
    result.pop("invocation", None)
    return result


def recorded_info():
    """Run the module and return its result with all that it and the kernel said."""
    recorders = []
    plain = kernel.open_socket

    def opened():
        recorders.append(ipvs_recording.Recorder(plain()))
        return recorders[-1]

    kernel.open_socket = opened
    try:
        return info(), recorders[-1].said
    finally:
        kernel.open_socket = plain


def info_as_nobody():
    """Run the module without any right and return its result."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        os.write(writer, json.dumps(info()).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as stream:
        said = stream.read()
    os.waitpid(child, 0)
    return json.loads(said)


def ask_by_name():
    """Ask the kernel for the number of IPVS as most programs do."""
    with kernel.open_socket() as sock:
        request = message.pack_generic(kernel.GET_FAMILY, kernel.CONTROLLER_VERSION,
                                       attributes.encode({"family_name": kernel.NAME}, attributes.FAMILY))
        (answer,) = kernel.Conversation(sock).ask(kernel.CONTROLLER, 0, request)
        return attributes.decode(answer, attributes.FAMILY)["family_id"]


def add_real_server(family, fwmark, address, method):
    """Add what ipvsadm has no word for: a real server with one of the other forwarding methods."""
    request = attributes.encode({
        "service": {"af": socket.AF_INET, "fwmark": fwmark},
        "dest": {"addr": socket.inet_aton(address), "port": 0, "fwd_method": method, "weight": 1, "u_thresh": 0,
                 "l_thresh": 0},
    }, attributes.COMMAND)
    payload = message.pack_generic(NEW_DEST, kernel.VERSION, request)
    with kernel.open_socket() as sock:
        list(kernel.Conversation(sock).ask(family, ACKNOWLEDGE, payload))


class Page(socketserver.StreamRequestHandler):
    """Ten times what is asked for, until the client closes the connection."""

    def handle(self):
        self.wfile.write(self.rfile.read(100) * 10)
        self.rfile.read()


def serve():
    """Answer every connection to 127.0.0.1:8080 with a page."""
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 8080), Page)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()


def visit(address, port):
    """Ask for the page and return the connection, which is still open."""
    connection = socket.create_connection((address, port), timeout=10)
    connection.sendall(b"x" * 100)
    with connection.makefile("rb") as stream:
        assert len(stream.read(1000)) == 1000
    return connection


def leave(connection):
    """Close the connection and wait until the server has done so too."""
    connection.shutdown(socket.SHUT_WR)
    assert connection.recv(1) == b""
    connection.close()


def same_rates():
    """Return what ipvsadm and the module say of the rates between two of the kernel's estimates, once there are any."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        before = shell("ipvsadm -Ln --rate --exact")
        result = info()
        if any(service["rate"]["bytes_in"] for service in result["virtual_server"]) \
                and before == shell("ipvsadm -Ln --rate --exact"):
            return before, result
    raise SystemExit("There was no rate within a minute.")


def main():
    directory = Path(sys.argv[1])
    story = {"absent": info(), "absent_asked": ASKED.exists(), "absent_modules": Path("/proc/modules").read_text()}
    family = ask_by_name()
    story["by_name_asked"] = ASKED.read_text()
    story["empty"] = info()
    story["nobody"] = info_as_nobody()

    shell("modprobe -d /run dummy && ip link set lo up && ip link add dummy0 type dummy && ip link set dummy0 up")
    shell("ip address add 198.18.0.100/32 dev lo && ip address add 198.18.0.101/32 dev lo")
    shell("ipvsadm -R", "".join(line for line in RULES.open() if line[0] != "#"))
    shell("ipvsadm --set 800 100 200")
    for daemon in SYNC_DAEMONS:
        shell("ipvsadm --start-daemon " + daemon)
    serve()
    for _time in range(2):
        leave(visit("198.18.0.100", 80))
    still_open = [visit("198.18.0.100", 80), visit("198.18.0.101", 8080)]
    story["rate"], story["rate_info"] = same_rates()
    story["info"], said = recorded_info()
    ipvs_recording.write(directory / "conversation.txt", said, os.uname().release, os.uname().machine)
    story["check"] = info(check=True)
    for name, options in {"save": "-S -n", "header": "-L -n", "stats": "-L -n --stats --exact",
                          "persistent": "-L -n --persistent-conn", "thresholds": "-L -n --thresholds",
                          "daemon": "-L --daemon", "timeout": "-L --timeout"}.items():
        story[name] = shell("ipvsadm " + options)
    for connection in still_open:
        leave(connection)

    # a service with real servers of both families keeps the daemons from running
    shell("ipvsadm -C && ipvsadm --stop-daemon master && ipvsadm --stop-daemon backup")
    shell("ipvsadm -R", "-A -f 7 -s rr\n-a -f 7 -r 198.18.0.21:0 -i\n-a -f 7 -r [2001:db8::21]:0 -i\n")
    for address, method in (("198.18.0.22", 1), ("198.18.0.23", 4)):
        add_real_server(family, 7, address, method)
    story["mixed"] = info()
    story["mixed_list"] = shell("ipvsadm -L -n")
    servers = ["10.0.%d.%d" % divmod(number, 256) for number in range(MANY)]
    shell("ipvsadm -C")
    shell("ipvsadm -R", "-A -u 198.18.0.100:53 -s rr\n" + "".join(
        "-a -u 198.18.0.100:53 -r %s:53 -g\n" % server for server in reversed(servers)))
    (service,) = info()["virtual_server"]
    story["many"] = [server["ip"] for server in service["real_server"]] == servers
    (directory / "story.json").write_text(json.dumps(story))


if __name__ == "__main__":
    main()
