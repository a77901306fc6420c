# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for virtual servers: the service, its scheduler, its forwarding.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import AbstractSet, List, Optional, Set, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, WARNING
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import IP, to_address

from .model import ADDRESS_BLOCKS, Address, Block, Configuration, addresses, split
from .registry import Said, rule

SERVICE = "virtual_server"
GROUP = "virtual_server_group"

# Schedulers that choose by a hash, and the flags that belong to them; flag_1 is the fallback, flag_2 the port of sh and
# mh (linux/ip_vs.h).
HASHING = ("sh", "mh", "dh")
SCHEDULER_FLAGS = {
    "sh_port": ("sh",), "sh_fallback": ("sh",), "mh_port": ("mh",), "mh_fallback": ("mh",),
    "flag_1": ("sh", "mh"), "flag_2": ("sh", "mh"),
}
DEFAULT_FORWARDING = "NAT"
# The way by which servers of the other family are reached as well.
ANY_FAMILY = "TUN"
# What says the family of a service without an address: a word, or by a granularity of IPv6 being a number.
DECIDING = ("ip_family", "persistence_granularity")
IP_FAMILIES = {"inet": 4, "inet6": 6}
# The real servers have the address, too, and answer from it.
ADDRESS_ON_REAL_SERVERS = ("DR", "TUN")
# ipvsadm(8).
HEAVIEST = 65535


def forwarding(service: Block) -> str:
    """Return how packets reach the real servers: NAT, DR or TUN."""
    return str(service.get("lb_kind", DEFAULT_FORWARDING)).partition(" ")[0]


def ip_of(value: object) -> Optional[IP]:
    """Return the address that a value begins with, or None."""
    return to_address(str(value).partition(" ")[0])


def families(configuration: Configuration) -> AbstractSet[Tuple[int, Optional[int]]]:
    """Return (number of the service, 4 or 6, None where that is not known or nothing decides it) of every service."""
    return configuration.index("families", SERVICE, lambda service: [(service.number, _family(service))]).keys()


def _family(service: Block) -> Optional[int]:
    """Return 4 or 6 as its address says; for a mark or a group as the first of DECIDING says, or else the first real
    server that is not reached by TUN (check/check_parser.c:508, 681)."""
    if not (service.get("fwmark") or service.get("group")):
        ip = ip_of(service.get("ip"))
        return ip.version if ip else None
    for keyword in DECIDING:
        if not service.lacks(keyword):
            word = str(service.get(keyword, ""))
            return IP_FAMILIES.get(word) or (6 if word.isdigit() else 4 if to_address(word) else None)
    if service.has_raw("real_server"):
        return None
    for server in service.children("real_server"):
        way, ip = method(service, server), ip_of(server.get("ip"))
        if way is None or ip is None:
            return None
        if way != ANY_FAMILY:
            return ip.version
    return None


def method(service: Block, server: Optional[Block] = None) -> Optional[str]:
    """Return how a real server is reached, or without one the sorry_server; None where that is not known."""
    own = (server, "lvs_method") if server else (service, "sorry_server_lvs_method")
    for block, keyword in (own, (service, "lb_kind")):
        if not block.lacks(keyword):
            way = "".join(split(block.get(keyword, ""))[:1])
            return None if not way or "$" in way else way
    return DEFAULT_FORWARDING


def group_of(configuration: Configuration, service: Block) -> Optional[Block]:
    """Return the group that a service is for, None when it is for none or that is not known."""
    return configuration.defined(GROUP).get(str(service.get("group"))) if service.get("group") else None


def group_lines(configuration: Configuration, service: Block) -> List[List[str]]:
    """Return the words of each line of the group that a service is for, none without a group."""
    group = group_of(configuration, service)
    return group.lines("address") if group else []


@rule("protocol-missing", ERROR, "keepalived takes a virtual_server without protocol for UDP.",
      "check/check_data.c:1107", SERVICE)
def protocol_missing(configuration: Configuration, service: Block) -> Said:
    group = group_of(configuration, service)
    marks_only = group is not None and all(line[0] == "fwmark" for line in group.lines("address"))
    if service.lacks("protocol") and not service.get("fwmark") and not marks_only:
        yield "protocol is missing, so the service is UDP.", "Set protocol to TCP, UDP or SCTP."


