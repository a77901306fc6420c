# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for what an advert says: the members of a cluster take no other than their own kind.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, FrozenSet, List, Optional, Sequence, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, INFO, WARNING

from .cluster import (
    MEMBERS,
    Cluster,
    ClusterSaid,
    Fault,
    Instance,
    by_value,
    cluster_rule,
    deviating,
    differ,
    known,
    names,
    spread,
)
from .hmac import Hmac, hmac, is_known, rejected
from .model import Block, Configuration, addresses, interval, is_strict, sync_daemon, vrrp_version

# Bytes of auth_pass that are sent (RFC 2338 section 5.3.6.1); the rest is cut.
PASSWORD_BYTES = 8


@cluster_rule("cluster-without-backup", WARNING, "An address that one host alone can hold dies with it.",
              "RFC 5798 section 1.2")
def without_backup(cluster: Cluster, instance: Instance) -> ClusterSaid:
    if not cluster.absent and len(instance.blocks) == 1:
        (host,) = instance.blocks
        others = [member.name for member in cluster.members if member.name != host]
        yield Fault(f"{host} alone has it, so nobody takes over from it.",
                    f"Define it on {names(others)}, too." if others else "Add a second host to the group.", [host])


@cluster_rule("cluster-virtual-router-id-differs", ERROR,
              "Hosts with different virtual_router_id are all master.", "run: two hosts")
def virtual_router_id_differs(_cluster: Cluster, instance: Instance) -> ClusterSaid:
    """Nothing is logged unless log_unknown_vrids is set."""
    found = {host: block.get("virtual_router_id") for host, block in known(instance, "virtual_router_id").items()
             if block.get("virtual_router_id") is not None}
    if differ(found):
        yield Fault(f"virtual_router_id differs: {spread(found)}. All of them would be master.",
                    "Use the same number on all hosts.", deviating(found), "virtual_router_id")


def _versions(cluster: Cluster, instance: Instance) -> Dict[str, int]:
    return {host: vrrp_version(cluster.configurations[host], block)
            for host, block in known(instance, "version").items()}


@cluster_rule("cluster-version-differs", ERROR, "Hosts with different VRRP versions are all master.", "run: two hosts")
def version_differs(cluster: Cluster, instance: Instance) -> ClusterSaid:
    """keepalived logs "wrong version. Received 3 and expect 2"."""
    found = _versions(cluster, instance)
    if differ(found):
        yield Fault(f"the VRRP version differs: {spread(found)}. All of them would be master.",
                    "Use the same version on all hosts.", deviating(found), "version")


def _intervals(cluster: Cluster, instance: Instance, version: int) -> Dict[str, float]:
    """Return advert_int of all hosts in seconds, empty unless all of them have the version; 2 takes whole seconds."""
    if set(_versions(cluster, instance).values()) != {version}:
        return {}
    return {host: interval(block, version) for host, block in known(instance, "advert_int").items()}


@cluster_rule("cluster-advert-int-differs", ERROR,
              "With version 2, hosts with different advert_int are all master.", "run: two hosts")
def advert_int_differs(cluster: Cluster, instance: Instance) -> ClusterSaid:
    """keepalived logs "advertisement interval mismatch"."""
    found = _intervals(cluster, instance, 2)
    if differ(found):
        yield Fault(f"advert_int differs: {spread(found)} (seconds). All of them would be master.",
                    "Use the same interval on all hosts.", deviating(found), "advert_int")


@cluster_rule("cluster-advert-int-adopted", WARNING,
              "With version 3, a backup takes over the advert_int of the master.",
              "run: two hosts, RFC 5798 section 6.1")
def advert_int_adopted(cluster: Cluster, instance: Instance) -> ClusterSaid:
    """So the time of a failover depends on who is master."""
    found = _intervals(cluster, instance, 3)
    if differ(found):
        yield Fault(f"advert_int differs: {spread(found)} (seconds). Whoever is master decides.",
                    "Use the same interval on all hosts.", deviating(found), "advert_int")


def authentication(configuration: Configuration, block: Block) -> Optional[Tuple[str, str]]:
    """Return the type and what is sent of the password, None for none or what the daemon ignores."""
    signed = hmac(configuration, block)
    if vrrp_version(configuration, block) == 3 or is_strict(configuration, block) or (signed and signed.works):
        return None
    for each in block.children("authentication"):
        if each.get("auth_type") and each.get("auth_pass"):
            sent = str(each.get("auth_pass")).encode("utf-8", "surrogateescape")[:PASSWORD_BYTES]
            return str(each.get("auth_type")), sent.decode("latin-1")
    return None


def _authentications(cluster: Cluster, instance: Instance) -> Dict[str, Optional[Tuple[str, str]]]:
    if differ(_versions(cluster, instance)):
        return {}
    return {host: authentication(cluster.configurations[host], block)
            for host, block in known(instance, "authentication").items()}


