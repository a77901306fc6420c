# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host that is to hold no address for a while: the track_file that says so, and where its addresses go.

Every function here is pure.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
from typing import Any, Dict, List, NamedTuple, Optional, Set, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import Finding, error

#: The name of the track_file.
NAME = "maintenance"
#: It takes every priority to 1, the lowest (vrrp/vrrp.c limits it), so that another host takes the address while this
#: one still has it: nobody is without it for a moment.
WEIGHT = -253
#: What keepalived writes to the file when it is missing. With 1 in it the host is in maintenance: the weight is
#: multiplied by the value (keepalived.conf(5)).
OFF = "0"
OWNER = 255

Data = Dict[str, Any]


def maintain(data: Data, path: str) -> None:
    """Add the track_file of the maintenance, and its use in every instance, to the data of one host, in place.

    :param path: of the file, which survives a reboot. keepalived makes it when it is missing.
    """
    blocks = data.setdefault("track_file", [])
    if any(block.get("name") == NAME for block in blocks):
        return
    blocks.append({"name": NAME, "file": path, "weight": WEIGHT, "init_file": OFF})
    unweighted = [str(member) for group in data.get("vrrp_sync_group") or []
                  if not group.get("sync_group_tracking_weight") for member in group.get("group") or []]
    for instance in data.get("vrrp_instance") or []:
        # Nobody takes the address from a lower priority with nopreempt; keepalived ignores weights in a sync group
        # (vrrp/vrrp.c) and for the owner of the address. With weight 0 the host gives it up (FAULT).
        fault = (instance.get("nopreempt") or str(instance.get("name")) in unweighted
                 or instance.get("priority") == OWNER)
        entry = NAME + (" weight 0" if fault else "")
        instance["track_file"] = [*(instance.get("track_file") or []), entry]


class Move(NamedTuple):
    """Addresses that go from one host to another.

    :ivar instance: the vrrp_instance.
    :ivar interface: of the addresses on both hosts, giver first.
    :ivar addresses: without prefix length.
    """

    instance: str
    giver: str
    taker: str
    interfaces: Tuple[str, str]
    addresses: List[str]


def maintained(member: Data) -> bool:
    """Whether a host is in maintenance, by a member of an instance of C(_status.summary.summarise)."""
    return any(each["track"] == "track_file" and each["name"] == NAME and not each["good"]
               for each in member["tracked"] or [])


def well(member: Data) -> bool:
    """Whether everything else that is tracked is good."""
    return all(each["good"] for each in member["tracked"] or []
               if (each["track"], each["name"]) != ("track_file", NAME))


def _member(group: Data, host: str) -> Optional[Data]:
    return next((member for member in group["members"] if member["host"] == host), None)


def _unknowing(group: Data, member: Data) -> List[Finding]:
    """Return what is wrong when an instance does not look at the file of the maintenance."""
    if any((each["track"], each["name"]) == ("track_file", NAME) for each in member["tracked"] or []):
        return []
    return [error("no-maintenance", "vrrp_instance %s" % group["name"],
                  "keepalived on %s has no track_file %s for it" % (member["host"], NAME),
                  "Run the playbook of the cluster first (openvip.cluster.lvs on directors of LVS, else "
                  "openvip.cluster.site), with keepalived_maintenance_file set.")]


def _move(group: Data, giver: Data, taker: Data) -> List[Move]:
    held = [vip["address"] for vip in group["vips"] if giver["host"] in vip["holders"]]
    return [Move(group["name"], giver["host"], taker["host"], (giver["interface"], taker["interface"]), held)
            ] if held else []


