# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a fault is put into a host, and the script that takes it out again: pure functions from the host as it is.

The script is plain sh and stays in /run until the fault is undone, so the host can run it when nobody else does. Each
line is tried, whatever became of the one before; all of them together do no harm to a host that is well.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
import shlex
from typing import Any, Dict, List, NamedTuple, Sequence

TABLE = "openvip_drill"
# IANA's number of VRRP
VRRP = "112"
COMMENT = "openvip drill"
# hooks of nftables that come before those of any firewall
PRIORITY = "-400"


class Step(NamedTuple):
    """One thing to do to the host.

    :ivar words: a program and its words, or nothing.
    :ivar data: what the program gets to read.
    :ivar number: the signal that I(processes) get instead.
    :ivar processes: ids.
    """

    words: Sequence[str] = ()
    data: str = ""
    number: str = ""
    processes: Sequence[int] = ()


class Plan(NamedTuple):
    """What puts a fault in, step by step, and the lines of sh that take it out."""

    steps: List[Step]
    undo: List[str]


class PlanError(ValueError):
    """The fault cannot be put into this host; the message says why and what to do."""


def _line(*words):
    return " ".join(shlex.quote(str(word)) for word in words)


def _revived(unit):
    """Return the lines that have a unit running, whatever state it is in."""
    return [_line("systemctl", "reset-failed", unit), _line("systemctl", "start", unit)]


def _stop(unit):
    return Plan([Step(("systemctl", "stop", unit))], _revived(unit))


def _hang(unit, processes):
    return Plan([Step(number="SIGSTOP", processes=processes)],
                [_line("systemctl", "kill", "--signal=SIGCONT", unit), *_revived(unit)])


def _set(addresses):
    return "{ %s }" % ", ".join(addresses)


def _silence(interface, addresses):
    """Return nftables rules that drop what comes in for the addresses, and VRRP; and what goes out from them."""
    lines = []
    for family, protocol in (("ip", "protocol"), ("ip6", "nexthdr")):
        own = [address for address in addresses if (":" in address) == (family == "ip6")]
        if own:
            lines.append("%s daddr %s drop" % (family, _set(own)))
            lines.append("%s %s %s drop" % (family, protocol, VRRP))
            lines.extend(["arp daddr ip %s drop" % _set(own)] if family == "ip" else [
                # the target of a neighbour solicitation (RFC 4861, 4.3), for which nft 1.0 has no word
                "icmpv6 type nd-neighbor-solicit @th,64,128 %#x drop" % int(ipaddress.ip_address(address))
                for address in own])
    leaving = ["%s saddr %s drop" % (family, _set(own)) for family, own in (
        ("ip", [address for address in addresses if ":" not in address]),
        ("ip6", [address for address in addresses if ":" in address])) if own]
    return "\n".join([
        "table netdev %s {" % TABLE,
        '  chain ingress { type filter hook ingress device "%s" priority %s; policy accept;' % (interface, PRIORITY),
        *("    " + line for line in lines),
        "  }",
        "}",
        "table inet %s {" % TABLE,
        "  chain output { type filter hook output priority %s; policy accept;" % PRIORITY,
        # adverts have the host's own address, and may leave
        *("    " + line for line in leaving),
        "  }",
        "}",
        ""])


def _freeze(found, options):
    if not found["nft"]:
        raise PlanError("freeze needs the program nft, which drops what comes for the addresses. Install the package "
                        "nftables, or leave freeze out of the faults.")
    units = [options["keepalived"], *([options["service"]] if options["service"] else [])]
    daemon, service = found["processes"][units[0]], found["processes"].get(units[-1], []) if len(units) > 1 else []
    rules = _silence(options["interface"], options["addresses"])
    # The daemon first at either end: its adverts are what the others hear, and a woken one speaks before the host is
    # heard again, so that the address is given up elsewhere by then.
    undo = [_line("kill", "-CONT", *daemon)] if daemon else []
    undo += [_line("nft", "delete", "table", family, TABLE) for family in ("netdev", "inet")]
    for unit in units:
        undo += [_line("systemctl", "kill", "--signal=SIGCONT", unit)]
    for unit in units:
        undo += _revived(unit)
    return Plan([Step(number="SIGSTOP", processes=daemon), Step(("nft", "--file", "-"), rules),
                 Step(number="SIGSTOP", processes=service)], undo)


