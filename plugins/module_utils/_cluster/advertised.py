# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a change the other hosts of a cluster see on the wire.

A backup takes an advert only if it says what its own configuration says; one that it does not take is an advert that
was not sent, and after 3 x advert_int + skew there is a second master (keepalived's vrrp/vrrp.c, vrrp_check_packet and
vrrp_in_chk; RFC 3768 section 7.1, RFC 5798 section 7.1). Everything else, priorities too, may differ between hosts.
Every function here is pure.

Measured with keepalived 2.2.7, a request every 5 ms: at a reload the daemon keeps its state and its addresses, takes a
few milliseconds, and the master sends an advert at once. With addresses added and removed, auth_pass, advert_int and
version changed, there was one holder and no failed request, whichever host came first, as long as the reloads were no
further apart than C(bearable) says: 0.25 s was well with an advert_int of 0.1 (version 3), 2.5 s with 1 (version 2).
With 0.32 s and 3.3 s both hosts held the address. keepalived 2.3.3 did the same with reloads that were 0.19 s apart.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import json
from typing import Any, Dict, FrozenSet, Iterator, List, NamedTuple, Optional, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils import _timing
from ansible_collections.openvip.cluster.plugins.module_utils._lint.cluster import multicast_group
from ansible_collections.openvip.cluster.plugins.module_utils._lint.cluster_adverts import authentication
from ansible_collections.openvip.cluster.plugins.module_utils._lint.hmac import Hmac, hmac, rejected
from ansible_collections.openvip.cluster.plugins.module_utils._lint.model import (
    DEFAULT_PRIORITY,
    OWNER_PRIORITY,
    Block,
    Configuration,
    configuration_in_force,
    family,
    interval,
    parse_address,
    priority,
    vrrp_version,
)

#: What makes keepalived end a virtual router and begin another at a reload (vrrp/vrrp.c, vrrp_exist), so that nobody
#: has the address for 3 x advert_int + skew, whatever the order.
IDENTITY = ("virtual_router_id", "interface", "family", "multicast_group", "unicast_src_ip", "device")
#: Keywords of the device that an instance makes for itself: its adverts come from another card.
DEVICE = ("use_vmac", "vmac_xmit_base", "use_ipvlan")
#: Keywords that change the bytes of an advert and nothing else.
BYTES = ("v3_checksum_as_v2", "old_unicast_checksum")


class Advertised(NamedTuple):
    """What the peers of a vrrp_instance see of it, or depend on.

    :ivar authentication: type and what is sent of the password, C(None) without.
    :ivar virtual_ipaddress: the addresses without prefix; a line that only the daemon understands stays as it is.
    :ivar advert_int: seconds, C(None) in version 3, where a backup takes it from the master (RFC 5798 section 6.1).
    :ivar multicast_group: an empty string with unicast.
    :ivar unicast_peer: who gets the adverts; nobody else hears them.
    :ivar hmac: how adverts are signed and checked, C(None) where they are not.
    """

    virtual_router_id: Any
    interface: str
    family: int
    multicast_group: str
    unicast_src_ip: str
    device: str
    version: int
    authentication: Optional[Tuple[str, str]]
    virtual_ipaddress: FrozenSet[str]
    advert_int: Optional[float]
    unicast_peer: FrozenSet[str]
    bytes: str
    hmac: Optional[Hmac]


def _written(block: Block, *keywords: str) -> str:
    """Return what is written of the keywords, an empty string for none of them."""
    found = {keyword: block.get(keyword) for keyword in keywords if block.get(keyword) is not None}
    return json.dumps(found, sort_keys=True, default=str) if found else ""


def _addresses(block: Block, keyword: str) -> FrozenSet[str]:
    parsed = ((parse_address(words, keyword), words) for words in block.lines(keyword))
    return frozenset(" ".join(words) if address is None else str(address.ip) for address, words in parsed)


def advertised(configuration: Configuration, block: Block) -> Advertised:
    """Return what the peers see of a vrrp_instance."""
    version = vrrp_version(configuration, block)
    signed = hmac(configuration, block)
    return Advertised(
        virtual_router_id=block.get("virtual_router_id"), interface=str(block.get("interface", "")),
        family=family(block) or 4, multicast_group=multicast_group(configuration, block),
        unicast_src_ip=str(block.get("unicast_src_ip", "")) if block.has("unicast_peer") else "",
        device=_written(block, *DEVICE), version=version, authentication=authentication(configuration, block),
        virtual_ipaddress=_addresses(block, "virtual_ipaddress"),
        advert_int=interval(block, version) if version == 2 else None,
        unicast_peer=_addresses(block, "unicast_peer"), bytes=_written(block, *BYTES),
        hmac=signed if signed and signed.works else None)


def bearable(configuration: Configuration, block: Block) -> float:
    """Return for how many seconds a backup may miss every advert without becoming master.

    The last advert that it took may be one interval old, so it is one interval less than 3 x advert_int + skew.

    :raises ValueError: advert_int or priority is not one that VRRP has.
    """
    version = vrrp_version(configuration, block)
    used = priority(block)
    return _timing.crash(_timing.Timers(
        version, interval(block, version),
        DEFAULT_PRIORITY if used is None else min(used, OWNER_PRIORITY - 1),
        block.get("down_timer_adverts", _timing.DOWN_TIMER_ADVERTS))).low


