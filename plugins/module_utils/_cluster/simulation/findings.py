# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What single faults show to be wrong with a cluster, with the remedy and the time that the address is away with it.

The figure is that of the same model with the remedy in it. Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, Optional, Sequence, Tuple

from ... import _timing
from ..._lint.cluster import names
from ..._schema.finding import ERROR, INFO, WARNING, Finding
from .faults import REAL_SERVER, SERVICE, Fault
from .model import Model, Tracker, Virtual
from .scenario import Outcome, Simulation

AT_ONCE = _timing.Range(0.0, 0.0)
# What the remedy is modelled with: a script every second, as the role writes it for a service.
HANG = _timing.Range(1.0, 2.0)
FOUND = Tracker("track_file", "remedy", 0, AT_ONCE, AT_ONCE, HANG, True)


def found(simulation: Simulation, singles: Sequence[Outcome]) -> List[Finding]:
    """Return what the single faults of a cluster show."""
    findings = [*_services(simulation, singles)]
    for number, virtual in enumerate(simulation.model.virtuals):
        findings += [*_router(simulation, number, virtual, singles)]
    order = (ERROR, WARNING, INFO)
    return sorted(findings, key=lambda finding: order.index(finding.severity))


def span(away: Tuple[float, float]) -> str:
    """Return a range of seconds in words."""
    low, high = ("%.2f" % each for each in away)
    return "%s s" % high if low == high else "%s to %s s" % (low, high)


def _router(simulation: Simulation, number: int, virtual: Virtual, singles: Sequence[Outcome]) -> Iterator[Finding]:
    what = "vrrp_instance %s of %s" % (virtual.name, simulation.model.group)
    hosts = [member.host for member in virtual.members]
    holders = simulation.holders(number)
    if len(holders) > 1:
        held = [hosts[each] for each in holders]
        yield Finding("simulate-several-holders", ERROR, what, "%s hold the address from the start: they do not take "
                      "each other's adverts." % names(held),
                      "Let cluster_check say what differs; with one holder a crash of it costs %s."
                      % span(_apart(simulation.model, number)), hosts=sorted(held))
        return
    if len(hosts) == 1:
        yield Finding("simulate-no-spare", WARNING, what, "%s alone has it: any fault of it takes the address away."
                      % hosts[0], "Define it on a second host.", hosts=hosts)
        return
    by_kind: Dict[str, List[Fault]] = {}
    for outcome in singles:
        if number in outcome.lost and outcome.faults[0].host in hosts:
            by_kind.setdefault(outcome.faults[0].kind, []).append(outcome.faults[0])
    for kind, faults in sorted(by_kind.items()):
        if kind in SERVICE:
            yield _unnoticed(simulation, number, what, kind, faults)
        else:
            yield Finding("simulate-address-lost", ERROR, what, "%s: nobody answers at the address while it lasts."
                          % names([fault.name for fault in faults]),
                          "Look at its timeline; cluster_check says what keeps the others from taking over.",
                          hosts=sorted(fault.host for fault in faults))
    if len(hosts) == 2 and not by_kind:
        yield Finding("simulate-no-spare", INFO, what, "while one of %s has a fault, no spare is left for a fault of "
                      "the other one." % names(hosts),
                      "Add a third host where that matters.", hosts=sorted(hosts))


def _unnoticed(simulation: Simulation, number: int, what: str, kind: str, faults: Sequence[Fault]) -> Finding:
    """Return the finding of a service that is dead while its host keeps the address."""
    model, virtual = simulation.model, simulation.model.virtuals[number]
    member = virtual.members[virtual.number(faults[0].host) or 0]
    notices = [tracker for tracker in member.trackers if tracker.service is not False and (
        kind == "service_stop" or tracker.hang)]
    if notices:
        weights = " and ".join("%s %s (weight %d)" % tracker[:3] for tracker in notices)
        message = "%s notice%s a service that %s and the address stays" % (
            weights, "" if len(notices) > 1 else "s", "hangs" if kind == "service_hang" else "stops")
        remedy = "Use weight 0, with which a failure is a FAULT"
    else:
        message = "nothing notices a service that %s, and the address stays" % (
            "hangs" if kind == "service_hang" else "stops")
        remedy = "Track it (keepalived_track_service%s)" % (
            " with keepalived_track_url" if kind == "service_hang" else "")
    figure = _remedied(model, number, faults[0])
    return Finding("simulate-service-unnoticed", ERROR, what, message + ".",
                   "%s; then a fault of %s costs %s." % (remedy, faults[0].host, span(figure)) if figure else
                   remedy + ".", hosts=sorted(fault.host for fault in faults))


def _remedied(model: Model, number: int, fault: Fault) -> Optional[Tuple[float, float]]:
    """Return how long the address is away when a tracker of weight 0 notices the service, None if for ever still."""
    virtual = model.virtuals[number]
    members = tuple(member._replace(trackers=_noticing(member.trackers, fault.kind)) for member in virtual.members)
    changed = virtual._replace(members=members, router=tuple(
        node._replace(priority=member.priority(frozenset())) for node, member in zip(virtual.router, members)))
    outcome = Simulation(model._replace(virtuals=(changed,))).outcome((fault,))
    return None if outcome.lost else outcome.away


def _noticing(trackers: Tuple[Tracker, ...], kind: str) -> Tuple[Tracker, ...]:
    """Return trackers of which one notices a fault of the service, and makes it a FAULT."""
    strict = tuple(tracker._replace(weight=0) if tracker.weight and tracker.service is not False else tracker
                   for tracker in trackers)
    notices = any(tracker.service is not False and (kind == "service_stop" or tracker.hang) for tracker in strict)
    return strict if notices else (*strict, FOUND)


def _apart(model: Model, number: int) -> Tuple[float, float]:
    """Return how long a crash takes where all members take each other's adverts."""
    virtual = model.virtuals[number]
    everybody = frozenset(range(len(virtual.router)))
    healed = virtual._replace(router=tuple(node._replace(hears=everybody - {place})
                                           for place, node in enumerate(virtual.router)))
    simulation = Simulation(model._replace(virtuals=(healed,)))
    return simulation.outcome((next(outcome.faults[0] for outcome in simulation.singles()
                                    if outcome.faults[0].name == "gone %s" % virtual.members[0].host),)).away


def _services(simulation: Simulation, singles: Sequence[Outcome]) -> Iterator[Finding]:
    for number, service in enumerate(simulation.model.services):
        lost = [outcome.faults[0].host for outcome in singles
                if outcome.faults[0].kind == REAL_SERVER and number in outcome.services]
        if lost:
            yield Finding(
                "simulate-quorum-lost", INFO if service.sorry else WARNING,
                "virtual_server %s of %s" % (service.name, simulation.model.group),
                "without %s it is below its quorum of %d%s." % (
                    names(lost), service.quorum, ", and the sorry server answers" if service.sorry else ""),
                "Add a real server, or lower the quorum." if len(service.weights) > 1 else "Add a real server.",
                hosts=sorted(simulation.model.hosts))
