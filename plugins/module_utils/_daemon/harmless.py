# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The messages of C(keepalived --config-test) about a configuration that the daemon runs as it is written.

Only what keepalived reports by C(report_config_error) appears in a config-test: its log is off then (lib/logger.c). All
messages of 2.1.5 to 2.4.3 were read; one that is not here says that something written is dropped, changed or not valid.
Those behind the end of the test (vrrp/vrrp.c:5129), such as that of a script that nothing tracks, never appear. The
places are those of 2.4.3 unless a version is named.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Optional, Pattern


class Harmless(NamedTuple):
    """A message that does not stand in the way.

    :ivar pattern: fits the whole message without its place.
    :ivar remedy: a sentence for what the message does not say.
    """

    pattern: Pattern[str]
    remedy: str = ""


def _harmless(pattern: str, remedy: str = "") -> Harmless:
    return Harmless(re.compile(pattern), remedy)


HARMLESS = (
    # Old words, which do what they always did. The messages name the new ones.
    # vrrp/vrrp_parser.c:1254 and 1255; the second line is indented
    _harmless(r"\(.*\) Specifying lvs_sync_daemon_interface against a vrrp is deprecated\."),
    _harmless(r"Please use global lvs_sync_daemon"),
    # core/global_parser.c:663, and 599 of 2.1.5
    _harmless(r'Please use keyword "id" before lvs_sync_daemon (?:SYNCID|syncid value)'),
    # core/global_parser.c:1024, vrrp/vrrp_parser.c:1396
    _harmless(r'Keyword "(?:vrrp_)?vmac_garp_intvl" is deprecated - please use "(?:vrrp_)?garp_extra_if"'),
    # check/check_http.c:484
    _harmless(r"nb_get_retry is deprecated - please use 'retry'"),
    # vrrp/vrrp_iproute.c:1437 and 1774
    _harmless(r'"(?:gw|or)" for routes is deprecated\. Please use "(?:via|nexthop)"'),
    # vrrp/vrrp_parser.c:396
    _harmless(r"\(.*\) global_tracking is deprecated\. Use track_interface/script/file on the sync group"),
    # vrrp/vrrp_parser.c:911
    _harmless(r"\(.*\) 'linkbeat_use_polling' in vrrp instance deprecated - use linkbeat_interfaces block"),
    # vrrp/vrrp_parser.c:1383
    _harmless(r"\(.*\) thread_timer_expired - please replace with keyword 'timer_expired_backup'"),

    # What is missing has a default, or does nothing.
    # vrrp/vrrp.c:269, check/check_data.c:1062, core/main.c:2842
    _harmless(r"SECURITY VIOLATION - (?:check |start/shutdown )?scripts are being executed but script_security not "
              r"enabled\.(?: There are insecure scripts\.)?", "Set enable_script_security in global_defs."),
    # check/check_data.c:1143
    _harmless(r"Virtual server .*: no scheduler set, setting default '\w+'", "Set lb_algo."),
    # vrrp/vrrp.c:4295
    _harmless(r"\(.*\) No VIP specified; at least one is sensible", "Add virtual_ipaddress."),
    # vrrp/vrrp_sync.c:106; up to 2.2.2 " - removing" follows, and the group is gone
    _harmless(r"Sync group .* has only 1 virtual router\(s\) - this probably isn't what you want",
              "Add the other instances to its group, or remove the vrrp_sync_group."),
    # core/global_parser.c:274
    _harmless(r"Warning - empty notification_email block", "Add an address, or remove the block."),
    # vrrp/vrrp_parser.c:467
    _harmless(r"\(.*\) unicast with use_vmac requires vmac_xmit_base - setting", "Add vmac_xmit_base."),
    # vrrp/vrrp_iprule.c:856
    _harmless(r"Rule has no preference specified - setting to \d+\. This is probably not what you want\.",
              "Add preference to the rule."),
    # vrrp/vrrp_iproute.c:1886 of 2.1.5 to 2.3.1; later ones track such a route without an interface, too
    _harmless(r"Warning - cannot track route .* with no interface specified, not tracking",
              "Add dev to the route, so that the instance tracks its interface, or no_track."),

    # What is needless is left out.
    # vrrp/vrrp.c:3996
    _harmless(r"\(.*\) Ignoring track_interface \S+ since own interface", "Remove it from track_interface."),
    # vrrp/vrrp.c:3953
    _harmless(r"\(.*\) promote_secondaries is automatically set for vmacs - ignoring", "Remove promote_secondaries."),
    # check/check_data.c:1137
    _harmless(r"Warning: Virtual server .*: protocol specified for fwmark - protocol will be ignored",
              "Remove protocol."),
    # check/check_data.c:1278, 1282 and 1308
    _harmless(r"WARNING - fwmark virtual server .*, (?:real server .*|sorry server) has port specified - "
              r"(?:port will be ignored|clearing)", "Leave the port out."),
    # vrrp/vrrp_data.c:1194 and 1209, from 2.3.3 on. The two kinds of addresses side by side are not harmless: peers
    # that read them in another order send other adverts.
    _harmless(r"\(.*\): (?:VIP duplicates a|Excluded VIP duplicates an excluded) VIP \S+ - ignoring",
              "List the address once: before 2.3.3 keepalived does not report it."),
    # vrrp/vrrp.c:3521
    _harmless(r"\(.*\) Number of VIPs \(\d+\) exceeds maximum/space available in packet \(max \d+ addresses\) - "
              r"excess moved to eVIPs", "Move them to virtual_ipaddress_excluded."),

    # What is unusual is done.
    # core/global_parser.c:854
    _harmless(r"vrrp_mcast_group6 \[.*\] should be link-local multicast\.", "Take an address of ff02::/16."),
    # lib/parser.c:2610, 3466 and 3469: only what is reported of a missing file differs
    _harmless(r"include[mb] not supported - treating as includer"),
    _harmless(r"include_check type '.*' - not supported, (?:treating as 'read'|ignoring)"),
)


def find(message: str) -> Optional[Harmless]:
    """Return the C(Harmless) that fits a message without its place; C(None) when the message stands in the way."""
    return next((each for each in HARMLESS if each.pattern.fullmatch(message)), None)
