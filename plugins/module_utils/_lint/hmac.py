# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The keyed hashes of adverts (auth_hmac): what an instance says of them, and whose adverts it rejects.

The files and lines are those of keepalived 2.4.3.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Dict, NamedTuple, Optional

from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import key_bytes

from .model import Block, Configuration, interval, is_strict, split, vrrp_version

ENFORCE, RECEIVE_ONLY = "enforce", "receive-only"
# Bounds of the window that keepalived derives, in seconds (vrrp/vrrp.c:3378).
SHORTEST_WINDOW, LONGEST_WINDOW = 5, 300


class Hmac(NamedTuple):
    """What an instance does by auth_hmac.

    ``keys``: the bytes of each key by its number, None for one that is not known here; ``active``: the number of the
    key that signs, None without; ``mode`` and ``anti_replay`` in keepalived's words; ``window``: by how many seconds
    clocks may differ.
    """

    keys: Dict[int, Optional[bytes]]
    active: Optional[int]
    mode: str
    anti_replay: str
    window: float

    @property
    def signs(self) -> bool:
        """Whether own adverts are signed."""
        return self.mode != RECEIVE_ONLY

    @property
    def works(self) -> bool:
        """Whether keepalived does not turn it off for want of the key that signs (vrrp/vrrp.c:3364)."""
        return self.active in self.keys


def is_known(instance: Block) -> bool:
    """Return whether no raw line and no definition can say anything of auth_hmac."""
    return not instance.has_raw("auth_hmac") and all(
        not block.get("raw") and all(line[:1].isdigit() for line in block.get("key", []))
        for block in instance.children("auth_hmac"))


def hmac(configuration: Configuration, instance: Block) -> Optional[Hmac]:
    """Return what auth_hmac of an instance says, None without it or where it is not known; see is_known()."""
    if "auth_hmac" not in instance.data or not is_known(instance):
        return None
    block = Block("vrrp_instance/auth_hmac", instance.data["auth_hmac"])
    keys: Dict[int, Optional[bytes]] = {}
    for number, *words in map(split, block.get("key", [])):
        word = words[0].strip('"')
        # Of two with one number keepalived takes the first (vrrp/vrrp_auth_hmac.c:186).
        keys.setdefault(int(number), None if word.startswith("file:") or "$" in word else key_bytes(word))
    seconds = 3 * int(interval(instance, vrrp_version(configuration, instance)))
    return Hmac(
        keys, block.get("active_key"), ENFORCE if is_strict(configuration, instance) else block.get("mode", ENFORCE),
        block.get("anti_replay", "time"),
        block.get("time_window", min(max(seconds, SHORTEST_WINDOW), LONGEST_WINDOW)))


def rejected(receiver: Optional[Hmac], sender: Optional[Hmac]) -> str:
    """Return why an instance rejects the adverts of another, "" when it takes them (vrrp/vrrp.c:852 and 992).

    None stands for an instance that neither signs nor checks.
    """
    if sender is None or not sender.signs:
        return "unsigned" if receiver is not None and receiver.mode == ENFORCE else ""
    if receiver is None:
        return "signed"
    if sender.active not in receiver.keys:
        return "unknown key"
    ours, theirs = receiver.keys[sender.active], sender.keys[sender.active]
    return "other key" if ours and theirs and ours != theirs else ""
