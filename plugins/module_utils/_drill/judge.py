# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what was recorded during one fault to its figures, its verdict, and what its timeline shows. Pure functions.

All times are nanoseconds by the clocks of the hosts, which are to agree (chrony, systemd-timesyncd); the outage and who
claims the address come from the prober alone.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List

from ansible_collections.openvip.cluster.plugins.module_utils._drill import watch
from ansible_collections.openvip.cluster.plugins.module_utils._drill.journal import unpack
from ansible_collections.openvip.cluster.plugins.module_utils._drill.watch import Interval
from ansible_collections.openvip.cluster.plugins.module_utils._outage import OK, outages

#: By how much a measured outage may miss its prediction: a part of it, or milliseconds, whichever is more.
PART, LEAST_MS = 0.2, 50.0
#: Milliseconds of an overlap, by what the hosts say of themselves, that is no more than the hand-over between two.
HAND_OVER_MS = 20.0
# what keepalived says when an instance changes its state (vrrp/vrrp.c)
TRANSITION = re.compile(r"\([^)]+\) (Entering|Changing) ", re.IGNORECASE)


def tolerance_ms(milliseconds):
    """Return by how much a figure may differ from its prediction, in milliseconds."""
    return max(PART * milliseconds, LEAST_MS)


def as_predicted(outage_ms, low_ms, high_ms):
    """Return whether an outage (C(None) for one that did not end) is as long as predicted, within the tolerance."""
    return outage_ms is not None and low_ms - tolerance_ms(low_ms) <= outage_ms <= high_ms + tolerance_ms(high_ms)


def _span(records, found, limit_ns):
    """Return failed probes and the length, all together, of outages.

    :param limit_ns: an outage whose first good probe was answered later, or that has none, is not over; the length is
        C(None). Nothing for no limit.
    """
    late = {record.start_ns for record in records
            if limit_ns is not None and record.start_ns + record.latency_us * 1000 > limit_ns}
    lengths = [each.end_ns - each.start_ns for each in found if each.end_ns is not None and each.end_ns not in late]
    outcomes: Dict[str, int] = {}
    for each in found:
        for name, count in each.outcomes.items():
            outcomes[name] = outcomes.get(name, 0) + count
    return {"outage_ms": round(sum(lengths) / 1e6, 3) if len(lengths) == len(found) else None,
            "failed": sum(each.failed for each in found), "outcomes": outcomes}


def _overlap(held, window):
    return round(watch.overlaps_ms(held, window), 3)


def _held(plan, watched, cut):
    """Return ``{address: {host: intervals}}``; what a silent host holds meanwhile is left out."""
    found: Dict[str, Dict[str, List[Interval]]] = {}
    for address in plan["addresses"]:
        for host, report in watched.items():
            spells = watch.held(report["events"], report["until_wall_ns"], address, "wall_ns")
            if plan["silent"] and host == plan["host"]:
                spells = watch.without(spells, [cut])
            found.setdefault(address, {})[host] = spells
    return found


def _claims(claims, shift, window):
    """Return how many cards claimed the address in two questions in a row, C(None) where nobody could ask."""
    if not claims.get("available") or not claims.get("events"):
        return None
    return watch.at_once(claims["events"], Interval(window.start_ns - shift, window.end_ns - shift))


def _returned(held, hurt, taker, moved, end):
    """Return when the address began to go back to the host that had the fault: it has it, or the other has it no more.

    A client may notice a move only after the new holder has the address, so what fails until then belongs to the fault.
    """
    return min([spell.start_ns for spell in held.get(hurt, ()) if spell.start_ns > moved]
               + [spell.end_ns for spell in held[taker] if spell.start_ns == moved], default=end)


