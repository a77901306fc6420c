# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for unicast and multicast adverts.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import ipaddress

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, WARNING

from .model import Block, Configuration, addresses, is_strict
from .registry import Said, rule

# Keywords that mean something with unicast peers only.
UNICAST_KEYWORDS = (
    "unicast_src_ip",
    "unicast_ttl",
    "check_unicast_src",
    "unicast_fault_no_peer",
    "old_unicast_checksum",
)


@rule("unicast-without-peers", ERROR, "Without unicast_peer keepalived falls back to multicast.", "vrrp/vrrp.c:2994")
def unicast_without_peers(_configuration: Configuration, instance: Block) -> Said:
    found = [keyword for keyword in UNICAST_KEYWORDS if instance.has(keyword)]
    if found and instance.lacks("unicast_peer"):
        yield f"{found[0]} without unicast_peer: keepalived uses multicast.", \
              f"Add unicast_peer with the addresses of the other hosts, or remove {' and '.join(found)}.", found[0]


@rule("unicast-peer-family", ERROR, "Peers of another family than the addresses make keepalived drop those.",
      "run: config test")
def unicast_peer_family(_configuration: Configuration, instance: Block) -> Said:
    versions = {address.ip.version for address in addresses(instance, "virtual_ipaddress")}
    if len(versions) != 1:
        return
    for words in instance.lines("unicast_peer"):
        if _is_ip(words[0]) and ipaddress.ip_address(words[0]).version not in versions:
            yield f"unicast_peer {words[0]} is of another family than the virtual addresses.", \
                  f"Use the IPv{versions.pop()} address of that host.", "unicast_peer", words[0]
            return


@rule("unicast-peer-is-self", WARNING, "A host among its own peers sends its adverts to itself.",
      "vrrp/vrrp_data.c:970")
def unicast_peer_is_self(configuration: Configuration, instance: Block) -> Said:
    own = {str(address.ip) for _name, address in configuration.host_addresses()}
    own.add(instance.get("unicast_src_ip", ""))
    for words in instance.lines("unicast_peer"):
        if _is_ip(words[0]) and str(ipaddress.ip_address(words[0])) in own:
            yield f"unicast_peer {words[0]} is this host itself.", \
                  "List the addresses of the other hosts only.", "unicast_peer", words[0]


@rule("source-address-not-on-host", ERROR, "An instance whose source address is not on the host goes to FAULT.",
      "run: unicast_src_ip, mcast_src_ip")
def source_address_not_on_host(configuration: Configuration, instance: Block) -> Said:
    if configuration.interfaces is None:
        return
    own = {address.ip for _name, address in configuration.host_addresses()}
    for keyword in ("unicast_src_ip", "mcast_src_ip"):
        word = instance.get(keyword, "")
        if _is_ip(word) and ipaddress.ip_address(word) not in own:
            device = instance.get("interface")
            here = ", ".join(str(address.ip) for address in configuration.interfaces.get(device or "", []))
            yield (f"{keyword} {word} is no address of the host.",
                   f"Use one of {device}: {here}." if here else f"Correct it, or remove {keyword}.", keyword)


@rule("multicast-with-unicast", WARNING, "keepalived ignores mcast_dst_ip of an instance with unicast peers.",
      "vrrp/vrrp.c:3200")
def multicast_with_unicast(_configuration: Configuration, instance: Block) -> Said:
    if instance.has("mcast_dst_ip") and instance.has("unicast_peer"):
        yield "mcast_dst_ip has no effect with unicast_peer.", "Remove one of the two.", "mcast_dst_ip"


@rule("vmac-with-unicast", WARNING, "keepalived adds vmac_xmit_base to an instance with use_vmac and unicast peers.",
      "vrrp/vrrp_parser.c:446")
def vmac_with_unicast(_configuration: Configuration, instance: Block) -> Said:
    if instance.has("use_vmac") and instance.has("unicast_peer") and instance.lacks("vmac_xmit_base"):
        yield "use_vmac with unicast_peer needs vmac_xmit_base, which keepalived adds.", \
              "Set vmac_xmit_base.", "use_vmac"


@rule("strict-with-unicast", WARNING, "The VRRP standard knows no unicast; strict mode is meant to refuse it.",
      "vrrp/vrrp.c:2957")
def strict_with_unicast(configuration: Configuration, instance: Block) -> Said:
    if is_strict(configuration, instance) and instance.has("unicast_peer"):
        yield "unicast_peer is against vrrp_strict and only works by accident.", "Remove vrrp_strict.", "unicast_peer"


def _is_ip(word: str) -> bool:
    try:
        ipaddress.ip_address(word)
    except ValueError:
        return False
    return True
