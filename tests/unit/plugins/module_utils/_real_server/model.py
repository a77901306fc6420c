# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host as a model: what the steps of a plan do to it, refused where the kernel would refuse."""

from __future__ import annotations

import ipaddress

from ansible_collections.openvip.cluster.plugins.module_utils._kit.place import File
from ansible_collections.openvip.cluster.plugins.module_utils._kit.place import Link as SymbolicLink
from ansible_collections.openvip.cluster.plugins.module_utils._real_server.facts import recalled
from ansible_collections.openvip.cluster.plugins.module_utils._real_server.files import ENABLED, PENDING
from ansible_collections.openvip.cluster.plugins.module_utils._real_server.found import (
    NOTHING,
    Device,
    Found,
)
from ansible_collections.openvip.cluster.plugins.module_utils._real_server.settings import (
    BACKUP_ONLY,
    IPVS,
    PROTOCOL_NUMBERS,
    TUNNEL_OF_MODULE,
    Address,
    Route,
    Rule,
    sysctl_name,
)

KEYS = ("arp_announce", "arp_ignore", "rp_filter")
REAL_IP, REAL_IP6 = "198.18.0.31", "fd00:18::31"
PROGRAMS = {name: f"/usr/sbin/{name}" for name in ("ip", "modprobe", "sh", "sysctl", "systemctl")}


def device(name, *addresses, **properties):
    """A device with addresses given as C(address/prefix)."""
    entries = [ipaddress.ip_interface(address) for address in addresses]
    return Device(
        name, addresses=tuple(
            Address(name, str(entry.ip), entry.network.prefixlen,
                    scope="" if entry.version == 6 else "host" if entry.is_loopback else "global")
            for entry in entries),
        networks=tuple(entry.network for entry in entries if entry.network.num_addresses > 1), **properties)


def settings(devices, **values):
    """The settings of the devices, 0 where no value is given for a key."""
    return {sysctl_name(name, key): values.get(key, "0") for name in ("all", "default", *devices) for key in KEYS}


def host(**properties):
    """A host with two networks, both IP versions, and systemd."""
    devices = {name: device(name, *addresses, loopback=name == "lo") for name, addresses in {
        "lo": ("127.0.0.1/8", "::1/128"),
        "eth0": ("192.0.2.31/24",),
        "eth1": (f"{REAL_IP}/24", f"{REAL_IP6}/64"),
    }.items()}
    return Found(**{
        "devices": devices, "sysctl": settings(devices), "rules": (), "other_rules": (), "routes": (),
        "default_devices": frozenset({"eth0"}), "loadable": frozenset([*TUNNEL_OF_MODULE, IPVS]), "kernel": (6, 1),
        "ipv6_devices": frozenset(devices), "programs": PROGRAMS, "files": {}, "booted": True, "enabled": False,
        "active": frozenset(), "remembered": NOTHING, **properties})


class RefusedError(Exception):
    """What the kernel, or systemd, would refuse."""


def begin(found, plan):
    """The host before the first step of a plan."""
    return with_file(found, PENDING, plan.pending) if plan.pending else found


def apply(found, step):
    """The host after a step."""
    if isinstance(step, SymbolicLink):
        assert step.path == ENABLED
        return found._replace(enabled=step.target is not None)
    if isinstance(step, File):
        return with_file(found, step.path, None if step.data is None else step.data.decode())
    return run(found, step.words)


def undo(found, step, start):
    """The host after the step is reversed; what undoing refuses changes nothing.

    :param start: the host before the first step.
    """
    if isinstance(step, SymbolicLink):
        return found._replace(enabled=start.enabled)
    if isinstance(step, File):
        return with_file(found, step.path, start.files.get(step.path))
    try:
        return run(found, step.undo)
    except RefusedError:
        return found


def with_file(found, path, text):
    files = {name: value for name, value in found.files.items() if name != path}
    if text is not None:
        files[path] = text
    return found._replace(files=files, remembered=recalled(files))


def run(found, words):
    """The host after a command; nothing happens without words."""
    if not words:
        return found
    program, *rest = words
    if program == "ip" and rest[0] in ("-4", "-6"):
        family, *rest = rest
        known = {"route": _route, "rule": _rule}[rest[0]]
        return known(found, int(family[1:]), rest[1], rest[2:])
    return {"sysctl": _sysctl, "modprobe": _modprobe, "systemctl": _systemctl, "ip": _ip}[program](found, rest)


