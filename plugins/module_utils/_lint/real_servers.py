# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for real servers and their checks.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any, Iterator, Optional, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema import table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, WARNING
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import BLOCK
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import IP

from .lvs import ANY_FAMILY, DEFAULT_FORWARDING, HEAVIEST, families, forwarding, group_lines, ip_of, method
from .model import Block, Configuration
from .registry import Said, rule
from .tracking import CHECKERS

SERVER = "virtual_server/real_server"
CHECKS = tuple(row.keyword for row in table.rows(SERVER).values() if row.type == BLOCK)
CONNECTING = tuple(f"{SERVER}/{keyword}" for keyword in CHECKS if table.find("connect_timeout", f"{SERVER}/{keyword}"))
# Of keepalived, in seconds.
CONNECT_TIMEOUT = 5
DELAY_LOOP = 60
# RFC 1035 section 2.3.4.
LONGEST_LABEL, LONGEST_NAME = 63, 255


def _forwarding(server: Block, service: Block) -> str:
    """Return how packets reach one real server: its own way, or that of the service."""
    return str(server.get("lvs_method", forwarding(service))).partition(" ")[0]


@rule("port-not-changed", ERROR, "keepalived resets the port of a real_server that DR and TUN cannot change.",
      "check/check_data.c:1297 and 1322", SERVER, keywords=("port",))
def port_not_changed(configuration: Configuration, server: Block) -> Said:
    """For a virtual_server_group keepalived only says so, and packets go to the port that they came for."""
    service, port = server.parent, server.get("port")
    way = _forwarding(server, service) if service is not None and port else DEFAULT_FORWARDING
    if service is None or way == DEFAULT_FORWARDING:
        return
    if service.get("port"):
        if port != service.get("port"):
            yield f"{way} cannot change the port to {port}, it becomes {service.get('port')}.", \
                  "Use the port of the service, or lb_kind NAT."
        return
    for line in group_lines(configuration, service):
        if line[0] != "fwmark" and line[1:] != [str(port)]:
            yield f"{way} cannot change the port to {port} for {' '.join(line)} of the group " \
                  f"{service.get('group')}.", "Leave out the port of the real_server, or use lb_kind NAT."
            return


@rule("real-server-is-service", ERROR, "A real_server with the address of the service gets its packets back.",
      "run: config test", SERVER)
def real_server_is_service(configuration: Configuration, server: Block) -> Said:
    """So it is with an address of the virtual_server_group that the service is for."""
    service, ip = server.parent, ip_of(server.get("ip"))
    if service is None or ip is None:
        return
    served = configuration.index("served", "virtual_server", lambda each: _served(configuration, each))
    if (service.number, ip) in served:
        yield "it has the address of the service.", "Use the server's own address."


def _served(configuration: Configuration, service: Block) -> Iterator[Tuple[int, Optional[IP]]]:
    """Yield (number of the service, address) for each address that a service is for."""
    for address in (service.get("ip"), *(line[0] for line in group_lines(configuration, service))):
        yield service.number, ip_of(address)


@rule("real-server-unchecked", WARNING, "keepalived keeps a real_server without a check in the pool for ever.",
      "run: config test", SERVER)
def real_server_unchecked(_configuration: Configuration, server: Block) -> Said:
    if all(server.lacks(keyword) for keyword in CHECKS):
        yield "nothing checks it, so it gets connections when it is down, too.", "Add a check such as TCP_CHECK."


@rule("real-server-family", ERROR, "keepalived skips a real_server of another family than the service.",
      "check/check_parser.c:685", SERVER)
def real_server_family(configuration: Configuration, server: Block) -> Said:
    """The family of a firewall mark or a group is that of ip_family or persistence_granularity, or else of the first
    real server that is not TUN."""
    service, ip = server.parent, ip_of(server.get("ip"))
    if service is None or ip is None:
        return
    other = 10 - ip.version
    if (service.number, other) in families(configuration) and method(service, server) not in (None, ANY_FAMILY):
        yield f"it is IPv{ip.version}, the service is IPv{other}: it is skipped.", \
              f"Use its IPv{other} address, or lb_kind TUN."


@rule("weight-too-large", WARNING, "keepalived takes weights that the tools of IPVS do not know.", "ipvsadm(8)", SERVER,
      keywords=("weight",))
def weight_too_large(_configuration: Configuration, server: Block) -> Said:
    if server.get("weight", 0) > HEAVIEST:
        yield f"weight {server.get('weight')} is more than {HEAVIEST}, the largest that ipvsadm takes.", \
              "Use smaller weights.", "weight"


@rule("check-slower-than-loop", WARNING, "A check whose time-out is not shorter than its loop runs without a pause.",
      "check/check_api.c", *CONNECTING)
def check_slower_than_loop(_configuration: Configuration, check: Block) -> Said:
    timeout, loop = _inherited(check, "connect_timeout", CONNECT_TIMEOUT), _inherited(check, "delay_loop", DELAY_LOOP)
    if timeout >= loop:
        yield f"connect_timeout {timeout} is not shorter than delay_loop {loop}.", \
              "Set connect_timeout below delay_loop.", "connect_timeout"


def _inherited(check: Block, keyword: str, default: float) -> float:
    """Return the value of a check, its real server or its service."""
    block: Any = check
    while block is not None:
        found: Optional[float] = block.get(keyword)
        if found is not None:
            return found
        block = block.parent
    return default


@rule("check-of-another-protocol", WARNING, "UDP_CHECK says nothing about a service of TCP.", "run: config test",
      SERVER, keywords=("UDP_CHECK",))
def check_of_another_protocol(_configuration: Configuration, server: Block) -> Said:
    protocol = server.parent.get("protocol") if server.parent else None
    if protocol == "TCP" and server.get("UDP_CHECK"):
        yield "UDP_CHECK does not ask the service, which is TCP.", "Use TCP_CHECK.", "UDP_CHECK"


@rule("checked-undefined", ERROR, "keepalived drops a check of a track_file or bfd_instance that is not defined.",
      "run: config test", *CHECKERS)
def checked_undefined(configuration: Configuration, check: Block) -> Said:
    section, keyword = CHECKERS[check.section]
    name = str(check.get(keyword, ""))
    if name and "$" not in name and not configuration.root.is_open and name not in configuration.defined(section):
        names = ", ".join(configuration.defined(section)) or "none"
        yield f"{section} {name} is not defined, so nothing is checked.", \
              f"Define it above (defined: {names}), or correct the name.", keyword


@rule("dns-name-invalid", WARNING, "keepalived ignores the name of a DNS_CHECK with an empty or a long label.",
      "run: config test, RFC 1035 section 2.3.4", f"{SERVER}/DNS_CHECK")
def dns_name_invalid(_configuration: Configuration, check: Block) -> Said:
    name = str(check.get("name", ""))
    labels = name.rstrip(".").split(".") if name.rstrip(".") else []
    if len(name) > LONGEST_NAME or any(not label or len(label) > LONGEST_LABEL for label in labels):
        yield f"name {name} is no name of DNS and is ignored.", \
              f"Labels have 1 to {LONGEST_LABEL} characters, the whole name {LONGEST_NAME} at most.", "name"
