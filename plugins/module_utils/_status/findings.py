# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a cluster as it is now: one small function per thing to look at.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.maintenance import maintained, well
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, INFO, WARNING

SEVERITIES = (ERROR, WARNING, INFO)
# Seconds in which a change of state is news.
RECENT = 60


def findings(status):
    """Return what is wrong, the worst first.

    :param status: see C(summary.summarise).
    :returns: list of ``{"id", "severity", "object", "message", "remedy", "hosts"}``; I(severity) is error (the service
        is down, doubled, or about to be with the next fault), warning or info.
    """
    found = [finding for look in LOOKS for finding in look(status)]
    return sorted(found, key=lambda finding: SEVERITIES.index(finding["severity"]))


def _finding(identifier, severity, subject, message, remedy, hosts):
    return {"id": identifier, "severity": severity, "object": subject, "message": message, "remedy": remedy,
            "hosts": list(hosts)}


def _listed(names):
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _hosts(status):
    """Hosts that say nothing, or on which no keepalived runs."""
    for host in status["hosts"]:
        name = host["name"]
        if not host["reached"]:
            yield _finding("host-unreachable", ERROR, name, "is not reached: %s" % host["problem"],
                           "See whether the host runs and Ansible can log in. It may still hold addresses.", [name])
        elif host["problem"]:
            yield _finding("host-failed", ERROR, name, "does not tell how it is: %s" % host["problem"],
                           "Correct what it says and look again.", [name])
        if host["told"] and host["version"] is None and not host["running"]:
            yield _finding("not-installed", ERROR, name, "has no keepalived.",
                           "Run the playbook of the cluster (openvip.cluster.lvs on directors of LVS, else "
                           "openvip.cluster.site), or take the host out of the group.", [name])
        elif host["told"] and not host["running"]:
            yield _finding("not-running", ERROR, name, "keepalived does not run.",
                           "Read its log (journalctl --unit keepalived) and start it.", [name])


def _not_asked(status):
    names = status["not_asked"]
    if names:
        yield _finding("not-asked", INFO, _listed(names), "was not asked." if len(names) == 1 else "were not asked.",
                       "Leave out --limit to see the whole cluster.", names)


def _no_instance(status):
    for host in status["hosts"]:
        if host["running"] and not host["problem"] and not any(
                member["host"] == host["name"] for group in status["vrrp_instance"] for member in group["members"]):
            yield _finding("no-instance", WARNING, host["name"], "keepalived has no vrrp_instance here.",
                           "Define one, or take the host out of the group.", [host["name"]])


def _holders(status):
    """Addresses that not exactly one host has on an interface."""
    unheard = [host["name"] for host in status["hosts"] if not host["told"]] + status["not_asked"]
    for group in status["vrrp_instance"]:
        for vip in group["vips"]:
            holders = vip["holders"]
            if len(holders) > 1:
                yield _finding(
                    "several-holders", ERROR, vip["address"], "is held by %s at once." % _listed(holders),
                    "See whether the hosts hear each other's advertisements (protocol 112) and agree on version, "
                    "authentication and addresses.", holders)
            elif not holders and unheard:
                yield _finding(
                    "holder-unknown", WARNING, vip["address"],
                    "is held by none of the hosts that answered; %s may hold it." % _listed(unheard),
                    "Ask the address itself, or look again when the host answers.", vip["known"])
            elif not holders:
                yield _finding(
                    "no-holder", ERROR, vip["address"], "is held by nobody.",
                    "A host holds it that runs keepalived and whose instance is not in FAULT.", vip["known"])


def _states(status):
    """Instances whose state and addresses do not go together."""
    for group in status["vrrp_instance"]:
        masters = [member["host"] for member in group["members"] if member["state"] == "MASTER"]
        if len(masters) > 1 and not any(len(vip["holders"]) > 1 for vip in group["vips"]):
            yield _finding(
                "several-masters", ERROR, "vrrp_instance %s" % group["name"],
                "is MASTER on %s at once." % _listed(masters),
                "See whether the hosts hear each other's advertisements (protocol 112).", masters)
        for member in group["members"]:
            host = member["host"]
            held = [vip["address"] for vip in group["vips"] if host in vip["holders"]]
            missing = [vip["address"] for vip in group["vips"] if host in vip["known"] and host not in vip["holders"]]
            if member["state"] == "MASTER" and missing:
                yield _finding(
                    "master-without-address", ERROR, "vrrp_instance %s" % group["name"],
                    "is MASTER on %s, which does not have %s." % (host, _listed(missing)),
                    "Read keepalived's log: something took the address away, or keepalived may not set it "
                    "(CAP_NET_ADMIN). One reload does not set it again, because keepalived considers it as set: "
                    "reload once without the address and once with it, or restart keepalived there.", [host])
            elif member["state"] != "MASTER" and held:
                yield _finding(
                    "address-left", ERROR, "vrrp_instance %s" % group["name"],
                    "%s on %s, which has %s all the same." % (
                        "is " + member["state"] if member["state"] else "is not run by any keepalived", host,
                        _listed(held)),
                    "Remove it there: ip address del.", [host])


def _maintenance(status):
    """Hosts that an administrator has taken out of service."""
    names = list(dict.fromkeys(member["host"] for group in status["vrrp_instance"] for member in group["members"]
                               if maintained(member)))
    for name in names:
        yield _finding("maintenance", INFO, name, "is in maintenance and holds no address that another host can take.",
                       "openvip.cluster.maintenance with maintenance_state=absent ends that.", [name])


