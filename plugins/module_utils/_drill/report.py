# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a drill has to say, as a table, as JUnit and as one HTML page. The same results give the same texts.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import html
import json
from typing import Any, Dict, List
from xml.sax.saxutils import escape, quoteattr

from ansible_collections.openvip.cluster.plugins.module_utils import _table
from ansible_collections.openvip.cluster.plugins.module_utils._drill import timeline
from ansible_collections.openvip.cluster.plugins.module_utils._drill.judge import doubt, span
from ansible_collections.openvip.cluster.plugins.module_utils._schema.render import render

OUTLOOK = ("fault", "host", "predicted outage")
HEADER = ("fault", "host", "predicted", "measured", "failed", "way back", "at once", "result")
LEGEND = (
    "Blue: the host has the address; one that cannot be reached has nothing. Green and thin: requests that were "
    "answered. Red: those that failed, and the outage. Grey: the prediction, paler where VRRP's timers leave a range. "
    "Circles: changes of state of keepalived.")
STYLE = """
:root { color-scheme: light dark; --ground: #ffffff; --ink: #1f2328; --muted: #59636e; --rule: #d1d9e0; --soft: #f6f8fa;
  --held: #0969da; --good: #2da44e; --bad: #b3261e; --predicted: #57606a; --perhaps: #afb8c1; --mark: #8250df; }
@media (prefers-color-scheme: dark) { :root { --ground: #0d1117; --ink: #e6edf3; --muted: #9198a1; --rule: #30363d;
  --soft: #161b22; --held: #4493f8; --good: #3fb950; --bad: #ff7b72; --predicted: #9198a1; --perhaps: #484f58;
  --mark: #d2a8ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 66rem; padding: 2rem 1.25rem 4rem; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, "Liberation Sans", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.2rem; margin: 0; } h3 { font-size: 1rem; }
a { color: var(--held); }
p { margin: .25rem 0 .75rem; } .muted { color: var(--muted); } .bad { color: var(--bad); } .good { color: var(--good); }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; font-variant-numeric: tabular-nums; font-size: .93rem; }
caption { text-align: left; color: var(--muted); padding-bottom: .4rem; }
th, td { text-align: right; padding: .35rem .6rem; border-bottom: 1px solid var(--rule); vertical-align: top; }
th { font-weight: 600; } th:first-child, td:first-child, .text { text-align: left; }
.scroll { overflow-x: auto; }
section { border-top: 2px solid var(--rule); margin-top: 2.5rem; padding-top: 1rem; }
figure { margin: .75rem 0 1.25rem; } figcaption { color: var(--muted); font-size: .9rem; }
svg { width: 100%; min-width: 40rem; height: auto; display: block; }
svg text { font: 13px system-ui, "Liberation Sans", "DejaVu Sans", sans-serif; fill: var(--ink); }
svg text.tick { font-size: 12px; fill: var(--muted); }
svg .axis { stroke: var(--rule); } svg .held { fill: var(--held); } svg .good { fill: var(--good); }
svg .failed, svg .outage { fill: var(--bad); } svg .predicted { fill: var(--predicted); }
svg .perhaps { fill: var(--perhaps); stroke: var(--predicted); }
svg line.fault, svg line.undone { stroke: var(--mark); stroke-dasharray: 4 3; }
svg text.fault, svg text.undone { fill: var(--mark); }
svg .transition { fill: var(--ground); stroke: var(--ink); stroke-width: 2; }
pre { background: var(--soft); padding: .75rem 1rem; overflow-x: auto; font: 13px/1.45 ui-monospace, "Liberation Mono",
  "DejaVu Sans Mono", monospace; }
@media print { body { max-width: none; padding: 0; font-size: 11pt; } section { break-inside: avoid; }
  svg { min-width: 0; } .scroll { overflow: visible; } }
"""


def _ms(value):
    return "never" if value is None else "%.0f ms" % value


def _row(result):
    return [result["fault"], result["host"], span(result["predicted"]), _ms(result["outage_ms"]), str(result["failed"]),
            "%s, %d" % (_ms(result["back_outage_ms"]), result["back_failed"]),
            "%d, %d" % (result["holders_at_once"], result["holders_at_once_after"]),
            "FAILED" if result["problems"] else "passed"]


