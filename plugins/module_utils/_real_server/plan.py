# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the services and the host as it is to the steps that make it a real server of just these.

Nothing here looks at the host or changes it.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._kit.place import File
from ansible_collections.openvip.cluster.plugins.module_utils._kit.place import Link as SymbolicLink
from ansible_collections.openvip.cluster.plugins.module_utils._kit.transaction import Command, Step
from ansible_collections.openvip.cluster.plugins.module_utils._real_server import files
from ansible_collections.openvip.cluster.plugins.module_utils._real_server.found import Found, Remembered
from ansible_collections.openvip.cluster.plugins.module_utils._real_server.services import DR, NAT, TUN, Service
from ansible_collections.openvip.cluster.plugins.module_utils._real_server.settings import (
    ANY_SOURCE,
    BACKUP_ONLY,
    FIRST_TABLE,
    IPVS,
    LOOPBACK,
    MAIN_TABLE,
    PREFERENCE_GATEWAY,
    PREFERENCE_NETWORKS,
    TUNNEL_OF_MODULE,
    TUNNELS,
    Address,
    KernelModule,
    Link,
    Removable,
    Route,
    Rule,
    Setting,
    Sysctl,
    Words,
    sysctl_name,
    version,
    virtual_address,
)

# Documentation/networking/ip-sysctl.rst of the kernel; the greatest of the values for all devices and for the device
# holds. A real server answers no ARP request for an address that is on another device, and none of its own requests
# carries such an address, from which the others would learn it, too.
ARP = {"arp_ignore": "1", "arp_announce": "2"}
# A packet whose way back leaves by another device is dropped when this is 1 (strict), not when it is 2 (loose).
_STRICT, _LOOSE = "1", "2"
# The value that every setting of this name gets from us. Any other value was set by somebody else.
_OURS = {**ARP, "rp_filter": _LOOSE, "backup_only": "1"}

# No file has a secret, and systemd expects files that everybody can read.
MODE = 0o644


class Change(NamedTuple):
    """The text of a file, or the target of a link, before and after; C(None) where there is none."""

    path: str
    before: Optional[str]
    after: Optional[str]


class Plan(NamedTuple):
    """What a run does.

    :ivar pending: the text of C(files.PENDING) to write before the first step, C(None) for no such file.
    :ivar steps: in their order.
    :ivar before: the present values of the kernel's settings that we set, remove or replace; sorted lines.
    :ivar after: the same afterwards.
    :ivar files: the changes of files, without C(files.PENDING).
    """

    pending: Optional[str]
    steps: List[Step]
    before: List[str]
    after: List[str]
    files: List[Change]


def tables(services: Iterable[Service]) -> Dict[str, int]:
    """Return the number of each gateway's table: one after the other, in the order of the services."""
    gateways = dict.fromkeys(str(service.gateway) for service in services if service.lb_kind == NAT)
    return {gateway: FIRST_TABLE + place for place, gateway in enumerate(gateways)}


def taken(services: List[Service], found: Found) -> List[str]:
    """Return sentences about tables with a default route of somebody else, which does not have our mark."""
    wanted = {(version(gateway), table) for gateway, table in tables(services).items()}
    return ["table %d: has a default route that somebody else set (%s), and the NAT services need this table. Move "
            "that route to another table." % (route.table, route.text()) for route in found.routes
            if (route.family, route.table) in wanted.difference(found.remembered.tables) and not route.kept]


def device_of(service: Service) -> str:
    """Return the device that carries the virtual address of a service of DR or TUN."""
    return LOOPBACK if service.lb_kind == DR else TUNNELS[service.version][1]


def wanted(services: List[Service], interface: List[str], found: Found) -> List[Setting]:
    """Return everything that has to be set for the services, each once, in the order in which it is to be set.

    The ARP settings come before the addresses, or the host answers for them in between.

    :param interface: the devices that face the directors.
    """
    settings: List[Setting] = []
    held = [service for service in services if service.lb_kind != NAT]
    tunnels = [TUNNELS[service.version] for service in held if service.lb_kind == TUN]
    settings.extend(KernelModule(module) for module, dummy in tunnels)
    if any(service.loop_guard for service in services):
        settings.extend((KernelModule(IPVS), Sysctl(BACKUP_ONLY, "1")))
    settings.extend(_values(services, interface, found))
    settings.extend(Link(device) for dummy, device in tunnels)
    settings.extend(virtual_address(device_of(service), service.ip) for service in held)
    numbers = tables(services)
    settings.extend(Route(version(gateway), table, gateway, str(found.facing(gateway)))
                    for gateway, table in numbers.items())
    answers = _answers(services)
    for preference in (PREFERENCE_NETWORKS, PREFERENCE_GATEWAY):
        settings.extend(
            Rule(preference, source, protocol, port,
                 MAIN_TABLE if preference == PREFERENCE_NETWORKS else str(numbers[gateway]))
            for (source, protocol, port), gateway in answers.items())
    return list(dict.fromkeys(settings))


