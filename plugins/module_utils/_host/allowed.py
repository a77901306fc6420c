# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A kind of packets that a host has to accept: the controller derives it, the target applies it.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

# With auth_type AH an advert is in an authentication header (RFC 2338 section 5.3.6).
VRRP, AH = "vrrp", "ah"


class Allowed(NamedTuple):
    """Packets that are accepted.

    :ivar family: C(ipv4) or C(ipv6).
    :ivar source: the source address, or C(None) for any.
    :ivar protocol: C(vrrp), C(ah), C(tcp) or C(udp).
    :ivar port: 1 to 65535, or C(None) where the protocol has none.
    """

    family: str
    source: Optional[str]
    protocol: str
    port: Optional[int] = None
