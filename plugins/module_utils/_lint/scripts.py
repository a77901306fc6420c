# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules for scripts: those that check and those that notify.

Note that this module util is **PRIVATE** to the collection.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Iterator, List, NamedTuple, Optional

from ansible_collections.openvip.cluster.plugins.module_utils._conf.quote import split_script
from ansible_collections.openvip.cluster.plugins.module_utils._schema import table
from ansible_collections.openvip.cluster.plugins.module_utils._schema.finding import ERROR, WARNING
from ansible_collections.openvip.cluster.plugins.module_utils._schema.row import SCRIPT, SCRIPT_USER, Row

from .model import Block, Configuration
from .registry import Said, rule

SECTIONS = tuple(path for path in table.sections()
                 if any(row.type in (SCRIPT, SCRIPT_USER) for row in table.rows(path).values()))
KEYWORDS = tuple(sorted({row.keyword for path in SECTIONS for row in table.rows(path).values()
                         if row.type in (SCRIPT, SCRIPT_USER)}))

# Quoted or protected text, which no shell would look at either.
_PROTECTED = re.compile(r"\\.|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_SHELL_SYNTAX = re.compile(r"(?<!\S)(?:\|\|?|&&?|;|[0-9&]?>>?\S*|<\S*|\$\(.*|`.*)(?!\S)|;(?!\S)")
# A word that keepalived gives to /bin/sh, to see whether a file can be read (lib/notify.c:713), and names of files that
# only bash has.
_READS_FILE = re.compile(r"<[ \t]*/\S*")
_OF_BASH = re.compile(r"<[ \t]*/dev/(?:tcp|udp)/")
_SHELL = re.compile(r"(?:.*/)?(?:ba|da|a|k|z)?sh")
# Directories that are symbolic links on every distribution with a merged /usr.
_SYMLINKED = re.compile(r"/(?:bin|sbin|lib|lib64)/")


# Commands that change the host and fail for other users than root.
_NEEDS_ROOT = re.compile(
    rb"(?m)^(?![^\n]*\bsudo\b)[^#\n]*?(?<![\w.-])(systemctl[ \t]+(?:-\S+[ \t]+)*(?:re|try-re|reload-or-re)?"
    rb"(?:start|stop|load|kill|enable|disable|mask)\b|service[ \t]+\S+[ \t]+(?:re)?(?:start|stop|load)\b"
    rb"|ip[ \t]+(?:-\S+[ \t]+)*(?:a(?:ddr(?:ess)?)?|r(?:oute?)?|ru(?:le)?|l(?:ink)?|n(?:eigh)?)[ \t]+"
    rb"(?:add|del(?:ete)?|replace|change|flush|set)\b|(?:ip6?tables|nft|ipset|ipvsadm|conntrackd?|modprobe)[ \t]"
    rb"|sysctl[ \t]+(?:-\S+[ \t]+)*-w)")
PIDOF_REMEDY = "Write /usr/bin/pgrep -x and the name, or use a vrrp_track_process."


class Script(NamedTuple):
    """One command in a block: the keyword that holds it, the command line, the user named for it."""

    keyword: str
    command: str
    user: Optional[str]


@lru_cache(maxsize=None)
def _script_rows(section: str) -> List[Row]:
    return [row for row in table.rows(section).values() if row.type in (SCRIPT, SCRIPT_USER)]


def scripts(block: Block) -> Iterator[Script]:
    """Iterate over the commands of a block, as the table knows them."""
    for row in _script_rows(block.section):
        if row.keyword not in block.data or block.data[row.keyword] is True:
            continue
        value = block.data[row.keyword]
        if isinstance(value, dict):
            yield Script(row.keyword, value["script"], value.get("user"))
        else:
            yield Script(row.keyword, value, block.get("user") if row.type == SCRIPT else None)


def all_scripts(configuration: Configuration) -> List[Script]:
    return [each for section in SECTIONS for block in configuration.blocks(section) for each in scripts(block)]


def arguments(command: str) -> List[str]:
    """Return the command line as keepalived splits it, [] for one that it cannot split."""
    try:
        return split_script(command)
    except ValueError:
        return []


def needing_root(script: bytes) -> Optional[str]:
    """Return the first command of a script, or of a command line, that changes the host as root alone can, or None."""
    found = _NEEDS_ROOT.search(script)
    return " ".join(found.group(1).decode("ascii", "replace").split()) if found else None


@rule("script-security-missing", WARNING, "Without enable_script_security scripts run also when others can write them.",
      "vrrp/vrrp.c:261", "global_defs")
def script_security_missing(configuration: Configuration, globals_: Block) -> Said:
    if globals_.lacks("enable_script_security") and not configuration.root.is_open and all_scripts(configuration):
        yield "scripts run without enable_script_security.", "Set enable_script_security, and script_user."


@rule("script-user-missing", WARNING, "Without script_user scripts need a user keepalived_script on the host.",
      "vrrp/vrrp_parser.c:1615", "global_defs")
def script_user_missing(configuration: Configuration, globals_: Block) -> Said:
    if configuration.host.get("has_default_user"):
        return
    if globals_.has("enable_script_security") and globals_.lacks("script_user") and not configuration.root.is_open:
        found = [script.keyword for script in all_scripts(configuration) if not script.user]
        if found:
            yield (f"no script_user: without a user keepalived_script on the host, {found[0]} is dropped.",
                   "Set script_user to an unprivileged user that exists.", "enable_script_security")


@rule("script-relative-path", WARNING, "keepalived searches a program without a path, and warns about it.",
      "lib/notify.c", *SECTIONS, keywords=KEYWORDS)
def script_relative_path(_configuration: Configuration, block: Block) -> Said:
    for script in scripts(block):
        words = arguments(script.command)
        if words and not words[0].startswith(("/", "<", "$")):
            yield f'{script.keyword} "{words[0]}" has no full path.', \
                  "Write the absolute path of the program.", script.keyword


@rule("script-shell-syntax", ERROR, "keepalived runs commands without a shell and passes its signs on as arguments.",
      "lib/notify.c:208 and 713, run", *SECTIONS, keywords=KEYWORDS)
def script_shell_syntax(_configuration: Configuration, block: Block) -> Said:
    """A command that begins with ``</`` is for /bin/sh; such a check fails when the file cannot be read. On Debian and
    Ubuntu it always fails for ``</dev/tcp/``, which only bash knows."""
    for script in scripts(block):
        words = arguments(script.command)
        text = _PROTECTED.sub("_", script.command)
        if words and _OF_BASH.match(words[0]):
            path = words[0].lstrip("< \t")
            yield (f"{script.keyword} opens {path}, which fails where /bin/sh is not bash.",
                   f"Write /bin/bash -c '<{path}'.", script.keyword)
            continue
        if words and _READS_FILE.fullmatch(words[0]):
            text = "".join(text.split(None, 1)[1:])
        found = _SHELL_SYNTAX.search(text)
        if words and found and not _SHELL.fullmatch(words[0]):
            yield (f'{script.keyword} has "{found.group().split()[0]}", but there is no shell to understand it.',
                   "Put the command into a script file, or write /bin/sh -c '...'.", script.keyword)


@rule("script-path-symlinked", ERROR, "keepalived disables scripts whose path goes through a symbolic link.",
      "lib/notify.c:672 of 2.3.0", *SECTIONS, keywords=KEYWORDS)
def script_path_symlinked(configuration: Configuration, block: Block) -> Said:
    """/bin and /sbin are such links where /usr is merged. It holds for use_symlink_paths as well."""
    if not configuration.at_least(2, 3, 0):
        return
    for script in scripts(block):
        path = "".join(arguments(script.command)[:1])
        real = configuration.host.get("scripts", {}).get(path, {}).get("real", path)
        if _SYMLINKED.match(path) or real != path:
            yield f"{script.keyword} {path} goes through a symbolic link, which keepalived refuses.", \
                  f"Write {real if real != path else '/usr' + path}.", script.keyword


@rule("script-pidof", WARNING, "On Debian and Ubuntu keepalived runs killall5 for pidof, which fails.",
      "lib/notify.c:801 of 2.2.7, run", *SECTIONS, keywords=KEYWORDS)
def script_pidof(configuration: Configuration, block: Block) -> Said:
    """pidof is a link to killall5 there, and keepalived before 2.3.0 runs what a link leads to by that name. Where the
    host is known, script-by-another-name tells it of every such link."""
    if configuration.at_least(2, 3, 0) or "scripts" in configuration.host:
        return
    for script in scripts(block):
        if "".join(arguments(script.command)[:1]).rpartition("/")[2] == "pidof":
            yield f"{script.keyword}: where pidof is a link to killall5, keepalived before 2.3.0 runs that instead.", \
                  PIDOF_REMEDY, script.keyword


@rule("script-timeout-too-long", WARNING, "A script that may run longer than its interval misses runs.",
      "vrrp/vrrp_scheduler.c:1199", "vrrp_script")
def script_timeout_too_long(_configuration: Configuration, block: Block) -> Said:
    timeout, interval = block.get("timeout"), block.get("interval", 1)
    if timeout is not None and timeout > interval:
        yield f"timeout {timeout} is longer than interval {interval}.", f"Set timeout to {interval} or less.", "timeout"
