# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The data of one host as the rules look at it.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import ipaddress
import re
from typing import (
    AbstractSet,
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
    Union,
)

from ansible_collections.openvip.cluster.plugins.module_utils._conf.lexer import WHITE
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import Statement, parse
from ansible_collections.openvip.cluster.plugins.module_utils._schema import table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import ROOT, item_name, normalise
from ansible_collections.openvip.cluster.plugins.module_utils._schema.entries import SYNC_DAEMON
from ansible_collections.openvip.cluster.plugins.module_utils._schema.kinds import FALSE
from ansible_collections.openvip.cluster.plugins.module_utils._schema.layout import raw_text
from ansible_collections.openvip.cluster.plugins.module_utils._schema.line import literal
from ansible_collections.openvip.cluster.plugins.module_utils._schema.order import TRACKED
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import data_in_force
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import IP, to_address

Interface = Union[ipaddress.IPv4Interface, ipaddress.IPv6Interface]

ADDRESS_BLOCKS = ("virtual_ipaddress", "virtual_ipaddress_excluded")

OWNER_PRIORITY = 255
DEFAULT_PRIORITY = 100
DEFAULT_VERSION = 2


# str.split() would split at characters that belong to a word for keepalived.
_WORD = re.compile(f"[^{WHITE}]+")


def split(text: Any) -> List[str]:
    """Return the words of a value as keepalived splits them."""
    return _WORD.findall(str(text))


class SyncDaemon(NamedTuple):
    """The words of C(lvs_sync_daemon): who is copied to and from, and whose state the daemon follows.

    Without an C(instance) a director sends and takes connections all the time.
    """

    interface: str
    instance: Optional[str]
    options: Dict[str, str]


def sync_daemon(line: Any) -> Optional[SyncDaemon]:
    """Return what C(lvs_sync_daemon) says (keepalived.conf(5)), None where it is not set."""
    words = split(line or "")
    if not words:
        return None
    interface, *rest = words
    instance = rest.pop(0) if rest and rest[0] not in SYNC_DAEMON.options else None
    options = dict(zip(rest[::2], rest[1::2]))
    return SyncDaemon(interface, options.pop("inst", instance), options)


class Address(NamedTuple):
    """One ``line`` of the block ``keyword``; ``prefix`` is None when it is not written."""

    ip: IP
    prefix: Optional[int]
    device: Optional[str]
    label: Optional[str]
    keyword: str
    line: str


class Tracking(NamedTuple):
    """One line of a track_* block with the weight that counts, its own or that of what is tracked."""

    keyword: str
    name: str
    weight: int


# Most blocks have no raw lines.
_NOTHING: Sequence[Statement] = ()
_NO_KEYWORDS: AbstractSet[str] = frozenset()


class Block:
    """One block of the data.

    ``data`` is canonical, ``given`` the same as it was given. ``parent`` is the block around it, None at the
    top level, ``number`` its place among its like, from 1. ``written`` are the keywords in its raw lines; ``is_open``
    says that those hold more than can be seen here (an include, a definition that is used as a line, a sequence).
    """

    def __init__(
        self, section: str, data: Dict[str, Any], given: Any = None, parent: Optional[Block] = None, number: int = 1
    ) -> None:
        self.section = section
        self.data = data
        self._given: Dict[str, Any] = given if isinstance(given, dict) else {}
        self.parent = parent
        self.number = number
        self._label = ""
        self.name = str(data.get("name", ""))
        self.statements: Sequence[Statement] = _NOTHING
        self.written: AbstractSet[str] = _NO_KEYWORDS
        self.is_open = False
        if data.get("raw"):
            self.statements = list(parse("\n".join(map(raw_text, data["raw"]))).statements())
            self.written = {statement.keyword for statement in self.statements}
            self.is_open = any(
                statement.kind in ("include", "sequence") or statement.keyword[:1] in ("$", "")
                for statement in self.statements
                if statement.kind != "definition"
            )

    @property
    def label(self) -> str:
        """The name of the block in messages, as check() gives it."""
        if not self._label:
            self._label = self._named() if self.section else ROOT
        return self._label

    def _named(self) -> str:
        row = table.find_block(self.section)
        name = f"{self.parent.label} {row.keyword}" if self.parent else row.keyword
        return item_name(row, name, self.data, self.number) if row.repeatable else name

    def children(self, keyword: str) -> List[Block]:
        """Return the blocks of a keyword in this block."""
        blocks, given = ([value] if isinstance(value, dict) else value or []
                         for value in (self.data.get(keyword), self._given.get(keyword)))
        path = f"{self.section}/{keyword}"
        return [
            Block(path, block, given[number] if number < len(given) else None, self, number + 1)
            for number, block in enumerate(blocks)
        ]

    def get(self, keyword: str, default: Any = None) -> Any:
        """Return the value of a keyword, or the default."""
        return self.data.get(keyword, default)

    def has(self, keyword: str) -> bool:
        """Say whether the keyword is in the data, in what the schema refuses of it, or in the raw lines."""
        return keyword in self.data or bool(self._given.get(keyword)) or keyword in self.written

    def lacks(self, keyword: str) -> bool:
        """Say whether the keyword is certainly not there."""
        return not self.has(keyword) and not self.is_open

    def has_raw(self, keyword: str) -> bool:
        """Say whether raw lines may hold the keyword."""
        return self.is_open or keyword in self.written

    def lines(self, keyword: str) -> List[List[str]]:
        """Return the lines of a value block as lists of words."""
        return [words for words in map(split, self.data.get(keyword, [])) if words]


