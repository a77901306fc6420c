# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for the routes that keepalived sets.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, WARNING

from .model import Block, Configuration, split
from .registry import Said, rule

ROUTES = ("virtual_routes", "static_routes")
RULES = ("virtual_rules", "static_rules")
# The words before the name of an interface.
DEVICES = ("dev", "oif", "iif", "vrf")


@rule("route-untracked", WARNING, "keepalived before 2.3.2 does not track a route without an interface.",
      "vrrp/vrrp_iproute.c:1875, run: config test", "vrrp_instance", "")
def route_untracked(configuration: Configuration, block: Block) -> Said:
    """It says so, and its config test fails. The interface of a nexthop does not count. When somebody else removes such
    a route, it stays away until the next change of state."""
    if configuration.version is None or configuration.at_least(2, 3, 2):
        return
    for keyword in ROUTES:
        for line in block.get(keyword, []):
            words = split(line)
            own = words[:words.index("nexthop")] if "nexthop" in words else words
            if not {"dev", "oif", "no_track"} & set(own) and "$" not in line:
                yield f'the route "{line}" names no interface, so it is not tracked.', \
                      "Add dev and the interface, or no_track when that is meant.", keyword, line


@rule("route-interface-not-on-host", ERROR, "keepalived ends when the interface of a route or rule does not exist.",
      "vrrp/vrrp_daemon.c:526, run: config test", "vrrp_instance", "")
def route_interface_not_on_host(configuration: Configuration, block: Block) -> Said:
    """A VRF has to exist even with dynamic_interfaces."""
    for keyword in (*ROUTES, *RULES):
        for line in block.get(keyword, []):
            words = split(line)
            for name in {name for word, name in zip(words, words[1:]) if word in DEVICES}:
                if "$" not in name and configuration.lacks_interface(name):
                    yield f'the host has no interface {name}, which the entry "{line}" names.', \
                          configuration.known_interfaces(), keyword, line
