# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What VRRP's arithmetic says about a fault, from the configurations of the hosts.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils import _timing

#: What the cluster sees of a fault: systemd reports the service; only a question can find it; keepalived says goodbye;
#: silence; nothing that moves the address.
KINDS = ("tracked", "checked", "planned", "crash", "none")
# keepalived's defaults, keepalived.conf(5)
DEFAULTS = {"version": 2, "advert_int": 1, "priority": 100}


class Check(NamedTuple):
    """A vrrp_script that an instance tracks: seconds, failures in a row, seconds until it gives up, weight."""

    interval: float
    fall: int
    run_time: float
    weight: int


class Question(NamedTuple):
    """How keepalived-check asks for a track_file of an instance: seconds, failures in a row, seconds for an answer."""

    interval: float
    fall: int
    max_time: float


class Configuration(NamedTuple):
    """What decides about the time of a move: timers, and what is tracked."""

    timers: _timing.Timers
    tracks_file: bool
    checks: Tuple[Check, ...]
    questions: Tuple[Question, ...] = ()


def _tracked(instance: Dict[str, Any], keyword: str) -> List[str]:
    """Return the names of what an instance tracks; an entry is the line as it is written, the name first."""
    return [str(entry).split()[0] for entry in instance.get(keyword) or []]


def configuration(data: Dict[str, Any], name: Optional[str] = None,
                  questions: Sequence[Dict[str, Any]] = ()) -> Configuration:
    """Return what decides, from the data of one host; what it leaves out has keepalived's default.

    :param data: as C(from_keepalived) returns it.
    :param name: the vrrp_instance; the first when not given.
    :param questions: as M(openvip.cluster.keepalived_info) returns them.
    :raises ValueError: there is no such instance.
    """
    instances = data.get("vrrp_instance") or []
    instance = next((each for each in instances if name in (None, each["name"])), None)
    if instance is None:
        raise ValueError("vrrp_instance %s: the configuration has none of that name" % name)
    scripts = {script["name"]: script for script in data.get("vrrp_script") or []}
    checks = []
    for tracked in _tracked(instance, "track_script"):
        script = scripts.get(tracked)
        if script is not None:
            interval = float(script.get("interval", 1))
            run_time = _timing.run_time(str(script.get("script", "")), float(script.get("timeout", interval)))
            checks.append(Check(interval, int(script.get("fall", 1)), run_time, int(script.get("weight", 0))))
    written = dict(DEFAULTS, **{key: instance[key] for key in DEFAULTS if key in instance})
    timers = _timing.Timers(
        int(written["version"]), float(written["advert_int"]), int(written["priority"]),
        int(instance.get("down_timer_adverts", _timing.DOWN_TIMER_ADVERTS)))
    files = _tracked(instance, "track_file")
    paths = [each.get("file") for each in data.get("track_file") or [] if each["name"] in files]
    return Configuration(timers, bool(files), tuple(checks), tuple(
        Question(float(each["interval"]), int(each["fall"]), float(each["max_time"]))
        for each in questions if each["file"] in paths))


def seconds(kind: str, holder: Configuration, waiting: Configuration) -> Optional[_timing.Range]:
    """Return how long the address is away, in seconds; C(None) when nothing moves it.

    :param kind: "none", "planned" (keepalived says goodbye), "crash" (silence), "killed" (either of the two), "tracked"
        (systemd tells of the service), or "checked" (only a question can find it).
    :param holder: of the host with the fault.
    :param waiting: of the host that takes over.
    """
    if kind == "none":
        return None
    if kind == "crash":
        return _timing.crash(waiting.timers)
    if kind == "planned":
        return _timing.planned(waiting.timers)
    if kind == "killed":
        # The children are told that their parent died (PR_SET_PDEATHSIG in vrrp/vrrp_daemon.c) and may say goodbye
        # before they are killed themselves.
        return _timing.Range(_timing.planned(waiting.timers).low, _timing.crash(waiting.timers).high)
    if kind == "tracked" and holder.tracks_file:
        return _timing.tracked(waiting.timers)
    moves = [_timing.checked(waiting.timers, check.interval, check.fall, check.run_time, check.weight)
             for check in holder.checks if check.weight <= 0]
    moves += [_timing.asked(waiting.timers, *each) for each in holder.questions]
    return min(moves, key=lambda move: move.high, default=None)
