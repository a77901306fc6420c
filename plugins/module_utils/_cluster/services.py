# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the one definition of a service to its virtual_server with all real servers.

A virtual_server of the definition may name an inventory group instead of its real servers: C(real_server_group), with
C(real_server_options) for all of them. C(loop_guard) lets directors be among them. Every function here is pure.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._cluster import remembered
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.addresses import addresses
from ansible_collections.openvip.cluster.plugins.module_utils._lint.lvs import ip_of
from ansible_collections.openvip.cluster.plugins.module_utils._lint.model import split
from ansible_collections.openvip.cluster.plugins.module_utils._schema import table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import item_name
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, Finding
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import BLOCK
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import nearest

Data = Dict[str, Any]
Facts = Dict[str, Any]

GROUP = "real_server_group"
OPTIONS = "real_server_options"
GUARD = "loop_guard"
# What is none of keepalived's words.
OURS = (GROUP, OPTIONS, GUARD)
SERVICE = "virtual_server"
# IPVS takes a range apart, too; a larger one is rather meant as a firewall mark.
MOST_ADDRESSES = 256

# For services with a group, unless they say otherwise. Without alpha a director that starts sends requests to servers
# that it has never seen alive; keepalived's own delay_loop is a minute.
SERVICE_DEFAULTS = {"alpha": True, "delay_loop": 3}
# One refused connection is enough; with retries a dead server would stay in the table for as many more loops.
CHECK_DEFAULT = {"TCP_CHECK": [{"connect_timeout": 2, "retry": 0}]}
CHECKS = tuple(row.keyword for row in table.rows("virtual_server/real_server").values() if row.type == BLOCK)


class Member(NamedTuple):
    """A host of an inventory group: its name, its normalised facts (None: not gathered), and what it sets about
    itself as a real server, in keepalived's words.

    :ivar interfaces: the interface that its own variables give an instance, by the name of the instance.
    :ivar reached: whether the host was reached, so that it can be changed.
    :ivar host: the address by which Ansible reaches it, C(None) where that is a name.
    """

    name: str
    facts: Optional[Facts]
    options: Optional[Data] = None
    interfaces: Optional[Dict[str, str]] = None
    reached: bool = True
    host: Optional[str] = None


class UnderivableError(Exception):
    """What cannot be derived: the Finding is its only argument."""

    @property
    def finding(self) -> Finding:
        return self.args[0]


def problem(identifier: str, name: str, message: str, remedy: str) -> UnderivableError:
    return UnderivableError(Finding(id=identifier, severity=ERROR, object=name, message=message, remedy=remedy))


def label(service: Data, number: int = 1) -> str:
    """Return the name of a virtual_server in messages."""
    return item_name(table.find_block(SERVICE), SERVICE, service, number)


def forwarding(service: Data) -> Optional[str]:
    """Return DR, TUN or NAT, or None where the definition does not say."""
    words = split(service.get("lb_kind") or "")
    return words[0] if words else None


def without_groups(config: Data) -> Data:
    """Return the definition in keepalived's words alone."""
    services = config.get(SERVICE)
    if not isinstance(services, list):
        return config
    return dict(config, **{SERVICE: [
        {key: value for key, value in service.items() if key not in OURS}
        if isinstance(service, dict) else service for service in services]})


def groups_of(config: Data) -> List[str]:
    """Return the inventory groups that the virtual servers name, each once."""
    named = (service.get(GROUP) for service in config.get(SERVICE) or [] if isinstance(service, dict))
    return list(dict.fromkeys(str(name) for name in named if name))


def _expanded(word: str, name: str) -> List[str]:
    """Return the addresses of IP, IP-LAST or IP/PREFIX; LAST is the last part of the address (keepalived.conf(5))."""
    if "/" in word:
        network = ipaddress.ip_network(word, strict=False)
        count, first = network.num_addresses, network.network_address
    else:
        begin, dummy, last = word.partition("-")
        first = ipaddress.ip_address(begin)
        base, mask = (16, 0xFFFF) if first.version == 6 else (10, 0xFF)
        count = int(last, base) - (int(first) & mask) + 1 if last else 1
    if not 1 <= count <= MOST_ADDRESSES:
        raise problem("address-range", name, "%s are %d addresses, and real servers carry each of them" % (word, count),
                      "Use at most %d, or a firewall mark." % MOST_ADDRESSES)
    return [str(first + number) for number in range(count)]


