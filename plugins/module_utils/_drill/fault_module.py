# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host that gets a fault: what it is, the fault, and the watchdog that takes the fault out if nobody else does.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import pathlib
import signal
import time

from ansible_collections.openvip.cluster.plugins.module_utils import _info
from ansible_collections.openvip.cluster.plugins.module_utils._drill import faults, inject
from ansible_collections.openvip.cluster.plugins.module_utils._kit import names, nft, timed_undo

#: The watchdog: C(openvip-drill-undo.timer), and the script /run/openvip/drill-undo.
NAME = "drill-undo"
#: Seconds after which the watchdog undoes a fault: a cluster is to be well within a minute of a drill that died.
LONGEST = 45
SYSTEMCTL = 60
# The units that stop together with a unit (systemd.unit(5)): the reverse of Requires=, BindsTo= and PartOf=.
STOPPED_WITH = ("RequiredBy", "BoundBy", "ConsistsOf")
# Keywords of ip(8) for the current state of a route.
STATE = ("linkdown", "dead", "offload", "trap", "rt_offload", "rt_trap")


def _processes():
    """Yield the id and the control groups of each process."""
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                yield int(entry.name), (entry / "cgroup").read_text(encoding="ascii", errors="replace").splitlines()


def of_unit(unit):
    """Return the ids of the processes of a systemd unit, the oldest first."""
    return sorted(number for number, groups in _processes()
                  if any("/%s/" % unit in line + "/" for line in groups))


def _stat(number):
    """Return the state and the start time of a process, see proc(5); nothing when it has ended."""
    try:
        with open("/proc/%d/stat" % number, encoding="ascii", errors="replace") as stream:
            fields = stream.read().rpartition(")")[2].split()
        return fields[0], int(fields[19])
    except (OSError, ValueError, IndexError):
        return None


def _show(unit, *properties):
    try:
        wanted = ["--property=" + each for each in properties]
        return timed_undo.run(("systemctl", "show", *wanted, "--value", unit), SYSTEMCTL)[1]
    except OSError:
        return ""


def _active(unit):
    try:
        return timed_undo.run(("systemctl", "--quiet", "is-active", unit), SYSTEMCTL)[0] == 0
    except OSError:
        return False


def _dependents(unit):
    """Return the units that stop when a unit is stopped, the nearest first."""
    found = [unit]
    for each in found:
        found += [name for name in dict.fromkeys(_show(each, *STOPPED_WITH).split())
                  if name not in found and name.endswith(names.SUFFIXES)]
    return found[1:]


def server_address(number):
    """Return the address at which somebody logged in by SSH for a process, found among its ancestors; else nothing.

    sshd puts C(SSH_CONNECTION) into the environment (ssh(1)), which sudo takes away from its own.
    """
    while number > 1:
        with contextlib.suppress(OSError), open("/proc/%d/environ" % number, "rb") as stream:
            for entry in stream.read().split(b"\0"):
                if entry.startswith(b"SSH_CONNECTION="):
                    return os.fsdecode(entry).split("=", 1)[1].split()[2]
        try:
            with open("/proc/%d/stat" % number, encoding="ascii", errors="replace") as stream:
                number = int(stream.read().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            return None
    return None


def having(listed, address):
    """Return the interfaces that have an address."""
    wanted = ipaddress.ip_address(address.split("%")[0])
    return [interface["ifname"] for interface in listed for entry in interface.get("addr_info", [])
            if "local" in entry and ipaddress.ip_address(entry["local"]) == wanted]


def routes(module, interface):
    """Return the routes by an interface that do not come back by themselves when it is up again."""
    program, found = module.get_bin_path("ip", required=True), []
    for family in ("-4", "-6"):
        # with an interface, ip leaves out routes that also have other interfaces
        output = module.run_command([program, family, "-oneline", "route", "show", "table", "all"])[1]
        for line in output.splitlines():
            words = [word for word in line.replace("\\", " ").split() if word not in STATE]
            if "expires" in words:
                del words[words.index("expires"):][:2]
            protocol = words[words.index("proto") + 1] if "proto" in words else "boot"
            if ("dev", interface) in zip(words, words[1:]) and protocol not in inject.BROUGHT and words[0] not in (
                    "local", "broadcast", "anycast", "multicast"):
                found.append({"inet6": family == "-6", "words": words})
    return found


def _added(entry):
    """Return an address as ip(8) prints it, and the options with which it was added."""
    peer = " peer " + entry["address"] if "address" in entry else ""
    return ["%s%s/%s" % (entry["local"], peer, entry["prefixlen"]),
            *(["preferred_lft", "0"] if entry.get("deprecated") else []),
            *(word for word in ("home", "mngtmpaddr", "nodad", "noprefixroute") if entry.get(word))]


def look(module):
    """Return the state of the host, as C(inject.plan) takes it.

    :raises OSError: it cannot be read.
    """
    params = module.params
    listed = _info.listed(module)
    came = server_address(os.getpid())
    units = [unit for unit in (params["service"], params["keepalived"]) if unit]
    processes = {unit: [(number, _stat(number)) for number in of_unit(unit)] for unit in units}
    dependents = {unit: _dependents(unit) for unit in units}
    mains = {unit: _show(unit, "MainPID") for unit in units}
    main = {unit: (int(text), _stat(int(text))) for unit, text in mains.items() if text.isdigit() and int(text)}
    interface = [each for each in listed if each.get("ifname") == params["interface"]]
    nft_program = module.get_bin_path("nft")
    return {
        "nft": nft_program,
        "tables": nft.find_tables(inject.TABLES) if nft_program else {},
        "iptables": [name for name in ("iptables", "ip6tables") if module.get_bin_path(name)],
        "active": [unit for unit in dict.fromkeys(sum(dependents.values(), units)) if _active(unit)],
        "dependents": dependents,
        "main": {unit: (number, found[1]) for unit, (number, found) in main.items() if found},
        "processes": {unit: [(number, found[1]) for number, found in several if found]
                      for unit, several in processes.items()},
        "running": {unit: [(number, found[1]) for number, found in several if found and found[0] != "T"]
                    for unit, several in processes.items()},
        "way_in": having(listed, came) if came else [],
        "up": any("UP" in each.get("flags", []) for each in interface),
        "addresses": [
            _added(entry) for each in interface for entry in each.get("addr_info", [])
            if "local" in entry and not entry.get("dynamic") and not entry.get("temporary")
            and entry.get("protocol") not in inject.BROUGHT],
        "routes": routes(module, params["interface"]) if params["interface"] else [],
    }


def take(step):
    """Do one step of a fault.

    :raises OSError: it failed, possibly with a part of it in force.
    :raises timed_undo.NotDoneError: it failed and changed nothing.
    """
    for number, started in step.processes:
        # the number may belong to another process by now
        if (_stat(number) or ("", 0))[1] == started:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, getattr(signal, step.number))
    if step.words:
        code, said = timed_undo.run(step.words, SYSTEMCTL, step.data)
        if code != 0:
            raise (timed_undo.NotDoneError if step.whole else OSError)(
                "%s failed: %s" % (" ".join(step.words), said))


