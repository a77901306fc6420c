# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the running keepalived read a new configuration, and confirm the result by the daemon and the kernel.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
import signal
import time
from typing import Any, Dict, List, NamedTuple, Optional, Set

from ansible_collections.openvip.cluster.plugins.module_utils._cluster.addresses import instance_addresses
from ansible_collections.openvip.cluster.plugins.module_utils._cluster.holders import (
    disagreements,
    known_addresses,
    place,
)
from ansible_collections.openvip.cluster.plugins.module_utils._daemon import held, state
from ansible_collections.openvip.cluster.plugins.module_utils._daemon.reads import reads
from ansible_collections.openvip.cluster.plugins.module_utils._kit import proc
from ansible_collections.openvip.cluster.plugins.module_utils._kit.process import run
from ansible_collections.openvip.cluster.plugins.module_utils._kit.unit import ReloadError, hang_up, main_pid, reload

__all__ = ["ReloadError", "hang_up", "reload"]
TIMEOUT = 10
# Two signals that wait for a process are handled in the reverse order, in the parent and again in the child to which it
# passes them on. So the first two answers may be older than the reload; the third cannot.
ANSWERS = 3
# Seconds within which daemon and kernel must agree on the addresses. An instance that becomes MASTER meanwhile sets its
# addresses a few milliseconds later.
PATIENCE = 10.0
# The same without a change.
SETTLES = 3.0
# A daemon may drop a request that arrives while it reloads (lib/scheduler.c, thread_cleanup_master). So there are
# several tries: the seconds to wait for an answer in each.
TRIES = (2, 5)
# Daemon and kernel are read one after the other, so one agreement may be chance: so many in a row must agree.
AGREED = 2


def _systemctl(*words):
    """Return the C(Outcome) of systemctl, or C(None) where there is none."""
    try:
        return run(["systemctl", *words], TIMEOUT)
    except OSError:
        return None


def running(unit, pid_file=state.PID_FILE, binary=state.PROGRAM, path=None):
    """Return the process id of the daemon, C(None) when it does not run.

    systemd knows it wherever the daemon puts its pid file (use_pid_dir, instance, net_namespace). The file remains when
    the daemon is killed, so it counts only where systemd does not know the unit.

    :param pid_file: see C(state.pids).
    :param binary: see C(state.pids).
    :param path: the file that the daemon reads, where pid files name several.
    """
    number = main_pid(unit)
    if number is not None:
        return number or None
    found = state.pids(pid_file, binary)
    several = len(found) > 1 and path is not None
    ours = [each for each in found if several and not reads(each, path, binary)]
    return next(iter(ours or found), None)


def unknown(data, instances):
    """Return the names of the vrrp_instances of I(data) that the daemon does not know as written.

    Only what the data says itself is compared: definitions (C($NAME)) and raw lines may add to it.

    :param instances: what the daemon says, see C(state.instances).
    """
    seen = {instance["name"]: instance for instance in instances}
    found = []
    for wanted in data.get("vrrp_instance") or []:
        instance = seen.get(wanted["name"])
        identifier = str(wanted.get("virtual_router_id", ""))
        addresses = {ipaddress.ip_address(address["address"]) for address in instance_addresses(wanted)}
        if (instance is None or (identifier.isdigit() and int(identifier) != instance["virtual_router_id"])
                or not addresses <= set(known_addresses(instance))):
            found.append(wanted["name"])
    return found


def _ask(build, binary, number):
    """Return the vrrp_instances as the daemon reports them, see C(state.instances).

    :raises state.StateError: it did not answer any of the tries.
    """
    for seconds in TRIES[:-1]:
        try:
            return state.instances(build, binary, number, seconds)
        except state.EndedError:
            raise
        except state.StateError:
            continue
    return state.instances(build, binary, number, TRIES[-1])


class Inspection(NamedTuple):
    """The daemon and the kernel before a change.

    :ivar instances: see C(state.instances); C(None) where the daemon does not run or does not answer.
    :ivar problem: why it does not answer, a sentence.
    :ivar listed: see C(held.listed).
    :ivar promoting: see C(held.promoting).
    """

    instances: Optional[List[Dict[str, Any]]]
    problem: str
    listed: List[Dict[str, Any]]
    promoting: Set[str]