def service_addresses(service: Data, config: Data) -> List[str]:
    """Return the virtual addresses of a service; what is no address is passed over, the checks name it.

    Those of a group are its entries'; a firewall mark stands for every virtual address of the cluster (of the family
    of C(ip_family), IPv4 where it is not set).

    :raises UnderivableError: a range holds too many.
    """
    if service.get("ip"):
        return [str(service["ip"])] if ip_of(service["ip"]) else []
    held = [address["address"] for address in addresses(config)]
    if service.get("fwmark") is not None:
        return _of_family(held, 6 if service.get("ip_family") == "inet6" else 4)
    found: List[str] = []
    for group in config.get("virtual_server_group") or []:
        if group.get("name") != service.get("group"):
            continue
        for line in group.get("address") or []:
            words = split(line)
            if words and words[0] == "fwmark":
                found += _of_family(held, 6 if "inet6" in words else 4)
            elif words and ip_of(re.split("[-/]", words[0])[0]):
                found += _expanded(words[0], "virtual_server_group %s" % group["name"])
    return list(dict.fromkeys(found))


def _of_family(values: Sequence[str], version: int) -> List[str]:
    return [value for value in values if ipaddress.ip_address(value).version == version]


def _networks(facts: Facts) -> Dict[str, List[Any]]:
    """Return the networks of each interface of a host."""
    found = {device: [ipaddress.ip_interface(value).network for value in values]
             for device, values in facts["interfaces"].items()}
    return {device: [network for network in networks if not network.is_link_local]
            for device, networks in found.items()}


def _segments(kind: Optional[str], virtual: Sequence[str], config: Data, director: Facts) -> List[Any]:
    """Return the director's networks in which its real servers may be, the likeliest first.

    DR reaches only those that are on one segment with the service: the networks of that interface. The real servers of
    NAT are behind the director, where another of its virtual addresses is their way back. A service whose address is in
    no network of the director is routed to it: then any will do.
    """
    networks = _networks(director)
    every = [network for found in networks.values() for network in found]

    def holding(values: Sequence[str], among: Sequence[Any]) -> List[Any]:
        return [network for value in values for network in among if ipaddress.ip_address(value) in network]

    own = holding(virtual, every)
    if kind == "DR" and own:
        return own + [network for found in networks.values() if holding(virtual, found) for network in found]
    others = holding([address["address"] for address in addresses(config) if address["address"] not in virtual], every)
    # The network of the default route is rather that of the clients, or of the management.
    outer = holding(director.get("default", ()), every)
    rest = [network for network in every if network not in outer] + outer
    return (others + own if kind == "NAT" else own + others) + rest


def _address_in(facts: Facts, networks: Sequence[Any]) -> Optional[str]:
    values = [ipaddress.ip_interface(value) for found in facts["interfaces"].values() for value in found]
    return next((str(value.ip) for network in networks for value in values
                 if value.version == network.version and value.ip in network), None)


def _off_segment(name: str, server: str, segments: Sequence[Any], virtual: Sequence[str]) -> UnderivableError:
    return problem(
        "real-server-off-segment", name,
        "%s is in none of %s, and DR reaches only hosts on the segment of %s" % (
            server, ", ".join(dict.fromkeys(map(str, segments))), ", ".join(virtual)),
        "Use lb_kind TUN or NAT, or correct the addresses.")


def _versions(service: Data, config: Data) -> Set[int]:
    return {ipaddress.ip_address(value).version for value in service_addresses(service, config)}


