# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From one definition of a cluster and the hosts' facts to the data of one host.

What the definition gives stays as it is; what it leaves out is derived; the override of a host comes last. Every
function here is pure.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import copy
import ipaddress

from ansible_collections.openvip.cluster.plugins.module_utils._cluster import tracking
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.addresses import instance_addresses
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.facts import (
    interfaces_holding,
    own_interface_address,
)
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.loop_guard import refusals
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.maintenance import maintain
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.order import misordered, ordered, without_order
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.remembered import assigned, peers
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.services import resolve
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.unprepared import unprepared
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.words import given, newest
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import error

# Skew is (256 - priority) / 256 of the interval (RFC 5798 section 6.1), so high priorities take over faster.
# 255 is the address owner, who ignores weights; 250 leaves room to add a weight.
HIGHEST_PRIORITY = 250
PRIORITY_STEP = 10
# A director that comes back learns the connections from the messages of the other one: a connection is in one about
# every 50 packets (ip-sysctl: net.ipv4.vs.sync_threshold). Until then it had better not forward them.
LEARNING_SECONDS = 10
# A definition without any of these would take every address off the cluster.
WORK = ("vrrp_instance", "virtual_server", "raw")


def priority(index, count):
    """Return the priority of the member at I(index) of I(count) members (at most 250), from 250 down, all different."""
    step = max(1, min(PRIORITY_STEP, (HIGHEST_PRIORITY - 1) // max(count - 1, 1)))
    return HIGHEST_PRIORITY - index * step


def state(instance, index):
    """Return the initial state of a member.

    keepalived drops C(nopreempt) and C(preempt_delay) from an instance that starts as MASTER (vrrp.c), so there
    everybody starts as BACKUP and the priorities decide.
    """
    if instance.get("nopreempt") or instance.get("preempt_delay"):
        return "BACKUP"
    return "MASTER" if index == 0 else "BACKUP"


def _describe(facts):
    return ", ".join("%s %s" % (name, " ".join(values) or "without an address")
                     for name, values in facts["interfaces"].items()) or "none"


def interface(instance, member):
    """Return ``(interface, findings)``: the one interface of the member whose subnet holds the first address
    that is not link-local."""
    name = "vrrp_instance %s" % instance.get("name")
    wanted = instance_addresses(instance)
    if not wanted or member.facts is None:
        return None, []
    # The first of IPv6 is link-local (RFC 5798 section 5.2.9), and that is on every interface.
    first = next((each for each in wanted if not ipaddress.ip_address(each["address"]).is_link_local), wanted[0])
    if first["device"]:
        return first["device"], []
    stray = member.facts.get("stray", {}).get(first["address"])
    # the rule address-is-own reports an address that is the host's own
    found = [stray["interface"]] if stray and not stray["left"] else interfaces_holding(member.facts, first["address"])
    if len(found) == 1:
        return found[0], []
    what = "no interface of %s has a subnet that holds %s" if not found else "several interfaces of %s hold %s"
    return None, [error(
        "interface-unknown", name, what % (member.name, first["address"]),
        "Set interface, or correct the address (%s has: %s)." % (member.name, _describe(member.facts)))]


def _peer_address(instance, given, own, other):
    """Return the address of another member for the adverts of an instance, as an C(ipaddress) interface, or C(None).

    That is the address on the segment of I(own), first on the interface that the instance has on that member. If the
    segments differ, it is the address on that interface, which its own variables name, or the definition.

    :param given: the interface that the definition names, C(None) when it is derived.
    """
    interfaces = other.facts["interfaces"]
    said = (other.interfaces or {}).get(instance.get("name"), given)
    device = said if said in interfaces else interface(dict(instance, interface=None), other)[0]
    devices = [name for name in (device, *interfaces) if name in interfaces]
    values = [ipaddress.ip_interface(value) for name in devices for value in interfaces[name]]
    return next((value for value in values if value.ip in own.network),
                own_interface_address(other.facts, device, own.version))


def _lost(instance, own, sources, members, present):
    """Return the addresses of the members that were not reached: those that the others have as peers, or by which
    Ansible would reach them on the segment of I(own).

    :param own: the address of the host, as an C(ipaddress) interface.
    :param sources: the addresses of the other members.
    """
    lost = {other.name: other.host for other in members if other.facts is None and not other.reached}
    taken = [str(each.ip) for each in sources]
    found = assigned(lost, [address for address in peers(instance.get("name"), present) if address not in taken
                            and ipaddress.ip_address(address).version == own.version], [own.network])
    found.update((name, host) for name, host in lost.items()
                 if name not in found and host and ipaddress.ip_address(host) in own.network)
    return {name: ipaddress.ip_interface(address) for name, address in found.items()}


def _unicast(instance, given, member, members, present):
    """Return ``(keys, findings)``: the source address of a member and those of all the others.

    The segment is that of the instance's interface on the member, so that it may differ from the virtual address's.

    :param given: the interface that the definition names, C(None) when it is derived.
    """
    name = "vrrp_instance %s" % instance.get("name")
    version = 6 if ":" in instance_addresses(instance)[0]["address"] else 4
    own = own_interface_address(member.facts, instance["interface"], version)
    sources = {other.name: _peer_address(instance, given, own, other) for other in members
               if own and other is not member and other.facts is not None}
    sources[member.name] = own
    if own:
        sources.update(_lost(instance, own, [each for each in sources.values() if each], members, present))
    findings = [error(
        "unicast-peer-unknown", name, "no address of %s is known, because the host was not reached" % other.name,
        "Gather the facts of %s first (run without --limit), or set unicast_peer and unicast_src_ip." % other.name)
        for other in members if other.facts is None and other.name not in sources]
    strays = (member.facts or {}).get("stray", {}).values()
    if own is None and any(each["interface"] == instance["interface"] and not each["left"] for each in strays):
        return {}, []
    if member.facts is not None and own is None:
        findings.append(error(
            "unicast-address-missing", name,
            "%s of %s has no IPv%d address of its own" % (instance["interface"], member.name, version),
            "Give it one that is not virtual, or set unicast_peer and unicast_src_ip."))
    findings += [error(
        "unicast-address-missing", name, "%s has no IPv%d address of its own for %s: none in %s of %s, and none on an "
        "interface that holds the virtual address" % (other.name, version, name, own.network, member.name),
        "Give it one there, set interface for it, or set unicast_peer and unicast_src_ip.")
        for other in members if own and sources.get(other.name, own) is None]
    if findings:
        return {}, findings
    return {"unicast_src_ip": str(own.ip),
            "unicast_peer": [str(sources[other.name].ip) for other in members if other is not member]}, []


def _defaults(block, values):
    """Set what I(block) leaves out; an explicit value, also an empty one, stays."""
    for key, value in values.items():
        if block.get(key) is None:
            block[key] = value


def _watch(data, tracked, maintenance):
    """Add what the instances look at: the tracked service and the file of the maintenance."""
    if tracked:
        tracking.track(data, tracked)
    if maintenance and data.get("vrrp_instance"):
        maintain(data, maintenance)


def merge(data, override):
    """Return ``(data, findings)``: I(data) with I(override) laid over it, block by block, named ones by name.

    A list inside a block is replaced, never extended.
    """
    merged, findings = dict(data), []
    for section, value in override.items():
        if isinstance(value, dict):
            merged[section] = dict(merged.get(section) or {}, **value)
        elif isinstance(value, list) and all(isinstance(block, dict) for block in value):
            blocks = [dict(block) for block in merged.get(section) or []]
            for change in value:
                target = next((block for block in blocks if block.get("name") == change.get("name")), None)
                if target is None:
                    findings.append(error(
                        "override-unknown", "%s %s" % (section, change.get("name")),
                        "the override names a block that the cluster does not have",
                        "Use one of: %s." % (", ".join(str(block.get("name")) for block in blocks) or "none")))
                else:
                    target.update(change)
            merged[section] = blocks
        else:
            merged[section] = value
    return merged, findings


def pruned(data):
    """Leave out what says nothing to keepalived: C(None), empty blocks and empty lists."""
    if isinstance(data, dict):
        pairs = ((key, pruned(value)) for key, value in data.items())
        return {key: value for key, value in pairs if value is not None and value != {} and value != []}
    if isinstance(data, list):
        return [pruned(value) for value in data]
    return data


def _derive_instance(instance, index, member, members, unicast, present):
    """Complete an instance of a member, which is at I(index) in its order of priority; return what cannot be."""
    findings = []
    given_interface = instance.get("interface")
    if given_interface is None:
        device, found = interface(instance, member)
        findings.extend(found)
        _defaults(instance, {"interface": device} if device else {})
    _defaults(instance, {"state": state(instance, index), "priority": priority(index, len(members))})
    alone = len(members) == 1
    # of an interface that the host has not, the rule interface-not-on-host tells
    there = member.facts is None or instance.get("interface") in member.facts["interfaces"]
    if unicast and not alone and instance.get("unicast_peer") is None and instance.get("interface") and there \
            and instance_addresses(instance):
        keys, found = _unicast(instance, given_interface, member, members, present)
        findings.extend(found)
        _defaults(instance, keys)
    return findings


def await_connections(instances):
    """Let a director that comes back wait before it takes the address, so that it knows the connections by then."""
    for instance in instances:
        if not instance.get("nopreempt") and instance.get("state") != "MASTER":
            _defaults(instance, {"preempt_delay": LEARNING_SECONDS})


def sync_daemon(data, guarded):
    """Let the directors copy their connections to each other by the interface of the first instance.

    Without it a connection ends with the director that forwarded it. The identifier keeps apart the clusters of one
    segment, and the instance's number does that already (keepalived.conf(5), lvs_sync_daemon).

    :param guarded: whether the kernel is to know by the daemon's state which director balances, see C(loop_guard). Then
        it is that of the first instance. Otherwise each director sends and takes all the time: a keepalived that stops
        the sending that it has only just started may wait for ever for the kernel's answer, and keep the address. The
        thread was stopped before it ran, which is EINTR (kthread of kernel/kthread.c), and to that netlink sends no
        answer (netlink_rcv_skb of net/netlink/af_netlink.c).
    """
    instance = next(iter(data.get("vrrp_instance") or []), None)
    if instance and instance.get("interface"):
        words = [str(instance["interface"])] + ([str(instance["name"])] if guarded else [])
        if instance.get("virtual_router_id"):
            words += ["id", str(instance["virtual_router_id"])]
        _defaults(data.setdefault("global_defs", {}), {"lvs_sync_daemon": " ".join(words)})


def _unranked(config, override, names):
    """Return why the members cannot have their priorities."""
    if len(names) > HIGHEST_PRIORITY:
        return [error("too-many-members", "the cluster", "%d members are more than priorities (1-%d)"
                      % (len(names), HIGHEST_PRIORITY), "Split the group into several clusters.")]
    return misordered(config, override, names)


def derive(config, host, members, unicast=False, tracked=None, override=None, groups=None, drained=(), synced=False,
           maintenance=None, present=()):
    """Return ``(data, findings)``: the complete configuration of one member.

    :param config: the cluster's definition, in the shape of the data model, with the groups of C(services) and the
        orders of C(order); what it gives is never changed.
    :param host: the inventory name of the member to derive for.
    :param members: list of C(Member) in the order of their priority, I(host) among them.
    :param unicast: whether C(unicast_src_ip) and C(unicast_peer) are derived.
    :param tracked: the tracked service, see C(tracking.track), or C(None).
    :param override: data of this one host, laid over the result.
    :param groups: the members of the inventory groups that virtual servers name, see C(services.resolve).
    :param drained: names of real servers that get no new connections.
    :param synced: whether the directors copy connections to each other.
    :param maintenance: the path of the file that takes this host out of service, see C(maintenance), or C(None).
    :param present: the configurations that the members have, of those that were reached.
    :returns: the data, and findings with severity error for what could not be derived.
    """
    config, override = (newest(given(copy.deepcopy(each))) for each in (config, override or {}))
    names = [other.name for other in members]
    findings = _unranked(config, override, names)
    if findings:
        return config, findings
    member = members[names.index(host)]
    # Before, because what is derived may follow from it; and after, because it may be about what is derived.
    data, dummy = merge(config, override)
    if not any(data.get(section) for section in WORK):
        findings.append(error("nothing-to-do", "the cluster", "the definition has no vrrp_instance",
                              "Set vrrp_instance (the role's keepalived_vrrp_instance), or raw."))
    resolved, found = resolve(data, member, groups or {}, drained, present)
    findings.extend(found)
    away = [other.name for listed in (groups or {}).values() for other in listed if not other.reached]
    findings.extend(unprepared(resolved, away, data, present))
    if data.get("virtual_server"):
        data["virtual_server"] = [entry.service for entry in resolved]
    synced = synced and len(members) > 1 and bool(data.get("virtual_server"))
    if synced:
        await_connections(data.get("vrrp_instance") or [])
    findings.extend(tracking.problems(tracked or {}))
    _watch(data, tracked, maintenance)
    for instance in data.get("vrrp_instance") or []:
        index = ordered(instance, names).index(host)
        findings.extend(_derive_instance(instance, index, member, members, unicast, present))
    data = without_order(data)
    if data:
        global_defs = data.setdefault("global_defs", {})
        _defaults(global_defs, {"router_id": host})
        if data.get("vrrp_script"):
            _defaults(global_defs, {"enable_script_security": True})
    if synced:
        sync_daemon(data, any(entry.guarded for entry in resolved))
    data, unknown = merge(data, override)
    return data, findings + unknown + refusals(data, resolved, members)
