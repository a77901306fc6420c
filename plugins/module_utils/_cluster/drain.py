# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which real servers are to be drained, who is left on each service without them, and whether the drain has ended.

Every function here is pure.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._lint.model import split
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import Finding, error

Data = Dict[str, Any]


class Wish(NamedTuple):
    """What is asked for.

    :ivar servers: the addresses that each real server may have, by its name. Without any name, a restore is of all.
    :ivar by: who asks, in one word.
    :ivar now: the time in UTC (ISO 8601), in one word.
    :ivar restore: whether they are to get their weights back.
    :ivar remove: whether they leave the table of services of UDP.
    :ivar force: whether the last usable real server of a service may be drained.
    """

    servers: Dict[str, List[str]]
    by: str
    now: str
    restore: bool = False
    remove: bool = False
    force: bool = False


class Plan(NamedTuple):
    """What is to be done on every director, and what is known of it before.

    :ivar drained: all real servers that are drained afterwards, as M(openvip.cluster.lvs_drain) takes them.
    :ivar restored: what directors that were not reached are to learn later.
    :ivar directors: the hosts that were reached and have a configuration.
    :ivar missed: the other hosts of the cluster.
    :ivar names: the real servers that are asked for.
    :ivar real_server: their addresses.
    :ivar address: the virtual addresses that move between the directors, of the services that are concerned.
    :ivar expected: where the real servers stand in the table of who balances, and stay.
    :ivar lines: sentences for people.
    """

    drained: List[Data]
    restored: List[Data]
    directors: List[str]
    missed: List[str]
    names: List[str]
    real_server: List[str]
    address: List[str]
    expected: List[Data]
    lines: List[str]


def bare(word: Any) -> Optional[str]:
    """Return an address in its shortest form, C(None) for what is none."""
    try:
        return str(ipaddress.ip_address(str(word)))
    except ValueError:
        return None


def _config(report: Data) -> Data:
    return report["keepalived"].get("config") or {}


def _written(reports: Iterable[Data]) -> List[str]:
    """Return the addresses of all real servers, of the files, the tables, and what is remembered."""
    found: Dict[str, None] = {}
    for report in reports:
        for service in _config(report).get("virtual_server") or []:
            found.update((bare(server.get("ip")) or "", None) for server in service.get("real_server") or [])
        for entry in report["keepalived"].get("drained") or []:
            found.update((bare(address) or "", None) for address in entry["addresses"])
    return [address for address in found if address]


def remembered(reports: Iterable[Data]) -> Tuple[Dict[str, Data], Dict[str, Data]]:
    """Return ``(drained, restored)`` by name: what the hosts remember, of which the latest counts."""
    found: Dict[str, Dict[str, Data]] = {"drained": {}, "restored": {}}
    reports = list(reports)
    for kind, entries in found.items():
        for report in reports:
            for entry in report["keepalived"].get(kind) or []:
                if entry["name"] not in entries or entries[entry["name"]]["since"] < entry["since"]:
                    entries[entry["name"]] = dict(entry)
    drained, restored = found["drained"], found["restored"]
    # a director that was not reached by the restore still remembers the drain
    return ({name: entry for name, entry in drained.items()
             if name not in restored or restored[name]["since"] < entry["since"]},
            {name: entry for name, entry in restored.items()
             if name not in drained or drained[name]["since"] <= entry["since"]})


def _canonical(wish: Wish, drained: Dict[str, Data]) -> Wish:
    """Return the wish with the names under which real servers are drained already, also where it has an address."""
    owners = {bare(address): name for name, entry in drained.items() for address in entry["addresses"]}
    named = {name: name if name in drained else next(
        (owners[bare(address)] for address in addresses if bare(address) in owners), name)
        for name, addresses in wish.servers.items()}
    return wish._replace(servers={named[name]: addresses for name, addresses in wish.servers.items()})


def _names(wish: Wish, known: Sequence[str]) -> Tuple[Dict[str, List[str]], List[Finding]]:
    """Return the addresses of each real server that is asked for, and what is wrong with their names."""
    found: Dict[str, List[str]] = {}
    findings = []
    for name, addresses in wish.servers.items():
        found[name] = [address for address in dict.fromkeys(bare(each) or "" for each in addresses) if address in known]
        if not found[name]:
            findings.append(error(
                "drain-unknown", name, "no director has a real_server with an address of it (%s)"
                % (", ".join(addresses) or "none is known: the inventory has no such host, or it was not reached"),
                "Name a host whose address is one of %s, or that address. One in an included file, or by a "
                "definition such as $WEB1, is drained by hand."
                % (", ".join(known) or "a real_server")))
    return found, findings


