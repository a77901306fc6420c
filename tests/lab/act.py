# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
"""Does one thing to a host, from inside it or from outside its network, and says when.

The time is read right before the thing is done, so starting this program is not part of what is measured. Python 3.8
and the standard library, because this runs inside the hosts.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
from typing import Dict, List

# the kernel's BR_STATE_DISABLED and BR_STATE_FORWARDING (linux/if_bridge.h)
PORT_STATES = {"down": "0", "up": "3"}
CONTROL_GROUPS = pathlib.Path("/sys/fs/cgroup")
# where an engine freezes a container, by version of the control groups and by driver: the words for awake and frozen
FREEZERS = (
    ("freezer/docker/{}/freezer.state", ("THAWED", "FROZEN")),
    ("freezer/system.slice/docker-{}.scope/freezer.state", ("THAWED", "FROZEN")),
    ("docker/{}/cgroup.freeze", ("0", "1")),
    ("system.slice/docker-{}.scope/cgroup.freeze", ("0", "1")),
)
KEEPALIVED_PID = pathlib.Path("/run/keepalived.pid")
# in the /tmp of the daemon, which may be its own
KEEPALIVED_STATES = "/proc/%d/root/tmp/keepalived.json"
# keepalived's include/vrrp.h
STATES = {0: "INIT", 1: "BACKUP", 2: "MASTER", 3: "FAULT"}


def stamp() -> None:
    """Print the clocks, now."""
    sys.stdout.write(json.dumps({"at_ns": time.monotonic_ns(), "wall_ns": time.time_ns()}) + "\n")
    sys.stdout.flush()


def execute(command: List[str]) -> None:
    """Become I(command)."""
    stamp()
    os.execvp(command[0], command)


def processes(name: str) -> List[int]:
    """Return the process ids of the programs called I(name), the oldest first."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "comm").read_text() == name + "\n":
                    found.append(int(entry.name))
            except OSError:
                # it has ended meanwhile
                continue
    return sorted(found)


def signal_main(unit: str, number: signal.Signals) -> None:
    """Send a signal to the main process of a systemd unit."""
    show = ["systemctl", "show", "--property", "MainPID", "--value", unit]
    process = int(subprocess.run(show, check=True, stdout=subprocess.PIPE, text=True).stdout)
    if not process:
        raise SystemExit("%s: the unit has no main process; is it running?" % unit)
    stamp()
    os.kill(process, number)


def signal_all(name: str, number: signal.Signals) -> None:
    """Send a signal to every process called I(name), also to those that are born meanwhile."""
    waiting = processes(name)
    if not waiting and number != signal.SIGCONT:
        raise SystemExit("%s: no such process runs here" % name)
    stamp()
    done = set()
    while waiting:
        for process in waiting:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)
            done.add(process)
        waiting = [process for process in processes(name) if process not in done]


def revive(unit: str, seconds: float = 15.0) -> None:
    """Have a systemd unit running, also one that systemd is about to start again or has given up.

    :raises SystemExit: it does not run after that time.
    """
    stamp()
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        state = subprocess.run(["systemctl", "is-active", unit], check=False, stdout=subprocess.PIPE, text=True).stdout
        if state == "active\n":
            return
        if state in ("inactive\n", "failed\n"):
            for verb in ("reset-failed", "start"):
                subprocess.run(["systemctl", verb, unit], check=False, stderr=subprocess.DEVNULL)
        else:
            time.sleep(0.05)
    raise SystemExit("%s: not active after %s seconds" % (unit, seconds))


def states(seconds: float = 5.0) -> Dict[str, str]:
    """Return the state of each VRRP instance in keepalived's own word; nothing when keepalived does not run.

    keepalived writes them on a signal (keepalived(8), --signum=JSON). The file is there before its content is.

    :raises SystemExit: it did not write them in time.
    """
    try:
        process = int(KEEPALIVED_PID.read_text())
    except FileNotFoundError:
        return {}
    path = pathlib.Path(KEEPALIVED_STATES % process)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    number = subprocess.run(["keepalived", "--signum=JSON"], check=True, stdout=subprocess.PIPE, text=True).stdout
    os.kill(process, int(number))
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        try:
            instances = [entry["data"] for entry in json.loads(path.read_text())]
        except (FileNotFoundError, ValueError):
            time.sleep(0.01)
            continue
        # it holds the password in clear
        path.unlink()
        return {data["iname"]: STATES.get(data["state"], str(data["state"])) for data in instances}
    raise SystemExit("keepalived wrote no %s within %s seconds" % (path, seconds))


def freeze(container: str, frozen: bool) -> None:
    """Freeze or wake the container with that id, behind the engine's back; nothing where its freezer is not found."""
    for path, words in FREEZERS:
        freezer = CONTROL_GROUPS / path.format(container)
        if freezer.exists():
            freezer.write_text(words[frozen])


def port(index: int, state: str, thaw: str = "") -> None:
    """Set the bridge port whose interface has I(index) to C(up) or C(down); the host behind it keeps its carrier.

    :param thaw: the id of a paused container to wake in the same moment; see C(freeze).
    """
    for entry in pathlib.Path("/sys/class/net").iterdir():
        if int((entry / "ifindex").read_text()) == index:
            stamp()
            # `ip link set type bridge_slave state` has no effect, this has
            subprocess.run(["bridge", "link", "set", "dev", entry.name, "state", PORT_STATES[state]], check=True)
            if thaw:
                freeze(thaw, False)
            return
    raise SystemExit("interface %d: not on this side; is the engine's network a bridge?" % index)
