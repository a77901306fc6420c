# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The attributes of IPVS in keepalived's words, so that they compare with the data of a configuration.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any, Dict, List, Optional, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._ipvs.message import NATIVE, MessageError

# All numbers are those of linux/ip_vs.h, linux/in.h and linux/socket.h.
INET = 2
INET6 = 10
FAMILIES = {INET: "inet", INET6: "inet6"}
PROTOCOLS = {6: "TCP", 17: "UDP", 132: "SCTP"}
# IP_VS_SVC_F_*
PERSISTENT = 0x1
ONE_PACKET = 0x4
FLAG_1 = 0x8
FLAG_2 = 0x10
FLAG_3 = 0x20
# IP_VS_CONN_F_FWD_MASK and what it leaves; keepalived sets the first three only
FORWARDING_MASK = 0x7
NAT, LOCAL, TUN, DR, BYPASS = range(5)
FORWARDING = {NAT: "NAT", LOCAL: "LOCAL", TUN: "TUN", DR: "DR", BYPASS: "BYPASS"}
# IP_VS_CONN_F_TUNNEL_TYPE_*, IP_VS_TUNNEL_ENCAP_FLAG_*
IPIP, GUE, GRE = range(3)
TUNNEL_TYPES = {IPIP: "ipip", GUE: "gue", GRE: "gre"}
TUNNEL_CHECKSUMS = {0: "nocsum", 1: "csum", 2: "remcsum"}
# IP_VS_STATE_*
DAEMON_STATES = {1: "master", 2: "backup"}


def _word(words: Dict[int, str], number: int) -> str:
    """Return the word for a number; a later kernel's number stands for itself."""
    return words.get(number, str(number))


def _address(family: int, data: bytes) -> str:
    if family == INET:
        return socket.inet_ntop(socket.AF_INET, data[:4])
    if family == INET6:
        return socket.inet_ntop(socket.AF_INET6, data)
    raise MessageError("the address family %d is neither IPv4 nor IPv6" % family)


def _granularity(family: int, mask: bytes, order: str) -> str:
    """Return what makes clients one: a netmask, or for IPv6 a prefix length, which is in the kernel's byte order."""
    if family == INET6:
        return str(int.from_bytes(mask, "little" if order == "<" else "big"))
    return _address(family, mask)


def _counters(attributes: Dict[str, Any]) -> Dict[str, Dict[str, int]]:
    stats = attributes.get("stats64") or attributes["stats"]
    return {
        "stats": {"connections": stats["conns"], "packets_in": stats["inpkts"], "packets_out": stats["outpkts"],
                  "bytes_in": stats["inbytes"], "bytes_out": stats["outbytes"]},
        "rate": {"connections": stats["cps"], "packets_in": stats["inpps"], "packets_out": stats["outpps"],
                 "bytes_in": stats["inbps"], "bytes_out": stats["outbps"]},
    }


def identity(attributes: Dict[str, Any]) -> Dict[str, Any]:
    """Return the attributes that name a service in a request: family and firewall mark, or protocol and address.

    :raises MessageError: they are not all there.
    """
    names = ("af", "fwmark") if attributes.get("fwmark") else ("af", "protocol", "addr", "port")
    missing = [name for name in names if name not in attributes]
    if missing:
        raise MessageError("the attribute %s is missing" % missing[0])
    return {name: attributes[name] for name in names}


def virtual_server_order(attributes: Dict[str, Any]) -> Tuple[Any, ...]:
    """Return where a service stands: as ipvsadm lists them, firewall marks last. The kernel's order is that of a hash.

    :raises MessageError: the service has no name.
    """
    named = identity(attributes)
    return (named.get("fwmark", 0), named["af"], named.get("protocol", 0), named.get("addr", b""), named.get("port", 0))


def real_server_order(attributes: Dict[str, Any]) -> Tuple[Any, ...]:
    """Return where a destination stands: by address and port. The kernel's order is that of their coming."""
    return attributes.get("addr_family", 0), attributes["addr"], attributes["port"]