def _virtual(status: Data) -> Dict[str, List[str]]:
    """Return the virtual addresses of the instances, and who has each on an interface."""
    return {vip["address"]: vip["holders"] for group in status["vrrp_instance"] for vip in group["vips"]}


def _balancing(status: Data, service: Data, virtual: Dict[str, List[str]]) -> Optional[List[str]]:
    """Return the hosts that balance a service; none where that is unknown.

    A firewall mark has no address: those balance that hold any. An address that no instance has is on all directors.
    """
    having = [each["host"] for each in service["directors"]]
    address = bare(service["ip"])
    if address is not None and address not in virtual:
        return having
    every = [host for hosts in virtual.values() for host in hosts]
    holders = every if address is None else virtual.get(address, [])
    return [host for host in having if host in holders] if virtual else having


def _sorry(reports: Iterable[Data]) -> List[str]:
    """Return the addresses of the sorry servers that are no real servers."""
    reports = list(reports)
    real = _written(reports)
    words = [split(str(service.get("sorry_server") or "")) for report in reports
             for service in _config(report).get("virtual_server") or []]
    found = [bare(each[0]) for each in words if each]
    return [address for address in found if address and address not in real]


def _quorum(reports: Iterable[Data], service: Data) -> Tuple[int, int]:
    """Return quorum and hysteresis of a service, those of keepalived where the file says nothing."""
    for report in reports:
        for each in _config(report).get("virtual_server") or []:
            same = (str(each["fwmark"]) == str(service["fwmark"]) if each.get("fwmark") is not None
                    else (bare(each.get("ip")), str(each.get("port") or 0), str(each.get("protocol") or "TCP").upper())
                    == (bare(service["ip"]), str(service["port"]), service["protocol"]))
            if same and each.get("sorry_server"):
                return int(each.get("quorum") or 1), int(each.get("hysteresis") or 0)
    return 1, 0


class _Service(NamedTuple):
    """A service on one of the hosts that balance it: its real servers by weight, those that go, and those that stay."""

    data: Data
    host: str
    weights: Dict[str, int]
    going: List[str]
    staying: List[str]


def _on(service: Data, host: str, going: Sequence[str], out: Sequence[str], sorry: Sequence[str]) -> _Service:
    """Return a service on a host.

    :param going: addresses of the real servers that are asked for.
    :param out: addresses of all that are drained afterwards.
    """
    entries = [(real, each) for real in service["real_server"] for each in real["directors"] if each["host"] == host]
    weights = {"%s %s" % (real["ip"], real["port"]): each["weight"] for real, each in entries}

    def usable(real: Data, each: Data) -> bool:
        return each["weight"] > 0 and real["ip"] not in sorry

    return _Service(service, host, weights,
                    ["%s %s" % (real["ip"], real["port"]) for real, each in entries
                     if usable(real, each) and real["ip"] in going],
                    ["%s %s" % (real["ip"], real["port"]) for real, each in entries
                     if usable(real, each) and real["ip"] not in out])


def _others(found: _Service, drained: Dict[str, Data], out: Sequence[str], sorry: Sequence[str]) -> str:
    """Return why each other real server of a service cannot take the requests."""
    names = {bare(address): entry for entry in drained.values() for address in entry["addresses"]}
    reasons = []
    for real in found.data["real_server"]:
        key, entry = "%s %s" % (real["ip"], real["port"]), names.get(real["ip"])
        if key in found.going:
            continue
        if real["ip"] in sorry:
            reasons.append("%s is the sorry server" % key)
        elif entry is not None and real["ip"] in out:
            reasons.append("%s is drained by %s since %s" % (entry["name"], entry["by"], entry["since"]))
        elif key not in found.weights:
            reasons.append("%s is not in the table, because its check fails" % key)
        else:
            reasons.append("%s has weight %s" % (key, found.weights[key]))
    return ", ".join(reasons) or "it has no other"


