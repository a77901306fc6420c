# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for what instances and sync groups track, and for weights.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Iterator, List, Optional, Set, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, INFO, WARNING
from ansible_collections.openvip.cluster.plugins.module_utils._schema.order import TRACKED
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import IP, to_address

from .model import OWNER_PRIORITY, Block, Configuration, Tracking, priority
from .registry import Said, rule

TRACKERS = ("vrrp_instance", "vrrp_sync_group")
LOWEST, HIGHEST = 1, 254
BFD = "bfd_instance"
# Of keepalived by the version of IP; max_hops -1 is kept as the highest of one byte (include/bfd.h:37, 70, 88).
BFD_TTL = {4: 255, 6: 64}
MOST_HOPS = 255
# Checks of real servers that name such an object: section -> (its section, the keyword that names it).
CHECKERS = {
    "virtual_server/real_server/FILE_CHECK": ("track_file", "track_file"),
    "virtual_server/real_server/BFD_CHECK": ("bfd_instance", "name"),
}


@rule("tracked-undefined", ERROR, "keepalived ignores the tracking of what is not defined, so nothing is watched.",
      "vrrp/vrrp_track.c:214", *TRACKERS)
def tracked_undefined(configuration: Configuration, block: Block) -> Said:
    if configuration.root.is_open:
        return
    for keyword, (section, _default) in TRACKED.items():
        known = configuration.defined(section)
        for words in block.lines(keyword):
            if words[0] not in known and "$" not in words[0]:
                names = ", ".join(known) or "none"
                yield (f"{keyword} {words[0]} is not defined, so it is not watched.",
                       f"Define it in {section} (defined: {names}), or remove the line.", keyword, words[0])


@rule("tracked-twice", WARNING, "keepalived ignores the second line for the same object.", "run: config test",
      *TRACKERS)
def tracked_twice(configuration: Configuration, block: Block) -> Said:
    found = [(tracking.keyword, tracking.name) for tracking in configuration.trackings(block)]
    for keyword, name in sorted({each for each in found if found.count(each) > 1}):
        yield f"{keyword} {name} is listed twice, only the first line counts.", \
              "Remove one of the lines.", keyword, name


@rule("never-tracked", WARNING, "What no instance and no group tracks changes nothing.", "vrrp/vrrp.c:4790",
      *(section for section, _default in TRACKED.values()))
def never_tracked(configuration: Configuration, block: Block) -> Said:
    keyword = {section: keyword for keyword, (section, _default) in TRACKED.items()}[block.section]
    # Raw blocks may track it.
    if configuration.root.is_open or any(statement.has_block for statement in configuration.root.statements):
        return
    for path, checked in CHECKERS.items():
        if checked[0] == block.section and any(check.get(checked[1]) == block.name for check in
                                               configuration.blocks(path)):
            return
    for section in TRACKERS:
        trackers = configuration.index(section + keyword, section, lambda tracker: _tracked_names(tracker, keyword))
        if block.name in trackers or None in trackers:
            return
    yield "nothing tracks it, so it has no effect.", f"Add it to {keyword} of an instance, or remove it."


@rule("track-own-interface", INFO, "keepalived tracks the own interface of an instance in any case.",
      "vrrp/vrrp.c:3531")
def track_own_interface(_configuration: Configuration, instance: Block) -> Said:
    if instance.get("interface") in [words[0] for words in instance.lines("track_interface")]:
        yield f"track_interface {instance.get('interface')} is redundant: keepalived always tracks the interface of " \
              "the instance.", \
              "Remove the line. dont_track_primary turns that tracking off.", "track_interface", \
              instance.get("interface")


@rule("track-interface-not-on-host", ERROR, "keepalived ends when a tracked interface does not exist.",
      "vrrp/vrrp_track.c:96", *TRACKERS)
def track_interface_not_on_host(configuration: Configuration, block: Block) -> Said:
    for words in block.lines("track_interface"):
        if configuration.lacks_interface(words[0]):
            yield f"the host has no interface {words[0]} to track and keepalived would not start.", \
                  configuration.known_interfaces(), "track_interface", words[0]


@rule("weight-in-sync-group", ERROR, "keepalived ignores weights of members of a sync group.", "vrrp/vrrp.c:3844")
def weight_in_sync_group(configuration: Configuration, instance: Block) -> Said:
    for group in configuration.groups_of(instance):
        if group.lacks("sync_group_tracking_weight"):
            for tracking in _weighted(configuration, instance):
                yield (f"{tracking.keyword} {tracking.name} has weight {tracking.weight}, which is ignored in the "
                       f"vrrp_sync_group {group.name}.", "Set weight 0, or sync_group_tracking_weight in the group.",
                       tracking.keyword, tracking.name)


@rule("weight-with-owner", WARNING, "keepalived ignores weights of an instance with priority 255.", "vrrp/vrrp.c:3856")
def weight_with_owner(configuration: Configuration, instance: Block) -> Said:
    if priority(instance) == OWNER_PRIORITY:
        for tracking in _weighted(configuration, instance):
            yield f"{tracking.keyword} {tracking.name} has weight {tracking.weight}, which is ignored with " \
                  "priority 255.", "Set priority to 254 or less, or weight 0.", tracking.keyword, tracking.name


@rule("weight-out-of-range", WARNING, "keepalived keeps the priority with all weights within 1 to 254.",
      "vrrp/vrrp_track.c:558")
