# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inventories of clusters that are wrong in one way each, and of right ones, for the actions that look at a cluster."""

from __future__ import annotations

import copy
import pathlib

import yaml

WRONG = yaml.safe_load((pathlib.Path(__file__).parent / "data" / "wrong_clusters.yml").read_text())
INSTANCE = {"name": "VI_1", "virtual_router_id": 51, "virtual_ipaddress": ["198.18.0.100/24"]}
MAIL = {"name": "VI_1", "virtual_router_id": 60, "virtual_ipaddress": ["198.18.0.160/24"]}
OPTIONS = ("override", "unicast", "track", "drain", "sync_daemon")
SEEN = {"version": "2.2.7", "clock": {"at": 1000.0, "asked": 999.0, "answered": 1001.0}, "accepts": [112, 51],
        "wire": {"cards": ["02:00:00:00:00:11"], "heard": [], "claims": []}}


def facts(interfaces):
    """Facts as Ansible gathers them, without a default route."""
    found = {"interfaces": list(interfaces)}
    for name, addresses in interfaces.items():
        entries = [dict(zip(("address", "prefix"), value.split("/"), strict=True)) for value in addresses]
        found[name] = {"device": name, "ipv4": entries[0] if entries else {}, "ipv4_secondaries": entries[1:]}
    return found


def host(address, instance, group, *changes):
    """The variables of a host with changes laid over them."""
    config = {"vrrp_instance": [copy.deepcopy(instance)], "global_defs": {"script_user": "keepalived_script"}}
    definition = {"config": config, "group": group}
    variables = {"definition": definition, "seen": dict(SEEN)}
    interfaces = {"eth1": [f"{address}/24"]}
    for change in changes:
        for key, value in change.items():
            if key == "instance":
                config["vrrp_instance"][0].update(value)
            elif key == "facts":
                interfaces = value
            elif key == "seen":
                variables["seen"].update(value)
            elif key == "ansible_host":
                variables[key] = value
            elif key in OPTIONS:
                definition[key] = value
            else:
                config[key] = value
    return dict(variables, ansible_facts=facts(interfaces))


def inventory(case):
    """Return the groups and the variables of every host of a case."""
    groups = {"lb": ["lb1", "lb2"] + (["lb3"] if "lb3" in case else []), "web": ["web1"]}
    found = {name: host(f"198.18.0.{number}", INSTANCE, "lb", case.get("all", {}), case.get(name, {}))
             for number, name in enumerate(groups["lb"], 11)}
    found["web1"] = {}
    if "mail" in case:
        groups["mail"] = ["mail1", "mail2"]
        found.update({name: host(f"198.18.0.{number}", MAIL, "mail", {"instance": case["mail"]})
                      for number, name in enumerate(groups["mail"], 61)})
    return groups, found