def _refused(found: _Service, reports: Sequence[Data], drained: Dict[str, Data], out: Sequence[str],
             sorry: Sequence[str]) -> Iterator[Finding]:
    """Yield why the real servers cannot be drained that go from a service."""
    if not found.going:
        return
    name = "virtual_server %s" % found.data["name"]
    if not found.staying:
        yield error("drain-last", name, "no usable real server is left on %s without %s (%s)"
                    % (found.host, " and ".join(found.going), _others(found, drained, out, sorry)),
                    "Bring another one back first (openvip.cluster.restore takes its name), or set drain_force=true.")
        return
    quorum, hysteresis = _quorum(reports, found.data)
    left = sum(found.weights[key] for key in found.staying)
    # keepalived lowers a quorum to the weights of the file (check_data.c), and loses it below (ipwrapper.c)
    written = left + sum(1 for real in found.data["real_server"]
                         if "%s %s" % (real["ip"], real["port"]) not in found.weights and real["ip"] not in out)
    if left < min(quorum, written) - hysteresis:
        yield error("drain-quorum", name, "the weights that are left on %s are %d, and below the quorum of %d "
                    "keepalived takes all real servers out for the sorry_server" % (found.host, left, quorum),
                    "Bring another one back first, lower the quorum, or set drain_force=true.")


def decide(reports: Sequence[Data], status: Data, members: Sequence[str], wish: Wish) -> Tuple[Plan, List[Finding]]:
    """Return the plan, and the errors for which it is not to be carried out.

    :param reports: what the hosts of the cluster returned, as C(_status.summary.summarise) takes them.
    :param status: what that returned for them.
    :param members: the names of all hosts of the cluster.
    """
    directors = [report["name"] for report in reports if report["keepalived"].get("config") is not None]
    missed = [name for name in members if name not in directors]
    drained, restored = remembered(reports)
    wish, before = _canonical(wish, drained), dict(drained)
    findings = [error(
        "drain-table-unknown", report["name"], "its table of IPVS is not known: %s"
        % str((report.get("ipvs") or {}).get("msg") or "it was not asked").strip(), "Correct that, and run it again.")
        for report in reports if report["name"] in directors and "available" not in (report.get("ipvs") or {})]
    if not directors:
        said = ["%s: %s" % (report["name"], str(report["keepalived"].get("msg") or "it has no file").strip())
                for report in reports]
        findings.append(error(
            "drain-no-director", "the cluster", "no director was reached that has a keepalived.conf (%s)"
            % ("; ".join(said) or "none was asked"), "Run openvip.cluster.status, which says more."))
    if wish.restore:
        asked = _restore(wish, drained, restored, missed)
        lines = ["%s is not drained by openvip.cluster.drain, and stays as the definition has it (keepalived_drain, "
                 "weight)." % name for name in asked if name not in before]
        going = [bare(address) or "" for name in asked if name in before for address in before[name]["addresses"]]
        asked = [name for name in asked if name in before]
    else:
        asked, lines = list(wish.servers), []
        found, wrong = _names(wish, _written(reports)) if directors else ({}, [])
        findings += wrong
        for name, addresses in found.items():
            entry = before.get(name, {"name": name, "by": wish.by, "since": wish.now, "remove": False})
            if name in before:
                lines.append("%s is drained already, by %s since %s." % (name, entry["by"], entry["since"]))
            drained[name] = dict(entry, addresses=addresses, remove=entry["remove"] or wish.remove)
            restored.pop(name, None)
        going = [address for addresses in found.values() for address in addresses]
    return _plan(reports, status, wish, Plan(
        list(drained.values()), list(restored.values()) if missed else [], directors, missed, asked, going, [], [],
        lines), drained, findings)


def _restore(wish: Wish, drained: Dict[str, Data], restored: Dict[str, Data], missed: Sequence[str]) -> List[str]:
    """Take the real servers that are asked for out of what is drained, and return their names."""
    asked = list(wish.servers) or list(drained)
    for name in asked:
        if drained.pop(name, None) and missed:
            restored[name] = {"name": name, "by": wish.by, "since": wish.now}
    return asked


