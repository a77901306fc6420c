# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what the hosts of a cluster report to one status of the cluster.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
from typing import Any, Dict, List

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.addresses import instance_addresses
from ansible_collections.openvip.cluster.plugins.module_utils._ipvs import pools
from ansible_collections.openvip.cluster.plugins.module_utils._status.findings import findings

# What identifies a virtual server in the kernel (ip_vs_ctl.c).
SERVICE = ("fwmark", "ip", "port", "protocol", "ip_family")


def summarise(reports, members=()):
    """Return the status of a cluster.

    :param reports: list of ``{"name": str, "keepalived": dict, "ipvs": dict}``: the host and what the modules
        keepalived_info and ipvs_info returned for it, or what Ansible registered when they failed (failed, msg) or the
        host was not reached (unreachable, msg). I(ipvs) may be missing.
    :param members: the names of all hosts of the cluster; those without a report were not asked.
    :returns: dictionary, as RETURN of M(openvip.cluster.cluster_status) describes C(status).
    """
    hosts = [_host(report) for report in reports]
    reported = [host["name"] for host in hosts]
    status = {
        "hosts": hosts,
        "not_asked": [name for name in members if name not in reported],
        "vrrp_instance": _instances(reports, hosts),
        "virtual_server": _virtual_servers(reports, hosts),
        "drained": _drained(reports),
    }
    found = findings(status)
    return dict(status, findings=found)


def _host(report):
    """Return what is said of a host as a whole."""
    keepalived, ipvs = report["keepalived"], report.get("ipvs") or {}
    # A module that failed returned nothing else, also where the task was told to go on.
    problem = next((str(each.get("msg") or "no reason given").strip() for each, sign in (
        (keepalived, "running"), (ipvs, "available")) if each and sign not in each), None)
    return {
        "name": str(report["name"]),
        "reached": not keepalived.get("unreachable") and not ipvs.get("unreachable"),
        "problem": problem,
        "version": keepalived.get("version"),
        "running": bool(keepalived.get("running")),
        "told": "running" in keepalived,
        "addresses": list(keepalived.get("addresses") or []),
        "ipvs": bool(ipvs.get("available")),
    }


def _of_daemon(instance):
    """Return an instance as the running daemon has it."""
    return dict(
        {key: instance[key] for key in ("name", "state", "virtual_router_id", "interface", "priority",
                                        "effective_priority", "last_transition")},
        age=instance.get("age"), tracked=instance.get("tracked"),
        addresses=[entry["address"] for section in ("virtual_ipaddress", "virtual_ipaddress_excluded")
                   for entry in instance[section]])


def _of_file(instance):
    """Return an instance as the file has it, for a host where no daemon runs."""
    return {
        "name": instance["name"], "state": None, "virtual_router_id": instance.get("virtual_router_id"),
        "interface": instance.get("interface"), "priority": instance.get("priority"), "effective_priority": None,
        "last_transition": None, "age": None, "tracked": None,
        "addresses": ["%s/%s" % (entry["address"], entry["prefix"]) for entry in instance_addresses(instance)]}


def _bare(address):
    """Return an address of C(address/prefix) in its shortest form."""
    return str(ipaddress.ip_interface(address).ip)


def _same(group, instance, host):
    """How sure it is that an instance of a host is the one of the group: 2 for a common address, 1 for the same name
    and virtual_router_id, 0 for not at all."""
    if any(member["host"] == host for member in group["members"]):
        return 0
    if {_bare(address) for address in instance["addresses"]} & {vip["address"] for vip in group["vips"]}:
        return 2
    same = (group["name"], group["virtual_router_id"]) == (instance["name"], instance["virtual_router_id"])
    return 1 if same else 0


def _instances(reports, hosts):
    """Return the instances, each with what every host says of it, and the holders of each address."""
    groups: List[Dict[str, Any]] = []
    for report, host in zip(reports, hosts):
        keepalived = report["keepalived"]
        running = [_of_daemon(instance) for instance in keepalived.get("vrrp_instance") or []]
        written = (keepalived.get("config") or {}).get("vrrp_instance") or []
        for instance in running or ([] if host["running"] else [_of_file(each) for each in written]):
            group = max(groups, key=lambda each: _same(each, instance, host["name"]), default=None)
            if group is None or not _same(group, instance, host["name"]):
                group = {"name": instance["name"], "virtual_router_id": instance["virtual_router_id"], "vips": [],
                         "members": []}
                groups.append(group)
            _join(group, instance, host)
    return groups


