# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for clients that keep their real server.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR

from .model import Block, Configuration
from .registry import Said, rule


@rule("granularity-of-other-family", ERROR, "keepalived reads a granularity of IPv4 as a netmask, of IPv6 as a length.",
      "check/check_parser.c:412 (inet_aton), run: config test", "virtual_server")
def granularity_of_other_family(_configuration: Configuration, service: Block) -> Said:
    """A number such as 24 is the mask 0.0.0.24 for IPv4, without a message from 2.0.20 on. IPv6 takes no netmask."""
    granularity, own = service.get("persistence_granularity"), str(service.get("ip", ""))
    if granularity is None or not own:
        return
    is_length = str(granularity).isdigit()
    if is_length and ":" not in own:
        yield f"persistence_granularity {granularity} is the netmask 0.0.0.{granularity}.", \
              "Write a netmask, like 255.255.255.0.", "persistence_granularity"
    elif not is_length and ":" in own:
        yield f"persistence_granularity {granularity} is a netmask, and the service is IPv6.", \
              "Write a prefix length, like 64.", "persistence_granularity"
