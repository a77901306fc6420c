# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The services of a real server: what the options say, and what stands against it on this host.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple, Union

from ansible_collections.openvip.cluster.plugins.module_utils._real_server.found import Found
from ansible_collections.openvip.cluster.plugins.module_utils._real_server.settings import (
    BACKUP_ONLY,
    IPVS,
    LOOPBACK,
    PREFERENCE_GATEWAY,
    PREFERENCE_NETWORKS,
    PROTOCOL_NUMBERS,
    TUNNEL_OF_MODULE,
    TUNNELS,
)
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import BadValueError
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import (
    address,
    did_you_mean,
    in_range,
)

DR, TUN, NAT = "DR", "TUN", "NAT"
KINDS = (DR, TUN, NAT)
PROTOCOLS = tuple(PROTOCOL_NUMBERS)
NAT_KEYS = ("real_ip", "port", "gateway")

# ip-rule(8): ipproto and sport; older kernels take the rule and ignore them (net/core/fib_rules.c).
KERNEL_OF_PORT_RULES = (4, 17)

IPAddress = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]


class Service(NamedTuple):
    """One service as the options give it; what is for NAT is C(None) unless I(lb_kind) is NAT.

    :ivar loop_guard: true where this host is a director of the service, too, otherwise C(None).
    """

    ip: str
    lb_kind: str
    real_ip: Optional[str] = None
    port: Optional[int] = None
    protocol: Optional[str] = None
    gateway: Optional[str] = None
    loop_guard: Optional[bool] = None

    @property
    def version(self) -> int:
        """4 or 6."""
        return ipaddress.ip_address(self.ip).version

    def label(self) -> str:
        return "virtual_server %s" % self.ip


def unusable(found: IPAddress) -> Optional[str]:
    """What makes an address one that no host can have on a segment; C(None) for all others."""
    if found.is_multicast:
        return "a multicast address"
    if found.is_unspecified or (found.version == 4 and int(found) >> 24 == 0):
        return "the unspecified address"
    if found.is_loopback:
        return "a loopback address"
    if found.is_link_local:
        return "a link-local address"
    return "the broadcast address" if str(found) == "255.255.255.255" else None


def _address(entry: Dict[str, Any], key: str) -> str:
    """The address of a key in its shortest form.

    :raises BadValueError: it is none, or one of a kind that cannot be meant.
    """
    found = address(entry[key])
    fault = unusable(found)
    if fault:
        raise BadValueError('is %s, got "%s".' % (fault, entry[key]), "Use an address of the segment's network.")
    return str(found)


def understood(entries: Iterable[Dict[str, Any]]) -> Tuple[List[Service], List[str]]:
    """Return the services of the option, each once, and the sentences about what is wrong with it.

    :param entries: dicts with the keys of C(Service); a key without a value is missing or C(None), and so may be what
        is false.
    """
    services: List[Service] = []
    errors: List[str] = []
    for entry in entries:
        given = {key: value for key, value in entry.items() if value is not None and value is not False}
        wrong = _missing(given)
        for key in ("ip", "real_ip", "gateway", "port"):
            try:
                if key == "port" and key in given:
                    in_range(given[key], 1, 65535)
                elif key in given:
                    given[key] = _address(given, key)
            except BadValueError as error:
                wrong.append("%s %s" % (key, error))
        errors.extend("virtual_server %s: %s" % (entry.get("ip"), sentence) for sentence in wrong)
        if not wrong:
            if given["lb_kind"] == NAT:
                given.setdefault("protocol", PROTOCOLS[0])
            services.append(Service(**given))
    return list(dict.fromkeys(services)), errors


def _missing(given: Dict[str, Any]) -> List[str]:
    """Sentences about keys that a kind needs or does not have."""
    if given["lb_kind"] == NAT:
        missing = [key for key in NAT_KEYS if key not in given]
        wrong = ["lb_kind NAT needs %s. Add the key%s." % (" and ".join(missing), "s"[:len(missing) - 1])
                 ] if missing else []
        if "loop_guard" in given:
            wrong.append("lb_kind NAT has no loop_guard: what a director sends has another address. Leave it out.")
        return wrong
    extra = [key for key in (*NAT_KEYS, "protocol") if key in given]
    return ["lb_kind %s has no %s. Leave it out, or write lb_kind NAT." % (given["lb_kind"], " and no ".join(extra))
            ] if extra else []


def refusals(services: List[Service], interface: List[str], found: Found) -> List[str]:
    """Return the sentences about what stands against the services, among themselves and on this host."""
    return [*_contradictions(services), *_interfaces(services, interface, found), *_conflicts(services, found),
            *_modules(services, found), *_returns(services, found), *_programs(services, found)]


def _contradictions(services: List[Service]) -> List[str]:
    errors = []
    kinds: Dict[str, Service] = {}
    answers: Dict[Tuple[Any, ...], Service] = {}
    for service in services:
        other = kinds.setdefault(service.ip, service)
        if other.lb_kind != service.lb_kind:
            errors.append("%s: lb_kind is both %s and %s. Give all services of an address the same lb_kind."
                          % (service.label(), other.lb_kind, service.lb_kind))
        if service.lb_kind == NAT:
            key = (service.real_ip, service.protocol, service.port)
            first = answers.setdefault(key, service)
            if first.gateway != service.gateway:
                errors.append("%s: the answers of %s %s port %s have the gateways %s and %s. Give the service one, "
                              "or a port of its own for each."
                              % (service.label(), *(str(part) for part in key), first.gateway, service.gateway))
    return errors