def _join(group, instance, host):
    """Add what a host says of an instance to the instance's group."""
    for address in instance.pop("addresses"):
        bare = _bare(address)
        vip = next((vip for vip in group["vips"] if vip["address"] == bare), None)
        if vip is None:
            vip = {"address": bare, "prefix": ipaddress.ip_interface(address).network.prefixlen, "known": [],
                   "holders": []}
            group["vips"].append(vip)
        vip["known"].append(host["name"])
        if bare in host["addresses"]:
            vip["holders"].append(host["name"])
    tracked = instance["tracked"]
    instance["good"] = None if tracked is None else all(each["good"] for each in tracked)
    group["members"].append(dict(instance, host=host["name"]))


def service_name(service):
    """Return how keepalived.conf calls a virtual server, with its protocol."""
    if service["fwmark"] is not None:
        return "fwmark %s" % service["fwmark"] + (" inet6" if service["ip_family"] == "inet6" else "")
    return "%s %s %s" % (service["ip"], service["port"], service["protocol"])


def _virtual_servers(reports, hosts):
    """Return the virtual servers, each with its real servers and what each director's table says of them."""
    services: Dict[Any, Dict[str, Any]] = {}
    for report, host in zip(reports, hosts):
        for entry in (report.get("ipvs") or {}).get("virtual_server") or []:
            key = tuple(entry[field] for field in SERVICE)
            service = services.setdefault(key, dict(
                {field: entry[field] for field in SERVICE}, name=service_name(entry), directors=[], real_server=[]))
            service["directors"].append({
                "host": host["name"], "lb_algo": entry["lb_algo"],
                "connections": entry["stats"]["connections"], "rate": entry["rate"]["connections"]})
            for real in entry["real_server"]:
                _add_real_server(service, real, host["name"])
    for service in services.values():
        for report in reports:
            _add_configured(service, pools.pool(report["keepalived"].get("config") or {}, service))
    return list(services.values())


def _drained(reports):
    """Return the real servers that the directors remember as drained, with the directors that do and those that do
    not."""
    directors = [report for report in reports if (report["keepalived"].get("config") or {}).get("virtual_server")]
    found: Dict[str, Dict[str, Any]] = {}
    for report in directors:
        for entry in report["keepalived"].get("drained") or []:
            known = found.setdefault(entry["name"], dict(entry, hosts=[]))
            known["hosts"].append(str(report["name"]))
    for entry in found.values():
        entry["not_on"] = [str(report["name"]) for report in directors if str(report["name"]) not in entry["hosts"]]
    return list(found.values())


def _real_server(service, ip, port):
    """Return the entry of a real server, which is made when there is none."""
    real = next((each for each in service["real_server"] if (each["ip"], each["port"]) == (ip, port)), None)
    if real is None:
        real = {"ip": ip, "port": port, "sorry": False, "directors": []}
        service["real_server"].append(real)
    return real


def _add_real_server(service, entry, host):
    """Add what a director's table says of a real server."""
    _real_server(service, entry["ip"], entry["port"])["directors"].append(dict(
        {field: entry[field] for field in ("lvs_method", "weight", "active_connections", "inactive_connections")},
        host=host))


def _add_configured(service, pool):
    """Add the real servers that a file has for a virtual server of the tables, because a failed check takes one out of
    them, and mark its sorry server."""
    for endpoint in pool.weights if pool else ():
        _real_server(service, *endpoint)
    for real in service["real_server"]:
        real["sorry"] = real["sorry"] or (pool is not None and real["ip"] == pool.sorry)


def director(status, service):
    """Return the name of the host whose table of a virtual server counts: it holds the address, else the first one.

    A firewall mark has no address; its director is the host that holds the most addresses.
    """
    names = [each["host"] for each in service["directors"]]
    held = {host["name"]: host["addresses"] for host in status["hosts"]}
    if service["ip"] is None:
        return max(names, key=lambda name: len(held[name]))
    return next((name for name in names if service["ip"] in held[name]), names[0])
