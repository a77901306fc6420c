# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ipvsadm prints, and the same of ipvs_info's result, so that both can be compared."""

from __future__ import annotations

import ipaddress
import re

PROTOCOLS = {"TCP": "-t", "UDP": "-u", "SCTP": "--sctp-service"}
METHODS = {"NAT": "-m", "DR": "-g", "TUN": "-i"}
EVERY_CLIENT = ("255.255.255.255", "128")
COUNTERS = ("connections", "packets_in", "packets_out", "bytes_in", "bytes_out")


def place(ip: str, port: int) -> str:
    return f"{ip}:{port}" if ipaddress.ip_address(ip).version == 4 else f"[{ip}]:{port}"


def service_place(service: dict) -> str:
    return str(service["fwmark"]) if service["fwmark"] else place(service["ip"], service["port"])


def _flags(service: dict) -> str:
    names = {"sh": ("sh-fallback", "sh-port", "flag-3"), "mh": ("mh-fallback", "mh-port", "flag-3")}.get(
        service["lb_algo"], ("flag-1", "flag-2", "flag-3"))
    words = [(name, service[name.replace("-", "_")]) for name in names]
    return ",".join(name for name, is_set in words if is_set)


def _service(service: dict) -> str:
    words = ["-f" if service["fwmark"] else PROTOCOLS[service["protocol"]], service_place(service)]
    return " ".join(words)


def _service_rule(service: dict) -> str:
    words = ["-A", _service(service)]
    if service["fwmark"] and service["ip_family"] == "inet6":
        words.append("-6")
    words += ["-s", service["lb_algo"]]
    if service["persistence_timeout"] is not None:
        words += ["-p", str(service["persistence_timeout"])]
        if service["persistence_granularity"] not in EVERY_CLIENT:
            words += ["-M", service["persistence_granularity"]]
    words += ["--pe", service["persistence_engine"]] if service["persistence_engine"] else []
    words += ["-o"] if service["ops"] else []
    words += ["-b", _flags(service)] if _flags(service) else []
    return " ".join(words)


def _server_rule(service: dict, server: dict) -> str:
    words = ["-a", _service(service), "-r", place(server["ip"], server["port"]), METHODS[server["lvs_method"]],
             "-w", str(server["weight"])]
    words += ["-x", str(server["uthreshold"])] if server["uthreshold"] else []
    words += ["-y", str(server["lthreshold"])] if server["lthreshold"] else []
    words += ["--tun-type", server["tunnel_type"]] if server["tunnel_type"] else []
    words += ["--tun-port", str(server["tunnel_port"])] if server["tunnel_port"] else []
    words += ["--tun-" + server["tunnel_checksum"]] if server["tunnel_checksum"] else []
    return " ".join(words)


def rules(services: list[dict]) -> list[str]:
    """Return the lines that ipvsadm --restore would take for the services."""
    lines = []
    for service in services:
        lines.append(_service_rule(service))
        lines += [_server_rule(service, server) for server in service["real_server"]]
    return lines


def without_thresholds(lines: list[str]) -> list[str]:
    """Return the lines as ipvsadm --save writes them: it forgets the thresholds."""
    return [re.sub(r" -[xy] [0-9]+", "", line) for line in lines]


def counters(services: list[dict], kind: str) -> list[tuple]:
    """Return a row per service and real server with the counters ("stats" or "rate")."""
    rows = []
    for service in services:
        rows.append((service_place(service), *(service[kind][name] for name in COUNTERS)))
        rows += [(place(server["ip"], server["port"]), *(server[kind][name] for name in COUNTERS))
                 for server in service["real_server"]]
    return rows


def servers(services: list[dict], *names: str) -> list[tuple]:
    """Return a row per real server with the values of these names."""
    return [(place(server["ip"], server["port"]), *(server[name] for name in names))
            for service in services for server in service["real_server"]]


def rows(listing: str, columns: int, only_servers: bool = False) -> list[tuple]:
    """Return a row per line of ipvsadm --list: what it is about, and the numbers in the last columns."""
    found = []
    for line in listing.splitlines()[3:]:
        words = line.split()
        if words[0] == "->" or not only_servers:
            found.append((words[1], *(int(word) for word in words[-columns:])))
    return found


def daemons(found: list[dict]) -> list[str]:
    """Return the lines that ipvsadm --list --daemon prints."""
    line = ("{state} sync daemon (mcast={interface}, syncid={id}, maxlen={maxlen}, group={group}, port={port}, "
            "ttl={ttl})")
    return [line.format(**daemon) for daemon in found]