def _doubt(report):
    """Return why the figures of all faults together are doubtful, or nothing."""
    results = report["results"]
    return doubt(min((result["rate"] for result in results if result["rate"] is not None), default=None),
                 report["interval_ms"], max((result["largest_gap_ms"] for result in results), default=0.0),
                 report["calibration"])


def outlook(plans: List[Dict[str, Any]]) -> List[str]:
    """Return what each fault is predicted to cost, as a table for the terminal.

    :param plans: of C(plan.prepare), one for each fault.
    """
    rows = [[plan["fault"], plan["host"], span(plan["predicted"])] for plan in plans]
    unknown = not all(plan["predicted"] for plan in plans)
    return [*_table.lines(OUTLOOK, rows, right=(2,)),
            *(["", "-: the address does not move, or no timer of VRRP says when."] if unknown else [])]


def problems(report: Dict[str, Any]) -> List[str]:
    """Return what must not be, of all faults, each with its fault.

    :param report: as L(lines) takes it.
    """
    return ["%s: %s" % (result["fault"], problem) for result in report["results"] for problem in result["problems"]]


def lines(report: Dict[str, Any]) -> List[str]:
    """Return the table for the terminal, and below it what must not be, and why the figures are doubtful.

    :param report: as RETURN of M(openvip.cluster.drill_report) describes it.
    """
    found = ["Drill of %s at %s" % (", ".join(report["members"]), report["time"]), ""]
    found += _table.lines(HEADER, [_row(result) for result in report["results"]], right=range(2, 7))
    below = [*problems(report), *filter(None, [_doubt(report)])]
    return [*found, *([""] if below else []), *below]


def junit(report: Dict[str, Any]) -> str:
    """Return the results as JUnit's XML: a test case per fault, whose time is the outage in seconds."""
    cases = []
    for result in report["results"]:
        seconds = (result["outage_ms"] if result["outage_ms"] is not None else result["undone_ms"]) / 1000
        said = _table.visible("; ".join("%s %s" % pair for pair in zip(HEADER, _row(result))))
        failure = "".join("<failure message=%s/>" % quoteattr(_table.visible(problem))
                          for problem in result["problems"][:1])
        more = "\n".join([said, *result["problems"][1:]])
        cases.append('  <testcase classname="failover_drill" name=%s time="%.3f">%s<system-out>%s</system-out>'
                     "</testcase>" % (quoteattr(result["fault"]), seconds, failure, escape(_table.visible(more))))
    failed = sum(bool(result["problems"]) for result in report["results"])
    return "\n".join(['<?xml version="1.0" encoding="utf-8"?>', "<testsuites>",
                      '<testsuite name="failover_drill" tests="%d" failures="%d" errors="0">' % (len(cases), failed),
                      *cases, "</testsuite>", "</testsuites>", ""])


def _cells(tag, texts, columns=()):
    return "".join("<%s%s%s>%s</%s>" % (tag, ' class="text"' if index in columns else "",
                                        ' scope="col"' if tag == "th" else "", html.escape(str(text)), tag)
                   for index, text in enumerate(texts))


def _summary(report):
    rows = []
    for result in report["results"]:
        texts = _row(result)
        rows.append('<tr><th scope="row"><a href="#%s">%s</a></th>%s<td class="%s">%s</td></tr>' % (
            html.escape(result["fault"]), html.escape(result["fault"]), _cells("td", texts[1:-1], (0,)),
            "bad" if result["problems"] else "good", texts[-1]))
    return ('<div class="scroll"><table><caption>Every fault. Way back: outage and failed requests once another host '
            "had the address. At once: the most holders while the fault lasted, and afterwards.</caption>"
            "<thead><tr>%s</tr></thead><tbody>%s</tbody></table></div>" % (_cells("th", HEADER, (1,)), "".join(rows)))


def _transitions(result):
    rows = ["<tr>%s</tr>" % _cells("td", ["%.0f ms" % each["at_ms"], each["host"], each["what"]], (1, 2))
            for each in result["timeline"]["transitions"]]
    if not rows:
        return '<p class="muted">keepalived wrote of no change of state.</p>'
    return ('<div class="scroll"><table><caption>What keepalived wrote to the journal</caption>'
            "<thead><tr>%s</tr></thead><tbody>%s</tbody></table></div>" % (
                _cells("th", ("after the fault", "host", "message"), (1, 2)), "".join(rows)))


