# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the configurations of all hosts to what they have in common and what each has of its own.

The way back is C(merged), which is the merge that every run of the role does. Every function here is pure.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Optional

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.derive import merge

Data = Dict[str, Any]


class Parts:
    """The configurations of a group of hosts, taken apart.

    :ivar common: the sections, or parts of them, that all hosts share.
    :ivar override: for each host, what is laid over I(common) block by block; the shape is that of the data.
    :ivar own: for each host, the sections that it has instead of one in I(common).
    """

    def __init__(self, hosts: Iterable[str]) -> None:
        self.common: Data = {}
        self.override: Dict[str, Data] = {host: {} for host in hosts}
        self.own: Dict[str, Data] = {host: {} for host in hosts}


def same(first: Any, second: Any) -> bool:
    """Return whether two values are the same, types included: C(true) is not 1, but the order of keys does not matter.
    """
    if type(first) is not type(second):
        return False
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(value, second[key]) for key, value in first.items())
    if isinstance(first, list):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second)


def split(configurations: Dict[str, Data]) -> Parts:
    """Return the C(Parts) of C({host: data}). The data must not hold C(None) or anything empty (see C(derive.pruned)).

    A section stands in I(common) as far as an override of single keys can make each host's from it: sections with
    keywords, and lists of blocks that have the same names in the same order on every host. Of a block, the override
    replaces whole keys. Everything else that differs is the host's own.
    """
    parts = Parts(configurations)
    for section in dict.fromkeys(section for data in configurations.values() for section in data):
        values = {host: data[section] for host, data in configurations.items() if section in data}
        first = next(iter(values.values()))
        everywhere = len(values) == len(configurations)
        if everywhere and all(same(first, value) for value in values.values()):
            parts.common[section] = first
        elif all(isinstance(value, dict) for value in values.values()):
            _split_keys(parts, section, values, configurations)
        elif everywhere and _names(first) and all(_names(value) == _names(first) for value in values.values()):
            _split_blocks(parts, section, values)
        else:
            for host, value in values.items():
                parts.own[host][section] = value
    return parts


def merged(parts: Parts, host: str) -> Data:
    """Return the configuration of one host, put together again."""
    data: Data
    data, findings = merge(dict(parts.common, **parts.own[host]), parts.override[host])
    if findings:
        raise ValueError(str(findings[0]))
    return data


def _shared(blocks: List[Data]) -> Data:
    """Return what several dictionaries have in common."""
    first, others = blocks[0], blocks[1:]
    return {key: value for key, value in first.items()
            if all(key in other and same(value, other[key]) for other in others)}


def _rest(block: Data, common: Data) -> Data:
    return {key: value for key, value in block.items() if key not in common}


def _split_keys(parts: Parts, section: str, values: Dict[str, Data], hosts: Iterable[str]) -> None:
    """Split a section with keywords; a host that does not have it shares nothing."""
    common = _shared([values.get(host, {}) for host in hosts])
    if common:
        parts.common[section] = common
    for host, value in values.items():
        rest = _rest(value, common)
        if rest:
            parts.override[host][section] = rest


def _split_blocks(parts: Parts, section: str, values: Dict[str, List[Data]]) -> None:
    """Split a list of named blocks."""
    commons = [_shared(list(blocks)) for blocks in zip(*values.values())]
    parts.common[section] = commons
    for host, blocks in values.items():
        rests = [dict(_rest(block, common), name=block["name"]) for block, common in zip(blocks, commons)]
        rests = [{"name": rest.pop("name"), **rest} for rest in rests if len(rest) > 1]
        if rests:
            parts.override[host][section] = rests


def _names(blocks: Any) -> Optional[List[str]]:
    """Return the names of a list of blocks, C(None) when it is none or when a name is missing or there twice."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        return None
    names = [block.get("name") for block in blocks]
    if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        return None
    return names
