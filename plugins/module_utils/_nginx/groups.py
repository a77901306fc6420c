# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""From inventory groups to the addresses of their members.

Every function here is pure.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import ipaddress
import re
from functools import partial
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import Finding
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import did_you_mean

from .check import Data, error, label
from .table import PARAMETERS

# The variable of a host with what it says of itself as a server of upstreams.
VARIABLE = "nginx_upstream_server"
# Where groups stand: the section, their key, and the key that their addresses are added to.
_LISTS = (("", "set_real_ip_from_group", "set_real_ip_from"), ("stub_status", "allow_group", "allow"))


class Member(NamedTuple):
    """A host of an inventory group.

    ``host`` is its ansible_host, ``facts`` are normalised (None: not gathered), ``options`` is what it says of itself.
    """

    name: str
    host: Optional[str] = None
    facts: Optional[Dict[str, Any]] = None
    options: Optional[Data] = None


Groups = Dict[str, List[Member]]


class _UnknownError(Exception):
    """What cannot be resolved: message and remedy are its arguments."""


def _address(word: Any) -> Optional[str]:
    try:
        return str(ipaddress.ip_address(str(word).strip("[]")))
    except ValueError:
        return None


def addresses(member: Member) -> List[str]:
    """Return the addresses that are a host's own, the one by which Ansible reaches it first.

    Of each interface the first address counts: the others may be virtual ones, which another host holds tomorrow.
    """
    facts = member.facts or {"interfaces": {}, "default": []}
    values = ([value.partition("/")[0] for value in found] for found in facts["interfaces"].values())
    firsts = [next((value for value in found if not ipaddress.ip_address(value).is_link_local), None)
              for found in values]
    found = [_address(member.host), *facts["default"], *firsts]
    return list(dict.fromkeys(value for value in found if value))


def server_address(member: Member, network: Optional[str] = None) -> str:
    """Return the address by which a member is reached as a server.

    :param network: the network that holds it; without one it is that of Ansible or of the default route.
    :raises _UnknownError: it is not known.
    """
    own = addresses(member)
    if network is not None:
        try:
            wanted = ipaddress.ip_network(network)
        except ValueError as problem:
            raise _UnknownError('network "%s" is none: %s.' % (network, problem),
                                "Write it like 198.18.0.0/24.") from problem
        every = own + [value.partition("/")[0] for values in (member.facts or {"interfaces": {}})["interfaces"].values()
                       for value in values]
        own = [value for value in every if ipaddress.ip_address(value) in wanted]
    if not own:
        raise _UnknownError(
            "no address of %s%s is known." % (member.name, " in %s" % network if network else ""),
            "Gather its facts first (run without --limit), or set %s: {address: ...} for it." % VARIABLE)
    return own[0]


def _members(group: str, groups: Groups) -> List[Member]:
    if group not in groups:
        raise _UnknownError('the inventory has no group "%s".' % group,
                            did_you_mean(group, groups, "There are: %s." % ", ".join(sorted(groups))))
    if not groups[group]:
        raise _UnknownError('the group "%s" has no host.' % group, "Add hosts to it, or leave it out.")
    return groups[group]


def _with_port(address: str, port: int) -> str:
    """Return an address, a name or a socket as a server's address; one with a port keeps its own."""
    plain = _address(address)
    if plain is not None:
        return "%s:%d" % ("[%s]" % plain if ":" in plain else plain, port)
    return address if address.startswith("unix:") or re.search(r":[0-9]+\Z", address) else "%s:%d" % (address, port)


def _servers(entry: Data, groups: Groups) -> Iterator[Data]:
    """Yield the servers of one entry of C(server_group)."""
    shared = {row.key: entry[row.key] for row in PARAMETERS if row.key in entry}
    for member in _members(entry["group"], groups):
        options = member.options or {}
        address = options.get("address") or server_address(member, entry.get("network"))
        yield {**shared, **options, "address": _with_port(str(address), entry["port"])}


def named(data: Data) -> List[str]:
    """Return the names of the inventory groups in canonical data, each once."""
    found = []
    for kind in ("http", "stream"):
        for upstream in data.get(kind, {}).get("upstream", []):
            found += [entry["group"] for entry in upstream.get("server_group", []) if "group" in entry]
    for block, key, _wanted in _LISTS:
        found += _inside(data.get("http", {}), block).get(key, [])
    return list(dict.fromkeys(found))


def _inside(section: Data, block: str) -> Data:
    return section.get(block, {}) if block else section


def resolve(data: Data, groups: Groups) -> Tuple[Data, List[Finding]]:
    """Return the data with addresses instead of groups, and what could not be resolved.

    :param data: canonical data.
    :param groups: the members of every group that C(named) tells, and all other names with any list.
    """
    findings: List[Finding] = []
    found = dict(data)
    for kind in ("http", "stream"):
        if kind in data:
            found[kind] = dict(data[kind])
            if "upstream" in data[kind]:
                found[kind]["upstream"] = [_upstream(kind, upstream, groups, findings)
                                           for upstream in data[kind]["upstream"]]
    for block, key, wanted in _LISTS:
        if key in _inside(found.get("http", {}), block):
            inner = dict(_inside(found["http"], block))
            listed = _guarded(block or "http", key, findings, partial(_every_address, inner.pop(key), groups))
            inner[wanted] = list(dict.fromkeys([*inner.get(wanted, []), *listed]))
            found["http"] = dict(found["http"], **{block: inner}) if block else inner
    return found, findings


def _every_address(names: List[str], groups: Groups) -> List[str]:
    return [address for name in names for member in _members(name, groups)
            for address in addresses(member) or [server_address(member)]]


def _upstream(kind: str, upstream: Data, groups: Groups, findings: List[Finding]) -> Data:
    plain = {key: value for key, value in upstream.items() if key != "server_group"}
    name = label(kind, "upstream", upstream, 1, "")
    for entry in upstream.get("server_group", []):
        if "group" in entry and "port" in entry:
            servers = _guarded(name, "server_group", findings, partial(_servers, entry, groups))
            plain["server"] = [*plain.get("server", []), *servers]
    return plain


def _guarded(name: str, key: str, findings: List[Finding], produce: Callable[[], Iterable[Any]]) -> List[Any]:
    try:
        return list(produce())
    except _UnknownError as problem:
        findings.append(error("group-unknown", name, "%s: %s" % (key, problem.args[0]), problem.args[1], key))
        return []
