# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for authentication.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, INFO, WARNING

from .hmac import ENFORCE, hmac
from .model import OWNER_PRIORITY, Block, Configuration, is_strict, priority, split, vrrp_version
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
        yield "VRRP version 3 knows no authentication: keepalived ignores it.", \
              "Remove authentication; from keepalived 2.4 on, auth_hmac works with version 3.", "authentication"
    elif is_strict(configuration, instance):
        yield "vrrp_strict allows no authentication: keepalived ignores it.", \
              "Remove authentication or vrrp_strict.", "authentication"


@rule("auth-ah-master", WARNING, "keepalived starts an instance with auth_type AH as BACKUP.", "vrrp/vrrp.c:2951")
def auth_ah_master(_configuration: Configuration, instance: Block) -> Said:
    if instance.get("authentication", {}).get("auth_type") == "AH" and instance.get("state") == "MASTER" and \
            priority(instance) not in (OWNER_PRIORITY, None):
        yield "auth_type AH starts as BACKUP, state MASTER has no effect.", \
              "Set state to BACKUP, or auth_type to PASS.", "state"


@rule("hmac-without-active-key", ERROR, "keepalived turns auth_hmac off where no key has the number of active_key.",
      "vrrp/vrrp.c:3364 of 2.4.3, run: config test")
def hmac_without_active_key(configuration: Configuration, instance: Block) -> Said:
    """Adverts are neither signed nor checked then. Without active_key that is so, too, even with a single key."""
    found = hmac(configuration, instance)
    if found and not found.works:
        numbers = " or ".join(map(str, found.keys))
        yield ("active_key is missing, so keepalived turns auth_hmac off." if found.active is None else
               f"no key has the number {found.active} of active_key, so keepalived turns auth_hmac off.",
               f"Set active_key to {numbers}." if numbers else "Add a key, and its number as active_key.", "auth_hmac")


@rule("hmac-key-twice", ERROR, "Of two keys with one number keepalived takes the first.",
      "vrrp/vrrp_parser.c:1612 of 2.4.3, run: config test")
def hmac_key_twice(_configuration: Configuration, instance: Block) -> Said:
    for block in instance.children("auth_hmac"):
        numbers = [split(line)[0] for line in block.get("key", [])]
        for number in dict.fromkeys(numbers):
            if numbers.count(number) > 1:
                yield f"key {number} is there twice, and the first one counts.", \
                      "Give the second one a number of its own.", "auth_hmac"


@rule("hmac-with-authentication", ERROR, "keepalived ignores authentication beside auth_hmac.",
      "vrrp/vrrp.c:3359 of 2.4.3, run: config test")
def hmac_with_authentication(configuration: Configuration, instance: Block) -> Said:
    if hmac(configuration, instance) and instance.has("authentication") and vrrp_version(configuration, instance) == 2 \
            and not is_strict(configuration, instance):
        yield "authentication has no effect beside auth_hmac.", "Remove authentication.", "authentication"


@rule("hmac-mode-with-strict", ERROR, "In strict mode keepalived takes auth_hmac's mode for enforce.",
      "vrrp/vrrp.c:3369 of 2.4.3, run: config test")
def hmac_mode_with_strict(configuration: Configuration, instance: Block) -> Said:
    """Unsigned adverts are rejected then, while the other hosts may not sign theirs yet."""
    mode = instance.get("auth_hmac", {}).get("mode", ENFORCE)
    if mode != ENFORCE and is_strict(configuration, instance):
        yield f"mode {mode} becomes enforce in strict mode.", \
              "Turn strict mode on when all hosts are in mode enforce.", "auth_hmac"


@rule("hmac-not-enforced", INFO, "In modes permissive and receive-only keepalived accepts unsigned adverts.",
      "vrrp/vrrp.c:858 of 2.4.3")
def hmac_not_enforced(configuration: Configuration, instance: Block) -> Said:
    """They are the steps to the first signed adverts: receive-only on all hosts, then permissive, then enforce."""
    found = hmac(configuration, instance)
    if found and found.works and found.mode != ENFORCE:
        yield f"in mode {found.mode} unsigned adverts are accepted.", \
              f"Go on to mode {'enforce' if found.signs else 'permissive'} when all hosts have this one.", "auth_hmac"


@rule("hmac-window-ignored", WARNING, "keepalived looks at time_window with anti_replay time only.",
      "vrrp/vrrp_auth_hmac.c:413 of 2.4.3")
def hmac_window_ignored(_configuration: Configuration, instance: Block) -> Said:
    given = instance.get("auth_hmac", {})
    if "time_window" in given and given.get("anti_replay") == "monotonic":
        yield "time_window has no effect with anti_replay monotonic.", "Remove one of the two.", "auth_hmac"
