# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of priority of the members, which a vrrp_instance may have for itself: C(priority_order).

So one host leads one instance and another host the next, as where each of two hosts is the master of one address. Every
function here is pure.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Sequence, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, Finding
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import nearest

Data = Dict[str, Any]
# What is wrong, and the remedy.
Said = Tuple[str, str]

# None of keepalived's words; priority and state are derived from it.
ORDER = "priority_order"
DERIVED = ("priority", "state")
INSTANCE = "vrrp_instance"


def _instances(config: Data) -> List[Data]:
    return [instance for instance in config.get(INSTANCE) or [] if isinstance(instance, dict)]


def without_order(config: Data) -> Data:
    """Return the definition without the orders, which keepalived does not know; what is no list of instances stays."""
    if not isinstance(config.get(INSTANCE), list):
        return config
    return dict(config, **{INSTANCE: [
        {key: value for key, value in instance.items() if key != ORDER} if isinstance(instance, dict) else instance
        for instance in config[INSTANCE]]})


def ordered(instance: Data, names: Sequence[str]) -> List[str]:
    """Return the names of the members, the highest priority first: those that the instance lists, then the others.

    :param names: the members in the order of their group.
    """
    first = list(instance.get(ORDER) or [])
    return first + [name for name in names if name not in first]


def _unlike_names(listed: Any, names: Sequence[str]) -> Iterator[Said]:
    """Yield what is wrong with the list itself."""
    known = "Name members of the group, the highest priority first (there are: %s)." % ", ".join(names)
    if not isinstance(listed, list) or not listed or not all(isinstance(name, str) for name in listed):
        yield "%s must be a list of host names, got %r" % (ORDER, listed), known
        return
    for name in dict.fromkeys(listed):
        if listed.count(name) > 1:
            yield "%s has %s %d times" % (ORDER, name, listed.count(name)), "Name it once."
        if name not in names:
            match = nearest(name, names)
            yield ("%s: %s is no member of the group" % (ORDER, name),
                   'Did you mean "%s"?' % match if match else known)


def _apart(config: Data, names: Sequence[str]) -> Iterator[Tuple[str, Said]]:
    """Yield the name and the fault of each sync group that would have several leaders."""
    instances = {instance.get("name"): instance for instance in _instances(config)}
    for group in config.get("vrrp_sync_group") or []:
        members = [instances[name] for name in group.get("group") or [] if name in instances]
        leaders = {instance["name"]: ordered(instance, names)[0] for instance in members}
        if len(set(leaders.values())) > 1:
            said = ", ".join("%s of %s" % (leader, name) for name, leader in leaders.items())
            yield "vrrp_sync_group %s" % group.get("name"), (
                "its instances are always on one host, and several lead them (%s)" % said,
                "Give them one %s, or take them out of the group." % ORDER)


def misordered(config: Data, override: Data, names: Sequence[str]) -> List[Finding]:
    """Return the errors in the orders of a definition.

    :param config: the definition of the cluster, the same for all members.
    :param override: what is laid over it for one member.
    :param names: the members in the order of their group.
    """
    said: List[Tuple[str, Said]] = []
    for instance in _instances(config):
        name = "%s %s" % (INSTANCE, instance.get("name"))
        listed = instance.get(ORDER)
        if listed is None:
            continue
        said += [(name, fault) for fault in _unlike_names(listed, names)]
        said += [(name, ("%s and %s are both set, and %s follows from the other" % (ORDER, key, key),
                         "Keep one of them.")) for key in DERIVED if instance.get(key) is not None]
    for instance in _instances(override):
        if instance.get(ORDER) is not None:
            said.append(("%s %s" % (INSTANCE, instance.get("name")), (
                "%s is in the override of one host, and the others would keep their order" % ORDER,
                "Set it in the definition of the cluster, or priority in the override.")))
    if not said:
        said += _apart(config, names)
    return [Finding(id="priority-order", severity=ERROR, object=name, message=message, remedy=remedy)
            for name, (message, remedy) in said]