def _health(status):
    """What is tracked and not good, but for maintenance, which is meant."""
    for group in status["vrrp_instance"]:
        for member in group["members"]:
            if maintained(member) and well(member):
                continue
            bad = ["%s %s (%s)" % (each["track"], each["name"], each["status"])
                   for each in member["tracked"] or [] if not each["good"]]
            reason = ": %s" % _listed(bad) if bad else "."
            if member["state"] == "FAULT":
                yield _finding(
                    "instance-fault", ERROR, "vrrp_instance %s" % group["name"],
                    "is in FAULT on %s%s" % (member["host"], reason),
                    "This host takes no address until that is well again.", [member["host"]])
            elif bad:
                priorities = (member["effective_priority"], member["priority"])
                yield _finding(
                    "tracked-bad", WARNING, "vrrp_instance %s" % group["name"],
                    "has something bad to track on %s%s" % (member["host"], reason),
                    "Its priority there is %s instead of %s until that is well again." % priorities
                    if priorities[0] != priorities[1] else "Its priority there is %s all the same." % priorities[0],
                    [member["host"]])


def _preference(status):
    """Masters that are not the host that is preferred now, and changes of state that are news."""
    for group in status["vrrp_instance"]:
        master = next((member for member in group["members"] if member["state"] == "MASTER"), None)
        if master is None:
            continue
        better = [member["host"] for member in group["members"] if member["state"] == "BACKUP"
                  and member["effective_priority"] > master["effective_priority"]]
        if better:
            yield _finding(
                "not-preferred", INFO, "vrrp_instance %s" % group["name"],
                "is MASTER on %s, although %s has the higher priority." % (master["host"], _listed(better)),
                "So it is meant with nopreempt, and for a while with preempt_delay.", [master["host"], *better])
        if master["age"] is not None and master["age"] < RECENT:
            yield _finding(
                "recent-transition", INFO, "vrrp_instance %s" % group["name"],
                "became MASTER on %s less than a minute ago." % master["host"], "", [master["host"]])


def _tables(status):
    """Directors whose tables of IPVS differ, and services without a real server."""
    for service in status["virtual_server"]:
        having = [each["host"] for each in service["directors"]]
        name = "virtual_server %s" % service["name"]
        lacking = [host["name"] for host in status["hosts"]
                   if host["running"] and not host["problem"] and host["name"] not in having]
        if lacking:
            yield _finding(
                "virtual-server-missing", WARNING, name, "is on %s and not on %s." % (
                    _listed(having), _listed(lacking)),
                "Run the playbook openvip.cluster.lvs for all directors.", lacking)
        for host in having:
            used = [real for real in service["real_server"]
                    if any(each["host"] == host and each["weight"] > 0 for each in real["directors"])]
            remedy = "See why the checks of the real servers fail (keepalived's log on %s)." % host
            if not used:
                yield _finding("no-real-server", ERROR, name, "has no real server with a weight on %s." % host, remedy,
                               [host])
            elif all(real["sorry"] for real in used):
                yield _finding("on-sorry-server", ERROR, name, "has no usable real server on %s: its sorry_server %s "
                               "answers." % (host, used[0]["ip"]), remedy, [host])
        remembered = [address for entry in status.get("drained", []) for address in entry["addresses"]]
        for real in service["real_server"]:
            # A sorry server is in the tables only while it answers.
            if not real["sorry"]:
                yield from _real_server(name, having, real, remembered)


def _drains(status):
    """Real servers that an administrator has drained."""
    for entry in status.get("drained", []):
        subject = "real_server %s" % " ".join(dict.fromkeys([entry["name"], *entry["addresses"]]))
        yield _finding(
            "drained", INFO, subject, "is drained by %s since %s%s." % (
                entry["by"], entry["since"], ", and out of its services of UDP" if entry["remove"] else ""),
            "openvip.cluster.restore with real_server=%s gives it its weight back." % entry["name"], entry["hosts"])
        if entry["not_on"]:
            yield _finding(
                "drain-differs", WARNING, subject, "is drained on %s and not on %s." % (
                    _listed(entry["hosts"]), _listed(entry["not_on"])),
                "Run openvip.cluster.drain or openvip.cluster.restore again with real_server=%s, as it is meant."
                % entry["name"], entry["not_on"])


def _real_server(service, having, real, remembered):
    subject = "%s real_server %s %s" % (service, real["ip"], real["port"])
    weights = {each["host"]: each["weight"] for each in real["directors"]}
    lacking = [host for host in having if host not in weights]
    if lacking:
        yield _finding(
            "real-server-missing", WARNING, subject, "is not in the table of %s." % _listed(lacking),
            "Its check fails there, or the directors' configurations differ.", lacking)
    if len(set(weights.values())) > 1:
        yield _finding(
            "weights-differ", WARNING, subject, "has another weight on each director: %s." % ", ".join(
                "%s on %s" % (weight, host) for host, weight in weights.items()),
            "A check may have changed it on one of them; else configure the directors again.", weights)
    elif set(weights.values()) == {0} and real["ip"] not in remembered:
        yield _finding(
            "drained", INFO, subject, "has weight 0 and gets no new connections.",
            "The definition says so (keepalived_drain or weight), or a check has set it. openvip.cluster.restore "
            "leaves it so.", weights)


LOOKS = (_hosts, _not_asked, _no_instance, _holders, _states, _maintenance, _health, _preference, _tables, _drains)