def _sysctl(found, words):
    flag, assignment = words
    name, value = assignment.split("=")
    if flag != "-w" or name not in found.sysctl:
        raise RefusedError(words)
    return found._replace(sysctl={**found.sysctl, name: value})


def _modprobe(found, words):
    [module] = words
    if module not in found.loadable:
        raise RefusedError(words)
    if module == IPVS:
        return found._replace(sysctl={**found.sysctl, BACKUP_ONLY: found.sysctl.get(BACKUP_ONLY, "0")})
    name = TUNNEL_OF_MODULE[module]
    values = {sysctl_name(name, key): found.sysctl[sysctl_name("default", key)] for key in KEYS}
    return found._replace(devices={**found.devices, name: Device(name, False, False, (), ())},
                          sysctl={**found.sysctl, **values})


def _systemctl(found, words):
    verb, *units = words
    if verb == "daemon-reload":
        return found
    name = units[0].rstrip("*")
    if verb == "start" and not any(path.endswith(name) for path in found.files):
        raise RefusedError(words)
    return found._replace(active=found.active | {name} if verb == "start" else found.active - {name})


def _ip(found, words):
    kind, verb, *rest = words
    if kind == "link":
        assert verb == "set" and rest[0] == "dev"
        return _with(found, found.devices[rest[1]]._replace(up=rest[2] == "up"))
    assert kind == "address"
    interface = ipaddress.ip_interface(rest[0])
    assert rest[1] == "dev"
    held = found.devices[rest[2]]
    options = dict(zip(rest[3::2], rest[4::2])) if interface.version == 4 else {"nodad": "nodad" in rest}
    address = Address(held.name, str(interface.ip), interface.network.prefixlen, scope=options.get("scope", ""),
                      deprecated="preferred_lft" in rest, label=options.get("label", ""))
    same = [other for other in held.addresses if other[:3] == address[:3]]
    if bool(same) != (verb == "del"):
        raise RefusedError(words)
    kept = tuple(other for other in held.addresses if other not in same)
    return _with(found, held._replace(addresses=kept if verb == "del" else (*kept, address)))


def _with(found, changed):
    return found._replace(devices={**found.devices, changed.name: changed})


def _route(found, family, verb, words):
    kept = words[-2:] == ["protocol", "kernel"]
    via, gateway, dev, name, table, number = words[1:7]
    assert (words[0], via, dev, table) == ("default", "via", "dev", "table")
    route = Route(family, int(number), gateway, name, kept)
    others = tuple(other for other in found.routes if other[:2] != route[:2])
    if verb == "del" and route not in found.routes:
        raise RefusedError(words)
    return found._replace(routes=others if verb == "del" else (*others, route))


def _rule(found, family, verb, words):
    options = dict(zip(words[::2], words[1::2]))
    names = {number: name for name, number in PROTOCOL_NUMBERS.items()}
    rule = Rule(int(options["preference"]), options["from"], names[options["ipproto"]], int(options["sport"]),
                options["lookup"], options.get("protocol") == "kernel")
    assert ipaddress.ip_address(rule.source).version == family
    assert ("suppress_prefixlength" in options) == (rule.table == "main")
    same = [other for other in found.rules if other[:-1] == rule[:-1]]
    if bool(same) != (verb == "del"):
        raise RefusedError(words)
    others = tuple(other for other in found.rules if other not in same)
    return found._replace(rules=others if verb == "del" else (*others, rule))


def kernel(found):
    """What a test compares of two hosts: the kernel's part without tunnel devices that are down and empty, and without
    IPVS where it does nothing else than ever."""
    idle = {name for name in TUNNEL_OF_MODULE.values()
            if name in found.devices and not found.devices[name].up and not found.devices[name].addresses}
    devices = {name: (entry.up, frozenset(entry.addresses)) for name, entry in found.devices.items()
               if name not in idle}
    values = {name: value for name, value in found.sysctl.items()
              if name.split(".")[3] not in idle and (name, value) != (BACKUP_ONLY, "0")}
    return devices, values, frozenset(found.rules), frozenset(found.routes)


def lasting(found):
    """What a test compares of two hosts: the files and the units."""
    return found.files, found.enabled, found.active


def virtual(found):
    """The addresses that are on the devices for virtual ones and not their own."""
    return {address.address for name in ("lo", *TUNNEL_OF_MODULE.values()) if name in found.devices
            for address in found.devices[name].addresses} - {"127.0.0.1", "::1"}