def _answers(services: List[Service]) -> Dict[Tuple[str, str, int], str]:
    """Return the gateway of each kind of answers of NAT, by their source, protocol and port.

    A program that answers by UDP may leave its address to the kernel. That chooses one after the route is found, so the
    rules for the address asked do not hold. IPv6 has no rule for a packet without a source (fib6_rule_match of
    net/ipv6/fib6_rules.c).
    """
    found: Dict[Tuple[str, str, int], str] = {}
    for service in services:
        if service.lb_kind == NAT:
            protocol, port, gateway = str(service.protocol), int(service.port or 0), str(service.gateway)
            found[str(service.real_ip), protocol, port] = gateway
            if protocol == "UDP" and service.version == 4:
                found.setdefault((ANY_SOURCE, protocol, port), gateway)
    return found


def _values(services: List[Service], interface: List[str], found: Found) -> List[Sysctl]:
    """The settings of IPv4 that the services need; IPv6 needs none.

    The kernel answers a neighbour solicitation only for addresses of the device on which it came (ndisc_recv_ns of
    net/ipv6/ndisc.c), and it has no filter by reverse path outside the firewall.
    """
    values = []
    if any(service.version == 4 and service.lb_kind != NAT for service in services):
        values = [Sysctl(sysctl_name(device, key), value) for device in ("all", *interface)
                  for key, value in ARP.items()]
        # The answers leave by the default route, wherever the request came in.
        values.extend(_loose(device, found) for device in interface if device not in found.default_devices
                      and _strict(device, found))
    if any(service.version == 4 and service.lb_kind == TUN for service in services):
        # Out of the tunnel come packets of clients to whom no route leads by the tunnel.
        values.append(_loose(TUNNELS[4][1], found))
    # Kernels differ in whether the filter looks up the rules for the port (__fib_validate_source of
    # net/ipv4/fib_frontend.c).
    values.extend(_loose(device, found) for device in (
        str(found.facing(str(service.gateway))) for service in services
        if service.lb_kind == NAT and service.version == 4) if _strict(device, found))
    return values


def _loose(device: str, found: Found) -> Sysctl:
    return Sysctl(sysctl_name(device, "rp_filter"), _LOOSE)


def _strict(device: str, found: Found) -> bool:
    """Whether the filter for the device is strict without what we set."""
    name = sysctl_name(device, "rp_filter")
    values = [found.sysctl.get(sysctl_name("all", "rp_filter"), "0"), _before(name, found)]
    return max(values) == _STRICT


def _before(name: str, found: Found) -> str:
    """The value that a setting had before we set it; where it is not there yet, the one that it gets."""
    known = found.remembered.sysctl.get(name, found.sysctl.get(name))
    return known if known is not None else found.sysctl.get(sysctl_name("default", name.rpartition(".")[2]), "0")


def _to_remember(settings: List[Setting], found: Found) -> Remembered:
    """Return the settings to reverse once they are no longer wanted, without settings of others."""

    def ours(setting: Setting, known: Sequence[Setting]) -> bool:
        return setting in known or not _is_set(setting, found)

    return Remembered(
        {setting.name: _before(setting.name, found) for setting in settings if isinstance(setting, Sysctl)},
        tuple(setting for setting in settings if isinstance(setting, Address)
              and ours(setting, found.remembered.addresses)),
        tuple(setting for setting in settings if isinstance(setting, Link) and ours(setting, found.remembered.links)),
        tuple((setting.family, setting.table) for setting in settings if isinstance(setting, Route)))


def _is_set(setting: Setting, found: Found) -> bool:
    """Whether the host has a setting just as it is wanted."""
    if isinstance(setting, KernelModule):
        return BACKUP_ONLY in found.sysctl if setting.name == IPVS else TUNNEL_OF_MODULE[setting.name] in found.devices
    if isinstance(setting, Sysctl):
        return found.sysctl.get(setting.name) == setting.value
    if isinstance(setting, Link):
        return setting.device in found.devices and found.devices[setting.device].up
    if isinstance(setting, Address):
        return setting in _addresses(found)
    return setting in (found.routes if isinstance(setting, Route) else found.rules)