def _given(member: Member, versions: Set[int]) -> Optional[str]:
    """Return the address that a host sets about itself, C(None) without one of the families of the service."""
    given = ip_of((member.options or {}).get("ip"))
    return str(given) if given and (not versions or given.version in versions) else None


def _real_addresses(
    service: Data, members: Sequence[Member], config: Data, director: Member, name: str, drained: Sequence[str],
    present: Sequence[Data]
) -> Dict[str, str]:
    """Return the address of each real server by its name, see C(real_address).

    :raises UnderivableError: one is not known.
    """
    versions = _versions(service, config)
    lost = [each for each in members if not each.reached and each.facts is None and not _given(each, versions)]
    found = {each.name: real_address(service, each, config, director, name) for each in members if each not in lost}
    if lost and director.facts is not None:
        taken = [*found.values(), *(str(server.get("ip")) for server in service.get("real_server") or [])]
        left = [value for value in remembered.real_servers(service, taken, present)
                if value not in taken and ipaddress.ip_address(value).version in versions]
        alike = all((each.options, each.name in drained) == (lost[0].options, lost[0].name in drained) for each in lost)
        networks = [network for networks in _networks(director.facts).values() for network in networks]
        found.update(remembered.assigned({each.name: each.host for each in lost}, left, networks, alike))
    for each in lost:
        if each.name not in found:
            raise _unknown(each, director, name)
    return found


def _unknown(member: Member, director: Member, name: str) -> UnderivableError:
    """Return what is said of a real server whose address cannot be told, because facts are missing."""
    if member.reached or director.facts is None:
        return problem("facts-missing", name,
                       "the facts of %s are not known" % (director if director.facts is None else member).name,
                       "Gather them first (run without --limit), or set keepalived_real_server: {ip: ...} for %s."
                       % member.name)
    return problem(
        "real-server-not-reached", name,
        "%s was not reached, and its address cannot be told from what the directors have" % member.name,
        "Set keepalived_real_server: {ip: ...} for it, take it out of the group, or run this again when it is reached.")


def real_address(service: Data, member: Member, config: Data, director: Member, name: str) -> str:
    """Return the address by which the director reaches a real server: the one that the host sets, or by the facts.

    :raises UnderivableError: it cannot be told from the facts.
    """
    virtual, versions = service_addresses(service, config), _versions(service, config)
    given = _given(member, versions)
    if given:
        return given
    theirs, its = director.facts, member.facts
    if theirs is None or its is None:
        raise _unknown(member, director, name)
    kind = forwarding(service)
    segments = [network for network in _segments(kind, virtual, config, theirs) if network.version in versions]
    found = _address_in(its, segments)
    if found is None and kind == "TUN":
        found = next(iter(_of_family(its.get("default", ()), max(versions, default=4))), None)
    if found is None:
        known = ", ".join(value for values in its["interfaces"].values() for value in values) or "no address"
        if kind == "DR" and segments:
            raise _off_segment(name, "%s (%s)" % (member.name, known), segments, virtual)
        raise problem("real-server-unreachable", name,
                      "%s (%s) has no address in a network of %s" % (member.name, known, director.name),
                      "Set keepalived_real_server: {ip: ...} for it.")
    return found


def _check_segment(service: Data, config: Data, director: Member, name: str) -> None:
    """Refuse real servers of DR that are on another segment than the service.

    :raises UnderivableError: there is one.
    """
    if forwarding(service) != "DR" or director.facts is None:
        return
    virtual = service_addresses(service, config)
    every = [network for found in _networks(director.facts).values() for network in found]
    if not any(ipaddress.ip_address(value) in network for value in virtual for network in every):
        return
    segments = _segments("DR", virtual, config, director.facts)
    for server in service.get("real_server") or []:
        ip = ip_of(server.get("ip"))
        if ip is not None and all(ip not in network for network in segments):
            raise _off_segment(name, "real_server %s" % ip, segments, virtual)