class Configuration:
    """The data of one host, with what is known of the host and its version of keepalived.

    ``data``: canonical; ``given``: the same as it was given.
    ``host``: normalised facts ``{"interfaces": {name: ["address/prefix", ...]}}`` without loopback, and what survey()
    finds of its scripts and users; or None.
    ``version``: such as (2, 2, 7), or None.
    """

    def __init__(
        self,
        data: Dict[str, Any],
        given: Any = None,
        host: Optional[Dict[str, Any]] = None,
        version: Optional[Sequence[int]] = None,
    ) -> None:
        given = given if isinstance(given, dict) else {}
        self.data = data
        self.version = tuple(version) if version else None
        self.root = Block("", data)
        self.globals = Block("global_defs", data.get("global_defs", {}), given.get("global_defs"))
        self._blocks = {
            section: [
                # The canonical form has a block for each block that was given.
                Block(section, block, before, None, number)
                for number, (block, before) in enumerate(zip(value, given.get(section) or [{}] * len(value)), 1)
            ]
            for section, value in data.items()
            if section != "raw" and isinstance(value, list) and all(isinstance(block, dict) for block in value)
        }
        self._defined: Dict[str, Dict[str, Block]] = {}
        self._indexes: Dict[str, Dict[Any, List[Block]]] = {}
        self.host: Dict[str, Any] = host or {}
        self.interfaces: Optional[Dict[str, List[Interface]]] = None
        if "interfaces" in self.host:
            self.interfaces = {
                name: [ipaddress.ip_interface(value) for value in values]
                for name, values in self.host["interfaces"].items()
            }

    def blocks(self, section: str) -> List[Block]:
        """Return the blocks of a section; the whole configuration for "", the one of global_defs."""
        if section == "":
            return [self.root]
        if section == "global_defs":
            return [self.globals]
        outer, _slash, keyword = section.rpartition("/")
        if outer and section not in self._blocks:
            self._blocks[section] = [
                child for block in self.blocks(outer) if keyword in block.data for child in block.children(keyword)
            ]
        return self._blocks.get(section, [])

    def at_least(self, *version: int) -> bool:
        """Say whether keepalived is known to be of this version or a newer one."""
        return self.version is not None and self.version >= version

    def defined(self, section: str) -> Dict[str, Block]:
        """Return the blocks of a section by name, those in raw lines with their name only."""
        if section not in self._defined:
            found = {
                statement.values[0]: Block(section, {"name": statement.values[0]})
                for statement in self.root.statements
                if statement.keyword in (section, "vrrp_" + section) and statement.values
            }
            found.update((block.name, block) for block in self.blocks(section))
            self._defined[section] = found
        return self._defined[section]

    def index(self, name: str, section: str, keys: Callable[[Block], Iterable[Any]]) -> Dict[Any, List[Block]]:
        """Return the blocks of a section by each of their keys; made once for each ``name``."""
        if name not in self._indexes:
            found: Dict[Any, List[Block]] = {}
            for block in self.blocks(section):
                for key in keys(block):
                    found.setdefault(key, []).append(block)
            self._indexes[name] = found
        return self._indexes[name]

    def host_addresses(self) -> Iterator[Tuple[str, Interface]]:
        """Iterate over (interface, address) of the host."""
        for name, addresses in (self.interfaces or {}).items():
            for address in addresses:
                yield name, address

    def strays(self, left: bool) -> Dict[IP, str]:
        """Return the virtual addresses on the host that its keepalived does not hold, with their interfaces.

        ``left``: whether to return those that a killed keepalived has left behind, or those that are the host's own.
        """
        found = ((to_address(address), each) for address, each in (self.host.get("stray") or {}).items())
        return {ip: str(each["interface"]) for ip, each in found if ip is not None and each["left"] is left}

    def made_interfaces(self) -> AbstractSet[str]:
        """Return the names of the interfaces that keepalived itself makes (use_vmac, use_ipvlan)."""
        return self.index("made interfaces", "vrrp_instance", _made_interfaces).keys()

    def lacks_interface(self, name: str) -> bool:
        """Say whether the host certainly has no such interface and keepalived does not wait for one."""
        if self.interfaces is None or self.globals.has("dynamic_interfaces"):
            return False
        return name != "lo" and name not in self.interfaces and name not in self.made_interfaces()

    def known_interfaces(self) -> str:
        """Return the remedy that names the interfaces of the host."""
        names = ", ".join(self.interfaces or {}) or "none"
        return f"Correct the name (the host has: {names}), or set dynamic_interfaces."

    def groups_of(self, instance: Block) -> List[Block]:
        """Return the sync groups that list the instance."""
        groups = self.index("members", "vrrp_sync_group", lambda group: set(group.get("group", [])))
        return groups.get(instance.name, [])

    def trackings(self, block: Block) -> Iterator[Tracking]:
        """Iterate over everything that an instance or a sync group tracks."""
        for words in block.lines("track_interface"):
            yield Tracking("track_interface", words[0], _weight(words[1:], 0))
        for keyword, (section, default) in TRACKED.items():
            known = self.defined(section)
            for words in block.lines(keyword):
                own = _weight(["weight", *split(known[words[0]].get("weight", default))], default) \
                    if words[0] in known else default
                yield Tracking(keyword, words[0], _weight(words[1:], own))


