# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a simulation has to say: as data, and as a table with the worst first. The same cluster gives the same texts.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import heapq
import itertools
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence

from ... import _table
from ..._lint.cluster import names
from ..._schema.finding import Finding
from . import findings as shown
from .faults import find
from .model import Model
from .scenario import Outcome, Simulation

SINGLE, PAIR = "single", "pair"
HEADER = ("faults", "away", "lost", "two holders", "most on one", "afterwards")


class Report(NamedTuple):
    """What was played.

    ``outcomes``: the worst first, at most as many as were asked for; ``played``: how many there were;
    ``lost``: how many of them take an address or a service away.
    """

    simulation: Simulation
    outcomes: List[Outcome]
    findings: List[Finding]
    played: int
    lost: int


def simulate(model: Model, depth: str = PAIR, sequences: Sequence[Sequence[str]] = (), limit: int = 20) -> Report:
    """Return what faults do to a cluster.

    :param depth: C(single) for every fault alone, C(pair) for every pair, too.
    :param sequences: texts of faults that are played one after the other, in place of all.
    :param limit: of so many outcomes of single faults the report tells, and of so many of pairs; 0 for all.
    :raises ValueError: there is no such fault.
    """
    simulation = Simulation(model)
    singles = simulation.singles()
    if sequences:
        parts: List[Iterable[Outcome]] = [[
            simulation.outcome(tuple(find(model, text) for text in sequence)) for sequence in sequences]]
    else:
        parts = [singles, simulation.pairs()] if depth == PAIR else [singles]
    counted = [_Counted(part) for part in parts]
    worst = [outcome for part in counted for outcome in (
        heapq.nsmallest(limit, part, key=Outcome.rank) if limit else sorted(part, key=Outcome.rank))]
    return Report(simulation, worst, shown.found(simulation, singles), sum(part.played for part in counted),
                  sum(part.lost for part in counted))


class _Counted:
    """Counts what goes through it, so that millions of outcomes need no memory."""

    def __init__(self, outcomes: Iterable[Outcome]) -> None:
        self._outcomes, self.played, self.lost = outcomes, 0, 0

    def __iter__(self) -> Any:
        for outcome in self._outcomes:
            self.played += 1
            self.lost += bool(outcome.lost or outcome.left or outcome.services)
            yield outcome


def _named(model: Model, numbers: Sequence[int]) -> List[str]:
    return [model.virtuals[number].name for number in numbers]


def data(report: Report) -> Dict[str, Any]:
    """Return a report as data for JSON; times are seconds."""
    model = report.simulation.model
    return {
        "group": model.group,
        "hosts": list(model.hosts),
        "instances": [{"name": virtual.name, "addresses": list(virtual.addresses),
                       "hosts": [member.host for member in virtual.members]} for virtual in model.virtuals],
        "unknown": list(model.unknown),
        "played": report.played,
        "lost": report.lost,
        "findings": [finding.as_dict() for finding in report.findings],
        "outcomes": [_outcome(model, outcome) for outcome in report.outcomes],
    }


def _outcome(model: Model, outcome: Outcome) -> Dict[str, Any]:
    return {
        "faults": [fault.name for fault in outcome.faults],
        "away": dict(zip(("low", "high"), (round(each, 4) for each in outcome.away))),
        "lost": _named(model, outcome.lost),
        "perhaps_lost": _named(model, outcome.perhaps),
        "lost_afterwards": _named(model, outcome.left),
        "several_holders": _named(model, outcome.several),
        "stays": _named(model, outcome.stays),
        "services_lost": [model.services[number].name for number in outcome.services],
        "most_on_one_host": outcome.most,
        "needs_people": any(fault.people for fault in outcome.faults) or bool(outcome.stays),
    }


def row(model: Model, outcome: Outcome) -> List[str]:
    """Return what an outcome is, for the columns of HEADER."""
    lost = _named(model, outcome.lost) + [model.services[number].name for number in outcome.services]
    perhaps = _named(model, outcome.perhaps)
    words = [names(lost) if lost else "", "perhaps %s" % names(perhaps) if perhaps else ""]
    return [" + ".join(fault.name for fault in outcome.faults),
            shown.span(outcome.away) if outcome.away[1] else "-", ", ".join(filter(None, words)) or "-",
            names(_named(model, outcome.several)) if outcome.several else "-", str(outcome.most),
            "%s lost" % names(_named(model, outcome.left)) if outcome.left else
            "%s elsewhere" % names(_named(model, outcome.stays)) if outcome.stays else "as before"]


def lines(report: Report, width: Optional[int] = None) -> List[str]:
    """Return the report as lines for the terminal: the worst first, what was found, what is not known."""
    model = report.simulation.model
    head = "%s: %d of %d sequences of faults on %s take an address or a service away while they last." % (
        model.group, report.lost, report.played, names(list(model.hosts)))
    tables: List[str] = []
    for _count, outcomes in itertools.groupby(report.outcomes, key=lambda outcome: len(outcome.faults)):
        rows = [row(model, outcome) for outcome in outcomes]
        tables += ["", *_table.lines(HEADER, rows, right=(4,), width=width)]
    below = ["%s: %s [%s]" % (finding.severity, finding, finding.id) for finding in report.findings]
    below += ["not known: %s" % sentence for sentence in model.unknown]
    return [head, *tables, *([""] if below else []), *below]
