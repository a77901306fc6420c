# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs in meaning between two configurations.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Optional

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.derive import pruned
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.factor import Data, same
from ansible_collections.openvip.cluster.plugins.module_utils._conf.evaluate import identities
from ansible_collections.openvip.cluster.plugins.module_utils._lint.model import Block, priority
from ansible_collections.openvip.cluster.plugins.module_utils._schema import layout, table, values
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import may_be_anything
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import BadValueError
from ansible_collections.openvip.cluster.plugins.module_utils._schema.read import read_in_force
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import BLOCK, FLAG, HEAD, Row
from ansible_collections.openvip.cluster.plugins.module_utils._schema.secret import MASK, mask, secrets_of

RAW = "raw"
STATE = "BACKUP"


def standing(instance: Data) -> Data:
    """Return the keywords that the role would derive for a vrrp_instance, with the values that the daemon uses when
    they are left out (vrrp_parser.c, vrrp_data.c): state and priority."""
    found: Data = {"state": instance.get("state", STATE)}
    used = instance.get("priority", priority(Block("vrrp_instance", instance)))
    # None: a raw line has it, and that line counts because it is written behind this one
    found["priority"] = priority(Block("vrrp_instance", {})) if used is None else used
    return found


def settled(data: Data, host: str) -> Data:
    """Return the data in one form for everything that means the same: keywords by their newest names, values in the
    types of the table, nothing that says nothing, and what the daemon assumes when it is not written.

    Values that the table refuses stay as they are.

    :param data: the data of one host.
    :param host: what the daemon of that host calls itself where no router_id is set.
    """
    found: Data = _section("", pruned(data))
    found["global_defs"] = dict({"router_id": host}, **found.get("global_defs", {}))
    found["vrrp_instance"] = [dict(instance, **standing(instance)) if isinstance(instance, dict) else instance
                              for instance in found.get("vrrp_instance", [])]
    kept: Data = pruned(found)
    return kept


def _section(path: str, data: Any) -> Any:
    if not isinstance(data, dict):
        return data
    found: Data = {}
    for key, value in data.items():
        row = table.find(key, path)
        if key == RAW:
            found[RAW] = [_raw(entry) for entry in ([value] if isinstance(value, (str, dict)) else value)]
        elif row is None:
            found[key] = value
        elif row.type != BLOCK:
            found[row.keyword] = _value(row, value)
        elif isinstance(value, list):
            found[row.keyword] = [_section(row.path, block) for block in value]
        else:
            found[row.keyword] = _section(row.path, value)
    return found


def _raw(entry: Any) -> Any:
    if not isinstance(entry, dict):
        return layout.tidy_raw(str(entry))
    return layout.raw_entry(layout.tidy_raw(str(entry.get(layout.TEXT, ""))), str(entry.get(layout.BEFORE) or ""))


def _value(row: Row, value: Any) -> Any:
    if row.type == FLAG and value is False:
        return None
    if row.is_list and isinstance(value, list):
        return [_item(row, item) for item in value]
    return value if row.is_list else _item(row, value)


def _item(row: Row, value: Any) -> Any:
    try:
        return values.check(row, [value])[0] if row.is_list else values.check(row, value)
    except (BadValueError, TypeError):
        # a plain str, whatever kind of str it was
        return str(value) if isinstance(value, str) else value


def difference(before: Data, after: Data, host: str) -> List[str]:
    """Return what differs in meaning between two configurations of one host, one sentence each; [] for nothing.

    Secrets are not shown.
    """
    found = []
    # longest first: one may be part of another
    hidden = sorted(secrets_of([before, after]), key=len, reverse=True)
    for sentence in _differing("", "", settled(before, host), settled(after, host)):
        for secret in hidden:
            sentence = re.sub(r"(?<!\w)%s(?!\w)" % re.escape(secret), MASK, sentence)
        found.append(sentence)
    return found


def difference_in_force(before: str, after: str, host: str) -> List[str]:
    """Return what differs in the meaning of two texts of one host, one sentence each; [] for nothing.

    They are compared as the daemon reads them, under each identity that their conditions tell from others.
    """
    found: Dict[str, List[str]] = {}
    names = sorted({*identities(before), *identities(after)})
    for identity in names:
        for sentence in difference(read_in_force(before, identity), read_in_force(after, identity), host):
            found.setdefault(sentence, []).append(identity)
    return [sentence if who == names else "As %s: %s" % (" and ".join(who), sentence)
            for sentence, who in found.items()]


def overriding(data: Data) -> Iterator[str]:
    """Yield a sentence for each keyword that the role writes behind a line which may set it, in canonical data."""
    for block in data.get("vrrp_instance", []):
        for entry in block.get(RAW, []):
            text = layout.raw_text(entry)
            if not may_be_anything(text):
                continue
            for keyword in ("state", "priority"):
                row = table.rows("vrrp_instance")[keyword]
                if keyword in block and layout.Places(row.section, block).of(entry) < (row.rank, 0):
                    yield "vrrp_instance %s: %s is written behind a line that may set it: %s" % (
                        block.get("name"), keyword, mask(text).partition("\n")[0])


def _shown(value: Any, secret: bool) -> str:
    if value is None:
        return "nothing"
    if secret:
        return MASK
    if isinstance(value, dict):
        return "a block"
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return "%d block%s" % (len(value), "" if len(value) == 1 else "s")
    return mask(", ".join(map(str, value)) if isinstance(value, list) else str(value))


def _differing(path: Optional[str], label: str, before: Any, after: Any, secret: bool = False) -> Iterator[str]:
    """Yield the differences of two values that stand at I(label) and belong to the section I(path)."""
    if same(before, after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            row = None if path is None else table.find(key, path)
            inner = row.path if row and row.type == BLOCK else None
            yield from _differing(inner, (label + " " + key).strip(), before.get(key), after.get(key),
                                  secret or bool(row and row.secret))
    elif _are_blocks(path, before) and _are_blocks(path, after) and len(before) == len(after):
        for number, (one, other) in enumerate(zip(before, after), 1):
            yield from _differing(path, "%s %s" % (label, _head(path or "", one, number)), one, other)
    else:
        yield "%s: %s became %s." % (label, _shown(before, secret), _shown(after, secret))


def _are_blocks(path: Optional[str], value: Any) -> bool:
    return path is not None and isinstance(value, list) and all(isinstance(block, dict) for block in value)


def _head(path: str, block: Data, number: int) -> str:
    """Return what names a block among its kind."""
    words = [str(block[row.keyword]) for row in table.placed(path, HEAD) if row.keyword in block]
    return " ".join(words) or "(number %d)" % number