def _addresses(found: Found) -> List[Address]:
    """The addresses on the devices that carry virtual ones."""
    return [address for name in (LOOPBACK, *TUNNEL_OF_MODULE.values()) if name in found.devices
            for address in found.devices[name].addresses]


def _stale(settings: List[Setting], found: Found) -> List[Removable]:
    """Return the settings to remove, in the order of their removal; rules and routes only with our mark."""
    ours = {address[:3] for address in found.remembered.addresses}
    virtual = {setting.address for setting in settings if isinstance(setting, Address)}
    routes = {(setting.family, setting.table) for setting in settings if isinstance(setting, Route)}
    return [
        *(rule for rule in found.rules if rule not in settings
          and (rule.kept or any(_in_the_way(rule, setting) for setting in settings))),
        *(route for route in found.routes if (route.family, route.table) not in routes
          and (route.kept or (route.family, route.table) in found.remembered.tables)),
        # A virtual address that somebody else put here in another form: as 198.18.0.100/24 it makes the whole
        # network an address of this host.
        *(address for address in _addresses(found)
          if address not in settings and (address[:3] in ours or address.address in virtual)),
        *(link for link in found.remembered.links if link not in settings and _is_set(link, found))]


def make(services: List[Service], interface: List[str], found: Found, owed: bool = False) -> Plan:
    """Return the plan; without services it takes away everything that earlier runs have set.

    What is new is set before what is no longer wanted goes, so that no service is interrupted that stays.

    :param owed: whether systemd may have read files of an interrupted change.
    """
    settings = wanted(services, interface, found)
    goal = _to_remember(settings, found)
    stale = _stale(settings, found)
    restored = [Sysctl(name, value) for name, value in sorted(found.remembered.sysctl.items())
                if name not in goal.sysctl and found.sysctl.get(name) == _OURS.get(name.rpartition(".")[2]) != value]
    live = [*_setting_steps(settings, stale, found), *_removing_steps(settings, stale, restored, found)]
    texts = files.files(settings, goal, found.programs)
    changed = _changes(texts, found)
    unit = files.path_of(files.UNIT)
    link = Change(files.ENABLED, unit if found.enabled else None, unit if settings else None)
    memory = _changes({files.STATE: goal.text() if settings else None}, found)
    written = [File(change.path, None if change.after is None else change.after.encode(), MODE)
               for change in (*changed, *memory)]
    links = [SymbolicLink(link.path, link.after)] if link.before != link.after else []
    owed = owed or files.PENDING in found.files
    before_units, after_units = _unit_steps(texts, bool(live), changed, owed or bool(links), found)
    steps: List[Step] = [*before_units, *live, *written[:len(changed)], *links, *after_units, *written[len(changed):]]
    # So the settings to reverse are known even after an interruption.
    union = found.remembered.joined(goal)
    pending = union.text() if steps and union != found.remembered else None
    if pending or files.PENDING in found.files:
        steps.append(File(files.PENDING, None, MODE))
    return Plan(pending, steps, _lines_before(settings, stale, restored, found),
                sorted(setting.text() for setting in [*settings, *restored]),
                [*changed, *([link] if links else []), *memory])


def _changes(texts: Dict[str, Optional[str]], found: Found) -> List[Change]:
    return [Change(path, found.files.get(path), text) for path, text in texts.items() if found.files.get(path) != text]


def _setting_steps(settings: List[Setting], stale: List[Removable], found: Found) -> List[Command]:
    steps: List[Command] = []
    for setting in settings:
        if not _is_set(setting, found):
            steps.extend(Command(other.remove(), other.add()) for other in stale if _in_the_way(other, setting))
            steps.append(Command(setting.add(), _undo(setting, found)))
    return steps


def _in_the_way(other: Setting, setting: Setting) -> bool:
    """Whether the kernel takes two settings for the same, so that one has to go before the other can be set.

    That are addresses of one length on one device (inet_insert_ifa of net/ipv4/devinet.c) and rules that differ in
    their protocol only (rule_exists of net/core/fib_rules.c).
    """
    if isinstance(other, Address) and isinstance(setting, Address):
        return other[:3] == setting[:3]
    return isinstance(other, Rule) and isinstance(setting, Rule) and other[:-1] == setting[:-1]


