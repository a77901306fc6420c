# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections that outlive a planned move of their virtual address.

When an address moves, the packets of a connection under way reach a host that does not know it, which ends it (RST,
RFC 9293 section 3.5.2). So the giver keeps the address on its loopback interface, where it answers nobody's ARP or
neighbour solicitation (arp_ignore 1, ip-sysctl), and the taker forwards to it what belongs to no connection that began
there: to the giver's card, the destination unchanged (C(dup to), nft(8)). The giver answers the client itself.

Both sides undo that at a time that is set beforehand, whatever becomes of the controller.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import shlex
import sys
import time
from typing import Any, NamedTuple

from ansible_collections.openvip.cluster.plugins.module_utils import _watchdog

TAKER, GIVER = "taker", "giver"
DIRECTORY = "/run/openvip-handover"
UNIT = "openvip-handover-%s"
TABLE = "openvip_handover"
# Seconds for which the taker knows a connection that began there without hearing of it.
KNOWN = 600
# TCP states of connections that a client still waits for (include/net/tcp_states.h): ESTABLISHED, SYN_RECV, FIN_WAIT1,
# CLOSE_WAIT, LAST_ACK. The rest is over for it.
WAITING = {"01", "03", "04", "08", "09"}
POLL = 0.1
FAMILIES = ((4, "ip", "ipv4_addr"), (6, "ip6", "ipv6_addr"))
# Answer only for addresses of the interface that is asked, and ask with no other: ip-sysctl.
SETTINGS = {"arp_ignore": 1, "arp_announce": 2}
SETTING = "/proc/sys/net/ipv4/conf/%s/%s"
NAME = re.compile(r"[^\s/\"]{1,15}$")
REFUSED = "Connections are not handed over, and nothing was changed: "


class Entry(NamedTuple):
    """One address: of C(ipaddress), the interface of this host, and the giver's own address on the segment."""

    address: Any
    interface: str
    giver: Any = None


def rules(entries):
    """Return the text for nft(8) that makes the taker forward what belongs to the giver."""
    text = []
    for version, family, kind in FAMILIES:
        mine = [entry for entry in entries if entry.address.version == version]
        if not mine:
            continue
        lines = ["table %s %s {" % (family, TABLE),
                 "\tset begun {", "\t\ttype %s . %s . inet_service" % (kind, kind), "\t\tsize 65536",
                 "\t\tflags dynamic,timeout", "\t\ttimeout %ds" % KNOWN, "\t}",
                 "\tchain taken {", "\t\ttype filter hook prerouting priority raw; policy accept;"]
        key = "%s daddr . %s saddr . tcp sport" % (family, family)
        for address, interface, giver in mine:
            to = '%s daddr %s iifname "%s" ' % (family, address, interface)
            lines += ["\t\t%stcp flags & (syn | ack) == syn update @begun { %s } accept" % (to, key),
                      "\t\t%smeta l4proto tcp %s @begun update @begun { %s } accept" % (to, key, key),
                      '\t\t%smeta l4proto tcp dup to %s device "%s" drop' % (to, giver, interface)]
        text += [*lines, "\t}", "}"]
    return "\n".join(text) + "\n"


def kept(entries, settings):
    """Return the commands that keep addresses on the giver, and those that take that back, as lists of words.

    :param settings: ``{interface: {setting: number}}``, the present values of those in SETTINGS.
    """
    done, undone = [], []
    for interface, found in settings.items():
        for name, wanted in SETTINGS.items():
            if found[name] < wanted:
                key = "net/ipv4/conf/%s/%s" % (interface, name)
                done.append(["sysctl", "-q", "-w", "%s=%d" % (key, wanted)])
                undone.append(["sysctl", "-q", "-w", "%s=%d" % (key, found[name])])
    for address, dummy, dummy in entries:
        words = ["%s/%d" % (address, address.max_prefixlen), "dev", "lo"]
        quiet = ["preferred_lft", "0", "nodad"] if address.version == 6 else []
        done.append(["ip", "address", "add", *words, *quiet])
        undone.append(["ip", "address", "del", *words])
    return done, undone[::-1]


def waiting(lines, addresses):
    """Return how many connections to I(addresses) clients wait for, from the lines of /proc/net/tcp and tcp6."""
    count = 0
    for line in lines:
        words = line.split()
        if len(words) > 3 and words[3] in WAITING and _decoded(words[1].partition(":")[0]) in addresses:
            count += 1
    return count


def _decoded(digits):
    """Return the address that the kernel writes in words of its own byte order (net/ipv4/tcp_ipv4.c)."""
    step = -1 if sys.byteorder == "little" else 1
    try:
        data = b"".join(bytes.fromhex(digits[place:place + 8])[::step] for place in range(0, len(digits), 8))
        address = ipaddress.ip_address(data)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