def _plan(reports: Sequence[Data], status: Data, wish: Wish, plan: Plan, drained: Dict[str, Data],
          findings: List[Finding]) -> Tuple[Plan, List[Finding]]:
    """Return the plan with what the services are like."""
    virtual, sorry = _virtual(status), _sorry(reports)
    out = [bare(address) or "" for entry in plan.drained for address in entry["addresses"]]
    address, expected, lines, refused = [], [], list(plan.lines), []
    for service in status["virtual_server"]:
        if not any(real["ip"] in plan.real_server for real in service["real_server"]):
            continue
        if service["ip"] is None:
            address += list(virtual)
        elif bare(service["ip"]) in virtual:
            address.append(bare(service["ip"]) or "")
        hosts = _balancing(status, service, virtual)
        if not hosts and plan.missed:
            refused.append(error(
                "drain-holder-unknown", "virtual_server %s" % service["name"], "none of the directors that answered "
                "balances it; %s may" % " or ".join(plan.missed),
                "Run openvip.cluster.status, and again when they answer; or set drain_force=true."))
        for host in hosts or []:
            found = _on(service, host, plan.real_server, out, sorry)
            expected += [{"service": service["name"], "server": key} for key in found.weights
                         if key.split()[0] in plan.real_server
                         and not (wish.remove and service["protocol"] == "UDP")]
            if not wish.restore:
                refused += list(_refused(found, reports, drained, out, sorry))
                lines.append("virtual_server %s on %s: %s left." % (
                    service["name"], host, ", ".join(found.staying) or "no real server is"))
    if plan.missed:
        lines.append("Not reached: %s. What is drained is remembered by the others; run the playbook again when they "
                     "answer." % ", ".join(plan.missed))
    return plan._replace(address=list(dict.fromkeys(address)), expected=expected, lines=lines), \
        findings + ([] if wish.force else refused)


class Progress(NamedTuple):
    """How far a drain is.

    :ivar finished: whether no connection is left on any host that balances.
    :ivar lines: sentences for people.
    :ivar wrong: what stands in the way, one sentence each.
    """

    finished: bool
    lines: List[str]
    wrong: List[str]


def _kinds(connections: Data) -> str:
    words = {"established": "established", "opening": "being opened", "udp": "of UDP"}
    parts = ["%d %s" % (connections[kind], word) for kind, word in words.items() if connections[kind]]
    rest = ["%d %s" % (connections[kind], word) for kind, word in
            (("closing", "closing"), ("template", "persistent clients")) if connections[kind]]
    return " (%s)" % ", ".join(parts + rest) if parts + rest else ""


def progress(plan: Data, waited: Dict[str, Data], sorry: Sequence[str] = ()) -> Progress:
    """Return how far the drain of a plan is.

    :param plan: as a dictionary.
    :param waited: what M(openvip.cluster.lvs_drain_info) returned for each host, or its failure in its place.
    """
    names = " and ".join(plan["names"])
    answered = {host: each for host, each in waited.items() if "state" in each}
    working = {host: each for host, each in answered.items() if each["state"] != "idle"}
    held = {address for each in working.values() for address in each["held"]}
    verb = "has" if len(plan["names"]) == 1 else "have"
    lines = ["%s %s %d connections on %s%s" % (names, verb, each["waited_for"], host, _kinds(each["connections"]))
             for host, each in working.items()]
    lines += ["%s does not answer: %s" % (host, str(each.get("msg") or "it was not reached").strip())
              for host, each in waited.items() if host not in answered]
    wrong: List[str] = []
    open_weights: List[Data] = []
    for host, each in working.items():
        there = {"%s|%s %s" % (_name(place["service"]), place["ip"], place["port"]): place
                 for place in each["real_server"]}
        wrong += ["%s has left the table of %s on %s: its check has failed, and its connections were cut."
                  % (entry["server"], entry["service"], host) for entry in plan["expected"]
                  if "%s|%s" % (entry["service"], entry["server"]) not in there and _has(each, entry["service"])]
        weighty = [place for place in there.values() if place["weight"] > 0]
        lines += ["%s has still weight %d in virtual_server %s on %s, although the file says 0. Its checks may set it."
                  % (place["ip"], place["weight"], _name(place["service"]), host) for place in weighty]
        open_weights += weighty
        wrong += ["virtual_server %s has no usable real server left on %s. "
                  "openvip.cluster.restore brings %s back." % (_name(place["service"]), host, names)
                  for place in there.values() if not set(place["others"]) - set(sorry)]
    away = [address for address in plan["address"] if address not in held]
    if away:
        lines.append("Nobody who answers holds %s." % ", ".join(away))
    busy = any(each["waited_for"] for each in working.values()) or open_weights
    return Progress(bool(working) and not away and not busy, lines, wrong)


def _has(answer: Data, service: str) -> bool:
    """Whether the host holds the address of a service, so that its table counts."""
    address = bare(service.split()[0])
    return address is None or not answer["held"] or address in answer["held"]


def _name(service: Data) -> str:
    """Return how the status names a service."""
    if service["fwmark"] is not None:
        return "fwmark %s" % service["fwmark"] + (" inet6" if service["ip_family"] == "inet6" else "")
    return "%s %s %s" % (service["ip"], service["port"], service["protocol"])