@rule("scheduler-missing", WARNING, "keepalived takes the scheduler wlc when none is set, and warns.",
      "check/check_data.c:1152", SERVICE)
def scheduler_missing(_configuration: Configuration, service: Block) -> Said:
    if service.lacks("lb_algo"):
        yield "lb_algo is missing, so the scheduler is wlc.", "Set lb_algo."


@rule("forwarding-missing", ERROR, "keepalived forwards by NAT when no way is set, and warns.",
      "check/check_data.c:1188", SERVICE)
def forwarding_missing(_configuration: Configuration, service: Block) -> Said:
    if service.lacks("lb_kind"):
        yield "lb_kind is missing, so packets are forwarded by NAT.", "Set lb_kind to NAT, DR or TUN."


@rule("ops-without-udp", WARNING, "keepalived resets ops of a service that is not UDP.", "check/check_data.c:1115",
      SERVICE)
def ops_without_udp(_configuration: Configuration, service: Block) -> Said:
    if service.has("ops") and service.get("protocol", "UDP") != "UDP":
        yield f"ops has no effect with protocol {service.get('protocol')}.", "Remove ops.", "ops"


@rule("port-zero-not-persistent", WARNING, "keepalived makes a service for all ports persistent.",
      "check/check_data.c:1124", SERVICE)
def port_zero_not_persistent(_configuration: Configuration, service: Block) -> Said:
    """It sets persistence_timeout to 360 and resets the ports of the real servers."""
    if service.get("ip") and not service.get("port") and service.lacks("persistence_timeout"):
        yield "a service without a port is made persistent for 360 seconds.", \
              "Give the port, or set persistence_timeout."


@rule("persistence-with-hashing", WARNING, "A scheduler that hashes the source does what persistence is for.",
      "ipvsadm(8), run: config test", SERVICE)
def persistence_with_hashing(_configuration: Configuration, service: Block) -> Said:
    if service.has("persistence_timeout") and service.get("lb_algo") in HASHING:
        yield f"persistence_timeout and lb_algo {service.get('lb_algo')} stand in each other's way.", \
              "Remove one of the two.", "persistence_timeout"


@rule("scheduler-flag-ignored", WARNING, "Flags of another scheduler have no effect.",
      "check/check_parser.c:353, run: config test, ipvsadm(8)", SERVICE)
def scheduler_flag_ignored(_configuration: Configuration, service: Block) -> Said:
    """keepalived drops sh-port and its like; flag-1 and flag-2 reach the kernel, where only sh and mh look at them."""
    for flag, schedulers in SCHEDULER_FLAGS.items():
        if service.has(flag) and service.get("lb_algo", "wlc") not in schedulers:
            names = " or ".join(schedulers)
            yield f"{flag.replace('_', '-')} belongs to lb_algo {names} and is ignored.", \
                  f"Remove it, or set lb_algo to {names}.", flag


@rule("real-server-missing", ERROR, "keepalived ignores a virtual_server without a real_server.",
      "check/check_data.c:1086", SERVICE)
def real_server_missing(_configuration: Configuration, service: Block) -> Said:
    if service.lacks("real_server"):
        yield "it has no real_server and is ignored.", "Add a real_server."


@rule("quorum-too-high", WARNING, "keepalived lowers a quorum above the sum of the weights.",
      "check/check_data.c:1266", SERVICE)
def quorum_too_high(_configuration: Configuration, service: Block) -> Said:
    servers = service.get("real_server", [])
    total = sum(server.get("weight", service.get("weight", 1)) for server in servers)
    quorum = service.get("quorum", 1)
    if servers and not service.has_raw("real_server") and quorum > max(total, 1):
        yield f"quorum {quorum} is more than all weights together ({total}).", f"Set it to {total} or less.", "quorum"


@rule("hysteresis-too-high", WARNING, "keepalived sets a hysteresis that is not below the quorum to 0.",
      "check/check_data.c:1272", SERVICE)