def _link_down(found, options):
    interface = options["interface"]
    if interface in found["way_in"]:
        raise PlanError("link_down: Ansible comes in by %s, and would be cut off. Log in by another interface "
                        "(ansible_host), name another one, or use freeze, which leaves the way in open." % interface)
    undo = [_line("ip", "link", "set", "dev", interface, "up")]
    for address in found["addresses"]:
        bare = address.split("/")[0]
        # those of IPv4 stay on an interface that is down, and keepalived brings its own
        if ":" in bare and bare not in options["addresses"]:
            undo.append(_line("ip", "-6", "address", "replace", address, "dev", interface))
    undo += [_line("ip", "-6" if route["inet6"] else "-4", "route", "replace", *route["words"])
             for route in found["routes"]]
    return Plan([Step(("ip", "link", "set", "dev", interface, "down"))], undo)


def _partition(found, dummy):
    if found["nft"]:
        chains = "".join("  chain %s { type filter hook %s priority %s; policy accept; meta l4proto %s drop; }\n" % (
            hook, hook, PRIORITY, VRRP) for hook in ("input", "output"))
        return Plan([Step(("nft", "--file", "-"), "table inet %s {\n%s}\n" % (TABLE, chains))],
                    [_line("nft", "delete", "table", "inet", TABLE)])
    if not found["iptables"]:
        raise PlanError("partition needs the program nft or iptables. Install the package nftables, or leave partition "
                        "out of the faults.")
    steps, undo = [], []
    for program in found["iptables"]:
        for chain in ("INPUT", "OUTPUT"):
            rule = ["--protocol", VRRP, "--jump", "DROP", "--match", "comment", "--comment", COMMENT]
            steps.append(Step((program, "--wait", "5", "--insert", chain, *rule)))
            undo.append(_line(program, "--wait", "5", "--delete", chain, *rule))
    return Plan(steps, undo)


def plan(fault: str, found: Dict[str, Any], options: Dict[str, Any]) -> Plan:
    """Return how a fault is put in and taken out.

    :param found: the host as it is: I(nft) (whether there is nft), I(iptables) (the programs of that name that there
        are), I(main) and I(processes) (of each unit: the main process id, 0 for none, and all of them), I(way_in) (the
        interfaces by which Ansible comes in), I(addresses) (C(address/prefix) on the interface, none of them from a
        router) and I(routes) (C(inet6), C(words)), see C(host.look).
    :param options: I(service), I(keepalived), I(interface), I(addresses) as in M(openvip.cluster.drill_fault).
    :raises PlanError: it cannot be put into this host.
    """
    service, keepalived = options["service"], options["keepalived"]
    unit = service if "service" in fault or fault.startswith("real_server") else keepalived
    if fault not in ("link_down", "partition", "reboot", "freeze") and not found["processes"].get(unit):
        raise PlanError("%s: no process of %s runs on this host. Start it, or name another service." % (fault, unit))
    if fault in ("service_stop", "keepalived_stop", "real_server_stop"):
        return _stop(unit)
    if fault in ("service_hang", "real_server_hang"):
        return _hang(unit, found["processes"][unit])
    if fault == "service_crash":
        if not found["main"].get(unit):
            raise PlanError("service_crash: %s has no main process. Leave service_crash out of the faults." % unit)
        return Plan([Step(number="SIGKILL", processes=[found["main"][unit]])], _revived(unit))
    if fault == "keepalived_kill":
        return Plan([Step(number="SIGKILL", processes=found["processes"][unit])], _revived(unit))
    if fault == "reboot":
        # The caller's part, who knows how to wait until the host is back.
        return Plan([], [])
    return {"freeze": _freeze, "link_down": _link_down, "partition": _partition}[fault](found, options)


def script(fault: str, lines: Sequence[str], itself: str, files: Sequence[str]) -> str:
    """Return the text of the script that undoes a fault, and removes I(itself) at last.

    :param files: what it removes, too, when it is called with the word C(expired), as the watchdog does.
    """
    expired = ['if [ "$1" = expired ]; then %s; fi' % _line("rm", "-f", *files)] if files else []
    return "\n".join(["#!/bin/sh", "# undoes the fault %s of a drill; harmless at any time" % fault,
                      *lines, *expired, _line("rm", "-f", itself), ""])
