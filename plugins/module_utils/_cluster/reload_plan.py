# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which addresses a reload of keepalived would lose, and the reloads that keep them all.

At a reload keepalived goes through its old vrrp_instances one by one (vrrp/vrrp.c, clear_diff_vrrp). First it removes
the addresses of instances that are not in the new configuration (vrrp_exist compares virtual_router_id, family,
interface and more, not the name). Then it removes and adds addresses of the other instances. Before 2.2.2 it does both
in one pass, so that an instance that leaves may take an address from one before it. It considers an address as
set for good, and ignores the effects of its own requests on IPv4 addresses (core/keepalived_netlink.c). So it stays
MASTER without an address

- that it adds to one vrrp_instance while another one still has it, and then removes from that one,
- that the kernel removes with the first one of its subnet (promote_secondaries, ip-sysctl of the kernel),
- that the kernel rejects, because its subnet has another scope,
- whose interface the instance creates itself and renames.

For IPv6 it does notice: it treats the removal of an address of an instance as a loss, and the instance leaves MASTER.

Everything here is pure, and follows the source of keepalived 2.1.5 to 2.4.3; tests compare it with the daemon.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from .._conf import edit
from .._conf.evaluate import evaluate
from .._conf.tree import Document, parse
from .._lint.cluster import multicast_group
from .._lint.model import (
    ADDRESS_BLOCKS,
    Block,
    Configuration,
    family,
    is_strict,
    parse_address,
    split,
    vrrp_version,
)
from .._schema.check import normalise
from .._schema.read import read_in_force
from .kernel_model import Address, Kernel

#: Keywords for an interface that an instance creates on top of its own.
DEVICES = ("use_vmac", "use_ipvlan")
STATIC = "static_ipaddress"
#: The first version that goes through its instances twice (vrrp/vrrp.c, clear_diff_vrrp).
TWO_PASSES = (2, 2, 2)


class Router(NamedTuple):
    """A vrrp_instance as a reload treats it.

    :ivar key: the values by which keepalived recognises it.
    :ivar master: whether it has its addresses on this host.
    :ivar promoting: the interface on which it enables promote_secondaries, else an empty string.
    """

    name: str
    key: Tuple[Any, ...]
    master: bool
    addresses: Tuple[Address, ...]
    promoting: str = ""

    @property
    def label(self) -> str:
        return "vrrp_instance %s" % self.name


class Host(NamedTuple):
    """A host with a running daemon: its instances in their order, its static addresses, and the kernel's addresses.

    :ivar one_pass: whether the daemon goes through its instances once only.
    """

    routers: Tuple[Router, ...]
    static: Tuple[Address, ...]
    kernel: Kernel
    one_pass: bool = False


class Loss(NamedTuple):
    """An address that an instance would lose while it is MASTER.

    :ivar router: the label of the instance.
    :ivar reason: a sentence.
    :ivar remedy: a sentence; empty where the address has to be left out for one reload.
    """

    router: str
    address: Address
    reason: str
    remedy: str

    def __str__(self) -> str:
        return "%s: a reload would lose %s on %s. %s" % (
            self.router, self.address.ip, self.address.device, self.reason)


class Plan(NamedTuple):
    """How the daemon gets a new configuration.

    :ivar texts: the texts of the file, in the order of the reloads: the new one, or one without some addresses and
        then the new one. Empty for a rejected configuration.
    :ivar away: the addresses that the host gives up between the two reloads.
    :ivar reasons: why there are two reloads, one sentence for each address.
    :ivar rejected: why this configuration cannot be reloaded without a loss, sentences with remedies.
    """

    texts: List[str]
    away: List[str]
    reasons: List[str]
    rejected: List[str]


def plan(instances: Optional[Sequence[Dict[str, Any]]], before: Optional[str], after: str,
         listed: Sequence[Dict[str, Any]], promoting: Iterable[str] = (),
         version: Optional[Tuple[int, ...]] = None) -> Plan:
    """Return the reloads by which the daemon gets the configuration I(after) and keeps every address.

    :param instances: the vrrp_instances that the daemon reports (see C(state.instances)); C(None) or empty where it
        does not run, does not answer or has no instance, so that it cannot lose an address.
    :param before: the text that the daemon has read, for values that it does not report; C(None) if unknown. If it is
        equal to I(after), the plan restores lost addresses.
    :param after: the new text.
    :param listed: the interfaces of this host as C(ip -json address show) lists them.
    :param version: of the daemon, three numbers; C(None) for a new one.
    :param promoting: the interfaces on which the kernel promotes secondary addresses.
    """
    latter = read_in_force(after)
    if not instances or not _is_plain(latter):
        return Plan([after], [], [], [])
    former = read_in_force(before) if before is not None else {}
    host = Host(_in_force(instances, former), _static(former, is_set=True), Kernel.of(listed, promoting))
    host = host._replace(one_pass=version is not None and version < TWO_PASSES)
    losses = reload(host, latter)[1]
    if not losses:
        return Plan([after], [], [], [])
    away = list(dict.fromkeys(loss.address.ip for loss in losses))
    reasons = [str(loss) for loss in losses]
    for text in (after, before):
        between = text and _without(text, away)
        if between and not _empty(read_in_force(between)) and _keeps(host, read_in_force(between), latter):
            return Plan([between, after], [str(ip) for ip in away], reasons, [])
    remedy = _in_two_runs(host, after, latter, away)
    return Plan([], [], [], ["%s %s" % (loss, loss.remedy or remedy) for loss in losses])