def _figure(result, begin, end, caption, interval):
    return '<figure><div class="scroll">%s</div><figcaption>%s</figcaption></figure>' % (
        timeline.svg(result, begin, end, "%s: %s" % (result["fault"], caption), interval), html.escape(caption))


def _section(result, interval):
    close, whole = timeline.window(result), result["timeline"]
    figures = "".join([
        _figure(result, *close, "The move, closely. Time counts from the fault.", interval),
        _figure(result, whole["begin_ms"], whole["end_ms"], "From before the fault until the cluster was well again.",
                interval)])
    said = "".join('<p class="bad">%s</p>' % html.escape(problem) for problem in result["problems"])
    facts = ("Predicted %s, measured %s with %d failed requests of %d (%s). %s. Probed %s times "
             "a second, at most %.1f ms apart." % (
                 span(result["predicted"]), _ms(result["outage_ms"]), result["failed"], result["probes"],
                 ", ".join("%d %s" % (count, name) for name, count in sorted(result["outcomes"].items())) or "none",
                 "%s took %s after %s" % (result["taken_by"], result["address"], _ms(result["moved_ms"]))
                 if result["taken_by"] else "Nobody took %s" % result["address"],
                 "%g" % (result["rate"] or 0), result["largest_gap_ms"]))
    return '<section id="%s"><h2>%s on %s</h2><p class="muted">%s.</p>%s<p>%s</p>%s%s</section>' % (
        html.escape(result["fault"]), html.escape(result["fault"]), html.escape(result["host"]),
        html.escape(result["summary"][:1].upper() + result["summary"][1:]), said, html.escape(facts), figures,
        _transitions(result))


def _overhead(calibration):
    """Return in words by how much the prober was wrong about outages of known length."""
    if not calibration:
        return "The prober's overhead was not measured."
    errors = ["%s ms (%s)" % (calibration[kind]["maximum_ms"], words) for kind, words in (
        ("refuse", "refused connections"), ("ignore", "no answer"))]
    return "Of outages of %.0f ms on its own loopback the prober was wrong by at most %s." % (
        calibration["outage_ms"], " and ".join(errors))


def _configuration(config: Dict[str, Any]) -> str:
    """Return the reported configuration of a host as text. It may contain more than this collection writes."""
    try:
        return render(config)
    except ValueError as error:
        return "This configuration cannot be shown as text, only as data:\n%s\n\n%s\n" % (
            error, json.dumps(config, indent=2))


def page(report: Dict[str, Any]) -> str:
    """Return the HTML page, which needs nothing beside it."""
    title = "Failover drill of %s" % ", ".join(report["members"])
    failed = sum(bool(result["problems"]) for result in report["results"])
    verdict = "%d of %d faults passed" % (len(report["results"]) - failed, len(report["results"]))
    configurations = "".join("<details><summary>%s</summary><pre>%s</pre></details>" % (
        html.escape("keepalived.conf of %s" % name), html.escape(_table.visible(_configuration(config))))
        for name, config in sorted(report["configurations"].items()))
    return "\n".join([
        "<!DOCTYPE html>", '<html lang="en">', '<head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<title>%s</title><style>%s</style></head>" % (html.escape(title), STYLE), "<body><main>",
        "<h1>%s</h1>" % html.escape(title),
        '<p class="muted">%s</p>' % html.escape("%s, probed from %s at %s." % (
            report["time"], report["prober"], report["url"])),
        '<p class="%s"><strong>%s</strong></p>' % ("bad" if failed else "good", verdict), _summary(report),
        '<p class="muted">%s</p>' % html.escape(_overhead(report["calibration"])),
        *('<p class="bad">%s</p>' % html.escape(said) for said in filter(None, [_doubt(report)])),
        '<p class="muted">%s</p>' % html.escape(LEGEND),
        *(_section(result, report["interval_ms"]) for result in report["results"]),
        "<section><h2>Configuration</h2><p class=\"muted\">As it was on the hosts, without passwords.</p>%s</section>"
        % configurations, "</main></body></html>", ""])