class Change(NamedTuple):
    """What peers see of a change of one host.

    :ivar advertised: what, one sentence each; empty for nothing. Passwords are not shown.
    :ivar window: seconds for which the hosts may differ in it; C(None) when peers see nothing.
    """

    advertised: List[str]
    window: Optional[float]


def change(before: Dict[str, Any], after: Dict[str, Any]) -> Change:
    """Return what the peers see when a host goes from one configuration to another.

    A vrrp_instance that only one of the two has is none: its peers elect a master as they do at every start and end,
    unless its addresses go to another one.

    :param before: the data of the file that the daemon has read.
    :param after: the data of the file that it is to read.
    :raises ValueError: see L(bearable).
    """
    sentences: List[str] = []
    windows: List[float] = []
    former, latter = map(configuration_in_force, (before, after))
    for one, other in _pairs(former, latter):
        seen = [*_seen(advertised(former, one), advertised(latter, other)), *_taken_over(former, one, other)]
        if seen:
            sentences += ["%s: %s" % (other.label, sentence) for sentence in seen]
            windows += [bearable(former, one), bearable(latter, other)]
    return Change(sentences, min(windows) if windows else None)


def _pairs(before: Configuration, after: Configuration) -> Iterator[Tuple[Block, Block]]:
    """Yield each vrrp_instance as it was and as it will be.

    It is found by its name or by what keepalived finds it by, otherwise by an address. That goes to another virtual
    router, and each of the two has a holder while the hosts differ.
    """
    known, left = before.blocks("vrrp_instance"), []
    taken: List[int] = []
    for block in after.blocks("vrrp_instance"):
        wanted = (_key(block), block.name)
        numbers = [number for word in (0, 1) for number, each in enumerate(known)
                   if (_key(each), each.name)[word] == wanted[word] and number not in taken]
        if numbers:
            taken.append(numbers[0])
            yield known[numbers[0]], block
        else:
            left.append(block)
    for block in left:
        held = _held(block)
        for number, each in enumerate(known):
            if number not in taken and held & _held(each):
                yield each, block


def _taken_over(before: Configuration, one: Block, other: Block) -> Iterator[str]:
    """Yield which addresses that no advert names an instance takes over from another one, as sentences."""
    gained = _addresses(other, "virtual_ipaddress_excluded") - _held(one)
    found = sorted(address for address in gained
                   if any(address in _held(block) for block in before.blocks("vrrp_instance") if block is not one))
    if found:
        yield "virtual_ipaddress_excluded takes over %s from another vrrp_instance." % ", ".join(found)


def _key(block: Block) -> Tuple[Any, ...]:
    return block.get("virtual_router_id"), block.get("interface"), family(block)


def _held(block: Block) -> FrozenSet[str]:
    return _addresses(block, "virtual_ipaddress") | _addresses(block, "virtual_ipaddress_excluded")


def _seen(one: Advertised, other: Advertised) -> Iterator[str]:
    """Yield what differs for the peers, as sentences."""
    yield from _virtual_router(one, other)
    yield from _authentication(one, other)
    yield from _lists(one, other)
    if one.bytes != other.bytes:
        yield "the bytes of its adverts change (%s)." % ", ".join(BYTES)


def _virtual_router(one: Advertised, other: Advertised) -> Iterator[str]:
    for keyword in IDENTITY:
        before, after = getattr(one, keyword), getattr(other, keyword)
        if before != after:
            yield ("%s becomes %s instead of %s. keepalived begins a new virtual router for that, and nobody has its "
                   "addresses for 3 x advert_int + skew." % (keyword, after or "nothing", before or "nothing"))
    if one.version != other.version:
        yield "version becomes %d instead of %d." % (other.version, one.version)
    elif one.advert_int != other.advert_int:
        yield "advert_int becomes %g instead of %g." % (other.advert_int or 0, one.advert_int or 0)


def _authentication(one: Advertised, other: Advertised) -> Iterator[str]:
    if one.authentication != other.authentication:
        yield "authentication changes (passwords are not shown)."
    if rejected(one.hmac, other.hmac) or rejected(other.hmac, one.hmac):
        yield "auth_hmac changes (keys are not shown)."


def _lists(one: Advertised, other: Advertised) -> Iterator[str]:
    gained, lost = (", ".join(sorted(each)) for each in (other.virtual_ipaddress - one.virtual_ipaddress,
                                                         one.virtual_ipaddress - other.virtual_ipaddress))
    if gained:
        yield "virtual_ipaddress gains %s." % gained
    if lost:
        yield "virtual_ipaddress loses %s." % lost
    # A host that is added does not run yet, or hears the others already.
    if other.unicast_peer and one.unicast_peer - other.unicast_peer:
        yield "unicast_peer loses %s." % ", ".join(sorted(one.unicast_peer - other.unicast_peer))