def _check(module):
    """Reject invalid options, and write the valid ones in the form of the host."""
    params = module.params
    if not 1 <= params["seconds"] <= LONGEST:
        module.fail_json(msg="seconds %d: must be 1 to %d." % (params["seconds"], LONGEST))
    try:
        fault = faults.find(params["fault"])
        missing = [name for name in fault.needs if not params[name]]
        if missing:
            module.fail_json(msg="%s needs %s." % (fault.name, " and ".join(missing)))
        for name in ("service", "keepalived"):
            if params[name] or name == "keepalived":
                params[name] = names.parse_unit(params[name])
        params["addresses"] = [str(names.parse_address(text)) for text in params["addresses"]]
        if params["interface"]:
            (names.verify_present if "interface" in fault.needs else names.verify_interface)(params["interface"])
    except ValueError as error:
        module.fail_json(msg=str(error))
    for path in params["files"]:
        if not os.path.isabs(path) or not path.isprintable():
            module.fail_json(msg="files: %r is not an absolute path of printable characters." % path)
    return fault


def _armed(module, undo):
    """Return the name of the fault that is in force on this host, or nothing."""
    try:
        return (undo.armed() or {}).get("name")
    except timed_undo.UndoError as error:
        return module.fail_json(msg=str(error))


def _inject(module, fault):
    params, undo = module.params, timed_undo.TimedUndo(NAME)
    present = _armed(module, undo)
    if present:
        module.fail_json(msg="The fault %s is in force on this host. Undo it (state: undone), or wait until its "
                             "watchdog has done so (systemctl list-timers %s.timer)." % (present, undo.unit))
    try:
        plan = inject.plan(fault.name, look(module), params)
    except (OSError, inject.PlanError) as error:
        module.fail_json(msg=str(error))
    for program, package in timed_undo.PROGRAMS.items():
        if plan.undo and not module.get_bin_path(program):
            module.fail_json(msg="No fault was injected, because its watchdog cannot be armed: this host has no %s. "
                                 "Install the package %s."
                                 % (program, package))
    if module.check_mode:
        module.exit_json(changed=bool(plan.steps), fault=fault.name)
    now = {"at_ns": time.monotonic_ns(), "at_wall_ns": time.time_ns()}

    def first():
        now.update(at_ns=time.monotonic_ns(), at_wall_ns=time.time_ns())
        take(plan.steps[0])

    if plan.steps:
        steps = [first, *(lambda step=step: take(step) for step in plan.steps[1:])]
        try:
            undo.carry_out(fault.name, steps, plan.undo, params["seconds"], params["files"])
        except timed_undo.UndoError as error:
            module.fail_json(msg="No fault was injected, because its watchdog cannot be armed: %s" % error)
        except timed_undo.FailedError as error:
            module.fail_json(msg="%s could not be injected, and is %sundone: %s%s" % (
                fault.name, "not " if error.left else "", error, " " + error.left if error.left else ""))
    module.exit_json(changed=bool(plan.steps), fault=fault.name, seconds=params["seconds"] if plan.undo else None,
                     **now)


def _undo(module):
    undo = timed_undo.TimedUndo(NAME)
    present = _armed(module, undo)
    now = {"at_ns": time.monotonic_ns(), "at_wall_ns": time.time_ns()}
    if present is None or module.check_mode:
        module.exit_json(changed=present is not None, fault=present, **now)
    try:
        left, said = undo.undo()
    except timed_undo.UndoError as error:
        left, said = str(error), ""
    if left:
        module.fail_json(msg="%s is not undone. %s" % (present, left), said=said)
    module.exit_json(changed=True, fault=present, said=said, **now)


def run_fault(module):
    """Answer the module M(openvip.cluster.drill_fault)."""
    if module.params["state"] == "undone":
        _undo(module)
    _inject(module, _check(module))