def configuration_in_force(
    data: Dict[str, Any], host: Optional[Dict[str, Any]] = None, version: Optional[Sequence[int]] = None
) -> Configuration:
    """Return the Configuration of data with the values that its definitions give it, and without what nobody knows."""
    found = data_in_force(data, version)
    if found is data:
        return Configuration(normalise(data, version)[0], data, host, version)
    with literal():
        return Configuration(normalise(found, version)[0], found, host, version)


def _made_interfaces(instance: Block) -> Iterator[str]:
    for keyword in ("use_vmac", "use_ipvlan"):
        if instance.has(keyword):
            yield from split(instance.get(keyword, "")) or [""]
            yield f"vrrp.{instance.get('virtual_router_id')}"


def parse_address(words: Sequence[str], keyword: str = "") -> Optional[Address]:
    """Return what the words of one line of an address block say, or None where they begin with no address.

    Such a line is wrong, which others say, or has a ${NAME}, and only the daemon knows what that stands for.
    """
    host, slash, prefix = words[0].partition("/")
    ip = to_address(host)
    try:
        length = int(prefix) if slash else None
    except ValueError:
        return None
    if ip is None:
        return None
    options = dict(zip(words[1:], words[2:]))
    return Address(ip, length, options.get("dev"), options.get("label"), keyword, " ".join(words))


def addresses(instance: Block, *keywords: str) -> List[Address]:
    """Return the virtual addresses of an instance, of all its address blocks or of the ones given."""
    parsed = (
        parse_address(words, keyword) for keyword in keywords or ADDRESS_BLOCKS for words in instance.lines(keyword)
    )
    return [address for address in parsed if address is not None]


def family(instance: Block) -> Optional[int]:
    """Return 4 or 6 as the daemon decides: by the first virtual address, peer or source address; None if unknown."""
    words = [line[0] for keyword in ("virtual_ipaddress", "unicast_peer") for line in instance.lines(keyword)]
    words.extend(instance.get(keyword, "") for keyword in ("unicast_src_ip", "mcast_src_ip"))
    if instance.has("native_ipv6"):
        return 6
    for word in words:
        ip = to_address(word.partition("/")[0])
        if ip is not None:
            return ip.version
    return None


def vrrp_version(configuration: Configuration, instance: Block) -> int:
    """Return the VRRP version that the instance runs: IPv6 is always 3 (RFC 5798), otherwise its own or the global."""
    if family(instance) == 6:
        return 3
    version: int = instance.get("version") or configuration.globals.get("vrrp_version") or DEFAULT_VERSION
    return version


def interval(block: Block, version: int) -> float:
    """Return the advert_int that the daemon uses, in seconds; version 2 rounds to whole ones (vrrp/vrrp.c:3268)."""
    written = float(block.get("advert_int", 1))
    return max(int(written + 0.5), 1) if version == 2 else written


def priority(instance: Block) -> Optional[int]:
    """Return the priority that the daemon uses; None when it is written in a raw line."""
    if not instance.lacks("priority") and instance.get("priority") is None:
        return None
    default = OWNER_PRIORITY if instance.get("state") == "MASTER" else DEFAULT_PRIORITY
    found: int = instance.get("priority", default)
    return found


def is_strict(configuration: Configuration, instance: Block) -> bool:
    """Say whether the instance keeps strictly to the standard."""
    strict = configuration.globals.has("vrrp_strict") and not _is_off(configuration, "vrrp_strict")
    return bool(instance.get("strict_mode", strict))


def _is_off(configuration: Configuration, keyword: str) -> bool:
    """Say whether a flag of global_defs is written with "off", where keepalived reads that word."""
    since = table.rows("global_defs")[keyword].off_since
    reads = since is not None and (configuration.version is None or configuration.version >= since)
    return reads and any(
        statement.values[0] in FALSE
        for statement in configuration.globals.statements
        if statement.keyword == keyword and statement.values
    )


def _weight(words: Sequence[str], default: int) -> int:
    """Return the weight in ``weight N [reverse]``; ``reverse`` turns its sign."""
    if "weight" not in words[:-1]:
        return default
    try:
        weight = int(words[list(words).index("weight") + 1])
    except ValueError:
        return default
    return -weight if "reverse" in words else weight
