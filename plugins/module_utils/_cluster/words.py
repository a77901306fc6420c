# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The definition of a cluster as keepalived's table of words knows it.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.order import INSTANCE, ORDER, without_order
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.services import (
    OPTIONS,
    OURS,
    SERVICE,
    without_groups,
)
from ansible_collections.openvip.cluster.plugins.module_utils._schema import table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import MISSING, UNKNOWN, VALUE, check
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, Finding, error
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import BLOCK
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import nearest

SERVER = SERVICE + "/real_server"
# By section, the keys that are none of keepalived's.
OWN = {SERVICE: OURS, INSTANCE: (ORDER,)}


def keepalived_words(config: Dict[str, Any]) -> Dict[str, Any]:
    """Return the definition in keepalived's words alone: without those from which the derivation goes out."""
    return without_order(without_groups(config))


def given(data: Any) -> Any:
    """Leave out what is C(None), which Ansible fills in for options that are not set."""
    if isinstance(data, dict):
        return {key: given(value) for key, value in data.items() if value is not None}
    if isinstance(data, list):
        return [given(value) for value in data]
    return data


def newest(data: Any, path: str = "") -> Any:
    """Return the data of a section with its keywords by their newest names, as the derivation knows them.

    A keyword that stands there by both names stays as it is; check() reports it.
    """
    if isinstance(data, list):
        return [newest(block, path) for block in data]
    if not isinstance(data, dict):
        return data
    found = {}
    for key, value in data.items():
        row = table.find(str(key), path)
        if row is None:
            found[key] = newest(value, SERVER) if (path, key) == (SERVICE, OPTIONS) else value
        else:
            name = key if row.keyword in data else row.keyword
            found[name] = newest(value, row.path) if row.type == BLOCK else value
    return found


def misshapen(config: Dict[str, Any], override: Optional[Dict[str, Any]] = None) -> List[Finding]:
    """Return the errors in what is given, before anything is derived from it; what is left out is no error yet.

    :param config: the definition of a cluster.
    :param override: data of one host, in the same shape.
    """
    found = [_suggested(finding) for data in (config, override or {})
             for finding in check(keepalived_words(given(data)))
             if finding.severity == ERROR and finding.id != MISSING]
    for service in config.get(SERVICE) or []:
        if isinstance(service, dict) and not isinstance(service.get(OPTIONS) or {}, dict):
            found.append(error(VALUE, SERVICE, "%s must be a dictionary" % OPTIONS, "Write keys and values below it."))
    return found


def _suggested(finding: Finding) -> Finding:
    """Return the finding, with the key of ours as its remedy where an unknown key is most likely meant for that."""
    section = finding.object.partition(" ")[0]
    ours = OWN.get(section, ())
    if finding.id != UNKNOWN or not ours or table.homes(str(finding.keyword)) or " real_server " in finding.object:
        return finding
    meant = nearest(str(finding.keyword), [*ours, *table.rows(section)])
    return finding._replace(remedy='Did you mean "%s"?' % meant) if meant in ours else finding
