# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors

"""Hold the lint against what keepalived itself said of many configurations.

    PYTHONPATH=.collections python tests/unit/plugins/module_utils/_lint/cases.py FILE

FILE is a JSON list of {"case", "config", "2.2.7": {"t_rc", "t_messages", "daemon"}}: the exit code and messages of the
config-test and the log of the daemon. Named are the cases in which keepalived complains and the lint does not.
"""

from __future__ import annotations

import json
import re
import sys

from ansible_collections.openvip.cluster.plugins.module_utils._lint.lint import lint_text
from ansible_collections.openvip.cluster.plugins.module_utils._lint.scripts import arguments

VERSION = "2.2.7"
# The host on which the cases were tried.
HOST = {"interfaces": {"eth0": ["192.168.201.1/24", "fe80::1/64"], "eth1": ["192.168.202.1/24"]}}
GOOD = {"missing": False, "executable": True, "writable": None, "broken": None, "sleeps": 0,
        "stops_keepalived": False}
# What the daemon logs of a configuration that does what it says.
HARMLESS = re.compile(
    r"removing VIPs|Script user 'keepalived_script' does not exist|Entering|Stopping|gratuitous|setting VIPs"
    r"|sent 0 prio|Receive advertisement timeout|entering FAULT|VRRP_Script\(|Script `|Changing effective|Starting"
    r"|Success|Received BFD|errno 111|no firewall configured|firewall drop rule|will use if created")


def script_files(config: str) -> dict:
    """Return what the host says of the scripts: of those in the directory of the cases, only nope.sh is missing."""
    found = {}
    for command in re.findall(r'(?m)^\s*(?:script|misc_path|notify\S*)\s+"?([^"\n]*)', config):
        for program in arguments(command)[:1]:
            found[program] = {**GOOD, "real": program, "missing": "nope" in program or "/" not in program}
    return found


def complaints(said: dict) -> list[str]:
    """Return what keepalived had to say."""
    log = [line for line in said.get("daemon", []) if line.startswith("LOG")]
    return said["t_messages"] + [line for line in log if not HARMLESS.search(line)]


def main(path: str) -> int:
    missed, better, agreed, silent = [], [], 0, 0
    version = tuple(int(part) for part in VERSION.split("."))
    with open(path, encoding="utf-8") as stream:
        cases = json.load(stream)
    for case in cases:
        said = case[VERSION]
        host = {**HOST, "scripts": script_files(case["config"])}
        found = {finding.id for finding in lint_text(case["config"], case["case"], version, host)}
        complains = bool(complaints(said)) or said["t_rc"] != 0
        if complains and not found:
            missed.append(case["case"])
        elif complains:
            agreed += 1
        elif found:
            better.append(f"{case['case']} ({', '.join(sorted(found))})")
        else:
            silent += 1
    print(f"{len(cases)} cases: keepalived complains and so does the lint: {agreed}, both are silent: {silent}")
    print(f"keepalived is silent and the lint is not: {len(better)}", *better, sep="\n    ")
    print(f"keepalived complains and the lint is silent: {len(missed)}", *missed, sep="\n    ")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