def _interfaces(services: List[Service], interface: List[str], found: Found) -> List[str]:
    errors = []
    known = sorted(name for name, device in found.devices.items() if not device.loopback)
    for name in interface:
        if name in found.devices and found.devices[name].loopback:
            errors.append("interface %s: is the loopback device. Name the device that faces the directors: %s."
                          % (name, ", ".join(known) or "there is none"))
        elif name not in found.devices:
            errors.append(("interface %s: does not exist on this host. %s" % (
                name, did_you_mean(name, known, "It has %s." % (", ".join(known) or "none")))).rstrip())
    for service in services:
        if service.lb_kind != NAT and service.version == 4 and not interface:
            errors.append("%s: lb_kind %s needs interface, or this host answers ARP for the address. Name the devices "
                          "that face the directors." % (service.label(), service.lb_kind))
    return errors


def _conflicts(services: List[Service], found: Found) -> List[str]:
    errors = []
    own = {LOOPBACK, *TUNNEL_OF_MODULE.values()}
    guarded = {service.ip for service in services if service.loop_guard}
    for service in _once(services):
        for name, device in sorted(found.devices.items()):
            if name not in own and service.ip not in guarded \
                    and service.ip in (entry.address for entry in device.addresses):
                errors.append("%s: is an address of %s, so this host is the director that holds it, or there is a "
                              "conflict. Leave the service out on this host, set loop_guard for it, or take the "
                              "address off %s." % (service.label(), name, name))
        if service.lb_kind != NAT and service.version == 6 and not found.ipv6(LOOPBACK):
            errors.append("%s: IPv6 is switched off on this host. Set net.ipv6.conf.all.disable_ipv6 and "
                          "net.ipv6.conf.lo.disable_ipv6 to 0." % service.label())
    return errors


def _modules(services: List[Service], found: Found) -> List[str]:
    errors = []
    guarded = next((service for service in services if service.loop_guard), None)
    if guarded and BACKUP_ONLY not in found.sysctl and IPVS not in found.loadable:
        errors.append("%s: loop_guard needs IPVS (the kernel module %s), which this host does not have, so it cannot "
                      "be a director either. Install a kernel that has it, or leave loop_guard out."
                      % (guarded.label(), IPVS))
    for service in _once(services):
        module, device = TUNNELS[service.version]
        if service.lb_kind == TUN and device not in found.devices and module not in found.loadable:
            errors.append("%s: lb_kind TUN needs the kernel module %s, which this host does not have. %s" % (
                service.label(), module,
                "Install the modules of the running kernel, or use lb_kind DR." if "modprobe" in found.programs
                else "Install kmod, so that it can be loaded."))
    return errors


def _returns(services: List[Service], found: Found) -> List[str]:
    """What is wrong with the ways of the answers of NAT services."""
    errors = []
    own = {entry.address for device in found.devices.values() if not device.loopback for entry in device.addresses}
    nat = [service for service in services if service.lb_kind == NAT]
    for service in nat:
        if service.real_ip not in own:
            errors.append("%s: real_ip %s is no address of this host. It has %s." % (
                service.label(), service.real_ip, ", ".join(sorted(own)) or "none"))
        other = [key for key in ("real_ip", "gateway") if version_of(getattr(service, key)) != service.version]
        if other:
            errors.append("%s: %s of another IP version, which NAT cannot do. Give IPv%d addresses." % (
                service.label(), " and ".join("%s %s" % (key, getattr(service, key)) for key in other)
                + (" are" if len(other) > 1 else " is"), service.version))
        elif service.gateway in own:
            errors.append("%s: gateway %s is an address of this host. Give an address that the director holds."
                          % (service.label(), service.gateway))
        elif found.facing(str(service.gateway)) is None:
            errors.append("%s: gateway %s is on no segment of this host. Give an address that the director holds on "
                          "one of %s." % (service.label(), service.gateway,
                                          ", ".join(found.segments(version_of(service.gateway))) or "none"))
    if nat and found.kernel < KERNEL_OF_PORT_RULES:
        errors.append("virtual_server: lb_kind NAT needs Linux 4.17 or later for rules by port, this is %s. Use "
                      "another lb_kind, or a newer kernel." % ".".join(str(part) for part in found.kernel))
    if nat:
        errors.extend("ip rule %s: has one of the preferences %d and %d, which are for the services of NAT. Move the "
                      "rule to another preference." % (text, PREFERENCE_NETWORKS, PREFERENCE_GATEWAY)
                      for text in found.other_rules)
    return errors


def _programs(services: List[Service], found: Found) -> List[str]:
    needed = {"systemctl": "systemd"} if services else {}
    if any(service.version == 4 or service.loop_guard for service in services):
        needed["sysctl"] = "procps (procps-ng on Red Hat's systems)"
    return ["%s: the program is missing on this host. Install %s." % item for item in sorted(needed.items())
            if item[0] not in found.programs]


def version_of(word: Optional[str]) -> int:
    """The IP version of an address that was checked."""
    return ipaddress.ip_address(str(word)).version


def _once(services: List[Service]) -> List[Service]:
    """The first service of each address."""
    return list({service.ip: service for service in reversed(services)}.values())[::-1]
