# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What several keywords mean together: lint() applies every rule to the data of one host.

Keys, types, ranges and versions are the schema's business (check() there).

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence

from ansible_collections.openvip.cluster.plugins.module_utils._schema.check import normalise
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import Finding

from . import addresses, authentication, election, global_defs, scripts, sync_group, tracking, unicast
from .model import Configuration
from .registry import RULES, Rule

# The modules with rules, in the order in which they are applied; importing them registers what they hold.
MODULES = (election, authentication, addresses, unicast, tracking, sync_group, scripts, global_defs)


def rules() -> List[Rule]:
    """Return all rules in the order in which they are applied."""
    return [rule for module in MODULES for rule in RULES.values() if rule.check.__module__ == module.__name__]


def lint(
    data: Dict[str, Any], host: Optional[Dict[str, Any]] = None, version: Optional[Sequence[int]] = None
) -> List[Finding]:
    """Return what is wrong with the data of one host.

    ``host``: normalised facts ``{"interfaces": {name: ["address/prefix", ...]}}`` without loopback and without the
    virtual addresses that the host holds at the moment; None when nothing is known, then no rule looks at it.
    ``version``: of keepalived, such as (2, 2, 7). Values that the schema refuses are left out here, check() names them.
    """
    configuration = Configuration(normalise(data, version)[0], data, host, version)
    return [finding for rule in rules() for finding in rule.findings(configuration)]