def leaving(status: Data, host: str) -> Tuple[List[Move], List[Finding]]:
    """Return ``(moves, findings)``: where the addresses of a host go when it gives them up.

    :param status: of the cluster, see C(_status.summary.summarise).
    :returns: the moves, and findings with severity error for instances that nobody else can take.
    """
    moves: List[Move] = []
    findings: List[Finding] = []
    for group in status["vrrp_instance"]:
        giver = _member(group, host)
        findings += _unknowing(group, giver) if giver else []
        if giver is None or giver["state"] != "MASTER":
            continue
        able = [member for member in group["members"] if member["state"] == "BACKUP" and not maintained(member)]
        if able:
            moves += _move(group, giver, max(able, key=lambda member: member["effective_priority"]))
        else:
            others = ["%s is %s%s" % (member["host"], member["state"] or "not running",
                                      " and in maintenance" if maintained(member) else "")
                      for member in group["members"] if member is not giver]
            findings.append(error(
                "no-taker", "vrrp_instance %s" % group["name"],
                "no other host can take the addresses of %s (%s)" % (host, ", ".join(others) or "there is none"),
                "Bring another host into BACKUP first; openvip.cluster.status tells what keeps it from that."))
    return moves, findings


def returning(status: Data, host: str, standing: List[str]) -> List[Move]:
    """Return the moves to a host when its maintenance ends: it takes what it is preferred for.

    :param standing: the names of the host's instances with C(nopreempt), which take nothing from another host.
    """
    moves = []
    for group in status["vrrp_instance"]:
        taker = _member(group, host)
        if taker is None or not maintained(taker) or not well(taker) or taker["name"] in standing:
            continue
        master = next((member for member in group["members"]
                       if member["state"] == "MASTER" and member["host"] != host), None)
        if master is not None and master["effective_priority"] < taker["priority"]:
            moves += _move(group, master, taker)
    return moves


def giving(status: Data, host: str) -> Tuple[List[str], List[Finding]]:
    """Return ``(hosts, findings)``: the hosts that have to go so that I(host) has every address, the holders last.

    :returns: the names, and findings with severity error for instances that I(host) cannot take.
    """
    rank: Dict[str, bool] = {}
    findings: List[Finding] = []
    for group in status["vrrp_instance"]:
        taker = _member(group, host)
        if taker is None or taker["state"] not in ("BACKUP", "MASTER") or maintained(taker):
            state = "has no such instance" if taker is None else "is in maintenance" if maintained(taker) \
                else "is %s" % (taker["state"] or "not running keepalived")
            findings.append(error("no-taker", "vrrp_instance %s" % group["name"], "%s %s" % (host, state),
                                  "Bring it into BACKUP first; openvip.cluster.status tells what keeps it from that."))
            continue
        for member in group["members"]:
            master = member["state"] == "MASTER"
            if member is not taker and not maintained(member) and (
                    master or (member["effective_priority"] or 0) > taker["effective_priority"]):
                rank[member["host"]] = rank.get(member["host"], False) or master
    return sorted(rank, key=lambda name: rank[name]), findings


def sides(moves: List[Move], interfaces: Dict[str, Dict[str, List[str]]]) -> List[Data]:
    """Return what each host has to do so that connections outlive the moves, the givers first.

    :param interfaces: per host, the addresses of each interface with prefix length.
    :returns: list of ``{"host": str, "side": "giver" or "taker", "addresses": [...]}``, the addresses as
        M(openvip.cluster.vip_handover) wants them. An address whose giver has none of its own of that family on the
        interface is left out.
    """
    virtual = {address for move in moves for address in move.addresses}
    found: Dict[Tuple[str, str], List[Data]] = {}
    for move in moves:
        for address in move.addresses:
            own = _own(interfaces.get(move.giver, {}).get(move.interfaces[0], []), address, virtual)
            if own is not None:
                found.setdefault(("giver", move.giver), []).append(
                    {"address": address, "interface": move.interfaces[0], "giver": None})
                found.setdefault(("taker", move.taker), []).append(
                    {"address": address, "interface": move.interfaces[1], "giver": own})
    return [{"host": host, "side": side, "addresses": entries} for (side, host), entries in sorted(found.items())]


def _own(addresses: List[str], wanted: str, virtual: Set[str]) -> Optional[str]:
    """Return the first of I(addresses) of the family of I(wanted) that is not virtual; C(None) without any."""
    family = ipaddress.ip_address(wanted).version
    found = (ipaddress.ip_interface(text) for text in addresses)
    return next((str(each.ip) for each in found if each.version == family and str(each.ip) not in virtual
                 and each.network.prefixlen < each.max_prefixlen), None)