@cluster_rule("cluster-auth-missing", ERROR, "Hosts with and without authentication are all master.", "run: two hosts")
def auth_missing(cluster: Cluster, instance: Instance) -> ClusterSaid:
    """keepalived logs "received a 0 auth, expecting 1!"."""
    found = {host: value is not None for host, value in _authentications(cluster, instance).items()}
    if differ(found):
        lacking = [host for host, value in found.items() if not value]
        yield Fault(f"{names(lacking)} would run without authentication, "
                    f"{names([host for host in found if host not in lacking])} with it. All of them would be master.",
                    "Write the same authentication on all hosts, or remove it from all.", lacking, "authentication")


@cluster_rule("cluster-auth-type-differs", ERROR,
              "Hosts with different auth_type are all master, without a word.", "run: two hosts")
def auth_type_differs(cluster: Cluster, instance: Instance) -> ClusterSaid:
    """AH is another IP protocol (51) than PASS (112)."""
    found = {host: value[0] for host, value in _authentications(cluster, instance).items() if value}
    if differ(found):
        yield Fault(f"auth_type differs: {spread(found)}. All of them would be master.",
                    "Use PASS on all hosts.", deviating(found), "authentication")


@cluster_rule("cluster-auth-pass-differs", ERROR, "Hosts with different passwords are all master.", "run: two hosts")
def auth_pass_differs(cluster: Cluster, instance: Instance) -> ClusterSaid:
    """keepalived logs "received an invalid passwd!". The first 8 bytes count. The passwords are not shown."""
    given = {host: value for host, value in _authentications(cluster, instance).items() if value}
    found = {host: value[1] for host, value in given.items()}
    if len({value[0] for value in given.values()}) == 1 and differ(found):
        groups = [names(hosts) for hosts in by_value(found).values()]
        yield Fault(f"auth_pass of {' differs from that of '.join(groups)}. All of them would be master.",
                    "Use the same auth_pass on all hosts; its first 8 bytes count.", deviating(found), "authentication")


def _hmacs(cluster: Cluster, instance: Instance) -> Dict[str, Optional[Hmac]]:
    """Return what auth_hmac of each host says, None for one that neither signs nor checks.

    Hosts that keepalived turns it off on are left out, because that is a fault of their own.
    """
    found = {host: hmac(cluster.configurations[host], block)
             for host, block in known(instance, "auth_hmac").items() if is_known(block)}
    return {host: each for host, each in found.items() if each is None or each.works}


def _rejected(found: Dict[str, Optional[Hmac]], why: str) -> Tuple[List[str], List[str]]:
    """Return the hosts that reject adverts of others for a reason, and those whose adverts they reject."""
    alike = by_value({host: None if each is None else (each.mode, each.active, tuple(each.keys.items()))
                      for host, each in found.items()})
    pairs = [(receivers, senders) for receivers in alike.values() for senders in alike.values()
             if rejected(found[receivers[0]], found[senders[0]]) == why]
    return ([host for host in found if any(host in receivers for receivers, _senders in pairs)],
            [host for host in found if any(host in senders for _receivers, senders in pairs)])


@cluster_rule("cluster-hmac-missing", ERROR, "A host without auth_hmac rejects signed adverts.",
              "vrrp/vrrp.c:1000 of 2.4.3 (the length of the packet)")
def hmac_missing(cluster: Cluster, instance: Instance) -> ClusterSaid:
    """keepalived logs "vrrp packet too long"."""
    lacking, signing = _rejected(_hmacs(cluster, instance), "signed")
    if lacking:
        yield Fault(f"{names(lacking)} would reject the adverts of {names(signing)}, which are signed. All of them "
                    "would be master.",
                    "Give all hosts auth_hmac with mode receive-only first, then permissive, then enforce.", lacking,
                    "auth_hmac")


@cluster_rule("cluster-hmac-unsigned", ERROR, "A host in mode enforce rejects adverts that are not signed.",
              "vrrp/vrrp.c:858 of 2.4.3")
def hmac_unsigned(cluster: Cluster, instance: Instance) -> ClusterSaid:
    """keepalived logs "missing authentication trailer"."""
    found = _hmacs(cluster, instance)
    enforcing, silent = _rejected({host: each for host, each in found.items() if each}, "unsigned")
    if enforcing:
        yield Fault(f"{names(enforcing)} would reject the adverts of {names(silent)}, which are not signed. "
                    "All hosts would be master.", "Take mode permissive on all hosts before enforce on the first one.",
                    silent, "auth_hmac")


@cluster_rule("cluster-hmac-key-unknown", ERROR, "A host rejects adverts that are signed with a key it does not have.",
              "vrrp/vrrp_auth_hmac.c:427 of 2.4.3")
