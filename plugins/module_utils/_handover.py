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

import functools
import hashlib
import ipaddress
import json
import os
import sys
import time
from typing import Any, Callable, List, NamedTuple

from ._kit import names, nft
from ._kit.timed_undo import FailedError, NotDoneError, TimedUndo, Undo, UndoError, run

TAKER, GIVER = "taker", "giver"
NAME = "handover-%s"
TABLE = "openvip_handover"
#: The comment of each of our rules; a digest of all of them follows.
COMMENT = "openvip handover"
# Seconds after which a program is killed.
PROGRAM = 20
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
REFUSED = "Connections are not handed over, and nothing was changed: "


class Entry(NamedTuple):
    """One address: of C(ipaddress), the interface of this host, and the giver's own address on the segment."""

    address: Any
    interface: str
    giver: Any = None


def rules(entries):
    """Return the text for nft(8) that makes the taker forward what belongs to the giver.

    :param entries: C(Entry) values whose interfaces C(names.verify_interface) has accepted.
    """
    text = []
    comment = ' comment "%s %s"' % (COMMENT, hashlib.sha256(repr(entries).encode()).hexdigest()[:16])
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
            lines += [line + comment for line in (
                "\t\t%stcp flags & (syn | ack) == syn update @begun { %s } accept" % (to, key),
                "\t\t%smeta l4proto tcp %s @begun update @begun { %s } accept" % (to, key, key),
                '\t\t%smeta l4proto tcp dup to %s device "%s" drop' % (to, giver, interface))]
        text += [*lines, "\t}", "}"]
    return "\n".join(text) + "\n"


def kept(entries, settings, present):
    """Return the steps that keep addresses on the giver, and what undoes each; no step for an existing setting.

    :param settings: ``{interface: {setting: number}}``, the present values of those in SETTINGS.
    :param present: the addresses that the loopback interface has.
    :return: a list of functions for C(TimedUndo.carry_out), and one of C(Undo).
    """
    steps: List[Callable[[], None]] = []
    undos: List[Undo] = []
    for interface, found in settings.items():
        for name, wanted in SETTINGS.items():
            if found[name] < wanted:
                path = SETTING % (interface, name)
                undos.append(Undo(len(steps), "%s of %s is %d" % (name, interface, wanted),
                                  ("setting_absent", path, str(wanted)), (("set_value", path, str(found[name])),)))
                steps.append(functools.partial(_set, path, wanted))
    for address in dict.fromkeys(entry.address for entry in entries):
        if address in present:
            continue
        text = "%s/%d" % (address, address.max_prefixlen)
        quiet = ["preferred_lft", "0", "nodad"] if address.version == 6 else []
        undos.append(Undo(len(steps), "%s is on lo" % text, ("address_absent", "lo", text),
                          (("ip", "address", "del", text, "dev", "lo"),)))
        steps.append(functools.partial(_call, ["ip", "address", "add", text, "dev", "lo", *quiet]))
    return steps, undos[::-1]


def _set(path, value):
    """
    :raises OSError: the file cannot be written.
    """
    with open(path, "w", encoding="ascii") as stream:
        stream.write("%d\n" % value)


