# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a fault is injected into a host and undone: pure functions of the state of the host.

What undoes it names the conditions that must hold afterwards (C(timed_undo.Undo)). These are only conditions that hold
now: a unit that is not active, or a process that is already stopped, is left alone.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
from typing import Any, Dict, Iterable, List, NamedTuple, Sequence, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._kit import nft
from ansible_collections.openvip.cluster.plugins.module_utils._kit.timed_undo import Undo

TABLE = "openvip_drill"
#: The tables that faults make.
TABLES = (("netdev", TABLE), ("inet", TABLE))
# IANA's number of VRRP
VRRP = "112"
#: The comment of each of our rules.
COMMENT = "openvip drill"
# hooks of nftables that come before those of any firewall
PRIORITY = "-400"
# Routes and addresses that the kernel, a router or keepalived sets again; 18 is keepalived (rt_protos)
BROUGHT = ("kernel", "ra", "redirect", "kernel_ra", "kernel_ll", "keepalived", "18")
Process = Tuple[int, int]


class Step(NamedTuple):
    """One thing to do to the host.

    :ivar words: a program and its words, or nothing.
    :ivar data: what the program gets to read.
    :ivar number: the signal that I(processes) get instead.
    :ivar processes: the id and the start time of each.
    :ivar whole: whether the program changes nothing when it fails.
    """

    words: Sequence[str] = ()
    data: str = ""
    number: str = ""
    processes: Sequence[Process] = ()
    whole: bool = True


class Plan(NamedTuple):
    """The steps that inject a fault, and what undoes it."""

    steps: List[Step]
    undo: List[Undo]


class PlanError(ValueError):
    """The fault cannot be put into this host; the message says why and what to do."""


def _revived(step: int, units: Iterable[str], active: Iterable[str]) -> List[Undo]:
    """Return what starts again the units that are active now, whatever their state is by then."""
    return [Undo(step, "%s is not active" % unit, ("unit_active", unit),
                 (("systemctl", "reset-failed", unit), ("systemctl", "start", unit)))
            for unit in units if unit in active]


def _woken(step: int, unit: str, processes: Sequence[Process]) -> List[Undo]:
    names = ["%d:%d" % process for process in processes]
    return [Undo(step, "processes of %s are stopped" % unit, ("all_run", *names), (("wake", *names),))] if names else []


def _without_tables(step: int, tables: Iterable[nft.Table]) -> List[Undo]:
    return [Undo(step, "table %s %s of nftables is in force" % table, ("table_absent", *table, COMMENT),
                 (("nft", "delete", "table", *table),)) for table in tables]


def _rules(found, tables, text):
    """Return a step that loads tables, and replaces those that an earlier drill has left."""
    try:
        return Step(("nft", "--file", "-"), nft.render_new(tables, found["tables"], COMMENT) + text)
    except ValueError as error:
        raise PlanError(str(error)) from error


def _hang(unit, found):
    running = found["running"][unit]
    if not running:
        raise PlanError("every process of %s is stopped already. Continue them (systemctl kill --signal=SIGCONT %s), "
                        "or leave this fault out." % (unit, unit))
    return Plan([Step(number="SIGSTOP", processes=running)],
                _woken(0, unit, running) + _revived(0, [unit], found["active"]))


def _set(addresses):
    return "{ %s }" % ", ".join(addresses)


def _silence(interface, addresses):
    """Return nftables rules that drop what comes in for the addresses, and VRRP; and what goes out from them.

    :param interface: its name, see C(names.verify_interface).
    :param addresses: as text of C(ipaddress).
    """
    lines, leaving = [], []
    for family, protocol in (("ip", "protocol"), ("ip6", "nexthdr")):
        own = [address for address in addresses if (":" in address) == (family == "ip6")]
        if own:
            lines.append("%s daddr %s drop" % (family, _set(own)))
            lines.append("%s %s %s drop" % (family, protocol, VRRP))
            lines.extend(["arp daddr ip %s drop" % _set(own)] if family == "ip" else [
                # the target of a neighbour solicitation (RFC 4861, 4.3), for which nft 1.0 has no word
                "icmpv6 type nd-neighbor-solicit @th,64,128 %#x drop" % int(ipaddress.ip_address(address))
                for address in own])
            # adverts have the host's own address as their source, and may leave
            leaving.append("%s saddr %s drop" % (family, _set(own)))
    return "\n".join([
        "table netdev %s {" % TABLE,
        '  chain ingress { type filter hook ingress device "%s" priority %s; policy accept;' % (interface, PRIORITY),
        *('    %s comment "%s"' % (line, COMMENT) for line in lines),
        "  }",
        "}",
        "table inet %s {" % TABLE,
        "  chain output { type filter hook output priority %s; policy accept;" % PRIORITY,
        *('    %s comment "%s"' % (line, COMMENT) for line in leaving),
        "  }",
        "}",
        ""])


def _freeze(found, options):
    if not found["nft"]:
        raise PlanError("freeze needs the program nft, which drops what comes for the addresses. Install the package "
                        "nftables, or leave freeze out of the faults.")
    keepalived, service = options["keepalived"], options["service"]
    units = [keepalived, *([service] if service and service != keepalived else [])]
    running = [found["running"].get(unit, []) for unit in units]
    # The daemon first at either end: its adverts are what the others hear, and a woken one speaks before the host is
    # heard again, so that the address is given up elsewhere by then.
    steps = [Step(number="SIGSTOP", processes=running[0]),
             _rules(found, TABLES, _silence(options["interface"], options["addresses"])),
             *(Step(number="SIGSTOP", processes=each) for each in running[1:])]
    undo = [*_woken(0, keepalived, running[0]), *_without_tables(1, TABLES)]
    for place, unit in enumerate(units[1:], 1):
        undo += _woken(place + 1, unit, running[place])
    # A daemon that is stopped for long may be killed by systemd (WatchdogSec).
    for step, unit in zip((0, 2), units):
        undo += _revived(step, [unit], found["active"])
    return Plan(steps, undo)


