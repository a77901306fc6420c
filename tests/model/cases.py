# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random clusters and random sequences of faults. A seed gives the same case again."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

DEVICES = ("eth1", "eth2")
SCRIPT, FILE = "check_web", "web"
#: What begins, and its condition; eth1 stands for an interface of the case.
FAULTS = (("process", "stop"), ("process", "kill"), ("process", "freeze"), ("link", "eth1"), ("side", "eth1"),
          ("tracker", "track_file", FILE), ("tracker", "track_script", SCRIPT))


class Event(NamedTuple):
    """Seconds after the event before, the member, and the condition that begins or ends there."""

    after: float
    host: str
    condition: tuple[str, ...]
    begins: bool


class Case(NamedTuple):
    """The data of each member, without paths, and what happens; C(quiet) seconds follow at the end."""

    seed: str
    data: dict[str, dict[str, Any]]
    events: list[Event]
    settle: float


def _tracked(chance: random.Random) -> dict[str, list[str]]:
    found = {}
    for keyword, name in (("track_file", FILE), ("track_script", SCRIPT)):
        if chance.random() < 0.5:
            weight = chance.choice([0, 0, -5, -30, -80, *([] if keyword == "track_file" else [20])])
            found[keyword] = [f"{name} weight {weight}"]
    return found


def _common(chance: random.Random, number: int) -> tuple[dict[str, Any], bool]:
    """Return what an instance has on all members, and whether it uses unicast."""
    version = chance.choice([2, 3, 3])
    common = {"virtual_router_id": 51 + number, "version": version,
              "advert_int": 1 if version == 2 else chance.choice([0.3, 0.5, 1]),
              "virtual_ipaddress": [f"198.18.{0 if number % 2 == 0 else 1}.{100 + number}/24"],
              "interface": DEVICES[number % 2], "state": "BACKUP"}
    kind = chance.random()
    if kind < 0.25:
        common["nopreempt"] = True
    elif kind < 0.4:
        common["preempt_delay"] = chance.choice([1, 3])
    if chance.random() < 0.2:
        common["down_timer_adverts"] = chance.choice([2, 4])
    return common, chance.random() < 0.3


def make(seed: str) -> Case:
    """Return the case of a seed."""
    chance = random.Random(seed)
    size, count = chance.randint(2, 5), chance.randint(1, 4)
    hosts = [f"lb{number + 1}" for number in range(size)]
    data: dict[str, dict[str, Any]] = {host: {"vrrp_instance": []} for host in hosts}
    grouped = count > 1 and chance.random() < 0.2
    shared = None
    for number in range(count):
        common, unicast = _common(chance, number)
        priorities = chance.sample(range(20, 250, 5), size)
        tracked = _tracked(chance)
        if grouped:
            shared = shared or (priorities, common, tracked)
            priorities, tracked = shared[0], shared[2]
            common = dict(shared[1], **{key: common[key] for key in (
                "virtual_router_id", "virtual_ipaddress", "interface")})
        for place, host in enumerate(hosts):
            own = {"name": f"VI_{number + 1}", **common, "priority": priorities[place], **tracked}
            if unicast:
                subnet = 0 if number % 2 == 0 else 1
                own["unicast_src_ip"] = f"198.18.{subnet}.{11 + place}"
                own["unicast_peer"] = [f"198.18.{subnet}.{11 + other}" for other in range(size) if other != place]
            if own["priority"] == max(priorities) and not ({"nopreempt", "preempt_delay"} & set(own)) and \
                    chance.random() < 0.5:
                own["state"] = "MASTER"
            data[host]["vrrp_instance"].append(own)
    for host in hosts:
        if grouped:
            data[host]["vrrp_sync_group"] = [{"name": "VG_1", "group": [f"VI_{each + 1}" for each in range(count)]}]
        data[host]["vrrp_script"] = [{"name": SCRIPT, "interval": 1, "timeout": 1, "fall": chance.choice([1, 2]),
                                      "rise": chance.choice([1, 2])}]
        data[host]["track_file"] = [{"name": FILE, "weight": 0, "init_file": "0"}]
    intervals = [each["advert_int"] * each.get("down_timer_adverts", 3) for each in data[hosts[0]]["vrrp_instance"]]
    settle = max(intervals) + 1.5 + max(each.get("preempt_delay", 0) for each in data[hosts[0]]["vrrp_instance"])
    return Case(seed, data, _events(chance, hosts, min(count, 2), settle), settle)


def _events(chance: random.Random, hosts: list[str], devices: int, settle: float) -> list[Event]:
    """Return faults that begin and end in a random order, at random times, mostly when the cluster has settled."""
    found: list[Event] = []
    lasting: list[tuple[str, tuple[str, ...]]] = []
    begun, wanted = 0, chance.randint(2, 4)
    while begun < wanted or lasting:
        after = settle if chance.random() < 0.7 else round(chance.uniform(0.1, settle), 2)
        if lasting and (begun == wanted or chance.random() < 0.4):
            host, condition = lasting.pop(chance.randrange(len(lasting)))
            found.append(Event(after, host, condition, False))
            continue
        host, condition = chance.choice(hosts), chance.choice(FAULTS)
        if condition[1] == "eth1":
            condition = (condition[0], chance.choice(DEVICES[:devices]))
        # one fault of a kind at a time on a host; a process has one state
        if any(other == host and before[0] == condition[0] for other, before in lasting):
            continue
        begun += 1
        lasting.append((host, condition))
        found.append(Event(after, host, condition, True))
    return found
