# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the configurations of a group of hosts to the variables of the role keepalived.

Every function here is pure.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Optional, Sequence, Set, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.difference import RAW, standing
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.factor import Data, split
from ansible_collections.openvip.cluster.plugins.module_utils._conf.tree import parse
from ansible_collections.openvip.cluster.plugins.module_utils._schema import layout, table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import BLOCK, HEAD
from ansible_collections.openvip.cluster.plugins.module_utils._schema.secret import MASK, mask

PREFIX = "keepalived_"
SECRET_PREFIX = "keepalived_secret_"


class Secret(str):
    """A value, or a raw line, that nobody but its host should read."""


class Reference(str):
    """The Jinja expression that stands for a secret in the variables."""


class Variables:
    """What is written for a group: variables by name.

    :ivar common: the variables of the group.
    :ivar common_secrets: the secrets that I(common) refers to.
    :ivar own: for each host, its variables.
    :ivar own_secrets: for each host, the secrets that its variables refer to.
    """

    def __init__(
        self, common: Data, common_secrets: Data, own: Dict[str, Data], own_secrets: Dict[str, Data]
    ) -> None:
        self.common = common
        self.common_secrets = common_secrets
        self.own = own
        self.own_secrets = own_secrets


def marked(text: str, version: Optional[Sequence[int]] = None) -> Data:
    """Return the data of a C(keepalived.conf) with a C(Secret) for each secret value, also in raw lines."""
    visible = {line for dummy, line in raw_lines(read(parse(mask(text)), version))}
    return _mark("", read(parse(text), version), visible)


def _mark(path: str, data: Data, visible: Set[str]) -> Data:
    found: Data = {}
    for key, value in data.items():
        row = table.find(key, path)
        if key == RAW:
            found[key] = [_marked_raw(entry, visible) for entry in value]
        elif row is None:
            found[key] = value
        elif row.type == BLOCK:
            found[key] = ([_mark(row.path, block, visible) for block in value] if isinstance(value, list)
                          else _mark(row.path, value, visible))
        elif row.secret:
            found[key] = [Secret(item) for item in value] if isinstance(value, list) else Secret(value)
        else:
            found[key] = value
    return found


def _marked_raw(entry: layout.RawEntry, visible: Set[str]) -> layout.RawEntry:
    text = layout.raw_text(entry)
    marked_text = text if text in visible else Secret(text)
    return dict(entry, **{layout.TEXT: marked_text}) if isinstance(entry, dict) else marked_text


def raw_lines(data: Data, path: str = "", label: str = "configuration") -> Iterator[Tuple[str, str]]:
    """Yield C((name of the block, text)) for everything that stands in C(raw), secrets masked."""
    for key, value in data.items():
        row = table.find(key, path)
        if key == RAW:
            for entry in value:
                line = layout.raw_text(entry)
                yield label, MASK if isinstance(line, Secret) else line
        elif row is not None and row.type == BLOCK:
            for block in value if isinstance(value, list) else [value]:
                yield from raw_lines(block, row.path, " ".join([key, *_heads(row.path, block)]))


def _heads(path: str, block: Data) -> List[str]:
    return [str(block[row.keyword]) for row in table.placed(path, HEAD) if row.keyword in block]


def explicit(data: Data) -> Data:
    """Return the data with a value for all that the role would otherwise derive to something else."""
    found = dict(data)
    if data.get("vrrp_instance"):
        found["vrrp_instance"] = [dict(instance, **standing(instance)) for instance in data["vrrp_instance"]]
    if data.get("vrrp_script"):
        found["global_defs"] = dict({"enable_script_security": False}, **data.get("global_defs", {}))
    return found


def variables(configurations: Dict[str, Data], group: str) -> Variables:
    """Return the C(Variables) that give each host its configuration.

    :param configurations: C({host: data}), data as from C(marked).
    :param group: the name of the inventory group.
    """
    parts = split({host: explicit(data) for host, data in configurations.items()})
    # The role has a script_user of its own for those who name none.
    parts.common["global_defs"] = dict({"script_user": None}, **parts.common.get("global_defs", {}))
    taken: Set[str] = set()
    settings = {PREFIX + "group": group, PREFIX + "track_service": "", PREFIX + "log_transitions": False,
                PREFIX + "maintenance_file": ""}
    common, common_secrets = _without_secrets(dict(settings, **_named(parts.common)), taken)
    own: Dict[str, Data] = {}
    own_secrets: Dict[str, Data] = {}
    for host in configurations:
        given = _named(parts.own[host])
        if parts.override[host]:
            given[PREFIX + "override"] = parts.override[host]
        # A host's secret must not take the place of one of the group.
        own[host], own_secrets[host] = _without_secrets(given, set(taken))
    return Variables(common, common_secrets, own, own_secrets)


def _named(sections: Data) -> Data:
    """Return the sections as variables of the role, in the order of the table."""
    order = [section for section in table.SECTIONS if section in sections]
    return {PREFIX + section: sections[section] for section in [*order, *(key for key in sections if key not in order)]}


def _without_secrets(value: Data, taken: Set[str]) -> Tuple[Data, Dict[str, str]]:
    """Return the variables with a C(Reference) for each C(Secret), and the secrets by their names."""
    secrets: Dict[str, str] = {}

    def replaced(item: Any, words: List[str]) -> Any:
        if isinstance(item, Secret):
            return _reference(str(item), words, secrets, taken)
        if isinstance(item, dict):
            name = [item["name"]] if isinstance(item.get("name"), str) else []
            return {key: replaced(each, [*words, *name, key]) for key, each in item.items()}
        if isinstance(item, list):
            return [replaced(each, words) for each in item]
        return item

    return {key: replaced(item, [key]) for key, item in value.items()}, secrets


def _reference(secret: str, words: List[str], secrets: Dict[str, str], taken: Set[str]) -> Reference:
    words = [word for word in words if word != PREFIX + "override"]
    name = SECRET_PREFIX + re.sub(r"[^a-z0-9]+", "_", "_".join(words).lower()).strip("_").replace(PREFIX, "", 1)
    unique, number = name, 1
    while unique in taken:
        number += 1
        unique = "%s_%d" % (name, number)
    taken.add(unique)
    secrets[unique] = secret
    return Reference("{{ %s }}" % unique)
