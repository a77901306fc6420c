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
import subprocess
import time

from ansible_collections.openvip.cluster.plugins.module_utils import _info, _watchdog
from ansible_collections.openvip.cluster.plugins.module_utils._drill import faults, inject
from ansible_collections.openvip.cluster.plugins.module_utils._drill.journal import DIRECTORY

SCRIPT = os.path.join(DIRECTORY, "undo")
#: The watchdog: a timer of this name, which runs SCRIPT.
WATCHDOG = "openvip-drill-undo"
#: Seconds after which the watchdog undoes a fault: a cluster is to be well within a minute of a drill that died.
LONGEST = 45
SYSTEMCTL = 60


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


def _main(module, unit):
    output = module.run_command(["systemctl", "show", "--property=MainPID", "--value", unit])[1].strip()
    return int(output) if output.isdigit() else 0


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
        output = module.run_command([program, family, "-oneline", "route", "show", "table", "all", "dev", interface])[1]
        for line in output.splitlines():
            words = line.split()
            kept = [word for word in words if word not in ("linkdown", "dead", "onlink", "pref", "medium")]
            protocol = words[words.index("proto") + 1] if "proto" in words else "boot"
            if protocol not in ("kernel", "ra", "redirect") and words[0] not in ("local", "broadcast", "anycast",
                                                                                 "multicast"):
                found.append({"inet6": family == "-6", "words": [kept[0], "dev", interface, *kept[1:]]})
    return found


def look(module):
    """Return the host as it is, as C(inject.plan) wants it."""
    params = module.params
    listed = _info.listed(module)
    came = server_address(os.getpid())
    units = [unit for unit in (params["service"], params["keepalived"]) if unit]
    addresses = [
        "%s/%s" % (entry["local"], entry["prefixlen"]) for interface in listed
        if interface.get("ifname") == params["interface"] for entry in interface.get("addr_info", [])
        if entry.get("scope") == "global" and not entry.get("dynamic")]
    return {
        "nft": module.get_bin_path("nft"),
        "iptables": [name for name in ("iptables", "ip6tables") if module.get_bin_path(name)],
        "main": {unit: _main(module, unit) for unit in units},
        "processes": {unit: of_unit(unit) for unit in units},
        "way_in": having(listed, came) if came else [],
        "addresses": addresses,
        "routes": routes(module, params["interface"]) if params["interface"] else [],
    }


def injected():
    """Return the name of the fault that is in this host now, or nothing."""
    try:
        with open(SCRIPT, encoding="ascii") as stream:
            return stream.read().splitlines()[1].split()[4]
    except (OSError, IndexError):
        return None


def take(module, step):
    """Do one step of a fault.

    :raises OSError: a process is gone, or not to be signalled.
    :raises inject.PlanError: a program failed.
    """
    for number in step.processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, getattr(signal, step.number))
    if step.words:
        done = subprocess.run(list(step.words), input=step.data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              universal_newlines=True, check=False, timeout=SYSTEMCTL)
        if done.returncode != 0:
            raise inject.PlanError("%s failed: %s" % (" ".join(step.words), done.stdout.strip()))


def _check(module):
    """Refuse options that cannot be."""
    params = module.params
    if not 1 <= params["seconds"] <= LONGEST:
        module.fail_json(msg="seconds %d: must be 1 to %d." % (params["seconds"], LONGEST))
    try:
        fault = faults.find(params["fault"])
    except ValueError as error:
        module.fail_json(msg=str(error))
    missing = [name for name in fault.needs if not params[name]]
    if missing:
        module.fail_json(msg="%s needs %s." % (fault.name, " and ".join(missing)))
    for name in ("service", "keepalived"):
        if params[name] and "." not in params[name]:
            params[name] += ".service"
    return fault


def _inject(module, fault):
    params, present = module.params, injected()
    if present:
        module.fail_json(msg="The fault %s is in this host. Undo it (state: undone), or wait until its watchdog has "
                             "done so (systemctl list-timers %s.timer)." % (present, WATCHDOG))
    try:
        plan = inject.plan(fault.name, look(module), params)
    except inject.PlanError as error:
        module.fail_json(msg=str(error))
    if plan.undo and not module.get_bin_path("systemd-run"):
        module.fail_json(msg="No fault without a watchdog: this host has no systemd-run, which is part of systemd.")
    if module.check_mode:
        module.exit_json(changed=bool(plan.steps), fault=fault.name)
    if plan.undo:
        text = inject.script(fault.name, plan.undo, SCRIPT, params["files"])
        missing = _watchdog.arm(module, WATCHDOG, SCRIPT, text, params["seconds"])
        if missing:
            module.fail_json(msg="No fault without a watchdog: %s" % missing)
    now = {"at_ns": time.monotonic_ns(), "at_wall_ns": time.time_ns()}
    try:
        for step in plan.steps:
            take(module, step)
    except (OSError, subprocess.SubprocessError, inject.PlanError) as error:
        if plan.undo:
            _watchdog.run(module, WATCHDOG, SCRIPT)
        module.fail_json(msg="%s could not be done, and is undone: %s" % (fault.name, error))
    module.exit_json(changed=bool(plan.steps), fault=fault.name, seconds=params["seconds"] if plan.undo else None,
                     **now)


def _undo(module):
    present = injected()
    now = {"at_ns": time.monotonic_ns(), "at_wall_ns": time.time_ns()}
    if present is None or module.check_mode:
        module.exit_json(changed=present is not None, fault=present, **now)
    code, said = _watchdog.run(module, WATCHDOG, SCRIPT)
    if os.path.exists(SCRIPT):
        module.fail_json(msg="%s is not undone (%d): %s" % (present, code, said))
    module.exit_json(changed=True, fault=present, said=said, **now)


def run_fault(module):
    """Answer the module M(openvip.cluster.drill_fault)."""
    if module.params["state"] == "undone":
        _undo(module)
    _inject(module, _check(module))