def _keeps(host: Host, between: Dict[str, Any], latter: Dict[str, Any]) -> bool:
    """Return whether a reload of I(between) and then one of I(latter) keep every address."""
    middle, losses = reload(host, between)
    return not losses and not reload(middle, latter)[1]


def _in_two_runs(host: Host, after: str, latter: Dict[str, Any], away: Sequence[Any]) -> str:
    """Return the remedy of two runs: without the instances that would have no address left, or else the addresses."""
    empty = _empty(read_in_force(_without(after, away)))
    between = dict(latter, vrrp_instance=[each for each in latter["vrrp_instance"] if each["name"] not in empty])
    if not empty or not _keeps(host, between, latter):
        return "Run twice: first without %s, then with them." % ", ".join(map(str, away))
    return ("Without %s an instance would have no address. Run twice: first without vrrp_instance %s, then with it; "
            "no host has its addresses in between." % (", ".join(map(str, away)), " and ".join(empty)))


def reload(host: Host, data: Dict[str, Any]) -> Tuple[Host, List[Loss]]:
    """Return the host after a reload of I(data), and the addresses that it would lose as MASTER."""
    configuration = Configuration(normalise(data)[0], data)
    routers = [_router(configuration, block) for block in configuration.blocks("vrrp_instance")]
    kernel = host.kernel.copy()
    kernel.promoting.update(router.promoting for router in routers)
    static, gone = _carried(host.static, _static(data))
    for address in gone:
        kernel.remove(address, STATIC)
    numbers = {router.key: number for number, router in reversed(list(enumerate(routers)))}
    masters = [router for router in host.routers if router.master]
    if not host.one_pass:
        masters.sort(key=lambda router: router.key in numbers)
    for old in masters:
        if old.key not in numbers:
            for address in old.addresses:
                if address.is_set:
                    kernel.remove(address, old.label)
        else:
            number = numbers[old.key]
            new = routers[number]
            addresses, gone = _carried(old.addresses, new.addresses)
            for address in gone:
                kernel.remove(address, old.label)
            routers[number] = new._replace(master=True, addresses=tuple(map(kernel.set, addresses)))
    static = list(map(kernel.set, static))
    losses = [loss for router in routers if router.master for loss in _losses(router.label, router.addresses, kernel)]
    losses += _losses(STATIC, static, kernel)
    kernel.forget()
    return host._replace(routers=tuple(routers), static=tuple(static), kernel=kernel), losses


def _carried(old: Sequence[Address], new: Sequence[Address]) -> Tuple[List[Address], List[Address]]:
    """Return the new addresses with their former C(is_set), and the removed ones (get_diff_address and address_exist of
    vrrp/vrrp_ipaddress.c)."""
    found, gone = list(new), []
    for address in old:
        if not address.is_set:
            continue
        number = next((number for number, each in enumerate(found) if each.same(address)), None)
        if number is None:
            gone.append(address)
        else:
            # An existing interface of keepalived shows the name that keepalived gives to it.
            device = address.device if found[number].is_made and address.is_made else found[number].device
            found[number] = found[number]._replace(is_set=True, device=device)
    return found, gone


def _losses(router: str, addresses: Sequence[Address], kernel: Kernel) -> List[Loss]:
    """Return the addresses of an instance that the kernel lacks, or whose removal the daemon notices."""
    found = []
    for address in addresses:
        why = kernel.lacks(address)
        if why is not None:
            found.append(Loss(router, address, why.reason, why.remedy))
    return found


def _is_plain(data: Dict[str, Any]) -> bool:
    """Return whether every address of the data can be read: no address is a definition, or in lines that only the
    daemon understands."""
    configuration = Configuration(normalise(data)[0], data)
    if configuration.root.has_raw("vrrp_instance"):
        return False
    return not any(
        block.has_raw(keyword) or any(parse_address(words) is None for words in block.lines(keyword))
        for block in configuration.blocks("vrrp_instance") for keyword in ADDRESS_BLOCKS)