def hysteresis_too_high(_configuration: Configuration, service: Block) -> Said:
    quorum, hysteresis = service.get("quorum", 1), service.get("hysteresis", 0)
    if hysteresis >= quorum:
        yield f"hysteresis {hysteresis} is not below the quorum {quorum} and becomes 0.", \
              "Set it below the quorum, or remove it.", "hysteresis"


@rule("ignored-with-fwmark", WARNING, "keepalived ignores protocol, ports and ha_suspend of a firewall mark.",
      "check/check_data.c:1094, 1146, 1315", SERVICE, SERVICE + "/real_server")
def ignored_with_fwmark(_configuration: Configuration, block: Block) -> Said:
    if block.parent is not None:
        if block.parent.get("fwmark") and block.get("port"):
            yield f"port {block.get('port')} has no effect with fwmark.", "Remove it."
    elif block.get("fwmark"):
        for keyword in ("protocol", "ha_suspend"):
            if block.has(keyword):
                yield f"{keyword} has no effect with fwmark.", f"Remove {keyword}.", keyword


@rule("group-undefined", ERROR, "keepalived ignores a virtual_server for a group that does not exist.",
      "run: virtual_server group", SERVICE)
def group_undefined(configuration: Configuration, service: Block) -> Said:
    """Only the log says so."""
    name = str(service.get("group", ""))
    if name and "$" not in name and not configuration.root.is_open and name not in configuration.defined(GROUP):
        names = ", ".join(configuration.defined(GROUP)) or "none"
        yield f"there is no virtual_server_group {name}.", f"Correct the name (there are: {names}), or define it."


@rule("group-empty", ERROR, "keepalived removes a virtual_server_group without an entry.", "check/check_parser.c:137",
      GROUP)
def group_empty(_configuration: Configuration, group: Block) -> Said:
    if group.lacks("address") and not group.statements:
        yield "it has no entry and is removed.", "Add an address or a firewall mark."


@rule("sorry-server-port", WARNING, "keepalived resets the port of a sorry_server that DR and TUN cannot change.",
      "check/check_data.c:1339", SERVICE)
def sorry_server_port(configuration: Configuration, service: Block) -> Said:
    words = split(service.get("sorry_server", ""))
    way = split(service.get("sorry_server_lvs_method", forwarding(service)))[:1]
    port = str(service.get("port", 0))
    if len(words) == 2 and service.get("ip") and way != [DEFAULT_FORWARDING] and words[1] != port:
        yield f"{way[0]} cannot change the port to {words[1]}, it becomes {port}.", \
              "Use the port of the service.", "sorry_server"
    elif len(words) == 2 and way != [DEFAULT_FORWARDING] and any(
            line[0] != "fwmark" and line[1:] != words[1:] for line in group_lines(configuration, service)):
        yield f"{way[0]} cannot change the port to {words[1]} for the group {service.get('group')}.", \
              "Leave out its port.", "sorry_server"


@rule("sorry-server-is-real-server", WARNING, "A sorry_server that is one of the real servers helps nobody.",
      "check/ipwrapper.c:557, net/netfilter/ipvs/ip_vs_ctl.c of Linux (EEXIST)", SERVICE)
def sorry_server_is_real_server(_configuration: Configuration, service: Block) -> Said:
    """It is asked when all real servers are down, itself among them. With inhibit_on_failure it is still in the table
    of the kernel, with weight 0, and is not added at all."""
    words = split(service.get("sorry_server", ""))
    port = words[1] if len(words) > 1 else str(service.get("port", 0))
    for server in service.get("real_server", []):
        if words and ip_of(words[0]) and ip_of(server.get("ip")) == ip_of(words[0]) \
                and str(server.get("port", service.get("port", 0))) == port:
            inhibited = server.get("inhibit_on_failure", service.get("inhibit_on_failure"))
            fate = "keeps weight 0" if inhibited else "is down"
            yield f"it is a real_server, too, and {fate} when the quorum is lost.", \
                  "Use a server that is none of them.", "sorry_server"
            return


@rule("sorry-server-family", ERROR, "keepalived skips a sorry_server of another family than the service.",
      "check/check_parser.c:177", SERVICE)
