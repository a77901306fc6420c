# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for the files and users of scripts, where the host has been asked about them.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, WARNING
from ansible_collections.openvip.cluster.plugins.module_utils._schema.users import accounts

from .model import Block, Configuration, split
from .registry import Said, rule
from .scripts import KEYWORDS, PIDOF_REMEDY, SECTIONS, Script, all_scripts, arguments, needing_root, scripts


def _looked_at(configuration: Configuration, block: Block) -> Iterator[Tuple[Script, str, Dict[str, Any]]]:
    """Iterate over (script, its program, what survey() found) of a block."""
    known = configuration.host.get("scripts")
    if not known:
        return
    for script in scripts(block):
        for program in arguments(script.command)[:1]:
            if program in known:
                yield script, program, known[program]


@rule("script-missing", ERROR, "keepalived switches a script off that is not there, and then nothing is watched.",
      "vrrp/vrrp.c:195, run", *SECTIONS, keywords=KEYWORDS)
def script_missing(configuration: Configuration, block: Block) -> Said:
    """The instance never fails then. Of a MISC_CHECK and of notify scripts only the log says it."""
    for script, program, file in _looked_at(configuration, block):
        if file["missing"]:
            yield f"{script.keyword}: {program} is not on the host.", \
                  "Install it before the configuration, or correct the path.", script.keyword


@rule("script-not-executable", ERROR, "keepalived switches a script off that is not executable.",
      "lib/notify.c:834, run", *SECTIONS, keywords=KEYWORDS)
def script_not_executable(configuration: Configuration, block: Block) -> Said:
    """Only the log says so."""
    for script, program, file in _looked_at(configuration, block):
        if not file["missing"] and not file["executable"]:
            yield f"{script.keyword}: {program} is not executable.", "Give it the mode 0755.", script.keyword


@rule("script-cannot-run", ERROR, "keepalived counts a script that the kernel cannot execute as a success for ever.",
      "lib/notify.c:201, run", *SECTIONS, keywords=KEYWORDS)
def script_cannot_run(configuration: Configuration, block: Block) -> Said:
    """The file must begin with ``#!`` in its first two bytes, and name an interpreter that exists."""
    for script, program, file in _looked_at(configuration, block):
        if not file["missing"] and file["executable"] and file["broken"]:
            yield f"{script.keyword}: {program} cannot be run, {file['broken']}.", \
                  "Begin it with #! and the path of its interpreter, and end lines with a newline alone.", \
                  script.keyword


@rule("script-by-another-name", ERROR, "keepalived runs the program that a link leads to by that program's own name.",
      "lib/notify.c:801 of 2.2.7, run", *SECTIONS, keywords=KEYWORDS)
def script_by_another_name(configuration: Configuration, block: Block) -> Said:
    """A program that does its work by the name it is called by does something else then. On Debian and Ubuntu
    ``/usr/bin/pidof`` is a link to killall5, which fails. From 2.3.0 on keepalived keeps the name."""
    if configuration.at_least(2, 3, 0):
        return
    for script, program, file in _looked_at(configuration, block):
        runs = file.get("runs", program)
        if not file["missing"] and _name(runs) != _name(program):
            yield f"{script.keyword}: {program} leads to {runs}, and keepalived calls it {_name(runs)}.", \
                  PIDOF_REMEDY if _name(program) == "pidof" else f"Write {runs}, or a program that is no link.", \
                  script.keyword


def _name(path: str) -> str:
    return path.rpartition("/")[2]


@rule("script-needs-root", WARNING, "A script that runs as another user than root cannot change the host.",
      "lib/notify.c (script_user), run", *SECTIONS, keywords=KEYWORDS)
def script_needs_root(configuration: Configuration, block: Block) -> Said:
    """Reported for commands such as ``systemctl restart`` and ``ip route add``, in a command line or, where the host is
    known, in a script. Only the log of the script says it."""
    known = configuration.host.get("scripts") or {}
    for script in scripts(block):
        user = split(script.user or configuration.globals.get("script_user") or "root")[0]
        program = "".join(arguments(script.command)[:1])
        needed = needing_root(script.command.encode("utf-8", "surrogateescape"))
        needed = needed or known.get(program, {}).get("needs_root")
        if needed and user not in ("root", "0") and not user.startswith("$"):
            yield f"{script.keyword} runs {needed} as {user}, who may not do that.", \
                  "Let root run it: user root." if script.keyword in ("script", "misc_path") else \
                  f"Let root run it: {script.keyword} with the user root.", script.keyword


@rule("script-insecure", ERROR, "keepalived switches a script off that others than root can change.",
      "vrrp/vrrp.c:191, run", *SECTIONS, keywords=KEYWORDS)
def script_insecure(configuration: Configuration, block: Block) -> Said:
    """That holds with enable_script_security; without, it runs them as root."""
    if configuration.globals.lacks("enable_script_security"):
        return
    for script, _program, file in _looked_at(configuration, block):
        if not file["missing"] and file["writable"]:
            yield f"{script.keyword}: {file['writable']} can be written by others than root.", \
                  f"Give {file['writable']} to root:root with the mode 0755.", script.keyword


@rule("script-sleeps-too-long", ERROR, "keepalived ends a script that runs longer than its time-out, as a failure.",
      "vrrp/vrrp_scheduler.c:1338, run", "vrrp_script")
def script_sleeps_too_long(configuration: Configuration, block: Block) -> Said:
    """Without timeout that is the interval. keepalived 2.2.7 does not start such a script again."""
    limit = block.get("timeout", block.get("interval", 1))
    for script, program, file in _looked_at(configuration, block):
        if not file["missing"] and file["sleeps"] >= limit:
            yield f"{program} sleeps for {file['sleeps']:g} seconds, after {limit} seconds it has failed.", \
                  "Set timeout and interval above its longest run.", script.keyword


@rule("script-stops-keepalived", WARNING, "A check that stops keepalived keeps its host out of the cluster for ever.",
      "run: two hosts", "vrrp_script")
def script_stops_keepalived(configuration: Configuration, block: Block) -> Said:
    """Nothing starts the daemon again when the service is well, and the address moves no sooner than by a failure."""
    for script, program, file in _looked_at(configuration, block):
        if not file["missing"] and file["stops_keepalived"]:
            yield f"{program} stops keepalived.", "End the script with status 1 instead.", script.keyword


@rule("script-user-unknown", ERROR, "keepalived removes scripts whose user does not exist.",
      "vrrp/vrrp_parser.c:1615, lib/notify.c:1166 of 2.3.4, run", *SECTIONS)
def script_user_unknown(configuration: Configuration, block: Block) -> Said:
    """So it is with every keyword that names a user, and with an unknown group."""
    for account in accounts(block.section, block.data):
        for kind, name in (("user", account.user), ("group", account.group)):
            if name in configuration.host.get(f"missing_{kind}s", ()):
                yield f"{account.keyword} has the {kind} {name}, which the host does not have.", \
                      "Create it, or name another.", account.keyword


@rule("script-user-powerless", WARNING, "keepalived without the right to change its user runs no script of another.",
      "lib/notify.c:737, run: a container without CAP_SETUID", "global_defs")
def script_user_powerless(configuration: Configuration, globals_: Block) -> Said:
    """Only the log says so."""
    if configuration.host.get("may_change_user", True):
        return
    own = str(globals_.get("script_user", "root")).partition(" ")[0]
    if any((script.user or own).partition(" ")[0] != "root" for script in all_scripts(configuration)):
        yield "this host lacks CAP_SETUID, so scripts of another user than root do not run.", \
              "Add the capability to the container, or run the scripts as root.", "script_user"
