# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clusters as their hosts report them: each function returns what C(summarise) takes."""

from __future__ import annotations

VIP, VIP2 = "198.18.0.100", "198.18.0.101"
GOOD = {"track": "track_script", "name": "chk_nginx", "weight": -20, "reverse": False, "status": "GOOD", "good": True}
BAD = dict(GOOD, status="BAD", good=False)
COUNTERS = {"connections": 12, "packets_in": 0, "packets_out": 0, "bytes_in": 0, "bytes_out": 0}


def instance(state, priority, effective=None, name="VI_1", vrid=51, vips=(VIP,), age=4000.0, tracked=(GOOD,)):
    return {"name": name, "state": state, "virtual_router_id": vrid, "interface": "eth1", "priority": priority,
            "effective_priority": priority if effective is None else effective, "last_transition": 1795216404.0,
            "age": age, "tracked": None if tracked is None else list(tracked),
            "virtual_ipaddress": [{"address": "%s/24" % vip, "device": "eth1", "set": state == "MASTER"}
                                  for vip in vips],
            "virtual_ipaddress_excluded": []}


def written(priority, name="VI_1", vrid=51, vips=(VIP,)):
    return {"name": name, "virtual_router_id": vrid, "priority": priority, "interface": "eth1",
            "virtual_ipaddress": ["%s/24" % vip for vip in vips]}


def host(name, *instances, addresses=None, running=True, version="2.2.7", config=(), ipvs=None, virtual_server=()):
    held = [entry["address"].partition("/")[0] for each in instances if each["state"] == "MASTER"
            for entry in each["virtual_ipaddress"]]
    return {
        "name": name,
        "keepalived": {"version": version, "running": running, "vrrp_instance": list(instances),
                       "addresses": held if addresses is None else list(addresses),
                       "config": {"vrrp_instance": list(config), "virtual_server": list(virtual_server)}},
        "ipvs": {"available": ipvs is not None, "virtual_server": ipvs or []}}


def unreachable(name):
    message = {"unreachable": True, "msg": "Failed to connect to the host via ssh: Connection timed out"}
    return {"name": name, "keepalived": message, "ipvs": message}


def real_server(number, weight=1, active=0):
    return {"ip": "198.18.0.2%d" % number, "port": 80, "lvs_method": "DR", "weight": weight,
            "active_connections": active, "inactive_connections": 3 * active, "stats": COUNTERS, "rate": COUNTERS}


def service(*real_servers, ip=VIP, port=80, fwmark=None):
    return {"ip": None if fwmark else ip, "port": None if fwmark else port, "fwmark": fwmark, "ip_family": "inet",
            "protocol": None if fwmark else "TCP", "lb_algo": "wrr", "stats": COUNTERS, "rate": COUNTERS,
            "real_server": list(real_servers)}


def pair():
    return [host("lb1", instance("MASTER", 250)), host("lb2", instance("BACKUP", 249))]


def maintenance():
    """The first host was taken out of service, and the other has its address."""
    out = {"track": "track_file", "name": "maintenance", "weight": -253, "reverse": False, "status": "1", "good": False}
    return [host("lb1", instance("BACKUP", 250, 1, tracked=[GOOD, out])), host("lb2", instance("MASTER", 249))]


def split():
    return [host("lb1", instance("MASTER", 250)), host("lb2", instance("MASTER", 249))]


def nobody():
    down = dict(GOOD, track="track_interface", name="eth1", weight=0, status="not UP, not RUNNING", good=False)
    return [host("lb1", instance("FAULT", 250, tracked=[down])), host("lb2", instance("FAULT", 249, tracked=[down]))]


def one_down():
    return [unreachable("lb1"), host("lb2", instance("MASTER", 249, age=12.0))]


def stopped():
    return [host("lb1", running=False, config=[written(250)], addresses=[]), host("lb2", instance("MASTER", 249))]


def killed():
    """keepalived was killed and left its address behind."""
    return [host("lb1", running=False, config=[written(250)], addresses=[VIP]), host("lb2", instance("MASTER", 249))]


def lvs():
    """One real server is drained, one is missing on the backup, one on both."""
    config = [{"ip": VIP, "port": 80, "protocol": "TCP", "real_server": [
        {"ip": "198.18.0.2%d" % number, "port": 80} for number in (1, 2, 3, 4)]}]
    return [
        host("lb1", instance("MASTER", 250), virtual_server=config,
             ipvs=[service(real_server(1, 3, 12), real_server(2, 0, 2), real_server(3))]),
        host("lb2", instance("BACKUP", 249), virtual_server=config,
             ipvs=[service(real_server(1, 3), real_server(2, 0))])]


def three():
    """Three hosts with two instances, each of which has another master, and one of which lost priority."""
    second = {"name": "VI_2", "vrid": 52, "vips": (VIP2, "2001:db8:18::101")}
    return [
        host("lb1", instance("MASTER", 250), instance("BACKUP", 248, **second)),
        host("lb2", instance("BACKUP", 249), instance("MASTER", 250, **second)),
        host("lb3", instance("BACKUP", 248, 228, tracked=[BAD]), instance("BACKUP", 249, 229, tracked=[BAD], **second))]


ALL = (pair, maintenance, split, nobody, one_down, stopped, killed, lvs, three)
