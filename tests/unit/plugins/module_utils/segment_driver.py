# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks a segment with a stranger on it who has an address, and prints what was found; see test_segment.py.

    python segment_driver.py    in a network and a mount namespace of its own
"""

from __future__ import annotations

import ipaddress
import json
import os
import subprocess
import tempfile

from ansible_collections.openvip.cluster.plugins.module_utils._drill import watch
from ansible_collections.openvip.cluster.plugins.module_utils._metrics import ask

SETUP = """
mount -t tmpfs tmpfs /run
mkdir /run/netns
ip netns add stranger
ip link set lo up
ip link add eth1 address 02:00:00:00:00:11 type veth peer name eth1 address 02:00:00:00:00:77 netns stranger
ip link set eth1 up
ip -n stranger link set eth1 up
ip address add fe80::11/64 dev eth1 nodad
ip -n stranger address add fe80::77/64 dev eth1 nodad
ip -n stranger address add 198.18.0.100/24 dev eth1
ip -n stranger address add 2001:db8:18::100/64 dev eth1 nodad
"""
OWN, STRANGER = bytes.fromhex("020000000011"), bytes.fromhex("020000000077")
ADDRESSES = ("198.18.0.100", "198.18.0.101", "2001:db8:18::100", "2001:db8:18::101")
# seconds: much longer than a busy machine needs
LONG = 30.0


def run(line):
    subprocess.run(line.split(), check=True)


def claimed(own, source):
    segment = ask.Segment("eth1", OWN, source, tuple(map(ipaddress.ip_address, ADDRESSES)))
    found = ask.claims([segment], own, 0.5)
    return {str(address): sorted(cards) for address, cards in found.items()}


def watched():
    """Watch an address that the stranger gives up as soon as it is steady, until nobody has it."""
    events = []
    reading, writing = os.pipe()

    def report(event):
        events.append(event)
        if event["event"] == "steady" and event["cards"]:
            run("ip -n stranger address delete 198.18.0.100/24 dev eth1")
        elif event["event"] == "steady":
            os.close(writing)

    watch.arp("eth1", "198.18.0.100", watch.Stop(LONG, reading), report)
    return events


def held():
    """Watch the host's own addresses; each event is followed by the next change, and the last by the end."""
    events = []
    changes = iter(["ip address add 198.18.0.100/24 dev eth1", "ip address add 2001:db8:18::100/64 dev eth1 nodad",
                    "ip address delete 198.18.0.100/24 dev eth1"])
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "watching")
        with open(path, "w", encoding="ascii"):
            pass

        def report(event):
            events.append(event)
            if event["event"] == "address" and len(events) > 1:
                change = next(changes, None)
                if change:
                    run(change)
                else:
                    os.unlink(path)

        watch.addresses(["198.18.0.100", "2001:db8:18::100"], watch.Stop(LONG, path=path), report)
    return events


def main():
    for line in SETUP.strip().splitlines():
        run(line)
    print(json.dumps({
        "claimed": claimed({OWN}, "fe80::11"),
        "claimed by nobody else": claimed({OWN, STRANGER}, "fe80::11"),
        "without a source": claimed({OWN}, ""),
        "watched": watched(),
        "held": held(),
    }))


if __name__ == "__main__":
    main()
