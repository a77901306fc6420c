# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for authentication.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, WARNING

from .model import OWNER_PRIORITY, Block, Configuration, is_strict, priority, vrrp_version
from .registry import Said, rule


@rule("auth-type-without-pass", ERROR, "keepalived ignores an auth_type without an auth_pass.", "vrrp/vrrp.c:2936")
def auth_type_without_pass(_configuration: Configuration, instance: Block) -> Said:
    for block in instance.children("authentication"):
        if block.has("auth_type") and block.lacks("auth_pass"):
            yield ("auth_type without auth_pass: keepalived runs without authentication.",
                   "Add auth_pass, or remove authentication.", "authentication")


@rule("auth-pass-without-type", WARNING, "keepalived ignores an auth_pass without an auth_type.",
      "vrrp/vrrp_parser.c:1438")
def auth_pass_without_type(_configuration: Configuration, instance: Block) -> Said:
    for block in instance.children("authentication"):
        if block.has("auth_pass") and block.lacks("auth_type"):
            yield ("auth_pass without auth_type: keepalived runs without authentication.", "Add auth_type PASS.",
                   "authentication")


@rule("auth-ignored", WARNING, "keepalived ignores authentication with VRRP version 3 and in strict mode.",
      "vrrp/vrrp.c:2924, RFC 5798 section 9")
def auth_ignored(configuration: Configuration, instance: Block) -> Said:
    if not instance.has("authentication"):
        return
    if vrrp_version(configuration, instance) == 3:
        yield "VRRP version 3 has no authentication: keepalived ignores it.", "Remove authentication.", "authentication"
    elif is_strict(configuration, instance):
        yield "vrrp_strict allows no authentication: keepalived ignores it.", \
              "Remove authentication or vrrp_strict.", "authentication"


@rule("auth-ah-master", WARNING, "keepalived starts an instance with auth_type AH as BACKUP.", "vrrp/vrrp.c:2951")
def auth_ah_master(_configuration: Configuration, instance: Block) -> Said:
    if instance.get("authentication", {}).get("auth_type") == "AH" and instance.get("state") == "MASTER" and \
            priority(instance) not in (OWNER_PRIORITY, None):
        yield "auth_type AH starts as BACKUP, state MASTER has no effect.", \
              "Set state to BACKUP, or auth_type to PASS.", "state"