def _real_server(service: Data, member: Member, address: str) -> Data:
    server: Data = {"ip": None, "port": service.get("port")}
    server.update(service.get(OPTIONS) or {})
    server.update(member.options or {})
    server["ip"] = address
    if str(service.get("protocol", "")).upper() == "TCP" and not any(server.get(check) for check in CHECKS):
        server.update(CHECK_DEFAULT)
    return {key: value for key, value in server.items() if value is not None}


def _members(service: Data, groups: Dict[str, List[Member]], name: str) -> List[Member]:
    group = str(service[GROUP])
    if group not in groups:
        match = nearest(group, groups)
        raise problem("real-server-group-unknown", name, 'the inventory has no group "%s"' % group,
                      'Did you mean "%s"?' % match if match else "Add the group of the real servers.")
    if not groups[group]:
        raise problem("real-server-group-empty", name, 'the group "%s" has no host' % group,
                      "Add the real servers to it.")
    return groups[group]


def _guarded(service: Data, name: str) -> bool:
    value = service.get(GUARD)
    if value not in (None, True, False):
        raise problem("loop-guard-unclear", name, 'loop_guard must be true or false, got "%s"' % value,
                      "Set it to true where directors are real servers, too.")
    return bool(value)


def as_sent(service: Data, server: Data) -> Data:
    """Return the service with the lb_kind by which packets reach one of its real servers."""
    return dict(service, lb_kind=server.get("lvs_method") or service.get("lb_kind"))


def _drained(server: Data, hosts: Dict[str, str], drained: Sequence[str]) -> Data:
    """Return a real server, with weight 0 where its host or its address is drained.

    :param hosts: the host behind each address that a group has given.
    """
    ip = ip_of(server.get("ip"))
    is_drained = ip is not None and (ip in map(ip_of, drained) or hosts.get(str(ip)) in drained)
    return dict(server, weight=0) if is_drained else server


class Resolved(NamedTuple):
    """A virtual_server in keepalived's words, which host is behind the address of each real server, and whether a
    director may be one of them."""

    service: Data
    hosts: Dict[str, str]
    guarded: bool


def resolve(
    config: Data, director: Member, groups: Dict[str, List[Member]], drained: Sequence[str] = (),
    present: Sequence[Data] = (), reached_only: bool = False
) -> Tuple[List[Resolved], List[Finding]]:
    """Return the virtual servers with the real servers of their groups, and what could not be derived.

    A real server that the definition lists by itself stays as it is, unless it is drained. One that was not reached
    keeps the address that the directors have.

    :param config: the definition of the cluster.
    :param director: whose networks say which address of a real server is meant.
    :param groups: the members of every group of the inventory that is named, and all other names with none.
    :param drained: names of hosts of a group, and addresses of any real servers, that get weight 0.
    :param present: the configurations that the directors have.
    :param reached_only: whether the hosts of the groups that were not reached are left out.
    """
    found, findings = [], []
    for number, service in enumerate(config.get(SERVICE) or [], 1):
        plain = {key: value for key, value in service.items() if key not in OURS and value is not None}
        hosts: Dict[str, str] = {}
        name = label(service, number)
        try:
            guarded = _guarded(service, name)
            if service.get(GROUP):
                plain = dict(SERVICE_DEFAULTS, **plain)
                plain["real_server"] = listed = [dict(server) for server in plain.get("real_server") or []]
                members = [each for each in _members(service, groups, name) if each.reached or not reached_only]
                addresses_of = _real_addresses(service, members, config, director, name, drained, present)
                for member in members:
                    server = _real_server(service, member, addresses_of[member.name])
                    hosts[server["ip"]] = member.name
                    if all(str(other.get("ip")) != server["ip"] for other in listed):
                        listed.append(server)
        except UnderivableError as error:
            findings.append(error.finding)
            continue
        if plain.get("real_server"):
            plain["real_server"] = [_drained(server, hosts, drained) for server in plain["real_server"]]
        found.append(Resolved(plain, hosts, guarded))
        try:
            _check_segment(plain, config, director, name)
        except UnderivableError as error:
            findings.append(error.finding)
    return found, findings