def hmac_key_unknown(cluster: Cluster, instance: Instance) -> ClusterSaid:
    """keepalived logs "unknown authentication key id"."""
    found = _hmacs(cluster, instance)
    lacking, signing = _rejected(found, "unknown key")
    if lacking:
        active = sorted({str(each.active) for host in signing for each in [found[host]] if each})
        yield Fault(f"{names(lacking)} would reject the adverts of {names(signing)}, whose active_key "
                    f"({', '.join(active)}) they do not all have. All of them would be master.",
                    "Add the key on all hosts first, and change active_key then.", lacking, "auth_hmac")


@cluster_rule("cluster-hmac-key-differs", ERROR, "Hosts with different keys of one number are all master.",
              "vrrp/vrrp_auth_hmac.c:433 of 2.4.3")
def hmac_key_differs(cluster: Cluster, instance: Instance) -> ClusterSaid:
    """keepalived logs "invalid authentication HMAC". The keys are not shown; those in files are not compared."""
    found = {host: each for host, each in _hmacs(cluster, instance).items() if each}
    for number in sorted({number for each in found.values() for number in each.keys}):
        values = {host: key for host, each in found.items() for key in [each.keys.get(number)] if key}
        if differ(values):
            groups = [names(hosts) for hosts in by_value(values).values()]
            yield Fault(f"key {number} of {' differs from that of '.join(groups)}. Adverts that it signs would be "
                        "rejected.", "Use the same key for the same number on all hosts.", deviating(values),
                        "auth_hmac")


@cluster_rule("cluster-hmac-active-key-differs", INFO, "Hosts sign their adverts with different keys.",
              "keepalived.conf(5), auth_hmac")
def hmac_active_key_differs(cluster: Cluster, instance: Instance) -> ClusterSaid:
    """That is right for as long as a key takes the place of another, while all hosts have both."""
    found = {host: each for host, each in _hmacs(cluster, instance).items() if each and each.signs}
    active = {host: each.active for host, each in found.items()}
    if differ(active) and not _rejected({**found}, "unknown key")[0]:
        yield Fault(f"active_key differs: {spread(active)}.", "Use the same number on all hosts, and remove the old "
                    "key then.", deviating(active), "auth_hmac")


@cluster_rule("cluster-hmac-anti-replay-differs", WARNING, "Hosts recognise repeated adverts in different ways.",
              "vrrp/vrrp_auth_hmac.c:413 of 2.4.3")
def hmac_anti_replay_differs(cluster: Cluster, instance: Instance) -> ClusterSaid:
    """What one host rejects another takes then, as soon as a clock is wrong."""
    found = {host: each for host, each in _hmacs(cluster, instance).items() if each}
    ways = {host: "monotonic" if each.anti_replay == "monotonic" else f"time with {each.window:g} s"
            for host, each in found.items()}
    if differ(ways):
        yield Fault(f"anti_replay differs: {spread(ways)}.", "Use the same anti_replay and time_window on all hosts.",
                    deviating(ways), "auth_hmac")


@cluster_rule("cluster-hmac-clock", ERROR, "With anti_replay time a host rejects adverts from outside its time_window.",
              "vrrp/vrrp_auth_hmac.c:413 of 2.4.3")
def hmac_clock(cluster: Cluster, instance: Instance) -> ClusterSaid:
    """keepalived logs "stale authentication trailer". The clocks are those that the controller has read."""
    found = {host: each for host, each in _hmacs(cluster, instance).items() if each and each.anti_replay == "time"}
    clocks = {member.name: member.clock.deviation() for member in cluster.members
              if member.clock and member.name in found}
    if not clocks:
        return
    slow, fast = min(clocks, key=lambda host: clocks[host]), max(clocks, key=lambda host: clocks[host])
    apart, window = clocks[fast] - clocks[slow], min(each.window for each in found.values())
    if apart > window:
        yield Fault(f"the clocks of {slow} and {fast} differ by {apart:.0f} s, and adverts from outside of "
                    f"{window:g} s are rejected. All hosts would be master.",
                    "Synchronise the clocks, for example with chrony, or use anti_replay monotonic.", [slow, fast],
                    "auth_hmac")


def _address_sets(instance: Instance, keyword: str) -> Dict[str, FrozenSet[Any]]:
    """Return the addresses of each host, without those of which a line is no address but stands for one."""
    found = {}
    for host, block in known(instance, keyword).items():
        parsed = addresses(block, keyword)
        if len(parsed) == len(block.lines(keyword)):
            found[host] = frozenset(address.ip for address in parsed)
    return found


def _listed(values: Dict[str, FrozenSet[Any]]) -> str:
    """Return which addresses are not on all hosts, and who has them."""
    common = frozenset.intersection(*values.values())
    holders: Dict[Any, List[str]] = {}
    for host, value in values.items():
        for address in value - common:
            holders.setdefault(address, []).append(host)
    return ", ".join(f"{address} on {names(hosts)} alone" for address, hosts in
                     sorted(holders.items(), key=lambda item: (item[0].version, item[0])))


