# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The work of the modules vip_probe and vip_watch.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import collections
import json
import pathlib
import time

from ansible_collections.openvip.cluster.plugins.module_utils._calibrate import calibrate
from ansible_collections.openvip.cluster.plugins.module_utils._drill import watch
from ansible_collections.openvip.cluster.plugins.module_utils._drill.journal import Journal, pack
from ansible_collections.openvip.cluster.plugins.module_utils._kit import names
from ansible_collections.openvip.cluster.plugins.module_utils._outage import (
    OK,
    Events,
    largest_gap_ms,
    outages,
    spread,
)
from ansible_collections.openvip.cluster.plugins.module_utils._probe import LONGEST_RUN, Prober

# probes between two looks for the file whose removal ends a run
LOOK = 20


def summary(prober, settle):
    """Return what the records of a prober come to, as RETURN of M(openvip.cluster.vip_probe) describes it."""
    records = prober.records
    good = [record for record in records if record.outcome == OK]
    lasted = (records[-1].start_ns - records[0].start_ns) / 1e9 if len(records) > 1 else 0.0
    return {
        "probes": len(records),
        "rate": round((len(records) - 1) / lasted, 1) if lasted else None,
        # not "failed", which Ansible takes for the word that the module failed
        "failures": len(records) - len(good),
        "outcomes": dict(collections.Counter(record.outcome for record in records)),
        "answered": dict(collections.Counter(record.host for record in good)),
        "outages": [dict(outage._asdict(), milliseconds=outage.milliseconds) for outage in outages(records, settle)],
        "latency_us": spread(record.latency_us for record in good),
        "late_us": spread(prober.late_us),
        "largest_gap_ms": round(largest_gap_ms(records), 3),
        "left_out": prober.skipped,
        "stalled_ms": prober.stalled_ns / 1e6,
        "dropped": prober.dropped,
    }


def run_probe(module):
    """Answer the module M(openvip.cluster.vip_probe)."""
    params = module.params
    if module.check_mode:
        module.exit_json(changed=False, skipped=True, msg="Nothing is probed in check mode.")
    events, journal = Events(params["settle"], one_host=False), Journal(params["until_removed"])
    timing = {name: params[name] for name in ("interval", "timeout")}
    seen = 0

    def report(record):
        nonlocal seen
        seen += 1
        for event in events.add(record):
            journal.add(event)
        if seen % LOOK == 0 and journal.ended():
            prober.stop()

    try:
        prober = Prober(params["url"], report=report, sources=params["sources"], **timing)
        overhead = calibrate(settle=params["settle"], **timing) if params["calibrate"] else None
        with journal:
            prober.run(params["duration"])
    except (OSError, ValueError) as error:
        module.fail_json(msg=str(error))
    module.exit_json(
        changed=False, url=params["url"], interval_ms=params["interval"] * 1000, timeout_ms=params["timeout"] * 1000,
        settle=params["settle"], calibration=overhead, records=pack(prober.records) if params["records"] else None,
        **summary(prober, params["settle"]))


def cards():
    """Return the hardware addresses of this host."""
    found = []
    for path in pathlib.Path("/sys/class/net").glob("*/address"):
        try:
            found.append(path.read_text(encoding="ascii").strip())
        except OSError:
            # the interface has gone meanwhile
            continue
    return sorted(set(found) - {"", "00:00:00:00:00:00"})


def way_to(module, address):
    """Return the interface by which this host reaches an address, and whether it is on the same segment.

    :raises ValueError: there is no way.
    """
    code, output, errors = module.run_command(
        [module.get_bin_path("ip", required=True), "-json", "route", "get", address])
    if code != 0:
        raise ValueError("%s: this host has no route to it (%s)" % (address, errors.strip()))
    route = json.loads(output)[0]
    return route["dev"], "gateway" not in route and route.get("type") != "local"


def transitions(module, unit, since):
    """Return what a unit has written to the journal since a time: ``[{"wall_ns": int, "message": str}]``.

    :param since: seconds since the epoch.
    """
    program = module.get_bin_path("journalctl")
    if program is None:
        return []
    code, output, dummy = module.run_command(
        [program, "--unit", unit, "--since", "@%d" % since, "--output", "json", "--no-pager"])
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")] if code == 0 else []
    return [{"wall_ns": int(line["__REALTIME_TIMESTAMP"]) * 1000, "message": line["MESSAGE"]} for line in lines
            if isinstance(line.get("MESSAGE"), str) and int(line["__REALTIME_TIMESTAMP"]) >= since * 1000000]


def _verify(params):
    """
    :raises ValueError: an option of M(openvip.cluster.vip_watch) is wrong; the message names it and the remedy.
    """
    if not 0 < params["duration"] <= LONGEST_RUN:
        raise ValueError("duration %s s: must be more than 0 and at most %d s" % (params["duration"], LONGEST_RUN))
    if not params["addresses"]:
        raise ValueError("addresses: is empty. Name at least one address, like 198.18.0.100.")
    for text in params["addresses"]:
        names.parse_address(text)
    params["unit"] = params["unit"] and names.parse_unit(params["unit"])


def run_watch(module):
    """Answer the module M(openvip.cluster.vip_watch)."""
    params = module.params
    if module.check_mode:
        module.exit_json(changed=False, skipped=True, msg="Nothing is watched in check mode.")
    try:
        _verify(params)
    except ValueError as error:
        module.fail_json(msg=str(error))
    held = params["method"] == "held"
    events, journal, began = [], Journal(params["until_removed"]), time.time()
    result = {"interface": None, "cards": cards(), "available": True, "reason": None}

    def report(event):
        events.append(event)
        journal.add(event)

    try:
        if not held:
            result.update(_segment(module, params["addresses"]))
        with journal:
            stop = watch.Stop(params["duration"], path=params["until_removed"])
            if held:
                watch.addresses(params["addresses"], stop, report)
            elif result["available"]:
                watch.arp(result["interface"], params["addresses"][0], stop, report)
    except (OSError, ValueError) as error:
        module.fail_json(msg=str(error))
    written = transitions(module, params["unit"], began) if params["unit"] else []
    module.exit_json(changed=False, events=events, until_ns=time.monotonic_ns(), until_wall_ns=time.time_ns(),
                     messages=written, **result)


def _segment(module, addresses):
    """Return how the first address can be asked for by ARP: interface, available, reason."""
    address = addresses[0]
    if ":" in address:
        return {"available": False, "reason": "%s is an IPv6 address, which ARP does not ask for." % address}
    interface, near = way_to(module, address)
    if not near:
        return {"available": False, "reason": "%s is not on a segment of this host." % address}
    return {"interface": interface}