def inspect(build, binary, number, asks=True):
    """Return the C(Inspection) of this host.

    :param number: the daemon's process id, C(None) when it does not run.
    :param asks: whether the daemon has instances; without one it writes no dump.
    :raises state.StateError: the addresses of the kernel cannot be read.
    """
    instances, problem = None, ""
    if number is not None and asks:
        try:
            instances = _ask(build, binary, number)
        except state.StateError as error:
            problem = str(error)
    return Inspection(instances, problem, held.listed(), held.promoting())


def confirm(data, build, binary, number, answers=False, answered_before=False):
    """Confirm that the daemon lives, knows every vrrp_instance of I(data) with its addresses, and that the kernel has
    the addresses of those that are MASTER and no other one (see C(holders.disagreements)).

    :param answers: whether the daemon has instances, so that it answers even when I(data) has none.
    :param answered_before: whether it answered before the reload; then it is a failure that it does not answer now.
    :returns: a sentence when the daemon lives, but has not answered and did not before; else an empty string.
    :raises ReloadError: it ended, does not know them, does not answer any more, or the kernel has other addresses.
    """
    if not (data.get("vrrp_instance") or answers):
        return ""
    end = time.monotonic() + PATIENCE
    agreed = 0
    for answer in itertools.count(1):
        try:
            instances = _ask(build, binary, number)
            place(instances, held.listed())
        except state.EndedError as error:
            raise ReloadError("keepalived ended while it read the new configuration") from error
        except state.StateError as error:
            sentence = "keepalived was reloaded, but whether it took the configuration is not known: %s" % error
            if answered_before:
                raise ReloadError(sentence + " It answered before the reload.") from error
            return sentence
        if answer < ANSWERS:
            continue
        missing = unknown(data, instances)
        if missing:
            raise ReloadError("keepalived did not take vrrp_instance %s as written (it knows: %s)" % (
                ", ".join(missing), ", ".join(sorted(instance["name"] for instance in instances)) or "no instance"))
        wrong = disagreements(instances)
        agreed = 0 if wrong else agreed + 1
        if agreed == AGREED:
            return ""
        if time.monotonic() > end:
            raise ReloadError(" ".join(["keepalived and the kernel do not agree on the addresses.", *wrong]))
    return ""


def lost(build, binary, number):
    """Return where daemon and kernel disagree on who has an address, sentences (see C(holders.disagreements)).

    An instance that is just changing its state gets some seconds. A daemon that does not answer reports no difference.
    """
    end = time.monotonic() + SETTLES
    while True:
        try:
            instances = _ask(build, binary, number)
            place(instances, held.listed())
        except state.StateError:
            return []
        wrong = disagreements(instances)
        if not wrong or time.monotonic() > end:
            return wrong


def confirm_away(addresses, build, binary, number):
    """Wait until the daemon has read a configuration without some addresses that it had, see C(reload_plan.plan).

    Their absence proves that the answer is newer than the reload, so this takes less time than C(confirm).

    :param addresses: as text.
    :raises ReloadError: the daemon ended, no longer answers, or keeps the addresses.
    """
    end = time.monotonic() + PATIENCE
    while True:
        try:
            instances = _ask(build, binary, number)
        except state.EndedError as error:
            raise ReloadError("keepalived ended while it read the configuration") from error
        except state.StateError as error:
            raise ReloadError("keepalived does not answer after a reload: %s" % error) from error
        known = {str(address) for instance in instances for address in known_addresses(instance)}
        kept = [address for address in addresses if address in known]
        if not kept:
            return
        if time.monotonic() > end:
            raise ReloadError("keepalived was reloaded without %s, but did not give that up" % ", ".join(kept))


def start(unit):
    """Start the daemon; return a sentence where that failed, else an empty one."""
    outcome = _systemctl("start", unit)
    if outcome is not None and outcome.code == 0:
        return ""
    return "keepalived was stopped and does not start again. Look at its log (journalctl --unit=%s)." % unit


def stop(unit, process):
    """End the daemon, which gives its addresses away (RFC 5798 section 6.4.3).

    :param process: see C(proc.Process); C(None) where it had ended before.
    """
    outcome = _systemctl("stop", unit)
    if outcome is None or outcome.code != 0:
        with contextlib.suppress(ProcessLookupError):
            if process is not None:
                proc.send(process, signal.SIGTERM)
