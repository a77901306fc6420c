# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables of hosts that somebody meant for a role, and that no role has: Ansible takes any name without a word.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import Dict, Iterable, List, Sequence

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import WARNING, Finding
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import nearest

MISSPELT = "variable-misspelt"
# How alike two names have to be, without their first word: others may be variables of the user's own.
LIKENESS = 0.8


def misspelt(group: str, by_host: Dict[str, Iterable[str]], known: Sequence[str]) -> List[Finding]:
    """Return a warning for every variable that is named almost as one of a role.

    :param by_host: the names of the variables of each host.
    :param known: the names of the variables of the role; only names that begin with their first word are looked at.
    """
    words = {name.split("_", 1)[1]: name for name in known if "_" in name}
    prefixes = tuple({name.split("_", 1)[0] + "_" for name in words.values()})
    found: Dict[str, List[str]] = {}
    for host, names in by_host.items():
        for name in names:
            if name.startswith(prefixes) and name not in words.values():
                found.setdefault(name, []).append(host)
    findings = []
    for name, hosts in sorted(found.items()):
        meant = nearest(name.split("_", 1)[1], words, LIKENESS)
        if meant:
            findings.append(Finding(
                id=MISSPELT, severity=WARNING, object="variable %s of %s" % (name, group),
                message="no role of openvip.cluster has a variable of this name, so it has no effect here.",
                remedy='Did you mean "%s"?' % words[meant], hosts=sorted(hosts)))
    return findings