def sorry_server_family(configuration: Configuration, service: Block) -> Said:
    """The family of a firewall mark or a group is that of ip_family or persistence_granularity, or else of the first
    real server that is not TUN."""
    ip = ip_of(service.get("sorry_server", ""))
    if ip is None or method(service) in (None, ANY_FAMILY):
        return
    other = 10 - ip.version
    if (service.number, other) in families(configuration):
        yield f"sorry_server {ip} is IPv{ip.version}, the service is IPv{other}: it is skipped.", \
              f"Use its IPv{other} address, or sorry_server_lvs_method TUN.", "sorry_server"


@rule("sorry-options-alone", WARNING, "keepalived ignores the options of a sorry_server that is not there.",
      "check/check_parser.c:641", SERVICE)
def sorry_options_alone(_configuration: Configuration, service: Block) -> Said:
    for keyword in ("sorry_server_inhibit", "sorry_server_lvs_method"):
        if service.has(keyword) and service.lacks("sorry_server"):
            yield f"{keyword} has no effect without sorry_server.", f"Set sorry_server, or remove {keyword}.", keyword


@rule("service-address-not-virtual", WARNING, "A service on an address that no instance holds is reached by nobody.",
      "run: config test", SERVICE)
def service_address_not_virtual(configuration: Configuration, service: Block) -> Said:
    """It is judged only where the file has instances at all."""
    ip = ip_of(service.get("ip"))
    instances = configuration.blocks("vrrp_instance")
    if ip is None or not instances or configuration.root.is_open:
        return
    held: Set[IP] = set(configuration.index("addresses", "vrrp_instance", _ips))
    if ip not in held and not any(instance.has_raw(keyword) for instance in instances for keyword in ADDRESS_BLOCKS):
        yield f"no vrrp_instance has the address {ip}.", "Add it to virtual_ipaddress of an instance."


@rule("address-forwarded-two-ways", ERROR, "A virtual address is forwarded either by NAT or by DR and TUN.",
      "LVS-HOWTO, run: user-mode Linux", SERVICE)
def address_forwarded_two_ways(configuration: Configuration, service: Block) -> Said:
    """For DR and TUN the real servers have the address and answer from it; for NAT they must not."""
    ip = ip_of(service.get("ip"))
    if ip is None or forwarding(service) != DEFAULT_FORWARDING or service.lacks("lb_kind"):
        return
    for other in configuration.index("service", SERVICE, _service_ip).get(ip, []):
        if forwarding(other) in ADDRESS_ON_REAL_SERVERS:
            yield f"{other.label} forwards by {forwarding(other)}, for which real servers have {ip}, and this one by " \
                  "NAT, for which they must not have it.", \
                  "Use the same lb_kind for both, or another address for one of them.", "lb_kind"
            return


@rule("service-address-as-source", ERROR, "The director's own checks come from an IPv6 address that real servers have.",
      "RFC 6724 section 5, run: user-mode Linux", SERVICE)
def service_address_as_source(configuration: Configuration, service: Block) -> Said:
    """The real servers answer to themselves then, and every check fails on the director that holds the address."""
    ip = ip_of(service.get("ip"))
    if ip is None or ip.version != 6 or forwarding(service) not in ADDRESS_ON_REAL_SERVERS:
        return
    for instance in configuration.index("addresses", "vrrp_instance", _ips).get(ip, []):
        if any(address.ip == ip and _is_preferred(address) for address in addresses(instance)):
            yield f"the director that holds {ip} makes its checks from it, and a real server that has it, too, sends " \
                  "its answers to itself.", f"Write preferred_lft 0 behind {ip} in {instance.label}."


def _is_preferred(address: Address) -> bool:
    """Say whether the kernel may choose the address as a source; by default keepalived lets it do so but for a /128."""
    words = split(address.line)
    if "preferred_lft" in words[:-1]:
        return words[words.index("preferred_lft") + 1] != "0"
    return address.prefix is not None and address.prefix != address.ip.max_prefixlen


def _service_ip(service: Block) -> List[IP]:
    ip = ip_of(service.get("ip"))
    return [] if ip is None else [ip]


def _ips(instance: Block) -> List[IP]:
    return [address.ip for address in addresses(instance)]