def _link_down(found, options):
    interface = options["interface"]
    if interface in found["way_in"]:
        raise PlanError("link_down: Ansible comes in by %s, and would be cut off. Log in by another interface "
                        "(ansible_host), name another one, or use freeze, which leaves the way in open." % interface)
    if not found["up"]:
        raise PlanError("link_down: %s is down already. Set it up (ip link set dev %s up), or name another interface."
                        % (interface, interface))
    undo = [Undo(0, "%s is down" % interface, ("link_up", interface),
                 (("ip", "link", "set", "dev", interface, "up"),))]
    for address, *flags in found["addresses"]:
        bare = address.split()[0].split("/")[0]
        # those of IPv4 stay on an interface that is down, and keepalived brings its own
        if ":" in bare and bare not in options["addresses"]:
            undo.append(Undo(0, "%s is not on %s" % (address, interface), ("address_present", interface, address),
                             (("ip", "-6", "address", "replace", *address.split(), "dev", interface, *flags),)))
    for route in found["routes"]:
        words, family = route["words"], "-6" if route["inet6"] else "-4"
        if not set(words).isdisjoint(options["addresses"]):
            continue  # needs an address of keepalived
        undo.append(Undo(0, "the route %s is missing" % " ".join(words), ("route_present", family, " ".join(words)),
                         (("ip", family, "route", "replace", *words),)))
    return Plan([Step(("ip", "link", "set", "dev", interface, "down"))], undo)


def _partition(found, dummy):
    if found["nft"]:
        chains = "".join(
            '  chain %s { type filter hook %s priority %s; policy accept;\n    meta l4proto %s drop comment "%s"\n  }\n'
            % (hook, hook, PRIORITY, VRRP, COMMENT) for hook in ("input", "output"))
        return Plan([_rules(found, TABLES[1:], "table inet %s {\n%s}\n" % (TABLE, chains))],
                    _without_tables(0, TABLES[1:]))
    if not found["iptables"]:
        raise PlanError("partition needs the program nft or iptables. Install the package nftables, or leave partition "
                        "out of the faults.")
    steps: List[Step] = []
    undo: List[Undo] = []
    for program in found["iptables"]:
        for chain in ("INPUT", "OUTPUT"):
            rule = ["--protocol", VRRP, "--jump", "DROP", "--match", "comment", "--comment", COMMENT]
            undo.append(Undo(len(steps), "a rule of %s in %s is in force" % (program, chain),
                             ("rule_absent", program, chain, COMMENT),
                             ((program, "--wait", "5", "--delete", chain, *rule),)))
            steps.append(Step((program, "--wait", "5", "--insert", chain, *rule)))
    return Plan(steps, undo)


def plan(fault: str, found: Dict[str, Any], options: Dict[str, Any]) -> Plan:
    """Return how a fault is put in and taken out.

    :param found: the host as it is: I(nft) (whether there is nft), I(tables) (those of TABLES that are in force, with
        their text), I(iptables) (the programs of that name that there are), I(active) (the units that are), I(main),
        I(processes) and I(running) (of each unit: the main process or nothing, all of them, and those that are not
        stopped, as id and start time), I(way_in) (the interfaces by which Ansible comes in), I(up) (whether the
        interface is), I(addresses) (each one on the interface, as ip(8) prints it, and its flags, none of them from
        a router) and I(routes) (C(inet6), C(words)), see C(fault_module.look).
    :param options: I(service), I(keepalived), I(interface), I(addresses) as in M(openvip.cluster.drill_fault).
    :raises PlanError: it cannot be put into this host.
    """
    service, keepalived = options["service"], options["keepalived"]
    unit = service if "service" in fault or fault.startswith("real_server") else keepalived
    by_unit = fault not in ("link_down", "partition", "reboot", "freeze")
    if by_unit and not found["processes"].get(unit):
        raise PlanError("%s: no process of %s runs on this host. Start it, or name another service." % (fault, unit))
    if fault in ("service_hang", "real_server_hang"):
        return _hang(unit, found)
    if by_unit and unit not in found["active"]:
        raise PlanError("%s: %s is not active, so nothing would start it again. Start it (systemctl start %s), or name "
                        "another service." % (fault, unit, unit))
    if fault in ("service_stop", "keepalived_stop", "real_server_stop"):
        # Units that require this one are stopped together with it (systemd.unit(5)).
        return Plan([Step(("systemctl", "stop", unit), whole=False)],
                    _revived(0, [unit, *found["dependents"].get(unit, [])], found["active"]))
    if fault == "service_crash":
        if not found["main"].get(unit):
            raise PlanError("service_crash: %s has no main process. Leave service_crash out of the faults." % unit)
        return Plan([Step(number="SIGKILL", processes=[found["main"][unit]])], _revived(0, [unit], found["active"]))
    if fault == "keepalived_kill":
        return Plan([Step(number="SIGKILL", processes=found["processes"][unit])],
                    _revived(0, [unit], found["active"]))
    if fault == "reboot":
        # The caller's part, who knows how to wait until the host is back.
        return Plan([], [])
    return {"freeze": _freeze, "link_down": _link_down, "partition": _partition}[fault](found, options)
