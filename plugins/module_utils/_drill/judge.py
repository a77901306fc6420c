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
from typing import Any, Dict, List, Optional

from ansible_collections.openvip.cluster.plugins.module_utils._calibrate import KINDS
from ansible_collections.openvip.cluster.plugins.module_utils._drill import watch
from ansible_collections.openvip.cluster.plugins.module_utils._drill.journal import unpack
from ansible_collections.openvip.cluster.plugins.module_utils._drill.watch import HAND_OVER_MS, Interval
from ansible_collections.openvip.cluster.plugins.module_utils._outage import OK, outages

#: By how much a measured outage may miss its prediction: a part of it, or milliseconds, whichever is more.
PART, LEAST_MS = 0.2, 50.0
#: Milliseconds for which a prober may stand still, or be wrong, before its figures are doubtful.
STILL_MS = 20.0
#: The part of the requests asked for that a prober sends that has the time to.
ENOUGH = 0.9
#: What the names of figures have in them that were taken after the fault was undone.
AFTER = "_after"
UNHEARD = ("At most %.0f ms pass, so one heard the other too late or not at all: see what keeps their adverts from "
           "each other, a firewall, the switch, or a host that has no time.")
# what keepalived says when an instance changes its state (vrrp/vrrp.c)
TRANSITION = re.compile(r"\([^)]+\) (Entering|Changing) ", re.IGNORECASE)


def tolerance_ms(milliseconds):
    """Return by how much a figure may differ from its prediction, in milliseconds."""
    return max(PART * milliseconds, LEAST_MS)


def bounds_ms(low_ms, high_ms, silent=True):
    """Return the shortest and the longest outage that are as predicted, within the tolerance, in milliseconds.

    :param silent: whether the host cannot be reached meanwhile. One that can be, and that forwards packets
        (ip_forward, ip-sysctl), keeps what clients send to an address that it has lost until the next holder answers
        its ARP, so that they lose less than is predicted, or nothing.
    """
    return max(0.0, low_ms - tolerance_ms(low_ms)) if silent else 0.0, high_ms + tolerance_ms(high_ms)


def _bounds(plan):
    return bounds_ms(silent=plan["silent"], **plan["predicted"])


def as_predicted(outage_ms, shortest_ms, longest_ms):
    """Return whether an outage (C(None) for one that did not end) is within C(bounds_ms)."""
    return outage_ms is not None and shortest_ms <= outage_ms <= longest_ms


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
    """Return how many cards claimed the address at once, and for how many milliseconds several did at least; C(None)
    for both where nobody could ask."""
    if not claims.get("available") or not claims.get("events"):
        return None, None
    asked = Interval(window.start_ns - shift, window.end_ns - shift)
    return watch.at_once(claims["events"], asked), round(watch.claimed_ms(claims["events"], asked), 3)


def _returned(held, hurt, taker, moved, end):
    """Return when the address began to go back to the host that had the fault: it has it, or the other has it no more.

    A client may notice a move only after the new holder has the address, so what fails until then belongs to the fault.
    """
    return min([spell.start_ns for spell in held.get(hurt, ()) if spell.start_ns > moved]
               + [spell.end_ns for spell in held[taker] if spell.start_ns == moved], default=end)