def _empty(data: Dict[str, Any]) -> List[str]:
    """Return the instances without an address, which keepalived rejects. It accepts them only in version 2, and only as
    long as the daemon does not test the file itself (vrrp/vrrp.c, vrrp_complete_instance)."""
    configuration = Configuration(normalise(data)[0], data)
    return [block.name for block in configuration.blocks("vrrp_instance") if not block.lines("virtual_ipaddress") and (
        vrrp_version(configuration, block) != 2 or is_strict(configuration, block)
        or configuration.globals.has("reload_check_config"))]


def _without(text: str, away: Sequence[Any]) -> str:
    """Return the text without the lines of some virtual addresses; empty where it has no line for each of them alone,
    because a definition of several lines or a sequence stands for them."""
    evaluation = evaluate(text)
    numbers = {number for number, ip in _addresses(evaluation.document()) if ip in away}
    document = parse(text)
    for statement, ancestors in list(document.walk()):
        if statement.line in numbers and len(ancestors) == 2 and ancestors[1].keyword in ADDRESS_BLOCKS:
            edit.remove(document, statement)
    found = str(document)
    left = [ip for _number, ip in _addresses(evaluation.document()) if ip not in away]
    return found if [ip for _number, ip in _addresses(evaluate(found).document())] == left else ""


def _addresses(document: Document) -> Iterator[Tuple[int, Any]]:
    """Yield (line, address) of the virtual addresses of a document."""
    for statement, ancestors in document.walk():
        if len(ancestors) == 2 and ancestors[0].keyword == "vrrp_instance" and ancestors[1].keyword in ADDRESS_BLOCKS:
            address = parse_address(split(statement.keyword))
            if address is not None:
                yield statement.line, address.ip


def _router(configuration: Configuration, block: Block) -> Router:
    """Return an instance of a configuration, with no address set yet."""
    interface = str(block.get("interface", ""))
    made = next((keyword for keyword in DEVICES if block.has(keyword)), None)
    names = split(block.get(made)) if made and isinstance(block.get(made), str) else []
    device = names[0] if names else "vrrp.%s" % block.get("virtual_router_id")
    addresses = []
    for keyword in ADDRESS_BLOCKS:
        for words in block.lines(keyword):
            address = Address.of(words, interface)
            if address is None:
                continue
            if made and address.base == interface and address.ip.version == (family(block) or 4):
                address = address._replace(device=device, is_made=not names)
            addresses.append(address)
    return Router(block.name, _key(configuration, block), False, tuple(addresses),
                  interface if block.has("promote_secondaries") else "")


def _key(configuration: Configuration, block: Block) -> Tuple[Any, ...]:
    """Return the values by which vrrp_exist of vrrp/vrrp.c recognises an instance."""
    unicast = block.has("unicast_peer")
    return (block.get("virtual_router_id"), family(block) or 4, block.get("interface"), unicast,
            str(block.get("unicast_src_ip", "")) if unicast else multicast_group(configuration, block),
            not unicast and block.has("use_vmac"), not unicast and block.has("use_vmac_addr"))


def _in_force(instances: Sequence[Dict[str, Any]], data: Dict[str, Any]) -> Tuple[Router, ...]:
    """Return the instances of the daemon, in its order.

    :param data: of its file, for values that the dump does not have. Where the two differ, the dump counts.
    """
    configuration = Configuration(normalise(data)[0], data)
    blocks = {(block.name, block.get("virtual_router_id")): block for block in configuration.blocks("vrrp_instance")}
    return tuple(_running(instance, configuration, blocks.get((instance["name"], instance["virtual_router_id"])))
                 for instance in instances)


def _running(instance: Dict[str, Any], configuration: Configuration, block: Optional[Block]) -> Router:
    """Return an instance as the daemon reports it."""
    reported = [entry for keyword in ADDRESS_BLOCKS for entry in instance[keyword]]
    addresses = tuple(Address.reported(entry, instance["interface"]) for entry in reported)
    if block is None:
        base = next((address.base for address in addresses if address.device == instance["interface"]),
                    instance["interface"])
        block = Block("vrrp_instance", {
            "name": instance["name"], "virtual_router_id": instance["virtual_router_id"], "interface": base,
            "virtual_ipaddress": [entry["address"] for entry in instance["virtual_ipaddress"]],
            **({"use_vmac": True} if base != instance["interface"] else {})})
    return Router(instance["name"], _key(configuration, block), instance["state"] == "MASTER", addresses)


def _static(data: Dict[str, Any], is_set: bool = False) -> Tuple[Address, ...]:
    """Return the static addresses of a configuration."""
    found = (Address.of(split(line), "") for line in data.get(STATIC) or [])
    return tuple(address._replace(is_set=is_set) for address in found if address is not None and address.device)
