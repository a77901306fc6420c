# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the vrrp_instances of the running keepalived track, and how that is, from the daemon's text dump.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional

# The first line of each block (vrrp/vrrp_data.c, vrrp/vrrp_if.c, trackers/track_file.c).
BLOCKS = (
    (re.compile(r" VRRP Script = (.*)$"), "track_script"),
    # in keepalived 2.0 " VRRP Track file = "
    (re.compile(r" (?:VRRP )?Track file = (.*)$"), "track_file"),
    (re.compile(r" VRRP Track process = (.*)$"), "track_process"),
    (re.compile(r" VRRP Track BFD = (.*)$"), "track_bfd"),
    (re.compile(r" Name = (.*)$"), "track_interface"),
)
# dump_tracking_vrrp in vrrp/vrrp_data.c
TRACKING = re.compile(r"     (.*), weight (-?\d+)( reverse)?( \(dynamic\))?$")
# include/vrrp_if.h: VRRP_NOT_TRACK_IF, an interface that an instance uses and does not track
NOT_TRACKED = 255
# What tells how the tracked thing is: the key of its line, by the kind of the block.
STATUS = {
    "track_script": "Status", "track_file": "Status", "track_process": "Have quorum", "track_interface": "State",
}
BFD = re.compile(r"   Bfd is (up|down)$")


def _good(kind, status, weight, reverse):
    """Whether a tracked thing neither lowers the priority nor keeps the instance in FAULT (keepalived.conf(5))."""
    if kind == "track_file":
        # The number in the file: with weight 0 it must be 0, otherwise it is multiplied by the weight.
        return int(status) == 0 if weight == 0 else int(status) * weight * (-1 if reverse else 1) >= 0
    well = {
        "track_script": status == "GOOD",
        "track_process": status == "true",
        "track_bfd": status == "up",
        "track_interface": status.startswith("UP, RUNNING"),
    }
    return well[kind] != reverse


def parse_tracked(text):
    """Return what each instance in a text dump tracks.

    :returns: ``{instance: [{"track": str, "name": str, "weight": int, "reverse": bool, "status": str,
        "good": bool}]}``: the keyword (track_script, track_file, track_process, track_bfd, track_interface), the name,
        the weight for this instance and whether it is C(reverse), the status in the daemon's words, and whether it does
        no harm. An instance tracks its own interface, too. One that tracks nothing is not in it.
    """
    found: Dict[str, List[Dict[str, Any]]] = {}
    kind: Optional[str] = None
    name = status = ""
    for line in text.splitlines():
        if line.startswith("------<"):
            kind = None
        if re.match(r" \S", line):
            heading = next(((match.group(1), each) for match, each in
                            ((pattern.match(line), each) for pattern, each in BLOCKS) if match), None)
            name, kind = heading or ("", None)
            status = ""
        elif kind is not None:
            key, separator, value = line.strip().partition(" = ")
            bfd = BFD.match(line)
            tracking = TRACKING.match(line)
            if separator and key == STATUS.get(kind) and not status:
                status = value
            elif bfd and kind == "track_bfd":
                status = bfd.group(1)
            elif tracking and status and not tracking.group(4):
                weight, reverse = int(tracking.group(2)), bool(tracking.group(3))
                if (kind, weight) != ("track_interface", NOT_TRACKED):
                    found.setdefault(tracking.group(1), []).append({
                        "track": kind, "name": name, "weight": weight, "reverse": reverse, "status": status,
                        "good": _good(kind, status, weight, reverse)})
    return found
