# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status of a cluster as a picture: hosts with the addresses they hold, virtual servers, real servers.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import Dict, List

from ansible_collections.openvip.cluster.plugins.module_utils._status import screen
from ansible_collections.openvip.cluster.plugins.module_utils._status.drawing import Arrow, Box, Line, draw
from ansible_collections.openvip.cluster.plugins.module_utils._status.summary import director

STYLES = {"error": "bad", "warning": "doubtful", "info": "muted"}


def svg(status):
    """Return the text of an SVG file.

    :param status: see C(summary.summarise).
    """
    services = [_service(status, service) for service in status["virtual_server"]]
    footer = [Line("%s: %s" % (finding["severity"], screen.sentence(finding)), STYLES[finding["severity"]])
              for finding in status["findings"]] or [Line("Nothing is wrong.", "muted")]
    return draw(screen.title(status), _description(status), [_hosts(status), services, _real_servers(status)],
                _arrows(status), footer)


def _description(status):
    """Return who holds what and where it goes, in sentences."""
    vips = [(vip, group) for group in status["vrrp_instance"] for vip in group["vips"]]
    said = ["%s of %s is held by %s." % (vip["address"], group["name"], " and ".join(vip["holders"]) or "nobody")
            for vip, group in vips]
    for service in status["virtual_server"]:
        active = director(status, service)
        weights = ["%s with weight %s" % (real["ip"], each["weight"])
                   for real in service["real_server"] for each in real["directors"] if each["host"] == active]
        said.append("%s sends %s to %s." % (active, service["name"], ", ".join(weights) or "no real server"))
    return " ".join(said)


def _hosts(status):
    """Return a box for each host, and one for the addresses that nobody holds."""
    boxes = [Box(_host(status, host), not host["running"]) for host in status["hosts"]]
    lost = [Line(vip["address"], "wrong", True, ("vip", vip["address"]))
            for group in status["vrrp_instance"] for vip in group["vips"] if not vip["holders"]]
    if lost:
        boxes.append(Box([Line("held by nobody", "title bad"), *lost], True))
    return boxes


def _host(status, host):
    """Return the lines of a host: what it is, each instance, and below it the addresses that the host holds."""
    lines = [Line(host["name"], "title"), Line(screen.told(host), "muted" if host["running"] else "bad")]
    for group in status["vrrp_instance"]:
        for member in group["members"]:
            if member["host"] == host["name"]:
                style = "bad" if member["state"] not in ("MASTER", "BACKUP") else \
                    "doubtful" if member["good"] is False else ""
                age = "" if member["age"] is None else ", for " + screen.duration(member["age"])
                lines.append(Line("%s: %s, priority %s%s" % (
                    group["name"], screen.state(member), screen.priority(member), age), style))
        lines.extend(Line(vip["address"], "wrong" if len(vip["holders"]) > 1 else "", True, ("vip", vip["address"]))
                     for vip in group["vips"] if host["name"] in vip["holders"])
    return lines


def _service(status, service):
    active = director(status, service)
    algorithm = next(each["lb_algo"] for each in service["directors"] if each["host"] == active)
    return Box([Line(service["name"], "title"), Line("%s on %s" % (algorithm, active), "muted")],
               key=("service", service["name"]))


def _seen(status, service, real):
    """Return what the director's table says of a real server, C(None) when it is not in it."""
    active = director(status, service)
    return next((each for each in real["directors"] if each["host"] == active), None)


def _real_servers(status):
    """Return a box for each address of a real server, in it a line for each service and port."""
    lines: Dict[str, List[Line]] = {}
    for service in status["virtual_server"]:
        for real in service["real_server"]:
            seen = _seen(status, service, real)
            said = "not in the table" if seen is None else "weight %(weight)d, %(active_connections)d active" % seen
            lines.setdefault(real["ip"], []).append(Line(
                "port %s: %s" % (real["port"], said), "bad" if seen is None else "muted" if not seen["weight"] else "",
                key=("real_server", service["name"], real["ip"], real["port"])))
    return [Box([Line(ip, "title"), *each]) for ip, each in lines.items()]


def _arrows(status):
    for service in status["virtual_server"]:
        yield Arrow(("vip", service["ip"]), ("service", service["name"]))
        for real in service["real_server"]:
            seen = _seen(status, service, real)
            if seen is not None:
                yield Arrow(("service", service["name"]), ("real_server", service["name"], real["ip"], real["port"]),
                            not seen["weight"])
