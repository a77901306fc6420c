# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables of hosts that somebody meant for a role, and that no role has: Ansible takes any name without a word.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import Dict, Iterable, List, Optional, Sequence

from ansible_collections.openvip.cluster.plugins.module_utils._lint.cluster import names as named
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import WARNING, Finding
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import nearest

MISSPELT = "variable-misspelt"
# How alike two names have to be, without the name of the role: others may be variables of the user's own. Even these
# may be, as nginx_upstreams is a variable of another role, so that a slip is a warning and no error.
LIKENESS = 0.8


def misspelt(by_host: Dict[str, Iterable[str]], known: Dict[str, Sequence[str]]) -> List[Finding]:
    """Return a warning for every variable that is named almost as one of a role.

    :param by_host: the names of the variables of each host.
    :param known: by the name of each role the names of its variables; only names that begin with a role's are looked
        at.
    """
    every = {name for names in known.values() for name in names}
    found: Dict[str, List[str]] = {}
    for host, names in by_host.items():
        for name in names:
            if name not in every:
                found.setdefault(name, []).append(host)
    findings = []
    for name, hosts in sorted(found.items()):
        meant = _meant(name, every, known)
        if meant:
            findings.append(Finding(
                id=MISSPELT, severity=WARNING, object="variable %s of %s" % (name, named(sorted(hosts))),
                message="no role of openvip.cluster has a variable of this name, so it has no effect here.",
                remedy='Did you mean "%s"?' % meant, hosts=sorted(hosts)))
    return findings


def _meant(name: str, every: Iterable[str], roles: Iterable[str]) -> Optional[str]:
    """Return the variable that was meant, C(None) where the name begins with that of no role or is like none."""
    prefix = max((role + "_" for role in roles if name.startswith(role + "_")), key=len, default=None)
    if prefix is None:
        return None
    # those of a role whose name begins with that of another are variables of either
    words = {each[len(prefix):]: each for each in every if each.startswith(prefix)}
    match = nearest(name[len(prefix):], sorted(words), LIKENESS)
    return words[match] if match else None
