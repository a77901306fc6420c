# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The findings of the schema's check() among the rules, so that each of them is listed and documented.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from ansible_collections.openvip.cluster.plugins.module_utils._schema import check
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, WARNING

from .registry import SCHEMA, Rule, declare


def _said_by_check(identifier: str, severity: str, summary: str, explanation: str, source: str) -> None:
    def nothing() -> None:
        """Take the place of the function of a rule."""

    nothing.__doc__ = explanation
    declare(Rule(identifier, severity, summary, source, SCHEMA, (), nothing))


_said_by_check(
    check.VALUE, ERROR, "keepalived ignores a value of the wrong kind or out of range, or cuts it.",
    "Mostly the default stays, which the daemon says in its log; some values are cut to the nearest bound, a password "
    "to eight bytes. Some values end the daemon, as a virtual_router_id out of range does.", "lib/parser.c:431")
_said_by_check(
    check.MISSING, ERROR, "keepalived removes a block without its most important keyword, or ends.",
    "Without virtual_router_id the daemon does not start, a vrrp_script without script is removed.",
    "vrrp/vrrp.c:2314, vrrp/vrrp_parser.c:1609")
_said_by_check(
    check.DUPLICATE, ERROR, "Of two blocks with one name keepalived takes one, or both.",
    "A second vrrp_instance of the name is skipped with a message; a second vrrp_script or virtual_server is "
    "accepted without a word.", "run: config test")
_said_by_check(
    check.VERSION, ERROR, "keepalived ignores keywords that its version does not know.",
    "To an older version the keyword of a newer one is an unknown word.", "lib/parser.c:3098")
_said_by_check(
    check.DEPRECATED, WARNING, "keepalived still reads a deprecated keyword and advises another.",
    "A later version may not know it any more. lvs_sync_daemon_interface ends the VRRP process on a kernel without "
    "IPVS.", "vrrp/vrrp_parser.c:1220")