def weight_out_of_range(configuration: Configuration, instance: Block) -> Said:
    base = priority(instance)
    if base is None or base == OWNER_PRIORITY:
        return
    # The weight of a file is multiplied by a number that only the file knows.
    weights = [item.weight for item in _weighted(configuration, instance) if item.keyword != "track_file"]
    lowest = base + sum(weight for weight in weights if weight < 0)
    highest = base + sum(weight for weight in weights if weight > 0)
    if lowest < LOWEST:
        yield f"the weights can lower the priority from {base} to {lowest}, which becomes {LOWEST}.", \
              "Use smaller weights or a higher priority.", "priority"
    if highest > HIGHEST:
        yield f"the weights can raise the priority from {base} to {highest}, which becomes {HIGHEST}.", \
              "Use smaller weights or a lower priority.", "priority"


@rule("bfd-with-peer", ERROR, "Two hosts that track each other by BFD with weight 0 are both in FAULT after a crash.",
      "keepalived.conf(5), run: two hosts")
def bfd_with_peer(configuration: Configuration, instance: Block) -> Said:
    """Nobody holds the address then: the host that is left loses its session as well."""
    peers = {words[0] for words in instance.lines("unicast_peer")}
    sessions = configuration.defined(BFD)
    for tracking in configuration.trackings(instance):
        if tracking.keyword != "track_bfd" or tracking.weight or tracking.name not in sessions:
            continue
        neighbor = sessions[tracking.name].get("neighbor_ip")
        if neighbor in peers:
            yield (f"track_bfd {tracking.name} is the session with the peer {neighbor}, without a weight.",
                   "Track a third host, such as the gateway, or give it a weight.", tracking.keyword, tracking.name)


@rule("bfd-max-hops", ERROR, "keepalived lowers max_hops to the ttl of the session.", "bfd/bfd_parser.c:359", BFD)
def bfd_max_hops(_configuration: Configuration, session: Block) -> Said:
    """Without ttl, packets have a TTL of 255 for IPv4 and a hop limit of 64 for IPv6. -1 counts as 255."""
    neighbor, hops = _ip(session, "neighbor_ip"), session.get("max_hops", 0)
    ttl = session.get("ttl") or (BFD_TTL[neighbor.version] if neighbor and session.lacks("ttl") else None)
    most = hops if hops >= 0 else MOST_HOPS
    if ttl and most > ttl:
        what = f"{hops} is" if most == hops else f"{hops} counts as {most},"
        yield f"max_hops {what} more than the ttl {ttl}, and becomes {ttl}.", \
              f"Set ttl to {most}, or max_hops to {ttl} or less.", "max_hops"


@rule("bfd-family", ERROR, "keepalived leaves out a session between addresses of two families.",
      "bfd/bfd_parser.c:328", BFD)
def bfd_family(_configuration: Configuration, session: Block) -> Said:
    ours, theirs = _ip(session, "source_ip"), _ip(session, "neighbor_ip")
    if ours and theirs and ours.version != theirs.version:
        yield f"source_ip is IPv{ours.version} and neighbor_ip IPv{theirs.version}, so the session is left out.", \
              f"Use an IPv{theirs.version} address as source_ip.", "source_ip"


@rule("bfd-session-twice", ERROR, "Of two sessions between the same addresses keepalived leaves out the second.",
      "bfd/bfd_parser.c:340, bfd/bfd_data.c:355", BFD)
def bfd_session_twice(configuration: Configuration, session: Block) -> Said:
    """Without source_ip a session is one from every address."""
    sessions = configuration.index("sessions", BFD, lambda each: _ends(configuration, each))
    ends = _ends(configuration, session)
    if not ends:
        return
    neighbor, first = ends[0][0], sessions[ends[0]][0]
    # the first is never left out; with a source of its own it only stands in the way of the same one
    other = first if len(ends) == 1 or first.lacks("source_ip") else sessions[ends[1]][0]
    if other is not session and first is not session:
        yield f"{other.label} is a session with {neighbor}, too, and this one is left out.", \
              "Give both a source_ip of their own, or remove one of them.", "neighbor_ip"


def _ends(configuration: Configuration, session: Block) -> List[Tuple[IP, Optional[IP]]]:
    """Return the neighbour, and the neighbour with the source where there is one; nothing of what is left out anyway,
    and nothing where the addresses are not known."""
    ours, theirs = _ip(session, "source_ip"), _ip(session, "neighbor_ip")
    names = configuration.index("session names", BFD, lambda each: [each.name])
    if theirs is None or names[session.name][0] is not session or not (ours or session.lacks("source_ip")):
        return []
    if ours is None:
        return [(theirs, None)]
    return [(theirs, None), (theirs, ours)] if ours.version == theirs.version else []


def _ip(block: Block, keyword: str) -> Optional[IP]:
    return to_address(str(block.get(keyword, "")))


@rule("track-process-quorum", WARNING, "Of a quorum above its quorum_max keepalived ignores one, the first stays.",
      "vrrp/vrrp_parser.c:1739 and 1760", "vrrp_track_process")
def track_process_quorum(_configuration: Configuration, process: Block) -> Said:
    """Of quorum 1 and quorum_max 0 it is quorum_max that stays."""
    quorum, most = process.get("quorum"), process.get("quorum_max")
    if quorum is not None and most is not None and quorum > most:
        yield f"quorum {quorum} is more than quorum_max {most}, so one of them is ignored.", \
              "Set quorum_max to the quorum or more" + (", or remove quorum." if most == 0 else "."), "quorum"


def _tracked_names(tracker: Block, keyword: str) -> Set[Optional[str]]:
    """Return the names that are tracked by a keyword, and None when raw lines may hold more of them."""
    names: Set[Optional[str]] = {words[0] for words in tracker.lines(keyword)}
    return names | {None} if tracker.is_open or keyword in tracker.written else names


def _weighted(configuration: Configuration, block: Block) -> Iterator[Tracking]:
    return (tracking for tracking in configuration.trackings(block) if tracking.weight)
