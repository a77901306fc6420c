# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a drill does with one fault, from how the cluster is right before it; and whether it does it at all.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from ansible_collections.openvip.cluster.plugins.module_utils._drill import faults, predict
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR
from ansible_collections.openvip.cluster.plugins.module_utils._status.summary import summarise

WELL = ("MASTER", "BACKUP")
# the shortest wait for the address to move, in seconds, and what is added to the prediction
SHORTEST, MARGIN = 5, 3
# seconds after which a host may undo a fault by itself
WATCHDOG = (15, 45)
# Milliseconds, beyond an advert interval, for which a host that wakes as the master that it was and the new one may
# both hold the address: the one of lower priority gives it up when it hears the other.
WAKING_MS = 100
# seconds between the end of the longest wait and the watchdog
BEFORE_WATCHDOG = 10


class PlanError(ValueError):
    """The drill must not begin; the message says why and what to do."""


def agree(members, production, confirm, group, prober):
    """See that the drill may begin at all.

    :param members: the names of the cluster's hosts.
    :param production: those of them that are marked.
    :param confirm: what was typed.
    :param group: the name of the cluster's group, which is to be typed.
    :param prober: the host that probes.
    :raises PlanError: it may not.
    """
    if prober in members:
        raise PlanError("failover_drill_prober: %s is a member of the cluster, and cannot see it as a client does. "
                        "Name a host outside of the group %s." % (prober, group))
    if production and confirm != group:
        raise PlanError(
            "failover_drill_production is true for %s. A drill on them must be confirmed with "
            "--extra-vars failover_drill_confirm=%s%s." % (
                ", ".join(production), group, ' ("%s" was given)' % confirm if confirm else ""))


def _healthy(status):
    """
    :raises PlanError: something is wrong with the cluster.
    """
    wrong = ["%s: %s %s [%s]" % (finding["object"], finding["message"], finding["remedy"], finding["id"])
             for finding in status["findings"] if finding["severity"] == ERROR]
    wrong += ["%s was not asked." % name for name in status["not_asked"]]
    for instance in status["vrrp_instance"]:
        wrong += ["%s is %s in vrrp_instance %s." % (member["host"], member["state"], instance["name"])
                  for member in instance["members"] if member["state"] not in WELL]
        wrong += ["%s is held by %s." % (vip["address"], ", ".join(vip["holders"]) or "nobody")
                  for vip in instance["vips"] if len(vip["holders"]) != 1]
    if not status["vrrp_instance"]:
        wrong.append("No vrrp_instance was found.")
    if wrong:
        raise PlanError("The cluster is not healthy, and no fault was put into it: %s" % " ".join(dict.fromkeys(wrong)))


def _address(url, address, known):
    """Return the virtual address that is probed.

    :raises PlanError: it is none of the cluster.
    """
    host = address or urlsplit(url).hostname or ""
    try:
        bare = str(ipaddress.ip_address(host))
    except ValueError:
        bare = known[0] if len(known) == 1 and not address else host
    if bare not in known:
        raise PlanError("failover_drill_url: %s leads to %s, which is no virtual address of the cluster (there are: "
                        "%s). Give failover_drill_address." % (url, host or "nothing", ", ".join(known)))
    return bare


def _final(instance, hurt, fault, nopreempt):
    """Return the state of each member once the fault is undone, ``{host: state}``."""
    before = {member["host"]: member["state"] for member in instance["members"]}
    if before.get(hurt) != "MASTER" or len(before) < 2:
        return before
    priority = {member["host"]: member["effective_priority"] or 0 for member in instance["members"]}
    other = max((name for name in before if name != hurt), key=lambda name: priority[name])
    stays = priority[hurt] > priority[other] if fault.remains_master else not nopreempt
    master = hurt if stays else other
    return {name: "MASTER" if name == master else "BACKUP" for name in before}


def _written(report, name):
    """Return what the configuration of a host says of an instance."""
    config = report["keepalived"].get("config") or {}
    return next((each for each in config.get("vrrp_instance") or [] if each["name"] == name), {})