def judge(plan: Dict[str, Any], injected: Dict[str, Any], undone: Dict[str, Any], probe: Dict[str, Any],
          watched: Dict[str, Dict[str, Any]], claims: Dict[str, Any], healed: bool) -> Dict[str, Any]:
    """Return the figures of one fault, as RETURN of M(openvip.cluster.drill_report) describes them.

    :param plan: of C(plan.prepare).
    :param injected: with I(at_wall_ns), what M(openvip.cluster.drill_fault) returned.
    :param undone: the same for the undoing; without I(at_wall_ns) where there was nothing to undo.
    :param probe: what M(openvip.cluster.vip_probe) returned, with its records.
    :param watched: what M(openvip.cluster.vip_watch) returned on the members that could tell.
    :param claims: the same with the method C(claimed) on the prober.
    :param healed: whether the cluster was well again in time.
    """
    records = unpack(probe["records"])
    shift = records[0].wall_ns - records[0].start_ns if records else 0
    records = [record._replace(start_ns=record.start_ns + shift) for record in records]
    at, end = injected["at_wall_ns"], records[-1].start_ns + 1 if records else injected["at_wall_ns"]
    back = undone.get("at_wall_ns") or end
    held = _held(plan, watched, Interval(at, back))
    timeout = int(probe["timeout_ms"] * 1e6)
    moved, taker = min(((spell.start_ns, host) for host, spells in held[plan["address"]].items() if host != plan["host"]
                        for spell in spells if at <= spell.start_ns < back), default=(None, None))
    # a probe fails by a return that comes before its time-out
    turn = back if moved is None else max(
        moved, _returned(held[plan["address"]], plan["host"], taker, moved, end) - timeout)
    found = outages(records)
    # what is answered after the undoing may be so because of it
    away = _span(records, [each for each in found if at - timeout <= each.start_ns < turn], back)
    return_leg = _span(records, [each for each in found if turn <= each.start_ns], None)
    # nobody undoes a reboot
    over = turn if plan["comes_back"] else back
    during, after = Interval(at, over), Interval(over, end)
    result = {
        "fault": plan["fault"], "summary": plan["summary"], "host": plan["host"], "address": plan["address"],
        "predicted": plan["predicted"], "expected_to_move": bool(plan["moves"]),
        "outage_ms": away["outage_ms"], "failed": away["failed"], "outcomes": away["outcomes"],
        "back_outage_ms": return_leg["outage_ms"], "back_failed": return_leg["failed"],
        "taken_by": taker, "moved_ms": None if moved is None else round((moved - at) / 1e6, 3),
        "holders_at_once": _at_once(held, claims, shift, during),
        "holders_at_once_after": _at_once(held, claims, shift, after),
        "overlap_ms": max(_overlap(each, during) for each in held.values()),
        "overlap_after_ms": max(_overlap(each, after) for each in held.values()),
        "asked_by_arp": bool(claims.get("available")),
        "rate": probe["rate"], "largest_gap_ms": probe["largest_gap_ms"], "probes": probe["probes"],
        "undone_ms": round((back - at) / 1e6, 3), "healed": bool(healed),
    }
    predicted = plan["predicted"]
    result["as_predicted"] = predicted and as_predicted(result["outage_ms"], predicted["low_ms"], predicted["high_ms"])
    result["problems"] = problems(plan, result)
    result["timeline"] = _timeline(records, held[plan["address"]], watched, at, end)
    return result


def _at_once(held, claims, shift, window):
    """Return the most hosts that held an address at once: of the probed one by ARP, where that can be asked, else, and
    of all others, by what the hosts say for longer than a hand-over takes."""
    most = _claims(claims, shift, window)
    long = max((_overlap(each, window) for each in held.values()), default=0.0)
    if most is not None and len(held) == 1:
        return most
    return max(most or 1, 2 if long > HAND_OVER_MS else 1)


def problems(plan, result):
    """Return what must not be, in words."""
    found = []
    predicted = result["predicted"]
    if plan["moves"] and result["moved_ms"] is None:
        found.append("%s did not move away from %s before the fault was undone." % (plan["address"], plan["host"]))
    if result["outage_ms"] is None:
        found.append("The service did not answer steadily again before the fault was undone.")
    elif predicted is not None and not result["as_predicted"]:
        found.append("The outage of %.0f ms is not the predicted %s." % (result["outage_ms"], span(predicted)))
    if result["holders_at_once"] > 1 and not plan["several"]:
        found.append("%d hosts held the address at once." % result["holders_at_once"])
    if plan["several"] and result["holders_at_once"] < 2:
        found.append("The partition did not make a second holder.")
    if result["holders_at_once_after"] > 1 and not (
            plan["remains_master"] and result["overlap_after_ms"] <= plan["waking_ms"]):
        found.append("%d hosts held the address at once after the fault was undone."
                     % result["holders_at_once_after"])
    if not result["healed"]:
        found.append("The cluster was not well again in time.")
    return found


def span(predicted):
    """Return a prediction in words."""
    if predicted is None:
        return "-"
    low, high = "%.0f" % predicted["low_ms"], "%.0f" % predicted["high_ms"]
    return "%s ms" % low if low == high else "%s-%s ms" % (low, high)


def _runs(records, at):
    """Return the runs of equal answers as ``[{"outcome", "host", "from_ms", "to_ms", "count"}]``."""
    found: List[Dict[str, Any]] = []
    for record in records:
        moment = round((record.start_ns - at) / 1e6, 3)
        if not found or (found[-1]["outcome"], found[-1]["host"]) != (record.outcome, record.host):
            found.append({"outcome": record.outcome, "host": record.host, "from_ms": moment, "count": 0})
        found[-1].update(to_ms=moment, count=found[-1]["count"] + 1)
    return found


def _timeline(records, held, watched, at, end):
    """Return what is drawn, in milliseconds from the fault."""
    def relative(moment):
        return round((moment - at) / 1e6, 3)

    begin = records[0].start_ns if records else at
    messages = [{"host": host, "at_ms": relative(each["wall_ns"]), "what": each["message"]}
                for host, report in watched.items() for each in report.get("messages") or []
                if TRANSITION.match(each["message"]) and begin <= each["wall_ns"] <= end]
    return {
        "begin_ms": relative(begin), "end_ms": relative(end),
        "held": {host: [[relative(max(spell.start_ns, begin)), relative(min(spell.end_ns, end))] for spell in spells
                        if spell.end_ns > begin and spell.start_ns < end] for host, spells in held.items()},
        "answers": _runs(records, at),
        "failed_at_ms": [relative(record.start_ns) for record in records if record.outcome != OK],
        "transitions": sorted(messages, key=lambda each: each["at_ms"]),
    }
