# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for sync groups.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import List

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, WARNING

from .model import OWNER_PRIORITY, Block, Configuration, priority
from .registry import Said, rule

SECTION = "vrrp_sync_group"


@rule("sync-group-empty", WARNING, "keepalived removes a sync group without members.", "vrrp/vrrp_sync.c:106", SECTION)
def sync_group_empty(_configuration: Configuration, group: Block) -> Said:
    if group.lacks("group"):
        yield "group is missing, so the sync group is removed.", "List at least two instances in group."


@rule("sync-group-single", WARNING, "A sync group of one instance synchronises nothing.", "vrrp/vrrp_sync.c:106",
      SECTION)
def sync_group_single(_configuration: Configuration, group: Block) -> Said:
    if len(group.get("group", [])) == 1:
        yield "the group has only one instance.", "List at least two instances, or remove the sync group.", "group"


@rule("sync-group-unknown-member", ERROR, "keepalived ignores members that do not exist.", "vrrp/vrrp_sync.c:70",
      SECTION)
def sync_group_unknown_member(configuration: Configuration, group: Block) -> Said:
    if configuration.root.is_open:
        return
    known = configuration.defined("vrrp_instance")
    for name in group.get("group", []):
        if name not in known and "$" not in name:
            names = ", ".join(known) or "none"
            yield f"the member {name} is no vrrp_instance.", \
                  f"Correct the name (there are: {names}), or remove it.", "group", name


@rule("sync-group-shared-member", ERROR, "keepalived takes an instance into the first of several sync groups only.",
      "vrrp/vrrp_sync.c:70", SECTION)
def sync_group_shared_member(configuration: Configuration, group: Block) -> Said:
    groups = configuration.index("groups of members", SECTION, _members)
    for name in _members(group):
        other = groups[name][0]
        if other is not group:
            yield f"the member {name} is also in vrrp_sync_group {other.name}.", \
                  "Keep it in one of the two.", "group", name


def _members(group: Block) -> List[str]:
    return list(dict.fromkeys(group.get("group", [])))


@rule("sync-group-mixed-owner", ERROR, "Address owners and others cannot change their state together.",
      "vrrp/vrrp_sync.c:80", SECTION)
def sync_group_mixed_owner(configuration: Configuration, group: Block) -> Said:
    members = [each for each in configuration.blocks("vrrp_instance") if each.name in group.get("group", [])]
    owners = [each.name for each in members if priority(each) == OWNER_PRIORITY]
    if owners and len(owners) < len(members):
        yield f"only {', '.join(owners)} of the members has priority 255, so the group cannot work.", \
              "Give all members priority 255, or none.", "group"
