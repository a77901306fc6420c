# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The timeline of one fault as SVG: a lane per host, one for the requests, and the lines of the fault and its end.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import html
from typing import Any, Dict, List, Tuple

# pixels
LEFT, RIGHT, TOP, LANE, BAR, WIDTH, AXIS = 96, 16, 30, 30, 16, 960, 34
TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000)
MOST_TICKS = 10
# what is good is thin, so that what failed stands out without its colour, too
THIN = 6
# the shortest mark that can be seen
LEAST = 1.5
# how much of the time around the move the close view shows, at least, in milliseconds
CLOSE_MS = 100.0


def window(result: Dict[str, Any]) -> Tuple[float, float]:
    """Return begin and end of the close view of the move: all of the outage and of its prediction."""
    predicted = result["predicted"] or {"high_ms": 0.0}
    timeline = result["timeline"]
    away = result["outage_ms"] if result["outage_ms"] is not None else result["undone_ms"]
    reach = max(away, predicted["high_ms"], result["moved_ms"] or 0.0, CLOSE_MS)
    return max(timeline["begin_ms"], -0.3 * reach), min(timeline["end_ms"], 1.5 * reach)


class View:
    """The part of the time that is drawn."""

    def __init__(self, begin: float, end: float) -> None:
        self.begin, self.end = begin, max(end, begin + 1.0)
        self.parts: List[str] = []

    def x(self, moment: float) -> float:
        return LEFT + (moment - self.begin) * (WIDTH - LEFT - RIGHT) / (self.end - self.begin)

    def block(self, kind: str, lane: int, begin: float, end: float, title: str, height: int = BAR) -> None:
        """Draw a bar in a lane, as far as it is in view."""
        begin, end = max(begin, self.begin), min(end, self.end)
        if begin > end:
            return
        y = TOP + lane * LANE + (LANE - height) / 2
        self.parts.append('<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%d"><title>%s</title></rect>' % (
            kind, self.x(begin), y, max(LEAST, self.x(end) - self.x(begin)), height, html.escape(title)))

    def line(self, kind: str, moment: float, height: float, text: str) -> None:
        """Draw an upright line with a word above it."""
        if self.begin <= moment <= self.end:
            anchor = "end" if moment > self.begin + 0.8 * (self.end - self.begin) else "start"
            self.parts.append('<line class="%s" x1="%.1f" x2="%.1f" y1="%d" y2="%.1f"/>' % (
                kind, self.x(moment), self.x(moment), TOP - 6, height))
            self.parts.append('<text class="%s" x="%.1f" y="%d" text-anchor="%s">%s</text>' % (
                kind, self.x(moment), TOP - 12, anchor, html.escape(text)))

    def drawn(self, lanes: List[str], label: str) -> str:
        """Return the picture, with the names of the lanes and the time below them.

        :param label: what the picture is, for those who do not see it.
        """
        bottom = TOP + len(lanes) * LANE
        self.axis(bottom)
        names = ['<text x="%d" y="%.1f" text-anchor="end">%s</text>' % (
            LEFT - 10, TOP + index * LANE + LANE / 2 + 4, html.escape(lane)) for index, lane in enumerate(lanes)]
        return '<svg viewBox="0 0 %d %d" role="img" aria-label="%s" xmlns="http://www.w3.org/2000/svg">%s</svg>' % (
            WIDTH, bottom + AXIS, html.escape(label), "".join([*names, *self.parts]))

    def axis(self, y: float) -> None:
        """Draw the time below the lanes."""
        length = self.end - self.begin
        step = next((each for each in TICKS if length / each <= MOST_TICKS), TICKS[-1])
        unit, divisor = ("s", 1000) if step >= 1000 else ("ms", 1)
        self.parts.append('<line class="axis" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/>' % (LEFT, WIDTH - RIGHT, y, y))
        # without the zero there would be a minus before it
        moment = -(-self.begin // step) * step + 0.0
        while moment <= self.end:
            self.parts.append('<line class="axis" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>' % (
                self.x(moment), self.x(moment), y, y + 5))
            self.parts.append('<text class="tick" x="%.1f" y="%.1f" text-anchor="middle">%g</text>' % (
                self.x(moment), y + 18, moment / divisor))
            moment += step
        self.parts.append('<text class="tick" x="%d" y="%.1f">%s</text>' % (LEFT - 34, y + 18, unit))


def _good(run: Dict[str, Any]) -> str:
    return "%d good answers%s" % (run["count"], " of " + run["host"] if run["host"] else "")


def svg(result: Dict[str, Any], begin: float, end: float, label: str, interval_ms: float = 5.0) -> str:
    """Return the picture of a part of the time.

    :param result: of C(judge.judge).
    :param begin: milliseconds from the fault.
    :param label: what the picture is, for those who do not see it.
    :param interval_ms: between two probes.
    """
    timeline, view = result["timeline"], View(begin, end)
    hosts = sorted(timeline["held"])
    lanes = [*hosts, "requests", "outage", *(["predicted"] if result["predicted"] else [])]
    bottom = TOP + len(lanes) * LANE
    for index, host in enumerate(hosts):
        for spell in timeline["held"][host]:
            view.block("held", index, spell[0], spell[1], "%s had %s from %.1f to %.1f ms" % (
                host, result["address"], spell[0], spell[1]))
    requests = len(hosts)
    for run in timeline["answers"]:
        if run["outcome"] == "ok":
            view.block("good", requests, run["from_ms"], run["to_ms"] + interval_ms, _good(run), THIN)
        else:
            view.block("failed", requests, run["from_ms"], run["to_ms"] + interval_ms,
                       "%d failed: %s, %.1f to %.1f ms" % (run["count"], run["outcome"], run["from_ms"], run["to_ms"]))
    first = next((moment for moment in timeline["failed_at_ms"]), None)
    if first is not None and result["failed"]:
        last = first + result["outage_ms"] if result["outage_ms"] is not None else end
        view.block("outage", requests + 1, first, last, "outage: %s" % (
            "did not end" if result["outage_ms"] is None else "%.1f ms" % result["outage_ms"]))
    if result["predicted"]:
        low, high = result["predicted"]["low_ms"], result["predicted"]["high_ms"]
        view.block("predicted", requests + 2, 0, low, "predicted: at least %.1f ms" % low)
        view.block("perhaps", requests + 2, low, high, "predicted: at most %.1f ms" % high)
    view.line("fault", 0, bottom, "fault")
    view.line("undone", result["undone_ms"], bottom, "undone")
    for each in timeline["transitions"]:
        lane = hosts.index(each["host"])
        if begin <= each["at_ms"] <= end:
            view.parts.append('<circle class="transition" cx="%.1f" cy="%.1f" r="4"><title>%s</title></circle>' % (
                view.x(each["at_ms"]), TOP + lane * LANE + LANE / 2,
                html.escape("%s: %s at %.1f ms" % (each["host"], each["what"], each["at_ms"]))))
    return view.drawn(lanes, label)