class Run:
    """One run of the module."""

    def __init__(self, module):
        self.module = module
        self.side = module.params["side"]
        self.request = module.params["addresses"]
        self.entries = [self._entry(each) for each in self.request]
        self.unit = UNIT % self.side
        self.path = os.path.join(DIRECTORY, self.side + ".json")
        self.script = os.path.join(DIRECTORY, self.side + ".sh")

    def _entry(self, given):
        """Return an entry of the options, or end the module."""
        address, giver = (text and self._address(text) for text in (given["address"], given["giver"]))
        if not NAME.match(given["interface"]) or not os.path.exists(SETTING % (given["interface"], "arp_ignore")):
            self.refuse("interface %s: this host has none of that name." % given["interface"])
        if self.side == TAKER and (not giver or giver.version != address.version):
            self.refuse("address %s: giver is %s. Name the giver's own address of the same family on the segment."
                        % (address, giver or "missing"))
        return Entry(address, given["interface"], giver)

    def _address(self, text):
        try:
            return ipaddress.ip_address(text)
        except ValueError:
            return self.refuse("address %s: this is no IP address. Give it without a prefix length." % text)

    def refuse(self, sentence):
        self.module.fail_json(msg=REFUSED + sentence)

    def command(self, words, data=None):
        """Run a command; when it fails, take back what was done and end the module."""
        code, dummy, errors = self.module.run_command(words, data=data)
        if code != 0:
            self.undo()
            self.module.fail_json(msg="Connections are not handed over: %s: %s What was done is undone."
                                  % (" ".join(words[:3]), errors.strip()))

    def present(self):
        """Keep the addresses here (giver), or forward what belongs to the giver (taker), until it is taken back."""
        if self.side == TAKER and not self.module.get_bin_path("nft"):
            self.module.warn("This host has no nft (package nftables): connections that are under way when it takes "
                             "%s are cut." % ", ".join(str(entry.address) for entry in self.entries))
            self.module.exit_json(changed=False, ready=False)
        under_way = self._remembered()
        changed = under_way != self.request
        if changed and not self.module.check_mode:
            if under_way is not None:
                self.undo()
            self._begin()
        self.module.exit_json(changed=changed, ready=True)

    def _begin(self):
        if self.side == TAKER:
            versions = {entry.address.version for entry in self.entries}
            self._arm([["nft", "delete", "table", family, TABLE] for version, family, dummy in FAMILIES
                       if version in versions])
            self.command(["nft", "-f", "-"], data=rules(self.entries))
            return
        done, undone = kept(self.entries, {entry.interface: self._settings(entry.interface) for entry in self.entries})
        self._arm(undone)
        for words in done:
            self.command(words)

    @staticmethod
    def _settings(interface):
        found = {}
        for name in SETTINGS:
            with open(SETTING % (interface, name), encoding="ascii") as stream:
                found[name] = int(stream.read())
        return found

    def _arm(self, undone):
        """Write what undoes it, and let systemd do that when nobody has done it in time."""
        lines = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", *(" ".join(map(shlex.quote, words)) for words in undone),
                 "rm -f %s %s" % (shlex.quote(self.script), shlex.quote(self.path))]
        missing = _watchdog.arm(self.module, self.unit, self.script, "\n".join([*lines, ""]),
                                self.module.params["expire"])
        if missing:
            self.module.fail_json(msg="Connections are not handed over: %s" % missing)
        with open(self.path, "w", encoding="utf-8") as stream:
            json.dump(self.request, stream)

    def _remembered(self):
        try:
            with open(self.path, encoding="utf-8") as stream:
                return json.load(stream)
        except (OSError, ValueError):
            return None

    def absent(self):
        """Wait until the connections have ended, and take back what was done."""
        there = os.path.exists(self.script)
        left = 0
        if there and self.side == GIVER and not self.module.check_mode:
            left = self._drained()
        if there and not self.module.check_mode:
            self.undo()
        self.module.exit_json(changed=there, connections_cut=left)

    def _drained(self):
        end = time.monotonic() + self.module.params["wait"]
        while True:
            left = waiting(self._connections(), {entry.address for entry in self.entries})
            if not left or time.monotonic() >= end:
                return left
            time.sleep(POLL)

    @staticmethod
    def _connections():
        for path in ("/proc/net/tcp", "/proc/net/tcp6"):
            if os.path.exists(path):
                with open(path, encoding="ascii") as stream:
                    yield from stream

    def undo(self):
        """Take back what was done, as far as it was."""
        if os.path.exists(self.script):
            _watchdog.run(self.module, self.unit, self.script)


def handover_argument_spec():
    """Return the argument specification of the module."""
    return {
        "side": {"type": "str", "choices": [GIVER, TAKER], "required": True},
        "addresses": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "address": {"type": "str", "required": True},
                "interface": {"type": "str", "required": True},
                "giver": {"type": "str"},
            },
        },
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "wait": {"type": "int", "default": 30},
        "expire": {"type": "int", "default": 180},
    }


def run_handover(module):
    """Answer the module M(openvip.cluster.vip_handover)."""
    run = Run(module)
    if module.params["state"] == "present":
        run.present()
    else:
        run.absent()
