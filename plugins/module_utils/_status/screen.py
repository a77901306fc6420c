# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status of a cluster as lines of text.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from ansible_collections.openvip.cluster.plugins.module_utils import _table
from ansible_collections.openvip.cluster.plugins.module_utils._status.summary import director

WIDTH = 100
NONE = "-"
# Seconds and the unit's name, the largest first.
UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def duration(seconds):
    """Return a time span as people say it, in its two largest units: C(3 d 4 h), C(12 min 5 s), C(8 s)."""
    left = max(0, int(seconds))
    largest = next((number for number, (size, dummy) in enumerate(UNITS) if left >= size), len(UNITS) - 1)
    first, *rest = UNITS[largest:]
    text = "%d %s" % (left // first[0], first[1])
    second = left % first[0] // rest[0][0] if rest else 0
    return "%s %d %s" % (text, second, rest[0][1]) if second else text


def title(status):
    """Return what the status is of, and when it was asked."""
    names = [host["name"] for host in status["hosts"]] or ["no host"]
    return "Status of %s%s" % (", ".join(names), " at %s" % status["time"] if status.get("time") else "")


def state(member):
    """Return the state of an instance on a host."""
    return member["state"] or "not running"


def priority(member):
    """Return the priority, and the effective one where it differs: C(250), C(250 -> 230)."""
    base, effective = member["priority"], member["effective_priority"]
    if base is None:
        return NONE
    return str(base) if effective in (None, base) else "%s -> %s" % (base, effective)


def health(member):
    """Return what is tracked and bad, else that all is good or that it is not known."""
    if member["tracked"] is None:
        return NONE
    bad = ["%s %s: %s" % (each["track"], each["name"], each["status"])
           for each in member["tracked"] if not each["good"]]
    return "; ".join(bad) or "good"


def lines(status, width=WIDTH):
    """Return the lines of the screen: addresses, instances, the tables of IPVS, hosts, findings.

    :param status: see C(summary.summarise).
    :param width: the columns of the screen; a long word or name is never cut and may pass it.
    """
    parts = [_addresses(status), _instances(status), _virtual_servers(status), _hosts(status), _findings(status)]
    found = _table.folded(title(status), width)
    for header, rows, right in filter(None, parts):
        found.extend(["", *_table.lines(header, rows, right, width)])
    return found if status["findings"] else [*found, "", "Nothing is wrong."]


def _addresses(status):
    rows = [[vip["address"], ", ".join(vip["holders"]) or "nobody", group["name"],
             str(group["virtual_router_id"] or NONE)]
            for group in status["vrrp_instance"] for vip in group["vips"]]
    return (["Address", "Holder", "Instance", "VRID"], rows, [3]) if rows else None


def _instances(status):
    rows = [[group["name"], member["host"], state(member), priority(member),
             NONE if member["age"] is None else duration(member["age"]), health(member)]
            for group in status["vrrp_instance"] for member in group["members"]]
    return (["Instance", "Host", "State", "Priority", "For", "Health"], rows, [4]) if rows else None


def _virtual_servers(status):
    rows = []
    for service in status["virtual_server"]:
        active = director(status, service)
        algorithm = next(each["lb_algo"] for each in service["directors"] if each["host"] == active)
        first = ["%s %s" % (service["name"], algorithm), active]
        for real in service["real_server"] or [None]:
            rows.append([*first, *_real_server(real, active)])
            first = ["", ""]
    header = ["Virtual server", "Director", "Real server", "Method", "Weight", "Active", "Inactive"]
    return (header, rows, [4, 5, 6]) if rows else None


def _real_server(real, active):
    """Return the cells of a real server in the table of a director."""
    if real is None:
        return ["none", NONE, NONE, NONE, NONE]
    name = "%s %s" % (real["ip"], real["port"])
    seen = next((each for each in real["directors"] if each["host"] == active), None)
    if seen is None:
        return [name, "missing", NONE, NONE, NONE]
    counts = [str(seen[key]) for key in ("weight", "active_connections", "inactive_connections")]
    return [name, seen["lvs_method"], *counts]


def told(host):
    """Return what keepalived on a host is."""
    if not host["reached"]:
        return "not reached"
    if not host["told"]:
        return "unknown"
    if host["version"] is None and not host["running"]:
        return "no keepalived"
    return "keepalived %s%s" % (host["version"] or "", "" if host["running"] else ", not running")


def _hosts(status):
    rows = [[host["name"], told(host), ", ".join(host["addresses"]) or NONE] for host in status["hosts"]]
    return ["Host", "Is", "Holds"], rows, []


def sentence(finding):
    """Return a finding as one line of text."""
    message = finding["message"]
    ended = message if message.endswith((".", "?", "!")) else message + "."
    return " ".join(filter(None, ["%s: %s" % (finding["object"], ended), finding["remedy"]]))


def _findings(status):
    rows = [[finding["severity"], "%s [%s]" % (sentence(finding), finding["id"])] for finding in status["findings"]]
    return (["Finding", "What"], rows, []) if rows else None
