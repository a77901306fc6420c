# Copyright: (c) 2026, openvip.cluster contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which file a running keepalived reads, by its command line.

Note that this module util is PRIVATE to the collection.
"""

from __future__ import annotations

import glob
import os
import re

from ansible_collections.openvip.cluster.plugins.module_utils._included import expanded, included
from ansible_collections.openvip.cluster.plugins.module_utils._kit.process import run

TIMEOUT = 5
# core/main.c, parse_cmdline: the long and short options with a required value, which may be the next argument. The
# value of any other short option is in the same argument.
LONG = ("use-file", "log-facility", "umask", "pid", "vrrp_pid", "checkers_pid", "bfd_pid", "snmp-agent-socket",
        "namespace", "config-id", "signum", "config-fd")
SHORT, ATTACHED = "fSuprcbAsi", "gMt"
# The other long options. A long option may be abbreviated to any unambiguous prefix.
FLAGS = ("vrrp", "check", "no_bfd", "all", "log-console", "log-detail", "log-file", "all-config", "flush-log-file",
         "no-syslog", "release-vips", "dont-release-vrrp", "dont-release-ipvs", "dont-respawn", "dont-fork",
         "dump-conf", "genhash", "address-monitoring", "snmp", "core-dump", "core-dump-pattern", "no-mem-check",
         "mem-check-log", "config-test", "perf", "debug", "version", "help")
_DEFAULT = re.compile(r"--use-file=FILE.*?'([^']+)'", re.DOTALL)


def _options(words):
    """Yield the options of a command line as getopt_long(3) reads them, each with its value."""
    words = iter(words)
    for word in words:
        if word == "--":
            return
        if word.startswith("--"):
            name, has_value, value = word[2:].partition("=")
            whole = [each for each in LONG + FLAGS if each.startswith(name)]
            name = name if name in whole or len(whole) != 1 else whole[0]
            yield name, value if has_value or name not in LONG else next(words, "")
        elif word.startswith("-"):
            for number, letter in enumerate(word[1:], 2):
                if letter in SHORT:
                    yield letter, word[number:] or next(words, "")
                    break
                yield letter, ""
                if letter in ATTACHED:
                    break


def command(number):
    """Return the arguments of a process, empty when they cannot be read."""
    try:
        with open("/proc/%d/cmdline" % number, "rb") as stream:
            return [os.fsdecode(word) for word in stream.read().rstrip(b"\0").split(b"\0")]
    except OSError:
        return []


def _default(binary):
    """Return the file that keepalived reads without C(--use-file), C(None) when the program does not report it."""
    try:
        said = _DEFAULT.search(run([binary, "--help"], TIMEOUT).output)
    except OSError:
        return None
    return said.group(1) if said else None


def reads(number, path, binary="keepalived", has_instances=False):
    """Return why the daemon does not read a file, a sentence with the remedy; empty when it reads the file.

    The daemon reads the file of C(--use-file), which may be a pattern, or its default file, and the included files.

    :param number: the daemon's process id.
    :param binary: the path of the program, which reports its default file.
    :param has_instances: whether the new file has a vrrp_instance.
    """
    words = command(number)
    given = dict(_options(words[1:]))
    if has_instances and ("C" in given or "check" in given):
        return ("keepalived (process %d) was started with --check and runs no vrrp_instance. Remove --check from "
                "DAEMON_ARGS (/etc/default/keepalived or /etc/sysconfig/keepalived) and restart keepalived." % number)
    file = given.get("use-file") or given.get("f") or (words and _default(binary))
    if not file:
        return ""
    names = _files(os.path.join(_directory(number), file))
    wanted = os.path.realpath(path)
    if wanted in map(os.path.realpath, names) or any(wanted == os.path.realpath(name) for name in _below(names)):
        return ""
    return ("keepalived (process %d) reads %s, not %s. Set path to the file that it reads, or correct --use-file in "
            "DAEMON_ARGS (/etc/default/keepalived or /etc/sysconfig/keepalived) and restart keepalived."
            % (number, file, path))


def _directory(number):
    """Return the working directory of a process, to which relative names of files refer."""
    try:
        return os.readlink("/proc/%d/cwd" % number)
    except OSError:
        return "/"


def _files(pattern):
    """Return the files that a pattern of keepalived matches; the pattern itself where no file matches yet."""
    found = [name for each in expanded(pattern) for name in sorted(glob.glob(each))]
    return found or [pattern]


def _below(names):
    """Yield the files that the named ones include."""
    for name in names:
        try:
            with open(name, encoding="utf-8", errors="surrogateescape") as stream:
                text = stream.read()
        except OSError:
            continue
        for path, dummy in included(text, name):
            yield path
