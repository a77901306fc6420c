# Copyright: (c) 2026, openvip.cluster contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kills a timed change at each of its points, runs the program that it has armed, and prints what that leaves.

    python rollback_driver.py DIRECTORY plain|prepared|unprepared|twice|boot    in a mount namespace of its own

Prints a list with one entry per point: what the file said when the process was killed, whether the journal said that
the change is kept, and what there is after the program.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from ansible_collections.openvip.cluster.plugins.module_utils._kit import (
    journal,
    rollback,
    rollback_unit,
    timed_change,
    transaction,
)
from ansible_collections.openvip.cluster.plugins.module_utils._kit.place import File

NAME = "keepalived"
SYSTEMCTL = """#!/bin/sh
case $1 in
    show) printf 'LoadState=loaded\\nMainPID=%%d\\nNeedDaemonReload=no\\n' 1 ;;
    *) echo "$* $(cat '%s' 2>&1)" >>'%s' ;;
esac
"""


class Host:
    def __init__(self, top: Path, how: str) -> None:
        self.how = how
        self.file = top / "etc" / "keepalived.conf"
        self.file.parent.mkdir()
        self.calls = top / "calls"
        programs = top / "bin"
        programs.mkdir()
        for name in ("systemctl", "systemd-run"):
            (programs / name).write_text(SYSTEMCTL % (self.file, self.calls))
            (programs / name).chmod(0o755)
        os.environ["PATH"] = f"{programs}:{os.environ['PATH']}"
        rollback_unit.UNITS = str(top / "units")
        os.mkdir(rollback_unit.UNITS)

    def data(self):
        return {"name": NAME, "identifier": "one", "boot": "another" if self.how == "boot" else journal.boot_id(),
                "unit": "keepalived.service", "path": str(self.file), "process": None, "away": []}

    def change(self):
        """Make the change, as a process does that is confirmed at once."""
        timed = timed_change.TimedChange(NAME, "one", None, 60)

        def ready():
            rollback_unit.arm(self.data(), 0)
            timed.say(timed_change.ARMED)

        def force():
            timed.say(timed_change.CHANGED)
            if self.how in ("prepared", "unprepared"):
                change.keep(True)
                timed.say(timed_change.PREPARED)
                transaction.at("prepared")
            if self.how == "unprepared":
                change.keep(False)

        texts = ["between\n", "new\n"] if self.how == "twice" else ["new\n"]
        with transaction.Transaction(NAME) as change:
            change.carry_out([File(str(self.file), text.encode()) for text in texts], force, lambda: "", ready)
            timed.say(timed_change.CONFIRMED)
            transaction.at("confirmed")
            rollback_unit.disarm()

    def killed(self, number: int) -> bool:
        """Make the change in a process that is killed at a point; returns whether it came so far."""
        child = os.fork()
        if child == 0:
            left = [number]

            def at(dummy):
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

            transaction.at = at
            self.change()
            os._exit(0)
        return os.waitpid(child, 0)[1] == signal.SIGKILL

    def point(self, number: int):
        self.file.write_text("former\n")
        self.calls.write_text("")
        for path in Path(journal.DIRECTORY).glob("*"):
            path.unlink()
        if not self.killed(number):
            return None
        killed = self.file.read_text()
        begun = NAME in journal.names(journal.BEGUN)
        kept = NAME in journal.names(journal.DONE) or (begun and journal.read(NAME, journal.BEGUN).kept)
        before = timed_change.report("one", (), 0).get("state")
        if self.how == "boot":
            for path in Path("/run/openvip").iterdir():
                path.unlink()
        armed = bool(rollback_unit.armed())
        self.calls.write_text("")
        codes = []
        while rollback_unit.armed() and len(codes) < 2:
            # The constants of the program are those of a host but for the place of the units.
            done = subprocess.run([sys.executable, "-I", rollback_unit.program_path()], check=False)
            codes.append(done.returncode)
        return {"killed": killed, "begun": begun, "kept": kept, "reported": before, "armed": armed, "codes": codes,
                "after": self.file.read_text(), "state": timed_change.report("one", (), 0).get("state"),
                "calls": self.calls.read_text().splitlines(),
                "notes": journal.taken_note(NAME),
                "left": sorted(path.name for path in Path(journal.DIRECTORY).iterdir())
                + sorted(path.name for path in self.file.parent.glob(".openvip/*"))}


def main(top: str, how: str) -> None:
    for directory in ("/run", "/var/lib/openvip"):
        os.makedirs(directory, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=700", "tmpfs", directory], check=True)
    host = Host(Path(top), how)
    found = []
    while True:
        story = host.point(len(found))
        if story is None:
            break
        found.append(story)
    print(json.dumps({"points": found, "armed": rollback_unit.armed(), "lock": rollback.LOCK_SECONDS}))


if __name__ == "__main__":
    main(*sys.argv[1:])