def prepare(name, reports, members, url, address="", host="", service="", interface="", real_server="",
            real_server_service="", watchdog=30):
    """Return what is to be done with one fault, as RETURN of M(openvip.cluster.drill_plan) describes it.

    :param name: the fault.
    :param reports: how the hosts are, as C(summary.summarise) takes it.
    :param url: what is probed; the start page at the first address when empty.
    :param address: the virtual address behind the URL, where its host is a name.
    :param host: the host with the fault; the present holder when empty.
    :param service: the unit of the service behind the address, I(real_server_service) that on the real server.
    :param interface: the one of the fault; that of the instance when empty.
    :param watchdog: seconds after which the host undoes the fault by itself.
    :raises PlanError: the cluster is not healthy, or an option does not fit it.
    """
    try:
        fault = faults.find(name)
    except ValueError as error:
        raise PlanError("failover_drill_faults: %s" % error) from error
    # that of a real server has a variable of its own
    if "service" in fault.needs and not fault.real_server and not service:
        raise PlanError("%s: no service is tracked. Set failover_drill_service, or leave it out of the faults." % name)
    if fault.real_server and not real_server:
        raise PlanError("%s: which real server? Set failover_drill_real_server." % name)
    status = summarise(reports, members)
    _healthy(status)
    known = [vip["address"] for instance in status["vrrp_instance"] for vip in instance["vips"]]
    url = url or ("http://[%s]/" if ":" in known[0] else "http://%s/") % known[0]
    address = _address(url, address, known)
    instance, vip = next((each, vip) for each in status["vrrp_instance"] for vip in each["vips"]
                         if vip["address"] == address)
    if host and host not in members:
        raise PlanError("failover_drill_host: %s is no member of the cluster (there are: %s)." % (
            host, ", ".join(members)))
    holder = vip["holders"][0]
    hurt = real_server if fault.real_server else host or holder
    others = sorted((member for member in instance["members"] if member["host"] != hurt),
                    key=lambda member: -(member["effective_priority"] or 0))
    moves = hurt == holder and fault.kind != "none"
    if moves and not others:
        raise PlanError("%s has no other host that could take %s." % (holder, address))
    by_name = {report["name"]: report for report in reports}
    predicted = _predicted(fault, by_name, instance["name"], hurt, others) if moves else None
    wait = _wait(name, predicted, watchdog)
    finals = {each["name"]: _final(each, hurt, fault, _written(by_name[hurt], each["name"]).get("nopreempt", False)
                                   if hurt in by_name else False) for each in status["vrrp_instance"]}
    return {
        "fault": name, "summary": fault.summary, "kind": fault.kind, "silent": fault.silent, "several": fault.several,
        "remains_master": fault.remains_master, "comes_back": fault.comes_back, "host": hurt, "holder": holder,
        "moves": moves or fault.several, "successor": others[0]["host"] if others else None,
        "instance": instance["name"], "url": url, "address": address, "addresses": list(dict.fromkeys(known)),
        "service": real_server_service if fault.real_server else service,
        "interface": interface or next((member["interface"] for member in instance["members"]
                                        if member["host"] == hurt), ""),
        "waking_ms": _advert_int(by_name[holder], instance["name"]) * 1000 + WAKING_MS,
        "predicted": predicted, "wait": int(wait), "watchdog": watchdog,
        "final": {member: sorted("%s=%s" % (each, states[member]) for each, states in finals.items()
                                 if member in states) for member in members},
    }


def _wait(fault, predicted, watchdog):
    """Return for how many seconds the address may take to move.

    :raises PlanError: the watchdog would undo the fault before it has.
    """
    if not WATCHDOG[0] <= watchdog <= WATCHDOG[1]:
        raise PlanError("failover_drill_watchdog %d: must be %d to %d seconds." % (watchdog, *WATCHDOG))
    longest = (predicted or {"high_ms": 0})["high_ms"] / 1000
    if longest > watchdog - BEFORE_WATCHDOG:
        raise PlanError(
            "%s: the address may be away for %.1f s, and the watchdog undoes the fault after %d s. %s" % (
                fault, longest, watchdog, "Set failover_drill_watchdog to %d." % (int(longest) + BEFORE_WATCHDOG + 1)
                if longest + BEFORE_WATCHDOG < WATCHDOG[1] else "Use a shorter advert_int, or leave the fault out."))
    return min(max(SHORTEST, longest + MARGIN), watchdog - BEFORE_WATCHDOG)


def _advert_int(report, instance):
    """Return the seconds between two adverts of an instance."""
    return predict.configuration(report["keepalived"].get("config") or {}, instance).timers.advert_int


def _predicted(fault, by_name, instance, hurt, others):
    """Return ``{"low_ms", "high_ms"}``, C(None) when nothing moves the address."""
    told = (by_name[name]["keepalived"] for name in (hurt, others[0]["host"]))
    holder, waiting = (predict.configuration(each.get("config") or {}, instance, each.get("questions") or ())
                       for each in told)
    span = predict.seconds(fault.kind, holder, waiting)
    return None if span is None else {"low_ms": round(span.low * 1000, 3), "high_ms": round(span.high * 1000, 3)}