def _call(words, data=""):
    """Run a program that changes nothing when it fails.

    :raises NotDoneError: it failed.
    :raises OSError: it did not end.
    """
    code, said = run(words, PROGRAM, data)
    if code:
        raise NotDoneError("%s failed: %s" % (" ".join(words), said))


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
        self.there = module.params["state"] == "present"
        try:
            self.entries = list(dict.fromkeys(self._entry(each) for each in module.params["addresses"]))
        except ValueError as error:
            self.refuse(str(error))
        for name, least in (("wait", 0), ("expire", 1)):
            if module.params[name] < least:
                self.refuse("%s %d: must be at least %d." % (name, module.params[name], least))
        # as JSON has it
        self.request = [[str(word) for word in entry] for entry in self.entries]
        self.timed = TimedUndo(NAME % self.side)

    def _entry(self, given):
        """Return an entry of the options.

        :raises ValueError: it is invalid.
        """
        address = names.parse_address(given["address"])
        giver = names.parse_address(given["giver"]) if given["giver"] else None
        # an interface that no longer exists must not prevent undoing
        interface = (names.verify_present if self.there else names.verify_interface)(given["interface"])
        if self.there and self.side == TAKER and (not giver or giver.version != address.version):
            raise ValueError("address %s: giver is %s. Name the giver's own address of the same family on the segment."
                             % (address, giver or "missing"))
        return Entry(address, interface, giver)

    def refuse(self, sentence):
        self.module.fail_json(msg=REFUSED + sentence)

    def present(self):
        """Keep the addresses here (giver), or forward what belongs to the giver (taker), until it is undone."""
        if self.side == TAKER and not self.module.get_bin_path("nft"):
            self.module.warn("This host has no nft (package nftables): established connections are cut when it takes "
                             "%s." % ", ".join(str(entry.address) for entry in self.entries))
            self.module.exit_json(changed=False, ready=False)
        armed = self.timed.armed()
        complete = armed is not None and self.timed.completed() == self.request
        steps, undos = self._planned(complete)
        changed = bool(steps) or (armed is not None and not complete)
        if changed and not self.module.check_mode:
            if armed:
                self.undo()
                steps, undos = self._planned()
            self._begin(steps, undos)
        self.module.exit_json(changed=changed, ready=True)

    def _begin(self, steps, undos):
        if not steps:
            return
        try:
            self.timed.carry_out(self.side, steps, undos, self.module.params["expire"], data=self.request)
        except FailedError as error:
            self.module.fail_json(msg="Connections are not handed over: %s. %s" % (
                str(error).rstrip("."), error.left or "Everything is undone."))

    def _planned(self, complete=False):
        """Return the steps that hand over connections, and what undoes them, see C(kept).

        :param complete: whether an earlier run has taken all steps and its undoing is armed.
        :raises OSError: the host cannot be inspected.
        :raises ValueError: a table of somebody else has the name of ours.
        """
        if self.side == GIVER:
            return kept(self.entries, {entry.interface: self._settings(entry.interface) for entry in self.entries},
                        self._on_loopback())
        versions = {entry.address.version for entry in self.entries}
        wanted = [(family, TABLE) for version, family, dummy in FAMILIES if version in versions]
        text = rules(self.entries)
        tables = nft.find_tables((family, TABLE) for version, family, dummy in FAMILIES)
        new = nft.render_new(wanted, tables, COMMENT)
        digest = text.partition(COMMENT)[2].partition('"')[0]
        if complete and list(tables) == wanted and all(COMMENT + digest in each for each in tables.values()):
            return [], []
        return [functools.partial(_call, ["nft", "-f", "-"], new + text)] if wanted else [], [
            Undo(0, "table %s %s of nftables is in force" % table, ("table_absent", *table, COMMENT),
                 (("nft", "delete", "table", *table),)) for table in wanted]

    @staticmethod
    def _settings(interface):
        found = {}
        for name in SETTINGS:
            with open(SETTING % (interface, name), encoding="ascii") as stream:
                found[name] = int(stream.read())
        return found

    @staticmethod
    def _on_loopback():
        """Return the addresses of the loopback interface, with any prefix or label."""
        code, said = run(("ip", "-json", "address", "show", "dev", "lo"), PROGRAM)
        if code:
            raise OSError("ip address show dev lo failed: %s" % said)
        return {ipaddress.ip_address(entry["local"]) for interface in json.loads(said)
                for entry in interface.get("addr_info", []) if "local" in entry}

    def absent(self):
        """Wait until the connections have ended, and undo the handover."""
        there = self.timed.armed() is not None
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
        """Undo the handover, or end the module with a failure."""
        left = self.timed.undo()[0]
        if left:
            self.module.fail_json(msg="The handover (%s) is not undone. %s" % (self.side, left))


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
    handover = Run(module)
    try:
        if handover.there:
            handover.present()
        else:
            handover.absent()
    except (OSError, ValueError, UndoError) as error:
        module.fail_json(msg="Connections are not handed over: %s" % error)
