# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the scripts of a definition to the keywords of the instances that run them.

keepalived has room for one command at each keyword, and runs C(notify) beside C(notify_master) and its like. It gives
C(notify) alone arguments, behind the command's own: kind, name, state and priority (vrrp/vrrp_notify.c of 2.2.7,
send_instance_notifies). Every function here is pure.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from ansible_collections.openvip.cluster.plugins.module_utils._lint.model import Block
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, WARNING, Finding
from ansible_collections.openvip.cluster.plugins.module_utils._schema.words import did_you_mean

# What a script is told where keepalived tells it nothing; None where keepalived does.
STATES: Dict[str, Optional[str]] = {
    "notify": None, "notify_master": "MASTER", "notify_backup": "BACKUP", "notify_fault": "FAULT",
    "notify_stop": "STOP", "notify_deleted": "DELETED",
}
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
# The kernel runs these two: a script with its interpreter, and a program (execve(2)).
_BEGINNINGS = ("#!", "\x7fELF")
_PLACE = "Name other instances in vrrp_instance, or let one script run the other."

Data = Dict[str, Any]


class Script(NamedTuple):
    """A script on the host.

    :ivar name: the name of its file.
    :ivar keywords: of keepalived, by which it is run.
    :ivar vrrp_instance: the names of the instances that run it; C(None) for all.
    :ivar beginning: the first characters of the file, C(None) when they are not known.
    """

    name: str
    keywords: Tuple[str, ...] = ("notify",)
    vrrp_instance: Optional[Tuple[str, ...]] = None
    beginning: Optional[str] = None

    @property
    def label(self) -> str:
        """Its name in messages."""
        return "notify_script %s" % self.name

    def concerns(self, instance: Data) -> bool:
        """Say whether an instance runs it."""
        return self.vrrp_instance is None or instance.get("name") in self.vrrp_instance


class Notify(NamedTuple):
    """What runs at the changes of state.

    :ivar directory: where the scripts are on the host.
    :ivar log: the path of the program that logs a change and then becomes the command behind it, or C(None).
    """

    directory: str
    scripts: Tuple[Script, ...] = ()
    log: Optional[str] = None


def faults(notify: Notify, names: List[str]) -> Iterator[Finding]:
    """Yield the errors in the scripts themselves.

    :param names: of the instances that there are.
    """
    seen = {notify.log.rpartition("/")[2]} if notify.log else set()
    for script in notify.scripts:
        if not _NAME.fullmatch(script.name):
            yield Finding("notify-script-name", ERROR, script.label, "the name is none of a file in one directory",
                          "Use letters, digits, dots, dashes and underscores.")
        if script.name in seen:
            yield Finding("notify-script-twice", ERROR, script.label, "there are two of this name",
                          "Give it another, or list all its keywords once.")
        seen.add(script.name)
        if script.beginning is not None:
            yield from _beginning(script)
        for name in script.vrrp_instance or ():
            if name not in names:
                yield Finding("notify-script-instance", ERROR, script.label, 'there is no vrrp_instance "%s"' % name,
                              did_you_mean(name, names, "Use one of: %s." % (", ".join(names) or "none")))


def _beginning(script: Script) -> Iterator[Finding]:
    """Yield what is wrong with the first line: keepalived says nothing of a script that the kernel does not run."""
    first = (script.beginning or "").partition("\n")[0]
    if not first.startswith(_BEGINNINGS):
        yield Finding("notify-script-cannot-run", ERROR, script.label, "it does not begin with #!, so nothing runs it",
                      "Write #! and the path of its interpreter into its first line, for example #!/bin/sh.")
    elif first.startswith("#!") and first.endswith("\r"):
        yield Finding("notify-script-cannot-run", ERROR, script.label,
                      "its first line ends with a carriage return, which is part of the interpreter's name then",
                      "End its lines with a newline alone.")


def _command(notify: Notify, script: Script, keyword: str, instance: Data) -> str:
    """Return the command line; a script that keepalived gives no arguments gets those that C(notify) begins with."""
    path = "%s/%s" % (notify.directory.rstrip("/"), script.name)
    name = str(instance.get("name"))
    if not _NAME.fullmatch(name):
        name = '"%s"' % name.replace("\\", "\\\\")
    state = STATES[keyword]
    return path if state is None else "%s INSTANCE %s %s" % (path, name, state)


def _wire(instance: Data, notify: Notify) -> Iterator[Finding]:
    """Set the keywords of one instance; yield what has no place there."""
    own = Block("vrrp_instance", instance)
    label = "vrrp_instance %s" % instance.get("name")
    placed: Dict[str, Script] = {}
    for script in notify.scripts:
        for keyword in dict.fromkeys(script.keywords) if script.concerns(instance) else ():
            if own.has(keyword):
                yield Finding("notify-own", ERROR, label, "it has a %s of its own, and there is no place for that of %s"
                              % (keyword, script.label), _PLACE, keyword=keyword)
            elif keyword in placed:
                yield Finding("notify-taken", ERROR, label, "%s and %s both want to be its %s"
                              % (placed[keyword].label, script.label, keyword), _PLACE, keyword=keyword)
            else:
                placed[keyword] = script
    commands = {keyword: _command(notify, script, keyword, instance) for keyword, script in placed.items()}
    if notify.log and own.has("notify"):
        yield Finding("transition-not-logged", WARNING, label,
                      "it has a notify of its own, so its changes of state are not logged with the former state",
                      "Move the script to keepalived_notify_script, or set keepalived_log_transitions to false.",
                      keyword="notify")
    elif notify.log:
        commands["notify"] = " ".join([notify.log, commands["notify"]] if "notify" in commands else [notify.log])
    instance.update(commands)


def wire(data: Data, notify: Notify) -> List[Finding]:
    """Let the instances run the scripts and log their changes of state; return what is wrong.

    What an instance sets itself stays; a script that wants the same place is an error.

    :param data: the complete data of one host, as C(derive) returns it, changed in place.
    """
    instances = data.get("vrrp_instance") or []
    findings = list(faults(notify, [str(instance.get("name")) for instance in instances]))
    for instance in instances:
        findings.extend(_wire(instance, notify))
    if instances and (notify.scripts or notify.log):
        global_defs = data.setdefault("global_defs", {})
        if global_defs.get("enable_script_security") is None:
            global_defs["enable_script_security"] = True
    return findings