def virtual_server(attributes: Dict[str, Any], order: str = NATIVE) -> Dict[str, Any]:
    """Return a service in the words of a C(virtual_server), without its real servers.

    :param attributes: those of one service (see C(attributes.SERVICE)).
    :returns: RETURN of M(openvip.cluster.ipvs_info) describes it.
    :raises MessageError: the service has no name, or the address family is unknown.
    """
    named = identity(attributes)
    family = attributes["af"]
    flags, _mask = attributes["flags"]
    algorithm = attributes["sched_name"]
    persistent = bool(flags & PERSISTENT)
    by_address = "addr" in named
    first, second, third = (bool(flags & bit) for bit in (FLAG_1, FLAG_2, FLAG_3))
    return dict({
        "ip": _address(family, attributes["addr"]) if by_address else None,
        "port": attributes["port"] if by_address else None,
        "fwmark": named.get("fwmark"),
        "ip_family": _word(FAMILIES, family),
        "protocol": _word(PROTOCOLS, attributes["protocol"]) if by_address else None,
        "lb_algo": algorithm,
        # the schedulers' own names of their flags (ip_vs_sh.c, ip_vs_mh.c)
        "sh_fallback": algorithm == "sh" and first,
        "sh_port": algorithm == "sh" and second,
        "mh_fallback": algorithm == "mh" and first,
        "mh_port": algorithm == "mh" and second,
        "flag_1": first,
        "flag_2": second,
        "flag_3": third,
        "ops": bool(flags & ONE_PACKET),
        "persistence_timeout": attributes["timeout"] if persistent else None,
        "persistence_granularity": _granularity(family, attributes["netmask"], order) if persistent else None,
        "persistence_engine": attributes.get("pe_name"),
    }, **_counters(attributes))


def real_server(attributes: Dict[str, Any], service_family: int) -> Dict[str, Any]:
    """Return a destination in the words of a C(real_server).

    :param attributes: those of one destination (see C(attributes.DEST)).
    :param service_family: address family of its service, which is the destination's own in kernels that do not tell.
    :returns: RETURN of M(openvip.cluster.ipvs_info) describes it.
    :raises MessageError: the address family is unknown.
    """
    method = attributes["fwd_method"] & FORWARDING_MASK
    kind = attributes.get("tun_type") if method == TUN else None
    return dict({
        "ip": _address(attributes.get("addr_family", service_family), attributes["addr"]),
        "port": attributes["port"],
        "lvs_method": _word(FORWARDING, method),
        "tunnel_type": None if kind is None else _word(TUNNEL_TYPES, kind),
        "tunnel_port": attributes.get("tun_port") if kind == GUE else None,
        "tunnel_checksum": _word(TUNNEL_CHECKSUMS, attributes.get("tun_flags", 0)) if kind in (GUE, GRE) else None,
        "weight": attributes["weight"],
        "uthreshold": attributes["u_thresh"],
        "lthreshold": attributes["l_thresh"],
        "active_connections": attributes["active_conns"],
        "inactive_connections": attributes["inact_conns"],
        "persistent_connections": attributes["persist_conns"],
    }, **_counters(attributes))


def sync_daemon(attributes: Dict[str, Any]) -> Dict[str, Any]:
    """Return a daemon that sends or takes connections in the words of C(lvs_sync_daemon).

    :param attributes: those of one daemon (see C(attributes.DAEMON)).
    :returns: RETURN of M(openvip.cluster.ipvs_info) describes it.
    """
    group: Optional[str] = None
    for name, family in (("mcast_group", INET), ("mcast_group6", INET6)):
        if name in attributes:
            group = _address(family, attributes[name])
    return {
        "state": _word(DAEMON_STATES, attributes["state"]),
        "interface": attributes["mcast_ifn"],
        "id": attributes["sync_id"],
        "maxlen": attributes.get("sync_maxlen"),
        "port": attributes.get("mcast_port"),
        "ttl": attributes.get("mcast_ttl"),
        "group": group,
    }


def timeouts(attributes: Dict[str, Any]) -> Dict[str, Optional[int]]:
    """Return the timeouts in the words of C(lvs_timeouts), in seconds; one is C(None) in a kernel without its protocol.

    :param attributes: those of the answer (see C(attributes.COMMAND)).
    """
    return {"tcp": attributes.get("timeout_tcp"), "tcpfin": attributes.get("timeout_tcp_fin"),
            "udp": attributes.get("timeout_udp")}


def version(code: int) -> str:
    """Return the version as the kernel prints it (NVERSION)."""
    return ".".join(str(code >> shift & 0xFF) for shift in (16, 8, 0))


def connections(services: List[Dict[str, Any]], real_ip: str, real_port: Optional[int] = None) -> Dict[str, Any]:
    """Return how busy one real server is in all services together.

    :param services: virtual servers as M(openvip.cluster.ipvs_info) returns them.
    :param real_ip: address of the real server, in any way of writing it.
    :param real_port: its port; without one all its ports count.
    :returns: ``{"active": int, "inactive": int, "weight": [int, ...]}``, a weight per place in which it stands: an
        empty list means that IPVS does not know it.
    :raises ValueError: I(real_ip) is no address.
    """
    wanted = ipaddress.ip_address(real_ip)
    found = [server for service in services for server in service["real_server"]
             if ipaddress.ip_address(server["ip"]) == wanted and real_port in (None, server["port"])]
    return {"active": sum(server["active_connections"] for server in found),
            "inactive": sum(server["inactive_connections"] for server in found),
            "weight": [server["weight"] for server in found]}
