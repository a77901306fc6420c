# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Draw the picture of the README, as openvip.cluster.status draws a cluster; `make generate` runs it.

    python docs/generate_picture.py            draws it
    python docs/generate_picture.py --check    changes nothing, and fails when it is out of date

The cluster is the one of inventory/lvs_dr without IPv6, as two directors with 250 connections would tell of it.
"""

from __future__ import annotations

import sys

from ansible_collections.openvip.cluster.docs.generate import bring
from ansible_collections.openvip.cluster.plugins.module_utils._status.picture import svg
from ansible_collections.openvip.cluster.plugins.module_utils._status.summary import summarise

HEAD = """<!--
SPDX-License-Identifier: GPL-3.0-or-later
Copyright: (c) 2026, openvip.cluster contributors
Drawn by docs/generate_picture.py.
-->
"""
ADDRESS = "198.18.0.100"
NUMBERS = {"connections": 0, "packets_in": 0, "packets_out": 0, "bytes_in": 0, "bytes_out": 0}
# weights, and connections of the director that holds the address
REAL_SERVERS = {"198.18.0.21": (3, 150), "198.18.0.22": (1, 51), "198.18.0.23": (1, 49)}


def keepalived(state: str, priority: int) -> dict:
    """Return what keepalived_info tells of a director."""
    vip = {"address": f"{ADDRESS}/24", "device": "eth1", "set": state == "MASTER"}
    return {
        "version": "2.2.7", "running": True, "addresses": [ADDRESS] if vip["set"] else [],
        "vrrp_instance": [{
            "name": "VI_1", "state": state, "virtual_router_id": 51, "interface": "eth1", "priority": priority,
            "effective_priority": priority, "last_transition": 1795216404.0, "age": 443520.0, "tracked": [],
            "virtual_ipaddress": [vip], "virtual_ipaddress_excluded": []}],
        "config": {
            "vrrp_instance": [{"name": "VI_1", "virtual_router_id": 51, "priority": priority, "interface": "eth1",
                               "virtual_ipaddress": [f"{ADDRESS}/24"]}],
            "virtual_server": [{"ip": ADDRESS, "port": 80, "protocol": "TCP",
                                "real_server": [{"ip": ip, "port": 80} for ip in REAL_SERVERS]}]}}


def ipvs(holds: bool) -> dict:
    """Return what ipvs_info tells of a director."""
    return {"available": True, "virtual_server": [{
        "ip": ADDRESS, "port": 80, "fwmark": None, "ip_family": "inet", "protocol": "TCP", "lb_algo": "wrr",
        "stats": NUMBERS, "rate": NUMBERS,
        "real_server": [{"ip": ip, "port": 80, "lvs_method": "DR", "weight": weight,
                         "active_connections": active if holds else 0, "inactive_connections": 0,
                         "stats": NUMBERS, "rate": NUMBERS} for ip, (weight, active) in REAL_SERVERS.items()]}]}


def picture() -> str:
    """Return the text of the SVG file."""
    return HEAD + svg(summarise([
        {"name": "lb1", "keepalived": keepalived("MASTER", 250), "ipvs": ipvs(True)},
        {"name": "lb2", "keepalived": keepalived("BACKUP", 240), "ipvs": ipvs(False)}]))


FILES = {"docs/cluster.svg": picture}


if __name__ == "__main__":
    sys.exit(bring(FILES, "--check" in sys.argv[1:]))
