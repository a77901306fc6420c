# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulation as one HTML page that needs nothing beside it: findings, the table, and a timeline of each outcome.

The timeline is drawn as the drill draws its own. The same report gives the same page.
Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import html
from typing import Callable, List, Sequence, Tuple

from ... import _table
from ..._drill.report import STYLE
from ..._drill.timeline import LANE, TOP, View
from .model import Virtual
from .report import HEADER, Report, row
from .scenario import Outcome, Step

# Seconds before the first fault, and that the shortest step is drawn with.
BEFORE, SHORTEST = 0.5, 1.0
# So much longer than its last event a step is drawn, so that the settled state is seen.
REST = 1.4
MS = 1000.0
LEGEND = ("Blue: the host has the address, in the worst case. Red: nobody answers. Grey: nobody answers in the worst "
          "case alone. A fault begins when the cluster has settled after the one before; the faults end in the same "
          "order.")


def page(reports: Sequence[Report]) -> str:
    """Return the page of the clusters that were played."""
    title = "Simulation of %s" % ", ".join(report.simulation.model.group for report in reports)
    return "\n".join([
        "<!DOCTYPE html>", '<html lang="en">', '<head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<title>%s</title><style>%s</style></head>" % (_text(title), STYLE), "<body><main>",
        "<h1>%s</h1>" % _text(title), *(_cluster(report, number) for number, report in enumerate(reports)),
        "</main></body></html>", ""])


def _text(text: object) -> str:
    return html.escape(_table.visible(str(text)))


def _cluster(report: Report, number: int) -> str:
    model = report.simulation.model
    said = "%d of %d sequences of faults on %s take an address or a service away while they last." % (
        report.lost, report.played, ", ".join(model.hosts))
    found = "".join('<li class="%s"><strong>%s</strong>: %s: %s <em>%s</em></li>' % (
        "bad" if finding.severity == "error" else "muted", _text(finding.severity), _text(finding.object),
        _text(finding.message), _text(finding.remedy)) for finding in report.findings)
    unknown = "".join("<li>%s</li>" % _text(sentence) for sentence in model.unknown)
    head = "".join('<th scope="col"%s>%s</th>' % ('' if each == "most on one" else ' class="text"', _text(each))
                   for each in HEADER)
    rows = "".join('<tr><th scope="row"><a href="#o%d-%d">%s</a></th>%s</tr>' % (
        number, place, _text(cells[0]), "".join('<td%s>%s</td>' % (
            '' if column == HEADER.index("most on one") else ' class="text"', _text(cell))
            for column, cell in enumerate(cells) if column))
        for place, cells in enumerate(row(model, outcome) for outcome in report.outcomes))
    return "".join([
        "<h2>%s</h2><p>%s</p>" % (_text(model.group), _text(said)),
        "<h3>Findings</h3><ul>%s</ul>" % (found or "<li>none</li>"),
        "<h3>Not known</h3><ul>%s</ul>" % unknown if unknown else "",
        '<div class="scroll"><table><caption>The worst first, single faults before pairs. Away: the longest time that '
        "nobody answers and that ends by itself.</caption><thead><tr>%s</tr></thead><tbody>%s</tbody></table></div>"
        % (head, rows), '<p class="muted">%s</p>' % _text(LEGEND),
        *(_section(report, outcome, "o%d-%d" % (number, place)) for place, outcome in enumerate(report.outcomes))])


def _section(report: Report, outcome: Outcome, name: str) -> str:
    simulation = report.simulation
    figures, same = [], []
    for number, virtual in enumerate(simulation.model.virtuals):
        best, worst = simulation.steps(number, outcome.faults)
        if all(len(step.marks) == 1 for step in [*best, *worst]):
            same.append(virtual.name)
            continue
        figures.append("<figure><div class=\"scroll\">%s</div><figcaption>%s</figcaption></figure>" % (
            _drawing(virtual, outcome, best, worst), _text("%s (%s)" % (virtual.name, ", ".join(virtual.addresses)))))
    rest = "<p class=\"muted\">Unmoved: %s.</p>" % _text(", ".join(same)) if same else ""
    return '<section id="%s"><h2>%s</h2>%s%s</section>' % (
        name, _text(", then ".join(fault.name for fault in outcome.faults)), "".join(figures), rest)


def _drawing(virtual: Virtual, outcome: Outcome, best: Sequence[Step], worst: Sequence[Step]) -> str:
    """Return the timeline of a router: a lane per host, and one in which nobody answers."""
    begins = [0.0]
    for one, other in zip(best, worst):
        lasts = max(mark.at for mark in (*one.marks, *other.marks))
        begins.append(begins[-1] + max(lasts * REST, SHORTEST))
    hosts = [member.host for member in virtual.members]
    lanes = [*hosts, "no answer"]
    view = View(-BEFORE * MS, begins[-1] * MS)
    for lane, host in enumerate(hosts):
        for begin, end in _spells(worst, begins, lambda step, number, place=lane: place in step.marks[number].holders):
            view.block("held", lane, begin * MS, end * MS, "%s has it from %.2f to %.2f s" % (host, begin, end))
    for kind, run in (("perhaps", worst), ("failed", best)):
        for begin, end in _spells(run, begins, lambda step, number: not step.marks[number].serving):
            view.block(kind, len(hosts), begin * MS, end * MS, "no answer from %.2f to %.2f s" % (begin, end))
    bottom = TOP + len(lanes) * LANE
    count = len(outcome.faults)
    for number, begin in enumerate(begins[:-1]):
        view.line("fault" if number < count else "undone", begin * MS, bottom,
                  ("%s" if number < count else "end of %s") % outcome.faults[number % count].name)
    return view.drawn(lanes, "%s: who has the address during %s" % (
        virtual.name, ", then ".join(fault.name for fault in outcome.faults)))


def _spells(run: Sequence[Step], begins: Sequence[float], wanted: Callable[..., bool]) -> List[Tuple[float, float]]:
    """Return the spells in which something is so, neighbouring ones joined."""
    found: List[Tuple[float, float]] = []
    for step, begin, end in zip(run, begins, begins[1:]):
        for number in range(len(step.marks)):
            if not wanted(step, number):
                continue
            start = max(step.marks[number].at, 0.0) + begin if number or begin else -BEFORE
            stop = step.marks[number + 1].at + begin if number + 1 < len(step.marks) else end
            if found and found[-1][1] >= start:
                found[-1] = (found[-1][0], max(stop, found[-1][1]))
            elif stop > start:
                found.append((start, stop))
    return found