def _undo(setting: Setting, found: Found) -> Words:
    """What takes back a setting that is not there yet."""
    if isinstance(setting, KernelModule):
        # Tunnels that others made meanwhile would go with the module.
        return ()
    if isinstance(setting, Sysctl):
        return Sysctl(setting.name, found.sysctl.get(setting.name, _before(setting.name, found))).add()
    if isinstance(setting, Route):
        former = [route for route in found.routes if (route.family, route.table) == (setting.family, setting.table)]
        return former[0].add() if former else setting.remove()
    return setting.remove()


def _removing_steps(settings: List[Setting], stale: List[Removable], restored: List[Sysctl],
                    found: Found) -> List[Command]:
    return [*(Command(setting.remove(), setting.add()) for setting in stale
              if not any(_in_the_way(setting, new) for new in settings)),
            *(Command(value.add(), Sysctl(value.name, found.sysctl[value.name]).add()) for value in restored)]


def _systemctl(*words: str) -> Words:
    return ("systemctl", *words)


def _unit_steps(texts: Dict[str, Optional[str]], live: bool, changed: List[Change], reads: bool,
                found: Found) -> Tuple[List[Command], List[Command]]:
    """The steps with systemd before and after those that change the kernel and the files.

    Some of the first only undo: what is undone last has to be the first step.

    :param reads: whether systemd has to read the files even if they do not change.
    """
    names = {files.UNIT_FILES[change.path]: change for change in changed if change.path in files.UNIT_FILES}
    present = texts[files.path_of(files.UNIT)] is not None
    follows = texts[files.path_of(files.ROUTES_UNIT)] is not None
    active, following = files.UNIT in found.active, files.ROUTES_UNIT in found.active
    first: List[Command] = []
    last: List[Command] = []
    if following and (live or names or reads):
        # It would bring routes back meanwhile.
        first.append(Command(_systemctl("stop", files.ROUTES_UNIT), _systemctl("start", files.ROUTES_UNIT)))
        following = False
    if found.booted and active and not present:
        first.append(Command((), _systemctl("start", files.UNIT)))
    if found.booted and not active and files.UNIT in names and names[files.UNIT].before is None:
        # A pattern is no error when systemd has no such unit (systemctl(1), Parameter Syntax).
        first.append(Command((), _systemctl("stop", files.UNIT + "*")))
    if found.booted and (names or reads):
        first.append(Command((), _systemctl("daemon-reload")))
        last.append(Command(_systemctl("daemon-reload")))
    if found.booted and active != present:
        # Without its file, stopping runs nothing: what it set is gone by then.
        last.append(Command(_systemctl("start" if present else "stop", files.UNIT)))
    if found.booted and follows and not following:
        last.append(Command(_systemctl("start", files.ROUTES_UNIT), _systemctl("stop", files.ROUTES_UNIT + "*")))
    return first, last


def _lines_before(settings: List[Setting], stale: List[Removable], restored: List[Sysctl],
                  found: Found) -> List[str]:
    names = [setting.name for setting in [*settings, *restored] if isinstance(setting, Sysctl)]
    values = [Sysctl(name, found.sysctl[name]) for name in names if name in found.sysctl]
    held = [setting for setting in settings if not isinstance(setting, Sysctl) and _is_set(setting, found)]
    return sorted({setting.text() for setting in [*values, *held, *stale, *found.routes, *found.rules]})


def commands(steps: Sequence[Step]) -> List[str]:
    """Return the commands of the steps, for the result."""
    return [" ".join(step.words) for step in steps if isinstance(step, Command) and step.words]


def executable(steps: Sequence[Step], programs: Dict[str, str]) -> List[Step]:
    """Return the steps with the full paths of their programs.

    The command that reverses another may run although the other did not, or twice, after several interruptions. So it
    never fails; C(state) shows whether it worked.
    """
    return [Command(files.located(step.words, programs) if step.words else (),
                    (programs.get("sh", "sh"), "-c", '"$@" || :', "undo", *files.located(step.undo, programs))
                    if step.undo else ()) if isinstance(step, Command) else step for step in steps]


def state(found: Found) -> Set[str]:
    """Return everything on the host that a run may change, except files, as descriptive lines."""
    settings: List[Setting] = [Sysctl(*item) for item in found.sysctl.items()]
    settings += [Link(name) for name in TUNNEL_OF_MODULE.values() if name in found.devices and found.devices[name].up]
    settings += [*_addresses(found), *found.rules, *found.routes]
    return {*(setting.text() for setting in settings), *("%s is active" % unit for unit in found.active)}