def judge(plan: Dict[str, Any], injected: Dict[str, Any], undone: Dict[str, Any], probe: Dict[str, Any],
          watched: Dict[str, Dict[str, Any]], claims: Dict[str, Any], healed: bool,
          calibration: Optional[Dict[str, Any]] = None) -> Dict[str, Any]:
    """Return the figures of one fault, as RETURN of M(openvip.cluster.drill_report) describes them.

    :param plan: of C(plan.prepare).
    :param injected: with I(at_wall_ns), what M(openvip.cluster.drill_fault) returned.
    :param undone: the same for the undoing; without I(at_wall_ns) where there was nothing to undo.
    :param probe: what M(openvip.cluster.vip_probe) returned, with its records.
    :param watched: what M(openvip.cluster.vip_watch) returned on the members that could tell.
    :param claims: the same with the method C(claimed) on the prober.
    :param healed: whether the cluster was well again in time.
    :param calibration: the prober's overhead, as M(openvip.cluster.vip_probe) returned it.
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
        "asked_by_arp": bool(claims.get("available")),
        "rate": probe["rate"], "largest_gap_ms": probe["largest_gap_ms"], "probes": probe["probes"],
        "undone_ms": round((back - at) / 1e6, 3), "healed": bool(healed),
    }
    result.update(_together(held, claims, shift, during))
    result.update(_together(held, claims, shift, after, AFTER))
    predicted = plan["predicted"]
    result["as_predicted"] = predicted and as_predicted(result["outage_ms"], *_bounds(plan))
    result["problems"] = problems(plan, result)
    unsure = doubt(probe["rate"], probe["interval_ms"], probe["largest_gap_ms"], calibration)
    if result["problems"] and unsure:
        result["problems"].append(unsure)
    result["timeline"] = _timeline(records, held[plan["address"]], watched, at, end)
    return result


def _together(held, claims, shift, window, when=""):
    """Return the figures of an address that several hosts held.

    The most hosts that held one at once, for longer than a hand-over takes: of the probed one by ARP, where that can be
    asked, else, and of all others, by what the hosts say.

    :param when: nothing, or AFTER.
    """
    most, claimed = _claims(claims, shift, window)
    address = max(held, key=lambda each: watch.overlaps_ms(held[each], window))
    said = _overlap(held[address], window)
    if most is None or len(held) > 1:
        most = max(most or 1, 2 if said > HAND_OVER_MS else 1)
    return {"holders_at_once" + when: most, "overlap%s_ms" % when: said, "overlap%s_address" % when: address,
            "overlap%s_hosts" % when: watch.overlapping(held[address], window), "claimed%s_ms" % when: claimed}


def _who(result, when=""):
    """Return for how long several hosts held an address, and who saw it, in words."""
    seen = []
    hosts, address, length = (result["overlap%s_%s" % (when, name)] for name in ("hosts", "address", "ms"))
    if length:
        seen.append("%s had %s together for %.1f ms by their own word" % (" and ".join(hosts), address, length))
    if result["claimed%s_ms" % when]:
        seen.append("the prober got answers to ARP for %s from several for at least %.1f ms" % (
            result["address"], result["claimed%s_ms" % when]))
    return ", and ".join(seen)


def doubt(rate, interval_ms, gap_ms, calibration):
    """Return a sentence that says why the figures are doubtful, or nothing.

    :param rate: probes a second; nothing when unknown.
    :param interval_ms: between two probes, as asked for.
    :param gap_ms: the longest time between two probes.
    :param calibration: the prober's overhead, or nothing.
    """
    found, longest = [], max(STILL_MS, 2 * interval_ms)
    if rate is not None and rate < ENOUGH * 1000 / interval_ms:
        found.append("reached only %.0f of %.0f requests a second" % (rate, 1000 / interval_ms))
    if gap_ms > longest:
        found.append("stood still for %.0f ms" % gap_ms)
    wrong = max([(calibration or {}).get(kind, {}).get("maximum_ms") or 0.0 for kind in KINDS])
    if wrong > longest:
        found.append("was wrong by %.0f ms about outages of known length" % wrong)
    return "The prober %s: the machines were short of time, and the figures are doubtful." % " and ".join(
        found) if found else None


def problems(plan, result):
    """Return what must not be, in words."""
    found = []
    predicted = result["predicted"]
    if plan["moves"] and result["moved_ms"] is None:
        found.append("%s did not move away from %s before the fault was undone." % (plan["address"], plan["host"]))
    if result["outage_ms"] is None:
        found.append("The service did not answer steadily again before the fault was undone.")
    elif predicted is not None and not result["as_predicted"]:
        found.append("The prober saw an outage of %.0f ms. Predicted is %s, and %.0f-%.0f ms pass." % (
            result["outage_ms"], span(predicted), *_bounds(plan)))
    if result["holders_at_once"] > 1 and not plan["several"]:
        found.append("%d hosts held the address at once: %s. %s" % (
            result["holders_at_once"], _who(result), UNHEARD % HAND_OVER_MS))
    if plan["several"] and result["holders_at_once"] < 2:
        found.append("The partition did not make a second holder.")
    allowed = plan["waking_ms"] if plan["remains_master"] else HAND_OVER_MS
    if result["holders_at_once_after"] > 1 and max(
            result["overlap_after_ms"], result["claimed_after_ms"] or 0.0) > allowed:
        found.append("%d hosts held the address at once after the fault was undone: %s. %s" % (
            result["holders_at_once_after"], _who(result, AFTER), UNHEARD % allowed))
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