def _effect(cluster: Cluster, hosts: Sequence[str], everywhere: str) -> str:
    """Return what becomes of hosts with other addresses, by the versions of those that receive the adverts.

    Before 2.3.3 a host rejects the adverts (vrrp/vrrp.c:1126 of 2.3.2), from then on it logs the difference and obeys
    (vrrp/vrrp.c:1174 of 2.3.3). An unknown version is taken for an older one.

    :param everywhere: the sentence where all of them are older.
    """
    old = [host for host in hosts if not cluster.configurations[host].at_least(2, 3, 3)]
    if len(old) == len(hosts):
        return everywhere
    if old:
        return f"{names(old)} (keepalived before 2.3.3) would reject the adverts and be master beside another host."
    return "An address is gone while a host without it is master."


@cluster_rule("cluster-address-count-differs", ERROR,
              "Before 2.3.3 a different number of virtual addresses makes all hosts master.", "run: two hosts")
def address_count_differs(cluster: Cluster, instance: Instance) -> ClusterSaid:
    """keepalived logs "received an unexpected ip number count 1, expected 2!". From 2.3.3 on it obeys nevertheless, and
    an address is gone while a host without it is master."""
    found = _address_sets(instance, "virtual_ipaddress")
    counts = {host: len(value) for host, value in found.items()}
    if differ(counts):
        yield Fault(f"the number of virtual addresses differs: {_listed(found)}. "
                    + _effect(cluster, list(found), "All hosts would be master."),
                    "List the same addresses on all hosts.", deviating(counts), "virtual_ipaddress")


@cluster_rule("cluster-addresses-differ", ERROR,
              "Before 2.3.3 hosts with different virtual addresses each hold their own.", "run: two hosts")
def addresses_differ(cluster: Cluster, instance: Instance) -> ClusterSaid:
    """keepalived logs "ip address associated with VRID 51 not present in MASTER advert", and obeys from 2.3.3 on."""
    found = _address_sets(instance, "virtual_ipaddress")
    if differ(found) and len({len(value) for value in found.values()}) == 1:
        yield Fault(f"the virtual addresses differ: {_listed(found)}. "
                    + _effect(cluster, list(found), "Each host would hold its own."),
                    "List the same addresses on all hosts.", deviating(found), "virtual_ipaddress")


@cluster_rule("cluster-excluded-addresses-differ", ERROR,
              "An address in virtual_ipaddress_excluded of one host is gone when another is master.",
              "keepalived.conf(5), virtual_ipaddress_excluded")
def excluded_addresses_differ(_cluster: Cluster, instance: Instance) -> ClusterSaid:
    """Adverts do not have these addresses, so the hosts do not notice."""
    found = _address_sets(instance, "virtual_ipaddress_excluded")
    if differ(found):
        yield Fault(f"virtual_ipaddress_excluded differs: {_listed(found)}. It would be gone with that host.",
                    "List the same addresses on all hosts.", deviating(found), "virtual_ipaddress_excluded")


@cluster_rule("cluster-prefix-differs", INFO,
              "The virtual address has another prefix length on each host.", "run: two hosts")
def prefix_differs(_cluster: Cluster, instance: Instance) -> ClusterSaid:
    found: Dict[Any, Dict[str, int]] = {}
    for host, block in known(instance, "virtual_ipaddress").items():
        for address in addresses(block, "virtual_ipaddress"):
            length = address.ip.max_prefixlen if address.prefix is None else address.prefix
            found.setdefault(address.ip, {})[host] = length
    for ip, lengths in found.items():
        if differ(lengths):
            yield Fault(f"the prefix of {ip} differs: {spread(lengths, '/')}.", "Write the same prefix on all hosts.",
                        deviating(lengths), "virtual_ipaddress")


@cluster_rule("cluster-sync-daemon-differs", ERROR,
              "Directors whose sync daemons have different identifiers do not learn each other's connections.",
              "ipvsadm(8), --syncid", MEMBERS)
def sync_daemon_differs(cluster: Cluster) -> ClusterSaid:
    """Every connection ends with its director then."""
    if any(list(virtual_router_id_differs(cluster, instance)) for instance in cluster.instances()):
        return  # the id may follow from that number
    found = {}
    for host, configuration in cluster.configurations.items():
        daemon = sync_daemon(configuration.globals.get("lvs_sync_daemon"))
        if daemon:
            found[host] = daemon.options.get("id", "of the first instance")
    if differ(found):
        yield Fault(f"the id of lvs_sync_daemon differs: {spread(found)}.", "Use the same id on all directors.",
                    deviating(found), "lvs_sync_daemon", "global_defs")
