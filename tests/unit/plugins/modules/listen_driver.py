# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs vrrp_listen beside a stranger and prints what it returned; see the tests beside it.

    python listen_driver.py    in a network and a mount namespace of its own
"""

from __future__ import annotations

import socket
import struct
import subprocess
import sys

from ansible.module_utils import basic
from ansible.module_utils.testing import patch_module_args

from ansible_collections.openvip.cluster.plugins.modules import vrrp_listen

SETUP = """
mount -t tmpfs tmpfs /run
mkdir /run/netns
ip netns add stranger
ip link add eth1 address 02:00:00:00:00:11 type veth peer name eth1 address 02:00:00:00:00:77 netns stranger
ip address add 198.18.0.11/24 dev eth1
ip address add 198.18.0.101/24 dev eth1
ip link set eth1 up
ip -n stranger address add 198.18.0.77/24 dev eth1
ip -n stranger address add 198.18.0.100/24 dev eth1
ip -n stranger link set eth1 up
"""
VRRP = 112


def frames():
    """An advertisement of version 2 (RFC 3768) and one of version 3 for IPv6 (RFC 5798), and one that is cut short."""
    version_2 = bytes([0x21, 51, 100, 1, 0, 1, 0, 0]) + socket.inet_aton("198.18.0.100") + bytes(8)
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0xC0, 20 + len(version_2), 1, 0, 255, VRRP, 0,
                         socket.inet_aton("198.18.0.77"), socket.inet_aton("224.0.0.18"))
    version_3 = bytes([0x31, 52, 255, 1, 0, 100, 0, 0]) + socket.inet_pton(socket.AF_INET6, "fe80::100")
    header6 = struct.pack("!IHBB16s16s", 6 << 28, len(version_3), VRRP, 255,
                          *(socket.inet_pton(socket.AF_INET6, text) for text in ("fe80::77", "ff02::12")))
    ethernet = bytes.fromhex("01005e000012020000000077") + struct.pack("!H", 0x0800)
    return [ethernet + header + version_2, ethernet + header + b"\x21",
            bytes.fromhex("333300000012020000000077") + struct.pack("!H", 0x86DD) + header6 + version_3]


def speak():
    """Send the frames for as long as somebody reads what is said."""
    sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sender.bind(("eth1", 0))
    while sys.stdin.readline():
        for frame in frames():
            sender.send(frame)


def main():
    for line in SETUP.strip().splitlines():
        subprocess.run(line.split(), check=True)
    # The own host speaks, too: that is no stranger.
    own = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    own.bind(("eth1", 0))
    stranger = subprocess.Popen(["ip", "netns", "exec", "stranger", sys.executable, __file__, "speak"],
                                stdin=subprocess.PIPE, text=True)
    # They wait in the pipe, so that the listener is there before the last.
    stranger.stdin.write("now\n" * 200000)
    own.send(frames()[0].replace(socket.inet_aton("198.18.0.77"), socket.inet_aton("198.18.0.11")))
    try:
        with patch_module_args({"seconds": 0.3, "instances": [
                {"interface": "eth1", "addresses": ["198.18.0.100", "198.18.0.101", "fd00::1"]}]}):
            vrrp_listen.main()
    finally:
        stranger.kill()


if __name__ == "__main__":
    basic._ANSIBLE_PROFILE = "legacy"
    if sys.argv[1:] == ["speak"]:
        speak()
    else:
        main()
